"""Any table of a page as a file: the page's own address with `?format=csv` or `?format=xlsx`, its filters included.

A page with several tables names one: `?format=csv&table=totals`. The file holds the whole filtered list, not the rows
of one page, and at most `MOST` of them: a longer list says in its last row that it was cut.

    if format := tables.wanted(request):
        return tables.answer(request, "don-vi", COLUMNS, rows, format)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice

from fastapi import Request, Response

from calendars.spelling import fold
from documents.tables import Cell, Column, csv
from documents.workbook import table

from . import words
from .pages import Pages
from .words import N_

MOST = 50_000
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
CUT = N_("Bảng dừng ở dòng thứ 50.000; lọc bớt rồi xuất lại để có phần còn thiếu.")


def wanted(request: Request, name: str = "") -> str | None:
    """The format asked for: `csv`, `xlsx`, or None for the page itself. `name` is that of one table among several."""
    form = request.query_params.get("format", "")
    return form if form in TYPES and request.query_params.get("table", "") == name else None


def answer(
    request: Request, name: str, columns: Sequence[str | Column], rows: Iterable[Sequence[Cell]], form: str
) -> Response:
    """A table as a file to keep: at most `MOST` rows are read from `rows`.

    `name` is what the file and its sheet are called; columns are marked with `N_` and said in the visitor's language.
    """
    pages: Pages = request.app.state.pages
    said = words.translator(pages.language(request))
    heads = [Column(said(one.title), one.width) if isinstance(one, Column) else said(one) for one in columns]
    found: list[Sequence[Cell]] = list(islice(rows, MOST + 1))
    if len(found) > MOST:
        found[MOST:] = [[said(CUT), *[None] * (len(heads) - 1)]]
    body = csv(heads, found) if form == "csv" else table(said(name), heads, found)
    plain = re.sub(r"[^a-z0-9]+", "-", fold(name).lower()).strip("-")[:80] or "bang"
    file = f"{plain}-{pages.house.clock.now():%Y-%m-%d}.{form}"
    return Response(body, media_type=TYPES[form], headers={"Content-Disposition": f'attachment; filename="{file}"'})
