"""Every list page of the portal, and the submission of a report, on a ledger of a million assignments.

Against a bare FastAPI route with one indexed SELECT on the same server in the same run: one uvicorn on loopback, one
keep-alive connection, one request after another, in turn, so that a busy machine is busy for all. p95 in milliseconds.
SQLite, and PostgreSQL where its programs are installed.
"""

from __future__ import annotations

import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr
from sqlmodel import Session, select

from actions.accounts import begin_session, create_account, create_token
from config.keys import keys_of
from config.settings import Settings
from models.accounts import Role
from models.database import ledger_url, open_ledger, transaction
from models.ledger import Assignment
from models.migrations.upgrade import upgrade
from portal.rights import COOKIE

from .big_ledger import NOW, fill
from .ledger_bench import figure
from .portal_server import SECRET
from .postgres import cluster

ROUNDS, PER_ROUND = 8, 25
PAGE_REACH, REPORT_REACH = 6.0, 10.0
PAGES = (
    "/",
    "/waiting",
    "/plans",
    "/plans/kh-07",
    "/plans/kh-07/units",
    "/periods/kh-07/2026-Q4",
    "/units",
    "/units/truong-0107",
    "/messages",
    "/messages?state=failed",
    "/audit",
    "/audit/moves",
    "/search?q=nang cao",
    "/search?q=12/BC-truong-0107",
    "/accounts",
    "/api/v1/assignments?state=overdue",
    "/api/v1/occurrences?plan=kh-07",
    "/api/v1/messages",
)

Ask = Callable[[], httpx.Response]


def figures() -> Iterator[dict[str, Any]]:
    """The rows of the table, SQLite first."""
    with tempfile.TemporaryDirectory(prefix="dondoc-bench-") as name:
        yield from measured(ledger_url(Path(name) / "ledger.db"), Path(name), "SQLite")
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(cluster())
        if url is None:
            print("no PostgreSQL programs here: its half is left out", file=sys.stderr)
            return
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dondoc-bench-")))
        yield from measured(url, home, "PostgreSQL")


def measured(url: str, home: Path, database: str, *, filled: bool = False) -> Iterator[dict[str, Any]]:
    """Fill a ledger (unless it is), serve it, and time each page and the submission against the bare route."""
    engine = open_ledger(url)
    if not filled:
        upgrade(engine)
        fill(engine)
    with transaction(engine) as session:
        cookie, token = _door(session, home)
        ids = _reports(session)
    engine.dispose()
    with served(url, home) as base, httpx.Client(base_url=base, timeout=60) as client:
        bearer = {"authorization": f"Bearer {token}"}
        cookies = {"cookie": f"{COOKIE}={cookie}"}
        asks: dict[str, Ask] = {"bare": lambda: client.get("/bare/500000")}
        for page in PAGES:
            asks[page] = lambda page=page: client.get(page, headers=cookies)  # type: ignore[misc]
        asks["report"] = lambda: client.post(
            f"/api/v1/assignments/{ids.pop()}/report", json={"reason_late": "mất điện"}, headers=bearer
        )
        times = _timed(asks)
    bare = p95(times["bare"])
    for page in PAGES:
        yield figure(f"{database}, p95 of {page}", p95(times[page]), "ms", bare, PAGE_REACH)
    yield figure(f"{database}, p95 of a report with its lines", p95(times["report"]), "ms", bare, REPORT_REACH)


def p95(times: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(times, n=20)[-1]


def _timed(asks: dict[str, Ask]) -> dict[str, list[float]]:
    """Milliseconds of each request, ROUNDS × PER_ROUND of each kind, in turn; an answer that is no success raises."""
    times: dict[str, list[float]] = {name: [] for name in asks}
    for name, ask in asks.items():  # one to warm up, not counted
        _checked(name, ask())
    for _ in range(ROUNDS):
        for name, ask in asks.items():
            for _ in range(PER_ROUND):
                began = time.perf_counter()
                answer = ask()
                times[name].append((time.perf_counter() - began) * 1000)
                _checked(name, answer)
    return times


def _checked(name: str, answer: httpx.Response) -> None:
    if answer.status_code != 200:
        raise AssertionError(f"{name}: {answer.status_code} {answer.text[:300]}")


def _door(session: Session, home: Path) -> tuple[str, str]:
    """(cookie, token) of an admin."""
    settings = Settings(home=home, secret_key=SecretStr(SECRET))
    name = f"bench-{os.getpid()}-{time.time_ns()}"
    account = create_account(session, NOW, by="bench", login=name, name="Bench", role=Role.ADMIN)
    _, token = create_token(session, account, NOW, name="bench", writes=True, days=None)
    return keys_of(settings).sign("session", begin_session(session, account, NOW)), token


def _reports(session: Session) -> list[int]:
    """Reports that are still owed: enough for every request."""
    owed = select(Assignment.id).where(
        Assignment.kind == "report", Assignment.state.in_(["assigned", "in_progress", "overdue"])  # type: ignore[attr-defined]
    )  # fmt: skip
    return [number for number in session.exec(owed.limit(ROUNDS * PER_ROUND + 1)) if number is not None]


@contextlib.contextmanager
def served(url: str, home: Path) -> Iterator[str]:
    """The server as a process of its own; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (home / "server.log").open("wb")
    command = [sys.executable, "-m", "benchmarks.portal_server", url, str(home), str(port)]
    server = subprocess.Popen(command, cwd=Path(__file__).resolve().parent.parent, stdout=log, stderr=log)
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(f"{base}/bare/1")
                break
            if server.poll() is not None:
                raise RuntimeError((home / "server.log").read_text(errors="replace")[-2000:])
            time.sleep(0.25)
        yield base
    finally:
        server.terminate()
        server.wait(10)
        log.close()
