"""One unit's part of one task or report: its history, what was said and sent, and what a coordinator does to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse
from sqlmodel import Session
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from actions.decide import accept, send_back, withdraw
from actions.evidence import TYPES, Proof, link, path_of
from actions.extend import ask_extension, grant_extension, refuse_extension
from actions.move import Refused
from actions.submit import Filing, Line, start, submit_report
from models.database import reading
from models.ledger import Assignment, EvidenceKind, ExtensionState
from models.lifecycle import Kind, Move, Result

from ..deeds import day_of, must_act_on, plain, plans_of
from ..forms.report import keep
from ..house import House
from ..pages import Pages, local_path
from ..questions_assignment import assignment_page, evidence_of
from ..record import deed
from ..rights import Acts, Denied, Sees, Visitor
from ..words import N_

READ = ["GET", "HEAD"]
MOST_FILES = 10
TEXT_LENGTH = 20_000
_HASH = re.compile(r"[0-9a-f]{64}")


async def form_of(request: Request) -> FormData:
    """The form of a request, read once."""
    return await request.form()


FormOf = Annotated[FormData, Depends(form_of)]
router = APIRouter(include_in_schema=False)


@router.api_route("/assignments/{number:int}", methods=READ)
def assignment(request: Request, visitor: Sees, number: int, back: str = "") -> Response:
    """Its page."""
    return _show(request, visitor, number, back)


def _show(
    request: Request, visitor: Visitor, number: int, back: str = "", wrong: dict[str, Any] | None = None
) -> Response:
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    with reading(house.engine) as session:
        page = assignment_page(session, number, house.clock.now(), house.rules.days)
        if page is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        hidden = page.process.confidential and not visitor.may_read_confidential(page.plan.id)
        return pages.show(
            request, "assignment.html", 409 if wrong else 200, page=page, hidden=hidden,
            acts=visitor.may_act_on(page.plan.id), back=local_path(back, ""), results=RESULTS, moves=MOVES,
            extension_states=EXTENSION_STATES,
            wrong=wrong or {"at": "", "given": {}, "sentence": ""},
        )  # fmt: skip


RESULTS: dict[Result, str] = {
    Result.DONE: N_("Hoàn thành"),
    Result.IN_PROGRESS: N_("Đang thực hiện"),
    Result.NOT_STARTED: N_("Chưa thực hiện"),
    Result.NOTHING: N_("Không phát sinh"),
}

MOVES: dict[str, str] = {
    Move.OPEN: N_("Giao việc"),
    Move.START: N_("Nhận nhiệm vụ, hoặc báo tiến độ"),
    Move.SUBMIT: N_("Nộp báo cáo"),
    Move.CORRECT: N_("Sửa báo cáo"),
    Move.ACCEPT: N_("Xác nhận"),
    Move.RETURN: N_("Trả lại"),
    Move.EXTEND: N_("Gia hạn"),
    Move.LAPSE: N_("Quá hạn"),
    Move.CLOSE: N_("Chốt kỳ"),
    Move.WITHDRAW: N_("Dừng thực hiện"),
}
EXTENSION_STATES: dict[str, str] = {
    ExtensionState.ASKED: N_("Đang chờ quyết định"),
    ExtensionState.GRANTED: N_("Đồng ý, đến"),
    ExtensionState.REFUSED: N_("Từ chối"),
}


# ------------------------------------------------------------------------------------------------- deeds


@dataclass(frozen=True)
class Doing:
    """One deed of a form on one assignment."""

    session: Session
    house: House
    assignment: Assignment
    form: dict[str, str]
    by: str

    @property
    def now(self) -> datetime:
        """The clock of the house."""
        return self.house.clock.now()

    def day(self, name: str, what: str) -> Any:
        """A day of the form, or None."""
        return day_of(self.form.get(name, ""), what)

    def text(self, name: str) -> str:
        """A text of the form, without blanks around it."""
        return self.form.get(name, "").strip()


def _start(do: Doing) -> None:
    start(do.session, do.assignment, do.now, by=do.by)


def _accept(do: Doing) -> None:
    accept(do.session, [do.assignment], do.now, by=do.by)


def _return(do: Doing) -> None:
    send_back(do.session, do.house.rules, do.assignment, do.now, by=do.by, reason=do.text("reason"),
              redo_by=do.day("redo_by", "hạn gửi lại"))  # fmt: skip


def _ask(do: Doing) -> None:
    until = do.day("until", "ngày gia hạn")
    if until is None:
        raise Refused("ghi ngày đề nghị gia hạn đến")
    ask_extension(do.session, do.house.rules, do.assignment, do.now, by=do.by, until=until, reason=do.text("reason"))


def _grant(do: Doing) -> None:
    until, reason = do.day("until", "ngày gia hạn"), do.text("reason") or None
    grant_extension(do.session, do.house.rules, do.assignment, do.now, by=do.by, until=until, reason=reason)


def _extend(do: Doing) -> None:
    if do.day("until", "ngày gia hạn") is None or not do.text("reason"):
        raise Refused("gia hạn khi chưa ai xin phải ghi ngày mới và lý do")
    _grant(do)


def _refuse(do: Doing) -> None:
    refuse_extension(do.session, do.house.rules, do.assignment, do.now, by=do.by, reason=do.text("reason"))


def _withdraw(do: Doing) -> None:
    withdraw(do.session, do.assignment, do.now, by=do.by, ground=do.text("ground"))


# name in the address: (the deed as the audit names it, what it does, what is said afterwards)
DEEDS: dict[str, tuple[str, Callable[[Doing], None], str]] = {
    "start": ("start", _start, N_("Đã ghi: đơn vị đã nhận nhiệm vụ.")),
    "accept": ("accept", _accept, N_("Đã xác nhận.")),
    "return": ("return", _return, N_("Đã trả lại để bổ sung; đơn vị được báo bằng thư.")),
    "ask": ("ask-extension", _ask, N_("Đã ghi đề nghị gia hạn.")),
    "grant": ("extend", _grant, N_("Đã gia hạn.")),
    "extend": ("extend", _extend, N_("Đã gia hạn.")),
    "refuse": ("refuse-extension", _refuse, N_("Đã từ chối gia hạn.")),
    "withdraw": ("withdraw", _withdraw, N_("Đã dừng thực hiện.")),
}


def _may(request: Request, visitor: Visitor, number: int) -> None:
    house: House = request.app.state.door.house
    with reading(house.engine) as session:
        plans = plans_of(session, [number])
    if not plans:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    must_act_on(visitor, plans)


def _words_of(form: FormData) -> dict[str, str]:
    found = {name: value for name, value in form.items() if isinstance(value, str) and name != "_csrf"}
    if any(len(value) > TEXT_LENGTH for value in found.values()):
        raise Refused(f"nội dung dài quá {TEXT_LENGTH} ký tự")
    return found


@router.post("/assignments/{number:int}/report")
def report(request: Request, visitor: Acts, number: int, form: FormOf) -> Response:
    """Enter what a unit has sent on paper, on its behalf: the day it was received counts, not the click."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    _may(request, visitor, number)
    given: dict[str, str] = {}
    try:
        given = _words_of(form)
        proofs = _proofs(house, given, form)
        with deed(house, visitor, "report", f"assignment {number}") as session:
            mine = session.get_one(Assignment, number)
            submit_report(session, mine, _filing(house, mine, given, visitor, proofs), house.clock.now())
    except Refused as refused:
        return _show(request, visitor, number, given.get("back", ""),
                     {"at": "report", "given": given, "sentence": plain(refused)})  # fmt: skip
    return pages.go(request, local_path(given.get("back"), f"/assignments/{number}"), N_("Đã ghi báo cáo thay đơn vị."))


