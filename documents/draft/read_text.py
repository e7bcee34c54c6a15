"""Plain text and Markdown -> blocks: paragraphs put together again, tables of tabs, of bars and of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .blocks import Block, Cell, Line, Paper, Place, Row
from .limits import MOST_CHARACTERS, MOST_LINES, MOST_OF_A_CELL, Unreadable
from .numbering import opens_item, split_mark
from .words import clean

_RULE = re.compile(r"[\s|:\-=_+]*")
_HEADING = re.compile(r"(#{1,6})\s+(.*)")
_EMPHASIS = re.compile(r"(\*{1,3}|_{2,3})(?=\S)(.+?)(?<=\S)\1")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|])")
_STARS = re.compile(r"\*+(?=\s|$)|(?<=\S)\*{2,}")
ENDS = (".", ":", ";", "!", "?", "./", "”", '"')
_WRAPPED_SHARE = 0.2
_FOOTNOTE = re.compile(r"[¹²³⁴⁵⁶⁷⁸⁹]")
_JUNK = re.compile(r"\(?\s*chữ ký\s*\)?|[^\w\s]{1,2}|[a-z]", re.IGNORECASE)


def decoded(data: bytes, name: str) -> str:
    """The text of a file: UTF-8, or UTF-16 with its mark. Raises Unreadable."""
    try:
        text = data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable(f"tệp “{name}” không phải văn bản UTF-8; lưu lại với mã Unicode UTF-8") from None
    if "\x00" in text:
        raise Unreadable(f"tệp “{name}” không phải văn bản")
    return text


def read_text(text: str) -> Paper:
    """The blocks of a text. Raises Unreadable when it is too long."""
    if len(text) > MOST_CHARACTERS:
        raise Unreadable(f"văn bản dài quá {MOST_CHARACTERS:,} ký tự; tách thành nhiều tệp".replace(",", "."))
    raw = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").split("\n")
    if len(raw) > MOST_LINES:
        raise Unreadable(f"văn bản có quá {MOST_LINES:,} dòng; tách thành nhiều tệp".replace(",", "."))
    return Paper("text", list(together(_pieces(raw))))


def _pieces(raw: list[str]) -> Iterator[Block | None]:
    """Lines and rows as they stand; None for an empty line."""
    table = row = 0
    tabs = 0
    inside = False
    for number, line in enumerate(raw, 1):
        cells = _cells(line, tabs)
        if (
            cells is None
            and inside
            and line.strip()
            and raw[number - 2 : number - 1]
            and split_mark(line)[0].kind == "roman"
        ):
            cells = [line] if _cells(raw[number - 2], tabs) else None  # a section title across the table
        if cells is None:
            inside = inside and not line.strip()
            tabs = tabs if inside else 0
            yield _line(line, number)
            continue
        if not cells:
            continue  # the rule below a Markdown header
        opens = number == 1 or not raw[number - 2].strip() or not inside
        tabs = line.count("\t") or tabs
        if not inside:
            table, row, inside = table + 1, 0, True
        row += 1
        place = Place(line=number, table=table, row=row)
        yield Row(tuple(Cell(clean(cell).strip()[:MOST_OF_A_CELL]) for cell in cells), place, opens)


def _cells(line: str, tabs: int = 0) -> list[str] | None:
    """The cells of a table row; None for a line that is no row, [] for the rule below a Markdown header.

    A line of few words is a row when it has as many tabs as the row before it (`tabs`); else they only indent it.
    """
    if line.strip().startswith("|") and line.count("|") >= 2:
        if _RULE.fullmatch(line):
            return []
        inner = line.strip().removeprefix("|")
        inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
        return [_plain(cell.replace("\\|", "|")) for cell in re.split(r"(?<!\\)\|", inner)]
    if line.count("\t") >= 2 and line.strip():
        return line.split("\t") if line.strip().count("\t") >= 2 or line.count("\t") == tabs else None
    return None


def _line(line: str, number: int) -> Line | None:
    text = clean(line.replace("\t", " ")).strip()
    if not text or _RULE.fullmatch(text):
        return None
    heading = 0
    if match := _HEADING.fullmatch(text):
        heading, text = len(match[1]), match[2]
    return Line(_plain(text), Place(line=number), heading)


def _plain(text: str) -> str:
    """Without Markdown's emphasis and escapes; “\\*” stays a star."""
    text = text.replace("<br>", "\n").replace("<br/>", "\n")
    text = text.replace("\\*", "\x01")
    for _ in range(3):
        text = _EMPHASIS.sub(r"\2", text)
    text = re.sub(r"\*{2,}", "", text)
    return _ESCAPE.sub(r"\1", text).replace("\x01", "*").strip()


def together(pieces: Iterator[Block | None]) -> Iterator[Block]:
    """Paragraphs that were broken into lines, or over a page, made whole again."""
    items = list(pieces)
    lines = [item for item in items if isinstance(item, Line)]
    lower = sum(1 for line in lines if line.text[:1].islower())
    wrapped = len(lines) > 20 and lower / len(lines) > _WRAPPED_SHARE
    width = max((len(line.text) for line in lines), default=0)
    open_line: Line | None = None
    gap = False
    for item in items:
        if item is None:
            gap = True
            continue
        if isinstance(item, Row):
            if open_line:
                yield open_line
            open_line, gap = None, False
            yield item
            continue
        if len(item.text) < 20 and _JUNK.fullmatch(item.text) and open_line is not None:
            continue  # a scanner's speck between two lines
        note = bool(_FOOTNOTE.match(item.text))
        if open_line and not note and _goes_on(open_line, item, gap=gap, wrapped=wrapped, width=width):
            joint = "" if open_line.text.endswith(("-", "/")) and item.text[:1].isalpha() and wrapped else " "
            open_line = Line(f"{open_line.text}{joint}{item.text}", open_line.place, open_line.heading)
            gap = False
            continue
        if note and open_line is not None:
            yield item
            gap = True
            continue
        if open_line:
            yield open_line
        open_line, gap = item, False
    if open_line:
        yield open_line


def _goes_on(before: Line, line: Line, *, gap: bool, wrapped: bool, width: int) -> bool:
    """Whether a line continues the paragraph before it."""
    if line.heading or before.heading or opens_item(line.text):
        return False
    first = line.text[:1]
    if before.text.endswith(":"):
        return False
    if first.islower():
        return True
    if not wrapped or gap:
        return before.text.endswith(",") and not gap and wrapped
    return not before.text.endswith(ENDS) and len(before.text) > 0.6 * width and not before.text.isupper()
