"""The outbox: letters by filter, one letter, steps that wait for a coordinator, and why some notices were not sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import String, bindparam, case, func, literal, or_, union_all
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from calendars.spelling import fold
from models.outbox import Attempt, Letter, LetterState, Notice, NoticeState
from models.plan import Plan, Process
from models.units import ContactPoint, Unit

from .questions import columns_of, readers
from .words import ROLES

SHOWN = 25
COUNTED = 1000  # more are "hơn 1.000": a page never counts a million letters
UNITS_FOUND = 200  # units a search by name looks at
SILENT_DAYS = timedelta(days=30)
SLACK = timedelta(days=30)  # a letter may leave this much later than its notice was first meant to


@dataclass(frozen=True)
class LetterFilter:
    """Which letters; empty fields take all. `unit` is an id, `words` part of a unit's name."""

    state: LetterState | None = None
    unit: str = ""
    words: str = ""
    plan: str = ""
    first: date | None = None
    last: date | None = None

    def __bool__(self) -> bool:
        return any((self.state, self.unit, self.words, self.plan, self.first, self.last))


@dataclass(frozen=True)
class LetterLine:
    """One letter with the name of its reader and, if it has not arrived, why. `plans` are those it speaks of,
    `secret` those whose words only their own coordinators read."""

    letter: Letter
    unit_id: str
    unit: str
    role: str
    error: str | None
    plans: frozenset[str] = frozenset()
    secret: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Held:
    """A step that goes when a coordinator has looked, or is dropped."""

    notice: Notice
    process: Process | None
    unit: str
    role: str


@dataclass(frozen=True)
class Outbox:
    """A page of letters. `counts` are bounded by `COUNTED` + 1; `after` is where the next page begins."""

    lines: list[LetterLine]
    after: str | None
    counts: dict[LetterState, int]
    held: list[Held]
    held_count: int
    silent: list[tuple[str, int]]
    plans: list[Plan] = field(default_factory=list)


def outbox(session: Session, only: LetterFilter, after: str | None, today: date) -> Outbox:
    """The newest letters of a filter; without one, also what waits for approval and what was not sent."""
    found = list(session.scalars(_letters(session, only, after).limit(SHOWN + 1)))
    shown = found[:SHOWN]
    held = [] if only else session.execute(_HELD).tuples().all()
    read_by = readers(session, (notice.recipient for notice, _ in held))
    return Outbox(
        lines=_lines(session, shown),
        after=f"{shown[-1].day.isoformat()}.{shown[-1].id}" if len(found) > SHOWN else None,
        counts=_counts(session),
        held=[
            Held(notice, process if process.plan_id else None, *read_by[notice.recipient]) for notice, process in held
        ],
        held_count=session.execute(_HELD_COUNT).scalar_one() if len(held) == SHOWN else len(held),
        silent=[] if only else _silent(session, today),
        plans=list(session.scalars(PLANS)),
    )


PLANS = select_columns(columns_of(Plan, "id", "number", "title")).order_by(col(Plan.id)).limit(500)


def every(session: Session, only: LetterFilter, most: int) -> Iterator[LetterLine]:
    """The letters of a filter for an export, page by page."""
    after: str | None = None
    for _ in range(0, most, 500):
        found = list(session.scalars(_letters(session, only, after).limit(500)))
        yield from _lines(session, found)
        if len(found) < 500:
            return
        after = f"{found[-1].day.isoformat()}.{found[-1].id}"


# A list of letters does not read their bodies.
LISTED = columns_of(Letter, "id", "recipient", "channel", "day", "state", "subject", "tries", "sent_at", "carried_by")


NEWEST_FIRST = select_columns(LISTED).order_by(col(Letter.day).desc(), col(Letter.id).desc())


def _letters(session: Session, only: LetterFilter, after: str | None) -> Any:
    query = NEWEST_FIRST
    if only.state:
        query = query.where(col(Letter.state) == only.state.value)
    if only.first:
        query = query.where(col(Letter.day) >= only.first)
    if only.last:
        query = query.where(col(Letter.day) <= only.last)
    if only.unit or only.words:
        query = query.where(col(Letter.recipient).in_(_recipients(session, only)))
    if only.plan:
        query = _of_plan(session, query, only.plan)
    day, _, number = (after or "").partition(".")
    if number.isdigit():
        try:
            last = date.fromisoformat(day)
        except ValueError:
            return query
        query = query.where(col(Letter.day) <= last)  # said apart, so that an index begins here
        query = query.where(or_(col(Letter.day) < last, col(Letter.id) < int(number)))
    return query


def _of_plan(session: Session, query: Any, plan_id: str) -> Any:
    """Letters that speak of a plan, between its first letter and its last."""
    span = select_columns(func.min(col(Notice.letter_id)), func.max(col(Notice.letter_id)))
    first, last = session.execute(span.where(col(Notice.plan_id) == plan_id)).one()
    if first is None:
        return query.where(col(Letter.id).is_(None))
    named = select(Letter).where(col(Letter.id).in_([first, last]))
    ends = {letter.id: letter.day for letter in session.exec(named)}
    speaks = select(Notice.id).where(Notice.letter_id == Letter.id, Notice.plan_id == plan_id).exists()
    return query.where(col(Letter.day) >= ends[first] - SLACK, col(Letter.day) <= ends[last] + SLACK, speaks)


