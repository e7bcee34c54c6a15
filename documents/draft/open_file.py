"""A file of unknown origin -> its blocks, or one sentence why not. It is judged by what is in it, never by its
name alone.

Word, Excel and PDF are read in a process of their own with bounded memory and time, so no file can take the
command down.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from .blocks import Paper
from .limits import MOST_BYTES, MOST_MEMORY, MOST_SECONDS, MOST_TEXT, Unreadable
from .read_text import decoded, read_text

PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
TEXT_ENDINGS = (".txt", ".md", ".markdown", ".text", "")
KNOWN = ".docx, .xlsx, .pdf, .txt, .md"
REFUSED = 3


def open_paper(path: Path) -> Paper:
    """The blocks of a file. Raises Unreadable."""
    name = _shown(path)
    if not path.exists():
        raise Unreadable(f"không có tệp “{name}”")
    if not path.is_file():
        raise Unreadable(f"“{name}” không phải là tệp")
    size = path.stat().st_size
    if not size:
        raise Unreadable(f"tệp “{name}” rỗng")
    if size > MOST_BYTES:
        raise Unreadable(f"tệp “{name}” lớn hơn {MOST_BYTES // 1024**2} MB; chỉ gửi phần kế hoạch và phụ lục")
    with path.open("rb") as file:
        head = file.read(4096)
    kind = _kind(head, path, name)
    if kind == "text":
        if size > MOST_TEXT:
            raise Unreadable(f"văn bản “{name}” lớn hơn {MOST_TEXT // 1024**2} MB; tách thành nhiều tệp")
        return read_text(decoded(path.read_bytes(), name))
    return _read_apart(path, name)


def _shown(path: Path) -> str:
    return "".join(c for c in path.name if c.isprintable())[:120]


def _kind(head: bytes, path: Path, name: str) -> str:
    """package, pdf or text, by the first bytes, and whether the name says the same."""
    ending = path.suffix.lower()
    if ending in {".docm", ".xlsm", ".dotm", ".xltm"}:
        raise Unreadable(f"tệp “{name}” có macro; lưu lại thành .docx hoặc .xlsx không có macro")
    if head.startswith(PROGRAMS):
        raise Unreadable(f"tệp “{name}” là chương trình, không phải văn bản")
    if head.startswith(OLE):
        raise Unreadable(
            f"tệp “{name}” có mật khẩu hoặc là .doc, .xls cũ; lưu lại thành .docx hoặc .xlsx không mật khẩu"
        )
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        kind = "package"
    elif b"%PDF-" in head[:1024]:
        kind = "pdf"
    else:
        kind = "text"
    endings = {"package": (".docx", ".xlsx"), "pdf": (".pdf",), "text": TEXT_ENDINGS}[kind]
    if ending not in endings:
        if kind == "text" and ending in {".docx", ".xlsx", ".pdf"}:
            raise Unreadable(f"tệp “{name}” không phải là {ending} thật; nhận: {KNOWN}")
        if kind == "text":
            raise Unreadable(f"không đọc được loại tệp “{ending}”; nhận: {KNOWN}")
        raise Unreadable(f"tệp “{name}” thật ra là {' hoặc '.join(endings)}: đổi tên cho đúng rồi thử lại")
    return kind


def _read_apart(path: Path, name: str) -> Paper:
    """Read in a child process: what it prints is the blocks as JSON, or the sentence that refuses."""
    root = Path(__file__).resolve().parents[2]
    words = [sys.executable, "-m", "documents.draft.open_file", str(path.resolve())]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("DONDOC_")}
    environment["PYTHONPATH"] = str(root)
    environment["PYTHONIOENCODING"] = "utf-8"
    try:
        done = subprocess.run(
            words, capture_output=True, check=False, timeout=MOST_SECONDS * 2, env=environment, cwd=root
        )
    except subprocess.TimeoutExpired:
        raise Unreadable(f"tệp “{name}” đọc quá lâu; tách lấy phần kế hoạch và phụ lục") from None
    if done.returncode == REFUSED:
        raise Unreadable(done.stdout.decode("utf-8", "replace").strip() or f"tệp “{name}” không đọc được")
    if done.returncode:
        raise Unreadable(f"tệp “{name}” đòi quá nhiều bộ nhớ hoặc thời gian, không đọc được")
    return Paper.of_json(json.loads(done.stdout))


def read_here(path: Path) -> Paper:
    """Read a package or a PDF in this process. Raises Unreadable."""
    name = _shown(path)
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(b"PK"):
        from .packages import kind_of_package

        if kind_of_package(path, name) == "docx":
            if path.suffix.lower() != ".docx":
                raise Unreadable(f"tệp “{name}” thật ra là .docx: đổi tên cho đúng rồi thử lại")
            from .read_docx import read_docx

            return read_docx(path)
        if path.suffix.lower() != ".xlsx":
            raise Unreadable(f"tệp “{name}” thật ra là .xlsx: đổi tên cho đúng rồi thử lại")
        from .read_xlsx import read_xlsx

        return read_xlsx(path)
    from .read_pdf import read_pdf

    return read_pdf(path, name)


def _bounded() -> None:
    """Bound this process, where the system can."""
    try:
        import resource
    except ImportError:
        return
    for limit, most in ((resource.RLIMIT_AS, MOST_MEMORY), (resource.RLIMIT_CPU, MOST_SECONDS)):
        _, hard = resource.getrlimit(limit)
        resource.setrlimit(limit, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def main() -> int:
    """The child: blocks as JSON on stdout, or one sentence and REFUSED."""
    import logging

    logging.disable(logging.CRITICAL)
    _bounded()
    path = Path(sys.argv[1])
    try:
        paper = read_here(path)
    except Unreadable as error:
        print(error)
        return REFUSED
    except MemoryError:
        print(f"tệp “{_shown(path)}” đòi quá nhiều bộ nhớ, không đọc được")
        return REFUSED
    except Exception:
        print(f"tệp “{_shown(path)}” hỏng, không đọc được")
        return REFUSED
    json.dump(paper.as_json(), sys.stdout, ensure_ascii=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
