"""What the status pages ask the ledger. Each page costs a fixed number of queries, however large the ledger is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from calendars.spelling import fold
from calendars.working_days import WorkingDays
from models.ledger import Assignment, Occurrence
from models.lifecycle import PENDING, Kind, RunState, Stage, State, names, run_state
from models.outbox import Letter, LetterState, Notice, NoticeState
from models.plan import Milestone, Party, Plan, Process
from models.units import Unit

from .timeline import Timeline, draw
from .words import CONDITIONS, RUN_STATES, STAGES

SHOWN = 100
LEADS = 40  # units named for one task; a larger group is a figure and a way to its units
LEADS_TO_CHOOSE = 500  # units a plan's page offers as a filter
DUE_SOON = timedelta(days=7)
NOT_DELIVERED = (LetterState.FAILED, LetterState.UNKNOWN)
OWED = (Kind.DATED.value, Kind.REPORT.value)  # a covered line owes nothing by itself: it is never counted with these

StateCounts = dict[State, int]


# ------------------------------------------------------------------------------------------------- what a page shows


@dataclass(frozen=True)
class Some:
    """The first rows of a list, and how many there are."""

    rows: list[Any]
    total: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return max(0, self.total - len(self.rows))


@dataclass
class PlanLine:
    """One plan on the front page."""

    plan: Plan
    mood: str
    counts: dict[str, StateCounts] = field(default_factory=dict)
    stages: dict[Stage, int] = field(default_factory=dict)
    conditions: dict[str, int] = field(default_factory=dict)
    opens_next: date | None = None


@dataclass(frozen=True)
class Late:
    """One unit's overdue task or report; `days` are working days since the last day that was on time."""

    assignment: Assignment
    occurrence: Occurrence
    process: Process
    unit: Unit
    days: int


@dataclass(frozen=True)
class Progress:
    """How far the units of one occurrence are; `lines` open tasks are asked in this report."""

    occurrence: Occurrence
    process: Process
    counts: StateCounts
    only_unit: str | None = None
    lines: int = 0

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
class Today:
    """The front page."""

    plans: list[PlanLine]
    late: Some
    open: Some
    owed: StateCounts
    due_soon: int
    letters: dict[LetterState, int]
    held: int

    @property
    def not_delivered(self) -> int:
        """Letters that have not arrived, or of which nobody knows."""
        return sum(self.letters.get(state, 0) for state in NOT_DELIVERED)


@dataclass
class ProcessLine:
    """One task or report duty on a plan's page, with the period that matters now.

    `leads` are the units that owe it, named when they are few; `leads_of` is how many there are.
    """

    process: Process
    leads: list[str] = field(default_factory=list)
    leads_of: int = 0
    now: Progress | None = None
    stages: dict[Stage, int] = field(default_factory=dict)

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
    """Which lines of a plan are shown; empty: all. `section` and `standing` as the page offers them, `lead` a unit."""

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


def plan_mood(plan: Plan, today: date) -> str:
    """Where a plan stands in its own life."""
    if plan.status in {"draft", "closed"}:
        return plan.status
    if plan.valid_to and plan.valid_to < today:
        return "ended"
    return "not_begun" if plan.track_from > today else "live"


def today_page(session: Session, now: datetime, working_days: WorkingDays) -> Today:
    """What a coordinator looks at first."""
    today = now.date()
    lines = {plan.id: PlanLine(plan, plan_mood(plan, today)) for plan in session.exec(select(Plan))}
    soon = case((and_(_pending(), col(Assignment.late_after) <= today + DUE_SOON), 1), else_=0)
    counted = session.exec(
        select(Occurrence.plan_id, Assignment.kind, Assignment.state, func.count(), func.sum(soon))  # type: ignore[call-overload]
        .join(Assignment, col(Assignment.occurrence_id) == Occurrence.id)
        .group_by(Occurrence.plan_id, Assignment.kind, Assignment.state)
    )
    owed: StateCounts = defaultdict(int)
    due_soon = 0
    for plan_id, kind, state, count, near in counted:
        lines[plan_id].counts.setdefault(kind, {})[State(state)] = count
        if kind in OWED:
            owed[State(state)] += count
            due_soon += near
    _add_stages(session, lines)
    letters = _letter_counts(session)
    held = session.exec(select(func.count()).select_from(Notice).where(Notice.state == NoticeState.HELD)).one()
    order = list(lines.values())
    order.sort(key=lambda line: (line.mood != "live", line.mood == "ended", line.plan.id))
    return Today(
        plans=order,
        late=Some(_late(session, today, working_days), owed.get(State.OVERDUE, 0)),
        open=_open(session, sum(line.stages.get(Stage.OPEN, 0) for line in order)),
        owed=dict(owed),
        due_soon=due_soon,
        letters=letters,
        held=held,
    )


def _pending() -> Any:
    return col(Assignment.state).in_(names(PENDING))


