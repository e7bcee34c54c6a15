"""What a unit sees of itself: everything it owes over all plans, one form with its lines, what it has filed.

Every question names the unit, so that no page can show another one's rows. The number of queries does not depend on
how much there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import Session, col, select

from calendars.working_days import WorkingDays
from models.forms import Concern, Draft, IndicatorValue
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
from models.lifecycle import ENDED, OPEN, Kind, Move, Result, Stage, State, names
from models.plan import Party, Plan, Process, Target
from models.units import ContactPoint, Unit

from .draft_body import BASELINE, Asked, Body, FigureBody, File, LineBody, shown, split_document
from .joins import with_process
from .paper import asked_together, last_submission

SHOWN = 200  # pieces of work a unit owes at once; the largest office of the shipped plans owes a third of that
PAGE = 30
COMING = 12
DUE_SOON = timedelta(days=7)


@dataclass(frozen=True)
class Owed:
    """One piece of work on the unit's page. `days` are working days: left when positive, late when negative."""

    assignment: Assignment
    occurrence: Occurrence
    process: Process
    plan: Plan
    days: int
    lines: int = 0
    draft: Draft | None = None
    asked_until: date | None = None
    returned: str | None = None
    submission: int | None = None
    joined: bool = False

    @property
    def soon(self) -> bool:
        """Whether it falls due within a week."""
        return 0 <= self.days <= DUE_SOON.days

    @property
    def late(self) -> bool:
        """Whether its last day has passed."""
        return self.assignment.state == State.OVERDUE


@dataclass(frozen=True)
class UnitPage:
    """The unit's own page."""

    unit: Unit
    soon: list[Owed]
    overdue: list[Owed]
    owing: list[Owed]
    reported: list[Owed]
    history: list[Owed]
    coming: list[tuple[Occurrence, Process, Plan]]
    after: int | None = None

    @property
    def unread(self) -> list[Owed]:
        """What nobody has acknowledged yet."""
        return [one for one in (*self.overdue, *self.soon, *self.owing) if one.assignment.state == State.ASSIGNED]


def unit_page(
    session: Session, unit_id: str, now: datetime, days: WorkingDays, *, after: int | None = None
) -> UnitPage | None:
    """Everything a unit owes and has answered; None when there is no such unit. `after` pages through its history."""
    unit = session.get(Unit, unit_id)
    if unit is None:
        return None
    mine = and_(col(Assignment.unit_id) == unit_id, col(Assignment.covered_by).is_(None))
    owing = _rows(session, and_(mine, col(Assignment.state).in_(names(OPEN))), SHOWN, col(Assignment.late_after))
    unconfirmed = and_(mine, col(Assignment.state) == State.REPORTED, col(Assignment.accepted_at).is_(None))
    reported = _rows(session, unconfirmed, PAGE, col(Assignment.id).desc())
    ended = and_(
        mine,
        or_(
            and_(col(Assignment.state) == State.REPORTED, col(Assignment.accepted_at).is_not(None)),
            col(Assignment.state).in_(names(set(ENDED) - {State.REPORTED})),
        ),
    )
    if after is not None:
        ended = and_(ended, col(Assignment.id) < after)
    history = _rows(session, ended, PAGE + 1, col(Assignment.id).desc())
    known = _Known.of(session, unit_id, [row[0] for row in (*owing, *reported, *history)])
    open_ = [known.owed(row, now.date(), days) for row in owing]
    older = [known.owed(row, now.date(), days) for row in history]
    return UnitPage(
        unit=unit,
        overdue=[one for one in open_ if one.late],
        soon=[one for one in open_ if not one.late and one.soon],
        owing=[one for one in open_ if not one.late and not one.soon],
        reported=[known.owed(row, now.date(), days) for row in reported],
        history=older[:PAGE],
        coming=_coming(session, unit_id),
        after=older[PAGE - 1].assignment.id if len(older) > PAGE else None,
    )


Row = tuple[Assignment, Occurrence, Process, Plan]


