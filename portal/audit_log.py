"""Who did what: deeds at the portal and moves of the life cycle, newest first; and the state of the chain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pendulum
from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from models.accounts import Deed, Outcome
from models.audit import Seal
from models.columns import ZONE
from models.ledger import Assignment, Occurrence, Transition
from models.plan import Process
from models.units import Unit

from .questions import columns_of

SHOWN = 50
PAGE = 1000  # rows of an export read at a time
SLACK = timedelta(hours=1)  # two who write at once may number their rows the other way round
VERIFIED = 200_000  # rows a page proves; a longer chain is proved by the command


@dataclass(frozen=True)
class LogFilter:
    """Which rows; empty fields take all. `what` is a deed's name or a move's, `of` an assignment."""

    who: str = ""
    what: str = ""
    outcome: Outcome | None = None
    of: int | None = None
    first: date | None = None
    last: date | None = None

    def __bool__(self) -> bool:
        return any((self.who, self.what, self.outcome, self.of, self.first, self.last))


@dataclass(frozen=True)
class Moved:
    """One move with what it was about."""

    transition: Transition
    occurrence: Occurrence
    process: Process
    unit: Unit


@dataclass(frozen=True)
class Chain:
    """The end of the chain, as stored."""

    links: int
    hash: str
    at: datetime | None


def chain(session: Session) -> Chain:
    """The last link; nothing is counted."""
    last = session.exec(select(Seal).order_by(col(Seal.id).desc()).limit(1)).first()
    return Chain(last.id or 0, last.hash, last.at) if last else Chain(0, "", None)


def sealed_rows(session: Session) -> int:
    """How many rows the links say they seal."""
    return int(session.execute(select_columns(func.coalesce(func.sum(col(Seal.rows)), 0))).scalar_one())


def deeds(session: Session, only: LogFilter, after: int | None, most: int = SHOWN + 1) -> list[Deed]:
    """Deeds below that number."""
    query = select(Deed).order_by(col(Deed.id).desc()).limit(most)
    if only.who:
        query = query.where(Deed.actor == only.who)
    if only.what:
        query = query.where(Deed.what == only.what)
    if only.outcome:
        query = query.where(Deed.outcome == only.outcome.value)
    query = _between(session, query, Deed.id, Deed.at, only)
    if after is not None:
        query = query.where(col(Deed.id) < after)
    return list(session.exec(query))


def moves(session: Session, only: LogFilter, after: int | None, most: int = SHOWN + 1) -> list[Moved]:
    """Moves below that number, with their task and unit."""
    query = (
        select_columns(
            columns_of(Transition, "id", "assignment_id", "move", "from_state", "to_state", "at", "recorded_at", "by",
                       "reason"),
            columns_of(Occurrence, "period", "label"),
            columns_of(Process, "plan_id", "code", "title", "confidential"),
            columns_of(Unit, "id", "short"),
        )
        .join(Assignment, col(Assignment.id) == Transition.assignment_id)
        .join(Occurrence, col(Occurrence.id) == Assignment.occurrence_id)
        .join(Process, col(Process.key) == Occurrence.process_key)
        .join(Unit, col(Unit.id) == Assignment.unit_id)
        .where(col(Transition.id).in_(_moves(session, only, after, most)))
        .order_by(col(Transition.id).desc())
    )  # fmt: skip
    return [Moved(*row) for row in session.execute(query)]


def _moves(session: Session, only: LogFilter, after: int | None, most: int) -> list[int | None]:
    query = select(Transition.id).order_by(col(Transition.id).desc()).limit(most)
    if only.of is not None:
        query = query.where(Transition.assignment_id == only.of)
    if only.who:
        query = query.where(Transition.by == only.who)
    if only.what:
        query = query.where(Transition.move == only.what)
    query = _between(session, query, Transition.id, Transition.recorded_at, only)
    if after is not None:
        query = query.where(col(Transition.id) < after)
    return list(session.exec(query))


def _between(session: Session, query: Any, key: Any, at: Any, only: LogFilter) -> Any:
    """Rows of these days. The table only grows, so its numbers follow its moments: a range of days is a range of
    numbers, and the newest first of it is read without sorting."""
    if only.first:
        begins = _moment(only.first)
        first = session.exec(select(key).where(col(at) >= begins - SLACK).order_by(col(at)).limit(1)).first()
        query = query.where(col(key) >= (first if first is not None else 2**62), col(at) >= begins)
    if only.last:
        ends = _moment(only.last + timedelta(days=1))
        last = session.exec(select(key).where(col(at) < ends + SLACK).order_by(col(at).desc()).limit(1)).first()
        query = query.where(col(key) <= (last if last is not None else 0), col(at) < ends)
    return query


def _moment(day: date) -> datetime:
    return pendulum.datetime(day.year, day.month, day.day, tz=ZONE)


def every_deed(session: Session, only: LogFilter, most: int) -> Iterator[Deed]:
    """The deeds of a filter for an export, page by page."""
    after: int | None = None
    for _ in range(0, most, PAGE):
        found = deeds(session, only, after, PAGE)
        yield from found
        if len(found) < PAGE:
            return
        after = found[-1].id


def every_move(session: Session, only: LogFilter, most: int) -> Iterator[Moved]:
    """The moves of a filter for an export, page by page."""
    after: int | None = None
    for _ in range(0, most, PAGE):
        found = moves(session, only, after, PAGE)
        yield from found
        if len(found) < PAGE:
            return
        after = found[-1].transition.id
