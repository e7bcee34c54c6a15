"""What the front page asks the ledger: what is owed now by unit, what is open, and how many things wait for somebody.

Every count is capped and every list is read from an index in its own order, so that the page costs the same among a
million assignments as among a hundred.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal_column, or_, true, tuple_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from actions.joins import with_process
from calendars.spelling import fold
from calendars.working_days import WorkingDays
from models.forms import Concern, ConcernKind
from models.ledger import OWED_NOW, UNCONFIRMED, Assignment, Extension, Occurrence
from models.lifecycle import Kind, RunState, Stage, State, run_state
from models.outbox import Letter, LetterState, Notice, NoticeState
from models.plan import Milestone, Plan, Process
from models.units import Unit

from .questions import plan_mood
from .rights import Visitor
from .words import N_

CAP = 1000  # a larger count reads "999+": nobody acts on its last digit
ROWS = 40
OPEN_PERIODS = 12
SOON = timedelta(days=7)
OwedRow = tuple[Assignment, Occurrence, Process, Unit]
STATES = {"overdue": N_("Quá hạn"), "soon": N_("Đến hạn trong 7 ngày")}


def said(condition: str) -> ColumnElement[bool]:
    """A condition word for word, as a partial index needs it."""
    return literal_column(f"({condition})")  # of type Boolean it would read "… = 1", which no index knows


@dataclass(frozen=True)
class Filters:
    """What a visitor wants to see. `plans` is None for all of them; `state` one of `STATES` or empty for both."""

    plans: frozenset[str] | None = None
    plan: str = ""
    unit: str = ""
    state: str = ""

    @classmethod
    def of(
        cls, visitor: Visitor, *, plan: str = "", unit: str = "", state: str = "", everything: bool = False
    ) -> Filters:
        """A coordinator's own plans unless `everything` or a plan by name is asked for."""
        own = visitor.plans if visitor.role == "coordinator" and not everything and not plan else None
        return cls(own, plan.strip(), unit.strip(), state if state in STATES else "")

    @property
    def any(self) -> bool:
        """Whether the visitor has chosen anything."""
        return bool(self.plan or self.unit or self.state)

    def of_plan(self, column: Any) -> ColumnElement[bool]:
        """The condition on a plan's id."""
        if self.plan:
            return column == self.plan  # type: ignore[no-any-return]
        return true() if self.plans is None else column.in_(sorted(self.plans))

    @property
    def of_work(self) -> ColumnElement[bool]:
        """The condition on an assignment's plan, without a join."""
        if self.plans is None and not self.plan:
            return true()
        mine = select_columns(col(Occurrence.id)).where(self.of_plan(col(Occurrence.plan_id)))
        return col(Assignment.occurrence_id).in_(mine)

    @property
    def of_unit(self) -> ColumnElement[bool]:
        """The condition on a joined `Unit`."""
        return col(Unit.folded).contains(fold(self.unit), autoescape=True) if self.unit else true()

    def of_day(self, today: date) -> ColumnElement[bool]:
        """The condition on the last day that is on time."""
        last = col(Assignment.late_after)
        late, soon = last < today, and_(last >= today, last <= today + SOON)
        return {"overdue": late, "soon": soon}.get(self.state, last <= today + SOON)


@dataclass(frozen=True)
class Counters:
    """How much there is; at most `CAP` each."""

    overdue: int
    soon: int
    held: int
    extensions: int
    reports: int
    obstacles: int
    not_ours: int
    undated: int
    undecided: int
    milestones: int
    letters: int

    @property
    def waiting(self) -> int:
        """Everything that waits for a coordinator."""
        return sum(getattr(self, name) for name in WAITING)


# What waits for a coordinator: the name of its list, and what it is called.
WAITING = {
    "held": N_("Bước chờ duyệt trước khi gửi"),
    "extensions": N_("Đề nghị gia hạn"),
    "reports": N_("Báo cáo chờ xác nhận"),
    "obstacles": N_("Khó khăn, vướng mắc"),
    "not_ours": N_("Đề nghị chuyển đơn vị"),
    "undated": N_("Nhiệm vụ chưa xác định hạn"),
    "undecided": N_("Chưa rõ tình trạng lúc bắt đầu theo dõi"),
    "milestones": N_("Sự kiện chờ ghi nhận"),
    "letters": N_("Thư chưa đến nơi"),
}


