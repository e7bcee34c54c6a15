"""YAML is read as plain text, and a file that is no YAML mapping gets one clear sentence."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from config.yaml_text import Document, plain, read_document


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """A text or bytes as a Document."""

    def read(content: str | bytes) -> Document:
        file = tmp_path / "x.yaml"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_document(file)

    return read


@pytest.mark.parametrize(
    "written",
    [
        "1.10",
        "0225123",
        "NO",
        "no",
        "yes",
        "08:00",
        "1:30",
        "2024-02-30",
        "0x1F",
        "1e3",
        ".5",
        "on",
        "12_000",
        "=",
        "1,5",
    ],
)
def test_a_scalar_is_the_string_that_stands_in_the_file(read: Any, written: str) -> None:
    """Numbers, dates, hours and the English yes and no reach the schema as they were typed."""
    document = read(f"value: {written}\n{written}: value\n")

    assert plain(document.root) == {"value": written, written: "value"}


@pytest.mark.parametrize("written", ["", "~", "null", "Null", "NULL"])
def test_a_plain_null_is_nothing(read: Any, written: str) -> None:
    """An empty value and the words for nothing are None."""
    assert plain(read(f"number: {written}\n").root) == {"number": None}


@pytest.mark.parametrize("written", ['"null"', "'~'", '""'])
def test_a_quoted_null_is_a_string(read: Any, written: str) -> None:
    """A quoted word for nothing stays the word."""
    assert plain(read(f"number: {written}\n").root) == {"number": written[1:-1]}


def test_text_is_normalised_to_nfc(read: Any) -> None:
    """A decomposed Vietnamese letter is the same as the composed one."""
    assert plain(read("title: Kế hoạch\n".replace("ế", "e\u0302\u0301")).root) == {"title": "Kế hoạch"}


def test_every_node_knows_its_place(read: Any) -> None:
    """A key path leads to the line and column of its value, or of its key."""
    document = read("a: 1\ntasks:\n  - code: I.1\n    lead: [x, y]\n")

    assert document.place(("tasks", 0, "lead", 1)) == (4, 15)
    assert document.place(("tasks", 0, "lead"), key=True) == (4, 5)
    assert document.place(("tasks", 0, "absent")) == (3, 5)


@pytest.mark.parametrize("content", ["\ufeffid: x\r\ntitle: y\r\n", "id: x\r\ntitle: y\r\n", "id: x\rtitle: y\r"])
def test_files_of_windows_are_read(read: Any, content: str) -> None:
    """A byte order mark and Windows line ends change neither values nor line numbers."""
    document = read(content)

    assert plain(document.root) == {"id": "x", "title": "y"}
    assert document.place(("title",)) == (2, 8)
    assert not document.findings


@pytest.mark.parametrize(
    ("content", "place", "words"),
    [
        ("", (1, 1), "tệp trống"),
        ("# chỉ có chú thích\n", (1, 1), "tệp trống"),
        ("- a\n- b\n", (1, 1), "đang là một danh sách"),
        ("chỉ một câu\n", (1, 1), "đang là một câu chữ"),
        ("title:Kế hoạch\n", (1, 1), "thiếu dấu cách sau dấu hai chấm"),
        ("id: x\ntitle: a\x00b\n", (2, 9), "ký tự NUL"),
        ("id: x\ntitle: a\x0bb\n", (2, 9), "dấu xuống dòng mềm của Word"),
        ("id: x\ntitle: a\u2028b\n", (2, 9), "dấu tách dòng"),
        ("id: x\ntitle: K\u1ebf".encode() + b"\xc8 ho\n", (2, 10), "không phải UTF-8"),
        ("id: x\n".encode("utf-16"), (1, 1), "UTF-16"),
        (b"PK\x03\x04docx", (1, 1), "đây là tệp Word"),
        ("a: 1\n---\nb: 2\n", (2, 1), "tách thành hai tệp"),
        ("a: " + "[" * 40, (1, 33), "lồng nhau quá 30 tầng"),
        ("{a: b}: c\n", (1, 1), "khoá phải là một từ"),
    ],
)
def test_what_is_no_config_gets_one_sentence(
    read: Any, content: str | bytes, place: tuple[int, int], words: str
) -> None:
    """A file that cannot be a config says so in one sentence with its place."""
    document = read(content)

    (finding,) = set(document.findings)
    assert (finding.line, finding.column) == place
    assert words in finding.message


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    """A path without a file is a finding, not an exception."""
    (finding,) = read_document(tmp_path / "khong-co.yaml").findings

    assert "không có tệp này" in finding.message


@pytest.mark.parametrize(
    "content",
    [
        b"\x93nonsense" * 600_000,
        b"- [" * 1_700_000,
        ("Kế hoạch: " * 600_000).encode(),
        b"a" * 5_000_000,
        b'"' * 999_999,
        b"{" * 999_999,
        b"a: b: c\n" * 120_000,
        b"a: &x [*x, *x]\n" * 60_000,
        b'title: "a\nsource: "b c"\nnumber: "d"\n',
    ],
    ids=["bytes", "brackets", "colons", "one word", "quotes", "braces", "lines", "aliases", "quotes that do not close"],
)
def test_nonsense_is_refused_quickly(read: Any, content: bytes) -> None:
    """Five megabytes of nonsense, or one just under the limit, end in a sentence within seconds."""
    begun = time.monotonic()
    document = read(content)

    assert document.findings
    assert time.monotonic() - begun < 4


def test_a_duplicate_key_names_both_lines(read: Any) -> None:
    """A key written twice is refused and both lines are named."""
    (finding,) = read("id: x\ntitle: a\nid: y\n").findings

    assert (finding.line, finding.column, finding.level) == (3, 1, "error")
    assert "đã có ở dòng 1; dòng 3" in finding.message
