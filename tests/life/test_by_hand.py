"""What a coordinator does by hand: record an event, ask for a report, press now, name a delegate."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select
from typer.testing import Result as Outcome

from actions.decide import withdraw
from actions.delegate import delegate_letters, end_delegation
from actions.move import Refused
from actions.nudge import nudge, nudge_period
from actions.request import Request, request_report
from actions.submit import Filing, submit_report
from models.database import transaction
from models.ledger import Assignment, Occurrence, Transition
from models.outbox import Letter
from tests.office import Office, at, plan_spec, rules

S2 = "sgddt-bt-cchc-2022"


# ------------------------------------------------------------------ milestone


def test_an_event_gives_what_waited_its_day_opens_it_and_applying_again_leaves_it(
    run: Callable[..., Outcome], said: Callable[..., Any]
) -> None:
    """S2's qd-bien-che on 01/3/2022: two tasks are due ten working days later and open; `apply` changes nothing."""
    run("apply", S2, "--at", "2022-02-20")
    waiting = said("status", "--plan", S2, "--at", "2022-02-20")
    event = said("milestone", S2, "qd-bien-che", "--document", "12/QĐ-UBND, 01/3/2022", "--on", "2022-03-01",
                 "--at", "2022-03-03")  # fmt: skip
    again = said("apply", S2, "--at", "2022-03-04")
    rows = said("status", "--plan", S2, "--at", "2022-03-04")
    mine = [row for row in rows["assignments"] if row["task"] in ("iv-2", "iv-3")]

    assert waiting["tables"]["aside"]["cho-dieu-kien"] == 2
    assert rows["tables"]["aside"]["cho-dieu-kien"] == 0
    assert {(due["task"], due["due_on"], due["stage"]) for due in event["dues"]} == {
        ("iv-2", "2022-03-15", "open"),
        ("iv-3", "2022-03-15", "open"),
    }
    assert again["changed"] is False
    assert {(row["due_on"], row["state"]) for row in mine} == {("2022-03-15", "assigned")}


def test_a_corrected_event_moves_the_day_and_keeps_the_history(
    run: Callable[..., Outcome], said: Callable[..., Any]
) -> None:
    """Recorded again with another date: the old rows are withdrawn, the new day stands."""
    run("apply", S2, "--at", "2022-02-20")
    words = ("milestone", S2, "qd-bien-che", "--document", "12/QĐ-UBND")
    said(*words, "--on", "2022-03-01", "--at", "2022-03-03")
    second = said(*words, "--on", "2022-03-02", "--at", "2022-03-04")
    rows = said("status", "--plan", S2, "--at", "2022-03-04")["assignments"]

    assert {due["due_on"] for due in second["dues"]} == {"2022-03-16"}
    assert sorted((row["due_on"], row["state"]) for row in rows if row["task"] == "iv-2") == [
        ("2022-03-15", "withdrawn"),
        ("2022-03-16", "assigned"),
    ]


def test_an_unknown_or_future_event_is_refused(run: Callable[..., Outcome]) -> None:
    """The names there are, and the day that is still ahead, are in the sentence."""
    run("apply", S2, "--at", "2022-02-20")
    unknown = run("milestone", S2, "qd-bien-chế", "--document", "x", "--at", "2022-03-03")
    ahead = run("milestone", S2, "qd-bien-che", "--document", "x", "--on", "2022-04-01", "--at", "2022-03-03")

    assert (unknown.exit_code, ahead.exit_code) == (1, 1)
    assert "qd-bien-che" in unknown.stderr
    assert "01/04/2022" in ahead.stderr


# ------------------------------------------------------------------ request


def ask(office: Office, day: str, **more: Any) -> list[Assignment]:
    """Ask two schools for a report by 10/4."""
    asked = Request(**({"report": "dot-xuat", "units": ["th-1", "th-2"], "due": date(2026, 4, 10), "title": "An toàn",
                        "document": "5/CV, 02/3/2026"} | more))  # fmt: skip
    with transaction(office.engine) as session:
        made = request_report(session, plan_spec(), office.units, office.rules, asked, at(day, 9), by="tccb")
        session.expunge_all()
        return made


