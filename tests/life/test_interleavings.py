"""Every pair of two deeds at once on one assignment ends as one of the two orders would have ended, on both databases.

A pair runs three times on copies of one ledger: first-second, second-first, and together in two threads. What the two
answered and what the ledger says afterwards must be one of the two serial outcomes: one winner and one clear refusal
where they exclude each other, nothing lost and nothing doubled where they do not.
"""

from __future__ import annotations

import secrets
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlmodel import Session, select

from actions.advance import advance
from actions.correct import correct_report
from actions.decide import accept, close_period, send_back, withdraw
from actions.extend import ask_extension, grant_extension, refuse_extension
from actions.gather_letters import gather_letters
from actions.move import Refused
from actions.nudge import nudge
from actions.submit import Filing, start, submit_report
from models.database import ledger_url, open_ledger, transaction
from models.ledger import Assignment, Extension, Occurrence, Submission, Transition
from models.outbox import Letter, Notice
from models.tables import METADATA
from tests.office import Office, at, rules

TH1 = "kh quy 2026-Q1 th-1"
NOW = at("2026-03-26", 9)  # the morning after the deadline
RULES = rules()
Deed = Callable[[Session, Assignment], object]

DEEDS: dict[str, Deed] = {
    "start": lambda s, a: start(s, a, NOW, by="th-1"),
    "report": lambda s, a: submit_report(s, a, Filing(by="th-1", reason_late="x"), NOW),
    "correct": lambda s, a: correct_report(s, a, Filing(by="th-1", text="sửa"), NOW),
    "accept": lambda s, a: accept(s, [a], NOW, by="tccb"),
    "return": lambda s, a: send_back(s, RULES, a, NOW, by="tccb", reason="thiếu"),
    "ask": lambda s, a: ask_extension(s, RULES, a, NOW, by="th-1", until=date(2026, 4, 10), reason="x"),
    "grant": lambda s, a: grant_extension(s, RULES, a, NOW, by="tccb"),
    "give": lambda s, a: grant_extension(s, RULES, a, NOW, by="tccb", until=date(2026, 4, 15), reason="CV 3"),
    "refuse": lambda s, a: refuse_extension(s, RULES, a, NOW, by="tccb", reason="không"),
    "withdraw": lambda s, a: withdraw(s, a, NOW, by="tccb", ground="CV 9"),
    "close": lambda s, a: close_period(s, RULES, "kh", "2026-Q1", NOW, by="tccb", incomplete=True, reason="x"),
    "tick": lambda s, a: advance(s, RULES, NOW),
    "nudge": lambda s, a: nudge(s, RULES, [a], NOW),
    "gather": lambda s, a: gather_letters(s, RULES, NOW),
}
SCENES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # scene -> deeds that made it, deeds that meet in it
    "assigned": ((), ("start", "report", "ask", "give", "withdraw", "close", "tick", "nudge")),
    "asked": (("ask",), ("report", "ask", "grant", "refuse", "withdraw", "tick")),
    "overdue": (("tick", "ask"), ("report", "grant", "refuse", "close", "nudge", "gather")),
    "reported": (("report",), ("accept", "return", "report", "correct", "withdraw", "close")),
}


@pytest.fixture(scope="module")
def scene_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One SQLite ledger for each scene, to be copied."""
    folder = tmp_path_factory.mktemp("scenes")
    for scene in SCENES:
        engine = open_ledger(ledger_url(folder / scene))
        prepare(engine, scene)
        engine.dispose()
    return {scene: folder / scene for scene in SCENES}


def prepare(engine: Engine, scene: str) -> None:
    """The small office, its first quarter open, and the deeds that make the scene."""
    METADATA.create_all(engine)
    office = Office(engine, RULES)
    office.apply("2026-01-05")
    office.tick("2026-02-25")
    for name in SCENES[scene][0]:
        run(engine, name)


def run(engine: Engine, name: str) -> str:
    """One deed in its own transaction: `done`, or `refused`."""
    try:
        with transaction(engine) as session:
            DEEDS[name](session, Office(engine, RULES).assignment(session, TH1))
    except Refused as refusal:
        return "refused" if str(refusal) else "refused without a word"
    return "done"


def together(engine: Engine, *names: str) -> list[Any]:
    """Deeds in threads at the same moment: what each came to."""
    answers: list[Any] = [None] * len(names)
    barrier = threading.Barrier(len(names))

    def work(index: int, name: str) -> None:
        barrier.wait()
        try:
            answers[index] = run(engine, name)
        except Exception as error:
            answers[index] = error

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(names)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def account(engine: Engine) -> tuple[Any, ...]:
    """What the ledger says, without the ids that depend on who came first."""
    with Session(engine) as session:
        parts = session.exec(select(Assignment).order_by(Assignment.id)).all()  # type: ignore[arg-type]
        moves = session.exec(select(Transition).order_by(Transition.assignment_id, Transition.id)).all()  # type: ignore[arg-type]
        return (
            [(row.id, row.state, row.due_on, row.late_after, row.on_time, row.extensions, row.redo_by, row.accepted_at,
              row.next_on) for row in parts],
            [(row.assignment_id, row.move, row.from_state, row.to_state, row.at, row.by) for row in moves],
            sorted((row.assignment_id, row.state, row.wanted_on) for row in session.exec(select(Extension))),
            sorted((row.id or 0, row.stage, row.wakes) for row in session.exec(select(Occurrence))),
            sorted((row.assignment_id or 0, row.step, row.recipient, row.state, row.letter_id is None)
                   for row in session.exec(select(Notice))),
            sorted(session.exec(select(Letter.recipient)).all()),
            sorted((row.id or 0, row.corrects or 0) for row in session.exec(select(Submission))),
        )  # fmt: skip


def chained(engine: Engine) -> bool:
    """Whether every move leaves the state the move before it led to, and the last one led to where things stand."""
    with Session(engine) as session:
        stands = dict(session.exec(select(Assignment.id, Assignment.state)).all())
        last: dict[int, str] = {}
        for row in session.exec(select(Transition).order_by(Transition.id)):  # type: ignore[arg-type]
            if row.from_state != last.get(row.assignment_id):
                return False
            last[row.assignment_id] = row.to_state
        return last == stands


class Copies:
    """Fresh copies of a scene's ledger, on SQLite by file, on PostgreSQL by template."""

    def __init__(self, folder: Path, files: dict[str, Path]) -> None:
        self.folder, self.files = folder, files
        self.server: Engine | None = None
        self.base = ""
        self.made: list[str] = []

    def sqlite(self, scene: str) -> Engine:
        """A copy in a file."""
        path = self.folder / secrets.token_hex(6)
        shutil.copy(self.files[scene], path)
        return open_ledger(ledger_url(path))

    def postgres(self, scene: str) -> Engine:
        """A copy in a database of its own."""
        assert self.server is not None
        template = f"scene_{scene}"
        with self.server.connect() as connection:
            if template not in self.made:
                connection.execute(text(f"CREATE DATABASE {template}"))
                engine = open_ledger(f"{self.base}/{template}")
                prepare(engine, scene)
                engine.dispose()
                self.made.append(template)
            name = f"c{secrets.token_hex(6)}"
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"))
        self.made.append(name)
        return open_ledger(f"{self.base}/{name}")

    def drop(self) -> None:
        """Leave nothing on the server."""
        if self.server is not None:
            with self.server.connect() as connection:
                for name in self.made:
                    connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
            self.server.dispose()


