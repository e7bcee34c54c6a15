"""What the page of a period asks the ledger: who has answered, who has not, and through whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, true, tuple_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from calendars.spelling import fold
from calendars.working_days import WorkingDays
from models.ledger import Assignment, Occurrence
from models.lifecycle import OPEN, Kind, Stage, State, names
from models.plan import Plan, Process
from models.units import Unit

from .questions import Progress, columns_of, short_names, state_counts
from .questions_waiting import filed_document
from .words import N_

ROWS = 50
STATES = {
    "missing": N_("Chưa báo cáo"),
    "late": N_("Quá hạn"),
    "unconfirmed": N_("Chờ xác nhận"),
    "reported": N_("Đã báo cáo"),
}
_CONDITIONS: dict[str, ColumnElement[bool]] = {
    "missing": col(Assignment.state).in_(names(OPEN)),
    "late": col(Assignment.state) == State.OVERDUE,
    "unconfirmed": and_(col(Assignment.state) == State.REPORTED, col(Assignment.accepted_at).is_(None)),
    "reported": col(Assignment.state) == State.REPORTED,
}


@dataclass(frozen=True)
class Part(Progress):
    """One report, or one task with a day, of the period: how far its units are, and through whom they report."""

    via: str | None = None
    to: tuple[str, ...] = ()

    @property
    def missing(self) -> int:
        """Units that still owe one."""
        return sum(self.counts.get(state, 0) for state in OPEN)


@dataclass(frozen=True)
class UnitPart:
    """One unit's part; `late` are working days since the last day on time, `document` of its last submission."""

    assignment: Assignment
    part: Part
    unit: Unit
    late: int
    document: str | None


@dataclass(frozen=True)
class PeriodPage:
    """One period of one plan."""

    plan: Plan
    period: str
    label: str
    parts: list[Part]
    rows: list[UnitPart]
    after: int | None
    chosen: int | None
    others: list[tuple[str, str]] = field(default_factory=list)

    @property
    def reports(self) -> list[Part]:
        """The reports of the period: what closing it closes."""
        return [part for part in self.parts if part.occurrence.kind == Kind.REPORT]

    @property
    def missing(self) -> int:
        """Answers to the reports that are still owed."""
        return sum(part.missing for part in self.reports)

    @property
    def can_close(self) -> bool:
        """Whether a report of it is open."""
        return any(part.occurrence.stage == Stage.OPEN for part in self.reports)


@dataclass(frozen=True)
class Choice:
    """What a visitor wants to see of a period: one part by its number, a state of `STATES`, units by name."""

    of: int | None = None
    state: str = ""
    unit: str = ""

    def where(self, ids: Sequence[int]) -> ColumnElement[bool]:
        """The condition on assignments joined to their units."""
        return and_(
            col(Assignment.occurrence_id).in_([self.of] if self.of in ids else list(ids)),
            _CONDITIONS.get(self.state, true()),
            col(Unit.folded).contains(fold(self.unit), autoescape=True) if self.unit else true(),
        )


def period_page(
    session: Session, plan_id: str, period: str, now: datetime, days: WorkingDays, choice: Choice, after: int | None
) -> PeriodPage | None:
    """The page; None when the plan has no such period that asks anything of its own."""
    plan, parts = _parts(session, plan_id, period)
    if plan is None:
        return None
    found = unit_rows(session, parts, choice, now.date(), days, after=after, limit=ROWS + 1)
    ids = [part.occurrence.id for part in parts]
    return PeriodPage(
        plan=plan,
        period=period,
        label=next((part.occurrence.label for part in parts if part.occurrence.label), period),
        parts=parts,
        rows=found[:ROWS],
        after=found[ROWS - 1].assignment.id if len(found) > ROWS else None,
        chosen=choice.of if choice.of in ids else None,
        others=_other_periods(session, plan_id),
    )


