"""The number of SQL statements follows days and ladders, never the number of units."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from actions.advance import advance
from actions.decide import close_period
from actions.gather_letters import gather_letters
from benchmarks.ledger_bench import DUE, OPENS, build, plan_year
from benchmarks.ledger_bench import at as moment
from benchmarks.ledger_bench import rules as bench_rules
from models.database import ledger_url, open_ledger, transaction


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The statements an engine runs meanwhile."""
    said: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


def statements(folder: Path, units: int) -> dict[str, int]:
    """How many statements each thing time does takes, with so many units."""
    engine = open_ledger(ledger_url(folder / f"{units}.db"))
    build(engine, units)
    days = bench_rules().days
    found = {}
    for name, day in {
        "open": OPENS,
        "remind": days.shift(DUE, -10),
        "lapse and press": days.shift(DUE, 1),
    }.items():
        with counted(engine) as said, transaction(engine) as session:
            advance(session, bench_rules(), moment(day))
        found[name] = len(said)
    with counted(engine) as said, transaction(engine) as session:
        gather_letters(session, bench_rules(), moment(days.shift(DUE, 1), 9))
    found["gather letters"] = len(said)
    with counted(engine) as said, transaction(engine) as session:
        arguments = (session, bench_rules(), "p", "2026-Q2", moment(date(2026, 7, 30)))
        close_period(*arguments, by="x", incomplete=True, reason="x")
    found["close"] = len(said)
    engine.dispose()
    return found


def test_time_costs_as_many_statements_for_five_hundred_units_as_for_five(tmp_path: Path) -> None:
    """Opening, reminding, lapsing, gathering and closing are set-based."""
    few, many = statements(tmp_path, 5), statements(tmp_path, 500)

    assert few == many
    assert max(many.values()) < 40


@pytest.mark.parametrize("units", [40])
def test_the_bench_writes_the_rows_it_says(units: int) -> None:
    """The plan year of the bench writes 2.8 notices an assignment, as the hand-written SQL beside it."""
    row = plan_year(units)

    assert row["figure"].startswith("plan year, 40")
