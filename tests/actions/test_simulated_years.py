"""The shipped plans over virtual years: who is written to, on which days, how often (the year walked in the design)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Any

import pytest

from actions.behaviour import Behaviour
from actions.rules import Rules
from actions.simulate import run_simulation
from config.bootstrap import rules_of
from config.plan_files import Config, load_config
from config.settings import SHIPPED_CONFIG
from models.ledger import Assignment

S0, S1, S2, S3, S4 = (
    "sgddt-hp-kl50",
    "pgd-haian-cchc-2024",
    "sgddt-bt-cchc-2022",
    "ubnd-konray-nq19",
    "ubnd-hp-kl134",
)
YEARS = {S0: 2026, S1: 2024, S2: 2022, S3: 2024, S4: 2026}
SCHOOL = "mau-ha-thcs-1:dau_moi"


@lru_cache(maxsize=1)
def shipped() -> tuple[Config, Rules]:
    """The shipped config, read once."""
    config = load_config(SHIPPED_CONFIG)
    return config, rules_of(config)


@cache
def year_of(plan: str, behaviour: str) -> dict[str, Any]:
    """One plan's year with units of one behaviour."""
    config, rules = shipped()
    year = YEARS[plan]
    answers = Behaviour.parse(behaviour)
    return run_simulation([config.plans[plan]], config.units, rules, date(year, 1, 1), date(year, 12, 31), answers)


def letters_to(result: dict[str, Any], recipient: str) -> dict[str, list[str]]:
    """{day: steps} of the letters one recipient got."""
    found: dict[str, list[str]] = defaultdict(list)
    for notice in result["notices"]:
        if notice["recipient"] == recipient:
            found[notice["at"][:10]].append(notice["step"])
    return dict(found)


@pytest.mark.parametrize(("behaviour", "letters"), [("on-time", 14), ("late", 19)])
def test_a_school_gets_the_letters_that_were_walked(behaviour: str, letters: int) -> None:
    """S1's year: fourteen letters to a school on the day, nineteen to one three days late, as walked by hand."""
    assert len(letters_to(year_of(S1, behaviour), SCHOOL)) == letters


@dataclass(frozen=True)
class Early(Behaviour):
    """Units that answer three working days before the day they are reminded of: before the second reminder."""

    def answers_on(self, assignment: Assignment, key: str, rules: Rules) -> date | None:
        """Three working days early."""
        return rules.days.shift(assignment.remind_from, -3)


def test_an_early_school_gets_the_fewest_letters() -> None:
    """S1's year: the walked nine letters, give or take one; and it hears of each of its papers by a receipt."""
    config, rules = shipped()
    year = run_simulation([config.plans[S1]], config.units, rules, date(2024, 1, 1), date(2024, 12, 31), Early("early"))

    assert 8 <= len(letters_to(year, SCHOOL)) <= 10
    assert len([row for row in year["receipts"] if row["recipient"] == SCHOOL.replace("dau_moi", "thu_truong")]) == 6


def test_receipts_are_beside_the_letters_that_press() -> None:
    """Fourteen days of letters to a school on the day, whoever of it reads them; its receipts are told apart."""
    year = year_of(S1, "on-time")
    school = SCHOOL.removesuffix("dau_moi")
    days = {row["at"][:10] for row in year["notices"] if row["recipient"].startswith(school)}

    assert len(days) == 14
    assert not [row for row in year["notices"] if row["step"].startswith("bien-nhan")]
    assert {row["at"][11:16] for row in year["receipts"]} == {"08:00"}


def test_a_silent_school_is_pressed_but_not_for_ever() -> None:
    """S1's year: a school that never answers gets the walked 33 letters, give or take one, and no rung twice."""
    found = letters_to(year_of(S1, "none"), SCHOOL)

    assert 32 <= len(found) <= 34


