"""Plans: the list, one plan with its year, its figures, and its units × tasks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, col, select
from starlette.exceptions import HTTPException

from calendars.spelling import fold
from documents.tables import Cell
from models.database import reading
from models.plan import Plan, Process
from models.units import Unit

from .. import figures, heatmap, questions, tables, words
from ..house import House
from ..pages import Pages
from ..questions import PlanFilter, ProcessLine
from ..rights import Sees
from ..timeline import MARKS
from ..words import HIDDEN, N_

READ = ["GET", "HEAD"]
SHOWN = 100
YEARS = range(1900, 2200)
router = APIRouter(include_in_schema=False)

PLANS = (N_("Mã"), N_("Tên kế hoạch"), N_("Số, ký hiệu"), N_("Cơ quan ban hành"), N_("Theo dõi từ"), N_("Hết hiệu lực"),
         N_("Tình trạng"))  # fmt: skip
LINES = (N_("Mục"), N_("Mã"), N_("Nội dung"), N_("Sản phẩm"), N_("Đơn vị chủ trì"), N_("Thời gian, như in"),
         N_("Cách hiểu"), N_("Kỳ"), N_("Hạn"), N_("Còn đúng hạn đến hết"), N_("Đã báo cáo"), N_("Phải báo cáo"),
         N_("Trạng thái"))  # fmt: skip
YEAR = (N_("Hạn"), N_("Nội dung"), N_("Kỳ"), N_("Mở"), N_("Chốt số liệu"), N_("Tình trạng"))
TARGETS = (N_("Chỉ tiêu"), N_("Mức"), N_("Đến"), N_("Tử số"), N_("Mẫu số"), N_("Kết quả"), N_("Đánh giá"),
           N_("Đơn vị có số liệu"), N_("Ghi chú"))  # fmt: skip


@router.api_route("/plans", methods=READ)
def plans(request: Request, visitor: Sees, q: str = "", after: str = "") -> Response:
    """Every plan."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    today = house.clock.now().date()
    query = select(Plan).order_by(col(Plan.id))
    if q.strip():
        query = query.where(col(Plan.folded).contains(fold(q.strip()), autoescape=True))
    with reading(house.engine) as session:
        if form := tables.wanted(request):
            said = words.translator(pages.language(request))
            names = _names(session)
            rows = (
                [plan.id, plan.title, plan.number, names.get(plan.issued_by, plan.issued_by), plan.track_from,
                 plan.valid_to, said(words.PLAN_MOODS[questions.plan_mood(plan, today)])]
                for plan in session.exec(query.limit(tables.MOST + 1))
            )  # fmt: skip
            return tables.answer(request, N_("Kế hoạch"), PLANS, rows, form)
        found = list(session.exec(query.where(col(Plan.id) > after).limit(SHOWN + 1)))
        names = _names(session)
        lines = [(plan, questions.plan_mood(plan, today), names.get(plan.issued_by, plan.issued_by))
                 for plan in found[:SHOWN]]  # fmt: skip
        more = found[SHOWN - 1].id if len(found) > SHOWN else None
        return pages.show(request, "plans.html", lines=lines, after=more, q=q)


def _names(session: Session) -> dict[str, str]:
    """{unit: name} of those that have issued a plan."""
    issuers = select(Plan.issued_by)
    return dict(session.exec(select(Unit.id, Unit.name).where(col(Unit.id).in_(issuers))).all())


