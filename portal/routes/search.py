"""The search box."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from models.accounts import Role
from models.database import reading

from .. import finding
from ..house import House
from ..pages import Pages
from ..rights import Sees

router = APIRouter(include_in_schema=False)
LONGEST = 100


@router.api_route("/search", methods=["GET", "HEAD"])
def search(request: Request, visitor: Sees, q: str = "") -> Response:
    """Plans, tasks, units and documents that have these words."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    words = " ".join(q.replace("\0", "").split())[:LONGEST]
    readable = None if visitor.role is Role.ADMIN else visitor.plans
    found = None
    if len(words) >= finding.SHORTEST:
        with reading(house.engine) as session:
            found = finding.search(session, words, readable)
    return pages.show(request, "search.html", q=words, found=found, most=finding.SHOWN, filed=finding.FILED)
