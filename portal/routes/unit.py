"""Units: the list, and one unit with what it owes, its record, its contacts and its links."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated, Literal

import pendulum
from fastapi import APIRouter, Form, Request, Response
from sqlmodel import Session
from starlette.exceptions import HTTPException

from actions.accounts import cut_links
from documents.tables import Cell
from models.accounts import LinkPurpose, Outcome
from models.columns import ZONE
from models.database import reading
from models.ledger import Assignment
from models.lifecycle import State
from models.plan import Plan, Process
from models.units import Unit

from .. import tables, unit_record, words
from ..house import House
from ..pages import Pages
from ..questions import short_names
from ..record import deed, note
from ..rights import Acts, Denied, Right, Sees, Visitor
from ..words import HIDDEN, N_

READ = ["GET", "HEAD"]
SHOWN = 50
FIRST_FEED = pendulum.datetime(2024, 1, 1, tz=ZONE)  # when a feed that was never cut off is signed
router = APIRouter(include_in_schema=False)

UNITS = (N_("Mã"), N_("Đơn vị"), N_("Tên ngắn"), N_("Loại"), N_("Thuộc"), N_("Hết hiệu lực"))
OWED = (N_("Nội dung"), N_("Kế hoạch"), N_("Kỳ"), N_("Hạn"), N_("Còn đúng hạn đến hết"), N_("Trạng thái"),
        N_("Chậm (ngày làm việc)"))  # fmt: skip
RECORD = (N_("Kỳ"), N_("Nội dung"), N_("Kế hoạch"), N_("Hạn"), N_("Ngày nhận"), N_("Kết quả"),
          N_("Chậm (ngày làm việc)"))  # fmt: skip
ENDINGS = {"on_time": N_("đúng hạn"), "late": N_("nộp muộn"), "missed": N_("không báo cáo"), "overdue": N_("quá hạn")}
CUT = {"form": (LinkPurpose.UNIT, LinkPurpose.HEAD), "feed": (LinkPurpose.FEED,)}
CUT_SAID = N_("Đã thu hồi: các liên kết gửi trước lúc này không mở được nữa.")


@router.api_route("/units", methods=READ)
def units(request: Request, visitor: Sees, q: str = "", after: str | None = None) -> Response:
    """Every unit, by its place in the config."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    with reading(house.engine) as session:
        if form := tables.wanted(request):
            found = unit_record.find_units(session, q.strip(), None, tables.MOST + 1)
            rows = ([one.id, one.name, one.short, one.kind, one.parent_id, one.valid_to] for one in found)
            return tables.answer(request, N_("Đơn vị"), UNITS, rows, form)
        found = unit_record.find_units(session, q.strip(), after, SHOWN + 1)
        parents = short_names(session, {one.parent_id for one in found if one.parent_id})
        more = found[SHOWN - 1].id if len(found) > SHOWN else None
        return pages.show(request, "units.html", units=found[:SHOWN], parents=parents, after=more, q=q)


@router.api_route("/units/{unit_id:path}", methods=READ)
def unit(request: Request, visitor: Sees, unit_id: str) -> Response:
    """What it owes, its record, its contacts, its calendar."""
    house: House = request.app.state.door.house
    today = house.clock.now().date()
    days = house.rules.days
    with reading(house.engine) as session:
        if tables.wanted(request, "owed") or tables.wanted(request, "record"):
            return _table(request, session, visitor, unit_id)
        page = unit_record.unit_page(session, unit_id, today, days)
        if page is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return _show(request, visitor, page)


