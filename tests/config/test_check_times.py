"""What is wrong or doubtful in the times of a plan, at its place (‸)."""

from __future__ import annotations

from typing import Any

import pytest


def report(settings: str) -> str:
    """One report of a school to the Sở."""
    return f"reports:\n  nam: {{by: [cac-truong, so/tccb], to: so, {settings}}}\n"


@pytest.mark.parametrize(
    ("settings", "code", "words"),
    [
        ("when: ‸mùa trăng", "unknown-phrase", "Dạng gần nhất đọc được"),
        ("when: hằng năm, read_as: ‸weekly", "unknown-read-as", "không có cách đọc “weekly”"),
        ("when: trước ngày 15/12 hằng năm, opens: ‸sớm", "setting", "20 working days before"),
        ("when: trước ngày 15/12 hằng năm, opens: ‸31/2", "setting", "không có trong lịch"),
        ("when: trước ngày 15/12 hằng năm, opens: ‸5 days after", "setting", "không đọc được"),
        ("when: trước ngày 15/12 hằng năm, cutoff: ‸nd-9-2019", "setting", "nd-09-2019 hoặc 14/12"),
        ("when: trước ngày 15/12 hằng năm, collect_by: ‸4.12", "setting", "không đọc được “4.12”"),
        ("due: ‸cuối năm", "setting", "5 working days before <báo cáo>"),
        ("due: ‸5 working days before", "setting", "5 working days before <báo cáo>"),
        ("due: ‸5 working days before nawm", "unknown-report", "gần giống: “nam”"),
        ("due: ‸5 working days before nam", "cycle", "vòng lặp hạn: nam → nam"),
        ("due: ‸31/02/2026", "setting", "không có trong lịch"),
        ("due: ‸31/12/9999", "setting", "không có trong lịch"),
    ],
)
def test_a_time_that_cannot_be_read_is_an_error(folder: Any, settings: str, code: str, words: str) -> None:
    """Phrases and days of a report that mean nothing are errors that show what can be read."""
    finding = folder.check_plan(reports=report(settings)).at_mark(code)

    assert finding.level == "error"
    assert words in finding.message


@pytest.mark.parametrize(
    ("task", "code", "words"),
    [
        ("{title: a, lead: so/tccb, when: ‸mùa trăng}", "unknown-phrase", "Dạng gần nhất đọc được"),
        ("{title: a, lead: so/tccb, parts: [{title: b, when: ‸mùa trăng}]}", "unknown-phrase", "mùa trăng"),
        ("{title: a, lead: so/tccb, when: ‸mùa trăng, tasks: [{title: b}, {title: c}]}", "unknown-phrase", "(cột"),
        ("{title: a, lead: so/tccb, when: Thường xuyên, read_as: ‸continous}", "unknown-read-as", "“continuous”"),
        ("{title: a, lead: so/tccb, due: ‸mai}", "setting", "10/12"),
        ("{title: a, lead: so/tccb, due: ‸10 working days after}", "needs-waits-for", "cần waits_for"),
        ("{title: a, lead: so/tccb, due: ‸5 days before nam}", "setting", "không đọc được"),
        ("{title: a, lead: so/tccb, starts: ‸đầu năm, when: Thường xuyên}", "setting", "07/02/2024"),
    ],
)
def test_a_time_of_a_task_that_cannot_be_read_is_an_error(folder: Any, task: str, code: str, words: str) -> None:
    """A phrase handed down is an error where it stands, once."""
    checked = folder.check_plan(tasks=f"tasks:\n  - {task}\n")

    assert words in checked.at_mark(code).message
    assert len([one for one in checked.findings if one.level == "error"]) == 1


@pytest.mark.parametrize(
    ("settings", "code", "words"),
    [
        ("when: ‸hằng năm", "ambiguous", "Cụm từ không in ngày"),
        ("‸cutoff: 14/12, when: trước ngày 15/12 hằng năm", "due_at_cutoff", "Nghị định 09/2019"),
    ],
)
def test_a_doubtful_time_is_a_warning(folder: Any, settings: str, code: str, words: str) -> None:
    """What can be read in two ways or cannot be kept is said with the key that settles it."""
    checked = folder.check_plan(reports=report(settings))

    assert checked.at_mark(code).level == "warning"
    assert words in checked.at_mark(code).message
    assert not checked.codes()


@pytest.mark.parametrize("settings", ["when: hằng năm, due: 10/12", "when: định kỳ, calendar: cchc"])
def test_a_day_set_by_the_admin_settles_a_doubt(folder: Any, settings: str) -> None:
    """A phrase without a day is no longer doubted once the admin has set one."""
    assert not folder.check_plan(reports=report(settings)).lines


def test_a_report_that_feeds_another_needs_a_day(folder: Any) -> None:
    """A consolidator cannot wait for a report without a day."""
    checked = folder.check_plan(
        reports="reports:\n  ‸truong: {when: theo quy định, by: cac-truong, to: so, feeds: [nam]}\n"
        "  nam: {when: trước ngày 15/12 hằng năm, by: [so, so/tccb], to: ubnd}\n"
    )

    assert checked.at_mark("feeds_without_day").level == "warning"


def test_a_report_without_any_time_is_doubted(folder: Any) -> None:
    """A report with neither phrase nor day nor calendar says so."""
    checked = folder.check_plan(reports="reports:\n  ‸nam: {by: [cac-truong, so/tccb], to: so}\n")

    assert checked.at_mark("no-time").level == "warning"


def test_a_task_due_before_tracking_needs_its_state(folder: Any) -> None:
    """A task whose day lies before tracking is doubted until `at_start` says how it stands."""
    task = "tasks:\n  - {title: a, lead: so/tccb, when: ‸tháng 6 năm 2025"

    doubted = folder.check_plan(tasks=task + "}\n")
    settled = folder.check_plan(tasks=task + ", at_start: unknown}\n")

    assert "hạn 30/06/2025 trước ngày bắt đầu theo dõi 05/01/2026" in doubted.at_mark("before-tracking").message
    assert "before-tracking" not in settled.codes("warning")


def test_two_reports_a_day_apart_are_one_piece_of_paper(folder: Any) -> None:
    """The same units asked twice within three days are proposed `together_with`."""
    checked = folder.check_plan(
        reports="reports:\n  quy: {when: trước ngày 30/11 hằng năm, by: [cac-truong, so/tccb], to: so}\n"
        "  nam: {when: trước ngày 01/12 hằng năm, by: cac-truong, to: so}\n"
    )

    assert "close_together" in checked.codes("warning")
