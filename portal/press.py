"""Đôn đốc ngay, looked at before it happens: the letters of a selection, written by the deed itself and taken back.

What is shown is what is then planned: the same deed, the same gathering into letters and the same wording run in a
transaction that is never committed. When the world has moved between the look and the click, the click is refused.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

import pendulum
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from actions.gather_letters import gather_letters
from actions.move import Refused
from actions.nudge import Nudge, nudge
from actions.rules import Rules
from models.columns import ZONE
from models.ledger import Assignment, Occurrence
from models.outbox import Letter, Notice, NoticeState
from models.plan import Process
from models.units import Unit
from notifications.wording import BadTemplate, Wording, compose_many

from .questions import readers

MOST = 500  # pressed at once
WAITS = "chờ ngày gửi thư kế tiếp"
_SIGNED = re.compile(r"(/[uh]/)[\w.~=-]+")


@dataclass(frozen=True)
class Work:
    """What a notice speaks of."""

    assignment: Assignment
    occurrence: Occurrence
    process: Process
    unit: Unit


@dataclass(frozen=True)
class PreviewedLetter:
    """One letter as it would leave: `role` of the reader's unit, `rows` what of the selection it presses.

    `more` are notices of other days or steps that leave in the same letter. `body` is None when no letter could be
    written; links are shown without their secret part. `secret` are the plans with confidential work in it.
    """

    recipient: str
    unit: str
    role: str
    channel: str
    day: date
    subject: str | None
    body: str | None
    rows: list[Work]
    more: int
    secret: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Preview:
    """What would happen: letters, what does not go and why, and the seal that the click must carry."""

    letters: list[PreviewedLetter]
    skipped: list[tuple[Work, str]]
    ids: list[int]
    seal: str
    refused: str | None = None

    @property
    def units(self) -> int:
        """How many units are pressed."""
        return len({row.unit.id for letter in self.letters for row in letter.rows})


@contextmanager
def taken_back(engine: Engine) -> Iterator[Session]:
    """A session that may write and whose writing never stays."""
    with Session(engine) as session:
        try:
            yield session
        finally:
            session.rollback()


def seal_of(found: Sequence[Nudge]) -> str:
    """A short hash of exactly who gets what."""
    going = sorted((row.assignment, row.recipient, row.channel, row.wording, row.send_on)
                   for row in found if row.skipped is None)  # fmt: skip
    return hashlib.sha256(repr(going).encode()).hexdigest()[:16]


def chosen(session: Session, ids: Sequence[int]) -> list[Assignment]:
    """The assignments of a selection; Refused for none, too many, or one that is not there."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        raise Refused("chưa chọn dòng nào")
    if len(wanted) > MOST:
        raise Refused(f"chọn tối đa {MOST} dòng một lần")
    found = {row.id: row for row in session.exec(select(Assignment).where(col(Assignment.id).in_(wanted)))}
    missing = [number for number in wanted if number not in found]
    if missing:
        raise Refused(f"không có phần việc số {missing[0]}")
    return [found[number] for number in wanted]


def press(
    session: Session, rules: Rules, ids: Sequence[int], now: datetime, *, seal: str | None = None
) -> list[Nudge]:
    """Press a selection. Refused when `seal` says that something else was looked at."""
    found = nudge(session, rules, chosen(session, ids), now)
    if seal is not None and seal != seal_of(found):
        raise Refused("danh sách nhận đã khác so với lúc xem trước; xem lại rồi bấm gửi")
    return found


def preview(engine: Engine, rules: Rules, wording: Wording, ids: Sequence[int], now: datetime) -> Preview:
    """The letters of a selection, without a trace in the ledger."""
    with taken_back(engine) as session:
        try:
            found = press(session, rules, ids, now)
        except Refused as refused:
            session.rollback()
            return Preview([], [], list(dict.fromkeys(ids)), "", str(refused))
        going = [row for row in found if row.skipped is None]
        step = _step(session, going)
        _into_letters(session, rules, going, step, now)
        works = _works(session, [row.assignment for row in found])
        skipped = [(works[row.assignment], row.skipped) for row in found if row.skipped]
        letters, unsent = _letters(session, rules, wording, going, step, works, now)
        session.expunge_all()  # what was read stays readable when the writing is taken back
        return Preview(letters, skipped + unsent, list(dict.fromkeys(ids)), seal_of(found))


