"""A plan in figures: the two official tables, what stands beside them, and its targets against what units counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from actions.judge import judge
from actions.reading import LABELS, Totals, classify, totals
from documents.tables import Cell
from models.forms import IndicatorValue
from models.ledger import Assignment, Occurrence, Submission
from models.lifecycle import Kind
from models.papers import Indicator
from models.plan import Plan, Target

from .words import N_

VERDICTS = {"met": N_("đạt"), "not-met": N_("chưa đạt"), "no-data": N_("chưa có số liệu")}


@dataclass(frozen=True)
class Figures:
    """One plan in figures."""

    plan: Plan
    totals: Totals
    indicators: list[Indicator]

    @property
    def tables(self) -> list[tuple[str, str, list[tuple[tuple[str, str], int]]]]:
        """(name, heading, [((Vietnamese, English), count)])."""
        return [
            ("tasks", N_("Nhiệm vụ"), _labelled(self.totals.tasks)),
            ("reports", N_("Chấp hành báo cáo"), _labelled(self.totals.reports)),
            ("aside", N_("Ngoài hai bảng"), _labelled(self.totals.aside)),
        ]


def _labelled(counts: dict[str, int]) -> list[tuple[tuple[str, str], int]]:
    return [(LABELS[key], count) for key, count in counts.items()]


def figures(session: Session, plan_id: str, today: date) -> Figures | None:
    """The figures of a plan; None when there is no such plan. Counted by the database: no assignment is read."""
    plan = session.get(Plan, plan_id)
    if plan is None:
        return None
    beside = totals(session, [], plan=plan_id)  # every class at nought, and what stands beside the tables
    tasks, reports = dict(beside.tasks), dict(beside.reports)
    counted = session.execute(
        select_columns(col(Assignment.kind), col(Assignment.state), col(Assignment.on_time), func.count())
        .join(Occurrence, col(Occurrence.id) == Assignment.occurrence_id)
        .where(col(Occurrence.plan_id) == plan_id)
        .group_by(col(Assignment.kind), col(Assignment.state), col(Assignment.on_time))
    )
    for kind, state, on_time, count in counted:
        table = reports if kind == Kind.REPORT else tasks
        of_kind = {"kind": kind, "state": state, "on_time": on_time}  # all that decides the class
        table[str(classify(Assignment(**of_kind), today))] += count
    return Figures(plan, Totals(tasks, reports, beside.aside), _indicators(session, plan_id))


def _indicators(session: Session, plan_id: str) -> list[Indicator]:
    """Each target against the newest figure of each unit."""
    newest = (
        select_columns(func.max(col(IndicatorValue.id)))
        .join(Submission, col(Submission.id) == IndicatorValue.submission_id)
        .join(Target, col(Target.id) == IndicatorValue.target_id)
        .where(col(Target.plan_id) == plan_id)
        .group_by(col(IndicatorValue.target_id), col(Submission.unit_id))
    )
    given: dict[int, list[IndicatorValue]] = {}
    for value in session.exec(select(IndicatorValue).where(col(IndicatorValue.id).in_(newest))):
        given.setdefault(value.target_id, []).append(value)
    targets = session.exec(select(Target).where(Target.plan_id == plan_id).order_by(col(Target.id)))
    return [judge(target, given.get(target.id or 0, [])) for target in targets]


def number(value: Decimal | None, language: str, *, percent: bool = False) -> str:
    """A figure as people write it: two decimals at most, a comma in Vietnamese, a point in English."""
    if value is None:
        return "–"
    text = f"{value:,.2f}".rstrip("0").rstrip(".")
    if language == "vi":
        text = text.translate(str.maketrans(",.", ".,"))
    return f"{text}%" if percent else text


def indicator_rows(indicators: Sequence[Indicator], language: str) -> list[list[Cell]]:
    """The table of targets, as it is exported."""
    return [
        [one.text, one.goal, one.by_on, number(one.numerator, language), number(one.denominator, language),
         number(one.value, language, percent=one.percent), VERDICTS[one.verdict.value], one.units, one.why]
        for one in indicators
    ]  # fmt: skip
