"""The unit's own page and its report form: from the signed link in a letter (`/u/<token>`), or for an officer who has
signed in (`/my-unit`). Both show the same pages of one unit and of no other.

Looking changes nothing: mail programs open links. Every deed is a POST. Whatever a form names is looked up as this
unit's own; another unit's number is answered like one that does not exist, and recorded.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NoReturn
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from limits import parse
from sqlmodel import Session, col, select
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from actions.concerns import raise_concern
from actions.draft_body import Body, Paper, Problem, day_of, filing_of, paper_of, unfilled
from actions.evidence import KNOWN, MOST_BYTES, path_of
from actions.extend import ask_extension
from actions.forms import Conflict, Hand, ask_head, edited_by, file_form, paper_of_unit, save_draft, take_back
from actions.move import Refused
from actions.submit import start
from actions.unit_page import (
    FormPage,
    as_before,
    body_of,
    form_page,
    nothing_happened,
    own_file,
    receipt_page,
    unit_page,
)
from actions.unit_paper import unit_paper
from calendars.spelling import fold
from documents.unit_report import docx
from models.accounts import Outcome, Role
from models.database import reading, transaction
from models.forms import ConcernKind
from models.ledger import Assignment, Occurrence, Submission
from models.lifecycle import Result, State
from models.plan import Process
from models.units import Unit
from notifications.rows import report_name

from ..forms.report import new_files, number, numbers, read_body, read_paper, strangers, text
from ..guard import is_secure
from ..house import House
from ..pages import Pages
from ..record import deed, note
from ..rights import Denied, LinkVisitor, SignedIn, UnitLink, Visitor
from ..words import N_

router = APIRouter(include_in_schema=False)

HAND = "dondoc_hand"  # tells two browsers on one form apart; says nothing of who holds them
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PER_FORM = parse("240/10minutes")  # saves of one unit: an autosave every few seconds from several hands
STRANGERS = parse("60/10minutes")  # tries of one unit's link at others' numbers; each is recorded
NOT_OURS = "không có phần việc này trong số việc của đơn vị"
ACCEPTED = ".pdf,.docx,.xlsx,.png,.jpg,.jpeg,.heic,.heif,.txt"

RESULTS: dict[Result, str] = {
    Result.DONE: N_("Hoàn thành"),
    Result.IN_PROGRESS: N_("Đang thực hiện"),
    Result.NOT_STARTED: N_("Chưa thực hiện"),
    Result.NOTHING: N_("Không phát sinh"),
}


@dataclass(frozen=True)
class Desk:
    """Where a unit's person sits: the request, the unit, and the address its pages begin with."""

    request: Request
    visitor: Visitor | LinkVisitor
    unit_id: str
    base: str

    @property
    def house(self) -> House:
        """The wired house."""
        house: House = self.request.app.state.door.house
        return house

    @property
    def key(self) -> str:
        """This browser's hand."""
        held = self.request.cookies.get(HAND, "")
        return held if re.fullmatch(r"[\w-]{16,64}", held) else ""

    @property
    def actor(self) -> str:
        """Who does it, where nobody has said a name."""
        return self.visitor.actor if isinstance(self.visitor, LinkVisitor) else self.visitor.name

    def show(self, template: str, status: int = HTTPStatus.OK, **page: Any) -> Response:
        """A page of this desk; the browser gets a hand with its first one."""
        pages: Pages = self.request.app.state.pages
        more = {"csrf": self.visitor.csrf, "base": self.base, "results": RESULTS, "name_of": name_of}
        response = pages.show(self.request, f"form/{template}", status, **(more | page))
        if not self.key:
            response.set_cookie(HAND, secrets.token_urlsafe(24), path="/", httponly=True, samesite="lax",
                                secure=is_secure(self.request, self.house.settings))  # fmt: skip
        return response

    def go(self, path: str, said: str | None = None) -> Response:
        """After a deed."""
        pages: Pages = self.request.app.state.pages
        page, hash_, place = path.partition("#")
        response = pages.go(self.request, self.base + page, said)
        response.headers["location"] += hash_ + place
        return response

    def own(self, session: Session, assignment_id: int) -> Assignment:
        """This unit's paper of an assignment; what is another's does not exist here."""
        try:
            return paper_of_unit(session, self.unit_id, assignment_id)
        except LookupError:
            self.stranger(assignment_id)

    def stranger(self, assignment_id: int) -> NoReturn:
        """Somebody named what is not this unit's: recorded, and answered as if it did not exist."""
        self.request.app.state.limits.hit(STRANGERS, "stranger", self.unit_id)
        if not self.house.settings.read_only:
            what = f"{self.request.method} form"
            note(self.house, self.visitor, what, f"assignment {assignment_id}", Outcome.DENIED, "not of this unit")
        raise HTTPException(HTTPStatus.NOT_FOUND, NOT_OURS)

    def deed(self, what: str, target: str) -> Any:
        """One deed with its audit row."""
        return deed(self.house, self.visitor, what, target)


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "…")) else ".")


