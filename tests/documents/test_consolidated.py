"""The consolidated report: its totals are the ledger's, whoever adds them up."""

from __future__ import annotations

import csv
import io
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl.worksheet.worksheet import Worksheet

from actions.reading import LABELS

from .conftest import HOSTILE, PLAN, book_of, text_of, word_of

OFFICIAL = ["TT", "Nhiệm vụ", "Kết quả yêu cầu", "Thời gian hoàn thành", "Cơ quan thực hiện", "Tiến độ",
            "Kết quả hiện nay", "Đề xuất, kiến nghị"]  # fmt: skip

Paper = Callable[..., bytes]


def body(sheet: Worksheet, title: str = "TT") -> list[dict[str, Any]]:
    """The rows below the heading, by its titles."""
    rows = list(sheet.iter_rows(values_only=True))
    start = next(place for place, row in enumerate(rows) if title in row)
    return [dict(zip(rows[start], row, strict=True)) for row in rows[start + 1 :]]


def in_period(status: Any) -> list[dict[str, Any]]:
    """The rows of `status --json` that stand in the quarter, found again by its own rule."""
    return [
        row
        for row in status["assignments"]
        if row["period"] == "2024-Q1" or (row["kind"] == "dated" and row["due_on"] <= "2024-03-31")
    ]


def classes(rows: list[dict[str, Any]]) -> Counter[str]:
    """How many of each class, in words."""
    return Counter(LABELS[row["classed"]][0] for row in rows)


def test_the_details_add_up_to_the_ledger(paper: Paper, status: Any) -> None:
    """One row for each assignment of the period; counting them gives what `status --json` says of the same ones."""
    rows = [row for row in body(book_of(paper("consolidate"))["Chi tiết"]) if row["Số"]]

    assert {row["Số"] for row in rows} == {row["id"] for row in in_period(status)}
    assert Counter(row["Tiến độ"] for row in rows) == classes(in_period(status))
    assert len(rows) == len({row["Số"] for row in rows}) > 100


def test_the_sheet_of_totals_is_the_ledgers(paper: Paper, status: Any) -> None:
    """Both columns, both sums, and the checksum that `status` prints."""
    rows = [list(row) for row in book_of(paper("consolidate"))["Tổng hợp"].iter_rows(values_only=True)]
    said = {label: (period, whole) for label, period, whole in rows if label}
    here = classes(in_period(status))
    whole = {LABELS[key][0]: n for table in ("tasks", "reports") for key, n in status["tables"][table].items()}

    assert {label: said[label] for label in whole} == {label: (here[label], n) for label, n in whole.items()}
    assert [row[2] for row in rows if row[0] == "Cộng"] == list(status["totals"].values())
    assert said["Mã kiểm tra"][1] == status["checksum"]
    assert {label: said[label][1] for label in (LABELS[key][0] for key in status["tables"]["aside"])} == {
        LABELS[key][0]: n for key, n in status["tables"]["aside"].items()
    }


@pytest.mark.parametrize(
    ("name", "kinds"), [("PL3 Chấp hành báo cáo", ["report"]), ("PL4 Nhiệm vụ theo đơn vị", ["dated", "covered"])]
)
def test_sums_by_unit_add_up(paper: Paper, status: Any, name: str, kinds: list[str]) -> None:
    """Every unit's row is its own sum, the columns sum to the last row, and that row is the ledger's."""
    rows = body(book_of(paper("consolidate"))[name])
    units, total = rows[:-1], rows[-1]
    labels = list(rows[0])[3:-1]
    ledger = [row for row in in_period(status) if row["kind"] in kinds]

    assert all(row["Tổng số"] == sum(row[label] for label in labels) for row in rows)
    assert {label: sum(row[label] for row in units) for label in labels} == {label: total[label] for label in labels}
    assert {label: total[label] for label in labels if total[label]} == dict(classes(ledger))
    assert {row["Đơn vị"]: row["Tổng số"] for row in units} == Counter(row["unit_name"] for row in ledger)


