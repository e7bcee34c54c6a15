"""The paper a unit owes in a period of a plan, as a person names it."""

from __future__ import annotations

from sqlmodel import Session, col, select

from models.ledger import Assignment
from models.lifecycle import Kind

from .consolidate import find_span
from .find import _nearest
from .letterheads import units_of
from .move import Refused
from .paper import speaker_of


def find_paper(session: Session, plan_id: str, period: str, unit_id: str) -> Assignment:
    """The report a unit owes (a dated task when it owes no report). Refused for an unknown plan, period or unit, for a
    unit that owes neither, and for a Party or Front body, whose papers have a form of their own."""
    span = find_span(session, plan_id, period)
    known = units_of(session)
    if unit_id not in known:
        raise Refused(_nearest(f"không có đơn vị “{unit_id}”", unit_id, list(known)))
    unit = known[unit_id]
    if unit.system != "state":
        raise Refused(f"{unit.name} soạn văn bản theo thể thức riêng; ở đây chỉ có mẫu theo Nghị định 30/2020/NĐ-CP")
    mine = select(Assignment).where(
        col(Assignment.unit_id) == unit_id,
        col(Assignment.occurrence_id).in_([o.id for o in span.own]),
        col(Assignment.kind) != Kind.COVERED.value,
    )
    owed = sorted(session.exec(mine), key=lambda assignment: (assignment.kind != Kind.REPORT, assignment.id or 0))
    if not owed:
        raise Refused(f"{unit.name} không phải nộp báo cáo {span.label} của kế hoạch {plan_id}")
    return speaker_of(session, owed[0])