def name_of(process: Process, occurrence: Occurrence) -> str:
    """A report with its period, as letters call it; a task by its title."""
    return report_name(process, occurrence) if process.kind == "report" else process.title


def iso_day(typed: str) -> str:
    """A typed day as a date field shows it; what is no day stays as it is."""
    try:
        day = day_of(typed)
    except ValueError:
        return typed
    return day.isoformat() if day else ""


Look = Callable[[Desk], Response]
Do = Callable[[Desk, FormData], Response]


def _desk_of_link(request: Request, visitor: LinkVisitor) -> Desk:
    return Desk(request, visitor, visitor.unit_id, f"/u/{visitor.token}")


def _desk_of_officer(request: Request, visitor: Visitor) -> Desk:
    if visitor.role is not Role.OFFICER or not visitor.unit_id:
        raise Denied("trang này dành cho cán bộ của một đơn vị")
    return Desk(request, visitor, visitor.unit_id, "/my-unit")


def look(path: str) -> Callable[[Look], Look]:
    """A page at `/u/<token><path>` and at `/my-unit<path>`."""

    def register(page: Look) -> Look:
        def by_link(request: Request, visitor: UnitLink) -> Response:
            return page(_desk_of_link(request, visitor))

        def by_account(request: Request, visitor: SignedIn) -> Response:
            return page(_desk_of_officer(request, visitor))

        router.get(f"/u/{{token}}{path}")(by_link)
        router.get(f"/my-unit{path}")(by_account)
        return page

    return register


def do(path: str) -> Callable[[Do], Do]:
    """A deed by POST at both addresses. The fields are read by name: what a deed does not ask for it does not see."""

    def register(act: Do) -> Do:
        async def by_link(request: Request, visitor: UnitLink) -> Response:
            desk = _desk_of_link(request, visitor)
            async with request.form() as form:
                return await run_in_threadpool(act, desk, form)

        async def by_account(request: Request, visitor: SignedIn) -> Response:
            desk = _desk_of_officer(request, visitor)
            async with request.form() as form:
                return await run_in_threadpool(act, desk, form)

        router.post(f"/u/{{token}}{path}")(by_link)
        router.post(f"/my-unit{path}")(by_account)
        return act

    return register


# ------------------------------------------------------------------ everything the unit owes


@look("")
def unit(desk: Desk) -> Response:
    """Overdue, due soon, owed, sent, answered before, coming: over all plans."""
    after = desk.request.query_params.get("after", "")
    with reading(desk.house.engine) as session:
        page = unit_page(session, desk.unit_id, desk.house.clock.now(), desk.house.rules.days,
                         after=int(after) if re.fullmatch(r"\d{1,18}", after) else None)  # fmt: skip
        if page is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, NOT_OURS)
        return desk.show("unit.html", page=page)


