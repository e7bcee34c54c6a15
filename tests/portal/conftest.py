"""Visitors of the portal: no server, no port, the app itself."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import lru_cache
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import anyio
import httpx
import pendulum
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from actions.accounts import begin_session, create_account
from actions.rules import Rules
from config.bootstrap import post_of, rules_of
from config.clock import Clock
from config.keys import keys_of
from config.plan_files import Config, load_config
from config.settings import Settings
from models.accounts import Role
from models.database import transaction
from notifications.post import Post
from portal.app import create_app
from portal.guard import csrf_of
from portal.rights import COOKIE

from .ledger_rows import NOW, fill

Visit = Callable[..., httpx.Response]
SECRET = "a secret of these tests"
LOCAL = "http://127.0.0.1:8000"


class StandingClock(Clock):
    """A clock that always shows the same moment."""

    def now(self) -> pendulum.DateTime:
        return NOW


@lru_cache(maxsize=1)
def shipped() -> Config:
    """The shipped config, loaded once."""
    return load_config(Settings().config)


@dataclass(frozen=True)
class SmallHouse:
    """What the portal needs of the wired house."""

    engine: Engine
    settings: Settings = field(default_factory=lambda: Settings(home=Path("var"), secret_key=SECRET))
    clock: Clock = field(default_factory=StandingClock)
    config: Config = field(default_factory=shipped)

    @property
    def rules(self) -> Rules:
        """The shipped ladders."""
        return rules_of(self.config)

    @property
    def post(self) -> Post:
        """The mailbox folder."""
        return post_of(self.settings, self.config, self.rules, shifted=True)

    def take_up(self, config: Config) -> None:
        """Work by another config from now on."""
        object.__setattr__(self, "config", config)


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> SmallHouse:
    """A house whose ledger has something to show."""
    fill(engine)
    return SmallHouse(engine, Settings(home=tmp_path, secret_key=SECRET))


@pytest.fixture
def shifted(house: SmallHouse) -> SmallHouse:
    """The same house on a trial clock."""
    return replace(house, clock=StandingClock(timedelta(days=30)))


def signed_in(
    house: SmallHouse, role: Role = Role.ADMIN, *, login: str = "", plans: Sequence[str] = (), unit: str | None = None
) -> tuple[str, str]:
    """(cookie, csrf) of a fresh session of a fresh account."""
    keys = keys_of(house.settings)
    now = house.clock.now()
    with transaction(house.engine) as session:
        login = login or f"{role.value}-{secrets.token_hex(4)}"
        account = create_account(
            session, now, by="test", login=login, name=f"Người {role.value}", role=role, plans=plans, unit_id=unit
        )
        key = begin_session(session, account, now)
    from actions.accounts import hash_of

    return keys.sign("session", key), csrf_of(keys, hash_of(key))


@dataclass
class Browser:
    """Somebody at the portal who keeps cookies, follows nothing by itself, and sends each form with its token."""

    app: FastAPI
    base: str = LOCAL
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str = ""

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        """One request."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=self.base, cookies=self.cookies) as client:
                answer = await client.request(method, path, headers=headers, **more)
                self._keep(answer.headers.get_list("set-cookie"))
                return answer

        return anyio.run(send)

    def _keep(self, set_cookies: list[str]) -> None:
        """Cookies as a browser keeps them: the newest of a name, none that was deleted."""
        for line in set_cookies:
            for name, morsel in SimpleCookie(line).items():
                self.cookies.pop(name, None)
                if morsel["max-age"] != "0":
                    self.cookies[name] = morsel.value

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Look at a page."""
        return self.ask("GET", path, headers)

    def post(
        self, path: str, *, files: Any = None, headers: dict[str, str] | None = None, **data: Any
    ) -> httpx.Response:
        """Send a form, with the token of this browser's session."""
        form = ({"_csrf": self.csrf} if self.csrf else {}) | data
        return self.ask("POST", path, headers, data=form, files=files)


def browser(
    house: SmallHouse, role: Role | None = Role.ADMIN, *, plans: Sequence[str] = (), unit: str | None = None
) -> Browser:
    """A browser that has signed in with a role; None: that has not."""
    here = Browser(create_app(house))
    if role is not None:
        here.cookies[COOKIE], here.csrf = signed_in(house, role, plans=plans, unit=unit)
    return here


def visitor(house: SmallHouse, base: str = LOCAL, role: Role | None = Role.ADMIN) -> Visit:
    """Someone who asks for pages and keeps nothing."""
    app = create_app(house)
    cookie = signed_in(house, role)[0] if role is not None else None

    def visit(path: str, method: str = "GET", **headers: str) -> httpx.Response:
        return Browser(app, base, {COOKIE: cookie} if cookie else {}).ask(method, path, headers)

    return visit


@pytest.fixture
def visit(house: SmallHouse) -> Visit:
    """An admin at the machine itself."""
    return visitor(house)
