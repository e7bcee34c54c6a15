"""What a unit is told of its own report: a receipt (biên nhận) the next morning, a return (trả lại) today.

Both are notices like any other, decided in the transaction of the deed they answer, each once for its submission. They
belong to no ladder and count as no reminder. Bodies that no machine writes to get neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

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
    roles = session.exec(
        select(ContactPoint.role, ContactPoint.recipient).where(
            col(ContactPoint.unit_id) == assignment.unit_id, col(ContactPoint.channel) != PHONE
        )
    ).all()
    reached = dict(roles)
    official = next((reached[role] for role in OFFICIAL if role in reached), None)
    _plan(session, assignment, RECEIPT, submission_id, (official, reached.get("thu_truong")), now,
          now.date() + timedelta(days=1))  # fmt: skip


def plan_return(session: Session, assignment: Assignment, submission_id: int, now: datetime) -> None:
    """To whoever leads the work and to the head: the reason, and the day to send it again by."""
    party = session.exec(with_plan_and_party(select(Party, Assignment)).where(col(Assignment.id) == assignment.id))
    found = party.first()
    if found:
        who = (found[0].to_lead, found[0].to_head)
        _plan(session, assignment, RETURN, submission_id, who, now, now.date())


def _plan(
    session: Session,
    assignment: Assignment,
    wording: str,
    submission_id: int,
    recipients: Iterable[str | None],
    now: datetime,
    send_on: date,
) -> None:
    wanted = {recipient for recipient in recipients if recipient}
    query = (
        with_plan_and_party(select(ContactPoint, Occurrence, Plan).select_from(Assignment))
        .join(ContactPoint, col(ContactPoint.recipient).in_(wanted))
        .where(col(Assignment.id) == assignment.id, col(Party.silent).is_(None), col(ContactPoint.channel) != PHONE)
        .order_by(col(ContactPoint.recipient), col(ContactPoint.channel))
    )
    rows = [
        {
            "assignment_id": assignment.id,
            "plan_id": plan.id,
            "process_key": occurrence.process_key,
            "unit_id": assignment.unit_id,
            "step": f"{wording}-{submission_id}",
            "tone": Tone.ANSWER.value,
            "wording": wording,
            "each": "unit",
            "recipient": contact.recipient,
            "channel": contact.channel,
            "sender_id": plan.sender_id,
            "due_on": now.date(),
            "send_on": send_on,
            "state": NoticeState.PLANNED.value,
            "planned_at": now,
        }
        for contact, occurrence, plan in session.exec(query)
    ]
    if rows:
        session.execute(insert_once(session, Notice), rows)
