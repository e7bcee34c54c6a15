"""What the page of one assignment asks the ledger: its facts, its history, what was said and what was sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from actions.extend import FLAGGED_FROM, passed_by
from calendars.working_days import WorkingDays
from models.forms import Concern, ConcernState, IndicatorValue
from models.ledger import (
    Answer,
    Assignment,
    Evidence,
    Extension,
    ExtensionState,
    Occurrence,
    Submission,
    Transition,
)
from models.lifecycle import OPEN, Kind, RunState, Stage, State, run_state
from models.outbox import Letter, Notice
from models.plan import Party, Plan, Process, Target
from models.units import Unit

from .questions import readers, short_names, state_counts

MOST = 200  # of anything one assignment has


@dataclass(frozen=True)
class Told:
    """One notice, and the letter it went with."""

    notice: Notice
    letter: Letter | None
    unit: str
    role: str


@dataclass(frozen=True)
class Filed:
    """One submission with its line for this assignment, its evidence and its figures."""

    submission: Submission
    answer: Answer
    evidence: list[Evidence]
    figures: list[tuple[IndicatorValue, Target]]


@dataclass(frozen=True)
class ReportLine:
    """One open task that a report asks about, with what was answered last."""

    assignment: Assignment
    process: Process
    answer: Answer | None


@dataclass(frozen=True)
class AssignmentPage:
    """One unit's part of one task or report in one period."""

    assignment: Assignment
    occurrence: Occurrence
    process: Process
    plan: Plan
    unit: Unit
    party: Party | None
    late: int
    run: RunState
    counts: dict[State, int]
    report: int | None
    history: list[Transition]
    told: list[Told]
    filed: list[Filed]
    lines: list[ReportLine]
    extensions: list[Extension]
    concerns: list[Concern]
    rather: dict[str, str]
    beyond: date | None
    joined: list[tuple[int, str]] = field(default_factory=list)

    @property
    def asked(self) -> Extension | None:
        """The request for time that waits for an answer."""
        return next((row for row in self.extensions if row.state == ExtensionState.ASKED), None)

    @property
    def open(self) -> bool:
        """Whether an answer is still owed."""
        return State(self.assignment.state) in OPEN

    @property
    def line(self) -> bool:
        """Whether it is a line of a report: deeds are done at the report."""
        return self.assignment.covered_by is not None

    @property
    def flagged(self) -> bool:
        """Whether one more extension is the third or a later one."""
        return self.assignment.extensions + 1 >= FLAGGED_FROM

    @property
    def open_concerns(self) -> list[Concern]:
        """What nobody has answered yet."""
        return [row for row in self.concerns if row.state == ConcernState.OPEN]

    @property
    def units(self) -> int:
        """How many units the run stands for."""
        return sum(self.counts.values()) - self.counts.get(State.WITHDRAWN, 0)


def assignment_page(session: Session, assignment_id: int, now: datetime, days: WorkingDays) -> AssignmentPage | None:
    """The page; None when there is no such assignment."""
    query = (
        select_columns(Assignment, Occurrence, Process, Plan, Unit)
        .join(Occurrence, col(Occurrence.id) == Assignment.occurrence_id)
        .join(Process, col(Process.key) == Occurrence.process_key)
        .join(Plan, col(Plan.id) == Occurrence.plan_id)
        .join(Unit, col(Unit.id) == Assignment.unit_id)
        .where(col(Assignment.id) == assignment_id)
    )
    row = session.execute(query).first()
    if row is None:
        return None
    assignment, occurrence, process, plan, unit = row
    counts = state_counts(session, [occurrence.id or 0]).get(occurrence.id or 0, {})
    extensions = list(
        session.exec(select(Extension).where(col(Extension.assignment_id) == assignment_id).order_by(col(Extension.id)))
    )
    asked = next((one for one in extensions if one.state == ExtensionState.ASKED), None)
    concerns = list(
        session.exec(select(Concern).where(col(Concern.assignment_id) == assignment_id).order_by(col(Concern.id)))
    )
    rather = [one.rather_unit for one in concerns if one.rather_unit]
    filed = _filed(session, assignment_id)
    return AssignmentPage(
        assignment=assignment,
        occurrence=occurrence,
        process=process,
        plan=plan,
        unit=unit,
        party=session.get(Party, (process.key, unit.id, occurrence.asked_in)),
        late=days.count(assignment.late_after, now.date()) if assignment.state == State.OVERDUE else 0,
        run=run_state(counts, closed=occurrence.stage != Stage.OPEN),
        counts=counts,
        report=assignment.covered_by,
        history=_history(session, assignment_id),
        told=_told(session, assignment.covered_by or assignment_id),
        filed=filed,
        lines=_lines(session, assignment),
        extensions=extensions,
        concerns=concerns,
        rather=short_names(session, rather),
        beyond=passed_by(session, assignment, asked.wanted_on) if asked else None,
        joined=_joined(session, assignment, occurrence),
    )


