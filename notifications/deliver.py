"""Deliver what is due: claim, write, send, settle. Runs at the sending hour and as often afterwards as anyone likes.

A letter is claimed by compare-and-set before it leaves and settled after; no transaction is open while a channel
works. Whoever dies between the two leaves "sending", which becomes `unknown` when its lease has passed and is never
sent again by machine.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, datetime

import pendulum
from sqlalchemy import ColumnElement, Engine, and_, or_, update
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlmodel import Session, col, select

from actions.sealed_rows import told_hash
from models.columns import ZONE
from models.crash import kill_point
from models.database import reading, transaction
from models.ledger import Assignment
from models.outbox import Attempt, Letter, LetterState, Notice, NoticeState
from models.plan import Milestone, Process
from models.units import ContactPoint, Unit

from .channel import Channel, Delivery, Envelope, Outcome
from .facts import EVENT, unit_of
from .post import Post
from .still_speaks import reason_to_be_silent
from .wording import Composed, compose, letter_code

LOG = logging.getLogger("dondoc.notifications")
Now = Callable[[], datetime] | datetime
PATIENCE = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)  # seconds between tries to write down what became of a letter
LEASE_PASSED = "tiến trình gửi thư dừng giữa chừng: không rõ thư đã đi chưa"
NOTHING_LEFT = "không còn nội dung nào cần gửi"
UNIT_ENDED = "đơn vị nhận đã kết thúc hoạt động"


@dataclass
class Counts:
    """What one round did. `unknown` includes leases that had passed; `left` waits for a resting channel or `limit`."""

    sent: int = 0
    failed: int = 0
    unknown: int = 0
    suppressed: int = 0
    left: int = 0

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))

    @property
    def said(self) -> str:
        """One line with what is not nought; empty when nothing was due."""
        return ", ".join(f"{name} {count}" for name, count in vars(self).items() if count)


@dataclass(frozen=True)
class Claim:
    """A letter that is ours to send."""

    letter_id: int
    claimed_at: datetime
    tries: int
    envelope: Envelope
    told: str | None = None


@dataclass(frozen=True)
class _Due:
    letter_id: int
    carrier: Channel


def deliver_due(engine: Engine, post: Post, now: Now, *, limit: int | None = None) -> Counts:
    """Deliver every letter that is due, at most `limit`; any number of deliverers may run at once.

    The local mailbox goes first and each channel by itself: one that is down is left to rest and holds up no other.
    """
    clock = local_clock(now)
    counts = Counts(unknown=lapse_leases(engine, post, clock()))
    due = _due_letters(engine, post, clock())
    carriers = {each.carrier.name: each.carrier for each in due}
    for carrier in sorted(carriers.values(), key=lambda carrier: carrier is not post.mailbox):
        letters = [each.letter_id for each in due if each.carrier.name == carrier.name]
        for letter_id in letters:
            spent = counts.sent + counts.failed + counts.unknown
            if post.pace(carrier).resting or (limit is not None and spent >= limit):
                counts.left += 1
                continue
            _count(counts, deliver_one(engine, post, carrier, letter_id, clock))
    return counts


def local_clock(now: Now) -> Callable[[], pendulum.DateTime]:
    """A clock in Asia/Ho_Chi_Minh: the day of a letter is a day there."""
    return lambda: pendulum.instance(now() if callable(now) else now).in_timezone(ZONE)


def deliver_one(
    engine: Engine, post: Post, carrier: Channel, letter_id: int, clock: Callable[[], datetime]
) -> LetterState | None:
    """Deliver one letter; its state afterwards, or None when somebody else has it."""
    post.pace(carrier).wait_for_slot()
    kill_point("before-claim")
    try:
        claim = claim_letter(engine, post, carrier, letter_id, clock())
    except SQLAlchemyError:
        raise  # the ledger's trouble is not the letter's
    except Exception as error:
        LOG.error("letter %s cannot be written: %s", letter_id, error)
        return _step_aside(engine, post, letter_id, clock(), f"không soạn được thư: {error}")
    if not isinstance(claim, Claim):
        return claim
    kill_point("after-claim")
    outcome = _send(carrier, claim)
    kill_point("after-send")
    post.pace(carrier).learn(outcome)
    state = _settle_patiently(engine, post, claim, outcome, clock)
    kill_point("after-settle")
    return state


def _count(counts: Counts, state: LetterState | None) -> None:
    if state is not None:
        setattr(counts, state.value, getattr(counts, state.value) + 1)


def _send(carrier: Channel, claim: Claim) -> Outcome:
    try:
        return carrier.send(claim.envelope)
    except Exception as error:  # a channel that raises has said nothing of whether the letter left
        LOG.error("channel %s raised %s for letter %s", carrier.name, type(error).__name__, claim.letter_id)
        return Outcome(Delivery.UNKNOWN, f"kênh gửi gặp lỗi {type(error).__name__}: không rõ thư đã đi chưa",
                       channel_down=True)  # fmt: skip


# ------------------------------------------------------------------ what is due


def _is_due(now: datetime) -> ColumnElement[bool]:
    retry = and_(col(Letter.state) == LetterState.FAILED, col(Letter.next_try_at) <= now)
    return and_(or_(col(Letter.state) == LetterState.PLANNED, retry), col(Letter.day) <= now.date())


def _due_letters(engine: Engine, post: Post, now: datetime) -> list[_Due]:
    query = (
        select(col(Letter.id), col(Letter.recipient), col(Letter.channel), col(ContactPoint.address))
        .outerjoin(
            ContactPoint,
            and_(
                col(ContactPoint.recipient) == col(Letter.recipient), col(ContactPoint.channel) == col(Letter.channel)
            ),
        )
        .where(_is_due(now))
        .order_by(col(Letter.day), col(Letter.id))
    )
    with reading(engine) as session:
        rows = session.execute(query).all()
        units = {unit_of(recipient) for _, recipient, _, _ in rows}
        # Samples, and units nobody knows, never leave the machine.
        real = set(session.exec(select(Unit.id).where(col(Unit.id).in_(units), col(Unit.sample).is_(False))))
    return [
        _Due(letter_id, post.carrier(channel, address, sample=unit_of(recipient) not in real))
        for letter_id, recipient, channel, address in rows
    ]


# ------------------------------------------------------------------ claim


def claim_letter(
    engine: Engine, post: Post, carrier: Channel, letter_id: int, now: datetime
) -> Claim | LetterState | None:
    """Take a letter and write it, in one transaction: None when it is no longer due, SUPPRESSED when it fell silent."""
    with transaction(engine) as session:
        taken = session.execute(
            update(Letter)
            .where(col(Letter.id) == letter_id, _is_due(now))
            .values(state=LetterState.SENDING.value, claimed_at=now, tries=Letter.tries + 1, next_try_at=None,
                    carried_by=carrier.name)
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        if taken.rowcount != 1:  # type: ignore[attr-defined]
            return None
        letter = session.get_one(Letter, letter_id)
        silent = _silence_notices(session, letter, now.date())
        if silent:
            _suppress(session, letter, now, silent)
            return LetterState.SUPPRESSED
        written = compose(session, letter, now, post.wording)
        letter.subject, letter.body = written
        return Claim(letter_id, now, letter.tries, _envelope(session, post, letter, written, now), told_hash(letter))


def _envelope(session: Session, post: Post, letter: Letter, written: Composed, now: datetime) -> Envelope:
    """What leaves: the letter as the ledger keeps it, its doors replaced by this reader's own signed links."""
    contact = session.get(ContactPoint, (letter.recipient, letter.channel))
    return Envelope(
        recipient=letter.recipient,
        address=contact.address if contact else None,
        subject=written.subject,
        body=post.sign(written.body, letter.recipient, now) if post.sign else written.body,
        code=letter_code(letter.id or 0),
        sender_name=_sender_name(session, letter.sender_id),
        at=now,
    )


