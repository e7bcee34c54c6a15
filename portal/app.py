"""The status page: what stands open, who is late, which letters have not arrived.

Served by `dondoc up`. Read-only, without script, nothing from another host; each page is one look at the ledger.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from calendars.working_days import WorkingDays
from config.clock import Clock
from config.settings import Settings
from models.database import reading
from models.outbox import LetterState

from . import metrics, questions, words

HERE = Path(__file__).resolve().parent
LOOPBACK = ("127.0.0.1", "localhost", "::1")
ANY_ADDRESS = ("0.0.0.0", "::", "")
READ = ["GET", "HEAD"]

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
NO_STORE = "no-store"
FOR_A_YEAR = "public, max-age=31536000, immutable"  # the address carries the content's hash


class House(Protocol):
    """What the portal needs of the wired house."""

    @property
    def engine(self) -> Engine:
        """The ledger."""

    @property
    def settings(self) -> Settings:
        """Addresses and ports."""

    @property
    def clock(self) -> Clock:
        """What time the house believes it is."""


def create_app(house: House, working_days: WorkingDays | None = None) -> FastAPI:
    """The status page of one house. `working_days` counts days late; without it the plain Vietnamese calendar does."""
    app = FastAPI(title="Dondoc", docs_url=None, redoc_url=None, openapi_url=None)
    pages = Pages(house)
    days = working_days or WorkingDays()

    @app.api_route("/", methods=READ)
    def today(request: Request) -> Response:
        now = house.clock.now()
        with reading(house.engine) as session:
            return pages.show(request, "today.html", page=questions.today_page(session, now, days))

    @app.api_route("/plans/{plan_id}", methods=READ)
    def plan(request: Request, plan_id: str) -> Response:
        with reading(house.engine) as session:
            page = questions.plan_page(session, plan_id, house.clock.now())
            if page is None:
                raise HTTPException(HTTPStatus.NOT_FOUND)
            return pages.show(request, "plan.html", page=page)

    @app.api_route("/messages", methods=READ)
    def messages(request: Request, state: str = "") -> Response:
        wanted = LetterState(state) if state in set(LetterState) else None
        with reading(house.engine) as session:
            page = questions.messages_page(session, wanted)
            return pages.show(request, "messages.html", page=page, wanted=wanted)

    @app.api_route("/messages/{letter_id:int}", methods=READ)
    def letter(request: Request, letter_id: int) -> Response:
        with reading(house.engine) as session:
            found = questions.letter_page(session, letter_id)
            if found is None:
                raise HTTPException(HTTPStatus.NOT_FOUND)
            return pages.show(request, "letter.html", line=found[0], attempts=found[1])

    metrics.add_to(app, house)

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> Response:
        return pages.show(request, "error.html", status=error.status_code, code=error.status_code)

    @app.exception_handler(SQLAlchemyError)
    def no_ledger(request: Request, _error: SQLAlchemyError) -> Response:
        return pages.show(request, "error.html", status=HTTPStatus.SERVICE_UNAVAILABLE, code=503)

    app.mount("/static", StaticFiles(directory=HERE / "static"))
    app.middleware("http")(_with_headers)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=_hosts(house.settings), www_redirect=False)
    return app


async def _with_headers(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await answer(request)
    response.headers.update(SECURITY_HEADERS)
    fixed = request.url.path.startswith("/static/") and response.status_code == HTTPStatus.OK
    response.headers["Cache-Control"] = FOR_A_YEAR if fixed and request.url.query else NO_STORE
    return response


def _hosts(settings: Settings) -> list[str]:
    """The names this page answers to: a name that a stranger points at loopback is not among them."""
    if settings.host in ANY_ADDRESS:
        return ["*"]
    public = (settings.public_url or "").partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0]
    return sorted({*LOOPBACK, "[::1]", settings.host, *([public] if public else [])})


class Pages:
    """Templates with what every page knows: language, date, addresses."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=select_autoescape(),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.templates.globals["static"] = {
            file.name: f"/static/{file.name}?v={hashlib.sha256(file.read_bytes()).hexdigest()[:12]}"
            for file in (HERE / "static").iterdir()
        }
        self.templates.globals["words"] = words

    def show(self, request: Request, template: str, status: int = HTTPStatus.OK, **page: Any) -> HTMLResponse:
        """One page in the language of the request."""
        language = words.ENGLISH if request.query_params.get("lang") == words.ENGLISH else words.VIETNAMESE

        def link(path: str, **query: str) -> str:
            if language != words.VIETNAMESE:
                query["lang"] = language
            return f"{path}?{urlencode(query)}" if query else path

        def other_language() -> str:
            query = {key: value for key, value in request.query_params.items() if key != "lang"}
            if language == words.VIETNAMESE:
                query["lang"] = words.ENGLISH
            return f"{request.url.path}?{urlencode(query)}" if query else request.url.path

        html = self.templates.get_template(template).render(
            _=words.translator(language),
            language=language,
            link=link,
            other_language=other_language(),
            now=self.house.clock.now(),
            shifted=self.house.clock.shifted,
            prefect=PrefectLinks(self.house) if request.url.hostname in LOOPBACK else None,
            date=lambda day: words.short_date(day, language),
            long_date=lambda day: words.long_date(day, language),
            moment=lambda at: words.moment(at, language),
            **page,
        )
        return HTMLResponse(html, status)


class PrefectLinks:
    """Prefect's own pages. It listens on this machine only, so these links are shown on this machine only."""

    def __init__(self, house: House) -> None:
        self.base = f"http://127.0.0.1:{house.settings.prefect_port}"
        self._now = house.clock.to_real(house.clock.now())

    def run(self, run_id: str) -> str:
        """One run."""
        return f"{self.base}/runs/flow-run/{run_id}"

    def runs(self, state: str = "") -> str:
        """All runs, or those of one state. Without the years around today Prefect shows the past seven days only."""
        span = {"type": "range", "startDate": self._day(-1096), "endDate": self._day(1096)}
        return f"{self.base}/runs?{urlencode(({'state': state} if state else {}) | span)}"

    def _day(self, distance: int) -> str:
        return f"{self._now + timedelta(days=distance):%Y-%m-%dT00:00:00.000Z}"
