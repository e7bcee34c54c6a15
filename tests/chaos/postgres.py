"""A throw-away PostgreSQL server for the chaos, made the way the tests' fixture makes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.conftest import _postgres_bin, postgres_url


@contextmanager
def throw_away_server() -> Iterator[str | None]:
    """The URL of a server on a random loopback port; None where PostgreSQL is not installed."""
    if _postgres_bin() is None:
        yield None
        return
    made = postgres_url.__wrapped__()  # the generator inside the fixture
    try:
        yield next(made)
    finally:
        made.close()
