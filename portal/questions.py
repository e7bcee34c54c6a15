"""What the status pages ask the ledger. Each page costs a fixed number of queries, however large the ledger is."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, func, literal_column, or_
from sqlalchemy import select as select_columns
from sqlalchemy.orm import Bundle, aliased
from sqlmodel import Session, SQLModel, col

from calendars.spelling import fold
from models.ledger import Assignment, Occurrence
from models.lifecycle import Kind, RunState, Stage, State, run_state
from models.plan import Milestone, Party, Plan, Process
from models.units import Unit

from .timeline import Timeline, draw
from .words import CONDITIONS, RUN_STATES, STAGES

LEADS = 40  # units named for one task, and to choose from; a larger group is a figure and a way to its units
OWED = (Kind.DATED.value, Kind.REPORT.value)  # a covered line owes nothing by itself: it is never counted with these

StateCounts = dict[State, int]


# ------------------------------------------------------------------------------------------------- what a page shows


@dataclass(frozen=True)
class Progress:
    """How far the units of one occurrence are."""

    occurrence: Occurrence
    process: Process
    counts: StateCounts

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


@dataclass
class ProcessLine:
    """One task or report duty on a plan's page, with the period that matters now.

    `leads` are the units that owe it, named when they are few; `leads_of` is how many there are.
    """

    process: Process
    leads: list[str] = field(default_factory=list)
    leads_of: int = 0
    now: Progress | None = None

    @property
    def standing(self) -> tuple[str, str]:
        """(key, words): what its run shows, else the stage of its period, else why it has none."""
        if self.now is None:
            condition = self.process.condition
            return condition, CONDITIONS.get(condition, condition)
        stage = Stage(self.now.occurrence.stage)
        if stage in (Stage.OPEN, Stage.CLOSED):
            return self.now.state.name.lower(), RUN_STATES[self.now.state]
        return stage.value, STAGES[stage]

    @property
    def reading(self) -> str:
        """How the phrase was read: why the day is this day."""
        said, arrow, read = self.process.explanation.partition(" → ")
        return read if arrow else said


@dataclass(frozen=True)
class PlanFilter:
    """Which lines of a plan are shown; empty: all. `section` and `standing` as the page offers them, `lead` a unit
    by its id or by words of its name."""

    section: str = ""
    standing: str = ""
    lead: str = ""
    words: str = ""

    def __bool__(self) -> bool:
        return bool(self.section or self.standing or self.lead or self.words)


@dataclass(frozen=True)
class PlanPage:
    """One plan. `sections_all` and `standings` are what can be chosen from, `total` the lines without a filter."""

    plan: Plan
    mood: str
    names: dict[str, str]
    reports: list[ProcessLine]
    sections: list[tuple[str, list[ProcessLine]]]
    sections_all: list[str]
    standings: dict[str, tuple[str, int]]
    leads: list[tuple[str, str]]
    total: int
    milestones: list[Milestone]
    timeline: Timeline

    @property
    def lines(self) -> list[ProcessLine]:
        """All that is shown, in the plan's own order."""
        return [*self.reports, *(line for _, rows in self.sections for line in rows)]


# ------------------------------------------------------------------------------------------------- the questions


class Columns(Bundle[Any]):
    """Columns that come together, as a named tuple of a class made once: templates read their names a thousand times
    a page, and SQLAlchemy's own rows take several times as long over each."""

    def create_row_processor(
        self, query: Any, procs: Sequence[Callable[[Any], Any]], labels: Sequence[str]
    ) -> Callable[[Any], Any]:
        """How a row of the result becomes one of them."""
        made = _named_tuple(tuple(labels))._make
        return lambda row: made([proc(row) for proc in procs])


@lru_cache(maxsize=256)
def _named_tuple(names: tuple[str, ...]) -> Any:
    return namedtuple("Columns", names)


def columns_of(model: type[SQLModel], *names: str) -> Columns:
    """Some columns of a table, for a list: read as `row.<name>`, as of the model itself.

    A list shows ten of a table's thirty columns, and an object for each of its rows costs more than reading them.
    """
    return Columns(model.__name__, *(getattr(model, name) for name in names))


def short_names(session: Session, units: Collection[str]) -> dict[str, str]:
    """{unit: short name} of these; what is no unit of ours is left out."""
    return dict(session.execute(_SHORT_NAMES, {"ids": list(units)}).tuples().all()) if units else {}


def names_of(session: Session, units: Collection[str]) -> dict[str, str]:
    """{unit: name in full} of these."""
    return dict(session.execute(_NAMES, {"ids": list(units)}).tuples().all()) if units else {}


