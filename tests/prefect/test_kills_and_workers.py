"""Workers that are killed, stock workers, native schedules: a live server and real processes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pendulum
import pytest

from config.bootstrap import House
from flows import ledger_side
from flows.parking import moment, real_moment
from flows.reconcile import reconcile, watch
from flows.server_process import ServerProcess
from flows.worker import Worker
from models.columns import ZONE

from .conftest import SHORT, run
from .small_ledger import OPENS, PLAN, REPORT, UNITS, lapse, moves_of

pytestmark = pytest.mark.prefect

Connect = Callable[[], Any]
MakeHouse = Callable[..., House]
HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


@contextmanager
def started(command: list[str], **how: Any) -> Iterator[subprocess.Popen[str]]:
    """A process with a group of its own, gone at the end."""
    process = subprocess.Popen(
        command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True, **how
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def kill_in_the_middle(house: House, url: str, moment: str) -> None:
    """Start a worker, wait until it stands in the middle of a checkpoint, and kill it with -9."""
    command = [
        sys.executable,
        str(HERE / "killed_worker.py"),
        str(house.settings.home),
        str(house.settings.config),
        url,
    ]
    with started([*command, moment], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}) as worker:
        assert worker.stdout is not None
        said = ""
        for line in worker.stdout:
            said += line
            if "standing" in line:
                break
        else:
            pytest.fail(said)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


@pytest.mark.parametrize("moment", ["taken", "begun", "looked", "parked"])
def test_a_worker_killed_in_the_middle_strands_nothing(
    prefect: Connect, make_house: MakeHouse, process: ServerProcess, moment: str
) -> None:
    """Wherever a worker is killed with -9, the run is served within the claim's time and each deadline lapses once."""
    house = make_house(tasks=1)

    async def story() -> Any:
        async with prefect() as p:
            await p.furnish(house)
            lapse(house)
            await reconcile(house, p.server, times=SHORT)
            await asyncio.to_thread(kill_in_the_middle, house, p.server.url, moment)
            worker, killed = Worker(house, p.server, SHORT), time.monotonic()
            while time.monotonic() - killed < 20:
                await watch(house, p.server, SHORT)
                await worker.round()
                after = (await p.runs(house))[0]
                if after.state_name == "Overdue" and not ledger_side.claimed_ids(house):
                    break
                await asyncio.sleep(0.2)
            return after, time.monotonic() - killed

    after, seconds = run(story())

    assert (after.state_type, after.state_name) == ("SCHEDULED", "Overdue")
    assert after.wake_at > pendulum.now("UTC")
    assert seconds < 15
    assert [move for _, move in moves_of(house)] == ["lapse"] * len(UNITS)


def test_the_stock_worker_executes_a_checkpoint_without_an_error_line(
    prefect: Connect, make_house: MakeHouse, process: ServerProcess, tmp_path: Path
) -> None:
    """`prefect worker start` takes a due run, parks it as Overdue, and nothing in its log reads as an error."""
    house = make_house(tasks=1)
    environment = {
        **os.environ,
        "DONDOC_HOME": str(house.settings.home),
        "DONDOC_CONFIG": str(house.settings.config),
        "PREFECT_API_URL": f"{process.url}/api",
        "PREFECT_HOME": str(tmp_path / "worker"),
    }
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "dondoc", "--type", "process"]

    async def story() -> Any:
        async with prefect() as p:
            await p.furnish(house)
            lapse(house)
            await reconcile(house, p.server, times=SHORT)
            with started(command, env=environment, cwd=tmp_path) as worker:
                after = await until(lambda: p.runs(house), lambda runs: runs[0].state_name == "Overdue", seconds=60)
                logs = await until(lambda: p.logs(after[0].id), finished, seconds=20)
                os.killpg(worker.pid, signal.SIGINT)
                await asyncio.to_thread(worker.wait, 20)
            return after[0], logs

    after, logs = run(story())

    assert (after.state_type, after.state_name) == ("SCHEDULED", "Overdue")
    assert [row["message"] for row in logs if row["level"] >= 40] == []
    assert [move for _, move in moves_of(house)] == ["lapse"] * len(UNITS)


def finished(logs: list[dict[str, Any]]) -> bool:
    """Whether the engine has written its last line."""
    return any("Finished in state" in row["message"] for row in logs)


async def until(ask: Callable[[], Any], right: Callable[[Any], bool], *, seconds: float) -> Any:
    """Ask until the answer is right, or the time is over."""
    deadline = time.monotonic() + seconds
    while not right(answer := await ask()) and time.monotonic() < deadline:
        await asyncio.sleep(0.5)
    return answer


def test_a_native_schedule_mints_the_run_that_opens_a_period(prefect: Connect, make_house: MakeHouse) -> None:
    """Prefect's own scheduler makes the run of an opening day, at 00:05; served, it opens the period with its runs.

    With SQLAlchemy 2.1 the server is healthy and no scheduled run ever comes: this is the test that waits for one.
    """
    house = make_house(tasks=0, at=pendulum.datetime(OPENS.year, OPENS.month, OPENS.day, 0, 4, 45, tz=ZONE))

    async def story() -> Any:
        async with prefect() as p:
            await p.furnish(house)
            minted = await until(lambda: period_runs(p), bool, seconds=60)
            worker = Worker(house, p.server, SHORT)
            await until(worker.round, lambda _: bool(ledger_side.live_views(house)), seconds=60)
            return minted, await period_runs(p), await p.runs(house)

    async def period_runs(p: Any) -> list[Any]:
        body = {"flows": {"name": {"any_": ["reporting-period"]}}}
        return list(await p.server.read("POST", "/flow_runs/filter", body))

    minted, served, opened = run(story())
    opening = pendulum.datetime(OPENS.year, OPENS.month, OPENS.day, 0, 5, tz=ZONE)

    assert len(minted) == 1
    assert minted[0]["parameters"] == {"plan_id": PLAN, "report": REPORT}
    assert abs(moment(minted[0]["expected_start_time"]) - real_moment(house.clock, opening)) < timedelta(seconds=2)
    assert served[0]["state"]["type"] == "COMPLETED"
    assert [(r.name, r.state_name) for r in opened] == [("Báo cáo năm · năm 2032 · 0/2", "Assigned")]
