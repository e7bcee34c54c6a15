"""The form of an administrative paper (Decree 30/2020/NĐ-CP, appendix I): words that every paper shares.

Keys are Vietnamese because they are what an office writes in its own templates (docs/export.md lists them).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, overload

from models.papers import Letterhead

Words = dict[str, Any]

DOTS = "……"
RESULTS = {
    "done": "Hoàn thành",
    "in_progress": "Đang thực hiện",
    "not_started": "Chưa thực hiện",
    "nothing": "Không phát sinh",
}


@overload
def day(when: date) -> str: ...
@overload
def day(when: None) -> None: ...
@overload
def day(when: date | None) -> str | None: ...
def day(when: date | None) -> str | None:
    """dd/mm/yyyy."""
    return f"{when:%d/%m/%Y}" if when else None


def moment(when: datetime) -> str:
    """`08 giờ 00 phút ngày 09/04/2024`."""
    return f"{when:%H} giờ {when:%M} phút ngày {when:%d/%m/%Y}"


def number(value: Decimal | int | None, places: int = 2) -> str:
    """A number with a decimal comma and a point between thousands; at most `places` decimals, none for nothing."""
    if value is None:
        return ""
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    text = f"{rounded:,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.translate(str.maketrans(",.", ".,"))


def fraction(above: Decimal | str | None, below: Decimal | str | None) -> str:
    """`45/50`; only what stands above when there is nothing below; what is not a number stays as it was written."""
    return "/".join(_as_number(part) for part in (above, below) if part not in (None, ""))


def figure(above: str | None, below: str | None, *, percent: bool) -> str:
    """The value that a unit's own figures give: `90%`, `12,5`; empty when they give none."""
    try:
        value = Decimal((above or "").replace(",", "."))
        if below:
            value = value / Decimal(below.replace(",", ".")) * (100 if percent else 1)
    except ArithmeticError:
        return ""
    return number(value) + ("%" if percent else "") if value.is_finite() else ""


def _as_number(part: Decimal | str | None) -> str:
    try:
        return number(Decimal(str(part).replace(",", ".")), 4)
    except ArithmeticError:
        return str(part)


def goal(text: str, *, soft: bool = False) -> str:
    """`≥ 30%`, `≥ 10% (phấn đấu)`."""
    said = text.replace(">=", "≥").replace("<=", "≤")
    return f"{said} (phấn đấu)" if soft else said


def counted(n: int) -> str:
    """A count as papers write it: two digits at least."""
    return f"{n:02d}"


def listed(names: Sequence[str], most: int = 8) -> str:
    """`A, B, C` or `A, B … và n đơn vị khác`."""
    shown = ", ".join(names[:most])
    return shown + (f" và {len(names) - most} đơn vị khác" if len(names) > most else "")


def head_words(head: Letterhead, on: datetime | None, *, draft: bool) -> Words:
    """The letterhead. A draft leaves number and day to be written in by hand; its year is that of `on`."""
    year = f"{on.year}" if on else DOTS
    return {
        "co_quan_cap_tren": head.above,
        "co_quan_ban_hanh": head.agency,
        "ky_hieu": head.symbol or DOTS,
        "so": DOTS,
        "dia_danh": head.place or DOTS,
        "ngay_thang": f"ngày {DOTS} tháng {DOTS} năm {year}",
        "chuc_vu_ky": [*head.signers] or ["THỦ TRƯỞNG CƠ QUAN"],
        "du_thao": draft,
    }
