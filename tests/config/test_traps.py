"""What people type and paste that YAML reads differently: each trap is named at its place (‸) with its cure."""

from __future__ import annotations

from typing import Any

import pytest

COLON = "dấu hai chấm"


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        # sentences with a colon
        (
            "reports:\n  quy:\n    when: Báo cáo quý‸: ngày 25 tháng cuối của quý\n    by: truong-a\n    to: so\n",
            "colon",
            'câu có dấu hai chấm: đặt cả câu trong ngoặc kép, when: "Báo cáo quý: ngày 25 tháng cuối của quý"',
        ),
        ("note: “Báo cáo quý‸: ngày 25”\n", "colon", "dấu “ ” của Word không phải ngoặc kép của YAML"),
        ("milestones: {qd: {text: Chờ quyết định‸: mới}}\n", "colon", "câu có dấu hai chấm trong {…}"),
        ("targets: [{text: a‸: b}]\n", "colon", "đặt cả câu trong ngoặc kép"),
        # marks at the start of a value
        ("ladder: ‸@bao-cao\n", "at-sign", "bỏ dấu @: viết “bao-cao”"),
        ("attachments: [@a.docx, ‸@b.docx]\n", "at-sign", "bỏ dấu @: viết “b.docx”"),
        ("note: ‸* Phòng Nội vụ chủ trì\n", "alias", 'đặt cả câu trong ngoặc kép, note: "* Phòng Nội vụ chủ trì"'),
        ("note: ‸*Phòng Nội vụ\n", "bad-start", 'note: "*Phòng Nội vụ"'),
        ("note: ‸*phong\n", "alias", "bỏ dấu * hoặc đặt cả câu trong ngoặc kép"),
        ("‸* Phòng Nội vụ chủ trì:\n", "alias", "dấu * đầu dòng (chép từ Word)"),
        ("note: ‸& Phòng\n", "alias", "dấu & ở đầu giá trị"),
        ("note: ‸&phong Nội vụ\n", "anchor", "dấu & ở đầu giá trị"),
        ("note: ‸!Quan trọng\n", "tag", "dấu ! ở đầu giá trị"),
        ("note: ‸%10 biên chế\n", "bad-start", 'note: "%10 biên chế"'),
        ("note: ‸`mã`\n", "bad-start", "không được bắt đầu bằng dấu `"),
        ("note: ‸- gạch đầu dòng\n", "bad-start", 'note: "- gạch đầu dòng"'),
        ("note: ‸, phẩy\n", "bad-start", "bắt đầu bằng dấu ,"),
        ("note: ‸|x\n", "bad-start", 'note: "|x"'),
        ("targets:\n  - text: a\n    goal: ‸>= 10%\n", "bad-start", 'goal: ">= 10%"'),
        ("‸% của năm\n", "bad-start", "dòng bắt đầu bằng dấu %"),
        # quotes and brackets
        ('note: "Một cửa" ‸và một cửa liên thông\n', "after-quote", "note: '\"Một cửa\" và một cửa liên thông'"),
        ('milestones: {qd: {text: "Một cửa" ‸và}}\n', "after-quote", "bọc cả câu trong ngoặc đơn"),
        ("number: ‸[IV].2\n", "bad-start", 'number: "[IV].2"'),
        ("number: ‸{IV} x\n", "bad-start", 'number: "{IV} x"'),
        ('note: ‸"chưa đóng\n', "unclosed", "không có dấu đóng"),
        ('note: ‸"chưa đóng\nnumber: "12/KH"\n', "unclosed", "mở ở dòng 8, cột 7 không có dấu đóng"),
        ("note: ‸'chưa đóng\nnumber: '12/KH'\n", "unclosed", "mở ở dòng 8, cột 7 không có dấu đóng"),
        ("attachments: ‸[a, b\n", "unclosed", "không có dấu đóng ]"),
        ("attachments: ‸[a #1, b]\n", "unclosed", "dấu # trong đó biến phần sau thành chú thích"),
        ('note: "C:\\‸data"\n', "escape", "dùng ngoặc đơn"),
        # a comma inside {…}
        (
            "milestones: {qd: {text: Tổng hợp‸, trình kế hoạch}}\n",
            "cut-by-comma",
            "dấu phẩy trong {…} cắt mất “trình kế hoạch” khỏi giá trị của “text”: đặt cả câu trong ngoặc kép",
        ),
        ("milestones: {qd: {text: “Tổng hợp‸, trình”}}\n", "cut-by-comma", 'phải gõ dấu " thẳng'),
        ("milestones: {qd: {text: Tổng hợp, ‸trình tới: so}}\n", "unknown-key", "dấu phẩy trong {…} có lẽ đã cắt"),
        ("valid: {‸from:2024}\n", "no-space", "thiếu dấu cách sau dấu hai chấm của “from”"),
        ("note: {‸Dự thảo}\n", "no-value", "nếu { } là chữ của văn bản thì đặt cả câu trong ngoặc kép"),
        # spaces
        ("note‸:Dự thảo\nladder: null\n", "no-space", "thiếu dấu cách sau dấu hai chấm: viết “note: Dự thảo”"),
        ("targets:\n  ‸-text: a\n  - text: b\n    goal: = 1\n", "no-space", "thiếu dấu cách sau dấu “-”"),
        ("targets:\n‸\t- text: a\n", "invisible", "có dấu TAB ở cột 1"),
        ("targets:\n  - text: a\n  ‸\u00a0\u00a0goal: = 1\n", "invisible", "dấu cách không ngắt của Word"),
        ("targets:\n  -‸\u00a0text: a\n    goal: = 1\n", "invisible", "ở cột 4"),
        ("note‸\u00a0: Dự thảo\n", "invisible", "trong khoá hoặc chỗ thụt đầu dòng"),
        ("note:‸\u00a0Dự thảo\nladder: null\n", "invisible", "sau dấu hai chấm"),
        ("note: a\n  ‸ladder: b\n", "indentation", "thụt vào sâu hơn dòng trên"),
        ("targets:\n  - text: a\n   ‸goal: = 1\n", "indentation", "thụt đầu dòng không khớp"),
        ("targets:\n  ‸– text: a\n    goal: = 1\n", "bullet", "dấu – đầu dòng là của Word"),
        ("‸• Phòng Nội vụ chủ trì\n", "bullet", "dấu • đầu dòng là của Word"),
        ("‸Phòng Nội vụ chủ trì\n", "no-colon", "không phải “khoá: giá trị”"),
        ("‸<<: {note: a}\n", "unknown-key", "nhiệm vụ con tự thừa kế"),
    ],
)
def test_a_trap_is_named_at_its_place_with_its_cure(folder: Any, body: str, code: str, words: str) -> None:
    """A trap is an error at the very character, and the sentence says what to write instead."""
    finding = folder.check_plan(more=body).at_mark(code)

    assert finding.level == "error"
    assert words in finding.message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("note: Biểu mẫu ‸#2 kèm theo\n", "bỏ mất “2 kèm theo”"),
        ("note: Biểu mẫu ‸# 2\n", "đặt cả câu trong ngoặc kép"),
        ("number: ‸#2\n", "bỏ mất “2”"),
    ],
)
def test_a_hash_that_looks_like_part_of_a_sentence_is_doubted(folder: Any, body: str, words: str) -> None:
    """A `#` that cuts an unquoted sentence is a warning at the mark."""
    finding = folder.check_plan(more=body).at_mark("hash")

    assert finding.level == "warning"
    assert words in finding.message


