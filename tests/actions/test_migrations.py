"""The schema that migrations make is the schema the code means."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, text

from models.database import ledger_url, open_ledger
from models.migrations.upgrade import alembic_config, current, newest, upgrade
from models.tables import METADATA


def differences(engine: Engine) -> list[object]:
    """What autogenerate would still change."""
    with engine.connect() as connection:
        options = {"compare_type": True, "version_table": "dondoc_schema"}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, METADATA))


def check_constraints(engine: Engine) -> set[str]:
    """The text of every CHECK of a database, however it spells them."""
    query = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE sql LIKE '%CHECK%'",
        "postgresql": "SELECT conname FROM pg_constraint WHERE contype = 'c'",
    }[engine.dialect.name]
    with engine.connect() as connection:
        return {row[0] for row in connection.execute(text(query))}


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path) -> Engine:  # type: ignore[no-untyped-def]
    """An empty database of each kind."""
    if request.param == "sqlite":
        return open_ledger(ledger_url(tmp_path / "empty.db"))
    engine: Engine = request.getfixturevalue("postgres_engine")
    METADATA.drop_all(engine)
    return engine


def test_migrations_on_an_empty_database_equal_the_models(empty: Engine) -> None:
    """Tables, columns, types and constraints are the same, on both databases."""
    assert upgrade(empty)

    assert differences(empty) == []
    assert current(empty) == newest()
    assert any("state" in said for said in check_constraints(empty))


def test_migrating_twice_changes_nothing(empty: Engine) -> None:
    """A ledger that is up to date is left alone."""
    upgrade(empty)

    assert upgrade(empty) is False


def test_a_failing_migration_leaves_nothing_behind(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    """All steps run in one transaction: an error in the middle leaves an empty database empty."""
    from alembic import op

    engine = open_ledger(ledger_url(tmp_path / "broken.db"))
    calls = []

    def broken(*args: object, **kwargs: object) -> None:
        calls.append(args)
        if len(calls) == 5:
            raise RuntimeError("in the middle")
        original(*args, **kwargs)

    original = op.create_table
    monkeypatch.setattr(op, "create_table", broken)
    with pytest.raises(RuntimeError, match="in the middle"):
        upgrade(engine)

    with create_engine(ledger_url(tmp_path / "broken.db")).connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM sqlite_master")).scalar_one() == 0


def test_the_newest_migration_is_alembics_head() -> None:
    """The number an everyday command compares with is the head of the chain."""
    script = ScriptDirectory.from_config(alembic_config())

    assert [newest()] == script.get_heads()
