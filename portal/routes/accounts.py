"""Who may enter (admin), and one's own page: password, programs that act for oneself."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select
from starlette.exceptions import HTTPException

from actions.accounts import (
    begin_session,
    change_account,
    check_password,
    create_account,
    create_token,
    password_link,
    plans_of,
    set_password,
    tokens_of,
)
from actions.move import Refused
from models.accounts import Account, AccountPlan, ApiToken, Role
from models.database import reading
from models.plan import Plan
from models.units import Unit

from ..guard import is_secure
from ..house import House
from ..pages import Pages
from ..questions import columns_of
from ..record import deed
from ..rights import COOKIE, Admin, Denied, Door, SignedIn, Visitor
from ..signing_in import PER_LOGIN, Limits
from ..words import N_

READ = ["GET", "HEAD"]
BIGGEST = 2**31 - 1
Text = Annotated[str, Form(max_length=400)]
Several = Annotated[list[str], Form(max_length=500)]
router = APIRouter(include_in_schema=False)


# ------------------------------------------------------------------ accounts (admin)


@router.api_route("/accounts", methods=READ)
def accounts(request: Request, visitor: Admin) -> Response:
    """Everybody who may enter, and a form for one more."""
    return _list(request)


def _list(
    request: Request, *, wrong: str | None = None, given: dict[str, object] | None = None, link: str | None = None,
    of: str | None = None,
) -> Response:  # fmt: skip
    house, pages = _house(request), _pages(request)
    empty = {"login": "", "name": "", "role": Role.COORDINATOR.value, "unit_id": "", "plans": [], "oidc_subject": ""}
    with reading(house.engine) as session:
        rows = session.exec(select(Account).order_by(col(Account.active).desc(), col(Account.login))).all()
        plans: dict[int, list[str]] = {}
        for one in session.exec(select(AccountPlan).order_by(col(AccountPlan.plan_id))):
            plans.setdefault(one.account_id, []).append(one.plan_id)
        tokens = dict(
            session.exec(
                select(ApiToken.account_id, func.count())
                .where(col(ApiToken.revoked_at).is_(None))
                .group_by(col(ApiToken.account_id))
            ).all()
        )
        return pages.show(
            request, "accounts.html", HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK, accounts=rows,
            plans_of=plans, tokens=tokens, known=_known_plans(session), units=_units(session), wrong=wrong,
            given=empty | (given or {}), link_once=link, link_of=of,
        )  # fmt: skip


def _known_plans(session: Session) -> Sequence[Plan]:
    return session.scalars(_PLANS).all()


def _units(session: Session) -> Sequence[Unit]:
    """For the browser's own list of suggestions; an office with more types the id."""
    return session.scalars(_UNITS).all()


_PLANS = select_columns(columns_of(Plan, "id", "title", "number")).order_by(col(Plan.id))
_UNITS = select_columns(columns_of(Unit, "id", "name")).order_by(col(Unit.position), col(Unit.id)).limit(200)


@router.post("/accounts")
def create(
    request: Request, visitor: Admin, login: Text = "", name: Text = "", role: Text = "", unit_id: Text = "",
    plans: Several = [], oidc_subject: Text = "",  # noqa: B006
) -> Response:  # fmt: skip
    """One more account; its link to set a password is shown once, here."""
    house = _house(request)
    given: dict[str, object] = {"login": login, "name": name, "role": role, "unit_id": unit_id, "plans": plans,
                                "oidc_subject": oidc_subject}  # fmt: skip
    now = house.clock.now()
    try:
        with deed(house, visitor, "create account", f"account {login.strip().lower()[:64]}") as session:
            account = create_account(
                session, now, by=visitor.login, login=login, name=name, role=_role(role),
                unit_id=unit_id.strip() or None,
                plans=plans, oidc_subject=oidc_subject.strip() or None,
            )  # fmt: skip
            key, made = password_link(session, account, now), account.login
    except Refused as refused:
        return _list(request, wrong=str(refused), given=given)
    return _list(request, link=_address(request, key), of=made)


@router.post("/accounts/{account_id:int}/link")
def link(request: Request, visitor: Admin, account_id: int) -> Response:
    """A new link to set the password; earlier ones stop working."""
    house = _house(request)
    with deed(house, visitor, "password link", f"account {account_id}") as session:
        account = _the_account(session, account_id)
        key, login = password_link(session, account, house.clock.now()), account.login
    return _list(request, link=_address(request, key), of=login)


@router.api_route("/accounts/{account_id:int}", methods=READ)
def account(request: Request, visitor: Admin, account_id: int) -> Response:
    """One account, to change it."""
    return _one(request, account_id)


def _one(request: Request, account_id: int, wrong: str | None = None) -> Response:
    house, pages = _house(request), _pages(request)
    with reading(house.engine) as session:
        found = _the_account(session, account_id)
        return pages.show(
            request, "account.html", HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK, account=found,
            mine=plans_of(session, account_id), known=_known_plans(session), units=_units(session),
            tokens=tokens_of(session, account_id), wrong=wrong,
        )  # fmt: skip


@router.post("/accounts/{account_id:int}")
def change(
    request: Request, visitor: Admin, account_id: int, name: Text = "", role: Text = "", unit_id: Text = "",
    plans: Several = [], active: Text = "", oidc_subject: Text = "",  # noqa: B006
) -> Response:  # fmt: skip
    """Write what was changed; whoever lost something is signed out."""
    house, pages = _house(request), _pages(request)
    try:
        with deed(house, visitor, "change account", f"account {account_id}") as session:
            change_account(
                session, _the_account(session, account_id), name=name, role=_role(role),
                unit_id=unit_id.strip() or None,
                plans=plans, active=bool(active), oidc_subject=oidc_subject.strip() or None,
            )  # fmt: skip
    except Refused as refused:
        return _one(request, account_id, str(refused))
    return pages.go(request, "/accounts", said=N_("Đã ghi tài khoản."))


