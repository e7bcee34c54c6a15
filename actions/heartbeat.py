"""When each part of the house last did its round: written by the tick and the post, read by whoever watches them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from models.audit import Heartbeat

TICK, POST = "tick", "post"
LATE_TICK = timedelta(minutes=10)


def beat(session: Session, name: str, now: datetime, detail: str | None = None) -> None:
    """Write down that a part of the house has just done its round."""
    maker: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = {"at": now, "detail": detail}
    session.execute(maker(Heartbeat).values(name=name, **row).on_conflict_do_update(index_elements=["name"], set_=row))


def last_beat(session: Session, name: str) -> datetime | None:
    """When a part of the house last did its round; None when it never has."""
    found = session.get(Heartbeat, name)
    return found.at if found else None


def is_late(at: datetime | None, now: datetime) -> bool:
    """Whether a round is missing; one from the future (the clock was set back) says nothing and counts as missing."""
    return at is None or not -LATE_TICK <= now - at <= LATE_TICK
