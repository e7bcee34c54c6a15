"""A ledger of each released schema with rows in it comes to the newest schema with every row and no change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Column, Engine, Integer, MetaData, Table, insert, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from calendars.spelling import fold
from models.append_only import ASKED, AUDITED, DECIDED
from models.database import ledger_url, open_ledger
from models.migrations.upgrade import alembic_config, current, newest, upgrade
from models.tables import METADATA
from tests.audit.conftest import proof, sealed
from tests.office import Office

RELEASED = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008")


@pytest.fixture(params=RELEASED)
def release(request: pytest.FixtureRequest) -> str:
    """A schema that offices have."""
    return str(request.param)


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, release: str, tmp_path: Path, lived_file: Path) -> Engine:
    """A ledger at that schema, holding the rows of an office that has lived."""
    ledger = open_ledger(ledger_url(tmp_path / "old.db"))
    if request.param == "postgresql":
        ledger = request.getfixturevalue("postgres_engine")
        METADATA.drop_all(ledger)
    with ledger.begin() as connection:
        command.upgrade(alembic_config(connection), release)
    source = open_ledger(ledger_url(lived_file))
    with source.connect() as here, ledger.begin() as there:
        if ledger.dialect.name == "postgresql":
            there.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            there.execute(text("PRAGMA defer_foreign_keys = ON"))
        for table in METADATA.sorted_tables:
            if table.name in ("seals", "rule_versions") or not inspect(there).has_table(table.name):
                continue
            known = {column["name"] for column in inspect(there).get_columns(table.name)}
            rows = [{key: value for key, value in row.items() if key in known}
                    for row in here.execute(table.select()).mappings()]  # fmt: skip
            if rows:
                there.execute(insert(_bare(table, known)), rows)
            if ledger.dialect.name == "postgresql" and "id" in known and isinstance(table.c.id.type, Integer):
                counter = f"pg_get_serial_sequence('{table.name}', 'id')"
                there.execute(text(f"SELECT setval({counter}, (SELECT coalesce(max(id), 1) FROM {table.name}))"))
    source.dispose()
    return ledger


def _bare(table: Table, known: set[str]) -> Table:
    """The table as it was: without the defaults that would fill columns it did not have."""
    return Table(table.name, MetaData(), *(Column(c.name, c.type) for c in table.columns if c.name in known))


def columns_of(ledger: Engine) -> dict[str, list[str]]:
    """{table: its columns}, without what migrations and seals keep for themselves."""
    with ledger.connect() as connection:
        look = inspect(connection)
        return {name: sorted(column["name"] for column in look.get_columns(name)) for name in look.get_table_names()
                if name not in ("dondoc_schema", "seals", "rule_versions")}  # fmt: skip


def contents(ledger: Engine, columns: dict[str, list[str]]) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of these tables, in these columns."""
    found = {}
    with ledger.connect() as connection:
        for name, names in columns.items():
            listed = ", ".join(f'"{column}"' for column in names)
            found[name] = sorted(map(tuple, connection.execute(text(f"SELECT {listed} FROM {name}"))), key=repr)
    return found


def test_every_row_of_an_older_schema_is_there_afterwards(old: Engine, release: str, house_rules: Any) -> None:
    """The migration adds and changes nothing that was said; the old rows can be sealed, proved and lived on with."""
    columns = columns_of(old)
    before = contents(old, columns)
    assert sum(map(len, before.values())) > 100
    assert current(old) == release

    assert upgrade(old)

    assert contents(old, columns) == before
    assert current(old) == newest()
    sealed(old)
    assert proof(old).ok
    with Session(old) as session:
        names = session.execute(text("SELECT name, folded FROM units WHERE id = 'th-1'")).one()
        assert names.folded.startswith(fold(names.name))
    with Session(old) as session, pytest.raises(DBAPIError, match="append-only"):
        session.execute(text("DELETE FROM transitions"))
    for table in ("submissions", "answers", "evidence", "extensions"):
        with Session(old) as session, pytest.raises(DBAPIError, match="append-only"):
            session.execute(text(f"DELETE FROM {table}"))
    Office(old, house_rules).tick("2026-05-28")
    old.dispose()


def test_migrated_and_fresh_ledgers_refuse_the_same(tmp_path: Path, postgres_engine: Engine) -> None:
    """The triggers that migrations leave are those the models name, to the letter, on both databases."""
    migrated, fresh = (open_ledger(ledger_url(tmp_path / f"{name}.db")) for name in ("migrated", "fresh"))
    upgrade(migrated)
    METADATA.create_all(fresh)
    here = [triggers(migrated), triggers(fresh)]
    there = [triggers(postgres_engine)]
    METADATA.drop_all(postgres_engine)
    upgrade(postgres_engine)
    there.append(triggers(postgres_engine))

    assert here[0] == here[1]
    assert there[0] == there[1]
    assert len(here[0]) == 2 * len(AUDITED)
    assert all(column in here[0]["notices_refuse_update"] for column in DECIDED)
    assert all(column in here[0]["extensions_refuse_update"] for column in ASKED)
    migrated.dispose()
    fresh.dispose()


def triggers(ledger: Engine) -> dict[str, str]:
    """{trigger: what it says}."""
    query = {
        "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    }[ledger.dialect.name]
    with ledger.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(text(query))}
