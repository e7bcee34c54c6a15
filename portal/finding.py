"""One box that finds plans, tasks, units and document numbers, without diacritics, in at most seven queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from calendars.spelling import fold
from models.ledger import Answer, Assignment, Occurrence, Submission
from models.plan import Plan, Process
from models.units import Unit

from .questions import columns_of

SHOWN = 20
SHORTEST = 2  # letters; fewer would find everything
FILED = 5_000  # the newest documents of submissions, and of their lines, that are looked at


@dataclass(frozen=True)
class Paper:
    """A document a unit has named in a report."""

    document: str
    assignment_id: int
    unit: Unit
    occurrence: Occurrence


@dataclass(frozen=True)
class Found:
    """What was found of each kind; at most `SHOWN` of each, and one more says that there are more."""

    plans: list[Plan]
    tasks: list[Process]
    units: list[Unit]
    papers: list[Paper]

    def __bool__(self) -> bool:
        return bool(self.plans or self.tasks or self.units or self.papers)


def search(session: Session, words: str, readable: Iterable[str] | None) -> Found:
    """`readable` are the plans whose confidential words this visitor may read; None: all of them."""
    like = {"words": f"%{_literally(fold(words))}%"}
    shown = tuple(sorted(readable)) if readable is not None else None
    return Found(
        list(session.scalars(_PLANS, like)),
        list(session.scalars(_tasks(shown), like)),
        list(session.scalars(_UNITS, like)),
        _papers(session, words) if any(map(str.isdigit, words)) else [],  # the number of a document has a digit
    )


def _literally(words: str) -> str:
    return "".join(f"/{letter}" if letter in "%_/" else letter for letter in words)


WORDS: Any = bindparam("words")


def _has(column: Any) -> ColumnElement[bool]:
    return func.coalesce(column, "").like(WORDS, escape="/")


_PLANS = (
    select_columns(columns_of(Plan, "id", "title", "number"))
    .where(or_(_has(Plan.folded), _has(func.lower(Plan.id))))
    .order_by(col(Plan.id))
    .limit(SHOWN + 1)
)
_UNITS = (
    select_columns(columns_of(Unit, "id", "name"))
    .where(_has(Unit.folded))
    .order_by(col(Unit.position), col(Unit.id))
    .limit(SHOWN + 1)
)


@lru_cache(maxsize=64)
def _tasks(readable: tuple[str, ...] | None) -> Any:
    query = select_columns(columns_of(Process, "plan_id", "code", "title", "confidential")).where(
        _has(Process.folded), col(Process.removed_on).is_(None)
    )
    if readable is not None:
        query = query.where(or_(col(Process.confidential).is_(False), col(Process.plan_id).in_(readable)))
    return query.order_by(col(Process.plan_id), col(Process.position)).limit(SHOWN + 1)


def _papers(session: Session, words: str) -> list[Paper]:
    """Numbers of documents among the newest: of a whole submission, and of one line. What they belong to is asked of
    those that were found."""
    forms = {"small": words.lower(), "large": words.upper(), "as_typed": words}
    like = {name: f"%{_literally(form)}%" for name, form in forms.items()}
    found: list[Paper] = []
    for table, papers in ((Submission, _OF_SUBMISSION), (Answer, _OF_LINE)):
        if ids := session.scalars(_named(table, words.isascii()), like).all():
            found += [Paper(*row) for row in session.execute(papers, {"ids": ids})]
    return list({(one.document, one.assignment_id): one for one in found}.values())[: SHOWN + 1]


@lru_cache(maxsize=4)
def _named(table: Any, ascii_only: bool) -> Any:
    """A number in any case; SQLite's `lower` knows nothing of Đ, so such words are also tried as typed and large."""
    named = select_columns(table.id, table.document).where(table.document.is_not(None))
    newest = named.order_by(table.id.desc()).limit(FILED).subquery()  # read from an index of their own
    tried: dict[str, Any] = {"small": func.lower(newest.c.document)}
    if not ascii_only:
        tried |= {"large": newest.c.document, "as_typed": newest.c.document}
    has = or_(*(form.like(bindparam(name), escape="/") for name, form in tried.items()))
    return select_columns(newest.c.id).where(has).order_by(newest.c.id.desc()).limit(SHOWN + 1)


_SHOWN = (columns_of(Unit, "short"), columns_of(Occurrence, "plan_id", "label"))
_IDS: Any = bindparam("ids", expanding=True)
_OF_SUBMISSION = (
    select_columns(col(Submission.document), col(Assignment.id), *_SHOWN)
    .join(Occurrence, col(Occurrence.id) == Submission.occurrence_id)
    .join(Unit, col(Unit.id) == Submission.unit_id)
    .join(Assignment, and_(col(Assignment.occurrence_id) == Submission.occurrence_id,
                           col(Assignment.unit_id) == Submission.unit_id))
    .where(col(Submission.id).in_(_IDS))
    .order_by(col(Submission.id).desc())
)  # fmt: skip
_OF_LINE = (
    select_columns(col(Answer.document), col(Assignment.id), *_SHOWN)
    .join(Assignment, col(Assignment.id) == Answer.assignment_id)
    .join(Occurrence, col(Occurrence.id) == Assignment.occurrence_id)
    .join(Unit, col(Unit.id) == Assignment.unit_id)
    .where(col(Answer.id).in_(_IDS))
    .order_by(col(Answer.id).desc())
)
