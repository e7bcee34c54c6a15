"""One checkpoint of one occurrence: claim, advance, describe, park. Shared by the flow body and the in-process worker.

A claim in the ledger stands for as long as somebody works on the occurrence, so a checkpoint takes effect once even
where Prefect starts a run twice. The wake counter is read with the description and again after parking.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog

from actions.run_view import RunView
from config.bootstrap import House

from . import ledger_side, parking, showing
from .ledger_side import in_thread
from .parking import Run
from .server_calls import PrefectServer

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Times:
    """How long things take at most, in seconds; tests shorten them.

    A run whose worker was killed is set back after `claim` and `stranded` (they run side by side) and the next
    `reconcile`: under two minutes.
    """

    poll: float = 1.0  # between two looks at Prefect's pool and at the ledger's wakes
    claim: float = 60.0  # how long the ledger's claim on one checkpoint lives
    stranded: float = 60.0  # how long a run may be PENDING or RUNNING without a claim
    reconcile: float = 30.0  # between two looks for stranded, cancelled or missing runs
    whole: float = 3600.0  # between two comparisons of every run with the ledger
    deliver: float = 60.0  # between two rounds of the post
    busy: float = 5.0  # when to ask again while somebody else holds the claim
    backoff: float = 15.0  # the first wait after an error; it doubles
    backoff_most: float = 3600.0


def backoff(times: Times, tries: int) -> timedelta:
    """How long to wait after `tries` failures in a row."""
    return timedelta(seconds=min(times.backoff * 2 ** (tries - 1), times.backoff_most))


async def checkpoint(
    house: House, server: PrefectServer, run: Run, occurrence_id: int, *, owner: str, times: Times, tries: int = 1
) -> RunView | None:
    """Look at an occurrence whose run is ours, and park the run; how it was parked, or None when it failed.

    `tries` is how many times in a row it will have failed if it fails now. Nothing but the loss of Prefect's server
    comes out of here: an error parks the run again, with a message and a backoff.
    """
    try:
        view = await in_thread(ledger_side.look, house, occurrence_id, owner, times.claim)
        if view is None:
            return await _ask_again(house, server, run, occurrence_id, times)
        await _park(house, server, run, view)
        await showing.show(server, run, view)
        if await in_thread(ledger_side.leave, house, view, owner):
            await _wake(server, run.id)
        return view
    except ledger_side.NothingThere as error:
        await parking.end(server, run.id, "Withdrawn", str(error), "CANCELLED")
        return None
    except Exception as error:
        log.exception("checkpoint failed", occurrence=occurrence_id, tries=tries)
        await _after_trouble(house, server, run, occurrence_id, owner, error, backoff(times, tries))
        return None


async def _park(house: House, server: PrefectServer, run: Run, view: RunView) -> None:
    """Park the occurrence's run; a run that somebody started beside it (Quick run) ends, having had its look."""
    if view.run_id not in (None, run.id):
        own = await parking.read_run(server, view.run_id)
        if own and own.occurrence_id == view.occurrence_id:
            await parking.end(server, run.id, "Looked", f"Đã xem lại; quá trình này là “{view.name}”")
            if not own.in_hand:
                await parking.put(server, own, view, house.clock)
            return
    if view.run_id != run.id:
        await in_thread(ledger_side.remember_run, house, view.occurrence_id, run.id)
    await parking.park(server, run, view, house.clock)


async def _ask_again(house: House, server: PrefectServer, run: Run, occurrence_id: int, times: Times) -> RunView | None:
    views = await in_thread(ledger_side.describe, house, [occurrence_id])
    view = parking.soon(views[0], timedelta(seconds=times.busy), house.clock)
    await parking.park(server, run, view, house.clock)
    return view


async def _wake(server: PrefectServer, run_id: str) -> None:
    run = await parking.read_run(server, run_id)
    if run:
        await parking.wake(server, run)


async def _after_trouble(
    house: House, server: PrefectServer, run: Run, occurrence_id: int, owner: str, error: Exception, wait: timedelta
) -> None:
    """Park the run under its name with what went wrong. When even that fails, `reconcile` sets it back."""
    try:
        await in_thread(ledger_side.let_go, house, occurrence_id, owner)
        views = await in_thread(ledger_side.describe, house, [occurrence_id])
        if views:
            await parking.park(server, run, parking.after_trouble(views[0], error, wait, house.clock), house.clock)
        else:
            await parking.retry_later(server, run, str(error), wait)
        await showing.note(server, run.id, f"{parking.TROUBLE}: {type(error).__name__}: {error}", showing.ERROR)
    except Exception:
        log.exception("a run stays where it is until reconcile", run=run.id)