def _works(session: Session, ids: Sequence[int]) -> dict[int, Work]:
    query = (
        select(Assignment, Occurrence, Process, Unit)
        .join(Occurrence, col(Occurrence.id) == Assignment.occurrence_id)
        .join(Process, col(Process.key) == Occurrence.process_key)
        .join(Unit, col(Unit.id) == Assignment.unit_id)
        .where(col(Assignment.id).in_(ids))
    )
    return {a.id or 0: Work(a, o, p, u) for a, o, p, u in session.exec(query)}


def _into_letters(session: Session, rules: Rules, going: Sequence[Nudge], step: str, now: datetime) -> None:
    """Gather as the post will; today's letter may have left already: then it is the next sending day's."""
    mine = {row.assignment for row in going}
    for _ in range(2):
        waiting = [notice.send_on for notice in _notices(session, mine, step)
                   if notice.state == NoticeState.PLANNED and not notice.letter_id]  # fmt: skip
        if waiting:
            gather_letters(session, rules, _sending_moment(rules, min(waiting), now))
    session.expire_all()


def _letters(
    session: Session,
    rules: Rules,
    wording: Wording,
    going: Sequence[Nudge],
    step: str,
    works: dict[int, Work],
    now: datetime,
) -> tuple[list[PreviewedLetter], list[tuple[Work, str]]]:
    """The letters that would carry these notices, and those a rule of sending keeps back."""
    mine = {row.assignment for row in going}
    notices = _notices(session, mine, step)
    carried = sorted({notice.letter_id for notice in notices if notice.letter_id})
    others = _others(session, carried, mine, step)
    letters = session.exec(select(Letter).where(col(Letter.id).in_(carried)).order_by(col(Letter.id))).all()
    read_by = readers(session, (letter.recipient for letter in letters))
    composed = {
        number: said
        for day in {letter.day for letter in letters}
        for number, said in _composed(session, wording, [letter.id or 0 for letter in letters if letter.day == day],
                                      _sending_moment(rules, day, now)).items()
    }  # fmt: skip
    found = []
    for letter in letters:
        subject, body = composed.get(letter.id or 0, (None, None))
        rows = [works[n.assignment_id] for n in notices if n.letter_id == letter.id and n.assignment_id]
        found.append(PreviewedLetter(letter.recipient, *read_by[letter.recipient], letter.channel, letter.day,
                                     subject, body, rows, *others.get(letter.id or 0, (0, frozenset()))))  # fmt: skip
    unsent = [(works[n.assignment_id], n.reason or WAITS) for n in notices if n.letter_id is None and n.assignment_id]
    return found, unsent


def _step(session: Session, going: Sequence[Nudge]) -> str:
    ids = [row.assignment for row in going]
    newest = select(Notice.step).where(col(Notice.assignment_id).in_(ids)).order_by(col(Notice.id).desc()).limit(1)
    return session.exec(newest).one()


def _notices(session: Session, ids: set[int], step: str) -> list[Notice]:
    query = select(Notice).where(col(Notice.assignment_id).in_(ids), col(Notice.step) == step)
    return list(session.exec(query.order_by(col(Notice.id))))


def _others(
    session: Session, letters: Sequence[int], ids: set[int], step: str
) -> dict[int, tuple[int, frozenset[str]]]:
    """{letter: (notices in it that are not of the selection, plans whose confidential work it names)}."""
    more: dict[int, int] = {}
    secret: dict[int, set[str]] = {}
    query = (
        select(Notice, Process)
        .join(Process, col(Process.key) == Notice.process_key, isouter=True)
        .where(col(Notice.letter_id).in_(letters))
    )
    for notice, process in session.exec(query):
        letter = notice.letter_id or 0
        more[letter] = more.get(letter, 0) + (notice.step != step or notice.assignment_id not in ids)
        secret.setdefault(letter, set()).update({notice.plan_id} if process and process.confidential else ())
    return {letter: (count, frozenset(secret[letter])) for letter, count in more.items()}


def _sending_moment(rules: Rules, day: date, now: datetime) -> datetime:
    """When the letters of a day are gathered: at its hour, or now when that has passed."""
    hour = rules.escalation.sending.hour
    at = pendulum.datetime(day.year, day.month, day.day, hour.hour, hour.minute, tz=ZONE)
    return max(at, pendulum.instance(now).in_timezone(ZONE)) if day == now.date() else at


def _composed(
    session: Session, wording: Wording, letters: Sequence[int], now: datetime
) -> dict[int, tuple[str | None, str | None]]:
    try:
        written = compose_many(session, letters, now, wording)
    except BadTemplate as problem:
        raise Refused(str(problem)) from None
    return {number: (one.subject, _SIGNED.sub(r"\1…", one.body)) for number, one in written.items()}
