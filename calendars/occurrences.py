"""Readings and config -> slots: one reporting period with its opening, cut-off, due, reminding and lateness days."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from calendars.named import BUILT_IN, ND_09_2019, NamedCalendar, decree_cutoff
from calendars.reading import Reading, dated_period
from calendars.recurring import shifted
from calendars.rules import LAST, Occurrence, Rule, day_in_month, month_index, yearly
from calendars.working_days import WorkingDays

DEFAULT_OPENING = 20  # working days before the due day (docs/why.md)
WIDEST = 400  # days; how far before and after a window another report may pull a due day
_OFFSET = re.compile(
    r"^(\d{1,3})\s+(working days?|days?|weeks?|months?)\s+(before|after)(?:\s+(\S.*))?$", re.IGNORECASE
)
_DAY_MONTH = re.compile(r"^(\d{1,2})/(\d{1,2})$")
_FULL = re.compile(r"^(?:(\d{4})-(\d{2})-(\d{2})|(\d{1,2})/(\d{1,2})/(\d{4}))$")
_MONTH_LENGTH = {"Q": 3, "H": 6, "9": 9}


@dataclass(frozen=True)
class Slot:
    """One period of a report or task. Days are inclusive; `cutoff_*`: the data period; late is after `late_after`."""

    period: str
    label: str
    period_start: date
    period_end: date
    opens_on: date
    cutoff_on: date | None
    cutoff_from: date | None
    due_on: date
    collect_by: date | None
    remind_from: date
    late_after: date
    provisional: bool


@dataclass(frozen=True)
class Offset:
    """`n` days or working days before (negative) or after something, maybe a named report."""

    n: int
    unit: str
    of: str | None = None

    def applied(self, day: date, days: WorkingDays) -> date:
        if self.unit == "workday":
            return days.shift(day, self.n)
        if self.unit == "month":
            return day_in_month(month_index(day) + self.n, day.day)
        return day + timedelta(days=self.n * (7 if self.unit == "week" else 1))


def offset_of(text: str) -> Offset | None:
    """ "20 working days before", "5 working days before cchc", "10 working days after"; None for any other text."""
    match = _OFFSET.match(text.strip())
    if match is None:
        return None
    number, unit, side, of = int(match[1]), match[2].lower().rstrip("s"), match[3].lower(), match[4]
    kind = {"working day": "workday", "day": "day", "week": "week", "month": "month"}[unit]
    return Offset(-number if side == "before" else number, kind, of)


def full_date(text: str) -> date | None:
    """dd/mm/yyyy or yyyy-mm-dd; None for another form, ValueError for a day that does not exist."""
    match = _FULL.match(text.strip())
    if match is None:
        return None
    year, month, day = (match[1], match[2], match[3]) if match[1] else (match[6], match[5], match[4])
    return date(int(year), int(month), int(day))


def day_month(text: str) -> tuple[int, int] | None:
    """dd/mm -> (day, month); None for another form, ValueError for a day that does not exist."""
    match = _DAY_MONTH.match(text.strip())
    if match is None:
        return None
    day, month = int(match[1]), int(match[2])
    date(2024, month, day)
    return day, month


def slots(
    reading: Reading | None,
    start: date,
    end: date,
    *,
    working_days: WorkingDays,
    opens: str | None = None,
    cutoff: str | None = None,
    due: str | None = None,
    collect_by: str | None = None,
    calendar: str | NamedCalendar | None = None,
    issued_on: date | None = None,
    base: Sequence[Slot] | None = None,
    not_after: Mapping[str, date] | Callable[[Slot], date | None] | None = None,
    event_on: date | None = None,
    calendars: Mapping[str, NamedCalendar] | None = None,
) -> list[Slot]:
    """Slots due in [start, end], in order. Continuous readings and readings without a day give none.

    `due`: "dd/mm/yyyy", "dd/mm" (every year), "5 working days before cchc" (with `base`, the other report's slots),
    "10 working days after" (with `event_on`). `not_after` limits `late_after` (a period id -> day, or a function of the
    slot): the due day of what this report feeds. ValueError for a setting that cannot be read.
    """
    named = _named(calendar, calendars)
    settings = (opens, cutoff, due, collect_by)
    made = _made(reading, start, end, working_days, settings, named, issued_on, tuple(base or ()), event_on)
    if not_after is not None:
        return [_limited(slot, not_after) for slot in made]
    return list(made)


def covering_year_slots(
    start: date, end: date, *, working_days: WorkingDays, opens: str | None = None, issued_on: date | None = None
) -> list[Slot]:
    """The yearly cut-off of Decree 09/2019 (15/12 to 14/12), for tasks whose lead owes no report (docs/why.md)."""
    return slots(None, start, end, working_days=working_days, opens=opens, calendar=ND_09_2019, issued_on=issued_on)


def _named(calendar: str | NamedCalendar | None, calendars: Mapping[str, NamedCalendar] | None) -> NamedCalendar | None:
    if calendar is None or isinstance(calendar, NamedCalendar):
        return calendar
    known = {**BUILT_IN, **(calendars or {})}
    if calendar not in known:
        raise ValueError(f"không có lịch tên “{calendar}”; có: {', '.join(sorted(known))}")
    return known[calendar]


@lru_cache(maxsize=1024)
def _made(
    reading: Reading | None,
    start: date,
    end: date,
    days: WorkingDays,
    settings: tuple[str | None, str | None, str | None, str | None],
    named: NamedCalendar | None,
    issued_on: date | None,
    base: tuple[Slot, ...],
    event_on: date | None,
) -> tuple[Slot, ...]:
    """The slots before `not_after`; kept, because thousands of tasks share a few dozen phrases."""
    opens, cutoff, due, collect_by = settings
    found = _occurrences(reading, start, end, days, due, named, base, event_on)
    cutoff = cutoff or (named.cutoff if named else None) or (reading.cutoff if reading else None)
    make = _Maker(days, opens, cutoff, collect_by, issued_on)
    return tuple(_unique(make.slot(one) for one in found))


# --- which days --------------------------------------------------------------------------------------------------


def _occurrences(
    reading: Reading | None,
    start: date,
    end: date,
    days: WorkingDays,
    due: str | None,
    named: NamedCalendar | None,
    base: Sequence[Slot] | None,
    event_on: date | None,
) -> list[Occurrence]:
    if due is not None:
        found = _overridden(reading, start, end, days, due, base, event_on)
    elif named is not None:
        found = named.rule().occurrences(start, end, days)
    else:
        found = _printed(reading, start, end, days, event_on)
    return sorted((one for one in found if start <= one.due <= end), key=lambda one: (one.due, one.end))


def _printed(
    reading: Reading | None, start: date, end: date, days: WorkingDays, event_on: date | None
) -> list[Occurrence]:
    if reading is None or reading.kind == "continuous":
        return []
    if reading.parts:
        return [one for part in reading.parts for one in _printed(part, start, end, days, event_on)]
    if reading.rule is not None:
        return reading.rule.occurrences(start, end, days)
    if reading.kind == "event" and reading.due is None:
        if event_on is None or reading.offset is None:
            return []
        return [_one_off(_shifted(event_on, reading.offset, reading.offset_unit, days), event_on)]
    if reading.due is None:
        return []
    period, label = dated_period(reading)
    return [Occurrence(period, label, *_period_days(reading), None, reading.due)]


def _shifted(day: date, n: int, unit: str, days: WorkingDays) -> date:
    from calendars.reading import Context

    return shifted(day, n, unit, Context(working_days=days))


def _period_days(reading: Reading) -> tuple[date, date]:
    due = reading.due
    assert due is not None
    start = reading.start if reading.start is not None and reading.start <= due else due
    return start, due


def _one_off(due: date, start: date | None = None) -> Occurrence:
    return Occurrence(due.isoformat(), f"hạn {due:%d/%m/%Y}", min(start or due, due), due, start, due)


def _overridden(
    reading: Reading | None,
    start: date,
    end: date,
    days: WorkingDays,
    due: str,
    base: Sequence[Slot] | None,
    event_on: date | None,
) -> list[Occurrence]:
    """The admin's `due`, in its four forms."""
    exact = full_date(due)
    if exact is not None:
        if reading is not None and reading.due is not None and not reading.parts:
            period, label = dated_period(reading)
            if not period.startswith(str(reading.due)):
                return [
                    Occurrence(
                        period, label, _period_days(reading)[0], max(exact, _period_days(reading)[1]), None, exact
                    )
                ]
        return [_one_off(exact)]
    yearless = day_month(due)
    if yearless is not None:
        return _every_year(reading, start, end, days, *yearless)
    offset = offset_of(due)
    if offset is None:
        raise ValueError(
            f"`due: {due}` không đọc được; viết dd/mm/yyyy, dd/mm, “5 working days before <báo cáo>” "
            "hoặc “10 working days after”"
        )
    if offset.of is None:
        return [] if event_on is None else [_one_off(offset.applied(event_on, days), event_on)]
    return [
        Occurrence(b.period, b.label, b.period_start, b.period_end, None, offset.applied(b.due_on, days))
        for b in base or ()
    ]


def _every_year(
    reading: Reading | None, start: date, end: date, days: WorkingDays, day: int, month: int
) -> list[Occurrence]:
    if reading is not None and reading.due is not None and not reading.parts and reading.rule is None:
        exact = day_in_month(reading.due.year * 12 + month - 1, day)
        period, label = dated_period(reading)
        return [
            Occurrence(
                period if reading.period != "day" else exact.isoformat(),
                label,
                min(_period_days(reading)[0], exact),
                exact,
                None,
                exact,
            )
        ]
    bounds = reading.rule if reading is not None and reading.rule is not None else None
    rule = Rule((yearly(day, month, between=True),), bounds.first if bounds else None, bounds.last if bounds else None)
    return rule.occurrences(start, end, days)


# --- the slot ----------------------------------------------------------------------------------------------------


class _Maker:
    """Turns occurrences into slots under one report's settings."""

    def __init__(
        self, days: WorkingDays, opens: str | None, cutoff: str | None, collect_by: str | None, issued_on: date | None
    ) -> None:
        self.days, self.issued_on = days, issued_on
        self.cutoff, self.opens, self.collect = cutoff, _setting("opens", opens), _setting("collect_by", collect_by)
        if cutoff is not None and cutoff != ND_09_2019 and day_month(cutoff) is None:
            raise ValueError(f"`cutoff: {cutoff}` không đọc được; viết nd-09-2019 hoặc dd/mm")

    def slot(self, one: Occurrence) -> Slot:
        days, due = self.days, one.due
        collect = self._collected(one)
        cutoff_from, cutoff_on = self._cut(one)
        late_after = days.on_or_after(due)
        return Slot(
            period=one.period,
            label=one.label,
            period_start=one.start,
            period_end=one.end,
            opens_on=self._opening(one),
            cutoff_on=cutoff_on,
            cutoff_from=cutoff_from,
            due_on=due,
            collect_by=collect,
            remind_from=days.on_or_before(collect or due),
            late_after=late_after,
            provisional=days.is_provisional(late_after),
        )

    def _opening(self, one: Occurrence) -> date:
        if self.opens is None:
            opened = self.days.shift(one.due, -DEFAULT_OPENING)
            if one.opens is not None and one.opens <= one.due:
                opened = max(opened, one.opens)
        elif isinstance(self.opens, Offset):
            opened = self.opens.applied(one.due, self.days)
        else:
            opened = _latest(self.opens, one.due)
        return max(opened, self.issued_on) if self.issued_on is not None else opened

    def _collected(self, one: Occurrence) -> date | None:
        if self.collect is None:
            return None
        if isinstance(self.collect, Offset):
            return self.collect.applied(one.due, self.days)
        day = _latest(self.collect, one.due)
        return day if (one.due - day).days < 92 else None

    def _cut(self, one: Occurrence) -> tuple[date | None, date | None]:
        if self.cutoff is None:
            return None, None
        if self.cutoff == ND_09_2019:
            bounds = decree_cutoff(*_calendar_period(one))
            return bounds if bounds is not None else (None, None)
        day, month = day_month(self.cutoff) or (1, 1)
        cut = _latest((day, month), one.due)
        before = day_in_month(month_index(cut) - 12, day) + timedelta(days=1)
        return (before if len(one.period) == 4 else None), cut


def _setting(key: str, text: str | None) -> Offset | tuple[int, int] | None:
    if text is None:
        return None
    offset = offset_of(text)
    if offset is not None and offset.of is None and offset.n <= 0:
        return offset
    found = day_month(text)
    if found is None:
        raise ValueError(f"`{key}: {text}` không đọc được; viết dd/mm hoặc “20 working days before”")
    return found


def _latest(day_and_month: tuple[int, int], until: date) -> date:
    """The last such day of a year that is not after `until`."""
    day, month = day_and_month
    found = day_in_month(until.year * 12 + month - 1, day)
    return found if found <= until else day_in_month((until.year - 1) * 12 + month - 1, day)


def _calendar_period(one: Occurrence) -> tuple[date, date]:
    """The calendar months a period id stands for; the occurrence's own days when the id is a day."""
    text = one.period
    if len(text) == 4:
        return date(int(text), 1, 1), date(int(text), 12, 31)
    if len(text) == 7 and text[4] == "-":
        year, kind, number = int(text[:4]), text[5], text[6]
        if kind in ("Q", "H"):
            length = _MONTH_LENGTH[kind]
            first = year * 12 + (int(number) - 1) * length
            return day_in_month(first, 1), day_in_month(first + length - 1, LAST)
        if text.endswith("9M"):
            return date(year, 1, 1), date(year, 9, 30)
        return day_in_month(year * 12 + int(text[5:]) - 1, 1), day_in_month(year * 12 + int(text[5:]) - 1, LAST)
    return one.start, one.end


def _limited(slot: Slot, not_after: Mapping[str, date] | Callable[[Slot], date | None]) -> Slot:
    """A roll forward never passes the due day of what the report feeds; the printed day always counts."""
    limit = not_after(slot) if callable(not_after) else not_after.get(slot.period)
    if limit is None or limit >= slot.late_after:
        return slot
    return replace(slot, late_after=max(slot.due_on, limit))


def _unique(made: Iterable[Slot]) -> list[Slot]:
    """Two due days under one period id: the later one is named by its own due day."""
    seen: set[str] = set()
    out: list[Slot] = []
    for one in made:
        slot = replace(one, period=one.due_on.isoformat()) if one.period in seen else one
        if slot.period not in seen:
            seen.add(slot.period)
            out.append(slot)
    return out
