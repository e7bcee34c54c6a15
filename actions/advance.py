"""What time does: open what is due, lapse what is past, plan the ladder steps that fell due.

Set-based: the number of statements follows the number of distinct days and ladders at hand, never that of units.
The same code serves one run, a catch-up over thousands, and `simulate` over a virtual year.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pendulum
from sqlalchemy import ColumnElement, Date, String, and_, bindparam, case, exists, literal, null, or_, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from models.columns import ZONE, day_value, moment_value
from models.crash import kill_point
from models.database import insert_once
from models.ladder import Days, Decision, Rung, Tone, decide, next_day, rungs, swallowed
from models.ledger import Assignment, Extension, ExtensionState, Occurrence
from models.lifecycle import OPEN, PENDING, Move, Stage, State, names
from models.outbox import Notice, NoticeState
from models.plan import Milestone, Party, Plan
from models.specs import StepSpec
from models.units import PHONE, ContactPoint

from .announce import announce_plans, ask_for_milestones
from .joins import with_plan_and_party
from .move import SCHEDULE, lock, mark, move
from .open_period import open_due
from .rule_versions import note_rules
from .rules import Rules

NEXT_PERIOD_OPENED = "kỳ sau đã mở"
EXTENSION_ASKED = "chờ quyết định gia hạn"
NOTICE_COLUMNS = ["assignment_id", "plan_id", "process_key", "unit_id", "step", "tone", "wording", "each", "recipient",
                  "channel", "sender_id", "due_on", "send_on", "state", "reason", "hold_until", "hold_else", "draft",
                  "planned_at"]  # fmt: skip
ROLE_COLUMN = {
    "lead": Party.to_lead,
    "head": Party.to_head,
    "tracker": Party.to_tracker,
    "tracker_head": Party.to_tracker_head,
    "leadership": Party.to_leadership,
    "consolidator": Party.to_consolidator,
}


@dataclass(frozen=True)
class Group:
    """Assignments that stand alike towards the clock: the same ladder on the same days, looked at last together."""

    ladder: str | None
    ladder_ends_on: date | None
    pressed: bool
    sends: bool
    opened_on: date
    remind_from: date
    late_after: date
    rungs_until: date | None
    extensions: int
    redo_by: date | None

    @classmethod
    def of(cls, assignment: Assignment) -> Group:
        """The group one assignment stands in."""
        return cls(*(getattr(assignment, name) for name in cls.__dataclass_fields__))

    @property
    def turn(self) -> str:
        """The name of its days when they are no longer the first ones: each turn has rungs of its own."""
        if self.redo_by:
            return f"+bs-{self.redo_by.isoformat()}"
        return f"+{self.extensions}" if self.extensions else ""

    @property
    def days(self) -> Days:
        """The days its rungs hang on."""
        return Days(self.opened_on, self.remind_from, self.late_after)

    def where(self) -> ColumnElement[bool]:
        """The assignments of this group."""
        return and_(*(_same(getattr(Assignment, name), value) for name, value in vars(self).items()))


def _same(column: Any, value: object) -> ColumnElement[bool]:
    return column.is_(None) if value is None else column == value  # type: ignore[no-any-return]


_TODAY = bindparam("today", type_=Date)
_IN_FORCE = and_(
    col(Plan.status) == "issued",
    col(Plan.track_from) <= _TODAY,
    or_(col(Plan.issued_from).is_(None), col(Plan.issued_from) <= _TODAY),
    or_(col(Plan.valid_to).is_(None), col(Plan.valid_to) >= _TODAY),
)
AGENDA = select_columns(  # what may be there to do today, asked in one statement; each deed then looks for itself
    exists().where(
        col(Occurrence.stage) == Stage.PLANNED,
        col(Plan.id) == Occurrence.plan_id,
        or_(col(Occurrence.opens_on) <= _TODAY, col(Plan.status) == "closed", col(Plan.valid_to) < _TODAY),
    ),
    exists().where(col(Assignment.next_on) <= _TODAY, col(Assignment.state).in_(names(OPEN))),
    exists().where(col(Plan.told_on).is_(None), _IN_FORCE),
    exists().where(col(Milestone.happened_on).is_(None), col(Plan.id) == Milestone.plan_id, _IN_FORCE),
    exists().where(
        col(Notice.state) == NoticeState.HELD, col(Notice.hold_else) == "send", col(Notice.hold_until) < _TODAY
    ),
)
GROUP_COLUMNS = [getattr(Assignment, name) for name in Group.__dataclass_fields__]


def advance(session: Session, rules: Rules, now: datetime, occurrence_ids: Sequence[int] | None = None) -> None:
    """Bring the ledger, or the given occurrences, to `now`. Idempotent: a second call at `now` changes nothing."""
    if occurrence_ids is None:
        _advance_all(session, rules, now)
        return
    opened = open_due(session, now, occurrence_ids=occurrence_ids)
    here = col(Assignment.occurrence_id).in_(sorted({*occurrence_ids, *opened}))
    _lapse_and_plan(session, rules, now, here)


def _advance_all(session: Session, rules: Rules, now: datetime) -> None:
    """Every deed that time does, each only when there is something for it: most days and ticks bring nothing."""
    session.flush()  # the question below names no table of its own, so the session would not
    opens, due, untold, waiting, held = session.execute(AGENDA, {"today": now.date()}).one()
    opened = open_due(session, now) if opens else []
    if due or opened:
        _lapse_and_plan(session, rules, now, literal(True))
    if untold:
        announce_plans(session, rules, now)
    if waiting:
        ask_for_milestones(session, rules, now)
    if held:
        release_expired_holds(session, rules, now)
    if rules.escalation.sending.accept_after is not None:
        accept_unattended(session, rules, now)


def _lapse_and_plan(session: Session, rules: Rules, now: datetime, here: ColumnElement[bool]) -> None:
    """Held in the order of their ids from the start: two ticks at once, or a tick and a deed, wait for each other."""
    lock(session, and_(here, col(Assignment.next_on) <= now.date(), col(Assignment.state).in_(names(OPEN))))
    lapse_overdue(session, now, here)
    kill_point("between-lapse-and-plan")
    plan_steps(session, rules, now, here)


# ------------------------------------------------------------------ deadlines


def lapse_overdue(session: Session, now: datetime, here: ColumnElement[bool]) -> None:
    """Everything whose last on-time day has ended becomes overdue, as of that midnight."""
    today = now.date()
    past = and_(
        here,
        col(Assignment.next_on) <= today,
        col(Assignment.state).in_(names(PENDING)),
        col(Assignment.late_after) < today,
    )
    for deadline in session.exec(select(col(Assignment.late_after)).where(past).distinct()).all():
        midnight = _midnight(deadline + timedelta(days=1))
        move(session, and_(past, col(Assignment.late_after) == deadline), Move.LAPSE, now, by=SCHEDULE, at=midnight)


def _midnight(day: date) -> pendulum.DateTime:
    return pendulum.datetime(day.year, day.month, day.day, tz=ZONE)


# ------------------------------------------------------------------ ladders


def plan_steps(session: Session, rules: Rules, now: datetime, here: ColumnElement[bool]) -> None:
    """Decide the rungs that fell due since each group was last looked at, and set its next day."""
    today = now.date()
    waiting = and_(here, col(Assignment.next_on) <= today, col(Assignment.state).in_(names(OPEN)))
    for row in session.execute(select_columns(*GROUP_COLUMNS).where(waiting).distinct()).all():
        group = Group(*row)
        _plan_group(session, rules, now, group, and_(waiting, group.where()), today)


def _plan_group(
    session: Session, rules: Rules, now: datetime, group: Group, which: ColumnElement[bool], until: date
) -> None:
    ladder = group_rungs(rules, group)
    due = [rung for rung in ladder if rung.on <= until and (group.rungs_until is None or rung.on > group.rungs_until)]
    decisions = list(_decisions(rules, group, due, now.date()))
    if decisions:
        note_rules(session, rules, now)
    for decision in decisions:
        _plan_notices(session, rules, now, which, decision)
    pending = group.late_after >= until
    following = next_day(ladder, group.days, until, pending=pending)
    session.execute(
        update(Assignment)
        .where(which)
        .values(rungs_until=until, next_on=following)
        .execution_options(synchronize_session=False)
    )


def group_rungs(rules: Rules, group: Group) -> list[Rung]:
    """The rungs of a group, cut where its ladder ends."""
    if not group.sends:
        return []
    ladder = rungs(rules.ladder(group.ladder), group.days, rules.days, pressed=group.pressed, turn=group.turn)
    end = group.ladder_ends_on
    return [rung for rung in ladder if end is None or rung.on < end]


def _decisions(rules: Rules, group: Group, due: list[Rung], today: date) -> Iterator[Decision]:
    if group.ladder_ends_on and group.ladder_ends_on <= today:
        yield from (Decision(rung, role, NEXT_PERIOD_OPENED) for rung in due for role in rung.step.to)
        return
    yield from decide(due, group.days, rules.days, min_lead=rules.escalation.sending.min_lead)


def _plan_notices(
    session: Session, rules: Rules, now: datetime, which: ColumnElement[bool], decision: Decision
) -> None:
    """One INSERT … SELECT for one step and one role, whatever the number of units."""
    rung, step = decision.rung, decision.rung.step
    recipient: Any = ROLE_COLUMN[decision.role]
    send_on = rules.sending_day(now.date())
    state, hold_until, hold_else = _notice_state(rules, decision, send_on)
    chosen = with_plan_and_party(
        select_columns(
            col(Assignment.id),
            col(Occurrence.plan_id),
            col(Occurrence.process_key),
            col(Assignment.unit_id),
            literal(rung.key),
            literal(rung.tone.value),
            literal(step.wording),
            literal(step.each),
            recipient,
            col(ContactPoint.channel),
            col(Plan.sender_id),
            day_value(rung.on),
            day_value(send_on),
            _while_asked(decision, literal(NoticeState.HELD.value), literal(state.value)),
            _while_asked(decision, literal(EXTENSION_ASKED), literal(decision.skipped, String)),
            _while_asked(decision, null(), day_value(hold_until)),
            literal(hold_else),
            literal(step.draft),
            moment_value(now),
        )
    )
    reached = and_(col(ContactPoint.recipient) == recipient, col(ContactPoint.channel) != PHONE)
    chosen = chosen.join(ContactPoint, reached).where(which)
    session.execute(insert_once(session, Notice).from_select(NOTICE_COLUMNS, chosen))


def _while_asked(decision: Decision, waiting: ColumnElement[Any], otherwise: ColumnElement[Any]) -> ColumnElement[Any]:
    """What the leadership would hear of work whose unit has asked for more time is held until that is decided."""
    if decision.role != "leadership" or decision.skipped:
        return otherwise
    asked = exists().where(col(Extension.assignment_id) == Assignment.id, col(Extension.state) == ExtensionState.ASKED)
    return case((asked, waiting), else_=otherwise)


def _notice_state(rules: Rules, decision: Decision, send_on: date) -> tuple[NoticeState, date | None, str | None]:
    approve = decision.rung.step.approve
    if decision.skipped:
        return NoticeState.SUPPRESSED, None, None
    if approve:
        return NoticeState.HELD, rules.days.shift(send_on, approve.within), approve.else_
    return NoticeState.PLANNED, None, None


def release_expired_holds(session: Session, rules: Rules, now: datetime) -> None:
    """A held step that nobody looked at in time is sent when its rule says so, and stays held otherwise."""
    session.execute(
        update(Notice)
        .where(
            col(Notice.state) == NoticeState.HELD,
            col(Notice.hold_else) == "send",
            col(Notice.hold_until) < now.date(),  # never what waits for the answer to an extension: it has no day
        )
        .values(state=NoticeState.PLANNED.value, send_on=rules.sending_day(now.date()))
        .execution_options(synchronize_session=False)
    )


# ------------------------------------------------------------------ reminders that join a letter of today


def pull_reminders_forward(session: Session, rules: Rules, now: datetime) -> None:
    """A reminder due within the next working days joins a letter its unit gets today from the same sender."""
    today = now.date()
    horizon = rules.days.shift(today, rules.escalation.sending.pull_forward)
    letter_today = (
        select(Notice.id)
        .join(Plan, col(Plan.sender_id) == Notice.sender_id)
        .join(Occurrence, col(Occurrence.plan_id) == Plan.id)
        .join(Party, col(Party.to_lead) == Notice.recipient)
        .where(
            col(Occurrence.id) == Assignment.occurrence_id,
            col(Party.process_key) == Occurrence.process_key,
            col(Party.asked_in) == Occurrence.asked_in,
            col(Party.unit_id) == Assignment.unit_id,
            col(Notice.state) == NoticeState.PLANNED,
            col(Notice.send_on) <= today,
            col(Notice.each) == "unit",
        )
        .correlate(Assignment)
        .exists()
    )
    soon = and_(
        col(Assignment.next_on) > today,
        col(Assignment.next_on) <= horizon,
        col(Assignment.state).in_(names(PENDING)),
        col(Assignment.sends).is_(True),
        letter_today,
    )
    for row in session.execute(select_columns(*GROUP_COLUMNS).where(soon).distinct()).all():
        group = Group(*row)
        reminder_on = _next_reminder(rules, group, today, horizon)
        if reminder_on:
            _plan_group(session, rules, now, group, and_(soon, group.where()), reminder_on)


def _next_reminder(rules: Rules, group: Group, today: date, horizon: date) -> date | None:
    if swallowed(group.days, rules.days, min_lead=rules.escalation.sending.min_lead):
        return None
    coming = [rung for rung in group_rungs(rules, group) if today < rung.on <= horizon]
    first = coming[0] if coming else None
    return first.on if first and first.tone is Tone.REMINDER else None


# ------------------------------------------------------------------ what nobody confirmed


def accept_unattended(session: Session, rules: Rules, now: datetime) -> None:
    """A report that lies unconfirmed for so many working days (`accept_after`) is confirmed by itself."""
    waits = rules.escalation.sending.accept_after or 0
    until = _midnight(rules.days.shift(now.date(), -waits) + timedelta(days=1))
    which = and_(
        col(Assignment.state) == State.REPORTED,
        col(Assignment.accepted_at).is_(None),
        col(Assignment.answered_at) < until,
    )
    if session.execute(select_columns(exists().where(which))).scalar_one():
        reason = f"tự xác nhận sau {waits} ngày làm việc"
        mark(session, which, Move.ACCEPT, now, by=SCHEDULE, reason=reason, accepted_at=now)


def step_named(rules: Rules, ladder: str, moment: str) -> list[StepSpec]:
    """The steps of a ladder that hang on a moment (`close`, `waiting`) and not on a day."""
    return [step for step in rules.ladder(ladder) if step.at == moment]
