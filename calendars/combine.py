"""Rows of items -> readings: what "thường xuyên" + "năm 2022", or "6 tháng, năm" + two dates, mean together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from calendars.dated import read_dated, resolve
from calendars.drafts import (
    Draft,
    as_label,
    daily,
    dashed,
    has_year,
    inside,
    is_day,
    label_freq,
    may_touch,
    month_label,
    named_months,
    one_list,
    own_issue,
    refuse_leftovers,
    yearless_days,
)
from calendars.items import (
    EndOf,
    Freq,
    ImpossibleDate,
    Item,
    Label,
    Marker,
    Outlook,
    Place,
    Separator,
    Span,
    Weekday,
    When,
    Within,
)
from calendars.reading import Context, Reading
from calendars.recurring import LABELS, Builder, Cycle, cycle_of, shifted
from calendars.rules import Rule, yearly
from calendars.wording import WEEKDAYS

YEARLY_REVIEW = (
    "Thường xuyên hằng năm: hiểu là thường xuyên, mỗi năm nhìn lại một lần (31/12); "
    "muốn mỗi năm một hạn, ghi `read_as: yearly`."
)
UNSPECIFIED = "Định kỳ nhưng không in kỳ: hãy ghi `calendar` hoặc `due`."
WHOLE_YEAR = (
    "Cả kỳ: hiểu là việc làm suốt kỳ, kết quả cuối cùng vào ngày cuối kỳ; muốn chỉ là một hạn, ghi `read_as: window`."
)
NO_OFFSET = "Chưa biết bao nhiêu ngày sau sự kiện: hãy ghi `waits_for` và `due: n working days after`."


_COUNTED_AFTER = re.compile(r"^(.+\D)\s(\d{1,3}) (ngày làm việc|ngày|tuần|tháng)$", re.IGNORECASE)


class Combiner:
    """Feeds items into drafts and settles each draft into readings."""

    def __init__(self, phrase: str, context: Context) -> None:
        self.phrase, self.context = phrase, context
        self.readings: list[Reading] = []
        self.draft = Draft()
        self.joiner = ""
        self.colon = False

    def close(self) -> None:
        """A strong boundary: the draft is finished."""
        if not self.draft.empty or self.draft.flags:
            self.readings += self._settle(self.draft)
        self.draft, self.joiner = Draft(), ""

    def add(self, items: Sequence[Item]) -> None:
        before: Item | None = None
        for item in items:
            if isinstance(item, Separator):
                self.joiner = item.type
                continue
            if before is not None and not may_touch(before, item, self.joiner):
                raise ImpossibleDate("hai thời hạn đứng liền nhau không có dấu phẩy hay “và”")
            self._take(item)
            self.joiner, before = "", item

    # -- one item -------------------------------------------------------------------------------------------------

    def _take(self, item: Item) -> None:
        draft = self.draft
        match item:
            case Marker():
                self._take_marker(item)
            case Label(unit):
                self._take_label(unit)
            case Freq():
                self._take_freq(item)
            case When():
                self._take_when(item)
            case Weekday():
                draft.weekdays.append(item)
            case EndOf():
                draft.ends.append(item)
            case Within():
                self._take_within(item)
            case Outlook():
                draft.outlooks.append(item)
            case _:
                raise ImpossibleDate("cụm từ này")

    def _take_marker(self, item: Marker) -> None:
        match item.type:
            case "CONT":
                if not self.draft.empty and not self.draft.continuous and not self._joins_continuous():
                    self.close()
                self.draft.continuous = True
            case "DINH_KY":
                if self.draft.continuous or (self.joiner and not self.draft.empty):
                    self.close()
                self.draft.regular = True
            case "TU_NAY":
                if self.draft.whens and not self.draft.freqs and not self.draft.continuous:
                    self.close()
                self.draft.from_now = True
            case "NEXT_YEARS":
                self._take_next_years(item.value == "tiếp theo")
            case "FREE" | "ONDEMAND":
                self._take_free(item)
            case "TRO_DI":
                if not any(w.bound == "from" for _, w in self.draft.whens) and not self.draft.from_now:
                    raise ImpossibleDate("“trở đi” thiếu “từ”")
            case _:
                self.draft.flags.append(item.type)

    def _joins_continuous(self) -> bool:
        draft = self.draft
        if draft.labels or draft.ends or draft.withins or draft.regular:
            return False
        loose = all(w.bound in (None, "in", "from", "until") for _, w in draft.whens)
        return loose and self.joiner in ("", "COMMA", "PAREN", "DASH", "COLON")

    def _take_label(self, unit: str) -> None:
        draft = self.draft
        if draft.whens and all(as_label(w) for _, w in draft.whens) and not draft.freqs:
            draft.labels += [as_label(w) for _, w in draft.whens]
            draft.whens.clear()
        if draft.dated or draft.continuous:
            self.close()
            draft = self.draft
        draft.labels.append(unit)

    def _take_freq(self, item: Freq) -> None:
        draft = self.draft
        aside = self.joiner in ("VA", "HOAC") and all(w.bound in (None, "in") for _, w in draft.whens)
        if draft.whens and aside and not draft.freqs and all(has_year(s) for _, w in draft.whens for s in w.spans):
            self.close()
            draft = self.draft
        if item in draft.freqs:
            return
        if draft.labels and draft.dated and label_freq(draft.labels[-1]) in (item, None):
            draft.freqs.append(item)
            return
        if draft.labels and draft.dated and item == Freq("year"):
            draft.freqs.append(item)
            return
        if draft.freqs and draft.dated:
            trailing = draft.whens[draft.since_freq :]
            draft.whens = draft.whens[: draft.since_freq]
            if not draft.whens and trailing and len(draft.freqs) == 1 and item.unit == draft.freqs[0].unit:
                draft.whens, draft.freqs = trailing, [item if item.times > 1 else draft.freqs[0]]
                return
            self.close()
            self.draft.whens = trailing
        self.draft.freqs.append(item)
        self.draft.since_freq = len(self.draft.whens)

    def _take_when(self, item: When) -> None:
        draft = self.draft
        if self._takes_cutoff(item):
            return
        if self._joins_range(item) or self._narrows(item):
            return
        item = self._next_place(item)
        draft = self.draft
        label = as_label(item)
        if label == "year" and draft.labels and draft.dated and self.joiner in ("VA", "COMMA", "HOAC"):
            self.close()
            self.draft.labels.append(label)
            return
        if label and draft.labels and not draft.dated and self.joiner in ("COMMA", "VA", "HOAC", "PAREN", "DASH"):
            draft.labels.append(label)
            return
        if (
            self.joiner == "COLON"
            and draft.whens
            and not draft.labels
            and not draft.freqs
            and all(as_label(w) or month_label(w) for _, w in draft.whens)
        ):
            draft.labels += [as_label(w) or month_label(w) for _, w in draft.whens]
            draft.whens.clear()
        aside = (
            self.joiner in ("VA", "HOAC")
            and item.bound in (None, "in")
            and bool(item.spans)
            and all(has_year(s) for s in item.spans)
        )
        if (draft.freqs and aside) or (draft.labels and draft.dated and self.joiner == "COLON"):
            self.close()
            draft = self.draft
        elif (
            (draft.whens and item.bound == "from" and self.joiner in ("VA", "HOAC") and not draft.freqs)
            or (draft.continuous and item.bound in ("before", "by") and self.joiner)
            or (
                draft.whens
                and not draft.freqs
                and not draft.labels
                and not one_list(draft.whens[-1][1], item, self.joiner)
            )
        ):
            self.close()
        self.draft.whens.append((self.joiner, item))

    def _joins_range(self, item: When) -> bool:
        """ "từ ngày 01 đến ngày 15 tháng 6": the first day takes the month of the last."""
        if not self.draft.whens or item.bound not in ("until", "before") or len(item.spans) != 1:
            return False
        joiner, begun = self.draft.whens[-1]
        last, first = item.spans[0], begun.spans[0] if len(begun.spans) == 1 else None
        if (
            begun.bound != "from"
            or not isinstance(first, Place)
            or first.period
            or not isinstance(last, Span)
            or last.unit != "day"
        ):
            return False
        mark = replace(last.last, day=first.day)
        if mark.day > last.last.day:
            raise ImpossibleDate("khoảng ngày đi lùi")
        self.draft.whens[-1] = (joiner, replace(begun, spans=(Span("day", mark, mark),)))
        self.draft.whens.append((self.joiner, item))
        return True

    def _narrows(self, item: When) -> bool:
        """ "Tháng 11 hằng năm (trước ngày 25/11)": the bracket gives the day inside the printed window."""
        draft = self.draft
        if self.joiner != "PAREN" or not draft.freqs or len(draft.whens) != 1 or len(item.spans) != 1:
            return False
        if not draft.whens[0][1].spans:
            return False
        window, day = draft.whens[0][1].spans[0], item.spans[0]
        if not (isinstance(window, Span) and isinstance(day, Span)) or window.has_year or day.has_year:
            return False
        inside = (
            day.unit == "day" and window.unit != "day" and window.first.month <= day.last.month <= window.last.month
        )
        if not inside or item.bound not in ("before", "by", None):
            raise ImpossibleDate("phần trong ngoặc không khớp với phần ngoài ngoặc")
        draft.whens[0] = ("", item)
        return True

    def _next_place(self, item: When) -> When:
        """ "Trước ngày 20 hàng tháng, ngày 20 tháng cuối quý": another kind of period begins another rule."""
        draft = self.draft
        if not draft.whens or self.joiner not in ("COMMA", "VA") or not item.spans:
            return item
        before, span = draft.whens[-1][1].spans, item.spans[0]
        implied = before[0].period if before and isinstance(before[0], Place) else ""
        unit = draft.freqs[-1].unit if draft.freqs else implied
        if isinstance(span, Place):
            other = unit != "" and span.period not in ("", unit)
        else:
            other = not span.has_year and unit in ("month", "week", "quarter")
        if not other:
            return item
        bound = draft.whens[-1][1].bound
        self.close()
        return replace(item, bound=bound) if item.bound is None and bound in ("before", "by") else item

    def _takes_cutoff(self, item: When) -> bool:
        """ "… (tính từ 15/12 năm trước đến 14/12)": the data period printed beside a deadline."""
        draft = self.draft
        span = item.spans[0] if item.spans else None
        if not isinstance(span, Span) or span.unit != "day":
            return False
        if draft.cutting and item.bound == "until":
            draft.cutting, draft.cutoff = False, f"{span.last.day:02d}/{span.last.month:02d}"
            return True
        starts = (
            item.bound == "from"
            and self.joiner in ("PAREN", "COMMA")
            and draft.whens
            and draft.whens[-1][1].bound in ("by", "before")
        )
        draft.cutting = bool(starts)
        return bool(starts)

    def _take_within(self, item: Within) -> None:
        if item.anchor is None and self.draft.empty and self.readings and self.readings[-1].kind == "event":
            event = self.readings.pop()
            self.readings.append(replace(event, offset=item.n, offset_unit=item.unit, warnings=()))
            return
        if not self.draft.empty and not self.draft.regular:
            self.close()
        self.draft.withins.append(item)

    def _take_next_years(self, loose: bool) -> None:
        self.close()
        known = [r.due for r in self.readings if r.due is not None]
        if known:
            multi = self.readings[-1].count > 1 or self.readings[-1].period == "range"
            if loose and multi:
                start = known[-1] + timedelta(days=1)
                self.readings.append(Reading(self.phrase, "continuous", start=start, days=self.context.working_days))
                return
            rule = Rule((yearly(),), first=known[-1].replace(year=known[-1].year + 1, month=1, day=1))
            self.readings.append(
                Reading(self.phrase, "recurring", start=rule.first, rule=rule, days=self.context.working_days)
            )
        elif not (self.readings and self.readings[-1].kind == "open_start"):
            raise ImpossibleDate("“các năm tiếp theo” sau năm nào?")

    def _take_free(self, item: Marker) -> None:
        kind = item.value[0]
        note = kind == "external_reference" and not self.draft.empty and self.joiner in ("", "PAREN")
        if note and (self.draft.dated or self.draft.freqs or self.draft.continuous):
            return
        if self.draft.regular and not self.draft.dated and not self.draft.freqs and not self.draft.labels:
            self.draft.regular = False
        if self.draft.labels and not self.draft.dated and kind == "external_reference":
            self.draft = Draft()
        pending = [w for w in self.draft.withins if w.anchor is None]
        self.close()
        if pending and kind == "event" and self.readings:
            self.readings.pop()
        self.readings.append(self._free(item.text, kind, pending[0] if pending else None))

    def _free(self, text: str, kind: str, within: Within | None = None) -> Reading:
        anchor = text.strip(" ,.()")
        counted = _COUNTED_AFTER.match(anchor) if kind == "event" and within is None else None
        if counted is not None:
            sign = -1 if anchor.lower().startswith("trước") else 1
            unit = {"ngày làm việc": "workday", "ngày": "day", "tuần": "week", "tháng": "month"}[counted[3].lower()]
            anchor, within = counted[1].strip(), Within(int(counted[2]), unit, sign, None, None)
        reading = Reading(self.phrase, kind, anchor=anchor, days=self.context.working_days)
        if kind != "event":
            return reading
        if own_issue(anchor):
            reading = replace(reading, start=self.context.issued_on)
        if within is not None:
            return replace(reading, offset=within.n * within.sign, offset_unit=within.unit)
        return reading.with_warning(NO_OFFSET)

    # -- settling -------------------------------------------------------------------------------------------------

    def _settle(self, draft: Draft) -> list[Reading]:
        readings = self._settled(draft)
        notes = [FLAGS[flag] for flag in draft.flags if flag in FLAGS]
        notes += [f"Định hướng đến năm {o.span.last.year} không phải hạn, không đôn đốc." for o in draft.outlooks]
        if draft.cutoff is not None:
            readings = [replace(r, cutoff=draft.cutoff) for r in readings]
        return [r.with_warning(*notes) for r in readings]

    def _settled(self, draft: Draft) -> list[Reading]:
        refuse_leftovers(draft)
        if (
            draft.weekdays
            and draft.whens
            and not (draft.freqs or draft.labels or draft.regular)
            and all(has_year(s) or True for _, w in draft.whens for s in w.spans)
        ):
            return self._checked_weekday(draft)
        if draft.withins:
            return [self._settle_within(w) for w in draft.withins]
        if draft.continuous:
            return [self._settle_continuous(draft)]
        yearless = any(not has_year(s) for _, w in draft.whens for s in w.spans)
        if yearless_days(draft):
            draft.flags.append("EACH_YEAR")
            return [self._settle_recurring(draft)]
        one_off = draft.labels and draft.whens and not draft.freqs and not yearless and not draft.from_now
        if one_off or (
            draft.whens
            and not (draft.freqs or draft.labels or draft.ends or draft.weekdays or draft.regular or inside(draft))
        ):
            return self._settle_dated(draft)
        if draft.from_now and not draft.freqs:
            return [
                Reading(
                    self.phrase,
                    "open_start",
                    start=self.context.issued_on or self.context.valid_from,
                    period="issue",
                    days=self.context.working_days,
                )
            ]
        if draft.freqs or draft.labels or draft.ends or draft.weekdays or inside(draft) or draft.regular:
            return [self._settle_recurring(draft)]
        raise ImpossibleDate("chưa thấy thời hạn")

    def _checked_weekday(self, draft: Draft) -> list[Reading]:
        """ "14/12/2026 (thứ Hai)": the printed weekday must be the day's own."""
        weekday, draft.weekdays = draft.weekdays[-1], []
        readings = self._settled(draft)
        due = readings[-1].due
        if due is not None and due.weekday() != weekday.day:
            raise ImpossibleDate(f"ngày {due:%d/%m/%Y} không phải {WEEKDAYS[weekday.day]}")
        return readings

    def _settle_within(self, within: Within) -> Reading:
        blank = Reading(self.phrase, "event", days=self.context.working_days)
        count = within.n * within.sign
        if isinstance(within.anchor, EndOf):
            end = EndOf(
                within.anchor.unit, "before" if within.sign < 0 else "after", within.n, within.unit == "workday"
            )
            if within.unit not in ("day", "workday"):
                raise ImpossibleDate("chỉ tính được số ngày sau khi kết thúc kỳ")
            return self._settle_recurring(Draft(ends=[end]))
        if isinstance(within.anchor, Span):
            found = resolve(None, within.anchor, self.context)
            base = found.last if within.sign > 0 else found.first
            if base is None:
                raise ImpossibleDate("mốc tính ngày thiếu năm")
            due = shifted(base, count, within.unit, self.context)
            return replace(blank, kind="fixed_due", start=base if within.sign > 0 else None, due=due, period="day")
        if within.anchor == "issue":
            issued = self.context.issued_on
            event = replace(blank, anchor="ngày ban hành kế hoạch", offset=count, offset_unit=within.unit, start=issued)
            return event if issued is None else replace(event, due=shifted(issued, count, within.unit, self.context))
        if within.anchor is None:
            raise ImpossibleDate(f"{within.n} ngày kể từ mốc nào?")
        text = within.anchor
        event = replace(blank, anchor=text.strip(" ,."), offset=count, offset_unit=within.unit)
        if own_issue(text) and self.context.issued_on is not None:
            issued = self.context.issued_on
            return replace(event, start=issued, due=shifted(issued, count, within.unit, self.context))
        return event

    def _settle_continuous(self, draft: Draft) -> Reading:
        context = self.context
        start, due = context.issued_on or context.valid_from, None
        if draft.from_now:
            start = context.issued_on
        notes: list[str] = []
        dated = [(j, w) for j, w in draft.whens if w.spans]
        if dated:
            found = read_dated(dated, self.phrase, replace(context, read_as=None))
            if len(found) > 1:
                raise ImpossibleDate("việc thường xuyên mà có nhiều thời hạn: hãy tách thành nhiều câu")
            start = found[0].start or (None if found[0].kind == "until" and start is None else start)
            due = found[-1].due
            if start is not None and due is not None and due < start:
                start = None
            notes = [w for r in found for w in r.warnings]
        rule = None
        cycles = [c for c in (cycle_of(f, context) for f in draft.freqs) if c not in ("day", "workday")]
        if cycles:
            builder = Builder(context)
            rule = builder.rule(cycles, [], [], [], labelled=False)
            notes.append(YEARLY_REVIEW if draft.freqs[0].unit == "year" else "Thường xuyên, có nhìn lại theo kỳ.")
            if rule is not None and (due is not None):
                rule = replace(rule, first=start, last=due)
        reading = Reading(
            self.phrase,
            "continuous",
            start,
            due,
            rule=rule,
            warnings=tuple(dict.fromkeys(notes)),
            days=context.working_days,
        )
        return _read_as(reading, context)

    def _settle_dated(self, draft: Draft) -> list[Reading]:
        whens = draft.whens
        if not any(w.spans for _, w in whens):
            raise ImpossibleDate("có giờ mà không có ngày")
        readings = read_dated([(j, w) for j, w in whens if w.spans], self.phrase, self.context)
        if draft.from_now:
            start = self.context.issued_on or self.context.valid_from
            if not readings or readings[0].due is None:
                raise ImpossibleDate("“từ nay” đến bao giờ?")
            start = start if start is None or start <= readings[0].due else None
            first = replace(readings[0], kind="window", start=start, count=2, period="range")
            note = () if start else ("“Từ nay” tính từ ngày ban hành kế hoạch, chưa điền; hạn cuối vẫn tính được.",)
            readings[0] = first.with_warning(*note)
        if draft.labels and len(readings) > 1:
            readings = [replace(r, period="day") for r in readings]
        warned = [r.with_warning(WHOLE_YEAR) if r.kind == "continuous" else r for r in readings]
        return [_read_as(reading, self.context) for reading in warned]

    def _settle_recurring(self, draft: Draft) -> Reading:
        context = self.context
        blank = Reading(self.phrase, "recurring", days=context.working_days)
        whens = [w for _, w in draft.whens]
        labels = list(draft.labels)
        if draft.regular and whens and not draft.freqs and all(as_label(w) for w in whens):
            labels += [as_label(w) for w in whens]
            whens = []
        if draft.regular and not (labels or draft.freqs or whens or draft.ends or draft.weekdays):
            return blank.with_warning(UNSPECIFIED)
        cycles = self._cycles(draft, labels)
        builder = Builder(context)
        for joiner, when in draft.whens:
            if not when.spans and when.clock is None:
                raise ImpossibleDate("cụm từ này")
            if (
                joiner == "DASH"
                and when.bound is None
                and len(draft.whens) > 1
                and not any(isinstance(s, Place) for s in when.spans)
            ):
                whens = dashed(draft.whens)
        rule = builder.rule(cycles, [w for w in whens if w.spans], draft.ends, draft.weekdays, labelled=bool(labels))
        if draft.from_now and rule is not None and rule.first is None:
            rule = replace(rule, first=context.issued_on or context.valid_from)
        clocks = [w.clock for w in whens if w.clock] + [w.clock for w in draft.weekdays if w.clock]
        if len(clocks) > 1:
            builder.notes.append(
                "Nhiều giờ trong ngày: " + ", ".join(f"{c:%H:%M}" for c in clocks) + "; tính theo giờ cuối."
            )
        timed = [w for w in whens if w.clock is not None]
        if timed and not daily(rule) and any(not w.spans or not all(is_day(s) for s in w.spans) for w in timed):
            raise ImpossibleDate("có giờ mà không có ngày")
        start = rule.first if rule else None
        reading = replace(blank, rule=rule, start=start, due_time=max(clocks) if clocks else None)
        return _read_as(reading.with_warning(*dict.fromkeys(builder.notes)), context)

    def _cycles(self, draft: Draft, labels: list[str]) -> list[Cycle | str]:
        cycles: list[Cycle | str] = []
        for unit in labels:
            cycles.append(named_months(unit) if unit.startswith("months_") else LABELS.get(unit, unit))
        for freq in draft.freqs:
            if labels and (draft.dated or freq == Freq("period")):
                if freq.unit != "year" and label_freq(labels[-1]) != freq:
                    raise ImpossibleDate("tên kỳ và định kỳ không khớp nhau")
                continue
            cycle = cycle_of(freq, self.context)
            if cycle not in cycles:
                cycles.append(cycle)
        # Beside a yearly report, "6 tháng" is the first half only: the year's report covers the second.
        if any(isinstance(c, Cycle) and (c.step, c.span) == (12, 12) for c in cycles):
            cycles = [
                LABELS["first_half"] if isinstance(c, Cycle) and (c.step, c.span) == (6, 6) else c for c in cycles
            ]
        return cycles


FLAGS = {
    "EACH_YEAR": "Nhiều ngày, không in năm: hiểu là hằng năm; muốn chỉ một năm, ghi `due`.",
    "SOFT": "“Phấn đấu”: thiếu thì hiện, không đôn đốc.",
    "ABOUT": "Thời gian in là dự kiến.",
    "ATLEAST": "Số lần là tối thiểu: hiểu là chia đều trong kỳ.",
}


def _read_as(reading: Reading, context: Context) -> Reading:
    """Apply the admin's `read_as`."""
    wanted = context.read_as
    if wanted in (None, "each"):
        return reading
    first, last = reading.start, reading.due
    if wanted == "continuous":
        return replace(reading, kind="continuous", rule=None, warnings=())
    if wanted == "continuous_yearly":
        return replace(reading, kind="continuous", rule=Rule((yearly(),), first, last), warnings=())
    if wanted == "yearly":
        if reading.kind == "recurring":
            return reading
        return replace(reading, kind="recurring", rule=Rule((yearly(),), first, last), due=None, warnings=())
    if reading.kind == "continuous" and last is not None:
        return replace(reading, kind="window", rule=None, warnings=())
    return reading
