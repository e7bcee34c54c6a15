"""Plans nobody wrote rules for: no crash, every row accounted for, what is not sure is marked."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from config.findings import Finding
from documents.draft.open_file import open_paper
from tests.documents.draft.drafted import Draw, Made, accounted, marked
from tests.documents.draft.papers import as_docx, as_xlsx, tab_text

TIMES = (
    "Quý II/2026 và hằng năm",
    "Hoàn thành trong Quý I/2026; duy trì thường xuyên",
    "Tháng 6/2026",
    "Trước ngày 30/11 hằng năm",
    "Thường xuyên",
    "2026 - 2028",
    "Năm 2026 và các năm tiếp theo",
    "Theo kế hoạch của UBND tỉnh",
    "Quý III,\nQuý IV/2026",
    "Từ tháng 3/2026 đến tháng 9/2026",
    "Khi có hướng dẫn của Bộ Nội vụ",
    "Chưa có lịch, chờ ý kiến",
    "-nt-",
    "",
)
LEADS = (
    "Sở Nội vụ",
    "Sở Tư pháp",
    "Văn phòng UBND tỉnh",
    "UBND các xã, phường",
    "Công an tỉnh",
    "Ban Quản lý các khu công nghiệp",
    "Các sở, ban, ngành",
    "Sở Văn hóa, Thể thao và Du lịch",
    "Sở Nội vụ, Sở Tài chính",
    "như trên",
)
OTHERS = (
    "Các sở, ban, ngành; UBND các xã, phường",
    "Sở Tài chính và các đơn vị có liên quan",
    "",
    "Hội Nông dân tỉnh, Đoàn TNCS Hồ Chí Minh tỉnh",
)
SECTIONS = (
    "Thể chế",
    "Thủ tục hành chính",
    "Tổ chức bộ máy",
    "Chế độ công vụ",
    "Tài chính công",
    "Chính quyền số",
    "Truyền thông",
)
HEAD: list[str | list[str]] = [
    "ỦY BAN NHÂN DÂN TỈNH VĨNH LONG", "Số: 812/KH-UBND", "Vĩnh Long, ngày 05 tháng 01 năm 2026", "KẾ HOẠCH",
    "Cải cách hành chính tỉnh Vĩnh Long năm 2026", "Ủy ban nhân dân tỉnh Vĩnh Long ban hành Kế hoạch như sau:",
    "I. MỤC ĐÍCH", "1. Nâng cao chất lượng phục vụ người dân.", "II. NỘI DUNG", "Chi tiết tại phụ lục.", "PHỤ LỤC",
]  # fmt: skip
HEADER = ["TT", "Nhiệm vụ", "Cơ quan thực hiện", "", "Thời gian hoàn thành", "Sản phẩm/Kết quả đầu ra", "Kinh phí"]
SECOND = ["", "", "Chủ trì", "Phối hợp", "", "", ""]
NUMBERS = ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)"]


def long_appendix(seed: int) -> tuple[list[list[str]], int]:
    """(rows, tasks): a two-row header, two levels of sections, missing numbers, broken rows, times of every kind."""
    chance = random.Random(seed)
    rows, count = [HEADER, SECOND, NUMBERS], 0
    for number, section in zip(("I", "II", "III", "IV", "V", "VI", "VII"), SECTIONS, strict=True):
        rows.append([number, section.upper(), "", "", "", "", ""])
        for group in (1, 2):
            rows.append([str(group), f"Nhóm việc {group}", "", "", "", "", ""])
            for item in range(1, 11):
                count += 1
                code = f"{group}.{item}" if chance.random() > 0.08 else ""
                product = chance.choice(("Kế hoạch", "Báo cáo", "Quyết định của UBND tỉnh", ""))
                rows.append([code, f"Tổ chức việc số {count} của ngành", chance.choice(LEADS[:-1]),
                chance.choice(OTHERS),
                             chance.choice(TIMES), product, chance.choice(("", "500 triệu đồng"))])  # fmt: skip
                if count % 23 == 0:
                    rows += [HEADER, NUMBERS]
                if count % 31 == 0:
                    rows.append(["", "và các việc khác có liên quan đến ngành", "", "", "", "", ""])
    return rows, count


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("make", "name"), [(as_docx, "a.docx"), (as_xlsx, "a.xlsx")])
def test_an_appendix_of_140_rows(make: Callable[..., Path], name: str, seed: int, draw: Draw, tmp_path: Path) -> None:
    """140 tasks in 14 groups: each found once, in its section, and every row accounted for."""
    rows, count = long_appendix(seed)

    made = draw(open_paper(make(tmp_path / name, [*HEAD, *rows], merge_sections=True)))

    accounted(made)
    assert count == 140
    assert made.counts["rows"]["task"] == len(made.tasks) == count
    assert made.counts["rows"]["section"] == 21
    assert made.counts["rows"]["continuation"] == 4
    assert made.counts["rows"]["leftover"] == 0
    assert len({task.id for task in made.tasks}) == count
    assert made.task("III.2.4").section == "III.2. Nhóm việc 2" or made.task("III.2.5").section == "III.2. Nhóm việc 2"


def test_a_composite_time_is_kept_as_printed(draw: Draw) -> None:
    """Read when the grammar can, marked when it cannot; never changed."""
    rows = [
        HEADER,
        *[[str(i), f"Việc số {i} của kế hoạch", "Sở Nội vụ", "", when, "", ""] for i, when in enumerate(TIMES[:12], 1)],
    ]

    made = draw(tab_text([*HEAD, *rows]))

    assert [task.when for task in made.tasks] == [when.replace("\n", " ") for when in TIMES[:12]]
    assert marked(made.line_of("Chưa có lịch"))
    assert not marked(made.line_of("when: Tháng 6/2026"))


def test_ditto_marks_take_the_cell_above(draw: Draw) -> None:
    """-nt- and “như trên”, marked because the paper does not print the value."""
    rows = [HEADER, ["1", "Việc thứ nhất của kế hoạch", "Sở Nội vụ", "", "Tháng 6/2026", "", ""],
            ["2", "Việc thứ hai của kế hoạch", "như trên", "", "-nt-", "", ""]]  # fmt: skip

    made = draw(tab_text([*HEAD, *rows]))

    second = made.tasks[1]
    assert ([p.unit for p in second.lead], second.when) == (["snv-vinhlong"], "Tháng 6/2026")
    assert made.text.count("như trên") == 2


@pytest.mark.parametrize("by", [1, -1])
def test_a_row_that_stands_one_column_off(by: int, draw: Draw) -> None:
    """Moved back under its columns, and marked; or left over, but never silently wrong."""
    plain = [["1", "Việc thứ nhất của kế hoạch", "Sở Nội vụ", "Sở Tài chính", "Tháng 6/2026", "Báo cáo", ""],
             ["2", "Việc thứ hai của kế hoạch", "Sở Tư pháp", "Sở Nội vụ", "Quý III/2026", "Kế hoạch", ""]]  # fmt: skip
    off = ["", *plain[1][:-1]] if by == 1 else [*plain[1][1:], ""]

    made = draw(tab_text([*HEAD, HEADER, SECOND, plain[0], off]))

    accounted(made)
    job = made.jobs[-1]
    if by == 1:
        assert (made.tasks[-1].when, made.tasks[-1].code) == ("Quý III/2026", "2")
    doubts = [*job.doubts, *job.lead.doubts, *(job.when.doubts if job.when else [])]
    assert doubts or made.draft.leftovers


def test_a_table_without_a_header_is_guessed_and_marked(draw: Draw) -> None:
    """By what stands in the columns."""
    rows = [
        [str(i), f"Tổ chức thực hiện nội dung số {i} của ngành", "Sở Nội vụ", "Sở Tài chính", f"Tháng {i}/2026"]
        for i in range(1, 7)
    ]

    made = draw(tab_text([*HEAD, *rows]))

    accounted(made)
    assert [task.when for task in made.tasks] == [f"Tháng {i}/2026" for i in range(1, 7)]
    assert [[p.unit for p in task.lead] for task in made.tasks] == [["snv-vinhlong"]] * 6
    assert all(marked(made.line_of(f'code: "{i}"')) for i in range(1, 7))


def test_a_table_of_figures_is_left_over(draw: Draw) -> None:
    """A table that lists no tasks: each row is counted and shown at the end."""
    rows = [["Năm", "Thu", "Chi"], ["2024", "10", "9"], ["2025", "12", "11"]]

    made = draw(
        tab_text(
            [
                *HEAD,
                HEADER,
                SECOND,
                ["1", "Việc duy nhất của kế hoạch", "Sở Nội vụ", "", "Tháng 6/2026", "", ""],
                "Bảng số liệu thu chi các năm gần đây",
                *rows,
            ]
        )
    )

    accounted(made)
    assert len(made.tasks) == 1
    assert made.counts["rows"]["leftover"] == 3
    assert "bảng 2, hàng 3" in made.text.partition("CÒN SÓT: 4")[2]


LABELLED = """\
ỦY BAN NHÂN DÂN
XÃ ĐẮK RVE
Số: 47/KH-UBND
Đắk Rve, ngày 12 tháng 02 năm 2026
KẾ HOẠCH
Chuyển đổi số trên địa bàn xã Đắk Rve năm 2026
Căn cứ Luật Tổ chức chính quyền địa phương ngày 16/6/2025;
Căn cứ Kế hoạch số 15/KH-UBND ngày 20/01/2026 của Ủy ban nhân dân tỉnh Quảng Ngãi về chuyển đổi số năm 2026,
Ủy ban nhân dân xã Đắk Rve ban hành Kế hoạch chuyển đổi số năm 2026 như sau:
I. MỤC TIÊU
- Tối thiểu 80% hồ sơ được tiếp nhận trực tuyến.
- Tỷ lệ người dân có tài khoản định danh đạt trên 95%.
II. NHIỆM VỤ TRỌNG TÂM
1. Nâng cao nhận thức số
a) Tổ chức 02 hội nghị tuyên truyền về chuyển đổi số.
- Đơn vị chủ trì: Phòng Văn hóa - Xã hội.
- Đơn vị phối hợp: Văn phòng HĐND và UBND xã, các thôn.
- Thời gian hoàn thành: Quý II/2026 và Quý IV/2026.
- Sản phẩm: Báo cáo kết quả hội nghị.
b) Duy trì chuyên mục chuyển đổi số trên trang thông tin điện tử.
- Đơn vị chủ trì: Phòng Văn hóa - Xã hội
- Thời gian thực hiện: Thường xuyên
2. Phát triển hạ tầng số
a) Rà soát, nâng cấp đường truyền tại trụ sở (Văn phòng HĐND và UBND xã chủ trì; hoàn thành trước ngày 30/6/2026).
b) Lắp đặt 05 điểm phát mạng công cộng. Giao Phòng Kinh tế chủ trì, phối hợp với Công an xã xong trong tháng 9/2026.
III. TỔ CHỨC THỰC HIỆN
1. Phòng Văn hóa - Xã hội theo dõi, đôn đốc, tổng hợp việc thực hiện Kế hoạch này.
2. Các thôn báo cáo kết quả về UBND xã (qua Phòng Văn hóa - Xã hội) trước ngày 20 hằng tháng.
"""


def test_labels_under_items_and_assignments_at_their_end(draw: Draw) -> None:
    """Three ways of assigning in one plan of a commune."""
    made = draw(LABELLED)

    plan = made.plan
    assert (plan.issued_by, plan.number, str(plan.issued_on)) == ("ubnd-xa-dakrve", "47/KH-UBND", "2026-02-12")
    assert [one.number for one in plan.parents] == ["15/KH-UBND"]
    assert [target.goal for target in plan.targets] == [">= 80%", "> 95%"]
    assert [(task.code, task.when, task.deliverable) for task in made.tasks] == [
        ("II.1.a", "Quý II/2026 và Quý IV/2026.", "Báo cáo kết quả hội nghị"),
        ("II.1.b", "Thường xuyên", None),
        ("II.2.a", "hoàn thành trước ngày 30/6/2026", None),
        ("II.2.b", "xong trong tháng 9/2026", None),
    ]
    office = "van-phong-hdnd-va-ubnd-xa-dakrve"
    assert [p.unit for p in made.task("II.1.a").cooperating] == [office, "cac-thon-dakrve"]
    assert [p.unit for p in made.task("II.2.a").lead] == [office]
    report = next(iter(plan.reports.values()))
    assert (report.when, report.to, report.via) == (
        "trước ngày 20 hằng tháng",
        ["ubnd-xa-dakrve"],
        "phong-van-hoa-xa-hoi-dakrve",
    )
    assert plan.tracker == "phong-van-hoa-xa-hoi-dakrve"
    assert marked(made.line_of("tracker:"))


def test_new_units_are_proposed_to_paste(draw: Draw) -> None:
    """Each unknown name once, with what it seems to be, as comments."""
    made = draw(LABELLED)

    assert (
        "#   van-phong-hdnd-va-ubnd-xa-dakrve:\n#     name: Văn phòng HĐND và UBND xã\n#     kind: van-phong"
        in made.text
    )
    assert "#   cac-thon-dakrve:\n#     name: các thôn\n#     members: []" in made.text


@pytest.mark.parametrize("filled", [False, True])
def test_held_out_drafts_pass_check_but_for_marks(
    filled: bool, draw: Draw, findings: Callable[[Made, bool], list[tuple[str, Finding]]]
) -> None:
    """Each error of `check` in an unseen plan stands on a marked line."""
    rows, _ = long_appendix(5)
    for text in (LABELLED, tab_text([*HEAD, *rows])):
        silent = [(line, str(error)) for line, error in findings(draw(text), filled) if not marked(line)]

        assert silent == []


def test_a_document_without_tasks_says_so(draw: Draw) -> None:
    """A letter is no plan: an empty list, marked."""
    made = draw("Kính gửi: Sở Nội vụ\nĐề nghị quý cơ quan phúc đáp.\nTrân trọng cảm ơn.")

    assert made.tasks == []
    assert marked(made.line_of("tasks: []"))


BY_UNITS = """\
ỦY BAN NHÂN DÂN
TỈNH VĨNH LONG
Số: 1503/KH-UBND
Vĩnh Long, ngày 03 tháng 4 năm 2026
KẾ HOẠCH
Phát triển kinh tế tư nhân giai đoạn 2026 - 2030
Thực hiện Chương trình hành động số 21-CTr/TU ngày 02/02/2026 của Ban Thường vụ Tỉnh ủy; Nghị quyết số 68-NQ/TW ngày \
04/5/2025 của Bộ Chính trị, UBND tỉnh ban hành Kế hoạch như sau:
I. CHỈ TIÊU
1. Tốc độ tăng trưởng bình quân 10 - 12%/năm; không quá 5% hồ sơ trễ hạn.
II. NHIỆM VỤ, GIẢI PHÁP
1. Đổi mới tư duy
- Sở Nội vụ chủ trì, phối hợp với Hiệp hội Doanh nghiệp tỉnh tổ chức đối thoại định kỳ hằng quý.
III. TỔ CHỨC THỰC HIỆN
1. Sở Nội vụ:
a) Là cơ quan đầu mối theo dõi, đôn đốc, kiểm tra việc thực hiện Kế hoạch này.
b) Tổng hợp, báo cáo UBND tỉnh trước ngày 20/12 hằng năm.
2. Sở Giáo dục và Đào tạo
Chủ trì, phối hợp với UBND các xã, phường rà soát quỹ đất; hoàn thành trong quý III/2026.
3. Ủy ban nhân dân các xã, phường
- Cụ thể hóa Kế hoạch này tại địa phương.
- Định kỳ 06 tháng (trước ngày 10/6), năm (trước ngày 10/12) báo cáo kết quả về Sở Nội vụ để tổng hợp.
4. Đề nghị Ủy ban Mặt trận Tổ quốc Việt Nam tỉnh
Tuyên truyền, vận động đoàn viên, hội viên.
"""


def test_unit_headings_beside_a_single_assignment(draw: Draw) -> None:
    """Where most is assigned under headings that are units, those are tasks as well."""
    made = draw(BY_UNITS)

    plan = made.plan
    assert (plan.tracker, plan.issued_by) == ("snv-vinhlong", "ubnd-vinhlong")
    assert [one.number for one in plan.parents] == ["21-CTr/TU"]
    assert [task.code for task in made.tasks] == [
        "II.1-1",
        "III.1.a",
        "III.1.b",
        "III.2",
        "III.3-1",
        "III.3-2",
        "III.4",
    ]
    assert made.task("III.2").when == "hoàn thành trong quý III/2026"
    assert made.task("III.4").duty == "request"
    assert [p.unit for p in made.task("II.1-1").cooperating] == ["hiep-hoi-doanh-nghiep-tinh-vinhlong"]
    assert {one.when for one in plan.reports.values()} == {
        "trước ngày 20/12 hằng năm", "Định kỳ 06 tháng (trước ngày 10/6), năm (trước ngày 10/12)",
    }  # fmt: skip
    assert marked(made.line_of('goal: "= 12%"'))
    assert not marked(made.line_of('goal: "<= 5%"'))


def test_one_unit_under_two_spellings_is_proposed_once(draw: Draw) -> None:
    """“UBND các xã” and “Ủy ban nhân dân các xã” are one new group."""
    proposals = draw(BY_UNITS).draft.proposals

    assert len([one for one in proposals if one.endswith("cac-xa-phuong-vinhlong")]) == 1
