"""A world whose clockwork is Prefect: its server is killed, away, restarted or wiped while the house's workers die too.

The ledger does not need Prefect to lose nothing; what is tried here is that nobody doubles anything when it comes back,
and that every open occurrence has its one run again.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from config.bootstrap import House
from flows import ledger_side
from flows.checkpoint import Times
from flows.reconcile import reconcile, watch
from flows.server_calls import PrefectServer
from flows.server_process import ServerProcess, start_server
from flows.worker import Worker
from tests.chaos.house import ROUNDS, Place, enter, found
from tests.chaos.tally import Tally
from tests.chaos.world import World

CAST = ("worker", "worker", "unit")
HARMS = ("killed and started again", "away for a while", "wiped")
SHORT = Times(poll=0.2, claim=2.0, stranded=2.0, reconcile=1.0, deliver=0.5, busy=0.5, backoff=1.0, backoff_most=4.0)
IN_ORDER_SECONDS = 120.0


@dataclass
class PrefectWorld(World):
    """A world with a Prefect server of its own in `folder`, which is no disk of the ledger's."""

    folder: Path = field(default_factory=Path)
    port: int = 0

    def live_rounds(self, rounds: int) -> Tally:
        """So many times something happens to the server, with kills around it; then rest, order, and the count."""
        ROUNDS["worker"] = lambda house, place, dice: asyncio.run(serve(house, self.port))
        found(self.place)
        server = self._server()
        try:
            self.start_mail()
            for role in CAST:
                self.start(role)
            for number in range(rounds):
                self._live_a_while()
                harm = HARMS[number % len(HARMS)]
                self.events[f"Prefect's server {harm}"] += 1
                server.stop(grace=8.0 if harm == "away for a while" else 0.0)
                if harm == "wiped":
                    shutil.rmtree(self.folder)
                self._live_a_while()
                server = self._server()
            self._live_a_while()
            self.end_all()
            broken = asyncio.run(self._order())
            tally = self.rest()
            tally.broken += broken
            return tally
        finally:
            self.end_all()
            server.stop(grace=0.0)

    def _server(self) -> ServerProcess:
        """Start the server; the house goes on living, and dying, meanwhile."""
        server = start_server(self.folder, self.port)
        ready = time.monotonic() + IN_ORDER_SECONDS
        while not asyncio.run(_answers(server)):
            if not server.alive or time.monotonic() > ready:
                raise RuntimeError(f"Prefect's server does not start; see {server.log}")
            self._wait(0.3)
        return server

    def _live_a_while(self) -> None:
        """A few seconds of workers, of a unit that reports, of days that pass, and of kills."""
        for _ in range(self.dice.randint(3, 6)):
            self._wait(self.dice.uniform(0.5, 1.5))
            if self.dice.random() < 0.6:
                self.kill_somebody()
            if self.dice.random() < 0.5:
                self.place.clock.to_morning()
                self.events["days"] += 1

    async def _order(self) -> list[str]:
        """Every open occurrence has its one run, named and timed as the ledger says; a sentence when it has not."""
        house, until, said = enter(self.place), time.monotonic() + IN_ORDER_SECONDS, ""
        try:
            async with PrefectServer(_api(self.port)) as server:
                while time.monotonic() < until:
                    counts = await reconcile(house, server, times=SHORT)
                    _, (open_, living) = await watch(house, server, SHORT)
                    said = f"{open_} open occurrences, {living} runs, still to put right: {counts or 'nothing'}"
                    if not counts.changes and open_ == living > 0:
                        self.events["runs in order at the end"] += living
                        return []
                    await asyncio.sleep(0.5)
        finally:
            house.engine.dispose()
        return [f"Prefect does not come into order: {said}"]


def _api(port: int) -> str:
    return f"http://127.0.0.1:{port}/api"


async def _answers(server: ServerProcess) -> bool:
    async with PrefectServer(f"{server.url}/api") as calls:
        return await calls.healthy()


async def serve(house: House, port: int) -> None:
    """A worker of `dondoc up`: checkpoints, catching up, the post, reconciling; until it is killed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    ledger_side.forget_dead_claims(house)
    async with PrefectServer(_api(port)) as server:
        await Worker(house, server, SHORT).serve(asyncio.Event())


def make(place: Place, world: World, folder: Path, port: int) -> PrefectWorld:
    """A Prefect world with the dice of a world."""
    return PrefectWorld(place, world.dice, world.seed, folder=folder, port=port)
