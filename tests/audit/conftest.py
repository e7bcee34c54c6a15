"""A small office that has lived through a deadline, its letters sent, its chain sealed; on either database."""

from __future__ import annotations

import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from actions.audit import seal
from actions.evidence import link
from actions.extend import ask_extension, refuse_extension
from actions.submit import Filing, Indicator, submit_report
from actions.verify_audit import Proof, verify
from models.accounts import Deed
from models.append_only import AUDITED
from models.database import ledger_url, open_ledger, reading, transaction
from models.plan import Target
from models.tables import METADATA
from notifications.channel import RecordingChannel
from notifications.deliver import deliver_due
from notifications.post import Post
from notifications.wording import Wording
from tests.office import Office, at, rules


@pytest.fixture(scope="session")
def house_rules() -> Any:
    """The shipped ladders, read once."""
    return rules()


def lived(engine: Engine, house_rules: Any) -> Office:
    """A quarter opened, reminded, lapsed; the letters of its days delivered; everything sealed."""
    office = Office(engine, house_rules)
    office.apply("2026-01-05")
    post = Post(mailbox=RecordingChannel("mailbox"), wording=Wording(house_rules.days))
    for day in ("2026-02-25", "2026-03-16", "2026-03-26", "2026-03-27"):
        office.tick(day)
        office_letters(office, day)
        deliver_due(engine, post, at(day, 9))
    units_file(office)
    with transaction(engine) as session:
        at_nine = at("2026-03-27", 9)
        session.add(Deed(at=at_nine, actor="can-bo", role="coordinator", what="nudge", target="kh", outcome="done"))
    sealed(engine)
    return office


def units_file(office: Office) -> None:
    """One school reports late, with a link and a figure; another is given more time, a third asks for it."""
    now = at("2026-03-27", 9)
    with transaction(office.engine) as session:
        session.add(Target(id=1, plan_id="kh", text="Tỷ lệ", goal=">= 90%"))
        session.flush()
        filing = Filing(by="th-3", document="9/BC", text="xong", reason_late="thiếu số liệu",
                        proofs=[link("https://so.example/bc")], indicators=[Indicator(1, "10", "12")])  # fmt: skip
        submit_report(session, office.assignment(session, "kh quy 2026-Q1 th-3"), filing, now)
        for unit, until in (("th-1", date(2026, 4, 10)), ("th-2", date(2026, 4, 20))):
            which = office.assignment(session, f"kh quy 2026-Q1 {unit}")
            ask_extension(session, office.rules, which, now, by=unit, until=until, reason="chờ số liệu")
        refuse_extension(session, office.rules, which, now, by="so/tccb", reason="không")


def office_letters(office: Office, day: str) -> None:
    """Gather the letters of a day, as the post does."""
    from actions.gather_letters import gather_letters

    with transaction(office.engine) as session:
        gather_letters(session, office.rules, at(day, 9))


def sealed(engine: Engine, **options: Any) -> int:
    """Seal what is new."""
    with transaction(engine) as session:
        return seal(session, at("2026-03-27", 10), **options)


def proof(engine: Engine, expect: str | None = None) -> Proof:
    """Compute the chain again."""
    with reading(engine) as session:
        return verify(session, expect=expect)


@pytest.fixture(scope="session")
def lived_file(tmp_path_factory: pytest.TempPathFactory, house_rules: Any) -> Path:
    """An SQLite ledger that has lived: tests work on copies of it."""
    file = tmp_path_factory.mktemp("lived") / "ledger.db"
    ledger = open_ledger(ledger_url(file))
    METADATA.create_all(ledger)
    lived(ledger, house_rules)
    with closing(sqlite3.connect(file)) as alone:
        alone.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    ledger.dispose()
    return file


@pytest.fixture(scope="session")
def lived_database(postgres_url: str, house_rules: Any) -> Iterator[str]:
    """A PostgreSQL database that has lived: the template of the tests' own."""
    name = f"lived{secrets.token_hex(4)}"
    on_server(postgres_url, f"CREATE DATABASE {name}")
    ledger = open_ledger(postgres_url.rpartition("/")[0] + f"/{name}")
    METADATA.create_all(ledger)
    lived(ledger, house_rules)
    ledger.dispose()
    yield name
    on_server(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path, house_rules: Any) -> Iterator[Office]:
    """The office that has lived, on each database."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("lived_file"), tmp_path / "ledger.db")
        ledger = open_ledger(ledger_url(tmp_path / "ledger.db"))
        yield Office(ledger, house_rules)
        ledger.dispose()
        return
    server, template = request.getfixturevalue("postgres_url"), request.getfixturevalue("lived_database")
    name = f"t{secrets.token_hex(6)}"
    on_server(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    ledger = open_ledger(server.rpartition("/")[0] + f"/{name}")
    yield Office(ledger, house_rules)
    ledger.dispose()
    on_server(server, f"DROP DATABASE {name} WITH (FORCE)")


def on_server(url: str, statement: str) -> None:
    """One statement outside any transaction."""
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(statement))
    server.dispose()


@pytest.fixture
def tamper(office: Office) -> Callable[[str], None]:
    """Run a statement as somebody would who has the database's own password: the triggers are taken off first."""

    def run(statement: str) -> None:
        sqlite = office.engine.dialect.name == "sqlite"
        with office.engine.begin() as connection:
            for table in AUDITED:
                for what in ("update", "delete"):
                    where = "" if sqlite else f" ON {table}"
                    connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_refuse_{what}{where}"))
            assert connection.execute(text(statement)).rowcount

    return run