def test_a_requested_report_opens_now_for_the_chosen_units_only_and_survives_apply(office: Office) -> None:
    """Opened with its document as the ground, told, reminded, pressed; applying the plan again leaves it alone."""
    made = ask(office, "2026-03-02")
    assert [(row.unit_id, row.due_on, row.state) for row in made] == [
        ("th-1", date(2026, 4, 10), "assigned"),
        ("th-2", date(2026, 4, 10), "assigned"),
    ]
    assert not any(office.apply("2026-03-03"))

    office.through("2026-03-02", "2026-04-13")
    steps = {notice.step for notice in office.notices(assignment_id=made[1].id, recipient="th-2:dau_moi", state="sent")}
    assert steps == {"giao", "nhac-1", "nhac-2", "qua-han"}
    assert not any(office.apply("2026-04-13"))
    with Session(office.engine) as session:
        opened = session.exec(select(Transition).where(Transition.assignment_id == made[0].id)).first()
    assert opened is not None
    assert (opened.move, opened.by, opened.reason) == ("open", "tccb", "5/CV, 02/3/2026")


def test_asking_again_adds_only_the_units_that_were_not_asked(office: Office) -> None:
    """The same matter: th-3 joins; the same units again are refused; another matter on the same day is its own."""
    ask(office, "2026-03-02")
    assert [row.unit_id for row in ask(office, "2026-03-03", units=["truong"])] == ["th-3"]
    with pytest.raises(Refused, match="đã được yêu cầu"):
        ask(office, "2026-03-03")

    assert len(ask(office, "2026-03-03", title="Tuyển sinh")) == 2


def test_two_matters_of_one_day_have_names_of_their_own(office: Office) -> None:
    """The second period is numbered, so four words name one assignment; asked again, each keeps its name."""
    first, second = ask(office, "2026-03-02"), ask(office, "2026-03-02", title="Tuyển sinh")
    ask(office, "2026-03-03", title="Tuyển sinh", units=["th-3"])
    with Session(office.engine) as session:
        names = {row.period for row in session.exec(select(Occurrence).where(Occurrence.by_event))}
        found = [office.assignment(session, f"kh dot-xuat {name} th-1").id for name in sorted(names)]

    assert names == {"2026-04-10", "2026-04-10-2"}
    assert found == [first[0].id, second[0].id]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"due": date(2026, 3, 2)}, "sau hôm nay"),
        ({"units": ["th-9"]}, "th-1"),
        ({"units": []}, "--units"),
        ({"units": ["cu"]}, "đã kết thúc"),
        ({"report": "quy"}, "dot-xuat"),
        ({"report": "Đột xuất"}, "dot-xuat"),
        ({"title": None}, "--title"),
    ],
)
def test_a_request_that_makes_no_sense_is_one_sentence(office: Office, wrong: dict[str, Any], said: str) -> None:
    """Past days, unknown units, a report with days of its own: refused, nothing written."""
    before = len(office.transitions())
    with pytest.raises(Refused, match=said):
        ask(office, "2026-03-02", **wrong)

    assert len(office.transitions()) == before


def test_request_on_the_command_line_uses_the_plans_own_report(
    run: Callable[..., Outcome], said: Callable[..., Any]
) -> None:
    """S2's `dot-xuat`, for two departments, answered by its words like any other."""
    run("apply", S2, "--at", "2022-03-01")
    made = said("request", S2, "dot-xuat", "--units", "sgddt-bt/tccb,sgddt-bt/van-phong", "--due", "18/03/2022",
                "--title", "về tuyển sinh", "--at", "2022-03-01")  # fmt: skip
    again = said("apply", S2, "--at", "2022-03-02")
    filed = said("report", S2, "dot-xuat", made["period"], "sgddt-bt/tccb", "--at", "2022-03-10")

    assert [row["unit"] for row in made["assignments"]] == ["sgddt-bt/tccb", "sgddt-bt/van-phong"]
    assert again["changed"] is False
    assert (filed["state"], filed["on_time"]) == ("reported", True)


