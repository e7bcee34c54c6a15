"""Recurring time frames: how often + where in the period -> one anchored `Rule`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from calendars.items import LENGTH, EndOf, Freq, ImpossibleDate, Mark, Place, Span, Weekday, When, each_unit
from calendars.reading import Context
from calendars.rules import LAST, Daily, Entry, Monthly, Rule, Weekly

NOUNS = {
    "day": "ngày",
    "workday": "ngày làm việc",
    "week": "tuần",
    "month": "tháng",
    "quarter": "quý",
    "half": "6 tháng",
    "year": "năm",
    "school": "năm học",
}
MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
NO_DAY = "Cụm từ không in ngày: hiểu là ngày cuối cùng của kỳ; muốn khác, ghi `due` hoặc `calendar`."
NO_MONTH = "Không in tháng: hiểu là tháng cuối của kỳ; muốn khác, ghi `due`."
UNKNOWN_PERIOD = "Chưa rõ kỳ báo cáo nào: hãy ghi `calendar` hoặc `due`."


@dataclass(frozen=True)
class Cycle:
    """One kind of period: every `step` months from `phase`, `span` months long; `named` when the phrase names it."""

    step: int
    phase: int
    span: int
    named: bool = True


LABELS = {
    "month": Cycle(1, 0, 1),
    "quarter": Cycle(3, 0, 3),
    "half": Cycle(6, 0, 6),
    "nine": Cycle(12, 0, 9),
    "year": Cycle(12, 0, 12),
    "first_half": Cycle(12, 0, 6),
    "second_half": Cycle(12, 6, 6),
    "school": Cycle(12, 8, 9),
    "quarter_1": Cycle(12, 0, 3),
    "quarter_2": Cycle(12, 3, 3),
    "quarter_3": Cycle(12, 6, 3),
    "quarter_4": Cycle(12, 9, 3),
}


def cycle_of(freq: Freq, context: Context) -> Cycle | str:
    """The cycle of a frequency; "day", "week", "workday", "term", "period" and "half_month" have their own rules."""
    if freq.every < 1 or freq.times < 1 or freq.every > 120 or freq.times > 12:
        raise ImpossibleDate("số lần không hợp lý")
    if freq.unit in ("day", "workday", "week", "term", "period"):
        if freq.unit == "day" and freq.every == 15 and freq.times == 1:
            return "half_month"
        if freq.every != 1 or (freq.times != 1 and freq.unit != "day"):
            raise ImpossibleDate(f"chưa tính được {freq.times} lần trong {freq.every} {NOUNS.get(freq.unit, 'kỳ')}")
        return freq.unit
    if freq.unit == "school":
        if freq.times == 1:
            return LABELS["school"]
        return "term" if freq.times == 2 else _refuse_times(freq)
    months = MONTHS[freq.unit] * freq.every
    if freq.unit == "month" and freq.every == 1 and freq.times == 2:
        return "half_month"
    if months % freq.times:
        _refuse_times(freq)
    step = months // freq.times
    year = context.plan_year or 0
    phase = (year * 12) % step if step > 12 else 0
    if step <= 12 and 12 % step:
        _refuse_times(freq)
    return Cycle(step, phase, step, named=False)


def _refuse_times(freq: Freq) -> str:
    raise ImpossibleDate(f"chưa chia đều được {freq.times} lần trong {freq.every} {NOUNS.get(freq.unit, 'kỳ')}")


class Builder:
    """Collects what a recurring phrase says and makes its rule; `notes` are the warnings it owes."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.notes: list[str] = []

    def rule(
        self,
        cycles: Sequence[Cycle | str],
        whens: Sequence[When],
        ends: Sequence[EndOf],
        weekdays: Sequence[Weekday],
        *,
        labelled: bool,
    ) -> Rule | None:
        """The rule of `cycles` with their dates; None when the period itself is unsaid."""
        places, first, last = self._places(whens)
        places = list(dict.fromkeys(places))
        if weekdays:
            return self._weekly(cycles, weekdays, first, last)
        if ends:
            return self._from_ends(cycles, ends, first, last)
        if not cycles:
            cycles = self._implied(places)
        if "period" in cycles:
            self.notes.append(UNKNOWN_PERIOD)
            return None
        entries = self._entries(list(cycles), places, labelled)
        if first is not None and last is not None and last < first:
            raise ImpossibleDate(f"ngày cuối {last:%d/%m/%Y} đứng trước ngày đầu {first:%d/%m/%Y}")
        return Rule(tuple(dict.fromkeys(entries)), first, last)

    # -- what the whens say ---------------------------------------------------------------------------------------

    def _places(self, whens: Sequence[When]) -> tuple[list[Span | Place], date | None, date | None]:
        """Split dates inside the period from the years the rule runs in."""
        from calendars.dated import ONE_DAY, resolve

        places: list[Span | Place] = []
        first = last = None
        opened: Span | Place | None = None
        inherited: str | None = None
        for when in whens:
            yearless = all(isinstance(s, Place) or not s.has_year for s in when.spans)
            bound = inherited if when.bound is None and yearless and inherited in ("before", "by") else when.bound
            if bound == "before" and when.clock is not None:
                bound = "by"  # the hour is the bound, the day itself still counts
            for span in when.spans:
                if (isinstance(span, Span) and span.has_year) or (
                    isinstance(span, Span) and span.unit in ("plan", "whole_plan", "plan_year")
                ):
                    found = resolve(bound, span, self.context)
                    self._refuse_dated(bound, span)
                    if bound not in ("until", "by", "before"):
                        first = found.first if bound != "after" else found.last and found.last + ONE_DAY
                    if bound not in ("from", "after"):
                        last = found.last if bound != "before" else found.first and found.first - ONE_DAY
                elif bound == "in" and isinstance(span, Span) and span.unit == "year":
                    continue
                elif bound == "from":
                    opened = span
                else:
                    places.append(_opened(opened, self._strict(bound, span)))
                    opened = None
            inherited = bound
        if opened is not None:
            first = self._open_start(opened)
        return places, first, last

    def _refuse_dated(self, bound: str | None, span: Span) -> None:
        if span.unit in ("day", "week") and bound in ("before", "by", None, "in") and span.first == span.last:
            raise ImpossibleDate("ngày có năm cụ thể không đi với định kỳ")

    def _open_start(self, opened: Span | Place) -> date | None:
        from calendars.dated import resolve

        if isinstance(opened, Place):
            raise ImpossibleDate("“từ ngày” thiếu tháng")
        return resolve("from", opened, self.context).first

    def _strict(self, bound: str | None, span: Span | Place) -> Span | Place:
        if bound != "before" or (not self.context.before_is_strict and (isinstance(span, Place) or span.unit == "day")):
            return span
        return _day_before_place(span) if isinstance(span, Place) else _day_before_span(span)

    # -- the entries ----------------------------------------------------------------------------------------------

    def _implied(self, places: list[Span | Place]) -> list[Cycle | str]:
        periods = {p.period for p in places if isinstance(p, Place)}
        if len(periods) > 1:
            periods.discard("")
        if len(periods) == 1 and len(places) > 0 and all(isinstance(p, Place) for p in places):
            period = periods.pop()
            if period == "period":
                return ["period"]
            if period:
                return [replace(LABELS[period], named=False)]
        if places and all(isinstance(p, Span) for p in places):
            return [Cycle(12, 0, 12, named=False)]
        raise ImpossibleDate("chưa rõ định kỳ theo tháng, quý hay năm")

    def _entries(self, cycles: list[Cycle | str], places: list[Span | Place], labelled: bool) -> list[Entry]:
        special = [c for c in cycles if isinstance(c, str)]
        normal = [c for c in cycles if isinstance(c, Cycle)]
        out: list[Entry] = []
        for kind in special:
            out += self._special(kind, places)
        if not normal:
            return out
        if not places:
            self.notes.append(NO_DAY)
            return out + [self._undated(cycle) for cycle in normal]
        if all(isinstance(p, Place) for p in places):
            several = len(places) > 1
            placed = [self._placed(cycle, p) for cycle in normal for p in places if isinstance(p, Place)]
            return out + ([replace(e, by_due=True, open_month=None, open_day=1) for e in placed] if several else placed)
        if any(isinstance(p, Place) for p in places):
            raise ImpossibleDate("vừa có ngày trong tháng vừa có ngày trong năm")
        spans = list(each_unit(tuple(p for p in places if isinstance(p, Span) and p.count > 1 and len(places) == 1)))
        dates = list(dict.fromkeys(p for p in places if isinstance(p, Span)))
        if len(normal) > 1:
            return out + self._distributed(normal, dates if len(dates) == len(normal) else spans or dates)
        return out + self._in_year(normal[0], dates, labelled)

    def _undated(self, cycle: Cycle) -> Monthly:
        return Monthly(cycle.step, cycle.phase, cycle.span, cycle.span - 1, LAST)

    def _special(self, kind: str, places: list[Span | Place]) -> list[Entry]:
        if kind == "half_month":
            if places:
                return [replace(self._placed(Cycle(1, 0, 1), p), by_due=True) for p in places if isinstance(p, Place)]
            self.notes.append("02 lần/tháng hiểu là ngày 15 và ngày cuối tháng; muốn khác, ghi `due`.")
            return [Monthly(1, 0, 1, 0, 15, by_due=True), Monthly(1, 0, 1, 0, LAST, by_due=True)]
        if places:
            raise ImpossibleDate("ngày không đi với kỳ này")
        if kind == "term":
            self.notes.append("Học kỳ I hiểu là đến 17/01, học kỳ II đến 31/5; khung năm học khác thì ghi `due`.")
            return [Monthly(12, 8, 5, 4, 17, term=1), Monthly(12, 0, 5, 4, 31, term=2)]
        if kind == "week":
            self.notes.append("Cụm từ không in thứ: hiểu là thứ Sáu; muốn khác, ghi `due`.")
            return [Weekly(4)]
        return [Daily(working=kind == "workday")]

    def _placed(self, cycle: Cycle, place: Place) -> Monthly:
        """A day given by its place in the period."""
        month, period = place.month, place.period
        length = 9 if period == "school" else MONTHS.get(period, 0)
        if period == "month" and cycle.span > 1:
            month = cycle.span if place.following else -1
            if not place.following:
                self.notes.append(NO_MONTH)
        elif period == "" and (cycle.span > 6 or (cycle.span > 1 and place.edge == "lone")):
            raise ImpossibleDate("ngày này chưa rõ của tháng nào")
        elif period == "" and cycle.span > 1:
            month = -1
            self.notes.append(NO_MONTH)
        elif (
            period not in ("", "period", "month")
            and length != cycle.span
            and not (period == "nine" and cycle.span == 9)
        ):
            raise ImpossibleDate("tháng của quý, của năm không đi với kỳ khác")
        elif place.following:
            month = cycle.span + (month if month >= 0 else cycle.span + month)
        if month < 0:
            month += cycle.span
        if not place.following and month >= cycle.span:
            raise ImpossibleDate(f"kỳ {cycle.span} tháng không có tháng thứ {month + 1}")
        if place.day == 0:
            return Monthly(cycle.step, cycle.phase, cycle.span, month - 1, LAST, place.working)
        entry = Monthly(cycle.step, cycle.phase, cycle.span, month, place.day, place.working)
        return entry if place.open_day is None else replace(entry, open_month=month, open_day=place.open_day)

    def _distributed(self, cycles: list[Cycle], dates: list[Span]) -> list[Entry]:
        """ "6 tháng, năm: ngày 24/6 và 23/12": the first date for the first label."""
        if len(cycles) != len(dates):
            raise ImpossibleDate(f"có {len(cycles)} kỳ nhưng {len(dates)} ngày")
        return [self._dated(_once_a_year(cycle, date), date) for cycle, date in zip(cycles, dates, strict=True)]

    def _in_year(self, cycle: Cycle, dates: list[Span], labelled: bool) -> list[Entry]:
        if cycle.step < 12:
            needed = 12 // cycle.step
            singles = sorted(each_unit(tuple(dates)), key=lambda s: (s.last.month, s.last.day))
            if len(dates) == 1 and len(singles) == 1 and cycle.step == 6:
                return [self._dated(_once_a_year(cycle, dates[0]), dates[0])]
            chosen = dates if len(dates) == needed else singles
            if len(chosen) != needed:
                raise ImpossibleDate(f"{needed} kỳ mỗi năm nhưng {len(chosen)} ngày")
            ordered = sorted(chosen, key=lambda s: (s.last.month, s.last.day % 32))
            rows = [Cycle(12, number * cycle.step, cycle.span) for number in range(needed)]
            return _same_every_period([self._dated(row, date) for row, date in zip(rows, ordered, strict=True)], cycle)
        if cycle.step > 12:
            if len(dates) != 1:
                raise ImpossibleDate("nhiều ngày không đi với kỳ nhiều năm")
            entry = self._dated(Cycle(cycle.step, cycle.phase, cycle.span), dates[0])
            return [replace(entry, due_month=entry.due_month + cycle.span - 12, open_month=None, open_day=1)]
        if [s.last.month for s in dates] == [3, 6, 9, 12] and not labelled and cycle.span == 12:
            rows = [Cycle(12, number * 3, 3) for number in range(4)]
            return _same_every_period([self._dated(r, d) for r, d in zip(rows, dates, strict=True)], Cycle(3, 0, 3))
        if len(dates) == 1:
            whole = dates[0]
            opened = whole.first != whole.last or labelled or whole.edge != ""
            entry = self._dated(cycle, whole)
            return [entry if opened or cycle.span != 12 else replace(entry, between=True)]
        if all(d.unit in LENGTH and not d.edge for d in dates):
            return [self._dated(Cycle(12, d.first.month - 1, LENGTH[d.unit] * d.count), d) for d in dates]
        return [replace(self._dated(cycle, d), by_due=True, open_month=None, open_day=1) for d in dates]

    def _dated(self, cycle: Cycle, span: Span) -> Monthly:
        """A yearly date, its month counted from the first month of the cycle's period."""
        month = span.last.month - 1 - cycle.phase % 12 + 12 * span.year_shift
        if span.working:
            return Monthly(cycle.step, cycle.phase, cycle.span, month, span.working, True)
        entry = Monthly(cycle.step, cycle.phase, cycle.span, month, span.last.day)
        if span.first != span.last and not span.edge:
            opens = span.first.month - 1 - cycle.phase % 12 + 12 * span.year_shift
            backwards = (span.first.month, abs(span.first.day)) > (
                span.last.month,
                abs(span.last.day) if span.last.day > 0 else 32,
            )
            entry = replace(entry, open_month=opens - 12 if backwards else opens, open_day=span.first.day)
        return entry

    # -- ends and weeks -------------------------------------------------------------------------------------------

    def _from_ends(
        self, cycles: Sequence[Cycle | str], ends: Sequence[EndOf], first: date | None, last: date | None
    ) -> Rule | None:
        entries: list[Entry] = []
        for end in ends:
            found = [LABELS[end.unit]] if end.unit in LABELS else [c for c in cycles if isinstance(c, Cycle)]
            if not found:
                self.notes.append(UNKNOWN_PERIOD)
                return None
            sign = -1 if end.bound == "before" else 1
            if end.n == 0 and sign > 0:
                raise ImpossibleDate("sau khi kết thúc kỳ bao nhiêu ngày?")
            for cycle in found:
                entry = Monthly(cycle.step, cycle.phase, cycle.span, cycle.span - 1, LAST)
                entries.append(replace(entry, shift=sign * end.n, shift_working=end.working) if end.n else entry)
        return Rule(tuple(entries), first, last)

    def _weekly(
        self, cycles: Sequence[Cycle | str], weekdays: Sequence[Weekday], first: date | None, last: date | None
    ) -> Rule:
        if list(cycles) != ["week"]:
            raise ImpossibleDate("thứ trong tuần chỉ đi với hằng tuần")
        days = [
            w.day - 1 if w.bound == "before" and w.clock is None and self.context.before_is_strict else w.day
            for w in weekdays
        ]
        return Rule(tuple(Weekly(day % 7) for day in days), first, last)


