"""The short phrases letters are made of, in Vietnamese and in English: days, plans, who is addressed, what is owed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Protocol

from babel.dates import format_date

SHORT_TITLE = 60


class Tongue(Protocol):
    """One language of the letters; `folder` is that of its templates."""

    folder: str

    def weekday(self, day: date) -> str:
        """`thứ Hai`."""

    def plan(self, number: str | None, issued_on: str | None, issuer: str) -> str:
        """`Kế hoạch số 193/KH-UBND ngày 19/08/2021 của UBND thành phố`; without a number, by month and issuer."""

    def plan_short(self, number: str | None, issued_on: str | None, issuer: str) -> str:
        """The same in a subject's length."""

    def owed(self, reports: Sequence[str], tasks: Sequence[dict[str, Any]]) -> str:
        """What is owed in a few words: `báo cáo quý I/2024`, `2 báo cáo và 3 nhiệm vụ`."""

    def head_of(self, unit: str) -> str:
        """How the head of a unit is addressed."""

    def leaders_of(self, agency: str) -> str:
        """How the leadership of an agency is addressed."""

    def and_more(self, n: int) -> str:
        """` và n nội dung khác`."""


@lru_cache(maxsize=4096)
def day_text(day: date) -> str:
    """dd/mm/yyyy."""
    return f"{day:%d/%m/%Y}"


@lru_cache(maxsize=4096)
def _weekday(day: date, locale: str) -> str:
    return format_date(day, "EEEE", locale=locale)


def shorten(text: str, length: int) -> str:
    """At most `length` characters, cut at a word, with an ellipsis."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    head, space, _ = cut.rpartition(" ")
    return (head if space and len(head) > length // 2 else cut).rstrip(" ,;:.-–") + "…"


def partial_day(issued_on: str | None) -> tuple[str, str, str]:
    """`2024-01-31`, `2024-01` or `2024` as (year, month, day), unknown parts empty."""
    parts = [*(issued_on or "").split("-"), "", ""]
    return parts[0], parts[1], parts[2]


class Vietnamese:
    """Formal administrative Vietnamese."""

    folder = "vi"

    def weekday(self, day: date) -> str:
        """`thứ Hai`, `Chủ nhật` in the spelling of official papers."""
        name = _weekday(day, "vi")
        return "Chủ nhật" if name.lower() == "chủ nhật" else name[0].lower() + name[1:]

    def plan(self, number: str | None, issued_on: str | None, issuer: str) -> str:
        """With its number and full date, or by month and issuer."""
        year, month, day = partial_day(issued_on)
        if number:
            on = f" ngày {day}/{month}/{year}" if day else f" tháng {month}/{year}" if month else ""
            return f"Kế hoạch số {number}{on} của {issuer}"
        return self.plan_short(None, issued_on, issuer)

    def plan_short(self, number: str | None, issued_on: str | None, issuer: str) -> str:
        """`Kế hoạch số 193/KH-UBND`, or `Kế hoạch ban hành tháng 01/2024 của Sở GD&ĐT`."""
        if number:
            return f"Kế hoạch số {number}"
        year, month, day = partial_day(issued_on)
        if day:
            return f"Kế hoạch ban hành ngày {day}/{month}/{year} của {issuer}"
        if month:
            return f"Kế hoạch ban hành tháng {month}/{year} của {issuer}"
        return f"Kế hoạch ban hành năm {year} của {issuer}" if year else f"Kế hoạch của {issuer}"

    def owed(self, reports: Sequence[str], tasks: Sequence[dict[str, Any]]) -> str:
        """Reports and tasks are counted apart, never as one number."""
        said = []
        if reports:
            said.append(f"báo cáo {reports[0]}".strip() if len(set(reports)) == 1 else f"{len(reports)} báo cáo")
        if tasks:
            said.append(self._task(tasks[0]) if len(tasks) == 1 else f"{len(tasks)} nhiệm vụ")
        return " và ".join(said) or "nhiệm vụ"

    def _task(self, task: dict[str, Any]) -> str:
        named = f"mục {task['ma']}" if task["ma"] else f"“{shorten(task['tieu_de'], SHORT_TITLE)}”"
        return f"nhiệm vụ {named}" + (f" {task['ky']}" if task["ky"] else "")

    def head_of(self, unit: str) -> str:
        """`Thủ trưởng Trường …`."""
        return f"Thủ trưởng {unit}"

    def leaders_of(self, agency: str) -> str:
        """`Lãnh đạo Sở …`."""
        return agency if agency.startswith("Lãnh đạo") else f"Lãnh đạo {agency}"

    def and_more(self, n: int) -> str:
        """What else the letter holds."""
        return f" và {n} nội dung khác" if n else ""


class English:
    """Plain English beside the Vietnamese, for readers who need it; names of units and works stay Vietnamese."""

    folder = "en"

    def weekday(self, day: date) -> str:
        """`Monday`."""
        return _weekday(day, "en")

    def plan(self, number: str | None, issued_on: str | None, issuer: str) -> str:
        """With its number and full date, or by month and issuer."""
        year, month, day = partial_day(issued_on)
        on = f" of {day}/{month}/{year}" if day else f" of {month}/{year}" if month else f" of {year}" if year else ""
        return f"Plan No. {number}{on} of {issuer}" if number else f"the plan{on} of {issuer}"

    def plan_short(self, number: str | None, issued_on: str | None, issuer: str) -> str:
        """A plan in a subject's length."""
        return f"Plan No. {number}" if number else self.plan(None, issued_on, issuer)

    def owed(self, reports: Sequence[str], tasks: Sequence[dict[str, Any]]) -> str:
        """Reports and tasks are counted apart."""
        said = []
        if reports:
            said.append(f"report for {reports[0]}" if len(set(reports)) == 1 else f"{len(reports)} reports")
        if tasks:
            one = f"task {tasks[0]['ma'] or shorten(tasks[0]['tieu_de'], SHORT_TITLE)}"
            said.append(one if len(tasks) == 1 else f"{len(tasks)} tasks")
        return " and ".join(said) or "task"

    def head_of(self, unit: str) -> str:
        """The head of a unit."""
        return f"the head of {unit}"

    def leaders_of(self, agency: str) -> str:
        """The leadership of an agency."""
        return f"the leadership: {agency}"

    def and_more(self, n: int) -> str:
        """What else the letter holds."""
        return f" and {n} more" if n else ""
