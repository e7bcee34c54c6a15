"""Questions. Lists page by `after`; a title that is not for this reader is null."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import APIRouter, Query
from sqlalchemy import func
from sqlmodel import Session, col, select

from actions.reading import Totals as Counted
from actions.reading import classify
from actions.reading import totals as tables_of
from actions.verify_audit import verify
from calendars.spelling import fold
from calendars.working_days import WorkingDays
from models.accounts import Deed, Outcome
from models.database import reading
from models.forms import Concern, ConcernState
from models.ledger import NOT_ANSWERED, Answer, Assignment, Extension, Occurrence, Submission, Transition
from models.lifecycle import Kind, Stage, State
from models.outbox import Letter, LetterState
from models.plan import Plan, Process
from models.units import Unit

from ..questions import said
from ..rights import Admin, Sees, Visitor
from ..words import N_
from .common import PREFIX, TheHouse, answers, bearer, missing, the_plan
from .shapes import (
    After,
    AnswerOut,
    AssignmentDetail,
    AssignmentOut,
    ConcernOut,
    DeedOut,
    ExtensionOut,
    Id,
    Limit,
    Me,
    MessageOut,
    OccurrenceOut,
    Page,
    PlanDetail,
    PlanOut,
    ProcessOut,
    ProofOut,
    Short,
    Totals,
    TransitionOut,
    UnitOut,
    Units,
)

router = APIRouter(prefix=PREFIX, dependencies=[bearer], tags=["look"])


class Numbered(Protocol):
    """Something with a number."""

    id: int


Row = TypeVar("Row")
Item = TypeVar("Item", bound=Numbered)
Filter = Annotated[Short | None, Query()]


@router.get("/me", summary=N_("Khoá này là của ai"), responses=answers())
def me(visitor: Sees) -> Me:
    """Whose token this is, and what it may do."""
    return Me(login=visitor.login, name=visitor.name, role=visitor.role or "", plans=sorted(visitor.plans),
              writes=visitor.writes)  # fmt: skip


# ------------------------------------------------------------------ plans


@router.get("/plans", summary=N_("Các kế hoạch"), responses=answers())
def plans(house: TheHouse, visitor: Sees) -> list[PlanOut]:
    """Every plan in the ledger."""
    with reading(house.engine) as session:
        return [_plan(row, visitor) for row in session.exec(select(Plan).order_by(col(Plan.id)))]


@router.get("/plans/{plan_id}", summary=N_("Một kế hoạch, các nhiệm vụ và báo cáo của nó"), responses=answers(404))
def plan(house: TheHouse, visitor: Sees, plan_id: str) -> PlanDetail:
    """One plan with its tasks and report duties."""
    with reading(house.engine) as session:
        found = _plan(the_plan(session, plan_id), visitor)
        rows = session.exec(
            select(Process)
            .where(Process.plan_id == plan_id, col(Process.removed_on).is_(None))
            .order_by(col(Process.position), col(Process.key))
        )
        return PlanDetail(**found.model_dump(), processes=[_process(row, visitor) for row in rows])


@router.get("/plans/{plan_id}/totals", summary=N_("Hai bảng tổng hợp của một kế hoạch"), responses=answers(404))
def totals(house: TheHouse, visitor: Sees, plan_id: str) -> Totals:
    """The two official tables, counted by the database."""
    today = house.clock.now().date()
    with reading(house.engine) as session:
        the_plan(session, plan_id)
        empty = tables_of(session, [], plan=plan_id)
        tasks, reports = dict(empty.tasks), dict(empty.reports)
        counted = session.exec(
            select(Assignment.kind, Assignment.state, Assignment.on_time, func.count())
            .join(Occurrence, col(Occurrence.id) == Assignment.occurrence_id)
            .where(Occurrence.plan_id == plan_id)
            .group_by(Assignment.kind, Assignment.state, col(Assignment.on_time))
        )
        for kind, state, on_time, count in counted:
            of_kind: dict[str, Any] = {"kind": kind, "state": state, "on_time": on_time}
            (reports if kind == Kind.REPORT else tasks)[str(classify(Assignment(**of_kind), today))] += count
        sums = Counted(tasks, reports, empty.aside)
        return Totals(tasks=sums.tasks, reports=sums.reports, aside=sums.aside, checksum=sums.checksum)


def _plan(row: Plan, visitor: Visitor) -> PlanOut:
    hidden = row.confidential and not visitor.may_read_confidential(row.id)
    return PlanOut(
        id=row.id,
        title=None if hidden else row.title,
        number=row.number,
        status=row.status,
        issued_by=row.issued_by,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        track_from=row.track_from,
        tracker=row.tracker_id,
        confidential=row.confidential,
        version=row.version,
    )


def _title(row: Process, visitor: Visitor) -> str | None:
    return None if row.confidential and not visitor.may_read_confidential(row.plan_id) else row.title


def _process(row: Process, visitor: Visitor) -> ProcessOut:
    title = _title(row, visitor)
    return ProcessOut(
        key=row.key,
        kind=row.kind,
        code=row.code,
        title=title,
        section=row.section,
        condition=row.condition,
        phrase=row.phrase,
        deliverable=row.deliverable if title is not None else None,
    )


# ------------------------------------------------------------------ occurrences and assignments


@router.get("/occurrences", summary=N_("Việc và báo cáo theo kỳ"), responses=answers())
def occurrences(
    house: TheHouse,
    visitor: Sees,
    plan: Filter = None,
    period: Filter = None,
    stage: Stage | None = None,
    after: After = 0,
    limit: Limit = 50,
) -> Page[OccurrenceOut]:
    """Tasks and reports by period, in the order they were made."""
    query = (
        select(Occurrence, Process)
        .join(Process, col(Process.key) == Occurrence.process_key)
        .where(col(Occurrence.id) > after)
        .order_by(col(Occurrence.id))
        .limit(limit + 1)
    )
    for column, value in ((Occurrence.plan_id, plan), (Occurrence.period, period), (Occurrence.stage, stage)):
        if value is not None:
            query = query.where(column == str(value))
    with reading(house.engine) as session:
        rows = session.exec(query).all()
        return _page(rows, limit, lambda row: _occurrence(row[0], row[1], visitor))


def _page(rows: Sequence[Row], limit: int, shape: Callable[[Row], Item]) -> Page[Item]:
    """The page of one row too many, and where the next one begins."""
    items = [shape(row) for row in rows[:limit]]
    return Page(items=items, next=items[-1].id if len(rows) > limit else None)


def _occurrence(row: Occurrence, process: Process, visitor: Visitor) -> OccurrenceOut:
    return OccurrenceOut(
        id=row.id or 0,
        plan=row.plan_id,
        process=row.process_key,
        title=_title(process, visitor),
        kind=row.kind,
        period=row.period,
        label=row.label,
        stage=row.stage,
        opens_on=row.opens_on,
        cutoff_on=row.cutoff_on,
        due_on=row.due_on,
        late_after=row.late_after,
        provisional=row.provisional,
    )


@router.get("/assignments", summary=N_("Phần việc của các đơn vị"), responses=answers())
def assignments(
    house: TheHouse,
    visitor: Sees,
    plan: Filter = None,
    period: Filter = None,
    unit: Filter = None,
    state: State | None = None,
    kind: Kind | None = None,
    after: After = 0,
    limit: Limit = 50,
) -> Page[AssignmentOut]:
    """Units' parts, in the order they were made."""
    query = (
        select(Assignment, Occurrence, Process)
        .join(Occurrence, col(Occurrence.id) == Assignment.occurrence_id)
        .join(Process, col(Process.key) == Occurrence.process_key)
        .where(col(Assignment.id) > after)
        .order_by(col(Assignment.id))
        .limit(limit + 1)
    )
    wanted = ((Occurrence.plan_id, plan), (Occurrence.period, period), (Assignment.unit_id, unit),
              (Assignment.state, state), (Assignment.kind, kind))  # fmt: skip
    for column, value in wanted:
        if value is not None:
            query = query.where(column == str(value))
    if state is not None and state is not State.REPORTED:
        query = query.where(said(NOT_ANSWERED))
    today, days = house.clock.now().date(), house.rules.days
    with reading(house.engine) as session:
        rows = session.exec(query).all()
        return _page(rows, limit, lambda row: AssignmentOut(**_assignment(*row[:3], visitor, today, days)))


