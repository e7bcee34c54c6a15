"""Two reports on one paper, and a plan that is edited under them: one of the two is always asked, never none."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from tests.office import Office, plan_spec, rules

QUARTER = {"when": "Báo cáo quý: ngày 25 tháng cuối của quý", "by": "truong", "to": "so/tccb"}
HALF = {"when": "6 tháng, năm: ngày 24/6 và 23/12 hàng năm", "by": "truong", "to": "so/tccb"}


def spec(quarter: str | None = "25", half: str | None = "24/6") -> Any:
    """The small plan with a quarterly report and one of the half year on the same paper; None leaves one out."""
    reports: dict[str, Any] = {}
    if quarter:
        reports["quy"] = QUARTER | {"when": QUARTER["when"].replace("25", quarter)}
    if half:
        reports["6-thang"] = HALF | {"when": HALF["when"].replace("24/6", half)}
        reports["6-thang"] |= {"together_with": ["quy"]} if quarter else {}
    return plan_spec(reports=reports)


@pytest.fixture
def office(engine: Engine) -> Office:
    """The office with both reports: the half year's 24/6 answers the quarter's 25/6 as well."""
    here = Office(engine, rules())
    here.apply("2026-01-05", spec())
    return here


def june(office: Office, first: str) -> dict[str, set[str]]:
    """{report: steps} said to school 1 about June's papers, lived from `first` on."""
    office.through(first, "2026-07-05")
    said: dict[str, set[str]] = {}
    for notice in office.notices(state="sent", unit_id="th-1"):
        if "bao-cao" in notice.process_key and "2026-06-01" <= notice.due_on.isoformat() <= "2026-07-05":
            said.setdefault(notice.process_key.rsplit(":", 1)[1], set()).add(notice.step)
    return said


def test_an_edit_that_turns_the_pair_around_before_it_opens_turns_the_speaker(office: Office) -> None:
    """The quarter's day moves before the half year's: the quarter is now asked, the half year is on its paper."""
    office.through("2026-01-05", "2026-05-04")
    office.apply("2026-05-04", spec(quarter="20"))

    assert "qua-han" in june(office, "2026-05-05")["quy"]
    assert "6-thang" not in june(office, "2026-07-05")


def test_an_edit_that_turns_an_open_pair_around_leaves_the_speaker(office: Office) -> None:
    """Both are open and the half year has told: it goes on speaking, alone, after the quarter's day has moved."""
    office.through("2026-01-05", "2026-06-08")
    office.apply("2026-06-08", spec(quarter="20"))
    said = june(office, "2026-06-09")

    assert {"nhac-2", "qua-han"} <= said["6-thang"]
    assert "quy" not in said


@pytest.mark.parametrize("day", ["2026-05-04", "2026-06-08"])
def test_a_period_whose_partner_the_edit_removes_speaks_for_itself(office: Office, day: str) -> None:
    """The half year's report leaves the plan, before or after both have opened: the quarter is asked, to the end."""
    office.through("2026-01-05", day)
    office.apply(day, spec(half=None))

    assert {"nhac-2", "qua-han"} <= june(office, day)["quy"]


def test_the_same_plan_again_leaves_every_pair_as_it_is(office: Office) -> None:
    """Applying once more changes nothing, with the pair planned or open."""
    for day in ("2026-05-04", "2026-06-08"):
        office.through("2026-05-04", day)
        assert not any(office.apply(day, spec()))

    assert set(june(office, "2026-06-09")) == {"6-thang"}
