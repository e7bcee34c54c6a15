"""The consolidated report of a period: as .xlsx with the official columns, as .docx in the form of Decree 30, as CSV.

Every figure is counted from the parts of the report, which are rows of the ledger; nothing is read here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from models.lifecycle import Kind, Result
from models.papers import Consolidated, Count, Indicator, Part, Remark, Verdict, Work

from .decree30 import RESULTS, Words, counted, day, fraction, goal, head_words, listed, moment, number
from .tables import Cell, Column
from .tables import csv as csv_table
from .word import render
from .workbook import A3, Book, Sheet

__all__ = ["csv", "docx", "workbook"]

TEMPLATE = "bao-cao-tong-hop"
FEW = 3  # units whose results stand in one cell; of more, the sheet "Chi tiết" has each

OFFICIAL = (
    Column("TT", 5),
    Column("Nhiệm vụ", 30),
    Column("Kết quả yêu cầu", 16),
    Column("Thời gian hoàn thành", 14),
    Column("Cơ quan thực hiện", 20),
    Column("Tiến độ", 17),
    Column("Kết quả hiện nay", 29),
    Column("Đề xuất, kiến nghị", 16),
)
DETAILS = (
    *OFFICIAL,
    Column("Khó khăn, vướng mắc", 18),
    Column("Loại", 13),
    Column("Hạn", 12),
    Column("Ngày nhận", 12),
    Column("Quá hạn (ngày làm việc)", 10),
    Column("Lý do chậm", 16),
    Column("Số", 7),
)
KINDS = {Kind.DATED: "Nhiệm vụ có hạn", Kind.COVERED: "Thường xuyên", Kind.REPORT: "Báo cáo"}
VERDICTS = {Verdict.MET: "Đạt", Verdict.NOT_MET: "Chưa đạt", Verdict.NO_DATA: "Chưa có số liệu"}


# ------------------------------------------------------------------------------------------------- said in cells


def _name(work: Work) -> str:
    return f"[{work.code}] {work.title}" if work.code else work.title


def _due(work: Work) -> str:
    """The time as printed, and the days it comes to (with the first day where more time was given)."""
    days = sorted({(part.due_on, part.first_due_on) for part in work.parts if part.kind != Kind.COVERED})
    said = [day(due) + (f" (gia hạn, hạn đầu {day(first)})" if first != due else "") for due, first in days]
    printed = f"“{work.time}”" if work.time else ""
    return "\n".join(filter(None, (printed, "; ".join(said[:3]) + (" …" if len(said) > 3 else ""))))


def _who(work: Work, parts: Sequence[Part]) -> str:
    units = list(dict.fromkeys(part.unit_name for part in parts))
    names = work.leads or units
    many = f" ({len(units)} đơn vị)" if len(units) > len(names) else ""
    together = f"\nPhối hợp: {listed(work.cooperating)}" if work.cooperating else ""
    return listed(names) + many + together


def _standing(part: Part) -> str:
    return part.standing + (f" {part.days_late} ngày làm việc" if part.days_late else "")


def _progress(work: Work) -> str:
    """How the parts stand: of a dated task by its class, of a continuous one by what the answers say."""
    if work.waits:
        return work.waits
    parts = work.parts
    if parts and parts[0].kind == Kind.COVERED:
        results = Counter(part.result for part in parts if part.result)
        answered = sum(results.values())
        if len(parts) == 1:
            return RESULTS[next(iter(results))] if results else "Chưa có báo cáo"
        head = f"{answered}/{len(parts)} đơn vị đã báo cáo"
        said = [f"{RESULTS[result].lower()} {results[result]}" for result in Result if results[result]]
        return f"{head}: {', '.join(said)}" if said else head
    if len(parts) == 1:
        return _standing(parts[0])
    classes = Counter(part.standing for part in parts)
    return "\n".join(f"{standing}: {n}" for standing, n in classes.items())


def _result(part: Part) -> str:
    """What a unit says has come of it, with its document; a continuous task's result in a word."""
    word = RESULTS[part.result] if part.result and part.kind == Kind.COVERED else ""
    text = (part.text or "").strip().rstrip(".")
    return ". ".join(filter(None, (word, text, part.document and f"Văn bản: {part.document}")))


def _results(work: Work) -> str:
    said = [(part.unit_name, text) for part in work.parts if (text := _result(part))]
    if len(work.parts) == 1:
        return said[0][1] if said else ""
    return _first_few(said)


