"""One box that finds plans, tasks, units and document numbers, without diacritics, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from calendars.spelling import fold
from models.ledger import Answer, Assignment, Occurrence, Submission
from models.plan import Plan, Process
from models.units import Unit

SHOWN = 20
SHORTEST = 2  # letters; fewer would find everything
FILED = 5_000  # the newest submissions and answers whose document numbers are looked at


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
    plain = fold(words)
    plans = select(Plan).where(or_(_has(Plan.folded, plain), _has(func.lower(Plan.id), plain)))
    tasks = select(Process).where(_has(Process.folded, plain), col(Process.removed_on).is_(None))
    if readable is not None:
        tasks = tasks.where(or_(col(Process.confidential).is_(False), col(Process.plan_id).in_(list(readable))))
    units = select(Unit).where(_has(Unit.folded, plain))
    return Found(
        list(session.exec(plans.order_by(col(Plan.id)).limit(SHOWN + 1))),
        list(session.exec(tasks.order_by(col(Process.plan_id), col(Process.position)).limit(SHOWN + 1))),
        list(session.exec(units.order_by(col(Unit.position), col(Unit.id)).limit(SHOWN + 1))),
        _papers(session, words) if any(map(str.isdigit, words)) else [],  # the number of a document has a digit
    )


def _has(column: Any, plain: str) -> ColumnElement[bool]:
    return func.coalesce(column, "").contains(plain, autoescape=True)


def _names(column: Any, words: str) -> ColumnElement[bool]:
    """A number in any case; SQLite's `lower` knows nothing of Đ, so what was typed is also tried as it is and large."""
    return or_(
        column.contains(words, autoescape=True),
        column.contains(words.upper(), autoescape=True),
        func.lower(column).contains(words.lower(), autoescape=True),
    )


def _papers(session: Session, words: str) -> list[Paper]:
    """Numbers of documents among the newest filings: of a whole submission, and of one line."""
    filed = (
        select_columns(
            col(Submission.id), col(Submission.document), col(Submission.unit_id), col(Submission.occurrence_id)
        )
        .order_by(col(Submission.id).desc())
        .limit(FILED)
        .subquery()
    )
    of_paper = (
        select_columns(filed.c.document, col(Assignment.id), Unit, Occurrence)
        .join(Occurrence, col(Occurrence.id) == filed.c.occurrence_id)
        .join(Unit, col(Unit.id) == filed.c.unit_id)
        .join(Assignment, and_(col(Assignment.occurrence_id) == filed.c.occurrence_id,
                               col(Assignment.unit_id) == filed.c.unit_id))
        .where(_names(filed.c.document, words))
        .order_by(filed.c.id.desc())
        .limit(SHOWN + 1)
    )  # fmt: skip
    answered = (
        select_columns(col(Answer.id), col(Answer.document), col(Answer.assignment_id))
        .order_by(col(Answer.id).desc())
        .limit(FILED)
        .subquery()
    )
    of_line = (
        select_columns(answered.c.document, col(Assignment.id), Unit, Occurrence)
        .join(Assignment, col(Assignment.id) == answered.c.assignment_id)
        .join(Occurrence, col(Occurrence.id) == Assignment.occurrence_id)
        .join(Unit, col(Unit.id) == Assignment.unit_id)
        .where(_names(answered.c.document, words))
        .order_by(answered.c.id.desc())
        .limit(SHOWN + 1)
    )
    found = [Paper(*row) for query in (of_paper, of_line) for row in session.execute(query)]
    return list({(one.document, one.assignment_id): one for one in found}.values())[: SHOWN + 1]
