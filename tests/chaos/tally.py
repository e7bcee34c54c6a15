"""The count at the end of a world: what outsiders wrote down against what the ledger says."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import func
from sqlmodel import Session, col, select

from actions.reading import overdue_and_untold
from actions.verify_audit import verify
from models.ledger import Answer
from models.outbox import Letter, LetterState, Notice, NoticeState
from notifications.wording import letter_code

from .house import Place


@dataclass
class Tally:
    """`lost` and `doubled` must be empty; `unknown` letters are those the ledger itself calls so."""

    letters: int = 0
    sent: int = 0
    unknown: int = 0
    unknown_taken: int = 0  # of those, how many the mail server has
    retried: int = 0
    reports: int = 0
    notices: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def count(session: Session, place: Place, now: datetime) -> Tally:
    """Compare the ledger of a world that has come to rest with the mail server's and the units' own records."""
    taken = Counter(_lines(place.received))
    letters = {letter.id or 0: letter for letter in session.exec(select(Letter))}
    tally = Tally(letters=len(letters), reports=len(_lines(place.filed)))
    for number, letter in letters.items():
        _letter(tally, letter, taken[letter_code(number)])
    codes = {letter_code(number) for number in letters}
    tally.doubled += [f"{code}: taken, and the ledger has no such letter" for code in taken if code not in codes]
    for notice in session.exec(select(Notice)):
        tally.notices += 1
        _notice(tally, notice, letters, now)
    answered = set(session.exec(select(Answer.assignment_id).distinct()))
    tally.lost += [f"report of assignment {which}" for which in _lines(place.filed) if int(which) not in answered]
    tally.lost += [f"assignment {which}: overdue and untold" for which in overdue_and_untold(session, now.date())]
    tally.broken += [found.message for found in verify(session).breaks]
    twice = session.execute(
        select(col(Answer.assignment_id)).group_by(col(Answer.assignment_id)).having(func.count() > 1)
    ).all()
    tally.doubled += [f"assignment {which}: answered twice" for (which,) in twice]
    return tally


def _letter(tally: Tally, letter: Letter, times: int) -> None:
    """One letter: how often the server took it, against its state."""
    code, state = letter_code(letter.id or 0), LetterState(letter.state)
    tally.sent += state is LetterState.SENT
    tally.retried += letter.tries > 1
    if state is LetterState.UNKNOWN:
        tally.unknown += 1
        tally.unknown_taken += bool(times)
    elif times > 1:
        tally.doubled.append(f"{code}: taken {times} times, the ledger says {state}")
    if state is LetterState.SENT and not times:
        tally.lost.append(f"{code}: the ledger says sent, the server has never seen it")
    if state is LetterState.FAILED and letter.next_try_at is None:
        tally.lost.append(f"{code}: given up")
    if times and state in (LetterState.PLANNED, LetterState.FAILED, LetterState.SUPPRESSED):
        tally.doubled.append(f"{code}: taken, and the ledger says {state}: it would go out again or is denied")


def _notice(tally: Tally, notice: Notice, letters: dict[int, Letter], now: datetime) -> None:
    """One decided message: sent, suppressed, held, or on its way in a letter that is unknown or will be tried again."""
    state = NoticeState(notice.state)
    letter = letters.get(notice.letter_id or 0)
    if state is NoticeState.SENT and (letter is None or letter.state != LetterState.SENT):
        tally.lost.append(f"notice {notice.id}: said to be sent, its letter is {letter and letter.state}")
    if state is not NoticeState.PLANNED:
        return
    if letter is None:
        if notice.send_on < now.date():
            tally.lost.append(f"notice {notice.id}: due on {notice.send_on} and in no letter")
        return
    waits = letter.state == LetterState.FAILED and letter.next_try_at is not None
    if letter.state != LetterState.UNKNOWN and not waits:
        tally.lost.append(f"notice {notice.id}: planned, its letter is {letter.state}")


def _lines(file: Path) -> list[str]:
    return file.read_text().split() if file.exists() else []