PLAN: Any = bindparam("plan")
PERIOD: Any = bindparam("period")
_PARTS = (
    select_columns(
        columns_of(Occurrence, "id", "kind", "stage", "label", "due_on", "provisional", "run_id", "closed_reason"),
        columns_of(Process, "plan_id", "code", "title", "confidential", "details"),
        columns_of(Plan, "id", "title"),
    )
    .join(Process, col(Process.key) == Occurrence.process_key)
    .join(Plan, col(Plan.id) == Occurrence.plan_id)
    .where(
        col(Occurrence.plan_id) == PLAN,
        col(Occurrence.period) == PERIOD,
        col(Occurrence.kind) != Kind.COVERED,
        col(Occurrence.stage).not_in((Stage.UNTRACKED, Stage.FINISHED, Stage.CANCELLED)),
    )
    .order_by(col(Process.kind), col(Process.position), col(Process.key))
)


def _parts(session: Session, plan_id: str, period: str) -> tuple[Plan | None, list[Part]]:
    found = session.execute(_PARTS, {"plan": plan_id, "period": period}).all()
    counts = state_counts(session, [occurrence.id for occurrence, *_ in found])
    short = short_names(session, {unit for _, process, _ in found for unit in _named_in(process)})
    return found[0][2] if found else None, [
        Part(occurrence, process, counts.get(occurrence.id or 0, {}), short.get(process.details.get("via") or ""),
             tuple(short.get(unit, unit) for unit in process.details.get("to") or ()))
        for occurrence, process, _ in found
    ]  # fmt: skip


def _named_in(process: Process) -> Iterator[str]:
    yield from process.details.get("to") or ()
    if process.details.get("via"):
        yield process.details["via"]


_REPORTS = (
    select_columns(col(Occurrence.period), col(Occurrence.label), col(Occurrence.due_on))
    .where(
        col(Occurrence.plan_id) == PLAN,
        col(Occurrence.kind) == Kind.REPORT,
        col(Occurrence.stage).in_((Stage.OPEN, Stage.CLOSED)),
    )
    .order_by(col(Occurrence.due_on).desc())
    .limit(60)
)


def _other_periods(session: Session, plan_id: str) -> list[tuple[str, str]]:
    """[(period, label)] of the plan's reports, the newest first."""
    return list({period: label or period for period, label, _ in session.execute(_REPORTS, {"plan": plan_id})}.items())


def unit_rows(
    session: Session,
    parts: Sequence[Part],
    choice: Choice,
    today: date,
    days: WorkingDays,
    *,
    after: int | None = None,
    limit: int,
) -> list[UnitPart]:
    """The units of the parts, in the office's own order."""
    of = {part.occurrence.id: part for part in parts}
    last = session.execute(_PLACE, {"after": after}).first() if after is not None else None
    begun = dict(zip(BEGUN, last, strict=True)) if last else {}
    query = _unit_rows(choice, tuple(number for number in of if number is not None), limit, bool(begun))
    return [
        UnitPart(assignment, of[assignment.occurrence_id], unit,
                 days.count(assignment.late_after, today) if assignment.state == State.OVERDUE else 0, document)
        for assignment, unit, document in session.execute(query, begun)
    ]  # fmt: skip


ORDER = (col(Unit.position), col(Unit.id), col(Assignment.id))
BEGUN = ("position", "unit", "number")
_PLACE = (
    select_columns(*ORDER)
    .join(Unit, col(Unit.id) == Assignment.unit_id)
    .where(col(Assignment.id) == bindparam("after"))
)


@lru_cache(maxsize=64)
def _unit_rows(choice: Choice, parts: tuple[int, ...], limit: int, begun: bool) -> Any:
    """The statement, built once for a period and a choice; `begun`: after the row that `BEGUN` names."""
    ids = select_columns(col(Assignment.id)).join(Unit, col(Unit.id) == Assignment.unit_id).where(choice.where(parts))
    if begun:
        last = [bindparam(name, type_=column.type) for name, column in zip(BEGUN, ORDER, strict=True)]  # type: ignore[attr-defined]
        ids = ids.where(tuple_(*ORDER) > tuple_(*last))
    shown = select_columns(
        columns_of(Assignment, "id", "occurrence_id", "kind", "state", "due_on", "late_after", "received_on", "on_time",
                   "accepted_at", "redo_by"),
        columns_of(Unit, "id", "name", "short"),
        filed_document(),
    )  # fmt: skip
    return (
        shown.join(Unit, col(Unit.id) == Assignment.unit_id)
        .where(col(Assignment.id).in_(ids.order_by(*ORDER).limit(limit).subquery().select()))
        .order_by(*ORDER)
    )
