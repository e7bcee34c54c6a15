"""PDF -> blocks: ruled tables as rows with merged cells, the text around them as lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfminer.pdfexceptions import PDFException

from .blocks import Block, Cell, Line, Paper, Place, Row
from .limits import MOST_CHARACTERS, MOST_COLUMNS, MOST_OF_A_CELL, MOST_PAGES, MOST_ROWS, Unreadable
from .read_text import together
from .words import clean

_MARGIN = 1.5


def read_pdf(path: Path, name: str) -> Paper:
    """The blocks of a PDF. Raises Unreadable: a password, too many pages, no text in it."""
    try:
        with pdfplumber.open(str(path)) as pdf:
            pages = len(pdf.pages)
            if pages > MOST_PAGES:
                raise Unreadable(f"tệp “{name}” có {pages} trang, quá {MOST_PAGES}; tách lấy kế hoạch và phụ lục")
            blocks, characters = _pages(pdf)
    except Unreadable:
        raise
    except (PDFException, PDFPasswordIncorrect) as error:
        if "Password" in type(error).__name__ or "Password" in repr(error) or "Encryption" in repr(error):
            raise Unreadable(f"tệp “{name}” có mật khẩu; bỏ mật khẩu rồi thử lại") from None
        raise Unreadable(f"tệp “{name}” hỏng, không mở được") from None
    except Exception as error:
        if isinstance(error, MemoryError):
            raise
        if "Password" in repr(error) or "Encryption" in repr(error):
            raise Unreadable(f"tệp “{name}” có mật khẩu; bỏ mật khẩu rồi thử lại") from None
        raise Unreadable(f"tệp “{name}” hỏng, không mở được") from None
    if characters < 20 * max(1, pages) and characters < 200:
        raise Unreadable(f"tệp “{name}” là ảnh quét, không có chữ; nhận dạng chữ (OCR) rồi thử lại")
    return Paper("pdf", list(together(iter(blocks))))


def _pages(pdf: Any) -> tuple[list[Block], int]:
    blocks: list[Block] = []
    characters = tables = rows = 0
    for number, page in enumerate(pdf.pages, 1):
        found = page.find_tables() if page.lines or page.rects or page.curves else []
        found = [
            table
            for table in found
            if len(table.rows) > 1 and max((len(row.cells) for row in table.rows), default=0) > 1
        ]
        parts: list[tuple[float, list[Block]]] = []
        for table in found:
            tables += 1
            made: list[Block] = list(_rows(page, table, number, tables))
            rows += len(made)
            parts.append((table.bbox[1], made))
        rest = page
        for table in found:
            rest = rest.outside_bbox(_inside(page, table.bbox))
        for line_number, line in enumerate(rest.extract_text_lines(return_chars=False), 1):
            text = clean(line["text"])
            if text and not (text.isdigit() and len(text) < 4):
                parts.append((line["top"], [Line(text, Place(page=number, line=line_number))]))
        for _, made in sorted(parts, key=lambda part: part[0]):
            blocks += made
        characters += sum(
            len(block.text) if isinstance(block, Line) else sum(map(len, block.texts))
            for _, made in parts
            for block in made
        )
        page.close()
        if characters > MOST_CHARACTERS or rows > MOST_ROWS:
            raise Unreadable(f"văn bản quá dài (đến trang {number}); tách thành nhiều tệp")
    return blocks, characters


def _inside(page: Any, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = page.bbox
    return max(left, box[0]), max(top, box[1]), min(right, box[2]), min(bottom, box[3])


def _rows(page: Any, table: Any, number: int, index: int) -> Iterator[Row]:
    """The rows of a ruled table; a missing cell lies under its left or upper neighbour, as their boxes say."""
    boxes = [cell for cell in table.cells if cell]
    edges = sorted({round(box[0], 1) for box in boxes})
    columns: list[float] = []
    for edge in edges:
        if not columns or edge - columns[-1] > 3:
            columns.append(edge)
    if len(columns) > MOST_COLUMNS:
        raise Unreadable(f"bảng ở trang {number} có quá {MOST_COLUMNS} cột")
    texts: dict[Any, str] = {}
    for row_number, row in enumerate(table.rows, 1):
        top = row.bbox[1]
        middle = top + min(4.0, (row.bbox[3] - top) / 2)
        cells = []
        for left in columns:
            box = next(
                (
                    one
                    for one in boxes
                    if one[0] - 2 <= left + 1 <= one[2] and one[1] - 1 <= middle <= one[3] and left + 2 < one[2]
                ),
                None,
            )
            if box is None:
                cells.append(Cell())
                continue
            if box not in texts:
                crop = page.within_bbox(
                    (
                        box[0] - 0.1 if box[0] > page.bbox[0] else box[0],
                        box[1],
                        min(box[2] + 0.1, page.bbox[2]),
                        box[3],
                    ),
                    strict=False,
                )
                texts[box] = clean(crop.extract_text() or "")[:MOST_OF_A_CELL]
            if abs(box[0] - left) > 3:
                cells.append(Cell(covered=True))
            else:
                cells.append(Cell(_unwrapped(texts[box]), above=box[1] < top - 2))
        yield Row(tuple(cells), Place(page=number, table=index, row=row_number), opens=row_number == 1)


def _unwrapped(text: str) -> str:
    """The lines of a cell, which the page broke where it was full, as one; a bullet opens a new one."""
    out = ""
    for line in text.split("\n"):
        if not out:
            out = line
        elif line.lstrip().startswith(("-", "+", "•")):
            out = f"{out}\n{line}"
        else:
            out = f"{out} {line}"
    return out