def _show(request: Request, visitor: Visitor, page: unit_record.UnitPage, made: str | None = None) -> Response:
    """The page; `made` is a link that is shown this once."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    address = None
    if visitor.may(Right.ACT) and visitor.writes:
        signed = unit_record.feed_moment(page.cuts.get(LinkPurpose.FEED.value), FIRST_FEED)
        token = request.app.state.door.keys.link(LinkPurpose.FEED, page.unit.id, "", signed)
        address = f"{_base(request, house)}/feeds/{token}.ics"
    return pages.show(
        request,
        "unit.html",
        page=page,
        endings=ENDINGS,
        today=house.clock.now().date(),
        days=house.rules.days,
        late=unit_record.days_late,
        feed=address,
        made=made,
        link_days=house.settings.link_days,
        may_make=visitor.may(Right.ACT) and visitor.writes and not _others(visitor, page.plans),
        may_cut=_may_cut(visitor, page.plans),
    )


def _base(request: Request, house: House) -> str:
    return (house.settings.public_url or str(request.base_url)).rstrip("/")


def _others(visitor: Visitor, plans: dict[str, Plan]) -> list[str]:
    """Plans of the unit that are not this visitor's: whoever holds a unit's link answers for it in all of them."""
    return [plan for plan in plans if not visitor.may_act_on(plan)]


def _may_cut(visitor: Visitor, plans: dict[str, Plan]) -> bool:
    """Cutting off opens nothing: one plan of the unit is enough."""
    return visitor.may_act_on("") or any(visitor.may_act_on(plan) for plan in plans)


def _table(request: Request, session: Session, visitor: Visitor, unit_id: str) -> Response:
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    said = words.translator(pages.language(request))
    today, days = house.clock.now().date(), house.rules.days

    def title(process: Process) -> str:
        hidden = process.confidential and not visitor.may_read_confidential(process.plan_id)
        return said(HIDDEN) if hidden else f"{process.code} {process.title}".strip()

    if session.get(Unit, unit_id) is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    owed: Iterator[list[Cell]]
    record: Iterator[list[Cell]]
    if form := tables.wanted(request, "owed"):
        owed = (
            [title(process), process.plan_id, occurrence.label, part.due_on, part.late_after,
             said(words.state_words(part.kind)[State(part.state)]), unit_record.days_late(part, today, days)]
            for part, occurrence, process in unit_record.owed_now(session, unit_id, tables.MOST + 1)
        )  # fmt: skip
        return tables.answer(request, f"{unit_id} {said(N_('Còn nợ'))}", OWED, owed, form)
    record = (
        [occurrence.label, title(process), process.plan_id, part.due_on, part.received_on,
         said(ENDINGS[ending_of(part)]), unit_record.days_late(part, today, days)]
        for part, occurrence, process in unit_record.recent(session, unit_id, tables.MOST + 1)
    )  # fmt: skip
    return tables.answer(
        request, f"{unit_id} {said(N_('Kết quả các kỳ'))}", RECORD, record, tables.wanted(request, "record") or "csv"
    )


def ending_of(part: Assignment) -> str:
    """How an assignment ended, or that it is overdue."""
    if part.state == State.REPORTED:
        return "late" if part.on_time is False else "on_time"
    return "missed" if part.state == State.MISSED else "overdue"


@router.post("/units/{unit_id:path}/cut")
def cut(request: Request, visitor: Acts, unit_id: str, what: Annotated[Literal["form", "feed"], Form()]) -> Response:
    """Take back the links a unit holds: those of its form and its head's approval, or its calendar's address."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    with reading(house.engine) as session:
        if not _may_cut(visitor, unit_record.plans_of_unit(session, unit_id)):
            raise Denied
    with deed(house, visitor, f"cut_{what}_links", f"unit {unit_id}") as session:
        for purpose in CUT[what]:
            cut_links(session, unit_id, purpose, house.clock.now(), by=visitor.login)
    return pages.go(request, f"/units/{unit_id}", said=CUT_SAID)


@router.post("/units/{unit_id:path}/link")
def make_link(
    request: Request, visitor: Acts, unit_id: str, role: Annotated[Literal["dau_moi", "van_thu"], Form()] = "dau_moi"
) -> Response:
    """A new link to the unit's form, for a unit that asks by telephone; shown once and kept nowhere."""
    house: House = request.app.state.door.house
    now = house.clock.now()
    with reading(house.engine) as session:
        page = unit_record.unit_page(session, unit_id, now.date(), house.rules.days)
    if page is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    if others := _others(visitor, page.plans):
        raise Denied(
            f"đơn vị này còn việc của kế hoạch {', '.join(others[:3])} không do tài khoản này theo dõi; "
            "nhờ quản trị viên, hoặc để đơn vị tự xin liên kết mới về địa chỉ đã đăng ký"
        )
    token = request.app.state.door.keys.link(LinkPurpose.UNIT, unit_id, role, now)
    note(house, visitor, "make_link", f"unit {unit_id}", Outcome.DONE, role)
    return _show(request, visitor, page, made=f"{_base(request, house)}/u/{token}")
