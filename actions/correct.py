"""A unit puts its report right while nobody has confirmed it (sửa báo cáo): a new version, the first day kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_
from sqlmodel import Session, col, select

from models.ledger import Answer, Assignment, Submission
from models.lifecycle import Kind, Move, Result, State

from .evidence import attach
from .move import Refused, hold, lock, mark, settle
from .paper import filed_together, last_submission, speaker_of
from .submit import Filing, write_answers
from .tell_back import plan_receipt


def correct_report(session: Session, assignment: Assignment, filing: Filing, now: datetime) -> Submission:
    """File the same report again. The day it was received, and whether that was on time, stay as they were.

    The version before is kept and named in `corrects`. Refused once it is confirmed or returned, and for a dated task
    that turns out not to be done: then whoever tracks it returns it.
    """
    lock(session, filed_together([assignment.id or 0]))
    number = last_submission(session, assignment)  # held: nobody corrects it at the same time
    mine = col(Assignment.id).in_(select(Answer.assignment_id).where(col(Answer.submission_id) == number))
    held = hold(session, mine)
    session.refresh(assignment)
    before = session.get(Submission, number)
    if before is None or assignment.state != State.REPORTED or assignment.accepted_at is not None:
        raise Refused("báo cáo đã được xác nhận hoặc trả lại; không sửa được nữa")
    dated = assignment.kind == Kind.DATED
    if dated and filing.result is not Result.DONE:
        raise Refused("nhiệm vụ đã báo hoàn thành; nếu chưa xong, đề nghị đơn vị theo dõi trả lại")
    after = Submission(
        unit_id=before.unit_id,
        occurrence_id=before.occurrence_id,
        received_on=before.received_on,
        recorded_at=now,
        by=filing.by,
        document=filing.document or before.document,
        reason_late=before.reason_late or filing.reason_late,
        position=filing.position,
        phone=filing.phone,
        narrative=filing.narrative,
        approved_by=filing.approved_by,
        corrects=before.id,
    )
    session.add(after)
    session.flush()
    write_answers(session, after, held.ids, filing)
    attach(session, after, filing.proofs, document=after.document)
    waiting = and_(held.condition, col(Assignment.state) == State.REPORTED, col(Assignment.accepted_at).is_(None))
    if not mark(session, waiting, Move.CORRECT, now, by=filing.by, result=filing.result.value):
        raise Refused("báo cáo vừa được xác nhận; không sửa được nữa")
    plan_receipt(session, assignment if dated else speaker_of(session, assignment), after.id or 0, now)
    settle(session, held.occurrences, now)
    return after