def _rows(session: Session, which: ColumnElement[bool], limit: int, order: Any) -> list[Row]:
    query = (
        with_process(select(Assignment, Occurrence, Process, Plan).select_from(Assignment))
        .join(Plan, col(Plan.id) == Occurrence.plan_id)
        .where(which)
        .order_by(order, col(Assignment.id).desc())
        .limit(limit)
    )
    return [(a, o, p, plan) for a, o, p, plan in session.exec(query)]


@dataclass(frozen=True)
class _Known:
    """What stands beside a set of assignments, each by one query."""

    lines: Mapping[int | None, int]
    drafts: Mapping[int, Draft]
    extensions: Mapping[int, date]
    returns: Mapping[int, str | None]
    submissions: Mapping[int, int]

    @classmethod
    def of(cls, session: Session, unit_id: str, rows: Sequence[Assignment]) -> _Known:
        ids = [row.id for row in rows]
        covered = select(col(Assignment.covered_by), func.count()).where(col(Assignment.covered_by).in_(ids))
        asked = select(col(Extension.assignment_id), col(Extension.wanted_on)).where(
            col(Extension.assignment_id).in_(ids), col(Extension.state) == ExtensionState.ASKED
        )
        again = [row.id for row in rows if row.redo_by and row.state in names(OPEN)]
        returned = select(Transition.assignment_id, Transition.reason).where(
            col(Transition.assignment_id).in_(again), col(Transition.move) == Move.RETURN
        )
        filed = select(Answer.assignment_id, func.max(Answer.submission_id)).where(col(Answer.assignment_id).in_(ids))
        return cls(
            lines=dict(session.exec(covered.group_by(col(Assignment.covered_by))).all()),
            drafts={row.occurrence_id: row for row in session.exec(select(Draft).where(Draft.unit_id == unit_id))},
            extensions=dict(session.exec(asked).all()),
            returns=dict(session.exec(returned.order_by(col(Transition.id))).all()),
            submissions=dict(session.exec(filed.group_by(col(Answer.assignment_id))).all()),
        )

    def owed(self, row: Row, today: date, days: WorkingDays) -> Owed:
        assignment, occurrence, process, plan = row
        key = assignment.id or 0
        return Owed(
            assignment,
            occurrence,
            process,
            plan,
            days=_distance(days, today, assignment.late_after),
            lines=self.lines.get(key, 0),
            draft=self.drafts.get(occurrence.id or 0),
            asked_until=self.extensions.get(key),
            returned=self.returns.get(key),
            submission=self.submissions.get(key),
            joined=occurrence.joined_to is not None and not assignment.sends,
        )


def _distance(days: WorkingDays, today: date, last: date) -> int:
    return days.count(today, last) if last >= today else -days.count(last, today)


def _coming(session: Session, unit_id: str) -> list[tuple[Occurrence, Process, Plan]]:
    """The next periods that are not open yet."""
    party = and_(
        col(Party.process_key) == Occurrence.process_key,
        col(Party.asked_in) == Occurrence.asked_in,
        col(Party.unit_id) == unit_id,
    )
    query = (
        select(Occurrence, Process, Plan)
        .join(Party, party)
        .join(Process, col(Process.key) == Occurrence.process_key)
        .join(Plan, col(Plan.id) == Occurrence.plan_id)
        .where(
            col(Occurrence.stage) == Stage.PLANNED,
            col(Occurrence.kind).in_((Kind.DATED, Kind.REPORT)),
            col(Plan.status) == "issued",
        )
        .order_by(col(Occurrence.opens_on), col(Occurrence.id))
        .limit(COMING)
    )
    return [(occurrence, process, plan) for occurrence, process, plan in session.exec(query)]


# ------------------------------------------------------------------ one form


@dataclass(frozen=True)
class FormLine:
    """One line of a form, with what the unit said of it last time."""

    assignment: Assignment
    process: Process
    previous: Answer | None = None
    previous_label: str = ""

    @property
    def id(self) -> int:
        """The assignment's number: the line's name on the page."""
        return self.assignment.id or 0

    @property
    def deliverable(self) -> str | None:
        """What is to be delivered."""
        return self.assignment.deliverable or self.process.deliverable


