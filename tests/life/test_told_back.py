"""What a unit is told of its own report: a receipt the next morning, a return with its reason, each once."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import Engine, text, update
from sqlmodel import Session, col, select
from typer.testing import Result as Outcome

from actions.apply_plan import apply_plan
from actions.decide import send_back
from actions.extend import ask_extension, grant_extension
from actions.gather_letters import gather_letters
from actions.reading import overdue_and_untold
from actions.rules import Rules
from actions.submit import UNSAID, Filing, Indicator, submit_report
from models.database import transaction
from models.forms import IndicatorValue
from models.ledger import Assignment, Transition
from models.lifecycle import Result
from models.outbox import Notice
from models.plan import Target
from notifications.channel import RecordingChannel
from notifications.deliver import deliver_due
from notifications.post import Post
from notifications.wording import Wording
from tests.office import PLAN, Office, at, plan_spec, rules

TH1 = "kh quy 2026-Q1 th-1"


def report(office: Office, day: str, words: str = TH1, **more: Any) -> int:
    """A unit files its report; the number of the submission."""
    with transaction(office.engine) as session:
        return submit_report(session, office.assignment(session, words), Filing(by="x", **more), at(day, 10)).id or 0


def give_back(office: Office, day: str, words: str = TH1) -> None:
    """The tracker returns it."""
    with transaction(office.engine) as session:
        which = office.assignment(session, words)
        send_back(session, office.rules, which, at(day, 11), by="tccb", reason="thiếu biểu 2")


def letters_of(office: Office, day: str) -> dict[str, str]:
    """{recipient: body} of the letters really delivered on a day."""
    channel = RecordingChannel("mailbox")
    post = Post(mailbox=channel, wording=Wording(office.rules.days))
    office.tick(day)
    with transaction(office.engine) as session:
        gather_letters(session, office.rules, at(day, 8))
    deliver_due(office.engine, post, at(day, 8, 5))
    return {each.recipient: each.body for each in channel.sent}


def test_a_receipt_goes_to_the_official_mailbox_and_the_head_the_next_morning(office: Office) -> None:
    """Decided with the report itself, said once, with the day, whether in time, and the receipt's number."""
    number = report(office, "2026-03-20", document="15/BC")
    planned = office.notices(wording="bien-nhan")
    assert {(row.recipient, row.state, row.send_on) for row in planned} == {
        ("th-1:van_thu", "planned", date(2026, 3, 21)),
        ("th-1:thu_truong", "planned", date(2026, 3, 21)),
    }
    letters = office.through("2026-03-20", "2026-03-24")
    said = [(day, who) for day, sent in letters.items() for who, steps in sent if f"bien-nhan-{number}" in steps]

    assert said == [("2026-03-23", "th-1:thu_truong"), ("2026-03-23", "th-1:van_thu")]


def test_the_receipt_says_on_which_day_and_whether_in_time(office: Office) -> None:
    """On time; late by so many working days with its reason kept; progress of a task is neither."""
    office.through("2026-02-25", "2026-03-20")
    number = report(office, "2026-03-20", document="15/BC")
    on_time = letters_of(office, "2026-03-23")["th-1:van_thu"]
    office.tick("2026-03-30")
    late_number = report(office, "2026-03-30", "kh quy 2026-Q1 th-2", reason_late="mất điện")
    report(office, "2026-03-30", "kh 1 2026-Q1 th-1", result=Result.IN_PROGRESS)
    letters = letters_of(office, "2026-03-31")

    assert "ngày nhận 20/03/2026 (đúng hạn)" in on_time
    assert f"văn bản 15/BC. Mã biên nhận BN{number:06d}" in on_time
    assert "nộp muộn 3 ngày làm việc" in letters["th-2:van_thu"]
    assert f"BN{late_number:06d}" in letters["th-2:van_thu"]
    assert "ngày nhận 30/03/2026" in letters["th-1:van_thu"]
    assert "đúng hạn" not in letters["th-1:van_thu"]


def test_a_return_is_told_to_lead_and_head_with_its_reason_and_day(office: Office) -> None:
    """The same day; and every submission has a receipt and a return of its own."""
    office.through("2026-02-25", "2026-03-19")
    first = report(office, "2026-03-20")
    give_back(office, "2026-03-20")
    body = letters_of(office, "2026-03-23")
    second = report(office, "2026-03-23")
    give_back(office, "2026-03-24")
    steps = {(row.step, row.recipient) for row in office.notices(unit_id="th-1") if row.tone == "answer"}

    assert "thiếu biểu 2" in body["th-1:dau_moi"]
    assert "25/03/2026" in body["th-1:dau_moi"]
    assert "th-1:thu_truong" in body
    assert steps == {
        (f"{what}-{number}", f"th-1:{role}")
        for number in (first, second)
        for what, roles in (("bien-nhan", ("van_thu", "thu_truong")), ("tra-lai", ("dau_moi", "thu_truong")))
        for role in roles
    }


