"""Tables as .xlsx: Times New Roman, wrapped cells, real dates, A4 landscape, headings on every printed page.

Nothing a unit wrote becomes a formula or a link. The same table gives the same bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from .tables import Cell, Column, Columns, local, printable, titles

FONT = "Times New Roman"
A3, A4 = 8, 9  # paper, by Excel's numbers
CELL_LENGTH = 32_767  # Excel's own bound: a longer text would be left out without a word
SHEET_ROWS = 1_048_576
LARGEST = 1e15  # a spreadsheet keeps fifteen digits
WIDEST, NARROWEST = 60.0, 6.0  # characters
LINE_HEIGHT, HIGHEST = 15.75, 409.0  # points; the second is Excel's own bound
FITS = 1.12  # characters of Times New Roman 12 in a unit of a column's width
EPOCH = datetime(2024, 1, 1)  # noqa: DTZ001  the same input gives the same bytes
_SHEET_NAME = re.compile(r"[\[\]:*?/\\']")


class TooLong(ValueError):
    """More rows than a sheet holds."""


@dataclass(frozen=True)
class Formats:
    """How cells look; every cell of a table is wrapped and bordered."""

    title: Format
    line: Format
    note: Format
    head: Format
    text: Format
    middle: Format
    strong: Format
    day: Format
    moment: Format
    whole: Format
    decimal: Format
    total: Format


class Book:
    """A workbook being written; `done` closes it and gives its bytes."""

    def __init__(self, title: str) -> None:
        self.buffer = io.BytesIO()
        options = {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self.book = xlsxwriter.Workbook(self.buffer, options)
        self.book.set_properties({"title": printable(title)[:200], "created": EPOCH})
        self.formats = self._formats()

    def _formats(self) -> Formats:
        def form(**more: Any) -> Format:
            return self.book.add_format({"font_name": FONT, "font_size": 12, "valign": "top"} | more)

        cell = {"border": 1, "text_wrap": True}
        return Formats(
            title=form(bold=True, font_size=14, align="center", valign="vcenter", text_wrap=True),
            line=form(align="center", valign="vcenter", text_wrap=True),
            note=form(italic=True, text_wrap=True),
            head=form(bold=True, align="center", valign="vcenter", bg_color="#E7E6E6", **cell),
            text=form(**cell),
            middle=form(align="center", **cell),
            strong=form(bold=True, **cell),
            day=form(align="center", num_format="dd/mm/yyyy", **cell),
            moment=form(align="center", num_format="dd/mm/yyyy hh:mm", **cell),
            whole=form(align="center", num_format="#,##0", **cell),
            decimal=form(align="center", num_format="#,##0.00", **cell),
            total=form(bold=True, align="center", num_format="0", **cell),
        )

    def sheet(self, name: str, columns: Columns, *, portrait: bool = False, paper: int = A4) -> Sheet:
        """A new sheet with these columns."""
        name = _SHEET_NAME.sub("-", printable(name)).strip()[:31] or "Bảng"
        sheet = self.book.add_worksheet(name)
        sheet.set_paper(paper)
        if portrait:
            sheet.set_portrait()
        else:
            sheet.set_landscape()
        return Sheet(self, sheet, columns)

    def done(self) -> bytes:
        """The workbook as bytes."""
        self.book.close()
        return self.buffer.getvalue()


class Sheet:
    """One sheet, written from top to bottom: lines above, the heading, rows."""

    def __init__(self, book: Book, sheet: Worksheet, columns: Columns) -> None:
        self.book, self.formats, self.sheet = book, book.formats, sheet
        self.columns = [column if isinstance(column, Column) else Column(column) for column in columns]
        self.next = 0
        self.head_row: int | None = None
        self.wide = [column.width or WIDEST for column in self.columns]
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.79, right=0.59, top=0.79, bottom=0.79)  # inches: 20, 15, 20, 20 mm
        sheet.set_header(f'&C&"{FONT},Regular"&13&P', {"margin": 0.39})

    def line(self, text: str, form: Format, *, height: float | None = None) -> None:
        """A line over the whole width of the table."""
        if len(self.columns) > 1:
            self.sheet.merge_range(self.next, 0, self.next, len(self.columns) - 1, printable(text), form)
        else:
            self.sheet.write_string(self.next, 0, printable(text), form)
        if height is not None:
            self.sheet.set_row(self.next, height)
        self.next += 1

    def head(self) -> None:
        """The heading row; printed on every page and kept in view."""
        for place, column in enumerate(self.columns):
            self.sheet.write_string(self.next, place, printable(column.title), self.formats.head)
        self._high(titles(self.columns))
        self.head_row = self.next
        self.sheet.repeat_rows(self.next)
        self.sheet.freeze_panes(self.next + 1, 0)
        self.next += 1

    def row(self, cells: Sequence[Cell], form: Format | None = None) -> None:
        """A row of the table; `form` replaces the format each kind of cell has by itself."""
        if self.next >= SHEET_ROWS:
            raise TooLong(f"bảng dài hơn {SHEET_ROWS} dòng; hãy lọc bớt rồi xuất lại")
        for place, cell in enumerate(cells):
            self.write(place, cell, form)
        self._high(cells)
        self.next += 1

    def _high(self, cells: Sequence[Cell]) -> None:
        """Make the row as high as its longest wrapped cell: not every program does it by itself."""
        lines = max(_lines(cell, width) for cell, width in zip(cells, self.wide, strict=False))
        self.sheet.set_row(self.next, min(LINE_HEIGHT * lines + 2, HIGHEST))

    def write(self, place: int, cell: Cell, form: Format | None = None) -> None:
        """One cell by its kind: text stays text whatever it looks like."""
        forms, row = self.formats, self.next
        if cell is None:
            self.sheet.write_blank(row, place, None, form or forms.text)
        elif isinstance(cell, bool):
            self.sheet.write_string(row, place, "có" if cell else "không", form or forms.middle)
        elif isinstance(cell, int | float | Decimal) and abs(float(cell)) < LARGEST:
            kind = forms.whole if cell == int(cell) else forms.decimal
            self.sheet.write_number(row, place, float(cell), form or kind)
        elif isinstance(cell, datetime):
            self._moment(place, local(cell), form or forms.moment)
        elif isinstance(cell, date):
            self._moment(place, cell, form or forms.day)
        else:
            self.sheet.write_string(row, place, fitted(printable(cell)), form or forms.text)

    def _moment(self, place: int, when: date, form: Format) -> None:
        if when.year >= 1900:
            self.sheet.write_datetime(self.next, place, when, form)
        else:  # Excel's calendar begins in 1900
            self.sheet.write_string(self.next, place, when.isoformat(), form)

    def widths(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Set each column as wide as it asks, or as its content does; before the rows are written."""
        lengths = [max((len(word) for word in printable(title).split()), default=0) for title in titles(self.columns)]
        for row in rows:
            for place, cell in enumerate(row[: len(lengths)]):
                lengths[place] = max(lengths[place], _length(cell))
        for place, (column, length) in enumerate(zip(self.columns, lengths, strict=True)):
            width = column.width if column.width is not None else min(max(length + 3, NARROWEST), WIDEST)
            self.wide[place] = width
            self.sheet.set_column(place, place, width)

    def filtered(self) -> None:
        """An arrow in each heading, over the rows written since."""
        if self.head_row is not None:
            self.sheet.autofilter(self.head_row, 0, max(self.next - 1, self.head_row), len(self.columns) - 1)


