"""Whether a .docx or .xlsx package may be opened at all: sizes, ratios, macros, entities, rows, before any library
sees it.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from .limits import MOST_CELLS, MOST_PARTS, MOST_ROWS, MOST_UNPACKED, WORST_RATIO, Unreadable

CHUNK = 1 << 16
_XML = (".xml", ".rels", ".vml")


def kind_of_package(path: Path, name: str) -> str:
    """docx or xlsx. Raises Unreadable for everything else, and for a package that is not safe to open."""
    try:
        with zipfile.ZipFile(path) as package:
            return _kind(package, name)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"tệp “{name}” hỏng, không mở được") from None


def _kind(package: zipfile.ZipFile, name: str) -> str:
    parts = package.infolist()
    names = {part.filename for part in parts}
    if len(parts) > MOST_PARTS:
        raise Unreadable(f"tệp “{name}” có quá nhiều phần bên trong")
    if any(part.flag_bits & 0x1 for part in parts):
        raise Unreadable(f"tệp “{name}” có mật khẩu; bỏ mật khẩu rồi thử lại")
    if any(one.lower().endswith("vbaproject.bin") for one in names):
        raise Unreadable(f"tệp “{name}” có macro; lưu lại thành .docx hoặc .xlsx không có macro")
    if sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise Unreadable(f"tệp “{name}” bung ra quá {MOST_UNPACKED // 1024**2} MB; có thể là tệp nén độc hại")
    for part in parts:
        if part.file_size > 5 * 1024**2 and part.file_size > WORST_RATIO * max(1, part.compress_size):
            raise Unreadable(f"tệp “{name}” nén quá chặt một cách bất thường; có thể là tệp nén độc hại")
    if "word/document.xml" in names:
        kind = "docx"
    elif "xl/workbook.xml" in names:
        kind = "xlsx"
    else:
        raise Unreadable(f"tệp “{name}” không phải .docx hay .xlsx")
    read = 0
    for part in parts:
        if part.filename.lower().endswith(_XML):
            read = _scan(package, part, name, read)
    return kind


class _Counted:
    """Hands a part to the parser and counts what really comes out of it."""

    def __init__(self, inner: IO[bytes], name: str, before: int) -> None:
        self.inner, self.name, self.total = inner, name, before

    def read(self, size: int = CHUNK) -> bytes:
        data = self.inner.read(min(size, CHUNK) if size > 0 else CHUNK)
        self.total += len(data)
        if self.total > MOST_UNPACKED:
            raise Unreadable(f"tệp “{self.name}” bung ra quá {MOST_UNPACKED // 1024**2} MB; có thể là tệp nén độc hại")
        return data


def _scan(package: zipfile.ZipFile, part: zipfile.ZipInfo, name: str, before: int) -> int:
    """Read a part once without building it: no DTD, no entities, not too many rows and cells."""
    rows = cells = 0
    with package.open(part) as inner:
        counted = _Counted(inner, name, before)
        try:
            root = None
            for event, element in iterparse(counted, events=("start", "end"), forbid_dtd=True):
                if event == "start":
                    root = element if root is None else root
                    continue
                tag = element.tag.rsplit("}", 1)[-1]
                rows += tag in {"tr", "row"}
                cells += tag in {"tc", "c"}
                if rows > MOST_ROWS or cells > MOST_CELLS:
                    raise Unreadable(
                        f"tệp “{name}” có bảng quá {MOST_ROWS:,} hàng; tách thành nhiều tệp".replace(",", ".")
                    )
                if tag in {"tr", "row", "p", "si"}:
                    element.clear()
        except DefusedXmlException:
            raise Unreadable(f"tệp “{name}” có khai báo XML không được phép (entity, DTD)") from None
        except ParseError:
            raise Unreadable(f"tệp “{name}” hỏng: phần {part.filename[:60]} không đọc được") from None
        except (zipfile.BadZipFile, EOFError, OSError):
            raise Unreadable(f"tệp “{name}” hỏng, không mở được") from None
        return counted.total


_REF = re.compile(r"([A-Z]{1,3})(\d{1,7})")


def cell_place(reference: str) -> tuple[int, int] | None:
    """(row, column) of “B12”, counted from 1."""
    match = _REF.fullmatch(reference)
    if not match:
        return None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column