# ------------------------------------------------------------------ nudge


def press(office: Office, day: str, **more: Any) -> dict[str, str | None]:
    """Press the quarter: {unit: why not}."""
    with transaction(office.engine) as session:
        rows = nudge_period(session, office.rules, "kh", "2026-Q1", at(day, 7), **more)
        return {row.unit: row.skipped for row in rows if not row.unit.startswith("so")}


def test_a_nudge_is_one_more_notice_to_each_unit_that_still_owes(office: Office) -> None:
    """Who answered is left out; the preview writes nothing; the second of a day goes nowhere."""
    office.through("2026-02-25", "2026-03-02")
    with transaction(office.engine) as session:
        submit_report(session, office.assignment(session, "kh quy 2026-Q1 th-3"), Filing(by="x"), at("2026-03-03"))
    planned = press(office, "2026-03-04", dry_run=True)
    assert not [notice for notice in office.notices() if notice.step.startswith("don-doc")]

    assert press(office, "2026-03-04") == planned == {"th-1": None, "th-2": None}
    with pytest.raises(Refused, match="hôm nay đã đôn đốc"):
        press(office, "2026-03-04")
    assert ("th-2:dau_moi", ["don-doc-2026-03-04"]) in office.post("2026-03-04")
    press(office, "2026-03-05")


def test_a_nudge_follows_the_state_and_the_ladder(office: Office) -> None:
    """Reminding words before the day, pressing words after it; a line presses its report."""
    with transaction(office.engine) as session:
        rows = nudge(session, office.rules, [office.assignment(session, "kh 2 2026-Q1 th-2")], at("2026-03-04"))
        assert [row.assignment for row in rows] == [office.assignment(session, "kh quy 2026-Q1 th-2").id]
        assert rows[0].wording == "nhac-den-han"

    office.tick("2026-03-26")
    with transaction(office.engine) as session:
        late = nudge_period(session, office.rules, "kh", "2026-Q1", at("2026-03-27"), overdue=True)

    assert {(row.unit, row.wording) for row in late} == {(f"th-{n}", "qua-han") for n in (1, 2, 3)}


def test_a_nudge_is_silent_when_the_answer_came_before_the_hour(office: Office) -> None:
    """Pressed on a Saturday, answered on Sunday: nothing leaves on Monday."""
    office.through("2026-02-25", "2026-03-04")
    press(office, "2026-03-07")
    with transaction(office.engine) as session:
        submit_report(session, office.assignment(session, "kh quy 2026-Q1 th-2"), Filing(by="x"), at("2026-03-08"))
    sent = office.post("2026-03-09")

    assert ("th-3:dau_moi", ["don-doc-2026-03-09"]) in sent
    assert not [who for who, _ in sent if who == "th-2:dau_moi"]


def test_there_is_no_nudge_for_what_has_ended(office: Office) -> None:
    """Withdrawn work is not pressed, and the sentence says why."""
    with transaction(office.engine) as session:
        withdraw(session, office.assignment(session, "kh quy 2026-Q1 th-1"), at("2026-03-02"), by="x", ground="CV")

    with pytest.raises(Refused, match="đã kết thúc"), transaction(office.engine) as session:
        nudge(session, office.rules, [office.assignment(session, "kh quy 2026-Q1 th-1")], at("2026-03-03"))


