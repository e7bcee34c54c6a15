"""What is wrong in escalation.yaml, at its place (‸)."""

from __future__ import annotations

from typing import Any

import pytest

LADDERS = "ladders:\n  bao-cao:\n    - {key: giao, at: open, to: [lead], wording: giao-viec}\n"
CHOOSE = "choose:\n  - {ladder: bao-cao}\n"


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (
            LADDERS + "choose:\n  - {when: {duty: request}, ladder: ‸bao-cáo}\n  - {ladder: bao-cao}\n",
            "unknown-ladder",
            "gần giống: “bao-cao”",
        ),
        (
            LADDERS + "choose:\n  - {when: {‸dutty: request}, ladder: bao-cao}\n  - {ladder: bao-cao}\n",
            "unknown-condition",
            "“duty”",
        ),
        (
            LADDERS + "choose:\n  - {when: {duty: ‸requested}, ladder: bao-cao}\n  - {ladder: bao-cao}\n",
            "unknown-condition",
            "“request”",
        ),
        (LADDERS + "‸choose:\n  - {when: {duty: request}, ladder: bao-cao}\n", "no-default", "mặc định"),
        (LADDERS + "    - {key: ‸giao, before: 2, to: [lead], wording: x}\n" + CHOOSE, "duplicate-step", "bậc thứ 1"),
        (LADDERS + "    - ‸{key: x, to: [lead], wording: x}\n" + CHOOSE, "value", "đúng một trong ba khoá"),
        (LADDERS + "    - {key: x, before: ‸7 ngày, to: [lead], wording: x}\n" + CHOOSE, "type", "một số nguyên"),
        (LADDERS + "    - {key: x, before: ‸-7, to: [lead], wording: x}\n" + CHOOSE, "range", "trở lên"),
        (LADDERS + "    - {key: x, before: 7, to: [lead, ‸boss], wording: x}\n" + CHOOSE, "choice", "tracker_head"),
        (LADDERS + "  ‸trong: []\n" + CHOOSE, "empty-ladder", "không có bậc nào"),
        (LADDERS + CHOOSE + "sending: {at: ‸25:00}\n", "hour", "không phải là giờ"),
        (LADDERS + CHOOSE + "sending: {quiet: [20/11, ‸mùa hè]}\n", "quiet", "chưa hiểu “mùa hè”"),
        (LADDERS + CHOOSE + "substitution: {‸no_contacts: [head]}\n", "unknown-case", "“no_contact”"),
        (LADDERS + CHOOSE + "substitution: {no_contact: [‸leadership]}\n", "leadership-substitute", "chỉ nhận ở bậc"),
        (LADDERS + CHOOSE + "substitution: {no_contact: [‸hed]}\n", "unknown-substitute", "“head”"),
        ("ladders: {}\nchoose:\n  - {ladder: ‸x}\n", "unknown-ladder", "không có bậc thang “x”"),
    ],
)
def test_an_error_of_the_ladders_is_at_its_place(folder: Any, text: str, code: str, words: str) -> None:
    """Ladders, steps, choices, hours and substitutes that mean nothing are errors."""
    finding = folder.check_file("escalation.yaml", text).at_mark(code)

    assert finding.level == "error"
    assert words in finding.message


def test_right_ladders_have_nothing_to_say(folder: Any) -> None:
    """One ladder and a default are enough."""
    assert not folder.check_file("escalation.yaml", LADDERS + CHOOSE).lines


def test_hours_are_never_sexagesimal(folder: Any) -> None:
    """An unquoted 08:00 is the hour that was typed."""
    assert not folder.check_file("escalation.yaml", LADDERS + CHOOSE + "sending: {at: 08:00}\n").lines
