"""What a phrase means: `Context` in, `Reading` out, `PhraseError` when it cannot be read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, time
from functools import lru_cache

from calendars.rules import Occurrence, Rule
from calendars.working_days import WorkingDays

KINDS = (
    "fixed_due",
    "window",
    "open_start",
    "until",
    "continuous",
    "recurring",
    "event",
    "external_reference",
    "on_demand",
    "composite",
    "none",
)
READ_AS = ("continuous", "continuous_yearly", "yearly", "window", "each")


@lru_cache(maxsize=1)
def library_days() -> WorkingDays:
    """Working days by the `holidays` library alone; used when the caller hands in none."""
    return WorkingDays()


@dataclass(frozen=True)
class Context:
    """What the plan says around a phrase. `year` is the plan's year; `read_as` picks another documented reading."""

    issued_on: date | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    year: int | None = None
    before_is_strict: bool = True
    read_as: str | None = None
    working_days: WorkingDays | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.read_as is not None and self.read_as not in READ_AS:
            raise ValueError(f"read_as “{self.read_as}” không có; chỉ nhận: {', '.join(READ_AS)}")

    @property
    def plan_year(self) -> int | None:
        """The year that "Tháng 1,2" and "trong năm" belong to."""
        if self.year is not None:
            return self.year
        known = self.valid_from or self.issued_on
        return known.year if known else None

    @property
    def days(self) -> WorkingDays:
        return self.working_days or library_days()


@dataclass(frozen=True)
class Reading:
    """One phrase, read. `due` is the last valid day, inclusive; `rule` says when a recurring one falls due.

    `offset` days (working days when `offset_working`, months when `offset_unit` says so) count from the event `anchor`,
    negative before it. `cutoff` is a printed data cut-off as "dd/mm".
    """

    phrase: str
    kind: str
    start: date | None = None
    due: date | None = None
    due_time: time | None = None
    rule: Rule | None = None
    anchor: str | None = None
    parts: tuple[Reading, ...] = ()
    warnings: tuple[str, ...] = ()
    explanation: str = ""
    explanation_en: str = ""
    offset: int | None = None
    offset_unit: str = "day"  # day, workday, month, year
    period: str = ""  # unit of a dated window: month, quarter, half, nine, year …
    count: int = 1
    cutoff: str | None = None
    restated: str = ""
    days: WorkingDays | None = field(default=None, compare=False, repr=False)

    def dues(self, start: date, end: date) -> list[tuple[str, date]]:
        """(Vietnamese label, due day) of everything due in [start, end], in order; parts included."""
        if self.parts:
            found = {pair for part in self.parts for pair in part.dues(start, end)}
            return sorted(found, key=lambda pair: (pair[1], pair[0]))
        found_due = self.due is not None and start <= self.due <= end
        if self.rule is None:
            return [(dated_label(self), self.due)] if found_due and self.due else []
        return [(one.label, one.due) for one in self.occurrences(start, end)]

    def occurrences(self, start: date, end: date, days: WorkingDays | None = None) -> list[Occurrence]:
        """The rule's occurrences whose due day lies in [start, end]; [] without a rule."""
        if self.rule is None:
            return []
        return self.rule.occurrences(start, end, days or self.days or library_days())

    @property
    def meaning(self) -> object:
        """What a restatement must say again: days, hour and rule, of the reading and of its parts."""
        own = (self.start, self.due, self.due_time, self.rule)
        return (own, [part.meaning for part in self.parts]) if self.parts else own

    @property
    def restatable(self) -> bool:
        """Whether its words can be said again as dates: not free text, and not without a year."""
        if self.parts:
            return all(part.restatable for part in self.parts)
        return self.kind not in ("event", "external_reference", "on_demand") and bool(self.restated)

    def with_warning(self, *texts: str) -> Reading:
        fresh = tuple(t for t in texts if t not in self.warnings)
        return replace(self, warnings=self.warnings + fresh)


def dated_period(reading: Reading) -> tuple[str, str]:
    """(period id, Vietnamese label) of a dated reading: its year, half, quarter or month, else the due day."""
    from calendars.rules import month_index, period_name

    due = reading.due
    if due is None:
        return "", ""
    lengths = {"month": 1, "quarter": 3, "half": 6, "nine": 9, "year": 12}
    length = lengths.get(reading.period)
    if length and reading.count == 1 and reading.start is not None:
        period, label = period_name(month_index(reading.start), length)
        if period:
            return period, label
    return due.isoformat(), f"hạn {due:%d/%m/%Y}"


def dated_label(reading: Reading) -> str:
    """The Vietnamese label of a dated reading."""
    return dated_period(reading)[1]


class PhraseError(ValueError):
    """A phrase that cannot be read: the phrase, the column (1-based) where reading stopped, the nearest known forms."""

    def __init__(self, phrase: str, column: int, reason: str, nearest: tuple[str, ...] = ()) -> None:
        self.phrase, self.column, self.reason, self.nearest = phrase, column, reason, nearest
        shown = phrase if len(phrase) <= 80 else phrase[:77] + "…"
        cure = f" Dạng gần nhất đọc được: {'; '.join(f'“{n}”' for n in nearest)}." if nearest else ""
        super().__init__(f"Không đọc được thời hạn “{shown}” (cột {column}): {reason}.{cure}")
