"""Build the shipped Word templates: `python -m documents.make_templates`. A test holds the files to this script.

An office edits a copy of a file in Word; nobody has to touch this script for that (docs/export.md).
"""

from __future__ import annotations

import io
from collections.abc import Callable

from docx.document import Document as Paper

from .template_parts import (
    CENTRE,
    LANDSCAPE_WIDTH,
    LEFT,
    PORTRAIT_WIDTH,
    annex,
    greeting,
    heading,
    letterhead,
    optional,
    receivers_loop,
    rows_table,
    say,
    sheet,
    signature,
    tag,
    title,
)
from .word import SHIPPED, timeless

ARCHIVED = "- Lưu: VT{{ ', ' + don_vi_soan if don_vi_soan else '' }}."


def paragraphs(paper: Paper, each: str, otherwise: str = "") -> None:
    """A paragraph for each of a list; `otherwise` where it is empty."""
    tag(paper, f"{{%p for doan in {each} %}}")
    say(paper, "{{ doan }}")
    tag(paper, "{%p else %}")
    say(paper, otherwise or "……")
    tag(paper, "{%p endfor %}")


def remarks(paper: Paper, each: str) -> None:
    """Difficulties or proposals by unit."""
    tag(paper, f"{{%p for d in {each} %}}")
    say(paper, "- {{ d.don_vi }}: {{ d.noi_dung }} ({{ d.ve }}).")
    tag(paper, "{%p else %}")
    say(paper, "Các báo cáo không nêu.")
    tag(paper, "{%p endfor %}")


def counts(paper: Paper, name: str) -> None:
    """An official table of totals, in the period and over the whole plan."""
    rows_table(
        paper,
        [("Phân loại", 95, "{{ d.ten }}"), ("Trong kỳ", 35, "{{ d.ky }}"), ("Toàn kế hoạch", 35, "{{ d.ke_hoach }}")],
        f"d in {name}.dong",
        centred=(1, 2),
        total=["Cộng", f"{{{{ {name}.cong_ky }}}}", f"{{{{ {name}.cong_ke_hoach }}}}"],
        one_piece=True,
    )


def figures(paper: Paper, *, verdict: bool) -> None:
    """Targets and what was counted."""
    wide = PORTRAIT_WIDTH - (10 + 24 + 30 + 20 + 20)
    columns = [
        ("TT", 10, "{{ loop.index }}"),
        ("Chỉ tiêu", wide if verdict else wide + 20, "{{ d.ten }}"),
        ("Mức phải đạt", 24, "{{ d.muc }}"),
        ("Tử số / mẫu số", 30, "{{ d.phan_so }}"),
        ("Kết quả", 20, "{{ d.gia_tri }}"),
    ]
    rows_table(paper, [*columns, ("Đánh giá", 20, "{{ d.danh_gia }}")] if verdict else columns, "d in chi_tieu",
               centred=(0, 2, 3, 4, 5))  # fmt: skip


# ------------------------------------------------------------------------------------------------- the papers


