"""Slots: opening, cut-off, due, reminding and lateness days of the seeds' own reports and tasks."""

from datetime import date

import pytest

from calendars.named import BUILT_IN, NamedCalendar, decree_cutoff
from calendars.occurrences import Slot, covering_year_slots, slots
from calendars.phrases import Context, read
from calendars.working_days import WorkingDays

OFFICE = WorkingDays(
    {date(2026, 1, 2): "12729/VPCP-KGVX"}, {date(2026, 1, 10): "12729/VPCP-KGVX"}, decreed=range(2020, 2027)
)
ISSUED = date(2024, 2, 7)


def made(phrase: str | None, first: date, last: date, year: int | None = None, **settings: object) -> list[Slot]:
    context = Context(issued_on=ISSUED, year=year or first.year, working_days=OFFICE)
    reading = None if phrase is None else read(phrase, context)
    return slots(reading, first, last, working_days=OFFICE, **settings)  # type: ignore[arg-type]


def year(number: int) -> tuple[date, date]:
    return date(number, 1, 1), date(number, 12, 31)


def test_the_yearly_report_of_the_first_seed() -> None:
    """ "Trước ngày 15/12 hàng năm": due 14/12, reminded back to a working day, late only after the next one."""
    found = made("Định kỳ trước ngày 15/12 hàng năm", date(2024, 1, 1), date(2026, 12, 31), cutoff="nd-09-2019")

    assert [(s.period, s.due_on, s.remind_from, s.late_after) for s in found] == [
        ("2024", date(2024, 12, 14), date(2024, 12, 13), date(2024, 12, 16)),
        ("2025", date(2025, 12, 14), date(2025, 12, 12), date(2025, 12, 15)),
        ("2026", date(2026, 12, 14), date(2026, 12, 14), date(2026, 12, 14)),
    ]
    assert (found[2].period_start, found[2].period_end) == (date(2025, 12, 15), date(2026, 12, 14))
    assert (found[2].cutoff_from, found[2].cutoff_on) == (date(2025, 12, 15), date(2026, 12, 14))


def test_an_internal_day_moves_reminders_and_not_lateness() -> None:
    """`collect_by: 04/12` reminds towards the 4th; lateness stays on the printed day and never passes what it feeds."""
    (slot,) = made(
        "Định kỳ trước ngày 15/12 hàng năm", *year(2024), collect_by="04/12", not_after={"2024": date(2024, 12, 14)}
    )

    assert (slot.collect_by, slot.remind_from, slot.late_after) == (
        date(2024, 12, 4),
        date(2024, 12, 4),
        date(2024, 12, 14),
    )


def test_the_limit_may_be_a_function_and_never_cuts_the_printed_day() -> None:
    """`not_after` as a function of the slot; a limit before the due day leaves the due day."""
    (slot,) = made("Định kỳ trước ngày 15/12 hàng năm", *year(2024), not_after=lambda s: date(2024, 11, 30))

    assert slot.late_after == slot.due_on


def test_quarterly_reports_of_the_second_seed() -> None:
    """ "Ngày 25 tháng cuối của quý" gives Q1 to Q4 with calendar quarters as periods, none opened before the issue."""
    found = made("Báo cáo quý: ngày 25 tháng cuối của quý", *year(2024), issued_on=ISSUED)

    assert [s.period for s in found] == ["2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4"]
    assert [s.due_on for s in found] == [date(2024, m, 25) for m in (3, 6, 9, 12)]
    assert (found[0].period_start, found[0].period_end) == (date(2024, 1, 1), date(2024, 3, 31))
    assert found[0].opens_on == date(2024, 2, 26)


def test_half_year_and_year_of_the_second_seed() -> None:
    """ "6 tháng, năm: ngày 24/6 và 23/12" are the periods 2024-H1 and 2024, with the decree's cut-offs."""
    found = made("6 tháng, năm: ngày 24/6 và 23/12 hằng năm", *year(2024), cutoff="nd-09-2019")

    assert [(s.period, s.due_on, s.cutoff_from, s.cutoff_on) for s in found] == [
        ("2024-H1", date(2024, 6, 24), date(2023, 12, 15), date(2024, 6, 14)),
        ("2024", date(2024, 12, 23), date(2023, 12, 15), date(2024, 12, 14)),
    ]


