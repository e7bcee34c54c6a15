"""The audit: seals that chain what was decided, said and configured, and the heartbeat of the house."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from .columns import UTCDateTime


class Seal(SQLModel, table=True):
    """One link of the chain: the digest of a run of rows of one table, chained to the link before it.

    `digest` is SHA-256 over the rows `first_id`..`last_id` in a fixed text form; `hash` over the link before, the
    table, the range and the digest. Rows above the last seal of their table are not sealed yet.
    """

    __tablename__ = "seals"
    __table_args__ = (UniqueConstraint("source", "first_id"),)

    id: int | None = Field(default=None, primary_key=True)
    source: str
    first_id: int
    last_id: int
    rows: int
    digest: str
    previous: str
    hash: str
    at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))


class Heartbeat(SQLModel, table=True):
    """When a part of the house last did its round (`tick`, `post`)."""

    __tablename__ = "heartbeats"

    name: str = Field(primary_key=True)
    at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    detail: str | None = None
