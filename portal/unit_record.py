"""A unit over all plans: what it owes now, how it has reported over the years, its contacts, its calendar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import and_, bindparam, extract, func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from actions.joins import with_process
from calendars.spelling import fold
from calendars.working_days import WorkingDays
from documents.feed import feed
from models.accounts import LinkCutoff
from models.ledger import OWED_NOW, Assignment, Occurrence
from models.lifecycle import Kind, Stage, State, names
from models.plan import Party, Plan, Process
from models.specs import UnitsSpec
from models.units import ContactPoint, Unit

from .questions import columns_of, names_of, said

SHOWN = 100
PERIODS = 24
YEARS = 8
AHEAD = timedelta(days=400)
OWED = (Kind.DATED.value, Kind.REPORT.value)  # a line of a report owes nothing by itself
JUDGED = (State.REPORTED, State.MISSED, State.OVERDUE)

Part = tuple[Assignment, Occurrence, Process]


@dataclass
class Year:
    """How one year went: `late` was answered after its last day, `missed` never, `open` is still owed."""

    year: int
    on_time: int = 0
    late: int = 0
    missed: int = 0
    overdue: int = 0
    open: int = 0

    @property
    def total(self) -> int:
        """All that had its day this year, or will."""
        return self.on_time + self.late + self.missed + self.overdue + self.open

    @property
    def bars(self) -> list[tuple[str, int, float, float]]:
        """(class, count, from, width) of a bar as long as 600, for the drawing."""
        found, begin = [], 0.0
        for key, count in (("on-time", self.on_time), ("late", self.late), ("missed", self.missed + self.overdue),
                           ("open", self.open)):  # fmt: skip
            if count:
                width = 600 * count / self.total
                found.append((key, count, round(begin, 1), round(width, 1)))
                begin += width
        return found


@dataclass(frozen=True)
class UnitPage:
    """One unit. `plans` are those in which it owes something, by id."""

    unit: Unit
    parent: str | None
    successors: list[str]
    owed: list[Part]
    more_owed: bool
    years: list[Year]
    recent: list[tuple[Assignment, Occurrence, Process, int]]
    contacts: list[ContactPoint]
    plans: dict[str, Plan]
    cuts: dict[str, LinkCutoff] = field(default_factory=dict)


def find_units(session: Session, words: str, after: str | None, most: int) -> list[Unit]:
    """Units in their order after that one; `words` are looked for without diacritics."""
    query = select(Unit).order_by(col(Unit.position), col(Unit.id)).limit(most)
    if words:
        query = query.where(col(Unit.folded).contains(fold(words), autoescape=True))
    begun = session.get(Unit, after) if after else None
    if begun is not None:
        later = and_(col(Unit.position) == begun.position, col(Unit.id) > begun.id)
        query = query.where(or_(col(Unit.position) > begun.position, later))
    return list(session.exec(query))


def unit_page(session: Session, unit_id: str, today: date, days: WorkingDays) -> UnitPage | None:
    """One unit; None when there is no such unit."""
    unit = session.get(Unit, unit_id)
    if unit is None:
        return None
    owed = list(owed_now(session, unit_id, SHOWN + 1))
    named = [unit.parent_id, *(str(one.get("unit", "")) for one in unit.successors)]
    found = names_of(session, [one for one in named if one])
    return UnitPage(
        unit=unit,
        parent=found.get(unit.parent_id or ""),
        successors=[found[one] for one in named[1:] if one in found],
        owed=owed[:SHOWN],
        more_owed=len(owed) > SHOWN,
        years=_years(session, unit_id, today),
        recent=[(*part, days_late(part[0], today, days)) for part in recent(session, unit_id, PERIODS)],
        contacts=list(session.scalars(_CONTACTS, {"unit": unit_id})),
        plans=plans_of_unit(session, unit_id),
        cuts={cut.purpose: cut for cut in session.scalars(_CUTS, {"unit": unit_id})},
    )


UNIT: Any = bindparam("unit")
_CONTACTS = (
    select_columns(columns_of(ContactPoint, "role", "channel", "address"))
    .where(col(ContactPoint.unit_id) == UNIT)
    .order_by(col(ContactPoint.recipient))
)
_CUTS = select_columns(columns_of(LinkCutoff, "purpose", "since", "by")).where(col(LinkCutoff.unit_id) == UNIT)


def owed_now(session: Session, unit_id: str, most: int) -> Iterator[Any]:
    """What the unit still owes, over all plans, what fell due first before the rest; each a `Part`."""
    yield from session.execute(_owed_now(most), {"unit": unit_id})


@lru_cache(maxsize=8)
def _owed_now(most: int) -> Any:
    return _mine().where(said(OWED_NOW)).order_by(col(Assignment.late_after), col(Assignment.id)).limit(most)


def recent(session: Session, unit_id: str, most: int) -> Iterator[Any]:
    """What has been answered, missed, or is overdue, each a `Part`; the newest first."""
    yield from session.execute(_recent(most), {"unit": unit_id})


@lru_cache(maxsize=8)
def _recent(most: int) -> Any:
    query = _mine().where(col(Assignment.state).in_(names(JUDGED)))
    return query.order_by(col(Assignment.due_on).desc(), col(Assignment.id).desc()).limit(most)


def _mine() -> Any:
    shown = select_columns(
        columns_of(Assignment, "id", "kind", "state", "due_on", "late_after", "remind_from", "on_time", "received_on"),
        columns_of(Occurrence, "kind", "period", "label", "cutoff_on", "provisional"),
        columns_of(Process, "plan_id", "item_id", "code", "title", "phrase", "phrase_source", "explanation",
                   "confidential"),
    )  # fmt: skip
    query = with_process(shown.select_from(Assignment))
    return query.where(col(Assignment.unit_id) == UNIT, col(Assignment.kind).in_(OWED))


def days_late(assignment: Assignment, today: date, days: WorkingDays) -> int:
    """Working days after the last day that was on time."""
    if assignment.state == State.OVERDUE:
        return days.count(assignment.late_after, today)
    if assignment.on_time is False and assignment.received_on:
        return max(days.count(assignment.late_after, assignment.received_on), 0)
    return 0


def _years(session: Session, unit_id: str, today: date) -> list[Year]:
    counted = session.execute(_BY_YEAR, {"unit": unit_id, "since": date(today.year - YEARS + 1, 1, 1)})
    found: dict[int, Year] = {}
    for at, state, on_time, count in counted:
        row = found.setdefault(int(at), Year(int(at)))
        if state == State.REPORTED:
            if on_time is False:
                row.late += count
            else:
                row.on_time += count
        elif state == State.MISSED:
            row.missed += count
        elif state == State.OVERDUE:
            row.overdue += count
        elif state != State.WITHDRAWN:
            row.open += count
    return [found[one] for one in sorted(found, reverse=True) if found[one].total]


_YEAR: Any = extract("year", col(Assignment.due_on))
_BY_YEAR = (
    select_columns(_YEAR, col(Assignment.state), col(Assignment.on_time), func.count())
    .where(
        col(Assignment.unit_id) == UNIT,
        col(Assignment.kind).in_(OWED),
        col(Assignment.due_on) >= bindparam("since"),
    )
    .group_by(_YEAR, col(Assignment.state), col(Assignment.on_time))
)


def plans_of_unit(session: Session, unit_id: str) -> dict[str, Plan]:
    """{id: plan, its number} of the plans in which the unit owes something."""
    return {plan.id: plan for plan in session.scalars(_PLANS, {"unit": unit_id})}


_OWING = (
    select_columns(col(Process.plan_id))
    .join(Party, col(Party.process_key) == Process.key)
    .where(col(Party.unit_id) == UNIT, col(Process.removed_on).is_(None))
)
_PLANS = select_columns(columns_of(Plan, "id", "number")).where(col(Plan.id).in_(_OWING)).order_by(col(Plan.id))


# ------------------------------------------------------------------ its calendar


def calendar_of(session: Session, unit_id: str, today: date, units: UnitsSpec) -> bytes:
    """What the unit still owes and what will be asked of it, as a calendar; what has been answered is not in it."""
    unit = session.get_one(Unit, unit_id)
    rows = [
        _row(process, occurrence, assignment) for assignment, occurrence, process in owed_now(session, unit_id, 500)
    ]
    rows += [_row(process, occurrence) for occurrence, process in _planned(session, unit_id, today)]
    plans = {
        plan.id: plan for plan in session.exec(select(Plan).where(col(Plan.id).in_({row["plan"] for row in rows})))
    }
    return feed(rows, plans, units, name=f"Đôn đốc: {unit.short}")


def _planned(session: Session, unit_id: str, today: date) -> Sequence[tuple[Occurrence, Process]]:
    asked = and_(
        col(Party.process_key) == Occurrence.process_key,
        col(Party.asked_in) == Occurrence.asked_in,
        col(Party.unit_id) == unit_id,
        col(Party.done).is_(False),
    )
    return session.exec(
        select(Occurrence, Process)
        .join(Party, asked)
        .join(Process, col(Process.key) == Occurrence.process_key)
        .where(
            Occurrence.stage == Stage.PLANNED.value,
            col(Occurrence.kind).in_(OWED),
            col(Occurrence.due_on) <= today + AHEAD,
            col(Occurrence.joined_to).is_(None),
        )
        .order_by(col(Occurrence.due_on), col(Occurrence.id))
        .limit(500)
    ).all()


def _row(process: Process, occurrence: Occurrence, assignment: Assignment | None = None) -> dict[str, Any]:
    days = assignment or occurrence
    return {
        "plan": process.plan_id,
        "kind": occurrence.kind,
        "task": process.item_id,
        "code": process.code,
        "title": process.title,
        "period": occurrence.period,
        "label": occurrence.label,
        "phrase": process.phrase,
        "source": process.phrase_source or process.explanation,
        "due_on": days.due_on,
        "remind_from": days.remind_from,
        "late_after": days.late_after,
        "cutoff_on": occurrence.cutoff_on,
        "provisional": occurrence.provisional,
        "confidential": process.confidential,
        "units": [],
    }


def feed_moment(cut: LinkCutoff | None, otherwise: Any) -> Any:
    """When the unit's feed address is signed: the same address each time it is shown, another after it was cut off."""
    return cut.since + timedelta(milliseconds=2) if cut else otherwise