@router.api_route("/plans/{plan_id}", methods=READ)
def plan(
    request: Request,
    visitor: Sees,
    plan_id: str,
    section: str = "",
    state: str = "",
    lead: str = "",
    q: str = "",
    year: int | None = None,
) -> Response:
    """Its tasks and reports, and a year of it."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    only = PlanFilter(section, state, lead.strip(), q.strip())
    with reading(house.engine) as session:
        page = questions.plan_page(session, plan_id, house.clock.now(), only=only, year=year if year in YEARS else None)
        if page is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        said = words.translator(pages.language(request))
        shown = visitor.may_read_confidential(plan_id)
        if form := tables.wanted(request):
            return tables.answer(request, page.plan.id, LINES, _line_rows(page.lines, said, shown=shown), form)
        if form := tables.wanted(request, "year"):
            rows = (
                [mark.occurrence.due_on, _title(process, said, shown=shown), mark.occurrence.label,
                 mark.occurrence.opens_on, mark.occurrence.cutoff_on, said(MARKS[mark.key])]
                for process, mark in page.timeline.marks
            )  # fmt: skip
            return tables.answer(request, f"{page.plan.id} {page.timeline.year}", YEAR, rows, form)
        return pages.show(request, "plan.html", page=page, only=only, marks=MARKS)


def _line_rows(lines: list[ProcessLine], said: words.Translate, *, shown: bool) -> Iterator[list[Cell]]:
    for line in lines:
        process, now = line.process, line.now
        occurrence = now.occurrence if now else None
        hidden = process.confidential and not shown
        yield [
            process.section,
            process.code,
            _title(process, said, shown=shown),
            None if hidden else process.deliverable,
            ", ".join(line.leads) or (f"{line.leads_of} {said(N_('đơn vị'))}" if line.leads_of else None),
            process.phrase,
            line.reading,
            occurrence.label if occurrence else None,
            occurrence.due_on if occurrence else None,
            occurrence.late_after if occurrence else None,
            now.reported if now else None,
            now.total if now else None,
            said(line.standing[1]),
        ]


def _title(process: Process, said: words.Translate, *, shown: bool) -> str:
    return said(HIDDEN) if process.confidential and not shown else process.title


@router.api_route("/plans/{plan_id}/figures", methods=READ)
def plan_figures(request: Request, visitor: Sees, plan_id: str) -> Response:
    """The two tables of totals, and targets."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    language = pages.language(request)
    with reading(house.engine) as session:
        page = figures.figures(session, plan_id, house.clock.now().date())
        if page is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        said = words.translator(language)
        for name, heading, rows in page.tables:
            if form := tables.wanted(request, name):
                counts: list[list[Cell]] = [[labels[language == words.ENGLISH], count] for labels, count in rows]
                counts += [[said(N_("Cộng")), sum(count for _, count in rows)],
                           [said(N_("Mã kiểm tra")), page.totals.checksum]]  # fmt: skip
                return tables.answer(
                    request, f"{plan_id} {said(heading)}", (N_("Tình trạng"), N_("Số lượng")), counts, form
                )
        shown = not page.plan.confidential or visitor.may_read_confidential(plan_id)
        if not shown:
            page = replace(page, indicators=[replace(one, text=said(HIDDEN)) for one in page.indicators])
        if form := tables.wanted(request, "targets"):
            lines = figures.indicator_rows(page.indicators, language)
            lines = [[said(str(cell)) if place == 6 else cell for place, cell in enumerate(row)] for row in lines]
            return tables.answer(request, f"{plan_id} {said(N_('Chỉ tiêu'))}", TARGETS, lines, form)
        return pages.show(request, "plan-figures.html", page=page, number=figures.number, verdicts=figures.VERDICTS)


@router.api_route("/plans/{plan_id}/units", methods=READ)
def plan_units(
    request: Request, visitor: Sees, plan_id: str, year: int | None = None, after: str | None = None
) -> Response:
    """Units × tasks: where each unit stands with each task, in one year."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    with reading(house.engine) as session:
        found = questions.plan_and_years(session, plan_id)
        if found is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        plan, years = found
        chosen = year if year in YEARS else questions.nearest(house.clock.now().year, years)
        said = words.translator(pages.language(request))
        shown = visitor.may_read_confidential(plan_id)
        if form := tables.wanted(request):
            page = heatmap.heat_map(session, plan_id, chosen or 0, None, most=tables.MOST, most_tasks=500)
            heads = [process.code or _title(process, said, shown=shown) for process in page.processes]
            rows = (
                [unit.name, *(heatmap.letter(counts) if (counts := page.cells.get((unit.id, task.key))) else None
                              for task in page.processes)]
                for unit in page.units
            )  # fmt: skip
            return tables.answer(request, f"{plan_id} {chosen}", (N_("Đơn vị"), *heads), rows, form)
        page = heatmap.heat_map(session, plan_id, chosen or 0, after)
        return pages.show(
            request, "plan-units.html", plan=plan, page=page, years=years, letters=heatmap.LETTERS
        )
