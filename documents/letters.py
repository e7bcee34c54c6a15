"""Papers to be signed: the urging letter, the submission to leadership, the courtesy letter. Drafts, all of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from models.papers import Owed, ToSign

from .decree30 import Words, counted, day, head_words, moment
from .word import render

__all__ = ["courtesy", "submission_note", "urge"]

NAMED = 5  # units that "Kính gửi" names; more of them are addressed through the list


def urge(paper: ToSign, folders: Sequence[Path] = ()) -> bytes:
    """The công văn đôn đốc as .docx, with the list of what is missing. Raises BadTemplate."""
    named = [f"Thủ trưởng {unit}" for unit in paper.units]
    to = named if len(named) <= NAMED else ["Thủ trưởng các đơn vị có tên trong danh sách kèm theo"]
    return render("cong-van-don-doc", _shared(paper) | {"kinh_gui": to, "yeu_cau": paper.demand}, folders)


def submission_note(paper: ToSign, folders: Sequence[Path] = ()) -> bytes:
    """The phiếu trình as .docx. Raises BadTemplate."""
    every = [count for count in paper.reported if count.period]
    said = "; ".join(f"{count.label[0].lower()}{count.label[1:]}: {counted(count.period)}" for count in every)
    total = sum(count.period for count in paper.reported)
    sums = " + ".join(counted(count.period) for count in every)
    more = {
        "kinh_gui": [paper.leadership],
        "tong": counted(total),
        "phan_loai": said,
        "kiem_tra_tong": f"{sums} = {counted(total)}",
        "nam": f"{paper.at.year}",
    }
    return render("phieu-trinh", _shared(paper) | more, folders)


def courtesy(paper: ToSign, folders: Sequence[Path] = ()) -> bytes:
    """The letter to bodies that are only asked as .docx. Raises BadTemplate."""
    many = len(paper.units) > 1
    asked = list(dict.fromkeys(f"{one.unit_name}: {one.what}" if many else one.what for one in paper.owed))
    more = {"kinh_gui": list(paper.units), "noi_dung": asked, "han_mong_muon": day(paper.answer_by)}
    return render("cong-van-de-nghi", _shared(paper) | more, folders)


def _shared(paper: ToSign) -> Words:
    return {
        **head_words(paper.letterhead, paper.at, draft=True),
        "co_quan": paper.agency,
        "noi_gui": paper.drafter,
        "don_vi_soan": paper.drafter if paper.drafter != paper.agency else None,
        "ke_hoach": paper.plan,
        "ke_hoach_ngan": paper.plan_short,
        "trich_yeu": paper.plan_title,
        "ky": paper.period,
        "luc": moment(paper.at),
        "cac_ngay": [day(told) for told in paper.told],
        "so_don_vi": counted(len(paper.units)),
        "noi_nhan": ", ".join(paper.receivers) or None,
        "han_bo_sung": day(paper.answer_by),
        "han_cap_tren": day(paper.report_by),
        "dau_moi": paper.contact,
        "dien_thoai": paper.phone,
        "email": paper.email,
        "dong": [_owed(one) for one in paper.owed],
        "nguoi_ky": None,
    }


def _owed(one: Owed) -> Words:
    return {
        "don_vi": one.unit_name,
        "noi_dung": one.what,
        "han": day(one.due_on),
        "so_ngay_tre": one.days_late,
        "so_lan": len(one.told),
        "ly_do": one.reason,
    }
