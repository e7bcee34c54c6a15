"""Findings: dates that cannot be kept, each with the key that cures it, on the seeds' own reports."""

from datetime import date

from calendars.conflicts import Finding, ReportView, findings
from calendars.occurrences import Slot, slots
from calendars.phrases import Context, read
from calendars.working_days import WorkingDays

OFFICE = WorkingDays(decreed=range(2020, 2027))


def year_slots(phrase: str, **settings: str) -> tuple[Slot, ...]:
    reading = read(phrase, Context(year=2024))
    return tuple(slots(reading, date(2024, 1, 1), date(2024, 12, 31), working_days=OFFICE, **settings))  # type: ignore[arg-type]


def found(*reports: ReportView, issued_on: date | None = None) -> list[tuple[str, str]]:
    return [(f.code, f.cure) for f in findings(reports, working_days=OFFICE, issued_on=issued_on)]


def test_a_report_due_on_its_cut_off_is_found() -> None:
    """S0: 14/12 against the decree's cut-off 14/12 leaves no working day."""
    report = ReportView("nam", year_slots("Định kỳ trước ngày 15/12 hàng năm", cutoff="nd-09-2019"))

    assert found(report) == [("due_at_cutoff", "cutoff")]


def test_a_consolidator_due_with_its_reporters_is_found_and_cured() -> None:
    """S0: the department's own report is due the day its units' are; `collect_by` gives it time."""
    whole = ReportView("tong-hop", year_slots("trước ngày 15/12 hằng năm"), frozenset({"tccb"}), frozenset({"ubnd"}))
    bare = ReportView("nam", whole.slots, frozenset({"a"}), frozenset({"tccb"}), feeds=("tong-hop",))
    cured = ReportView(
        "nam", year_slots("trước ngày 15/12 hằng năm", collect_by="04/12"), bare.reporters, bare.to, feeds=("tong-hop",)
    )

    assert found(bare, whole) == [("consolidator_too_early", "collect_by")]
    assert found(cured, whole) == []


def test_two_reports_of_one_unit_within_three_days_are_found_and_cured() -> None:
    """S1: 24/6 and 25/6 ask the same schools twice; `together_with` answers both at once."""
    schools = frozenset({"th-1", "th-2"})
    quarter = ReportView("quy", year_slots("Báo cáo quý: ngày 25 tháng cuối của quý"), schools, frozenset({"pgd"}))
    half = ReportView("6-thang", year_slots("6 tháng, năm: ngày 24/6 và 23/12 hằng năm"), schools, frozenset({"pgd"}))
    joined = ReportView("6-thang", half.slots, schools, half.to, together_with=("quy",))
    (finding,) = findings([quarter, half], working_days=OFFICE)

    assert (finding.code, finding.cure) == ("close_together", "together_with")
    assert "25/06/2024" in finding.message
    assert "24/06/2024" in finding.message
    assert found(quarter, joined) == []


def test_a_report_that_feeds_another_must_have_a_day() -> None:
    """S4: the undated report of one Sở feeds another; `due` is demanded."""
    r2 = ReportView("ldtbxh", feeds=("so",), phrase="định kỳ")
    r1 = ReportView("so", year_slots("trước ngày 30/12 hằng năm"), frozenset({"sgddt"}))

    assert found(r2, r1) == [("feeds_without_day", "due")]


def test_days_before_the_plans_issue_are_found() -> None:
    """A due day before the issue, and an opening before it, are two findings with their cures."""
    slots_2024 = year_slots("Báo cáo quý: ngày 25 tháng cuối của quý")

    assert found(ReportView("quy", slots_2024), issued_on=date(2024, 5, 1)) == [("due_before_issue", "track_from")]
    assert found(ReportView("quy", slots_2024[1:]), issued_on=date(2024, 6, 3)) == [("opens_before_issue", "opens")]


def test_a_period_that_never_opens_is_found() -> None:
    """A report whose opening lies after its due day never opens."""
    late = slots(
        read("Báo cáo quý: ngày 25 tháng cuối của quý"),
        date(2024, 1, 1),
        date(2024, 3, 31),
        working_days=OFFICE,
        issued_on=date(2024, 4, 2),
    )

    assert ("no_opening", "opens") in found(ReportView("quy", tuple(late)))


def test_an_ambiguous_phrase_names_read_as() -> None:
    """A reading that has another documented reading says so."""
    reading = read("Quý II, III/2022")

    assert found(ReportView("x", phrase=reading.phrase, warnings=reading.warnings)) == [("ambiguous", "read_as")]


def test_a_missing_feeds_is_suggested() -> None:
    """Who receives one report and owes another for the same period probably consolidates it."""
    units = ReportView("don-vi", year_slots("trước ngày 01/12 hằng năm"), frozenset({"a"}), frozenset({"so"}))
    office = ReportView("so", year_slots("trước ngày 30/12 hằng năm"), frozenset({"so"}), frozenset({"ubnd"}))

    assert found(units, office) == [("feeds_missing", "feeds")]


def test_a_clean_calendar_has_no_findings() -> None:
    """A cascade with time between its levels gives nothing."""
    units = ReportView(
        "xa", year_slots("trước ngày 18 hằng tháng"), frozenset({"xa"}), frozenset({"so"}), feeds=("so",)
    )
    office = ReportView("so", year_slots("ngày 20 hằng tháng"), frozenset({"so"}), frozenset({"ubnd"}))
    nothing: list[Finding] = findings([units, office], working_days=OFFICE, issued_on=date(2023, 12, 1))

    assert nothing == []
