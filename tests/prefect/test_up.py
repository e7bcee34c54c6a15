"""`dondoc up` as a process: its doors, its refusals, its end; and what is left when it or its database is gone."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from config.bootstrap import House
from flows.parking import Run
from flows.server_process import server_environment

from .conftest import free_port
from .small_ledger import PLAN, lapse, tick

pytestmark = pytest.mark.prefect

MakeHouse = Callable[..., House]


class Up:
    """One `dondoc up` and the two ports it serves."""

    def __init__(self, house: House, port: int, prefect_port: int) -> None:
        self.portal, self.prefect = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{prefect_port}"
        self.home = house.settings.home
        self.environment = {
            **os.environ,
            "DONDOC_HOME": str(self.home),
            "DONDOC_CONFIG": str(house.settings.config),
            "PREFECT_API_URL": "http://127.0.0.1:1/api",  # another office's Prefect: nothing of it may be touched
        }
        ports = ["--port", str(port), "--prefect-port", str(prefect_port)]
        self.command = [sys.executable, "-m", "cli.main", "up", "--no-browser", *ports]
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> float:
        """Start it and wait until it has printed its addresses; the seconds that took."""
        began = time.monotonic()
        log = (self.home / "up.log").open("w")
        self.process = subprocess.Popen(
            self.command, env=self.environment, stdout=subprocess.PIPE, stderr=log, text=True
        )
        log.close()
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if "Ctrl-C" in line:
                return time.monotonic() - began
        pytest.fail((self.home / "up.log").read_text())

    def refused(self, **environment: str) -> tuple[int, str]:
        """Start it where it cannot; its exit code and what it says."""
        done = subprocess.run(
            self.command, env=self.environment | environment, capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stderr

    def end(self, number: signal.Signals) -> int:
        """End it with a signal; its exit code."""
        assert self.process is not None
        assert self.process.stdout is not None
        self.process.send_signal(number)
        code = self.process.wait(30)
        self.process.stdout.close()
        return code

    def runs(self, state: str | None = None) -> list[tuple[str, str, Any]]:
        """(name, state, wake time) of every run of a plan task."""
        return [(run.name, run.state_name, run.wake_at) for run in self._told() if state in (None, run.state_name)]

    def message(self) -> str:
        """The one line that the first run says."""
        return self._told()[0].message

    def _told(self) -> list[Run]:
        body = {"flows": {"name": {"any_": ["plan-task"]}}, "sort": "NAME_ASC"}
        rows = httpx.post(f"{self.prefect}/api/flow_runs/filter", json=body, trust_env=False).json()
        return [Run.told(row) for row in rows]


def answers(url: str) -> bool:
    """Whether somebody listens there."""
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def gone(url: str, seconds: float) -> bool:
    """Whether nobody listens there any more, at the latest after some seconds."""
    deadline = time.monotonic() + seconds
    while answers(url) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not answers(url)


def wait_for(question: Callable[[], bool], seconds: float = 20) -> None:
    """Return when the answer is yes; fail when it stays no."""
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.3)


@pytest.fixture
def up(make_house: MakeHouse) -> Iterator[tuple[House, Up]]:
    """A small house and its `up`, killed at the end if it still runs."""
    house = make_house(tasks=3)
    up = Up(house, free_port(), free_port())
    yield house, up
    if up.process and up.process.poll() is None:
        up.end(signal.SIGKILL)


@pytest.mark.timeout(180)
def test_up_serves_and_refuses_and_rebuilds_and_ends(up: tuple[House, Up], tmp_path: Path) -> None:
    """`up` serves, refuses a second start in one sentence, leaves no orphan, rebuilds what was lost, ends in order."""
    house, this = up

    this.start()
    asked = httpx.get(this.portal, trust_env=False, follow_redirects=True)
    assert (asked.status_code, asked.url.path) == (200, "/sign-in")
    assert [state for _, state, _ in this.runs()] == ["Assigned"] * 3

    _refuses_a_second_start(this, house)
    _refuses_a_busy_port(this, tmp_path)

    assert f"{this.portal}/plans/{PLAN}" in this.message()

    lapse(house)
    tick(house)
    wait_for(lambda: len(this.runs("Overdue")) == 3)
    before = this.runs()

    this.end(signal.SIGKILL)
    if sys.platform.startswith("linux"):
        assert gone(this.prefect, 10), "Prefect's server outlived a SIGKILL of its parent"

    for lost in (house.settings.home / "prefect").glob("prefect.db*"):
        lost.unlink()
    this.start()
    assert this.runs() == before

    assert this.end(signal.SIGTERM) == 0
    assert gone(this.prefect, 1)
    assert gone(this.portal, 1)
    assert (this.home / "up.log").read_text() == ""


def _refuses_a_second_start(this: Up, house: House) -> None:
    code, said = this.refused()

    assert (code, said.count("\n")) == (1, 1)
    assert str(house.settings.home) in said
    assert this.portal in said


def _refuses_a_busy_port(this: Up, tmp_path: Path) -> None:
    code, said = this.refused(DONDOC_HOME=str(tmp_path / "another"))

    assert (code, said.count("\n")) == (1, 1)
    assert this.portal.rpartition(":")[2] in said
    assert "--port" in said


def test_nothing_of_the_users_prefect_reaches_the_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The server's environment has none of the user's PREFECT_ variables, and everything that reports is off."""
    monkeypatch.setenv("PREFECT_API_URL", "https://example.invalid/api")
    monkeypatch.setenv("PREFECT_PROFILE", "office")

    environment = server_environment(tmp_path, 4200)

    assert "PREFECT_API_URL" not in environment
    assert "PREFECT_PROFILE" not in environment
    assert environment["PREFECT_HOME"] == str(tmp_path)
    assert environment["DO_NOT_TRACK"] == "1"
    assert environment["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert environment["PREFECT_SERVER_UI_V2_ENABLED"] == "false"
