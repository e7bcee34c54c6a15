"""Word, Excel and PDF files made from the same rows and lines, in the ways offices make them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import docx
import xlsxwriter
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from documents.draft.blocks import Block, Line, Row

OTHER_NAMES = {
    "STT": "TT",
    "Nội dung": "Nhiệm vụ, giải pháp",
    "Kết quả": "Sản phẩm hoàn thành",
    "Thời gian thực hiện": "Thời hạn hoàn thành",
    "Cơ quan chủ trì": "Đơn vị chủ trì",
    "Cơ quan phối hợp": "Đơn vị phối hợp thực hiện",
    "Ghi chú": "Ghi chú",
}


def renamed(rows: Sequence[Sequence[str]], names: dict[str, str] = OTHER_NAMES) -> list[list[str]]:
    """The same rows under other header names."""
    return [[names.get(text, text) for text in row] for row in rows]


def shuffled(rows: Sequence[Sequence[str]], seed: int) -> list[list[str]]:
    """The same rows with the columns after the first in another order; a section row keeps its title."""
    width = max(len(row) for row in rows)
    order = [0, *random.Random(seed).sample(range(1, width), width - 1)]
    return [[*row] if len(row) < width else [row[i] for i in order] for row in rows]


def rows_and_lines(blocks: Sequence[Block]) -> list[str | list[str]]:
    """The blocks as plain data: a line is its text, a row its cells."""
    return [block.text if isinstance(block, Line) else block.texts for block in blocks]


def sections_spanned(rows: Sequence[Sequence[str]]) -> list[bool]:
    """Which rows are section rows that an office would merge across."""
    return [len([text for text in row if text.strip()]) <= 2 and bool(row[0].strip()) for row in rows]


def as_docx(
    path: Path, parts: Sequence[str | list[str]], *, merge_sections: bool = False, split_tables: bool = True
) -> Path:
    """A Word file: paragraphs and tables, section rows merged across, repeated headers as they come."""
    document = docx.Document()
    rows: list[list[str]] = []
    for part in [*parts, ""]:
        if isinstance(part, list):
            rows.append(part)
            continue
        if rows:
            _table(document, rows, merge_sections=merge_sections)
            rows = []
        if part:
            document.add_paragraph(part)
    document.save(str(path))
    del split_tables
    return path


def _table(document: Any, rows: list[list[str]], *, merge_sections: bool) -> None:
    width = max(len(row) for row in rows)
    table = document.add_table(rows=len(rows), cols=width)
    spans = sections_spanned(rows)
    for index, row in enumerate(rows):
        padded = [*row, *[""] * (width - len(row))]
        cells = table.rows[index].cells
        if len(row) == 1 and width > 1:
            cells[0].merge(cells[-1]).text = row[0]
            continue
        for cell, text in zip(cells, padded, strict=True):
            cell.text = text
        if merge_sections and spans[index] and index:
            filled = next((i for i, text in enumerate(padded) if i and text.strip()), 0)
            if filled == 0:
                cells[0].merge(cells[-1]).text = padded[0]
            if filled == 1:
                cells[1].merge(cells[-1])
                cells[1].text = padded[1]


def merged_down(path: Path, rows: Sequence[Sequence[str]], columns: Sequence[int]) -> Path:
    """A Word table in which equal texts below each other in some columns are one merged cell."""
    document = docx.Document()
    table = document.add_table(rows=len(rows), cols=len(rows[0]))
    for index, row in enumerate(rows):
        for column, text in enumerate(row):
            same = column in columns and index > 1 and rows[index - 1][column] == text and text
            cell = table.rows[index].cells[column]
            mark = OxmlElement("w:vMerge")
            if same:
                cell._tc.get_or_add_tcPr().append(mark)
                continue
            cell.text = text
            below = (
                index + 1 < len(rows) and column in columns and index > 0 and rows[index + 1][column] == text and text
            )
            if below:
                mark.set(qn("w:val"), "restart")
                cell._tc.get_or_add_tcPr().append(mark)
    document.save(str(path))
    return path


def as_xlsx(path: Path, parts: Sequence[str | list[str]], *, merge_sections: bool = False) -> Path:
    """A workbook: the lines in the first column, the tables below, section rows merged across."""
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Phụ lục")
    width = max((len(part) for part in parts if isinstance(part, list)), default=1)
    for index, part in enumerate(parts):
        if isinstance(part, str):
            sheet.write_string(index, 0, part)
            continue
        if len(part) == 1 and width > 1:
            sheet.merge_range(index, 0, index, width - 1, part[0])
            continue
        filled = [i for i, text in enumerate(part) if text.strip()]
        if merge_sections and index and filled == [0]:
            sheet.merge_range(index, 0, index, width - 1, part[0])
            continue
        if merge_sections and index and filled == [0, 1] and width > 2:
            sheet.write_string(index, 0, part[0])
            sheet.merge_range(index, 1, index, width - 1, part[1])
            continue
        for column, text in enumerate(part):
            if text:
                sheet.write_string(index, column, text)
    book.close()
    return path


def tab_text(parts: Sequence[str | list[str]]) -> str:
    """The same as text with tabs."""
    return "\n".join(
        part if isinstance(part, str) else "\t".join(text.replace("\n", " ") for text in part) for part in parts
    )


def rows_of(blocks: Sequence[Block]) -> list[list[str]]:
    """The rows alone."""
    return [block.texts for block in blocks if isinstance(block, Row)]


def as_pdf(path: Path, parts: Sequence[str | list[str]]) -> Path:
    """A PDF printed by the browser: paragraphs, ruled tables that break over pages."""
    from playwright.sync_api import sync_playwright

    out: list[str] = []
    rows: list[list[str]] = []
    for part in [*parts, ""]:
        if isinstance(part, list):
            rows.append(part)
            continue
        if rows:
            cells = ("".join(f"<td>{text}</td>" for text in row) for row in rows)
            out.append("<table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>")
            rows = []
        out.append(f"<p>{part}</p>")
    style = (
        "body{font:13px 'DejaVu Serif',serif}table{border-collapse:collapse}"
        "td{border:1px solid #000;padding:4px;width:15%}tr{break-inside:avoid}"
    )
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page()
        page.set_content(f"<meta charset=utf-8><style>{style}</style>" + "".join(out))
        page.pdf(path=str(path), format="A4", margin={"top": "20mm", "bottom": "20mm", "left": "20mm", "right": "20mm"})
        browser.close()
    return path
