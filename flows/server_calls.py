"""Calls to Prefect's REST API: our own connection, one write at a time, a short wait where its database is locked.

Used by everything in `flows/`. Prefect's own client is not, because on SQLite 5–11 % of even serial writes answer 503
(Prefect 3.8.8) and that client then sleeps two seconds; 50 ms are enough.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from config.bootstrap import running
from models.columns import JsonObject

LOCKED_SECONDS = 0.05  # how long to wait when Prefect's SQLite is locked
PATIENCE_SECONDS = 60.0  # how long to go on waiting
TIMEOUT_SECONDS = 60.0
PAGE = 200  # Prefect 3.8.8 gives at most 200 rows a page


class ServerError(Exception):
    """Prefect's server did not do what was asked."""


class ServerAway(ServerError):
    """Prefect's server does not answer at all."""


class ServerRefused(ServerError):
    """Prefect's server answered with an error; `status` is the HTTP status."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(f"Prefect: {status}: {what}")
        self.status = status


class PrefectServer:
    """One Prefect API, e.g. `http://127.0.0.1:4200/api`. Use it as an async context manager."""

    def __init__(
        self, url: str, headers: Mapping[str, str] | None = None, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.url = url.rstrip("/")
        self._client = httpx.AsyncClient(
            base_url=self.url,
            headers=dict(headers or {}),
            timeout=TIMEOUT_SECONDS,
            transport=transport,
            trust_env=self._is_remote(),  # a proxy of the user's environment is not for calls to this machine
        )
        self._one_write = asyncio.Lock()

    def _is_remote(self) -> bool:
        return not any(name in self.url for name in ("127.0.0.1", "localhost", "[::1]"))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def read(self, method: str, path: str, body: Any = None) -> Any:
        """A question; several may be under way at once."""
        return await self._call(method, path, body)

    async def write(self, method: str, path: str, body: Any = None) -> Any:
        """A change. Changes wait for each other: SQLite has one writer, concurrent ones only make each other fail."""
        async with self._one_write:
            return await self._call(method, path, body)

    async def pages(self, path: str, body: JsonObject) -> AsyncIterator[JsonObject]:
        """Every row of a filter endpoint, page by page; `body` must name a sort that does not move under us."""
        offset = 0
        while True:
            rows = await self.read("POST", path, {**body, "limit": PAGE, "offset": offset})
            for row in rows:
                yield row
            if len(rows) < PAGE:
                return
            offset += PAGE

    async def healthy(self) -> bool:
        """Whether the API answers (it does so only when its database is ready)."""
        try:
            return bool(await self.read("GET", "/health"))
        except ServerError:
            return False

    async def _call(self, method: str, path: str, body: Any) -> Any:
        for _ in range(int(PATIENCE_SECONDS / LOCKED_SECONDS)):
            try:
                answer = await self._client.request(method, path, json=body)
            except httpx.TransportError as error:
                raise ServerAway(f"không gọi được máy chủ Prefect ở {self.url}: {error!r}") from error
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            await asyncio.sleep(LOCKED_SECONDS)
        if answer.is_error:
            raise ServerRefused(answer.status_code, f"{method} {path}: {answer.text[:500]}")
        return answer.json() if answer.content else None


def address_of(base: Path) -> str | None:
    """The API of the `dondoc up` that runs on this house, or the one `DONDOC_PREFECT_API_URL` names, or none."""
    found = running(base)
    if found and "prefect" in found:
        return f"{found['prefect']}/api"
    return os.environ.get("DONDOC_PREFECT_API_URL") or None  # not PREFECT_API_URL: that may be another office's


@asynccontextmanager
async def server_at_hand() -> AsyncIterator[PrefectServer]:
    """The server that the flow we are in was started by. Only flow bodies call this: it needs Prefect's settings."""
    from prefect.settings import get_current_settings

    api = get_current_settings().api
    if not api.url:
        raise ServerAway("PREFECT_API_URL chưa được đặt: không biết máy chủ Prefect nào")
    headers = {}
    if api.key:
        headers["Authorization"] = f"Bearer {api.key.get_secret_value()}"
    elif api.auth_string:
        secret = base64.b64encode(api.auth_string.get_secret_value().encode()).decode()
        headers["Authorization"] = f"Basic {secret}"
    async with PrefectServer(api.url, headers) as server:
        yield server


def chunks(ids: Sequence[str]) -> list[Sequence[str]]:
    """`ids` in pieces that one page answers."""
    return [ids[start : start + PAGE] for start in range(0, len(ids), PAGE)]
