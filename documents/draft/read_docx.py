"""Word -> blocks: paragraphs with their automatic numbers, tables with merged cells in grid columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
from docx.oxml.ns import qn

from .blocks import Block, Cell, Line, Paper, Place, Row
from .limits import MOST_CHARACTERS, MOST_COLUMNS, MOST_OF_A_CELL, Unreadable
from .read_text import together
from .words import clean

_BREAKS = {qn("w:br"), qn("w:cr")}
_COMPATIBLE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_SKIPPED = {qn("w:txbxContent"), qn("w:del"), qn("w:moveFrom"), f"{_COMPATIBLE}Fallback"}
_ROMANS = (
    ("M", 1000), ("CM", 900), ("D", 500), ("CD", 400), ("C", 100), ("XC", 90), ("L", 50), ("XL", 40), ("X", 10),
    ("IX", 9), ("V", 5), ("IV", 4), ("I", 1),
)  # fmt: skip


def read_docx(path: Path) -> Paper:
    """The blocks of a Word file that `packages` has let through."""
    document = docx.Document(str(path))
    reader = _Reader(document)
    blocks = list(reader.blocks(document.element.body))
    if (
        sum(len(block.text) if isinstance(block, Line) else sum(map(len, block.texts)) for block in blocks)
        > MOST_CHARACTERS
    ):
        raise Unreadable("văn bản quá dài; tách thành nhiều tệp")
    return Paper("docx", list(together(iter(blocks))))


class _Reader:
    def __init__(self, document: Any) -> None:
        self.numbers = _Numbers(document)
        self.table = 0
        self.line = 0
        self.page = 1

    def blocks(self, body: Any) -> Iterator[Block]:
        for child in body.iterchildren():
            if child.tag == qn("w:p"):
                yield from self._paragraph(child)
            elif child.tag == qn("w:tbl"):
                yield from self._table(child)
            elif child.tag in {qn("w:sdt"), qn("w:sdtContent"), qn("w:ins"), qn("w:smartTag"), qn("w:customXml")}:
                yield from self.blocks(child)

    def _paragraph(self, element: Any) -> Iterator[Line]:
        self.line += 1
        self._pages(element)
        text = self.text_of(element)
        for part in text.split("\n"):
            if part.strip():
                yield Line(
                    part.strip(),
                    Place(line=self.line, page=self.page if self.page > 1 else None),
                    self.numbers.heading(element),
                )

    def _pages(self, element: Any) -> None:
        self.page += sum(1 for _ in element.iter(qn("w:lastRenderedPageBreak")))

    def text_of(self, element: Any) -> str:
        """The text of a paragraph with the number Word puts before it; deleted text is gone."""
        out: list[str] = []
        self._runs(element, out)
        text = clean("".join(out))
        number = self.numbers.label(element) if text.strip() else ""
        return f"{number} {text}".strip() if number else text

    def _runs(self, element: Any, out: list[str]) -> None:
        for child in element.iterchildren():
            if child.tag in _SKIPPED or child.tag == qn("w:pPr"):
                continue
            if child.tag == qn("w:t"):
                out.append(child.text or "")
            elif child.tag == qn("w:tab"):
                out.append(" ")
            elif child.tag in _BREAKS:
                out.append("\n")
            elif child.tag in {qn("w:noBreakHyphen"), qn("w:softHyphen")}:
                out.append("-" if child.tag == qn("w:noBreakHyphen") else "")
            else:
                self._runs(child, out)

    def _table(self, table: Any) -> Iterator[Row]:
        self.table += 1
        number = self.table
        above: dict[int, str] = {}
        for row_number, row in enumerate(_rows(table), 1):
            self._pages(row)
            cells: list[Cell] = []
            skipped = row.find(f"{qn('w:trPr')}/{qn('w:gridBefore')}") if row.find(qn("w:trPr")) is not None else None
            for _ in range(min(MOST_COLUMNS, int(skipped.get(qn("w:val"), "0")) if skipped is not None else 0)):
                cells.append(Cell())
            for cell in _cells(row):
                properties = cell.find(qn("w:tcPr"))
                span, merged = _merging(properties)
                column = len(cells)
                text = self._cell_text(cell)
                if merged == "continue":
                    cells.append(Cell(above.get(column, ""), above=True))
                else:
                    above[column] = text
                    cells.append(Cell(text))
                cells += [Cell(covered=True) for _ in range(span - 1)]
                if len(cells) > MOST_COLUMNS:
                    raise Unreadable(f"bảng {number} có quá {MOST_COLUMNS} cột")
            yield Row(
                tuple(cells),
                Place(page=self.page if self.page > 1 else None, table=number, row=row_number),
                opens=row_number == 1,
            )

    def _cell_text(self, cell: Any) -> str:
        parts: list[str] = []
        for child in cell.iter(qn("w:p")):
            text = self.text_of(child)
            if text:
                parts.append(text)
        return "\n".join(parts)[:MOST_OF_A_CELL]


def _rows(table: Any) -> Iterator[Any]:
    for child in table.iterchildren():
        if child.tag == qn("w:tr"):
            yield child
        elif child.tag in {qn("w:sdt"), qn("w:sdtContent"), qn("w:ins"), qn("w:customXml")}:
            yield from _rows(child)


def _cells(row: Any) -> Iterator[Any]:
    for child in row.iterchildren():
        if child.tag == qn("w:tc"):
            yield child
        elif child.tag in {qn("w:sdt"), qn("w:sdtContent"), qn("w:ins"), qn("w:customXml")}:
            yield from _cells(child)


def _merging(properties: Any) -> tuple[int, str]:
    """(columns it spans, "restart", "continue" or "")."""
    if properties is None:
        return 1, ""
    span = properties.find(qn("w:gridSpan"))
    merge = properties.find(qn("w:vMerge"))
    width = 1
    if span is not None and (span.get(qn("w:val")) or "").isdigit():
        width = min(MOST_COLUMNS, max(1, int(span.get(qn("w:val")))))
    return width, "" if merge is None else merge.get(qn("w:val")) or "continue"


class _Numbers:
    """The numbers and bullets that Word counts by itself (numbering.xml)."""

    def __init__(self, document: Any) -> None:
        self.levels: dict[str, dict[int, tuple[str, str, int]]] = {}  # numId -> level -> (format, text, start)
        self.counts: dict[str, dict[int, int]] = defaultdict(dict)
        self.shared: dict[str, str] = {}  # numId -> abstract: lists of one kind count on
        self.styles = _styles(document)
        try:
            root = document.part.numbering_part.element
        except (KeyError, NotImplementedError, AttributeError):
            return
        kinds = {one.get(qn("w:abstractNumId")): _levels(one) for one in root.findall(qn("w:abstractNum"))}
        for one in root.findall(qn("w:num")):
            link = one.find(qn("w:abstractNumId"))
            kind = link.get(qn("w:val")) if link is not None else None
            number = one.get(qn("w:numId"))
            self.levels[number] = dict(kinds.get(kind, {}))
            overrides = one.findall(qn("w:lvlOverride"))
            self.shared[number] = number if overrides else f"a{kind}"
            for override in overrides:
                start = override.find(qn("w:startOverride"))
                level = int(override.get(qn("w:ilvl")) or 0)
                if start is not None and level in self.levels[number]:
                    form, text, _ = self.levels[number][level]
                    self.levels[number][level] = (form, text, int(start.get(qn("w:val")) or 1))

    def heading(self, paragraph: Any) -> int:
        """The heading level of a paragraph's style, 0 for none."""
        name = self._style(paragraph)
        return self.styles.get(name, (None, 0, 0))[2]

    def _style(self, paragraph: Any) -> str:
        style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        return style.get(qn("w:val")) if style is not None else ""

    def label(self, paragraph: Any) -> str:
        """The number or bullet before a paragraph, and count on; "" for none."""
        number, level = self._of(paragraph)
        if number is None or number == "0" or level not in self.levels.get(number, {}):
            return ""
        form, text, start = self.levels[number][level]
        if form == "bullet":
            return "-"
        if form == "none":
            return ""
        counts = self.counts[self.shared[number]]
        counts[level] = counts.get(level, start - 1) + 1
        for deeper in [one for one in counts if one > level]:
            del counts[deeper]
        for index in range(level + 1):
            kind, _, begin = self.levels[number].get(index, ("decimal", "", 1))
            value = counts.setdefault(index, begin)
            text = text.replace(f"%{index + 1}", _shown(value, kind))
        return text.strip()

    def _of(self, paragraph: Any) -> tuple[str | None, int]:
        own = paragraph.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
        number, level = _numbered(own)
        if number is None:
            style = self.styles.get(self._style(paragraph))
            if style and style[0]:
                return style[0], level or style[1]
        return number, level


