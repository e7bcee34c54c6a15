"""Dated time frames: bounds on days, months, quarters and years -> first and last valid day."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta

from calendars.items import ImpossibleDate, Mark, Place, Span, When, check_day, each_unit, grouped, with_year
from calendars.reading import Context, Reading

ONE_DAY = timedelta(days=1)
WINDOWS = {"quarter", "half", "nine", "year", "week", "school", "term", "stage", "plan"}
NO_YEAR = "Cụm từ không in năm và kế hoạch chưa có năm: chưa tính được ngày; hãy ghi `due` hoặc `valid`."


@dataclass(frozen=True)
class Bounded:
    """One span with the bound it stands under, both resolved to days where possible."""

    bound: str | None
    span: Span
    first: date | None
    last: date | None


def day_of(mark: Mark, shift: int = 0) -> date | None:
    """The calendar day of a mark; None while its year is unknown."""
    if mark.year is None:
        return None
    year = mark.year + shift
    length = monthrange(year, mark.month)[1]
    day = mark.day if mark.day > 0 else length + 1 + mark.day
    return date(year, mark.month, min(day, length))


def resolve(bound: str | None, span: Span, context: Context) -> Bounded:
    """Fill the plan's year where none is printed, then the days."""
    if span.unit in ("plan", "whole_plan"):
        return Bounded(bound, span, context.valid_from or context.issued_on, context.valid_to)
    filled = span
    if not span.has_year:
        filled = with_year(span, context.plan_year)
        if span.unit in ("school", "term") and context.plan_year is not None:
            filled = _school_of(span, context)
    if span.unit == "day" and filled.last.year is not None:
        for mark in (filled.first, filled.last):
            if mark.day > 0 and mark.year is not None:
                check_day(mark.day, mark.month, mark.year + span.year_shift)
    first, last = day_of(filled.first, span.year_shift), day_of(filled.last, span.year_shift)
    if span.working and last is not None:
        first = last = context.days.nth_of_month(last.year, last.month, span.working)
    return Bounded(bound, filled, first, last)


def _school_of(span: Span, context: Context) -> Span:
    """Without printed years: the school year that holds the plan's first day (September to May)."""
    known = context.valid_from or context.issued_on
    year = context.plan_year or 0
    begins = year if known is None or known.month >= 7 or known.year != year else year - 1
    shift = begins if span.first.month >= 9 else begins + 1
    return replace(span, first=replace(span.first, year=shift), last=replace(span.last, year=begins + 1))


def read_dated(whens: Sequence[tuple[str, When]], phrase: str, context: Context) -> list[Reading]:
    """Readings of a row of `when` items without a frequency; several when the row lists several times."""
    spans = _ranges(_shared_year(_flat(whens)))
    bare = [s for b, s in spans if b in (None, "in")]
    if len(spans) > 1 and len(bare) == len(spans):
        spans = [(None, s) for s in _window(bare)]
    if context.read_as == "each":
        spans = [(b, one) for b, s in spans for one in each_unit((s,))]
    elif context.read_as == "window" and len(spans) > 1:
        first, last = spans[0][1], spans[-1][1]
        spans = [(None, Span("stage", first.first, last.last, 2))]
    clock = _shared_clock(whens, len(spans))
    readings = [_reading(resolve(b, s, context), phrase, context) for b, s in spans]
    if clock is not None:
        if any(s.unit not in ("day", "range", "range_before") for _, s in spans):
            raise ImpossibleDate("giờ chỉ đi với một ngày")
        readings = [_at(r, clock) for r in readings]
    return [_listed_once(r, s, context) for r, (_, s) in zip(readings, spans, strict=True)]


def _at(reading: Reading, clock: time) -> Reading:
    """The reading due by that hour; what has no due day has no hour."""
    if reading.due is None:
        return reading
    return replace(reading, due_time=clock, start=None if reading.start == reading.due else reading.start)


def _shared_clock(whens: Sequence[tuple[str, When]], count: int) -> time | None:
    """The hour of one deadline, or of all of a list; several hours for several deadlines are refused."""
    clocks = [w.clock for _, w in whens]
    if count == 1:
        return next((c for c in reversed(clocks) if c is not None), None)
    if any(c is not None for c in clocks) and len(set(clocks)) > 1 and (clocks[0] is None or any(clocks[1:])):
        raise ImpossibleDate("mỗi hạn một giờ: hãy tách thành nhiều câu")
    return clocks[0]