def test_nudge_on_the_command_line_shows_exactly_who_gets_what(
    run: Callable[..., Outcome], said: Callable[..., Any]
) -> None:
    """The preview and the deed name the same recipients; without a target it is a usage error."""
    run("apply", "sgddt-hp-kl50", "--at", "2026-11-21")
    words = ("nudge", "--plan", "sgddt-hp-kl50", "--period", "2026", "--at", "2026-11-23")
    preview, done = said(*words, "--dry-run"), said(*words)
    twice = run(*words)

    assert preview["notices"] == done["notices"]
    assert done["planned"] == sum(row["skipped"] is None for row in done["notices"]) > 0
    assert twice.exit_code == 1
    assert run("nudge").exit_code == 2


# ------------------------------------------------------------------ delegate


def stand_in(office: Office, who: str, instead: str, first: str, last: str) -> None:
    """Somebody is away."""
    with transaction(office.engine) as session:
        delegate_letters(session, who, instead, at("2026-03-02"), by="x", from_on=date.fromisoformat(first),
                         to_on=date.fromisoformat(last))  # fmt: skip


def test_letters_of_one_who_is_away_go_to_the_delegate_and_only_then(office: Office) -> None:
    """Away for the first reminder, back for the second; the notice still says whom it was meant for."""
    office.through("2026-02-25", "2026-03-02")
    stand_in(office, "th-2:dau_moi", "th-2:van_thu", "2026-03-10", "2026-03-18")
    letters = office.through("2026-03-10", "2026-03-23")
    mine = [(day, who, steps) for day, sent in letters.items() for who, steps in sent if who.startswith("th-2:")]

    assert mine == [
        ("2026-03-16", "th-2:van_thu", ["nhac-1"]),
        ("2026-03-23", "th-2:dau_moi", ["nhac-2"]),
        ("2026-03-23", "th-2:thu_truong", ["nhac-2"]),
    ]
    meant = office.notices(step="nhac-1", unit_id="th-2")[0]
    with Session(office.engine) as session:
        letter = session.get_one(Letter, meant.letter_id)
    assert (meant.recipient, letter.recipient) == ("th-2:dau_moi", "th-2:van_thu")


def test_a_head_who_is_away_shares_the_letter_of_the_officer(office: Office) -> None:
    """Officer and head would both hear: one letter, never two to one person on a day."""
    office.through("2026-02-25", "2026-03-16")
    stand_in(office, "th-2:thu_truong", "th-2:dau_moi", "2026-03-20", "2026-03-30")
    sent = office.post("2026-03-23")

    assert [(who, steps) for who, steps in sent if who.startswith("th-2:")] == [("th-2:dau_moi", ["nhac-2", "nhac-2"])]


def test_letters_go_to_the_delegate_on_postgresql_too(postgres_engine: Engine) -> None:
    """The other database groups notices by the delegate as well."""
    office = Office(postgres_engine, rules())
    office.apply("2026-01-05")
    office.through("2026-02-25", "2026-02-26")
    stand_in(office, "th-2:thu_truong", "th-2:dau_moi", "2026-03-20", "2026-03-30")
    press(office, "2026-03-20")
    sent = office.post("2026-03-23")

    assert [who for who, _ in sent if who.startswith("th-2:")] == ["th-2:dau_moi"]


def test_a_delegate_who_is_away_passes_letters_on(office: Office) -> None:
    """dau_moi asks van_thu, van_thu asks thu_truong: it reaches thu_truong."""
    office.through("2026-02-25", "2026-03-02")
    stand_in(office, "th-2:dau_moi", "th-2:van_thu", "2026-03-10", "2026-03-18")
    stand_in(office, "th-2:van_thu", "th-2:thu_truong", "2026-03-12", "2026-03-17")

    assert ("th-2:thu_truong", ["nhac-1"]) in office.post("2026-03-16")
    with pytest.raises(Refused, match="cũng vắng"):
        stand_in(office, "th-2:thu_truong", "th-2:dau_moi", "2026-03-15", "2026-03-16")


