"""The tree of `phrases.lark` -> items, refusing what no calendar has."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import Any

from lark import Token, Transformer

from calendars.items import (
    EndOf,
    Freq,
    ImpossibleDate,
    Item,
    Label,
    Mark,
    Marker,
    Outlook,
    Place,
    Separator,
    Span,
    Weekday,
    When,
    Within,
    check_day,
    each_unit,
    grouped,
    months_span,
    spread_years,
    whole_month,
)
from calendars.tokens import Word

UNIT = {
    "NAM": "year",
    "QUY": "quarter",
    "THANG": "month",
    "TUAN": "week",
    "NGAY": "day",
    "HOC_KY": "term",
    "NAM_HOC": "school",
    "WDAY": "workday",
    "KY": "period",
    "QUY_SAU": "quarter",
    "KY_SAU": "period",
    "THANG_SAU": "month",
    "NAM_SAU": "year",
}
HALVES = {("first", 6): (1, 6), ("last", 6): (7, 12), ("first", 9): (1, 9), ("first", 3): (1, 3), ("last", 3): (10, 12)}


def _word(token: Token) -> Word:
    word: Word = token.value
    return word


def clock_of(text: str) -> time | None:
    """17 giờ 00, 17h30, 9:00; 24 giờ is the end of the day: None."""
    digits = "".join(c if c.isdigit() else " " for c in text).split()
    hour, minute = int(digits[0]), int(digits[1]) if len(digits) > 1 else 0
    if hour == 24 and minute == 0:
        return None
    if hour > 23 or minute > 59:
        raise ImpossibleDate(f"giờ “{text}” không có")
    return time(hour, minute)


def _split_date(word: Word) -> tuple[int, int | None, int | None]:
    """(day, month, year) of a NUM, DM or DMY terminal."""
    if word.type == "NUM":
        return int(str(word.value)), None, None
    numbers = [int(n) for n in "".join(c if c.isdigit() else " " for c in str(word.value)).split()]
    if len(numbers) == 2:
        return numbers[0], numbers[1], None
    if numbers[0] > 31:
        numbers.reverse()
    year = numbers[2] + 2000 if numbers[2] < 100 else numbers[2]
    if not 1950 < year < 2100:
        raise ImpossibleDate(f"năm {year} nằm ngoài lịch")
    return numbers[0], numbers[1], year


class Build(Transformer[Token, list[Item]]):
    """Turns the tree of `phrases.lark` into items."""

    def start(self, parts: list[Any]) -> list[Item]:
        return list(parts)

    # -- units ----------------------------------------------------------------------------------------------------

    def listed(self, parts: list[Any]) -> str:
        return "LIST"

    def spanned(self, parts: list[Any]) -> str:
        return "SPAN"

    def year(self, parts: list[Token]) -> tuple[int | None, int]:
        last = parts[-1]
        if last.type == "YEAR":
            return int(str(_word(last).value)), 0
        return None, {"NAM_SAU": 1, "NAM_TRUOC": -1}.get(last.type, 0)

    def month(self, parts: list[Token]) -> Span:
        word = _word(parts[0])
        if word.type == "MY":
            month, year = (int(n) for n in str(word.value).split("/"))
        else:
            month, year = int(str(word.value)), 0
        check_day(1, month, None)
        _check_year(year)
        return whole_month(year or None, month)

    def quarter(self, parts: list[Token]) -> Span:
        word, year = _word(parts[0]), None
        if word.type == "MY":
            number, year = (int(n) for n in str(word.value).split("/"))
            _check_year(year)
        else:
            number = int(str(word.value))
        if len(parts) == 3:
            year = int(str(_word(parts[2]).value))
        if not 1 <= number <= 4:
            raise ImpossibleDate(f"quý {number} không có")
        return months_span("quarter", year, number * 3 - 2, number * 3)

    def months(self, parts: list[Any]) -> tuple[Span, ...]:
        return self._units(parts)

    def bare_months(self, parts: list[Any]) -> tuple[Span, ...]:
        spans = [self.month([p]) for p in parts if isinstance(p, Token)]
        return grouped(spans, [p for p in parts if p in ("LIST", "SPAN")])

    def quarters(self, parts: list[Any]) -> tuple[Span, ...]:
        return self._units(parts)

    def _units(self, parts: list[Any]) -> tuple[Span, ...]:
        spans = [p for p in parts if isinstance(p, Span)]
        steps = [p for p in parts if isinstance(p, str) and p in ("LIST", "SPAN")]
        year, shift = next((p for p in parts if isinstance(p, tuple)), (None, 0))
        found = grouped(spread_years(spans, year, steps), steps)
        return tuple(replace(s, year_shift=shift) for s in found) if shift else found

    def years(self, parts: list[Any]) -> tuple[Span, ...]:
        numbers = [int(str(_word(p).value)) for p in parts if isinstance(p, Token) and p.type == "YEAR"]
        steps = [p for p in parts if p in ("LIST", "SPAN")]
        for step, one, two in zip(steps, numbers, numbers[1:], strict=False):
            if step == "SPAN" and two <= one:
                raise ImpossibleDate(f"khoảng năm {one}-{two} đi lùi")
        return grouped([months_span("year", n, 1, 12) for n in numbers], steps)

    def half(self, parts: list[Any]) -> tuple[Span, ...]:
        if isinstance(parts[-1], tuple) and parts[-1] and isinstance(parts[-1][0], Span):  # nửa đầu tháng 6
            return tuple(_half_of(span, _word(parts[1]).value) for span in parts[-1])
        number = int(str(_word(parts[0]).value))
        edge = next((str(_word(p).value) for p in parts if isinstance(p, Token) and p.type == "EDGE"), "first")
        year, shift = next((p for p in parts if isinstance(p, tuple)), (None, 0))
        if (edge, number) in HALVES:
            first, last = HALVES[edge, number]
        elif edge == "first" and 1 <= number <= 12:
            first, last = 1, number
        elif edge == "last" and 1 <= number <= 12:
            first, last = 13 - number, 12
        else:
            raise ImpossibleDate(f"“{number} tháng” của một năm không rõ")
        unit = {6: "half", 9: "nine", 3: "quarter", 12: "year"}.get(number, "month")
        return (replace(months_span(unit, year, first, last), year_shift=shift),)

    def half_of_year(self, parts: list[Token]) -> tuple[Span, ...]:
        return (_half_of(months_span("year", None, 1, 12), _word(parts[1]).value),)

    def whole(self, parts: list[Token]) -> tuple[Span, ...]:
        year = next((int(str(_word(p).value)) for p in parts if p.type == "YEAR"), None)
        unit = "plan_year" if parts[0].type == "CA" else "year"
        return (months_span(unit, year, 1, 12),)

    def when_year(self, parts: list[Token]) -> When:
        bound = str(_word(parts[0]).value)
        if bound not in ("in", "until", "by"):
            raise ImpossibleDate(f"“{_word(parts[0]).text} năm” thiếu năm nào")
        return When(bound, None, (months_span("year", None, 1, 12),))

    def stage(self, parts: list[Any]) -> tuple[Span, ...]:
        years = [int(str(_word(p).value)) for p in parts if isinstance(p, Token) and p.type == "YEAR"]
        whole = "plan_year" if isinstance(parts[0], Token) and parts[0].type == "CA" else "stage"
        if not years:
            return (Span("plan" if whole == "stage" else "whole_plan", Mark(None, 1, 1), Mark(None, 12, -1)),)
        if years[1] <= years[0]:
            raise ImpossibleDate(f"giai đoạn {years[0]}-{years[1]} đi lùi")
        return (Span(whole, Mark(years[0], 1, 1), Mark(years[1], 12, -1), years[1] - years[0] + 1),)

    def school(self, parts: list[Any]) -> tuple[Span, ...]:
        """School year: 01/9 to 31/5 (docs/phrases.md)."""
        years = _school_years(parts)
        return (Span("school", Mark(years[0], 9, 1), Mark(years[1], 5, 31)),)

    def term(self, parts: list[Any]) -> tuple[Span, ...]:
        """Term I: 01/9 to 17/01; term II: 18/01 to 31/5 (the ministry's yearly frame: "trước ngày 18/01")."""
        years = _school_years(parts)
        number = int(str(_word(parts[1]).value))
        if number == 1:
            return (Span("term", Mark(years[0], 9, 1), Mark(years[1], 1, 17)),)
        if number == 2:
            return (Span("term", Mark(years[1], 1, 18), Mark(years[1], 5, 31)),)
        raise ImpossibleDate(f"học kỳ {number} không có")

    # -- days -----------------------------------------------------------------------------------------------------

    def day(self, parts: list[Token]) -> tuple[str, int, int | None, int | None]:
        return ("day", *_split_date(_word(parts[0])))

    def days(self, parts: list[Any]) -> tuple[Span | Place, ...]:
        dates = [list(p[1:]) for p in parts if isinstance(p, tuple) and p and p[0] == "day"]
        if len(parts) == 1 and isinstance(parts[0], Token):
            check_day(int(str(_word(parts[0]).value)), None, None)
            return (Place(int(str(_word(parts[0]).value)), edge="lone"),)
        if isinstance(parts[0], Token) and parts[0].type == "NUM":
            dates.insert(0, [int(str(_word(parts[0]).value)), None, None])
        steps = [p for p in parts if isinstance(p, str) and p in ("LIST", "SPAN")]
        months = next((p for p in parts if isinstance(p, tuple) and p and isinstance(p[0], Span)), ())
        year, shift = next(
            (p for p in parts if isinstance(p, tuple) and len(p) == 2 and not isinstance(p[0], Span)), (None, 0)
        )
        if year is not None and any(own is not None for _, _, own in dates):
            raise ImpossibleDate("năm in hai lần")
        _spread_dates(dates, year, steps)
        if months:
            return _days_of_months(dates, steps, months)
        if all(month is None for _, month, _ in dates):
            return _month_days([d[0] for d in dates], steps)
        spans: list[Span] = []
        for number, month, of_year in dates:
            if month is None:
                raise ImpossibleDate(f"ngày {number} thiếu tháng")
            check_day(number, month, of_year)
            mark = Mark(of_year, month, number)
            spans.append(Span("day", mark, mark, year_shift=shift))
        return grouped(spans, steps)

    # -- places ---------------------------------------------------------------------------------------------------

    def edge(self, parts: list[Any]) -> tuple[Span, ...]:
        where = str(_word(parts[0]).value)
        return tuple(edge_of(span, where) for span in parts[1])

    def edge_of_each(self, parts: list[Any]) -> tuple[Span | Place, ...]:
        where, of = str(_word(parts[0]).value), parts[-1]
        if isinstance(of, Place):
            return (replace(of, day={"first": 1, "middle": 15, "last": -1}[where], edge=where),)
        unit = UNIT[of.type]
        if unit == "school":
            if where == "middle":
                raise ImpossibleDate("“giữa năm học” không rõ ngày nào")
            return (Place(1 if where == "first" else -1, 0 if where == "first" else 8, unit, edge=where),)
        if unit == "year" and len(parts) == 3:
            month, day = {"first": (0, 1), "middle": (5, 30), "last": (11, -1)}[where]
            return (Place(day, month, unit, edge=where),)
        if unit == "year":
            return (edge_of(months_span("year", None, 1, 12), where),)
        month = {"first": 0, "middle": 1, "last": -1}[where] if unit == "quarter" else {"last": -1}.get(where, 0)
        return (Place({"first": 1, "middle": 15, "last": -1}[where], month, unit, edge=where),)

    def inside(self, parts: list[Token]) -> Place:
        kind = parts[0].type
        return Place(0, 0, UNIT[kind], following=kind.endswith("_SAU"), edge="inside")

    def month_of(self, parts: list[Token]) -> Place:
        period = parts[-1].type
        return Place(0, _month_number(parts[1]), UNIT[period], following=period.endswith("_SAU"))

    def month_of_half(self, parts: list[Token]) -> Place:
        return Place(
            0,
            _month_number(parts[1]),
            {6: "half", 9: "nine", 3: "quarter"}.get(int(str(_word(parts[2]).value)), "period"),
        )

    def month_of_quarter(self, parts: list[Any]) -> tuple[Span, ...]:
        quarter = parts[2][-1]
        number = _month_number(parts[1])
        month = quarter.first.month + (number if number >= 0 else 3 + number)
        return (whole_month(quarter.last.year, month),)

    def place(self, parts: list[Any]) -> tuple[Span | Place, ...]:
        kind = parts[0].type
        context = parts[-1] if not isinstance(parts[-1], Token) and parts[-1] not in ("LIST", "SPAN") else None
        if isinstance(context, tuple) and context and context[0] == "day":
            context = None
        if kind == "NGAY":
            return self._days_inside(parts, context)
        return _placed(_day_words(kind, parts), context)

    def _days_inside(self, parts: list[Any], context: Any) -> tuple[Span | Place, ...]:
        dates = [list(p[1:]) for p in parts if isinstance(p, tuple) and p and p[0] == "day"]
        steps = [p for p in parts if isinstance(p, str) and p in ("LIST", "SPAN")]
        if any(month is not None for _, month, _ in dates):
            raise ImpossibleDate("ngày đã có tháng thì không đi với “của quý, của tháng”")
        days = [p for p in _month_days([d[0] for d in dates], steps) if isinstance(p, Place)]
        if isinstance(context, Place) and context.edge == "inside" and not context.following:
            if context.period == "year":
                raise ImpossibleDate("ngày này chưa rõ của tháng nào")
            if context.period in ("quarter", "period"):
                context = replace(context, month=-1)  # "ngày 25 của quý": the quarter's last month
        out: list[Span | Place] = []
        for one in days:
            out += _placed(one, context)
        return tuple(out)

    def first_days(self, parts: list[Any]) -> tuple[Span | Place, ...]:
        """ "05 ngày làm việc đầu tiên của tháng": up to the 5th; "5 ngày cuối tháng": up to the last."""
        number, last = int(str(_word(parts[0]).value)), _word(parts[2]).value == "last"
        working = parts[1].type == "WDAY"
        check_day(number, None, None)
        place = Place(-1 if last else number, working=working, open_day=None if working else -number if last else 1)
        return _placed(place, parts[3] if len(parts) > 3 else None)

    def place_next(self, parts: list[Token]) -> tuple[Place, ...]:
        return (Place(int(str(_word(parts[0]).value)), 0, "month", following=True),)

    def place_month(self, parts: list[Any]) -> tuple[Span | Place, ...]:
        if isinstance(parts[0], tuple):
            return parts[0]
        return (replace(parts[0], day=-1, open_day=1),)

    # -- items ----------------------------------------------------------------------------------------------------

    def when(self, parts: list[Any]) -> When:
        bound, clock = _bound_clock(parts)
        found = next((p for p in parts if isinstance(p, tuple)), ())
        lone = len(found) == 1 and isinstance(found[0], Place) and found[0].edge == "lone"
        if lone and bound is None:
            raise ImpossibleDate("một con số đứng riêng không rõ là ngày hay tháng")
        ranged = len(found) == 1 and isinstance(found[0], Span) and (found[0].count > 1 or _is_day_range(found[0]))
        if bound == "from" and ranged:
            bound = None  # "từ 2026 đến 2030", "từ 15/3 - 20/4/2026"
        return When(bound, clock, found)

    def weekday(self, parts: list[Token]) -> Weekday:
        bound, clock = _bound_clock(parts)
        return Weekday(int(str(_word(parts[-1]).value)), bound, clock)

    def unit(self, parts: list[Token]) -> str:
        return UNIT[parts[0].type]

    def freq(self, parts: list[Any]) -> Freq:
        return Freq(parts[-1])

    def freq_every(self, parts: list[Any]) -> Freq:
        every = next(int(str(_word(p).value)) for p in parts if isinstance(p, Token) and p.type in ("NUM", "EVERY"))
        counts = [int(str(_word(p).value)) for p in parts if isinstance(p, Token) and p.type == "COUNT"]
        unit = next(p for p in parts if isinstance(p, str) and not isinstance(p, Token))
        return Freq(unit, every, counts[0] if counts else 1)

    def freq_times(self, parts: list[Any]) -> Freq:
        times = next(int(str(_word(p).value)) for p in parts if isinstance(p, Token) and p.type == "COUNT")
        unit = next((p for p in parts if not isinstance(p, Token)), None)
        if unit is None:
            unit = next(UNIT[p.type] for p in parts if isinstance(p, Token) and p.type in UNIT)
        return Freq(unit, 1, times)

    def freq_in(self, parts: list[Any]) -> Freq:
        numbers = {
            p.type: int(str(_word(p).value)) for p in parts if isinstance(p, Token) and p.type in ("NUM", "COUNT")
        }
        return Freq(parts[-1], numbers["NUM"], numbers["COUNT"])

    def freq_once(self, parts: list[Any]) -> Freq:
        return Freq(parts[-1])

    def freq_end_of_term(self, parts: list[Token]) -> Freq:
        if _word(parts[0]).value != "last":
            raise ImpossibleDate("chỉ tính được “cuối mỗi học kỳ”")
        return Freq("term")

    def label_years(self, parts: list[Token]) -> Label:
        if _word(parts[0]).value != 1:
            raise ImpossibleDate(f"kỳ {_word(parts[0]).text} năm không rõ là kỳ nào")
        return Label("year")

    def label(self, parts: list[Token]) -> Label:
        return Label(UNIT[parts[0].type])

    def label_months(self, parts: list[Token]) -> Label:
        number = int(str(_word(parts[0]).value))
        if number not in (1, 3, 6, 9, 12):
            raise ImpossibleDate(f"kỳ {number} tháng không rõ là kỳ nào")
        return Label({1: "month", 3: "quarter", 6: "half", 9: "nine", 12: "year"}[number])

    def within(self, parts: list[Any]) -> Within:
        bound, _ = _bound_clock(parts)
        number = next(int(str(_word(p).value)) for p in parts if isinstance(p, Token) and p.type == "NUM")
        unit = next(
            p.type for p in parts if isinstance(p, Token) and p.type in ("NGAY", "WDAY", "TUAN", "THANG", "NAM")
        )
        relation = next((str(_word(p).value) for p in parts if isinstance(p, Token) and p.type == "REL"), "after")
        anchor: Span | str | EndOf | None = None
        for part in parts:
            if isinstance(part, tuple) and part and isinstance(part[-1], Span):
                anchor = part[-1]
            elif isinstance(part, Token) and part.type == "FREE":
                anchor = _word(part).text
                relation = "before" if _word(part).value[1] in ("TRUOC", "TRUOC_KHI") else relation  # type: ignore[index]
            elif isinstance(part, Token) and part.type == "PERIOD_END":
                anchor = EndOf(_period_unit(_word(part)))
            elif isinstance(part, Token) and part.type == "TU_NAY":
                anchor = "issue"
        return Within(number, UNIT[unit], -1 if relation == "before" else 1, anchor, bound)

    def end_of_period(self, parts: list[Token]) -> EndOf:
        bound, _ = _bound_clock(parts)
        number = next((int(str(_word(p).value)) for p in parts if p.type == "NUM"), 0)
        unit = _period_unit(next(_word(p) for p in parts if p.type == "PERIOD_END"))
        return EndOf(unit, bound, number, any(p.type == "WDAY" for p in parts))

    def outlook(self, parts: list[Any]) -> Outlook:
        return Outlook(parts[-1][-1])

    def marker(self, parts: list[Token]) -> Marker:
        word = _word(parts[0])
        return Marker(word.type, word.text, word.value)

    def separator(self, parts: list[Token]) -> Separator:
        return Separator(parts[0].type)


def _check_year(year: int | None) -> None:
    if year and not 1950 < year < 2100:
        raise ImpossibleDate(f"năm {year} nằm ngoài lịch")


def _school_years(parts: list[Any]) -> tuple[int | None, int | None]:
    years = [int(str(_word(p).value)) for p in parts if isinstance(p, Token) and p.type == "YEAR"]
    if not years:
        return None, None
    if years[1] != years[0] + 1:
        raise ImpossibleDate(f"năm học {years[0]}-{years[1]} không có")
    return years[0], years[1]


def _half_of(span: Span, where: object) -> Span:
    """nửa đầu / nửa cuối of a month, quarter or year."""
    if span.unit == "month":
        cut = Mark(span.last.year, span.last.month, 15 if where == "first" else 16)
        return replace(span, unit="day", last=cut) if where == "first" else replace(span, unit="day", first=cut)
    if span.unit == "year":
        return replace(months_span("half", span.last.year, *((1, 6) if where == "first" else (7, 12))))
    raise ImpossibleDate("“nửa” chỉ đi với tháng hoặc năm")


def edge_of(span: Span, where: str) -> Span:
    """Civil Code 2015 Art. 146: đầu = first day, giữa tháng = the 15th, giữa năm = 30/6, cuối = last day."""
    if where == "last":
        return replace(span, edge=where)
    if where == "first":
        return replace(span, last=span.first, edge=where)
    months = {"month": 0, "quarter": 1, "half": 2, "year": 5}.get(span.unit)
    if months is None or span.count > 1:
        raise ImpossibleDate("“giữa” chỉ đi với một tháng, quý hoặc năm")
    day = 15 if span.unit not in ("year", "half") else 31 if span.unit == "half" and span.first.month == 1 else 30
    return replace(span, last=Mark(span.first.year, span.first.month + months, day), edge=where)


def _spread_dates(dates: list[list[Any]], year: int | None, steps: list[str]) -> None:
    """Numbers before "20/12/2025" take its month and year; a year at the end belongs to all; ranges may wrap a year."""
    month: int | None = None
    for at, date in reversed(list(enumerate(dates))):
        if date[1] is not None and date[2] is None and year is not None and steps[at : at + 1] == ["SPAN"]:
            later = dates[at + 1]
            year = year - 1 if (date[1], date[0]) > (later[1], later[0]) else year
        month, date[1] = (date[1], date[1]) if date[1] is not None else (month, month)
        year, date[2] = (date[2], date[2]) if date[2] is not None else (year, year if date[1] is not None else None)


def _days_of_months(dates: list[list[Any]], steps: list[str], months: tuple[Span, ...]) -> tuple[Span, ...]:
    out: list[Span] = []
    for month in each_unit(months):
        marks: list[Span] = []
        for number, own, _ in dates:
            if own is not None:
                raise ImpossibleDate("ngày đã có tháng lại thêm tháng")
            check_day(number, month.last.month, month.last.year)
            mark = Mark(month.last.year, month.last.month, number)
            marks.append(Span("day", mark, mark, year_shift=month.year_shift))
        out += grouped(marks, steps)
    return tuple(out)


def _month_days(days: list[int], steps: list[str]) -> tuple[Place, ...]:
    for day in days:
        check_day(day, None, None)
    if steps == ["SPAN"]:
        return (Place(days[1], open_day=days[0]),)
    if "SPAN" in steps:
        raise ImpossibleDate("khoảng ngày trong tháng không rõ")
    return tuple(Place(day) for day in days)


def _month_number(token: Token) -> int:
    word = _word(token)
    if token.type == "EDGE":
        return {"first": 0, "middle": 1, "last": -1}[str(word.value)]
    number = int(str(word.value))
    if not 1 <= number <= 12:
        raise ImpossibleDate(f"tháng thứ {number} không có")
    return number - 1


def _day_words(kind: str, parts: list[Any]) -> Place:
    """ngày cuối cùng, ngày làm việc thứ n, tuần thứ n."""
    word = _word(parts[0] if kind == "EDAY" else parts[1])
    edge = str(word.value) if word.type in ("EDGE", "EDAY") else ""
    number = {"first": 1, "last": -1, "middle": 0}[edge] if edge else int(str(word.value))
    if kind == "EDAY":
        return Place(15 if edge == "middle" else number)
    if kind == "WDAY":
        if not edge and not 1 <= number <= 23:
            raise ImpossibleDate(f"ngày làm việc thứ {number} không có")
        if edge == "middle":
            raise ImpossibleDate("“ngày làm việc giữa” không rõ")
        return Place(number, working=True)
    if edge == "middle" or (not edge and not 1 <= number <= 5):
        raise ImpossibleDate(f"tuần {word.text} của tháng không rõ")
    if number == -1:
        return Place(-1, open_day=-7)
    return Place(-1 if number == 5 else 7 * number, open_day=7 * number - 6)


def _placed(place: Place, context: Any) -> tuple[Span | Place, ...]:
    """A day put inside its context: a kind of period (stays a Place) or printed months (becomes a Span)."""
    if context is None:
        return (place,)
    if isinstance(context, Place):
        month = context.month
        if (
            context.period in ("quarter", "year", "half", "period")
            and context.month == 0
            and place.day < 0
            and not context.following
        ):
            month = -1
        return (replace(place, month=month, period=context.period, following=context.following),)
    out: list[Span] = []
    for span in each_unit(context):
        mark = span.last if place.day < 0 else span.first
        last = Mark(mark.year, mark.month, place.day)
        first = last if place.open_day is None else replace(last, day=place.open_day)
        if place.working:
            out.append(Span("day", Mark(mark.year, mark.month, 1), Mark(mark.year, mark.month, -1), working=place.day))
        else:
            out.append(Span("week" if place.open_day else "day", first, last))
    return tuple(out)


def _bound_clock(parts: list[Any]) -> tuple[str | None, time | None]:
    bound = next((str(_word(p).value) for p in parts if isinstance(p, Token) and p.type == "BOUND"), None)
    clock = next((clock_of(str(_word(p).value)) for p in parts if isinstance(p, Token) and p.type == "TIME"), None)
    return bound, clock


def _is_day_range(span: Span) -> bool:
    return span.unit == "day" and span.first != span.last


def _period_unit(word: Word) -> str:
    value = str(word.value)
    if value.endswith("m"):
        return {"6": "half", "9": "nine", "3": "quarter", "1": "month"}.get(value[:-1], "period")
    return UNIT[value]
