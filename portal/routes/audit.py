"""The audit: who did what, what moved, and whether the chain holds. Nothing here changes anything."""

from __future__ import annotations

import threading
from datetime import date

from fastapi import APIRouter, Request, Response

from actions.move import Refused
from actions.verify_audit import Proof, verify
from models.accounts import Outcome
from models.database import reading
from models.lifecycle import Move

from .. import audit_log, tables, words
from ..audit_log import LogFilter
from ..house import House
from ..pages import Pages
from ..record import note
from ..rights import Sees, Visitor
from ..words import N_

READ = ["GET", "HEAD"]
LARGEST = 2**62
router = APIRouter(include_in_schema=False)

DEEDS = (N_("Số"), N_("Lúc"), N_("Ai"), N_("Vai"), N_("Việc làm"), N_("Với"), N_("Kết cục"), N_("Chi tiết"))
MOVES = (N_("Số"), N_("Ghi lúc"), N_("Thành sự thật lúc"), N_("Ai"), N_("Bước chuyển"), N_("Từ"), N_("Sang"),
         N_("Phần việc"), N_("Đơn vị"), N_("Nội dung"), N_("Kỳ"), N_("Lý do"))  # fmt: skip
OUTCOMES: dict[str, str] = {
    "done": N_("đã làm"),
    "refused": N_("không được phép theo quy tắc"),
    "denied": N_("bị từ chối"),
}
MOVE_NAMES: dict[str, str] = {
    "open": N_("mở"), "start": N_("bắt đầu"), "submit": N_("nộp"), "accept": N_("xác nhận"), "return": N_("trả lại"),
    "extend": N_("gia hạn"), "lapse": N_("quá hạn"), "close": N_("chốt kỳ"), "withdraw": N_("dừng"),
}  # fmt: skip
HIDDEN = N_("Nội dung không hiển thị")
_proving = threading.Lock()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and int(text) < LARGEST else None


@router.api_route("/audit", methods=READ)
def audit(
    request: Request,
    visitor: Sees,
    who: str = "",
    what: str = "",
    outcome: str = "",
    first: str = "",
    last: str = "",
    after: str = "",
) -> Response:
    """Deeds at the portal."""
    ended = Outcome(outcome) if outcome in set(Outcome) else None
    return _deeds(request, LogFilter(who.strip(), what.strip(), ended, None, _day(first), _day(last)), _number(after))


def _deeds(request: Request, only: LogFilter, after: int | None, proof: Proof | None = None) -> Response:
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    said = words.translator(pages.language(request))
    with reading(house.engine) as session:
        if form := tables.wanted(request):
            rows = (
                [one.id, one.at, one.actor, one.role, one.what, one.target, said(OUTCOMES[one.outcome]), one.detail]
                for one in audit_log.every_deed(session, only, tables.MOST + 1)
            )
            return tables.answer(request, N_("Nhật ký"), DEEDS, rows, form)
        found = audit_log.deeds(session, only, after)
        shown = found[: audit_log.SHOWN]
        return pages.show(
            request,
            "audit.html",
            deeds=shown,
            after=shown[-1].id if len(found) > len(shown) else None,
            only=only,
            outcomes=OUTCOMES,
            chain=audit_log.chain(session),
            proof=proof,
        )


@router.api_route("/audit/moves", methods=READ)
def moves(
    request: Request,
    visitor: Sees,
    who: str = "",
    what: str = "",
    of: str = "",
    first: str = "",
    last: str = "",
    after: str = "",
) -> Response:
    """Moves of the life cycle."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    said = words.translator(pages.language(request))
    move = what if what in set(Move) else ""
    only = LogFilter(who.strip(), move, None, _number(of), _day(first), _day(last))
    with reading(house.engine) as session:
        if form := tables.wanted(request):
            rows = (
                [one.transition.id, one.transition.recorded_at, one.transition.at, one.transition.by,
                 said(MOVE_NAMES.get(one.transition.move, one.transition.move)), one.transition.from_state,
                 one.transition.to_state, one.transition.assignment_id, one.unit.short,
                 _title(one, visitor, said), one.occurrence.label, _reason(one, visitor)]
                for one in audit_log.every_move(session, only, tables.MOST + 1)
            )  # fmt: skip
            return tables.answer(request, N_("Bước chuyển"), MOVES, rows, form)
        found = audit_log.moves(session, only, _number(after))
        shown = found[: audit_log.SHOWN]
        return pages.show(
            request,
            "audit-moves.html",
            moves=shown,
            after=shown[-1].transition.id if len(found) > len(shown) else None,
            only=only,
            names=MOVE_NAMES,
        )


def _hidden(one: audit_log.Moved, visitor: Visitor) -> bool:
    return one.process.confidential and not visitor.may_read_confidential(one.process.plan_id)


def _title(one: audit_log.Moved, visitor: Visitor, said: words.Translate) -> str:
    return said(HIDDEN) if _hidden(one, visitor) else one.process.title


def _reason(one: audit_log.Moved, visitor: Visitor) -> str | None:
    return None if _hidden(one, visitor) else one.transition.reason


@router.post("/audit/verify")
def prove(request: Request, visitor: Sees) -> Response:
    """Compute the chain again, one visitor at a time; a long chain is the command's work."""
    house: House = request.app.state.door.house
    if not _proving.acquire(blocking=False):
        raise Refused("đang có người kiểm tra chuỗi: chờ ít phút rồi thử lại")
    try:
        with reading(house.engine) as session:
            if audit_log.sealed_rows(session) > audit_log.VERIFIED:
                raise Refused("chuỗi đã dài, kiểm tra ở đây sẽ lâu; chạy trên máy chủ: dondoc audit verify")
            proof = verify(session)
    finally:
        _proving.release()
    note(house, visitor, "verify_audit", "chain", Outcome.DONE, "ok" if proof.ok else proof.breaks[0].message)
    return _deeds(request, LogFilter(), None, proof)
