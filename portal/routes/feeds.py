"""A unit's calendar, for its calendar program: the address is the key."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from models.database import reading

from .. import unit_record
from ..house import House
from ..rights import FeedLink

router = APIRouter(include_in_schema=False)


@router.api_route("/feeds/{token}.ics", methods=["GET", "HEAD"])
def unit_feed(request: Request, visitor: FeedLink, token: str) -> Response:
    """What the unit owes and what will be asked of it."""
    house: House = request.app.state.door.house
    with reading(house.engine) as session:
        body = unit_record.calendar_of(session, visitor.unit_id, house.clock.now().date(), house.config.units)
    return Response(
        body,
        media_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'inline; filename="don-doc.ics"'},
    )
