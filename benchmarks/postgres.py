"""A throw-away PostgreSQL on loopback, where its programs are installed."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def cluster() -> Iterator[str | None]:
    """The URL of an empty database, gone afterwards; None without the programs. Durable as shipped: fsync stays on."""
    programs = _programs()
    if programs is None:
        yield None
        return
    user = _unprivileged()
    home = Path(tempfile.mkdtemp(prefix="dondoc-pg-", dir="/tmp"))  # short: a socket's path has a limit
    secret, password, port = home / "password", secrets.token_hex(8), _free_port()
    secret.write_text(password)
    for path in (home, secret):
        if user:
            os.chown(path, user["user"], user["group"])
    data = home / "data"
    try:
        _run([programs / "initdb", "-D", data, "-U", "dondoc", "-A", "scram-sha-256", "--pwfile", secret, "-E", "UTF8",
              "--locale", "C.UTF-8"], user)  # fmt: skip
        options = f"-c listen_addresses=127.0.0.1 -p {port} -k {home}"
        _run([programs / "pg_ctl", "-D", data, "-l", home / "log", "-w", "-t", "60", "-o", options, "start"], user)
        try:
            yield f"postgresql+psycopg://dondoc:{password}@127.0.0.1:{port}/postgres"
        finally:
            _run([programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"], user)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _programs() -> Path | None:
    on_path = shutil.which("postgres")
    places = [Path(on_path).resolve().parent] if on_path else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if all((place / name).exists() for name in ("initdb", "pg_ctl"))), None)


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise LookupError("root, and no user to run PostgreSQL as")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(command: list[str | Path], user: dict[str, Any]) -> None:
    words = [str(part) for part in command]
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(words, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, cwd="/", env=environment, timeout=120, **user)  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{words[0]} ended with {done.returncode}:\n{done.stdout.decode(errors='replace')}")