@dataclass(frozen=True)
class FormTarget:
    """A target the form asks for; `baseline` is what the unit has said of the year it compares with."""

    target: Target
    own: bool
    baseline: str | None = None

    @property
    def id(self) -> int:
        """The target's number."""
        return self.target.id or 0

    @property
    def share(self) -> bool:
        """Whether it is a percentage: numerator and denominator."""
        return "%" in self.target.goal

    @property
    def asks_baseline(self) -> bool:
        """Whether the figure of the base year is still to be said."""
        return bool(self.target.baseline_year and not self.target.baseline and not self.baseline)


@dataclass(frozen=True)
class FormPage:
    """One form: the paper of one unit for one period."""

    unit: Unit
    assignment: Assignment
    occurrence: Occurrence
    process: Process
    plan: Plan
    lines: list[FormLine]
    targets: list[FormTarget]
    joined: list[tuple[Occurrence, Process]]
    names: Mapping[str, str]
    contacts: Mapping[str, str]
    draft: Draft | None
    last: Submission | None
    started_from: Body
    days_late: int
    returned: str | None = None
    extension: Extension | None = None
    concerns: list[Concern] = field(default_factory=list)
    alone: list[tuple[Assignment, Process]] = field(default_factory=list)

    @property
    def dated(self) -> bool:
        """Whether this is a task with a day of its own."""
        return self.assignment.kind == Kind.DATED

    @property
    def corrects(self) -> bool:
        """Whether sending it replaces a report nobody has confirmed."""
        return self.assignment.state == State.REPORTED and self.assignment.accepted_at is None

    @property
    def open(self) -> bool:
        """Whether the form still takes an answer."""
        return self.assignment.state in names(OPEN) or self.corrects

    @property
    def late(self) -> bool:
        """Whether sending it now is late and must say why."""
        return self.days_late > 0 and self.assignment.on_time is not False and not self.corrects

    @property
    def asked(self) -> Asked:
        """What the form asks, for `draft_body.filing_of`."""
        return Asked(
            lines=[line.id for line in self.lines],
            shares={one.id: one.share for one in self.targets},
            baselines={one.id: one.target.baseline_year for one in self.targets},
            dated=self.dated,
            deliverable=self.lines[0].deliverable if self.dated else None,
            late_after=self.assignment.late_after,
            was_late=self.assignment.on_time is False or self.corrects,
        )

    @property
    def body(self) -> Body:
        """What the form shows: the draft, else what it starts from."""
        return Body.of(self.draft.body) if self.draft else self.started_from


def form_page(session: Session, assignment: Assignment, now: datetime, days: WorkingDays) -> FormPage:
    """The form of a paper (`actions.forms.paper_of_unit`)."""
    [(_, occurrence, process, plan)] = _rows(session, col(Assignment.id) == assignment.id, 1, col(Assignment.id))
    lines, joined = _lines(session, assignment, occurrence)
    number = last_submission(session, assignment)
    last = session.get(Submission, number) if number else None
    units = {plan.issued_by, plan.tracker_id, process.tracker_id, *(process.details.get("to") or ())}
    units |= {process.details["via"]} if process.details.get("via") else set()
    mine = col(Assignment.id).in_([assignment.id, *(line.id for line in lines)])
    return FormPage(
        unit=session.get_one(Unit, assignment.unit_id),
        assignment=assignment,
        occurrence=occurrence,
        process=process,
        plan=plan,
        lines=lines,
        targets=_targets(session, assignment.unit_id, occurrence, [process, *(line.process for line in lines)]),
        joined=joined,
        names=dict(session.exec(select(Unit.id, Unit.name).where(col(Unit.id).in_(units))).all()),
        contacts=_contacts(session, process.tracker_id),
        draft=_draft(session, assignment),
        last=last,
        started_from=_start(session, assignment, last),
        days_late=max(0, -_distance(days, now.date(), assignment.late_after)),
        returned=_returned(session, assignment),
        extension=session.exec(
            select(Extension)
            .where(col(Extension.assignment_id) == assignment.id)
            .order_by(col(Extension.id).desc())
            .limit(1)
        ).first(),
        concerns=list(
            session.exec(
                select(Concern)
                .where(col(Concern.assignment_id).in_(select(Assignment.id).where(mine)))
                .order_by(col(Concern.id))
            )
        ),
        alone=_alone(session, assignment, plan.id) if assignment.kind != Kind.DATED else [],
    )


