"""A plan's year as one picture: each task and report a row, its periods bars, its days marks. The template draws the
rest; a mark is drawn here, once for all who look at it that day."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from markupsafe import Markup

from models.ledger import Occurrence
from models.lifecycle import Stage
from models.plan import Process

from .words import N_, short_date, translator

WIDTH, LEFT, HEAD, ROW = 1000, 300, 26, 22  # of the drawing, in its own units
PLOT = WIDTH - LEFT - 46  # room for the last day's figure
DAY_ROOM = 40  # a day's figure needs this much before the next mark

# How a mark is drawn and what it means; a sign for those who see no colour.
MARKS = {
    "done": N_("đã xong"),
    "late": N_("quá hạn, còn đơn vị chưa nộp"),
    "open": N_("đang mở"),
    "planned": N_("chưa đến kỳ"),
    "undecided": N_("chờ quyết định"),
    "void": N_("không theo dõi"),
}
SIGNS = {"done": "✓", "late": "!", "open": "◆", "planned": "◇", "undecided": "?", "void": "–"}


@dataclass(frozen=True)
class Mark:
    """One period of a process: from `bar` to `x` it is open, at `x` it falls due; `cut` is the cut-off of its data."""

    occurrence: Occurrence
    key: str
    x: float
    bar: float
    cut: float | None
    day: str

    def drawn(self, language: str) -> Markup:
        """Bar, cut-off, sign and day, as high as a row; said in words to those who point at it."""
        label, due = self.occurrence.label, self.occurrence.due_on
        return _drawn(self.key, self.x, self.bar, self.cut, self.day, label, due, language)


PERIOD = Markup('<g class="{}"><title>{}: {} {}, {}</title>{}{}{}{}</g>')
SPAN = Markup('<rect class="span" x="{}" y="8" width="{}" height="6" rx="3"/>')
CUT = Markup('<line class="cut" x1="{0}" y1="4" x2="{0}" y2="18"/>')
DUE = Markup('<circle class="due" cx="{0}" cy="11" r="7.5"/><text class="sign" x="{0}" y="14.5">{1}</text>')
DAY = Markup('<text class="dayfigure" x="{}" y="15">{}</text>')
NOTHING = Markup("")


@lru_cache(maxsize=8192)
def _drawn(key: str, x: float, bar: float, cut: float | None, day: str, label: str, due: date, language: str) -> Markup:
    say = translator(language)
    width = round(x - bar, 1)
    return PERIOD.format(
        key, label, say(N_("hạn")), short_date(due, language), say(MARKS[key]),
        SPAN.format(bar, width) if width > 0 else NOTHING,
        CUT.format(cut) if cut is not None else NOTHING,
        DUE.format(x, SIGNS[key]),
        DAY.format(x + 10, day) if day else NOTHING,
    )  # fmt: skip


@dataclass
class Line:
    """One task or report."""

    process: Process
    y: int
    marks: list[Mark] = field(default_factory=list)


@dataclass(frozen=True)
class Timeline:
    """One year of a plan. `years` are those in which something falls due."""

    year: int
    years: Sequence[int]
    months: list[tuple[int, float]]
    lines: list[Line]
    today: float | None
    height: int

    @property
    def keys(self) -> list[str]:
        """The kinds of marks there are, for the legend."""
        there = {mark.key for line in self.lines for mark in line.marks}
        return [key for key in SIGNS if key in there]

    @property
    def cuts(self) -> bool:
        """Whether any data is cut off at a day of its own."""
        return any(mark.cut is not None for line in self.lines for mark in line.marks)

    @staticmethod
    def sign(key: str) -> str:
        """The sign of a kind of mark."""
        return SIGNS[key]

    @property
    def marks(self) -> list[tuple[Process, Mark]]:
        """Every mark by its day: the same picture as a table."""
        found = [(line.process, mark) for line in self.lines for mark in line.marks]
        return sorted(found, key=lambda one: (one[1].occurrence.due_on, one[0].position))


def draw(
    processes: Iterable[Process], occurrences: Iterable[Occurrence], year: int, years: Sequence[int], today: date
) -> Timeline:
    """The year of these occurrences; lines of a report are in its own row, so they are not given here."""
    lines: dict[str, Line] = {}
    places: dict[str, list[Occurrence]] = {}
    for occurrence in occurrences:
        places.setdefault(occurrence.process_key, []).append(occurrence)
    for process in processes:
        if found := places.get(process.key):
            line = lines[process.key] = Line(process, HEAD + ROW * len(lines))
            line.marks = _marks(sorted(found, key=lambda one: one.due_on), year, today)
    months = [(month, _x(date(year, month, 1), year)) for month in range(1, 13)]
    here = _x(today, year) if today.year == year else None
    return Timeline(year, years, months, list(lines.values()), here, HEAD + ROW * len(lines) + 6)


def _marks(occurrences: Sequence[Occurrence], year: int, today: date) -> list[Mark]:
    places = [_x(one.due_on, year) for one in occurrences]
    return [
        Mark(
            occurrence=one,
            key=key_of(one, today),
            x=x,
            bar=_x(one.opens_on, year),
            cut=_x(one.cutoff_on, year) if one.cutoff_on and one.cutoff_on.year == year else None,
            day=f"{one.due_on:%d/%m}" if place + 1 == len(places) or places[place + 1] - x > DAY_ROOM else "",
        )
        for place, (one, x) in enumerate(zip(occurrences, places, strict=True))
    ]


def key_of(occurrence: Occurrence, today: date) -> str:
    """How a period stands, as its days and its stage say: one that is open past its last day still misses somebody."""
    if occurrence.stage == Stage.OPEN:
        return "late" if occurrence.late_after < today else "open"
    named = {Stage.CLOSED: "done", Stage.PLANNED: "planned", Stage.UNDECIDED: "undecided"}
    return named.get(Stage(occurrence.stage), "void")


@lru_cache(maxsize=8192)
def _x(day: date, year: int) -> float:
    """Where a day stands; days of other years stand at the edge."""
    if day.year != year:
        return float(LEFT if day.year < year else LEFT + PLOT)
    share = (day.day - 1) / monthrange(year, day.month)[1]
    return round(LEFT + PLOT * (day.month - 1 + share) / 12, 1)
