"""What one piece of paper answers: a report with its lines, and the periods joined to it (`together_with`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_, update
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from models.ledger import Answer, Assignment, Occurrence
from models.lifecycle import OPEN, Stage, State, names

from .move import with_lines


def asked_together(session: Session, assignment: Assignment) -> ColumnElement[bool]:
    """The assignment (or the report that asks it), its lines, and the unit's open periods the same paper answers."""
    report = session.get(Assignment, assignment.covered_by) if assignment.covered_by else assignment
    assert report is not None
    ids = session.scalars(_SAME_PAPER, {"asked": report.occurrence_id, "of": report.unit_id})
    return with_lines([*ids, report.id or 0])


_ASKED = aliased(Occurrence)
_FIRST = (
    select_columns(func.coalesce(_ASKED.joined_to, _ASKED.id))
    .where(col(_ASKED.id) == bindparam("asked"))
    .scalar_subquery()
)
_TOGETHER = select_columns(col(Occurrence.id)).where(
    or_(col(Occurrence.id) == _FIRST, col(Occurrence.joined_to) == _FIRST), col(Occurrence.stage) == Stage.OPEN
)
_SAME_PAPER = select_columns(col(Assignment.id)).where(
    col(Assignment.occurrence_id).in_(_TOGETHER), col(Assignment.unit_id) == bindparam("of")
)


def speaker_of(session: Session, assignment: Assignment) -> Assignment:
    """The one assignment of a paper that is written to and asked for more time: others follow it."""
    if assignment.sends:
        return assignment
    first = (
        select(Assignment)
        .join(Occurrence, col(Occurrence.joined_to) == Assignment.occurrence_id)
        .where(col(Occurrence.id) == assignment.occurrence_id, col(Assignment.unit_id) == assignment.unit_id)
    )
    return session.exec(first).first() or assignment


def filed_together(ids: Sequence[int]) -> ColumnElement[bool]:
    """The assignments of `ids`, their lines, and all that their last submissions answered."""
    last = (
        select(func.max(Answer.submission_id)).where(col(Answer.assignment_id).in_(ids)).group_by(Answer.assignment_id)  # type: ignore[arg-type]
    )
    answered = select(Answer.assignment_id).where(col(Answer.submission_id).in_(last))
    return or_(with_lines(ids), col(Assignment.id).in_(answered))


def last_submission(session: Session, assignment: Assignment) -> int:
    """The number of the submission that last answered an assignment; 0 when none did."""
    query = select(func.max(Answer.submission_id)).where(col(Answer.assignment_id) == assignment.id)
    return session.exec(query).one() or 0


def let_others_speak(session: Session, ended: ColumnElement[bool], now: datetime) -> None:
    """A period whose paper was to be another one's speaks for itself once that one is missed or withdrawn.

    `ended` says which assignments have just ended, as a condition on `Assignment`.
    """
    mine, first, was = aliased(Occurrence), aliased(Occurrence), aliased(Assignment)
    gone = select(Assignment.id).where(ended, col(Assignment.state).in_(names((State.MISSED, State.WITHDRAWN))))
    left_alone = exists().where(
        col(mine.id) == Assignment.occurrence_id,
        col(first.id) == mine.joined_to,
        col(was.occurrence_id) == first.id,
        col(was.unit_id) == Assignment.unit_id,
        col(was.id).in_(gone),
    )
    owed = and_(
        col(Assignment.sends).is_(False), col(Assignment.covered_by).is_(None), col(Assignment.state).in_(names(OPEN))
    )
    session.execute(
        update(Assignment)
        .where(owed, left_alone)
        .values(sends=True, rungs_until=None, next_on=now.date())
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
