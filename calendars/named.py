"""Named reporting calendars: period labels without printed dates, dated by a convention or a decree.

Plain data (`config/calendars.yaml` holds it, `NamedCalendar.of` reads one mapping); the two built-in ones are here so
that this folder works alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from calendars.rules import LAST, Entry, Monthly, Rule, day_in_month, month_index

# Period name -> (months between two of them, first month of the first one in a year, length in months).
PERIODS: dict[str, tuple[int, int, int]] = {
    "month": (1, 0, 1),
    "quarter": (3, 0, 3),
    "half": (6, 0, 6),
    "year": (12, 0, 12),
    "9M": (12, 0, 9),
    "Q1": (12, 0, 3),
    "Q2": (12, 3, 3),
    "Q3": (12, 6, 3),
    "Q4": (12, 9, 3),
    "H1": (12, 0, 6),
    "H2": (12, 6, 6),
}
ND_09_2019 = "nd-09-2019"


@dataclass(frozen=True)
class NamedCalendar:
    """`periods`: (period name, due "dd/mm", or "dd" of its last month). `convention`: not in the plan's text."""

    id: str
    title: str
    source: str
    periods: tuple[tuple[str, str], ...]
    cutoff: str | None = None
    convention: bool = True

    @classmethod
    def of(cls, name: str, data: Mapping[str, Any]) -> NamedCalendar:
        """From plain data {title, source, cutoff, convention, periods: [{period, due}]}; ValueError if wrong."""
        rows: Sequence[Mapping[str, Any]] = data.get("periods") or ()
        if not rows:
            raise ValueError(f"lịch “{name}” chưa có periods")
        periods = tuple((str(row.get("period")), str(row.get("due"))) for row in rows)
        convention = str(data.get("convention", "true")).lower() not in ("false", "no", "0", "không")
        made = cls(
            name,
            str(data.get("title", name)),
            str(data.get("source", "")),
            periods,
            data.get("cutoff") or None,
            convention,
        )
        made.rule()
        return made

    def rule(self) -> Rule:
        """The calendar's recurrence rule."""
        return Rule(tuple(_entry(self.id, period, due) for period, due in self.periods))


def _entry(name: str, period: str, due: str) -> Entry:
    if period not in PERIODS:
        raise ValueError(f"lịch “{name}”: kỳ “{period}” không có; chỉ nhận {', '.join(PERIODS)}")
    step, phase, span = PERIODS[period]
    try:
        day, month = ([int(n) for n in due.split("/")] + [phase + span])[:2] if due != "last" else (LAST, phase + span)
    except ValueError:
        raise ValueError(f"lịch “{name}”: ngày “{due}” phải là dd/mm, dd hoặc last") from None
    if not (day == LAST or 1 <= day <= 31) or not 1 <= month <= 12:
        raise ValueError(f"lịch “{name}”: ngày “{due}” không có trong lịch")
    if step < 12 and "/" in due:
        raise ValueError(f"lịch “{name}”: kỳ “{period}” lặp lại trong năm, chỉ ghi ngày (vd “20”)")
    offset = span - 1 if step < 12 else (month - 1 - phase) % 12
    return Monthly(step, phase, span, offset, day)


BUILT_IN: dict[str, NamedCalendar] = {
    "cchc": NamedCalendar(
        "cchc",
        "Báo cáo cải cách hành chính: quý I, 6 tháng, quý III, năm",
        "Quy ước: chậm nhất ngày 20 tháng cuối kỳ (công văn 581/BNV-CCHC); không có kỳ quý II và quý IV",
        (("Q1", "20/3"), ("H1", "20/6"), ("Q3", "20/9"), ("year", "20/12")),
        ND_09_2019,
    ),
    ND_09_2019: NamedCalendar(
        ND_09_2019,
        "Kỳ báo cáo năm theo Nghị định 09/2019/NĐ-CP (15/12 năm trước đến 14/12)",
        "Nghị định 09/2019/NĐ-CP, Điều 12",
        (("year", "14/12"),),
        ND_09_2019,
        convention=False,
    ),
}


def decree_cutoff(start: date, end: date) -> tuple[date, date] | None:
    """Decree 09/2019 Art. 12: data from the 15th of the month before the period to the 14th of its last month.

    `start`, `end` are the calendar period (month, quarter, half year, nine months, year); None for any other stretch.
    """
    first, last = month_index(start), month_index(end)
    whole = start.day == 1 and end == day_in_month(last, LAST)
    length = last - first + 1
    if (
        not whole
        or length not in (1, 3, 6, 9, 12)
        or (length in (3, 6) and first % length)
        or (length in (9, 12) and first % 12)
    ):
        return None
    return day_in_month(first - 1, 15), day_in_month(last, 14)


def renamed(calendar: NamedCalendar, name: str) -> NamedCalendar:
    """The same calendar under another id."""
    return replace(calendar, id=name)