@router.post("/accounts/{account_id:int}/tokens/{token_id:int}/revoke")
def revoke_theirs(request: Request, visitor: Admin, account_id: int, token_id: int) -> Response:
    """End a program of somebody's."""
    _revoke(_house(request), visitor, account_id, token_id)
    return _pages(request).go(request, f"/accounts/{account_id}", said=N_("Đã thu hồi khoá."))


# ------------------------------------------------------------------ one's own page


@router.api_route("/me", methods=READ)
def me(request: Request, visitor: SignedIn) -> Response:
    """Own name and rights, password, programs."""
    return _mine(request, visitor)


def _mine(request: Request, visitor: Visitor, *, wrong: str | None = None, token: str | None = None) -> Response:
    house, pages = _house(request), _pages(request)
    if visitor.account_id is None:  # a ledger open to all: nobody has an account
        raise HTTPException(HTTPStatus.NOT_FOUND)
    with reading(house.engine) as session:
        found = _the_account(session, visitor.account_id)
        return pages.show(
            request, "me.html", HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK, account=found,
            tokens=tokens_of(session, visitor.account_id), wrong=wrong, token_once=token,
        )  # fmt: skip


@router.post("/me/password")
def change_password(
    request: Request, visitor: SignedIn, current: Text = "", password: Text = "", again: Text = ""
) -> Response:
    """A new password, after the old one; every other session of the account ends."""
    house, pages, limits = _house(request), _pages(request), request.app.state.limits
    door: Door = request.app.state.door
    account_id = _own(visitor)
    assert isinstance(limits, Limits)
    limits.hit(PER_LOGIN, "sign-in", visitor.login)
    try:
        with deed(house, visitor, "change password", f"account {account_id}") as session:
            found = check_password(session, visitor.login, current)
            if found is None or found.id != account_id:
                raise Refused("mật khẩu hiện tại không đúng")
            if password != again:
                raise Refused("hai lần nhập mật khẩu không giống nhau")
            set_password(session, found, password)
            key = begin_session(session, found, house.clock.now())
    except Refused as refused:
        return _mine(request, visitor, wrong=str(refused))
    response = pages.go(request, "/me", said=N_("Đã đổi mật khẩu; các phiên khác đã kết thúc."))
    response.set_cookie(COOKIE, door.keys.sign("session", key), max_age=12 * 3600, path="/", httponly=True,
                        samesite="lax", secure=is_secure(request, house.settings))  # fmt: skip
    return response


@router.post("/me/tokens")
def make_token(
    request: Request, visitor: SignedIn, name: Text = "", writes: Text = "", days: Annotated[str, Form()] = ""
) -> Response:
    """A token for a program; shown once, here."""
    house = _house(request)
    account_id = _own(visitor)
    try:
        if days.strip() and not (days.strip().isascii() and days.strip().isdigit() and len(days.strip()) < 6):
            raise Refused("số ngày hiệu lực từ 1 đến 3660")
        with deed(house, visitor, "create token", f"token {name.strip()[:100]}") as session:
            found = _the_account(session, account_id)
            _, key = create_token(session, found, house.clock.now(), name=name, writes=bool(writes),
                                  days=int(days) if days.strip() else None)  # fmt: skip
    except Refused as refused:
        return _mine(request, visitor, wrong=str(refused))
    return _mine(request, visitor, token=key)


@router.post("/me/tokens/{token_id:int}/revoke")
def revoke_mine(request: Request, visitor: SignedIn, token_id: int) -> Response:
    """End an own program."""
    _revoke(_house(request), visitor, _own(visitor), token_id)
    return _pages(request).go(request, "/me", said=N_("Đã thu hồi khoá."))


# ------------------------------------------------------------------ pieces


def _own(visitor: Visitor) -> int:
    """The visitor's own account. A token is not its owner: it makes no other token and no password."""
    if visitor.account_id is None or visitor.by_token:
        raise Denied("việc này cần đăng nhập bằng trình duyệt")
    return visitor.account_id


def _revoke(house: House, visitor: Visitor, account_id: int, token_id: int) -> None:
    with deed(house, visitor, "revoke token", f"token {token_id}") as session:
        token = session.get(ApiToken, token_id) if token_id <= BIGGEST else None
        if token is None or token.account_id != account_id:
            raise HTTPException(HTTPStatus.NOT_FOUND, "không có khoá này")
        token.revoked_at = token.revoked_at or house.clock.now()


def _the_account(session: Session, account_id: int) -> Account:
    found = session.get(Account, account_id) if account_id <= BIGGEST else None
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "không có tài khoản này")
    return found


def _role(text: str) -> Role:
    if text not in set(Role):
        raise Refused("chọn vai trò của tài khoản")
    return Role(text)


def _address(request: Request, key: str) -> str:
    """The address of a one-time link as its reader reaches it."""
    return f"{_house(request).settings.links or str(request.base_url).rstrip('/')}/welcome/{key}"


def _house(request: Request) -> House:
    house: House = request.app.state.door.house
    return house


def _pages(request: Request) -> Pages:
    pages: Pages = request.app.state.pages
    return pages
