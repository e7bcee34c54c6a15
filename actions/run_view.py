"""What one run shows: the ledger's account of an occurrence, in the words a coordinator reads; and its claim."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pendulum
from sqlalchemy import and_, or_, update
from sqlmodel import Session, col, select

from models.columns import ZONE
from models.database import rows_changed
from models.ledger import Assignment, Occurrence
from models.lifecycle import OPEN, TERMINAL_RUN_STATES, RunState, Stage, State, run_state
from models.plan import Plan, Process
from models.units import Unit

LONG_AFTER = timedelta(days=400)  # a run with nothing left to say sleeps until here, counted from its due day
TITLE = 60
WORDS = {
    State.ASSIGNED: "đã giao",
    State.IN_PROGRESS: "đang thực hiện",
    State.REPORTED: "đã báo cáo",
    State.OVERDUE: "quá hạn",
    State.MISSED: "không báo cáo",
    State.WITHDRAWN: "dừng thực hiện",
}


@dataclass(frozen=True)
class RunView:
    """One occurrence as its Prefect run should stand.

    `wake_at` is the next checkpoint (None when `state` is terminal). `table` has one row per unit. `wakes` is the
    wake counter as it was read. The flow `plan-task` takes `occurrence_id`.
    """

    occurrence_id: int
    plan_id: str
    process_key: str
    name: str
    state: RunState
    message: str
    wake_at: pendulum.DateTime | None
    wakes: int
    run_id: str | None
    tags: tuple[str, ...] = ()
    table: list[dict[str, str]] = field(default_factory=list)


def run_view(session: Session, occurrence_id: int, now: datetime) -> RunView:
    """The view of one occurrence; LookupError when there is none."""
    views = run_views(session, [occurrence_id], now)
    if not views:
        raise LookupError(f"no occurrence {occurrence_id}")
    return views[0]


def live_run_views(session: Session, now: datetime) -> list[RunView]:
    """Every occurrence that should have a run: the open ones, and the ended ones whose run must still be told."""
    wanted = or_(
        col(Occurrence.stage) == Stage.OPEN,
        and_(
            col(Occurrence.stage).in_((Stage.CLOSED, Stage.CANCELLED)),
            col(Occurrence.opened_at).is_not(None),
            or_(col(Occurrence.run_id).is_(None), col(Occurrence.wakes) != Occurrence.wakes_seen),
        ),
    )
    ids = session.exec(select(Occurrence.id).where(wanted).order_by(col(Occurrence.id))).all()
    return run_views(session, [row for row in ids if row is not None], now)


def run_views(session: Session, ids: Sequence[int], now: datetime) -> list[RunView]:
    """Views of several occurrences in four statements."""
    found = session.exec(
        select(Occurrence, Process, Plan)
        .join(Process, col(Process.key) == Occurrence.process_key)
        .join(Plan, col(Plan.id) == Occurrence.plan_id)
        .where(col(Occurrence.id).in_(ids))
        .order_by(col(Occurrence.id))
    ).all()
    parts: dict[int, list[tuple[Assignment, Unit]]] = {}
    rows = session.exec(
        select(Assignment, Unit)
        .join(Unit, col(Unit.id) == Assignment.unit_id)
        .where(col(Assignment.occurrence_id).in_(ids))
        .order_by(col(Unit.position), col(Unit.id))
    )
    for assignment, unit in rows:
        parts.setdefault(assignment.occurrence_id, []).append((assignment, unit))
    return [_view(o, process, plan, parts.get(o.id or 0, []), now) for o, process, plan in found]


def _view(
    occurrence: Occurrence, process: Process, plan: Plan, parts: list[tuple[Assignment, Unit]], now: datetime
) -> RunView:
    counts: dict[State, int] = {}
    for assignment, _unit in parts:
        counts[State(assignment.state)] = counts.get(State(assignment.state), 0) + 1
    state = run_state(counts, closed=occurrence.stage != Stage.OPEN)
    if occurrence.stage == Stage.CANCELLED:
        state = RunState.WITHDRAWN
    wake_at = None if state in TERMINAL_RUN_STATES else _wake_at(occurrence, [part for part, _ in parts])
    return RunView(
        occurrence_id=occurrence.id or 0,
        plan_id=plan.id,
        process_key=process.key,
        name=_name(occurrence, process, counts),
        state=state,
        message=_message(occurrence, counts),
        wake_at=wake_at,
        wakes=occurrence.wakes,
        run_id=occurrence.run_id,
        tags=run_tags(process, [unit.id for _, unit in parts]),
        table=[_row(assignment, unit, now) for assignment, unit in parts],
    )


def run_tags(process: Process, units: Iterable[str]) -> tuple[str, ...]:
    """Tags of a run: its plan, its section, and its unit when there is but one."""
    only = list(units)
    lead = [f"don-vi:{only[0]}"] if len(only) == 1 else []
    section = [f"muc:{process.section.split('.')[0]}"] if process.section else []
    return (f"ke-hoach:{process.plan_id}", *section, *lead)


def _name(occurrence: Occurrence, process: Process, counts: dict[State, int]) -> str:
    title = process.title if len(process.title) <= TITLE else process.title[: TITLE - 1].rstrip() + "…"
    answered, total = counts.get(State.REPORTED, 0), sum(counts.values())
    head = f"{process.code} {title}" if process.code else title
    return f"{head} · {occurrence.label} · {answered}/{total}"


def _message(occurrence: Occurrence, counts: dict[State, int]) -> str:
    said = ", ".join(f"{count} {WORDS[state]}" for state, count in counts.items() if count)
    ended = f"; chốt kỳ: {occurrence.closed_reason}" if occurrence.closed_reason else ""
    return f"Hạn {occurrence.due_on:%d/%m/%Y}: {said or 'không có đơn vị nào đang hoạt động'}{ended}"


def _wake_at(occurrence: Occurrence, parts: list[Assignment]) -> pendulum.DateTime:
    days = [part.next_on for part in parts if part.next_on and part.state in OPEN]
    day = min(days, default=occurrence.due_on + LONG_AFTER)
    return pendulum.datetime(day.year, day.month, day.day, 0, 1, tz=ZONE)


def _row(assignment: Assignment, unit: Unit, now: datetime) -> dict[str, str]:
    state = State(assignment.state)
    return {
        "Đơn vị": unit.name,
        "Trạng thái": WORDS[state],
        "Hạn": f"{assignment.due_on:%d/%m/%Y}",
        "Trễ (ngày)": str(_days_late(assignment, now.date())) if state is State.OVERDUE else "",
        "Ngày nộp": f"{assignment.received_on:%d/%m/%Y}" if assignment.received_on else "",
    }


def _days_late(assignment: Assignment, today: date) -> int:
    return max((today - assignment.late_after).days, 0)


# ------------------------------------------------------------------ the run's own columns


def record_run(session: Session, occurrence_id: int, run_id: str | None) -> None:
    """Remember the Prefect run that stands for an occurrence: a cache, never the truth."""
    _set(session, occurrence_id, run_id=run_id)


def mark_seen(session: Session, occurrence_id: int, wakes: int) -> None:
    """A checkpoint has looked at the deeds counted up to `wakes`."""
    _set(session, occurrence_id, wakes_seen=wakes)


def woken(session: Session) -> list[int]:
    """Occurrences with a deed that no checkpoint has looked at yet."""
    query = select(Occurrence.id).where(
        col(Occurrence.wakes) != Occurrence.wakes_seen,
        col(Occurrence.stage).in_((Stage.OPEN, Stage.CLOSED, Stage.CANCELLED)),
    )
    return [row for row in session.exec(query.order_by(col(Occurrence.id))) if row is not None]


def claim(session: Session, occurrence_id: int, owner: str, now: datetime, seconds: float) -> bool:
    """Take the right to run this occurrence's checkpoint for `seconds`; False while another holds it."""
    free = or_(
        col(Occurrence.claim_until).is_(None), col(Occurrence.claim_until) < now, col(Occurrence.claim_owner) == owner
    )
    done = session.execute(
        update(Occurrence)
        .where(col(Occurrence.id) == occurrence_id, free)
        .values(claim_owner=owner, claim_until=now + timedelta(seconds=seconds))
        .execution_options(synchronize_session=False)
    )
    return rows_changed(done) > 0


def release_claim(session: Session, occurrence_id: int, owner: str) -> None:
    """Give the right back."""
    session.execute(
        update(Occurrence)
        .where(col(Occurrence.id) == occurrence_id, col(Occurrence.claim_owner) == owner)
        .values(claim_owner=None, claim_until=None)
        .execution_options(synchronize_session=False)
    )


def claimed(session: Session, now: datetime) -> set[int]:
    """Occurrences whose checkpoint somebody is running right now."""
    return {row for row in session.exec(select(Occurrence.id).where(col(Occurrence.claim_until) >= now)) if row}


def _set(session: Session, occurrence_id: int, **values: object) -> None:
    session.execute(
        update(Occurrence)
        .where(col(Occurrence.id) == occurrence_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
