"""Signing in and out, the first admin's link, setting a password; with limits for those who guess."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.exceptions import HTTPException

from actions.accounts import (
    SESSION_HOURS,
    begin_session,
    check_password,
    create_account,
    end_session,
    open_link,
    set_password,
    use_link,
)
from actions.move import Refused
from models.accounts import Account, OneTimePurpose, Outcome, Role
from models.database import reading

from .guard import is_secure
from .house import House
from .pages import Pages, local_path
from .record import deed, note
from .rights import COOKIE, NOBODY, Anybody, Door, SignedIn, Visitor

TOO_MANY = 429
PER_LOGIN, PER_ADDRESS, PER_LINK = parse("10/5minutes"), parse("60/5minutes"), parse("30/5minutes")

Text = Annotated[str, Form(max_length=400)]
router = APIRouter(include_in_schema=False)


class Limits:
    """How often one login, one address or one link may try; kept in this process's memory."""

    def __init__(self) -> None:
        self._window = MovingWindowRateLimiter(MemoryStorage())

    def first_of_many(self, item: RateLimitItem, *names: str) -> bool:
        """Count something; whether it is still among the first."""
        return self._window.hit(item, *names)

    def hit(self, item: RateLimitItem, *names: str) -> None:
        """Count a try; 429 when there were too many."""
        if not self._window.hit(item, *names):
            raise HTTPException(TOO_MANY, "thử quá nhiều lần; chờ vài phút rồi thử lại")


def address_of(request: Request) -> str:
    """Where a request comes from, as the server sees it."""
    return request.client.host if request.client else "?"


@router.get("/sign-in")
def sign_in_page(request: Request, visitor: Anybody, next: str = "/") -> Response:
    """The form; whoever has signed in goes on."""
    pages: Pages = request.app.state.pages
    if visitor.role is not None:
        return pages.go(request, local_path(next))
    return form(request, local_path(next))


def form(request: Request, next_: str, *, login: str = "", wrong: bool = False, status: int = 200) -> Response:
    """The sign-in page; the office's own sign-in stands on it when it is set."""
    settings = request.app.state.door.house.settings
    pages: Pages = request.app.state.pages
    oidc = bool(settings.oidc_issuer and settings.oidc_client_id)
    return pages.show(request, "sign-in.html", status, next=next_, login=login, wrong=wrong, oidc=oidc)


@router.post("/sign-in")
def sign_in(request: Request, visitor: Anybody, login: Text, password: Text, next: Text = "/") -> Response:
    """Check login and password."""
    house: House = request.app.state.door.house
    limits: Limits = request.app.state.limits
    limits.hit(PER_ADDRESS, "sign-in", address_of(request))
    limits.hit(PER_LOGIN, "sign-in", login.strip().lower())
    with reading(house.engine) as session:
        account = check_password(session, login, password)
        account_id = account.id if account else None
    if account_id is None:
        who = Visitor(login=login.strip()[:64])
        note(house, who, "sign-in", "portal", Outcome.DENIED, "wrong login or password")
        return form(request, local_path(next), login=login, wrong=True, status=403)
    return enter(request, account_id, local_path(next), "sign-in")


def enter(request: Request, account_id: int, path: str, how: str) -> Response:
    """Begin a session for an account and go to a page; `how` is what the audit calls it."""
    door: Door = request.app.state.door
    pages: Pages = request.app.state.pages
    with reading(door.house.engine) as session:
        account = session.get_one(Account, account_id)
        who = Visitor(login=account.login, role=Role(account.role))
    with deed(door.house, who, how, "portal") as session:
        key = begin_session(session, session.get_one(Account, account_id), door.house.clock.now())
    at_home = path == "/" and who.role is Role.OFFICER  # whose first page is the unit's own
    response = pages.go(request, "/my-unit" if at_home else path)
    response.set_cookie(
        COOKIE,
        door.keys.sign("session", key),
        max_age=SESSION_HOURS * 3600,
        path="/",
        httponly=True,
        samesite="lax",
        secure=is_secure(request, door.house.settings),
    )
    return response


@router.post("/sign-out")
def sign_out(request: Request, visitor: SignedIn) -> Response:
    """End this browser's session."""
    door: Door = request.app.state.door
    pages: Pages = request.app.state.pages
    key = door.keys.unsign("session", request.cookies.get(COOKIE, ""))
    with deed(door.house, visitor, "sign-out", "portal") as session:
        if key:
            end_session(session, key)
    response = pages.go(request, "/sign-in")
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    return response


# ------------------------------------------------------------------ links that work once


@router.get("/welcome/{key}")
def welcome_page(request: Request, visitor: Anybody, key: str) -> Response:
    """The form behind a one-time link: make the first admin, or set a password. Looking at it uses nothing up."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    request.app.state.limits.hit(PER_LINK, "welcome", address_of(request))
    with reading(house.engine) as session:
        link = open_link(session, key, house.clock.now())
        if link is None:
            return pages.show(request, "link-closed.html", 410, unit=None)
        account = session.get(Account, link.account_id) if link.account_id else None
        return pages.show(request, "welcome.html", account=account, key=key, wrong=None,
                          given={"login": "", "name": ""})  # fmt: skip


@router.post("/welcome/{key}")
def welcome(
    request: Request, visitor: Anybody, key: str, password: Text, again: Text, login: Text = "", name: Text = ""
) -> Response:
    """Use the link: the first account, or a password."""
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    request.app.state.limits.hit(PER_LINK, "welcome", address_of(request))
    now = house.clock.now()
    try:
        if password != again:
            raise Refused("hai lần nhập mật khẩu không giống nhau")
        with deed(house, NOBODY, "welcome", "portal") as session:
            link = use_link(session, key, now)
            if link.purpose == OneTimePurpose.FIRST_ADMIN:
                account = create_account(
                    session, now, by="first start", login=login, name=name, role=Role.ADMIN, password=password
                )
            else:
                account = session.get_one(Account, link.account_id)
                set_password(session, account, password)
            account_id = account.id or 0
    except Refused as refused:
        with reading(house.engine) as session:
            known = open_link(session, key, now)
            account_known = session.get(Account, known.account_id) if known and known.account_id else None
            if known is None:
                return pages.show(request, "link-closed.html", 410, unit=None)
            return pages.show(request, "welcome.html", 422, account=account_known, key=key, wrong=str(refused),
                              given={"login": login, "name": name})  # fmt: skip
    return enter(request, account_id, "/", "first sign-in")
