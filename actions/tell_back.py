"""What a unit is told of its own report: a receipt (biên nhận) the next morning, a return (trả lại) today.

Both are notices like any other, decided in the transaction of the deed they answer, each once for its submission. They
belong to no ladder and count as no reminder. Bodies that no machine writes to get neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from models.database import insert_once
from models.ladder import Tone
from models.ledger import Assignment, Occurrence
from models.outbox import Notice, NoticeState
from models.plan import Party, Plan
from models.units import PHONE, ContactPoint

from .joins import with_plan_and_party

RECEIPT, RETURN = "bien-nhan", "tra-lai"
OFFICIAL = ("van_thu", "dau_moi")  # the official mailbox, or who answers for the unit when it has none


def plan_receipt(session: Session, assignment: Assignment, submission_id: int, now: datetime) -> None:
    """To the official mailbox and the head of the unit: received, on which day, under which number."""
    points = session.execute(_OF_UNIT, {"unit": assignment.unit_id}).tuples().all()
    of_role = {role: recipient for role, recipient, _ in points}
    official = next((of_role[role] for role in OFFICIAL if role in of_role), None)
    wanted = {official, of_role.get("thu_truong")}
    reached = [(recipient, channel) for _, recipient, channel in points if recipient in wanted]
    _plan(session, assignment, RECEIPT, submission_id, reached, now, now.date() + timedelta(days=1))


def plan_return(session: Session, assignment: Assignment, submission_id: int, now: datetime) -> None:
    """To whoever leads the work and to the head: the reason, and the day to send it again by."""
    query = with_plan_and_party(select_columns(col(Party.to_lead), col(Party.to_head)).select_from(Assignment))
    wanted = session.execute(query.where(col(Assignment.id) == assignment.id)).first()
    if wanted:
        points = session.execute(_OF_RECIPIENTS, {"recipients": [one for one in wanted if one]}).tuples().all()
        _plan(session, assignment, RETURN, submission_id, points, now, now.date())


_POINTS = (
    select_columns(col(ContactPoint.role), col(ContactPoint.recipient), col(ContactPoint.channel))
    .where(col(ContactPoint.channel) != PHONE)
    .order_by(col(ContactPoint.recipient), col(ContactPoint.channel))
)
_OF_UNIT = _POINTS.where(col(ContactPoint.unit_id) == bindparam("unit"))
_OF_RECIPIENTS = _POINTS.with_only_columns(col(ContactPoint.recipient), col(ContactPoint.channel)).where(
    col(ContactPoint.recipient).in_(bindparam("recipients", expanding=True))
)
_WORK = with_plan_and_party(
    select_columns(col(Occurrence.plan_id), col(Occurrence.process_key), col(Plan.sender_id)).select_from(Assignment)
).where(col(Assignment.id) == bindparam("assignment"), col(Party.silent).is_(None))


def _plan(
    session: Session,
    assignment: Assignment,
    wording: str,
    submission_id: int,
    reached: Sequence[tuple[str, str]],
    now: datetime,
    send_on: date,
) -> None:
    """One notice to each (recipient, channel), unless the unit is one that no machine writes to."""
    work = session.execute(_WORK, {"assignment": assignment.id}).first() if reached else None
    if work is None:
        return
    plan_id, process_key, sender_id = work
    rows = [
        {
            "assignment_id": assignment.id,
            "plan_id": plan_id,
            "process_key": process_key,
            "unit_id": assignment.unit_id,
            "step": f"{wording}-{submission_id}",
            "tone": Tone.ANSWER.value,
            "wording": wording,
            "each": "unit",
            "recipient": recipient,
            "channel": channel,
            "sender_id": sender_id,
            "due_on": now.date(),
            "send_on": send_on,
            "state": NoticeState.PLANNED.value,
            "planned_at": now,
        }
        for recipient, channel in reached
    ]
    session.execute(insert_once(session, Notice), rows)
