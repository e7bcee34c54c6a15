"""Phrases of real plans and the readings they were given by hand (plan issued 15/01/2026, plan year 2026)."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple


class Sample(NamedTuple):
    """A phrase, its kind, its first and last day, and the due days it has in 2026 ("dd/mm"), where it has any."""

    phrase: str
    kind: str
    start: date | None = None
    due: date | None = None
    dues: str | None = None


ISSUED = date(2026, 1, 15)


def d(day: int, month: int, year: int) -> date:
    return date(year, month, day)


# The five seeds, with the year each seed prints or the plan year where it prints none.
SEEDS = [
    Sample("Thường xuyên", "continuous", ISSUED),
    Sample("Thường xuyên.", "continuous", ISSUED),
    Sample("triển khai thực hiện thường xuyên.", "continuous", ISSUED),
    Sample("Thường xuyên thực hiện", "continuous", ISSUED),
    Sample("Thường xuyên hàng năm.", "continuous", ISSUED, None, "31/12"),
    Sample("Thường xuyên trong năm", "continuous", d(1, 1, 2026), d(31, 12, 2026)),
    Sample("Thường xuyên trong năm 2022", "continuous", d(1, 1, 2022), d(31, 12, 2022)),
    Sample("Thường xuyên trong năm\n2022", "continuous", d(1, 1, 2022), d(31, 12, 2022)),
    Sample("Hàng năm", "recurring", None, None, "31/12"),
    Sample("triển khai thực hiện hàng năm", "recurring", None, None, "31/12"),
    Sample("hằng năm", "recurring", None, None, "31/12"),
    Sample("trung hạn và hằng năm", "composite", None, None, "31/12"),
    Sample("Từ năm 2024", "open_start", d(1, 1, 2024)),
    Sample("Từ năm 2024.", "open_start", d(1, 1, 2024)),
    Sample("Từ nay đến năm 2026.", "window", ISSUED, d(31, 12, 2026)),
    Sample("từ nay đến năm 2030", "window", ISSUED, d(31, 12, 2030)),
    Sample(
        "Hoàn thành trình Ủy ban nhân dân thành phố trong tháng 02 năm 2024.",
        "fixed_due",
        d(1, 2, 2024),
        d(29, 2, 2024),
    ),
    Sample("hoàn thành trong tháng 6 năm 2024", "fixed_due", d(1, 6, 2024), d(30, 6, 2024)),
    Sample("Tháng 1,2", "window", d(1, 1, 2026), d(28, 2, 2026)),
    Sample("Quý I năm 2024", "window", d(1, 1, 2024), d(31, 3, 2024)),
    Sample("Thực hiện quý 2 năm 2024", "window", d(1, 4, 2024), d(30, 6, 2024)),
    Sample("Thực hiện cả năm 2024", "continuous", d(1, 1, 2024), d(31, 12, 2024)),
    Sample("Tháng 01/2022", "fixed_due", d(1, 1, 2022), d(31, 1, 2022)),
    Sample("Năm 2022", "window", d(1, 1, 2022), d(31, 12, 2022)),
    Sample("Trong năm 2022", "window", d(1, 1, 2022), d(31, 12, 2022)),
    Sample("Quý IV/2022", "window", d(1, 10, 2022), d(31, 12, 2022)),
    Sample("Quý II, III/2022", "window", d(1, 4, 2022), d(30, 9, 2022)),
    Sample("Theo quy định của Bộ Nội vụ", "external_reference"),
    Sample("Sau khi có Quyết định UBND tỉnh", "event"),
    Sample("sau khi có hướng dẫn của cấp có thẩm quyền", "event"),
    Sample("sau khi ban hành", "event", ISSUED),
    Sample("theo quy định", "external_reference"),
    Sample("theo tiến độ xác định cụ thể trong nội dung Kế hoạch", "external_reference"),
    Sample("theo định kỳ và yêu cầu của Sở GD&ĐT, UBND quận đảm bảo đúng tiến độ", "composite"),
    Sample("Định kỳ trước ngày 15/12 hàng năm", "recurring", None, None, "14/12"),
    Sample("định kỳ hằng năm … trước ngày 30/12 hằng năm", "recurring", None, None, "29/12"),
    Sample("định kỳ hằng năm (trước ngày 30/11 hằng năm)", "recurring", None, None, "29/11"),
    Sample("định kỳ tháng 11 hằng năm", "recurring", None, None, "30/11"),
    Sample("định kỳ", "recurring"),
    Sample("Báo cáo quý: ngày 25 tháng cuối của quý", "recurring", None, None, "25/03 25/06 25/09 25/12"),
    Sample("6 tháng, năm: ngày 24/6 và 23/12 hằng năm", "recurring", None, None, "24/06 23/12"),
    Sample("Báo cáo đột xuất khi có yêu cầu của cấp trên", "on_demand"),
    Sample(
        "định kỳ (quý I, 6 tháng, quý III, năm) hoặc báo cáo đột xuất theo quy định",
        "composite",
        None,
        None,
        "31/03 30/06 30/09 31/12",
    ),
    Sample("báo cáo sơ kết, tổng kết theo quy định", "external_reference"),
    Sample("kịp thời", "event"),
    Sample("kịp thời báo cáo, phản ánh, đề xuất", "event"),
    Sample("giai đoạn 2022 - 2026", "window", d(1, 1, 2022), d(31, 12, 2026)),
    Sample("đến năm 2025", "until", None, d(31, 12, 2025)),
    Sample("phấn đấu đến năm 2025", "until", None, d(31, 12, 2025)),
    Sample("đến năm 2025, định hướng đến năm 2030", "until", None, d(31, 12, 2025)),
    Sample("đến năm 2030", "until", None, d(31, 12, 2030)),
    Sample("thường xuyên, đột xuất", "composite", ISSUED),
    Sample("", "none", ISSUED),
]

# Real plans beyond the seeds.
MORE = [
    Sample("Hoàn thành trong năm 2025", "window", d(1, 1, 2025), d(31, 12, 2025)),
    Sample("Thực hiện thường xuyên", "continuous", ISSUED),
    Sample("trước ngày 15 hằng tháng", "recurring", None, None, " ".join(f"14/{m:02d}" for m in range(1, 13))),
    Sample("Theo kế hoạch công tác tư pháp hàng năm", "external_reference"),
    Sample("Từ 01/7/2025", "open_start", d(1, 7, 2025)),
    Sample("hằng năm (trước ngày 15 tháng 11) hoặc theo đề nghị", "composite", None, None, "14/11"),
    Sample("định kỳ 06 tháng", "recurring", None, None, "30/06 31/12"),
    Sample(
        "trước ngày 15/11 hằng năm và báo cáo đột xuất, báo cáo sơ kết, tổng kết khi có yêu cầu",
        "composite",
        None,
        None,
        "14/11",
    ),
    Sample("Năm 2025-2030", "window", d(1, 1, 2025), d(31, 12, 2030)),
    Sample("Năm 2025 - 2026", "window", d(1, 1, 2025), d(31, 12, 2026)),
    Sample(
        "Thường xuyên, định kỳ hằng quý báo cáo về Sở Tài chính", "composite", ISSUED, None, "31/03 30/06 30/09 31/12"
    ),
    Sample("2025", "window", d(1, 1, 2025), d(31, 12, 2025)),
    Sample("Theo Kế hoạch riêng", "external_reference"),
    Sample("Theo kế hoạch", "external_reference"),
    Sample(
        "hàng tháng (trước ngày 16 hàng tháng), 6 tháng (trước ngày 16/6), năm (trước ngày 20/11 hàng năm)",
        "recurring",
        None,
        None,
        "15/01 15/02 15/03 15/04 15/05 15/06 15/06 15/07 15/08 15/09 15/10 15/11 19/11 15/12",
    ),
    Sample("Tháng 11 - 12/2025", "window", d(1, 11, 2025), d(31, 12, 2025)),
    Sample("Trước ngày 15/4/2026", "fixed_due", None, d(14, 4, 2026)),
    Sample("Trước ngày 31/5/2026", "fixed_due", None, d(30, 5, 2026)),
    Sample("Theo tiến độ xây dựng dự thảo văn bản của cơ quan chủ trì soạn thảo", "external_reference"),
    Sample("trước ngày 01 tháng 01 năm 2026", "fixed_due", None, d(31, 12, 2025)),
    Sample("năm 2026 - 2027", "window", d(1, 1, 2026), d(31, 12, 2027)),
    Sample("định kỳ trước ngày 01/6 và 15/11 hằng năm (hoặc đột xuất)", "composite", None, None, "31/05 14/11"),
    Sample("Quý IV/2025- Quý II/2026", "window", d(1, 10, 2025), d(30, 6, 2026)),
    Sample("2025 - 2035", "window", d(1, 1, 2025), d(31, 12, 2035)),
    Sample(
        "Hoàn thành trong giai đoạn 2026 - 2027 và vận hành thường xuyên, liên tục",
        "composite",
        d(1, 1, 2026),
        d(31, 12, 2027),
    ),
    Sample("Trước năm 2030", "fixed_due", None, d(31, 12, 2029)),
    Sample("Hoàn thành kiểm kê lần đầu trong năm 2026. Định kỳ cập nhật…", "composite", d(1, 1, 2026), d(31, 12, 2026)),
    Sample("Hàng năm, trước ngày 25 tháng 12", "recurring", None, None, "24/12"),
    Sample("hằng năm (trước ngày 15 tháng 12) (qua Công an TP)", "recurring", None, None, "14/12"),
    Sample("2025 và những năm tiếp theo", "composite", d(1, 1, 2025), d(31, 12, 2025), "31/12"),
    Sample("Tháng 11, 12/2013 và bổ sung, sửa đổi hàng năm", "composite", d(1, 11, 2013), d(31, 12, 2013), "31/12"),
    Sample("Từ năm 2013 đến năm 2020 và tiếp theo", "composite", d(1, 1, 2013), d(31, 12, 2020)),
    Sample("Năm 2019: Trình…; đến hết năm 2019", "composite", d(1, 1, 2019), d(31, 12, 2019)),
    Sample(
        "kết thúc trước ngày 18/01/2025; Bắt đầu ngay sau khi kết thúc học kỳ I; trước ngày 31/5/2025",
        "composite",
        None,
        d(30, 5, 2025),
    ),
    Sample("chậm nhất là 10 ngày trước ngày dự kiến bầu", "event"),
    Sample("trước 20h00 ngày 25 tháng 5 năm 2025", "fixed_due", None, d(25, 5, 2025)),
    Sample("Tháng 4/2025", "fixed_due", d(1, 4, 2025), d(30, 4, 2025)),
    Sample("chậm nhất ngày 17 tháng 12 (tính từ 15/12 năm trước đến 14/12)", "fixed_due", None, d(17, 12, 2026)),
    Sample("Từ nay đến hết năm 2027", "window", ISSUED, d(31, 12, 2027)),
    Sample("chậm nhất 30 ngày kể từ ngày kết thúc quý", "recurring", None, None, "30/01 30/04 30/07 30/10"),
    Sample("xúc tiến hằng năm 2027 - 2030", "recurring", d(1, 1, 2027)),
    Sample("sơ kết năm 2028; tổng kết năm 2030", "composite", d(1, 1, 2028), d(31, 12, 2030)),
]

# Other forms that plans use.
FORMS = [
    Sample("Tháng 9-10/2025", "window", d(1, 9, 2025), d(31, 10, 2025)),
    Sample("Quý III/2025 và các năm tiếp theo", "composite", d(1, 7, 2025), d(30, 9, 2025), "31/12"),
    Sample("trong quý I hằng năm", "recurring", None, None, "31/03"),
    Sample("Trước 30/6/2026", "fixed_due", None, d(29, 6, 2026)),
    Sample("chậm nhất ngày 10 của tháng đầu quý sau", "recurring", None, None, "10/01 10/04 10/07 10/10"),
    Sample("02 lần/năm", "recurring", None, None, "30/06 31/12"),
    Sample("năm học 2025-2026", "window", d(1, 9, 2025), d(31, 5, 2026)),
    Sample("học kỳ I năm học 2025-2026", "window", d(1, 9, 2025), d(17, 1, 2026)),
    Sample("trước khi kết thúc năm học", "event"),
    Sample("ngay sau khi Kế hoạch được ban hành", "event", ISSUED),
    Sample("trong vòng 30 ngày kể từ ngày 01/3/2026", "fixed_due", d(1, 3, 2026), d(31, 3, 2026)),
    Sample("khi có yêu cầu", "on_demand"),
    Sample("đột xuất", "on_demand"),
    Sample("từ ngày 01/3 đến ngày 30/6/2026", "window", d(1, 3, 2026), d(30, 6, 2026)),
    Sample("đến hết ngày 31/12/2027", "until", None, d(31, 12, 2027)),
    Sample("đầu năm 2027", "fixed_due", None, d(1, 1, 2027)),
    Sample("giữa năm 2027", "fixed_due", None, d(30, 6, 2027)),
    Sample("giữa quý II", "fixed_due", None, d(15, 5, 2026)),
    Sample("cuối tháng 6/2026", "fixed_due", None, d(30, 6, 2026)),
    Sample("trước 17 giờ 00 ngày 15/10/2026", "fixed_due", None, d(15, 10, 2026)),
    Sample("Sau Hội nghị tổng kết", "event"),
    Sample("Hoàn thành trước 31/12", "fixed_due", None, d(30, 12, 2026)),
    Sample("Cả giai đoạn 2026-2030", "continuous", d(1, 1, 2026), d(31, 12, 2030)),
    Sample("TRƯỚC NGÀY 15/12/2026.", "fixed_due", None, d(14, 12, 2026)),
    Sample("Truoc ngay 15/12 hang nam", "recurring", None, None, "14/12"),
    Sample("Quí I/2026", "window", d(1, 1, 2026), d(31, 3, 2026)),
    Sample(
        "ngày mười lăm tháng mười hai năm hai nghìn không trăm hai mươi sáu",
        "fixed_due",
        d(15, 12, 2026),
        d(15, 12, 2026),
    ),
    Sample("Quý II, quý IV năm 2026", "composite", d(1, 4, 2026), d(31, 12, 2026), "30/06 31/12"),
    Sample("Từ tháng 9 đến tháng 5/2026", "window", d(1, 9, 2025), d(31, 5, 2026)),
    Sample("ngày 15-20/12/2026", "window", d(15, 12, 2026), d(20, 12, 2026)),
    Sample("Không quá ngày 15/3/2026", "fixed_due", None, d(15, 3, 2026)),
    Sample("sau ngày 30/6/2026", "open_start", d(1, 7, 2026)),
    Sample("6 tháng đầu năm 2026", "window", d(1, 1, 2026), d(30, 6, 2026)),
    Sample("9 tháng đầu năm 2026", "window", d(1, 1, 2026), d(30, 9, 2026)),
    Sample("Quý I/2026, hoàn thành trước ngày 20/3/2026", "window", d(1, 1, 2026), d(19, 3, 2026)),
    Sample("Theo hướng dẫn của Sở Nội vụ, trước ngày 30/6/2026", "composite", None, d(29, 6, 2026)),
    Sample("hằng năm từ năm 2026 đến năm 2030", "recurring", d(1, 1, 2026), None, "31/12"),
    Sample("hằng quý, bắt đầu từ quý II/2026", "recurring", d(1, 4, 2026), None, "30/06 30/09 31/12"),
    Sample("thứ Hai ngày 14/12/2026", "fixed_due", d(14, 12, 2026), d(14, 12, 2026)),
]

ALL = SEEDS + MORE + FORMS

# What is no time frame, or says something no calendar has.
REFUSED = [
    "ngày mai",
    "càng sớm càng tốt",
    "mùa hè năm 2026",
    "31/02/2026",
    "ngày 32 hằng tháng",
    "tháng 13/2026",
    "quý V/2026",
    "quý 5/2026",
    "Không thường xuyên",
    "năm 1850",
    "giai đoạn 2030-2026",
    "năm học 2025-2028",
    "trước 25 giờ ngày 15/10/2026",
    "thứ Ba ngày 14/12/2026",
    "Xây dựng kế hoạch năm 2027",
    "lorem ipsum",
    "5",
    "trước ngày 15/8 âm lịch",
    "5 lần/năm",
    "từ ngày 30/6/2026 đến ngày 01/3/2026",
]
