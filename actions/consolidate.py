"""What the consolidated report of a period says: questions to the ledger, answered in the shapes of `models.papers`.

In a period stand its report duties, the lines they ask, and every dated task that was open in it: opened by its last
day and not ended before its first, so what is carried over is counted again, as an office's own reports do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from sqlmodel import Session, col, select

from calendars.working_days import WorkingDays
from models.forms import Concern, ConcernKind
from models.ledger import Answer, Assignment, Occurrence, Submission
from models.lifecycle import OPEN, Kind, Result, Stage, State
from models.papers import Consolidated, Count, Narrative, Part, Remark, Work
from models.plan import Milestone, Plan, Process
from models.units import Unit, UnitGroup

from .find import _nearest
from .joins import with_process
from .judge import indicators
from .letterheads import Units, agency_of, cited, is_under, letterhead, units_of
from .move import Refused
from .reading import LABELS, Row, Totals, status_rows, totals

T = TypeVar("T")

BATCH = 500  # ids in one IN: SQLite bounds the variables of a statement


# ------------------------------------------------------------------------------------------------- the period


@dataclass(frozen=True)
class Span:
    """A period of a plan: its occurrences and the days they span (None for what happens once)."""

    plan: Plan
    period: str
    own: tuple[Occurrence, ...]

    @property
    def first(self) -> date | None:
        """Its first day."""
        return min((o.period_start for o in self.own if o.period_start), default=None)

    @property
    def last(self) -> date | None:
        """Its last day."""
        return max((o.period_end for o in self.own if o.period_end), default=None)

    @property
    def label(self) -> str:
        """Its name as people say it, from a report when there is one."""
        return min(self.own, key=lambda o: (o.kind != Kind.REPORT, o.id or 0)).label

    def holds(self, row: Row, occurrence: Occurrence) -> bool:
        """Whether a row of the ledger stands in this period."""
        if occurrence.period == self.period:
            return True
        if row.kind != Kind.DATED or self.first is None or self.last is None:
            return False
        return occurrence.opens_on <= self.last and (row.answered_on is None or row.answered_on >= self.first)


def find_span(session: Session, plan_id: str, period: str) -> Span:
    """A period of a plan; Refused with the nearest known ones when there is none, or with why it says nothing yet."""
    plan = session.get(Plan, plan_id)
    if plan is None:
        raise Refused(_nearest(f"không có kế hoạch “{plan_id}”", plan_id, list(session.exec(select(Plan.id)))))
    of_plan = session.exec(select(Occurrence).where(col(Occurrence.plan_id) == plan_id).order_by(col(Occurrence.id)))
    known = [o for o in of_plan if o.stage != Stage.CANCELLED]
    own = tuple(o for o in known if o.period == period)
    if not own:
        raise Refused(_nearest(f"kế hoạch {plan_id} không có kỳ “{period}”", period, sorted({o.period for o in known})))
    if not any(o.opened_at for o in own):
        raise Refused(_why_silent(own, period))
    return Span(plan, period, own)


def _why_silent(own: Sequence[Occurrence], period: str) -> str:
    if any(o.stage == Stage.PLANNED for o in own):
        return f"kỳ “{period}” chưa mở (mở ngày {min(o.opens_on for o in own):%d/%m/%Y}), chưa có gì để tổng hợp"
    return f"kỳ “{period}” trước thời điểm theo dõi hoặc đã kết thúc, sổ không có gì để tổng hợp"


# ------------------------------------------------------------------------------------------------- the report


def consolidate(session: Session, days: WorkingDays, plan_id: str, period: str, now: datetime) -> Consolidated:
    """The consolidated report of a period as the ledger stands. Refused for an unknown period or one not opened."""
    span = find_span(session, plan_id, period)
    plan, units = span.plan, units_of(session)
    behind = _behind(session, plan_id)
    rows = status_rows(session, now.date(), days, plan=plan_id)
    own = [row for row in rows if span.holds(row, behind[row.id][0])]
    answers = _newest_answers(session, own)
    names = _names(session, units)
    works = {kind: _works(kind, own, behind, answers, names) for kind in Kind}
    submissions = _submissions(session, {answer.submission_id for answer in answers.values()})
    whole, mine = totals(session, rows, plan=plan_id), totals(session, own, plan=plan_id)
    drafter = units[plan.sender_id]
    agency = agency_of(units, drafter)
    to, via = receivers_of(session, span, units, agency)
    lines = [work for kind in (Kind.REPORT, Kind.DATED, Kind.COVERED) for work in works[kind]]
    return Consolidated(
        letterhead=letterhead(units, agency, plan),
        agency=agency.name,
        plan_id=plan_id,
        plan=cited(plan, units),
        plan_short=cited(plan, units, day=False),
        plan_title=plan.title,
        period_id=period,
        period=span.label,
        at=now,
        period_from=span.first,
        period_to=span.last,
        cutoff_from=min((o.cutoff_from for o in span.own if o.cutoff_from), default=None),
        cutoff_on=max((o.cutoff_on for o in span.own if o.cutoff_on), default=None),
        to=to,
        via=via,
        drafted_by=drafter.name if drafter.id != agency.id else None,
        dated=works[Kind.DATED],
        undated=works[Kind.COVERED],
        waiting=tuple(_waiting(session, plan_id, names)),
        reports=works[Kind.REPORT],
        tasks=counts_of(mine.tasks, whole.tasks),
        reported=counts_of(mine.reports, whole.reports),
        aside=counts_of({}, whole.aside),
        period_checksum=Totals(mine.tasks, mine.reports).checksum,
        checksum=whole.checksum,
        indicators=tuple(indicators(session, plan_id, submissions)),
        narratives=tuple(
            Narrative(units[one.unit_id].name, one.narrative.strip())
            for one in submissions
            if one.narrative and one.narrative.strip()
        ),
        difficulties=tuple(_difficulties(session, lines)),
        proposals=tuple(dict.fromkeys(
            Remark(part.unit_name, _about(work), part.proposals.strip())
            for work in lines for part in work.parts if part.proposals and part.proposals.strip()
        )),
        confidential=plan.confidential or any(behind[row.id][1].confidential for row in own),
    )  # fmt: skip


def counts_of(period: Mapping[str, int], plan: Mapping[str, int]) -> tuple[Count, ...]:
    """The classes of a table in its order, each counted in the period and in the plan."""
    return tuple(Count(str(key), LABELS[key][0], period.get(key, 0), number) for key, number in plan.items())


def _behind(session: Session, plan_id: str) -> dict[int, tuple[Occurrence, Process, str | None]]:
    """{assignment: its occurrence, process and own deliverable}."""
    query = with_process(select(Assignment.id, Assignment.deliverable, Occurrence, Process))
    found = session.exec(query.where(col(Occurrence.plan_id) == plan_id))
    return {key or 0: (occurrence, process, deliverable) for key, deliverable, occurrence, process in found}


def _names(session: Session, units: Units) -> dict[str, str]:
    """{unit or group: name}."""
    groups = {group.id: group.name for group in session.exec(select(UnitGroup))}
    return groups | {unit.id: unit.name for unit in units.values()}


# ------------------------------------------------------------------------------------------------- answers


def chunks(ids: Collection[T]) -> Iterator[list[T]]:
    """At most BATCH of them at a time."""
    every = list(ids)
    for start in range(0, len(every), BATCH):
        yield every[start : start + BATCH]


def _newest_answers(session: Session, rows: Sequence[Row]) -> dict[int, Answer]:
    """The newest answer of each row: a corrected submission stands in place of the one it corrects.

    A report that was returned has not answered its lines; what it said comes back with the next one.
    """
    said = [row.id for row in rows if row.kind == Kind.DATED or row.state == State.REPORTED]
    found: dict[int, Answer] = {}
    for ids in chunks(said):
        query = select(Answer).where(col(Answer.assignment_id).in_(ids))
        for answer in session.exec(query.order_by(col(Answer.submission_id), col(Answer.id))):
            found[answer.assignment_id] = answer
    return found


def _submissions(session: Session, ids: Collection[int]) -> list[Submission]:
    """The submissions, by their unit's place and then as they came."""
    found: list[tuple[int, int, Submission]] = []
    for some in chunks(ids):
        query = select(Submission, Unit.position).join(Unit, col(Unit.id) == Submission.unit_id)
        for submission, position in session.exec(query.where(col(Submission.id).in_(some))):
            found.append((position, submission.id or 0, submission))
    return [submission for _, _, submission in sorted(found, key=lambda one: one[:2])]


