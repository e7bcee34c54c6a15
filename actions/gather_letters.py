"""At the sending hour: notices become letters, one for each recipient, channel, sender and day.

What was answered in the meantime, what speaks to a unit that has ended, and the third reminder of a week are
suppressed with the reason. A reminder due within the next working days joins a letter of today. While a person is
away, the letter goes to the delegate; the notice still says whom it was meant for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Date, and_, bindparam, case, exists, func, literal, or_, text, update
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from models.columns import day_value, moment_value
from models.crash import kill_point
from models.database import insert_once
from models.ladder import Tone
from models.ledger import Assignment
from models.lifecycle import ENDED, PENDING, Kind, State, names
from models.outbox import Letter, LetterState, Notice, NoticeState
from models.units import Unit

from .advance import pull_reminders_forward
from .announce import ISSUE_LETTER_WINDOW, ISSUE_STEP
from .delegate import away_on
from .move import lock
from .rules import Rules
from .tell_back import RECEIPT

ANSWERED = "đã trả lời"
ALREADY_LATE = "đã quá hạn, thư quá hạn thay"
NEW_DAY = "đã gia hạn hoặc đang trong thời gian bổ sung"
UNIT_ENDED = "đơn vị đã kết thúc"
TOLD_AT_ISSUE = "đã giao trong thư giao nhiệm vụ của kế hoạch"
WEEKLY_CAP = "đã nhắc đủ số thư trong tuần"
NO_RECEIPTS = "cơ quan không gửi biên nhận (sending: receipts)"
_TODAY = bindparam("today", type_=Date)
WAITING = select_columns(  # without such a notice there is nothing to suppress, to join, or to put into a letter
    exists().where(col(Notice.state) == NoticeState.PLANNED, col(Notice.send_on) <= _TODAY)
)
PLANNED_TODAY = (
    select_columns(col(Letter.id))
    .where(col(Letter.day) == _TODAY, col(Letter.state) == LetterState.PLANNED)
    .order_by(col(Letter.id))
)


def gather_letters(session: Session, rules: Rules, now: datetime) -> list[int]:
    """Letters of today, planned and ready to be delivered; none before the sending hour or on a quiet day."""
    if not rules.is_sending_time(now):
        return []
    today = now.date()
    session.flush()
    if session.execute(WAITING, {"today": today}).scalar_one():
        _gather(session, rules, now)
    return list(session.execute(PLANNED_TODAY, {"today": today}).scalars())


def _gather(session: Session, rules: Rules, now: datetime) -> None:
    today = now.date()
    to = Addressed(away_on(session, today))
    _hold_spoken_of(session, rules, today)
    _suppress_answered(session, today)
    _suppress_receipts(session, rules, today)
    _suppress_overtaken(session, today)
    _suppress_no_longer_late(session, today)
    _suppress_for_ended_units(session, today)
    _suppress_told_at_issue(session, rules, today)
    pull_reminders_forward(session, rules, now)
    _keep_weekly_cap(session, rules, today, to)
    _leave_to_next_day(session, rules, today, to)
    _insert_letters(session, now, to)
    kill_point("after-letters")
    _put_into_letters(session, today, to)
    session.expire_all()


@dataclass(frozen=True)
class Addressed:
    """Whom a notice reaches on a day: its recipient, or the delegate of one who is away.

    `away` is {recipient: (delegate, channel)}, a handful of people at most.
    """

    away: Mapping[str, tuple[str, str]]

    def recipient(self, notice: Any = Notice) -> Any:
        """The recipient of a notice's letter."""
        return self._instead(notice, 0, col(notice.recipient))

    def channel(self, notice: Any = Notice) -> Any:
        """The channel of a notice's letter."""
        return self._instead(notice, 1, col(notice.channel))

    def _instead(self, notice: Any, part: int, own: Any) -> Any:
        if not self.away:
            return own
        return case({who: found[part] for who, found in self.away.items()}, value=col(notice.recipient), else_=own)


def _hold_spoken_of(session: Session, rules: Rules, today: date) -> None:
    """What today's letters speak of, and what may join them, is not changed by another deed until they are gathered."""
    horizon = rules.days.shift(today, rules.escalation.sending.pull_forward)
    spoken = col(Assignment.id).in_(select(Notice.assignment_id).where(_ready(today)))
    joining = and_(col(Assignment.next_on) <= horizon, col(Assignment.state).in_(names(PENDING)))
    lock(session, or_(spoken, joining))


def _ready(today: date) -> Any:
    return and_(col(Notice.state) == NoticeState.PLANNED, col(Notice.send_on) <= today, col(Notice.letter_id).is_(None))


def _suppress(session: Session, which: Any, reason: str) -> None:
    session.execute(
        update(Notice)
        .where(which)
        .values(state=NoticeState.SUPPRESSED.value, reason=reason)
        .execution_options(synchronize_session=False)
    )


def _suppress_answered(session: Session, today: date) -> None:
    ended = exists().where(col(Assignment.id) == Notice.assignment_id, col(Assignment.state).in_(names(ENDED)))
    waiting = or_(_ready(today), col(Notice.state) == NoticeState.HELD)
    _suppress(session, and_(waiting, col(Notice.step) != "chot", col(Notice.wording) != RECEIPT, ended), ANSWERED)


