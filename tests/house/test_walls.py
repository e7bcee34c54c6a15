"""The walls of the test house: the network is off, both databases are real, and a setting of ours never leaks in."""

from __future__ import annotations

import os
import socket
import urllib.request

import pytest
from sqlalchemy import Engine, inspect, text
from sqlmodel import SQLModel


def test_a_name_outside_this_machine_is_refused() -> None:
    """A test that looks up another machine fails with a sentence, not with a timeout."""
    with pytest.raises(RuntimeError, match="tests talk to this machine only"):
        socket.getaddrinfo("example.org", 443)


def test_an_address_outside_this_machine_is_refused() -> None:
    """An address given as numbers is no way around."""
    with socket.socket() as outside, pytest.raises(RuntimeError, match=r"192\.0\.2\.1"):
        outside.connect(("192.0.2.1", 25))


def test_urllib_is_stopped_too() -> None:
    """Libraries meet the same wall."""
    with pytest.raises(RuntimeError, match="this machine only"):
        urllib.request.urlopen("http://example.org", timeout=1)


def test_loopback_is_open() -> None:
    """A server of the test's own can be reached."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
        client.connect(server.getsockname())

        assert client.getpeername() == server.getsockname()


def test_no_setting_leaks_in() -> None:
    """Whoever runs the tests may have DONDOC_EMAIL_URL set: no test may see it."""
    assert not [name for name in os.environ if name.startswith("DONDOC_")]


def test_the_ledger_has_every_table(engine: Engine) -> None:
    """The `engine` fixture is a whole ledger, and foreign keys are on."""
    tables = set(inspect(engine).get_table_names())

    assert {"plans", "processes", "occurrences", "assignments", "notices", "letters"} <= tables
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_postgres_has_every_table(postgres_engine: Engine) -> None:
    """The same tables stand in a real PostgreSQL."""
    tables = set(inspect(postgres_engine).get_table_names())

    assert {table.name for table in SQLModel.metadata.sorted_tables} <= tables
