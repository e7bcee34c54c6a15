"""Letters a person has just asked for: a new link to the unit's page, a report that waits for its head.

They leave with the next round of the post, whatever the hour: somebody is waiting for them. So that they neither use
up nor hold up the day's letter to the same reader, they are sent in the name of the body above the department that
writes the plan's letters; where that one has written today already, with whatever leaves next. The ledger keeps no
link: its letter names the door, and the post puts the signed address in its place.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from models.database import insert_once
from models.ladder import Tone
from models.ledger import Assignment, Occurrence
from models.outbox import Letter, LetterState, Notice, NoticeState
from models.plan import Party, Plan, Process
from models.units import PHONE, ContactPoint, Unit

from .delegate import away_on
from .move import Refused
from .rules import Rules

LINK, APPROVAL = "lien-ket", "trinh-duyet"
REGISTERED = ("van_thu", "dau_moi")  # the official mailbox, or who answers for the unit when it has none
HEAD = "thu_truong"
DEPARTMENTS = frozenset({"phong", "van-phong", "thanh-tra", "lanh-dao"})


def send_unit_link(session: Session, rules: Rules, unit_id: str, now: datetime) -> bool:
    """Send a unit a new link, to its registered address and nowhere else; False when there is none, or no work."""
    unit = session.get(Unit, unit_id)
    if unit is None or (unit.valid_to and unit.valid_to < now.date()):
        return False
    contact = _contact(session, unit_id, REGISTERED)
    plan = _plan_of(session, unit_id)
    if contact is None or plan is None:
        return False
    step = f"{LINK}-{now:%Y%m%dT%H%M%S}"
    _plan(session, rules, plan, "", None, unit_id, contact, LINK, step, now)
    return True


def send_for_approval(session: Session, rules: Rules, assignment: Assignment, name: str, now: datetime) -> str:
    """Ask the unit's head to approve the draft `name` (`<draft>-<version>`); returns whom. Refused without address."""
    contact = _contact(session, assignment.unit_id, (HEAD,))
    if contact is None:
        raise Refused("chưa có địa chỉ thư của thủ trưởng đơn vị; tải bản .docx để trình ký, rồi gửi số, ngày văn bản")
    occurrence = session.get_one(Occurrence, assignment.occurrence_id)
    plan = session.get_one(Plan, occurrence.plan_id)
    _plan(session, rules, plan, occurrence.process_key, assignment.id, assignment.unit_id, contact, APPROVAL,
          f"{APPROVAL}-{name}", now)  # fmt: skip
    return contact.recipient


def _contact(session: Session, unit_id: str, roles: tuple[str, ...]) -> ContactPoint | None:
    query = select(ContactPoint).where(
        col(ContactPoint.unit_id) == unit_id, col(ContactPoint.role).in_(roles), col(ContactPoint.channel) != PHONE
    )
    found = {contact.role: contact for contact in session.exec(query.order_by(col(ContactPoint.channel).desc()))}
    return next((found[role] for role in roles if role in found), None)


def _plan_of(session: Session, unit_id: str) -> Plan | None:
    """A plan the unit works for: a notice names one. One whose name may be said comes first, then the newest."""
    query = (
        select(Plan)
        .join(Process, col(Process.plan_id) == Plan.id)
        .join(Party, col(Party.process_key) == Process.key)
        .where(col(Party.unit_id) == unit_id)
        .order_by(col(Plan.confidential), col(Plan.track_from).desc(), col(Plan.id))
    )
    return session.exec(query.limit(1)).first()


def _plan(
    session: Session,
    rules: Rules,
    plan: Plan,
    process_key: str,
    assignment_id: int | None,
    unit_id: str,
    contact: ContactPoint,
    wording: str,
    step: str,
    now: datetime,
) -> None:
    """The notice, in a letter of its own that leaves now; or in the next one when none can."""
    today = now.date()
    recipient, channel = away_on(session, today).get(contact.recipient, (contact.recipient, contact.channel))
    row = {
        "assignment_id": assignment_id,
        "plan_id": plan.id,
        "process_key": process_key,
        "unit_id": unit_id,
        "step": step,
        "tone": Tone.ANSWER.value,
        "wording": wording,
        "each": "unit",
        "recipient": contact.recipient,
        "channel": contact.channel,
        "due_on": today,
        "state": NoticeState.PLANNED.value,
        "planned_at": now,
    }
    sender = _free_sender(session, rules, plan, recipient, channel, now)
    if sender is None:
        after = rules.sending_day(date.fromordinal(today.toordinal() + 1))
        session.execute(insert_once(session, Notice).values(**row, sender_id=plan.sender_id, send_on=after))
        return
    letter = {
        "recipient": recipient,
        "channel": channel,
        "sender_id": sender,
        "day": today,
        "state": LetterState.PLANNED.value,
        "reminder": False,
        "planned_at": now,
        "tries": 0,
    }
    session.execute(insert_once(session, Letter).values(**letter))
    letter_id = session.exec(_todays(recipient, channel, sender, today)).one().id
    session.execute(insert_once(session, Notice).values(**row, sender_id=sender, send_on=today, letter_id=letter_id))
    session.expire_all()


def _todays(recipient: str, channel: str, sender: str, today: date) -> SelectOfScalar[Letter]:
    return select(Letter).where(
        col(Letter.recipient) == recipient,
        col(Letter.channel) == channel,
        col(Letter.sender_id) == sender,
        col(Letter.day) == today,
    )


def _free_sender(
    session: Session, rules: Rules, plan: Plan, recipient: str, channel: str, now: datetime
) -> str | None:
    """In whose name a letter may still leave today: the agency first, the plan's own sender once its hour is past."""
    agency = _agency(session, plan.sender_id)
    writers = set(session.exec(select(Plan.sender_id).distinct()))
    waits = rules.is_sending_day(now.date()) and not rules.is_sending_time(now)
    for sender in dict.fromkeys((agency, plan.sender_id)):
        if sender in writers and waits:
            continue  # its letter of today is still to be gathered
        gone = session.exec(_todays(recipient, channel, sender, now.date())).first()
        if gone is None or gone.state == LetterState.PLANNED:
            return sender
    return None


def _agency(session: Session, unit_id: str) -> str:
    """The body in whose name a department acts: the nearest one above that is no department."""
    unit, seen = session.get(Unit, unit_id), set[str]()
    while unit and unit.kind in DEPARTMENTS and unit.parent_id and unit.id not in seen:
        seen.add(unit.id)
        unit = session.get(Unit, unit.parent_id)
    return unit.id if unit else unit_id
