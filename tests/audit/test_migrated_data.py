"""A ledger of the first schema with a year's rows in it comes to the newest schema with every row and no change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Engine, Integer, insert, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from models.append_only import APPEND_ONLY, DECIDED
from models.database import ledger_url, open_ledger
from models.migrations.upgrade import alembic_config, current, newest, upgrade
from models.tables import METADATA
from tests.audit.conftest import proof, sealed
from tests.office import Office

FIRST = "0001"


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path, lived_file: Path) -> Engine:
    """A ledger at the first schema, holding the rows of an office that has lived."""
    ledger = open_ledger(ledger_url(tmp_path / "old.db"))
    if request.param == "postgresql":
        ledger = request.getfixturevalue("postgres_engine")
        METADATA.drop_all(ledger)
    with ledger.begin() as connection:
        command.upgrade(alembic_config(connection), FIRST)
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
                there.execute(insert(table), rows)
            if ledger.dialect.name == "postgresql" and isinstance(table.primary_key.columns[0].type, Integer):
                counter = f"pg_get_serial_sequence('{table.name}', 'id')"
                there.execute(text(f"SELECT setval({counter}, (SELECT coalesce(max(id), 1) FROM {table.name}))"))
    source.dispose()
    return ledger


def contents(ledger: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of the first schema, in its own columns."""
    found = {}
    with ledger.connect() as connection:
        for name in sorted(inspect(connection).get_table_names()):
            if name in ("dondoc_schema", "seals", "rule_versions"):
                continue
            columns = {column["name"] for column in inspect(connection).get_columns(name)} - {"told"}
            listed = ", ".join(f'"{column}"' for column in sorted(columns))
            found[name] = sorted(map(tuple, connection.execute(text(f"SELECT {listed} FROM {name}"))), key=repr)
    return found


def test_every_row_of_the_first_schema_is_there_afterwards(old: Engine, house_rules: Any) -> None:
    """The migration adds and changes nothing that was said; the old rows can be sealed, proved and lived on with."""
    before = contents(old)
    assert sum(map(len, before.values())) > 100
    assert current(old) == FIRST

    assert upgrade(old)

    after = contents(old)
    assert {name: rows for name, rows in after.items() if name in before} == before
    assert current(old) == newest()
    sealed(old)
    assert proof(old).ok
    with Session(old) as session, pytest.raises(DBAPIError, match="append-only"):
        session.execute(text("DELETE FROM transitions"))
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
    assert len(here[0]) == 2 * (len(APPEND_ONLY) + 1)
    assert all(column in here[0]["notices_refuse_update"] for column in DECIDED)
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
