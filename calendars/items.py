"""The meaning of one run of time words as frozen items: when, how often, within, markers; and what spans can do."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import time
from typing import Any


class ImpossibleDate(ValueError):
    """A number that no calendar has: day 32, month 13, quarter 5. `args[0]` is a Vietnamese clause."""


@dataclass(frozen=True)
class Mark:
    """A day that may lack its year, or its month; `day` negative counts from the month's end."""

    year: int | None
    month: int
    day: int


@dataclass(frozen=True)
class Span:
    """A stretch of the calendar. `count` units of `unit`; `edge` of it when only đầu/giữa/cuối is meant."""

    unit: str  # day, month, quarter, half, nine, year, week, school, term, stage, plan_year, plan
    first: Mark
    last: Mark
    count: int = 1
    edge: str = ""
    working: int = 0  # n-th working day of the month of `last`
    year_shift: int = 0

    @property
    def has_year(self) -> bool:
        return self.last.year is not None


@dataclass(frozen=True)
class Place:
    """A day inside a period that is named by its kind only: "ngày 25 tháng cuối của quý"."""

    day: int
    month: int = 0  # 0-based month of the period, negative from its end
    period: str = ""  # month, quarter, half, year, period, "" (to be said by the frequency)
    following: bool = False  # lies in the period after
    working: bool = False
    open_day: int | None = None
    edge: str = ""


@dataclass(frozen=True)
class When:
    """A bound (before, by, until, in, from, after or none), a clock time, and where it falls."""

    bound: str | None
    clock: time | None
    spans: tuple[Span | Place, ...]


@dataclass(frozen=True)
class Freq:
    """Every `every` units, `times` times in them."""

    unit: str
    every: int = 1
    times: int = 1


@dataclass(frozen=True)
class Label:
    """A bare period noun: "6 tháng", "quý", "năm"."""

    unit: str


@dataclass(frozen=True)
class Within:
    """`n` days (working days, weeks, months, years) after (+1) or before (-1) an anchor; the anchor may be unsaid."""

    n: int
    unit: str
    sign: int
    anchor: Span | str | EndOf | None
    bound: str | None


@dataclass(frozen=True)
class EndOf:
    """The end of every period of a kind, and an offset from it."""

    unit: str
    bound: str | None = None
    n: int = 0
    working: bool = False


@dataclass(frozen=True)
class Weekday:
    """A weekday (0 = Monday)."""

    day: int
    bound: str | None
    clock: time | None


@dataclass(frozen=True)
class Marker:
    """A word with a meaning of its own: CONT, FREE, ONDEMAND, TU_NAY, DINH_KY …"""

    type: str
    text: str
    value: Any = None


@dataclass(frozen=True)
class Separator:
    """Punctuation or a conjunction between items."""

    type: str


@dataclass(frozen=True)
class Outlook:
    """ "định hướng đến năm 2030": an aim beyond the time frame, never a deadline."""

    span: Span


Item = When | Freq | Label | Within | EndOf | Weekday | Marker | Separator | Outlook
LENGTH = {"month": 1, "quarter": 3, "half": 6, "nine": 9, "year": 12, "stage": 12}


def whole_month(year: int | None, month: int) -> Span:
    return Span("month", Mark(year, month, 1), Mark(year, month, -1))


def months_span(unit: str, year: int | None, first: int, last: int, count: int = 1) -> Span:
    return Span(unit, Mark(year, first, 1), Mark(year, last, -1), count)


def with_year(span: Span, year: int | None) -> Span:
    """The span with its missing years filled; a range that would run backwards begins the year before."""
    if year is None:
        return span
    last = span.last if span.last.year is not None else replace(span.last, year=year)
    first = span.first
    if first.year is None and last.year is not None:
        backwards = (first.month, abs(first.day)) > (last.month, abs(last.day) if last.day > 0 else 32)
        first = replace(first, year=last.year - 1 if backwards else last.year)
    return replace(span, first=first, last=last)


def grouped(spans: list[Span], steps: list[str]) -> tuple[Span, ...]:
    """Join units that follow one another ("quý II, III") or are joined by a dash into one window; keep others apart."""
    out = [spans[0]]
    for step, span in zip(steps, spans[1:], strict=True):
        before = out[-1]
        if step == "SPAN" or (span.unit in LENGTH and _follows(before, span)):
            first = before.first
            if first.year is None and span.last.year is not None:
                first = with_year(before, span.last.year).first
                if first.year is not None and (first.year, first.month) > (span.last.year, span.last.month):
                    first = replace(first, year=span.last.year - 1)
            out[-1] = Span(span.unit, first, span.last, before.count + span.count)
        else:
            out.append(span)
    return tuple(out)


def _follows(before: Span, after: Span) -> bool:
    if (before.last.year is None) != (after.first.year is None):
        return False
    years = ((after.first.year or 0) - (before.last.year or 0)) * 12
    return years + after.first.month - before.last.month == 1


def spread_years(spans: list[Span], year: int | None, steps: list[str]) -> list[Span]:
    """A year printed once at the end of a list is the whole list's; "Tháng 11 - 2/2025" begins the year before."""
    if year is not None and any(s.has_year for s in spans):
        raise ImpossibleDate("năm in hai lần")
    known = year
    out: list[Span] = []
    for span in reversed(spans):
        if span.has_year:
            known = span.last.year if year is None else known
            out.append(span)
        else:
            later = out[-1] if out else None
            at = len(spans) - len(out) - 1
            wraps = later is not None and steps[at] == "SPAN" and span.first.month > later.first.month
            out.append(with_year(span, known - 1 if wraps and known is not None else known))
    return out[::-1]


def each_unit(spans: tuple[Span, ...]) -> Iterator[Span]:
    """The single months, quarters or years of grouped spans."""
    for span in spans:
        length = LENGTH.get(span.unit)
        if span.count == 1 or length is None:
            yield span
            continue
        year = span.first.year if span.first.year is not None else span.last.year
        for number in range(span.count if span.first.day == 1 else 1):
            years, month = divmod(span.first.month - 1 + number * length, 12)
            of = None if year is None else year + years
            yield Span(
                span.unit,
                Mark(of, month + 1, 1),
                Mark(of, month + length if length < 12 else 12, -1),
                year_shift=span.year_shift,
            )


def check_day(day: int, month: int | None, year: int | None) -> None:
    """Refuse days and months that no calendar has."""
    if month is not None and not 1 <= month <= 12:
        raise ImpossibleDate(f"tháng {month} không có")
    longest = 31 if month is None else monthrange(year or 2024, month)[1]
    if not 1 <= day <= longest:
        where = "" if month is None else f"/{month:02d}" + (f"/{year}" if year else "")
        raise ImpossibleDate(f"ngày {day:02d}{where} không có trong lịch")