def test_the_official_columns_and_an_annex_of_what_has_no_deadline(paper: Paper, status: Any) -> None:
    """Dated tasks in one annex, undated and not yet asked ones in the other, each task once, in the plan's order."""
    book = book_of(paper("consolidate"))
    dated, undated = body(book["PL1 Có thời hạn"]), body(book["PL2 Không thời hạn"])
    tasks = {(row["kind"], row["title"]) for row in in_period(status) if row["kind"] != "report"}
    named = [re.sub(r"^\[.*?\] ", "", row["Nhiệm vụ"]) for row in (*dated, *undated) if isinstance(row["TT"], int)]

    assert list(dated[0]) == list(undated[0]) == OFFICIAL
    assert {title for _, title in tasks} < set(named)
    assert len(named) == len(set(named))
    assert any(row["Tiến độ"] == "Chưa đến kỳ, hạn 30/06/2024" for row in undated)
    assert "số liệu chốt đến ngày 31/03/2024" in str(book["PL1 Có thời hạn"]["A3"].value).lower()


def test_it_prints_on_a4_with_its_heading_on_every_page(paper: Paper) -> None:
    """Landscape, one page wide, wrapped, Times New Roman; the details on A3."""
    book = book_of(paper("consolidate"))

    for sheet in book.worksheets:
        assert sheet.print_title_rows
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert {cell.font.name for row in sheet.iter_rows() for cell in row if cell.value} == {"Times New Roman"}
    assert [sheet.page_setup.paperSize for sheet in book.worksheets] == [9] * 7 + [8]
    assert [sheet.page_setup.orientation for sheet in book.worksheets] == ["portrait"] + ["landscape"] * 7


def test_csv_says_the_same_rows(paper: Paper) -> None:
    """As many rows as the details, with the same classes; text that looks like a formula is disarmed."""
    details = [row for row in body(book_of(paper("consolidate"))["Chi tiết"]) if row["Số"]]
    document = paper("consolidate", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(document.decode("utf-8-sig"), newline="")))

    assert document.startswith(b"\xef\xbb\xbf")
    assert [(row["Số"], row["Tiến độ"]) for row in rows] == [(str(row["Số"]), row["Tiến độ"]) for row in details]
    assert [row["Khó khăn, vướng mắc"][:2] for row in rows if "1+1" in row["Khó khăn, vướng mắc"]] == ["'="]


def test_the_word_report_adds_up_too(paper: Paper, status: Any) -> None:
    """The tables of the .docx, read back and added: the totals, the sums by unit, the sentence, the checksum."""
    document = paper("consolidate", "--format", "docx")
    tables = {table.rows[0].cells[0].text + table.rows[0].cells[1].text: [] for table in word_of(document).tables}
    for table in word_of(document).tables:
        cells = [[cell.text for cell in row.cells] for row in table.rows]
        tables[cells[0][0] + cells[0][1]].append(cells)
    here = classes(in_period(status))

    for counts in tables["Phân loạiTrong kỳ"]:
        *rows, total = counts[1:]
        assert {label: int(n) for label, n, _ in rows} == {label: here[label] for label, _, _ in rows}
        assert [int(total[1]), int(total[2])] == [sum(int(row[place]) for row in rows) for place in (1, 2)]
    for by_unit in tables["TTĐơn vị"]:
        *rows, total = by_unit[1:]
        assert [int(n) for n in total[2:-1]] == [sum(int(row[p]) for row in rows) for p in range(2, len(total) - 1)]
    text = text_of(document)
    sums = [re.search(r"\(cộng: ([\d +]+) = (\d+)\)", line) for line in text.splitlines() if "(cộng:" in line]
    assert [sum(map(int, found[1].split("+"))) == int(found[2]) for found in sums if found] == [True, True]
    assert f"toàn kế hoạch {status['checksum']}" in text


