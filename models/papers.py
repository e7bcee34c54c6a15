"""What paper is made of: plain shapes that actions/ fills from the ledger and documents/ sets in type. No tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from .lifecycle import Result


@dataclass(frozen=True)
class Letterhead:
    """The head and the foot of a paper (Decree 30/2020/NĐ-CP, appendix I).

    `above` is the body the agency stands under, `place` the name in "…, ngày … tháng …"; None prints dots. `symbol` is
    what follows the number's stroke and kind ("SGDĐT"); None prints dots. `signers` are the lines above the signature
    ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH").
    """

    agency: str
    above: str | None = None
    place: str | None = None
    symbol: str | None = None
    signers: tuple[str, ...] = ()


# ------------------------------------------------------------------------------------------------- a unit's own report


@dataclass(frozen=True)
class ReportLine:
    """One line of a unit's report; `result` None is a line not filled in yet."""

    title: str
    code: str = ""
    deliverable: str | None = None
    time: str | None = None
    result: Result | None = None
    text: str | None = None
    document: str | None = None
    difficulties: str | None = None
    proposals: str | None = None


@dataclass(frozen=True)
class ReportFigure:
    """What a unit says of a target: decimals as text, as counted."""

    text: str
    goal: str
    numerator: str | None = None
    denominator: str | None = None
    note: str | None = None
    soft: bool = False


@dataclass(frozen=True)
class UnitReport:
    """A unit's report of one period, from its answers or its draft, ready to be signed.

    `plan` is the plan as cited ("Kế hoạch số 12/KH-UBND ngày …"), `period` its label ("quý I/2026"), `to` who receives
    it, `via` through whom. `document` is its number and day where it has them; `day` the day it is dated, None prints
    dots. `draft` prints "DỰ THẢO".
    """

    letterhead: Letterhead
    plan: str
    plan_title: str
    period: str
    to: tuple[str, ...] = ()
    via: str | None = None
    due_on: date | None = None
    cutoff_from: date | None = None
    cutoff_on: date | None = None
    lines: tuple[ReportLine, ...] = ()
    figures: tuple[ReportFigure, ...] = ()
    narrative: str | None = None
    reason_late: str | None = None
    by: str | None = None
    position: str | None = None
    phone: str | None = None
    document: str | None = None
    draft: bool = True
