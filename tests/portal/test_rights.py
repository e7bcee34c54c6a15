"""Who may do what: denied by default, each route names its rule, and every rule is tried."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import anyio
import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from sqlalchemy import func
from sqlmodel import select

from actions.accounts import create_account, create_token
from config.keys import keys_of
from models.accounts import Account, Deed, Role
from models.database import reading, transaction
from models.tables import METADATA
from portal.app import create_app
from portal.guard import FORM_BYTES
from portal.pages import Pages
from portal.rights import COOKIE, ROLES, Acts, Admin, Anybody, Right, Sees, SignedIn, check_routes, rights_of, routes_of

from .conftest import Browser, SmallHouse, signed_in
from .ledger_rows import NOW

OPEN_PATHS = {"/sign-in", "/welcome/{key}", "/health", "/metrics"}
ACCOUNT_RIGHTS = {Right.SIGNED_IN, Right.SEE, Right.ACT, Right.ADMIN}


def all_routes(app: FastAPI) -> Iterator[tuple[APIRoute, Right]]:
    """Every route with the right it names."""
    for route in routes_of(app.routes):
        if isinstance(route, APIRoute):
            (right,) = set(rights_of(route.dependant))
            yield route, right


def some_path(route: APIRoute) -> str:
    """The route's path with something in each place."""
    path = route.path
    for name in route.param_convertors:
        convertor = route.param_convertors[name]
        value = "1" if type(convertor).__name__ == "IntegerConvertor" else "kl50"
        for form in (f"{{{name}}}", f"{{{name}:path}}", f"{{{name}:int}}"):
            path = path.replace(form, value)
    return path


def counts(house: SmallHouse) -> dict[str, int]:
    """How many rows each table has, without what the door itself writes."""
    own = {"deeds", "portal_sessions", "accounts", "seals"}
    with reading(house.engine) as session:
        return {
            name: session.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[arg-type]
            for name, table in METADATA.tables.items()
            if name not in own
        }


# ------------------------------------------------------------------ every route


def test_a_route_without_a_right_stops_the_start(house: SmallHouse) -> None:
    """A forgotten rule opens nothing: the app is not even made. Nor with two rules, nor by a mount."""
    for make in (_forgotten, _twice, _mounted):
        app = create_app(house)
        make(app)
        with pytest.raises(RuntimeError, match=r"names|route"):
            check_routes(app)


def _forgotten(app: FastAPI) -> None:
    @app.get("/forgotten")
    def forgotten() -> str:
        return "open to all"


def _twice(app: FastAPI) -> None:
    @app.get("/twice")
    def twice(one: Anybody, two: Admin) -> str:
        return "which one?"


def _mounted(app: FastAPI) -> None:
    app.mount("/elsewhere", FastAPI())


def test_what_is_open_to_anybody_is_a_short_list(house: SmallHouse) -> None:
    """Signing in, one-time links, health; a new open path has to be written here as well."""
    app = create_app(house)
    found = {route.path for route, right in all_routes(app) if right is Right.OPEN}

    assert found - OPEN_PATHS <= {
        "/oidc",
        "/oidc/back",
        "/units-door/{unit:path}",
        "/units-door/{unit_id:path}",
        "/heads-door/{rest:path}",
    }


def test_no_route_answers_a_stranger(house: SmallHouse) -> None:
    """Every route that asks for an account sends a stranger away, by every method it knows, and nothing changes."""
    app = create_app(house)
    before, tried = counts(house), 0
    for route, right in all_routes(app):
        if right not in ACCOUNT_RIGHTS:
            continue
        for method in route.methods:
            answer = Browser(app).ask(method, some_path(route))
            wanted = 401 if route.path.startswith("/api/") else 303

            assert answer.status_code == wanted, (method, route.path, answer.status_code)
            tried += 1
    assert tried > 5
    assert counts(house) == before


