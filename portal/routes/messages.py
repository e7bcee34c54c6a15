"""The outbox."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from models.database import reading
from models.outbox import LetterState

from .. import questions
from ..house import House
from ..pages import Pages
from ..rights import Sees

READ = ["GET", "HEAD"]
router = APIRouter(include_in_schema=False)


@router.api_route("/messages", methods=READ)
def messages(request: Request, visitor: Sees, state: str = "") -> Response:
    """Letters, all or of one state."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    wanted = LetterState(state) if state in set(LetterState) else None
    with reading(house.engine) as session:
        page = questions.messages_page(session, wanted)
        return pages.show(request, "messages.html", page=page, wanted=wanted)


@router.api_route("/messages/{letter_id:int}", methods=READ)
def letter(request: Request, visitor: Sees, letter_id: int) -> Response:
    """One letter as it was written."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    with reading(house.engine) as session:
        found = questions.letter_page(session, letter_id)
        if found is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return pages.show(request, "letter.html", line=found[0], attempts=found[1])
