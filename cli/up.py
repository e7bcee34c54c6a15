"""`dondoc up`: ledger, Prefect's server, worker, post and portal, embedded in one process and one child.

Started by a person or a service manager, stopped by Ctrl-C or SIGTERM. The order: hold the house, take the ports,
start Prefect's server, apply the config while it starts, register deployments, put every run right, then serve.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import signal
import sys
import webbrowser
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, TypeVar
from urllib.parse import urlencode

import pendulum
import structlog
import uvicorn
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from actions.advance import advance
from actions.apply_plan import apply_plan, apply_units
from actions.heartbeat import TICK, beat
from actions.reading import plans
from actions.simulate import live_past_days
from config.bootstrap import House, note_running, running
from flows import ledger_side
from flows.deploy import register
from flows.ledger_side import base_of, in_thread
from flows.plain_words import speak_plainly
from flows.reconcile import reconcile
from flows.server_calls import PrefectServer, ServerError, address_of
from flows.server_process import ServerDidNotStart, ServerProcess, start_server
from flows.worker import Worker
from models.database import transaction
from portal.serving import server_config, settle

from .accounts import who_may_reach
from .ports import CannotStart, require_free

log = structlog.get_logger(__name__)

T = TypeVar("T")

LOCK = "up.lock"
WATCH_SECONDS = 2.0  # how soon a dead server is noticed


def up(house: House, *, port: int, prefect_port: int, browser: bool) -> int:
    """Run everything until Ctrl-C or SIGTERM; the exit code."""
    base = base_of(house)
    speak_plainly()  # stdout has the addresses only
    try:
        with _held(base):
            require_free(house.settings.host, port, "--port")
            require_free("127.0.0.1", prefect_port, "--prefect-port")
            if port == prefect_port:
                raise CannotStart(f"hai trang không thể cùng ở cổng {port}: đổi --port hoặc --prefect-port")
            house = _with_ports(house, port, prefect_port)
            return asyncio.run(_run(house, base, browser))
    except (CannotStart, ServerDidNotStart, ServerError) as error:
        print(error, file=sys.stderr)
        return 1


def reconcile_now(house: House) -> dict[str, Any]:
    """`dondoc reconcile`: put every run right on the server that is up."""

    async def deed() -> dict[str, Any]:
        async with _server_that_is_up(house) as server:
            await in_thread(ledger_side.catch_up, house)
            return (await reconcile(house, server)).as_json()

    return _asked(deed)


def deploy_if_up(house: House) -> str:
    """After `dondoc apply`: register the deployments and the new runs when a server is up; one line that says so."""

    async def deed() -> str:
        async with _server_that_is_up(house) as server:
            written = await register(house, server)
            counts = await reconcile(house, server)
        return f"ghi {written.writes} deployment; quá trình: {counts}"

    if address_of(base_of(house)) is None:
        return "Prefect chưa chạy; `dondoc up` sẽ đăng ký"
    return _asked(deed)


@asynccontextmanager
async def _server_that_is_up(house: House) -> AsyncIterator[PrefectServer]:
    url = address_of(base_of(house))
    if url is None:
        raise CannotStart("Prefect chưa chạy: chạy `dondoc up` trước (hoặc đặt DONDOC_PREFECT_API_URL)")
    async with PrefectServer(url) as server:
        yield server


def _asked(deed: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Do something on the server that is up; a server that is not there is a sentence and exit code 1."""
    try:
        return asyncio.run(deed())
    except (CannotStart, ServerError) as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None


# ------------------------------------------------------------------ one house, two ports


def _with_ports(house: House, port: int, prefect_port: int) -> House:
    ports = {"port": port, "prefect_port": prefect_port}
    return replace(house, settings=house.settings.model_copy(update=ports))


@contextmanager
def _held(base: Path) -> Iterator[None]:
    """Hold the house: a lock the kernel frees when this process ends, however it ends."""
    base.mkdir(parents=True, exist_ok=True)
    with (base / LOCK).open("a") as lock:
        if not _locked(lock):
            found = running(base) or {}
            where = f": {found['portal']}" if "portal" in found else ""
            who = f" (tiến trình {found['pid']}{where})" if found else ""
            raise CannotStart(f"Dondoc đang chạy trên thư mục {base}{who}; dừng nó, hoặc đặt DONDOC_HOME khác")
        yield


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


# ------------------------------------------------------------------ start, serve, stop


async def _run(house: House, base: Path, browser: bool) -> int:
    stop = asyncio.Event()
    _listen_for_signals(stop)
    server = start_server(house.settings.home / "prefect", house.settings.prefect_port)
    noted = note_running(house, base, prefect=server.url, portal=_portal_url(house))
    try:
        await _serve(house, server, stop, browser)
    finally:
        noted.unlink(missing_ok=True)
        await asyncio.to_thread(server.stop)
    return 0


def _listen_for_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # under nohup it stays ignored
            loop.add_signal_handler(number, stop.set)