def unit_report() -> Paper:
    """A unit's own report."""
    paper = sheet("Báo cáo của đơn vị")
    letterhead(paper, kind="BC")
    title(paper, "BÁO CÁO", "Kết quả thực hiện {{ ke_hoach_ngan }} {{ ky }}")
    greeting(paper)
    say(paper, "Thực hiện {{ ke_hoach }} về “{{ trich_yeu }}”, {{ don_vi }} báo cáo kết quả thực hiện {{ ky }}"
               "{% if so_lieu_den %} (số liệu{% if so_lieu_tu %} từ ngày {{ so_lieu_tu }}{% endif %} đến ngày "
               "{{ so_lieu_den }}){% endif %} như sau:")  # fmt: skip
    heading(paper, "I. KẾT QUẢ THỰC HIỆN")
    heading(paper, "1. Đánh giá chung", 2)
    paragraphs(paper, "danh_gia_chung")
    tag(paper, "{%p if dong %}")
    heading(paper, "2. Kết quả từng nhiệm vụ", 2)
    rows_table(
        paper,
        [
            ("TT", 11, "{{ loop.index }}"),
            ("Nhiệm vụ", 52, "{{ d.nhiem_vu }}"),
            ("Kết quả yêu cầu", 29, "{{ d.ket_qua_yeu_cau }}"),
            ("Tiến độ", 24, "{{ d.tien_do }}"),
            ("Kết quả hiện nay", PORTRAIT_WIDTH - 116, "{{ d.ket_qua }}"),
        ],
        "d in dong",
        centred=(0, 3),
    )
    tag(paper, "{%p endif %}")
    tag(paper, "{%p if chi_tieu %}")
    heading(paper, "{{ '3' if dong else '2' }}. Chỉ tiêu", 2)
    figures(paper, verdict=False)
    tag(paper, "{%p endif %}")
    for number, name, each in (("II", "KHÓ KHĂN, VƯỚNG MẮC", "kho_khan"), ("III", "ĐỀ XUẤT, KIẾN NGHỊ", "de_xuat")):
        heading(paper, f"{number}. {name}")
        tag(paper, f"{{%p for d in {each} %}}")
        say(paper, "- {{ d.noi_dung }} ({{ d.ve }}).")
        tag(paper, "{%p else %}")
        say(paper, "{{ '……' if chua_dien else 'Không có.' }}")
        tag(paper, "{%p endfor %}")
    tag(paper, "{%p if ly_do_cham %}")
    say(paper, "Lý do gửi báo cáo sau thời hạn (ngày {{ han }}): {{ ly_do_cham }}.")
    tag(paper, "{%p endif %}")
    say(paper, "Trên đây là báo cáo kết quả thực hiện {{ ky }} của {{ don_vi }}./.")
    signature(paper, [receivers_loop(), optional("qua", "- {{ qua }};"), ARCHIVED])
    return paper


def consolidated() -> Paper:
    """The consolidated report of a period with its annexes."""
    paper = sheet("Báo cáo tổng hợp")
    letterhead(paper, kind="BC")
    title(paper, "BÁO CÁO", "Kết quả thực hiện {{ ke_hoach_ngan }} {{ ky }}")
    greeting(paper)
    say(paper, "Thực hiện {{ ke_hoach }} về “{{ trich_yeu }}”, {{ co_quan }} báo cáo kết quả thực hiện {{ ky }} "
               "như sau:")  # fmt: skip
    say(paper, "{{ chot_so_lieu }}", italic=True)
    heading(paper, "I. KẾT QUẢ THỰC HIỆN NHIỆM VỤ")
    heading(paper, "1. Kết quả chung", 2)
    say(paper, "{{ loi_nhiem_vu }}")
    counts(paper, "bang_nhiem_vu")
    say(paper, "{{ loi_ngoai_bang }}")
    heading(paper, "2. Nhiệm vụ chưa hoàn thành, quá hạn", 2)
    tag(paper, "{%p for d in qua_han %}")
    say(paper, "- {{ d.nhiem_vu }} (hạn {{ d.han }}): {{ d.don_vi }}.")
    tag(paper, "{%p else %}")
    say(paper, "Không có.")
    tag(paper, "{%p endfor %}")
    heading(paper, "3. Kết quả thực hiện chỉ tiêu", 2)
    tag(paper, "{%p if chi_tieu %}")
    say(paper, "{{ loi_chi_tieu }}")
    figures(paper, verdict=True)
    tag(paper, "{%p for d in ghi_chu_chi_tieu %}")
    say(paper, "{{ d }}", italic=True, size=12)
    tag(paper, "{%p endfor %}")
    tag(paper, "{%p else %}")
    say(paper, "Kế hoạch không giao chỉ tiêu bằng số.")
    tag(paper, "{%p endif %}")
    heading(paper, "II. CHẤP HÀNH CHẾ ĐỘ BÁO CÁO")
    say(paper, "{{ loi_bao_cao }}")
    counts(paper, "bang_bao_cao")
    tag(paper, "{%p if chua_nop %}")
    say(paper, "Chưa nộp, quá hạn hoặc không báo cáo: {{ chua_nop }}.")
    tag(paper, "{%p endif %}")
    heading(paper, "III. KHÓ KHĂN, VƯỚNG MẮC")
    remarks(paper, "kho_khan")
    heading(paper, "IV. NHIỆM VỤ TRỌNG TÂM KỲ TIẾP THEO")
    tag(paper, "{%p for d in ky_tiep %}")
    say(paper, "- {{ d }}.")
    tag(paper, "{%p endfor %}")
    say(paper, "…… (đơn vị soạn thảo bổ sung)")
    heading(paper, "V. ĐỀ XUẤT, KIẾN NGHỊ")
    remarks(paper, "de_xuat")
    say(paper, "Trên đây là báo cáo kết quả thực hiện {{ ky }} của {{ co_quan }}./.")
    everybody = "- Các đơn vị có tên trong phụ lục;"
    signature(paper, [receivers_loop(), optional("qua", "- {{ qua }};"), everybody, ARCHIVED])
    _annexes(paper)
    return paper


