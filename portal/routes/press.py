"""Đôn đốc ngay: the letters of a selection to look at, and the click that sends exactly those."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from actions.move import Refused
from models.database import reading

from ..deeds import must_act_on, numbers, plain, plans_of
from ..house import House
from ..pages import Pages, local_path
from ..press import MOST, chosen, press, preview
from ..questions_period import Choice, period_page, unit_rows
from ..questions_today import Filters, owed_rows
from ..record import deed
from ..rights import Acts, Visitor
from ..words import N_

Words = Annotated[list[str], Form(max_length=MOST + 1)]
Text = Annotated[str, Form(max_length=400)]
router = APIRouter(include_in_schema=False)


@router.post("/press")
def look(
    request: Request,
    visitor: Acts,
    ids: Words = [],  # noqa: B006  FastAPI copies it
    only: Text = "",
    every: Text = "",
    plan: Text = "",
    unit: Text = "",
    state: Text = "",
    all: Text = "",
    period: Text = "",
    of: Text = "",
    back: Text = "/",
) -> Response:
    """The letters that would go: of the rows ticked, of one unit (`only`), or of all the filters show (`every`)."""
    house: House = request.app.state.door.house
    try:
        wanted = numbers([only] if only else [] if every else ids)
        if every:
            filters = Filters.of(visitor, plan=plan, unit=unit, state=state, everything=bool(all))
            wanted = _all_of_period(house, plan, period, of) if period else _all_owed(house, visitor, filters)
        return _preview(request, visitor, wanted, local_path(back))
    except Refused as refused:
        return _refused(request, plain(refused), local_path(back))


def _all_owed(house: House, visitor: Visitor, filters: Filters) -> list[int]:
    with reading(house.engine) as session:
        rows = owed_rows(session, house.clock.now().date(), filters, limit=MOST + 1)
    return [row.id or 0 for row, occurrence, _, _ in rows if visitor.may_act_on(occurrence.plan_id)]


def _all_of_period(house: House, plan: str, period: str, of: str) -> list[int]:
    choice = Choice(of=int(of) if of.isascii() and of.isdigit() and len(of) < 10 else None, state="missing")
    with reading(house.engine) as session:
        page = period_page(session, plan, period, house.clock.now(), house.rules.days, choice, None)
        if page is None:
            return []
        rows = unit_rows(session, page.parts, choice, house.clock.now().date(), house.rules.days, limit=MOST + 1)
    return [row.assignment.id or 0 for row in rows]


def _preview(request: Request, visitor: Visitor, ids: list[int], back: str, wrong: str | None = None) -> Response:
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    with reading(house.engine) as session:
        chosen(session, ids)
        must_act_on(visitor, plans_of(session, ids))
    found = preview(house.engine, house.rules, house.post.wording, ids, house.clock.now())
    if found.refused:
        return _refused(request, plain(Refused(found.refused)), back)
    return pages.show(request, "press.html", 409 if wrong else 200, page=found, back=back, wrong=wrong)


def _refused(request: Request, sentence: str, back: str) -> Response:
    pages: Pages = request.app.state.pages
    return pages.show(request, "press.html", 409, page=None, back=back, wrong=sentence)


@router.post("/press/send")
def send(
    request: Request, visitor: Acts, ids: Words = [], seal: Text = "", back: Text = "/"  # noqa: B006
) -> Response:
    """Plan exactly the notices that were looked at."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    wanted: list[int] = []
    try:
        wanted = numbers(ids)
        with reading(house.engine) as session:
            must_act_on(visitor, plans_of(session, wanted))
        target = "assignments " + ", ".join(str(number) for number in wanted)
        with deed(house, visitor, "nudge", target) as session:
            press(session, house.rules, wanted, house.clock.now(), seal=seal)
    except Refused as refused:
        try:
            return _preview(request, visitor, wanted, local_path(back), plain(refused))
        except Refused:
            return _refused(request, plain(refused), local_path(back))
    return pages.go(request, local_path(back), N_("Đã ghi thông báo đôn đốc; thư đi trong giờ gửi thư kế tiếp."))
