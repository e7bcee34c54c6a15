"""Whatever stands in a file, a draft comes out, every row is accounted for, and the YAML can be read."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from documents.draft.blocks import Block, Cell, Line, Paper, Place, Row
from tests.documents.draft.drafted import Draw, accounted

WORDS = st.sampled_from(
    [
        "STT",
        "TT",
        "Nội dung",
        "Nhiệm vụ",
        "Thời gian",
        "Thời gian thực hiện",
        "Chủ trì",
        "Phối hợp",
        "Cơ quan thực hiện",
        "Sản phẩm",
        "Kết quả",
        "Ghi chú",
        "I",
        "II.",
        "1",
        "1.1",
        "a)",
        "(1)",
        "-",
        "* ",
        "KẾ HOẠCH",
        "Số: /KH-UBND",
        "Hải Phòng, ngày 30 tháng 02 năm 2024",
        "Căn cứ Kế hoạch số 12/KH-UBND ngày 31/02/2024",
        "I. MỤC ĐÍCH",
        "II. NHIỆM VỤ",
        "III. TỔ CHỨC THỰC HIỆN",
        "1. Sở Nội vụ",
        "Cơ quan thực hiện: Sở Nội vụ chủ trì, phối hợp với",
        "Thời gian thực hiện: ",
        "Quý II/2026 và hằng năm",
        "Tháng 13/2026",
        "trước ngày 15/12 hằng năm báo cáo UBND thành phố (qua Sở Nội vụ)",
        "Thường xuyên",
        "như trên",
        "-nt-",
        "tối thiểu 10%",
        "trên 95 %",
        "Phòng A, các trường B",
        "các sở, ban, ngành",
        "UBND",
        "Đề nghị",
        "Nơi nhận:",
        "PHỤ LỤC",
        "năm 9999",
        "null",
        "~",
        ": #",
        "{a: b}",
        '"x',
        "\\",
        "🙂",
        "ỦY BAN NHÂN DÂN TỈNH",
    ]
)
TEXT = st.lists(st.one_of(WORDS, st.text(max_size=12)), max_size=5).map(" ".join)
PLACE = st.builds(
    Place, line=st.integers(1, 99), page=st.none() | st.integers(1, 3), table=st.integers(1, 3), row=st.integers(1, 99)
)
CELL = st.builds(Cell, text=TEXT, above=st.booleans(), covered=st.booleans()).map(
    lambda cell: Cell("", covered=True) if cell.covered else cell
)
ROW = st.builds(Row, cells=st.lists(CELL, min_size=1, max_size=7).map(tuple), place=PLACE, opens=st.booleans())
LINE = st.builds(Line, text=TEXT.filter(str.strip), place=PLACE, heading=st.integers(0, 3))
BLOCKS: st.SearchStrategy[list[Block]] = st.lists(st.one_of(LINE, ROW, ROW), max_size=25)
BOUNDS = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@BOUNDS
@given(blocks=BLOCKS)
def test_any_blocks_give_a_draft_that_accounts_for_all_rows(blocks: list[Block], draw: Draw) -> None:
    """Random tables between random lines."""
    made = draw(Paper("text", blocks))

    accounted(made)


@BOUNDS
@given(lines=st.lists(TEXT, max_size=30))
def test_any_text_gives_a_draft(lines: list[str], draw: Draw) -> None:
    """Random lines, tabs and bars in them or not."""
    made = draw("\n".join(lines))

    accounted(made)
    assert made.plan.id


HEADERS = ("STT", "Nội dung công việc", "Sản phẩm", "Thời gian hoàn thành", "Đơn vị chủ trì", "Đơn vị phối hợp")


@BOUNDS
@given(rows=st.lists(st.lists(TEXT, min_size=6, max_size=6), max_size=20))
def test_any_rows_under_a_header_are_accounted_for(rows: list[list[str]], draw: Draw) -> None:
    """A real header, anything below."""
    cells = [HEADERS, *rows]
    blocks: list[Block] = [
        Row(tuple(Cell(text) for text in row), Place(table=1, row=number), opens=number == 1)
        for number, row in enumerate(cells, 1)
    ]

    made = draw(Paper("text", blocks))

    accounted(made)
    assert made.counts["rows"]["all"] == len(cells)
