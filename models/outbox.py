"""The outbox: notices decided in the ledger's own transactions, gathered into letters, attempts recorded."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Column, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from .columns import UTCDateTime, one_of


class NoticeState(StrEnum):
    """planned → sent with its letter, or suppressed with a reason; held until a coordinator has looked."""

    PLANNED = "planned"
    HELD = "held"
    SENT = "sent"
    SUPPRESSED = "suppressed"


class LetterState(StrEnum):
    """planned → sending → sent / failed / unknown / suppressed."""

    PLANNED = "planned"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"  # may be tried again at `next_try_at`; without one it has been given up
    UNKNOWN = "unknown"  # whoever sent it died or timed out between "sending" and "sent": nobody knows
    SUPPRESSED = "suppressed"


class Notice(SQLModel, table=True):
    """One step of one ladder for one assignment and one recipient (nhắc, đôn đốc): decided once, by its unique key.

    `tone` is that of its rung (`models.ladder.Tone`). A notice without an assignment speaks of
    a whole plan (the one letter at issue) or of a process that waits for an event.
    """

    __tablename__ = "notices"
    __table_args__ = (
        one_of("state", NoticeState),
        UniqueConstraint("assignment_id", "step", "recipient", "channel"),
        Index("uq_notices_without_assignment", "plan_id", "process_key", "unit_id", "step", "recipient", "channel",
              unique=True, sqlite_where=text("assignment_id IS NULL"),
              postgresql_where=text("assignment_id IS NULL")),
        Index("ix_notices_state_send_on", "state", "send_on"),
        Index("ix_notices_plan_id_letter_id", "plan_id", "letter_id"),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    assignment_id: int | None = Field(default=None, foreign_key="assignments.id")
    plan_id: str = Field(foreign_key="plans.id")
    process_key: str = ""
    unit_id: str
    step: str
    tone: str
    wording: str
    each: str
    recipient: str
    channel: str
    sender_id: str
    due_on: date
    send_on: date
    state: str
    reason: str | None = None
    hold_until: date | None = None
    hold_else: str | None = None
    draft: str | None = None
    planned_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    letter_id: int | None = Field(default=None, foreign_key="letters.id", index=True)


class Letter(SQLModel, table=True):
    """Everything for one recipient, channel, sender and day."""

    __tablename__ = "letters"
    __table_args__ = (
        one_of("state", LetterState),
        UniqueConstraint("recipient", "channel", "sender_id", "day"),
        Index("ix_letters_state_next_try_at", "state", "next_try_at"),
        Index("ix_letters_day_id", "day", "id"),
        Index("ix_letters_state_day_id", "state", "day", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    recipient: str
    channel: str
    sender_id: str
    day: date
    state: str
    reminder: bool = False
    subject: str | None = None
    body: str | None = Field(default=None, sa_column=Column(Text))
    planned_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    claimed_at: datetime | None = Field(default=None, sa_column=Column(UTCDateTime))
    sent_at: datetime | None = Field(default=None, sa_column=Column(UTCDateTime))
    tries: int = 0
    next_try_at: datetime | None = Field(default=None, sa_column=Column(UTCDateTime))
    carried_by: str | None = None


class Attempt(SQLModel, table=True):
    """One try to deliver a letter, with its error text (secrets masked); append-only.

    `told` is the hash of what the letter said (`actions/sealed_rows.py`): the chain proves it together with the try.
    """

    __tablename__ = "attempts"

    id: int | None = Field(default=None, primary_key=True)
    letter_id: int = Field(foreign_key="letters.id", index=True)
    at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    outcome: str
    error: str | None = Field(default=None, sa_column=Column(Text))
    told: str | None = None