def _add_stages(session: Session, lines: dict[str, PlanLine]) -> None:
    stages = session.exec(
        select(Occurrence.plan_id, Occurrence.stage, func.count(), func.min(Occurrence.opens_on))
        .where(col(Occurrence.kind).in_(OWED))
        .group_by(Occurrence.plan_id, Occurrence.stage)
    )
    for plan_id, stage, count, first in stages:
        lines[plan_id].stages[Stage(stage)] = count
        if stage == Stage.PLANNED:
            lines[plan_id].opens_next = first
    conditions = session.exec(
        select(Process.plan_id, Process.condition, func.count())
        .where(col(Process.removed_on).is_(None))
        .group_by(Process.plan_id, Process.condition)
    )
    for plan_id, condition, count in conditions:
        lines[plan_id].conditions[condition] = count


def _late(session: Session, today: date, working_days: WorkingDays) -> list[Late]:
    rows = session.exec(
        select(Assignment, Occurrence, Process, Unit)
        .join(Occurrence, col(Occurrence.id) == Assignment.occurrence_id)
        .join(Process, col(Process.key) == Occurrence.process_key)
        .join(Unit, col(Unit.id) == Assignment.unit_id)
        .where(Assignment.state == State.OVERDUE, col(Assignment.kind).in_(OWED))
        .order_by(col(Assignment.late_after), col(Unit.position), col(Process.position))
        .limit(SHOWN)
    )
    return [
        Late(assignment, occurrence, process, unit, working_days.count(assignment.late_after, today))
        for assignment, occurrence, process, unit in rows
    ]


def _open(session: Session, total: int) -> Some:
    shown = (
        select(Occurrence, Process)
        .join(Process, col(Process.key) == Occurrence.process_key)
        .where(Occurrence.stage == Stage.OPEN, col(Occurrence.kind).in_(OWED))
        .order_by(col(Occurrence.late_after), col(Process.plan_id), col(Process.position))
        .limit(SHOWN)
    )
    rows = list(session.exec(shown))
    counts, only = _states(session, [occurrence.id for occurrence, _ in rows])
    lines = _lines_asked(session)
    return Some(
        [
            Progress(
                occurrence, process, counts[occurrence.id], only.get(occurrence.id),
                lines.get((occurrence.process_key, occurrence.period), 0),
            )
            for occurrence, process in rows
        ],
        total,
    )  # fmt: skip


def _states(session: Session, ids: Iterable[int | None]) -> tuple[dict[int | None, StateCounts], dict[int | None, str]]:
    """{occurrence: {state: units}}, and the unit's name where there is only one."""
    counts: dict[int | None, StateCounts] = defaultdict(dict)
    one: dict[int | None, str] = {}
    rows = session.exec(
        select(Assignment.occurrence_id, Assignment.state, func.count(), func.min(Unit.short))
        .join(Unit, col(Unit.id) == Assignment.unit_id)
        .where(col(Assignment.occurrence_id).in_(list(ids)))
        .group_by(col(Assignment.occurrence_id), col(Assignment.state))
    )
    for occurrence_id, state, count, short in rows:
        counts[occurrence_id][State(state)] = count
        one[occurrence_id] = short
    return counts, {key: name for key, name in one.items() if sum(counts[key].values()) == 1}


def _lines_asked(session: Session) -> dict[tuple[str, str], int]:
    rows = session.exec(
        select(Occurrence.asked_in, Occurrence.period, func.count())
        .where(Occurrence.stage == Stage.OPEN, Occurrence.kind == Kind.COVERED)
        .group_by(Occurrence.asked_in, Occurrence.period)
    )
    return {(asked_in, period): count for asked_in, period, count in rows}


def _letter_counts(session: Session) -> dict[LetterState, int]:
    rows = session.exec(select(Letter.state, func.count()).group_by(Letter.state))
    return {LetterState(state): count for state, count in rows}


def plan_page(
    session: Session, plan_id: str, now: datetime, *, only: PlanFilter | None = None, year: int | None = None
) -> PlanPage | None:
    """One plan with its tasks and report duties, and one year of it as a picture; None when there is no such plan."""
    plan = session.get(Plan, plan_id)
    if plan is None:
        return None
    only = only or PlanFilter()
    processes = session.exec(
        select(Process)
        .where(Process.plan_id == plan_id, col(Process.removed_on).is_(None))
        .order_by(col(Process.position), col(Process.key))
    )
    lines = {process.key: ProcessLine(process) for process in processes}
    leads, theirs = _add_leads(session, plan_id, lines, only.lead)
    years = _add_current(session, plan_id, lines)
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
    found = session.exec(select(Unit.id, Unit.name).where(col(Unit.id).in_(ids)))
    reports = [line for line in shown if line.process.kind == Kind.REPORT]
    rows = [line.process for line in (*reports, *(line for line in shown if line.process.kind != Kind.REPORT))]
    return PlanPage(
        plan=plan,
        mood=plan_mood(plan, now.date()),
        names={unit_id: unit_id for unit_id in ids} | dict(found.all()),
        reports=reports,
        sections=list(sections.items()),
        sections_all=list(dict.fromkeys(line.process.section for line in ordered if line.process.section)),
        standings=standings,
        leads=leads,
        total=len(ordered),
        milestones=list(session.exec(select(Milestone).where(Milestone.plan_id == plan_id))),
        timeline=draw(rows, _of_year(session, plan_id, chosen), chosen, years, now.date()),
    )


