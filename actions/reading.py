"""Questions about the ledger; nothing here writes. The two official tables are computed with the lists beside them."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from sqlmodel import Session, col, select

from calendars.working_days import WorkingDays
from models.ladder import Tone
from models.ledger import Answer, Assignment, Extension, ExtensionState, Occurrence, Submission
from models.lifecycle import OPEN, Kind, Stage, State
from models.outbox import Attempt, Letter, Notice
from models.plan import Plan, Process
from models.units import Unit

from .joins import with_process

DUE_SOON, URGENT = 7, 3  # calendar days


class TaskClass(StrEnum):
    """Classes of the table *nhiệm vụ* (Decision 42/2014/QĐ-TTg as real reports count them)."""

    DONE_ON_TIME = "hoan-thanh-dung-han"
    DONE_LATE = "hoan-thanh-qua-han"
    OPEN_ON_TIME = "dang-thuc-hien-trong-han"
    OPEN_LATE = "chua-hoan-thanh-qua-han"
    NO_DEADLINE = "khong-co-han"
    WITHDRAWN = "dung-thuc-hien"


class ReportClass(StrEnum):
    """Classes of the table *chấp hành báo cáo*."""

    ON_TIME = "nop-dung-han"
    LATE = "nop-muon"
    OPEN_ON_TIME = "chua-nop-trong-han"
    OPEN_LATE = "chua-nop-qua-han"
    MISSED = "khong-bao-cao"
    WITHDRAWN = "khong-phai-bao-cao"


class Aside(StrEnum):
    """What stands beside the tables, so that sums add up."""

    NOT_OPEN = "chua-den-ky"
    WAITING = "cho-dieu-kien"
    UNDATED = "chua-xac-dinh-han"
    UNTRACKED = "truoc-thoi-diem-theo-doi"
    UNDECIDED = "cho-quyet-dinh"
    FINISHED = "ke-hoach-da-ket-thuc"
    CANCELLED = "da-huy"
    DONE_BEFORE = "da-xong-truoc-theo-doi"


LABELS: dict[str, tuple[str, str]] = {
    TaskClass.DONE_ON_TIME: ("Hoàn thành đúng hạn", "Done on time"),
    TaskClass.DONE_LATE: ("Hoàn thành quá hạn", "Done late"),
    TaskClass.OPEN_ON_TIME: ("Đang thực hiện, trong hạn", "Open, not yet due"),
    TaskClass.OPEN_LATE: ("Chưa hoàn thành, quá hạn", "Open, overdue"),
    TaskClass.NO_DEADLINE: ("Thường xuyên, không xác định thời hạn", "Continuous, no deadline"),
    TaskClass.WITHDRAWN: ("Dừng thực hiện", "Withdrawn"),
    ReportClass.ON_TIME: ("Nộp đúng hạn", "Filed on time"),
    ReportClass.LATE: ("Nộp muộn", "Filed late"),
    ReportClass.OPEN_ON_TIME: ("Chưa nộp, trong hạn", "Not filed, not yet due"),
    ReportClass.OPEN_LATE: ("Chưa nộp, quá hạn", "Not filed, overdue"),
    ReportClass.MISSED: ("Không báo cáo", "Missed"),
    ReportClass.WITHDRAWN: ("Không phải báo cáo", "Withdrawn"),
    Aside.NOT_OPEN: ("Chưa đến kỳ", "Not open yet"),
    Aside.WAITING: ("Chờ điều kiện", "Waiting for an event"),
    Aside.UNDATED: ("Chưa xác định hạn", "No date set"),
    Aside.UNTRACKED: ("Trước thời điểm theo dõi", "Before tracking began"),
    Aside.UNDECIDED: ("Chờ quyết định", "Awaiting a decision"),
    Aside.FINISHED: ("Kế hoạch đã kết thúc", "Plan finished"),
    Aside.CANCELLED: ("Đã hủy theo kế hoạch mới", "Cancelled by a changed plan"),
    Aside.DONE_BEFORE: ("Đã xong trước khi theo dõi", "Done before tracking began"),
}


@dataclass(frozen=True)
class Row:
    """One assignment as a list shows it."""

    id: int
    plan: str
    task: str
    code: str
    title: str
    period: str
    label: str
    unit: str
    unit_name: str
    kind: str
    state: str
    classed: str
    due_on: date
    late_after: date
    days_late: int
    answered_on: date | None
    on_time: bool | None
    covered_by: int | None
    provisional: bool
    first_due_on: date
    extensions: int
    on_first_day: bool | None
    extension_asked: date | None
    redo_by: date | None
    accepted: bool
    reason_late: str | None


@dataclass(frozen=True)
class Rate:
    """How many of what has had its day were on time; `rate` is None when nothing has had its day yet."""

    on_time: int
    of: int

    @property
    def rate(self) -> float | None:
        """On time / of, four decimals."""
        return round(self.on_time / self.of, 4) if self.of else None


@dataclass(frozen=True)
class Totals:
    """The two tables, what stands beside them, and the checksum of all three."""

    tasks: dict[str, int] = field(default_factory=dict)
    reports: dict[str, int] = field(default_factory=dict)
    aside: dict[str, int] = field(default_factory=dict)

    @property
    def checksum(self) -> str:
        """A short hash of every count: the same figures print the same one."""
        text = repr([sorted(table.items()) for table in (self.tasks, self.reports, self.aside)])
        return hashlib.sha256(text.encode()).hexdigest()[:8]


def status_rows(
    session: Session, today: date, days: WorkingDays, *, plan: str | None = None, unit: str | None = None
) -> list[Row]:
    """Every assignment, by due day, plan and unit."""
    query = (
        with_process(select(Assignment, Occurrence, Process, Unit))
        .join(Unit, col(Unit.id) == Assignment.unit_id)
        .order_by(col(Assignment.due_on), col(Occurrence.plan_id), col(Process.kind), col(Process.position),
                  col(Unit.position), col(Assignment.id))
    )  # fmt: skip
    if plan:
        query = query.where(col(Occurrence.plan_id) == plan)
    if unit:
        query = query.where(col(Assignment.unit_id) == unit)
    beside = _Beside(_extensions_asked(session), _reasons_late(session))
    return [_row(today, days, beside, *found) for found in session.exec(query)]


@dataclass(frozen=True)
class _Beside:
    """What stands in other tables: {assignment: day asked for}, {assignment: why it was late}."""

    asked: dict[int, date]
    reasons: dict[int, str]


def _extensions_asked(session: Session) -> dict[int, date]:
    asked = select(Extension).where(col(Extension.state) == ExtensionState.ASKED)
    return {row.assignment_id: row.wanted_on for row in session.exec(asked)}


def _reasons_late(session: Session) -> dict[int, str]:
    given = (
        select(Answer.assignment_id, Submission.reason_late)
        .join(Submission, col(Submission.id) == Answer.submission_id)
        .where(col(Submission.reason_late).is_not(None))
        .order_by(col(Submission.id))
    )
    return {assignment: reason for assignment, reason in session.exec(given) if reason}


def _row(today: date, days: WorkingDays, beside: _Beside, a: Assignment, o: Occurrence, p: Process, u: Unit) -> Row:
    late = days.count(a.late_after, today) if a.state == State.OVERDUE else 0
    return Row(
        id=a.id or 0,
        plan=o.plan_id,
        task=p.item_id,
        code=p.code,
        title=p.title,
        period=o.period,
        label=o.label,
        unit=u.id,
        unit_name=u.name,
        kind=a.kind,
        state=a.state,
        classed=classify(a, today),
        due_on=a.due_on,
        late_after=a.late_after,
        days_late=late,
        answered_on=a.received_on,
        on_time=a.on_time,
        covered_by=a.covered_by,
        provisional=o.provisional,
        first_due_on=a.first_due_on,
        extensions=a.extensions,
        on_first_day=_on_first_day(a, o, today),
        extension_asked=beside.asked.get(a.id or 0) if a.state in OPEN else None,
        redo_by=a.redo_by,
        accepted=a.accepted_at is not None,
        reason_late=beside.reasons.get(a.id or 0),
    )


def _on_first_day(a: Assignment, o: Occurrence, today: date) -> bool | None:
    """On time against the first day, whatever was granted later; None while that day has not passed or is no longer
    owed."""
    state = State(a.state)
    if state is State.WITHDRAWN:
        return None
    if not a.extensions:
        return _on_last_day(state, a.on_time)
    if state is State.REPORTED:
        return a.on_time is not False and a.received_on is not None and a.received_on <= o.late_after
    return False if state in (State.MISSED, State.OVERDUE) or o.late_after < today else None


def _on_last_day(state: State, on_time: bool | None) -> bool | None:
    if state is State.REPORTED:
        return on_time is not False
    return False if state in (State.OVERDUE, State.MISSED) else None


def rates(rows: list[Row]) -> dict[str, Rate]:
    """`first_due` and `extended`: on time against the first day and against the day in force, of all that has had it.

    Lines of a report have no day of their own and are left out, and so is what was withdrawn.
    """
    own = [row for row in rows if row.kind != Kind.COVERED]
    first = [row.on_first_day for row in own]
    extended = [_on_last_day(State(row.state), row.on_time) for row in own]
    return {name: _rate(said) for name, said in (("first_due", first), ("extended", extended))}


def _rate(said: list[bool | None]) -> Rate:
    decided = [one for one in said if one is not None]
    return Rate(sum(decided), len(decided))


def classify(assignment: Assignment, today: date) -> str:
    """The class of one assignment in its table."""
    state = State(assignment.state)
    if assignment.kind == Kind.REPORT:
        if state in OPEN:
            return ReportClass.OPEN_LATE if state is State.OVERDUE else ReportClass.OPEN_ON_TIME
        if state is State.REPORTED:
            return ReportClass.ON_TIME if assignment.on_time is not False else ReportClass.LATE
        return ReportClass.MISSED if state is State.MISSED else ReportClass.WITHDRAWN
    if state is State.WITHDRAWN:
        return TaskClass.WITHDRAWN
    if assignment.kind == Kind.COVERED:
        return TaskClass.NO_DEADLINE
    if state in OPEN:
        return TaskClass.OPEN_LATE if state is State.OVERDUE else TaskClass.OPEN_ON_TIME
    return TaskClass.DONE_ON_TIME if assignment.on_time is not False else TaskClass.DONE_LATE


def totals(session: Session, rows: list[Row], *, plan: str | None = None) -> Totals:
    """The two tables of `rows`, and the occurrences and processes that stand in neither."""
    tasks = Counter({str(key): 0 for key in TaskClass})
    reports = Counter({str(key): 0 for key in ReportClass})
    for row in rows:
        (reports if row.kind == Kind.REPORT else tasks)[str(row.classed)] += 1
    return Totals(dict(tasks), dict(reports), _aside(session, plan))


_ASIDE_OF_STAGE = {
    Stage.PLANNED: Aside.NOT_OPEN,
    Stage.UNDECIDED: Aside.UNDECIDED,
    Stage.UNTRACKED: Aside.UNTRACKED,
    Stage.FINISHED: Aside.FINISHED,
    Stage.CANCELLED: Aside.CANCELLED,
}


def _aside(session: Session, plan: str | None) -> dict[str, int]:
    counts = Counter({str(key): 0 for key in Aside})
    stages = select(Occurrence.stage, Occurrence.opened_at)
    conditions = select(Process.condition).where(col(Process.removed_on).is_(None))
    if plan:
        stages = stages.where(col(Occurrence.plan_id) == plan)
        conditions = conditions.where(col(Process.plan_id) == plan)
    for stage, opened_at in session.exec(stages):
        if opened_at is None:
            counts[str(_ASIDE_OF_STAGE.get(Stage(stage), Aside.DONE_BEFORE))] += 1
    for condition in session.exec(conditions):
        if condition == "waiting":
            counts[str(Aside.WAITING)] += 1
        elif condition == "undated":
            counts[str(Aside.UNDATED)] += 1
    return dict(counts)


def overdue_and_untold(session: Session, today: date) -> list[int]:
    """Assignments that are overdue while nobody has been told, nor will be: must be empty.

    What a report covers is told with the report, and a unit without any recipient is a finding of `check`.
    """
    pressing = (col(Notice.assignment_id) == Assignment.id, col(Notice.tone) != Tone.ANSWER)
    told = select(Notice.id).where(*pressing).exists()
    query = select(Assignment.id).where(
        col(Assignment.state) == State.OVERDUE,
        col(Assignment.sends).is_(True),
        ~told,
        col(Assignment.ladder).is_not(None),
    )
    return [row for row in session.exec(query) if row is not None]


def letters(session: Session, *, state: str | None = None, limit: int = 500) -> list[dict[str, Any]]:
    """Letters, newest first, each with its last error."""
    query = select(Letter).order_by(col(Letter.day).desc(), col(Letter.id).desc()).limit(limit)
    if state:
        query = query.where(col(Letter.state) == state)
    found = list(session.exec(query))
    ids = [letter.id for letter in found]
    errors = {
        attempt.letter_id: attempt.error
        for attempt in session.exec(select(Attempt).where(col(Attempt.letter_id).in_(ids)).order_by(col(Attempt.id)))
    }
    notices: dict[int | None, list[Notice]] = {}
    for notice in session.exec(select(Notice).where(col(Notice.letter_id).in_(ids)).order_by(col(Notice.id))):
        notices.setdefault(notice.letter_id, []).append(notice)
    return [
        letter.model_dump(exclude={"body"})
        | {"error": errors.get(letter.id or 0), "notices": [_notice(notice) for notice in notices.get(letter.id, [])]}
        for letter in found
    ]


def _notice(notice: Notice) -> dict[str, Any]:
    return {"step": notice.step, "plan": notice.plan_id, "process": notice.process_key, "unit": notice.unit_id,
            "assignment": notice.assignment_id}  # fmt: skip


def notices(session: Session, state: str) -> list[dict[str, Any]]:
    """Notices in a state (`held`, `suppressed`, `planned`), newest first."""
    query = select(Notice).where(col(Notice.state) == state).order_by(col(Notice.id).desc())
    return [
        _notice(notice) | {"id": notice.id, "recipient": notice.recipient, "wording": notice.wording,
                           "send_on": notice.send_on, "hold_until": notice.hold_until, "else": notice.hold_else,
                           "reason": notice.reason, "state": notice.state}
        for notice in session.exec(query)
    ]  # fmt: skip


def plans(session: Session) -> list[Plan]:
    """Every plan in the ledger."""
    return list(session.exec(select(Plan).order_by(col(Plan.id))))
