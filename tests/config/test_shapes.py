"""A file that is YAML but not of the right shape: each mismatch at its place, with the cure."""

from __future__ import annotations

from typing import Any

import pytest


def test_the_right_folder_has_nothing_to_say(folder: Any) -> None:
    """The folder that the tests break has no finding of its own."""
    assert folder.check().lines == []


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ("‸trackers: so\n", "unknown-key", "khoá lạ “trackers”; có phải “tracker”? (unknown key)"),
        ("‸zzz: so\n", "unknown-key", "dùng được: id, title, number"),
        ("valid: {‸form: 2026-01-01}\n", "unknown-key", "có phải “from”?"),
        ("targets: [{text: a, goal: = 1, ‸sofr: true}]\n", "unknown-key", "có phải “soft”?"),
        ("note: ‸[IV]\n", "type", "nếu [ ] hoặc { } là chữ của văn bản thì đặt cả câu trong ngoặc kép"),
        ("note:\n  ‸a: b\n", "type", "phải là một câu chữ, đang là nhóm khoá"),
        ("targets: ‸10%\n", "type", "phải là một danh sách"),
        ("valid: ‸2026\n", "type", "phải là các dòng “khoá: giá trị”, đang là câu chữ “2026”"),
        ("milestones: {qd: ‸text:x}\n", "type", "thiếu dấu cách sau dấu hai chấm của “text”"),
        ("attachments: [a, ‸~]\n", "empty-value", "đang để trống"),
        ("issued_on: ‸2024-02-30\n", "value", "ngày “2024-02-30” không có trong lịch"),
        ("issued_on: ‸13/2024\n", "value", "tháng 13"),
        ("issued_on: ‸hôm qua\n", "value", "viết 07/02/2024 hoặc 2024-02-07"),
        ("issued_on: ‸0000\n", "value", "năm 0"),
        ("status: ‸chạy\n", "choice", "viết một trong: draft, issued, closed"),
        ("confidential: ‸mật\n", "value", "viết true hoặc false"),
        ("targets: [{text: a, goal: ‸tăng 10%}]\n", "value", "phải bắt đầu bằng =, >=, >, < hoặc <="),
        ("milestones: {‸qd: }\n", "empty-value", "đang để trống"),
        ("milestones: {‸qd: {ask: so}}\n", "missing-key", "thiếu khoá bắt buộc “text”"),
    ],
)
def test_a_value_of_the_wrong_shape_is_an_error_at_its_place(folder: Any, body: str, code: str, words: str) -> None:
    """A wrong key, type, choice or day is an error at its key or value that says what to write."""
    head = folder.right_head(without="issued_on") if body.startswith("issued_on") else folder.right_head()

    finding = folder.check_plan(head=head, more=body).at_mark(code)

    assert finding.level == "error"
    assert words in finding.message


@pytest.mark.parametrize("key", ["id", "title", "issued_by", "track_from", "tracker", "leadership"])
def test_a_required_key_is_missed_by_name(folder: Any, key: str) -> None:
    """Each of the required keys is named, with its meaning, when it is missing or empty."""
    absent = folder.check_plan(head=folder.right_head(without=key))
    empty = folder.check_plan(head=folder.right_head(without=key) + f"{key}:\n")

    assert any(f"thiếu khoá bắt buộc “{key}” (" in line for line in absent.lines)
    assert any(f"khoá “{key}” (" in line and "đang để trống" in line for line in empty.lines)


def test_tasks_are_required(folder: Any) -> None:
    """A plan without the key `tasks` is missed too: the seventh required key."""
    assert any("thiếu khoá bắt buộc “tasks”" in line for line in folder.check_plan(tasks="").lines)


@pytest.mark.parametrize(
    ("task", "code", "words"),
    [
        ("at_start: ‸xong", "choice", "unknown, done, open"),
        ("at_start: {done: so, ‸ngay: x}", "unknown-key", "khoá lạ “ngay”"),
        ("at_start: {done: so, date: ‸31/2/2024}", "value", "không có trong lịch"),
        ("duty: ‸giao", "choice", "lead, cooperate, request"),
        ("cooperating: [{‸units: so}]", "unknown-key", "có phải “unit”?"),
        ("parts: [‸một phần]", "type", "phải là các dòng “khoá: giá trị”"),
    ],
)
def test_a_task_of_the_wrong_shape_is_an_error_at_its_place(folder: Any, task: str, code: str, words: str) -> None:
    """Inside the tree of tasks the place is as exact, and a union speaks of the branch that was tried."""
    checked = folder.check_plan(tasks=f"tasks:\n  - title: a\n    lead: so\n    when: Thường xuyên\n    {task}\n")

    assert words in checked.at_mark(code).message
    assert len([one for one in checked.findings if one.line == checked.line and one.level == "error"]) == 1


def test_an_empty_optional_key_is_as_good_as_absent(folder: Any) -> None:
    """A key whose value was left out or commented out takes its default."""
    assert folder.check_plan(more="targets:\nbasis: # chưa có\nnumber: null\nstatus: ~\nconfidential:\n").lines == []


def test_a_typo_does_not_hide_the_other_checks(folder: Any) -> None:
    """What does not fit is left out and the rest of the file is still checked against the units."""
    checked = folder.check_plan(more="statuss: draft\nstatus: chạy\nsender: so/tcb\n")

    assert checked.codes() == {"unknown-key", "choice", "unknown-unit"}


def test_a_finding_prints_as_path_line_column_level_message(folder: Any) -> None:
    """A finding is one line that an editor can jump to."""
    (line,) = folder.check_plan(more="statuss: draft\n").lines

    assert line == "ke-hoach.yaml:8:1: error: khoá lạ “statuss”; có phải “status”? (unknown key)"


def test_days_may_be_written_in_both_ways(folder: Any) -> None:
    """dd/mm/yyyy and ISO are both days, in any file."""
    assert folder.check_plan(more="valid: {from: 1/1/2026, to: 2030-12-31}\n").lines == []
