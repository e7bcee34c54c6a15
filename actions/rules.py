"""The rules an office has set: its working days, its ladders, and the days on which letters leave."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from calendars.working_days import WorkingDays
from models.specs import EscalationSpec, StepSpec

_BEFORE_TET = re.compile(r"từ (\d+) ngày làm việc trước Tết", re.IGNORECASE)
_DAY_OF_YEAR = re.compile(r"(\d{1,2})/(\d{1,2})")


@dataclass(frozen=True)
class Rules:
    """Working days, ladders and sending rules, wired once and handed to every deed."""

    days: WorkingDays
    escalation: EscalationSpec
    calendars: Mapping[str, Any] = field(default_factory=dict)
    _sending: dict[date, bool] = field(default_factory=dict, compare=False, repr=False)

    def ladder(self, name: str | None) -> list[StepSpec]:
        """The steps of a ladder; none for a party that is never written to."""
        return self.escalation.ladders[name] if name else []

    def is_sending_day(self, day: date) -> bool:
        """Whether letters may leave on a day: a working day, not around Tết, not a day the office keeps quiet."""
        if day not in self._sending:
            self._sending[day] = self._may_send(day)
        return self._sending[day]

    def sending_day(self, day: date) -> date:
        """The first day from `day` on which letters may leave."""
        while not self.is_sending_day(day):
            day += timedelta(days=1)
        return day

    def is_sending_time(self, now: datetime) -> bool:
        """Whether the hour of a sending day has come."""
        return self.is_sending_day(now.date()) and now.time() >= self.escalation.sending.hour

    def _may_send(self, day: date) -> bool:
        sending = self.escalation.sending
        if sending.working_days_only and not self.days.is_working_day(day):
            return False
        if (day.day, day.month) in self._quiet_days:
            return False
        return not (self._quiet_before_tet and self._around_tet(day, self._quiet_before_tet))

    @cached_property
    def spec(self) -> dict[str, Any]:
        """The ladders and sending rules as JSON: what a version of the rules keeps."""
        found: dict[str, Any] = self.escalation.model_dump(mode="json", by_alias=True)
        return found

    @cached_property
    def fingerprint(self) -> str:
        """A hash of what the rules say, independent of their layout in the file."""
        said = json.dumps(self.spec, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    @cached_property
    def _quiet_days(self) -> set[tuple[int, int]]:
        found = (_DAY_OF_YEAR.fullmatch(text.strip()) for text in self.escalation.sending.quiet)
        return {(int(match[1]), int(match[2])) for match in found if match}

    @cached_property
    def _quiet_before_tet(self) -> int:
        found = (_BEFORE_TET.search(text) for text in self.escalation.sending.quiet)
        return next((int(match[1]) for match in found if match), 0)

    def _around_tet(self, day: date, working_days_before: int) -> bool:
        if not 1 <= day.month <= 3:
            return False
        first, last = self.days.tet_break(day.year)
        return self.days.shift(first, -working_days_before) <= day <= self.days.shift(last, 1)
