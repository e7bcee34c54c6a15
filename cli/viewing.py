"""`up --ledger FILE --read-only`: the portal alone on a ledger that nobody can write to.

No Prefect, no worker, no letters, no migration: the database itself refuses every write, and the clock stands still.
"""

from __future__ import annotations

import contextlib
import sys
import webbrowser
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import uvicorn

from config.bootstrap import House, look_into
from config.findings import ConfigError
from config.settings import Settings
from models.read_only import LedgerUnreadable
from portal.serving import server_config, settle

from .common import shown
from .ports import CannotStart, require_free


def show(path: Path, settings: Settings, *, at: datetime | None, port: int, browser: bool) -> int:
    """Serve the portal on `path` until Ctrl-C or SIGTERM; the exit code."""
    try:
        house = look_into(path, settings, at=at)
        require_free(house.settings.host, port, "--port")
    except (LedgerUnreadable, CannotStart) as error:
        print(error, file=sys.stderr)
        return 1
    except ConfigError as error:
        print("\n".join(str(finding) for finding in error.findings), file=sys.stderr)
        return 1
    try:
        _serve(replace(house, settings=house.settings.model_copy(update={"port": port})), path, browser)
    finally:
        house.engine.dispose()
    return 0


def _serve(house: House, path: Path, browser: bool) -> None:
    from portal.app import create_app

    url = f"http://{house.settings.host}:{house.settings.port}"
    app = create_app(house)
    lines = [
        f"Trang theo dõi   {url} (chỉ xem)",
        f"Sổ               {shown(path)}",
        f"Đồng hồ          {house.clock.now():%H:%M %d/%m/%Y} (đứng yên)",
        "Ctrl-C để dừng.",
    ]
    print("\n".join(lines), flush=True)
    if browser and sys.stdout.isatty():
        webbrowser.open(url)
    server = uvicorn.Server(server_config(app, house))
    settle()
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises the signal again once it has stopped
        server.run()