def _first_few(said: Sequence[tuple[str, str]]) -> str:
    lines = [f"{unit}: {text}" for unit, text in said[:FEW]]
    if len(said) > FEW:
        lines.append(f"… và {len(said) - FEW} đơn vị khác (biểu chi tiết)")
    return "\n".join(lines)


def _proposals(work: Work) -> str:
    said = [(part.unit_name, text) for part in work.parts if (text := (part.proposals or "").strip())]
    if len(work.parts) == 1:
        return said[0][1] if said else ""
    return _first_few(said)


def _official(tt: int, work: Work) -> list[Cell]:
    """A row of the official table."""
    return [tt, _name(work), work.deliverable, _due(work), _who(work, work.parts), _progress(work), _results(work),
            _proposals(work)]  # fmt: skip


def _details(data: Consolidated) -> Iterator[list[Cell]]:
    """A row for each assignment: the official columns, then what the totals are counted from."""
    tt = 0
    for work in (*data.dated, *data.undated, *data.reports):
        for part in work.parts:
            tt += 1
            yield [
                tt, _name(work), work.deliverable, f"“{work.time}”" if work.time else None, part.unit_name,
                part.standing, _result(part), part.proposals, part.difficulties, KINDS[Kind(part.kind)], part.due_on,
                part.received_on, part.days_late or None, part.reason_late, part.assignment,
            ]  # fmt: skip


def _cutoff(data: Consolidated) -> str:
    """`Số liệu chốt đến ngày …`, and the moment the ledger was read."""
    since = f"từ ngày {day(data.cutoff_from)} " if data.cutoff_from else ""
    if data.cutoff_on:
        head = f"Số liệu {since}chốt đến ngày {day(data.cutoff_on)}"
    elif data.period_to:
        head = f"Số liệu chốt đến ngày {day(min(data.period_to, data.at.date()))}"
    else:
        head = f"Số liệu chốt đến ngày {day(data.at.date())}"
    return (
        f"{head}; tình trạng theo sổ theo dõi lúc {moment(data.at)}. Mã kiểm tra: kỳ này {data.period_checksum}, "
        f"toàn kế hoạch {data.checksum}."
    )


# ------------------------------------------------------------------------------------------------- by unit


def _by_unit(parts: Iterable[Part]) -> dict[str, list[Part]]:
    found: dict[str, list[Part]] = {}
    for part in parts:
        found.setdefault(part.unit_name, []).append(part)
    return found


def _unit_rows(parts: Iterable[Part], counts: Sequence[Count]) -> Iterator[tuple[str, int, list[int], str]]:
    """(unit, all, of each class, note): the note says how late, and why."""
    for unit, own in _by_unit(parts).items():
        classes = Counter(part.classed for part in own)
        late = max((part.days_late for part in own), default=0)
        reasons = dict.fromkeys(reason for part in own if (reason := (part.reason_late or "").strip()))
        note = "; ".join(filter(None, (f"quá hạn {late} ngày" if late else "", *reasons)))
        yield unit, len(own), [classes[count.classed] for count in counts], note


def _reports(data: Consolidated) -> list[Part]:
    return [part for work in data.reports for part in work.parts]


def _tasks(data: Consolidated) -> list[Part]:
    return [part for work in (*data.dated, *data.undated) for part in work.parts]


# ------------------------------------------------------------------------------------------------- .xlsx and .csv


def workbook(data: Consolidated) -> bytes:
    """The report as .xlsx: totals, the official table (undated work in its own annex), by unit, targets, details."""
    book = Book(f"Báo cáo tổng hợp {data.period}")
    _totals_sheet(book, data)
    _work_sheet(book, data, "PL1 Có thời hạn", "PHỤ LỤC I. NHIỆM VỤ CÓ THỜI HẠN", data.dated)
    _work_sheet(book, data, "PL2 Không thời hạn",
                "PHỤ LỤC II. NHIỆM VỤ THƯỜNG XUYÊN, KHÔNG XÁC ĐỊNH THỜI HẠN VÀ CHƯA ĐẾN KỲ",
                (*data.undated, *data.waiting))  # fmt: skip
    _unit_sheet(book, data, "PL3 Chấp hành báo cáo", "PHỤ LỤC III. CHẤP HÀNH CHẾ ĐỘ BÁO CÁO THEO ĐƠN VỊ",
                _reports(data), data.reported)  # fmt: skip
    _unit_sheet(book, data, "PL4 Nhiệm vụ theo đơn vị", "PHỤ LỤC IV. THỰC HIỆN NHIỆM VỤ THEO ĐƠN VỊ", _tasks(data),
                data.tasks)  # fmt: skip
    _indicator_sheet(book, data)
    _remark_sheet(book, data)
    sheet = book.sheet("Chi tiết", DETAILS, paper=A3)
    _begin(sheet, data, "BIỂU CHI TIẾT: MỖI DÒNG MỘT PHẦN VIỆC CỦA MỘT ĐƠN VỊ")
    for row in _details(data):
        sheet.row(row)
    sheet.filtered()
    return book.done()


