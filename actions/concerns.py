"""What a unit says instead of an answer: an obstacle (vướng mắc), or "this is not ours" (không thuộc trách nhiệm).

A concern moves nothing: the work stays owed and its days stand until a coordinator extends, withdraws or reassigns it.
Each waits on the coordinators' first page until one of them has answered it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from models.database import rows_changed
from models.forms import Concern, ConcernKind, ConcernState
from models.ledger import Assignment
from models.lifecycle import ENDED, State
from models.units import Unit

from .move import Refused, lock

TEXT_LENGTH = 5000


def raise_concern(
    session: Session,
    assignment: Assignment,
    kind: ConcernKind,
    text: str,
    by: str,
    now: datetime,
    rather_unit: str | None = None,
) -> Concern:
    """A unit says what stands in its way, or whose work it is rather (`rather_unit`, a unit id).

    Refused for work that has ended, without words, and while another of the same kind waits for its answer.
    """
    said = text.strip()
    if not said:
        raise Refused("nêu rõ nội dung vướng mắc" if kind is ConcernKind.OBSTACLE else "nêu rõ lý do")
    if len(said) > TEXT_LENGTH:
        raise Refused(f"nội dung dài quá {TEXT_LENGTH} ký tự")
    _check_unit(session, assignment, kind, rather_unit)
    lock(session, col(Assignment.id) == assignment.id)
    session.refresh(assignment)
    if State(assignment.state) in ENDED:
        raise Refused(f"phần việc đã ở trạng thái “{assignment.state}”, không còn gì vướng mắc")
    waiting = select(Concern).where(
        col(Concern.assignment_id) == assignment.id, col(Concern.kind) == kind, col(Concern.state) == ConcernState.OPEN
    )
    if earlier := session.exec(waiting).first():
        raise Refused(f"ý kiến gửi ngày {earlier.raised_at:%d/%m/%Y} đang chờ trả lời; chờ trả lời rồi gửi tiếp")
    made = Concern(
        assignment_id=assignment.id or 0,
        kind=kind.value,
        text=said,
        rather_unit=rather_unit or None,
        raised_by=by,
        raised_at=now,
    )
    session.add(made)
    session.flush()
    return made


def _check_unit(session: Session, assignment: Assignment, kind: ConcernKind, rather_unit: str | None) -> None:
    if not rather_unit:
        return
    if kind is not ConcernKind.NOT_OURS:
        raise Refused("chỉ nêu đơn vị khác khi việc không thuộc trách nhiệm của đơn vị")
    if rather_unit == assignment.unit_id:
        raise Refused("đơn vị được đề nghị phải là một đơn vị khác")
    if session.get(Unit, rather_unit) is None:
        raise Refused(f"không có đơn vị “{rather_unit}”")


def settle_concern(session: Session, concern: Concern, now: datetime, by: str, answer: str) -> Concern:
    """A coordinator answers; the unit reads it on its page. Refused without words, and when it was answered already."""
    if not answer.strip():
        raise Refused("trả lời ý kiến của đơn vị phải có nội dung")
    if len(answer.strip()) > TEXT_LENGTH:
        raise Refused(f"nội dung dài quá {TEXT_LENGTH} ký tự")
    done = session.execute(
        update(Concern)
        .where(col(Concern.id) == concern.id, col(Concern.state) == ConcernState.OPEN)
        .values(state=ConcernState.SETTLED.value, answer=answer.strip(), settled_by=by, settled_at=now)
        .execution_options(synchronize_session=False)
    )
    session.refresh(concern)
    if not rows_changed(done):
        raise Refused(f"ý kiến này đã được {concern.settled_by} trả lời")
    return concern
