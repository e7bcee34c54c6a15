"""When each part of the house last did its round: written by the tick and the post, read by whoever watches them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, select

from models.audit import Heartbeat
from models.ledger import Transition
from models.outbox import Letter
from models.plan import PlanVersion

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


def last_moment(session: Session) -> datetime | None:
    """The last moment a ledger knows of: its last round, move, letter or change of a plan; None for an empty one."""
    known = (Heartbeat.at, Transition.recorded_at, Letter.sent_at, Letter.planned_at, PlanVersion.applied_at)
    found = [session.exec(select(func.max(column))).one() for column in known]
    return max((moment for moment in found if moment), default=None)


def is_late(at: datetime | None, now: datetime) -> bool:
    """Whether a round is missing; one from the future (the clock was set back) says nothing and counts as missing."""
    return at is None or not -LATE_TICK <= now - at <= LATE_TICK