def csv(data: Consolidated) -> bytes:
    """The details as CSV: a row for each assignment, so that whoever re-adds them finds the totals."""
    return csv_table(DETAILS, _details(data))


def _begin(sheet: Sheet, data: Consolidated, title: str) -> None:
    forms = sheet.formats
    sheet.widths([])
    sheet.line(title, forms.title, height=22)
    sheet.line(f"Kết quả thực hiện {data.plan} {data.period}", forms.line, height=20)
    sheet.line(_cutoff(data), forms.note, height=36)
    sheet.head()


def _totals_sheet(book: Book, data: Consolidated) -> None:
    forms = book.formats
    sheet = book.sheet("Tổng hợp", [Column("Phân loại", 50), Column("Trong kỳ", 15), Column("Toàn kế hoạch", 18)],
                       portrait=True)  # fmt: skip
    sheet.widths([])
    sheet.line(data.letterhead.agency, forms.line)
    sheet.line(f"BÁO CÁO TỔNG HỢP {data.period.upper()}", forms.title, height=24)
    sheet.line(f"{data.plan} về “{data.plan_title}”", forms.line, height=36)
    sheet.line(_cutoff(data), forms.note, height=54)
    sheet.head()
    for title, counts in (("1. Nhiệm vụ (phần việc của từng đơn vị)", data.tasks),
                          ("2. Chấp hành chế độ báo cáo", data.reported)):  # fmt: skip
        sheet.row([title, None, None], forms.strong)
        for count in counts:
            sheet.row([count.label, count.period, count.plan])
        sheet.write(0, "Cộng", forms.strong)
        sheet.write(1, sum(count.period for count in counts), forms.total)
        sheet.write(2, sum(count.plan for count in counts), forms.total)
        sheet.next += 1
    sheet.row(["3. Ngoài hai bảng (chưa giao, không cộng)", None, None], forms.strong)
    for count in data.aside:
        sheet.row([count.label, None, count.plan])
    sheet.row(["Mã kiểm tra", data.period_checksum, data.checksum], forms.middle)


def _work_sheet(book: Book, data: Consolidated, name: str, title: str, works: Sequence[Work]) -> None:
    sheet = book.sheet(name, OFFICIAL)
    _begin(sheet, data, title)
    section = ""
    for tt, work in enumerate(works, 1):
        if work.section and work.section != section:
            sheet.line(work.section, book.formats.strong)
        section = work.section
        sheet.row(_official(tt, work))
    if not works:
        sheet.line("Không có.", book.formats.text)


def _unit_sheet(
    book: Book, data: Consolidated, name: str, title: str, parts: Sequence[Part], counts: Sequence[Count]
) -> None:
    columns = [Column("TT", 5), Column("Đơn vị", 36), Column("Tổng số", 8)]
    columns += [Column(count.label, 12) for count in counts]
    sheet = book.sheet(name, [*columns, Column("Ghi chú", 25)])
    _begin(sheet, data, title)
    sums = [0] * (len(counts) + 1)
    for tt, (unit, every, classes, note) in enumerate(_unit_rows(parts, counts), 1):
        sheet.row([tt, unit, every, *classes, note])
        sums = [total + n for total, n in zip(sums, (every, *classes), strict=True)]
    sheet.row([None, "Cộng", *sums, None], book.formats.total)


def _indicator_sheet(book: Book, data: Consolidated) -> None:
    sheet = book.sheet(
        "PL5 Chỉ tiêu",
        [Column("TT", 5), Column("Chỉ tiêu", 44), Column("Mức phải đạt", 13), Column("Tử số", 12), Column("Mẫu số", 12),
         Column("Kết quả", 11), Column("Đánh giá", 12), Column("Số đơn vị có số liệu", 11), Column("Ghi chú", 25)],
    )  # fmt: skip
    _begin(sheet, data, "PHỤ LỤC V. KẾT QUẢ THỰC HIỆN CHỈ TIÊU")
    for tt, one in enumerate(data.indicators, 1):
        sheet.row([tt, one.text, goal(one.goal, soft=one.soft), one.numerator, one.denominator, _value(one),
                   VERDICTS[one.verdict], one.units, _remark_on(one)])  # fmt: skip
    if not data.indicators:
        sheet.line("Kế hoạch không giao chỉ tiêu bằng số.", book.formats.text)