def _draft(session: Session, assignment: Assignment) -> Draft | None:
    mine = select(Draft).where(
        col(Draft.unit_id) == assignment.unit_id, col(Draft.occurrence_id) == assignment.occurrence_id
    )
    return session.exec(mine).first()


def _contacts(session: Session, unit_id: str) -> dict[str, str]:
    """Whom to ask: {channel: address} of the tracker, the officer's before the mailbox's."""
    rows = session.exec(
        select(ContactPoint.channel, ContactPoint.address)
        .where(col(ContactPoint.unit_id) == unit_id, col(ContactPoint.role).in_(("dau_moi", "van_thu")))
        .order_by(col(ContactPoint.role).desc())
    ).all()
    return {channel: address for channel, address in rows if address}


def _lines(
    session: Session, assignment: Assignment, occurrence: Occurrence
) -> tuple[list[FormLine], list[tuple[Occurrence, Process]]]:
    """The lines of a paper in printed order (of a dated task: itself), and the other periods it answers."""
    if assignment.kind == Kind.DATED:
        rows = _rows(session, col(Assignment.id) == assignment.id, 1, col(Assignment.id))
    else:
        together = asked_together(session, assignment)
        if assignment.state not in names(OPEN):
            number = last_submission(session, assignment)
            filed = select(Answer.assignment_id).where(col(Answer.submission_id) == number)
            together = or_(together, col(Assignment.id).in_(filed))
        mine = and_(together, col(Assignment.unit_id) == assignment.unit_id)
        rows = _rows(session, mine, 500, col(Assignment.id))
    lines = [row for row in rows if row[0].kind == Kind.COVERED or row[0].kind == Kind.DATED]
    lines.sort(key=lambda row: (row[3].id, row[2].position, row[0].id or 0))
    before = _previous(session, assignment, occurrence, [row[2].key for row in lines])
    found = [FormLine(a, p, *before.get(p.key, (None, ""))) for a, _, p, _ in lines]
    others = [(o, p) for a, o, p, _ in rows if a.kind == Kind.REPORT and a.id != assignment.id]
    return found, others


def _previous(
    session: Session, assignment: Assignment, occurrence: Occurrence, keys: Sequence[str]
) -> dict[str, tuple[Answer, str]]:
    """{process: the unit's last answer in an earlier period, and that period's name}."""
    query = (
        select(Occurrence.process_key, Answer, Occurrence.label)
        .select_from(Answer)
        .join(Assignment, col(Assignment.id) == Answer.assignment_id)
        .join(Occurrence, col(Occurrence.id) == Assignment.occurrence_id)
        .where(
            col(Assignment.unit_id) == assignment.unit_id,
            col(Occurrence.process_key).in_(keys),
            col(Occurrence.due_on) < occurrence.due_on,
        )
        .order_by(col(Occurrence.due_on), col(Answer.id))
    )
    return {key: (answer, label) for key, answer, label in session.exec(query)}


def _targets(
    session: Session, unit_id: str, occurrence: Occurrence, processes: Iterable[Process]
) -> list[FormTarget]:
    """The targets of these tasks and of the plan that still run in this period."""
    keys = {process.key for process in processes}
    plans = {process.plan_id for process in processes}
    begins = occurrence.cutoff_from or occurrence.period_start or occurrence.opens_on
    targets = session.exec(
        select(Target)
        .where(
            col(Target.plan_id).in_(plans),
            or_(col(Target.process_key).in_(keys), col(Target.process_key).is_(None)),
            or_(col(Target.by_on).is_(None), col(Target.by_on) >= begins),
            or_(col(Target.from_on).is_(None), col(Target.from_on) <= occurrence.due_on),
        )
        .order_by(col(Target.process_key).is_(None), col(Target.id))
    ).all()
    said = session.exec(
        select(IndicatorValue.target_id, IndicatorValue.note)
        .join(Submission, col(Submission.id) == IndicatorValue.submission_id)
        .where(
            col(Submission.unit_id) == unit_id,
            col(IndicatorValue.target_id).in_([one.id for one in targets if one.baseline_year and not one.baseline]),
            col(IndicatorValue.note).contains(BASELINE),
        )
    ).all()
    known = {target_id: note for target_id, note in said if note}
    return [FormTarget(one, one.process_key is not None, _base(known.get(one.id or 0))) for one in targets]


