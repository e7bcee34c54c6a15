"""Notices that speak of no single assignment: the letter at a plan's issue, and the monthly question of an event."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import literal, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from models.columns import day_value, moment_value
from models.database import insert_once
from models.ladder import Tone
from models.outbox import Notice, NoticeState
from models.plan import Milestone, Party, Plan, Process
from models.units import PHONE, ContactPoint, Unit

from .rule_versions import note_rules
from .rules import Rules

ISSUE_STEP = "giao-nhiem-vu"
ISSUE_LETTER_WINDOW = (
    20  # working days after issue (or the start of tracking) during which the letter still makes sense
)
WAITING_LADDER = "su-kien"
COLUMNS = ["plan_id", "process_key", "unit_id", "step", "tone", "wording", "each", "recipient", "channel", "sender_id",
           "due_on", "send_on", "state", "planned_at"]  # fmt: skip


def announce_plans(session: Session, rules: Rules, now: datetime) -> None:
    """Tell every unit of a newly issued plan all of its work in one letter, once."""
    today = now.date()
    untold = select(Plan).where(
        col(Plan.told_on).is_(None), col(Plan.status) == "issued", col(Plan.track_from) <= today
    )
    for plan in session.exec(untold).all():
        begins = max(plan.issued_from or plan.track_from, plan.track_from)
        if begins > today or (plan.valid_to and plan.valid_to < today):
            continue
        if rules.days.count(begins, today) <= ISSUE_LETTER_WINDOW:
            _tell_units(session, rules, now, plan, begins)
        session.execute(
            update(Plan).where(col(Plan.id) == plan.id).values(told_on=today)
            .execution_options(synchronize_session=False)
        )  # fmt: skip
    session.expire_all()


def _tell_units(session: Session, rules: Rules, now: datetime, plan: Plan, begins: date) -> None:
    today = now.date()
    note_rules(session, rules, now)
    chosen = (
        select_columns(
            literal(plan.id),
            literal(""),
            col(Party.unit_id),
            literal(ISSUE_STEP),
            literal(Tone.OPENING.value),
            literal(ISSUE_STEP),
            literal("unit"),
            col(Party.to_lead),
            col(ContactPoint.channel),
            literal(plan.sender_id),
            day_value(begins),
            day_value(rules.sending_day(today)),
            literal(NoticeState.PLANNED.value),
            moment_value(now),
        )
        .join(Process, col(Process.key) == Party.process_key)
        .join(ContactPoint, col(ContactPoint.recipient) == Party.to_lead)
        .join(Unit, col(Unit.id) == Party.unit_id)
        .where(
            col(Process.plan_id) == plan.id,
            col(Process.kind) == "task",
            col(Party.silent).is_(None),
            col(ContactPoint.channel) != PHONE,
            col(Process.removed_on).is_(None),
            (col(Unit.valid_to).is_(None)) | (col(Unit.valid_to) >= today),
        )
        .distinct()
    )
    session.execute(insert_once(session, Notice).from_select(COLUMNS, chosen))


def ask_for_milestones(session: Session, rules: Rules, now: datetime) -> None:
    """While an event is awaited, ask whoever should know, every so many working days."""
    today = now.date()
    steps = [step for step in rules.escalation.ladders.get(WAITING_LADDER, []) if step.at == "waiting"]
    waiting = (
        select(Milestone, Plan)
        .join(Plan, col(Plan.id) == Milestone.plan_id)
        .where(col(Milestone.happened_on).is_(None), col(Plan.status) == "issued", col(Plan.track_from) <= today)
    )
    for milestone, plan in session.exec(waiting).all():
        begins = max(plan.issued_from or plan.track_from, plan.track_from)
        if begins >= today or (plan.valid_to and plan.valid_to < today):
            continue
        for step in steps:
            turn = rules.days.count(begins, today) // (step.every or 20)
            if turn:
                asked_on = rules.days.shift(begins, turn * (step.every or 20))
                _ask(session, rules, now, plan, milestone, f"{step.key}-{turn}", step.wording, asked_on)


def _ask(
    session: Session, rules: Rules, now: datetime, plan: Plan, milestone: Milestone, step: str, wording: str, on: date
) -> None:
    who = milestone.ask or plan.tracker_id
    contact = session.exec(
        select(ContactPoint)
        .where(col(ContactPoint.unit_id) == who, col(ContactPoint.role).in_(("dau_moi", "van_thu", "thu_truong")))
        .where(col(ContactPoint.channel) != PHONE)
        .order_by(ContactPoint.role)
    ).first()
    if contact is None:
        return
    note_rules(session, rules, now)
    row = {
        "plan_id": plan.id,
        "process_key": f"{plan.id}:su-kien:{milestone.name}",
        "unit_id": who,
        "step": step,
        "tone": Tone.OPENING.value,
        "wording": wording,
        "each": "list",
        "recipient": contact.recipient,
        "channel": contact.channel,
        "sender_id": plan.sender_id,
        "due_on": on,
        "send_on": rules.sending_day(now.date()),
        "state": NoticeState.PLANNED.value,
        "planned_at": now,
    }
    session.execute(insert_once(session, Notice).values(**row))