def _flat(whens: Sequence[tuple[str, When]]) -> list[tuple[str, str | None, Span]]:
    """(joiner, bound, span) rows; an unbounded member of a list stands under the bound before it."""
    rows: list[tuple[str, str | None, Span]] = []
    inherited: str | None = None
    for joiner, when in whens:
        bound = when.bound
        unit = when.spans[0].unit if when.spans and isinstance(when.spans[0], Span) else ""
        same = bool(rows) and rows[-1][2].unit == unit
        if bound is None and same and joiner in ("VA", "COMMA", "HOAC") and inherited in ("before", "by"):
            bound = inherited
        inherited = bound
        if bound == "before" and when.clock is not None:
            bound = "by"  # the hour is the bound, the day itself still counts
        for number, span in enumerate(when.spans):
            if isinstance(span, Place):
                raise ImpossibleDate("ngày này chưa rõ của tháng nào, năm nào")
            rows.append((joiner if number == 0 else "LIST", bound, span))
    return rows


def _shared_year(rows: list[tuple[str, str | None, Span]]) -> list[tuple[str, str | None, Span]]:
    """ "Tháng 6, năm 2026": the bare year dates what stands before it; a year at the end of a list dates the list."""
    if len(rows) > 1 and _lone_year(rows[0]) and not rows[1][2].has_year and rows[1][0] in ("PAREN", "COMMA", "COLON"):
        year = rows[0][2].last.year
        rows = [(j if n else "", b, s if s.has_year else with_year(s, year)) for n, (j, b, s) in enumerate(rows[1:])]
    out: list[tuple[str, str | None, Span]] = []
    for joiner, bound, span in rows:
        year = span.last.year
        lone = _lone_year((joiner, bound, span))
        before = bool(out) and not out[-1][2].has_year and out[-1][2].unit not in ("year", "plan")
        if lone and before and joiner in ("", "COMMA", "PAREN", "DASH", "LIST"):
            out = [(j, b, s if s.has_year else with_year(s, year)) for j, b, s in out]
        else:
            out.append((joiner, bound, span))
    known: int | None = None
    for number in range(len(out) - 1, -1, -1):
        joiner, bound, span = out[number]
        if span.has_year:
            known = span.first.year if span.first.year is not None else span.last.year
        elif known is not None:
            # "từ tháng 9 đến tháng 5/2026" begins the year before.
            year = known
            later = out[number + 1][2] if number + 1 < len(out) else None
            if (
                later is not None
                and (span.first.month, span.first.day) > (later.first.month, abs(later.first.day))
                and bound in ("from", None)
                and out[number + 1][1] in ("until", None, "before", "by")
                and later.unit != "year"
            ):
                year -= 1 if bound == "from" or out[number + 1][0] == "DASH" or out[number + 1][1] == "until" else 0
            out[number] = (joiner, bound, with_year(span, year))
    return _forward(out)


def _lone_year(row: tuple[str, str | None, Span]) -> bool:
    _, bound, span = row
    return span.unit == "year" and span.count == 1 and span.has_year and bound in (None, "in") and not span.edge


def _forward(rows: list[tuple[str, str | None, Span]]) -> list[tuple[str, str | None, Span]]:
    """ "Từ tháng 9/2025 đến tháng 3": the year that follows from the start."""
    for number in range(1, len(rows)):
        joiner, bound, span = rows[number]
        before = rows[number - 1][2]
        if (
            not span.has_year
            and before.has_year
            and before.last.year is not None
            and span.unit not in ("plan", "whole_plan")
        ):
            year = before.first.year if before.first.year is not None else before.last.year
            wraps = (span.last.month, span.last.day if span.last.day > 0 else 32) < (
                before.first.month,
                before.first.day,
            )
            rows[number] = (joiner, bound, with_year(span, year + 1 if wraps and year is not None else year))
    return rows


def _ranges(rows: list[tuple[str, str | None, Span]]) -> list[tuple[str | None, Span]]:
    """Join "từ X đến Y", "X đến Y" and "X - Y" into one span."""
    out: list[tuple[str | None, Span]] = []
    for joiner, bound, span in rows:
        before = out[-1] if out else None
        opened = before is not None and before[0] == "from"
        dashed = (
            before is not None and before[0] in (None, "in", "from") and joiner == "DASH" and bound in (None, "until")
        )
        through = before is not None and before[0] in (None, "in") and bound == "until" and joiner in ("", "DASH")
        if before is not None and ((opened and bound in ("until", "before", "by")) or dashed or through):
            first = before[1].last if before[1].edge == "last" else before[1].first
            unit = "range_before" if bound == "before" else "range"
            out[-1] = (None, Span(unit, first, _end_mark(span, bound), 2, working=span.working))
        else:
            out.append((bound, span))
    return out


def _end_mark(span: Span, bound: str | None) -> Mark:
    return span.first if bound == "before" and span.edge != "last" else span.last