def _history(session: Session, assignment_id: int) -> list[Transition]:
    query = select(Transition).where(col(Transition.assignment_id) == assignment_id)
    return list(session.exec(query.order_by(col(Transition.id).desc()).limit(MOST)))


def _told(session: Session, assignment_id: int) -> list[Told]:
    query = (
        select(Notice, Letter)
        .join(Letter, col(Letter.id) == Notice.letter_id, isouter=True)
        .where(col(Notice.assignment_id) == assignment_id)
        .order_by(col(Notice.id).desc())
        .limit(MOST)
    )
    found = session.exec(query).all()
    read_by = readers(session, (notice.recipient for notice, _ in found))
    return [Told(notice, letter, *read_by[notice.recipient]) for notice, letter in found]


def _filed(session: Session, assignment_id: int) -> list[Filed]:
    query = (
        select(Submission, Answer)
        .join(Answer, col(Answer.submission_id) == Submission.id)
        .where(col(Answer.assignment_id) == assignment_id)
        .order_by(col(Submission.id).desc())
        .limit(MOST)
    )
    found = session.exec(query).all()
    ids = [submission.id for submission, _ in found]
    evidence: dict[int, list[Evidence]] = {}
    proofs = select(Evidence).where(
        col(Evidence.submission_id).in_(ids),
        col(Evidence.assignment_id).is_(None) | (col(Evidence.assignment_id) == assignment_id),
    )
    for proof in session.exec(proofs.order_by(col(Evidence.id))):
        evidence.setdefault(proof.submission_id, []).append(proof)
    figures: dict[int, list[tuple[IndicatorValue, Target]]] = {}
    values = (
        select(IndicatorValue, Target)
        .join(Target, col(Target.id) == IndicatorValue.target_id)
        .where(col(IndicatorValue.submission_id).in_(ids))
        .order_by(col(IndicatorValue.id))
    )
    for value, target in session.exec(values):
        figures.setdefault(value.submission_id, []).append((value, target))
    return [
        Filed(submission, answer, evidence.get(submission.id or 0, []), figures.get(submission.id or 0, []))
        for submission, answer in found
    ]


def _lines(session: Session, assignment: Assignment) -> list[ReportLine]:
    """The open tasks this report asks about."""
    if assignment.kind != Kind.REPORT:
        return []
    query = (
        select(Assignment, Process)
        .join(Occurrence, col(Occurrence.id) == Assignment.occurrence_id)
        .join(Process, col(Process.key) == Occurrence.process_key)
        .where(col(Assignment.covered_by) == assignment.id)
        .order_by(col(Process.position), col(Assignment.id))
        .limit(MOST)
    )
    found = session.exec(query).all()
    answers = session.exec(
        select(Answer).where(col(Answer.assignment_id).in_([line.id for line, _ in found])).order_by(col(Answer.id))
    )
    last = {answer.assignment_id: answer for answer in answers}
    return [ReportLine(line, process, last.get(line.id or 0)) for line, process in found]


def _joined(session: Session, assignment: Assignment, occurrence: Occurrence) -> list[tuple[int, str]]:
    """[(assignment, label)] of the unit's other periods that the same paper answers."""
    first = occurrence.joined_to or occurrence.id
    query = (
        select(Assignment.id, Occurrence.label, Process.title)
        .join(Occurrence, col(Occurrence.id) == Assignment.occurrence_id)
        .join(Process, col(Process.key) == Occurrence.process_key)
        .where(
            (col(Occurrence.id) == first) | (col(Occurrence.joined_to) == first),
            col(Assignment.unit_id) == assignment.unit_id,
            col(Assignment.id) != assignment.id,
        )
    )
    return [(number or 0, f"{title} · {label}") for number, label, title in session.exec(query)]


def evidence_of(session: Session, assignment_id: int, evidence_id: int) -> Evidence | None:
    """A piece of evidence, if it belongs to an answer of this assignment; None otherwise."""
    query = (
        select(Evidence)
        .join(Answer, col(Answer.submission_id) == Evidence.submission_id)
        .where(
            col(Evidence.id) == evidence_id,
            col(Answer.assignment_id) == assignment_id,
            col(Evidence.assignment_id).is_(None) | (col(Evidence.assignment_id) == assignment_id),
        )
    )
    return session.exec(query).first()
