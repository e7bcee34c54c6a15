"""One file, verified: taken while others write, restored in one step, refused when anything about it is wrong."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func
from sqlmodel import Session, select

from actions import backup as backups
from actions.backup import back_up, open_backup, restore
from actions.move import Refused
from models.database import ledger_url, open_ledger, transaction
from models.ledger import Transition
from models.plan import Plan
from tests.audit.conftest import proof, sealed
from tests.office import Office, at

NOW = at("2026-03-27", 12)


def saved(office: Office, home: Path, file: Path) -> Path:
    """A backup of the office."""
    back_up(office.engine, home, file, NOW, schema="0002", head=proof(office.engine).head)
    return file


def url_of(engine: Engine) -> str:
    """The URL of an engine, password and all."""
    return engine.url.render_as_string(hide_password=False)


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    """A home with one stored file."""
    folder = tmp_path / "home" / "evidence" / "ab"
    folder.mkdir(parents=True)
    (folder / "abcdef").write_bytes(b"minh chung")
    return tmp_path / "home"


def test_a_backup_restored_elsewhere_is_the_same_ledger(office: Office, evidence: Path, tmp_path: Path) -> None:
    """Every row, the evidence and an unbroken chain whose head is the one that was noted; on both databases."""
    file = saved(office, evidence, tmp_path / "b.zip")
    head = proof(office.engine).head
    elsewhere = tmp_path / "elsewhere"
    url = ledger_url(elsewhere / "ledger.db")
    if office.engine.dialect.name == "postgresql":
        url = url_of(office.engine)
    restored = restore(file, url, elsewhere, force=url != ledger_url(elsewhere / "ledger.db"))
    ledger = open_ledger(url)

    assert restored.manifest["head"] == head
    assert proof(ledger, expect=head).ok
    assert (elsewhere / "evidence" / "ab" / "abcdef").read_bytes() == b"minh chung"
    ledger.dispose()


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_a_backup_taken_while_others_write_loses_nothing_committed_before(office: Office, tmp_path: Path) -> None:
    """Moves are written and sealed all the time; each one committed before the backup began is in it."""
    stop, committed = threading.Event(), list[int]()

    def write() -> None:
        while not stop.is_set():
            with transaction(office.engine) as session:
                move = Transition(assignment_id=1, move="accept", to_state="assigned", at=NOW, recorded_at=NOW, by="x")
                session.add(move)
                session.flush()
                number = move.id or 0
            committed.append(number)
            if len(committed) % 5 == 0:
                sealed(office.engine)

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for number in range(4):
            before = set(committed)
            saved(office, tmp_path, tmp_path / f"{number}.zip")
            url = ledger_url(tmp_path / f"{number}" / "ledger.db")
            restore(tmp_path / f"{number}.zip", url, tmp_path / f"{number}")
            ledger = open_ledger(url)
            with Session(ledger) as session:
                there = set(session.exec(select(Transition.id)))
            assert before <= there
            assert proof(ledger).ok
            ledger.dispose()
    finally:
        stop.set()
        for thread in threads:
            thread.join(10)
    assert len(committed) > 10


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
class TestOneSqliteHouse:
    """What restoring refuses, and what it leaves behind."""

    def test_a_house_with_something_in_it_is_not_overwritten(self, office: Office, tmp_path: Path) -> None:
        """Only --force replaces it, and the old ledger is kept beside, under another name."""
        file = saved(office, tmp_path, tmp_path / "b.zip")
        office.tick("2026-05-28")
        with Session(office.engine) as session:
            later = session.exec(select(func.count()).select_from(Transition)).one()
        office.engine.dispose()
        with pytest.raises(Refused, match="--force"):
            restore(file, url_of(office.engine), tmp_path)

        restore(file, url_of(office.engine), tmp_path, force=True)

        counts = []
        for name in ("ledger.db", "ledger-truoc-khi-khoi-phuc-1.db"):
            with closing(sqlite3.connect(tmp_path / name)) as ledger:
                counts.append(ledger.execute("SELECT count(*) FROM transitions").fetchone()[0])
        assert counts[0] < counts[1] == later

    def test_a_house_somebody_is_writing_in_is_refused(self, office: Office, tmp_path: Path) -> None:
        """Nothing is replaced under a process that has the ledger open."""
        file = saved(office, tmp_path, tmp_path / "b.zip")
        with transaction(office.engine) as session:
            assert session.get_one(Plan, "kh")
            with pytest.raises(Refused, match="đang được dùng"):
                restore(file, url_of(office.engine), tmp_path, force=True)

    def test_an_existing_backup_is_never_overwritten(self, office: Office, tmp_path: Path) -> None:
        """Yesterday's backup is worth more than a slip of the finger."""
        file = saved(office, tmp_path, tmp_path / "b.zip")
        with pytest.raises(Refused, match="đã có"):
            saved(office, tmp_path, file)

    def test_a_backup_that_was_touched_is_refused_and_replaces_nothing(
        self, office: Office, evidence: Path, tmp_path: Path
    ) -> None:
        """One byte of one member differs from its hash: the house stays as it is."""
        file = saved(office, evidence, tmp_path / "b.zip")
        touched = tmp_path / "touched.zip"
        with zipfile.ZipFile(file) as good, zipfile.ZipFile(touched, "w") as bad:
            for name in good.namelist():
                content = good.read(name)
                bad.writestr(name, content.replace(b"minh", b"Minh") if name.startswith("evidence") else content)
        with pytest.raises(Refused, match="SHA-256"):
            restore(touched, ledger_url(tmp_path / "new" / "ledger.db"), tmp_path / "new")

        assert not (tmp_path / "new").exists()

    @pytest.mark.parametrize("cut", [10, 1000, -100])
    def test_half_a_backup_is_refused(self, office: Office, tmp_path: Path, cut: int) -> None:
        """A copy that broke off is not a backup."""
        file = saved(office, tmp_path, tmp_path / "b.zip")
        half = tmp_path / "half.zip"
        half.write_bytes(file.read_bytes()[:cut])
        with pytest.raises(Refused):
            open_backup(half)

    def test_a_member_that_climbs_out_is_refused(self, office: Office, tmp_path: Path) -> None:
        """A path that leads elsewhere is not unpacked, whatever its hash says."""
        file = saved(office, tmp_path, tmp_path / "b.zip")
        evil = tmp_path / "evil.zip"
        with zipfile.ZipFile(file) as good, zipfile.ZipFile(evil, "w") as bad:
            manifest = json.loads(good.read("manifest.json"))
            digest = backups.hashlib.sha256(b"x").hexdigest()
            manifest["members"].append({"name": "evidence/../../x", "size": 1, "sha256": digest})
            bad.writestr("ledger.db", good.read("ledger.db"))
            bad.writestr("evidence/../../x", b"x")
            bad.writestr("manifest.json", json.dumps(manifest))
        with pytest.raises(Refused):
            open_backup(evil)

    def test_a_failed_backup_leaves_no_file(
        self, office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A full disk is a sentence, and nothing that looks like a backup stays behind."""

        def full(*_arguments: Any) -> None:
            raise OSError(28, os.strerror(28))

        monkeypatch.setattr(backups, "_copy", full)
        with pytest.raises(Refused, match="No space"):
            saved(office, tmp_path, tmp_path / "b.zip")
        assert not [path for path in tmp_path.iterdir() if "b.zip" in path.name or "backup" in path.name]

    def test_a_postgresql_backup_is_not_put_into_sqlite(self, office: Office, tmp_path: Path) -> None:
        """The sentence says which database the file is of."""
        file = saved(office, tmp_path, tmp_path / "b.zip")
        with pytest.raises(Refused, match="sqlite"):
            restore(file, "postgresql://localhost/x", tmp_path)

    def test_without_postgresqls_tools_a_sentence_says_what_to_install(
        self, office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No traceback about a missing program."""
        monkeypatch.setattr(backups, "_places", lambda _tool: [])
        ledger = open_ledger("postgresql://localhost/x")
        with pytest.raises(Refused, match="postgresql-client"):
            back_up(ledger, tmp_path, tmp_path / "b.zip", NOW, schema=None, head="")