def _window(spans: list[Span]) -> list[Span]:
    """Neighbouring units joined by "và" or a comma are one window; others stay apart."""
    if len({s.unit for s in spans}) > 1 or any(s.edge for s in spans):
        return spans
    return list(grouped(spans, ["LIST"] * (len(spans) - 1)))


def _reading(bounded: Bounded, phrase: str, context: Context) -> Reading:
    bound, span, first, last = bounded.bound, bounded.span, bounded.first, bounded.last
    blank = Reading(phrase, "window", days=context.working_days, period=span.unit, count=span.count)
    if span.unit in ("plan_year", "whole_plan"):
        return _checked(replace(blank, kind="continuous", start=first, due=last), span, context)
    if span.unit in ("range", "range_before"):
        if span.unit == "range_before" and last is not None:
            last -= ONE_DAY if context.before_is_strict else timedelta()
        if first is not None and last is not None and last < first:
            raise ImpossibleDate(f"ngày cuối {last:%d/%m/%Y} đứng trước ngày đầu {first:%d/%m/%Y}")
        return _checked(replace(blank, start=first, due=last, count=2, period="range"), span, context)
    if first is not None and last is not None and last < first:
        raise ImpossibleDate(f"ngày cuối {last:%d/%m/%Y} đứng trước ngày đầu {first:%d/%m/%Y}")
    if bound in ("from", "after"):
        begins = last if span.edge == "last" else first
        if bound == "after" and last is not None:
            begins = last + ONE_DAY
        begun = replace(blank, kind="open_start", start=begins)
        return begun if begins is not None else begun.with_warning(NO_YEAR)
    if bound == "before":
        return _checked(
            replace(blank, kind="fixed_due", due=_before(span, first, last, context), period="day"), span, context
        )
    if bound in ("by", "until"):
        kind = "fixed_due" if bound == "by" else "until"
        return _checked(replace(blank, kind=kind, due=last, period="day"), span, context)
    kind = "window" if (span.unit in WINDOWS or span.count > 1) and not span.edge else "fixed_due"
    if span.unit == "day" and first != last:
        kind = "window"
    if span.edge:
        first = None
    return _checked(replace(blank, kind=kind, start=first, due=last), span, context)


def _before(span: Span, first: date | None, last: date | None, context: Context) -> date | None:
    """ "trước X": the day before X begins; "trước cuối tháng" counts from the month's last day."""
    point = last if span.edge == "last" else first
    if point is None:
        return None
    if span.working and context.before_is_strict:
        return context.days.shift(point, -1)
    inclusive = not context.before_is_strict and (span.unit == "day" or span.edge == "last")
    return point if inclusive else point - ONE_DAY


def _checked(reading: Reading, span: Span, context: Context) -> Reading:
    """Warnings every dated reading owes: no year, an assumed year, a due day before the plan's issue."""
    if reading.due is None and reading.start is None and span.unit not in ("plan", "whole_plan"):
        return reading.with_warning(NO_YEAR)
    if reading.due is None and span.unit in ("plan", "whole_plan"):
        return reading.with_warning("Chưa biết ngày cuối của kế hoạch: hãy ghi `valid: {from, to}`.")
    if reading.due is not None and context.issued_on is not None and reading.due < context.issued_on:
        return reading.with_warning(
            f"Hạn {reading.due:%d/%m/%Y} trước ngày ban hành {context.issued_on:%d/%m/%Y}: nếu là năm khác, ghi `due`."
        )
    return reading


def _listed_once(reading: Reading, span: Span, context: Context) -> Reading:
    notes = []
    if span.edge in ("first", "middle") and reading.kind != "open_start" and reading.due is not None:
        notes.append(
            f"“{'đầu' if span.edge == 'first' else 'giữa'}” hiểu theo Điều 146 Bộ luật Dân sự 2015: "
            f"{reading.due:%d/%m/%Y}; muốn khác, ghi `due`."
        )
    if span.unit == "week" and reading.due is not None and reading.start is not None:
        notes.append(f"“tuần” hiểu là các ngày {reading.start:%d/%m} đến {reading.due:%d/%m}; muốn khác, ghi `due`.")
    if span.unit in ("school", "term"):
        notes.append("Năm học hiểu là 01/9 đến 31/5, học kỳ I đến 17/01; khung năm học khác thì ghi `starts`, `due`.")
    if span.count > 1 and span.unit in ("month", "quarter") and context.read_as is None and reading.kind == "window":
        notes.append("Hiểu là một khoảng liền nhau, một hạn; muốn mỗi tháng/quý một hạn, ghi `read_as: each`.")
    return reading.with_warning(*notes)
