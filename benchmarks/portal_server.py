"""The portal on a ledger, and beside it a bare FastAPI route with one indexed SELECT: one server for both.

python -m benchmarks.portal_server LEDGER_URL HOME PORT
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text
from starlette.types import ASGIApp, Receive, Scope, Send

from config.bootstrap import House, furnish
from config.clock import stopped_at
from config.settings import Settings
from models.database import reading
from portal.app import create_app
from portal.serving import settle

from .big_ledger import NOW

SECRET = "a secret of this bench"


def house_on(url: str, home: Path) -> House:
    """A house on a ledger whose clock stands still."""
    settings = Settings(home=home, database_url=SecretStr(url), secret_key=SecretStr(SECRET))
    return furnish(settings, stopped_at(NOW))


def bare_app(house: House) -> FastAPI:
    """What everything else is measured against."""
    app = FastAPI()

    @app.get("/bare/{number}")
    def bare(number: int) -> dict[str, Any]:
        with reading(house.engine) as session:
            row = session.execute(text("SELECT id, unit_id, state FROM assignments WHERE id = :id"), {"id": number})
            return dict(row.mappings().one())

    return app


def both(portal: ASGIApp, bare: ASGIApp) -> ASGIApp:
    """One ASGI app of the two."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        chosen = bare if scope.get("path", "").startswith("/bare/") else portal
        await chosen(scope, receive, send)

    return app


def main(url: str, home: str, port: str) -> None:
    """Serve until it is stopped."""
    house = house_on(url, Path(home))
    app = both(create_app(house), bare_app(house))
    settle()
    uvicorn.run(app, port=int(port), log_level="error", lifespan="off")


if __name__ == "__main__":
    main(*sys.argv[1:])