def _works(
    kind: Kind,
    rows: Sequence[Row],
    behind: Mapping[int, tuple[Occurrence, Process, str | None]],
    answers: Mapping[int, Answer],
    names: Mapping[str, str],
) -> tuple[Work, ...]:
    """The tasks or report duties of one kind, in the plan's order, each with its parts."""
    parts: dict[str, list[Part]] = {}
    processes: dict[str, Process] = {}
    for row in rows:
        if row.kind == kind:
            process = behind[row.id][1]
            processes[process.key] = process
            parts.setdefault(process.key, []).append(_part(row, answers.get(row.id)))
    ordered = sorted(processes.values(), key=lambda process: process.position)
    return tuple(_work(process, names, tuple(parts[process.key])) for process in ordered)


def _part(row: Row, answer: Answer | None) -> Part:
    return Part(
        assignment=row.id,
        unit=row.unit,
        unit_name=row.unit_name,
        kind=row.kind,
        classed=str(row.classed),
        standing=LABELS[row.classed][0],
        due_on=row.due_on,
        first_due_on=row.first_due_on,
        days_late=row.days_late,
        owed=State(row.state) in OPEN,
        missing=row.state in (State.OVERDUE, State.MISSED),
        received_on=row.answered_on,
        result=Result(answer.result) if answer else None,
        text=answer.text if answer else None,
        document=answer.document if answer else None,
        difficulties=answer.difficulties if answer else None,
        proposals=answer.proposals if answer else None,
        reason_late=row.reason_late,
    )


