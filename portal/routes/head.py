"""The head of a unit approves its report by a link of its own (`/h/<token>`), and the doors where links are asked for.

A head's link is bound to one draft in one version: approved, sent back, taken back or changed, it opens nothing more.
"""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from limits import parse
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from actions.draft_body import Body, filing_of
from actions.forms import approve, send_back_draft, waiting_draft
from actions.move import Refused
from actions.send_link import send_unit_link
from actions.unit_page import FormPage, form_page
from models.accounts import Outcome
from models.database import reading
from models.forms import Draft
from models.units import Unit

from ..forms.report import text
from ..house import House
from ..pages import Pages
from ..record import deed, note
from ..rights import Anybody, HeadLink, LinkVisitor
from ..signing_in import address_of
from .form import RESULTS, name_of, sentence, stored_file

router = APIRouter(include_in_schema=False)

PER_DOOR, PER_ASKER = parse("3/hour"), parse("20/hour")


def _waiting(session: Session, house: House, visitor: LinkVisitor) -> tuple[Draft, FormPage]:
    link = visitor.link
    draft, assignment = waiting_draft(session, visitor.unit_id, link.about, link.version, link.signed_at)
    return draft, form_page(session, assignment, house.clock.now(), house.rules.days)


@router.get("/h/{token}")
def approval(request: Request, visitor: HeadLink) -> Response:
    """What the head reads before approving; looking approves nothing."""
    house: House = request.app.state.door.house
    return _show(request, house, visitor)


def _show(
    request: Request, house: House, visitor: LinkVisitor, status: int = HTTPStatus.OK, wrong: str | None = None
) -> Response:
    pages: Pages = request.app.state.pages
    with reading(house.engine) as session:
        draft, page = _waiting(session, house, visitor)
        body = Body.of(draft.body)
        return pages.show(request, "form/head.html", status, page=page, draft=draft, body=body, results=RESULTS,
                          name_of=name_of, wrong=sentence(wrong) if wrong else None, csrf=visitor.csrf,
                          base=f"/h/{visitor.token}")  # fmt: skip


@router.get("/h/{token}/files/{sha256}")
def draft_file(request: Request, visitor: HeadLink, sha256: str) -> Response:
    """A file of the draft that waits; always to be saved, never shown inside the portal."""
    house: House = request.app.state.door.house
    with reading(house.engine) as session:
        draft, _ = _waiting(session, house, visitor)
        files = {file.sha256: file.name for file in Body.of(draft.body).all_files}
    return stored_file(house, sha256, files.get(sha256))


@router.post("/h/{token}/approve")
async def approve_draft(request: Request, visitor: HeadLink) -> Response:
    """Duyệt và gửi: the report is filed with the head's name."""
    return await run_in_threadpool(_approve, request, visitor, await request.form())


def _approve(request: Request, visitor: LinkVisitor, form: FormData) -> Response:
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    now = house.clock.now()
    try:
        with deed(house, visitor, "approve", f"draft {visitor.link.about}") as session:
            draft, page = _waiting(session, house, visitor)
            body = Body.of(draft.body)
            body.reason_late = text(form, "reason_late") or body.reason_late
            filing, problems = filing_of(body, page.asked, now.date())
            if filing is None:
                raise Refused("; ".join(dict.fromkeys(problem.sentence for problem in problems)))
            filing = replace(filing, approved_by=text(form, "approved_by"))
            filed = approve(session, draft, page.assignment, filing, now).id
    except Refused as refused:
        with reading(house.engine) as session:
            _waiting(session, house, visitor)  # what is gone is gone: that sentence stands alone
        return _show(request, house, visitor, HTTPStatus.CONFLICT, str(refused))
    return pages.show(request, "form/head-done.html", approved=True, number=filed, csrf=visitor.csrf)


@router.post("/h/{token}/send-back")
async def send_back(request: Request, visitor: HeadLink) -> Response:
    """Trả lại người lập, with a note."""
    return await run_in_threadpool(_send_back, request, visitor, await request.form())


def _send_back(request: Request, visitor: LinkVisitor, form: FormData) -> Response:
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    try:
        with deed(house, visitor, "send-back-draft", f"draft {visitor.link.about}") as session:
            draft, page = _waiting(session, house, visitor)
            send_back_draft(session, draft, page.assignment, text(form, "text"), text(form, "approved_by"))
    except Refused as refused:
        with reading(house.engine) as session:
            _waiting(session, house, visitor)
        return _show(request, house, visitor, HTTPStatus.CONFLICT, str(refused))
    return pages.show(request, "form/head-done.html", approved=False, number=None, csrf=visitor.csrf)


# ------------------------------------------------------------------ doors


@router.get("/units-door/{unit:path}")
def door(request: Request, visitor: Anybody, unit: str) -> Response:
    """Where a unit asks for a new link. It is the same page for every name, known or not."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    return pages.show(request, "form/door.html", unit=unit[:200], sent=False, links=house.settings.links is not None)


@router.post("/units-door/{unit:path}")
def ask_for_link(request: Request, visitor: Anybody, unit: str) -> Response:
    """Send a new link to the registered address, which is not shown; the answer is the same for every name."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    limits = request.app.state.limits
    limits.hit(PER_ASKER, "door", address_of(request))
    limits.hit(PER_DOOR, "door", unit[:200])
    links = house.settings.links is not None
    if links and not house.settings.read_only:
        with reading(house.engine) as session:
            known = session.get(Unit, unit) is not None
        if known:
            with deed(house, visitor, "send-link", unit) as session:
                send_unit_link(session, house.rules, unit, house.clock.now())
        else:
            note(house, visitor, "send-link", unit, Outcome.DENIED, "no such unit")
    return pages.show(request, "form/door.html", unit=unit[:200], sent=True, links=links)


@router.get("/heads-door/{rest:path}")
def head_door(request: Request, visitor: Anybody, rest: str) -> Response:
    """The address a head's letter is kept with: it opens nothing, the link is in the letter itself."""
    pages: Pages = request.app.state.pages
    return pages.show(request, "form/door.html", unit=None, sent=False, links=True)
