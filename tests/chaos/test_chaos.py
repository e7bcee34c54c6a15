"""The chaos in its small form; the full one is `make chaos`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from models.database import open_ledger
from tests.chaos.postgres import throw_away_server

LAST_LINE = re.compile(r"chaos: runs (\d+) lost (\d+) doubled (\d+) unknown (\d+)")


def chaos(root: Path, *words: str) -> tuple[int, list[int], str]:
    """(exit code, the four numbers of the last line, everything said); a process of its own, since it forks."""
    command = [sys.executable, "-m", "tests.chaos", *words]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=240, check=False)
    said = done.stdout + done.stderr
    found = LAST_LINE.fullmatch(done.stdout.strip().rpartition("\n")[2])
    assert found, said
    return done.returncode, [int(number) for number in found.groups()], said


def test_nothing_is_lost_or_told_twice_when_processes_are_killed(root: Path, postgres_url: str) -> None:
    """Two schedulers, two deliverers and a unit, killed again and again on both databases."""
    code, (runs, lost, doubled, _unknown), said = chaos(
        root, "--runs", "16", "--world", "8", "--seed", "7", "--postgres-url", postgres_url
    )

    assert (code, lost, doubled) == (0, 0, 0), said
    assert runs >= 16


@pytest.mark.parametrize(("sabotage", "which"), [("resend", 2), ("forget", 1)])
def test_the_count_notices_a_broken_promise(root: Path, sabotage: str, which: int) -> None:
    """A house that sends again what may have left, or calls sent what never left, does not pass."""
    words = ("--runs", "10", "--seed", "3", "--only", "sqlite", "--sabotage", sabotage)
    code, numbers, said = chaos(root, *words)

    assert code == 1, said
    assert numbers[which] > 0, said


@pytest.mark.prefect
def test_a_wiped_prefect_server_loses_nothing_and_comes_into_order(root: Path) -> None:
    """Workers, a unit and Prefect's server are killed, its data wiped; every open period has its one run again."""
    words = ("--runs", "2", "--world", "2", "--seed", "9", "--only", "sqlite", "--prefect-rounds", "3")
    code, (_runs, lost, doubled, _unknown), said = chaos(root, *words)

    assert (code, lost, doubled) == (0, 0, 0), said
    assert "Prefect's server wiped 1" in said
    assert "runs in order at the end" in said


def test_what_was_committed_outlives_the_death_of_postgresql() -> None:
    """The server the chaos kills really dies and really comes back, with what it had said yes to."""
    with throw_away_server() as server:
        if server is None:
            pytest.skip("no PostgreSQL server on this machine (Debian: apt-get install postgresql)")
        ledger = open_ledger(server.url)
        with ledger.begin() as connection:
            connection.execute(text("CREATE TABLE said (word text)"))
            connection.execute(text("INSERT INTO said VALUES ('yes')"))
        server.die()
        with pytest.raises(OperationalError), ledger.connect() as connection:
            connection.execute(text("SELECT 1"))
        server.start()
        with ledger.connect() as connection:
            assert connection.execute(text("SELECT word FROM said")).scalar_one() == "yes"
        ledger.dispose()
