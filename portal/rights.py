"""Who may do what. Every route names its right through one of the annotations below; one that does not is refused
when the app is made, so that a forgotten rule opens nothing.

    def page(request: Request, visitor: Sees) -> Response
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Mount

from actions.accounts import SEEN_EVERY, bearer_of, is_cut, plans_of, session_of, standing_of
from config.keys import BadLink, Keys, SignedLink
from models.accounts import LinkPurpose, Role
from models.database import reading, transaction

from .guard import check_origin, check_token, csrf_of
from .house import House

COOKIE = "dondoc"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Right(StrEnum):
    """What a route asks of its visitor."""

    OPEN = "open"  # anybody: signing in, health, asking for a new link
    LINK = "link"  # the signed link in the address
    SIGNED_IN = "signed_in"  # any account
    SEE = "see"  # admin, coordinator, viewer: the whole office
    ACT = "act"  # admin, coordinator: deeds; on which plans, `Visitor.may_act_on` says
    ADMIN = "admin"


ROLES: dict[Right, frozenset[Role]] = {
    Right.SIGNED_IN: frozenset(Role),
    Right.SEE: frozenset({Role.ADMIN, Role.COORDINATOR, Role.VIEWER}),
    Right.ACT: frozenset({Role.ADMIN, Role.COORDINATOR}),
    Right.ADMIN: frozenset({Role.ADMIN}),
}


@dataclass(frozen=True)
class Visitor:
    """Who asks. Without an account: `role` is None. `writes` is false for a token that only reads, and for everybody
    on a read-only ledger. `csrf` is what this visitor's forms must carry."""

    login: str = ""
    name: str = ""
    role: Role | None = None
    account_id: int | None = None
    plans: frozenset[str] = frozenset()
    unit_id: str | None = None
    by_token: bool = False
    writes: bool = True
    csrf: str = ""

    def may(self, right: Right) -> bool:
        """Whether the role has a right."""
        return right is Right.OPEN or (self.role is not None and self.role in ROLES.get(right, ()))

    def may_act_on(self, plan_id: str) -> bool:
        """Whether deeds on this plan are this visitor's: an admin's on all, a coordinator's on those given."""
        if not self.writes:
            return False
        return self.role is Role.ADMIN or (self.role is Role.COORDINATOR and plan_id in self.plans)

    def may_read_confidential(self, plan_id: str) -> bool:
        """Whether titles of a confidential plan are shown."""
        return self.role is Role.ADMIN or (self.role is Role.COORDINATOR and plan_id in self.plans)


NOBODY = Visitor()
EVERYBODY = Visitor(login="chi-xem", name="Chỉ xem", role=Role.VIEWER, writes=False)


class NotSignedIn(Exception):
    """A page for accounts, and nobody has signed in."""


class Denied(HTTPException):
    """Signed in, and still no right to it; recorded."""

    def __init__(self, why: str = "tài khoản này không có quyền làm việc đó") -> None:
        super().__init__(HTTPStatus.FORBIDDEN, why)


class ClosedLink(Exception):
    """A signed link that opens nothing: forged (`link` is None), expired, or cut off; recorded."""

    def __init__(self, link: SignedLink | None = None) -> None:
        super().__init__("closed link")
        self.link = link


@dataclass(frozen=True)
class LinkVisitor:
    """Somebody with a unit's link: bound to that unit, whoever holds it. `token` is the link's own."""

    link: SignedLink
    token: str
    csrf: str

    @property
    def unit_id(self) -> str:
        """The one unit this visitor sees."""
        return self.link.unit_id

    @property
    def actor(self) -> str:
        """How the audit calls this visitor."""
        return f"{self.link.unit_id}:{self.link.role}"


class Allow:
    """The dependency behind the annotations: lets the visitor in, or raises."""

    def __init__(self, right: Right) -> None:
        self.right = right

    async def __call__(self, request: Request) -> AsyncIterator[Visitor | LinkVisitor]:
        """The visitor; files of a form are closed when the answer has been made, whoever read it."""
        try:
            yield await self.admit(request)
        finally:
            await request.close()

    async def admit(self, request: Request) -> Visitor | LinkVisitor:
        """The visitor, kept in `request.state.visitor` for the page's frame."""
        door: Door = request.app.state.door
        try:
            visitor = await run_in_threadpool(door.visitor, request)
        except SQLAlchemyError:
            if self.right is not Right.OPEN:
                raise
            visitor = NOBODY  # a monitor is told so by the page itself
        request.state.visitor = visitor
        if request.method not in SAFE:
            await self._check_write(request, visitor)
        if not visitor.may(self.right):
            if visitor.role is None:
                raise NotSignedIn
            raise Denied
        return visitor

    async def _check_write(self, request: Request, visitor: Visitor) -> None:
        if visitor.by_token:
            if not visitor.writes:
                raise Denied("khoá này chỉ được đọc")
            return
        check_origin(request)
        if visitor.role is not None and not visitor.writes:
            raise Denied("sổ này mở chỉ để xem")
        if visitor.csrf:
            await check_token(request, visitor.csrf)