def test_no_route_lets_a_role_in_that_has_no_right(house: SmallHouse) -> None:
    """Each role against each route it has no right to: 403 by every method, recorded, and nothing changes."""
    app = create_app(house)
    before = counts(house)
    for role in Role:
        here = Browser(app)
        here.cookies[COOKIE], here.csrf = signed_in(house, role, unit="truong-01" if role is Role.OFFICER else None)
        app.state.limits = type(app.state.limits)()
        for route, right in all_routes(app):
            if right in ACCOUNT_RIGHTS and role not in ROLES[right]:
                for method in route.methods:
                    answer = here.ask(method, some_path(route), {"x-csrf-token": here.csrf})

                    assert answer.status_code == 403, (role, method, route.path, answer.status_code)
    assert counts(house) == before


def test_the_rights_are_a_ladder() -> None:
    """Who may act may see, who is admin may act; an officer sees nothing of the office."""
    assert ROLES[Right.ADMIN] < ROLES[Right.ACT] < ROLES[Right.SEE] < ROLES[Right.SIGNED_IN] == frozenset(Role)
    assert Role.OFFICER not in ROLES[Right.SEE]
    assert Right.LINK not in ROLES


# ------------------------------------------------------------------ a small app with one deed of each right


@pytest.fixture
def app(house: SmallHouse) -> FastAPI:
    """The portal with one more deed for each right: it says who did it."""
    made = create_app(house)

    @made.post("/try/see")
    def see(visitor: Sees) -> dict[str, str]:
        return {"login": visitor.login}

    @made.post("/try/act")
    def act(request: Request, visitor: Acts) -> dict[str, bool]:
        return {"kl50": visitor.may_act_on("kl50"), "cchc-2024": visitor.may_act_on("cchc-2024")}

    @made.post("/try/upload")
    async def upload(request: Request, visitor: SignedIn) -> dict[str, int]:
        async with request.form() as form:
            return {"fields": len(form)}

    @made.post("/try/body")
    async def body(request: Request, visitor: SignedIn) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    @made.get("/try/broken")
    def broken(visitor: Anybody) -> None:
        raise RuntimeError("a secret of the inside")

    @made.get("/try/number/{number:int}")
    def number(request: Request, visitor: Sees, number: int) -> dict[str, bool]:
        with reading(house.engine) as session:
            return {"there": session.get(Account, number) is not None}

    check_routes(made)
    return made


def visitor_of(app: FastAPI, house: SmallHouse, role: Role = Role.ADMIN, **more: Any) -> Browser:
    """A browser of a role on this app."""
    here = Browser(app)
    here.cookies[COOKIE], here.csrf = signed_in(house, role, **more)
    return here


def test_a_coordinator_acts_on_the_plans_given(app: FastAPI, house: SmallHouse) -> None:
    """An admin on all, a coordinator on those of the account and no other; a plan taken away ends at once."""
    assert visitor_of(app, house).post("/try/act").json() == {"kl50": True, "cchc-2024": True}
    here = visitor_of(app, house, Role.COORDINATOR, plans=["kl50"])
    assert here.post("/try/act").json() == {"kl50": True, "cchc-2024": False}
    assert visitor_of(app, house, Role.VIEWER).post("/try/act").status_code == 403


# ------------------------------------------------------------------ forms come from our own pages


def deeds(house: SmallHouse) -> list[tuple[str, str]]:
    """(what, outcome) of what was recorded."""
    with reading(house.engine) as session:
        return [(row.what, row.outcome) for row in session.exec(select(Deed).order_by(Deed.id))]  # type: ignore[arg-type]