def _assignment(a: Assignment, o: Occurrence, p: Process, visitor: Visitor, today: Any, days: WorkingDays) -> Any:
    return {
        "id": a.id,
        "plan": o.plan_id,
        "process": o.process_key,
        "title": _title(p, visitor),
        "occurrence": o.id,
        "period": o.period,
        "label": o.label,
        "unit": a.unit_id,
        "kind": a.kind,
        "state": a.state,
        "due_on": a.due_on,
        "first_due_on": a.first_due_on,
        "late_after": a.late_after,
        "days_late": days.count(a.late_after, today) if a.state == State.OVERDUE else 0,
        "result": a.result,
        "received_on": a.received_on,
        "on_time": a.on_time,
        "accepted": a.accepted_at is not None,
        "redo_by": a.redo_by,
        "extensions": a.extensions,
        "covered_by": a.covered_by,
    }


@router.get("/assignments/{assignment_id}", summary=N_("Một phần việc và lịch sử của nó"), responses=answers(404))
def assignment(house: TheHouse, visitor: Sees, assignment_id: Id) -> AssignmentDetail:
    """One unit's part with its moves, what it has answered, and its requests for more time."""
    today, days = house.clock.now().date(), house.rules.days
    with reading(house.engine) as session:
        found = session.exec(
            select(Assignment, Occurrence, Process)
            .join(Occurrence, col(Occurrence.id) == Assignment.occurrence_id)
            .join(Process, col(Process.key) == Occurrence.process_key)
            .where(Assignment.id == assignment_id)
        ).first()
        if found is None:
            raise missing(f"phần việc số {assignment_id}")
        hidden = _title(found[2], visitor) is None
        return AssignmentDetail(
            **_assignment(*found, visitor, today, days),
            transitions=_transitions(session, assignment_id),
            answers=[] if hidden else _answers(session, assignment_id),
            extension_requests=[] if hidden else _extensions(session, assignment_id),
        )