def _remark_sheet(book: Book, data: Consolidated) -> None:
    columns = [Column("TT", 5), Column("Đơn vị", 32), Column("Về nhiệm vụ", 36), Column("Loại", 18)]
    sheet = book.sheet("PL6 Khó khăn, kiến nghị", [*columns, Column("Nội dung", 54)])
    _begin(sheet, data, "PHỤ LỤC VI. KHÓ KHĂN, VƯỚNG MẮC; ĐỀ XUẤT, KIẾN NGHỊ; ĐÁNH GIÁ CHUNG CỦA CÁC ĐƠN VỊ")
    rows = [(one.unit_name, one.about, "Khó khăn, vướng mắc", one.text) for one in data.difficulties]
    rows += [(one.unit_name, one.about, "Đề xuất, kiến nghị", one.text) for one in data.proposals]
    rows += [(one.unit_name, "Cả kỳ", "Đánh giá chung", one.text) for one in data.narratives]
    for tt, row in enumerate(rows, 1):
        sheet.row([tt, *row])
    if not rows:
        sheet.line("Các báo cáo không nêu.", book.formats.text)


def _value(one: Indicator) -> str:
    return number(one.value) + ("%" if one.percent else "") if one.value is not None else ""


def _remark_on(one: Indicator) -> str:
    by = f"hạn {day(one.by_on)}" if one.by_on else ""
    return "; ".join(filter(None, (one.why, f"số liệu gốc {one.baseline}" if one.baseline else "", by)))


# ------------------------------------------------------------------------------------------------- .docx


def docx(data: Consolidated, folders: Sequence[Path] = ()) -> bytes:
    """The report as .docx; `folders` may hold the office's own template. Raises BadTemplate."""
    return render(TEMPLATE, words(data), folders)


def words(data: Consolidated) -> Words:
    """What the template may say."""
    late = [part for part in _reports(data) if part.missing]
    return {
        **head_words(data.letterhead, data.at, draft=True),
        "co_quan": data.agency,
        "ke_hoach": data.plan,
        "ke_hoach_ngan": data.plan_short,
        "trich_yeu": data.plan_title,
        "ky": data.period,
        "kinh_gui": list(data.to),
        "qua": data.via,
        "don_vi_soan": data.drafted_by,
        "nguoi_ky": None,
        "chot_so_lieu": _cutoff(data),
        "loi_nhiem_vu": _said_of_tasks(data),
        "loi_ngoai_bang": _said_aside(data.aside),
        "loi_bao_cao": _said_of_reports(data),
        "loi_chi_tieu": _said_of_targets(data.indicators),
        "bang_nhiem_vu": _count_words(data.tasks),
        "bang_bao_cao": _count_words(data.reported),
        "qua_han": list(_overdue(data)),
        "chua_nop": listed(list(dict.fromkeys(part.unit_name for part in late)), 60) if late else None,
        "chi_tieu": [
            {"ten": one.text, "muc": goal(one.goal, soft=one.soft), "phan_so": fraction(one.numerator, one.denominator),
             "gia_tri": _value(one), "danh_gia": VERDICTS[one.verdict], "ghi_chu": _remark_on(one)}
            for one in data.indicators
        ],
        "ghi_chu_chi_tieu": [f"{one.text}: {note}." for one in data.indicators if (note := _remark_on(one))],
        "kho_khan": _remark_words(data.difficulties),
        "de_xuat": _remark_words(data.proposals),
        "ky_tiep": list(_next(data)),
        "phu_luc_1": list(_annex(data.dated)),
        "phu_luc_2": list(_annex((*data.undated, *data.waiting))),
        "theo_don_vi_bao_cao": _unit_words(_reports(data), data.reported),
        "theo_don_vi_nhiem_vu": _unit_words(_tasks(data), data.tasks),
        "noi_dung_don_vi": [{"don_vi": one.unit_name, "noi_dung": _paragraphs(one.text)} for one in data.narratives],
    }  # fmt: skip