def test_a_return_that_was_answered_before_the_hour_is_not_told(office: Office) -> None:
    """Returned on a Saturday, sent again on Sunday: the receipt goes, the return does not."""
    office.through("2026-02-25", "2026-03-20")
    report(office, "2026-03-20")
    give_back(office, "2026-03-21")
    report(office, "2026-03-22")
    office.post("2026-03-23")

    assert {row.state for row in office.notices(wording="tra-lai")} == {"suppressed"}
    assert {row.state for row in office.notices(wording="bien-nhan")} == {"sent"}


def test_a_return_followed_by_more_time_names_the_granted_day(office: Office) -> None:
    """The reason is still told; the day is the granted one."""
    office.through("2026-02-25", "2026-03-20")
    report(office, "2026-03-20")
    give_back(office, "2026-03-21")
    with transaction(office.engine) as session:
        grant_extension(session, office.rules, office.assignment(session, TH1), at("2026-03-21", 12), by="x",
                        until=date(2026, 4, 20), reason="x")  # fmt: skip
    body = letters_of(office, "2026-03-23")["th-1:dau_moi"]

    assert "thiếu biểu 2" in body
    assert "20/04/2026" in body
    assert "25/03/2026" not in body


def test_an_office_may_do_without_receipts(engine: Engine) -> None:
    """`receipts: false`: decided all the same, and suppressed with the reason."""
    shipped = rules()
    sending = shipped.escalation.sending.model_copy(update={"receipts": False})
    quiet = Rules(shipped.days, shipped.escalation.model_copy(update={"sending": sending}), shipped.calendars)
    office = Office(engine, quiet)
    office.apply("2026-01-05")
    office.tick("2026-02-25")
    report(office, "2026-03-20")
    office.post("2026-03-23")

    assert {(row.state, row.reason) for row in office.notices(wording="bien-nhan")} == {
        ("suppressed", "cơ quan không gửi biên nhận (sending: receipts)")
    }


def test_a_confidential_receipt_names_neither_title_nor_content(engine: Engine) -> None:
    """Only that a report was received, and its number."""
    office = Office(engine, rules())
    office.apply("2026-01-05", plan_spec(confidential="true"))
    office.through("2026-02-25", "2026-03-20")
    number = report(office, "2026-03-20", document="15/BC")
    letters = letters_of(office, "2026-03-23")

    assert f"BN{number:06d}" in letters["th-1:van_thu"]
    for secret in ("Kế hoạch thử", "15/BC", "Báo cáo quý", "quý I"):
        assert secret not in letters["th-1:van_thu"]


def test_whom_no_machine_writes_to_gets_no_receipt(engine: Engine) -> None:
    """A body of the Front answers on paper: its report is entered, and nothing is planned for it."""
    office = Office(engine, rules())
    reports = {"quy": PLAN["reports"]["quy"] | {"by": ["truong", "mttq"]}}
    office.apply("2026-01-05", plan_spec(reports=reports))
    office.tick("2026-02-25")
    report(office, "2026-03-20", "kh quy 2026-Q1 mttq")

    assert office.notices(wording="bien-nhan") == []


def test_a_receipt_is_not_what_tells_the_overdue(office: Office) -> None:
    """Somebody overdue who has had nothing but a receipt is still found untold."""
    report(office, "2026-03-20")
    with transaction(office.engine) as session:
        row = office.assignment(session, TH1)
        told = [each.step for each in session.exec(select(Notice).where(Notice.assignment_id == row.id))]
        pressed = update(Notice).where(col(Notice.assignment_id) == row.id, col(Notice.tone) != "answer")
        session.execute(text("DROP TRIGGER notices_refuse_update"))
        session.execute(pressed.values(assignment_id=None))
        row.state = "overdue"
        session.add(row)
        session.flush()
        untold = overdue_and_untold(session, date(2026, 3, 30))

        assert {"giao"} < set(told)
        assert row.id in untold


def test_the_receipt_is_one_for_a_paper_that_answers_two_periods(engine: Engine) -> None:
    """Filed on the silent one, told of the one that speaks, and the other is named in it."""
    office = Office(engine, rules())
    half = {"when": "Báo cáo 6 tháng: 27/6", "by": "truong", "to": "so/tccb", "together_with": ["quy"]}
    office.apply("2026-01-05", plan_spec(reports=PLAN["reports"] | {"nua-nam": half}))
    office.through("2026-05-25", "2026-06-19")
    with Session(office.engine) as session:
        rows = session.exec(select(Assignment).where(Assignment.unit_id == "th-1", Assignment.kind == "report")).all()
        silent = next(row for row in rows if not row.sends and row.due_on.month == 6)
    report(office, "2026-06-19", str(silent.id))
    body = letters_of(office, "2026-06-22")["th-1:van_thu"]

    assert len(office.notices(wording="bien-nhan", unit_id="th-1", recipient="th-1:van_thu")) == 1
    assert "Báo cáo 6 tháng" in body


