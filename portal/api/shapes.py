"""What goes in and what comes out. An unknown key is an error: nobody sets what a shape does not name."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from models.forms import ConcernKind
from models.lifecycle import Result

BIGGEST = 2**31 - 1
MOST = 200
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)

Id = Annotated[int, Path(ge=1, le=BIGGEST)]
After = Annotated[int, Query(ge=0, le=BIGGEST, description="`next` của trang trước (of the page before)")]
Limit = Annotated[int, Query(ge=1, le=MOST)]
PRINTED = r"^[^\x00]*$"  # PostgreSQL keeps no NUL
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PRINTED)]
Short = Annotated[str, StringConstraints(max_length=500, pattern=PRINTED)]
Words = Annotated[str, StringConstraints(max_length=10_000, pattern=PRINTED)]
Day = Annotated[date, Field(ge=EARLIEST, le=LATEST)]

T = TypeVar("T")


class Problem(BaseModel):
    """Why not, in one sentence."""

    detail: str


class Given(BaseModel):
    """A body."""

    model_config = ConfigDict(extra="forbid")


class Page(BaseModel, Generic[T]):
    """One page of a list; `next` is the `after` of the page behind it, null on the last one."""

    items: list[T]
    next: int | None = None


# ------------------------------------------------------------------ what comes out


class Me(BaseModel):
    """Whose token this is."""

    login: str
    name: str
    role: str
    plans: list[str]
    writes: bool


class PlanOut(BaseModel):
    """A plan. A title that is not for this reader is null."""

    id: str
    title: str | None
    number: str | None
    status: str
    issued_by: str
    valid_from: date | None
    valid_to: date | None
    track_from: date
    tracker: str
    confidential: bool
    version: int


class ProcessOut(BaseModel):
    """A task or a report duty."""

    key: str
    kind: str
    code: str
    title: str | None
    section: str
    condition: str
    phrase: str | None
    deliverable: str | None


class PlanDetail(PlanOut):
    """A plan with what it asks."""

    processes: list[ProcessOut]


class Totals(BaseModel):
    """The two official tables and what stands beside them; the checksum is that of `dondoc status`."""

    tasks: dict[str, int]
    reports: dict[str, int]
    aside: dict[str, int]
    checksum: str


class OccurrenceOut(BaseModel):
    """A task or a report in one period."""

    id: int
    plan: str
    process: str
    title: str | None
    kind: str
    period: str
    label: str
    stage: str
    opens_on: date
    cutoff_on: date | None
    due_on: date
    late_after: date
    provisional: bool


class AssignmentOut(BaseModel):
    """One unit's part. `days_late` are working days."""

    id: int
    plan: str
    process: str
    title: str | None
    occurrence: int
    period: str
    label: str
    unit: str
    kind: str
    state: str
    due_on: date
    first_due_on: date
    late_after: date
    days_late: int
    result: str | None
    received_on: date | None
    on_time: bool | None
    accepted: bool
    redo_by: date | None
    extensions: int
    covered_by: int | None


class TransitionOut(BaseModel):
    """One move."""

    move: str
    from_state: str | None
    to_state: str
    at: datetime
    by: str
    reason: str | None


class AnswerOut(BaseModel):
    """What one filing says of this assignment."""

    submission: int
    received_on: date
    recorded_at: datetime
    by: str
    document: str | None
    reason_late: str | None
    result: str
    text: str | None
    difficulties: str | None
    proposals: str | None


class ExtensionOut(BaseModel):
    """A request for more time."""

    id: int
    state: str
    wanted_on: date
    reason: str
    asked_by: str
    granted_on: date | None
    decision: str | None


class AssignmentDetail(AssignmentOut):
    """One unit's part with its history."""

    transitions: list[TransitionOut]
    answers: list[AnswerOut]
    extension_requests: list[ExtensionOut]


class UnitOut(BaseModel):
    """A unit."""

    id: str
    name: str
    short: str
    kind: str | None
    parent: str | None
    valid_from: date | None
    valid_to: date | None
    sample: bool


class Units(BaseModel):
    """Units in the order of the config; `next` is the `after` of the page behind."""

    items: list[UnitOut]
    next: int | None = None


class MessageOut(BaseModel):
    """A letter."""

    id: int
    day: date
    recipient: str
    channel: str
    sender: str
    state: str
    subject: str | None
    sent_at: datetime | None
    tries: int


