"""Confirm, return, withdraw: by submission, with a reason, and without rewriting what was on time or late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select
from typer.testing import Result as Outcome

from actions.decide import accept, accept_period, close_period, send_back, withdraw
from actions.extend import grant_extension
from actions.move import Refused
from actions.submit import Filing, submit_report
from models.database import transaction
from models.ledger import Assignment
from tests.office import PLAN, Office, at, plan_spec, rules

TH1, LINE = "kh quy 2026-Q1 th-1", "kh 2 2026-Q1 th-1"
TWO_REPORTS = PLAN["reports"] | {
    "nua-nam": {"when": "Báo cáo 6 tháng: 27/6", "by": "truong", "to": "so/tccb", "together_with": ["quy"]}
}


def look(office: Office, words: str) -> Assignment:
    """One assignment as it stands."""
    with Session(office.engine) as session:
        return office.assignment(session, words)


def report(office: Office, day: str, words: str = TH1, **more: Any) -> None:
    """A unit files its report."""
    with transaction(office.engine) as session:
        submit_report(session, office.assignment(session, words), Filing(by="th-1", **more), at(day, 9))


def give_back(office: Office, day: str, words: str = TH1, **more: Any) -> date:
    """The tracker returns it."""
    with transaction(office.engine) as session:
        return send_back(session, office.rules, office.assignment(session, words), at(day, 10), by="tccb",
                         reason="thiếu biểu 2", **more)  # fmt: skip


# ------------------------------------------------------------------ return


def test_a_returned_report_has_three_working_days_and_stays_on_time_when_they_are_met(office: Office) -> None:
    """On time on the 25th, returned on Friday the 27th, sent again on Wednesday: on time."""
    report(office, "2026-03-25")
    again_by = give_back(office, "2026-03-27")
    assert again_by == date(2026, 4, 1)
    assert (look(office, TH1).state, look(office, LINE).state) == ("in_progress", "in_progress")

    office.through("2026-03-28", "2026-04-01")
    report(office, "2026-04-01")

    assert (look(office, TH1).state, look(office, TH1).on_time) == ("reported", True)


def test_a_returned_report_sent_again_too_late_is_late(office: Office) -> None:
    """The days to redo it pass in silence: overdue, told so once more, and late when it comes."""
    report(office, "2026-03-25")
    give_back(office, "2026-03-27")
    letters = office.through("2026-03-28", "2026-04-03")
    assert look(office, TH1).state == "overdue"
    said = [step for sent in letters.values() for who, steps in sent if who == "th-1:dau_moi" for step in steps]
    assert "qua-han+bs-2026-04-01" in said

    with pytest.raises(Refused, match="lý do chậm"):
        report(office, "2026-04-03")
    report(office, "2026-04-03", reason_late="chờ số liệu")

    assert look(office, TH1).on_time is False


def test_what_was_late_stays_late_after_a_return(office: Office) -> None:
    """Late at first, returned, sent again within the new days: still late."""
    office.tick("2026-03-30")
    report(office, "2026-03-30", reason_late="mất điện")
    give_back(office, "2026-03-31")
    report(office, "2026-04-01")

    assert (look(office, TH1).state, look(office, TH1).on_time) == ("reported", False)


def test_a_return_long_before_the_deadline_keeps_it_and_its_reminders(office: Office) -> None:
    """Reported a month early and returned: the printed day stands, and the unit is reminded of it."""
    report(office, "2026-02-27")
    give_back(office, "2026-03-02")
    letters = office.through("2026-03-03", "2026-03-26")

    assert look(office, TH1).late_after == date(2026, 3, 25)
    steps = [step for sent in letters.values() for who, said in sent if who == "th-1:dau_moi" for step in said]
    assert [step for step in steps if "+bs-2026-03-05" in step] == [
        f"{rung}+bs-2026-03-05" for rung in ("nhac-1", "nhac-2", "qua-han")
    ]
    assert look(office, TH1).state == "overdue"


def test_returning_a_line_returns_the_submission_it_came_with(office: Office) -> None:
    """A line cannot go back alone: its report could not be sent again."""
    report(office, "2026-03-20")
    give_back(office, "2026-03-21", LINE)

    assert look(office, TH1).state == "in_progress"
    report(office, "2026-03-23")
    assert look(office, LINE).state == "reported"


def test_a_return_needs_a_reason_a_day_ahead_and_a_report(office: Office) -> None:
    """Each lack is named, and nothing is changed."""
    with pytest.raises(Refused, match="báo cáo đã nộp"):
        give_back(office, "2026-03-20")
    report(office, "2026-03-20")
    with pytest.raises(Refused, match="đã qua"):
        give_back(office, "2026-03-21", redo_by=date(2026, 3, 20))
    with pytest.raises(Refused, match="lý do"), transaction(office.engine) as session:
        send_back(session, office.rules, office.assignment(session, TH1), at("2026-03-21"), by="x", reason=" ")

    assert look(office, TH1).state == "reported"


# ------------------------------------------------------------------ accept


def test_confirming_is_by_submission_and_once(office: Office) -> None:
    """The report and its line are confirmed together; a second time there is nothing to confirm."""
    report(office, "2026-03-20")
    with transaction(office.engine) as session:
        assert accept(session, [office.assignment(session, LINE)], at("2026-03-21"), by="tccb") == 2

    with pytest.raises(Refused, match="chờ xác nhận"), transaction(office.engine) as session:
        accept(session, [office.assignment(session, TH1)], at("2026-03-21"), by="tccb")


def test_a_whole_period_is_confirmed_at_once_or_one_unit_of_it(office: Office) -> None:
    """Two units reported: first one, then the rest; an unknown period is named."""
    report(office, "2026-03-20")
    report(office, "2026-03-20", "kh quy 2026-Q1 th-2")
    with transaction(office.engine) as session:
        one = accept_period(session, "kh", "2026-Q1", at("2026-03-21"), by="tccb", unit_id="th-2")
        rest = accept_period(session, "kh", "2026-Q1", at("2026-03-21"), by="tccb")

    assert (one, rest) == (2, 2)
    with pytest.raises(Refused, match="2026-Q1"), transaction(office.engine) as session:
        accept_period(session, "kh", "2026-Q9", at("2026-03-21"), by="tccb")


def test_what_nobody_confirms_is_confirmed_by_itself_after_the_days_an_office_set(engine: Engine) -> None:
    """`accept_after: 5`: reported on Friday the 20th, confirmed on Friday the 27th and not a day before."""
    shipped = rules()
    sending = shipped.escalation.sending.model_copy(update={"accept_after": 5})
    patient = shipped.escalation.model_copy(update={"sending": sending})
    office = Office(engine, type(shipped)(shipped.days, patient, shipped.calendars))
    office.apply("2026-01-05")
    office.tick("2026-02-25")
    report(office, "2026-03-20")

    office.tick("2026-03-26")
    assert look(office, TH1).accepted_at is None
    office.tick("2026-03-27")
    office.tick("2026-03-27")

    assert look(office, TH1).accepted_at == look(office, LINE).accepted_at == at("2026-03-27")
    accepted = [move for move in office.transitions() if move.move == "accept"]
    assert {(move.by, move.from_state, move.to_state) for move in accepted} == {("lịch", "reported", "reported")}
    assert len(accepted) == 2


def test_without_such_a_setting_nothing_is_ever_confirmed_by_itself(office: Office) -> None:
    """The shipped rules leave it to a person."""
    report(office, "2026-03-20")
    office.tick("2026-05-20")

    assert look(office, TH1).accepted_at is None


# ------------------------------------------------------------------ withdraw, joined periods


@pytest.fixture
def joined(engine: Engine) -> Office:
    """An office with a quarterly and a half-yearly report on one paper, June open."""
    office = Office(engine, rules())
    office.apply("2026-01-05", plan_spec(reports=TWO_REPORTS))
    office.tick("2026-06-02")
    return office


def joined_periods(office: Office) -> dict[str, Assignment]:
    """{report: assignment} of th-1 in June."""
    with Session(office.engine) as session:
        rows = session.exec(select(Assignment).where(Assignment.unit_id == "th-1", Assignment.kind == "report")).all()
        return {("quy" if row.sends else "nua-nam"): row for row in rows if row.due_on.month == 6}


def test_one_submission_answers_two_joined_periods_and_is_returned_and_confirmed_as_one(joined: Office) -> None:
    """Filed once, both are reported; returned once, both go back; confirmed once, both are confirmed."""
    first, second = joined_periods(joined)["quy"], joined_periods(joined)["nua-nam"]
    report(joined, "2026-06-20", str(second.id))
    assert look(joined, str(first.id)).state == look(joined, str(second.id)).state == "reported"

    give_back(joined, "2026-06-22", str(first.id))
    assert look(joined, str(first.id)).state == look(joined, str(second.id)).state == "in_progress"
    assert look(joined, str(second.id)).late_after == second.late_after
    report(joined, "2026-06-23", str(first.id))
    with transaction(joined.engine) as session:
        accept(session, [joined.assignment(session, str(first.id))], at("2026-06-24"), by="tccb")

    assert look(joined, str(second.id)).accepted_at is not None


def test_an_extension_of_a_joined_period_is_one_of_the_paper(joined: Office) -> None:
    """Asked for on the silent one, it is granted to both; the later printed day is not shortened."""
    first, second = joined_periods(joined)["quy"], joined_periods(joined)["nua-nam"]
    with transaction(joined.engine) as session:
        grant_extension(session, joined.rules, joined.assignment(session, str(second.id)), at("2026-06-10"), by="x",
                        until=date(2026, 6, 26), reason="x")  # fmt: skip
    assert look(joined, str(first.id)).due_on == date(2026, 6, 26)
    assert look(joined, str(second.id)).due_on == second.due_on

    with transaction(joined.engine) as session:
        grant_extension(session, joined.rules, joined.assignment(session, str(first.id)), at("2026-06-11"), by="x",
                        until=date(2026, 7, 10), reason="x")  # fmt: skip

    assert look(joined, str(first.id)).due_on == look(joined, str(second.id)).due_on == date(2026, 7, 10)


@pytest.mark.parametrize("how", ["withdraw", "close"])
def test_a_joined_period_speaks_for_itself_once_the_other_is_gone(joined: Office, how: str) -> None:
    """The quarter is withdrawn or closed without a report: the half year is still owed, told and pressed."""
    joined.through("2026-06-02", "2026-06-03")
    first, second = joined_periods(joined)["quy"], joined_periods(joined)["nua-nam"]
    with transaction(joined.engine) as session:
        if how == "withdraw":
            withdraw(session, joined.assignment(session, str(first.id)), at("2026-06-04", 9), by="x", ground="CV 7")
        else:
            close_period(
                session, joined.rules, "kh", "2026-Q2", at("2026-06-04", 9), by="x", incomplete=True, reason="x"
            )
    letters = joined.through("2026-06-05", "2026-06-30")

    assert look(joined, str(second.id)).sends is True
    said = [step for sent in letters.values() for who, steps in sent if who == "th-1:dau_moi" for step in steps]
    assert said[0] == "giao"
    assert "qua-han" in said
    assert look(joined, str(second.id)).state == "overdue"


def test_withdrawing_needs_its_ground_takes_the_lines_along_and_ends_the_letters(office: Office) -> None:
    """Dừng thực hiện with its document: the line follows, nothing more is said, a second time is refused."""
    with pytest.raises(Refused, match="căn cứ"), transaction(office.engine) as session:
        withdraw(session, office.assignment(session, TH1), at("2026-03-02"), by="x", ground="")
    with transaction(office.engine) as session:
        withdraw(session, office.assignment(session, TH1), at("2026-03-02"), by="tccb", ground="CV 12, 02/3/2026")
    with pytest.raises(Refused, match="đã kết thúc"), transaction(office.engine) as session:
        withdraw(session, office.assignment(session, TH1), at("2026-03-02"), by="x", ground="CV")

    letters = office.through("2026-03-03", "2026-03-26")
    assert (look(office, TH1).state, look(office, LINE).state) == ("withdrawn", "withdrawn")
    assert not [n for n in office.notices(assignment_id=look(office, TH1).id) if n.step.startswith("nhac")]
    assert [who for sent in letters.values() for who, _ in sent if who == "th-2:dau_moi"]
    grounds = {move.reason for move in office.transitions() if move.move == "withdraw"}
    assert grounds == {"CV 12, 02/3/2026"}


# ------------------------------------------------------------------ on the command line


def test_a_late_report_entered_for_a_unit_keeps_its_reason(
    run: Callable[..., Outcome], said: Callable[..., Any]
) -> None:
    """Late with a reason: stored with the submission and shown in the status; bulk confirming from the same place."""
    run("apply", "sgddt-hp-kl50", "--at", "2026-11-21")
    where = ("sgddt-hp-kl50", "nam", "2026", "sgddt-hp/khtc")
    run("apply", "sgddt-hp-kl50", "--at", "2026-12-17")
    filed = said("report", *where, "--document", "9/BC, 16/12/2026", "--received-on", "2026-12-16", "--reason",
                 "chờ số liệu", "--at", "2026-12-17")  # fmt: skip
    shown = said("status", "--unit", where[3], "--at", "2026-12-17")
    confirmed = said("accept", "--plan", where[0], "--period", "2026", "--unit", where[3], "--at", "2026-12-17")
    again = run("accept", *where, "--at", "2026-12-17")

    assert (filed["on_time"], filed["reason_late"]) == (False, "chờ số liệu")
    assert "chờ số liệu" in {row["reason_late"] for row in shown["assignments"]}
    assert confirmed["accepted"] > 1
    assert again.exit_code == 1
    assert run("accept").exit_code == run("accept", "1", "--plan", "x").exit_code == 2


def test_more_time_after_a_return_takes_the_place_of_the_days_to_redo_it(office: Office) -> None:
    """Returned, then extended: the granted day is the one that counts and the one that letters name."""
    report(office, "2026-03-25")
    give_back(office, "2026-03-27")
    with transaction(office.engine) as session:
        grant_extension(session, office.rules, office.assignment(session, TH1), at("2026-03-30"), by="x",
                        until=date(2026, 4, 20), reason="x")  # fmt: skip
    found = look(office, TH1)

    assert (found.redo_by, found.late_after, found.state, found.on_time) == (
        None, date(2026, 4, 20), "in_progress", True)  # fmt: skip
