"""One file that holds the whole house: the ledger as of one moment, the stored evidence, and a hash of each member.

SQLite is copied through its online backup while writes go on: everything committed before the copy began is in it.
The evidence is copied after the ledger: whatever the copied ledger names is there by then. PostgreSQL goes through
pg_dump and pg_restore. Nothing is believed before it is verified, neither after writing nor before restoring.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from sqlalchemy import URL, Engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from models.database import open_ledger

from .move import Refused

FORMAT = 1
MANIFEST = "manifest.json"
LEDGER = {"sqlite": "ledger.db", "postgresql": "ledger.pgdump"}
EVIDENCE = "evidence"
CHUNK = 1 << 20
SECONDS = 3600.0  # the longest pg_dump or pg_restore may take
NO_TOOL = "không thấy {tool}: cài gói postgresql-client cùng phiên bản với máy chủ (Debian: apt-get install {package})"


@dataclass(frozen=True)
class Backup:
    """What a backup file says of itself, once every member has been compared with its hash."""

    file: Path
    manifest: dict[str, Any]

    @property
    def database(self) -> str:
        """`sqlite` or `postgresql`."""
        return str(self.manifest["database"])

    def as_json(self) -> dict[str, Any]:
        """The JSON document of `backup` and `restore`."""
        members = self.manifest["members"]
        told = {key: self.manifest[key] for key in ("made_at", "database", "schema", "head")}
        return {"file": str(self.file), **told, "files": len(members),
                "bytes": sum(member["size"] for member in members)}  # fmt: skip


# ------------------------------------------------------------------ write


def back_up(engine: Engine, home: Path, file: Path, now: datetime, *, schema: str | None, head: str) -> Backup:
    """Write the house into one file, verify it, and only then give it its name; Refused says why not.

    `head` is the last hash of the audit chain before the copy, written down in the manifest.
    """
    if file.exists():
        raise Refused(f"{file.name} đã có: chọn tên khác, bản sao lưu cũ không bị ghi đè")
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.part")
    kind = engine.dialect.name
    try:
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=file.parent) as name:
            copy = Path(name) / LEDGER[kind]
            _copy_ledger(engine.url, copy)
            manifest = {"format": FORMAT, "made_at": now.isoformat(), "database": kind, "schema": schema, "head": head}
            _write(part, {LEDGER[kind]: copy, **_evidence(home)}, manifest)
        verified = open_backup(part)
        os.replace(part, file)
    except OSError as error:
        raise Refused(f"không ghi được bản sao lưu: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)
    return Backup(file, verified.manifest)


def _copy_ledger(url: URL, copy: Path) -> None:
    if url.get_backend_name() == "postgresql":
        _run_tool("pg_dump", url, ["--format=custom", f"--file={copy}"])
        return
    with closing(sqlite3.connect(str(url.database))) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)  # in one step: one moment of the ledger, whoever writes meanwhile
        target.execute("PRAGMA journal_mode=DELETE")


def _evidence(home: Path) -> dict[str, Path]:
    folder = home / EVIDENCE
    return {f"{EVIDENCE}/{path.relative_to(folder).as_posix()}": path for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.name.startswith(".")}  # fmt: skip


def _write(part: Path, members: dict[str, Path], manifest: dict[str, Any]) -> None:
    with part.open("wb") as raw:
        with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
            listed = []
            for name, path in members.items():
                with path.open("rb") as source, packed.open(name, "w", force_zip64=True) as target:
                    size, digest = _copy(source, target)
                listed.append({"name": name, "size": size, "sha256": digest})
            packed.writestr(MANIFEST, json.dumps({**manifest, "members": listed}, ensure_ascii=False, indent=1))
        raw.flush()
        os.fsync(raw.fileno())


def _copy(source: IO[bytes], target: IO[bytes] | None) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if target is not None:
            target.write(chunk)
    return size, digest.hexdigest()


# ------------------------------------------------------------------ verify


def open_backup(file: Path) -> Backup:
    """Read a backup and compare every member with its hash; Refused names the first that differs."""
    try:
        with zipfile.ZipFile(file) as packed:
            manifest: dict[str, Any] = json.loads(packed.read(MANIFEST))
            if manifest["format"] != FORMAT or manifest["database"] not in LEDGER:
                raise Refused(f"{file.name}: bản sao lưu của một phiên bản khác, không đọc được")
            listed = {member["name"]: member for member in manifest["members"]}
            strange = {*packed.namelist()} ^ {*listed, MANIFEST}
            if strange or LEDGER[manifest["database"]] not in listed:
                raise Refused(f"{file.name}: thiếu hoặc thừa {', '.join(sorted(strange)) or 'sổ'}")
            for name, member in listed.items():
                with packed.open(name) as source:
                    if _copy(source, None) != (member["size"], member["sha256"]) or not _safe(name):
                        raise Refused(f"{file.name}: {name} không khớp mã SHA-256 trong {MANIFEST}")
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError) as error:
        raise Refused(f"{file.name}: không phải bản sao lưu của Dondoc, hoặc đã hỏng ({error})") from error
    return Backup(file, manifest)


def _safe(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return not name.startswith("/") and ".." not in parts and (parts[0] == EVIDENCE or name in LEDGER.values())


# ------------------------------------------------------------------ restore


def restore(file: Path, url: str, home: Path, *, force: bool = False) -> Backup:
    """Put a backup in the place of a house's ledger, after verifying it; the ledger is replaced in one step.

    A house that has something in it is refused unless `force`; its SQLite ledger is then kept beside, under another
    name. Nobody may be at work on it meanwhile. Evidence is added, never removed: its names are its contents' hashes.
    """
    backup = open_backup(file)
    target = make_url(url)
    kind = target.get_backend_name()
    if backup.database != kind:
        raise Refused(f"bản sao lưu là của {backup.database}, sổ ở đây là {kind}: đặt DONDOC_DATABASE_URL cho đúng")
    if not force and _has_plans(url, target):
        raise Refused("nơi này đã có dữ liệu: thêm --force nếu thật sự muốn thay bằng bản sao lưu")
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=home) as name, zipfile.ZipFile(file) as packed:
        work = Path(name)
        packed.extractall(work)
        fresh = work / LEDGER[kind]
        if kind == "sqlite":
            _check_sqlite(fresh)
        _add_evidence(work / EVIDENCE, home / EVIDENCE)
        if kind == "sqlite":
            _replace(fresh, Path(str(target.database)), backup)
        else:
            options = ["--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error", str(fresh)]
            _run_tool("pg_restore", target, options)
    return backup


def _has_plans(url: str, target: URL) -> bool:
    """Whether there is anything to lose: a plan, or a file that is not a ledger."""
    if target.get_backend_name() == "sqlite":
        path = Path(str(target.database))
        if not path.exists() or not path.stat().st_size:
            return False
    engine = open_ledger(url)
    try:
        with engine.connect() as connection:
            return connection.execute(text("SELECT 1 FROM plans LIMIT 1")).first() is not None
    except SQLAlchemyError as error:
        return "no such table" not in str(error) and "does not exist" not in str(error)
    finally:
        engine.dispose()


def _check_sqlite(fresh: Path) -> None:
    with closing(sqlite3.connect(fresh)) as ledger:
        said = ledger.execute("PRAGMA integrity_check").fetchone()[0]
        orphan = ledger.execute("PRAGMA foreign_key_check").fetchone()
    if said != "ok" or orphan:
        raise Refused(f"sổ trong bản sao lưu bị hỏng: {said if said != 'ok' else orphan}")


def _add_evidence(source: Path, target: Path) -> None:
    for path in sorted(source.rglob("*")) if source.exists() else ():
        place = target / path.relative_to(source)
        if path.is_file() and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(path, place)


def _replace(fresh: Path, ledger: Path, backup: Backup) -> None:
    """The old ledger is brought into one file first: a write-ahead log left behind would be read into the new one."""
    ledger.parent.mkdir(parents=True, exist_ok=True)
    if ledger.exists() and ledger.stat().st_size:
        with _alone(ledger):
            kept = _free_name(ledger, backup)
            os.link(ledger, kept)
    for name in (f"{ledger.name}-wal", f"{ledger.name}-shm"):
        ledger.with_name(name).unlink(missing_ok=True)
    with fresh.open("rb") as raw:
        os.fsync(raw.fileno())
    os.replace(fresh, ledger)
    folder = os.open(ledger.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _free_name(ledger: Path, backup: Backup) -> Path:
    number = 1
    while (kept := ledger.with_name(f"{ledger.stem}-truoc-khi-khoi-phuc-{number}{ledger.suffix}")).exists():
        number += 1
    return kept


@contextmanager
def _alone(ledger: Path) -> Iterator[None]:
    """Fold the write-ahead log into the file, which only works when nobody else has it open."""
    try:
        with closing(sqlite3.connect(ledger, timeout=2, isolation_level=None)) as connection:
            if connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0] != "delete":
                raise Refused("sổ đang được dùng: dừng dondoc up và các lệnh khác rồi làm lại")
    except sqlite3.DatabaseError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise Refused("sổ đang được dùng: dừng dondoc up và các lệnh khác rồi làm lại") from error
    yield


# ------------------------------------------------------------------ PostgreSQL's own tools


def _run_tool(tool: str, url: URL, options: list[str]) -> None:
    """Run pg_dump or pg_restore on a ledger. The password goes through the environment, never through the command."""
    program = _tool(tool)
    where = {"--host": url.host, "--port": url.port, "--username": url.username, "--dbname": url.database}
    command = [program, "--no-password", *(f"{name}={value}" for name, value in where.items() if value), *options]
    environment = {**os.environ, "LC_ALL": "C.UTF-8", **({"PGPASSWORD": url.password} if url.password else {})}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode:
        raise Refused(f"{tool} không làm được: {(done.stderr.strip().splitlines() or ['không nêu lý do'])[-1]}")


def _tool(tool: str) -> str:
    places = _places(tool)
    if not places:
        raise Refused(NO_TOOL.format(tool=tool, package="postgresql-client"))
    return places[0]


def _places(tool: str) -> list[str]:
    """The newest that Debian has installed, then whatever is on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{tool}"), key=lambda path: -float(path.parts[-3]))
    on_path = shutil.which(tool)
    return [*map(str, found), *([on_path] if on_path else [])]
