"""`audit`, `backup` and `restore` as their users call them: words, JSON, exit codes."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from cli.main import app
from models.database import ledger_url, open_ledger

Run = Callable[..., Result]


@pytest.fixture
def home(lived_file: Path, tmp_path: Path) -> Path:
    """A house that has lived, as it lies on the disk."""
    folder = tmp_path / "var"
    folder.mkdir()
    shutil.copy(lived_file, folder / "ledger.db")
    ledger = open_ledger(ledger_url(folder / "ledger.db"))
    with ledger.begin() as connection:
        connection.execute(text("CREATE TABLE dondoc_schema (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        connection.execute(text("INSERT INTO dondoc_schema VALUES (:newest)"), {"newest": newest_schema()})
    ledger.dispose()
    return folder


def newest_schema() -> str:
    """What the lived ledger was made as."""
    from models.migrations.upgrade import newest

    return newest()


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `dondoc …` in that house."""
    monkeypatch.setenv("DONDOC_HOME", str(home))

    def call(*words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    return call


def test_verify_proves_and_then_names_the_first_broken_link(run: Run, home: Path) -> None:
    """Exit 0 and the head; after tampering exit 1, the table and the id."""
    good = json.loads(run("audit", "verify", "--json").stdout)
    head = run("audit", "head").stdout.strip()
    ledger = open_ledger(ledger_url(home / "ledger.db"))
    with ledger.begin() as connection:
        connection.execute(text("DROP TRIGGER transitions_refuse_update"))
        connection.execute(text("UPDATE transitions SET reason = 'x' WHERE id = 4"))
    ledger.dispose()
    bad = run("audit", "verify", "--json")
    said = run("audit", "verify")

    assert (good["ok"], good["head"], good["first_broken"]) == (True, head, None)
    assert bad.exit_code == said.exit_code == 1
    first = json.loads(bad.stdout)["first_broken"]
    assert (first["table"], first["id"], first["what"]) == ("transitions", 4, "changed")
    assert said.stdout.startswith("transitions 4 changed: ")


def test_verify_compares_with_the_hash_kept_outside(run: Run) -> None:
    """A hash that is none of the links is exit 1."""
    head = run("audit", "head").stdout.strip()

    assert run("audit", "verify", "--expect", head).exit_code == 0
    assert run("audit", "verify", "--expect", "0" * 64).exit_code == 1


def test_export_in_both_forms_has_the_same_rows_and_the_head(run: Run) -> None:
    """JSON is one document; CSV has the head hash in its first line and a row for each notice."""
    head = run("audit", "head").stdout.strip()
    document = json.loads(run("audit", "export", "--plan", "kh", "--from", "2026-03-01", "--to", "2026-03-31").stdout)
    lines = run("audit", "export", "--format", "csv", "--from", "2026-03-01", "--to", "2026-03-31").stdout.splitlines()
    rows = list(csv.DictReader(lines[1:]))

    assert document["head"]["hash"] == head
    assert f"head={head}" in lines[0]
    assert [row["notice"] for row in document["rows"]] == [int(row["notice"]) for row in rows] != []
    assert all(row["plan_version"] == 1 and row["rules_fingerprint"] for row in document["rows"])


def test_backup_and_restore_round_trip(run: Run, home: Path, tmp_path: Path) -> None:
    """A house backed up, lost and restored is the same house; a second restore wants --force."""
    made = json.loads(run("backup", str(tmp_path / "b.zip"), "--json").stdout)
    shutil.rmtree(home)
    back = run("restore", str(tmp_path / "b.zip"), "--json")
    again = run("restore", str(tmp_path / "b.zip"))
    forced = run("restore", str(tmp_path / "b.zip"), "--force")

    assert json.loads(back.stdout)["audit"]["ok"] is True
    assert json.loads(back.stdout)["head"] == made["head"]
    assert (again.exit_code, "--force" in again.stderr) == (1, True)
    assert (forced.exit_code, "nguyên vẹn" in forced.stdout) == (0, True)
    assert run("backup", str(tmp_path / "b.zip")).exit_code == 1
