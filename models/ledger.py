"""What is owed and what became of it: occurrences, assignments, submissions, transitions."""

from __future__ import annotations

import re
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Column, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from .columns import UTCDateTime, one_of
from .lifecycle import Kind, Result, Stage, State

# Conditions of partial indexes: a query says them word for word, else no index is used.
NAMED = "document IS NOT NULL"
NOT_ANSWERED = "assignments.state <> 'reported'"
OWED_NOW = "assignments.state IN ('assigned', 'in_progress', 'overdue') AND assignments.kind <> 'covered'"
IS_OPEN = "occurrences.stage = 'open'"
UNCONFIRMED = "assignments.state = 'reported' AND assignments.accepted_at IS NULL AND assignments.kind <> 'covered'"


def _partial(name: str, condition: str, *columns: str) -> Index:
    where = text(re.sub(r"\w+\.", "", condition))
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


class Occurrence(SQLModel, table=True):
    """One process in one period (việc của một nhiệm vụ hay một báo cáo trong một kỳ): one Prefect run.

    `due_on` is the day as printed, `remind_from` rolled back to a working day (or the internal collection day),
    `late_after` the last day that still counts as on time. `asked_in` names the report a covered occurrence follows.
    `joined_to` is the occurrence whose submission and letters answer this one as well (`together_with`).
    `wakes` counts the deeds that want the run to look again and `wakes_seen` those a checkpoint has looked at;
    `claim_…` is the live claim of whoever runs a checkpoint.
    """

    __tablename__ = "occurrences"
    __table_args__ = (
        UniqueConstraint("process_key", "asked_in", "period"),
        one_of("kind", Kind),
        one_of("stage", Stage),
        Index("ix_occurrences_stage_opens_on", "stage", "opens_on"),
        Index("ix_occurrences_plan_id_period", "plan_id", "period"),
        _partial("ix_occurrences_open", IS_OPEN, "late_after", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    plan_id: str = Field(foreign_key="plans.id", index=True)
    process_key: str = Field(foreign_key="processes.key")
    kind: str
    period: str
    label: str
    asked_in: str = ""
    period_start: date | None = None
    period_end: date | None = None
    cutoff_from: date | None = None
    cutoff_on: date | None = None
    opens_on: date
    due_on: date
    collect_by: date | None = None
    remind_from: date
    late_after: date
    provisional: bool = False
    stage: str = Stage.PLANNED.value
    joined_to: int | None = Field(default=None, foreign_key="occurrences.id", index=True)
    ladder_ends_on: date | None = None
    opened_at: datetime | None = Field(default=None, sa_column=Column(UTCDateTime))
    closed_at: datetime | None = Field(default=None, sa_column=Column(UTCDateTime))
    closed_reason: str | None = None
    by_event: bool = False
    run_id: str | None = Field(default=None, index=True)
    wakes: int = 0
    wakes_seen: int = 0
    claim_owner: str | None = None
    claim_until: datetime | None = Field(default=None, sa_column=Column(UTCDateTime))


class Assignment(SQLModel, table=True):
    """One occurrence × one unit (phần của một đơn vị).

    `covered_by` is the unit's assignment in the report that asks this line: it mirrors that one. `sends` is false for
    what says nothing of its own: such lines, and periods another one's paper answers.
    `next_on` is the next day on which its ladder or its deadline wants attention; `rungs_until` the day up to which
    its rungs have been planned.
    """

    __tablename__ = "assignments"
    __table_args__ = (
        UniqueConstraint("occurrence_id", "unit_id"),
        one_of("state", State),
        Index("ix_assignments_next_on", "next_on", sqlite_where=text("next_on IS NOT NULL"),
              postgresql_where=text("next_on IS NOT NULL")),
        _partial("ix_assignments_owed", OWED_NOW, "late_after", "occurrence_id"),
        # All that the front page asks of it, else SQLite may prefer the index of everything a unit ever had.
        _partial("ix_assignments_owed_by_unit", OWED_NOW, "unit_id", "late_after", "id", "occurrence_id", "state",
                 "kind"),
        _partial("ix_assignments_unconfirmed", UNCONFIRMED, "id", "occurrence_id"),
        Index("ix_assignments_unit_id_due_on", "unit_id", "due_on", "id"),  # not the state: a move would rewrite it
        _partial("ix_assignments_not_answered", NOT_ANSWERED, "state", "id"),
        Index("ix_assignments_occurrence_id_state", "occurrence_id", "state"),  # together they stand together
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    occurrence_id: int = Field(foreign_key="occurrences.id")
    unit_id: str = Field(foreign_key="units.id")
    state: str
    kind: str
    ladder: str | None = None
    ladder_ends_on: date | None = None
    pressed: bool = True
    sends: bool = True
    deliverable: str | None = None
    covered_by: int | None = Field(default=None, foreign_key="assignments.id", index=True)
    opened_on: date
    due_on: date
    first_due_on: date
    remind_from: date
    late_after: date
    opened_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    started_at: datetime | None = Field(default=None, sa_column=Column(UTCDateTime))
    answered_at: datetime | None = Field(default=None, sa_column=Column(UTCDateTime))
    received_on: date | None = None
    on_time: bool | None = None
    result: str | None = None
    accepted_at: datetime | None = Field(default=None, sa_column=Column(UTCDateTime))
    redo_by: date | None = None
    extensions: int = 0
    next_on: date | None = None
    rungs_until: date | None = None


class Submission(SQLModel, table=True):
    """One filing by one unit (lần nộp): it answers all its lines of a period. `received_on` is the day that counts.

    `by` is who filled it in, `approved_by` the head who approved it; `corrects` is the submission this one replaces
    before anybody has confirmed it.
    """

    __tablename__ = "submissions"
    __table_args__ = (_partial("ix_submissions_document", NAMED, "id", "document"),)

    id: int | None = Field(default=None, primary_key=True)
    unit_id: str = Field(foreign_key="units.id", index=True)
    occurrence_id: int = Field(foreign_key="occurrences.id", index=True)
    received_on: date
    recorded_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    by: str
    document: str | None = None
    reason_late: str | None = None
    position: str | None = None
    phone: str | None = None
    narrative: str | None = Field(default=None, sa_column=Column(Text))
    approved_by: str | None = None
    corrects: int | None = None


class Answer(SQLModel, table=True):
    """One line of a submission."""

    __tablename__ = "answers"
    __table_args__ = (one_of("result", Result), _partial("ix_answers_document", NAMED, "id", "document"))

    id: int | None = Field(default=None, primary_key=True)
    submission_id: int = Field(foreign_key="submissions.id", index=True)
    assignment_id: int = Field(foreign_key="assignments.id", index=True)
    result: str
    text: str | None = Field(default=None, sa_column=Column(Text))
    document: str | None = None
    difficulties: str | None = Field(default=None, sa_column=Column(Text))
    proposals: str | None = Field(default=None, sa_column=Column(Text))


class Transition(SQLModel, table=True):
    """One move (bước chuyển), append-only. `at` is when it became true, `recorded_at` when the program noticed."""

    __tablename__ = "transitions"
    __table_args__ = (
        Index("ix_transitions_recorded_at", "recorded_at"),
        Index("ix_transitions_by_id", "by", "id"),
        Index("ix_transitions_move_id", "move", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    assignment_id: int = Field(foreign_key="assignments.id", index=True)
    move: str
    from_state: str | None = None
    to_state: str
    at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    recorded_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    by: str
    reason: str | None = None


class ExtensionState(StrEnum):
    """A request for more time: one open at a time, only the assigner decides."""

    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"


class Extension(SQLModel, table=True):
    """A request for more time (xin gia hạn) and what became of it; the first due day stays on the assignment."""

    __tablename__ = "extensions"
    __table_args__ = (
        one_of("state", ExtensionState),
        Index("uq_extensions_one_open", "assignment_id", unique=True, sqlite_where=text("state = 'asked'"),
              postgresql_where=text("state = 'asked'")),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    assignment_id: int = Field(foreign_key="assignments.id", index=True)
    state: str
    wanted_on: date
    reason: str = Field(sa_column=Column(Text, nullable=False))
    asked_by: str
    asked_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    due_before: date
    granted_on: date | None = None
    decided_by: str | None = None
    decided_at: datetime | None = Field(default=None, sa_column=Column(UTCDateTime))
    decision: str | None = Field(default=None, sa_column=Column(Text))


class EvidenceKind(StrEnum):
    """What proves an answer (minh chứng)."""

    DOCUMENT = "document"  # số, ngày văn bản
    LINK = "link"
    FILE = "file"


class Evidence(SQLModel, table=True):
    """A document number, a link, or a file stored by the hash of its content."""

    __tablename__ = "evidence"
    __table_args__ = (one_of("kind", EvidenceKind),)

    id: int | None = Field(default=None, primary_key=True)
    submission_id: int = Field(foreign_key="submissions.id", index=True)
    assignment_id: int | None = Field(default=None, foreign_key="assignments.id", index=True)
    kind: str
    name: str
    sha256: str | None = None
    size: int | None = None
    media_type: str | None = None
    added_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    added_by: str


class Delegation(SQLModel, table=True):
    """While a person is away, letters to one recipient go to another (both `<unit>:<role>`)."""

    __tablename__ = "delegations"

    id: int | None = Field(default=None, primary_key=True)
    recipient: str = Field(index=True)
    delegate: str
    from_on: date
    to_on: date
    by: str
    recorded_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
