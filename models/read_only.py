"""A ledger that is only looked at: a file opened so that the database itself refuses every write."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine, event, inspect, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import create_engine

from .database import BUSY_MILLISECONDS
from .migrations.upgrade import VERSION_TABLE, newest

SQLITE_MARK = b"SQLite format 3\x00"


class LedgerUnreadable(Exception):
    """Why a ledger cannot be looked at, in one sentence."""


def open_read_only(path: Path) -> Engine:
    """An engine on the SQLite ledger in `path` that cannot write. Raises LedgerUnreadable: missing, no ledger, or of
    another schema than this program's."""
    _look_at_file(path)
    engine = create_engine("sqlite://", creator=lambda: _connect(path))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    try:
        with engine.connect() as connection:
            _check_schema(connection, path)
    except (SQLAlchemyError, sqlite3.Error) as error:
        engine.dispose()
        raise LedgerUnreadable(f"không mở được sổ {path}: {_plainly(error)}") from None
    except LedgerUnreadable:
        engine.dispose()
        raise
    return engine


def _connect(path: Path) -> sqlite3.Connection:
    """A ledger in WAL mode needs its -shm beside it; where nothing may be written, and no -wal is left, the file is
    taken as it lies there."""
    uri = f"file:{quote(str(path.resolve()))}?mode=ro"
    try:
        return _opened(uri)
    except sqlite3.OperationalError:
        if path.with_name(path.name + "-wal").exists():
            raise
        return _opened(f"{uri}&immutable=1")


def _opened(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
    try:
        connection.isolation_level = None  # we say BEGIN ourselves
        connection.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
        connection.execute("PRAGMA query_only=ON")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _look_at_file(path: Path) -> None:
    try:
        with path.open("rb") as file:
            mark = file.read(len(SQLITE_MARK))
    except FileNotFoundError:
        raise LedgerUnreadable(f"không có sổ {path}") from None
    except OSError as error:
        raise LedgerUnreadable(f"không đọc được sổ {path}: {error.strerror}") from None
    if mark != SQLITE_MARK:
        raise LedgerUnreadable(f"{path} không phải sổ của Dondoc (không phải tệp SQLite)")


def _check_schema(connection: Any, path: Path) -> None:
    if not inspect(connection).has_table(VERSION_TABLE):
        raise LedgerUnreadable(f"{path} không phải sổ của Dondoc (không có bảng {VERSION_TABLE})")
    found: str | None = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
    if found == newest():
        return
    if found and found > newest():
        raise LedgerUnreadable(f"sổ {path} có lược đồ {found}, mới hơn chương trình này ({newest()}): cần bản mới hơn")
    raise LedgerUnreadable(
        f"sổ {path} có lược đồ {found or 'trống'}, chương trình này cần {newest()}; mở chỉ đọc thì không nâng cấp "
        "được: chép sổ vào một thư mục DONDOC_HOME riêng rồi chạy `dondoc migrate` ở đó"
    )


def _plainly(error: Exception) -> str:
    """SQLite's own words without the statement."""
    return str(getattr(error, "orig", None) or error)