class AllowLink(Allow):
    """The same for `{token}` in the address."""

    def __init__(self, purpose: LinkPurpose) -> None:
        super().__init__(Right.LINK)
        self.purpose = purpose

    async def admit(self, request: Request) -> LinkVisitor:
        """The link's visitor; ClosedLink when it opens nothing."""
        door: Door = request.app.state.door
        token = str(request.path_params["token"]).rstrip(".,;:)")  # what ends the sentence a link stood in
        request.state.visitor = NOBODY
        found = await run_in_threadpool(door.link, self.purpose, token)
        if request.method not in SAFE:
            check_origin(request)
            if door.house.settings.read_only:
                raise Denied("sổ này mở chỉ để xem")
            await check_token(request, found.csrf)
        return found


AllowOpen = Allow(Right.OPEN)
Anybody = Annotated[Visitor, Depends(Allow(Right.OPEN))]
SignedIn = Annotated[Visitor, Depends(Allow(Right.SIGNED_IN))]
Sees = Annotated[Visitor, Depends(Allow(Right.SEE))]
Acts = Annotated[Visitor, Depends(Allow(Right.ACT))]
Admin = Annotated[Visitor, Depends(Allow(Right.ADMIN))]
UnitLink = Annotated[LinkVisitor, Depends(AllowLink(LinkPurpose.UNIT))]
HeadLink = Annotated[LinkVisitor, Depends(AllowLink(LinkPurpose.HEAD))]
FeedLink = Annotated[LinkVisitor, Depends(AllowLink(LinkPurpose.FEED))]


class Door:
    """Who stands there: a cookie, a bearer token, or a signed link."""

    def __init__(self, house: House, keys: Keys) -> None:
        self.house = house
        self.keys = keys

    def visitor(self, request: Request) -> Visitor:
        """Whoever asks."""
        bearer = request.headers.get("authorization", "")
        if bearer[:7].lower() == "bearer ":
            return self._by_token(bearer[7:].strip())
        if self.house.settings.read_only:
            return EVERYBODY
        key = self.keys.unsign("session", request.cookies.get(COOKIE, ""))
        return self._by_session(key) if key else NOBODY

    def _by_session(self, key: str) -> Visitor:
        now = self.house.clock.now()
        with reading(self.house.engine) as session:
            found = standing_of(session, key, now)
            if found is None:
                return NOBODY
            visitor = Visitor(
                login=found.login,
                name=found.name,
                role=Role(found.role),
                account_id=found.account_id,
                plans=plans_of(session, found.account_id) if found.role == Role.COORDINATOR else frozenset(),
                unit_id=found.unit_id,
                csrf=csrf_of(self.keys, found.session_id),
            )
            stale = found.seen_at + SEEN_EVERY < now
        if stale:
            with transaction(self.house.engine) as session:
                if again := session_of(session, key, now):
                    again[0].seen_at = now
        return visitor

    def _by_token(self, key: str) -> Visitor:
        with reading(self.house.engine) as session:
            found = bearer_of(session, key, self.house.clock.now())
            if found is None:
                return NOBODY
            return Visitor(
                login=found.login,
                name=f"{found.name} ({found.token_name})",
                role=Role(found.role),
                account_id=found.account_id,
                plans=plans_of(session, found.account_id) if found.role == Role.COORDINATOR else frozenset(),
                unit_id=found.unit_id,
                by_token=True,
                writes=found.writes and not self.house.settings.read_only,
            )

    def link(self, purpose: LinkPurpose, token: str) -> LinkVisitor:
        """The visitor of a signed link; ClosedLink when it is forged, too old, cut off, or its unit is gone."""
        try:
            link = self.keys.read_link(purpose, token, self.house.clock.now())
        except BadLink as bad:
            raise ClosedLink(bad.link) from None
        with reading(self.house.engine) as session:
            if is_cut(session, link.unit_id, purpose, link.signed_at):
                raise ClosedLink(link)
        return LinkVisitor(link, token, csrf_of(self.keys, token))


def rights_of(dependant: Dependant) -> Iterator[Right]:
    """The rights a route names, through its dependencies."""
    for inner in dependant.dependencies:
        if isinstance(inner.call, Allow):
            yield inner.call.right
        yield from rights_of(inner)


def routes_of(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """Every route, also those of routers an app has included (FastAPI keeps them whole)."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is None:
            yield route
        else:
            yield from routes_of(inner.routes)


def check_routes(app: FastAPI) -> None:
    """Raise for a route without exactly one right: nothing is open by being forgotten. Mounts are static files."""
    for route in routes_of(app.routes):
        if isinstance(route, APIRoute):
            named = set(rights_of(route.dependant))
            if len(named) != 1:
                raise RuntimeError(f"route {route.path} names {sorted(named) or 'no right'}")
        elif not (isinstance(route, Mount) and route.path == "/static"):
            raise RuntimeError(f"route {route!r} is not one that names a right")
