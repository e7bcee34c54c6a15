"""A worker that stands still in the middle of a checkpoint, for a test to kill: HOME CONFIG API_URL MOMENT.

MOMENT is `taken` (after PENDING), `begun` (after RUNNING), `looked` (after the ledger's part) or `parked`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

from config.bootstrap import wire
from config.settings import Settings
from flows import checkpoint, ledger_side, parking
from flows.checkpoint import Times
from flows.server_calls import PrefectServer
from flows.worker import Worker

PLACES: dict[str, tuple[Any, str]] = {
    "taken": (parking, "take"),
    "begun": (parking, "begin"),
    "looked": (ledger_side, "look"),
    "parked": (checkpoint, "_park"),
}


def stand_still_after(moment: str) -> None:
    """Do what is done at that moment, say so, and do nothing ever after."""
    place, name = PLACES[moment]
    done = getattr(place, name)

    def stand(*_: object) -> None:
        print("standing", flush=True)
        time.sleep(600)

    def sync(*args: Any, **kwargs: Any) -> None:
        stand(done(*args, **kwargs))

    async def later(*args: Any, **kwargs: Any) -> None:
        stand(await done(*args, **kwargs))

    setattr(place, name, later if asyncio.iscoroutinefunction(done) else sync)


async def work(home: str, config: str, url: str) -> None:
    """Poll until the moment comes."""
    house = wire(Settings(home=Path(home), config=Path(config)))
    async with PrefectServer(url) as server:
        worker = Worker(house, server, Times(claim=2.0))
        while True:
            await worker.round()
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    stand_still_after(sys.argv[4])
    asyncio.run(work(*sys.argv[1:4]))
