"""Đôn đốc ngay: one more notice today, by hand, to the units that still owe something; at most one a day each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from models.database import insert_once
from models.ladder import Tone, rungs
from models.ledger import Assignment, Occurrence
from models.lifecycle import OPEN, State, names
from models.outbox import Notice, NoticeState
from models.plan import Party, Plan
from models.units import PHONE, ContactPoint, Unit

from .advance import Group
from .decide import known_period
from .joins import with_plan_and_party
from .move import Refused, lock
from .paper import speaker_of
from .rule_versions import note_rules
from .rules import Rules

STEP = "don-doc"
REMINDING, PRESSING = "nhac-den-han", "qua-han"


@dataclass(frozen=True)
class Nudge:
    """One notice that would go, or has been planned; `skipped` says why it does not go."""

    assignment: int
    unit: str
    unit_name: str
    state: str
    recipient: str | None
    channel: str | None
    wording: str
    send_on: str
    skipped: str | None = None


def nudge(
    session: Session, rules: Rules, assignments: Sequence[Assignment], now: datetime, *, dry_run: bool = False
) -> list[Nudge]:
    """Press these units today. Lines and joined periods are pressed through the paper that answers them."""
    spoken = [_spoken(session, assignment) for assignment in assignments]
    return _nudge(session, rules, col(Assignment.id).in_([row.id for row in spoken]), now, dry_run=dry_run)


def nudge_period(
    session: Session,
    rules: Rules,
    plan_id: str,
    period: str,
    now: datetime,
    *,
    overdue: bool = False,
    dry_run: bool = False,
) -> list[Nudge]:
    """Press everyone who still owes something in a period, or only those who are overdue."""
    known = session.exec(select(Occurrence.id).where(*_period(plan_id, period))).first()
    if known is None:
        known_period(session, plan_id, period)
    states = (State.OVERDUE,) if overdue else OPEN
    owing = and_(
        col(Assignment.occurrence_id).in_(select(Occurrence.id).where(*_period(plan_id, period))),
        col(Assignment.state).in_(names(states)),
        col(Assignment.sends).is_(True),
    )
    return _nudge(session, rules, owing, now, dry_run=dry_run)


def _period(plan_id: str, period: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(Occurrence.plan_id) == plan_id, col(Occurrence.period) == period


def _spoken(session: Session, assignment: Assignment) -> Assignment:
    report = session.get(Assignment, assignment.covered_by) if assignment.covered_by else assignment
    return speaker_of(session, report or assignment)


def _nudge(session: Session, rules: Rules, which: ColumnElement[bool], now: datetime, *, dry_run: bool) -> list[Nudge]:
    send_on = rules.sending_day(now.date())
    step = f"{STEP}-{send_on.isoformat()}"
    lock(session, which)
    said = set(session.exec(select(Notice.assignment_id).where(col(Notice.step) == step)))
    reached = and_(col(ContactPoint.recipient) == Party.to_lead, col(ContactPoint.channel) != PHONE)
    query = (
        with_plan_and_party(select_columns(Assignment, Occurrence, Plan, Party, Unit, ContactPoint))
        .join(Unit, col(Unit.id) == Assignment.unit_id)
        .outerjoin(ContactPoint, reached)
        .where(which)
        .order_by(col(Unit.position), col(Assignment.id))
    )
    found: list[Nudge] = []
    rows = []
    for assignment, occurrence, plan, party, unit, contact in session.execute(query).all():
        late = assignment.state == State.OVERDUE
        wording = _wording(rules, assignment, late=late)
        skipped = _skipped(assignment, party, unit, contact, said, now, late=late)
        found.append(
            Nudge(assignment.id or 0, unit.id, unit.name, assignment.state, party.to_lead,
                  contact.channel if contact else None, wording, send_on.isoformat(), skipped)
        )  # fmt: skip
        if skipped is None and contact is not None:
            rows.append(
                {
                    "assignment_id": assignment.id,
                    "plan_id": plan.id,
                    "process_key": occurrence.process_key,
                    "unit_id": unit.id,
                    "step": step,
                    "tone": (Tone.LATE if late else Tone.REMINDER).value,
                    "wording": wording,
                    "each": "unit",
                    "recipient": party.to_lead,
                    "channel": contact.channel,
                    "sender_id": plan.sender_id,
                    "due_on": now.date(),
                    "send_on": send_on,
                    "state": NoticeState.PLANNED.value,
                    "planned_at": now,
                }
            )
    if not rows:
        raise Refused(_nobody(found))
    if not dry_run:
        note_rules(session, rules, now)
        session.execute(insert_once(session, Notice), rows)
    return found


def _wording(rules: Rules, assignment: Assignment, *, late: bool) -> str:
    """The words its own ladder has for this: a peer is asked, a consolidator hears what is missing."""
    group = Group.of(assignment)
    tone = Tone.LATE if late else Tone.REMINDER
    own = [
        rung.step.wording
        for rung in rungs(rules.ladder(group.ladder), group.days, rules.days)
        if rung.tone is tone and "lead" in rung.step.to and not rung.step.approve
    ]
    return own[0] if own else (PRESSING if late else REMINDING)


def _skipped(
    assignment: Assignment,
    party: Party,
    unit: Unit,
    contact: ContactPoint | None,
    said: set[int | None],
    now: datetime,
    *,
    late: bool,
) -> str | None:
    if assignment.state not in names(OPEN):
        return "đã kết thúc, không còn gì để đôn đốc"
    if unit.valid_to and unit.valid_to < now.date():
        return "đơn vị đã kết thúc"
    if party.silent or contact is None:
        return party.silent or "không có địa chỉ liên hệ"
    if late and not assignment.pressed:
        return "chỉ phối hợp: không đôn đốc khi quá hạn"
    return "hôm nay đã đôn đốc rồi" if assignment.id in said else None


def _nobody(found: Sequence[Nudge]) -> str:
    if not found:
        return "không có đơn vị nào còn nợ trong số đã chọn"
    why = sorted({row.skipped or "" for row in found})
    return f"không đôn đốc được đơn vị nào: {'; '.join(why)}"
