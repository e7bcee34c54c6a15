"""What a unit is writing and what it says besides its answers."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from .columns import UTCDateTime, one_of


class DraftState(StrEnum):
    """Where a draft stands before it is filed."""

    WRITING = "writing"
    WITH_HEAD = "with_head"  # trình thủ trưởng duyệt
    SENT_BACK = "sent_back"  # the head wants it changed


class Draft(SQLModel, table=True):
    """A unit's unsent report of one period (bản nháp): one for each unit and occurrence.

    `version` grows with each save: a save names the version it began from, so nobody writes over another. `editor_…`
    is who has the form open, for the sentence "đang được sửa bởi …".
    """

    __tablename__ = "drafts"
    __table_args__ = (one_of("state", DraftState), UniqueConstraint("unit_id", "occurrence_id"))

    id: int | None = Field(default=None, primary_key=True)
    unit_id: str = Field(foreign_key="units.id")
    occurrence_id: int = Field(foreign_key="occurrences.id", index=True)
    state: str = DraftState.WRITING.value
    version: int = 1
    body: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    saved_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    saved_by: str
    head_note: str | None = Field(default=None, sa_column=Column(Text))
    editor_key: str | None = None
    editor_name: str | None = None
    editor_seen_at: datetime | None = Field(default=None, sa_column=Column(UTCDateTime))


class IndicatorValue(SQLModel, table=True):
    """What a submission says of a target (chỉ tiêu): decimals as text, exactly as counted."""

    __tablename__ = "indicator_values"

    id: int | None = Field(default=None, primary_key=True)
    submission_id: int = Field(foreign_key="submissions.id", index=True)
    target_id: int = Field(foreign_key="targets.id", index=True)
    numerator: str
    denominator: str | None = None
    note: str | None = Field(default=None, sa_column=Column(Text))


class ConcernKind(StrEnum):
    """What a unit says of a piece of work instead of an answer."""

    OBSTACLE = "obstacle"  # khó khăn, vướng mắc
    NOT_OURS = "not_ours"  # không thuộc trách nhiệm của đơn vị


class ConcernState(StrEnum):
    """Whether somebody has answered it."""

    OPEN = "open"
    SETTLED = "settled"


class Concern(SQLModel, table=True):
    """An obstacle, or "this is not ours", waiting for a coordinator (vướng mắc, đề nghị chuyển đơn vị)."""

    __tablename__ = "concerns"
    __table_args__ = (
        one_of("kind", ConcernKind),
        one_of("state", ConcernState),
        Index("ix_concerns_open", "raised_at", sqlite_where=text("state = 'open'"),
              postgresql_where=text("state = 'open'")),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    assignment_id: int = Field(foreign_key="assignments.id", index=True)
    kind: str
    state: str = ConcernState.OPEN.value
    text: str = Field(sa_column=Column(Text, nullable=False))
    rather_unit: str | None = None
    raised_by: str
    raised_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    answer: str | None = Field(default=None, sa_column=Column(Text))
    settled_by: str | None = None
    settled_at: datetime | None = Field(default=None, sa_column=Column(UTCDateTime))
