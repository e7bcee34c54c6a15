"""Open what is due to be asked: occurrences of a period, their assignments, in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import String, and_, case, exists, func, insert, literal, or_, update
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from models.columns import day_value, moment_value
from models.database import insert_once
from models.ledger import Assignment, Occurrence, Transition
from models.lifecycle import Kind, Move, Stage, State
from models.plan import Party, Plan, Process
from models.units import Unit

from .move import SCHEDULE, move, settle


def open_due(session: Session, now: datetime, *, occurrence_ids: Sequence[int] | None = None) -> list[int]:
    """Open every planned occurrence whose opening day has come; returns the ids opened now.

    Nothing opens for a plan that is a draft, closed, not yet tracked, or past its last day: what such a plan had
    still planned is finished. Units that have ended, or do not exist yet, get no assignment.
    """
    today = now.date()
    _finish_ended_plans(session, today)
    ids = _mark_open(session, now, occurrence_ids)
    if not ids:
        return []
    for kinds in ((Kind.REPORT,), (Kind.COVERED, Kind.DATED)):
        _insert_assignments(session, ids, kinds, now)
    _record_openings(session, ids, now)
    _mark_done_at_start(session, ids, now)
    session.expire_all()
    return ids


def assign_by_hand(session: Session, occurrence_id: int, now: datetime, *, by: str, reason: str | None) -> None:
    """Assign an open occurrence to those of its parties that do not have it yet (`dondoc request`)."""
    _insert_assignments(session, [occurrence_id], (Kind.REPORT,), now)
    _record_openings(session, [occurrence_id], now, by=by, reason=reason)
    session.expire_all()


def _finish_ended_plans(session: Session, today: date) -> None:
    ended = select(Plan.id).where(or_(col(Plan.status) == "closed", col(Plan.valid_to) < today))
    session.execute(
        update(Occurrence)
        .where(col(Occurrence.stage) == Stage.PLANNED, col(Occurrence.plan_id).in_(ended))
        .values(stage=Stage.FINISHED.value)
        .execution_options(synchronize_session=False)
    )


def _mark_open(session: Session, now: datetime, occurrence_ids: Sequence[int] | None) -> list[int]:
    """Planned -> open by compare-and-set: of two schedulers at once, one gets the rows and the other none."""
    today = now.date()
    asking = select(Plan.id).where(col(Plan.status) == "issued", col(Plan.track_from) <= today)
    due = [
        col(Occurrence.stage) == Stage.PLANNED,
        col(Occurrence.opens_on) <= today,
        col(Occurrence.plan_id).in_(asking),
    ]
    if occurrence_ids is not None:
        due.append(col(Occurrence.id).in_(occurrence_ids))
    opened = session.execute(
        update(Occurrence)
        .where(*due)
        .values(stage=Stage.OPEN.value, opened_at=now, wakes=Occurrence.wakes + 1)
        .returning(col(Occurrence.id))
        .execution_options(synchronize_session=False)
    )
    return sorted(opened.scalars())


def _insert_assignments(session: Session, ids: Sequence[int], kinds: Sequence[Kind], now: datetime) -> None:
    today = now.date()
    cover, covering = aliased(Occurrence), aliased(Assignment)
    partner, partner_party = aliased(Occurrence), aliased(Party)
    sends = and_(col(covering.id).is_(None), col(partner_party.unit_id).is_(None))
    rows = (
        select_columns(
            col(Occurrence.id),
            col(Party.unit_id),
            literal(State.ASSIGNED.value),
            col(Occurrence.kind),
            col(Party.ladder),
            col(Occurrence.ladder_ends_on),
            col(Party.pressed),
            case((sends, True), else_=False),
            col(Party.deliverable),
            col(covering.id),
            day_value(today),
            col(Occurrence.due_on),
            col(Occurrence.due_on),
            col(Occurrence.remind_from),
            col(Occurrence.late_after),
            moment_value(now),
            literal(0),
            case((sends, day_value(today)), else_=_day_after_deadline(session, ids)),
        )
        .join(Process, col(Process.key) == Occurrence.process_key)
        .join(Party, and_(col(Party.process_key) == Occurrence.process_key, col(Party.asked_in) == Occurrence.asked_in))
        .join(Unit, col(Unit.id) == Party.unit_id)
        .outerjoin(
            cover,
            and_(
                col(Occurrence.asked_in) != "",
                col(cover.process_key) == Occurrence.asked_in,
                col(cover.period) == Occurrence.period,
            ),
        )
        .outerjoin(covering, and_(col(covering.occurrence_id) == cover.id, col(covering.unit_id) == Party.unit_id))
        .outerjoin(partner, col(partner.id) == Occurrence.joined_to)
        .outerjoin(
            partner_party,
            and_(
                col(partner_party.process_key) == partner.process_key,
                col(partner_party.unit_id) == Party.unit_id,
                col(partner_party.asked_in) == partner.asked_in,
            ),
        )
        .where(
            col(Occurrence.id).in_(ids),
            col(Occurrence.kind).in_([kind.value for kind in kinds]),
            or_(col(Unit.valid_to).is_(None), col(Unit.valid_to) >= today),
            or_(col(Unit.valid_from).is_(None), col(Unit.valid_from) <= today),
        )
    )
    columns = ["occurrence_id", "unit_id", "state", "kind", "ladder", "ladder_ends_on", "pressed", "sends",
               "deliverable", "covered_by", "opened_on", "due_on", "first_due_on", "remind_from", "late_after",
               "opened_at", "extensions", "next_on"]  # fmt: skip
    session.execute(insert_once(session, Assignment).from_select(columns, rows))


def _day_after_deadline(session: Session, ids: Sequence[int]) -> Any:
    """`late_after` + 1 day, spelled out for the few deadlines at hand: date arithmetic differs between databases."""
    deadlines = session.exec(select(col(Occurrence.late_after)).where(col(Occurrence.id).in_(ids)).distinct()).all()
    days = {day: day_value(day + timedelta(days=1)) for day in deadlines}
    return case(days, value=col(Occurrence.late_after))


def _record_openings(
    session: Session, ids: Sequence[int], now: datetime, *, by: str = SCHEDULE, reason: str | None = None
) -> None:
    opened = select_columns(
        col(Assignment.id),
        literal(Move.OPEN.value),
        literal(State.ASSIGNED.value),
        moment_value(now),
        moment_value(now),
        literal(by),
        literal(reason, String),
    ).where(
        col(Assignment.occurrence_id).in_(ids),
        col(Assignment.opened_at) == now,
        ~exists().where(col(Transition.assignment_id) == Assignment.id),
    )
    columns = ["assignment_id", "move", "to_state", "at", "recorded_at", "by", "reason"]
    session.execute(insert(Transition).from_select(columns, opened))


def _mark_done_at_start(session: Session, ids: Sequence[int], now: datetime) -> None:
    """What `at_start` says some units had done before tracking began is answered at once."""
    done = (
        select(Assignment.id)
        .join(Occurrence, col(Occurrence.id) == Assignment.occurrence_id)
        .join(Party, and_(col(Party.process_key) == Occurrence.process_key, col(Party.unit_id) == Assignment.unit_id))
        .where(col(Occurrence.id).in_(ids), col(Party.done).is_(True))
    )
    if not session.exec(select(func.count()).select_from(done.subquery())).one():
        return
    which = col(Assignment.id).in_(done)
    move(session, which, Move.SUBMIT, now, by="khai báo ban đầu", answered_at=now, on_time=True, result="done")
    settle(session, ids, now)
