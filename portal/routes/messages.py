"""The outbox: letters, one letter, the steps that wait for approval."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response
from starlette.exceptions import HTTPException

from actions.decide import release_held
from actions.move import Refused
from documents.tables import Cell
from models.database import reading
from models.outbox import LetterState
from notifications.deliver import send_again

from .. import letters, tables, words
from ..house import House
from ..letters import LetterFilter, LetterLine
from ..pages import Pages
from ..record import deed
from ..rights import Acts, Denied, Right, Sees, Visitor
from ..words import HIDDEN, N_

READ = ["GET", "HEAD"]
router = APIRouter(include_in_schema=False)

COLUMNS = (N_("Số"), N_("Ngày"), N_("Tiêu đề"), N_("Gửi đến"), N_("Vai"), N_("Kênh"), N_("Trạng thái"), N_("Lần gửi"),
           N_("Gửi lúc"), N_("Lỗi"), N_("Kế hoạch"))  # fmt: skip
RELEASED, DROPPED = N_("Đã duyệt: thông báo đi cùng đợt thư tới."), N_("Đã bỏ: thông báo không gửi nữa.")
AGAIN = N_("Thư sẽ được gửi lại trong đợt gửi tới.")


def readable(visitor: Visitor, line: LetterLine) -> bool:
    """Whether this visitor may read what a letter says."""
    return all(visitor.may_read_confidential(plan) for plan in line.secret)


def may_resend(visitor: Visitor, line: LetterLine) -> bool:
    """Whether this visitor may have a letter sent again: every plan it speaks of is theirs."""
    if not line.plans:
        return visitor.may_act_on("")
    return all(visitor.may_act_on(plan) for plan in line.plans)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@router.api_route("/messages", methods=READ)
def messages(
    request: Request,
    visitor: Sees,
    state: str = "",
    unit: str = "",
    q: str = "",
    plan: str = "",
    first: str = "",
    last: str = "",
    after: str | None = None,
) -> Response:
    """Letters by state, reader, plan and day."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    wanted = LetterState(state) if state in set(LetterState) else None
    only = LetterFilter(wanted, unit, q.strip(), plan, _day(first), _day(last))
    with reading(house.engine) as session:
        if form := tables.wanted(request):
            said = words.translator(pages.language(request))
            found = letters.every(session, only, tables.MOST + 1)
            return tables.answer(request, N_("Thư"), COLUMNS, _rows(found, visitor, said), form)
        page = letters.outbox(session, only, after, house.clock.now().date())
        return pages.show(
            request,
            "messages.html",
            page=page,
            only=only,
            most=letters.COUNTED,
            readable=lambda line: readable(visitor, line),
            may_approve=visitor.may(Right.ACT) and any(visitor.may_act_on(one.notice.plan_id) for one in page.held),
        )


def _rows(lines: Iterator[LetterLine], visitor: Visitor, said: words.Translate) -> Iterator[list[Cell]]:
    for line in lines:
        letter = line.letter
        yield [
            letter.id,
            letter.day,
            letter.subject if readable(visitor, line) else said(HIDDEN),
            line.unit,
            said(words.ROLES.get(line.role, line.role)),
            letter.carried_by or letter.channel,
            said(words.LETTER_STATES[LetterState(letter.state)]),
            letter.tries,
            letter.sent_at,
            line.error,
            ", ".join(sorted(line.plans)),
        ]


@router.api_route("/messages/{letter_id:int}", methods=READ)
def letter(request: Request, visitor: Sees, letter_id: int) -> Response:
    """One letter as it was written, and how it fared."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    with reading(house.engine) as session:
        found = letters.letter_page(session, letter_id)
        if found is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        line, attempts, steps = found
        again = line.letter.state == LetterState.UNKNOWN or (
            line.letter.state == LetterState.FAILED and line.letter.next_try_at is None
        )
        return pages.show(
            request,
            "letter.html",
            line=line,
            attempts=attempts,
            steps=steps,
            readable=readable(visitor, line),
            may_resend=again and may_resend(visitor, line),
        )


@router.post("/messages/{letter_id:int}/again")
def again(request: Request, visitor: Acts, letter_id: int) -> Response:
    """Send a letter once more that was given up, or of which nobody knows whether it arrived."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    with reading(house.engine) as session:
        found = letters.letter_page(session, letter_id)
        if found is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        if not may_resend(visitor, found[0]):
            raise Denied("thư này nói về kế hoạch không do tài khoản này theo dõi")
    with deed(house, visitor, "send_again", f"letter {letter_id}") as session:
        if not send_again(session, letter_id):
            raise Refused("chỉ gửi lại được thư đã thôi thử, hoặc không rõ đã đến chưa")
    return pages.go(request, f"/messages/{letter_id}", said=AGAIN)


@router.post("/messages/held")
def decide_held(
    request: Request,
    visitor: Acts,
    what: Annotated[Literal["release", "drop"], Form()],
    notice: Annotated[list[int] | None, Form()] = None,
) -> Response:
    """Let held steps go, or drop them."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    ids = sorted(set(notice or ()))[:1000]
    with reading(house.engine) as session:
        if not all(visitor.may_act_on(plan) for plan in letters.plans_held(session, ids)):
            raise Denied("có thông báo của kế hoạch không do tài khoản này theo dõi")
    with deed(house, visitor, f"{what}_held", "notices " + ", ".join(map(str, ids))) as session:
        release_held(session, house.rules, ids, house.clock.now(), drop=what == "drop")
    return pages.go(request, "/messages", said=DROPPED if what == "drop" else RELEASED)
