"""A unit's form as the paper it will sign: from its draft, or from what it has sent."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from models.ledger import Submission
from models.lifecycle import Result
from models.papers import ReportFigure, ReportLine, UnitReport

from .draft_body import Body, FigureBody, LineBody, day_of, decimal_of, document_of
from .letterheads import cited, letterhead, units_of
from .unit_page import FormLine, FormPage, FormTarget


def unit_paper(
    session: Session, page: FormPage, body: Body, now: datetime, *, sent: Submission | None = None
) -> UnitReport:
    """The report of `page` with the words of `body`; a draft until it has been sent."""
    units = units_of(session)
    via = page.process.details.get("via")
    to = [unit for unit in page.process.details.get("to") or () if unit != via]
    return UnitReport(
        letterhead=letterhead(units, page.unit),
        unit=page.unit.name,
        plan=cited(page.plan, units),
        plan_short=cited(page.plan, units, day=False),
        plan_title=page.plan.title,
        period=page.occurrence.label or page.occurrence.period,
        to=tuple(units[unit].name for unit in to if unit in units) or (units[page.process.tracker_id].name,),
        via=units[via].name if via in units else None,
        due_on=page.assignment.due_on,
        cutoff_from=page.occurrence.cutoff_from,
        cutoff_on=page.occurrence.cutoff_on,
        lines=tuple(_line(line, body.lines.get(line.id) or LineBody()) for line in page.lines),
        figures=tuple(
            _figure(target, typed) for target in page.targets if (typed := body.figures.get(target.id)) is not None
            and typed.numerator.strip()
        ),
        narrative=body.narrative.strip() or None,
        reason_late=body.reason_late.strip() or None,
        by=body.by.strip() or None,
        position=body.position.strip() or None,
        phone=body.phone.strip() or None,
        document=sent.document if sent else None,
        dated=sent.recorded_at if sent else now,
        draft=sent is None,
    )  # fmt: skip


def _line(line: FormLine, typed: LineBody) -> ReportLine:
    return ReportLine(
        title=line.process.title,
        code=line.process.code,
        deliverable=line.deliverable,
        time=line.process.phrase,
        result=Result(typed.result) if typed.filled else None,
        text=typed.text or None,
        document=_document(typed),
        difficulties=typed.difficulties or None,
        proposals=typed.proposals or None,
    )


def _document(typed: LineBody) -> str | None:
    try:
        return document_of(typed.number, day_of(typed.day), typed.about) or typed.number or None
    except ValueError:
        return f"{typed.number}, {typed.day}"


def _figure(target: FormTarget, typed: FigureBody) -> ReportFigure:
    return ReportFigure(
        text=target.target.text,
        goal=target.target.goal,
        numerator=_decimal(typed.numerator),
        denominator=_decimal(typed.denominator),
        note=typed.note or None,
        soft=target.target.soft,
    )


def _decimal(text: str) -> str | None:
    """As counted; what is no figure yet is left out of a draft."""
    try:
        return decimal_of(text) if text.strip() else None
    except ValueError:
        return None