def readers(session: Session, recipients: Iterable[str]) -> dict[str, tuple[str, str]]:
    """{recipient: (its unit's short name, role)}."""
    parts = {recipient: recipient.rpartition(":") for recipient in recipients}
    names = short_names(session, {unit for unit, _, _ in parts.values()})
    return {recipient: (names.get(unit, unit), role) for recipient, (unit, _, role) in parts.items()}


_NAMES = select_columns(col(Unit.id), col(Unit.name)).where(col(Unit.id).in_(bindparam("ids", expanding=True)))
_MILESTONES = select_columns(columns_of(Milestone, "text", "document", "happened_on")).where(
    col(Milestone.plan_id) == bindparam("plan")
)
_SHORT_NAMES = select_columns(col(Unit.id), col(Unit.short)).where(col(Unit.id).in_(bindparam("ids", expanding=True)))


def said(condition: str) -> ColumnElement[bool]:
    """A condition word for word, as a partial index needs it."""
    return literal_column(f"({condition})")  # of type Boolean it would read "… = 1", which no index knows


def plan_mood(plan: Plan, today: date) -> str:
    """Where a plan stands in its own life."""
    if plan.status in {"draft", "closed"}:
        return plan.status
    if plan.valid_to and plan.valid_to < today:
        return "ended"
    return "not_begun" if plan.track_from > today else "live"


def plan_page(
    session: Session, plan_id: str, now: datetime, *, only: PlanFilter | None = None, year: int | None = None
) -> PlanPage | None:
    """One plan with its tasks and report duties, and one year of it as a picture; None when there is no such plan."""
    found = plan_and_years(session, plan_id)
    if found is None:
        return None
    plan, years = found
    only = only or PlanFilter()
    lines = {process.key: ProcessLine(process) for (process,) in session.execute(_processes(plan_id))}
    leads = _add_leads(session, plan_id, lines)
    theirs = _owed_by(session, plan_id, only.lead) if only.lead else set()
    _add_current(session, plan_id, lines)
    chosen = year or nearest(now.year, years)
    ordered = list(lines.values())
    standings: dict[str, tuple[str, int]] = {}
    for line in ordered:
        key, said = line.standing
        standings[key] = (said, standings.get(key, (said, 0))[1] + 1)
    shown = [line for line in ordered if _is_wanted(line, only, theirs)]
    sections: dict[str, list[ProcessLine]] = {}
    for line in shown:
        if line.process.kind != Kind.REPORT:
            sections.setdefault(line.process.section, []).append(line)
    ids = {plan.issued_by, plan.tracker_id, plan.leadership_id, plan.sender_id}
    reports = [line for line in shown if line.process.kind == Kind.REPORT]
    rows = [line.process for line in (*reports, *(line for line in shown if line.process.kind != Kind.REPORT))]
    return PlanPage(
        plan=plan,
        mood=plan_mood(plan, now.date()),
        names={unit_id: unit_id for unit_id in ids} | names_of(session, ids),
        reports=reports,
        sections=list(sections.items()),
        sections_all=list(dict.fromkeys(line.process.section for line in ordered if line.process.section)),
        standings=standings,
        leads=leads,
        total=len(ordered),
        milestones=list(session.scalars(_MILESTONES, {"plan": plan_id})),
        timeline=draw(rows, _of_year(session, plan_id, chosen), chosen, years, now.date()),
    )


@lru_cache(maxsize=256)
def _processes(plan_id: str) -> Any:
    shown = columns_of(
        Process, "key", "plan_id", "kind", "code", "title", "section", "deliverable", "phrase", "phrase_source",
        "explanation", "condition", "confidential", "folded", "position",
    )  # fmt: skip
    mine = (col(Process.plan_id) == plan_id, col(Process.removed_on).is_(None))
    return select_columns(shown).where(*mine).order_by(col(Process.position), col(Process.key))


def nearest(year: int, years: Sequence[int]) -> int:
    """This year, or the nearest one in which a plan has something due."""
    return min(years, key=lambda one: (abs(one - year), -one)) if years else year


def plan_and_years(session: Session, plan_id: str) -> tuple[Plan, list[int]] | None:
    """A plan with the years in which something of it falls due; None when there is no such plan."""
    found = session.execute(_PLAN_AND_YEARS, {"plan": plan_id}).first()
    if found is None:
        return None
    plan, first, last = found
    return plan, list(range(first.year, last.year + 1)) if first else []


_OF_THE_PLAN = col(Occurrence.plan_id) == Plan.id
_PLAN_AND_YEARS = select_columns(
    Plan,
    select_columns(func.min(col(Occurrence.due_on))).where(_OF_THE_PLAN).scalar_subquery(),
    select_columns(func.max(col(Occurrence.due_on))).where(_OF_THE_PLAN).scalar_subquery(),
).where(col(Plan.id) == bindparam("plan"))


