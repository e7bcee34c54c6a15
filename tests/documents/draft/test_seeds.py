"""A draft of each real plan says what the plan written by hand from it says, or marks it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from config.findings import Finding
from tests.documents.draft import compare
from tests.documents.draft.drafted import Draw, Made, accounted, marked

CLEAN = ("000", "002", "003", "004")
ASKED = ("nhiệm vụ", "chủ trì", "phối hợp", "thời gian", "sản phẩm", "báo cáo")
LEAST = 0.95
Errors = Callable[[Made, bool], list[tuple[str, Finding]]]


@pytest.mark.parametrize("kind", ASKED)
@pytest.mark.parametrize("number", CLEAN)
def test_a_draft_finds_what_the_hand_found(number: str, kind: str, draw: Draw, seed_text: Callable[[str], str]) -> None:
    """Recall and precision of tasks, leads, cooperating units, times, deliverables and reports are at least 0.95."""
    hand = compare.config().plans[compare.PLANS[number]]

    score = compare.compare(hand, draw(seed_text(number)).plan)[kind]

    assert min(score.recall, score.precision) >= LEAST, (score.missing, score.extra)


@pytest.mark.parametrize("number", CLEAN)
def test_the_head_of_the_plan_is_found(number: str, draw: Draw, seed_text: Callable[[str], str]) -> None:
    """Issuer, number, date, parents and tracker are those the hand wrote."""
    hand = compare.config().plans[compare.PLANS[number]]

    plan = draw(seed_text(number)).plan

    assert plan.issued_by == hand.issued_by
    assert plan.number == hand.number
    assert plan.issued_on == hand.issued_on
    assert plan.tracker == hand.tracker
    assert {one.number for one in plan.parents} == {one.number for one in hand.parents}


@pytest.mark.parametrize("filled", [False, True])
@pytest.mark.parametrize("number", compare.PLANS)
def test_a_draft_passes_check_but_for_what_is_marked(
    number: str, filled: bool, draw: Draw, seed_text: Callable[[str], str], findings: Errors
) -> None:
    """Each error of `check` stands on a line that says KIỂM TRA."""
    silent = [(line, str(error)) for line, error in findings(draw(seed_text(number)), filled) if not marked(line)]

    assert silent == []


def test_no_field_of_the_garbled_plan_is_silent(draw: Draw, seed_text: Callable[[str], str]) -> None:
    """The scan with lost letters is recognised, and each value read from it is marked."""
    made = draw(seed_text("001"))
    values = [
        line
        for line in made.text.split("\n")
        if ":" in line
        and not line.lstrip().startswith("#")
        and line.split("#")[0].strip().rstrip(":") not in {"tasks", "parents", "basis", "targets"}
    ]
    ours = {"id", "status"}

    silent = [line for line in values if not marked(line) and line.strip().lstrip("- ").split(":")[0] not in ours]

    assert made.draft.garbled > 0.5
    assert len(made.tasks) == 21
    assert silent == []


@pytest.mark.parametrize("number", CLEAN)
def test_a_clean_plan_is_not_called_garbled(number: str, draw: Draw, seed_text: Callable[[str], str]) -> None:
    """The score of a clean text is near nothing."""
    assert draw(seed_text(number)).draft.garbled < 0.02


def test_each_value_says_where_it_came_from(draw: Draw, seed_text: Callable[[str], str]) -> None:
    """The line of the printed page is beside the value, for tables with their row."""
    prose, table = draw(seed_text("000")), draw(seed_text("002"))

    assert prose.line_of("when: Từ năm 2024.").endswith("# dòng 67")
    assert "bảng 1, hàng 12" in table.line_of("when: Quý IV/2022")


def test_every_row_of_the_appendix_is_accounted_for(draw: Draw, seed_text: Callable[[str], str]) -> None:
    """39 printed rows: 24 tasks, 7 sections, 3 rests of a row split by a page, 5 repeated headers."""
    made = draw(seed_text("002"))

    accounted(made)
    assert made.counts["rows"] == {
        "all": 39, "task": 24, "section": 7, "continuation": 3, "header": 5, "blank": 0, "leftover": 0,
    }  # fmt: skip