def test_the_word_report_has_the_parts_of_decree_30(paper: Paper) -> None:
    """Letterhead, number, place and day left to be written, margins, font, recipients, signature, "DỰ THẢO"."""
    document = paper("consolidate", "--format", "docx")
    found, text = word_of(document), text_of(document)
    first = found.sections[0]

    for part in ("UBND QUẬN HẢI AN", "PHÒNG GIÁO DỤC VÀ ĐÀO TẠO", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
                 "Độc lập - Tự do - Hạnh phúc", "Số: ……/BC-PGDĐT", "Hải An, ngày …… tháng …… năm 2024", "DỰ THẢO",
                 "BÁO CÁO", "Kính gửi:", "Nơi nhận:", "- Lưu: VT.", "TRƯỞNG PHÒNG", "Phụ lục I"):  # fmt: skip
        assert part in text, part
    millimetres = [round(side.mm) for side in (first.top_margin, first.bottom_margin, first.left_margin,
                                               first.right_margin, first.page_width, first.page_height)]  # fmt: skip
    assert millimetres == [20, 20, 30, 15, 210, 297]
    assert found.styles["Normal"].font.name == "Times New Roman"
    assert found.styles["Normal"].font.size.pt == 14
    assert first.different_first_page_header_footer
    assert "PAGE" in first.header._element.xml
    assert "PAGE" not in first.first_page_header._element.xml


def test_what_units_wrote_stands_as_they_wrote_it(paper: Paper) -> None:
    """Difficulties, proposals, targets with a decimal comma; hostile text is text; what control marks cannot print is
    left out; nobody's braces are computed."""
    text = text_of(paper("consolidate", "--format", "docx"))

    assert HOSTILE.replace("\x07\x0b", "") in text
    assert "Thiếu máy tính ([2.3] " in text
    assert "Đề nghị cấp kinh phí ([3.1] " in text
    assert "Trường đã tập huấn 0 buổi." in text
    assert "97,65%" in text
    for verdict in ("Đạt", "Chưa đạt", "Chưa có số liệu"):
        assert verdict in text


def test_the_same_ledger_gives_the_same_bytes(paper: Paper) -> None:
    """Nothing in the files is the moment of writing."""
    for form in ("xlsx", "docx", "csv"):
        assert paper("consolidate", "--format", form) == paper("consolidate", "--format", form)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--plan", "pgd-haian-cchc-2023", "--period", "2024-Q1"), "có: pgd-haian-cchc-2024"),
        (("--plan", PLAN, "--period", "2024-Q9"), f"kế hoạch {PLAN} không có kỳ “2024-Q9”"),
        (("--plan", PLAN, "--period", "2024-Q4"), "chưa mở (mở ngày 27/11/2024)"),
        (("--plan", "sgddt-bt-cchc-2022", "--period", "2022-Q1"), "trước thời điểm theo dõi hoặc đã kết thúc"),
        (("--plan", PLAN, "--period", "2024-Q1", "--out", "/nowhere/at/all.xlsx"), "không ghi được"),
    ],
)
def test_what_cannot_be_reported_is_one_sentence(
    export: Callable[..., Any], words: tuple[str, ...], sentence: str
) -> None:
    """Exit 1, one line on stderr, nothing on stdout."""
    result = export("consolidate", *words)

    assert result.exit_code == 1
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout_bytes == b""


def test_what_happens_once_has_a_report_of_its_own(paper: Paper, status: Any) -> None:
    """The period of a one-off task is its due day: that task and nothing else."""
    rows = [row for row in body(book_of(paper("consolidate", period="2024-02-29"))["Chi tiết"]) if row["Số"]]

    assert {row["Số"] for row in rows} == {
        row["id"] for row in status["assignments"] if row["due_on"] == "2024-02-29" and row["kind"] == "dated"
    }
    text = text_of(paper("consolidate", "--format", "docx", period="2024-02-29"))
    assert "Trong kỳ không có báo cáo phải nộp." in text


def test_a_confidential_plans_paper_is_made_here_and_says_so(
    export: Callable[..., Any], home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has its content, and on stderr what may be done with it."""
    copy = tmp_path / "var"
    shutil.copytree(home, copy)
    with sqlite3.connect(copy / "ledger.db") as ledger:
        ledger.execute("UPDATE plans SET confidential = 1 WHERE id = ?", (PLAN,))
    ledger.close()
    monkeypatch.setenv("DONDOC_HOME", str(copy))
    for words in (("consolidate", "--format", "csv"), ("submission-note",), ("unit-report", "--unit", "mau-ha-mn-1")):
        result = export(*words, "--plan", PLAN, "--period", "2024-Q1")

        assert result.exit_code == 0
        assert result.stdout_bytes
        assert "Kế hoạch mật: văn bản chỉ để in tại chỗ" in result.stderr
