"""The small office of the life cycle's tests, and `dondoc …` in a house of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from cli.main import app
from tests.office import Office, rules


@pytest.fixture
def office(engine: Engine) -> Office:
    """The small office, its plan applied on the day of issue and its first quarter open."""
    made = Office(engine, rules())
    made.apply("2026-01-05")
    made.tick("2026-02-25")
    return made


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run `dondoc …` in an empty house."""
    monkeypatch.setenv("DONDOC_HOME", str(tmp_path / "var"))
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def said(run: Callable[..., Result]) -> Callable[..., Any]:
    """The JSON document of a command that went well."""

    def call(*words: object) -> Any:
        result = run(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return call
