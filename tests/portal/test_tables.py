"""Any table as a file: what it is called, what it holds, and where it stops."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from urllib.parse import urlencode

import openpyxl
import pytest
from fastapi import Request, Response

from portal import tables
from portal.app import create_app

from .conftest import SmallHouse

COLUMNS = ("Đơn vị", "Hạn")


def asked(house: SmallHouse, **query: str) -> Request:
    """A request for a page with this query."""
    return Request({"type": "http", "app": create_app(house), "query_string": urlencode(query).encode(), "headers": []})


def test_a_page_without_a_format_is_a_page(house: SmallHouse) -> None:
    """Only the two known formats are files, and only of the table that is named."""
    assert tables.wanted(asked(house)) is None
    assert tables.wanted(asked(house, format="exe")) is None
    assert tables.wanted(asked(house, format="csv")) == "csv"
    assert tables.wanted(asked(house, format="csv", table="totals")) is None
    assert tables.wanted(asked(house, format="xlsx", table="totals"), "totals") == "xlsx"


def test_a_file_is_downloaded_under_a_plain_name_with_its_day(house: SmallHouse) -> None:
    """The name is ASCII whatever the plan is called; no header can be written into it."""
    answer = tables.answer(asked(house), 'Kế hoạch "x"\r\nSet-Cookie: a=b', COLUMNS, [], "csv")

    assert answer.headers["content-disposition"] == 'attachment; filename="ke-hoach-x-set-cookie-a-b-2026-12-18.csv"'
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"


def test_what_a_unit_wrote_is_no_formula(house: SmallHouse) -> None:
    """A cell that begins like a formula is text in both formats."""
    rows = [("=HYPERLINK(1)", date(2026, 12, 14))]

    csv = tables.answer(asked(house), "bang", COLUMNS, rows, "csv").body
    sheet = sheet_of(tables.answer(asked(house), "bang", COLUMNS, rows, "xlsx"))

    assert "\r\n'=HYPERLINK(1),2026-12-14\r\n" in bytes(csv).decode()
    assert sheet.cell(3, 1).value == "=HYPERLINK(1)"
    assert sheet.cell(3, 1).data_type == "s"


def sheet_of(answer: Response) -> openpyxl.worksheet.worksheet.Worksheet:
    """The one sheet of an answer."""
    return openpyxl.load_workbook(io.BytesIO(bytes(answer.body))).worksheets[0]


@pytest.mark.parametrize("count", [tables.MOST, tables.MOST + 700])
def test_a_table_that_is_cut_says_so(house: SmallHouse, count: int) -> None:
    """Fifty thousand rows are whole; one more is cut there, the last row says it, and no further row is read."""
    read = 0

    def rows() -> Iterator[tuple[str, date]]:
        nonlocal read
        for number in range(count):
            read += 1
            yield f"Trường {number}", date(2026, 12, 14)

    lines = bytes(tables.answer(asked(house), "bang", COLUMNS, rows(), "csv").body).decode().splitlines()

    assert lines[tables.MOST] == f"Trường {tables.MOST - 1},2026-12-14"
    assert read == min(count, tables.MOST + 1)
    assert lines[tables.MOST + 1 :] == (
        [] if count == tables.MOST else ["Bảng dừng ở dòng thứ 50.000; lọc bớt rồi xuất lại để có phần còn thiếu.,"]
    )


def test_headings_speak_the_language_of_the_page(house: SmallHouse) -> None:
    """An English page gives an English table."""
    body = bytes(tables.answer(asked(house, lang="en"), "bang", ("Hạn", "Kỳ"), [], "csv").body).decode()

    assert body == "\ufeffDue,Period\r\n"
