"""After downtime each missed step is sent once, folded into one late letter, or recorded as skipped with the reason."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.office import Office, rules


@pytest.fixture
def office(engine: Engine) -> Office:
    """The small office, its first quarter opened in time."""
    made = Office(engine, rules())
    made.apply("2026-01-05")
    made.through("2026-01-05", "2026-02-26")
    return made


def steps_to(letters: list[tuple[str, list[str]]], who: str) -> list[str]:
    """The steps of one recipient's letter."""
    return next((steps for recipient, steps in letters if recipient == who), [])


def test_a_day_off_line_loses_nothing(office: Office) -> None:
    """A reminder that fell due while the house was down goes with the next letters."""
    assert steps_to(office.post("2026-03-17"), "th-2:dau_moi") == ["nhac-1"]


def test_weeks_off_line_end_in_one_letter_and_not_in_five(office: Office) -> None:
    """Down from before the reminders to three weeks after the deadline: one late letter each, the rest is recorded."""
    letters = office.post("2026-04-20")

    assert len(steps_to(letters, "th-2:dau_moi")) == 1
    assert len(steps_to(letters, "th-2:thu_truong")) == 1
    assert "lanh-dao" not in {step for _, steps in letters for step in steps}
    mine = [notice for notice in office.notices(unit_id="th-2") if notice.process_key.endswith("quy")]
    skipped = [notice for notice in mine if notice.state == "suppressed"]
    assert {notice.step for notice in skipped} >= {"nhac-1", "nhac-2"}
    assert all(notice.reason for notice in skipped)
    assert {notice.step for notice in mine if notice.state == "held"} == {"lanh-dao"}


def test_a_second_look_after_downtime_changes_nothing(office: Office) -> None:
    """Catching up is done once: the next tick of the day decides nothing new."""
    office.post("2026-04-20")
    before = len(office.notices())

    office.tick("2026-04-20")

    assert len(office.notices()) == before
    assert office.post("2026-04-20", 9) == []