def _recipients(session: Session, only: LetterFilter) -> list[str]:
    """`<unit>:<role>` of the units of a filter: the unique key of letters begins with it."""
    ids = [only.unit] if only.unit else []
    if only.words:
        named = select(Unit.id).where(col(Unit.folded).contains(fold(only.words), autoescape=True))
        named = named.order_by(col(Unit.position), col(Unit.id)).limit(UNITS_FOUND)
        found = set(session.exec(named))
        ids = sorted(found & set(ids)) if ids else sorted(found)
    others = session.exec(select(ContactPoint.recipient).where(col(ContactPoint.unit_id).in_(ids)))
    return sorted({f"{unit}:{role}" for unit in ids for role in ROLES} | set(others))


def letter_page(session: Session, letter_id: int) -> tuple[LetterLine, list[Attempt], list[Notice]] | None:
    """One letter with its tries and the steps it says; None when there is no such letter."""
    letter = session.get(Letter, letter_id)
    if letter is None:
        return None
    tries = session.exec(select(Attempt).where(Attempt.letter_id == letter_id).order_by(col(Attempt.id)).limit(100))
    steps = session.exec(select(Notice).where(Notice.letter_id == letter_id).order_by(col(Notice.id)).limit(200))
    return _lines(session, [letter])[0], list(tries), list(steps)


def _lines(session: Session, letters: Sequence[Letter]) -> list[LetterLine]:
    ids = [letter.id for letter in letters]
    read_by = readers(session, (letter.recipient for letter in letters))
    errors = _last_errors(session, [letter.id for letter in letters if letter.state != LetterState.SENT])
    plans, secret = _spoken_of(session, ids)
    return [
        LetterLine(
            letter,
            letter.recipient.rpartition(":")[0],
            *read_by[letter.recipient],
            errors.get(letter.id),
            frozenset(plans.get(letter.id, ())),
            frozenset(secret.get(letter.id, ())),
        )
        for letter in letters
    ]


def _spoken_of(session: Session, ids: Sequence[int | None]) -> tuple[dict[int | None, set[str]], ...]:
    """({letter: plans}, {letter: plans of which it says something confidential})."""
    plans: dict[int | None, set[str]] = {}
    secret: dict[int | None, set[str]] = {}
    for letter_id, plan_id, confidential in session.execute(_SPOKEN_OF, {"letters": ids}):
        plans.setdefault(letter_id, set()).add(plan_id)
        if confidential:
            secret.setdefault(letter_id, set()).add(plan_id)
    return plans, secret


LETTERS: Any = bindparam("letters", expanding=True)
_CONFIDENTIAL = or_(
    col(Notice.plan_id).in_(select_columns(col(Plan.id)).where(col(Plan.confidential))),
    col(Notice.process_key).in_(select_columns(col(Process.key)).where(col(Process.confidential))),
)
_OF_PLAN = col(Notice.plan_id) + ""  # an expression: to group by the column SQLite would read every notice through
_SPOKEN_OF = (
    select_columns(col(Notice.letter_id), _OF_PLAN, func.max(case((_CONFIDENTIAL, 1), else_=0)))
    .where(col(Notice.letter_id).in_(LETTERS))
    .group_by(col(Notice.letter_id), _OF_PLAN)
)


def _last_errors(session: Session, ids: Sequence[int | None]) -> dict[int | None, str | None]:
    return dict(session.execute(_LAST_ERRORS, {"letters": ids}).tuples().all()) if ids else {}


_LAST = (
    select_columns(func.max(col(Attempt.id)))
    .where(col(Attempt.letter_id).in_(LETTERS))
    .group_by(col(Attempt.letter_id))
)
_LAST_ERRORS = select_columns(col(Attempt.letter_id), col(Attempt.error)).where(col(Attempt.id).in_(_LAST))


# ------------------------------------------------------------------ beside the letters


def _counts(session: Session) -> dict[LetterState, int]:
    """How many letters of each state, counted to `COUNTED` + 1, in one query."""
    return {LetterState(state): count for count, state in session.execute(_counting()) if count}


@lru_cache(maxsize=1)
def _counting() -> Any:
    parts = []
    for state in LetterState:
        rows = select_columns(col(Letter.id)).where(col(Letter.state) == state.value).limit(COUNTED + 1).subquery()
        parts.append(select_columns(func.count(), func.max(literal(state.value, String))).select_from(rows))
    return union_all(*parts)


_WAITS = col(Notice.state) == NoticeState.HELD.value
_HELD_COUNT = select_columns(func.count()).select_from(
    select_columns(col(Notice.id)).where(_WAITS).limit(COUNTED + 1).subquery()
)
_HELD = (
    select_columns(
        columns_of(Notice, "id", "plan_id", "assignment_id", "recipient", "step", "reason", "hold_until"),
        columns_of(Process, "plan_id", "code", "title", "confidential"),
    )
    .select_from(Notice)
    .join(Process, col(Process.key) == Notice.process_key, isouter=True)
    .where(_WAITS)
    .order_by(col(Notice.send_on), col(Notice.id))
    .limit(SHOWN)
)
_SILENT = (
    select_columns(col(Notice.reason), func.count())
    .where(col(Notice.state) == NoticeState.SUPPRESSED.value, col(Notice.send_on) >= bindparam("since"))
    .group_by(col(Notice.reason))
    .order_by(func.count().desc(), col(Notice.reason))
    .limit(SHOWN)
)


def _silent(session: Session, today: date) -> list[tuple[str, int]]:
    """Why notices of the last days were not sent."""
    found = session.execute(_SILENT, {"since": today - SILENT_DAYS})
    return [(reason or "–", count) for reason, count in found]


def plans_held(session: Session, ids: Sequence[int]) -> set[str]:
    """The plans of these held steps."""
    query = select(Notice.plan_id).where(col(Notice.id).in_(ids), Notice.state == NoticeState.HELD.value)
    return set(session.exec(query))