def _paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _count_words(counts: Sequence[Count]) -> Words:
    return {
        "dong": [{"ten": count.label, "ky": count.period, "ke_hoach": count.plan} for count in counts],
        "cong_ky": sum(count.period for count in counts),
        "cong_ke_hoach": sum(count.plan for count in counts),
    }


def _sum_said(counts: Sequence[Count]) -> str:
    """`hoàn thành đúng hạn 22; … (cộng: 22 + 13 + 02 = 37)`: every class, so that the sum can be checked."""
    said = "; ".join(f"{count.label[0].lower()}{count.label[1:]}: {counted(count.period)}" for count in counts)
    sums = " + ".join(counted(count.period) for count in counts)
    return f"{said} (cộng: {sums} = {counted(sum(count.period for count in counts))})"


def _said_of_tasks(data: Consolidated) -> str:
    parts, works = _tasks(data), [*data.dated, *data.undated]
    answered = sum(part.kind == Kind.COVERED and part.result is not None for part in parts)
    continuous = sum(part.kind == Kind.COVERED for part in parts)
    text = f"Trong kỳ theo dõi {counted(len(works))} nhiệm vụ, gồm {counted(len(parts))} phần việc của các đơn vị: "
    text += _sum_said(data.tasks) + "."
    if continuous:
        text += f" Trong {counted(continuous)} phần việc thường xuyên, {counted(answered)} phần việc đã có báo cáo."
    return text


def _said_aside(aside: Sequence[Count]) -> str:
    there = [f"{count.label[0].lower()}{count.label[1:]}: {counted(count.plan)}" for count in aside if count.plan]
    return f"Ngoài các phần việc trên, toàn kế hoạch còn: {'; '.join(there)}." if there else ""


def _said_of_reports(data: Consolidated) -> str:
    parts = _reports(data)
    if not parts:
        return "Trong kỳ không có báo cáo phải nộp."
    units = len(_by_unit(parts))
    return f"Trong kỳ, {counted(units)} đơn vị phải nộp {counted(len(parts))} báo cáo: {_sum_said(data.reported)}."


def _said_of_targets(indicators: Sequence[Indicator]) -> str:
    verdicts = Counter(one.verdict for one in indicators)
    said = "; ".join(f"{VERDICTS[verdict].lower()}: {counted(verdicts[verdict])}" for verdict in Verdict)
    return f"Kế hoạch có {counted(len(indicators))} chỉ tiêu bằng số: {said}."


def _overdue(data: Consolidated) -> Iterator[Words]:
    for work in data.dated:
        late = [part for part in work.parts if part.missing]
        if late:
            yield {"nhiem_vu": _name(work), "han": day(min(part.due_on for part in late)),
                   "don_vi": listed([part.unit_name for part in late], 20)}  # fmt: skip


def _next(data: Consolidated) -> Iterator[str]:
    """What is still open or comes next, by the ledger alone."""
    for work in data.dated:
        still = [part for part in work.parts if part.owed]
        if still:
            yield f"Tiếp tục thực hiện: {_name(work)} ({counted(len(still))} đơn vị chưa hoàn thành)"
    for work in data.waiting:
        yield f"{_name(work)} ({work.waits})"


def _remark_words(remarks: Sequence[Remark]) -> list[Words]:
    """What several units say in the same words of the same work is said once."""
    units: dict[tuple[str, str], list[str]] = {}
    for one in remarks:
        units.setdefault((one.about, " ".join(one.text.split()).rstrip(".")), []).append(one.unit_name)
    return [{"don_vi": listed(names, 20), "ve": about, "noi_dung": text} for (about, text), names in units.items()]


def _annex(works: Sequence[Work]) -> Iterator[Words]:
    names = ("tt", "nhiem_vu", "ket_qua_yeu_cau", "thoi_gian", "co_quan", "tien_do", "ket_qua", "de_xuat")
    section = ""
    for tt, work in enumerate(works, 1):
        yield {"muc": work.section if work.section != section else None,
               **dict(zip(names, _official(tt, work), strict=True))}  # fmt: skip
        section = work.section


def _unit_words(parts: Sequence[Part], counts: Sequence[Count]) -> Words:
    rows = list(_unit_rows(parts, counts))
    return {
        "dong": [{"don_vi": unit, "cong": all_, "so": classes, "ghi_chu": note} for unit, all_, classes, note in rows],
        "cong": sum(every for _, every, _, _ in rows),
        "so": [sum(classes[place] for _, _, classes, _ in rows) for place in range(len(counts))],
    }
