"""What the audit seals, and the fixed text of a row: the same on both databases, this year and in ten.

A text is never changed for a table that has been sealed: a new column of such a table gets a source of its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, DateTime, func, type_coerce
from sqlalchemy import select as select_columns
from sqlmodel import Session, SQLModel, col

from models.accounts import Deed
from models.audit import RuleVersion
from models.columns import UTCDateTime
from models.forms import IndicatorValue
from models.ledger import Answer, Evidence, Extension, Submission, Transition
from models.outbox import Attempt, Letter, Notice
from models.plan import PlanVersion

PLAN_VERSIONS = "plan_versions:"
SEALED: dict[str, tuple[type[SQLModel], tuple[str, ...]]] = {
    "transitions": (
        Transition,
        ("id", "assignment_id", "move", "from_state", "to_state", "at", "recorded_at", "by", "reason"),
    ),
    "notices": (
        Notice,
        ("id", "assignment_id", "plan_id", "process_key", "unit_id", "step", "tone", "wording", "each", "recipient",
         "channel", "sender_id", "due_on", "planned_at"),
    ),
    "attempts": (Attempt, ("id", "letter_id", "at", "outcome", "error", "told")),
    "rule_versions": (RuleVersion, ("id", "fingerprint", "since", "spec")),
    "deeds": (Deed, ("id", "at", "actor", "role", "what", "target", "outcome", "detail")),
    "submissions": (
        Submission,
        ("id", "unit_id", "occurrence_id", "received_on", "recorded_at", "by", "document", "reason_late", "position",
         "phone", "narrative", "approved_by", "corrects"),
    ),
    "answers": (
        Answer,
        ("id", "submission_id", "assignment_id", "result", "text", "document", "difficulties", "proposals"),
    ),
    "indicator_values": (
        IndicatorValue, ("id", "submission_id", "target_id", "numerator", "denominator", "note"),
    ),
    "evidence": (
        Evidence,
        ("id", "submission_id", "assignment_id", "kind", "name", "sha256", "size", "media_type", "added_at",
         "added_by"),
    ),
    "extensions": (
        Extension, ("id", "assignment_id", "wanted_on", "reason", "asked_by", "asked_at", "due_before"),
    ),
}  # fmt: skip
VERSION_COLUMNS = ("version", "plan_id", "fingerprint", "applied_at", "spec")


@dataclass(frozen=True)
class Source:
    """Rows that are sealed in the order of an integer: one table, or the versions of one plan."""

    name: str
    table: type[SQLModel]
    columns: tuple[str, ...]
    plan_id: str | None = None

    @property
    def key(self) -> Any:
        """The column whose order the rows are sealed in; it comes first in the text."""
        return getattr(self.table, self.columns[0])

    @property
    def mine(self) -> list[ColumnElement[bool]]:
        """Which rows of the table."""
        return [col(PlanVersion.plan_id) == self.plan_id] if self.plan_id is not None else []

    def last(self, session: Session) -> int:
        """The highest key there is; 0 without rows."""
        found: int | None = session.execute(select_columns(func.max(self.key)).where(*self.mine)).scalar()
        return found or 0

    def rows(self, session: Session, first: int, last: int, limit: int | None = None) -> Iterator[tuple[int, str]]:
        """(key, text) of the rows from `first` to `last`, in order."""
        columns = [_plainly(getattr(self.table, name)) for name in self.columns]
        query = select_columns(*columns).where(self.key >= first, self.key <= last, *self.mine).order_by(self.key)
        for row in session.execute(query.limit(limit)):
            yield row[0], text_of(row)


def sources(session: Session) -> list[Source]:
    """Everything that is sealed, the versions of each plan by themselves."""
    found = [Source(name, table, columns) for name, (table, columns) in SEALED.items()]
    plans = select_columns(col(PlanVersion.plan_id)).distinct().order_by(col(PlanVersion.plan_id))
    return found + [source_named(PLAN_VERSIONS + plan_id) for plan_id in session.execute(plans).scalars()]


def source_named(name: str) -> Source:
    """The source of a seal; KeyError for a name nobody seals."""
    if name.startswith(PLAN_VERSIONS):
        return Source(name, PlanVersion, VERSION_COLUMNS, name.removeprefix(PLAN_VERSIONS))
    return Source(name, *SEALED[name])


def _plainly(column: Any) -> Any:
    """Moments without Pendulum: reading a million rows must not take an hour."""
    return type_coerce(column, DateTime(timezone=True)) if isinstance(column.type, UTCDateTime) else column


def text_of(values: Sequence[Any]) -> str:
    """One row in its fixed text form."""
    plain = [_plain(value) for value in values]
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        utc = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
        return utc.isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else value


def sha256(text: str) -> str:
    """The hash of a text, as the chain writes it."""
    return hashlib.sha256(text.encode()).hexdigest()


CHUNK = 500


def paged(session: Session, query: Any, key: Any) -> Iterator[Any]:
    """The rows of a query in the order of `key`, its first column's own, a page at a time: no cursor stays open."""
    last = 0
    while page := session.exec(query.where(key > last).order_by(key).limit(CHUNK)).all():
        yield from page
        first: Any = page[-1] if isinstance(page[-1], SQLModel) else page[-1][0]
        last = first.id


LETTER_COLUMNS = ("id", "recipient", "channel", "sender_id", "day", "subject", "body")


def told_hash(letter: Letter) -> str:
    """The hash of what a letter says to whom: kept with each try to send it, and sealed there."""
    return sha256(text_of([getattr(letter, name) for name in LETTER_COLUMNS]))