class DeedOut(BaseModel):
    """Who did, or tried, what."""

    id: int
    at: datetime
    actor: str
    role: str
    what: str
    target: str
    outcome: str
    detail: str | None


class ConcernOut(BaseModel):
    """An obstacle, or "this is not ours"."""

    id: int
    assignment: int
    kind: ConcernKind
    text: str
    rather_unit: str | None
    raised_by: str
    raised_at: datetime
    state: str
    answer: str | None


class ProofOut(BaseModel):
    """What recomputing the chain of the audit found."""

    ok: bool
    links: int
    rows: int
    unsealed: int
    head: str
    breaks: list[dict[str, Any]]


# ------------------------------------------------------------------ deeds: what goes in


class LineIn(Given):
    """What a report says of one of its lines."""

    assignment: Annotated[int, Field(ge=1, le=BIGGEST)]
    result: Result
    text: Words | None = None
    document: Short | None = None
    difficulties: Words | None = None
    proposals: Words | None = None


class ReportIn(Given):
    """A report, or the result of a dated task, entered for a unit. `received_on` is the day that counts."""

    result: Result = Result.DONE
    received_on: Day | None = None
    document: Short | None = None
    text: Words | None = None
    reason_late: Short | None = None
    lines: Annotated[list[LineIn], Field(max_length=500)] = []
    links: Annotated[list[Short], Field(max_length=50)] = []


class ReturnIn(Given):
    """Why it goes back, and by when it is wanted again (three working days when not said)."""

    reason: Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=PRINTED)]
    redo_by: Day | None = None


class AskIn(Given):
    """More time, asked for a unit."""

    until: Day
    reason: Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=PRINTED)]


class GrantIn(Given):
    """The day that was asked for, or another one; a reason is needed when nobody asked."""

    until: Day | None = None
    reason: Short | None = None


class ReasonIn(Given):
    """Why."""

    reason: Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=PRINTED)]


class WithdrawIn(Given):
    """The document that says so."""

    ground: Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=PRINTED)]


class CloseIn(Given):
    """Close a period; with units missing only when `incomplete` is said, with a reason."""

    incomplete: bool = False
    reason: Short | None = None


class NudgeIn(Given):
    """Whom to press. With `dry_run` nothing is planned: it says who would get what."""

    assignments: Annotated[list[Annotated[int, Field(ge=1, le=BIGGEST)]], Field(min_length=1, max_length=500)]
    dry_run: bool = False


class NudgePeriodIn(Given):
    """Press everybody who owes something in a period, or the overdue only."""

    overdue: bool = False
    dry_run: bool = False


class MilestoneIn(Given):
    """The document that records an event, and its day (today when not said)."""

    document: Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=PRINTED)]
    happened_on: Day | None = None


class RequestIn(Given):
    """A report asked for by hand."""

    report: Name
    units: Annotated[list[Name], Field(min_length=1, max_length=1000)]
    due: Day
    title: Short | None = None
    document: Short | None = None


class SettleIn(Given):
    """The answer to a concern."""

    answer: Annotated[str, StringConstraints(min_length=1, max_length=5000, pattern=PRINTED)]


# ------------------------------------------------------------------ deeds: what comes out


class Reported(BaseModel):
    """What was recorded."""

    assignment: int
    submission: int
    state: str
    received_on: date
    on_time: bool | None


class Counted(BaseModel):
    """How many rows a deed has changed."""

    count: int


class Returned(BaseModel):
    """The day by which it is wanted again."""

    redo_by: date


class Decision(BaseModel):
    """A request for more time and what became of it; `flagged` from the third one on."""

    extension: int
    decision: str
    state: str
    due_on: date
    first_due_on: date
    flagged: bool
    beyond_feeds: date | None


class NudgeOut(BaseModel):
    """One notice; `skipped` says why it does not go."""

    assignment: int
    unit: str
    state: str
    recipient: str | None
    channel: str | None
    wording: str
    send_on: str
    skipped: str | None


class Nudged(BaseModel):
    """Who is pressed."""

    dry_run: bool
    planned: int
    notices: list[NudgeOut]


class DueOut(BaseModel):
    """What waited for an event and has its day now."""

    task: str
    period: str
    due_on: date
    stage: str


class Recorded(BaseModel):
    """An event that was recorded."""

    happened_on: date
    dues: list[DueOut]


class AskedOut(BaseModel):
    """Assignments that a request has made."""

    assignments: list[int]
