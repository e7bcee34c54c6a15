"""One part of a phrase while its items are being gathered, and the questions asked about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from calendars.items import EndOf, Freq, ImpossibleDate, Item, Label, Outlook, Place, Span, Weekday, When, Within
from calendars.recurring import Cycle
from calendars.rules import Daily, Rule, Weekly


@dataclass
class Draft:
    """What has been gathered for one part so far."""

    regular: bool = False
    labels: list[str] = field(default_factory=list)
    freqs: list[Freq] = field(default_factory=list)
    whens: list[tuple[str, When]] = field(default_factory=list)
    ends: list[EndOf] = field(default_factory=list)
    withins: list[Within] = field(default_factory=list)
    weekdays: list[Weekday] = field(default_factory=list)
    outlooks: list[Outlook] = field(default_factory=list)
    continuous: bool = False
    from_now: bool = False
    flags: list[str] = field(default_factory=list)
    since_freq: int = 0
    cutting: bool = False
    cutoff: str | None = None

    @property
    def dated(self) -> bool:
        return bool(self.whens or self.ends or self.withins or self.weekdays)

    @property
    def empty(self) -> bool:
        return not (self.dated or self.labels or self.freqs or self.continuous or self.from_now or self.regular)


def refuse_leftovers(draft: Draft) -> None:
    """Nothing that was said may be dropped: refuse parts that no reading uses together."""
    counted = bool(draft.withins)
    periodic = all(isinstance(w.anchor, EndOf) for w in draft.withins)
    beside = draft.whens or draft.labels or draft.weekdays or draft.ends
    wrong = counted and bool(beside or (draft.freqs and not periodic))
    endless = draft.continuous or (draft.from_now and not draft.freqs and not draft.labels)
    wrong |= endless and bool(draft.ends or draft.withins or draft.weekdays)
    wrong |= draft.continuous and bool(draft.labels or any(not w.spans for _, w in draft.whens))
    if wrong or (draft.from_now and draft.labels and not draft.whens):
        raise ImpossibleDate("các thời hạn đứng cạnh nhau không khớp nhau")


def may_touch(before: Item, item: Item, joiner: str) -> bool:
    """May two items stand side by side with nothing (or only a slash) between them?"""
    if joiner == "SLASH":
        return isinstance(item, Label)
    if joiner:
        return True
    match before, item:
        case (When(), When()):
            lone_year = not any(has_year(s) for s in before.spans) and len(item.spans) == 1
            return item.bound is not None or (lone_year and has_year(item.spans[0]))
        case (Freq(), Freq()) | (Freq() | Label() | When() | Within() | EndOf(), Label()):
            return False
        case (Label(), Freq()):
            return before.unit == item.unit
        case (Within() | EndOf(), Within() | EndOf() | When()) | (When(), Within() | EndOf()) | (Label(), Within()):
            return False
    return True


def one_list(before: When, item: When, joiner: str) -> bool:
    """May this `when` go on in the same part as the one before it?"""
    return joiner != "COLON"


def dashed(whens: Sequence[tuple[str, When]]) -> list[When]:
    """ "hằng năm 15/3 - 20/4": a dash between two dates is from … to …"""
    out: list[When] = []
    for joiner, when in whens:
        if joiner == "DASH" and out and out[-1].bound in (None, "in", "from") and when.bound in (None, "until"):
            out[-1] = replace(out[-1], bound="from")
            out.append(replace(when, bound="until"))
        else:
            out.append(when)
    return out


def has_year(span: Span | Place) -> bool:
    return isinstance(span, Span) and (span.has_year or span.unit in ("plan", "whole_plan", "plan_year"))


def yearless_days(draft: Draft) -> bool:
    """Several days without a year and without a frequency ("ngày 25 các tháng 3, 6, 9")."""
    if draft.freqs or draft.labels or draft.ends or draft.weekdays or draft.from_now:
        return False
    spans = [s for _, w in draft.whens for s in w.spans]
    ranged = any(w.bound in ("from", "until", "after") or j == "DASH" for j, w in draft.whens)
    return (
        len(spans) > 1 and not ranged and all(isinstance(s, Span) and s.unit == "day" and not s.has_year for s in spans)
    )


def inside(draft: Draft) -> bool:
    """True when a date is given by its place in a period of unsaid number ("ngày 25 tháng cuối quý")."""
    return any(isinstance(s, Place) for _, w in draft.whens for s in w.spans)


def as_label(when: When) -> str:
    """ "quý I", "6 tháng đầu năm" without a year or bound may name a report period; "" when it may not."""
    if when.bound is not None or when.clock is not None or len(when.spans) != 1:
        return ""
    span = when.spans[0]
    if not isinstance(span, Span) or span.has_year or span.count > 1 or span.edge or span.year_shift:
        return ""
    if span.unit == "quarter" and span.last.month - span.first.month == 2:
        return f"quarter_{span.last.month // 3}"
    if span.unit == "plan_year":
        return "year"
    if span.unit == "half":
        return "first_half" if span.first.month == 1 else "second_half"
    return "nine" if span.unit == "nine" else ""


def month_label(when: When) -> str:
    """ "báo cáo tháng 3:" or "tháng 1-2:" as a report's name."""
    span = when.spans[0] if len(when.spans) == 1 and when.bound is None and when.clock is None else None
    if isinstance(span, Span) and span.unit == "school" and not (span.has_year or span.edge):
        return "school"
    if (
        not isinstance(span, Span)
        or span.unit != "month"
        or span.has_year
        or span.edge
        or span.last.month < span.first.month
    ):
        return ""
    return f"months_{span.first.month - 1}_{span.last.month - span.first.month + 1}"


def named_months(unit: str) -> Cycle:
    phase, span = (int(n) for n in unit.split("_")[1:])
    return Cycle(12, phase, span)


def is_day(span: Span | Place) -> bool:
    return (span.open_day is None and not span.edge) if isinstance(span, Place) else span.unit == "day"


def daily(rule: Rule | None) -> bool:
    return rule is not None and all(isinstance(e, Daily | Weekly) for e in rule.entries)


def label_freq(unit: str) -> Freq | None:
    return {
        "week": Freq("week"),
        "month": Freq("month"),
        "quarter": Freq("quarter"),
        "year": Freq("year"),
        "half": Freq("month", 6),
    }.get(unit)


def own_issue(text: str) -> bool:
    """Is the event the plan's own issue ("ngay sau khi Kế hoạch được ban hành")?"""
    lowered = text.lower().strip(" .,")
    own = (
        "sau khi ban hành",
        "ngay sau khi ban hành",
        "kể từ ngày ban hành",
        "kể từ ngày ký",
        "từ ngày ký",
        "từ khi ban hành",
    )
    mine = "kế hoạch" in lowered and ("ban hành" in lowered or "ký" in lowered or "có hiệu lực" in lowered)
    other = any(w in lowered for w in (" của ", "bộ ", "ubnd", "tỉnh", "thành phố", "chính phủ", "số "))
    return lowered in own or lowered in tuple(f"{o} kế hoạch này" for o in own) or (mine and not other)