@do("/acknowledge")
def acknowledge(desk: Desk, form: FormData) -> Response:
    """Đã nhận nhiệm vụ: for the chosen work, or for all that nobody has acknowledged."""
    wanted = numbers(form, "id")
    if not wanted:
        raise Refused("chọn ít nhất một việc")
    now = desk.house.clock.now()
    with reading(desk.house.engine) as session:
        for assignment_id in wanted:
            desk.own(session, assignment_id)
    with desk.deed("acknowledge", f"assignments {', '.join(map(str, wanted))}") as session:
        for assignment_id in wanted:
            assignment = desk.own(session, assignment_id)
            if len(wanted) == 1 or assignment.state == State.ASSIGNED:
                start(session, assignment, now, by=desk.actor)
    return desk.go("", N_("Đã ghi nhận: đơn vị đã nhận nhiệm vụ."))


# ------------------------------------------------------------------ one form


@look("/forms/{form:int}")
def report_form(desk: Desk) -> Response:
    """One form for a period with all its lines."""
    with reading(desk.house.engine) as session:
        return _show(desk, _page(desk, session))


def _number(desk: Desk) -> int:
    return int(desk.request.path_params["form"])


def _page(desk: Desk, session: Session) -> FormPage:
    assignment = desk.own(session, _number(desk))
    return form_page(session, assignment, desk.house.clock.now(), desk.house.rules.days)


def _show(
    desk: Desk,
    page: FormPage,
    status: int = HTTPStatus.OK,
    *,
    body: Body | None = None,
    problems: list[Problem] | None = None,
    wrong: str | None = None,
    other: Body | None = None,
    paper: Paper | None = None,
) -> Response:
    body = body or page.body
    left = unfilled(body, [line.id for line in page.lines])
    return desk.show(
        "report.html",
        status,
        page=page,
        body=body,
        paper=paper,
        problems=problems or [],
        at={problem.at: sentence(problem.sentence) for problem in problems or []},
        wrong=sentence(wrong) if wrong else None,
        iso=iso_day,
        other=other,
        left=left,
        filled=len(page.lines) - len(left),
        editor=edited_by(page.draft, desk.key, desk.house.clock.now()),
        most_mb=MOST_BYTES // (1024 * 1024),
        known=KNOWN,
        accepted=ACCEPTED,
        head_links=desk.house.settings.links is not None,
    )


def _typed(desk: Desk, session: Session, form: FormData) -> tuple[FormPage, Body]:
    """The form's page and what was typed into it; another unit's lines end it here."""
    desk.request.app.state.limits.hit(PER_FORM, "form", desk.unit_id)
    page = _page(desk, session)
    foreign = strangers(form, page)
    if foreign:
        owners = select(Assignment.id, Assignment.unit_id).where(col(Assignment.id).in_(foreign))
        known = dict(session.exec(owners).all())
        for assignment_id in foreign:
            if known.get(assignment_id) != desk.unit_id:
                desk.stranger(assignment_id)
    return page, read_body(form, page)


@do("/forms/{form:int}")
def change_form(desk: Desk, form: FormData) -> Response:
    """The buttons of the form. Whatever is pressed, what was typed is never lost."""
    with reading(desk.house.engine) as session:
        page, body = _typed(desk, session, form)
    act, _, which = text(form, "act").partition(":")
    wrong = new_files(form, page, body, desk.house.settings.home)
    if wrong:
        note(desk.house, desk.visitor, "upload", _target(page), Outcome.REFUSED, "; ".join(wrong))
        return _show(desk, page, HTTPStatus.UNPROCESSABLE_ENTITY, body=body, wrong="; ".join(wrong))
    version = number(form, "version")
    chosen = [int(which)] if which.isdigit() else numbers(form, "pick")
    buttons: dict[str, Callable[[], Response]] = {
        "previous": lambda: _copy(desk, page, body, version, chosen),
        "nothing": lambda: _nothing(desk, page, body, version, chosen),
        "send": lambda: _send(desk, page, body, version),
        "head": lambda: _to_head(desk, page, body, version),
        "paper": lambda: _paper(desk, page, body, version, form),
    }
    paper = read_paper(form, body) if act == "paper" else None
    try:
        return buttons.get(act, lambda: _save(desk, page, body, version))()
    except Conflict as conflict:
        return _show_conflict(desk, body, conflict, paper)
    except Refused as refused:
        with reading(desk.house.engine) as session:
            return _show(desk, _page(desk, session), HTTPStatus.CONFLICT, body=body, wrong=str(refused), paper=paper)