@dataclass(frozen=True)
class Owed:
    """One unit's task or report that is late or due soon. `late` are working days, `left` calendar days."""

    assignment: Assignment
    occurrence: Occurrence
    process: Process
    unit: Unit
    late: int
    left: int


@dataclass(frozen=True)
class UnitWork:
    """What one unit owes on this page."""

    unit: Unit
    rows: list[Owed]


@dataclass(frozen=True)
class OpenPeriod:
    """An open period with how far its units are."""

    occurrence: Occurrence
    process: Process
    counts: dict[State, int]

    @property
    def total(self) -> int:
        """Units that owe an answer, or owed one."""
        return sum(self.counts.values()) - self.counts.get(State.WITHDRAWN, 0)

    @property
    def reported(self) -> int:
        """Units that have answered."""
        return self.counts.get(State.REPORTED, 0)

    @property
    def state(self) -> RunState:
        """What its run shows."""
        return run_state(self.counts, closed=self.occurrence.stage == Stage.CLOSED)


@dataclass(frozen=True)
class Morning:
    """The front page."""

    counters: Counters
    units: list[UnitWork]
    after: int | None
    plans: list[tuple[Plan, str]]
    open: list[OpenPeriod]


# ------------------------------------------------------------------------------------------------- counters


def counters(session: Session, today: date, filters: Filters) -> Counters:
    """All the counts in one statement."""
    owed = select_columns(col(Assignment.id)).where(said(OWED_NOW), filters.of_work)
    late = col(Assignment.late_after)
    mine = filters.of_plan(col(Occurrence.plan_id))
    selects = {
        "overdue": owed.where(late < today),
        "soon": owed.where(late >= today, late <= today + SOON),
        "held": select_columns(col(Notice.id)).where(
            col(Notice.state) == NoticeState.HELD, filters.of_plan(col(Notice.plan_id))
        ),
        "extensions": extensions_query(select_columns(col(Extension.id)), filters),
        "reports": select_columns(col(Assignment.id)).where(said(UNCONFIRMED), filters.of_work),
        "obstacles": concerns_query(select_columns(col(Concern.id)), filters, ConcernKind.OBSTACLE),
        "not_ours": concerns_query(select_columns(col(Concern.id)), filters, ConcernKind.NOT_OURS),
        "undated": select_columns(col(Process.key)).where(UNDATED, filters.of_plan(col(Process.plan_id))),
        "undecided": select_columns(col(Occurrence.id)).where(col(Occurrence.stage) == Stage.UNDECIDED, mine),
        "milestones": select_columns(col(Milestone.name)).where(
            col(Milestone.happened_on).is_(None), filters.of_plan(col(Milestone.plan_id))
        ),
        "letters": select_columns(col(Letter.id)).where(col(Letter.state).in_(NOT_DELIVERED)),
    }
    counted = [_capped(query).label(name) for name, query in selects.items()]
    return Counters(**session.execute(select_columns(*counted)).one()._mapping)


NOT_DELIVERED = (LetterState.FAILED, LetterState.UNKNOWN)
UNDATED = and_(col(Process.condition) == "undated", col(Process.removed_on).is_(None))


def _capped(query: Any) -> Any:
    return select_columns(func.count()).select_from(query.limit(CAP).subquery()).scalar_subquery()


def extensions_query(query: Any, filters: Filters) -> Any:
    """Requests for time that wait for an answer, of work that is still owed; `query` selects from `Extension`."""
    return (
        query.join(Assignment, col(Assignment.id) == Extension.assignment_id)
        .join(Occurrence, col(Occurrence.id) == Assignment.occurrence_id)
        .where(said("extensions.state = 'asked'"), said(OWED_NOW), filters.of_plan(col(Occurrence.plan_id)))
    )


def concerns_query(query: Any, filters: Filters, kind: ConcernKind) -> Any:
    """What units have said and nobody has answered; `query` selects from `Concern`."""
    return (
        query.join(Assignment, col(Assignment.id) == Concern.assignment_id)
        .join(Occurrence, col(Occurrence.id) == Assignment.occurrence_id)
        .where(
            said("concerns.state = 'open'"), col(Concern.kind) == kind, filters.of_plan(col(Occurrence.plan_id))
        )
    )


