"""A table on its way to paper: columns, cells, and the same table as CSV."""

from __future__ import annotations

import csv as csv_files
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from models.columns import ZONE

Cell = str | int | float | Decimal | bool | date | datetime | None

# What neither XML 1.0 nor a spreadsheet can hold; tab, line feed and carriage return are kept.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")  # what a spreadsheet may take for a formula


@dataclass(frozen=True)
class Column:
    """A column: its heading, and how wide it is in characters (None: as its content asks, at most 60)."""

    title: str
    width: float | None = None


Columns = Sequence[str | Column]


def titles(columns: Columns) -> list[str]:
    """The headings."""
    return [column if isinstance(column, str) else column.title for column in columns]


def printable(text: object) -> str:
    """Text that paper can carry: NFC, one kind of line end, without control characters."""
    said = unicodedata.normalize("NFC", str(text)).replace("\r\n", "\n").replace("\r", "\n")
    return _UNPRINTABLE.sub("", said)


def inert(text: str) -> str:
    """Text that a spreadsheet will not take for a formula: an apostrophe stands before what could be one."""
    return "'" + text if _FORMULA.match(text) else text


def said(cell: Cell) -> str:
    """A cell as CSV says it: ISO days and moments (Asia/Ho_Chi_Minh), a point in numbers, có/không."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "có" if cell else "không"
    if isinstance(cell, int | float | Decimal):
        return str(cell)
    if isinstance(cell, datetime):
        return local(cell).isoformat(sep=" ", timespec="minutes")
    if isinstance(cell, date):
        return cell.isoformat()
    return inert(printable(cell))


def local(moment: datetime) -> datetime:
    """The wall clock of Asia/Ho_Chi_Minh, without a zone: spreadsheets know none."""
    return (moment.astimezone(ZONE) if moment.tzinfo else moment).replace(tzinfo=None)


def csv(columns: Columns, rows: Iterable[Sequence[Cell]]) -> bytes:
    """The table as CSV: UTF-8 with a byte order mark (Excel then reads Vietnamese), commas, CRLF, no live formula."""
    buffer = io.StringIO()
    writer = csv_files.writer(buffer, lineterminator="\r\n")
    writer.writerow([inert(printable(title)) for title in titles(columns)])
    writer.writerows([said(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()