def _once_a_year(cycle: Cycle, span: Span) -> Cycle:
    """With one date a year, "6 tháng" is the half that the date closes, "quý" the quarter it falls in."""
    if cycle.step >= 12:
        return cycle
    if cycle.step == 6:
        return LABELS["first_half"] if 2 <= span.last.month <= 8 else LABELS["second_half"]
    return Cycle(12, (span.last.month - 1) // cycle.step * cycle.step, cycle.span)


def _same_every_period(entries: list[Monthly], cycle: Cycle) -> list[Entry]:
    """Four dates on the same day of the same month of each quarter are one quarterly rule."""
    one = replace(entries[0], step=cycle.step, phase=cycle.phase)
    same = all(replace(e, step=cycle.step, phase=cycle.phase) == one for e in entries)
    return [one] if same else list(entries)


def _opened(opened: Span | Place | None, place: Span | Place) -> Span | Place:
    """ "từ ngày 15 đến ngày 20 hằng tháng": the first day becomes the opening of the window."""
    if opened is None:
        return place
    if (
        isinstance(opened, Place)
        and isinstance(place, Place)
        and (opened.edge != "lone" or place.period in ("", "month"))
    ):
        return replace(place, open_day=opened.day)
    if isinstance(opened, Span) and isinstance(place, Span):
        return replace(place, first=opened.first, unit="day")
    raise ImpossibleDate("“từ … đến …” không cùng loại")


def _day_before_place(place: Place) -> Place:
    """Strict "trước": one day earlier inside the same counting; before day 1 is the end of the month before (day 0)."""
    if place.open_day is not None:
        return _day_before_place(replace(place, day=place.open_day, open_day=None))
    if place.day == 1:
        if not place.working and place.period in ("", "month") and place.month == 0 and not place.following:
            return replace(place, day=LAST)
        return replace(place, day=0)
    return replace(place, day=place.day - 1)


def _day_before_span(span: Span) -> Span:
    """Strict "trước" on a yearly date: the day before it begins, as month and day (February: its own last day)."""
    if span.working and span.working != 1:
        return replace(span, working=span.working - 1)
    point = span.last if span.edge == "last" else span.first
    if point.day == 1:
        month, shift = (point.month - 1, span.year_shift) if point.month > 1 else (12, span.year_shift - 1)
        mark = Mark(None, month, LAST)
        # The whole of a year before 01/01 is the same set of days, numbered by its own year.
        return Span(
            "day",
            mark,
            mark,
            year_shift=shift + 1 if month == 12 and point.month == 1 and span.year_shift == 0 else shift,
        )
    mark = Mark(None, point.month, point.day - 1)
    return Span("day", mark, mark, year_shift=span.year_shift)


def end_after(rule: Rule, year: int) -> Rule:
    """The rule from 1 January of `year` on."""
    return replace(rule, first=date(year, 1, 1))


def shifted(day: date, n: int, unit: str, context: Context) -> date:
    """n units after (before) a day, which is not counted (Art. 147); months end on the same number (Art. 148)."""
    from calendars.rules import day_in_month, month_index

    if unit == "workday":
        return context.days.shift(day, n)
    if unit in ("month", "year"):
        return day_in_month(month_index(day) + n * (12 if unit == "year" else 1), day.day)
    return day + timedelta(days=n * (7 if unit == "week" else 1))
