"""An independent, slow oracle: it walks the calendar one day at a time and never calls the code under test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import cache

import holidays

DAY = timedelta(days=1)
SWAPPED_OFF = {date(2026, 1, 2)}
SWAPPED_WORK = {date(2026, 1, 10)}


@cache
def library(year: int) -> holidays.HolidayBase:
    return holidays.country_holidays("VN", years=year)


@cache
def worked(day: date) -> bool:
    """Is this a working day? Weekends, the library's days, and the two swapped days of January 2026."""
    if day in SWAPPED_WORK:
        return True
    if day in SWAPPED_OFF:
        return False
    table = library(day.year)
    if day.weekday() >= 5:
        return day in table.weekend_workdays
    return day not in table


def days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += DAY


def is_last_of_month(day: date) -> bool:
    return (day + DAY).month != day.month


def on_day(day: date, wanted: int) -> bool:
    """Is `day` the day `wanted` of its month, or the month's last when the month is shorter?"""
    return day.day == wanted or (is_last_of_month(day) and day.day < wanted)


def working_rank(day: date) -> int:
    """1 for the first working day of its month, 2 for the second …; 0 for a day off."""
    if not worked(day):
        return 0
    return sum(1 for d in days(day.replace(day=1), day) if worked(d))


def is_last_working(day: date) -> bool:
    if not worked(day):
        return False
    later = day + DAY
    while later.month == day.month:
        if worked(later):
            return False
        later += DAY
    return True


def due_days(predicate: Callable[[date], bool], first: date, last: date) -> list[date]:
    return [day for day in days(first, last) if predicate(day)]


def walk_working(day: date, n: int) -> date:
    """The n-th working day after (before) `day`, one step at a time."""
    step = DAY if n > 0 else -DAY
    left = abs(n)
    while left:
        day += step
        if worked(day):
            left -= 1
    return day


def first_of_period(day: date, step: int, phase: int) -> bool:
    """Does a period of `step` months begin on this day?"""
    return day.day == 1 and ((day.year * 12 + day.month - 1) - phase) % step == 0


def month_after(first: date, months: int) -> date:
    """The first day of the month `months` after (before) the month of `first`, walking days."""
    day, left = first.replace(day=1), abs(months)
    while left:
        day = (day + timedelta(days=32)).replace(day=1) if months > 0 else (day - DAY).replace(day=1)
        left -= 1
    return day


def day_of_month(first: date, wanted: int) -> date:
    """Day `wanted` of the month of `first`, negative from its end, clipped to the month, walking days."""
    month = [d for d in days(first.replace(day=1), first.replace(day=1) + timedelta(days=31)) if d.month == first.month]
    if wanted > 0:
        return month[min(wanted, len(month)) - 1]
    return month[max(len(month) + wanted, 0)]


def nth_worked(first: date, wanted: int) -> date:
    month = [
        d
        for d in days(first.replace(day=1), first.replace(day=1) + timedelta(days=31))
        if d.month == first.month and worked(d)
    ]
    if wanted > 0:
        return month[min(wanted, len(month)) - 1]
    return month[max(len(month) + wanted, 0)]
