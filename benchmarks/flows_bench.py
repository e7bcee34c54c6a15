"""Live checkpoints per second: the in-process worker of `dondoc up` against the stock process worker.

Both serve the same pool on the same server in the same run, on the shipped plans' open occurrences.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pendulum

from actions.advance import advance
from actions.apply_plan import apply_plan, apply_units
from config.bootstrap import House, wire
from config.settings import Settings
from flows import ledger_side, parking
from flows.deploy import register
from flows.parking import Run
from flows.reconcile import reconcile
from flows.server_calls import PrefectServer
from flows.server_process import start_server
from flows.worker import Worker
from models.columns import ZONE
from models.database import transaction

REACH = 20.0
OURS, STOCK = 30, 4  # checkpoints measured of each
STOCK_SECONDS = 120.0


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _house(home: Path) -> House:
    """The shipped plans on a day when some forty occurrences are open."""
    house = wire(Settings(home=home), at=pendulum.datetime(2026, 11, 25, 9, tz=ZONE))
    with transaction(house.engine) as session:
        apply_units(session, house.config.units)
        for plan in house.config.plans.values():
            apply_plan(session, plan, house.config.units, house.rules, house.clock.now())
        advance(session, house.rules, house.clock.now())
    return house


async def _runs(house: House, server: PrefectServer) -> list[Run]:
    ids = [view.run_id for view in ledger_side.live_views(house) if view.run_id and view.table]
    return [run for run in [await parking.read_run(server, run_id) for run_id in ids] if run]


async def _ours(house: House, server: PrefectServer, runs: list[Run]) -> float:
    """Checkpoints per second of the in-process worker."""
    worker = Worker(house, server)
    await worker.round()  # what apply and reconcile woke is not measured
    for run in runs:
        await parking.wake(server, run)
    worker.done, began = 0, time.perf_counter()
    while worker.done < len(runs):
        await worker.round()
    return worker.done / (time.perf_counter() - began)


async def _stock(house: House, server: PrefectServer, runs: list[Run], url: str, home: Path) -> float:
    """Checkpoints per second of `prefect worker start`, from its first run taken to its last one parked."""
    counts = {run.id: await _starts(server, run.id) for run in runs}
    for run in runs:
        await parking.wake(server, run)
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "dondoc", "--type", "process"]
    environment = {**os.environ, "DONDOC_HOME": str(house.settings.home), "PREFECT_API_URL": f"{url}/api",
                   "PREFECT_HOME": str(home), "DO_NOT_TRACK": "1"}  # fmt: skip
    with (home / "worker.log").open("wb") as log:
        worker = subprocess.Popen(command, env=environment, cwd=home, stdout=log, stderr=log, start_new_session=True)
    try:
        return await _until_done(server, counts)
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


async def _until_done(server: PrefectServer, counts: dict[str, int]) -> float:
    began, deadline = None, time.perf_counter() + STOCK_SECONDS
    while time.perf_counter() < deadline:
        runs = [Run.told(await server.read("GET", f"/flow_runs/{run_id}")) for run_id in counts]
        started = [run for run in runs if run.in_hand or await _starts(server, run.id) > counts[run.id]]
        if began is None and started:
            began = time.perf_counter()
        if began is not None and len(started) == len(counts) and not any(run.in_hand for run in runs):
            return len(counts) / (time.perf_counter() - began)
        await asyncio.sleep(0.2)
    raise AssertionError("the stock worker did not finish its runs")


async def _starts(server: PrefectServer, run_id: str) -> int:
    return int((await server.read("GET", f"/flow_runs/{run_id}"))["run_count"])


async def _measure() -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        process = start_server(home / "prefect", _port())
        try:
            await process.wait_until_ready()
            house = _house(home / "house")
            async with PrefectServer(f"{process.url}/api") as server:
                await register(house, server)
                await reconcile(house, server)
                runs = await _runs(house, server)
                ours = await _ours(house, server, runs[:OURS])
                (home / "worker").mkdir()
                stock = await _stock(house, server, runs[:STOCK], process.url, home / "worker")
            house.engine.dispose()
            return ours, stock
        finally:
            process.stop()


def figures() -> list[dict[str, Any]]:
    """One figure: checkpoints per second, as a multiple of the stock worker's."""
    ours, stock = asyncio.run(_measure())
    ratio = ours / stock
    return [{"figure": "checkpoints per second, in-process worker against the stock one", "value": round(ours, 2),
             "unit": "1/s", "baseline": round(stock, 3), "ratio": round(ratio, 1), "reach": REACH,
             "reached": ratio >= REACH}]  # fmt: skip
