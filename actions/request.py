"""Yêu cầu báo cáo đột xuất: a report asked for by hand, with a day of its own, of chosen units only.

It hangs on a report duty of the plan that has no days (`báo cáo đột xuất`), or on one made for it. The plan's file
does not know it, and applying the plan leaves it alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from itertools import count
from typing import Any

from slugify import slugify
from sqlmodel import Session, col, select

from calendars.spelling import fold
from models.database import insert_once
from models.ledger import Assignment, Occurrence
from models.lifecycle import Kind, Stage
from models.plan import Party, Plan, Process
from models.specs import PlanSpec, UnitsSpec

from .advance import advance
from .apply_plan import BY_HAND
from .move import Refused
from .open_period import assign_by_hand
from .routes import Routes
from .rules import Rules
from .schedule import REPORT, PartyPlan, ProcessPlan, Schedule


@dataclass(frozen=True)
class Request:
    """What is asked for: which report of the plan (or a name of its own), of whom, by when, by which document."""

    report: str
    units: Sequence[str]
    due: date
    title: str | None = None
    document: str | None = None


def request_report(
    session: Session,
    plan: PlanSpec,
    units: UnitsSpec,
    rules: Rules,
    asked: Request,
    now: datetime,
    *,
    by: str,
) -> list[Assignment]:
    """Ask these units for a report by its day, now; returns their assignments. Units already asked are left alone."""
    today = now.date()
    _check(session, plan, asked, today)
    chosen = _chosen_units(units, asked.units, today)
    process = _process(session, plan, units, rules, asked)
    lane = ":".join(filter(None, (BY_HAND, asked.due.isoformat(), slugify(asked.title or "")[:60])))
    _write_parties(session, Routes(plan, units, rules, today), process, chosen, lane)
    occurrence = _occurrence(session, plan, rules, process, asked, lane, now)
    before = _assigned(session, occurrence)
    assign_by_hand(session, occurrence, now, by=by, reason=asked.document)
    advance(session, rules, now, [occurrence])
    new = [row for row in _assigned(session, occurrence).values() if row.unit_id not in before]
    if not new:
        raise Refused(f"các đơn vị này đã được yêu cầu báo cáo “{asked.report}” hạn {asked.due:%d/%m/%Y}")
    return new


def _check(session: Session, plan: PlanSpec, asked: Request, today: date) -> None:
    if asked.due <= today:
        raise Refused(f"hạn {asked.due:%d/%m/%Y} phải sau hôm nay {today:%d/%m/%Y}")
    if session.get(Plan, plan.id) is None:
        raise Refused(f"kế hoạch {plan.id} chưa có trong sổ; chạy dondoc apply {plan.id} trước")
    if plan.status != "issued" or plan.track_from > today or (plan.valid.to and plan.valid.to < today):
        raise Refused(f"kế hoạch {plan.id} không đang được theo dõi ngày {today:%d/%m/%Y}")


def _chosen_units(units: UnitsSpec, references: Iterable[str], today: date) -> list[str]:
    found: dict[str, None] = {}
    for reference in references:
        if reference not in units.units and reference not in units.groups:
            near = get_close_matches(reference, [*units.units, *units.groups], n=3, cutoff=0.4)
            raise Refused(f"không có đơn vị hay nhóm “{reference}”{'; có: ' + ', '.join(near) if near else ''}")
        found.update(dict.fromkeys(units.members_of(reference)))
    for unit_id in found:
        unit = units.units[unit_id]
        if unit.valid_to and unit.valid_to < today:
            raise Refused(f"đơn vị {unit_id} đã kết thúc ngày {unit.valid_to:%d/%m/%Y}")
    if not found:
        raise Refused("không có đơn vị nào trong --units")
    return list(found)


# ------------------------------------------------------------------ the report duty


def _process(session: Session, plan: PlanSpec, units: UnitsSpec, rules: Rules, asked: Request) -> ProcessPlan:
    schedule = Schedule(plan, units, rules)
    name = asked.report.removeprefix(f"{REPORT}:")
    known = schedule.by_key.get(schedule.report_key(name))
    if known is not None:
        if known.condition == "recurring":
            raise Refused(f"báo cáo “{name}” có kỳ hạn của kế hoạch; yêu cầu đột xuất thì đặt tên khác, ví dụ dot-xuat")
        return known
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise Refused(f"tên báo cáo “{name}” chỉ gồm chữ thường không dấu, chữ số, gạch nối; ví dụ {slugify(name)}")
    mine = session.get(Process, schedule.report_key(name))
    if mine is None and not asked.title:
        near = ", ".join(plan.reports) or "chưa có báo cáo nào"
        raise Refused(f"kế hoạch {plan.id} không có báo cáo “{name}” (có: {near}); báo cáo mới thì thêm --title")
    return _made_by_hand(session, schedule, name, mine.title if mine else str(asked.title), new=mine is None)


def _made_by_hand(session: Session, schedule: Schedule, name: str, title: str, *, new: bool) -> ProcessPlan:
    plan = schedule.plan
    made = ProcessPlan(
        key=schedule.report_key(name),
        plan_id=plan.id,
        kind="report",
        item_id=name,
        code="",
        title=title,
        section="",
        duty="lead",
        deliverable=None,
        phrase=None,
        phrase_source="yêu cầu đột xuất",
        explanation="",
        condition="on_demand",
        waits_for=None,
        tracker_id=plan.tracker,
        ladder=plan.ladder,
        confidential=plan.confidential,
        position=len(plan.reports),
        parties=(),
        details={"to": [plan.tracker], BY_HAND: True},
    )
    if new:
        columns = {name: getattr(made, name) for name in Process.model_fields if hasattr(made, name)}
        session.add(Process(**columns, folded=fold(title)))
        session.flush()
    return made


def _write_parties(session: Session, routes: Routes, process: ProcessPlan, units: Sequence[str], lane: str) -> None:
    for unit_id in units:
        key = (process.key, unit_id, lane)
        if session.get(Party, key) is None:
            route = vars(routes.route(process, PartyPlan(unit_id, lane)))
            session.add(Party(process_key=process.key, unit_id=unit_id, asked_in=lane, **route))
    session.flush()


# ------------------------------------------------------------------ its one period


def _occurrence(
    session: Session, plan: PlanSpec, rules: Rules, process: ProcessPlan, asked: Request, lane: str, now: datetime
) -> int:
    due, today = asked.due, now.date()
    # The process is held: of two requests at once the second sees what the first has made.
    session.exec(select(Process.key).where(col(Process.key) == process.key).with_for_update()).one()
    mine = select(Occurrence).where(col(Occurrence.process_key) == process.key, col(Occurrence.asked_in) == lane)
    known = session.exec(mine).first()
    row: dict[str, Any] = {
        "plan_id": plan.id,
        "process_key": process.key,
        "kind": Kind.REPORT.value,
        "asked_in": lane,
        "period": known.period if known else _free_period(session, process, due),
        "label": asked.title or f"hạn {due:%d/%m/%Y}",
        "opens_on": today,
        "due_on": due,
        "remind_from": rules.days.on_or_before(due),
        "late_after": rules.days.on_or_after(due),
        "provisional": rules.days.is_provisional(due),
        "stage": Stage.OPEN.value,
        "opened_at": now,
        "by_event": True,
        "wakes": 1,
        "wakes_seen": 0,
    }
    new = session.execute(insert_once(session, Occurrence).values(**row).returning(Occurrence.id)).first()
    found = session.exec(mine).one()
    if new is None and found.stage in (Stage.CLOSED, Stage.CANCELLED):
        found.stage, found.closed_at, found.closed_reason = Stage.OPEN.value, None, None
    if new is None:
        found.wakes += 1
    session.flush()
    return found.id or 0


def _free_period(session: Session, process: ProcessPlan, due: date) -> str:
    """The due day, with a number from the second matter on that is asked for by the same day: no two share a name."""
    taken = set(session.exec(select(Occurrence.period).where(col(Occurrence.process_key) == process.key)))
    day = due.isoformat()
    return next(name for number in count(1) if (name := day if number == 1 else f"{day}-{number}") not in taken)


def _assigned(session: Session, occurrence_id: int) -> dict[str, Assignment]:
    mine = select(Assignment).where(col(Assignment.occurrence_id) == occurrence_id).order_by(col(Assignment.id))
    return {row.unit_id: row for row in session.exec(mine)}
