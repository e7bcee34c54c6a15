"""Recurrence rules as frozen data, and their occurrences.

Every occurrence is computed from its period's own number (k x step + phase), never from the previous date: a rule
on the 31st is back on the 31st in March, one on 29 February is back on the 29th in a leap year, and a count is
counted from the rule's first day whatever window is looked at.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from calendars.working_days import FIRST_YEAR, LAST_YEAR, WorkingDays

ROMAN = ("I", "II", "III", "IV")
EARLIEST, LATEST = date(FIRST_YEAR + 1, 1, 1), date(LAST_YEAR - 2, 12, 31)
LAST = -1


class Occurrence(NamedTuple):
    """One period of a rule: its id and Vietnamese label, first and last day, opening of its window, due day."""

    period: str
    label: str
    start: date
    end: date
    opens: date | None
    due: date


def month_index(day: date) -> int:
    """Months since year 0; the number every period is computed from."""
    return day.year * 12 + day.month - 1


def day_in_month(index: int, day: int) -> date:
    """Day `day` of the month `index`; negative counts from the end; a day the month lacks is its last one."""
    year, month = divmod(index, 12)
    length = monthrange(year, month + 1)[1]
    number = min(day, length) if day > 0 else max(length + 1 + day, 1)
    return date(year, month + 1, number)


def period_name(index: int, months: int) -> tuple[str, str]:
    """(id, Vietnamese label) of the period of `months` months from month `index`; ("", label) if it has no id."""
    year, month = divmod(index, 12)
    last_year, last_month = divmod(index + months - 1, 12)
    if months == 12 and month == 0:
        return f"{year}", f"năm {year}"
    if months == 6 and month in (0, 6):
        return f"{year}-H{month // 6 + 1}", f"6 tháng {'cuối' if month else 'đầu'} năm {year}"
    if months == 9 and month == 0:
        return f"{year}-9M", f"9 tháng năm {year}"
    if months == 3 and month % 3 == 0:
        return f"{year}-Q{month // 3 + 1}", f"quý {ROMAN[month // 3]}/{year}"
    if months == 1:
        return f"{year}-{month + 1:02d}", f"tháng {month + 1}/{year}"
    if month == 0 and months % 12 == 0:
        return "", f"năm {year}-{last_year}"
    if month == 8 and months == 9:
        return "", f"năm học {year}-{last_year}"
    if year == last_year:
        return "", f"tháng {month + 1}-{last_month + 1}/{year}"
    return "", f"tháng {month + 1}/{year}-{last_month + 1}/{last_year}"


@dataclass(frozen=True)
class Monthly:
    """A due day in every period of `span` months, one period each `step` months (months counted from year 0).

    `due_month` is counted from the period's first month (0-based, may lie beyond the period); `due_day` in that month,
    negative from its end, in working days when `working`. `shift` days (working days when `shift_working`) are added
    after. `open_month`/`open_day` give the first day of a printed window. `between`: an unlabelled yearly date, whose
    period runs from the day after the previous due day ("Định kỳ trước ngày 15/12 hàng năm"). `by_due`: one of
    several unlabelled dates in a year, so the due day is the period's id. `term`: the school term (1, 2) that names
    the period.
    """

    step: int
    phase: int
    span: int
    due_month: int
    due_day: int
    working: bool = False
    shift: int = 0
    shift_working: bool = False
    open_month: int | None = None
    open_day: int = 1
    between: bool = False
    by_due: bool = False
    term: int = 0

    def around(self, first: date, last: date, days: WorkingDays) -> Iterator[Occurrence]:
        """Occurrences whose due day lies in [first, last]."""
        slack = 2 + abs(self.shift) // (20 if self.shift_working else 28)
        low = -((self.due_month + self.phase - month_index(first) + slack) // self.step)
        high = (month_index(last) + slack - self.due_month - self.phase) // self.step
        for number in range(low, high + 1):
            due = self.due(number, days)
            if first <= due <= last:
                yield self.occurrence(number, due, days)

    def due(self, number: int, days: WorkingDays) -> date:
        """Due day of the period `number`."""
        index = number * self.step + self.phase + self.due_month
        if self.working:
            due = days.nth_of_month(index // 12, index % 12 + 1, self.due_day)
        else:
            due = day_in_month(index, self.due_day)
        if self.shift_working:
            return days.shift(due, self.shift)
        return due + timedelta(days=self.shift)

    def occurrence(self, number: int, due: date, days: WorkingDays) -> Occurrence:
        """The period `number` with its names and bounds."""
        index = number * self.step + self.phase
        period, label = period_name(index, self.span)
        start, end = day_in_month(index, 1), day_in_month(index + self.span - 1, LAST)
        opens = None if self.open_month is None else day_in_month(index + self.open_month, self.open_day)
        if self.between:
            start, end = self.due(number - 1, days) + timedelta(days=1), due
        if self.term:
            year = index // 12 - (self.term - 1)
            period, label = "", f"học kỳ {ROMAN[self.term - 1]} năm học {year}-{year + 1}"
        if self.by_due:
            period, label = "", f"kỳ đến {due:%d/%m/%Y}"
        return Occurrence(period or due.isoformat(), label, start, end, opens, due)


@dataclass(frozen=True)
class Weekly:
    """Due every `step` weeks on `weekday` (0 = Monday); weeks are counted from Monday 03/01/0001's own number."""

    weekday: int
    step: int = 1
    phase: int = 0

    def around(self, first: date, last: date, days: WorkingDays) -> Iterator[Occurrence]:
        """Occurrences whose due day lies in [first, last]."""
        week = (first.toordinal() - 1) // 7
        for number in range(week, (last.toordinal() - 1) // 7 + 1):
            due = date.fromordinal(number * 7 + 1 + self.weekday)
            if number % self.step == self.phase and first <= due <= last:
                monday = due - timedelta(days=self.weekday)
                sunday = monday + timedelta(days=6)
                label = f"tuần từ {monday:%d/%m} đến {sunday:%d/%m/%Y}"
                yield Occurrence(due.isoformat(), label, monday, sunday, None, due)


@dataclass(frozen=True)
class Daily:
    """Due every day (`working`: every working day)."""

    working: bool = False

    def around(self, first: date, last: date, days: WorkingDays) -> Iterator[Occurrence]:
        """Occurrences whose due day lies in [first, last]."""
        for ordinal in range(first.toordinal(), last.toordinal() + 1):
            day = date.fromordinal(ordinal)
            if not self.working or days.is_working_day(day):
                yield Occurrence(day.isoformat(), f"ngày {day:%d/%m/%Y}", day, day, None, day)


Entry = Monthly | Weekly | Daily


@dataclass(frozen=True)
class Rule:
    """One or several entries, bounded by `first` and `last` due days; `count` occurrences are counted from `first`."""

    entries: tuple[Entry, ...]
    first: date | None = None
    last: date | None = None
    count: int | None = None

    def __post_init__(self) -> None:
        if self.count is not None and self.first is None:
            raise ValueError("một quy tắc có số lần phải có ngày bắt đầu")

    def occurrences(self, start: date, end: date, days: WorkingDays) -> list[Occurrence]:
        """Occurrences whose due day lies in [start, end], in order of due day."""
        counted_from = self.first if self.count is not None and self.first else start
        low = max(d for d in (counted_from, self.first, EARLIEST) if d is not None)
        high = min(d for d in (end, self.last, LATEST) if d is not None)
        if low > high:
            return []
        found = [one for entry in self.entries for one in entry.around(low, high, days)]
        if len(self.entries) > 1 or self.count is not None:
            found.sort(key=lambda one: (one.due, one.end))
        if self.count is not None:
            found = [one for one in found[: self.count] if one.due >= start]
        return found


def monthly(day: int = LAST, *, month: int = 0) -> Monthly:
    """Every month on `day`; `month=1` puts the day in the month after the period."""
    return Monthly(1, 0, 1, month, day)


def quarterly(day: int = LAST, *, month: int = 2) -> Monthly:
    """Every quarter, on `day` of its month number `month` (0-based)."""
    return Monthly(3, 0, 3, month, day)


def half_yearly(day: int = LAST, *, month: int = 5) -> Monthly:
    """Every half year, on `day` of its month number `month` (0-based)."""
    return Monthly(6, 0, 6, month, day)


def yearly(day: int = LAST, month: int = 12, *, between: bool = False) -> Monthly:
    """Every calendar year on `day` of `month` (1-12; beyond 12 lies in the next year)."""
    return Monthly(12, 0, 12, month - 1, day, between=between)
