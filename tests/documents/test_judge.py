"""Targets against what units counted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from actions.judge import judge
from documents.decree30 import figure, fraction, goal, number
from models.forms import IndicatorValue
from models.papers import Verdict
from models.plan import Target

Given = tuple[str, str | None]


def judged(wanted: str, *given: Given) -> Any:
    """What these figures of so many units say of a goal."""
    target = Target(id=1, plan_id="kh", text="chỉ tiêu", goal=wanted)
    values = [IndicatorValue(submission_id=1, target_id=1, numerator=a, denominator=b) for a, b in given]
    return judge(target, values)


@pytest.mark.parametrize(
    ("wanted", "given", "value", "verdict"),
    [
        (">= 10%", [("1", "10")], "10", Verdict.MET),
        ("> 95%", [("95", "100")], "95", Verdict.NOT_MET),
        ("> 95%", [("90", "100"), ("105", "105")], "95.12", Verdict.MET),  # 195/205: shares are summed, not averaged
        ("= 100%", [("3", "3"), ("4", "4")], "100", Verdict.MET),
        ("= 100%", [("2", "3"), ("4", "4")], "85.71", Verdict.NOT_MET),
        ("<= 5%", [("1", "25")], "4", Verdict.MET),
        ("< 4%", [("1", "25")], "4", Verdict.NOT_MET),
        (">= 98,5%", [("98.5", None)], "98.5", Verdict.MET),  # one unit may give the percentage itself
        (">= 12 trường", [("7", None), ("5", None)], "12", Verdict.MET),
        (">= 2,5 điểm", [("12,5", "5")], "2.5", Verdict.MET),
    ],
)
def test_a_target_is_met_or_not(wanted: str, given: list[Given], value: str, verdict: Verdict) -> None:
    """Shares are summed above and below the line, counts are summed, a bound is met as its sign says."""
    found = judged(wanted, *given)

    assert (round(found.value, 2), found.verdict) == (Decimal(value), verdict)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ([], None),
        ([("95", None), ("97", None)], "2 đơn vị báo tỷ lệ không có tử số, mẫu số: không cộng được"),
        ([("1", "2"), ("97", None)], "có đơn vị chưa cho mẫu số"),
        ([("0", "0")], "mẫu số bằng 0"),
        ([("nhiều", "2")], "có số liệu không phải là số"),
        ([("NaN", "2")], "có số liệu không phải là số"),
    ],
)
def test_without_good_figures_there_is_no_verdict(given: list[Given], why: str | None) -> None:
    """Percentages of several units cannot be added; the report says why there is no value."""
    found = judged(">= 95%", *given)

    assert (found.value, found.verdict, found.why) == (None, Verdict.NO_DATA, why)


def test_numbers_are_written_as_vietnamese_papers_write_them() -> None:
    """A decimal comma, a point between thousands, no empty decimals; what is no number stays as it was."""
    assert [number(Decimal(text)) for text in ("1234567.5", "100.00", "0.125", "-2.5")] == [
        "1.234.567,5", "100", "0,13", "-2,5",
    ]  # fmt: skip
    assert fraction("45", "50") == "45/50"
    assert fraction("khoảng 45", None) == "khoảng 45"
    assert figure("45", "50", percent=True) == "90%"
    assert figure("x", "50", percent=True) == figure(None, None, percent=True) == figure("1", "0", percent=True) == ""
    assert goal(">= 10%", soft=True) == "≥ 10% (phấn đấu)"