def test_the_administrative_reform_calendar() -> None:
    """`calendar: cchc` gives quarter I, half year, quarter III and year by the 20th; no quarter II and IV."""
    found = made("định kỳ (quý I, 6 tháng, quý III, năm)", *year(2022), calendar="cchc")

    assert [(s.period, s.due_on) for s in found] == [
        ("2022-Q1", date(2022, 3, 20)),
        ("2022-H1", date(2022, 6, 20)),
        ("2022-Q3", date(2022, 9, 20)),
        ("2022", date(2022, 12, 20)),
    ]


def test_a_report_due_before_another() -> None:
    """`due: 5 working days before cchc` has the same periods as cchc, five working days earlier."""
    base = made(None, *year(2022), calendar="cchc")
    found = made(None, *year(2022), due="5 working days before cchc", base=base)

    assert [(s.period, s.due_on) for s in found] == [(b.period, OFFICE.shift(b.due_on, -5)) for b in base]


def test_a_task_waits_for_its_event() -> None:
    """`due: 10 working days after` gives nothing until the event's day is known, then one slot that opens on it."""
    assert made("Sau khi có Quyết định UBND tỉnh", *year(2022), due="10 working days after") == []

    (slot,) = made(
        "Sau khi có Quyết định UBND tỉnh", *year(2022), due="10 working days after", event_on=date(2022, 4, 28)
    )
    assert (slot.due_on, slot.period, slot.opens_on) == (date(2022, 5, 16), "2022-05-16", date(2022, 4, 28))


@pytest.mark.parametrize(
    ("phrase", "period", "label"),
    [
        ("Năm 2022", "2022", "năm 2022"),
        ("Quý IV/2022", "2022-Q4", "quý IV/2022"),
        ("Tháng 01/2022", "2022-01", "tháng 1/2022"),
        ("6 tháng đầu năm 2022", "2022-H1", "6 tháng đầu năm 2022"),
        ("Quý II, III/2022", "2022-09-30", "hạn 30/09/2022"),
        ("trước ngày 15/4/2022", "2022-04-14", "hạn 14/04/2022"),
    ],
)
def test_a_dated_task_has_one_slot(phrase: str, period: str, label: str) -> None:
    """A dated phrase gives one slot, named by its year, quarter or month, else by its due day."""
    (slot,) = made(phrase, *year(2022))

    assert (slot.period, slot.label) == (period, label)


def test_a_year_that_ends_on_saturday_keeps_its_period() -> None:
    """ "Năm 2022" is due Saturday 31/12, reminded 30/12, late after Tuesday 03/01/2023, and still the period 2022."""
    (slot,) = made("Năm 2022", *year(2022))

    assert (slot.period, slot.remind_from, slot.late_after) == ("2022", date(2022, 12, 30), date(2023, 1, 3))


def test_a_deadline_inside_tet_rolls_over_it() -> None:
    """ "Tháng 01/2022" ends on 29 Tết: remind on Friday 28/01, late after Monday 07/02."""
    (slot,) = made("Tháng 01/2022", *year(2022))

    assert (slot.due_on, slot.remind_from, slot.late_after) == (date(2022, 1, 31), date(2022, 1, 28), date(2022, 2, 7))


@pytest.mark.parametrize(
    "phrase", ["Thường xuyên", "Thực hiện cả năm 2024", "Từ năm 2024", "theo quy định", "khi có yêu cầu", ""]
)
def test_what_owes_nothing_by_itself_has_no_slot(phrase: str) -> None:
    """Continuous, open-ended, external and on-demand tasks are lines of the covering report."""
    assert made(phrase, *year(2024)) == []


def test_the_covering_year_of_decree_09() -> None:
    """A task whose lead owes no report follows the yearly cut-off 15/12 to 14/12."""
    (slot,) = covering_year_slots(*year(2026), working_days=OFFICE)

    assert (slot.period, slot.due_on, slot.cutoff_from) == ("2026", date(2026, 12, 14), date(2025, 12, 15))


