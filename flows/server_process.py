"""Prefect's server as a child of `dondoc up`: started on loopback, waited for, stopped with everything it started.

Its environment is ours alone: no `PREFECT_…` variable, profile or `prefect.toml` of the user reaches it, and nothing
of it is written outside the house. What is switched off, and why, is in docs/prefect.md.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from .server_calls import PrefectServer

HOST = "127.0.0.1"
START_SECONDS = 120.0
GRACE_SECONDS = 8.0  # between asking the server to stop and killing it
LOG_BYTES = 10_000_000  # a server log larger than this is put aside at the next start
OWN_NAMES = ("PREFECT_", "__PREFECT_")


class ServerDidNotStart(Exception):
    """Prefect's server ended or stayed silent; the message names its log."""


@dataclass
class ServerProcess:
    """A running Prefect server and where it answers."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    async def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        """Return once the API answers (8–14 s the first time, when its database is made)."""
        deadline = time.monotonic() + seconds
        async with PrefectServer(f"{self.url}/api") as server:
            while not await server.healthy():
                if not self.alive:
                    raise ServerDidNotStart(f"máy chủ Prefect dừng ngay khi khởi động; xem {self.log}")
                if time.monotonic() > deadline:
                    raise ServerDidNotStart(f"máy chủ Prefect không trả lời sau {seconds:.0f} giây; xem {self.log}")
                await asyncio.sleep(0.2)

    def stop(self, grace: float = GRACE_SECONDS) -> None:
        """Ask it to stop, then make it; its whole process group goes."""
        for number, wait in ((signal.SIGTERM, grace), (signal.SIGKILL, grace)):
            if not self.alive:
                return
            _signal_group(self.process.pid, number)
            try:
                self.process.wait(wait)
            except subprocess.TimeoutExpired:
                continue


def start_server(folder: Path, port: int) -> ServerProcess:
    """Start Prefect's server on `port` with its data in `folder`."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "server.log"
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(folder / "server.old.log")
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", HOST, "--port", str(port)]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.child", str(os.getpid()), *command],
            cwd=folder,  # a prefect.toml or .env of the folder we were started in is not ours to read
            env=server_environment(folder, port),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches us alone, and we stop the server in order
        )
    return ServerProcess(process, f"http://{HOST}:{port}", log)


def server_environment(folder: Path, port: int) -> dict[str, str]:
    """The environment of Prefect's server: the user's without anything of Prefect's, and ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OWN_NAMES)}
    return kept | {
        "PREFECT_HOME": str(folder),
        "PREFECT_PROFILES_PATH": str(folder / "profiles.toml"),
        "PREFECT_SERVER_API_HOST": HOST,
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        # nothing is reported to anybody
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        # Prefect 3.8.8's V2 pages call an analytics host from the browser even then; V1 stays at `/`
        "PREFECT_SERVER_UI_V2_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    }


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return