def _work(process: Process, names: Mapping[str, str], parts: tuple[Part, ...] = (), waits: str | None = None) -> Work:
    return Work(
        title=process.title,
        code=process.code,
        section=process.section,
        deliverable=process.deliverable,
        time=process.phrase,
        leads=tuple(names.get(unit, unit) for unit in process.details.get("lead") or ()),
        cooperating=tuple(names.get(unit, unit) for unit in process.details.get("cooperating") or ()),
        parts=parts,
        waits=waits,
    )


# ------------------------------------------------------------------------------------------------- what stands beside


def _waiting(session: Session, plan_id: str, names: Mapping[str, str]) -> Iterator[Work]:
    """Tasks that nobody is asked for yet, each with why."""
    events = session.exec(select(Milestone).where(col(Milestone.plan_id) == plan_id))
    awaited = {milestone.name: milestone.text for milestone in events}
    ahead: dict[str, Occurrence] = {}
    query = select(Occurrence).where(
        col(Occurrence.plan_id) == plan_id, col(Occurrence.kind) == Kind.DATED, col(Occurrence.opened_at).is_(None)
    )
    for occurrence in session.exec(query.order_by(col(Occurrence.due_on))):
        ahead.setdefault(occurrence.process_key, occurrence)
    mine = select(Process).where(
        col(Process.plan_id) == plan_id, col(Process.removed_on).is_(None), col(Process.kind) == "task"
    )
    for process in session.exec(mine.order_by(col(Process.position))):
        why = _why_waiting(process, awaited, ahead.get(process.key))
        if why:
            yield _work(process, names, waits=why)


def _why_waiting(process: Process, awaited: Mapping[str, str], ahead: Occurrence | None) -> str | None:
    if process.condition == "waiting":
        return f"Chờ điều kiện: {awaited.get(process.waits_for or '', process.waits_for or '')}"
    if process.condition == "undated":
        return "Chưa xác định hạn"
    if ahead is None:
        return None
    if ahead.stage == Stage.PLANNED:
        return f"Chưa đến kỳ, hạn {ahead.due_on:%d/%m/%Y}"
    if ahead.stage == Stage.UNDECIDED:
        return f"Chờ quyết định: hạn {ahead.due_on:%d/%m/%Y}, trước khi theo dõi"
    return None


def receivers_of(session: Session, span: Span, units: Units, agency: Unit) -> tuple[tuple[str, ...], str | None]:
    """To whom the consolidated report goes, and through whom: those of the duty that consolidates the period's
    reports, else whoever above receives these."""
    of_plan = select(Process).where(col(Process.plan_id) == span.plan.id, col(Process.kind) == "report")
    duties = {process.key: process for process in session.exec(of_plan)}
    own = [duties[o.process_key] for o in span.own if o.kind == Kind.REPORT and o.process_key in duties]
    fed = {name for process in own for name in process.details.get("feeds") or ()}
    above = [process for process in own if process.details.get("fed_by")]
    above += [process for process in duties.values() if process.item_id in fed]
    for process in above or own:
        to = [unit for unit in process.details.get("to") or () if unit in units]
        outside = [units[unit].name for unit in to if not is_under(units, units[unit], agency)]
        if outside:
            via = units.get(process.details.get("via") or "")
            return tuple(outside), via.name if via else None
    return (), None


def _about(work: Work) -> str:
    return f"[{work.code}] {work.title}" if work.code else work.title


def _difficulties(session: Session, works: Sequence[Work]) -> Iterator[Remark]:
    """What units wrote of difficulties in their answers, and the obstacles they raised beside them."""
    about = {part.assignment: (part.unit_name, _about(work)) for work in works for part in work.parts}
    said = [Remark(part.unit_name, _about(work), part.difficulties.strip())
            for work in works for part in work.parts if part.difficulties and part.difficulties.strip()]  # fmt: skip
    for ids in chunks(about):
        raised = select(Concern).where(
            col(Concern.assignment_id).in_(ids), col(Concern.kind) == ConcernKind.OBSTACLE.value
        )
        for concern in session.exec(raised.order_by(col(Concern.id))):
            said.append(Remark(*about[concern.assignment_id], concern.text.strip()))
    yield from dict.fromkeys(said)
