"""The ledger's database: one engine, SQLite embedded (WAL, foreign keys, busy timeout) or PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from sqlalchemy import CursorResult, Engine, Result, Table, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, create_engine

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
SQLModel.metadata.naming_convention = NAMING

BUSY_MILLISECONDS = 30_000


def ledger_url(path: Path) -> str:
    """The URL of an SQLite ledger in one file."""
    return f"sqlite:///{path}"


def open_ledger(url: str) -> Engine:
    """An engine on the ledger at `url` (`sqlite:///…` or `postgresql+psycopg://…`)."""
    parsed = make_url(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    engine = create_engine(parsed, pool_pre_ping=parsed.get_backend_name() != "sqlite")
    if parsed.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_immediate)
    else:
        event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, below
    # FULL: a claim that a power cut took back would be a letter sent twice.
    for pragma in ("foreign_keys=ON", f"busy_timeout={BUSY_MILLISECONDS}", "journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_postgresql(connection: Any, _record: object) -> None:
    # A plan made for any value is made for none: one state holds ten rows, another a million.
    connection.execute("SET plan_cache_mode = force_custom_plan")
    connection.commit()


def _begin_immediate(connection: Any) -> None:
    """Take the write lock at the start: a deferred transaction that upgrades fails without waiting."""
    readonly = connection.get_execution_options().get("readonly", False)
    connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """One deed: a session that commits at the end and rolls back on any exception."""
    with Session(engine) as session, session.begin():
        yield session


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session for questions only: all of them are answered as of one moment, without a lock, and nothing it is told
    to write is kept (PostgreSQL refuses it, SQLite takes it back)."""
    with Session(_for_reading(engine)) as session:
        yield session
        if session.get_bind().dialect.name == "postgresql":
            session.expunge_all()
            session.commit()  # nothing; but with a rollback psycopg forgets the statements it has prepared


@lru_cache(maxsize=8)
def _for_reading(engine: Engine) -> Engine:
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine.execution_options(readonly=True)


def forget(session: Session, *tables: type[SQLModel]) -> None:
    """What the session holds of these tables is read anew when it is next looked at: a statement has changed rows."""
    for one in session.identity_map.values():
        if isinstance(one, tables):
            session.expire(one)


def rows_changed(result: Result[Any]) -> int:
    """How many rows an UPDATE or DELETE has matched."""
    return cast("CursorResult[Any]", result).rowcount


def insert_once(session: Session, table: type[SQLModel] | Table) -> Any:
    """An INSERT that leaves a row alone which a unique key already has (both databases know it)."""
    target: Any = getattr(table, "__table__", table)
    dialect = session.get_bind().dialect.name
    maker: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return maker(target).on_conflict_do_nothing()
