"""What the API offers: `/api/openapi.json` for programs, `/api` for people."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from ..pages import Pages
from ..rights import Sees, routes_of
from .common import PREFIX

VERSION = "1"
router = APIRouter(include_in_schema=False)


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of everything below `/api/v1`; made once."""
    if app.openapi_schema is None:
        routes = [route for route in routes_of(app.routes) if str(getattr(route, "path", "")).startswith(PREFIX)]
        summary = "JSON API của Dondoc: những gì các trang làm (what the pages do)"
        app.openapi_schema = get_openapi(title="Dondoc", version=VERSION, summary=summary, routes=routes)
    return app.openapi_schema


@router.get("/api/openapi.json")
def openapi(request: Request, visitor: Sees) -> Response:
    """For programs."""
    return JSONResponse(describe(request.app))


@router.get("/api")
def endpoints(request: Request, visitor: Sees) -> Response:
    """For people: every address with what it does."""
    pages: Pages = request.app.state.pages
    document = describe(request.app)
    rows = [
        (method.upper(), path, one["summary"], one["tags"][0])
        for path, methods in document["paths"].items()
        for method, one in methods.items()
    ]
    return pages.show(request, "api.html", rows=rows)
