"""What the status pages ask the ledger. Each page costs a fixed number of queries, however large the ledger is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, func
from sqlmodel import Session, col, select

from calendars.working_days import WorkingDays
from models.ledger import Assignment, Occurrence
from models.lifecycle import PENDING, Kind, RunState, Stage, State, names, run_state
from models.outbox import Attempt, Letter, LetterState, Notice, NoticeState
from models.plan import Milestone, Party, Plan, Process, Target
from models.units import Unit

SHOWN = 100
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
    """One task or report duty on a plan's page, with the period that matters now."""

    process: Process
    leads: list[str] = field(default_factory=list)
    now: Progress | None = None
    stages: dict[Stage, int] = field(default_factory=dict)


@dataclass(frozen=True)
class PlanPage:
    """One plan."""

    plan: Plan
    mood: str
    names: dict[str, str]
    reports: list[ProcessLine]
    sections: list[tuple[str, list[ProcessLine]]]
    milestones: list[Milestone]
    targets: list[Target]


@dataclass(frozen=True)
class LetterLine:
    """One letter with the name of its reader and, if it has not arrived, why."""

    letter: Letter
    unit: str
    role: str
    error: str | None


@dataclass(frozen=True)
class Messages:
    """The outbox."""

    letters: Some
    counts: dict[LetterState, int]
    held: Some
    silent: list[tuple[str, int]]


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


def plan_page(session: Session, plan_id: str, now: datetime) -> PlanPage | None:
    """One plan with its tasks and report duties; None when there is no such plan."""
    plan = session.get(Plan, plan_id)
    if plan is None:
        return None
    processes = session.exec(
        select(Process)
        .where(Process.plan_id == plan_id, col(Process.removed_on).is_(None))
        .order_by(col(Process.position), col(Process.key))
    )
    lines = {process.key: ProcessLine(process) for process in processes}
    _add_leads(session, plan_id, lines)
    _add_current(session, plan_id, lines)
    ordered = list(lines.values())
    sections: dict[str, list[ProcessLine]] = {}
    for line in ordered:
        if line.process.kind != Kind.REPORT:
            sections.setdefault(line.process.section, []).append(line)
    ids = {plan.issued_by, plan.tracker_id, plan.leadership_id, plan.sender_id}
    found = session.exec(select(Unit.id, Unit.name).where(col(Unit.id).in_(ids)))
    return PlanPage(
        plan=plan,
        mood=plan_mood(plan, now.date()),
        names={unit_id: unit_id for unit_id in ids} | dict(found.all()),
        reports=[line for line in ordered if line.process.kind == Kind.REPORT],
        sections=list(sections.items()),
        milestones=list(session.exec(select(Milestone).where(Milestone.plan_id == plan_id))),
        targets=list(session.exec(select(Target).where(Target.plan_id == plan_id).order_by(col(Target.id)))),
    )


def _add_leads(session: Session, plan_id: str, lines: dict[str, ProcessLine]) -> None:
    rows = session.exec(
        select(Party.process_key, Unit.short, Unit.position)
        .join(Process, col(Process.key) == Party.process_key)
        .join(Unit, col(Unit.id) == Party.unit_id)
        .where(Process.plan_id == plan_id)
        .distinct()
        .order_by(col(Unit.position))
    )
    for key, short, _ in rows:
        if key in lines:
            lines[key].leads.append(short)


def _add_current(session: Session, plan_id: str, lines: dict[str, ProcessLine]) -> None:
    """The occurrence to show: the open one that falls due first, else the next one planned, else the last one."""
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
    stages = session.exec(
        select(Occurrence.process_key, Occurrence.stage, func.count())
        .where(Occurrence.plan_id == plan_id)
        .group_by(Occurrence.process_key, Occurrence.stage)
    )
    for key, stage, count in stages:
        if key in lines:
            lines[key].stages[Stage(stage)] = count


def messages_page(session: Session, state: LetterState | None) -> Messages:
    """The last letters, all or of one state; what waits for a coordinator; and why some were not sent."""
    counts = _letter_counts(session)
    newest = select(Letter).order_by(col(Letter.id).desc()).limit(SHOWN)
    letters = session.exec(newest.where(Letter.state == state) if state else newest).all()
    held = session.exec(
        select(Notice, Process)
        .join(Process, col(Process.key) == Notice.process_key, isouter=True)
        .where(Notice.state == NoticeState.HELD)
        .order_by(col(Notice.send_on), col(Notice.id))
        .limit(SHOWN)
    ).all()
    all_held = session.exec(select(func.count()).select_from(Notice).where(Notice.state == NoticeState.HELD)).one()
    silent = session.exec(
        select(Notice.reason, func.count())
        .where(Notice.state == NoticeState.SUPPRESSED)
        .group_by(Notice.reason)
        .order_by(func.count().desc())
        .limit(SHOWN)
    )
    errors = _last_errors(session, [letter.id for letter in letters])
    readers = [letter.recipient for letter in letters] + [notice.recipient for notice, _ in held]
    names_of = _unit_names(session, readers)
    shown = [_letter_line(letter, names_of, errors.get(letter.id)) for letter in letters]
    return Messages(
        letters=Some(shown, counts.get(state, 0) if state else sum(counts.values())),
        counts=counts,
        held=Some([(notice, process, *_reader(notice.recipient, names_of)) for notice, process in held], all_held),
        silent=[(reason or "–", count) for reason, count in silent],
    )


def letter_page(session: Session, letter_id: int) -> tuple[LetterLine, list[Attempt]] | None:
    """One letter with its tries; None when there is no such letter."""
    letter = session.get(Letter, letter_id)
    if letter is None:
        return None
    tries = session.exec(select(Attempt).where(Attempt.letter_id == letter_id).order_by(col(Attempt.id))).all()
    names_of = _unit_names(session, [letter.recipient])
    return _letter_line(letter, names_of, tries[-1].error if tries else None), list(tries)


def _letter_line(letter: Letter, names_of: dict[str, str], error: str | None) -> LetterLine:
    unit, role = _reader(letter.recipient, names_of)
    return LetterLine(letter, unit, role, error if letter.state != LetterState.SENT else None)


def _reader(recipient: str, names_of: dict[str, str]) -> tuple[str, str]:
    unit, _, role = recipient.partition(":")
    return names_of.get(unit, unit), role


def _unit_names(session: Session, recipients: Iterable[str]) -> dict[str, str]:
    ids = {recipient.partition(":")[0] for recipient in recipients}
    return dict(session.exec(select(Unit.id, Unit.short).where(col(Unit.id).in_(ids))).all())


def _last_errors(session: Session, letter_ids: Iterable[int | None]) -> dict[int | None, str | None]:
    last = (
        select(func.max(Attempt.id))
        .where(col(Attempt.letter_id).in_(list(letter_ids)))
        .group_by(col(Attempt.letter_id))
    )
    rows = session.exec(select(Attempt.letter_id, Attempt.error).where(col(Attempt.id).in_(last)))
    return dict(rows.all())
