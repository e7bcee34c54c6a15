"""Config -> ledger: units, a plan with its processes and parties, and the occurrences of the coming time.

Applying the same config twice writes nothing the second time. A changed plan keeps the ids of the occurrences that
still exist, cancels those it no longer has, and never rewrites what has happened.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, SQLModel, col, select

from calendars.occurrences import Slot
from calendars.spelling import fold
from models.forms import IndicatorValue
from models.ledger import Assignment, Occurrence
from models.lifecycle import OPEN, Kind, Stage, names
from models.plan import Milestone, Party, Plan, PlanVersion, Process, Target
from models.specs import PlanSpec, TargetSpec, UnitsSpec
from models.units import PHONE, ContactPoint, Unit, UnitGroup

from .move import withdraw_occurrences
from .routes import Routes
from .rule_versions import note_rules
from .rules import Rules
from .schedule import Due, ProcessPlan, Schedule, joined

BY_HAND = "yeu-cau"  # what was asked for by hand (`dondoc request`): the plan's file does not know it


@dataclass
class Changes:
    """What applying wrote: {what: [keys]} for added, changed and removed rows."""

    added: dict[str, list[str]] = field(default_factory=dict)
    changed: dict[str, list[str]] = field(default_factory=dict)
    removed: dict[str, list[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)

    def note(self, kind: str, table: str, key: object) -> None:
        """Remember one row."""
        getattr(self, kind).setdefault(table, []).append(str(key))


# ------------------------------------------------------------------ units


def apply_units(session: Session, units: UnitsSpec) -> Changes:
    """Write units, groups and contact points. A unit that left the file stays in the ledger: history names it."""
    changes = Changes()
    _sync(session, changes, Unit, {unit_id: _unit_row(unit_id, units, n) for n, unit_id in enumerate(units.units)})
    session.flush()
    groups = {
        group_id: {"name": group.name, "open": group.open, "complete": group.complete,
                   "members": units.members_of(group_id)}
        for group_id, group in units.groups.items()
    }  # fmt: skip
    _sync(session, changes, UnitGroup, groups)
    _sync(session, changes, ContactPoint, dict(_contact_rows(units)), keys=("recipient", "channel"), remove=True)
    return changes


def _unit_row(unit_id: str, units: UnitsSpec, position: int) -> dict[str, Any]:
    unit = units.units[unit_id]
    return {
        "name": unit.name,
        "short": unit.short or unit.name,
        "kind": unit.kind,
        "parent_id": unit.parent,
        "system": unit.system,
        "valid_from": unit.valid_from,
        "valid_to": unit.valid_to,
        "sample": unit.sample,
        "position": position,
        "folded": fold(f"{unit.name} {unit.short or unit.name}"),
        "successors": [successor.model_dump(exclude_none=True) for successor in unit.successors],
    }


def _contact_rows(units: UnitsSpec) -> Iterable[tuple[tuple[str, str], dict[str, Any]]]:
    for unit_id, unit in units.units.items():
        for role, contact in unit.contacts.items():
            row = {"unit_id": unit_id, "role": role, "address": contact.email}
            yield (f"{unit_id}:{role}", "mailbox" if unit.sample or not contact.email else "email"), row
            if contact.phone:
                yield (f"{unit_id}:{role}", PHONE), row | {"address": contact.phone}


# ------------------------------------------------------------------ a plan


def apply_plan(
    session: Session, plan: PlanSpec, units: UnitsSpec, rules: Rules, now: datetime, *, until: date | None = None
) -> Changes:
    """Write one plan and the occurrences due by `until` (default: the end of next year)."""
    changes = Changes()
    note_rules(session, rules, now)
    today = now.date()
    horizon = until or date(today.year + 1, 12, 31)
    schedule = Schedule(plan, units, rules, events=recorded_events(session, plan.id))
    _write_plan(session, changes, plan, now)
    session.flush()
    _write_processes(session, changes, schedule, today)
    session.flush()
    _write_parties(session, changes, schedule, today)
    _write_milestones(session, changes, plan)
    _write_targets(session, changes, schedule)
    session.flush()
    _write_occurrences(session, changes, schedule, now, horizon)
    session.flush()
    return changes


def recorded_events(session: Session, plan_id: str) -> dict[str, date]:
    """{milestone: its day} as recorded in the ledger (`dondoc milestone`)."""
    happened = select(Milestone).where(col(Milestone.plan_id) == plan_id, col(Milestone.happened_on).is_not(None))
    return {row.name: row.happened_on for row in session.exec(happened) if row.happened_on}


def spec_fingerprint(plan: PlanSpec) -> str:
    """A hash of what the plan says, independent of its layout in the file."""
    text = json.dumps(plan.model_dump(mode="json", by_alias=True), ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _write_plan(session: Session, changes: Changes, plan: PlanSpec, now: datetime) -> None:
    fingerprint = spec_fingerprint(plan)
    row: dict[str, Any] = {
        "title": plan.title,
        "number": plan.number,
        "status": plan.status,
        "issued_by": plan.issued_by,
        "issued_on": str(plan.issued_on) if plan.issued_on else None,
        "issued_from": plan.issued_from,
        "valid_from": plan.valid.from_,
        "valid_to": plan.valid.to,
        "track_from": plan.track_from,
        "tracker_id": plan.tracker,
        "leadership_id": plan.leadership,
        "sender_id": plan.sender or plan.tracker,
        "confidential": plan.confidential,
        "fingerprint": fingerprint,
        "folded": fold(f"{plan.number or ''} {plan.title}"),
    }
    before = session.get(Plan, plan.id)
    if before and before.fingerprint != fingerprint:
        row["version"] = before.version + 1
    _sync(session, changes, Plan, {plan.id: row})
    if before is None or "version" in row:
        session.flush()
        spec = json.loads(json.dumps(plan.model_dump(mode="json", by_alias=True), default=str))
        session.add(
            PlanVersion(
                plan_id=plan.id, version=row.get("version", 1), fingerprint=fingerprint, applied_at=now, spec=spec
            )
        )


def _write_processes(session: Session, changes: Changes, schedule: Schedule, today: date) -> None:
    rows = {process.key: _process_row(process) for process in schedule.processes}
    _sync(session, changes, Process, rows)
    gone = select(Process).where(
        col(Process.plan_id) == schedule.plan.id, col(Process.key).not_in(rows), col(Process.removed_on).is_(None)
    )
    for process in session.exec(gone):
        if process.details.get(BY_HAND):
            continue
        process.removed_on = today
        changes.note("removed", "processes", process.key)


def _process_row(process: ProcessPlan) -> dict[str, Any]:
    names = ("plan_id", "kind", "item_id", "code", "title", "section", "duty", "deliverable", "phrase",
             "phrase_source", "explanation", "condition", "waits_for", "tracker_id", "confidential", "position",
             "details")  # fmt: skip
    row = {name: getattr(process, name) for name in names}
    return row | {"removed_on": None, "folded": fold(f"{process.code} {process.title}")}


def _write_parties(session: Session, changes: Changes, schedule: Schedule, today: date) -> None:
    routes = Routes(schedule.plan, schedule.units, schedule.rules, today)
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for process in schedule.processes:
        for party in process.parties:
            route = routes.route(process, party)
            rows[process.key, party.unit_id, party.asked_in] = {
                "role_as": party.role_as,
                "deliverable": party.deliverable or process.deliverable,
                "pressed": party.pressed,
                "done": party.done,
                **vars(route),
            }
    existing = select(Party).where(
        col(Party.process_key).in_([process.key for process in schedule.processes]),
        col(Party.asked_in).not_like(f"{BY_HAND}%"),
    )
    _sync(session, changes, Party, rows, keys=("process_key", "unit_id", "asked_in"), remove=True,
          existing=session.exec(existing))  # fmt: skip


def _write_milestones(session: Session, changes: Changes, plan: PlanSpec) -> None:
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for name, milestone in plan.milestones.items():
        rows[plan.id, name] = {"text": milestone.text, "ask": milestone.ask or plan.tracker}
        if milestone.date:
            rows[plan.id, name] |= {"happened_on": milestone.date, "document": milestone.document}
    _sync(session, changes, Milestone, rows, keys=("plan_id", "name"))


def _write_targets(session: Session, changes: Changes, schedule: Schedule) -> None:
    wanted = [_target_row(schedule.plan.id, None, target) for target in schedule.plan.targets]
    for task in schedule.tasks:
        wanted += [_target_row(schedule.plan.id, f"{schedule.plan.id}:{task.id}", target) for target in task.targets]
    mine = col(Target.plan_id) == schedule.plan.id
    counted = set(session.exec(select(IndicatorValue.target_id).join(Target).where(mine).distinct()))
    existing: dict[tuple[str | None, str], list[Target]] = defaultdict(list)
    for target in session.exec(select(Target).where(mine).order_by(col(Target.id))):
        existing[target.process_key, target.text].append(target)
    for row in wanted:
        same = existing[row["process_key"], row["text"]]
        found = same.pop(0) if same else None
        if found is not None and found.model_dump(exclude={"id"}) == row:
            continue
        session.add(found.sqlmodel_update(row) if found else Target(**row))
        changes.note("changed", "targets", row["text"])
    for left in chain.from_iterable(existing.values()):
        if left.id not in counted:  # what units have counted stays with what it was counted for
            session.delete(left)
            changes.note("changed", "targets", left.text)


def _target_row(plan_id: str, process_key: str | None, target: TargetSpec) -> dict[str, Any]:
    return {
        "plan_id": plan_id,
        "process_key": process_key,
        "text": target.text,
        "goal": target.goal,
        "from_on": target.from_,
        "by_on": target.by,
        "baseline_year": target.baseline.year if target.baseline else None,
        "baseline": target.baseline.value if target.baseline else None,
        "soft": target.soft,
        "exception": target.except_,
    }


# ------------------------------------------------------------------ occurrences


def _write_occurrences(session: Session, changes: Changes, schedule: Schedule, now: datetime, horizon: date) -> None:
    plan, today = schedule.plan, now.date()
    first = min(filter(None, (plan.issued_from, plan.valid.from_, plan.track_from)))
    dues = schedule.occurrences(first, max(horizon, plan.valid.to or horizon))
    wanted = {(due.process.key, due.asked_in, due.slot.period): due for due in dues if _belongs(due, plan)}
    existing = {
        (row.process_key, row.asked_in, row.period): row
        for row in session.exec(select(Occurrence).where(col(Occurrence.plan_id) == plan.id))
    }
    for key, due in wanted.items():
        if key in existing:
            _update_occurrence(session, changes, existing[key], due)
        else:
            existing[key] = Occurrence(**_occurrence_row(due, plan, today))
            session.add(existing[key])
            changes.note("added", "occurrences", " ".join(filter(None, key)))
    gone = [
        row for key, row in existing.items() if key not in wanted and row.stage != Stage.CANCELLED and not row.by_event
    ]
    for row in gone:
        changes.note("removed", "occurrences", f"{row.process_key} {row.period}")
    session.flush()
    withdraw_occurrences(session, gone, now, reason="kế hoạch đã thay đổi, không còn việc này")
    _link(session, list(wanted.values()), existing, plan, now)


def _belongs(due: Due, plan: PlanSpec) -> bool:
    """Recurrences before tracking began are not written; a dated task is, since someone has to say how it stood."""
    return due.slot.due_on >= plan.track_from or due.process.condition == "dated"


def _slot_row(slot: Slot) -> dict[str, Any]:
    names = ("period", "label", "period_start", "period_end", "cutoff_from", "cutoff_on", "opens_on", "due_on",
             "collect_by", "remind_from", "late_after", "provisional")  # fmt: skip
    return {name: getattr(slot, name) for name in names}


def _occurrence_row(due: Due, plan: PlanSpec, today: date) -> dict[str, Any]:
    return {
        "plan_id": plan.id,
        "process_key": due.process.key,
        "kind": due.kind.value,
        "asked_in": due.asked_in,
        "stage": _first_stage(due, plan, today).value,
        **_slot_row(due.slot),
    }


def _first_stage(due: Due, plan: PlanSpec, today: date) -> Stage:
    if plan.status == "closed" or (plan.valid.to and plan.valid.to < today):
        return Stage.FINISHED
    at_start = due.process.at_start
    if due.kind is Kind.DATED and at_start == "done":
        return Stage.CLOSED
    if due.kind is Kind.DATED and due.slot.due_on < plan.track_from and at_start != "open":
        return Stage.UNDECIDED if at_start in (None, "unknown") else Stage.PLANNED
    return Stage.PLANNED


def _update_occurrence(session: Session, changes: Changes, row: Occurrence, due: Due) -> None:
    new = {name: value for name, value in _slot_row(due.slot).items() if getattr(row, name) != value}
    if not new or row.stage in (Stage.CLOSED, Stage.FINISHED):
        return
    if row.stage == Stage.OPEN:
        new.pop("opens_on", None)
        _shift_assignments(session, row, due.slot)
    for name, value in new.items():
        setattr(row, name, value)
    if new:
        changes.note("changed", "occurrences", f"{row.process_key} {row.period}")


def _shift_assignments(session: Session, row: Occurrence, slot: Slot) -> None:
    """Move the days of what is open and was not extended; what was extended keeps its own day."""
    mine = select(Assignment).where(col(Assignment.occurrence_id) == row.id, col(Assignment.due_on) == row.due_on)
    for assignment in session.exec(mine):
        assignment.due_on = assignment.first_due_on = slot.due_on
        assignment.remind_from, assignment.late_after = slot.remind_from, slot.late_after
        assignment.next_on = slot.opens_on if assignment.next_on else None


def _link(
    session: Session, dues: list[Due], rows: Mapping[tuple[str, str, str], Occurrence], plan: PlanSpec, now: datetime
) -> None:
    """Say which periods are one piece of paper, and when each ladder ends: as the next period of its report opens."""

    def row(due: Due) -> Occurrence:
        return rows[due.process.key, due.asked_in, due.slot.period]

    pairs = {row(dues[index]).id: row(dues[other]) for index, other in joined(dues, plan).items()}
    _join(session, [row(due) for due in dues if due.kind is Kind.REPORT], pairs, now)
    following: dict[tuple[str, str], Occurrence] = {}
    for due in sorted(dues, key=lambda due: due.slot.due_on, reverse=True):
        here, lane = row(due), (due.process.key, due.asked_in)
        if due.process.condition != "dated" and lane in following:
            _set(here, "ladder_ends_on", following[lane].opens_on)
        following[lane] = here


def _join(
    session: Session, reports: Sequence[Occurrence], pairs: Mapping[int | None, Occurrence], now: datetime
) -> None:
    """Set whose paper answers each period (`pairs`: {id: the one that answers it}).

    What is already open was told so and stays on that paper, even when an edit turns the pair around: were each joined
    to the other, neither would be asked. A period that has lost its partner speaks for itself.
    """
    told = {row.id: row.joined_to for row in reports if row.stage != Stage.PLANNED}
    for row in reports:
        first = pairs.get(row.id)
        if row.stage == Stage.PLANNED:
            turned = first is not None and told.get(first.id) == row.id
            _set(row, "joined_to", first.id if first and not turned else None)
        elif row.joined_to and first is None and getattr(pairs.get(row.joined_to), "id", None) != row.id:
            speak_alone(session, row, now)


def speak_alone(session: Session, row: Occurrence, now: datetime) -> None:
    """The periods of `row` are on nobody else's paper any more: what was silent is asked from today on."""
    row.joined_to = None
    session.flush()
    session.execute(
        update(Assignment)
        .where(
            col(Assignment.occurrence_id) == row.id,
            col(Assignment.sends).is_(False),
            col(Assignment.covered_by).is_(None),
            col(Assignment.state).in_(names(OPEN)),
        )
        .values(sends=True, rungs_until=None, next_on=now.date())
        .execution_options(synchronize_session=False)
    )
    session.expire_all()


def _set(row: SQLModel, name: str, value: object) -> None:
    if getattr(row, name) != value:
        setattr(row, name, value)


# ------------------------------------------------------------------ rows


def _sync(
    session: Session,
    changes: Changes,
    table: type[SQLModel],
    rows: Mapping[Any, dict[str, Any]],
    *,
    keys: tuple[str, ...] = ("",),
    remove: bool = False,
    existing: Iterable[Any] | None = None,
) -> None:
    """Make the rows of `table` equal `rows` by key, touching only what differs."""
    names = keys if keys != ("",) else tuple(column.name for column in table.__table__.primary_key)  # type: ignore[attr-defined]
    found = session.exec(select(table)) if existing is None else existing
    present = {tuple(getattr(row, name) for name in names): row for row in found}
    label = str(table.__tablename__)
    for key, values in rows.items():
        whole = key if isinstance(key, tuple) else (key,)
        row = present.pop(whole, None)
        if row is None:
            session.add(table(**dict(zip(names, whole, strict=True)), **values))
            changes.note("added", label, " ".join(whole))
        elif any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                _set(row, name, value)
            changes.note("changed", label, " ".join(whole))
    if remove:
        for key, row in present.items():
            session.delete(row)
            changes.note("removed", label, " ".join(key))
