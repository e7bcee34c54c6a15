"""Ledger → Prefect: every open occurrence has one run, with the ledger's name, state and wake time.

Runs at the start of `dondoc up`, every half minute inside it (`watch`, two small questions), as a whole once an hour
and whenever the two counts differ, and as the standing flow `reconcile` where stock workers do the work. A run id is a
cache: when Prefect's database was deleted the ids change; the names, states and wake times do not.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta

import pendulum
import structlog

from actions.run_view import RunView
from config.bootstrap import House
from models.columns import JsonObject
from models.lifecycle import RunState

from . import ledger_side, parking, showing
from .checkpoint import Times
from .deploy import PLAN_TASK, register_processes
from .ledger_side import in_thread
from .parking import Run
from .server_calls import PrefectServer, chunks

log = structlog.get_logger(__name__)

Progress = Callable[[int, int], None]  # (done, all)
ALIVE = ["SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING", "FAILED", "CRASHED"]
ASTRAY = ["PENDING", "RUNNING", "PAUSED", "CANCELLING", "FAILED", "CRASHED", "CANCELLED"]
OUR_ENDS = [RunState.WITHDRAWN.value, RunState.EMPTY.value]
PUT_BACK = (
    "Quá trình này bị dừng bằng tay trong Prefect, nhưng sổ gốc vẫn còn nợ báo cáo nên đã được đặt lại. "
    "Muốn dừng hẳn: dondoc withdraw (kèm căn cứ)."
)
NOTHING_THERE = "Sổ gốc không còn việc này."
SET_BACK = "Tiến trình đang xem việc này đã chết hoặc bỏ dở; quá trình được đặt lại theo sổ gốc."


@dataclass
class Counts:
    """What one pass did."""

    created: int = 0  # runs that were missing
    moved: int = 0  # runs in another state, name or wake time than the ledger's
    set_back: int = 0  # left by a holder that died: PENDING, RUNNING, FAILED, CRASHED
    put_back: int = 0  # cancelled by hand
    ended: int = 0  # runs that stand for nothing any more
    right: int = 0  # runs that stood as they should
    cancelled_by_hand: list[str] = field(default_factory=list)  # names of the runs put back

    @property
    def changes(self) -> int:
        """How many runs were written."""
        return self.created + self.moved + self.set_back + self.put_back + self.ended

    def __str__(self) -> str:
        return (
            f"{self.right} đúng, {self.created} tạo mới, {self.moved} sửa, {self.set_back} đặt lại sau sự cố, "
            f"{self.put_back} đặt lại sau khi bị huỷ bằng tay, {self.ended} kết thúc"
        )

    def as_json(self) -> JsonObject:
        """For `dondoc reconcile --json`."""
        return {**asdict(self), "changes": self.changes}


async def reconcile(
    house: House, server: PrefectServer, *, times: Times | None = None, progress: Progress | None = None
) -> Counts:
    """Compare every run with the ledger and put right what differs; missing deployments are registered first."""
    times, counts = times or Times(), Counts()
    deployments = await register_processes(house, server)
    views = await in_thread(ledger_side.live_views, house)
    runs = await _runs_by_occurrence(server, views)
    claimed = await in_thread(ledger_side.claimed_ids, house)
    for done, view in enumerate(views, 1):
        own = _pick(runs.pop(view.occurrence_id, []), view)
        if own is None:
            await _create(house, server, view, deployments, counts)
        else:
            await _put_right(house, server, own, view, counts, times, claimed=view.occurrence_id in claimed)
        if progress:
            progress(done, len(views))
    await _end_strays(house, server, runs, counts, times)
    return counts


async def open_runs(house: House, server: PrefectServer, ids: Sequence[int]) -> int:
    """Create the runs of occurrences just opened, directly in their right state and wake time; how many."""
    deployments = await register_processes(house, server)
    counts = Counts()
    for view in await in_thread(ledger_side.describe, house, ids):
        if view.run_id is None:
            await _create(house, server, view, deployments, counts)
    return counts.created


async def watch(house: House, server: PrefectServer, times: Times) -> tuple[Counts, tuple[int, int]]:
    """The small pass: only runs that are where none may stay. Also (open occurrences, living runs), to be compared."""
    counts = Counts()
    state = {"type": {"any_": ASTRAY}, "name": {"not_any_": OUR_ENDS}}
    astray = [run async for run in _runs(server, {"state": state}) if run.occurrence_id is not None]
    claimed = await in_thread(ledger_side.claimed_ids, house) if astray else set()
    views = await in_thread(ledger_side.describe, house, [run.occurrence_id or 0 for run in astray]) if astray else []
    by_id = {view.occurrence_id: view for view in views}
    for run in astray:
        view = by_id.get(run.occurrence_id or 0)
        if view and view.run_id in (None, run.id):
            await _put_right(house, server, run, view, counts, times, claimed=view.occurrence_id in claimed)
    return counts, (await in_thread(ledger_side.open_count, house), await _living(server))


def _of_plan_task() -> JsonObject:
    return {"flows": {"name": {"any_": [PLAN_TASK]}}}


async def _living(server: PrefectServer) -> int:
    state = {"type": {"any_": ["SCHEDULED", "PENDING", "RUNNING"]}}
    return int(await server.read("POST", "/flow_runs/count", {**_of_plan_task(), "flow_runs": {"state": state}}))


async def _runs(server: PrefectServer, which: JsonObject) -> AsyncIterator[Run]:
    async for row in server.pages("/flow_runs/filter", {**_of_plan_task(), "sort": "ID_DESC", "flow_runs": which}):
        yield Run.told(row)


async def _runs_by_occurrence(server: PrefectServer, views: Sequence[RunView]) -> dict[int, list[Run]]:
    """Every run that is not at an end, and of the ended ones those that stand for a live occurrence."""
    found: dict[int, list[Run]] = {}
    async for run in _runs(server, {"state": {"type": {"any_": [*ALIVE, "CANCELLED"]}}}):
        _file(found, run)
    missing = [
        parking.key_of(view.occurrence_id) for view in views if not _pick(found.get(view.occurrence_id, []), view)
    ]
    for keys in chunks(missing):
        async for run in _runs(server, {"idempotency_key": {"any_": list(keys)}}):
            _file(found, run)
    return found


def _file(found: dict[int, list[Run]], run: Run) -> None:
    if run.occurrence_id is not None:
        found.setdefault(run.occurrence_id, []).append(run)


def _pick(runs: Sequence[Run], view: RunView) -> Run | None:
    """The run of an occurrence: the one the ledger remembers, else the one created for it."""
    remembered = (run for run in runs if run.id == view.run_id)
    created = (run for run in runs if run.key == parking.key_of(view.occurrence_id))
    return next(remembered, None) or next(created, None)


# ------------------------------------------------------------------ putting right


async def _create(
    house: House, server: PrefectServer, view: RunView, deployments: Mapping[str, str], counts: Counts
) -> None:
    if view.process_key not in deployments:
        log.warning("a process without a deployment gets no run", process=view.process_key)
        return
    run = await parking.create(server, deployments[view.process_key], view, house.clock)
    if not parking.stands(run, view, house.clock):  # its key was known: an earlier run, given again as it was
        await parking.put(server, run, view, house.clock)
    await in_thread(ledger_side.remember_run, house, view.occurrence_id, run.id, view.wakes)
    if view.table:
        await showing.show_first(server, run.id, view)
    counts.created += 1


async def _put_right(
    house: House, server: PrefectServer, run: Run, view: RunView, counts: Counts, times: Times, *, claimed: bool
) -> None:
    if run.id != view.run_id:
        await in_thread(ledger_side.remember_run, house, view.occurrence_id, run.id)
    if run.in_hand and (claimed or pendulum.now("UTC") - run.since < timedelta(seconds=times.stranded)):
        counts.right += 1  # somebody is at work on it
    elif run.in_hand:
        await _set_back(house, server, run, view, counts)
    elif run.cancelled_by_hand:
        await _put_back(house, server, run, view, counts)
    elif not parking.stands(run, view, house.clock):
        counts.moved += await parking.put(server, run, view, house.clock)
    elif await parking.renamed(server, run, view):
        counts.moved += 1
    else:
        counts.right += 1


async def _set_back(house: House, server: PrefectServer, run: Run, view: RunView, counts: Counts) -> None:
    log.warning("run set back", run=run.id, was=run.state_name, name=view.name)
    await parking.set_back(server, run, view, house.clock)
    await showing.note(server, run.id, SET_BACK, showing.WARNING)
    counts.set_back += 1


async def _put_back(house: House, server: PrefectServer, run: Run, view: RunView, counts: Counts) -> None:
    log.warning("run cancelled by hand was put back", run=run.id, name=view.name)
    await parking.put(server, run, view, house.clock)
    await showing.note(server, run.id, PUT_BACK, showing.WARNING)
    counts.put_back += 1
    counts.cancelled_by_hand.append(view.name)


async def _end_strays(
    house: House, server: PrefectServer, runs: Mapping[int, Sequence[Run]], counts: Counts, times: Times
) -> None:
    """Runs of occurrences that are not live: they follow the ledger to their end, or end for want of anything there."""
    known = {view.occurrence_id: view for view in await in_thread(ledger_side.describe, house, list(runs))}
    for run in (run for group in runs.values() for run in group if run.state_type not in ("COMPLETED", "CANCELLED")):
        view = known.get(run.occurrence_id or 0)
        if view and view.run_id in (None, run.id):
            await _put_right(house, server, run, view, counts, times, claimed=False)
        elif not view and await parking.take(server, run.id):
            await parking.end(server, run.id, RunState.WITHDRAWN.value, NOTHING_THERE, "CANCELLED")
            counts.ended += 1
