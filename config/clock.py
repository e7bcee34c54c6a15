"""The clock, read at the doors only. A shifted clock lets anyone watch March 2024 today."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import pendulum

from models.columns import ZONE


@dataclass(frozen=True)
class Clock:
    """Real time plus a fixed shift, in Asia/Ho_Chi_Minh."""

    shift: timedelta = timedelta()

    def now(self) -> pendulum.DateTime:
        """The moment the product believes it is."""
        return pendulum.instance(pendulum.now(ZONE) + self.shift).in_timezone(ZONE)

    def to_real(self, moment: datetime) -> pendulum.DateTime:
        """A moment of ours as a moment of the machine: Prefect's clock is always real time."""
        return pendulum.instance(moment - self.shift).in_timezone("UTC")

    @property
    def shifted(self) -> bool:
        """Whether this clock shows another time than the machine's."""
        return bool(self.shift)


@dataclass(frozen=True)
class StoppedClock(Clock):
    """A clock that stands still: for a ledger that is only looked at."""

    at: pendulum.DateTime = field(kw_only=True)

    def now(self) -> pendulum.DateTime:
        """Always the same moment."""
        return self.at


def stopped_at(moment: datetime) -> StoppedClock:
    """A clock that shows `moment` for ever."""
    at = pendulum.instance(moment).in_timezone(ZONE)
    return StoppedClock(clock_at(at).shift, at=at)


def clock_at(moment: datetime) -> Clock:
    """A clock that shows `moment` now and runs on from there."""
    shift = pendulum.instance(moment) - pendulum.now(ZONE)
    return Clock(shift.as_timedelta())  # an Interval subtracts wrongly: a - (a - b) is not b


def parse_moment(value: str, hour: time = time(8)) -> pendulum.DateTime:
    """`2024-03-20` (at the sending hour) or `2024-03-20T14:30`, Asia/Ho_Chi_Minh unless it says otherwise."""
    text = value.strip()
    try:
        if len(text) == len("2024-03-20"):
            day = date.fromisoformat(text)
            return pendulum.datetime(day.year, day.month, day.day, hour.hour, hour.minute, tz=ZONE)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"“{value}” không phải là thời điểm; viết 2024-03-20 hoặc 2024-03-20T14:30") from None
    return pendulum.instance(moment, tz=ZONE).in_timezone(ZONE)