@pytest.mark.parametrize(
    ("who", "instead", "first", "last", "said"),
    [
        ("th-2:dau_moi", "th-2:dau_moi", "2026-03-10", "2026-03-18", "người khác"),
        ("th-2:dau_moi", "th-1:dau_moi", "2026-03-10", "2026-03-18", "cùng đơn vị"),
        ("th-2:dau_moi", "th-2:van_tu", "2026-03-10", "2026-03-18", "th-2:van_thu"),
        ("th-2:dau_moi", "th-2:van_thu", "2026-03-18", "2026-03-10", "--to"),
        ("th-2:dau_moi", "th-2:van_thu", "2026-02-10", "2026-02-18", "đã qua"),
    ],
)
def test_a_delegation_that_cannot_be_is_refused(
    office: Office, who: str, instead: str, first: str, last: str, said: str
) -> None:
    """Oneself, another unit, an unknown name, days turned round or past."""
    with pytest.raises(Refused, match=said):
        stand_in(office, who, instead, first, last)


def test_one_delegate_for_the_same_days(office: Office) -> None:
    """A second delegate for overlapping days is refused; for later days it is not."""
    stand_in(office, "th-2:dau_moi", "th-2:van_thu", "2026-03-10", "2026-03-18")
    with pytest.raises(Refused, match="18/03/2026"):
        stand_in(office, "th-2:dau_moi", "th-2:thu_truong", "2026-03-18", "2026-03-20")

    stand_in(office, "th-2:dau_moi", "th-2:thu_truong", "2026-03-19", "2026-03-20")


def test_a_delegation_ended_early_gives_the_letters_back(office: Office) -> None:
    """Back before the day: today's letter is theirs again, another delegate may be named, nothing more to end."""
    office.through("2026-02-25", "2026-03-02")
    stand_in(office, "th-2:dau_moi", "th-2:van_thu", "2026-03-10", "2026-03-31")
    assert ("th-2:van_thu", ["nhac-1"]) in office.post("2026-03-16")
    with transaction(office.engine) as session:
        ended = end_delegation(session, "th-2:dau_moi", at("2026-03-23", 7))
        assert [row.to_on for row in ended] == [date(2026, 3, 22)]

    assert ("th-2:dau_moi", ["nhac-2"]) in office.post("2026-03-23")
    with pytest.raises(Refused, match="không có ai"), transaction(office.engine) as session:
        end_delegation(session, "th-2:dau_moi", at("2026-03-23", 9))
    stand_in(office, "th-2:dau_moi", "th-2:thu_truong", "2026-03-24", "2026-03-25")


def test_a_delegation_ended_before_its_first_day_never_was(office: Office) -> None:
    """Named for later, called off: the days are free again."""
    stand_in(office, "th-2:dau_moi", "th-2:van_thu", "2026-03-10", "2026-03-18")
    with transaction(office.engine) as session:
        end_delegation(session, "th-2:dau_moi", at("2026-03-05"))

    stand_in(office, "th-2:dau_moi", "th-2:thu_truong", "2026-03-03", "2026-03-20")


def test_delegate_on_the_command_line(run: Callable[..., Outcome], said: Callable[..., Any]) -> None:
    """Recorded with its days; a wrong name is a sentence."""
    run("apply", "sgddt-hp-kl50", "--at", "2026-11-21")
    who, instead = "sgddt-hp/khtc:dau_moi", "sgddt-hp/khtc:thu_truong"
    made = said("delegate", who, instead, "--from", "2026-11-23", "--to", "2026-11-30", "--at", "2026-11-21")
    wrong = run("delegate", who, "khtc", "--from", "2026-11-23", "--to", "2026-11-30", "--at", "2026-11-21")

    ended = said("delegate", who, "--end", "--at", "2026-11-25")
    again = run("delegate", who, "--end", "--at", "2026-11-25")

    assert (made["recipient"], made["delegate"], made["to_on"]) == (who, instead, "2026-11-30")
    assert [row["to_on"] for row in ended["ended"]] == ["2026-11-24"]
    assert again.exit_code == 1
    assert run("delegate", who).exit_code == run("delegate", who, instead, "--end").exit_code == 2
    assert wrong.exit_code == 1