def _transitions(session: Session, assignment_id: int) -> list[TransitionOut]:
    rows = session.exec(
        select(Transition).where(Transition.assignment_id == assignment_id).order_by(col(Transition.id))
    )
    return [TransitionOut(move=row.move, from_state=row.from_state, to_state=row.to_state, at=row.at, by=row.by,
                          reason=row.reason) for row in rows]  # fmt: skip


def _answers(session: Session, assignment_id: int) -> list[AnswerOut]:
    rows = session.exec(
        select(Answer, Submission)
        .join(Submission, col(Submission.id) == Answer.submission_id)
        .where(Answer.assignment_id == assignment_id)
        .order_by(col(Answer.id))
    )
    return [
        AnswerOut(
            submission=filed.id or 0,
            received_on=filed.received_on,
            recorded_at=filed.recorded_at,
            by=filed.by,
            document=answer.document or filed.document,
            reason_late=filed.reason_late,
            result=answer.result,
            text=answer.text,
            difficulties=answer.difficulties,
            proposals=answer.proposals,
        )
        for answer, filed in rows
    ]


def _extensions(session: Session, assignment_id: int) -> list[ExtensionOut]:
    rows = session.exec(select(Extension).where(Extension.assignment_id == assignment_id).order_by(col(Extension.id)))
    return [ExtensionOut(id=row.id or 0, state=row.state, wanted_on=row.wanted_on, reason=row.reason,
                         asked_by=row.asked_by, granted_on=row.granted_on, decision=row.decision)
            for row in rows]  # fmt: skip


# ------------------------------------------------------------------ units, messages, concerns, audit


@router.get("/units", summary=N_("Các đơn vị"), responses=answers())
def units(house: TheHouse, visitor: Sees, q: Filter = None, after: After = 0, limit: Limit = 50) -> Units:
    """Units in the order of the config; `q` finds a part of the name, also without diacritics."""
    query = select(Unit).where(col(Unit.position) >= after).order_by(col(Unit.position), col(Unit.id)).limit(limit + 1)
    if q:
        query = query.where(col(Unit.folded).contains(fold(q), autoescape=True))
    with reading(house.engine) as session:
        rows = session.exec(query).all()
        behind = rows[limit].position if len(rows) > limit and rows[limit].position > after else None
        return Units(items=[_unit(row) for row in rows[:limit]], next=behind)