@pytest.fixture(scope="module")
def copies(scene_files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copies]:
    """Copies of the scenes; what was made is dropped at the end."""
    made = Copies(tmp_path_factory.mktemp("copies"), scene_files)
    yield made
    made.drop()


@pytest.fixture(params=["sqlite", "postgres"])
def make(request: pytest.FixtureRequest, copies: Copies) -> Callable[[str], Engine]:
    """How each database makes a copy of a scene."""
    if request.param == "sqlite":
        return copies.sqlite
    if copies.server is None:
        url: str = request.getfixturevalue("postgres_url")
        copies.server, copies.base = create_engine(url, isolation_level="AUTOCOMMIT"), url.rpartition("/")[0]
    return copies.postgres


def differences(ledger: tuple[Any, ...], orders: list[tuple[Any, ...]]) -> list[Any]:
    """Where a ledger differs from each serial outcome, for the reader of a failure."""
    return [
        (answers, [(mine, theirs) for mine, theirs in zip(ledger, other, strict=True) if mine != theirs])
        for answers, other in orders
    ]


@cache
def serial(files: Copies, scene: str, first: str, second: str) -> list[tuple[Any, ...]]:
    """What the two answer, in this order of their names, and what the ledger then says: each order once, on SQLite."""
    found = []
    for turned in (False, True):
        engine = files.sqlite(scene)
        answers = [run(engine, name) for name in ((second, first) if turned else (first, second))]
        found.append((tuple(answers[::-1] if turned else answers), account(engine)))
        engine.dispose()
    return found


@pytest.mark.parametrize("scene", SCENES)
def test_two_deeds_at_once_end_as_one_after_the_other(
    copies: Copies, make: Callable[[str], Engine], scene: str
) -> None:
    """In every scene, for every pair: one of the two serial outcomes, and an unbroken history."""
    wrong = []
    for first, second in combinations_with_replacement(SCENES[scene][1], 2):
        engine = make(scene)
        answers = tuple(together(engine, first, second))
        orders = serial(copies, scene, first, second)
        if (answers, account(engine)) not in orders or not chained(engine):
            wrong.append((first, second, answers, [said for said, _ in orders]))
        engine.dispose()

    assert wrong == []


def test_the_last_two_units_that_answer_at_once_close_the_period(make: Callable[[str], Engine]) -> None:
    """Neither has seen the other's answer when it files its own; whoever commits last finds nothing owed."""
    engine = make("assigned")
    with transaction(engine) as session:
        ours = Office(engine, RULES).assignment(session, TH1)
        here, owed = ours.occurrence_id, select(Assignment).where(Assignment.occurrence_id == ours.occurrence_id)
        *others, first, last = [row.id for row in session.exec(owed.order_by(Assignment.id))]  # type: ignore[arg-type]

    def file(session: Session, number: int | None) -> None:
        submit_report(session, session.get_one(Assignment, number), Filing(by="x", reason_late="x"), NOW)

    def file_last() -> None:
        with transaction(engine) as session:
            file(session, last)

    with transaction(engine) as session:
        for number in others:
            file(session, number)
    with transaction(engine) as session:
        file(session, first)
        waiting = threading.Thread(target=file_last)
        waiting.start()
        waiting.join(0.5)  # as far as it gets while the first is not committed
    waiting.join(60)

    with Session(engine) as session:
        assert session.get_one(Occurrence, here).stage == "closed"
    engine.dispose()
