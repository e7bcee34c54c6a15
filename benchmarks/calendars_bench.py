"""Speed of `calendars/`: phrases read per second, and ten years of slots for 3,000 tasks in one pass.

The baselines are measured in the same run: an Earley parser on the same grammar and words, and a walk over every day.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from lark import Lark
from lark.exceptions import LarkError

from calendars import phrases
from calendars.occurrences import slots
from calendars.phrases import Context, read
from calendars.reading import Reading
from calendars.spelling import clean
from calendars.tokens import words_of
from calendars.working_days import WorkingDays

SAMPLES = (
    "Thường xuyên hàng năm.", "Từ nay đến năm 2026.", "Quý II, III/2022", "Tháng 1,2",
    "Định kỳ trước ngày 15/12 hàng năm",
    "Báo cáo quý: ngày 25 tháng cuối của quý", "6 tháng, năm: ngày 24/6 và 23/12 hằng năm", "Năm 2025-2030",
    "Hoàn thành trong giai đoạn 2026 - 2027 và vận hành thường xuyên, liên tục", "trước ngày 15 hằng tháng",
    "chậm nhất 30 ngày kể từ ngày kết thúc quý", "Sau khi có Quyết định UBND tỉnh", "Quý IV/2025- Quý II/2026",
    "trước 17 giờ 00 ngày 15/10/2026", "ngày làm việc cuối cùng của tháng",
    "hằng năm (trước ngày 15 tháng 11) hoặc theo đề nghị",
)  # fmt: skip
RULES = (
    "ngày 25 hằng tháng", "Báo cáo quý: ngày 25 tháng cuối của quý", "Năm 2030",
    "Định kỳ trước ngày 15/12 hàng năm",
    "6 tháng, năm: ngày 24/6 và 23/12 hằng năm", "định kỳ tháng 11 hằng năm", "Quý II, III/2028",
    "trước ngày 15/4/2027",
)  # fmt: skip
TASKS = 3000
FIRST, LAST = date(2026, 1, 1), date(2035, 12, 31)
CONTEXT = Context(issued_on=date(2026, 1, 15), year=2026)


def figures() -> list[dict[str, Any]]:
    """All rows of this module."""
    return [phrases_per_second(), cached_phrases_per_second(), *ten_years_of_slots()]


def phrases_per_second(rounds: int = 40) -> dict[str, Any]:
    """Distinct phrases per second, whole road from text to explanation, against Earley parsing alone."""
    read(SAMPLES[0], CONTEXT)
    ours = _seconds(lambda: [phrases._Reader(p, CONTEXT).read() for p in SAMPLES], rounds) / len(SAMPLES)
    grammar = Path(phrases.__file__).with_name("phrases.lark").read_text(encoding="utf-8")
    earley = Lark(grammar, parser="earley", lexer=phrases._Words, ambiguity="resolve")
    rows = [[w for w in words_of(clean(p)) if w.type != "TEXT"] for p in SAMPLES]

    def parse_all() -> None:
        for row in rows:
            try:
                earley.parse(row)
            except LarkError:
                continue

    theirs = _seconds(parse_all, max(1, rounds // 10)) / len(SAMPLES)
    return _row("phrases read, text to sentence", 1 / ours, "per second", 1 / theirs, 3)


def cached_phrases_per_second() -> dict[str, Any]:
    """The same phrases again, as a plan of thousands of tasks repeats them, against reading each anew."""
    again = _seconds(lambda: [read(p, CONTEXT) for p in SAMPLES], 400) / len(SAMPLES)
    anew = _seconds(lambda: [phrases._Reader(p, CONTEXT).read() for p in SAMPLES], 20) / len(SAMPLES)
    return _row("phrases read again", 1 / again, "per second", 1 / anew, 20)


def ten_years_of_slots() -> list[dict[str, Any]]:
    """3,000 tasks x ten years in one pass, against a walk that asks every rule about every day."""
    office = WorkingDays(decreed=range(2022, 2027))
    readings = [read(p, Context(year=2026, working_days=office)) for p in RULES]
    begun = time.perf_counter()
    made = sum(len(slots(readings[n % len(readings)], FIRST, LAST, working_days=office)) for n in range(TASKS))
    ours = time.perf_counter() - begun
    walked = _walk(readings, office) * TASKS / len(readings)
    return [_row("ten years of slots for 3,000 tasks", made / ours, "slots per second", made / walked, 5)]


def _walk(readings: list[Reading], office: WorkingDays) -> float:
    """Seconds that a day-by-day walk takes: each day asked whether anything is due, reminded or late on it."""
    begun = time.perf_counter()
    for reading in readings:
        day = FIRST
        while day <= LAST:
            for _, due in reading.dues(day, day):
                office.on_or_before(due)
                office.on_or_after(due)
            day += timedelta(days=1)
    return time.perf_counter() - begun


def _seconds(work: Callable[[], object], rounds: int) -> float:
    """Mean seconds of one round."""
    begun = time.perf_counter()
    for _ in range(rounds):
        work()
    return (time.perf_counter() - begun) / rounds


def _row(figure: str, value: float, unit: str, baseline: float, reach: float) -> dict[str, Any]:
    ratio = value / baseline
    return {
        "figure": figure,
        "value": round(value, 1),
        "unit": unit,
        "baseline": round(baseline, 1),
        "ratio": round(ratio, 2),
        "reach": reach,
        "reached": ratio >= reach,
    }
