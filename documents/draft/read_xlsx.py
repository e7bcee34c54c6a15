"""Excel -> blocks: each visible sheet a table, merged cells resolved, dates and numbers as a person sees them."""

from __future__ import annotations

import datetime
import warnings
from pathlib import Path
from typing import Any

import openpyxl

from .blocks import Block, Cell, Line, Paper, Place, Row
from .limits import MOST_CELLS, MOST_CHARACTERS, MOST_COLUMNS, MOST_OF_A_CELL, MOST_ROWS, Unreadable
from .tables import column_kind
from .words import clean


def read_xlsx(path: Path) -> Paper:
    """The blocks of a workbook that `packages` has let through."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(str(path), data_only=True)
    paper = Paper("xlsx", [])
    for number, sheet in enumerate(book.worksheets, 1):
        if sheet.sheet_state != "visible":
            paper.remarks.append(f"bỏ qua trang tính ẩn “{sheet.title[:40]}”")
            continue
        paper.blocks += _sheet(sheet, number)
    if (
        sum(len(block.text) if isinstance(block, Line) else sum(map(len, block.texts)) for block in paper.blocks)
        > MOST_CHARACTERS
    ):
        raise Unreadable("bảng tính quá nhiều chữ; tách thành nhiều tệp")
    return paper


def _sheet(sheet: Any, number: int) -> list[Block]:
    filled = [(row, column) for (row, column), cell in sheet._cells.items() if cell.value is not None]
    if not filled:
        return []
    last_row, last_column = max(row for row, _ in filled), max(column for _, column in filled)
    if len(filled) > MOST_CELLS or len({row for row, _ in filled}) > MOST_ROWS:
        raise Unreadable(f"trang tính “{sheet.title[:40]}” quá lớn; tách thành nhiều tệp")
    if last_column > MOST_COLUMNS:
        raise Unreadable(f"trang tính “{sheet.title[:40]}” có quá {MOST_COLUMNS} cột")
    merged = _merged(sheet, last_row, last_column)
    rows: list[Row] = []
    title = clean(str(sheet.title))[:40]
    used = {row for row, _ in filled} | {row for row, _ in merged}
    for index in sorted(row for row in used if row <= last_row):
        cells = []
        for column in range(1, last_column + 1):
            origin = merged.get((index, column))
            if origin is None:
                cells.append(Cell(_text(sheet._cells.get((index, column)))))
            elif origin == (index, column) or (origin[0] != index and origin[1] == column):
                cells.append(Cell(_text(sheet._cells.get(origin)), above=origin[0] != index))
            else:
                cells.append(Cell(covered=True))
        rows.append(Row(tuple(cells), Place(sheet=title, table=number, row=index), opens=not rows))
    return _lines_before(rows)


def _lines_before(rows: list[Row]) -> list[Block]:
    """Rows above the header are the letterhead and the title: lines, not rows."""
    header = next(
        (i for i, row in enumerate(rows) if sum(column_kind(text) is not None for text in row.texts) >= 2), None
    )
    if not header:
        return list(rows)
    before: list[Block] = []
    for row in rows[:header]:
        for cell in row.cells:
            if not cell.above:
                before += [Line(text.strip(), row.place) for text in cell.text.split("\n") if text.strip()]
    first = rows[header]
    return [*before, Row(first.cells, first.place, opens=True), *rows[header + 1 :]]


def _merged(sheet: Any, last_row: int, last_column: int) -> dict[tuple[int, int], tuple[int, int]]:
    """Each cell of a merged range -> its first cell."""
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for area in sheet.merged_cells.ranges:
        for row in range(area.min_row, min(area.max_row, last_row) + 1):
            for column in range(area.min_col, min(area.max_col, last_column) + 1):
                found[row, column] = (area.min_row, area.min_col)
        if len(found) > MOST_CELLS:
            raise Unreadable("trang tính có quá nhiều ô gộp")
    return found


def _text(cell: Any) -> str:
    """A cell as printed: dates dd/mm/yyyy, whole numbers without a point, decimals by their format."""
    value = None if cell is None else cell.value
    if value is None:
        return ""
    if isinstance(value, datetime.datetime | datetime.date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, bool):
        return "x" if value else ""
    if isinstance(value, float):
        places = str(cell.number_format).partition(".")[2]
        digits = len(places) - len(places.lstrip("0"))
        return f"{value:.{digits}f}" if digits else f"{value:.10g}"
    return clean(str(value))[:MOST_OF_A_CELL]