def _proofs(house: House, given: dict[str, str], form: FormData) -> list[Proof]:
    links = [link(line) for line in given.get("links", "").split() if line]
    sent = [each for each in form.getlist("files") if isinstance(each, UploadFile) and each.filename]
    if len(sent) > MOST_FILES:
        raise Refused(f"mỗi lần gửi tối đa {MOST_FILES} tệp")
    kept = [keep(upload, house.settings.home) for upload in sent]
    return links + [Proof(EvidenceKind.FILE, one.name, one.sha256, one.size, one.media_type) for one in kept]


def _filing(house: House, mine: Assignment, given: dict[str, str], visitor: Visitor, proofs: list[Proof]) -> Filing:
    number, day = given.get("number", "").strip(), day_of(given.get("dated", ""), "ngày văn bản")
    result = _result(given.get("result", Result.DONE.value))
    lines = {}
    for name, value in given.items():
        if (match := re.fullmatch(r"line-(\d{1,9})", name)) and value:
            text = given.get(f"text-{match[1]}", "").strip() or None
            lines[int(match[1])] = Line(_result(value), text)
    return Filing(
        by=visitor.login,
        result=result,
        received_on=day_of(given.get("received_on", ""), "ngày nhận"),
        document=", ".join(part for part in (number, f"{day:%d/%m/%Y}" if day else "") if part) or None,
        text=given.get("text", "").strip() or None,
        reason_late=given.get("reason_late", "").strip() or None,
        on_behalf=True,
        lines=lines if mine.kind == Kind.REPORT else {},
        proofs=proofs,
    )


def _result(value: str) -> Result:
    if value not in set(Result):
        raise Refused(f"kết quả “{value[:20]}” không có")
    return Result(value)


@router.post("/assignments/{number:int}/{what}")
def do(request: Request, visitor: Acts, number: int, what: str, form: FormOf) -> Response:
    """One of `DEEDS`, in its own transaction; a refusal is shown beside its form with what was typed."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    if what not in DEEDS:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    _may(request, visitor, number)
    name, act, said = DEEDS[what]
    given: dict[str, str] = {}
    try:
        given = _words_of(form)
        with deed(house, visitor, name, f"assignment {number}") as session:
            act(Doing(session, house, session.get_one(Assignment, number), given, visitor.login))
    except Refused as refused:
        return _show(request, visitor, number, given.get("back", ""),
                     {"at": what, "given": given, "sentence": plain(refused)})  # fmt: skip
    return pages.go(request, local_path(given.get("back"), f"/assignments/{number}"), said)


# ------------------------------------------------------------------------------------------------- evidence


@router.api_route("/assignments/{number:int}/evidence/{evidence:int}", methods=READ)
def download(request: Request, visitor: Sees, number: int, evidence: int) -> Response:
    """A file of one of its answers, to keep; never shown by the browser itself."""
    house: House = request.app.state.door.house
    with reading(house.engine) as session:
        page = assignment_page(session, number, house.clock.now(), house.rules.days)
        found = evidence_of(session, number, evidence)
    if page is None or found is None or found.kind != EvidenceKind.FILE or not _HASH.fullmatch(found.sha256 or ""):
        raise HTTPException(HTTPStatus.NOT_FOUND)
    if page.process.confidential and not visitor.may_read_confidential(page.plan.id):
        raise Denied("tệp của nội dung không hiển thị")
    path = path_of(house.settings.home, found.sha256 or "")
    if not path.is_file():
        raise HTTPException(HTTPStatus.NOT_FOUND, "tệp minh chứng không còn trong kho; khôi phục từ bản sao lưu")
    media_type = found.media_type if found.media_type in TYPES.values() else "application/octet-stream"
    return FileResponse(path, media_type=media_type, filename=found.name, content_disposition_type="attachment")
