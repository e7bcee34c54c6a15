"""Column types and small shapes every table shares."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

import pendulum
from sqlalchemy import BindParameter, CheckConstraint, Date, DateTime, Dialect, literal
from sqlalchemy.types import TypeDecorator

ZONE = pendulum.timezone("Asia/Ho_Chi_Minh")


class UTCDateTime(TypeDecorator[pendulum.DateTime]):
    """A moment: stored in UTC, naive values refused, read back as a Pendulum DateTime in Asia/Ho_Chi_Minh.

    A plain timezone-aware column shifts by seven hours on SQLite without a word.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without a time zone was given to the ledger: {value!r}")
        utc = value.astimezone(UTC)
        moment = datetime(utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond)
        return moment if dialect.name == "sqlite" else moment.replace(tzinfo=UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> pendulum.DateTime | None:
        if value is None:
            return None
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        at = aware.astimezone(ZONE)
        # Made directly: `pendulum.instance` takes twice as long, and a page shows hundreds.
        return pendulum.DateTime(at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond, tzinfo=ZONE)


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """A constraint that says the enum again, so that the database refuses what the code does not know."""
    allowed = ", ".join(f"'{member.value}'" for member in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=column)


JsonObject = dict[str, Any]


def day_value(day: date | None) -> BindParameter[date | None]:
    """A day inside a SELECT list: said with its type, since SQLite's driver knows nothing of Pendulum's dates."""
    return literal(day, Date)


def moment_value(moment: datetime) -> BindParameter[datetime]:
    """A moment inside a SELECT list."""
    return literal(moment, UTCDateTime)
