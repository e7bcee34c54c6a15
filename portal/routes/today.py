"""The front page: what is late, what is due, what waits for somebody; and its counters by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fastapi import APIRouter, Request, Response

from documents.tables import Cell
from models.accounts import Role
from models.database import reading
from models.lifecycle import State

from .. import tables, words
from ..house import House
from ..pages import Pages
from ..questions_today import STATES, WAITING, Filters, OwedRow, counters, morning, owed_rows
from ..rights import Denied, Sees, SignedIn, Visitor
from ..words import HIDDEN, N_

READ = ["GET", "HEAD"]
COLUMNS = (
    N_("Đơn vị"), N_("Kế hoạch"), N_("Ký hiệu"), N_("Nội dung"), N_("Kỳ"), N_("Hạn"), N_("Ngày cuối còn đúng hạn"),
    N_("Trạng thái"), N_("Chậm, ngày làm việc"),
)  # fmt: skip
router = APIRouter(include_in_schema=False)


@router.api_route("/", methods=READ)
def today(
    request: Request,
    visitor: SignedIn,
    plan: str = "",
    unit: str = "",
    state: str = "",
    all: str = "",
    after: str = "",
) -> Response:
    """What a coordinator looks at first; an officer goes to the page of the own unit."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    if visitor.role is Role.OFFICER:
        raise Denied("tài khoản của cán bộ đơn vị làm việc ở trang của đơn vị")
    filters = Filters.of(visitor, plan=plan, unit=unit, state=state, everything=bool(all))
    last = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else None
    with reading(house.engine) as session:
        if format := tables.wanted(request):
            found = owed_rows(session, house.clock.now().date(), filters, limit=tables.MOST + 1)
            return tables.answer(request, N_("Việc quá hạn và sắp đến hạn"), COLUMNS,
                                 _cells(house, visitor, found), format)  # fmt: skip
        page = morning(session, house.clock.now(), house.rules.days, filters, last)
        return pages.show(request, "today.html", page=page, filters=filters, states=STATES, everything=bool(all),
                          kept=_kept(all), waits=WAITING)  # fmt: skip


@router.api_route("/counters", methods=READ)
def counted(request: Request, visitor: Sees, plan: str = "", all: str = "") -> Response:
    """The counters of the front page, asked again while it stays open."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    filters = Filters.of(visitor, plan=plan, everything=bool(all))
    with reading(house.engine) as session:
        found = counters(session, house.clock.now().date(), filters)
        return pages.show(request, "counters.html", counters=found, kept=_kept(all))


def _kept(everything: str) -> dict[str, str]:
    """What the links of the page carry on."""
    return {"all": "1"} if everything else {}


def _cells(house: House, visitor: Visitor, rows: Sequence[OwedRow]) -> Iterator[list[Cell]]:
    today = house.clock.now().date()
    for assignment, occurrence, process, unit in rows:
        hidden = process.confidential and not visitor.may_read_confidential(process.plan_id)
        yield [
            unit.name,
            process.plan_id,
            None if hidden else process.code,
            HIDDEN if hidden else process.title,
            occurrence.label or occurrence.period,
            assignment.due_on,
            assignment.late_after,
            words.state_words(assignment.kind)[State(assignment.state)],
            house.rules.days.count(assignment.late_after, today) if assignment.late_after < today else None,
        ]