def _is_wanted(line: ProcessLine, only: PlanFilter, theirs: set[str]) -> bool:
    process = line.process
    return (
        (not only.section or process.section == only.section)
        and (not only.standing or line.standing[0] == only.standing)
        and (not only.lead or process.key in theirs)
        and (not only.words or (fold(only.words) in process.folded and not process.confidential))
    )


def _of_year(session: Session, plan_id: str, year: int) -> list[Occurrence]:
    """What falls due in a year by itself; lines of a report are in the report."""
    return [row for (row,) in session.execute(_due_in(plan_id, year))]


@lru_cache(maxsize=256)
def _due_in(plan_id: str, year: int) -> Any:
    shown = columns_of(
        Occurrence, "process_key", "stage", "label", "opens_on", "due_on", "cutoff_on", "late_after", "provisional"
    )
    return select_columns(shown).where(
        col(Occurrence.plan_id) == plan_id,
        col(Occurrence.kind).in_(OWED),
        col(Occurrence.stage) != Stage.CANCELLED.value,
        col(Occurrence.due_on) >= date(year, 1, 1),
        col(Occurrence.due_on) <= date(year, 12, 31),
    )


def _add_leads(session: Session, plan_id: str, lines: dict[str, ProcessLine]) -> list[tuple[str, str]]:
    """Count the units of each process, and name them where they are few.

    Returns the plan's units to choose from, by their places; none where one process alone has too many.
    """
    for key, count in session.execute(_COUNTING, {"plan": plan_id}):
        if key in lines:
            lines[key].leads_of = count
    few = [key for key, line in lines.items() if 0 < line.leads_of <= LEADS]
    units: dict[str, str] = {}
    if few:
        for key, unit, short, _ in session.execute(_NAMED, {"keys": few}):
            lines[key].leads.append(short)
            units[unit] = short
    return list(units.items()) if len(few) == sum(line.leads_of > 0 for line in lines.values()) else []


def _owed_by(session: Session, plan_id: str, lead: str) -> set[str]:
    """The processes of a plan that a unit owes, said by its id or by part of its name."""
    one = aliased(Unit)
    known = select_columns(col(one.id)).where(col(one.id) == lead).exists()
    named = or_(col(Unit.id) == lead, and_(~known, col(Unit.folded).contains(fold(lead), autoescape=True)))
    query = select_columns(col(Party.process_key)).join(Unit, col(Unit.id) == Party.unit_id).distinct()
    return set(session.scalars(query.where(col(Party.process_key).in_(_keys(plan_id)), named)))


def _keys(plan: Any) -> Any:
    return select_columns(col(Process.key)).where(col(Process.plan_id) == plan)


_COUNTING = (
    select_columns(col(Party.process_key), func.count(func.distinct(col(Party.unit_id))))
    .where(col(Party.process_key).in_(_keys(bindparam("plan"))))
    .group_by(col(Party.process_key))
)
_NAMED = (
    select_columns(col(Party.process_key), col(Unit.id), col(Unit.short), col(Unit.position))
    .join(Unit, col(Unit.id) == Party.unit_id)
    .where(col(Party.process_key).in_(bindparam("keys", expanding=True)))
    .distinct()
    .order_by(col(Unit.position), col(Unit.id))
)


def _add_current(session: Session, plan_id: str, lines: dict[str, ProcessLine]) -> None:
    """The occurrence to show of each process, with its units."""
    chosen = session.scalars(_current(plan_id)).all()
    counts = state_counts(session, [occurrence.id for occurrence in chosen])
    for occurrence in chosen:
        if line := lines.get(occurrence.process_key):
            line.now = Progress(occurrence, line.process, counts.get(occurrence.id, {}))


@lru_cache(maxsize=256)
def _current(plan_id: str) -> Any:
    """The open occurrence that falls due first, else the next one planned, else the last one; built once a plan."""
    rank = case((Occurrence.stage == Stage.OPEN, 0), (Occurrence.stage == Stage.PLANNED, 1), else_=2)  # type: ignore[arg-type]
    soonest = case((rank < 2, Occurrence.due_on), else_=None)
    order = (rank, soonest, col(Occurrence.due_on).desc())
    place = func.row_number().over(partition_by=Occurrence.process_key, order_by=order)
    places = select_columns(col(Occurrence.id), place.label("place")).where(col(Occurrence.plan_id) == plan_id)
    ranked = places.subquery()
    shown = columns_of(
        Occurrence, "id", "process_key", "kind", "stage", "period", "label", "opens_on", "due_on", "late_after",
        "provisional", "run_id",
    )  # fmt: skip
    return select_columns(shown).join(ranked, ranked.c.id == col(Occurrence.id)).where(ranked.c.place == 1)


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