def fitted(text: str) -> str:
    """A text as long as a cell may be; what is cut says so."""
    if len(text) <= CELL_LENGTH:
        return text
    tail = f" … (cắt bớt, nguyên văn dài {len(text)} ký tự)"
    return text[: CELL_LENGTH - len(tail)] + tail


def _length(cell: Cell) -> int:
    if isinstance(cell, datetime):
        return 16
    if isinstance(cell, date):
        return 10
    return max((len(line) for line in printable("" if cell is None else cell).split("\n")), default=0)


def _lines(cell: Cell, width: float) -> int:
    """How many lines a cell takes in a column of so many characters, its words kept whole."""
    if not isinstance(cell, str):
        return 1
    return sum(_wrapped(line, width * FITS) for line in printable(cell).split("\n"))


def _wrapped(line: str, width: float) -> int:
    if len(line) <= width:
        return 1
    lines, filled = 1, 0.0
    for word in line.split(" "):
        if filled and filled + 1 + len(word) > width:
            lines, filled = lines + 1, 0.0
        lines += int(len(word) // width)
        filled += len(word) % width + (1 if filled else 0)
    return lines


def table(title: str, columns: Columns, rows: Iterable[Sequence[Cell]]) -> bytes:
    """Any table as an .xlsx: a title, a frozen heading with filters, a row each. Raises TooLong."""
    rows = list(rows)
    book = Book(title)
    sheet = book.sheet(title, columns)
    sheet.line(title, book.formats.title, height=24)
    sheet.widths(rows)
    sheet.head()
    for row in rows:
        sheet.row(row)
    sheet.filtered()
    return book.done()
