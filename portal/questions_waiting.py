"""What waits for a coordinator, list by list, the oldest first; each list is one query with its own key for paging."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, true
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from actions.advance import EXTENSION_ASKED
from actions.extend import FLAGGED_FROM
from actions.joins import with_process
from models.forms import Concern, ConcernKind
from models.ledger import UNCONFIRMED, Answer, Assignment, Extension, Occurrence, Submission
from models.lifecycle import Stage
from models.outbox import Attempt, Letter, Notice, NoticeState
from models.plan import Milestone, Process
from models.units import Unit

from .questions import columns_of, readers, said, short_names
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
    """One thing that waits: the columns of its row (of a notice, an extension, …) and what it is about. `key` is where
    the page after it begins."""

    key: str
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
    return List(name, rows[:most], rows[most - 1].key if len(rows) > most else None)


def _after(session: Session, query: Any, after: str) -> Any:
    """The rows of a list whose key is a number, after that one."""
    number = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0
    return session.execute(query, {"after": number})


AFTER: Any = bindparam("after")
PROCESS = columns_of(Process, "plan_id", "item_id", "code", "title", "phrase", "confidential")
UNIT = columns_of(Unit, "id", "short")
ASSIGNMENT = columns_of(Assignment, "id", "extensions", "received_on", "on_time")
OCCURRENCE = columns_of(Occurrence, "id", "period", "label", "due_on")


def _held(session: Session, filters: Filters, after: str, most: int) -> list[Waits]:
    found = _after(session, _held_query(filters, most), after).all()
    names = readers(session, (notice.recipient for notice, *_ in found))
    return [
        Waits(str(notice.id), notice, process if process.plan_id else None, unit if unit.id else None,
              assignment if assignment.id else None, more=(*names[notice.recipient], notice.reason == EXTENSION_ASKED))
        for notice, process, unit, assignment in found
    ]  # fmt: skip


@lru_cache(maxsize=64)
def _held_query(filters: Filters, most: int) -> Any:
    shown = columns_of(Notice, "id", "plan_id", "recipient", "step", "reason", "hold_until", "hold_else")
    return (
        select_columns(shown, PROCESS, UNIT, ASSIGNMENT)
        .select_from(Notice)
        .join(Process, col(Process.key) == Notice.process_key, isouter=True)
        .join(Unit, col(Unit.id) == Notice.unit_id, isouter=True)
        .join(Assignment, col(Assignment.id) == Notice.assignment_id, isouter=True)
        .where(col(Notice.state) == NoticeState.HELD, filters.of_plan(col(Notice.plan_id) + ""))  # by the state
        .where(col(Notice.id) > AFTER)
        .order_by(col(Notice.id))
        .limit(most)
    )


def _extensions(session: Session, filters: Filters, after: str, most: int) -> list[Waits]:
    found = _after(session, _extensions_query(filters, most), after)
    return [Waits(str(thing.id), thing, p, u, a, o) for thing, p, u, a, o in found]


@lru_cache(maxsize=64)
def _extensions_query(filters: Filters, most: int) -> Any:
    shown = columns_of(Extension, "id", "wanted_on", "due_before", "asked_at", "asked_by", "reason")
    query = extensions_query(_with_work(shown, Extension), filters)
    return _named(query).where(col(Extension.id) > AFTER).order_by(col(Extension.id)).limit(most)


def _concerns(kind: ConcernKind) -> Callable[[Session, Filters, str, int], list[Waits]]:
    def ask(session: Session, filters: Filters, after: str, most: int) -> list[Waits]:
        found = _after(session, _concerns_query(kind, filters, most), after).all()
        names = short_names(session, {concern.rather_unit for concern, *_ in found if concern.rather_unit})
        return [
            Waits(str(thing.id), thing, p, u, a, o, names.get(thing.rather_unit, thing.rather_unit))
            for thing, p, u, a, o in found
        ]

    return ask


@lru_cache(maxsize=64)
def _concerns_query(kind: ConcernKind, filters: Filters, most: int) -> Any:
    shown = columns_of(Concern, "id", "text", "raised_by", "raised_at", "rather_unit")
    query = concerns_query(_with_work(shown, Concern), filters, kind)
    return _named(query).where(col(Concern.id) > AFTER).order_by(col(Concern.id)).limit(most)


def _with_work(shown: Any, thing: Any) -> Any:
    return select_columns(shown, PROCESS, UNIT, ASSIGNMENT, OCCURRENCE).select_from(thing)


def _named(query: Any) -> Any:
    return with_process(query).join(Unit, col(Unit.id) == Assignment.unit_id)


def _reports(session: Session, filters: Filters, after: str, most: int) -> list[Waits]:
    found = _after(session, _reports_query(filters, most), after)
    return [Waits(str(a.id), a, p, u, a, o, document) for a, p, u, o, document in found]


@lru_cache(maxsize=64)
def _reports_query(filters: Filters, most: int) -> Any:
    """Reports nobody has confirmed, each with the document of the last submission that answered it."""
    units = select_columns(col(Unit.id)).where(filters.of_unit)
    ids = (
        select_columns(col(Assignment.id))
        .where(said(UNCONFIRMED), filters.of_work, col(Assignment.unit_id).in_(units) if filters.unit else true())
        .where(col(Assignment.id) > AFTER)
        .order_by(col(Assignment.id))
        .limit(most)
    )
    shown = select_columns(ASSIGNMENT, PROCESS, UNIT, OCCURRENCE, filed_document()).select_from(Assignment)
    return (
        with_process(shown)
        .join(Unit, col(Unit.id) == Assignment.unit_id)
        .where(col(Assignment.id).in_(ids.subquery().select()))
        .order_by(col(Assignment.id))
    )


def filed_document() -> Any:
    """Of the assignment beside it: the document its last submission named."""
    return (
        select_columns(col(Submission.document))
        .join(Answer, col(Answer.submission_id) == Submission.id)
        .where(col(Answer.assignment_id) == Assignment.id)
        .order_by(col(Submission.id).desc())
        .limit(1)
        .correlate(Assignment)
        .scalar_subquery()
    )


def _undated(session: Session, filters: Filters, after: str, most: int) -> list[Waits]:
    shown = columns_of(Process, "key", "plan_id", "item_id", "code", "title", "phrase", "confidential")
    query = (
        select_columns(shown)
        .where(UNDATED, filters.of_plan(col(Process.plan_id)), col(Process.key) > after)
        .order_by(col(Process.key))
        .limit(most)
    )
    return [Waits(process.key, process, process) for process in session.scalars(query)]


def _undecided(session: Session, filters: Filters, after: str, most: int) -> list[Waits]:
    query = (
        select_columns(OCCURRENCE, PROCESS)
        .join(Process, col(Process.key) == Occurrence.process_key)
        .where(col(Occurrence.stage) == Stage.UNDECIDED, filters.of_plan(col(Occurrence.plan_id)))
        .where(col(Occurrence.id) > AFTER)
        .order_by(col(Occurrence.id))
        .limit(most)
    )
    found = _after(session, query, after)
    return [Waits(str(occurrence.id), occurrence, process, occurrence=occurrence) for occurrence, process in found]


def _milestones(session: Session, filters: Filters, after: str, most: int) -> list[Waits]:
    key = col(Milestone.plan_id) + ":" + col(Milestone.name)
    query = (
        select_columns(columns_of(Milestone, "plan_id", "name", "text"), key)
        .where(col(Milestone.happened_on).is_(None), filters.of_plan(col(Milestone.plan_id)), key > after)
        .order_by(key)
        .limit(most)
    )
    return [Waits(name, milestone) for milestone, name in session.execute(query)]


def _letters(session: Session, _filters: Filters, after: str, most: int) -> list[Waits]:
    found = _after(session, _letters_query(most), after).all()
    names = readers(session, (letter.recipient for letter, _ in found))
    return [Waits(str(letter.id), letter, more=(*names[letter.recipient], error)) for letter, error in found]


@lru_cache(maxsize=64)
def _letters_query(most: int) -> Any:
    """Letters that have not arrived, each with what its last attempt said."""
    number = col(Letter.id) + 0  # so the few are read by their state, and not all letters by their number
    ids = (
        select_columns(col(Letter.id))
        .where(col(Letter.state).in_(NOT_DELIVERED), number > AFTER)
        .order_by(number)
        .limit(most)
    )
    error = (
        select_columns(col(Attempt.error))
        .where(col(Attempt.letter_id) == Letter.id)
        .order_by(col(Attempt.id).desc())
        .limit(1)
        .correlate(Letter)
        .scalar_subquery()
    )
    shown = columns_of(Letter, "id", "recipient", "subject", "day", "channel", "state")
    return select_columns(shown, error).where(col(Letter.id).in_(ids.subquery().select())).order_by(col(Letter.id))


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
