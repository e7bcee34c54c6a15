"""What every route of the API shares: its possible answers, and whose assignment it is."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request, Security
from fastapi.security import HTTPBearer
from sqlmodel import Session, col, select

from models.ledger import Assignment, Occurrence
from models.plan import Plan

from ..house import House
from ..rights import Denied, Visitor
from .shapes import Problem

PREFIX = "/api/v1"
_SENTENCES = {
    400: "thân yêu cầu không đọc được (a body that is no text)",
    401: "cần khoá truy cập (no token)",
    403: "không có quyền (no right to it)",
    404: "không có (there is none)",
    409: "quy tắc không cho phép (a rule says no)",
    413: "quá nhiều dữ liệu (too much at once)",
    422: "giá trị không đọc được (a value that cannot be read)",
    503: "sổ chưa trả lời (the ledger does not answer)",
}
bearer = Security(HTTPBearer(auto_error=False, description="Khoá tạo ở trang /me (a token made on /me)"))


def answers(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The errors a route may answer with, for its description."""
    known = {401, 403, 422, 503, *codes}
    return {code: {"model": Problem, "description": _SENTENCES[code]} for code in sorted(known)}


def house_of(request: Request) -> House:
    """The wired house."""
    house: House = request.app.state.door.house
    return house


TheHouse = Annotated[House, Depends(house_of)]


def must_act_on(visitor: Visitor, plan_id: str) -> None:
    """Denied unless deeds on the plan are the visitor's."""
    if not visitor.may_act_on(plan_id):
        raise Denied


def missing(what: str) -> HTTPException:
    """404 with its sentence."""
    return HTTPException(404, f"không có {what}")


def the_assignment(session: Session, visitor: Visitor, assignment_id: int) -> Assignment:
    """The assignment, for a deed on it: 404 when there is none, Denied when its plan is not the visitor's."""
    query = select(Assignment, Occurrence.plan_id).join(Occurrence, col(Occurrence.id) == Assignment.occurrence_id)
    found = session.exec(query.where(col(Assignment.id) == assignment_id)).first()
    if found is None:
        raise missing(f"phần việc số {assignment_id}")
    assignment, plan_id = found
    must_act_on(visitor, plan_id)
    return assignment


def the_plan(session: Session, plan_id: str) -> Plan:
    """The plan; 404 when there is none."""
    found = session.get(Plan, plan_id)
    if found is None:
        raise missing("kế hoạch này")
    return found