def _annexes(paper: Paper) -> None:
    official = [
        ("TT", 11, "{{ d.tt }}"),
        ("Nhiệm vụ", 48, "{{ d.nhiem_vu }}"),
        ("Kết quả yêu cầu", 26, "{{ d.ket_qua_yeu_cau }}"),
        ("Thời gian hoàn thành", 25, "{{ d.thoi_gian }}"),
        ("Cơ quan thực hiện", 32, "{{ d.co_quan }}"),
        ("Tiến độ", 26, "{{ d.tien_do }}"),
        ("Kết quả hiện nay", 54, "{{ d.ket_qua }}"),
        ("Đề xuất, kiến nghị", LANDSCAPE_WIDTH - 222, "{{ d.de_xuat }}"),
    ]
    annex(paper, "Phụ lục I", "NHIỆM VỤ CÓ THỜI HẠN {{ ky|upper }}")
    rows_table(paper, official, "d in phu_luc_1", centred=(0, 3), section="d.muc", whole_rows=False)
    annex(paper, "Phụ lục II", "NHIỆM VỤ THƯỜNG XUYÊN, KHÔNG XÁC ĐỊNH THỜI HẠN VÀ CHƯA ĐẾN KỲ {{ ky|upper }}")
    rows_table(paper, official, "d in phu_luc_2", centred=(0, 3), section="d.muc", whole_rows=False)
    annex(paper, "Phụ lục III", "CHẤP HÀNH CHẾ ĐỘ BÁO CÁO VÀ TÌNH HÌNH THỰC HIỆN THEO ĐƠN VỊ {{ ky|upper }}")
    subheading(paper, "1. Chấp hành chế độ báo cáo")
    classes = ["Đúng hạn", "Nộp muộn", "Chưa nộp, trong hạn", "Chưa nộp, quá hạn", "Không báo cáo",
               "Không phải báo cáo"]  # fmt: skip
    _by_unit(paper, "theo_don_vi_bao_cao", "Số báo cáo", classes, note="Số ngày làm việc quá hạn, lý do")
    subheading(paper, "2. Thực hiện nhiệm vụ")
    classes = ["Hoàn thành đúng hạn", "Hoàn thành quá hạn", "Trong hạn", "Quá hạn", "Thường xuyên", "Dừng thực hiện"]
    _by_unit(paper, "theo_don_vi_nhiem_vu", "Số phần việc", classes, note="Ghi chú")
    tag(paper, "{%p if noi_dung_don_vi %}")
    subheading(paper, "3. Đánh giá chung trong báo cáo của các đơn vị")
    tag(paper, "{%p for d in noi_dung_don_vi %}")
    say(paper, "{{ d.don_vi }}:", align=LEFT, italic=True, indent=False).paragraph_format.keep_with_next = True
    tag(paper, "{%p for doan in d.noi_dung %}")
    say(paper, "{{ doan }}")
    tag(paper, "{%p endfor %}")
    tag(paper, "{%p endfor %}")
    tag(paper, "{%p endif %}")


def subheading(paper: Paper, text: str) -> None:
    """What stands above a table of an annex, and stays with it."""
    say(paper, text, align=LEFT, bold=True, indent=False).paragraph_format.keep_with_next = True


def _by_unit(paper: Paper, name: str, all_of: str, classes: list[str], *, note: str) -> None:
    columns = [("TT", 12, "{{ loop.index }}"), ("Đơn vị", 62, "{{ d.don_vi }}"), (all_of, 18, "{{ d.cong }}")]
    columns += [(label, 19, f"{{{{ d.so[{place}] }}}}") for place, label in enumerate(classes)]
    columns.append((note, LANDSCAPE_WIDTH - 206, "{{ d.ghi_chu }}"))
    counted = [f"{{{{ {name}.so[{place}] }}}}" for place in range(len(classes))]
    sums = ["", "Cộng", f"{{{{ {name}.cong }}}}", *counted, ""]
    rows_table(paper, columns, f"d in {name}.dong", centred=(0, *range(2, 9)), total=sums)


