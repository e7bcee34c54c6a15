"""The audit: seals that chain what was decided, said and configured, and the heartbeat of the house."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from .columns import UTCDateTime


class Seal(SQLModel, table=True):
    """One link of the chain: the digest of a run of rows of one table, chained to the link before it.

    `id` is the place in the chain, from 1 without a gap. `digest` is SHA-256 over the rows `first_id`..`last_id` in a
    fixed text form, `marks` the beginning of each row's own hash, so that a broken run names its row; `hash` is over
    all of it and the link before. Rows above the last seal of their table are not sealed yet.
    """

    __tablename__ = "seals"
    __table_args__ = (UniqueConstraint("source", "first_id"), UniqueConstraint("previous"))

    id: int | None = Field(default=None, primary_key=True)
    source: str
    first_id: int
    last_id: int
    rows: int
    digest: str
    marks: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    previous: str
    hash: str
    at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))


class RuleVersion(SQLModel, table=True):
    """What `escalation.yaml` said from `since` on: a notice was decided by the last version before it was planned."""

    __tablename__ = "rule_versions"

    id: int | None = Field(default=None, primary_key=True)
    fingerprint: str
    since: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    spec: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class Heartbeat(SQLModel, table=True):
    """When a part of the house last did its round (`tick`, `post`)."""

    __tablename__ = "heartbeats"

    name: str = Field(primary_key=True)
    at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    detail: str | None = None
