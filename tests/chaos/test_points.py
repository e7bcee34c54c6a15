"""The places where the chaos kills, and what delivery does when the ledger is away for a moment."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, select

from models import crash
from models.outbox import Attempt, Letter, LetterState
from notifications import deliver
from notifications.channel import RecordingChannel
from notifications.post import Post
from notifications.wording import Wording
from tests.chaos.world import POINTS_OF
from tests.office import Office, at, rules


def test_every_named_point_is_passed_somewhere_and_killed_at(root: Path) -> None:
    """A name in the list without a place in the product, or without a killer, would test nothing."""
    folders = ("actions", "notifications", "config")
    sources = [path.read_text(encoding="utf-8") for folder in folders for path in (root / folder).glob("*.py")]
    called = re.findall(r'kill_point\("([a-z-]+)"\)', "\n".join(sources))

    assert sorted(called) == sorted(crash.POINTS)
    assert {point for points in POINTS_OF.values() for point in points} == set(crash.POINTS)


def test_an_armed_process_dies_the_third_time(root: Path) -> None:
    """`DONDOC_KILL_POINT=name:3` counts, and SIGKILL leaves nobody time to tidy up."""
    program = "from models.crash import kill_point\nfor n in range(5): print(n, flush=True); kill_point('after-send')"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, env={"DONDOC_KILL_POINT": "after-send:3"}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stdout.split()) == (-signal.SIGKILL, ["0", "1", "2"])


def test_an_unknown_point_is_refused() -> None:
    """A slip of the finger must not make a chaos that kills nobody."""
    with pytest.raises(ValueError, match="no kill point"):
        crash.arm("after-lunch")


def test_a_ledger_that_is_away_for_a_moment_does_not_forget_what_the_other_side_said(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settling is tried again: a letter that was taken is `sent`, not `unknown`, and it was offered once."""
    office = Office(engine, rules())
    office.apply("2026-01-05")
    office.tick("2026-02-25")
    from actions.gather_letters import gather_letters
    from models.database import transaction

    with transaction(engine) as session:
        gather_letters(session, office.rules, at("2026-02-25", 9))
    settle, failures = deliver.settle, iter(range(2))

    def locked(*arguments: object) -> LetterState:
        if next(failures, None) is not None:
            raise OperationalError("UPDATE", {}, Exception("database is locked"))
        return settle(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(deliver, "settle", locked)
    monkeypatch.setattr(deliver, "PATIENCE", (0.0, 0.0, 0.0))
    mailbox = RecordingChannel("mailbox")
    deliver.deliver_due(engine, Post(mailbox=mailbox, wording=Wording(office.rules.days)), at("2026-02-25", 9))

    with Session(engine) as session:
        letters = session.exec(select(Letter)).all()
        tries = session.exec(select(Attempt)).all()
    assert {letter.state for letter in letters} == {"sent"}
    assert len(tries) == len(mailbox.sent) == len(letters)