def _unit(row: Unit) -> UnitOut:
    return UnitOut(id=row.id, name=row.name, short=row.short, kind=row.kind, parent=row.parent_id,
                   valid_from=row.valid_from, valid_to=row.valid_to, sample=row.sample)  # fmt: skip


@router.get("/units/{unit_id:path}", summary=N_("Một đơn vị"), responses=answers(404))
def unit(house: TheHouse, visitor: Sees, unit_id: str) -> UnitOut:
    """One unit; its id may hold slashes."""
    with reading(house.engine) as session:
        found = session.get(Unit, unit_id)
        if found is None:
            raise missing("đơn vị này")
        return _unit(found)


@router.get("/messages", summary=N_("Thư, mới nhất trước"), responses=answers())
def messages(
    house: TheHouse, visitor: Sees, state: LetterState | None = None, after: After = 0, limit: Limit = 50
) -> Page[MessageOut]:
    """Letters, the newest first."""
    query = select(Letter).order_by(col(Letter.id).desc()).limit(limit + 1)
    if after:
        query = query.where(col(Letter.id) < after)
    if state:
        query = query.where(Letter.state == state)
    with reading(house.engine) as session:
        return _page(session.exec(query).all(), limit, _message)


def _message(row: Letter) -> MessageOut:
    return MessageOut(id=row.id or 0, day=row.day, recipient=row.recipient, channel=row.carried_by or row.channel,
                      sender=row.sender_id, state=row.state, subject=row.subject, sent_at=row.sent_at,
                      tries=row.tries)  # fmt: skip


@router.get("/concerns", summary=N_("Vướng mắc và việc không thuộc trách nhiệm"), responses=answers())
def concerns(
    house: TheHouse, visitor: Sees, state: ConcernState | None = None, after: After = 0, limit: Limit = 50
) -> Page[ConcernOut]:
    """What units have raised, the oldest first."""
    query = select(Concern).where(col(Concern.id) > after).order_by(col(Concern.id)).limit(limit + 1)
    if state:
        query = query.where(Concern.state == state)
    with reading(house.engine) as session:
        return _page(session.exec(query).all(), limit, concern_out)


def concern_out(row: Concern) -> ConcernOut:
    """A concern as JSON."""
    return ConcernOut(id=row.id or 0, assignment=row.assignment_id, kind=row.kind, text=row.text,
                      rather_unit=row.rather_unit, raised_by=row.raised_by, raised_at=row.raised_at, state=row.state,
                      answer=row.answer)  # fmt: skip


@router.get("/audit", summary=N_("Nhật ký: ai đã làm gì, mới nhất trước"), responses=answers())
def audit(
    house: TheHouse, visitor: Sees, outcome: Outcome | None = None, after: After = 0, limit: Limit = 50
) -> Page[DeedOut]:
    """Deeds at the portal, also refused and denied ones, the newest first."""
    query = select(Deed).order_by(col(Deed.id).desc()).limit(limit + 1)
    if after:
        query = query.where(col(Deed.id) < after)
    if outcome:
        query = query.where(Deed.outcome == outcome)
    with reading(house.engine) as session:
        return _page(session.exec(query).all(), limit, lambda row: DeedOut(**row.model_dump()))


@router.get("/audit/proof", summary=N_("Kiểm tra chuỗi nhật ký"), responses=answers())
def proof(house: TheHouse, visitor: Admin) -> ProofOut:
    """Recompute the whole chain (`dondoc audit verify`): seconds for a small ledger, minutes for a large one."""
    with reading(house.engine) as session:
        found = verify(session)
        return ProofOut(ok=found.ok, links=found.links, rows=found.rows, unsealed=found.unsealed, head=found.head,
                        breaks=[vars(one) for one in found.breaks])  # fmt: skip