def _target(page: FormPage) -> str:
    return f"assignment {page.assignment.id}"


def _show_conflict(desk: Desk, body: Body, conflict: Conflict, paper: Paper | None) -> Response:
    """Nothing is written over unseen: both words stand side by side, and the next save is a decision."""
    with reading(desk.house.engine) as session:
        page = _page(desk, session)
        other = Body.of(page.draft.body) if page.draft else None
        return _show(desk, page, HTTPStatus.CONFLICT, body=body, wrong=str(conflict), other=other,
                     paper=paper)  # fmt: skip


def _keep(desk: Desk, session: Session, page: FormPage, body: Body, version: int) -> int:
    """Save the draft in the session; its new version."""
    assignment = desk.own(session, page.assignment.id or 0)
    hand = Hand(body.by or desk.actor, desk.key)
    return save_draft(session, assignment, body.to_json(), version, hand, desk.house.clock.now()).version


def _save(desk: Desk, page: FormPage, body: Body, version: int) -> Response:
    with desk.deed("save-draft", _target(page)) as session:
        _keep(desk, session, page, body, version)
    return desk.go(f"/forms/{page.assignment.id}", N_("Đã lưu nháp."))


def _copy(desk: Desk, page: FormPage, body: Body, version: int, chosen: list[int]) -> Response:
    lines = [line for line in page.lines if not chosen or line.id in chosen]
    count = as_before(lines, body)
    with desk.deed("save-draft", _target(page)) as session:
        _keep(desk, session, page, body, version)
    at = f"#l{chosen[0]}" if len(chosen) == 1 else "#lines"
    said = N_("Đã chép câu trả lời kỳ trước vào các ô còn trống; đọc lại trước khi gửi.")
    return desk.go(f"/forms/{page.assignment.id}{at}", said if count else N_("Không có gì để chép từ kỳ trước."))


def _nothing(desk: Desk, page: FormPage, body: Body, version: int, chosen: list[int]) -> Response:
    if not chosen:
        raise Refused("đánh dấu “Chọn” ở các dòng không phát sinh trước")
    nothing_happened(chosen, body)
    with desk.deed("save-draft", _target(page)) as session:
        _keep(desk, session, page, body, version)
    return desk.go(f"/forms/{page.assignment.id}#lines", N_("Đã ghi “không phát sinh” cho các dòng đã chọn."))


def _send(desk: Desk, page: FormPage, body: Body, version: int) -> Response:
    filing, problems = filing_of(body, page.asked, desk.house.clock.now().date())
    if filing is None:
        return _mend(desk, page, body, version, problems)
    with desk.deed("correct" if page.corrects else "submit", _target(page)) as session:
        assignment = desk.own(session, page.assignment.id or 0)
        filed = file_form(session, assignment, filing, version, desk.house.clock.now()).id
    return desk.go(f"/receipts/{filed}", N_("Báo cáo đã gửi."))


def _mend(
    desk: Desk, page: FormPage, body: Body, version: int, problems: list[Problem], paper: Paper | None = None
) -> Response:
    """What was typed is kept as a draft, and the page says what is missing, each beside its field."""
    with desk.deed("save-draft", _target(page)) as session:
        _keep(desk, session, page, body, version)
    with reading(desk.house.engine) as session:
        return _show(desk, _page(desk, session), HTTPStatus.UNPROCESSABLE_ENTITY, body=body, problems=problems,
                     paper=paper)  # fmt: skip


