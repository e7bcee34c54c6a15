"""Find what a person means: an assignment by its number or by `PLAN TASK PERIOD UNIT`."""

from __future__ import annotations

from difflib import get_close_matches

from sqlmodel import Session, col, select

from models.ledger import Assignment, Occurrence
from models.plan import Plan, Process

from .move import Refused


def find_assignment(session: Session, words: list[str]) -> Assignment:
    """One assignment, or Refused with the nearest known words."""
    if len(words) == 1:
        found = session.get(Assignment, int(words[0])) if words[0].isdigit() else None
        if found is None:
            raise Refused(f"không có phần việc số “{words[0]}”; viết số, hoặc KẾ_HOẠCH NHIỆM_VỤ KỲ ĐƠN_VỊ")
        return found
    if len(words) != 4:
        raise Refused("cần một số, hoặc bốn phần: KẾ_HOẠCH NHIỆM_VỤ KỲ ĐƠN_VỊ")
    plan, item, period, unit = words
    occurrences = find_occurrences(session, plan, item, period)
    mine = select(Assignment).where(
        col(Assignment.occurrence_id).in_([row.id for row in occurrences]), col(Assignment.unit_id) == unit
    )
    found = session.exec(mine).first()
    if found is None:
        raise Refused(_no_such_unit(session, occurrences, unit))
    return found


def find_process(session: Session, plan_id: str, item: str) -> Process:
    """A task or a report duty of a plan, by its id, its printed code, or `bao-cao:<id>`."""
    if session.get(Plan, plan_id) is None:
        raise Refused(_nearest(f"không có kế hoạch “{plan_id}”", plan_id, list(session.exec(select(Plan.id)))))
    mine = list(session.exec(select(Process).where(col(Process.plan_id) == plan_id, col(Process.removed_on).is_(None))))
    wanted = item.removeprefix("bao-cao:")
    found = [process for process in mine if wanted == process.item_id or (process.code and item == process.code)]
    if item != wanted:
        found = [process for process in found if process.kind == "report"]
    if not found:
        known = [process.item_id for process in mine] + [process.code for process in mine if process.code]
        raise Refused(_nearest(f"kế hoạch {plan_id} không có nhiệm vụ hay báo cáo “{item}”", item, known))
    return found[0]


def find_occurrences(session: Session, plan_id: str, item: str, period: str) -> list[Occurrence]:
    """The occurrences of a process in a period (several when its parties are asked in different reports)."""
    process = find_process(session, plan_id, item)
    mine = select(Occurrence).where(col(Occurrence.process_key) == process.key)
    rows = list(session.exec(mine))
    found = [row for row in rows if row.period == period]
    if not found:
        raise Refused(_nearest(f"{process.item_id} không có kỳ “{period}”", period, [row.period for row in rows]))
    return found


def _no_such_unit(session: Session, occurrences: list[Occurrence], unit: str) -> str:
    known = list(
        session.exec(
            select(Assignment.unit_id).where(col(Assignment.occurrence_id).in_([row.id for row in occurrences]))
        )
    )
    if not known:
        return f"kỳ này chưa mở (mở ngày {occurrences[0].opens_on:%d/%m/%Y}), hoặc không có đơn vị nào"
    return _nearest(f"“{unit}” không có phần trong kỳ này", unit, known)


def _nearest(sentence: str, wanted: str, known: list[str]) -> str:
    near = get_close_matches(wanted, known, n=3, cutoff=0.4) or sorted(set(known))[:5]
    return f"{sentence}; có: {', '.join(near)}" if near else sentence