async def _serve(house: House, process: ServerProcess, stop: asyncio.Event, browser: bool) -> None:
    """The portal opens as soon as the ledger is right; the rest follows when Prefect has started."""
    if not await _until(stop, in_thread(apply_config, house)):
        return
    portal = _portal(house)
    door = asyncio.create_task(portal.serve())
    try:
        async with PrefectServer(f"{process.url}/api") as server:
            worker = Worker(house, server)
            if await _until(stop, _furnish(house, process, server)):
                worker.order_is_fresh()
                settle()
                _say_where(house, process.url, browser)
                await _work(stop, door, worker.serve(stop), _notice_death(process, stop))
    finally:
        portal.should_exit = True
        await _finish([door])


async def _work(stop: asyncio.Event, door: asyncio.Task[None], *loops: Coroutine[Any, Any, None]) -> None:
    """Until `stop`; when one part ends by itself, all end, and that is a failure."""
    tasks = [asyncio.create_task(loop) for loop in loops]
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([stopping, door, *tasks], return_when=asyncio.FIRST_COMPLETED)
    wanted = stop.is_set()
    stop.set()
    await _finish([stopping, *tasks])
    if not wanted:
        raise CannotStart("một phần của Dondoc đã dừng ngoài ý muốn; phần còn lại được dừng theo")


async def _until(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Do `work` unless `stop` comes first; whether it was done."""
    doing, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait([doing, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if doing.done():
        doing.result()
        return True
    doing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await doing
    return False


async def _furnish(house: House, process: ServerProcess, server: PrefectServer) -> None:
    """Everything Prefect must have before the worker starts, with a bar on a terminal and silence in a pipe."""
    with _bar() as bar:
        waiting = bar.add_task("Khởi động Prefect", total=None)
        await process.wait_until_ready()
        bar.remove_task(waiting)
        await register(house, server, _step(bar, "Đăng ký quy trình"))
        await reconcile(house, server, progress=_step(bar, "Đặt các quá trình"))


def apply_config(house: House) -> None:
    """Config → ledger, and the ledger to now; what an earlier `up` still claimed is freed.

    A shifted clock's fresh ledger first lives the days before, so that today is as it would be in a house that has
    run all along.
    """
    now = house.clock.now()
    ledger_side.forget_dead_claims(house)
    with transaction(house.engine) as session:
        if house.clock.shifted and not plans(session):
            live_past_days(session, house.config.plans.values(), house.config.units, house.rules, now.date())
        apply_units(session, house.config.units)
        for plan in house.config.plans.values():
            apply_plan(session, plan, house.config.units, house.rules, now)
        advance(session, house.rules, now)
        beat(session, TICK, now)


async def _notice_death(process: ServerProcess, stop: asyncio.Event) -> None:
    """End when Prefect's server has died: a supervisor then starts all of it again, on the data that is there."""
    while process.alive and not stop.is_set():
        await asyncio.sleep(WATCH_SECONDS)
    if not stop.is_set():
        print(f"máy chủ Prefect đã dừng ngoài ý muốn; xem {process.log}", file=sys.stderr)


async def _finish(tasks: list[asyncio.Task[Any]]) -> None:
    """Let what is under way end; give up on it after a while."""
    _, late = await asyncio.wait(tasks, timeout=10)
    for task in late:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            log.error("ended with an error", error=repr(result))


# ------------------------------------------------------------------ the portal and the words


class Portal(uvicorn.Server):
    """The portal inside our loop: the signals are `up`'s."""

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        """Leave the signals alone."""
        return contextlib.nullcontext()


def _portal(house: House) -> Portal:
    from portal.app import create_app

    return Portal(server_config(create_app(house), house))


def _portal_url(house: House) -> str:
    host = house.settings.host
    return f"http://{'127.0.0.1' if host in ('0.0.0.0', '::', '') else host}:{house.settings.port}"


def runs_page(prefect_url: str, state: str, clock_now: pendulum.DateTime) -> str:
    """Prefect's list of runs in one state; without dates its page shows only what started in the last seven days."""
    span = {"startDate": clock_now.subtract(years=1).isoformat(), "endDate": clock_now.add(years=2).isoformat()}
    return f"{prefect_url}/runs?{urlencode({'state': state, 'type': 'range', **span})}"


def _say_where(house: House, prefect_url: str, browser: bool) -> None:
    now = pendulum.now("UTC").start_of("day")
    shown = house.clock.now().format("HH:mm DD/MM/YYYY")
    lines = [
        f"Trang theo dõi   {_portal_url(house)}",
        *who_may_reach(house, _portal_url(house)),
        f"Prefect          {prefect_url}",
        f"  quá hạn        {runs_page(prefect_url, 'Overdue', now)}",
        f"Hộp thư          {house.settings.mailbox}",
        *([f"Đồng hồ          {shown} (không gửi ra ngoài)"] if house.clock.shifted else []),
        "Ctrl-C để dừng.",
    ]
    print("\n".join(lines), flush=True)
    if browser and sys.stdout.isatty():
        webbrowser.open(_portal_url(house))


def _bar() -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _step(bar: Progress, title: str) -> Callable[[int, int], None]:
    task = bar.add_task(title, total=None)
    return lambda done, total: bar.update(task, completed=done, total=total)