def _base(note: str | None) -> str | None:
    """The base figure out of a note that ends with it."""
    found = [part for part in (note or "").split("; ") if part.startswith(BASELINE)]
    return found[-1] if found else None


def _returned(session: Session, assignment: Assignment) -> str | None:
    """Why it came back, while it is to be sent again."""
    if assignment.redo_by is None or assignment.state not in names(OPEN):
        return None
    last = select(Transition.reason).where(
        col(Transition.assignment_id) == assignment.id, col(Transition.move) == Move.RETURN
    )
    return session.exec(last.order_by(col(Transition.id).desc()).limit(1)).first()


def _alone(session: Session, assignment: Assignment, plan_id: str) -> list[tuple[Assignment, Process]]:
    """The unit's open dated tasks of the plan: each is sent by itself."""
    query = with_process(select(Assignment, Process).select_from(Assignment)).where(
        col(Assignment.unit_id) == assignment.unit_id,
        col(Occurrence.plan_id) == plan_id,
        col(Assignment.kind) == Kind.DATED,
        col(Assignment.state).in_(names(OPEN)),
    )
    return [(a, p) for a, p in session.exec(query.order_by(col(Assignment.late_after), col(Process.position)))]


# ------------------------------------------------------------------ what a form starts from


def _start(session: Session, assignment: Assignment, last: Submission | None) -> Body:
    """What was sent for this period before; else an empty form that knows who filled in the last one."""
    if last is not None:
        return body_of(session, last)
    before = session.exec(
        select(Submission)
        .where(col(Submission.unit_id) == assignment.unit_id)
        .order_by(col(Submission.id).desc())
        .limit(1)
    ).first()
    return Body(by=before.by, position=before.position or "", phone=before.phone or "") if before else Body()


def body_of(session: Session, submission: Submission) -> Body:
    """A submission as a form that can be changed."""
    number, day, about = split_document(submission.document)
    body = Body(
        by=submission.by,
        position=submission.position or "",
        phone=submission.phone or "",
        narrative=submission.narrative or "",
        reason_late=submission.reason_late or "",
        number=number,
        day=day,
        about=about,
    )
    for answer in session.exec(select(Answer).where(col(Answer.submission_id) == submission.id)):
        number, day, about = split_document(answer.document)
        body.lines[answer.assignment_id] = LineBody(
            result=answer.result,
            text=answer.text or "",
            number=number,
            day=day,
            about=about,
            difficulties=answer.difficulties or "",
            proposals=answer.proposals or "",
        )
    for value in session.exec(select(IndicatorValue).where(col(IndicatorValue.submission_id) == submission.id)):
        body.figures[value.target_id] = FigureBody(shown(value.numerator), shown(value.denominator), value.note or "")
    for proof in session.exec(select(Evidence).where(col(Evidence.submission_id) == submission.id)):
        if proof.sha256:
            file = File(proof.name, proof.sha256, proof.size or 0, proof.media_type or "")
            where = body.lines.get(proof.assignment_id or 0)
            (where.files if where else body.files).append(file)
    return body


def as_before(lines: Iterable[FormLine], body: Body) -> int:
    """Như kỳ trước: copy the last period's words into what is still empty; returns how many lines were filled so.

    Documents and files stay behind: they proved the last period.
    """
    count = 0
    for line in lines:
        if (previous := line.previous) is None:
            continue
        typed = body.lines.setdefault(line.id, LineBody())
        before = (typed.result, typed.text, typed.difficulties, typed.proposals)
        typed.result = typed.result or previous.result
        typed.text = typed.text or previous.text or ""
        typed.difficulties = typed.difficulties or previous.difficulties or ""
        typed.proposals = typed.proposals or previous.proposals or ""
        count += before != (typed.result, typed.text, typed.difficulties, typed.proposals)
    return count


