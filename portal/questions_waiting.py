"""What waits for a coordinator, list by list, the oldest first; each list is one query with its own key for paging."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select as select_columns
from sqlalchemy import true
from sqlmodel import Session, col, select

from actions.advance import EXTENSION_ASKED
from actions.extend import FLAGGED_FROM
from actions.joins import with_process
from models.forms import Concern, ConcernKind
from models.ledger import UNCONFIRMED, Answer, Assignment, Extension, Occurrence, Submission
from models.lifecycle import Stage
from models.outbox import Attempt, Letter, Notice, NoticeState
from models.plan import Milestone, Process
from models.units import Unit

from .questions import said
from .questions_today import (
    NOT_DELIVERED,
    UNDATED,
    Counters,
    Filters,
    concerns_query,
    counters,
    extensions_query,
)

FIRST, PAGE = 6, 50


@dataclass(frozen=True)
class Waits:
    """One thing that waits: the row itself (`Notice`, `Extension`, `Concern`, …) and what it is about."""

    thing: Any
    process: Process | None = None
    unit: Unit | None = None
    assignment: Assignment | None = None
    occurrence: Occurrence | None = None
    more: Any = None

    @property
    def flagged(self) -> bool:
        """Whether granting this would be the third extension or a later one."""
        return self.assignment is not None and self.assignment.extensions + 1 >= FLAGGED_FROM


@dataclass(frozen=True)
class List:
    """One list; `after` is the key of its next page, or None at the end."""

    name: str
    rows: list[Waits]
    after: str | None


@dataclass(frozen=True)
class Waiting:
    """The page: counters, and one list or the beginning of each."""

    counters: Counters
    lists: list[List]


def waiting(session: Session, now: datetime, filters: Filters, what: str = "", after: str = "") -> Waiting:
    """All lists with their first rows, or one of them in pages."""
    counted = counters(session, now.date(), filters)
    if what in LISTS:
        return Waiting(counted, [_list(session, what, filters, after, PAGE)])
    return Waiting(counted, [_list(session, name, filters, "", FIRST) for name in LISTS if getattr(counted, name)])


def _list(session: Session, name: str, filters: Filters, after: str, most: int) -> List:
    rows = LISTS[name](session, filters, after, most + 1)
    last = rows[most - 1].thing if len(rows) > most else None
    return List(name, rows[:most], _key(last) if last is not None else None)


def _key(thing: Any) -> str:
    if isinstance(thing, Milestone):
        return f"{thing.plan_id}:{thing.name}"
    return str(thing.key if isinstance(thing, Process) else thing.id)


def _number(after: str) -> int:
    return int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0


def _held(session: Session, filters: Filters, after: str, most: int) -> list[Waits]:
    query = (
        select(Notice, Process, Unit, Assignment)
        .join(Process, col(Process.key) == Notice.process_key, isouter=True)
        .join(Unit, col(Unit.id) == Notice.unit_id, isouter=True)
        .join(Assignment, col(Assignment.id) == Notice.assignment_id, isouter=True)
        .where(col(Notice.state) == NoticeState.HELD, filters.of_plan(col(Notice.plan_id)))
        .where(col(Notice.id) > _number(after))
        .order_by(col(Notice.id))
        .limit(most)
    )
    found = session.exec(query).all()
    names = _readers(session, [notice.recipient for notice, *_ in found])
    return [
        Waits(notice, process, unit, assignment,
              more=(*names[notice.recipient], notice.reason == EXTENSION_ASKED))
        for notice, process, unit, assignment in found
    ]  # fmt: skip


def _readers(session: Session, recipients: Sequence[str]) -> dict[str, tuple[str, str]]:
    """{recipient: (unit, role)}."""
    parts = {recipient: recipient.rpartition(":") for recipient in recipients}
    ids = {unit for unit, _, _ in parts.values()}
    names = dict(session.exec(select(Unit.id, Unit.short).where(col(Unit.id).in_(ids))).all())
    return {recipient: (names.get(unit, unit), role) for recipient, (unit, _, role) in parts.items()}


def _extensions(session: Session, filters: Filters, after: str, most: int) -> list[Waits]:
    query = extensions_query(select(Extension, Process, Unit, Assignment, Occurrence), filters)  # type: ignore[call-overload]
    query = query.where(col(Extension.id) > _number(after)).order_by(col(Extension.id)).limit(most)
    return _rows(session, _named(query))


def _concerns(kind: ConcernKind) -> Callable[[Session, Filters, str, int], list[Waits]]:
    def ask(session: Session, filters: Filters, after: str, most: int) -> list[Waits]:
        query = concerns_query(select(Concern, Process, Unit, Assignment, Occurrence), filters, kind)  # type: ignore[call-overload]
        query = query.where(col(Concern.id) > _number(after)).order_by(col(Concern.id)).limit(most)
        found = _rows(session, _named(query))
        rather = {row.thing.rather_unit for row in found if row.thing.rather_unit}
        names = dict(session.exec(select(Unit.id, Unit.short).where(col(Unit.id).in_(rather))).all())
        return [
            Waits(row.thing, row.process, row.unit, row.assignment, row.occurrence,
                  names.get(row.thing.rather_unit, row.thing.rather_unit))
            for row in found
        ]  # fmt: skip

    return ask


def _named(query: Any) -> Any:
    return query.join(Process, col(Process.key) == Occurrence.process_key).join(
        Unit, col(Unit.id) == Assignment.unit_id
    )


def _rows(session: Session, query: Any) -> list[Waits]:
    return [Waits(thing, p, u, a, o) for thing, p, u, a, o in session.exec(query)]


def _reports(session: Session, filters: Filters, after: str, most: int) -> list[Waits]:
    """Reports nobody has confirmed, each with the last submission that answered it."""
    units = select_columns(col(Unit.id)).where(filters.of_unit)
    ids = (
        select_columns(col(Assignment.id))
        .where(said(UNCONFIRMED), filters.of_work, col(Assignment.unit_id).in_(units) if filters.unit else true())
        .where(col(Assignment.id) > _number(after))
        .order_by(col(Assignment.id))
        .limit(most)
    )
    query = (
        with_process(select(Assignment, Process, Unit, Occurrence))
        .join(Unit, col(Unit.id) == Assignment.unit_id)
        .where(col(Assignment.id).in_(ids.subquery().select()))
        .order_by(col(Assignment.id))
    )
    found = session.exec(query).all()
    filed = last_filed(session, [row[0].id or 0 for row in found])
    return [Waits(a, p, u, a, o, filed.get(a.id or 0)) for a, p, u, o in found]


def last_filed(session: Session, ids: Sequence[int]) -> dict[int, Submission]:
    """{assignment: the submission that answered it last}."""
    query = (
        select(Answer.assignment_id, Submission)
        .join(Submission, col(Submission.id) == Answer.submission_id)
        .where(col(Answer.assignment_id).in_(ids))
        .order_by(col(Submission.id))
    )
    return dict(session.exec(query).all())


def _undated(session: Session, filters: Filters, after: str, most: int) -> list[Waits]:
    query = (
        select(Process)
        .where(UNDATED, filters.of_plan(col(Process.plan_id)), col(Process.key) > after)
        .order_by(col(Process.key))
        .limit(most)
    )
    return [Waits(process, process) for process in session.exec(query)]


def _undecided(session: Session, filters: Filters, after: str, most: int) -> list[Waits]:
    query = (
        select(Occurrence, Process)
        .join(Process, col(Process.key) == Occurrence.process_key)
        .where(col(Occurrence.stage) == Stage.UNDECIDED, filters.of_plan(col(Occurrence.plan_id)))
        .where(col(Occurrence.id) > _number(after))
        .order_by(col(Occurrence.id))
        .limit(most)
    )
    return [Waits(occurrence, process, occurrence=occurrence) for occurrence, process in session.exec(query)]


def _milestones(session: Session, filters: Filters, after: str, most: int) -> list[Waits]:
    key = col(Milestone.plan_id) + ":" + col(Milestone.name)
    query = (
        select(Milestone)
        .where(col(Milestone.happened_on).is_(None), filters.of_plan(col(Milestone.plan_id)), key > after)
        .order_by(key)
        .limit(most)
    )
    return [Waits(milestone) for milestone in session.exec(query)]


def _letters(session: Session, _filters: Filters, after: str, most: int) -> list[Waits]:
    number = col(Letter.id) + 0  # so the few are read by their state, and not all letters by their number
    query = (
        select(Letter)
        .where(col(Letter.state).in_(NOT_DELIVERED), number > _number(after))
        .order_by(number)
        .limit(most)
    )
    found = session.exec(query).all()
    names = _readers(session, [letter.recipient for letter in found])
    tries = select(Attempt).where(col(Attempt.letter_id).in_([letter.id for letter in found])).order_by(col(Attempt.id))
    errors = {attempt.letter_id: attempt.error for attempt in session.exec(tries)}
    return [Waits(letter, more=(*names[letter.recipient], errors.get(letter.id or 0))) for letter in found]


LISTS: dict[str, Callable[[Session, Filters, str, int], list[Waits]]] = {
    "extensions": _extensions,
    "held": _held,
    "reports": _reports,
    "obstacles": _concerns(ConcernKind.OBSTACLE),
    "not_ours": _concerns(ConcernKind.NOT_OURS),
    "letters": _letters,
    "milestones": _milestones,
    "undated": _undated,
    "undecided": _undecided,
}