def _paper(desk: Desk, page: FormPage, body: Body, version: int, form: FormData) -> Response:
    typed = read_paper(form, body)
    filing, problems = paper_of(typed, body, page.asked, desk.house.clock.now().date())
    if filing is None:
        return _mend(desk, page, body, version, problems, typed)
    with desk.deed("correct" if page.corrects else "submit", _target(page)) as session:
        assignment = desk.own(session, page.assignment.id or 0)
        filed = file_form(session, assignment, filing, version, desk.house.clock.now()).id
    return desk.go(f"/receipts/{filed}", N_("Đã ghi nhận văn bản của đơn vị."))


def _to_head(desk: Desk, page: FormPage, body: Body, version: int) -> Response:
    if desk.house.settings.links is None:
        raise Refused("cổng chưa có địa chỉ mà thủ trưởng mở được; tải bản .docx để trình ký")
    filing, problems = filing_of(body, page.asked, desk.house.clock.now().date())
    if filing is None:
        return _mend(desk, page, body, version, problems)
    now = desk.house.clock.now()
    with desk.deed("ask-head", _target(page)) as session:
        saved = _keep(desk, session, page, body, version)
        assignment = desk.own(session, page.assignment.id or 0)
        ask_head(session, desk.house.rules, assignment, saved, now)
    return desk.go(f"/forms/{page.assignment.id}", N_("Đã trình thủ trưởng duyệt; thư đi trong ít phút."))


@do("/forms/{form:int}/draft")
def autosave(desk: Desk, form: FormData) -> Response:
    """What a script saves while somebody types; it answers with the version to go on from, or with who was faster."""
    now = desk.house.clock.now()
    try:
        with reading(desk.house.engine) as session:
            page, body = _typed(desk, session, form)
        with transaction(desk.house.engine) as session:
            version = _keep(desk, session, page, body, number(form, "version"))
    except Refused as refused:
        return JSONResponse({"said": str(refused)}, HTTPStatus.CONFLICT)
    left = len(unfilled(body, [line.id for line in page.lines]))
    return JSONResponse({"version": version, "at": f"{now:%H:%M}", "filled": len(page.lines) - left})


@do("/forms/{form:int}/take-back")
def take_back_draft(desk: Desk, form: FormData) -> Response:
    """The unit takes its draft back from the head."""
    with reading(desk.house.engine) as session:
        page = _page(desk, session)
    with desk.deed("take-back", _target(page)) as session:
        take_back(session, desk.own(session, page.assignment.id or 0), number(form, "version"))
    return desk.go(f"/forms/{page.assignment.id}", N_("Đã rút lại; sửa rồi trình lại."))


# ------------------------------------------------------------------ instead of an answer


@do("/forms/{form:int}/extension")
def extension(desk: Desk, form: FormData) -> Response:
    """Xin gia hạn."""
    try:
        until = day_of(text(form, "until"))
    except ValueError:
        until = None
    if until is None:
        raise Refused("ghi ngày xin gia hạn đến, ví dụ 14/12/2026")
    by = text(form, "by") or desk.actor
    with reading(desk.house.engine) as session:
        desk.own(session, _number(desk))
    with desk.deed("ask-extension", f"assignment {_number(desk)}") as session:
        assignment = desk.own(session, _number(desk))
        now = desk.house.clock.now()
        ask_extension(session, desk.house.rules, assignment, now, by=by, until=until, reason=text(form, "reason_late"))
    return desk.go(f"/forms/{_number(desk)}", N_("Đã gửi đề nghị gia hạn; hạn cũ còn hiệu lực đến khi được đồng ý."))


@do("/forms/{form:int}/concern")
def concern(desk: Desk, form: FormData) -> Response:
    """Vướng mắc, or: không thuộc trách nhiệm của đơn vị. Of one line, or of the whole."""
    try:
        kind = ConcernKind(text(form, "kind"))
    except ValueError:
        raise Refused("chọn loại ý kiến") from None
    about = number(form, "line") or _number(desk)
    with reading(desk.house.engine) as session:
        page = _page(desk, session)
        if about not in {page.assignment.id, _number(desk), *(line.id for line in page.lines)}:
            desk.stranger(about)
        said, rather = text(form, "text"), text(form, "rather")
        named = _unit_named(session, rather, desk.unit_id) if rather else None
    if rather and named is None:
        said = f"{said}\nĐề nghị chuyển: {rather}" if said else said
    with desk.deed("raise-concern", f"assignment {about}") as session:
        by = text(form, "by") or desk.actor
        raise_concern(session, session.get_one(Assignment, about), kind, said, by, desk.house.clock.now(),
                      named if kind is ConcernKind.NOT_OURS else None)  # fmt: skip
    return desk.go(f"/forms/{_number(desk)}", N_("Đã gửi ý kiến; đơn vị theo dõi sẽ trả lời tại trang này."))


