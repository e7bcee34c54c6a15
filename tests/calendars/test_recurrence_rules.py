"""Recurrence rules against a day-by-day oracle, and the five defects that other products have."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calendars.phrases import Context, read
from calendars.rules import Monthly, Rule, Weekly, monthly, yearly
from calendars.working_days import WorkingDays
from tests.calendars import slow_oracle as oracle

OFFICE = WorkingDays({date(2026, 1, 2): "x"}, {date(2026, 1, 10): "x"}, decreed=range(2022, 2027))
CONTEXT = Context(issued_on=date(2024, 1, 15), year=2024, working_days=OFFICE)
FIRST, LAST = date(2022, 1, 1), date(2034, 12, 31)
Predicate = Callable[[date], bool]


def dues(phrase: str, first: date = FIRST, last: date = LAST) -> list[date]:
    return [due for _, due in read(phrase, CONTEXT).dues(first, last)]


def in_months(*months: int) -> Callable[[date], bool]:
    return lambda d: d.month in months


def after_end(n: int, step: int) -> Predicate:
    """n days after the last day of a period of `step` months."""

    def due(day: date) -> bool:
        end = day - oracle.timedelta(days=n)
        return oracle.is_last_of_month(end) and end.month % step == 0

    return due


def worked_before_end(n: int) -> Predicate:
    def due(day: date) -> bool:
        end = oracle.day_of_month(day, -1)
        return oracle.worked(day) and oracle.walk_working(end, -n) == day

    return due


PHRASES: list[tuple[str, Predicate]] = [
    ("hằng tháng", oracle.is_last_of_month),
    ("ngày 25 hằng tháng", lambda d: d.day == 25),
    ("ngày 31 hằng tháng", lambda d: oracle.on_day(d, 31)),
    ("ngày 30 hằng tháng", lambda d: oracle.on_day(d, 30)),
    ("trước ngày 15 hằng tháng", lambda d: d.day == 14),
    ("trước ngày 01 hằng tháng", oracle.is_last_of_month),
    ("ngày 05 tháng sau", lambda d: d.day == 5),
    ("hằng quý", lambda d: d.month % 3 == 0 and oracle.is_last_of_month(d)),
    ("Báo cáo quý: ngày 25 tháng cuối của quý", lambda d: d.month % 3 == 0 and d.day == 25),
    ("chậm nhất ngày 10 của tháng đầu quý sau", lambda d: d.month % 3 == 1 and d.day == 10),
    ("trước ngày 01 tháng đầu quý sau", lambda d: d.month % 3 == 0 and oracle.is_last_of_month(d)),
    ("ngày 15 của tháng thứ 2 của quý", lambda d: d.month % 3 == 2 and d.day == 15),
    ("6 tháng/lần", lambda d: d.month in (6, 12) and oracle.is_last_of_month(d)),
    ("02 lần/năm", lambda d: d.month in (6, 12) and oracle.is_last_of_month(d)),
    ("3 lần/năm", lambda d: d.month in (4, 8, 12) and oracle.is_last_of_month(d)),
    ("2 tháng/lần", lambda d: d.month % 2 == 0 and oracle.is_last_of_month(d)),
    ("02 lần/tháng", lambda d: d.day == 15 or oracle.is_last_of_month(d)),
    ("hằng năm", lambda d: (d.month, d.day) == (12, 31)),
    ("Định kỳ trước ngày 15/12 hàng năm", lambda d: (d.month, d.day) == (12, 14)),
    ("ngày 29/02 hằng năm", lambda d: d.month == 2 and oracle.on_day(d, 29)),
    ("trước ngày 01/3 hằng năm", lambda d: d.month == 2 and oracle.is_last_of_month(d)),
    ("trước ngày 01/01 hằng năm", lambda d: (d.month, d.day) == (12, 31)),
    ("định kỳ tháng 11 hằng năm", lambda d: (d.month, d.day) == (11, 30)),
    ("tháng 2 hằng năm", lambda d: d.month == 2 and oracle.is_last_of_month(d)),
    ("quý I hằng năm", lambda d: (d.month, d.day) == (3, 31)),
    ("báo cáo năm: trước ngày 15/01 năm sau", lambda d: (d.month, d.day) == (1, 14)),
    ("ngày 25 các tháng 3, 6, 9 hằng năm", lambda d: d.month in (3, 6, 9) and d.day == 25),
    ("tháng 3, 6, 9, 12 hằng năm", lambda d: d.month % 3 == 0 and oracle.is_last_of_month(d)),
    ("6 tháng, năm: ngày 24/6 và 23/12 hằng năm", lambda d: (d.month, d.day) in ((6, 24), (12, 23))),
    ("định kỳ trước ngày 01/6 và 15/11 hằng năm", lambda d: (d.month, d.day) in ((5, 31), (11, 14))),
    (
        "định kỳ (quý I, 6 tháng, quý III, năm)",
        lambda d: (d.month, d.day) in ((3, 31), (6, 30), (9, 30), (12, 31)),
    ),
    ("ngày làm việc cuối cùng của tháng", oracle.is_last_working),
    ("ngày làm việc thứ 3 của tháng", lambda d: oracle.working_rank(d) == 3),
    ("ngày làm việc đầu tiên của tháng đầu quý sau", lambda d: d.month % 3 == 1 and oracle.working_rank(d) == 1),
    ("chậm nhất 30 ngày kể từ ngày kết thúc quý", after_end(30, 3)),
    ("15 ngày sau khi kết thúc năm", after_end(15, 12)),
    ("5 ngày làm việc trước khi kết thúc tháng", worked_before_end(5)),
    (
        "trước ngày làm việc cuối cùng của tháng 12 hằng năm",
        lambda d: d.month == 12 and oracle.is_last_working(oracle.walk_working(d, 1)) and oracle.worked(d),
    ),
    (
        "trước ngày làm việc cuối cùng của tháng",
        lambda d: oracle.worked(d) and oracle.is_last_working(oracle.walk_working(d, 1)),
    ),
    ("trước ngày làm việc đầu tiên của tháng 5 hằng năm", lambda d: (d.month, d.day) == (4, 30)),
    ("trước cuối tháng 2 hằng năm", lambda d: d.month == 2 and oracle.is_last_of_month(d + oracle.DAY)),
    ("giữa năm hằng năm", lambda d: (d.month, d.day) == (6, 30)),
    ("trước tháng 3 hằng năm", lambda d: d.month == 2 and oracle.is_last_of_month(d)),
    ("trước ngày cuối cùng của tháng 2 hằng năm", lambda d: d.month == 2 and oracle.is_last_of_month(d + oracle.DAY)),
    ("trước ngày 31 hằng tháng", lambda d: oracle.on_day(d, 30)),
    ("trước quý IV hằng năm", lambda d: (d.month, d.day) == (9, 30)),
    ("15 ngày/lần", lambda d: d.day == 15 or oracle.is_last_of_month(d)),
    ("hằng năm, chậm nhất ngày 31/01 năm tiếp theo", lambda d: (d.month, d.day) == (1, 31)),
    ("trong 05 ngày làm việc đầu tiên của tháng", lambda d: oracle.working_rank(d) == 5),
    ("5 ngày cuối tháng", oracle.is_last_of_month),
    ("tuần thứ 2 của tháng", lambda d: d.day == 14),
    ("tuần cuối tháng", oracle.is_last_of_month),
    ("thứ sáu hằng tuần", lambda d: d.weekday() == 4),
    ("hằng ngày", lambda d: True),
    ("mỗi học kỳ", lambda d: (d.month, d.day) in ((1, 17), (5, 31))),
    ("mỗi năm học", lambda d: (d.month, d.day) == (5, 31)),
    ("giữa quý II hằng năm", lambda d: (d.month, d.day) == (5, 15)),
    ("cuối mỗi quý", lambda d: d.month % 3 == 0 and oracle.is_last_of_month(d)),
    ("Hằng tháng, hằng quý", oracle.is_last_of_month),
    ("từ ngày 15 đến ngày 20 hằng tháng", lambda d: d.day == 20),
]


@pytest.mark.parametrize(("phrase", "predicate"), PHRASES, ids=[p for p, _ in PHRASES])
def test_every_kind_of_rule_agrees_with_a_walk_over_thirteen_years(phrase: str, predicate: Predicate) -> None:
    """Each recurring phrase falls due on exactly the days that its words allow, leap years and Tết included."""
    expected = oracle.due_days(predicate, FIRST, LAST)

    assert sorted(set(dues(phrase))) == expected


def test_monthly_from_the_31st_does_not_drift() -> None:
    """Monthly on the 31st is back on the 31st after February."""
    assert [d.day for d in dues("ngày 31 hằng tháng", date(2025, 1, 1), date(2025, 5, 31))] == [31, 28, 31, 30, 31]


def test_months_3_6_9_on_the_25th_stay_on_the_25th_next_year() -> None:
    """ "Ngày 25 các tháng 3, 6, 9" is the 25th of those months in every year."""
    found = dues("ngày 25 các tháng 3, 6, 9 hằng năm", date(2025, 1, 1), date(2026, 12, 31))

    assert found == [date(y, m, 25) for y in (2025, 2026) for m in (3, 6, 9)]


def test_yearly_from_29_february_returns_to_the_29th() -> None:
    """Yearly on 29 February is the 28th in common years and the 29th again in 2028."""
    found = dues("ngày 29/02 hằng năm", date(2024, 1, 1), date(2028, 12, 31))

    assert [d.day for d in found] == [29, 28, 28, 28, 29]


def test_a_count_does_not_restart_in_every_window() -> None:
    """Three occurrences from January are used up by March, whatever window is asked for."""
    rule = Rule((monthly(15),), first=date(2026, 1, 1), count=3)
    seen = [
        o.due
        for y in range(2025, 2029)
        for m in range(1, 13)
        for o in rule.occurrences(date(y, m, 1), date(y, m, 28), OFFICE)
    ]

    assert seen == [date(2026, 1, 15), date(2026, 2, 15), date(2026, 3, 15)]


def test_a_day_asked_late_is_still_there() -> None:
    """An occurrence is found by any window that holds its due day, not by matching one exact day."""
    rule = Rule((yearly(14, 12),))

    assert [o.due for o in rule.occurrences(date(2026, 12, 1), date(2027, 1, 31), OFFICE)] == [date(2026, 12, 14)]


def test_a_count_needs_a_first_day() -> None:
    """A rule with a count and no first day is refused."""
    with pytest.raises(ValueError, match="ngày bắt đầu"):
        Rule((monthly(15),), count=3)


ENTRIES = st.builds(
    Monthly,
    step=st.sampled_from([1, 2, 3, 4, 6, 12, 24]),
    phase=st.just(0),
    span=st.sampled_from([1, 3, 6, 12]),
    due_month=st.integers(-1, 13),
    due_day=st.sampled_from([*range(1, 32), -1, -2, -7]),
    shift=st.integers(-20, 40),
)


@settings(max_examples=60, deadline=None)
@given(ENTRIES, st.integers(2022, 2030), st.booleans())
def test_any_monthly_rule_agrees_with_the_walk(entry: Monthly, year: int, working: bool) -> None:
    """For any period, month, day and shift, the due days of a window are those a day-by-day search finds."""
    first, last = date(year, 1, 1), date(year + 1, 12, 31)
    expected = []
    for day in oracle.days(date(year - 4, 1, 1), date(year + 4, 12, 31)):
        if oracle.first_of_period(day, entry.step, entry.phase):
            due = oracle.day_of_month(oracle.month_after(day, entry.due_month), entry.due_day) + oracle.timedelta(
                days=entry.shift
            )
            expected += [due] if first <= due <= last else []

    assert [o.due for o in sorted(entry.around(first, last, OFFICE), key=lambda o: o.due)] == sorted(expected)


@settings(max_examples=60, deadline=None)
@given(ENTRIES, st.dates(date(2024, 1, 1), date(2026, 1, 1)), st.integers(1, 900), st.integers(1, 899))
def test_two_windows_see_what_one_window_sees(entry: Monthly, first: date, length: int, cut: int) -> None:
    """Cutting a window in two loses and doubles nothing."""
    rule, last = Rule((entry,)), first + oracle.timedelta(days=length)
    middle = first + oracle.timedelta(days=min(cut, length - 1) if length > 1 else 0)
    whole = [o.due for o in rule.occurrences(first, last, OFFICE)]
    parts = [
        o.due for o in rule.occurrences(first, middle, OFFICE) + rule.occurrences(middle + oracle.DAY, last, OFFICE)
    ]

    assert sorted(whole) == sorted(parts)


def test_weeks_are_counted_from_mondays() -> None:
    """A weekly rule falls on its weekday in every week, across year ends."""
    found = [o.due for o in Rule((Weekly(0),)).occurrences(date(2025, 12, 20), date(2026, 1, 20), OFFICE)]

    assert found == [d for d in oracle.days(date(2025, 12, 20), date(2026, 1, 20)) if d.weekday() == 0]


def test_period_ids_and_labels() -> None:
    """Periods are named 2026, 2026-H1, 2026-9M, 2026-Q1 and 2026-06, with Vietnamese labels beside them."""
    window = (date(2026, 1, 1), date(2026, 12, 31))
    names = {
        o.period: o.label
        for phrase in ("hằng năm", "định kỳ 06 tháng", "báo cáo 9 tháng: ngày 20/9 hằng năm", "hằng quý", "hằng tháng")
        for o in read(phrase, CONTEXT).occurrences(*window)
    }

    assert names["2026"] == "năm 2026"
    assert names["2026-H1"] == "6 tháng đầu năm 2026"
    assert names["2026-9M"] == "9 tháng năm 2026"
    assert names["2026-Q1"] == "quý I/2026"
    assert names["2026-06"] == "tháng 6/2026"
