"""One plan."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from models.database import reading

from .. import questions
from ..house import House
from ..pages import Pages
from ..rights import Sees

READ = ["GET", "HEAD"]
router = APIRouter(include_in_schema=False)


@router.api_route("/plans/{plan_id}", methods=READ)
def plan(request: Request, visitor: Sees, plan_id: str) -> Response:
    """Its tasks and reports."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    with reading(house.engine) as session:
        page = questions.plan_page(session, plan_id, house.clock.now())
        if page is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return pages.show(request, "plan.html", page=page)
