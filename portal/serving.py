"""How the portal is served: by `dondoc up`, and by a ledger that is only looked at."""

from __future__ import annotations

import gc

import uvicorn
from starlette.types import ASGIApp

from .house import House


def server_config(app: ASGIApp, house: House) -> uvicorn.Config:
    """The server of one house: where its settings say, silent, and gone within seconds."""
    where = house.settings
    return uvicorn.Config(app, host=where.host, port=where.port, log_level="warning", timeout_graceful_shutdown=3)


def settle() -> None:
    """To be called when everything has been loaded: it lives as long as the process, and the collector does not walk
    through it again, which would stop all pages for a sixth of a second."""
    gc.collect()
    gc.freeze()