@pytest.mark.parametrize(
    "body", ["note: Dự thảo   # ghi thêm\n", 'note: "Biểu #2"\n', "note: C#\n", "number:  # để trống\n"]
)
def test_a_comment_set_apart_is_no_trap(folder: Any, body: str) -> None:
    """A comment two spaces after its value, and a `#` inside quotes or a word, are left alone."""
    assert not folder.check_plan(more=body).findings


@pytest.mark.parametrize(
    ("character", "name"),
    [("\u00a0", "no-break space"), ("\t", "TAB"), ("\u200b", "U+200B"), ("\u00ad", "soft hyphen")],
)
def test_an_invisible_character_in_a_value_is_named(folder: Any, character: str, name: str) -> None:
    """A character that cannot be seen is a warning that names it and its column."""
    finding = folder.check_plan(more=f"note: a‸{character}b\n").at_mark("invisible")

    assert finding.level == "warning"
    assert name in finding.message
    assert f"ở cột {finding.column}" in finding.message


def test_every_trap_of_a_file_is_found_in_one_run(folder: Any) -> None:
    """A trap whose cure is sure does not hide the next one, nor an unknown unit behind it."""
    checked = folder.check_plan(
        more='note: "Một cửa" và\nnumber: [IV].2\nsender: @so/tcb\n',
        reports="reports:\n  quy:\n    when: Báo cáo quý: ngày 25 tháng cuối của quý\n    by: truong-a\n    to: so\n",
    )

    assert {"after-quote", "bad-start", "at-sign", "colon", "unknown-unit"} <= checked.codes()


def test_windows_quotes_that_stay_text_are_fine(folder: Any) -> None:
    """Curly quotes inside an unquoted sentence are plain letters."""
    assert not folder.check_plan(more="note: Cơ chế “một cửa” và một cửa liên thông\n").findings
