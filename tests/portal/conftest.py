"""Visitors of the status page: no server, no port, the app itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import anyio
import httpx
import pendulum
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from config.clock import Clock
from config.settings import Settings
from portal.app import create_app

from .ledger_rows import NOW, fill

Visit = Callable[..., httpx.Response]


class StandingClock(Clock):
    """A clock that always shows the same moment."""

    def now(self) -> pendulum.DateTime:
        return NOW


@dataclass(frozen=True)
class SmallHouse:
    """The three things the portal needs of the wired house."""

    engine: Engine
    settings: Settings = field(default_factory=lambda: Settings(home=Path("var")))
    clock: Clock = field(default_factory=StandingClock)


@pytest.fixture
def house(engine: Engine) -> SmallHouse:
    """A house whose ledger has something to show."""
    fill(engine)
    return SmallHouse(engine)


@pytest.fixture
def shifted(house: SmallHouse) -> SmallHouse:
    """The same house on a trial clock."""
    return replace(house, clock=StandingClock(timedelta(days=30)))


def visitor(app: FastAPI, base: str = "http://127.0.0.1:8000") -> Visit:
    """Someone who asks `app` for pages."""

    def visit(path: str, method: str = "GET", **headers: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=base, follow_redirects=False) as client:
                return await client.request(method, path, headers=headers)

        return anyio.run(ask)

    return visit


@pytest.fixture
def visit(house: SmallHouse) -> Visit:
    """A visitor at the machine itself."""
    return visitor(create_app(house))