def nothing_happened(lines: Iterable[int], body: Body) -> None:
    """Không phát sinh, for chosen lines."""
    for key in lines:
        body.lines.setdefault(key, LineBody()).result = Result.NOTHING.value


# ------------------------------------------------------------------ what was filed


@dataclass(frozen=True)
class ReceiptLine:
    """One answer of a submission."""

    answer: Answer
    process: Process
    kind: str
    proofs: list[Evidence]


@dataclass(frozen=True)
class ReceiptPage:
    """One submission as its unit reads and prints it."""

    submission: Submission
    assignment: Assignment
    occurrence: Occurrence
    process: Process
    plan: Plan
    unit: Unit
    tracker: str
    lines: list[ReceiptLine]
    figures: list[tuple[IndicatorValue, Target]]
    proofs: list[Evidence]
    versions: list[Submission]
    days_late: int

    @property
    def code(self) -> str:
        """The mã biên nhận."""
        return f"BN{self.submission.id:06d}"

    @property
    def newest(self) -> bool:
        """Whether no later version replaces it."""
        return self.versions[-1].id == self.submission.id

    @property
    def may_correct(self) -> bool:
        """Whether it can still be put right."""
        waits = self.assignment.state == State.REPORTED and self.assignment.accepted_at is None
        return self.newest and waits


def receipt_page(session: Session, unit_id: str, number: int, days: WorkingDays) -> ReceiptPage | None:
    """A submission of this unit; None when it is not its own."""
    submission = session.get(Submission, number)
    if submission is None or submission.unit_id != unit_id:
        return None
    here = and_(
        col(Assignment.unit_id) == unit_id, col(Assignment.occurrence_id) == submission.occurrence_id
    )
    [(assignment, occurrence, process, plan)] = _rows(session, here, 1, col(Assignment.id))
    answers = with_process(
        select(Answer, Process, Assignment.kind)
        .select_from(Answer)
        .join(Assignment, col(Assignment.id) == Answer.assignment_id)
    ).where(col(Answer.submission_id) == number)
    proven = select(Evidence).where(col(Evidence.submission_id) == number).order_by(col(Evidence.id))
    proofs = session.exec(proven).all()
    figures = session.exec(
        select(IndicatorValue, Target)
        .join(Target, col(Target.id) == IndicatorValue.target_id)
        .where(col(IndicatorValue.submission_id) == number)
        .order_by(col(Target.id))
    )
    versions = session.exec(
        select(Submission)
        .where(col(Submission.unit_id) == unit_id, col(Submission.occurrence_id) == submission.occurrence_id)
        .order_by(col(Submission.id))
    )
    late = -_distance(days, submission.received_on, assignment.late_after)
    tracker = session.get(Unit, process.tracker_id)
    return ReceiptPage(
        submission=submission,
        assignment=assignment,
        occurrence=occurrence,
        process=process,
        plan=plan,
        unit=session.get_one(Unit, unit_id),
        tracker=tracker.name if tracker else process.tracker_id,
        lines=[
            ReceiptLine(answer, of, kind, [one for one in proofs if one.assignment_id == answer.assignment_id])
            for answer, of, kind in session.exec(answers.order_by(col(Process.position), col(Answer.id)))
            if kind != Kind.REPORT
        ],
        figures=[(value, target) for value, target in figures],
        proofs=[one for one in proofs if one.assignment_id is None],
        versions=list(versions),
        days_late=max(0, late),
    )


def own_file(session: Session, unit_id: str, sha256: str) -> tuple[str, str] | None:
    """(name, media type) of a file the unit has sent or keeps in a draft; None for any other."""
    sent = session.exec(
        select(Evidence.name, Evidence.media_type)
        .join(Submission, col(Submission.id) == Evidence.submission_id)
        .where(col(Submission.unit_id) == unit_id, col(Evidence.sha256) == sha256)
        .limit(1)
    ).first()
    if sent:
        return sent[0], sent[1] or ""
    for draft in session.exec(select(Draft).where(col(Draft.unit_id) == unit_id)):
        for file in Body.of(draft.body).all_files:
            if file.sha256 == sha256:
                return file.name, file.media_type
    return None