def _unit_named(session: Session, name: str, own: str) -> str | None:
    """The one unit of that name; which units there are is not told."""
    wanted = fold(name)
    near = select(Unit).where(col(Unit.folded).contains(wanted, autoescape=True), col(Unit.id) != own).limit(50)
    found = [one.id for one in session.exec(near) if wanted in (fold(one.name), fold(one.short))]
    return found[0] if len(found) == 1 else None


# ------------------------------------------------------------------ papers


@look("/forms/{form:int}/report.docx")
def draft_docx(desk: Desk) -> Response:
    """The unit's own report from its draft, to be signed."""
    now = desk.house.clock.now()
    with reading(desk.house.engine) as session:
        page = _page(desk, session)
        report = unit_paper(session, page, page.body, now, sent=None if page.draft else page.last)
    return _word(desk, docx(report, _own_templates(desk)), page)


def _own_templates(desk: Desk) -> list[Any]:
    folder = desk.house.config.folder / "documents"
    return [folder] if folder.is_dir() else []


def _word(desk: Desk, content: bytes, page: FormPage) -> Response:
    name = f"bao-cao-{page.plan.id}-{page.occurrence.period}-{desk.unit_id.replace('/', '-')}.docx"
    return Response(content, media_type=WORD, headers={"Content-Disposition": _attachment(name)})


def _attachment(name: str) -> str:
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"


@look("/receipts/{number:int}")
def receipt(desk: Desk) -> Response:
    """What was received, under which code; to look at, to print, to put right."""
    wanted = int(desk.request.path_params["number"])
    with reading(desk.house.engine) as session:
        page = receipt_page(session, desk.unit_id, wanted, desk.house.rules.days)
        if page is None:
            desk.stranger(wanted)
        return desk.show("receipt.html", page=page)


@look("/receipts/{number:int}/report.docx")
def sent_docx(desk: Desk) -> Response:
    """The report as it was sent."""
    wanted = int(desk.request.path_params["number"])
    now = desk.house.clock.now()
    with reading(desk.house.engine) as session:
        sent = session.get(Submission, wanted)
        if sent is None or sent.unit_id != desk.unit_id:
            desk.stranger(wanted)
        mine = select(Assignment).where(
            col(Assignment.occurrence_id) == sent.occurrence_id, col(Assignment.unit_id) == desk.unit_id
        )
        page = form_page(session, session.exec(mine).one(), now, desk.house.rules.days)
        report = unit_paper(session, page, body_of(session, sent), now, sent=sent)
    return _word(desk, docx(report, _own_templates(desk)), page)


@look("/files/{sha256}")
def file(desk: Desk) -> Response:
    """A file the unit itself has sent; always to be saved, never shown inside the portal."""
    sha256 = str(desk.request.path_params["sha256"])
    with reading(desk.house.engine) as session:
        found = own_file(session, desk.unit_id, sha256) if re.fullmatch(r"[0-9a-f]{64}", sha256) else None
    return stored_file(desk.house, sha256, found[0] if found else None)


def stored_file(house: House, sha256: str, name: str | None) -> Response:
    """A file of the store under its own name; 404 when nobody has named it or it is not there."""
    path = path_of(house.settings.home, sha256) if name else None
    if name is None or path is None or not path.is_file():
        raise HTTPException(HTTPStatus.NOT_FOUND, "không có tệp này")
    headers = {"Content-Disposition": _attachment(name)}
    return FileResponse(path, media_type="application/octet-stream", headers=headers)