def _suppress_receipts(session: Session, rules: Rules, today: date) -> None:
    """An office may do without: the page on which a unit answers shows its receipt as well."""
    if not rules.escalation.sending.receipts:
        _suppress(session, and_(_ready(today), col(Notice.wording) == RECEIPT), NO_RECEIPTS)


def _suppress_overtaken(session: Session, today: date) -> None:
    late = exists().where(col(Assignment.id) == Notice.assignment_id, col(Assignment.state) == State.OVERDUE)
    _suppress(session, and_(_ready(today), col(Notice.tone) == Tone.REMINDER, late), ALREADY_LATE)


def _suppress_no_longer_late(session: Session, today: date) -> None:
    """A late step of work that has got a new day meanwhile: extended, or returned with days to redo it."""
    in_time = exists().where(
        col(Assignment.id) == Notice.assignment_id,
        col(Assignment.state).in_(names(PENDING)),
        col(Assignment.late_after) >= today,
    )
    _suppress(session, and_(_ready(today), col(Notice.tone) == Tone.LATE, in_time), NEW_DAY)


def _suppress_for_ended_units(session: Session, today: date) -> None:
    """The unit spoken of, or the one spoken to, no longer exists."""
    recipient_unit = func.substr(Notice.recipient, 1, func.length(Unit.id) + 1) == Unit.id + ":"
    ended = exists().where(col(Unit.valid_to) < today, or_(col(Unit.id) == Notice.unit_id, recipient_unit))
    _suppress(session, and_(_ready(today), ended), UNIT_ENDED)


def _suppress_told_at_issue(session: Session, rules: Rules, today: date) -> None:
    """The letter at a plan's issue has just told this unit of all its dated tasks: none opens with a letter again."""
    issue = aliased(Notice)
    told = exists().where(
        col(issue.step) == ISSUE_STEP,
        col(issue.plan_id) == Notice.plan_id,
        col(issue.unit_id) == Notice.unit_id,
        col(issue.state).in_((NoticeState.PLANNED, NoticeState.SENT)),
        col(issue.send_on) >= rules.days.shift(today, -ISSUE_LETTER_WINDOW),
        col(issue.send_on) <= today,
    )
    dated = exists().where(col(Assignment.id) == Notice.assignment_id, col(Assignment.kind) == Kind.DATED)
    _suppress(session, and_(_ready(today), col(Notice.tone) == Tone.OPENING, dated, told), TOLD_AT_ISSUE)


def _keep_weekly_cap(session: Session, rules: Rules, today: date, to: Addressed) -> None:
    """At most so many reminder letters a week: a reminder that would be one letter more is left out."""
    monday = today - timedelta(days=today.weekday())
    other = aliased(Notice)
    already = (
        select(func.count())
        .select_from(Letter)
        .where(
            col(Letter.recipient) == to.recipient(),
            col(Letter.reminder).is_(True),
            col(Letter.day) >= monday,
            col(Letter.day) < today,
        )
        .correlate(Notice)
        .scalar_subquery()
    )
    goes_anyway = (
        select(other.id)
        .where(
            to.recipient(other) == to.recipient(),
            col(other.state) == NoticeState.PLANNED,
            col(other.send_on) <= today,
            col(other.tone) != Tone.REMINDER,
        )
        .correlate(Notice)
        .exists()
    )
    third = and_(
        _ready(today),
        col(Notice.tone) == Tone.REMINDER,
        already >= rules.escalation.sending.weekly_cap,
        ~goes_anyway,
    )
    _suppress(session, third, WEEKLY_CAP)


def _letter_of(today: date, to: Addressed, *states: LetterState, negate: bool = False) -> Any:
    found = col(Letter.state).in_([state.value for state in states])
    return and_(
        col(Letter.recipient) == to.recipient(),
        col(Letter.channel) == to.channel(),
        col(Letter.sender_id) == Notice.sender_id,
        col(Letter.day) == today,
        ~found if negate else found,
    )


def _leave_to_next_day(session: Session, rules: Rules, today: date, to: Addressed) -> None:
    """Today's letter to this recipient has left: what comes after it waits for the next sending day."""
    left = exists().where(_letter_of(today, to, LetterState.PLANNED, negate=True))
    session.execute(
        update(Notice)
        .where(_ready(today), left)
        .values(send_on=rules.sending_day(today + timedelta(days=1)))
        .execution_options(synchronize_session=False)
    )


def _insert_letters(session: Session, now: datetime, to: Addressed) -> None:
    today = now.date()
    only_reminders = func.min(case((col(Notice.tone) == Tone.REMINDER, 1), else_=0)) == 1
    chosen = (
        select_columns(
            to.recipient(),
            to.channel(),
            col(Notice.sender_id),
            day_value(today),
            literal(LetterState.PLANNED.value),
            case((only_reminders, True), else_=False),
            moment_value(now),
            literal(0),
        )
        .where(_ready(today))
        .group_by(text("1"), text("2"), col(Notice.sender_id))
    )
    columns = ["recipient", "channel", "sender_id", "day", "state", "reminder", "planned_at", "tries"]
    session.execute(insert_once(session, Letter).from_select(columns, chosen))


def _put_into_letters(session: Session, today: date, to: Addressed) -> None:
    letter = select(Letter.id).where(_letter_of(today, to, LetterState.PLANNED)).correlate(Notice).scalar_subquery()
    session.execute(
        update(Notice).where(_ready(today)).values(letter_id=letter).execution_options(synchronize_session=False)
    )
