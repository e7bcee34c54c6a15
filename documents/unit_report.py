"""A unit's own report of a period as .docx, in the form of Decree 30/2020/NĐ-CP, ready to be signed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from models.papers import Letterhead, ReportFigure, ReportLine, UnitReport

from .decree30 import RESULTS, Words, day, figure, fraction, goal, head_words
from .word import render

__all__ = ["Letterhead", "ReportFigure", "ReportLine", "UnitReport", "docx", "words"]

TEMPLATE = "bao-cao-don-vi"


def docx(report: UnitReport, folders: Sequence[Path] = ()) -> bytes:
    """The report as .docx; `folders` may hold the office's own template. Raises BadTemplate."""
    return render(TEMPLATE, words(report), folders)


def words(report: UnitReport) -> Words:
    """What the template may say."""
    return {
        **head_words(report.letterhead, report.dated, draft=report.draft),
        "ke_hoach": report.plan,
        "ke_hoach_ngan": report.plan_short or report.plan,
        "trich_yeu": report.plan_title,
        "ky": report.period,
        "don_vi": report.unit,
        "kinh_gui": list(report.to),
        "qua": report.via,
        "han": day(report.due_on),
        "so_lieu_tu": day(report.cutoff_from),
        "so_lieu_den": day(report.cutoff_on),
        "danh_gia_chung": [line for line in (report.narrative or "").splitlines() if line.strip()],
        "dong": [_line(line) for line in report.lines],
        "chi_tieu": [
            {
                "ten": one.text,
                "muc": goal(one.goal, soft=one.soft),
                "phan_so": fraction(one.numerator, one.denominator),
                "gia_tri": figure(one.numerator, one.denominator, percent="%" in one.goal),
                "ghi_chu": one.note,
            }
            for one in report.figures
        ],
        "chua_dien": not report.narrative and not any(line.result for line in report.lines),
        "kho_khan": _said(report, "difficulties"),
        "de_xuat": _said(report, "proposals"),
        "ly_do_cham": (report.reason_late or "").strip().rstrip(".") or None,
        "nguoi_lap": report.by,
        "chuc_vu_nguoi_lap": report.position,
        "dien_thoai": report.phone,
        "van_ban": report.document,
        "don_vi_soan": None,
        "nguoi_ky": None,
    }


def _line(line: ReportLine) -> Words:
    return {
        "ma": line.code,
        "nhiem_vu": f"[{line.code}] {line.title}" if line.code else line.title,
        "ket_qua_yeu_cau": line.deliverable,
        "thoi_gian": line.time,
        "tien_do": RESULTS[line.result] if line.result else "",
        "ket_qua": "\n".join(filter(None, (line.text, line.document and f"Văn bản: {line.document}"))),
    }


def _said(report: UnitReport, what: str) -> list[Words]:
    """Difficulties or proposals, each said once, with the lines it is about."""
    about: dict[str, list[str]] = {}
    for line in report.lines:
        text = (getattr(line, what) or "").strip().rstrip(".")
        if text:
            about.setdefault(text, []).append(line.code or line.title)
    return [{"noi_dung": text, "ve": "mục " + ", ".join(codes)} for text, codes in about.items()]
