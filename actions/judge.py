"""Targets against what units counted (chỉ tiêu: đạt, chưa đạt, chưa có số liệu)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from operator import eq, ge, gt, le, lt

from sqlmodel import Session, col, select

from models.forms import IndicatorValue
from models.ledger import Submission
from models.papers import Indicator, Verdict
from models.plan import Target

COMPARED = {">=": ge, "<=": le, "=": eq, ">": gt, "<": lt}
_GOAL = re.compile(r"(?P<sign>>=|<=|=|>|<)\s*(?P<number>\d+(?:[.,]\d+)?)\s*(?P<percent>%?)")


def indicators(session: Session, plan_id: str, submissions: Sequence[Submission]) -> Iterator[Indicator]:
    """Each target of the plan against what these submissions say: of each unit its newest figure."""
    unit_of = {one.id or 0: one.unit_id for one in submissions}
    given: dict[int, dict[str, IndicatorValue]] = {}
    of_plan = select(IndicatorValue).join(Target, col(Target.id) == IndicatorValue.target_id)
    of_plan = of_plan.where(col(Target.plan_id) == plan_id)
    for value in session.exec(of_plan.order_by(col(IndicatorValue.submission_id), col(IndicatorValue.id))):
        if value.submission_id in unit_of:
            given.setdefault(value.target_id, {})[unit_of[value.submission_id]] = value
    for target in session.exec(select(Target).where(col(Target.plan_id) == plan_id).order_by(col(Target.id))):
        yield judge(target, list(given.get(target.id or 0, {}).values()))


def judge(target: Target, values: Sequence[IndicatorValue]) -> Indicator:
    """A target against the figures of its units: shares are summed above and below the line, counts are summed.

    Percentages of several units without what stands above and below cannot be summed: then there is no value.
    """
    found = _GOAL.match(target.goal.strip())
    percent = bool(found and found["percent"])
    above, below, value, why = _value_of(values, percent=percent)
    met = found is not None and value is not None and COMPARED[found["sign"]](value, _decimal(found["number"]))
    return Indicator(
        text=target.text,
        goal=target.goal.strip(),
        verdict=Verdict.NO_DATA if value is None or found is None else Verdict.MET if met else Verdict.NOT_MET,
        numerator=above,
        denominator=below,
        value=value,
        percent=percent,
        soft=target.soft,
        by_on=target.by_on,
        baseline=_baseline(target),
        units=len(values),
        why=why,
    )


def _baseline(target: Target) -> str | None:
    return f"năm {target.baseline_year}: {target.baseline or 'chưa có số liệu'}" if target.baseline_year else None


Sums = tuple[Decimal | None, Decimal | None, Decimal | None, str | None]


def _value_of(values: Sequence[IndicatorValue], *, percent: bool) -> Sums:
    """(sum above the line, sum below it, value, why there is none)."""
    if not values:
        return None, None, None, None
    try:
        above = sum((_decimal(one.numerator) for one in values), Decimal(0))
        parts = [_decimal(one.denominator) for one in values if one.denominator]
    except InvalidOperation:
        return None, None, None, "có số liệu không phải là số"
    if not parts:
        if percent and len(values) > 1:
            return None, None, None, f"{len(values)} đơn vị báo tỷ lệ không có tử số, mẫu số: không cộng được"
        return above, None, above, None
    below = sum(parts, Decimal(0))
    if len(parts) < len(values):
        return above, below, None, "có đơn vị chưa cho mẫu số"
    if not below:
        return above, below, None, "mẫu số bằng 0"
    return above, below, above / below * (100 if percent else 1), None


def _decimal(text: str) -> Decimal:
    """`12.5` or `12,5`; anything else is an InvalidOperation."""
    number = Decimal(text.strip().replace(",", "."))
    if not number.is_finite():
        raise InvalidOperation
    return number
