"""The unit's deeds: begin, and report. One submission answers all of a unit's lines of a period."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import pendulum
from sqlalchemy import and_, case, func, insert, update
from sqlmodel import Session, col

from models.columns import ZONE
from models.crash import kill_point
from models.forms import IndicatorValue
from models.ledger import Answer, Assignment, Occurrence, Submission
from models.lifecycle import Kind, Move, Result, State

from .evidence import Proof, attach
from .move import Held, Refused, hold, move, occurrences_of, settle
from .paper import asked_together, speaker_of
from .tell_back import plan_receipt

UNSAID = "đơn vị chưa nêu lý do chậm"


@dataclass(frozen=True)
class Line:
    """What a unit says of one line (an assignment) of its report."""

    result: Result
    text: str | None = None
    document: str | None = None
    difficulties: str | None = None
    proposals: str | None = None
    proofs: Sequence[Proof] = ()


@dataclass(frozen=True)
class Indicator:
    """What a unit says of a target: decimals as text, `denominator` where the target is a share."""

    target_id: int
    numerator: str
    denominator: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Filing:
    """What a unit files: the day that counts, its paper, what it says of each line (`lines` by assignment id; one
    that is missing takes `result` and `text`), and what proves it (links, files already stored).

    A clerk who enters it `on_behalf` of the unit may not know why it is late: then `UNSAID` stands for the reason.
    `by` is who filled it in, `approved_by` the head who approved it.
    """

    by: str
    result: Result = Result.DONE
    received_on: date | None = None
    document: str | None = None
    text: str | None = None
    reason_late: str | None = None
    on_behalf: bool = False
    lines: Mapping[int, Line] = field(default_factory=dict)
    proofs: Sequence[Proof] = ()
    position: str | None = None
    phone: str | None = None
    narrative: str | None = None
    approved_by: str | None = None
    indicators: Sequence[Indicator] = ()


def start(session: Session, assignment: Assignment, now: datetime, *, by: str) -> None:
    """The unit acknowledges: đang thực hiện. Refused when it has begun or answered already."""
    which = asked_together(session, assignment)
    if not move(session, which, Move.START, now, by=by, started_at=now):
        raise Refused(f"phần việc đang ở trạng thái “{_state(session, assignment)}”, không thể bắt đầu")
    settle(session, occurrences_of(session, which), now)


def submit_report(session: Session, assignment: Assignment, filing: Filing, now: datetime) -> Submission:
    """File a report or the result of a dated task.

    A report answers its covered lines and the periods its paper also answers. A dated task ends only on `done`, with
    a document when a deliverable is named; any other answer is progress and its deadline stands. What comes after its
    last day needs a reason. The unit gets a receipt.
    """
    received_on = filing.received_on or now.date()
    dated = assignment.kind == Kind.DATED
    which = col(Assignment.id) == assignment.id if dated else asked_together(session, assignment)
    held = hold(session, which)
    session.refresh(assignment)
    if filing.on_behalf and _must_say_why(assignment, filing, received_on):
        filing = replace(filing, reason_late=UNSAID)
    _check(session, assignment, filing, received_on, now.date())
    submission = Submission(
        unit_id=assignment.unit_id,
        occurrence_id=assignment.occurrence_id,
        received_on=received_on,
        recorded_at=now,
        by=filing.by,
        document=filing.document,
        reason_late=filing.reason_late,
        position=filing.position,
        phone=filing.phone,
        narrative=filing.narrative,
        approved_by=filing.approved_by,
    )
    session.add(submission)
    session.flush()
    progress = dated and filing.result is not Result.DONE
    write_answers(session, submission, held.ids, filing)
    attach(session, submission, filing.proofs, document=filing.document)
    if progress:
        _note_progress(session, held, filing, now)
    else:
        _answer(session, held, filing, received_on, now, at=_became_true(assignment, received_on, now))
    plan_receipt(session, assignment if dated else speaker_of(session, assignment), submission.id or 0, now)
    settle(session, held.occurrences, now)
    kill_point("before-commit")
    return submission


def _check(session: Session, assignment: Assignment, filing: Filing, received_on: date, today: date) -> None:
    if received_on > today:
        raise Refused(f"ngày nhận {received_on:%d/%m/%Y} còn ở phía trước; hôm nay là {today:%d/%m/%Y}")
    if received_on < assignment.opened_on and received_on < _opens_on(session, assignment):
        raise Refused(f"ngày nhận {received_on:%d/%m/%Y} trước ngày mở kỳ {assignment.opened_on:%d/%m/%Y}")
    if assignment.state in (State.REPORTED, State.MISSED, State.WITHDRAWN):
        raise Refused(f"phần việc đã ở trạng thái “{_state(session, assignment)}”; trả lại trước rồi mới nộp lại")
    if assignment.covered_by:
        raise Refused("việc này là một dòng của báo cáo; nộp ở báo cáo của đơn vị trong kỳ")
    ends = assignment.kind == Kind.DATED and filing.result is Result.DONE
    if ends and assignment.deliverable and not filing.document:
        raise Refused(f'nhiệm vụ có sản phẩm “{assignment.deliverable}”: cần số, ngày văn bản (--document "số, ngày")')
    if _must_say_why(assignment, filing, received_on):
        raise Refused(
            f"đã quá hạn {assignment.late_after:%d/%m/%Y}: nộp muộn phải nêu lý do chậm; "
            "nếu văn bản đến trước hạn thì ghi ngày nhận"
        )


def _must_say_why(assignment: Assignment, filing: Filing, received_on: date) -> bool:
    """Whether an answer is late, and has not said why; what was late once and is returned has."""
    answers = assignment.kind != Kind.DATED or filing.result is Result.DONE
    late = received_on > assignment.late_after and assignment.on_time is not False
    return answers and late and not (filing.reason_late or "").strip()


def _opens_on(session: Session, assignment: Assignment) -> date:
    occurrence = session.get(Occurrence, assignment.occurrence_id)
    assert occurrence is not None
    return occurrence.opens_on


def _state(session: Session, assignment: Assignment) -> str:
    session.refresh(assignment)
    return assignment.state


def write_answers(session: Session, submission: Submission, ids: Iterable[int], filing: Filing) -> None:
    """What a submission says of each of these assignments, with their proofs and its figures."""
    rows = []
    for assignment_id in ids:
        line = filing.lines.get(assignment_id) or Line(filing.result, filing.text, filing.document)
        rows.append(
            {
                "submission_id": submission.id,
                "assignment_id": assignment_id,
                "result": line.result.value,
                "text": line.text,
                "document": line.document,
                "difficulties": line.difficulties,
                "proposals": line.proposals,
            }
        )
        attach(session, submission, line.proofs, assignment_id=assignment_id)
    if rows:
        session.execute(insert(Answer), rows)
    said = [{"submission_id": submission.id, **vars(indicator)} for indicator in filing.indicators]
    if said:
        session.execute(insert(IndicatorValue), said)


def _note_progress(session: Session, held: Held, filing: Filing, now: datetime) -> None:
    move(session, held, Move.START, now, by=filing.by, reason=filing.result.value, started_at=now)
    session.execute(
        update(Assignment).where(held.condition).values(result=filing.result.value)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def _became_true(assignment: Assignment, received_on: date, now: datetime) -> datetime:
    """When the unit answered: now, or the day its paper was received (its hour is not known), once it was asked."""
    if received_on >= now.date():
        return now
    day = pendulum.datetime(received_on.year, received_on.month, received_on.day, tz=ZONE)
    return max(day, min(assignment.opened_at, now))


def _answer(
    session: Session,
    held: Held,
    filing: Filing,
    received_on: date,
    now: datetime,
    *,
    at: datetime,
) -> None:
    in_time = and_(col(Assignment.late_after) >= received_on, func.coalesce(Assignment.on_time, True))
    if not move(session, held, Move.SUBMIT, now, by=filing.by, at=at, reason=filing.reason_late,
                on_time=case((in_time, True), else_=False), result=filing.result.value, answered_at=now,
                received_on=received_on, accepted_at=None):  # fmt: skip
        raise Refused("phần việc vừa được trả lời hoặc đã chốt; không ghi thêm gì")
