"""A throw-away PostgreSQL server for the chaos, made the way the tests' fixture makes it, that can be made to die."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import _free_port, _postgres_bin, _run, _unprivileged


@dataclass
class Server:
    """A running server: its URL, and how to end it without warning and start it again."""

    url: str
    binaries: Path
    home: Path
    options: str
    as_user: dict[str, Any]

    def start(self) -> None:
        """Start, with whatever recovery it needs, and wait until it answers."""
        self._control("-l", self.home / "log", "-w", "-t", "60", "-o", self.options, "start")

    def die(self) -> None:
        """Every process of it at once, nothing flushed, no connection told."""
        self._control("-m", "immediate", "-w", "stop")

    def _control(self, *words: str | Path) -> None:
        _run([self.binaries / "pg_ctl", "-D", self.home / "data", *words], self.as_user)


@contextmanager
def throw_away_server() -> Iterator[Server | None]:
    """A server on a random loopback port; None where PostgreSQL is not installed.

    Commits wait for the log to be written, as an office's do (the tests' server does without); what a power cut would
    lose is not tried, so the disk is not waited for.
    """
    binaries = _postgres_bin()
    if binaries is None:
        yield None
        return
    as_user = _unprivileged()
    home = Path(tempfile.mkdtemp(prefix="dondoc-pg-", dir="/tmp"))  # short: a socket's path has a limit
    port, password, secret = _free_port(), secrets.token_hex(8), home / "password"
    secret.write_text(password)
    if as_user:
        for path in (home, secret):
            os.chown(path, as_user["user"], as_user["group"])
    url = f"postgresql+psycopg://dondoc:{password}@127.0.0.1:{port}/postgres"
    options = f"-c listen_addresses=127.0.0.1 -p {port} -k {home} -c fsync=off -c synchronous_commit=on"
    server = Server(url, binaries, home, options, as_user)
    try:
        access = ["-U", "dondoc", "-A", "scram-sha-256", "--pwfile", secret]
        making = [binaries / "initdb", "-D", home / "data", *access, "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync"]
        _run(making, as_user)
        server.start()
        try:
            yield server
        finally:
            server.die()
    finally:
        shutil.rmtree(home, ignore_errors=True)