def urging_letter() -> Paper:
    """Công văn đôn đốc."""
    paper = sheet("Công văn đôn đốc")
    letterhead(paper, kind=None, about="V/v đôn đốc báo cáo {{ ky }} thực hiện {{ ke_hoach_ngan }}")
    say(paper, indent=False, after=0)
    greeting(paper)
    say(paper, "Thực hiện {{ ke_hoach }} về “{{ trich_yeu }}”{% if cac_ngay %}; {{ noi_gui }} đã có thư nhắc, đôn đốc "
               "các đơn vị gửi báo cáo {{ ky }} ({% if cac_ngay|length > 4 %}lần gần nhất ngày {{ cac_ngay[-1] }}"
               "{% else %}ngày {{ cac_ngay|join(', ') }}{% endif %}){% endif %}. Đến {{ luc }}, còn "
               "{{ so_don_vi }} đơn vị chưa gửi báo cáo (danh sách kèm theo), ảnh hưởng đến tiến độ "
               "tổng hợp{% if noi_nhan %}, báo cáo {{ noi_nhan }}{% endif %}.")  # fmt: skip
    say(paper, "{{ co_quan }} {{ yeu_cau }} Thủ trưởng các đơn vị có tên trong danh sách:")
    say(paper, "1. Khẩn trương chỉ đạo hoàn thành và gửi báo cáo, chậm nhất hết ngày {{ han_bo_sung }}.")
    say(paper, "2. Báo cáo nguyên nhân chậm và biện pháp khắc phục; chịu trách nhiệm về nội dung và thời hạn báo cáo.")
    say(paper, "Kết quả chấp hành chế độ báo cáo được tổng hợp, báo cáo lãnh đạo {{ co_quan }} theo quy định. Giao "
               "{{ noi_gui }} theo dõi, đôn đốc việc thực hiện{% if dien_thoai or email %} (liên hệ: "
               "{{ [dien_thoai, email]|select|join(', ') }}){% endif %}./.")  # fmt: skip
    signature(paper, ["- Như trên;", "- Lãnh đạo {{ co_quan }} (để b/c);", ARCHIVED])
    _owed_list(paper)
    return paper


def _owed_list(paper: Paper) -> None:
    page = say(paper, "DANH SÁCH ĐƠN VỊ, NỘI DUNG CHƯA BÁO CÁO {{ ky|upper }}", align=CENTRE, bold=True, indent=False)
    page.paragraph_format.page_break_before = True
    say(paper, "(Kèm theo Công văn số {{ so }}/{{ ky_hieu }} {{ ngay_thang }} của {{ co_quan }})", align=CENTRE,
        italic=True, indent=False)  # fmt: skip
    rows_table(
        paper,
        [
            ("TT", 11, "{{ loop.index }}"),
            ("Đơn vị", 44, "{{ d.don_vi }}"),
            ("Nội dung chưa báo cáo", PORTRAIT_WIDTH - 121, "{{ d.noi_dung }}"),
            ("Thời hạn", 25, "{{ d.han }}"),
            ("Quá hạn (ngày làm việc)", 22, "{{ d.so_ngay_tre }}"),
            ("Số lần đã đôn đốc", 19, "{{ d.so_lan }}"),
        ],
        "d in dong",
        centred=(0, 3, 4, 5),
    )


