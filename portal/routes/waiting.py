"""What waits for a coordinator, and the answers: release, grant, refuse, confirm, settle, record an event."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from sqlmodel import Session, col, select
from starlette.exceptions import HTTPException

from actions.advance import advance
from actions.apply_plan import apply_plan
from actions.concerns import settle_concern
from actions.decide import accept, record_milestone, release_held
from actions.extend import grant_extension, refuse_extension
from actions.move import Refused
from models.database import reading
from models.forms import Concern, ConcernKind
from models.ledger import Assignment, Extension, ExtensionState
from models.outbox import Notice

from ..deeds import day_of, must_act_on, numbers, plain, plans_of
from ..house import House
from ..pages import Pages, local_path
from ..press import MOST, chosen
from ..questions_today import WAITING, Filters
from ..questions_waiting import waiting
from ..record import deed
from ..rights import Acts, Denied, Sees, Visitor
from ..words import N_

READ = ["GET", "HEAD"]
Words = Annotated[list[str], Form(max_length=MOST + 1)]
Text = Annotated[str, Form(max_length=400)]
Long = Annotated[str, Form(max_length=6000)]
router = APIRouter(include_in_schema=False)


@router.api_route("/waiting", methods=READ)
def lists(
    request: Request, visitor: Sees, what: str = "", plan: str = "", unit: str = "", all: str = "", after: str = ""
) -> Response:
    """Every list with its first rows, or one of them in pages."""
    return _show(request, visitor, what=what, plan=plan, unit=unit, everything=bool(all), after=after)


def _show(
    request: Request,
    visitor: Visitor,
    *,
    what: str = "",
    plan: str = "",
    unit: str = "",
    everything: bool = False,
    after: str = "",
    wrong: dict[str, Any] | None = None,
) -> Response:
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    filters = Filters.of(visitor, plan=plan, unit=unit, everything=everything)
    with reading(house.engine) as session:
        page = waiting(session, house.clock.now(), filters, what, after)
        return pages.show(
            request, "waiting.html", 409 if wrong else 200, page=page, what=what if what in WAITING else "",
            names=WAITING, kept={"all": "1"} if everything else {},
            wrong=wrong or {"at": "", "given": {}, "sentence": ""},
        )  # fmt: skip


def _again(request: Request, visitor: Visitor, what: str, at: str, refused: Refused, **given: str) -> Response:
    """The same list with the refusal beside its form, and what was typed."""
    wrong = {"at": at, "sentence": plain(refused), "given": given}
    return _show(request, visitor, what=what, everything=True, wrong=wrong)


def _back(request: Request, what: str, back: str, said: str) -> Response:
    pages: Pages = request.app.state.pages
    return pages.go(request, local_path(back, f"/waiting?what={what}"), said)


@router.post("/waiting/held")
def held(request: Request, visitor: Acts, ids: Words = [], drop: Text = "", back: Text = "") -> Response:  # noqa: B006
    """Let held steps go, or drop them."""
    house: House = request.app.state.door.house
    try:
        wanted = numbers(ids)
        with reading(house.engine) as session:
            plans = session.exec(select(Notice.plan_id).where(col(Notice.id).in_(wanted)).distinct()).all()
        must_act_on(visitor, plans)
        with deed(house, visitor, "drop" if drop else "release", f"notices {ids_said(wanted)}") as session:
            release_held(session, house.rules, wanted, house.clock.now(), drop=bool(drop))
    except Refused as refused:
        return _again(request, visitor, "held", "held", refused)
    said = N_("Đã bỏ các bước đã chọn.") if drop else N_("Đã duyệt; thư đi trong giờ gửi thư kế tiếp.")
    return _back(request, "held", back, said)


def ids_said(ids: list[int]) -> str:
    """Numbers as the audit names them."""
    return ", ".join(str(number) for number in ids) or "–"


@router.post("/waiting/reports")
def reports(request: Request, visitor: Acts, ids: Words = [], back: Text = "") -> Response:  # noqa: B006
    """Confirm what was reported, in bulk."""
    house: House = request.app.state.door.house
    try:
        wanted = numbers(ids)
        with reading(house.engine) as session:
            must_act_on(visitor, plans_of(session, wanted))
        with deed(house, visitor, "accept", f"assignments {ids_said(wanted)}") as session:
            accept(session, chosen(session, wanted), house.clock.now(), by=visitor.login)
    except Refused as refused:
        return _again(request, visitor, "reports", "reports", refused)
    return _back(request, "reports", back, N_("Đã xác nhận các báo cáo đã chọn."))


@router.post("/waiting/extensions/{number:int}")
def extensions(
    request: Request,
    visitor: Acts,
    number: int,
    decision: Text = "",
    until: Text = "",
    reason: Long = "",
    back: Text = "",
) -> Response:
    """Grant a request for more time, or refuse it with a reason."""
    house: House = request.app.state.door.house
    with reading(house.engine) as session:
        found = session.get(Extension, number)
        if found is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        must_act_on(visitor, plans_of(session, [found.assignment_id]))
    refuse = decision == "refuse"
    try:
        with deed(house, visitor, "refuse-extension" if refuse else "extend", f"extension {number}") as session:
            asked = session.get_one(Extension, number)
            if asked.state != ExtensionState.ASKED:
                raise Refused("đề nghị gia hạn này đã được quyết định")
            subject, now = session.get_one(Assignment, asked.assignment_id), house.clock.now()
            if refuse:
                refuse_extension(session, house.rules, subject, now, by=visitor.login, reason=reason)
            else:
                day = day_of(until, "ngày gia hạn")
                grant_extension(session, house.rules, subject, now, by=visitor.login, until=day,
                                reason=reason.strip() or None)  # fmt: skip
    except Refused as refused:
        return _again(request, visitor, "extensions", str(number), refused, until=until, reason=reason)
    return _back(request, "extensions", back, N_("Đã từ chối gia hạn.") if refuse else N_("Đã gia hạn."))


@router.post("/waiting/concerns/{number:int}")
def concerns(request: Request, visitor: Acts, number: int, answer: Long = "", back: Text = "") -> Response:
    """Answer an obstacle, or "this is not ours"."""
    house: House = request.app.state.door.house
    with reading(house.engine) as session:
        concern = session.get(Concern, number)
        if concern is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        must_act_on(visitor, plans_of(session, [concern.assignment_id]))
        what = "not_ours" if concern.kind == ConcernKind.NOT_OURS else "obstacles"
    try:
        with deed(house, visitor, "settle", f"concern {number}") as session:
            settle_concern(session, session.get_one(Concern, number), house.clock.now(), visitor.login, answer)
    except Refused as refused:
        return _again(request, visitor, what, str(number), refused, answer=answer)
    return _back(request, what, back, N_("Đã trả lời; đơn vị đọc ở trang của mình."))


@router.post("/waiting/milestones")
def milestones(
    request: Request,
    visitor: Acts,
    plan: Text,
    name: Text,
    document: Text = "",
    on: Text = "",
    back: Text = "",
) -> Response:
    """Record an event: what waited for it gets its day and opens."""
    house: House = request.app.state.door.house
    if not visitor.may_act_on(plan):
        raise Denied
    try:
        with deed(house, visitor, "milestone", f"{plan} {name}") as session:
            _record(session, house, plan, name, document.strip(), on)
    except Refused as refused:
        return _again(request, visitor, "milestones", f"{plan}:{name}", refused, document=document, on=on)
    return _back(request, "milestones", back, N_("Đã ghi nhận sự kiện; việc chờ sự kiện này đã được tính hạn."))


def _record(session: Session, house: House, plan: str, name: str, document: str, on: str) -> None:
    now = house.clock.now()
    if not document:
        raise Refused("ghi số, ngày của văn bản")
    day = day_of(on, "ngày của sự kiện")
    if day is None:
        raise Refused("ghi ngày của sự kiện")
    record_milestone(session, plan, name, now, document=document, happened_on=day)
    if plan in house.config.plans:
        apply_plan(session, house.config.plans[plan], house.config.units, house.rules, now)
        advance(session, house.rules, now)
