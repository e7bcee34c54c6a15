"""What paper is made of: plain shapes that actions/ fills from the ledger and documents/ sets in type. No tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

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

    `unit` is the unit's name, `plan` the plan as cited ("Kế hoạch số 12/KH-UBND ngày …", `plan_short` without day and
    issuer), `period` its label ("quý I/2026"), `to` who receives it, `via` through whom. `document` is its number and
    day where it has them; `dated` says in which year it is written. `draft` prints "DỰ THẢO".
    """

    letterhead: Letterhead
    unit: str
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
    plan_short: str | None = None
    dated: datetime | None = None
    draft: bool = True


# ------------------------------------------------------------------------------------------- a period, consolidated


@dataclass(frozen=True)
class Part:
    """One assignment as the consolidated report says it: the ledger's own row and the newest answer.

    `classed` is its class in the official tables (`actions/reading.py`), `standing` that class in words. `owed` is
    still open, `missing` is open past its day or was closed without an answer.
    """

    assignment: int
    unit: str
    unit_name: str
    kind: str
    classed: str
    standing: str
    due_on: date
    first_due_on: date
    days_late: int
    owed: bool = False
    missing: bool = False
    received_on: date | None = None
    result: Result | None = None
    text: str | None = None
    document: str | None = None
    difficulties: str | None = None
    proposals: str | None = None
    reason_late: str | None = None


@dataclass(frozen=True)
class Work:
    """One task or report duty with its parts in the period; without parts, `waits` says why nobody is asked.

    `time` is the time as printed, `leads` the units and groups the plan names ("các trường MN, TH, THCS").
    """

    title: str
    code: str = ""
    section: str = ""
    deliverable: str | None = None
    time: str | None = None
    leads: tuple[str, ...] = ()
    cooperating: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    waits: str | None = None


@dataclass(frozen=True)
class Count:
    """One class of an official table: how many in the period, how many in the whole plan."""

    classed: str
    label: str
    period: int
    plan: int


class Verdict(StrEnum):
    """What figures say of a target."""

    MET = "met"
    NOT_MET = "not-met"
    NO_DATA = "no-data"


@dataclass(frozen=True)
class Indicator:
    """A target against what units counted: sums over units, `value` as the goal counts it (percent or number).

    `units` is how many units gave figures; `why` says why there is no value although there are figures.
    """

    text: str
    goal: str
    verdict: Verdict
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    value: Decimal | None = None
    percent: bool = False
    soft: bool = False
    by_on: date | None = None
    baseline: str | None = None
    units: int = 0
    why: str | None = None


@dataclass(frozen=True)
class Narrative:
    """What a unit wrote of the period as a whole."""

    unit_name: str
    text: str


@dataclass(frozen=True)
class Remark:
    """A difficulty or a proposal of a unit, and what it is about."""

    unit_name: str
    about: str
    text: str


@dataclass(frozen=True)
class Consolidated:
    """The consolidated report of a period: all of it read from the ledger at one moment (`at`).

    `dated` owes results by a day, `undated` is continuous or open-ended work, `waiting` is what nobody is asked yet,
    `reports` are the report duties. Sums over their parts are the `period` column of `tasks` and `reported`; the
    `plan` column and `checksum` are those of `dondoc status --plan`.
    """

    letterhead: Letterhead
    agency: str
    plan_id: str
    plan: str
    plan_short: str
    plan_title: str
    period_id: str
    period: str
    at: datetime
    period_from: date | None = None
    period_to: date | None = None
    cutoff_from: date | None = None
    cutoff_on: date | None = None
    to: tuple[str, ...] = ()
    via: str | None = None
    drafted_by: str | None = None
    dated: tuple[Work, ...] = ()
    undated: tuple[Work, ...] = ()
    waiting: tuple[Work, ...] = ()
    reports: tuple[Work, ...] = ()
    tasks: tuple[Count, ...] = ()
    reported: tuple[Count, ...] = ()
    aside: tuple[Count, ...] = ()
    period_checksum: str = ""
    checksum: str = ""
    indicators: tuple[Indicator, ...] = ()
    narratives: tuple[Narrative, ...] = ()
    difficulties: tuple[Remark, ...] = ()
    proposals: tuple[Remark, ...] = ()
    confidential: bool = False

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every assignment the period's totals count."""
        return tuple(part for work in (*self.dated, *self.undated, *self.reports) for part in work.parts)


# ------------------------------------------------------------------------------------------------- letters to be signed


@dataclass(frozen=True)
class Owed:
    """What one unit still owes, for a letter: what, by when, how late in working days, on which days it was pressed."""

    unit: str
    unit_name: str
    what: str
    due_on: date
    days_late: int = 0
    told: tuple[date, ...] = ()
    reason: str | None = None


@dataclass(frozen=True)
class ToSign:
    """What a letter or a submission to leadership is drafted from; nothing of it is sent by machine.

    `owed` is what is missing (urge, submission) or asked for (courtesy). `answer_by` is the day the letter asks for,
    `report_by` the drafter's own day to those above. `drafter` is the tracking department, `agency` whose paper it is.
    """

    letterhead: Letterhead
    agency: str
    drafter: str
    plan: str
    plan_short: str
    plan_title: str
    period: str
    at: datetime
    answer_by: date
    owed: tuple[Owed, ...] = ()
    reported: tuple[Count, ...] = ()
    receivers: tuple[str, ...] = ()
    report_by: date | None = None
    leadership: str = ""
    contact: str | None = None
    phone: str | None = None
    email: str | None = None
    demand: str = "đề nghị"

    @property
    def units(self) -> tuple[str, ...]:
        """The units that owe something, each once, in order."""
        return tuple(dict.fromkeys(one.unit_name for one in self.owed))

    @property
    def told(self) -> tuple[date, ...]:
        """The days on which any of them was reminded or pressed."""
        return tuple(sorted({day for one in self.owed for day in one.told}))