def test_openings_are_twenty_working_days_before_unless_said() -> None:
    """The default opening is 20 working days before; days, working days and dd/mm may be written."""
    phrase = "Định kỳ trước ngày 15/12 hàng năm"
    opened = [
        made(phrase, *year(2026), opens=text)[0].opens_on
        for text in (None, "30 days before", "5 working days before", "01/11")
    ]

    assert opened == [OFFICE.shift(date(2026, 12, 14), -20), date(2026, 11, 14), date(2026, 12, 7), date(2026, 11, 1)]


def test_a_printed_window_opens_no_earlier_than_it_begins() -> None:
    """ "Tháng 11 hằng năm" never opens before 01/11."""
    (slot,) = made("định kỳ tháng 11 hằng năm", *year(2026))

    assert slot.opens_on >= date(2026, 11, 1)


def test_a_due_override_keeps_the_period() -> None:
    """`due: 10/12` moves the day of a yearly report and of a dated task, under the same period."""
    (report,) = made("theo quy định", *year(2026), due="10/12")
    (task,) = made("Năm 2026", *year(2026), due="20/12/2026")

    assert (report.period, report.due_on) == ("2026", date(2026, 12, 10))
    assert (task.period, task.due_on) == ("2026", date(2026, 12, 20))


def test_years_not_yet_decreed_are_provisional() -> None:
    """A slot of 2027 is marked provisional, one of 2026 is not."""
    found = made("hằng năm", date(2026, 1, 1), date(2027, 12, 31))

    assert [(s.period, s.provisional) for s in found] == [("2026", False), ("2027", True)]


@pytest.mark.parametrize(
    "settings",
    [
        {"opens": "soon"},
        {"due": "31/02"},
        {"due": "sau này"},
        {"cutoff": "14"},
        {"calendar": "khong-co"},
        {"collect_by": "5 days after"},
    ],
)
def test_settings_that_cannot_be_read_are_refused(settings: dict[str, str]) -> None:
    """A setting in no known form raises a ValueError and makes no slot."""
    with pytest.raises(ValueError, match=r".+"):
        made("hằng năm", *year(2026), **settings)


@pytest.mark.parametrize(
    ("start", "end", "cut"),
    [
        (date(2026, 6, 1), date(2026, 6, 30), (date(2026, 5, 15), date(2026, 6, 14))),
        (date(2026, 1, 1), date(2026, 3, 31), (date(2025, 12, 15), date(2026, 3, 14))),
        (date(2026, 7, 1), date(2026, 12, 31), (date(2026, 6, 15), date(2026, 12, 14))),
        (date(2026, 1, 1), date(2026, 9, 30), (date(2025, 12, 15), date(2026, 9, 14))),
        (date(2026, 1, 1), date(2026, 12, 31), (date(2025, 12, 15), date(2026, 12, 14))),
        (date(2026, 2, 3), date(2026, 3, 31), None),
    ],
)
def test_the_cut_offs_of_decree_09(start: date, end: date, cut: tuple[date, date] | None) -> None:
    """Decree 09/2019: from the 15th before the period to the 14th of its last month."""
    assert decree_cutoff(start, end) == cut


def test_a_named_calendar_is_plain_data() -> None:
    """The same calendar built from data gives the same days; a wrong period or day is named."""
    data = {"title": "x", "periods": [{"period": "quarter", "due": "25"}, {"period": "year", "due": "15/01"}]}
    own = NamedCalendar.of("quy", data)

    assert [s.due_on for s in made(None, *year(2026), calendar=own)] == [
        date(2026, 1, 15),
        date(2026, 3, 25),
        date(2026, 6, 25),
        date(2026, 9, 25),
        date(2026, 12, 25),
    ]
    assert BUILT_IN["cchc"].convention
    with pytest.raises(ValueError, match="Q5"):
        NamedCalendar.of("x", {"periods": [{"period": "Q5", "due": "25/3"}]})
    with pytest.raises(ValueError, match="32/3"):
        NamedCalendar.of("x", {"periods": [{"period": "Q1", "due": "32/3"}]})
