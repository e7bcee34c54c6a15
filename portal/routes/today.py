"""The front page."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from models.accounts import Role
from models.database import reading

from .. import questions
from ..house import House
from ..pages import Pages
from ..rights import Denied, SignedIn

READ = ["GET", "HEAD"]
router = APIRouter(include_in_schema=False)


@router.api_route("/", methods=READ)
def today(request: Request, visitor: SignedIn) -> Response:
    """What a coordinator looks at first; an officer goes to the page of the own unit."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    if visitor.role is Role.OFFICER:
        raise Denied("tài khoản của cán bộ đơn vị làm việc ở trang của đơn vị")
    with reading(house.engine) as session:
        return pages.show(
            request, "today.html", page=questions.today_page(session, house.clock.now(), house.rules.days)
        )
