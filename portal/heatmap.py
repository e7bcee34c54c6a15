"""Units × tasks of a plan in one year: where each stands, as a letter in a coloured cell."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from markupsafe import Markup
from sqlalchemy import and_, func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from models.ledger import Assignment, Occurrence
from models.lifecycle import Kind, State
from models.plan import Party, Process
from models.units import Unit

from .questions import columns_of
from .words import N_, Translate

UNITS = 25  # on one page
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


@dataclass(frozen=True)
class Cell:
    """One unit's part of one task over the year: `letter` is what wants attention most, `counts` all of it."""

    letter: str
    counts: dict[str, int]

    @property
    def key(self) -> str:
        """Its colour."""
        return LETTERS[self.letter][0]


CELL = Markup('<td class="{}" title="{}">{}</td>')
NONE = Markup('<td class="none">·</td>')


@dataclass(frozen=True)
class HeatMap:
    """A page of units. `cells` is {(unit, process): cell}; `after` the unit where the next page begins."""

    year: int
    processes: list[Process]
    units: list[Unit]
    cells: dict[tuple[str, str], Cell]
    after: str | None
    more_tasks: int

    def row(self, unit: Unit, say: Translate) -> Markup:
        """One unit's cells. A page has a thousand of them and few that differ, so each kind is written once."""
        found = (self.cells.get((unit.id, process.key)) for process in self.processes)
        return Markup("").join(
            _written(cell.letter, tuple(cell.counts.items()), say) if cell else NONE for cell in found
        )


@lru_cache(maxsize=4096)
def _written(letter: str, counts: tuple[tuple[str, int], ...], say: Translate) -> Markup:
    """A cell of the table, with what it counts."""
    told = "; ".join(f"{count} {say(LETTERS[one][1])}" for one, count in counts)
    return CELL.format(LETTERS[letter][0], told, letter)


def letter_of(state: State, on_time: bool | None) -> str:
    """The letter of one assignment."""
    if state is State.REPORTED:
        return "M" if on_time is False else "Đ"
    return {State.OVERDUE: "Q", State.IN_PROGRESS: "T", State.ASSIGNED: "G", State.MISSED: "K"}.get(state, "D")


def heat_map(
    session: Session, plan_id: str, year: int, after: str | None, *, most: int = UNITS, most_tasks: int = TASKS
) -> HeatMap:
    """`most` units of a plan that owe something by themselves, after that unit, in four queries."""
    tasks = list(
        session.exec(
            select(Process)
            .where(Process.plan_id == plan_id, Process.kind != Kind.COVERED.value, Process.condition != "covered")
            .where(col(Process.removed_on).is_(None))
            .order_by(col(Process.kind) != Kind.REPORT.value, col(Process.position), col(Process.key))
        )
    )
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


def _units(session: Session, keys: list[str], after: str | None, most: int) -> list[Unit]:
    # Grouped, so that PostgreSQL finds the plan's units first and does not try every unit of the office.
    owing = select(Party.unit_id).where(col(Party.process_key).in_(keys)).group_by(col(Party.unit_id))
    query = select_columns(columns_of(Unit, "id", "name", "short")).where(col(Unit.id).in_(owing))
    query = query.order_by(col(Unit.position), col(Unit.id)).limit(most + 1)
    begun = session.get(Unit, after) if after else None
    if begun is not None:
        later = and_(col(Unit.position) == begun.position, col(Unit.id) > begun.id)
        query = query.where(or_(col(Unit.position) > begun.position, later))
    return list(session.scalars(query))


def _cells(session: Session, plan_id: str, year: int, units: list[str]) -> dict[tuple[str, str], Cell]:
    found: dict[tuple[str, str], Counter[str]] = {}
    counted = session.exec(
        select(Assignment.unit_id, Occurrence.process_key, Assignment.state, Assignment.on_time, func.count())  # type: ignore[call-overload]
        .join(Occurrence, col(Occurrence.id) == Assignment.occurrence_id)
        .where(
            Occurrence.plan_id == plan_id,
            col(Occurrence.due_on) >= date(year, 1, 1),
            col(Occurrence.due_on) <= date(year, 12, 31),
            col(Assignment.kind).in_(OWED),
            col(Assignment.unit_id).in_(units),
        )
        .group_by(Assignment.unit_id, Occurrence.process_key, Assignment.state, Assignment.on_time)
    )
    for unit_id, key, state, on_time, count in counted:
        found.setdefault((unit_id, key), Counter())[letter_of(State(state), on_time)] += count
    return {
        place: Cell(next(letter for letter in LETTERS if counts[letter]), dict(counts))
        for place, counts in found.items()
    }
