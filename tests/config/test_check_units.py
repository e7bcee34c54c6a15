"""What is wrong in units.yaml, at its place (‸)."""

from __future__ import annotations

from typing import Any

import pytest

SO = "  so: {name: Sở, kind: so}\n"


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("units:\n  so: {name: Sở, kind: so, parent: ‸ubdn}\n  ubnd: {name: U, kind: u}\n", "unknown-unit", "“ubnd”"),
        (
            f"units:\n{SO}  a: {{name: A, kind: x, parent: ‸g}}\ngroups:\n  g: {{name: G, members: [so]}}\n",
            "parent-is-a-group",
            "là một nhóm",
        ),
        (
            "units:\n  a: {name: A, kind: x, parent: ‸b}\n  b: {name: B, kind: x, parent: c}\n"
            "  c: {name: C, kind: x, parent: a}\n",
            "cycle",
            "a → b → c → a",
        ),
        ("units:\n  a: {name: A, kind: x, parent: ‸a}\n", "cycle", "a → a"),
        (
            f"units:\n{SO}groups:\n  g: {{name: G, members: ‸[h, so]}}\n  h: {{name: H, members: [g]}}\n",
            "cycle",
            "g → h → g",
        ),
        (f"units:\n{SO}groups:\n  ‸so: {{name: G, members: [so]}}\n", "duplicate-id", "vừa là đơn vị vừa là nhóm"),
        (f"units:\n{SO}  ‸so: {{name: Sở, kind: so}}\n", "duplicate-key", "đã có ở dòng 2"),
        (
            f"units:\n{SO}groups:\n  g: {{name: G, members: [so, ‸os]}}\n",
            "unknown-unit",
            "không có đơn vị hoặc nhóm “os”",
        ),
        (f"units:\n{SO}groups:\n  g: {{name: G, members: [so, ‸'@so']}}\n", "unknown-unit", "bỏ dấu @"),
        (f"units:\n{SO}groups:\n  g: {{name: G, rule: {{under: ‸sơ}}}}\n", "unknown-unit", "không có đơn vị “sơ”"),
        (f"units:\n{SO}groups:\n  g: {{name: G, rule: {{under: so, except: [‸x]}}}}\n", "unknown-unit", "“x”"),
        (
            "units:\n  a: {name: A, kind: x, valid_from: 2025-07-01, valid_to: ‸2025-06-30}\n",
            "dates",
            "trước khi bắt đầu",
        ),
        (
            "units:\n  a: {name: A, kind: x, successors: [{unit: ‸b, kind: merge}]}\n",
            "unknown-unit",
            "đơn vị kế thừa “b”",
        ),
        ("units:\n  ‸leads: {name: A, kind: x}\n", "reserved-id", "dành riêng"),
        ("units:\n  ‸Sở A: {name: A, kind: x}\n", "bad-id", "chữ thường không dấu"),
        ("units:\n  a: {name: A, kind: x, contacts: {dau_moi: {email: ‸a.example}}}\n", "value", "địa chỉ thư"),
        ("units:\n  a: {name: A, kind: x, contacts: {‸giam_doc: {email: a@b.example}}}\n", "choice", "van_thu"),
        ("‸unit:\n  a: {name: A, kind: x}\n", "unknown-key", "có phải “units”?"),
    ],
)
def test_an_error_of_the_units_is_at_its_place(folder: Any, text: str, code: str, words: str) -> None:
    """Unknown, doubled, circling and backward units are errors at the id or value."""
    finding = folder.check_file("units.yaml", text).at_mark(code)

    assert finding.level == "error"
    assert words in finding.message


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (f"units:\n{SO}groups:\n  ‸g: {{name: G}}\n", "empty-group", "không có thành viên nào"),
        (f"units:\n{SO}groups:\n  g: {{name: G, rule: {{under: so, kind: ‸phong}}}}\n", "unknown-kind", "kind “phong”"),
        (f"units:\n{SO}groups:\n  g: {{name: G, open: ‸true, members: [so]}}\n", "open-group", "chỉ được in ra"),
        (
            "units:\n  so: {name: Sở, kind: so}\n  a: {name: A, kind: x, ‸successors: [{unit: so, kind: merge}]}\n",
            "not-yet",
            "chưa có tác dụng",
        ),
    ],
)
def test_a_doubt_about_the_units_is_a_warning(folder: Any, text: str, code: str, words: str) -> None:
    """An unused empty group, an unknown kind and what is not acted on yet stop nothing."""
    checked = folder.check_file("units.yaml", text)

    assert checked.at_mark(code).level == "warning"
    assert words in checked.at_mark(code).message


def test_two_cycles_are_both_found(folder: Any) -> None:
    """Each cycle of units is named once, from its first unit in the file."""
    checked = folder.check_file(
        "units.yaml",
        "units:\n" + "".join(f"  {a}: {{name: x, kind: x, parent: {b}}}\n" for a, b in ("ab", "ba", "cd", "dc", "ea")),
    )

    found = [line.split("cấp trên: ")[1] for line in checked.lines if "vòng lặp" in line]
    assert found == ["a → b → a; bỏ một liên kết (cycle)", "c → d → c; bỏ một liên kết (cycle)"]


def test_a_long_chain_of_units_is_no_cycle(folder: Any) -> None:
    """Two thousand units one below the other are walked without trouble."""
    chain = "".join(f"  u{n}: {{name: x, kind: x, parent: u{n + 1}}}\n" for n in range(2000))

    checked = folder.check_file("units.yaml", f"units:\n{chain}  u2000: {{name: x, kind: x}}\n")

    assert not checked.lines
