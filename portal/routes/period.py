"""One period of one plan: who has reported and who has not; confirm in bulk, close, and the consolidated report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from slugify import slugify
from sqlmodel import Session
from starlette.exceptions import HTTPException

from actions.consolidate import consolidate
from actions.decide import accept, close_period
from actions.move import Refused
from documents import consolidated
from documents.tables import Cell
from models.database import reading
from models.ledger import Assignment, Occurrence
from models.lifecycle import State

from .. import tables, words
from ..deeds import must_act_on, numbers, plain
from ..house import House
from ..pages import Pages
from ..press import MOST, chosen
from ..questions_period import STATES, Choice, UnitPart, period_page, unit_rows
from ..record import deed
from ..rights import Acts, Denied, Sees, Visitor
from ..words import HIDDEN, N_
from .waiting import ids_said

READ = ["GET", "HEAD"]
Words = Annotated[list[str], Form(max_length=MOST + 1)]
Text = Annotated[str, Form(max_length=400)]
Long = Annotated[str, Form(max_length=6000)]
COLUMNS = (
    N_("Đơn vị"), N_("Ký hiệu"), N_("Nội dung"), N_("Trạng thái"), N_("Hạn"), N_("Ngày nhận"), N_("Đúng hạn"),
    N_("Chậm, ngày làm việc"), N_("Xác nhận lúc"), N_("Văn bản"), N_("Báo cáo qua"),
)  # fmt: skip
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
router = APIRouter(include_in_schema=False)


@router.api_route("/periods/{plan}/{period}", methods=READ)
def period_of_plan(
    request: Request,
    visitor: Sees,
    plan: str,
    period: str,
    of: str = "",
    state: str = "",
    unit: str = "",
    after: str = "",
) -> Response:
    """Who has answered in a period, who has not, and through whom."""
    choice = Choice(_number(of), state if state in STATES else "", unit.strip())
    return _show(request, visitor, plan, period, choice, _number(after))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _show(
    request: Request,
    visitor: Visitor,
    plan: str,
    period: str,
    choice: Choice,
    after: int | None = None,
    wrong: dict[str, Any] | None = None,
) -> Response:
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    with reading(house.engine) as session:
        page = period_page(session, plan, period, house.clock.now(), house.rules.days, choice, after)
        if page is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        if format := tables.wanted(request):
            today = house.clock.now().date()
            rows = unit_rows(session, page.parts, choice, today, house.rules.days, limit=tables.MOST + 1)
            return tables.answer(request, f"{plan} {period}", COLUMNS, _cells(visitor, rows), format)
        return pages.show(
            request, "period.html", 409 if wrong else 200, page=page, choice=choice, states=STATES,
            acts=visitor.may_act_on(plan), wrong=wrong or {"at": "", "given": {}, "sentence": ""},
            here_path=request.url.path.removesuffix("/accept").removesuffix("/close"),
        )  # fmt: skip


def _cells(visitor: Visitor, rows: Sequence[UnitPart]) -> Iterator[list[Cell]]:
    for row in rows:
        process, assignment = row.part.process, row.assignment
        hidden = process.confidential and not visitor.may_read_confidential(process.plan_id)
        yield [
            row.unit.name,
            None if hidden else process.code,
            HIDDEN if hidden else process.title,
            words.state_words(assignment.kind)[State(assignment.state)],
            assignment.due_on,
            assignment.received_on,
            assignment.on_time,
            row.late or None,
            assignment.accepted_at,
            None if hidden else row.document,
            row.part.via,
        ]


# ------------------------------------------------------------------------------------------------- deeds


@router.post("/periods/{plan}/{period}/accept")
def confirm(request: Request, visitor: Acts, plan: str, period: str, ids: Words = []) -> Response:  # noqa: B006
    """Confirm the reports that are ticked."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    must_act_on(visitor, [plan])
    try:
        wanted = numbers(ids)
        with deed(house, visitor, "accept", f"{plan} {period}: assignments {ids_said(wanted)}") as session:
            rows = chosen(session, wanted)
            _only_of(session, rows, plan, period)
            accept(session, rows, house.clock.now(), by=visitor.login)
    except Refused as refused:
        return _show(request, visitor, plan, period, Choice(),
                     wrong={"at": "accept", "given": {}, "sentence": plain(refused)})  # fmt: skip
    return pages.go(request, f"/periods/{plan}/{period}", N_("Đã xác nhận các báo cáo đã chọn."))


def _only_of(session: Session, rows: Sequence[Assignment], plan: str, period: str) -> None:
    """Refused when a row is not of this plan and period: whose right was asked is what is confirmed."""
    for row in rows:
        occurrence = session.get_one(Occurrence, row.occurrence_id)
        if (occurrence.plan_id, occurrence.period) != (plan, period):
            raise Refused(f"phần việc số {row.id} không thuộc kỳ này")


@router.post("/periods/{plan}/{period}/close")
def close(
    request: Request,
    visitor: Acts,
    plan: str,
    period: str,
    incomplete: Text = "",
    reason: Long = "",
) -> Response:
    """Close the period, complete or, with a reason, without those who are missing."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    must_act_on(visitor, [plan])
    try:
        with deed(house, visitor, "close", f"{plan} {period}") as session:
            if incomplete and not reason.strip():
                raise Refused("chốt khi còn thiếu phải nêu lý do")
            close_period(session, house.rules, plan, period, house.clock.now(), by=visitor.login,
                         incomplete=bool(incomplete), reason=reason.strip() or None)  # fmt: skip
    except Refused as refused:
        wrong = {"at": "close", "given": {"reason": reason, "incomplete": incomplete}, "sentence": plain(refused)}
        return _show(request, visitor, plan, period, Choice(), wrong=wrong)
    return pages.go(request, f"/periods/{plan}/{period}", N_("Đã chốt kỳ."))


@router.api_route("/periods/{plan}/{period}/report.{form}", methods=READ)
def report(request: Request, visitor: Sees, plan: str, period: str, form: str) -> Response:
    """The consolidated report as the ledger stands, to download."""
    house: House = request.app.state.door.house
    makers = {"xlsx": (consolidated.workbook, tables.TYPES["xlsx"]), "docx": (consolidated.docx, WORD),
              "csv": (consolidated.csv, tables.TYPES["csv"])}  # fmt: skip
    if form not in makers:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    with reading(house.engine) as session:
        data = consolidate(session, house.rules.days, plan, period, house.clock.now())
    if data.confidential and not visitor.may_read_confidential(plan):
        raise Denied("báo cáo này có nội dung không hiển thị; chỉ người theo dõi kế hoạch tải được")
    make, media_type = makers[form]
    name = f"tong-hop-{slugify(f'{plan} {period}')}.{form}"
    return Response(make(data), media_type=media_type,
                    headers={"Content-Disposition": f'attachment; filename="{name}"'})  # fmt: skip
