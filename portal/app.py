"""The portal: what a coordinator looks at, and where a unit reports without an account.

Served by `dondoc up`. Pages are made on the server and need no script; nothing comes from another host. Every route
names its right (`portal/rights.py`), every deed leaves its row in the audit (`portal/record.py`).
"""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from limits import parse
from sqlalchemy.exc import DataError, SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from actions.move import Refused
from config.keys import keys_of
from models.accounts import Outcome

from . import api, metrics, signing_in
from .guard import NO_STORE, SECURITY_HEADERS, BodyLimit, Headers, check_origin, hosts_of
from .house import House
from .pages import HERE, Pages
from .record import note
from .rights import NOBODY, SAFE, ClosedLink, Denied, Door, NotSignedIn, Visitor, check_routes
from .routes import (
    accounts,
    assignment,
    audit,
    config_pages,
    feeds,
    form,
    head,
    messages,
    oidc,
    period,
    plan,
    press,
    search,
    settings,
    today,
    waiting,
)
from .routes import unit as units
from .signing_in import address_of

ROUTERS = (
    signing_in.router,
    metrics.router,
    today.router,
    waiting.router,
    press.router,
    period.router,
    assignment.router,
    plan.router,
    messages.router,
    units.router,
    feeds.router,
    audit.router,
    search.router,
    form.router,
    head.router,
    accounts.router,
    config_pages.router,
    settings.router,
    oidc.router,
    *api.routers,
)
API = "/api/"
DENIALS = parse("60/10minutes")  # recorded for one address


def create_app(house: House) -> FastAPI:
    """The portal of one house."""
    app = FastAPI(title="Dondoc", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    keys = keys_of(house.settings)
    app.state.door = Door(house, keys)
    app.state.pages = Pages(house, keys)
    app.state.limits = signing_in.Limits()
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    check_routes(app)
    _answer_errors(app, house)
    app.add_middleware(BodyLimit)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts_of(house.settings), www_redirect=False)
    app.add_middleware(Headers)  # the last one added stands outermost
    return app


def _answer_errors(app: FastAPI, house: House) -> None:
    """Every error is a page with a sentence, or JSON below `/api/`; what was denied is recorded."""
    pages: Pages = app.state.pages
    limits: signing_in.Limits = app.state.limits

    def say(request: Request, status: int, sentence: str | None = None, template: str = "error.html") -> Response:
        if request.url.path.startswith(API):
            return JSONResponse({"detail": sentence or HTTPStatus(status).phrase}, status)
        return pages.show(request, template, status, code=status, sentence=sentence)

    def record_denied(request: Request, why: str) -> None:
        visitor: Visitor = getattr(request.state, "visitor", NOBODY)
        # A stranger who knocks all night fills no ledger.
        if not house.settings.read_only and limits.first_of_many(DENIALS, address_of(request)):
            note(house, visitor, f"{request.method} {request.url.path}"[:200], "portal", Outcome.DENIED, why)

    def nobody_asks(request: Request) -> bool:
        """Whether a body that could not be read came from a stranger: it is read before the right is asked for."""
        if not request.url.path.startswith(API) or hasattr(request.state, "visitor"):
            return False
        visitor: Visitor = app.state.door.visitor(request)
        return visitor.role is None

    @app.exception_handler(NotSignedIn)
    def not_signed_in(request: Request, _error: NotSignedIn) -> Response:
        if request.url.path.startswith(API):
            return JSONResponse({"detail": "cần khoá truy cập"}, 401, {"WWW-Authenticate": "Bearer"})
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return pages.go(request, f"/sign-in?next={quote(path if request.method == 'GET' else '/', safe='')}")

    @app.exception_handler(Denied)
    def denied(request: Request, error: Denied) -> Response:
        record_denied(request, error.detail)
        return say(request, error.status_code, error.detail)

    @app.exception_handler(ClosedLink)
    async def closed(request: Request, error: ClosedLink) -> Response:
        why = "forged link" if error.link is None else f"closed link of {error.link.unit_id}"
        await run_in_threadpool(record_denied, request, why)
        unit = error.link.unit_id if error.link else None
        typed = await _typed(request) if unit else []
        status = HTTPStatus.GONE if unit else HTTPStatus.NOT_FOUND
        return pages.show(request, "link-closed.html", status, unit=unit, typed=typed)

    @app.exception_handler(Refused)
    def refused(request: Request, error: Refused) -> Response:
        return say(request, HTTPStatus.CONFLICT, str(error))

    @app.exception_handler(RequestValidationError)
    def not_understood(request: Request, error: RequestValidationError) -> Response:
        if nobody_asks(request):
            return not_signed_in(request, NotSignedIn())
        names = sorted({str(one["loc"][-1])[:60] for one in error.errors()})[:10]
        fields = ", ".join(names).encode("utf-8", "replace").decode()
        return say(request, HTTPStatus.UNPROCESSABLE_ENTITY, f"giá trị không đọc được: {fields}")

    @app.exception_handler(HTTPException)
    def other(request: Request, error: HTTPException) -> Response:
        if error.status_code == HTTPStatus.BAD_REQUEST and nobody_asks(request):
            return not_signed_in(request, NotSignedIn())
        sentence = error.detail if error.detail != _phrase(error.status_code) else None
        if error.status_code == HTTPStatus.FORBIDDEN:
            record_denied(request, error.detail)
        return say(request, error.status_code, sentence)

    @app.exception_handler(DataError)
    @app.exception_handler(OverflowError)
    def no_such_value(request: Request, _error: Exception) -> Response:
        """A number or a character that no column holds."""
        return say(request, HTTPStatus.UNPROCESSABLE_ENTITY, "giá trị không đọc được")

    @app.exception_handler(Exception)
    def unforeseen(request: Request, _error: Exception) -> Response:
        """Nothing of the error itself; this answer leaves outside every middleware."""
        response = say(request, HTTPStatus.INTERNAL_SERVER_ERROR)
        response.headers.update(SECURITY_HEADERS | {"Cache-Control": NO_STORE})
        return response

    @app.exception_handler(SQLAlchemyError)
    def no_ledger(request: Request, _error: SQLAlchemyError) -> Response:
        return say(request, HTTPStatus.SERVICE_UNAVAILABLE)


async def _typed(request: Request) -> list[str]:
    """The prose somebody wrote on a page of ours while the link closed: given back to be copied, kept nowhere."""
    if request.method in SAFE:
        return []
    try:
        check_origin(request)
    except HTTPException:
        return []
    fields = (await request.form()).multi_items()
    return [text for name, text in fields if isinstance(text, str) and not name.startswith("_") and " " in text.strip()]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
