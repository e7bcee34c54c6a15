"""What proves an answer: a document's number, links, and files kept by the hash of their content.

A file is judged by what is in it, never by its name alone; it is stored once, and never written over.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from sqlmodel import Session

from models.ledger import Evidence, EvidenceKind, Submission

from .move import Refused

FOLDER = "evidence"
MOST_BYTES = 20 * 1024 * 1024
NAME_LENGTH = 200
LINK_LENGTH = 2000
CHUNK = 1 << 20
KNOWN = ".pdf, .docx, .xlsx, .png, .jpg, .heic, .txt"
OFFICE = "application/vnd.openxmlformats-officedocument."
TYPES = {
    ".pdf": "application/pdf",
    ".docx": f"{OFFICE}wordprocessingml.document",
    ".xlsx": f"{OFFICE}spreadsheetml.sheet",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".heic": "image/heic",
    ".heif": "image/heic",
    ".txt": "text/plain",
}
PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe")
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")


@dataclass(frozen=True)
class Proof:
    """One piece of evidence; a file has its hash, its size in bytes and its media type."""

    kind: EvidenceKind
    name: str
    sha256: str | None = None
    size: int | None = None
    media_type: str | None = None


def link(url: str) -> Proof:
    """A link as evidence. Refused unless it is a plain web address without a password in it."""
    url = url.strip()
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Refused(f"“{url[:80]}” không phải là đường dẫn web; viết đầy đủ https://…") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or any(c.isspace() for c in url):
        raise Refused(f"“{url[:80]}” không phải là đường dẫn web; viết đầy đủ https://…")
    if parts.username or parts.password:
        raise Refused("đường dẫn có tên đăng nhập hoặc mật khẩu; bỏ phần đó đi")
    if len(url) > LINK_LENGTH:
        raise Refused(f"đường dẫn dài quá {LINK_LENGTH} ký tự")
    return Proof(EvidenceKind.LINK, url)


def store_file(home: Path, source: Path, name: str | None = None) -> Proof:
    """Keep a file below `<home>/evidence/` by its SHA-256; the same content is kept once.

    Refused when it is missing, empty, larger than 20 MB, a program, of another type than an office needs, or not what
    its name says.
    """
    shown = plain_name(name or source.name)
    if not source.is_file():
        raise Refused(f"không có tệp “{shown}”")
    folder = home / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".moi-")
    copy = Path(temporary)
    try:
        with os.fdopen(handle, "wb") as target:
            sha256, size = _copy(source, target, shown)
            target.flush()
            os.fsync(target.fileno())
        media_type = media_type_of(copy, shown)
        _keep(copy, path_of(home, sha256), sha256)
    finally:
        copy.unlink(missing_ok=True)
    return Proof(EvidenceKind.FILE, shown, sha256, size, media_type)


def path_of(home: Path, sha256: str) -> Path:
    """Where a stored file lies."""
    return home / FOLDER / sha256[:2] / sha256


def plain_name(name: str) -> str:
    """A file's name without its folders and without characters that do not print; at most 200 characters."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    printed = "".join(c for c in last if c.isprintable()).strip()
    stem, dot, suffix = printed.rpartition(".")
    return f"{stem[: NAME_LENGTH - len(suffix) - 1]}.{suffix}" if dot and len(suffix) < 10 else printed[:NAME_LENGTH]


def _copy(source: Path, target: IO[bytes], shown: str) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as reader:
        while chunk := reader.read(CHUNK):
            size += len(chunk)
            if size > MOST_BYTES:
                raise Refused(f"tệp “{shown}” lớn hơn {MOST_BYTES // (1024 * 1024)} MB; nén ảnh hoặc gửi đường dẫn")
            digest.update(chunk)
            target.write(chunk)
    if not size:
        raise Refused(f"tệp “{shown}” rỗng")
    return digest.hexdigest(), size


def _keep(copy: Path, place: Path, sha256: str) -> None:
    """Move into place unless the same content is there already: by a link, so that nothing is ever written over."""
    place.parent.mkdir(exist_ok=True)
    copy.chmod(0o440)
    try:
        os.link(copy, place)
    except FileExistsError:
        if hashlib.sha256(place.read_bytes()).hexdigest() != sha256:
            raise Refused(f"tệp minh chứng {sha256[:12]}… trong kho đã hỏng; khôi phục từ bản sao lưu trước") from None
        return
    except OSError:  # a file system without hard links
        copy.rename(place)
    _sync_folder(place.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# ------------------------------------------------------------------ what a file is


def media_type_of(path: Path, name: str) -> str:
    """The media type by content. Refused for what is no office file, or not what the name `name` says."""
    with path.open("rb") as reader:
        head = reader.read(4096)
    if head.startswith(PROGRAMS):
        raise Refused(f"tệp “{name}” là chương trình, không phải minh chứng")
    found = _signature(path, head)
    suffix = Path(name).suffix.lower()
    if found is None:
        raise Refused(f"tệp “{name}” không thuộc loại được nhận; nhận: {KNOWN}")
    if found == "macro":
        raise Refused(f"tệp “{name}” có macro; lưu lại thành .docx hoặc .xlsx không có macro")
    if suffix not in TYPES:
        raise Refused(f"tên tệp “{name}” không có đuôi được nhận; nhận: {KNOWN}")
    if TYPES[suffix] != found:
        said = next(known for known, media in TYPES.items() if media == found)
        raise Refused(f"tệp “{name}” thật ra là {said}: đổi tên cho đúng rồi gửi lại")
    return found


def _signature(path: Path, head: bytes) -> str | None:
    if head.startswith(b"%PDF-"):
        return TYPES[".pdf"]
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return TYPES[".png"]
    if head.startswith(b"\xff\xd8\xff"):
        return TYPES[".jpg"]
    if head[4:8] == b"ftyp" and head[8:12] in HEIC_BRANDS:
        return TYPES[".heic"]
    if head.startswith(b"PK\x03\x04"):
        return _office(path)
    return TYPES[".txt"] if _is_text(path) else None


def _office(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as package:
            names = set(package.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None
    if "[Content_Types].xml" not in names:
        return None
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        return "macro"
    if "word/document.xml" in names:
        return TYPES[".docx"]
    return TYPES[".xlsx"] if "xl/workbook.xml" in names else None


def _is_text(path: Path) -> bool:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return all(c.isprintable() or c in "\n\r\t\f\u00a0\u200b" or c.isspace() for c in text)


# ------------------------------------------------------------------ rows


def attach(
    session: Session,
    submission: Submission,
    proofs: Sequence[Proof],
    *,
    document: str | None = None,
    assignment_id: int | None = None,
) -> list[Evidence]:
    """The evidence of a submission or of one of its lines, each piece once; its document's number is one of them."""
    named = [Proof(EvidenceKind.DOCUMENT, document)] if document else []
    rows = [
        Evidence(
            submission_id=submission.id or 0,
            assignment_id=assignment_id,
            kind=proof.kind.value,
            name=proof.name,
            sha256=proof.sha256,
            size=proof.size,
            media_type=proof.media_type,
            added_at=submission.recorded_at,
            added_by=submission.by,
        )
        for proof in {proof.sha256 or proof.name: proof for proof in (*named, *proofs)}.values()
    ]
    if rows:
        session.add_all(rows)
        session.flush()
    return rows
