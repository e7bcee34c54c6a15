"""One live Prefect server for all tests here, on a random loopback port with its data in a temporary folder."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from config.bootstrap import House
from flows import ledger_side, showing
from flows.checkpoint import Times
from flows.deploy import register
from flows.parking import Run
from flows.plain_words import speak_plainly
from flows.reconcile import reconcile
from flows.server_calls import PrefectServer
from flows.server_process import ServerProcess, start_server

from .small_ledger import small_house

T = TypeVar("T")

SHORT = Times(poll=0.2, claim=2.0, stranded=2.0, reconcile=1.0, busy=0.5, backoff=30.0)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do asynchronous work in a test."""
    return asyncio.run(work)


@pytest.fixture(scope="session", autouse=True)
def _plain_words() -> None:
    """Errors are told as in the product."""
    speak_plainly()


@pytest.fixture(scope="session")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The live server."""
    process = start_server(tmp_path_factory.mktemp("prefect"), free_port())
    try:
        run(process.wait_until_ready())
        yield process
    finally:
        process.stop()


@pytest.fixture
def make_house(tmp_path: Path) -> Iterator[Callable[..., House]]:
    """A function that makes a small house; its ledger is closed at the end."""
    houses: list[House] = []

    def make(**how: Any) -> House:
        houses.append(small_house(tmp_path, **how))
        return houses[-1]

    yield make
    for house in houses:
        house.engine.dispose()


class Prefect:
    """What a test may ask of the server."""

    def __init__(self, server: PrefectServer) -> None:
        self.server = server

    async def furnish(self, house: House) -> None:
        """Deployments and runs for what the ledger has."""
        await register(house, self.server)
        await reconcile(house, self.server, times=SHORT)

    async def runs(self, house: House) -> list[Run]:
        """The runs of this house's open occurrences, by occurrence."""
        ids = [view.run_id for view in ledger_side.live_views(house)]
        found = [await self.run(run_id) for run_id in ids if run_id]
        return sorted(found, key=lambda run: run.occurrence_id or 0)

    async def run(self, run_id: str) -> Run:
        """One run."""
        return Run.told(await self.server.read("GET", f"/flow_runs/{run_id}"))

    async def starts(self, run_id: str) -> int:
        """How often a run has been RUNNING."""
        return int((await self.server.read("GET", f"/flow_runs/{run_id}"))["run_count"])

    async def state(self, run_id: str, kind: str, name: str | None = None) -> None:
        """What somebody else does to a run: a person in Prefect's pages, or a worker."""
        body = {"state": {"type": kind, "name": name}, "force": True}
        await self.server.write("POST", f"/flow_runs/{run_id}/set_state", body)

    async def logs(self, run_id: str) -> list[dict[str, Any]]:
        """The rows of a run's log."""
        body = {"logs": {"flow_run_id": {"any_": [run_id]}}, "sort": "TIMESTAMP_ASC"}
        return list(await self.server.read("POST", "/logs/filter", body))

    async def table(self, key: str) -> dict[str, Any]:
        """The artifact of a key."""
        return dict(await self.server.read("GET", f"/artifacts/{key}/latest"))

    async def clear(self) -> None:
        """Forget the runs of earlier tests: each test has a ledger of its own, with the same occurrence numbers."""
        showing.forget_all()
        while rows := await self.server.read("POST", "/flow_runs/filter", {"limit": 200}):
            for row in rows:
                await self.server.write("DELETE", f"/flow_runs/{row['id']}")
        for row in await self.server.read("POST", "/deployments/filter", {"limit": 200}):
            await self.server.write("DELETE", f"/deployments/{row['id']}")


@pytest.fixture
def prefect(process: ServerProcess) -> Callable[[], Any]:
    """`async with prefect() as p:` talks to the live server, emptied of earlier tests."""

    @asynccontextmanager
    async def connect() -> AsyncIterator[Prefect]:
        async with PrefectServer(f"{process.url}/api") as server:
            prefect = Prefect(server)
            await prefect.clear()
            yield prefect

    return connect