def test_a_late_report_says_why_and_paper_in_time_is_not_late(
    run: Callable[..., Outcome], said: Callable[..., Any]
) -> None:
    """A clerk who does not know the reason may enter it, and that is said; a paper that came in time needs none."""
    run("apply", "sgddt-hp-kl50", "--at", "2026-11-21")
    where = ("sgddt-hp-kl50", "nam", "2026", "sgddt-hp/khtc")
    other = ("sgddt-hp-kl50", "nam", "2026", "sgddt-hp/van-phong")
    late = run("report", *other, "--document", "9/BC", "--at", "2026-12-17", "--json")
    filed = said("report", *where, "--document", "9/BC", "--received-on", "2026-12-14", "--at", "2026-12-17")

    assert late.exit_code == 0
    assert json.loads(late.stdout)["reason_late"] == UNSAID
    assert "--reason" in late.stderr
    assert (filed["state"], filed["on_time"]) == ("reported", True)


def test_a_paper_became_true_on_the_day_it_was_received(office: Office) -> None:
    """Entered six days later: the move's own moment is the day received, the recorded one the click."""
    office.tick("2026-03-30")
    report(office, "2026-03-30", received_on=date(2026, 3, 24), document="15/BC")
    report(office, "2026-03-30", "kh quy 2026-Q1 th-2", reason_late="mất điện")
    paper, click = (move for move in office.transitions() if move.move == "submit" and _is_report(office, move))

    assert (paper.at, paper.recorded_at) == (at("2026-03-24", 0, 0), at("2026-03-30", 10))
    assert click.at == click.recorded_at == at("2026-03-30", 10)


def _is_report(office: Office, move: Transition) -> bool:
    with Session(office.engine) as session:
        return session.get_one(Assignment, move.assignment_id).kind == "report"


# ------------------------------------------------------------------ the granted day and the report it feeds

FED = {
    "reports": {
        "quy": PLAN["reports"]["quy"] | {"feeds": ["tong"]},
        "tong": {"when": "Báo cáo quý: ngày 30 tháng cuối của quý", "by": "so/tccb", "to": "so"},
    }
}


def test_a_granted_day_beyond_the_report_it_feeds_is_pointed_out(engine: Engine) -> None:
    """Until the 28th nothing is said, until 10 April the consolidator's 30 March is named; neither is forbidden."""
    office = Office(engine, rules())
    office.apply("2026-01-05", plan_spec(**FED))
    office.tick("2026-03-02")
    with transaction(office.engine) as session:
        asked = ask_extension(session, office.rules, office.assignment(session, TH1), at("2026-03-10"), by="x",
                              until=date(2026, 3, 28), reason="x")  # fmt: skip
        granted = grant_extension(session, office.rules, office.assignment(session, TH1), at("2026-03-11"), by="x",
                                  until=date(2026, 4, 10))  # fmt: skip
        own = ask_extension(session, office.rules, office.assignment(session, TH1), at("2026-03-12"), by="x",
                            until=date(2026, 4, 11), reason="x")  # fmt: skip

        day = granted.extension.granted_on

    assert asked.beyond_feeds is None
    assert granted.beyond_feeds == own.beyond_feeds == date(2026, 3, 30)
    assert day == date(2026, 4, 10)


# ------------------------------------------------------------------ a target that was counted


def test_a_target_that_units_have_counted_survives_a_changed_plan(office: Office) -> None:
    """Its figures stay with it; one nobody counted goes; a changed goal keeps its row."""
    goals = [{"text": "Tỷ lệ hài lòng", "goal": ">= 90%"}, {"text": "Số lớp", "goal": ">= 5"}]
    plan = plan_spec(targets=goals)
    with transaction(office.engine) as session:
        apply_plan(session, plan, office.units, office.rules, at("2026-03-02"))
        ids = {row.text: row.id for row in session.exec(select(Target))}
    report(office, "2026-03-20", indicators=[Indicator(ids["Tỷ lệ hài lòng"] or 0, "9", "10")])
    with transaction(office.engine) as session:
        fewer = plan_spec(targets=[goals[1] | {"goal": ">= 6"}])
        apply_plan(session, fewer, office.units, office.rules, at("2026-03-21"))
        there = {row.text: (row.id, row.goal) for row in session.exec(select(Target))}
        apply_plan(session, plan_spec(), office.units, office.rules, at("2026-03-22"))
        left = [row.text for row in session.exec(select(Target))]
        counted = session.exec(select(IndicatorValue.target_id)).one()

    assert there == {"Tỷ lệ hài lòng": (ids["Tỷ lệ hài lòng"], ">= 90%"), "Số lớp": (ids["Số lớp"], ">= 6")}
    assert left == ["Tỷ lệ hài lòng"]
    assert counted == ids["Tỷ lệ hài lòng"]