def _sender_name(session: Session, sender_id: str) -> str:
    """`Phòng TCCB - Sở GD&ĐT Hải Phòng`: a department with the body above it, as mail programs show it."""
    sender = session.get_one(Unit, sender_id)
    above = session.get(Unit, sender.parent_id) if sender.parent_id and "/" in sender.id else None
    return f"{sender.short} - {above.short}" if above else sender.short


def _silence_notices(session: Session, letter: Letter, today: date) -> str | None:
    """Suppress the notices that have nothing to say any more; a reason when none is left, or nobody to read it."""
    unit = session.get(Unit, unit_of(letter.recipient))
    if unit is not None and unit.valid_to and unit.valid_to < today:
        return UNIT_ENDED
    here = (col(Notice.letter_id) == letter.id, col(Notice.state) == NoticeState.PLANNED)
    notices = session.exec(select(Notice).where(*here)).all()
    spoken_of = select(Assignment).where(col(Assignment.id).in_(select(Notice.assignment_id).where(*here)))
    assignments = {assignment.id: assignment for assignment in session.exec(spoken_of)}
    reasons = []
    for notice in notices:
        assignment = assignments.get(notice.assignment_id)
        reason = reason_to_be_silent(notice, assignment, _milestone(session, notice), today)
        if reason:
            notice.state, notice.reason = NoticeState.SUPPRESSED.value, reason
            reasons.append(reason)
    session.flush()
    if len(reasons) == len(notices):
        return "; ".join(dict.fromkeys(reasons)) or NOTHING_LEFT
    return None


def _milestone(session: Session, notice: Notice) -> Milestone | None:
    if notice.assignment_id:
        return None
    head, _, name = notice.process_key.rpartition(":")
    if head != f"{notice.plan_id}:{EVENT}":
        process = session.get(Process, notice.process_key)
        name = process.waits_for or "" if process else ""
    return session.get(Milestone, (notice.plan_id, name)) if name else None