def test_a_form_carries_the_token_of_its_session(app: FastAPI, house: SmallHouse) -> None:
    """Missing, wrong, empty, or another session's (also of the same person): refused and recorded."""
    lan = visitor_of(app, house)
    other = visitor_of(app, house)
    for token in (None, "", "x", other.csrf, lan.csrf.upper() + "x", "é"):
        form = {} if token is None else {"_csrf": token}
        answer = lan.ask("POST", "/try/see", data=form)
        assert answer.status_code == 403
        if token and token.isascii():
            assert lan.ask("POST", "/try/see", {"x-csrf-token": token}).status_code == 403
    assert set(deeds(house)) == {("POST /try/see", "denied")}

    assert lan.ask("POST", "/try/see", data={"_csrf": lan.csrf}).status_code == 200
    assert lan.ask("POST", "/try/see", {"x-csrf-token": lan.csrf}).status_code == 200
    assert lan.ask("POST", "/try/upload", data={"_csrf": lan.csrf}, files={"a": ("a.txt", b"a")}).json() == {
        "fields": 2
    }
    assert lan.ask("POST", "/try/see", json={"_csrf": lan.csrf}).status_code == 403  # not a field of a form


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8001"},
        {"origin": "http://localhost:8000"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://127.0.0.1:8000", "sec-fetch-site": "cross-site"},
    ],
)
def test_a_form_of_another_site_is_refused(app: FastAPI, house: SmallHouse, headers: dict[str, str]) -> None:
    """Even with the right token, and on the sign-in form, which has none."""
    lan = visitor_of(app, house)

    assert lan.ask("POST", "/try/see", headers | {"x-csrf-token": lan.csrf}).status_code == 403
    assert Browser(app).ask("POST", "/sign-in", headers, data={"login": "a", "password": "b"}).status_code == 403
    assert "không đến từ trang này" in lan.ask("POST", "/try/see", headers).text


@pytest.mark.parametrize(
    "headers", [{"origin": "http://127.0.0.1:8000", "sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}, {}]
)
def test_our_own_form_is_taken(app: FastAPI, house: SmallHouse, headers: dict[str, str]) -> None:
    """From a page of this portal, or from a browser that does not say."""
    lan = visitor_of(app, house)

    assert lan.ask("POST", "/try/see", headers, data={"_csrf": lan.csrf}).status_code == 200


# ------------------------------------------------------------------ tokens


def token_of(house: SmallHouse, role: Role = Role.ADMIN, *, writes: bool) -> str:
    """A token of a new account."""
    with transaction(house.engine) as session:
        plans = ["kl50"] if role is Role.COORDINATOR else []
        name = f"{role.value}-{writes}".lower()
        account = create_account(session, NOW, by="test", login=name, name="Excel", role=role, plans=plans)
        return create_token(session, account, NOW, name="excel", writes=writes, days=None)[1]


def test_a_token_stands_for_its_account_and_needs_no_form_token(app: FastAPI, house: SmallHouse) -> None:
    """A browser cannot be made to send it; a token that only reads changes nothing."""
    writes, reads = token_of(house, Role.COORDINATOR, writes=True), token_of(house, writes=False)
    here = Browser(app)

    assert here.ask("POST", "/try/act", {"authorization": f"Bearer {writes}"}).json()["kl50"] is True
    assert here.ask("GET", "/messages", {"authorization": f"bearer {reads}"}).status_code == 200
    refused = here.ask("POST", "/try/see", {"authorization": f"Bearer {reads}"})
    assert refused.status_code == 403
    assert "chỉ được đọc" in refused.text


@pytest.mark.parametrize("bearer", ["", " ", "x", "dd_", "Basic", "dd_" + "a" * 43, "x" * 5000])
def test_a_wrong_token_is_nobody_even_beside_a_good_cookie(app: FastAPI, house: SmallHouse, bearer: str) -> None:
    """Whoever shows a token is that token and nobody else."""
    lan = visitor_of(app, house)

    assert lan.ask("GET", "/messages", {"authorization": f"Bearer {bearer}"}).status_code == 303


# ------------------------------------------------------------------ sizes, names, errors


async def _send(
    app: FastAPI, content: Any, headers: dict[str, str], cookies: dict[str, str], path: str
) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", cookies=cookies) as client:
        return await client.post(path, content=content, headers=headers)


async def _chunks(count: int, size: int = 64 * 1024) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"a" * size


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "text/plain", ""])
@pytest.mark.parametrize("path", ["/try/body", "/try/upload"])
def test_a_body_that_is_too_large_is_not_read(app: FastAPI, house: SmallHouse, kind: str, path: str) -> None:
    """By its announced length at once; without one as soon as it has grown too large."""
    lan = visitor_of(app, house)
    headers = {"content-type": kind, "x-csrf-token": lan.csrf}
    seen = 0

    async def counted() -> AsyncIterator[bytes]:
        nonlocal seen
        async for chunk in _chunks(2000):
            seen += len(chunk)
            yield chunk

    announced = anyio.run(_send, app, b"a" * (FORM_BYTES + 1), headers, lan.cookies, path)
    assert announced.status_code == 413
    assert announced.headers["x-content-type-options"] == "nosniff"
    if path == "/try/body" or "form" in kind:
        streamed = anyio.run(_send, app, counted(), headers, lan.cookies, path)
        assert streamed.status_code in (413, 400)  # 400: the form's own reader gave up before
        assert seen < FORM_BYTES * 2


