"""Working days: Tết, swaps, make-up Saturdays, and the overrides that win over the library."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calendars.working_days import WorkingDays
from tests.calendars import slow_oracle as oracle

DAYS = st.dates(date(2021, 1, 1), date(2031, 12, 31))


@pytest.fixture(scope="module")
def office() -> WorkingDays:
    source = "Công văn 12729/VPCP-KGVX"
    return WorkingDays({date(2026, 1, 2): source}, {date(2026, 1, 10): source}, decreed=range(2022, 2027))


def test_every_day_of_ten_years_agrees_with_the_oracle(office: WorkingDays) -> None:
    """From 2021 to 2031 each day is worked or off exactly as a plain walk over the library says."""
    wrong = [
        d for d in oracle.days(date(2021, 1, 1), date(2031, 12, 31)) if office.is_working_day(d) != oracle.worked(d)
    ]

    assert wrong == []


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 1, 2), False),
        (date(2026, 1, 10), True),
        (date(2026, 8, 31), False),
        (date(2026, 8, 22), True),
        (date(2025, 5, 2), False),
        (date(2025, 4, 26), True),
        (date(2024, 4, 29), False),
        (date(2024, 5, 4), True),
        (date(2026, 11, 24), False),
        (date(2024, 2, 14), False),
        (date(2024, 2, 15), True),
        (date(2022, 1, 31), False),
    ],
)
def test_swapped_days_are_swapped(office: WorkingDays, day: date, works: bool) -> None:
    """A swapped Friday is off and its Saturday is worked; Tết and 24/11 are off."""
    assert office.is_working_day(day) is works


def test_the_override_wins_over_the_library() -> None:
    """Without the override 02/01/2026 is a plain working Friday; with it, it is off and has a name."""
    plain = WorkingDays()
    ours = WorkingDays({date(2026, 1, 2): "12729/VPCP-KGVX"}, names={date(2026, 1, 2): "Nghỉ Tết Dương lịch"})

    assert plain.is_working_day(date(2026, 1, 2))
    assert not ours.is_working_day(date(2026, 1, 2))
    assert ours.name(date(2026, 1, 2)) == "Nghỉ Tết Dương lịch"


def test_a_day_cannot_be_both_off_and_worked() -> None:
    """The same day in days_off and work_days is refused, and the day is named."""
    day = date(2026, 3, 2)

    with pytest.raises(ValueError, match="02/03/2026"):
        WorkingDays({day: "a"}, {day: "b"})


@pytest.mark.parametrize(
    ("year", "first", "last"),
    [
        (2022, date(2022, 1, 29), date(2022, 2, 6)),
        (2023, date(2023, 1, 20), date(2023, 1, 26)),
        (2024, date(2024, 2, 8), date(2024, 2, 14)),
        (2025, date(2025, 1, 25), date(2025, 2, 2)),
        (2026, date(2026, 2, 14), date(2026, 2, 22)),
    ],
)
def test_tet_break_is_the_whole_run_of_days_off(office: WorkingDays, year: int, first: date, last: date) -> None:
    """The Tết break runs from the first to the last day off, weekends beside it included."""
    assert office.tet_break(year) == (first, last)


def test_years_without_a_decree_are_provisional(office: WorkingDays) -> None:
    """A date of 2027 is provisional while the decrees end with 2026."""
    assert office.is_provisional(date(2027, 1, 4))
    assert not office.is_provisional(date(2026, 12, 31))


def test_names_are_vietnamese(office: WorkingDays) -> None:
    """A day off carries its Vietnamese name; a working day and a make-up Saturday carry none."""
    assert office.name(date(2026, 2, 17)) == "Tết Nguyên Đán"
    assert office.name(date(2026, 1, 10)) is None
    assert office.name(date(2026, 3, 3)) is None


@settings(max_examples=150, deadline=None)
@given(DAYS, st.integers(-40, 40))
def test_shift_counts_like_a_walk(day: date, n: int) -> None:
    """Stepping n working days equals walking day by day."""
    office = WorkingDays({date(2026, 1, 2): "x"}, {date(2026, 1, 10): "x"})

    assert office.shift(day, n) == (day if n == 0 else oracle.walk_working(day, n))


@settings(max_examples=100, deadline=None)
@given(DAYS, st.integers(-30, 300))
def test_count_is_the_number_of_working_days_between(day: date, length: int) -> None:
    """count(after, until) counts the working days d with after < d <= until."""
    office = WorkingDays({date(2026, 1, 2): "x"}, {date(2026, 1, 10): "x"})
    until = day + timedelta(days=length)

    assert office.count(day, until) == sum(1 for d in oracle.days(day + oracle.DAY, until) if oracle.worked(d))


@settings(max_examples=100, deadline=None)
@given(DAYS)
def test_rolling_never_crosses_a_working_day(day: date) -> None:
    """on_or_before and on_or_after give the nearest working day on their side."""
    office = WorkingDays({date(2026, 1, 2): "x"}, {date(2026, 1, 10): "x"})
    back, forth = office.on_or_before(day), office.on_or_after(day)

    assert oracle.worked(back)
    assert oracle.worked(forth)
    assert not any(oracle.worked(d) for d in oracle.days(back + oracle.DAY, forth - oracle.DAY))


def test_months_know_their_working_days(office: WorkingDays) -> None:
    """The n-th and the last working day of each month of ten years agree with the oracle."""
    for year in range(2022, 2032):
        for month in range(1, 13):
            first = date(year, month, 1)
            assert office.nth_of_month(year, month, 3) == oracle.nth_worked(first, 3)
            assert office.nth_of_month(year, month, -1) == oracle.nth_worked(first, -1)