def nearest(year: int, years: Sequence[int]) -> int:
    """This year, or the nearest one in which a plan has something due."""
    return min(years, key=lambda one: (abs(one - year), -one)) if years else year


def years_of(session: Session, plan_id: str) -> list[int]:
    """The years in which something of a plan falls due."""
    span = select_columns(func.min(Occurrence.due_on), func.max(Occurrence.due_on))
    first, last = session.execute(span.where(col(Occurrence.plan_id) == plan_id)).one()
    return list(range(first.year, last.year + 1)) if first else []


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
    return list(
        session.exec(
            select(Occurrence).where(
                Occurrence.plan_id == plan_id,
                col(Occurrence.kind).in_(OWED),
                Occurrence.stage != Stage.CANCELLED.value,
                col(Occurrence.due_on) >= date(year, 1, 1),
                col(Occurrence.due_on) <= date(year, 12, 31),
            )
        )
    )


def _add_leads(
    session: Session, plan_id: str, lines: dict[str, ProcessLine], lead: str
) -> tuple[list[tuple[str, str]], set[str]]:
    """Count the units of each process, and name them where they are few.

    Returns the plan's units, up to a bound, and what `lead` owes.
    """
    mine = select_columns(col(Process.key)).where(col(Process.plan_id) == plan_id)
    counted = session.execute(
        select_columns(
            col(Party.process_key),
            func.count(func.distinct(col(Party.unit_id))),
            func.max(case((col(Party.unit_id) == lead, 1), else_=0)),
        )
        .where(col(Party.process_key).in_(mine))
        .group_by(col(Party.process_key))
    )
    theirs = set()
    for key, count, owes in counted:
        if key in lines:
            lines[key].leads_of = count
        if owes:
            theirs.add(key)
    few = [key for key, line in lines.items() if 0 < line.leads_of <= LEADS]
    named = session.execute(
        select_columns(col(Party.process_key), col(Unit.short), col(Unit.position), col(Unit.id))
        .join(Unit, col(Unit.id) == Party.unit_id)
        .where(col(Party.process_key).in_(few))
        .distinct()
        .order_by(col(Unit.position), col(Unit.id))
    )
    for key, short, *_ in named:
        lines[key].leads.append(short)
    all_of_them = (
        select(Unit.id, Unit.short)
        .where(col(Unit.id).in_(select_columns(col(Party.unit_id)).where(col(Party.process_key).in_(mine))))
        .order_by(col(Unit.position), col(Unit.id))
        .limit(LEADS_TO_CHOOSE)
    )
    return list(session.exec(all_of_them).all()), theirs


def _add_current(session: Session, plan_id: str, lines: dict[str, ProcessLine]) -> list[int]:
    """The occurrence to show: the open one that falls due first, else the next one planned, else the last one.

    Returns the years in which something of the plan falls due.
    """
    rank = case((Occurrence.stage == Stage.OPEN, 0), (Occurrence.stage == Stage.PLANNED, 1), else_=2)  # type: ignore[arg-type]
    soonest = case((rank < 2, Occurrence.due_on), else_=None)
    order = (rank, soonest, col(Occurrence.due_on).desc())
    place = func.row_number().over(partition_by=Occurrence.process_key, order_by=order)
    ranked = select(Occurrence.id, place.label("place")).where(Occurrence.plan_id == plan_id).subquery()
    chosen = list(
        session.exec(select(Occurrence).join(ranked, ranked.c.id == Occurrence.id).where(ranked.c.place == 1)).all()
    )
    counts, only = _states(session, [occurrence.id for occurrence in chosen])
    for occurrence in chosen:
        if line := lines.get(occurrence.process_key):
            line.now = Progress(occurrence, line.process, counts[occurrence.id], only.get(occurrence.id))
    stages = session.execute(
        select_columns(
            col(Occurrence.process_key),
            col(Occurrence.stage),
            func.count(),
            func.min(col(Occurrence.due_on)),
            func.max(col(Occurrence.due_on)),
        )
        .where(col(Occurrence.plan_id) == plan_id)
        .group_by(col(Occurrence.process_key), col(Occurrence.stage))
    )
    ends: list[date] = []
    for key, stage, count, first, last in stages:
        if key in lines:
            lines[key].stages[Stage(stage)] = count
            ends += [first, last]
    return list(range(min(ends).year, max(ends).year + 1)) if ends else []
