"""How tests look at pages: their words, their statements, and how the database answers those."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

LARGE = ("assignments", "transitions", "letters", "notices", "deeds", "submissions", "answers", "attempts")


def words_of(html: str) -> str:
    """The words of a page without its tags, single-spaced."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def rows_of(body: bytes) -> list[list[str]]:
    """The rows of an exported table, its heading first."""
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))


@contextmanager
def statements(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """The SELECT statements sent meanwhile, with their values."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_rest: object) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            seen.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def scans(engine: Engine, seen: list[tuple[str, Any]], *, sorted_ok: bool = False) -> list[str]:
    """What SQLite would do to a large table besides looking up an index: scans, and sorting of what was found."""
    found = []
    with engine.connect() as connection:
        for statement, values in seen:
            large = [table for table in LARGE if re.search(rf"FROM {table}\b|JOIN {table}\b", statement)]
            steps = (
                [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
                if large
                else []
            )
            for step in steps:
                table = next((one for one in LARGE if re.match(rf"SCAN {one}\b", step)), None)
                if table and "LIMIT" not in statement:
                    found.append(f"{step}: {statement}")
                if (
                    not sorted_ok
                    and "TEMP B-TREE FOR ORDER BY" in step
                    and re.match(r"SELECT (letters|deeds|transitions)\.", statement)
                ):
                    found.append(f"{step}: {statement}")
    return found
