"""One plan as text, Word, Excel and PDF is one draft, whatever the columns are called and wherever they stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import docx
import pytest

from documents.draft.blocks import Paper, Row
from documents.draft.open_file import open_paper
from documents.draft.read_text import read_text
from tests.documents.draft.drafted import Draw, Made, accounted
from tests.documents.draft.papers import (
    as_docx,
    as_pdf,
    as_xlsx,
    merged_down,
    renamed,
    rows_and_lines,
    shuffled,
    tab_text,
)

Parts = list[str | list[str]]
HEAD: Parts = [
    "SỞ GIÁO DỤC VÀ ĐÀO TẠO",
    "Số: 77/KH-SGDĐT",
    "Bến Tre, ngày 05 tháng 01 năm 2023",
    "KẾ HOẠCH",
    "Kiểm tra, giám sát năm 2023",
    "Sở Giáo dục và Đào tạo tỉnh Bến Tre ban hành Kế hoạch kiểm tra năm 2023 như sau:",
    "I. MỤC ĐÍCH",
    "1. Bảo đảm công tác kiểm tra nền nếp, đúng quy định.",
    "II. NHIỆM VỤ",
    "Nhiệm vụ cụ thể nêu tại phụ lục kèm theo.",
    "PHỤ LỤC",
]
HEADER = ["STT", "Nội dung", "Kết quả", "Thời gian thực hiện", "Cơ quan chủ trì", "Cơ quan phối hợp"]
ROWS = [
    HEADER,
    ["I", "Công tác kiểm tra", "", "", "", ""],
    ["1", "Ban hành kế hoạch kiểm tra năm 2023", "Kế hoạch", "Tháng 01/2023", "Thanh tra Sở", "Các phòng có liên quan"],
    ["2", "Kiểm tra các đơn vị trực thuộc", "Báo cáo kết quả kiểm tra", "Quý II/2023", "Thanh tra Sở",
    "Phòng TCCB, Văn phòng Sở"],
    HEADER,
    ["3", "Tổng hợp kết quả kiểm tra toàn ngành", "Báo cáo tổng hợp", "Trước ngày 15/12/2023", "Văn phòng",
    "Thanh tra Sở"],
    ["", "và kiến nghị xử lý", "", "", "Sở", ""],
    ["II", "Công tác giám sát", "", "", "", ""],
    ["1", "Giám sát việc thực hiện kết luận", "Báo cáo", "Thường xuyên", "Phòng Tổ chức cán bộ", "Phòng KHTC"],
]  # fmt: skip
TAIL: Parts = []
WHOLE: Parts = [*HEAD, *ROWS]


def said(made: Made) -> list[object]:
    """What a draft says of its tasks, without places."""
    return [
        (
            t.code,
            t.title,
            t.section,
            t.when,
            tuple(p.unit for p in t.lead),
            tuple(p.unit for p in t.cooperating),
            t.deliverable,
        )
        for t in made.tasks
    ]


@pytest.fixture(scope="module")
def expected(draw: Draw) -> list[object]:
    """The draft of the same plan as text with tabs."""
    made = draw(tab_text(WHOLE))
    assert [task.code for task in made.tasks] == ["I.1", "I.2", "I.3", "II.1"]
    return said(made)


def test_a_row_split_by_a_page_is_one_task(expected: list[object]) -> None:
    """The lower half of a row goes back to its own cells."""
    assert expected[2] == (
        "I.3", "Tổng hợp kết quả kiểm tra toàn ngành và kiến nghị xử lý", "I. Công tác kiểm tra",
        "Trước ngày 15/12/2023",
        ("sgddt-bt/van-phong",), ("sgddt-bt/thanh-tra",), "Báo cáo tổng hợp",
    )  # fmt: skip


@pytest.mark.parametrize("merge", [False, True])
@pytest.mark.parametrize(("make", "name"), [(as_docx, "a.docx"), (as_xlsx, "a.xlsx")])
def test_word_and_excel_give_the_draft_of_the_text(
    make: Callable[..., Path], name: str, merge: bool, expected: list[object], draw: Draw, tmp_path: Path
) -> None:
    """With section rows merged across or not."""
    made = draw(open_paper(make(tmp_path / name, WHOLE, merge_sections=merge)))

    assert said(made) == expected
    assert made.plan.number == "77/KH-SGDĐT"
    accounted(made)


@pytest.mark.parametrize("seed", range(8))
def test_columns_in_any_order_under_other_names(seed: int, expected: list[object], draw: Draw, tmp_path: Path) -> None:
    """The column is known by its header, not by its place."""
    rows = shuffled(renamed(ROWS), seed)

    made = draw(open_paper(as_docx(tmp_path / "a.docx", [*HEAD, *rows])))

    assert said(made) == expected


def test_a_markdown_table_is_a_table(expected: list[object], draw: Draw) -> None:
    """Bars and a rule below the header."""
    rows = ["| " + " | ".join(row) + " |" for row in ROWS]
    text = "\n".join(
        [*(part for part in HEAD if isinstance(part, str)), "", rows[0], "|---|---|---|---|---|---|", *rows[1:]]
    )

    assert said(draw(text)) == expected


def test_a_pdf_gives_the_draft_of_the_text(expected: list[object], draw: Draw, tmp_path: Path) -> None:
    """Ruled tables over two pages, the text around them, each value with its page."""
    made = draw(open_paper(as_pdf(tmp_path / "a.pdf", WHOLE)))

    assert said(made) == expected
    assert "trang 1" in made.line_of("title: Giám sát") or "trang 2" in made.line_of("title: Giám sát")


def test_cells_merged_downwards_count_for_each_row(draw: Draw, tmp_path: Path) -> None:
    """One merged cell “Thanh tra Sở” beside two tasks leads both."""
    rows = [ROWS[0], *ROWS[2:4], ROWS[8]]
    path = merged_down(tmp_path / "a.docx", rows, columns=[4])

    paper = open_paper(path)
    made = draw(Paper("docx", [*read_text("\n".join(str(one) for one in HEAD)).blocks, *paper.blocks]))

    merged = [block for block in paper.blocks if isinstance(block, Row) and any(cell.above for cell in block.cells)]
    assert len(merged) == 1
    assert [[p.unit for p in task.lead] for task in made.tasks] == [["sgddt-bt/thanh-tra"]] * 2 + [["sgddt-bt/tccb"]]


def test_word_counts_its_own_numbers(tmp_path: Path) -> None:
    """Automatic numbers are not in the text of the file; the reader counts them as Word does."""
    document = docx.Document()
    for text in ("Nhiệm vụ thứ nhất", "Nhiệm vụ thứ hai"):
        document.add_paragraph(text, style="List Number")
    document.add_paragraph("Một gạch đầu dòng", style="List Bullet")
    document.save(str(tmp_path / "a.docx"))

    texts = [getattr(block, "text", "") for block in open_paper(tmp_path / "a.docx").blocks]

    assert texts == ["1. Nhiệm vụ thứ nhất", "2. Nhiệm vụ thứ hai", "- Một gạch đầu dòng"]


@pytest.mark.parametrize("number", ["000", "002", "003", "004"])
def test_a_seed_as_word_is_the_seed(number: str, seed_text: Callable[[str], str], draw: Draw, tmp_path: Path) -> None:
    """Each real plan put into a Word file drafts the same."""
    paper = read_text(seed_text(number))

    made = draw(open_paper(as_docx(tmp_path / "a.docx", rows_and_lines(paper.blocks), merge_sections=True)))

    assert said(made) == said(draw(paper))


@pytest.mark.parametrize("seed", range(3))
def test_the_appendix_of_a_seed_with_its_columns_shuffled(
    seed: int, seed_text: Callable[[str], str], draw: Draw, tmp_path: Path
) -> None:
    """The real appendix in Excel, other header names, another order: the same tasks."""
    paper = read_text(seed_text("002"))
    parts: Sequence[str | list[str]] = rows_and_lines(paper.blocks)
    lines = [part for part in parts if isinstance(part, str)]
    rows = [part for part in parts if isinstance(part, list)]

    made = draw(open_paper(as_xlsx(tmp_path / "a.xlsx", [*lines, *shuffled(renamed(rows), seed)], merge_sections=True)))

    assert said(made) == said(draw(paper))


def test_a_word_file_as_offices_make_it(draw: Draw, tmp_path: Path) -> None:
    """Letterhead and signature in tables without lines, one task over two rows, “X chủ trì; Y phối hợp” in one cell."""
    document = docx.Document()
    head = document.add_table(1, 2)
    head.cell(0, 0).text = "UBND THÀNH PHỐ HẢI PHÒNG\nSỞ GIÁO DỤC VÀ ĐÀO TẠO\nSố: 2210/KH-SGDĐT"
    head.cell(0, 1).text = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nHải Phòng, ngày 9 tháng 6 năm 2025"
    for text in (
        "KẾ HOẠCH",
        "Triển khai học bạ số năm học 2025 - 2026",
        "Sở Giáo dục và Đào tạo ban hành Kế hoạch triển khai như sau:",
        "I. MỤC ĐÍCH",
        "1. Bảo đảm đồng bộ.",
        "II. TỔ CHỨC THỰC HIỆN",
        "1. Phòng Tổ chức Cán bộ là đầu mối, đôn đốc, theo dõi, tổng hợp kết quả thực hiện Kế hoạch.",
        "2. Các đơn vị thuộc và trực thuộc Sở báo cáo kết quả về Sở (qua Văn phòng Sở) trước ngày 20/12 hằng năm.",
    ):
        document.add_paragraph(text)
    foot = document.add_table(1, 2)
    foot.cell(0, 0).text, foot.cell(0, 1).text = "Nơi nhận:\n- Lưu: VT.", "GIÁM ĐỐC"
    document.add_paragraph("PHỤ LỤC")
    rows = [
        ["Số TT", "Tên nhiệm vụ", "Đơn vị thực hiện", "Tiến độ", "Sản phẩm"],
        ["1", "Tập huấn giáo viên", "", "Tháng 7/2025", "Kế hoạch tập huấn"],
        ["", "", "", "Tháng 8/2025", "Báo cáo tập huấn"],
        ["2", "Ký số học bạ", "- Văn phòng Sở\n- Phòng TCCB", "Trước ngày 31/5/2026", "Học bạ số"],
    ]
    table = document.add_table(len(rows), 5)
    for row, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    for column, text in (
        (0, "1"),
        (1, "Tập huấn giáo viên"),
        (2, "Phòng KHTC chủ trì; các đơn vị thuộc và trực thuộc Sở phối hợp"),
    ):
        table.cell(1, column).merge(table.cell(2, column)).text = text
    document.save(str(tmp_path / "a.docx"))

    made = draw(open_paper(tmp_path / "a.docx"))

    plan = made.plan
    assert (plan.number, plan.issued_by, plan.tracker) == ("2210/KH-SGDĐT", "sgddt-hp", "sgddt-hp/tccb")
    report = next(iter(plan.reports.values()))
    assert (report.by, report.to, report.via) == (["don-vi-thuoc-truc-thuoc"], ["sgddt-hp"], "sgddt-hp/van-phong")
    first, second = made.tasks
    assert (first.when, first.deliverable) == ("Tháng 7/2025; Tháng 8/2025", "Kế hoạch tập huấn; Báo cáo tập huấn")
    assert [[p.unit for p in first.lead], [p.unit for p in first.cooperating]] == [
        ["sgddt-hp/khtc"],
        ["don-vi-thuoc-truc-thuoc"],
    ]
    assert [p.unit for p in second.lead] == ["sgddt-hp/van-phong", "sgddt-hp/tccb"]
    accounted(made)