@pytest.mark.parametrize("plan", YEARS)
@pytest.mark.parametrize("behaviour", ["none", "random:7"])
def test_nobody_is_written_to_on_a_day_off_or_twice_in_a_day_by_one_sender(plan: str, behaviour: str) -> None:
    """Letters leave at 08:00 on sending days, one for a recipient, channel and sender."""
    _, rules = shipped()
    seen: set[tuple[str, str, str, str]] = set()
    for notice in year_of(plan, behaviour)["notices"]:
        day = date.fromisoformat(notice["at"][:10])
        assert rules.is_sending_day(day), notice
        assert notice["at"][11:16] == "08:00", notice
        seen.add((notice["recipient"], notice["channel"], notice["sender"], notice["at"]))

    assert len(seen) == len({notice["letter"] for notice in year_of(plan, behaviour)["notices"]})


@pytest.mark.parametrize("plan", YEARS)
def test_no_letter_reaches_an_ended_an_open_or_a_requested_body(plan: str) -> None:
    """Units that have ended, open groups and bodies asked with Đề nghị never receive anything."""
    config, _ = shipped()
    for notice in year_of(plan, "none")["notices"]:
        unit = config.units.units[notice["recipient"].split(":")[0]]
        assert unit.system == "state", notice
        assert unit.valid_to is None or unit.valid_to >= date.fromisoformat(notice["at"][:10]), notice


def test_what_is_answered_on_time_is_never_called_late() -> None:
    """With every unit on time there is no late step and no overdue state in any of the five plans."""
    for plan in YEARS:
        result = year_of(plan, "on-time")
        assert not [move for move in result["transitions"] if move["to"] == "overdue"], plan
        assert not [notice for notice in result["notices"] if notice["step"].startswith(("qua-han", "lan-2"))], plan


def test_leadership_hears_nothing_before_a_coordinator_has_looked() -> None:
    """The leadership step stays held: no letter of it leaves by itself."""
    for plan in YEARS:
        assert not [notice for notice in year_of(plan, "none")["notices"] if notice["step"] == "lanh-dao"], plan


def test_two_reports_on_one_paper_are_one_letter_on_the_earlier_day() -> None:
    """S1's 24/6 and 25/6: the school is told, reminded and pressed once, for the half year's day."""
    june = {day: steps for day, steps in letters_to(year_of(S1, "late"), SCHOOL).items() if "05-20" < day[5:] < "07-20"}

    assert june == {
        "2024-05-27": ["giao"],
        "2024-06-13": ["nhac-1"],
        "2024-06-20": ["nhac-2"],
        "2024-06-25": ["qua-han"],
    }


def test_s0_opens_on_the_monday_and_counts_reminders_to_the_collection_day() -> None:
    """S0 in 2026: Saturday 14/11 opens, Monday 16/11 tells; reminders hang on 04/12, lateness on 14/12."""
    found = letters_to(year_of(S0, "none"), "mau-hp-thpt-1:dau_moi")
    autumn = {day: steps for day, steps in found.items() if day > "2026-10"}

    assert autumn == {
        "2026-11-16": ["giao"],
        "2026-11-25": ["nhac-1"],
        "2026-12-02": ["nhac-2"],
        "2026-12-15": ["qua-han"],
    }


def test_s4_writes_to_peers_in_the_soft_ladder_and_to_no_ended_district() -> None:
    """S4 in 2026: nine bodies are left, each opened, asked once more and once after the day; no second letter."""
    found = letters_to(year_of(S4, "none"), "stc-hp:dau_moi")

    assert [step for day, steps in found.items() if day > "2026-10" for step in steps] == ["giao", "nhac-1", "qua-han"]
    assert not [n for n in year_of(S4, "none")["notices"] if n["recipient"].startswith("ubnd-")]


def test_the_same_input_gives_the_same_output() -> None:
    """A seeded simulation repeats itself exactly."""
    config, rules = shipped()
    again = run_simulation(
        [config.plans[S0]], config.units, rules, date(2026, 1, 1), date(2026, 12, 31), Behaviour.parse("random:7")
    )

    assert again == year_of(S0, "random:7")