def submission() -> Paper:
    """Phiếu trình lãnh đạo."""
    paper = sheet("Phiếu trình")
    letterhead(paper, kind=None)
    title(paper, "PHIẾU TRÌNH", "Tình hình chấp hành chế độ báo cáo {{ ky }} và đề xuất xử lý")
    greeting(paper)
    say(paper, "{{ noi_gui }} báo cáo tình hình thực hiện chế độ báo cáo {{ ky }} theo {{ ke_hoach }} (số liệu đến "
               "{{ luc }}):")  # fmt: skip
    say(paper, "1. Tổng số báo cáo phải nộp: {{ tong }}; trong đó: {{ phan_loai }} (cộng: {{ kiem_tra_tong }}).")
    say(paper, "2. Các đơn vị chưa nộp{% if dong %} ({{ so_don_vi }} đơn vị):{% else %}: không có.{% endif %}")
    tag(paper, "{%p if dong %}")
    rows_table(
        paper,
        [
            ("TT", 11, "{{ loop.index }}"),
            ("Đơn vị", 52, "{{ d.don_vi }}"),
            ("Hạn", 25, "{{ d.han }}"),
            ("Quá hạn (ngày làm việc)", 22, "{{ d.so_ngay_tre }}"),
            ("Số lần đôn đốc", 20, "{{ d.so_lan }}"),
            ("Lý do", PORTRAIT_WIDTH - 130, "{{ d.ly_do }}"),
        ],
        "d in dong",
        centred=(0, 2, 3, 4),
    )
    tag(paper, "{%p endif %}")
    say(paper, "3. {% if cac_ngay %}{{ noi_gui }} đã đôn đốc {{ cac_ngay|length }} lần "
               "(ngày {{ cac_ngay|join(', ') }}).{% else %}"
               "Chưa có lần nhắc, đôn đốc nào được ghi nhận đã gửi.{% endif %}")  # fmt: skip
    say(paper, "Kính đề xuất lãnh đạo xem xét, cho ý kiến: (1) ban hành văn bản đôn đốc, nhắc nhở đối với "
               "{{ so_don_vi }} đơn vị (dự thảo kèm theo); (2) cho phép chốt số liệu đối với các đơn vị đã báo cáo"
               "{% if han_cap_tren %} để kịp thời hạn báo cáo cấp trên ngày {{ han_cap_tren }}{% endif %}; (3) đưa kết "
               "quả chấp hành vào đánh giá thi đua năm {{ nam }}.")  # fmt: skip
    say(paper, "Kính trình./.")
    signature(paper, ["- Như trên;", "- Lưu: {{ noi_gui }}."])
    say(paper, "Ý KIẾN CỦA LÃNH ĐẠO", align=LEFT, bold=True, indent=False)
    for _ in range(3):
        say(paper, "." * 110, align=LEFT, indent=False)
    return paper


def courtesy_letter() -> Paper:
    """Công văn đề nghị phối hợp."""
    paper = sheet("Công văn đề nghị phối hợp")
    letterhead(paper, kind=None, about="V/v đề nghị phối hợp cung cấp kết quả thực hiện {{ ke_hoach_ngan }} {{ ky }}")
    say(paper, indent=False, after=0)
    greeting(paper)
    say(paper, "Thực hiện nhiệm vụ cơ quan theo dõi, tổng hợp theo {{ ke_hoach }} về “{{ trich_yeu }}”, {{ co_quan }} "
               "tổng hợp kết quả thực hiện {{ ky }}{% if noi_nhan %}, báo cáo {{ noi_nhan }}{% endif %}"
               "{% if han_cap_tren %} trước khi hết ngày {{ han_cap_tren }}{% endif %}.")  # fmt: skip
    say(paper, "{{ co_quan }} trân trọng đề nghị Quý cơ quan cung cấp kết quả thực hiện các nội dung thuộc lĩnh vực "
               "phụ trách sau đây, gửi về {{ noi_gui }} trước khi hết ngày {{ han_mong_muon }} để tổng hợp:"
    )  # fmt: skip
    tag(paper, "{%p for d in noi_dung %}")
    say(paper, "- {{ d }}{{ '.' if loop.last else ';' }}")
    tag(paper, "{%p endfor %}")
    say(paper, "Thông tin xin trao đổi với {{ dau_moi }}{% if dien_thoai %}, điện thoại {{ dien_thoai }}{% endif %}"
               "{% if email %}, thư điện tử {{ email }}{% endif %}.")  # fmt: skip
    say(paper, "Rất mong nhận được sự quan tâm, phối hợp của Quý cơ quan.")
    say(paper, "Trân trọng./.")
    signature(paper, ["- Như trên;", "- Lãnh đạo {{ co_quan }} (để b/c);", ARCHIVED])
    return paper


TEMPLATES: dict[str, Callable[[], Paper]] = {
    "bao-cao-don-vi": unit_report,
    "bao-cao-tong-hop": consolidated,
    "cong-van-don-doc": urging_letter,
    "phieu-trinh": submission,
    "cong-van-de-nghi": courtesy_letter,
}


def built(name: str) -> bytes:
    """A template as this script makes it."""
    buffer = io.BytesIO()
    TEMPLATES[name]().save(buffer)
    return timeless(buffer.getvalue())


def main() -> None:
    """Write every template into the shipped folder."""
    SHIPPED.mkdir(exist_ok=True)
    for name in TEMPLATES:
        (SHIPPED / f"{name}.docx").write_bytes(built(name))


if __name__ == "__main__":
    main()