@pytest.mark.parametrize("length", ["-1", "x", "1e9", "99999999999999999999999"])
def test_a_length_that_is_no_number_is_refused(app: FastAPI, house: SmallHouse, length: str) -> None:
    """Nothing is guessed."""
    lan = visitor_of(app, house)
    headers = {"content-length": length, "x-csrf-token": lan.csrf}

    assert anyio.run(_send, app, b"a", headers, lan.cookies, "/try/body").status_code == 413


def test_an_error_shows_nothing_of_the_inside(app: FastAPI, house: SmallHouse) -> None:
    """A page with a sentence and every header; no trace, no text of the exception."""
    answer = Browser(app).get("/try/broken")

    assert answer.status_code == 500
    assert "Không thực hiện được" in answer.text
    assert "secret" not in answer.text
    assert "RuntimeError" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8000", "", "[::2]"])
def test_a_strange_host_gets_headers_and_nothing_else(app: FastAPI, house: SmallHouse, host: str) -> None:
    """A name that points here without being ours; also that answer carries the headers."""
    answer = Browser(app).ask("GET", "/sign-in", {"host": host})

    assert answer.status_code == 400
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert Browser(app, "http://[::1]:8000").get("/sign-in").status_code == 200


def test_a_number_that_no_table_has_is_an_answer(app: FastAPI, house: SmallHouse) -> None:
    """Neither an error of the database nor one of ours."""
    lan = visitor_of(app, house)

    assert lan.get(f"/try/number/{10**30}").status_code == 422
    assert lan.get("/try/number/999").json() == {"there": False}


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static//etc/passwd",
        "/static/%00",
        "/static/",
    ],
)
def test_static_files_are_those_of_the_folder(app: FastAPI, path: str) -> None:
    """No way up, no listing."""
    assert Browser(app).get(path).status_code in (404, 405)


# ------------------------------------------------------------------ a ledger shown to all, and changed by nobody


def test_a_read_only_ledger_shows_everything_and_takes_nothing(house: SmallHouse) -> None:
    """Nobody signs in, everybody sees, no form and no token writes, not even into the audit."""
    keys = keys_of(house.settings)
    token = token_of(house, writes=True)
    cookie, csrf = signed_in(house)
    before = counts(house) | {"deeds": len(deeds(house))}
    shown = replace(house, settings=house.settings.model_copy(update={"read_only": True}))
    app = create_app(shown)
    stranger = Browser(app)

    assert "Sổ này mở chỉ để xem" in stranger.get("/messages").text
    assert stranger.get("/plans/kl50").status_code == 200
    for headers in ({}, {"authorization": f"Bearer {token}"}, {"cookie": f"{COOKIE}={cookie}", "x-csrf-token": csrf}):
        for route, right in all_routes(app):
            if right is not Right.LINK and "POST" in route.methods:
                answer = Browser(app).ask("POST", some_path(route), headers)

                assert answer.status_code in (403, 401, 303, 422), (route.path, answer.status_code)
                assert answer.status_code != 303 or "sign-in" in answer.headers["location"]
    assert counts(house) | {"deeds": len(deeds(house))} == before
    assert keys.unsign("session", cookie)
    assert isinstance(app.state.pages, Pages)