# ------------------------------------------------------------------------------------------------- what is owed


def morning(session: Session, now: datetime, days: WorkingDays, filters: Filters, after: int | None = None) -> Morning:
    """The front page, or its rows after an assignment."""
    today = now.date()
    found = owed_rows(session, today, filters, after=after, limit=ROWS + 1)
    rows = [_owed(today, days, *row) for row in found[:ROWS]]
    return Morning(
        counters=counters(session, today, filters),
        units=_by_unit(rows),
        after=rows[-1].assignment.id if len(found) > ROWS else None,
        plans=plans(session, today),
        open=open_periods(session, filters),
    )


def owed_rows(
    session: Session, today: date, filters: Filters, *, after: int | None = None, limit: int
) -> Sequence[OwedRow]:
    """What is late or due soon, unit by unit in the office's own order, each by its day."""
    order = (col(Unit.position), col(Unit.id), col(Assignment.late_after), col(Assignment.id))
    # The day as a case: the rows are then walked unit by unit in their own order and none of them is sorted.
    ids = (
        select_columns(col(Assignment.id))
        .join(Unit, col(Unit.id) == Assignment.unit_id)
        .where(said(OWED_NOW), case((filters.of_day(today), 1), else_=0) == 1, filters.of_work, filters.of_unit)
        .order_by(*order)
        .limit(limit)
    )
    if after is not None:
        last = session.execute(
            select_columns(*order).join(Unit, col(Unit.id) == Assignment.unit_id).where(col(Assignment.id) == after)
        ).first()
        if last is not None:
            ids = ids.where(col(Unit.position) >= last[0], tuple_(*order) > tuple_(*last))
    query = (
        with_process(select(Assignment, Occurrence, Process, Unit))
        .join(Unit, col(Unit.id) == Assignment.unit_id)
        .where(col(Assignment.id).in_(ids.subquery().select()))
        .order_by(*order)
    )
    return session.exec(query).all()


def _owed(today: date, days: WorkingDays, a: Assignment, o: Occurrence, p: Process, u: Unit) -> Owed:
    late = days.count(a.late_after, today) if a.late_after < today else 0
    return Owed(a, o, p, u, late, (a.late_after - today).days)


def _by_unit(rows: Sequence[Owed]) -> list[UnitWork]:
    found: dict[str, UnitWork] = {}
    for row in rows:
        found.setdefault(row.unit.id, UnitWork(row.unit, [])).rows.append(row)
    return list(found.values())


def plans(session: Session, today: date) -> list[tuple[Plan, str]]:
    """Every plan and where it stands, the live ones first."""
    found = [(plan, plan_mood(plan, today)) for plan in session.exec(select(Plan))]
    return sorted(found, key=lambda one: (one[1] != "live", one[1] == "ended", one[0].id))


def open_periods(session: Session, filters: Filters) -> list[OpenPeriod]:
    """The open tasks and reports that fall due first."""
    query = (
        select(Occurrence, Process)
        .join(Process, col(Process.key) == Occurrence.process_key)
        .where(
            col(Occurrence.stage) == Stage.OPEN,
            or_(col(Occurrence.kind) == Kind.REPORT, col(Occurrence.kind) == Kind.DATED),
            filters.of_plan(col(Occurrence.plan_id)),
        )
        .order_by(col(Occurrence.late_after), col(Occurrence.id))
        .limit(OPEN_PERIODS)
    )
    found = session.exec(query).all()
    counts = state_counts(session, [occurrence.id or 0 for occurrence, _ in found])
    return [OpenPeriod(occurrence, process, counts.get(occurrence.id or 0, {})) for occurrence, process in found]


def state_counts(session: Session, ids: Sequence[int]) -> dict[int, dict[State, int]]:
    """{occurrence: {state: units}}."""
    found: dict[int, dict[State, int]] = {}
    rows = session.execute(
        select_columns(col(Assignment.occurrence_id), col(Assignment.state), func.count())
        .where(col(Assignment.occurrence_id).in_(ids))
        .group_by(col(Assignment.occurrence_id), col(Assignment.state))
    )
    for occurrence_id, state, count in rows:
        found.setdefault(occurrence_id, {})[State(state)] = count
    return found
