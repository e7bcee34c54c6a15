"""A session for questions: all of one moment, and nothing it is told to write is kept, on both databases."""

from __future__ import annotations

import contextlib

import pytest
from sqlalchemy import Engine, func, insert, select, text
from sqlalchemy.exc import DatabaseError

from models.audit import Heartbeat
from models.database import reading, transaction
from tests.office import at

BEAT = {"name": "tick", "at": at("2026-03-26", 9)}
HOW_MANY = select(func.count()).select_from(Heartbeat)


@pytest.fixture(params=["engine", "postgres_engine"])
def ledger(request: pytest.FixtureRequest) -> Engine:
    """An empty ledger on each database."""
    made: Engine = request.getfixturevalue(request.param)
    return made


def test_a_reading_is_of_one_moment(ledger: Engine) -> None:
    """What is committed between two of its questions is not in the second answer either."""
    with reading(ledger) as session:
        before = session.execute(HOW_MANY).scalar_one()
        with transaction(ledger) as writer:
            writer.execute(insert(Heartbeat).values(BEAT))
        assert session.execute(HOW_MANY).scalar_one() == before == 0

    with reading(ledger) as session:
        assert session.execute(HOW_MANY).scalar_one() == 1


@pytest.mark.parametrize("by_statement", [True, False])
def test_a_reading_keeps_nothing(ledger: Engine, by_statement: bool) -> None:
    """Neither a statement that writes nor an object left in the session."""
    with contextlib.suppress(DatabaseError), reading(ledger) as session:
        if by_statement:
            session.execute(insert(Heartbeat).values(BEAT))
        else:
            session.add(Heartbeat(**BEAT))

    with reading(ledger) as session:
        assert session.execute(HOW_MANY).scalar_one() == 0


def test_what_is_asked_often_stays_prepared(postgres_engine: Engine) -> None:
    """One reading after another on one connection: psycopg prepares what it has been asked five times."""
    for _ in range(8):
        with reading(postgres_engine) as session:
            session.execute(HOW_MANY)
    with reading(postgres_engine) as session:
        kept = session.execute(text("SELECT statement FROM pg_prepared_statements")).scalars().all()

    assert any("heartbeats" in statement for statement in kept)
