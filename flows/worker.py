"""The in-process worker of `dondoc up`: it serves the pool `dondoc` over Prefect's REST API, without importing prefect.

Runs for as long as `dondoc up` does. Once a second it asks Prefect for runs that are due and the ledger for runs that
a deed has woken, takes each exclusively (PENDING), shows it RUNNING, does its checkpoint and parks it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pendulum
import structlog

from config.bootstrap import House
from models.columns import JsonObject

from . import ledger_side, parking, periods, showing
from .checkpoint import Times, backoff, checkpoint
from .deploy import PLAN_TASK, POOL, REPORTING_PERIOD, STANDING, register
from .ledger_side import in_thread
from .parking import Run
from .reconcile import reconcile, watch
from .server_calls import PrefectServer, ServerAway, ServerRefused

log = structlog.get_logger(__name__)

LANES = 4  # checkpoints under way at once; the writes to Prefect still go one by one
BATCH = 50  # runs taken up between two looks at the ledger's wakes
HEARTBEAT_SECONDS = 20.0
MOST_TRIES = 5  # of a standing flow that fails; a checkpoint is tried for ever


class Worker:
    """Serves one house on one Prefect server."""

    def __init__(self, house: House, server: PrefectServer, times: Times | None = None) -> None:
        self.house, self.server, self.times = house, server, times or Times()
        self.owner = f"{ledger_side.OWNER_PREFIX}{os.getpid()}:{uuid4().hex[:8]}"
        self.done = 0  # checkpoints since the start
        self._flows: dict[str, str] = {}  # flow id → name
        self._tries: dict[str, int] = {}  # run id → failures in a row
        self._compared: tuple[int, int] | None = None  # the two counts at the last whole reconcile
        self._whole_at = 0.0
        self._changes = house.changes  # of the house's config, at the last whole reconcile

    async def serve(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; what is under way is finished first."""
        loops = [
            self._every(self.times.poll, self.round, stop),
            self._every(self.times.reconcile, self._catch_up, stop),
            self._every(self.times.reconcile, self.keep_order, stop),
            self._every(self.times.deliver, self._deliver, stop),
            self._every(HEARTBEAT_SECONDS, self._heartbeat, stop),
        ]
        await asyncio.gather(*loops)

    async def _every(self, seconds: float, deed: Callable[[], Awaitable[object]], stop: asyncio.Event) -> None:
        """Do `deed` again and again. Whatever goes wrong in one round is logged, and the next one comes."""
        while not stop.is_set():
            try:
                again = await deed()
            except ServerAway as error:
                log.warning("prefect does not answer", error=str(error))
                again = False
            except Exception:
                log.exception("a round failed", deed=getattr(deed, "__name__", "?"))
                again = False
            if again is not True:
                await _wait(stop, seconds)

    # -------------------------------------------------------------- checkpoints

    async def round(self) -> bool:
        """Serve what is due and what was woken; whether there was a full batch, so that more may wait."""
        due = await self.due()
        await self._together(self.take_up(run) for run in due)
        return await self.wake() or len(due) >= BATCH

    async def _together(self, deeds: Iterable[Coroutine[Any, Any, bool]]) -> bool:
        """Do all of them, a few at once: while Prefect writes for one, the ledger works for another."""
        lanes = asyncio.Semaphore(LANES)

        async def one(deed: Coroutine[Any, Any, bool]) -> bool:
            async with lanes:
                try:
                    return await deed
                except ServerRefused as refusal:  # a run deleted meanwhile must not hold up the others
                    log.warning("a run could not be served", error=str(refusal))
                    return False

        return any(await asyncio.gather(*(one(deed) for deed in deeds)))

    async def due(self) -> list[Run]:
        """The runs of the pool whose time has come, the oldest first."""
        body = {"scheduled_before": pendulum.now("UTC").isoformat(), "limit": BATCH}
        rows = await self.server.read("POST", f"/work_pools/{POOL}/get_scheduled_flow_runs", body)
        return [Run.told(row["flow_run"]) for row in rows]

    async def wake(self) -> bool:
        """Serve the runs that a deed asked for; whether any was served."""
        ids = (await in_thread(ledger_side.woken_ids, self.house))[:BATCH]
        views = await in_thread(ledger_side.describe, self.house, ids) if ids else []
        return await self._together(self._wake_one(view.run_id) for view in views if view.run_id)

    async def _wake_one(self, run_id: str) -> bool:
        run = await parking.read_run(self.server, run_id)
        if run is None or run.in_hand or self._waits(run):
            return False
        if run.state_type == "CANCELLED":
            return await parking.wake(self.server, run)  # it cannot be taken; the next round finds it due
        return await self.take_up(run)

    def _waits(self, run: Run) -> bool:
        """Whether a run that failed is waiting for its next try."""
        return run.id in self._tries and bool(run.wake_at and run.wake_at > pendulum.now("UTC"))

    async def take_up(self, run: Run) -> bool:
        """Serve one run if it is ours to serve and nobody else has it; whether it was served."""
        name = await self._flow_name(run.flow_id)
        if name not in (PLAN_TASK, REPORTING_PERIOD, *STANDING) or not await parking.take(self.server, run.id):
            return False
        if not await parking.begin(self.server, run.id):
            return False  # cancelled between the two; `watch` sees to it
        if name == PLAN_TASK and run.occurrence_id is not None:
            await self._checkpoint(run, run.occurrence_id)
        else:
            await self._standing(run, name)
        return True

    async def _checkpoint(self, run: Run, occurrence_id: int) -> None:
        tries = self._tries.get(run.id, 0) + 1
        view = await checkpoint(
            self.house, self.server, run, occurrence_id, owner=self.owner, times=self.times, tries=tries
        )
        self.done += 1
        if view is None:
            self._tries[run.id] = tries
        else:
            self._tries.pop(run.id, None)

    async def _flow_name(self, flow_id: str) -> str:
        if flow_id not in self._flows:
            self._flows[flow_id] = str((await self.server.read("GET", f"/flows/{flow_id}"))["name"])
        return self._flows[flow_id]

    # -------------------------------------------------------------- standing flows

    async def _standing(self, run: Run, name: str) -> None:
        """Do a standing flow's work here; after a failure it is tried again, and given up after some tries."""
        try:
            summary = await self._do(run, name)
        except Exception as error:
            log.exception("a standing flow failed", flow=name)
            await self._failed(run, f"{type(error).__name__}: {error}")
            return
        self._tries.pop(run.id, None)
        await showing.note(self.server, run.id, summary)
        await parking.end(self.server, run.id, "Completed", summary)

    async def _do(self, run: Run, name: str) -> str:
        given = {key: str(value) for key, value in run.parameters.items()}
        deeds: dict[str, Callable[[], Awaitable[str]]] = {
            REPORTING_PERIOD: lambda: periods.open_period(self.house, self.server, **given),
            "deliver-letters": lambda: periods.deliver(self.house, self.server),
            "consolidate-period": lambda: periods.consolidate(self.house, self.server, run.id, **given),
            "reconcile": lambda: periods.put_in_order(self.house, self.server),
        }
        if name not in deeds:
            raise ValueError(f"{name} cần tham số occurrence_id")
        return await deeds[name]()

    async def _failed(self, run: Run, message: str) -> None:
        tries = self._tries.get(run.id, 0) + 1
        self._tries[run.id] = tries
        await showing.note(self.server, run.id, message, showing.ERROR)
        if tries < MOST_TRIES:
            await parking.retry_later(self.server, run, message, backoff(self.times, tries))
        else:
            await parking.end(self.server, run.id, "Failed", message, "FAILED")

    # -------------------------------------------------------------- order, post, sign of life

    async def keep_order(self) -> None:
        """Look for runs astray; compare everything when the counts say that one is missing, or hourly."""
        counts, compared = await watch(self.house, self.server, self.times)
        if counts.changes:
            log.info("runs put right", counts=str(counts))
        due = asyncio.get_running_loop().time() >= self._whole_at or self.house.changes != self._changes
        if due or (compared[0] != compared[1] and compared != self._compared):
            await self.compare_all()
            _, self._compared = await watch(self.house, self.server, self.times)

    def order_is_fresh(self) -> None:
        """Everything has just been compared (at the start of `up`): the next whole comparison can wait."""
        self._whole_at = asyncio.get_running_loop().time() + self.times.whole

    async def compare_all(self) -> None:
        """The whole reconcile."""
        changes = self.house.changes
        if changes != self._changes:
            await register(self.house, self.server)
        counts = await reconcile(self.house, self.server, times=self.times)
        self._changes = changes
        self.order_is_fresh()
        if counts.changes:
            log.info("reconciled", counts=str(counts))

    async def _catch_up(self) -> None:
        """Open, lapse and plan what has fallen due, for all at once: runs that wake afterwards find it done."""
        await in_thread(ledger_side.catch_up, self.house)

    async def _deliver(self) -> None:
        said = await in_thread(ledger_side.deliver, self.house)
        log.debug("post", counts=said)

    async def _heartbeat(self) -> None:
        """Show the pool as served, in Prefect's own list of workers."""
        body: JsonObject = {"name": "dondoc up", "heartbeat_interval_seconds": int(HEARTBEAT_SECONDS)}
        await self.server.write("POST", f"/work_pools/{POOL}/workers/heartbeat", body)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


def grace(times: Times) -> timedelta:
    """The longest a killed worker's run may stay where it was left."""
    return timedelta(seconds=max(times.claim, times.stranded) + times.reconcile + times.poll)
