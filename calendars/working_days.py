"""Working days of Vietnamese offices: Monday to Friday, less days off, plus make-up Saturdays.

Sources: Labour Code 2019 Art. 111.3 and 112 (through the `holidays` library), corrected by what the caller
hands in (`config/holidays.yaml`), because swap decisions come a few weeks ahead and the library lags.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from functools import lru_cache

import holidays

FIRST_YEAR, LAST_YEAR = 1950, 2110
TET_FIRST_DAY = "Tết Nguyên Đán"
ONE_DAY = timedelta(days=1)


@lru_cache(maxsize=512)
def library_year(year: int) -> tuple[dict[date, str], frozenset[date]]:
    """What the `holidays` library knows of one year: ({day off: Vietnamese name}, make-up working days)."""
    table = holidays.country_holidays("VN", years=year, language="vi")
    days_off = {day: name for day, name in table.items() if day.year == year}
    made_up = frozenset(day for day in table.weekend_workdays if day.year == year)
    return days_off, made_up


def _year_days(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]


class WorkingDays:
    """Which days are worked, and how to step over the others.

    `days_off` and `work_days` map a day to its source and win over the library. `decreed` lists the years whose
    Tết and 2 September days off are officially fixed; days of later years are provisional.
    """

    def __init__(
        self,
        days_off: Mapping[date, str] | None = None,
        work_days: Mapping[date, str] | None = None,
        decreed: Collection[int] = (),
        names: Mapping[date, str] | None = None,
    ) -> None:
        self.days_off = dict(days_off or {})
        self.work_days = dict(work_days or {})
        both = sorted(self.days_off.keys() & self.work_days.keys())
        if both:
            raise ValueError(f"ngày {both[0]:%d/%m/%Y} vừa ghi nghỉ vừa ghi làm việc: bỏ một trong hai")
        self.decreed = frozenset(decreed)
        self.names = dict(names or {})
        self._last_decreed = max(self.decreed, default=0)
        self._worked: list[int] = []
        self._worked_set: set[int] = set()
        self._low, self._high = 0, -1

    def is_working_day(self, day: date) -> bool:
        """True when offices work on `day`."""
        self._know(day.year)
        return day.toordinal() in self._worked_set

    def on_or_before(self, day: date) -> date:
        """`day` itself when worked, else the last working day before it (Civil Code does not name this: reminders)."""
        self._know(day.year)
        index = bisect_right(self._worked, day.toordinal()) - 1
        if index < 0:
            self._know(day.year - 1)
            index = bisect_right(self._worked, day.toordinal()) - 1
        return date.fromordinal(self._worked[index])

    def on_or_after(self, day: date) -> date:
        """`day` itself when worked, else the next working day (Civil Code 2015 Art. 148.5)."""
        self._know(day.year)
        index = bisect_left(self._worked, day.toordinal())
        if index == len(self._worked):
            self._know(day.year + 1)
            index = bisect_left(self._worked, day.toordinal())
        return date.fromordinal(self._worked[index])

    def shift(self, day: date, n: int) -> date:
        """The n-th working day after (n > 0) or before (n < 0) `day`, itself not counted (Art. 147); 0 gives `day`."""
        if n == 0:
            return day
        self._know(day.year)
        while True:
            if n > 0:
                index = bisect_right(self._worked, day.toordinal()) + n - 1
                if index < len(self._worked):
                    return date.fromordinal(self._worked[index])
                self._know(self._high + 1)
            else:
                index = bisect_left(self._worked, day.toordinal()) + n
                if index >= 0:
                    return date.fromordinal(self._worked[index])
                self._know(self._low - 1)

    def count(self, after: date, until: date) -> int:
        """Working days d with after < d <= until; 0 when until <= after."""
        if until <= after:
            return 0
        self._know(after.year)
        self._know(until.year)
        return bisect_right(self._worked, until.toordinal()) - bisect_right(self._worked, after.toordinal())

    def nth_of_month(self, year: int, month: int, n: int) -> date:
        """The n-th (n > 0) or n-th last (n < 0) working day of a month; clipped to the month's first or last one."""
        first = date(year, month, 1)
        last = date(year + month // 12, month % 12 + 1, 1) - ONE_DAY
        day = self.shift(first - ONE_DAY, n) if n > 0 else self.shift(last + ONE_DAY, n)
        return max(min(day, self.on_or_before(last)), self.on_or_after(first))

    def name(self, day: date) -> str | None:
        """The Vietnamese name of the day off; None for a plain weekend or a working day."""
        if day in self.work_days:
            return None
        if day in self.days_off:
            return self.names.get(day) or self.days_off[day] or "Ngày nghỉ"
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            return None
        days_off, made_up = library_year(day.year)
        return None if day in made_up else days_off.get(day)

    def is_provisional(self, day: date) -> bool:
        """True when the days off of this day's year are not decreed yet ("lịch nghỉ tạm tính")."""
        return day.year > self._last_decreed

    def tet_break(self, year: int) -> tuple[date, date]:
        """First and last day of the contiguous days off around mùng 1 Tết, adjoining weekends included."""
        days_off, _ = library_year(year)
        new_year = [day for day, name in days_off.items() if name == TET_FIRST_DAY]
        if not new_year:
            raise ValueError(f"chưa biết ngày Tết Nguyên đán năm {year}")
        first = last = new_year[0]
        while not self.is_working_day(first - ONE_DAY):
            first -= ONE_DAY
        while not self.is_working_day(last + ONE_DAY):
            last += ONE_DAY
        return first, last

    def _know(self, year: int) -> None:
        """Build the sorted working ordinals so that they cover `year`; ranges only ever grow, a year at a time."""
        if self._low <= year <= self._high:
            return
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise ValueError(f"năm {year} nằm ngoài lịch ({FIRST_YEAR}-{LAST_YEAR})")
        if self._high < self._low:
            self._low, self._high = year, year - 1
        for missing in range(self._high + 1, year + 1):
            self._worked += self._worked_in(missing)
            self._high = missing
        for missing in range(self._low - 1, year - 1, -1):
            self._worked[:0] = self._worked_in(missing)
            self._low = missing

    def _worked_in(self, year: int) -> list[int]:
        days_off, made_up = library_year(year)

        def worked(day: date) -> bool:
            if day in self.work_days:
                return True
            if day in self.days_off:
                return False
            return day in made_up or (day.weekday() < 5 and day not in days_off)

        ordinals = [day.toordinal() for day in _year_days(year) if worked(day)]
        self._worked_set.update(ordinals)
        return ordinals