def _numbered(element: Any) -> tuple[str | None, int]:
    if element is None:
        return None, 0
    number, level = element.find(qn("w:numId")), element.find(qn("w:ilvl"))
    depth = level.get(qn("w:val")) if level is not None else "0"
    return (number.get(qn("w:val")) if number is not None else None), int(depth) if (depth or "").isdigit() else 0


def _styles(document: Any) -> dict[str, tuple[str | None, int, int]]:
    """Style id -> (numId, level, heading level)."""
    found: dict[str, tuple[str | None, int, int]] = {}
    try:
        styles = document.styles.element.findall(qn("w:style"))
    except (KeyError, AttributeError):
        return found
    for style in styles:
        number, level = _numbered(style.find(f"{qn('w:pPr')}/{qn('w:numPr')}"))
        name = style.find(qn("w:name"))
        label = (name.get(qn("w:val")) or "").lower() if name is not None else ""
        heading = int(label[-1]) if label.startswith("heading ") and label[-1].isdigit() else 0
        found[style.get(qn("w:styleId")) or ""] = (number, level, heading)
    return found


def _levels(kind: Any) -> dict[int, tuple[str, str, int]]:
    levels = {}
    for level in kind.findall(qn("w:lvl")):
        form, text, start = (level.find(qn(name)) for name in ("w:numFmt", "w:lvlText", "w:start"))
        begin = start.get(qn("w:val")) if start is not None else "1"
        levels[int(level.get(qn("w:ilvl")) or 0)] = (
            (form.get(qn("w:val")) if form is not None else "decimal") or "decimal",
            (text.get(qn("w:val")) if text is not None else "") or "",
            int(begin) if (begin or "").isdigit() else 1,
        )
    return levels


def _shown(value: int, form: str) -> str:
    if form in {"upperRoman", "lowerRoman"}:
        out, left = "", min(value, 3999)
        for letters, size in _ROMANS:
            while left >= size:
                out, left = out + letters, left - size
        return out if form == "upperRoman" else out.lower()
    if form in {"upperLetter", "lowerLetter"} and 1 <= value <= 26:
        letter = chr(96 + value)
        return letter.upper() if form == "upperLetter" else letter
    return f"{value:02d}" if form == "decimalZero" else str(value)
