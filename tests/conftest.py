"""What every test stands on: no network beyond this machine, a fresh ledger, a throw-away PostgreSQL, the seeds."""

from __future__ import annotations

import ipaddress
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from models.database import ledger_url, open_ledger
from models.tables import METADATA

ROOT = Path(__file__).resolve().parent.parent


# ------------------------------------------------------------------------------------------------- the network is off


class NetworkIsOff(RuntimeError):
    """A test reached for an address outside this machine."""


def _is_local(host: object) -> bool:
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True, scope="session")
def _network_is_off() -> Iterator[None]:
    """Sockets and name look-ups end at loopback; a test that wants more talks to a server of its own on 127.0.0.1."""
    connect, connect_ex, lookup = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def refuse(host: object) -> None:
        raise NetworkIsOff(f"a test wants to reach {host!r}; tests talk to this machine only")

    def checked(address: Any, family: int) -> None:
        if family in (socket.AF_INET, socket.AF_INET6) and not _is_local(address[0]):
            refuse(address[0])

    def guarded_connect(self: socket.socket, address: Any) -> None:
        checked(address, self.family)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        checked(address, self.family)
        return connect_ex(self, address)

    def guarded_lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not (_is_local(host) or host == socket.gethostname() or host in ("0.0.0.0", "::")):
            refuse(host)
        return lookup(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_lookup)
        yield


@pytest.fixture(autouse=True, scope="session")
def _environment_is_plain() -> Iterator[None]:
    """No setting of whoever runs the tests leaks into them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("DONDOC_", "PREFECT_"))]:
            patch.delenv(name)
        patch.setenv("DO_NOT_TRACK", "1")
        patch.setenv("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
        yield


# ------------------------------------------------------------------------------------------------- ledgers


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A fresh SQLite ledger in a file, with every table."""
    ledger = open_ledger(ledger_url(tmp_path / "ledger.db"))
    METADATA.create_all(ledger)
    yield ledger
    ledger.dispose()


def _postgres_bin() -> Path | None:
    """The folder that has initdb, postgres and pg_ctl."""
    on_path = shutil.which("postgres")
    places = [Path(on_path).resolve().parent] if on_path else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda bin_: -float(bin_.parent.name))
    return next((place for place in places if all((place / name).exists() for name in ("initdb", "pg_ctl"))), None)


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as `postgres`, or as `nobody`."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise LookupError("root, and neither a user postgres nor a user nobody to run PostgreSQL as")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(command: list[str | Path], as_user: dict[str, Any]) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd="/",
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
        timeout=120,
        **as_user,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{done.stdout.decode(errors='replace')}")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A throw-away PostgreSQL cluster on a random loopback port: the URL of its `postgres` database."""
    binaries = _postgres_bin()
    if binaries is None:
        reason = "no PostgreSQL server on this machine (Debian: apt-get install postgresql)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    as_user = _unprivileged()
    home = Path(tempfile.mkdtemp(prefix="dondoc-pg-", dir="/tmp"))  # short: a socket's path has a limit
    if as_user:
        os.chown(home, as_user["user"], as_user["group"])
    data, port, password = home / "data", _free_port(), secrets.token_hex(8)
    secret = home / "password"
    secret.write_text(password)
    if as_user:
        os.chown(secret, as_user["user"], as_user["group"])
    try:
        access = ["-U", "dondoc", "-A", "scram-sha-256", "--pwfile", secret]
        _run([binaries / "initdb", "-D", data, *access, "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync"], as_user)
        options = f"-c listen_addresses=127.0.0.1 -p {port} -k {home} -c fsync=off -c synchronous_commit=off"
        _run([binaries / "pg_ctl", "-D", data, "-l", home / "log", "-w", "-t", "60", "-o", options, "start"], as_user)
        try:
            yield f"postgresql+psycopg://dondoc:{password}@127.0.0.1:{port}/postgres"
        finally:
            _run([binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"], as_user)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def postgres_engine(postgres_url: str) -> Iterator[Engine]:
    """A fresh PostgreSQL ledger in a database of its own, with every table."""
    name = f"t{secrets.token_hex(6)}"
    server = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    ledger = open_ledger(postgres_url.rpartition("/")[0] + f"/{name}")
    METADATA.create_all(ledger)
    yield ledger
    ledger.dispose()
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


# ------------------------------------------------------------------------------------------------- files


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The five real plans as text, which lie beside the repository and not in it."""
    folder = ROOT.parent / "shared" / "seeds"
    if not any(folder.glob("*.txt")):
        pytest.skip("the seed documents (../shared/seeds/*.txt) are not beside this checkout")
    return folder
