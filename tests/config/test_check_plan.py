"""What a plan names that does not agree with itself or with the units, at its place (‸)."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize("key", ["issued_by", "tracker", "leadership"])
def test_an_unknown_unit_is_an_error_with_the_nearest_ids(folder: Any, key: str) -> None:
    """A unit that units.yaml does not hold is named with those it looks like."""
    finding = folder.check_plan(head=folder.right_head(without=key), more=f"{key}: ‸so/tcb\n").at_mark("unknown-unit")

    assert finding.level == "error"
    assert "không có đơn vị hoặc nhóm “so/tcb”; gần giống: “so/tccb”" in finding.message


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        ("sender: ‸so/tcb\n", "unknown-unit", "“so/tccb”"),
        ("sender: ‸cac-truong\n", "group-not-unit", "phải là một đơn vị"),
        ("ladder: ‸bao-cáo\n", "unknown-ladder", "gần giống: “bao-cao”"),
        ("milestones: {qd: {text: Quyết định, ask: ‸sa}}\n", "unknown-unit", "“sa”"),
        ("milestones: {‸Quyết định: {text: Quyết định}}\n", "bad-id", "chữ thường không dấu"),
        ("valid: {from: 2026-12-31, to: ‸2026-01-01}\n", "dates", "from sau to"),
        ("targets: [{text: a, goal: = 1, from: 2026-12-31, by: ‸2026-01-01}]\n", "dates", "from sau by"),
    ],
)
def test_an_error_of_the_head_is_at_its_place(folder: Any, more: str, code: str, words: str) -> None:
    """Names and days above the reports are checked."""
    finding = folder.check_plan(more=more).at_mark(code)

    assert finding.level == "error"
    assert words in finding.message


@pytest.mark.parametrize(
    ("reports", "code", "words"),
    [
        ("  nam: {when: hằng năm, by: ‸cac-trường, to: so}\n", "unknown-unit", "“cac-truong”"),
        ("  nam: {when: hằng năm, by: so/tccb, to: [so, ‸x-y]}\n", "unknown-unit", "“x-y”"),
        ("  nam: {when: hằng năm, by: so/tccb, to: so, via: ‸x-y}\n", "unknown-unit", "“x-y”"),
        ("  nam: {when: hằng năm, by: so/tccb, to: so, tracker: ‸cac-truong}\n", "group-not-unit", "là một nhóm"),
        ("  ‸nam: {when: hằng năm, by: [], to: so}\n", "no-reporter", "không ghi ai nộp"),
        ("  ‸nam: {when: hằng năm, by: so/tccb, to: []}\n", "no-recipient", "không ghi gửi cho ai"),
        ("  nam: {when: hằng năm, by: ‸lien-quan, to: so}\n", "open-group-only", "chỉ được in ra"),
        ("  nam: {when: hằng năm, by: so/tccb, to: so, feeds: ‸nâm}\n", "unknown-report", "gần giống: “nam”"),
        ("  nam: {when: hằng năm, by: so/tccb, to: so, feeds: [‸nam]}\n", "itself", "chính nó"),
        ("  nam: {when: hằng năm, by: so/tccb, to: so, together_with: [‸x]}\n", "unknown-report", "“x”"),
        ("  nam: {when: hằng năm, by: so/tccb, to: so, ladder: ‸x}\n", "unknown-ladder", "“x”"),
        ("  nam: {by: so/tccb, to: so, calendar: ‸cch}\n", "unknown-calendar", "gần giống: “cchc”"),
        ("  ‸Năm: {when: hằng năm, by: so/tccb, to: so}\n", "bad-id", "chữ thường không dấu"),
        (
            "  a: {due: 1/12, by: so/tccb, to: so, feeds: ‸[b]}\n  b: {due: 2/12, by: so/tccb, to: so, feeds: [a]}\n",
            "cycle",
            "vòng lặp tổng hợp: a → b → a",
        ),
    ],
)
def test_an_error_of_a_report_is_at_its_place(folder: Any, reports: str, code: str, words: str) -> None:
    """Who reports, to whom, with and into what is checked."""
    finding = folder.check_plan(reports="reports:\n" + reports).at_mark(code)

    assert finding.level == "error"
    assert words in finding.message


GOOD = "title: a, lead: so/tccb, when: Thường xuyên"


@pytest.mark.parametrize(
    ("tasks", "code", "words"),
    [
        (f"  - {{code: I.1, {GOOD}}}\n  - {{code: ‸I.1, {GOOD}}}\n", "duplicate-code", "thêm id riêng"),
        (f"  - {{code: I.1, {GOOD}}}\n  - {{code: ‸I-1, {GOOD}}}\n", "duplicate-code", "cùng id “i-1” với “I.1”"),
        (
            f"  - {{code: I.1, {GOOD}}}\n  - {{code: I.2, id: ‸i-1, {GOOD}}}\n",
            "duplicate-id",
            "đã dùng cho nhiệm vụ “I.1”",
        ),
        (f"  - {{{GOOD}}}\n  - {{title: ‸a, lead: so/tccb, when: Thường xuyên}}\n", "duplicate-id", "đặt id riêng"),
        (f"  - {{code: I.1, id: ‸I/1, {GOOD}}}\n", "bad-id", "gạch nối"),
        ("  - ‸{code: …, title: …, lead: so/tccb}\n", "bad-id", "ghi thêm id"),
        ("  - ‸{code: I.1, title: a, when: Thường xuyên}\n", "no-lead", "không có đơn vị chủ trì"),
        ("  - code: I\n    title: a\n    lead: ‸truong-c\n    tasks: [{title: b}]\n", "unknown-unit", "“truong-a”"),
        ("  - {title: a, lead: [{unit: ‸truong-c, as: thực hiện}]}\n", "unknown-unit", "“truong-a”"),
        ("  - {title: a, lead: so, cooperating: [so/tccb, ‸sx]}\n", "unknown-unit", "“sx”"),
        ("  - {title: a, lead: so, tracker: ‸cac-truong}\n", "group-not-unit", "là một nhóm"),
        ("  - {title: a, lead: ‸lien-quan}\n", "open-group-only", "phải có ít nhất một đơn vị có tên"),
        ("  - {title: a, lead: so, waits_for: ‸qd}\n", "unknown-milestone", "không có mốc sự kiện “qd”"),
        ("  - {title: a, lead: so, parts: [{title: b, waits_for: ‸qd}]}\n", "unknown-milestone", "“qd”"),
        ("  - {title: a, lead: so, asked_in: [‸nawm]}\n", "unknown-report", "gần giống: “nam”"),
        ("  - {title: a, lead: so, ladder: ‸x}\n", "unknown-ladder", "“x”"),
        ("  - {title: a, lead: so, at_start: {done: [‸x-y]}}\n", "unknown-unit", "“x-y”"),
    ],
)
def test_an_error_of_a_task_is_at_its_place(folder: Any, tasks: str, code: str, words: str) -> None:
    """Codes, ids, leads, milestones, reports and ladders of the tree are checked, inherited ones where they stand."""
    finding = folder.check_plan(tasks="tasks:\n" + tasks).at_mark(code)

    assert finding.level == "error"
    assert words in finding.message


def test_an_empty_group_is_no_lead_and_no_reporter(folder: Any, right: Any) -> None:
    """A group without members that leads or reports is an error: its work would count as all reported."""
    folder.write("units.yaml", right.units + "  trong: {name: Nhóm trống, rule: {under: truong-a}}\n")

    as_lead = folder.check_plan(tasks="tasks:\n  - {title: a, lead: ‸trong, when: Thường xuyên}\n")
    as_reporter = folder.check_plan(reports="reports:\n  nam: {when: hằng năm, by: [so/tccb, ‸trong], to: so}\n")

    assert as_lead.at_mark("empty-group").level == "error"
    assert as_reporter.at_mark("empty-group").level == "error"


def test_one_code_printed_twice_is_fine_with_ids_of_its_own(folder: Any) -> None:
    """A numbering fault of the document stays visible in the code once each task has its id."""
    tasks = f"tasks:\n  - {{code: VI.2, {GOOD}}}\n  - {{code: VI.2, id: iv-2, {GOOD}}}\n"

    assert not folder.check_plan(tasks=tasks).lines


def test_an_open_group_beside_a_named_lead_is_a_warning(folder: Any) -> None:
    """An open group among the leads is printed only, and the finding says so."""
    checked = folder.check_plan(tasks="tasks:\n  - {title: a, lead: [so/tccb, ‸lien-quan], when: Thường xuyên}\n")

    assert checked.at_mark("open-group").level == "warning"
    assert not checked.codes()


def test_an_open_group_that_is_only_requested_is_a_warning(folder: Any) -> None:
    """A body asked with Đề nghị may be an open group: nothing is sent to it anyway."""
    checked = folder.check_plan(tasks="tasks:\n  - {title: a, lead: ‸lien-quan, duty: request}\n")

    assert checked.at_mark("open-group").level == "warning"


@pytest.mark.parametrize(
    ("more", "tasks", "code", "words"),
    [
        ("‸attachments: [mau.docx]\n", None, "not-yet", "chưa đính kèm"),
        ("parents: [{number: 1/KH, by: ‸ubnd-xyz}]\n", None, "unknown-unit", "không có đơn vị “ubnd-xyz”"),
        ("", "  - {title: a, lead: so/tccb, ‸parts: [{title: b}]}\n", "not-yet", "dòng trả lời"),
        ("", "  - {title: a, lead: so/tccb, at_start: {done: [‸so]}}\n", "not-a-lead", "không chủ trì"),
        (
            "",
            "  - {title: a, lead: so/tccb, ‸targets: [{text: x, goal: = 1}], tasks: [{title: b}]}\n",
            "heading",
            "con",
        ),
        ("valid: {to: 2026-01-01}\n", None, "dates", "sau ngày cuối"),
    ],
)
def test_a_doubt_about_a_plan_is_a_warning(folder: Any, more: str, tasks: str | None, code: str, words: str) -> None:
    """What is kept without effect, or names what nobody knows, is said and stops nothing."""
    checked = folder.check_plan(more=more, **({"tasks": "tasks:\n" + tasks} if tasks else {}))

    (found,) = [one for one in checked.findings if one.code == code]
    assert found.level == "warning"
    assert words in found.message
    assert not checked.line or (found.line, found.column) == (checked.line, checked.column)


def test_the_name_of_a_parent_body_may_be_free_text(folder: Any) -> None:
    """`by` of a parent document is an id or a name as printed."""
    assert not folder.check_plan(more="parents: [{number: 1/KH, by: Ban Thường vụ Thành ủy}]\n").lines
