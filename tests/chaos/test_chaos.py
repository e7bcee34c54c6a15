"""The chaos in its small form; the full one is `make chaos`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

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
