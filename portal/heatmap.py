"""Units × tasks of a plan in one year: where each stands, as a letter in a coloured cell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from markupsafe import Markup
from sqlalchemy import and_, bindparam, func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from models.ledger import Assignment, Occurrence
from models.lifecycle import Kind, State
from models.plan import Party, Process
from models.units import Unit

from .questions import columns_of
from .words import N_, Translate

UNITS = 20  # on one page
TASKS = 60  # columns
OWED = (Kind.DATED.value, Kind.REPORT.value)

# letter: (how it is coloured, what it means), from what wants attention first to what does not
LETTERS: dict[str, tuple[str, str]] = {
    "Q": ("overdue", N_("quá hạn, chưa nộp")),
    "T": ("in_progress", N_("đang thực hiện")),
    "G": ("assigned", N_("đã giao, chưa bắt đầu")),
    "K": ("missed", N_("không báo cáo")),
    "M": ("undecided", N_("đã nộp, muộn")),
    "Đ": ("reported", N_("đã nộp, đúng hạn")),
    "D": ("withdrawn", N_("dừng thực hiện")),
}


CELL = Markup('<td class="{}" title="{}">{}</td>')
NONE = Markup('<td class="none">·</td>')

Counts = dict[str, int]  # of one unit's part of one task over the year: {letter: how many}


@dataclass(frozen=True)
class HeatMap:
    """A page of units. `cells` is {(unit, process): counts}; `after` the unit where the next page begins."""

    year: int
    processes: list[Process]
    units: list[Unit]
    cells: dict[tuple[str, str], Counts]
    after: str | None
    more_tasks: int

    def row(self, unit: Unit, say: Translate) -> Markup:
        """One unit's cells. A page has a thousand of them and few that differ, so each kind is written once."""
        found = (self.cells.get((unit.id, process.key)) for process in self.processes)
        return Markup("".join(_written(frozenset(counts.items()), say) if counts else NONE for counts in found))


@lru_cache(maxsize=4096)
def _written(counts: frozenset[tuple[str, int]], say: Translate) -> Markup:
    """A cell of the table, with what it counts."""
    of = dict(counts)
    told = "; ".join(f"{of[one]} {say(meaning)}" for one, (_, meaning) in LETTERS.items() if one in of)
    shown = letter(of)
    return CELL.format(LETTERS[shown][0], told, shown)


def letter(counts: Counts) -> str:
    """What of a cell wants attention most."""
    return next(one for one in LETTERS if one in counts)


def _letter_of(state: State, on_time: bool | None) -> str:
    """The letter of one assignment."""
    if state is State.REPORTED:
        return "M" if on_time is False else "Đ"
    return {State.OVERDUE: "Q", State.IN_PROGRESS: "T", State.ASSIGNED: "G", State.MISSED: "K"}.get(state, "D")


LETTER_OF = {(state.value, on_time): _letter_of(state, on_time) for state in State for on_time in (None, True, False)}


def heat_map(
    session: Session, plan_id: str, year: int, after: str | None, *, most: int = UNITS, most_tasks: int = TASKS
) -> HeatMap:
    """`most` units of a plan that owe something by themselves, after that unit, in three queries."""
    tasks = list(session.scalars(_TASKS, {"plan": plan_id}))
    shown = tasks[:most_tasks]
    units = _units(session, [process.key for process in tasks], after, most)
    page = units[:most]
    return HeatMap(
        year,
        shown,
        page,
        _cells(session, plan_id, year, [unit.id for unit in page]),
        page[-1].id if len(units) > most else None,
        len(tasks) - len(shown),
    )


_TASKS = (
    select_columns(columns_of(Process, "key", "plan_id", "code", "title", "confidential"))
    .where(
        col(Process.plan_id) == bindparam("plan"),
        col(Process.kind) != Kind.COVERED.value,
        col(Process.condition) != "covered",
        col(Process.removed_on).is_(None),
    )
    .order_by(col(Process.kind) != Kind.REPORT.value, col(Process.position), col(Process.key))
)


def _units(session: Session, keys: list[str], after: str | None, most: int) -> list[Unit]:
    begun = session.get(Unit, after) if after else None
    place = {"position": begun.position, "unit": begun.id} if begun else {}
    return list(session.scalars(_owing(most + 1, begun is not None), {"keys": keys} | place))


@lru_cache(maxsize=8)
def _owing(most: int, begun: bool) -> Any:
    """The units of `:keys` in the office's order; `begun`: after a place."""
    # Grouped, so that PostgreSQL finds the plan's units first and does not try every unit of the office.
    keys: Any = bindparam("keys", expanding=True)
    owing = select_columns(col(Party.unit_id)).where(col(Party.process_key).in_(keys)).group_by(col(Party.unit_id))
    query = select_columns(columns_of(Unit, "id", "name", "short")).where(col(Unit.id).in_(owing))
    if begun:
        position: Any = bindparam("position")
        later = and_(col(Unit.position) == position, col(Unit.id) > bindparam("unit"))
        query = query.where(or_(col(Unit.position) > position, later))
    return query.order_by(col(Unit.position), col(Unit.id)).limit(most)


def _cells(session: Session, plan_id: str, year: int, units: list[str]) -> dict[tuple[str, str], Counts]:
    found: dict[tuple[str, str], Counts] = {}
    counted = session.execute(
        _COUNTING, {"plan": plan_id, "first": date(year, 1, 1), "last": date(year, 12, 31), "units": units}
    )
    for unit_id, key, state, on_time, count in counted:
        counts = found.setdefault((unit_id, key), {})
        one = LETTER_OF[state, on_time]
        counts[one] = counts.get(one, 0) + count
    return found


_PARTS = (col(Assignment.unit_id), col(Occurrence.process_key), col(Assignment.state), col(Assignment.on_time))
_COUNTING = (
    select_columns(*_PARTS, func.count())
    .join(Occurrence, col(Occurrence.id) == Assignment.occurrence_id)
    .where(
        col(Occurrence.plan_id) == bindparam("plan"),
        col(Occurrence.due_on).between(bindparam("first"), bindparam("last")),
        col(Occurrence.kind).in_(OWED),
        col(Assignment.unit_id).in_(bindparam("units", expanding=True)),
    )
    .group_by(*_PARTS)
)
