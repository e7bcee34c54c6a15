"""Plans, their processes (tasks and report duties as they run) and the parties of each."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Text
from sqlmodel import Field, SQLModel

from .columns import UTCDateTime


class Plan(SQLModel, table=True):
    """A kế hoạch."""

    __tablename__ = "plans"

    id: str = Field(primary_key=True)
    title: str
    number: str | None = None
    status: str
    issued_by: str
    issued_on: str | None = None
    issued_from: date | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    track_from: date
    tracker_id: str
    leadership_id: str
    sender_id: str
    confidential: bool = False
    version: int = 1
    fingerprint: str = ""
    told_on: date | None = None
    folded: str = ""  # title and number without diacritics, for search


class PlanVersion(SQLModel, table=True):
    """What a plan said each time it was applied with a change."""

    __tablename__ = "plan_versions"

    plan_id: str = Field(primary_key=True, foreign_key="plans.id")
    version: int = Field(primary_key=True)
    fingerprint: str
    applied_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    spec: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class Process(SQLModel, table=True):
    """A plan task or a report duty as it runs: one Prefect deployment each.

    `key` is `<plan>:<task id>` or `<plan>:bao-cao:<report id>`. `condition` says when it is asked: `dated`,
    `recurring`, `covered` (a line of a report), `waiting` (for a milestone), `undated` (chưa xác định hạn),
    `on_demand` (opened by hand).
    """

    __tablename__ = "processes"

    key: str = Field(primary_key=True)
    plan_id: str = Field(foreign_key="plans.id", index=True)
    kind: str
    item_id: str
    code: str
    title: str
    section: str = ""
    duty: str = "lead"
    deliverable: str | None = None
    phrase: str | None = None
    phrase_source: str | None = None
    explanation: str = ""
    condition: str
    waits_for: str | None = None
    tracker_id: str
    confidential: bool = False
    position: int = 0
    removed_on: date | None = None
    folded: str = ""  # code and title without diacritics, for search
    details: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class Party(SQLModel, table=True):
    """One unit that owes a process, with its ladder and whom each role of a step reaches (`<unit>:<role>`).

    `asked_in` is the report process whose periods a covered task follows; empty for what has its own days. An empty
    `to_…` column means that step reaches nobody, and `silent` says why.
    """

    __tablename__ = "parties"

    process_key: str = Field(primary_key=True, foreign_key="processes.key")
    unit_id: str = Field(primary_key=True, foreign_key="units.id", index=True)
    asked_in: str = Field(default="", primary_key=True)
    role_as: str | None = None
    deliverable: str | None = None
    ladder: str | None = None
    pressed: bool = True
    done: bool = False
    silent: str | None = None
    to_lead: str | None = None
    to_head: str | None = None
    to_tracker: str | None = None
    to_tracker_head: str | None = None
    to_leadership: str | None = None
    to_consolidator: str | None = None


class Milestone(SQLModel, table=True):
    """A named event that tasks wait for, and the document that records it."""

    __tablename__ = "milestones"

    plan_id: str = Field(primary_key=True, foreign_key="plans.id")
    name: str = Field(primary_key=True)
    text: str = Field(sa_column=Column(Text, nullable=False))
    ask: str | None = None
    document: str | None = None
    happened_on: date | None = None
    recorded_at: datetime | None = Field(default=None, sa_column=Column(UTCDateTime))


class Target(SQLModel, table=True):
    """A numeric target of a plan or a task (chỉ tiêu)."""

    __tablename__ = "targets"

    id: int | None = Field(default=None, primary_key=True)
    plan_id: str = Field(foreign_key="plans.id", index=True)
    process_key: str | None = None
    text: str = Field(sa_column=Column(Text, nullable=False))
    goal: str
    from_on: date | None = None
    by_on: date | None = None
    baseline_year: str | None = None
    baseline: str | None = None
    soft: bool = False
    exception: str | None = None
