"""Evidence: files by the hash of their content, judged by what is in them; links; documents."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select
from typer.testing import Result as Outcome

from actions.evidence import MOST_BYTES, link, path_of, plain_name, store_file
from actions.move import Refused
from actions.submit import Filing, submit_report
from models.database import transaction
from models.ledger import Evidence
from tests.office import Office, at

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
PDF = b"%PDF-1.7\n" + b"x" * 40
HEIC = b"\0\0\0\x18ftypheic" + b"\0" * 40


def package(path: Path, *names: str) -> bytes:
    """An Office file with these parts."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("[Content_Types].xml", *names):
            archive.writestr(name, "<x/>")
    return path.read_bytes()


def stored(tmp_path: Path, name: str, content: bytes) -> Any:
    """Store a file of this name and content."""
    source = tmp_path / "in" / name
    source.parent.mkdir(exist_ok=True)
    source.write_bytes(content)
    return store_file(tmp_path / "home", source)


def kept(tmp_path: Path) -> list[Path]:
    """What lies in the store."""
    return [path for path in (tmp_path / "home" / "evidence").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("Báo cáo.pdf", PDF, "application/pdf"),
        ("ảnh.PNG", PNG, "image/png"),
        ("a.jpeg", b"\xff\xd8\xff\xe0" + b"\0" * 40, "image/jpeg"),
        ("a.heic", HEIC, "image/heic"),
        ("ghi chú.txt", "đã gửi báo cáo\n".encode(), "text/plain"),
    ],
)
def test_what_an_office_sends_is_kept_under_its_hash(
    tmp_path: Path, name: str, content: bytes, media_type: str
) -> None:
    """The place is the hash, the type is that of the content, the name is only remembered."""
    proof = stored(tmp_path, name, content)

    assert (proof.name, proof.size, proof.media_type) == (name, len(content), media_type)
    assert proof.sha256 == hashlib.sha256(content).hexdigest()
    assert path_of(tmp_path / "home", proof.sha256).read_bytes() == content


@pytest.mark.parametrize(("suffix", "part"), [(".docx", "word/document.xml"), (".xlsx", "xl/workbook.xml")])
def test_office_files_are_told_apart_by_their_parts(tmp_path: Path, suffix: str, part: str) -> None:
    """A .docx is one with a document in it; with a macro it is refused."""
    proof = stored(tmp_path, f"a{suffix}", package(tmp_path / "p", part))
    assert proof.media_type.startswith("application/vnd.openxmlformats")

    with pytest.raises(Refused, match="macro"):
        stored(tmp_path, f"b{suffix}", package(tmp_path / "q", part, "word/vbaProject.bin"))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.pdf", b"MZ\x90" + b"\0" * 60, "chương trình"),
        ("a.txt", b"#!/bin/sh\nrm -rf x\n", "chương trình"),
        ("a.pdf", b"\x7fELF" + b"\0" * 60, "chương trình"),
        ("a.pdf", PNG, "thật ra là .png"),
        ("a.docx", PDF, "thật ra là .pdf"),
        ("a.exe", PDF, "đuôi"),
        ("a", PDF, "đuôi"),
        ("a.pdf", b"\0\1\2" * 20, "loại được nhận"),
        ("a.zip", b"PK\x03\x04" + b"\0" * 60, "loại được nhận"),
        ("a.pdf", b"", "rỗng"),
        ("a.pdf", PDF + b"\0" * MOST_BYTES, "20 MB"),
    ],
)
def test_what_is_no_evidence_is_refused_and_leaves_nothing(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    """Programs, disguised types, unknown types, empty and huge files: one sentence, an empty store."""
    with pytest.raises(Refused, match=said):
        stored(tmp_path, name, content)

    assert kept(tmp_path) == []


def test_the_same_content_is_kept_once_and_never_written_over(tmp_path: Path) -> None:
    """Twice under two names is one file, the very same one; a store gone bad is said, not mended in silence."""
    first = stored(tmp_path, "a.pdf", PDF)
    place = path_of(tmp_path / "home", first.sha256)
    before = place.stat()
    second = stored(tmp_path, "b.pdf", PDF)

    assert second.sha256 == first.sha256
    assert len(kept(tmp_path)) == 1
    assert (place.stat().st_ino, place.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

    place.chmod(0o640)
    place.write_bytes(b"other")
    with pytest.raises(Refused, match="đã hỏng"):
        stored(tmp_path, "c.pdf", PDF)
    assert place.read_bytes() == b"other"


@pytest.mark.parametrize(
    "url", ["ftp://x/y", "https://", "javascript:alert(1)", "https://a b", "https://u:p@x.example/", "http://[", "x"]
)
def test_a_link_is_a_plain_web_address(url: str) -> None:
    """Anything else, and whatever carries a password, is refused."""
    with pytest.raises(Refused):
        link(url)


def test_a_name_has_no_folders_and_nothing_that_does_not_print() -> None:
    """Only what a person typed as the name is remembered."""
    assert plain_name("../../etc/a\x00b\u202e.pdf") == "ab.pdf"
    assert plain_name("C:\\tmp\\báo cáo.pdf") == "báo cáo.pdf"
    assert len(plain_name("x" * 300 + ".pdf")) == 200
    assert plain_name("x" * 300 + ".pdf").endswith(".pdf")


def test_a_filing_keeps_its_evidence_each_piece_once(office: Office, tmp_path: Path) -> None:
    """A document's number, a link and a file named twice are three rows of the submission."""
    proof = stored(tmp_path, "a.pdf", PDF)
    with transaction(office.engine) as session:
        report = office.assignment(session, "kh quy 2026-Q1 th-1")
        proofs = [proof, proof, link("https://dondoc.example/1")]
        filing = Filing(by="th-1", document="5/BC, 20/3/2026", proofs=proofs)
        submission = submit_report(session, report, filing, at("2026-03-20", 9))
        rows = session.exec(select(Evidence).where(Evidence.submission_id == submission.id)).all()

        assert [(row.kind, row.name, row.size) for row in rows] == [
            ("document", "5/BC, 20/3/2026", None),
            ("file", "a.pdf", len(PDF)),
            ("link", "https://dondoc.example/1", None),
        ]


def test_a_refused_file_on_the_command_line_files_nothing(
    run: Callable[..., Outcome], said: Callable[..., Any], tmp_path: Path
) -> None:
    """One bad file among good ones: a sentence, exit 1, no report; without it the report stands with its evidence."""
    run("apply", "sgddt-hp-kl50", "--at", "2026-11-21")
    where = ("sgddt-hp-kl50", "nam", "2026", "sgddt-hp/khtc")
    good, bad = tmp_path / "a.pdf", tmp_path / "b.pdf"
    good.write_bytes(PDF)
    bad.write_bytes(PNG)
    refused = run("report", *where, "--file", good, "--file", bad, "--at", "2026-11-21")
    gone = run("report", *where, "--file", tmp_path / "c.pdf", "--at", "2026-11-21")
    filed = said("report", *where, "--file", good, "--link", "https://dondoc.example/x", "--at", "2026-11-21")

    assert (refused.exit_code, gone.exit_code) == (1, 1)
    assert "thật ra là .png" in refused.stderr
    assert "c.pdf" in gone.stderr
    assert [proof["name"] for proof in filed["evidence"]] == ["a.pdf", "https://dondoc.example/x"]
    assert len(list((tmp_path / "var").rglob("evidence/*/*"))) == 1
