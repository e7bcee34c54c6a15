"""What the front page asks the ledger: what is owed now by unit, what is open, and how many things wait for somebody.

Every count is capped and every list is read from an index in its own order, so that the page costs the same among a
million assignments as among a hundred.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, case, func, or_, true, tuple_
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlalchemy.sql.visitors import replacement_traverse
from sqlmodel import Session, col

from actions.joins import with_process
from calendars.spelling import fold
from calendars.working_days import WorkingDays
from models.forms import Concern, ConcernKind
from models.ledger import IS_OPEN, OWED_NOW, UNCONFIRMED, Assignment, Extension, Occurrence
from models.lifecycle import OPEN, Kind, Stage
from models.outbox import Letter, LetterState, Notice, NoticeState
from models.plan import Milestone, Plan, Process
from models.units import Unit

from .questions import Progress, columns_of, plan_mood, said, state_counts
from .rights import Visitor
from .words import N_

CAP = 1000  # a larger count reads "999+": nobody acts on its last digit
ROWS = 25
OPEN_PERIODS = 10
SOON = timedelta(days=7)
OwedRow = tuple[Assignment, Occurrence, Process, Unit]
STATES = {"overdue": N_("Quá hạn"), "soon": N_("Đến hạn trong 7 ngày")}


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
        # An expression: what waits is read from its own index and each asked for its plan; begun with the plan, SQLite
        # reads all that was ever asked in it.
        return (col(Assignment.occurrence_id) + 0).in_(mine)

    @property
    def of_few(self) -> ColumnElement[bool]:
        """The same where assignments are few: each is asked for its own plan."""
        if self.plans is None and not self.plan:
            return true()
        its = aliased(Occurrence)
        mine = select_columns(its.id).where(its.id == col(Assignment.occurrence_id), self.of_plan(its.plan_id))  # type: ignore[call-overload]
        return mine.exists()  # type: ignore[no-any-return]

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
class Morning:
    """The front page."""

    counters: Counters
    units: list[UnitWork]
    after: int | None
    plans: list[tuple[Plan, str]]
    open: list[Progress]


# ------------------------------------------------------------------------------------------------- counters


def counters(session: Session, today: date, filters: Filters) -> Counters:
    """All the counts in one statement."""
    return Counters(**session.execute(_counting(today, filters)).one()._mapping)


@lru_cache(maxsize=64)
def _counting(today: date, filters: Filters) -> Any:
    """The statement: as large as it is, it is built once a day for each set of filters."""
    owed = select_columns(col(Assignment.id)).where(said(OWED_NOW), filters.of_work)
    late = col(Assignment.late_after)
    mine = filters.of_plan(col(Occurrence.plan_id))
    selects = {
        "overdue": owed.where(late < today),
        "soon": owed.where(late >= today, late <= today + SOON),
        "held": select_columns(col(Notice.id)).where(
            col(Notice.state) == NoticeState.HELD, filters.of_plan(col(Notice.plan_id) + "")
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
    return _fixed(select_columns(*counted), filters)


def _fixed(statement: Any, filters: Filters) -> Any:
    """The statement with its values as words of it, unless a visitor has typed some: they hold for a day, and
    PostgreSQL plans a statement without parameters once for each connection, which takes longer than answering it."""
    if filters.plan or filters.unit:
        return statement

    def said_outright(element: Any, **_: Any) -> Any:
        named = isinstance(element, BindParameter) and not element.required
        return element.render_literal_execute() if named else None

    return replacement_traverse(statement, {}, said_outright)


NOT_DELIVERED = (LetterState.FAILED, LetterState.UNKNOWN)
UNDATED = and_(col(Process.condition) == "undated", col(Process.removed_on).is_(None))


def _capped(query: Any) -> Any:
    return select_columns(func.count()).select_from(query.limit(CAP).subquery()).scalar_subquery()


def extensions_query(query: Any, filters: Filters) -> Any:
    """Requests for time that wait for an answer, of work that is still owed; `query` selects from `Extension`."""
    return (
        query.join(Assignment, col(Assignment.id) == Extension.assignment_id)
        # The state by parameters: read from the few requests, not from the index of all that is owed.
        .where(said("extensions.state = 'asked'"), col(Assignment.state).in_(OPEN), filters.of_few)
    )


def concerns_query(query: Any, filters: Filters, kind: ConcernKind) -> Any:
    """What units have said and nobody has answered; `query` selects from `Concern`."""
    return query.join(Assignment, col(Assignment.id) == Concern.assignment_id).where(
        said("concerns.state = 'open'"), col(Concern.kind) == kind, filters.of_few
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
    begun = None
    if after is not None:
        begun = session.execute(
            select_columns(*ORDER).join(Unit, col(Unit.id) == Assignment.unit_id).where(col(Assignment.id) == after)
        ).first()
    query = _owed_query(today, filters, limit, begun is not None)
    return session.execute(query, dict(zip(BEGUN, begun, strict=True)) if begun else {}).all()  # type: ignore[return-value]


ORDER = (col(Unit.position), col(Unit.id), col(Assignment.late_after), col(Assignment.id))
BEGUN = ("position", "unit", "day", "number")


@lru_cache(maxsize=64)
def _owed_query(today: date, filters: Filters, limit: int, begun: bool) -> Any:
    """The statement, built once a day for each set of filters; `begun`: after the row that `BEGUN` names."""
    # The units lead and each one's work is read from its index, in their own order: else all that is owed is sorted.
    # Hence the unit's id as an expression and the day as a case.
    ids = (
        select_columns(col(Assignment.id))
        .join(Unit, col(Unit.id) + "" == Assignment.unit_id)
        .where(said(OWED_NOW), case((filters.of_day(today), 1), else_=0) == 1, filters.of_work, filters.of_unit)
        .order_by(*ORDER)
        .limit(limit)
    )
    if begun:
        last = [bindparam(name, type_=column.type) for name, column in zip(BEGUN, ORDER, strict=True)]  # type: ignore[attr-defined]
        ids = ids.where(col(Unit.position) >= last[0], tuple_(*ORDER) > tuple_(*last))
    shown = select_columns(
        columns_of(Assignment, "id", "kind", "state", "due_on", "late_after", "extensions"),
        columns_of(Occurrence, "plan_id", "period", "label"),
        columns_of(Process, "plan_id", "code", "title", "confidential"),
        columns_of(Unit, "id", "name", "short", "sample"),
    )
    query = (
        with_process(shown.select_from(Assignment))
        .join(Unit, col(Unit.id) == Assignment.unit_id)
        .where(col(Assignment.id).in_(ids.subquery().select()))
        .order_by(*ORDER)
    )
    return _fixed(query, filters)


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
    rows = session.execute(_PLANS)
    found = [(plan, plan_mood(plan, today)) for (plan,) in rows]
    return sorted(found, key=lambda one: (one[1] != "live", one[1] == "ended", one[0].id))


_PLANS = select_columns(columns_of(Plan, "id", "title", "status", "track_from", "valid_to"))


def open_periods(session: Session, filters: Filters) -> list[Progress]:
    """The open tasks and reports that fall due first."""
    found = session.execute(_open_periods(filters)).all()
    counts = state_counts(session, [occurrence.id for occurrence, _ in found])
    return [Progress(occurrence, process, counts.get(occurrence.id, {})) for occurrence, process in found]


@lru_cache(maxsize=64)
def _open_periods(filters: Filters) -> Any:
    query = (
        select_columns(
            columns_of(Occurrence, "id", "period", "label", "due_on", "provisional", "stage", "run_id"),
            columns_of(Process, "plan_id", "code", "title", "confidential"),
        )
        .join(Process, col(Process.key) == Occurrence.process_key)
        .where(
            said(IS_OPEN),
            or_(col(Occurrence.kind) == Kind.REPORT, col(Occurrence.kind) == Kind.DATED),
            filters.of_plan(col(Occurrence.plan_id)),
        )
        .order_by(col(Occurrence.late_after), col(Occurrence.id))
        .limit(OPEN_PERIODS)
    )
    return _fixed(query, filters)
