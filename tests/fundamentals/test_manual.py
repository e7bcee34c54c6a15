"""The manual in tests: one happy path for each promise, driven on a small office."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Engine

from actions.decide import close_period
from actions.find import find_assignment
from actions.move import Refused
from actions.submit import Filing, start, submit_report
from models.database import transaction
from models.lifecycle import Result
from tests.office import Office, at, rules


@pytest.fixture
def office(engine: Engine) -> Office:
    """The small office on an SQLite ledger, its plan applied on the day of issue."""
    made = Office(engine, rules())
    made.apply("2026-01-05")
    return made


def test_a_period_opens_twenty_working_days_before_its_due_day(office: Office) -> None:
    """Every reporter is assigned on the opening day and not a day before."""
    office.tick("2026-02-12")
    with pytest.raises(Refused), transaction(office.engine) as session:
        find_assignment(session, ["kh", "quy", "2026-Q1", "th-1"])

    office.tick("2026-02-25")

    assert office.states("kh", "quy", "2026-Q1") == dict.fromkeys(("th-1", "th-2", "th-3"), "assigned")


def test_an_open_task_is_a_line_of_the_report_its_lead_owes(office: Office) -> None:
    """A continuous task opens with the report, moves with it, and sends nothing of its own."""
    office.tick("2026-02-25")
    assert office.states("kh", "2", "2026-Q1") == dict.fromkeys(("th-1", "th-2", "th-3"), "assigned")

    with transaction(office.engine) as session:
        report = office.assignment(session, "kh quy 2026-Q1 th-2")
        submit_report(session, report, Filing(by="th-2"), at("2026-03-20", 9))

    assert office.states("kh", "2", "2026-Q1")["th-2"] == "reported"
    assert not office.notices(process_key="kh:2")


def test_silence_is_pressed_step_by_step_and_an_answer_stops_it(office: Office) -> None:
    """The unit is told, reminded, then pressed; its head and the tracking department hear; an answer ends it."""
    letters = office.through("2026-01-05", "2026-03-26")
    to_school = [(day, steps) for day, sent in letters.items() for who, steps in sent if who == "th-2:dau_moi"]
    assert to_school == [
        ("2026-01-05", ["giao-nhiem-vu"]),
        ("2026-02-25", ["giao"]),
        ("2026-03-16", ["nhac-1"]),
        ("2026-03-23", ["nhac-2"]),
        ("2026-03-26", ["qua-han"]),
    ]
    assert ("so/tccb:dau_moi", ["qua-han-ds"] * 3) in letters["2026-03-26"]

    with transaction(office.engine) as session:
        report = office.assignment(session, "kh quy 2026-Q1 th-2")
        submit_report(session, report, Filing(by="th-2", reason_late="mất điện"), at("2026-03-27", 9))

    later = office.through("2026-03-28", "2026-05-20")
    receipt = [steps for sent in later.values() for who, steps in sent if who.startswith("th-2:")]
    assert [step.startswith("bien-nhan") for steps in receipt for step in steps] == [True, True]
    assert [who for sent in later.values() for who, _ in sent if who.startswith("th-3:")]


def test_overdue_begins_after_the_last_day_that_counts(office: Office) -> None:
    """The state changes at the midnight after `late_after`, and the move says that moment whenever it was noticed."""
    office.tick("2026-02-25")
    office.tick(at("2026-03-25", 23, 59))
    assert set(office.states("kh", "quy", "2026-Q1").values()) == {"assigned"}

    office.tick(at("2026-04-10", 15))

    assert set(office.states("kh", "quy", "2026-Q1").values()) == {"overdue"}
    lapse = next(move for move in office.transitions() if move.move == "lapse")
    assert lapse.at == at("2026-03-26", 0, 0)
    assert lapse.recorded_at == at("2026-04-10", 15)


def test_a_report_is_not_a_completion(office: Office) -> None:
    """A dated task ends only on `done` with its document; another answer is progress and the deadline stands."""
    office.tick("2026-03-05")
    with transaction(office.engine) as session:
        task = office.assignment(session, "kh 1 2026-Q1 th-1")
        submit_report(session, task, Filing(by="th-1", result=Result.IN_PROGRESS), at("2026-03-06", 9))
    assert office.states("kh", "1", "2026-Q1") == {"th-1": "in_progress"}

    with transaction(office.engine) as session, pytest.raises(Refused, match="số, ngày văn bản"):  # noqa: PT012
        task = office.assignment(session, "kh 1 2026-Q1 th-1")
        submit_report(session, task, Filing(by="th-1"), at("2026-03-07", 9))
    office.tick("2026-04-01")
    assert office.states("kh", "1", "2026-Q1") == {"th-1": "overdue"}

    with transaction(office.engine) as session:
        task = office.assignment(session, "kh 1 2026-Q1 th-1")
        filing = Filing(by="th-1", document="12/KH, 02/4/2026", reason_late="mất điện")
        submit_report(session, task, filing, at("2026-04-02", 9))
        session.refresh(task)
        assert (task.state, task.on_time) == ("reported", False)


def test_the_day_a_paper_was_received_counts_not_the_click(office: Office) -> None:
    """A report entered late for a paper received in time is on time."""
    office.tick("2026-02-25")
    office.tick("2026-03-30")
    with transaction(office.engine) as session:
        report = office.assignment(session, "kh quy 2026-Q1 th-3")
        filing = Filing(by="văn thư", received_on=date(2026, 3, 24), document="15/BC, 24/3/2026")
        submit_report(session, report, filing, at("2026-03-30", 9))
        session.refresh(report)

        assert (report.state, report.on_time, report.received_on) == ("reported", True, date(2026, 3, 24))


def test_acknowledging_is_a_deed_of_its_own(office: Office) -> None:
    """Đã nhận nhiệm vụ moves the report and its lines to in progress, once."""
    office.tick("2026-02-25")
    with transaction(office.engine) as session:
        start(session, office.assignment(session, "kh quy 2026-Q1 th-1"), at("2026-02-26"), by="th-1")
    assert office.states("kh", "2", "2026-Q1")["th-1"] == "in_progress"

    with pytest.raises(Refused, match="không thể bắt đầu"), transaction(office.engine) as session:
        start(session, office.assignment(session, "kh quy 2026-Q1 th-1"), at("2026-02-26"), by="th-1")


def test_closing_a_period_names_who_is_missing_and_stops_the_ladder(office: Office) -> None:
    """Chốt kỳ needs a word when units are missing; then they are `missed` and hear no more."""
    office.through("2026-02-23", "2026-03-27")
    with pytest.raises(Refused, match="3 đơn vị"), transaction(office.engine) as session:
        close_period(session, office.rules, "kh", "2026-Q1", at("2026-03-30"), by="tccb")

    with transaction(office.engine) as session:
        close_period(session, office.rules, "kh", "2026-Q1", at("2026-03-30"), by="tccb", incomplete=True, reason="x")

    assert set(office.states("kh", "quy", "2026-Q1").values()) == {"missed"}
    later = office.through("2026-03-30", "2026-05-20")
    steps = {step for sent in later.values() for _, said in sent for step in said if "quy" in str(said)}
    assert not steps
    assert ("so/tccb:dau_moi", ["chot"] * 3) in later["2026-03-30"]


def test_applying_twice_writes_nothing_the_second_time(office: Office) -> None:
    """The same config again changes no row."""
    assert not any(office.apply("2026-01-05"))

    office.tick("2026-03-30")

    assert not any(office.apply("2026-03-30"))