def _suppress(session: Session, letter: Letter, now: datetime, reason: str) -> None:
    letter.state, letter.claimed_at, letter.next_try_at = LetterState.SUPPRESSED.value, None, None
    session.add(Attempt(letter_id=letter.id or 0, at=now, outcome=LetterState.SUPPRESSED.value, error=reason))
    _set_notices(session, letter.id or 0, NoticeState.SUPPRESSED, reason)


def _set_notices(session: Session, letter_id: int, state: NoticeState, reason: str | None = None) -> None:
    values = {"state": state.value} | ({"reason": reason} if reason else {})
    session.execute(
        update(Notice)
        .where(col(Notice.letter_id) == letter_id, col(Notice.state) == NoticeState.PLANNED)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


# ------------------------------------------------------------------ settle


def _settle_patiently(
    engine: Engine, post: Post, claim: Claim, outcome: Outcome, clock: Callable[[], datetime]
) -> LetterState:
    """What the other side said is known once only: a ledger that is locked or full for a moment must not forget it."""
    for seconds in PATIENCE:
        try:
            return settle(engine, post, claim, outcome, clock())
        except OperationalError as error:
            LOG.warning("letter %s cannot be settled yet: %s", claim.letter_id, type(error.orig).__name__)
            time.sleep(seconds)
    return settle(engine, post, claim, outcome, clock())


def settle(engine: Engine, post: Post, claim: Claim, outcome: Outcome, now: datetime) -> LetterState:
    """Write down what became of a claimed letter. News that come after the lease has passed still count."""
    state = LetterState(outcome.delivery.value)
    values: dict[str, object] = {"state": state.value}
    if state is LetterState.SENT:
        values["sent_at"] = now
    if state is LetterState.FAILED:
        wait = post.backoff.after(claim.tries)
        values["next_try_at"] = now + wait if wait is not None else None
    with transaction(engine) as session:
        session.add(Attempt(letter_id=claim.letter_id, at=now, outcome=state.value, error=outcome.error,
                            told=claim.told))  # fmt: skip
        ours = session.execute(
            update(Letter)
            .where(
                col(Letter.id) == claim.letter_id,
                col(Letter.claimed_at) == claim.claimed_at,
                col(Letter.state).in_((LetterState.SENDING, LetterState.UNKNOWN)),
            )
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        if state is LetterState.SENT and ours.rowcount:  # type: ignore[attr-defined]
            _set_notices(session, claim.letter_id, NoticeState.SENT)
    return state


def _step_aside(engine: Engine, post: Post, letter_id: int, now: datetime, error: str) -> LetterState | None:
    """A letter that cannot be written waits like a refused one, and the queue goes on."""
    with transaction(engine) as session:
        tries = session.get_one(Letter, letter_id).tries + 1
        wait = post.backoff.after(tries)
        moved = session.execute(
            update(Letter)
            .where(col(Letter.id) == letter_id, _is_due(now))
            .values(state=LetterState.FAILED.value, tries=tries, next_try_at=now + wait if wait is not None else None)
            .execution_options(synchronize_session=False)
        )
        if not moved.rowcount:  # type: ignore[attr-defined]
            return None  # somebody else could write it
        session.add(Attempt(letter_id=letter_id, at=now, outcome=LetterState.FAILED.value, error=error))
    return LetterState.FAILED


def lapse_leases(engine: Engine, post: Post, now: datetime) -> int:
    """Letters whose sender died between "sending" and "sent" become `unknown`; the number of them.

    A claim from the future (the clock was set back) has lapsed as well.
    """
    stuck = and_(
        col(Letter.state) == LetterState.SENDING,
        or_(col(Letter.claimed_at) <= now - post.lease, col(Letter.claimed_at) > now + post.lease),
    )
    with transaction(engine) as session:
        lapsed = session.execute(
            update(Letter)
            .where(stuck)
            .values(state=LetterState.UNKNOWN.value)
            .returning(col(Letter.id))
            .execution_options(synchronize_session=False)
        )
        ids = list(lapsed.scalars())
        for letter_id in ids:
            told = told_hash(session.get_one(Letter, letter_id))
            session.add(Attempt(letter_id=letter_id, at=now, outcome=LetterState.UNKNOWN.value, error=LEASE_PASSED,
                                told=told))  # fmt: skip
    return len(ids)


def send_again(session: Session, letter_id: int) -> bool:
    """A person's decision: an unknown or given-up letter is planned once more. False when it is neither."""
    again = session.execute(
        update(Letter)
        .where(
            col(Letter.id) == letter_id,
            or_(
                col(Letter.state) == LetterState.UNKNOWN,
                and_(col(Letter.state) == LetterState.FAILED, col(Letter.next_try_at).is_(None)),
            ),
        )
        .values(state=LetterState.PLANNED.value, claimed_at=None, next_try_at=None, tries=0)
        .execution_options(synchronize_session=False)
    )
    return bool(again.rowcount)  # type: ignore[attr-defined]
