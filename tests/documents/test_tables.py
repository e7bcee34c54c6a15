"""Any table as .xlsx and as CSV, read back by readers that did not write it."""

from __future__ import annotations

import csv as reader
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.tables import Column, csv, inert
from documents.workbook import CELL_LENGTH, table

COLUMNS = ["Đơn vị", Column("Số", 8), "Hạn", "Lúc", "Đúng hạn"]
ROWS = [
    ["Trường Mầm non", 3, date(2026, 3, 25), datetime(2026, 1, 1, 20, 30, tzinfo=UTC), True],
    ["=HYPERLINK(1)", Decimal("1.5"), None, None, False],
]


def sheet_of(document: bytes) -> openpyxl.worksheet.worksheet.Worksheet:
    """The only sheet of a workbook."""
    return openpyxl.load_workbook(io.BytesIO(document)).active  # type: ignore[return-value]


def test_dates_are_dates_and_text_is_never_a_formula() -> None:
    """A day is a real day shown as dd/mm/yyyy, a moment stands in Vietnam's clock, and “=…” is text."""
    sheet = sheet_of(table("Danh sách", COLUMNS, ROWS))
    first, second = list(sheet.iter_rows(min_row=3))

    assert first[2].value == datetime(2026, 3, 25)
    assert (first[2].number_format, first[2].is_date) == ("dd/mm/yyyy", True)
    assert first[3].value == datetime(2026, 1, 2, 3, 30)
    assert [cell.value for cell in first[:2]] == ["Trường Mầm non", 3]
    assert (second[0].value, second[0].data_type) == ("=HYPERLINK(1)", "s")
    assert (second[1].value, second[4].value) == (1.5, "không")


def test_the_heading_is_frozen_filtered_and_printed_on_every_page() -> None:
    """A4 landscape, one page wide, Times New Roman."""
    sheet = sheet_of(table("Danh sách", COLUMNS, ROWS))

    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet.print_title_rows) == ("A3", "A2:E4", "$2:$2")
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert (sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.page_setup.fitToHeight) == (True, 0)
    assert {cell.font.name for row in sheet.iter_rows() for cell in row if cell.value} == {"Times New Roman"}


def test_the_same_table_gives_the_same_bytes() -> None:
    """Nothing in the file is the moment it was written."""
    assert table("Danh sách", COLUMNS, ROWS) == table("Danh sách", COLUMNS, ROWS)
    assert csv(COLUMNS, ROWS) == csv(COLUMNS, ROWS)


def test_a_text_longer_than_a_cell_is_cut_and_says_so() -> None:
    """Excel holds 32,767 characters; the writer alone would leave the cell empty."""
    value = sheet_of(table("Dài", ["Nội dung"], [["đ" * 40_000]]))["A3"].value

    assert len(value) == CELL_LENGTH
    assert value.endswith("(cắt bớt, nguyên văn dài 40000 ký tự)")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\n=1", "\r=1", "＝1"])
def test_csv_disarms_what_a_spreadsheet_would_run(text: str) -> None:
    """An apostrophe stands before it; nothing else is touched."""
    cell = next(reader.reader(io.StringIO(csv(["a"], [[text]]).decode("utf-8-sig").split("\r\n", 1)[1], newline="")))[0]

    assert cell.startswith("'")
    assert inert("Phòng A - B = C") == "Phòng A - B = C"


def test_csv_says_it_is_utf_8_and_numbers_stay_numbers() -> None:
    """Excel reads Vietnamese only after a byte order mark; days are ISO."""
    document = csv(COLUMNS, [*ROWS, ["x", -4, None, None, None]])

    assert document.startswith(b"\xef\xbb\xbf")
    assert list(reader.reader(io.StringIO(document.decode("utf-8-sig"), newline="")))[1:] == [
        ["Trường Mầm non", "3", "2026-03-25", "2026-01-02 03:30", "có"],
        ["'=HYPERLINK(1)", "1.5", "", "", "không"],
        ["x", "-4", "", "", ""],
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=40), st.one_of(st.integers(), st.floats(allow_nan=False)))))
def test_any_text_can_be_written_and_read_back(rows: list[tuple[str, float]]) -> None:
    """Control characters, emoji, right-to-left text, huge numbers: a file that opens, with every row in it."""
    sheet = sheet_of(table("[Bảng]: 'một' / hai", ["a", "b"], rows))
    again = list(reader.reader(io.StringIO(csv(["a", "b"], rows).decode("utf-8-sig"), newline="")))

    assert sheet.max_row == 2 + len(rows)
    assert len(again) == 1 + len(rows)
