"""Files made to harm, or merely wrong: one clear sentence, bounded memory and time, never a stack trace."""

from __future__ import annotations

import io
import random
import resource
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
import xlsxwriter

from documents.draft import limits
from documents.draft.limits import Unreadable
from documents.draft.open_file import open_paper

TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
BODY = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{}</w:body></w:document>'


def package(path: Path, parts: dict[str, str | bytes]) -> Path:
    """A zip with these parts, deflated."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return path


def word(path: Path, body: str, **more: str | bytes) -> Path:
    """A Word package with this body."""
    return package(path, {"[Content_Types].xml": TYPES, "word/document.xml": BODY.format(body), **more})


def bomb(path: Path) -> Path:
    return package(path, {"[Content_Types].xml": TYPES, "word/document.xml": b" " * (300 * 1024 * 1024)})


def dense(path: Path) -> Path:
    return package(path, {"[Content_Types].xml": TYPES, "word/document.xml": b" " * (60 * 1024 * 1024)})


def lying(path: Path) -> Path:
    """A zip whose directory says a part is small while much more comes out."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", TYPES)
        made.writestr("word/document.xml", b"<a>" + b"x" * 5_000_000 + b"</a>")
    data = inner.getvalue()
    size = (5_000_007).to_bytes(4, "little")
    assert data.count(size) >= 2
    path.write_bytes(data.replace(size, (900).to_bytes(4, "little")))
    return path


def laughs(path: Path) -> Path:
    entities = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "ha"}">' for i in range(10))
    content = f'<?xml version="1.0"?><!DOCTYPE d [{entities}]>' + BODY.format("<w:p><w:r><w:t>&l9;</w:t></w:r></w:p>")
    return package(path, {"[Content_Types].xml": TYPES, "word/document.xml": content})


def outside(path: Path) -> Path:
    content = '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + BODY.format(
        "<w:p>&x;</w:p>"
    )
    return package(path, {"[Content_Types].xml": TYPES, "word/document.xml": content})


def macros(path: Path) -> Path:
    return word(path, "<w:p/>", **{"word/vbaProject.bin": b"x"})


def endless_table(path: Path) -> Path:
    chance = random.Random(1)
    rows = (f"<w:tr><w:tc><w:p><w:r><w:t>{chance.random()}</w:t></w:r></w:p></w:tc></w:tr>" for _ in range(100_000))
    return word(path, f"<w:tbl>{''.join(rows)}</w:tbl>")


def endless_sheet(path: Path) -> Path:
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet()
    for row in range(100_000):
        sheet.write_string(row, 0, "a")
    book.close()
    return path


def program(path: Path) -> Path:
    path.write_bytes(b"MZ" + bytes(2000))
    return path


def protected(path: Path) -> Path:
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000))
    return path


def huge(path: Path) -> Path:
    with path.open("wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(200 * 1024 * 1024)
    return path


def torn(path: Path) -> Path:
    whole = path.with_name("whole.docx")
    docx.Document().save(str(whole))
    path.write_bytes(whole.read_bytes()[:3000])
    return path


def zeros(path: Path) -> Path:
    path.write_bytes(bytes(10_000))
    return path


def plain_zip(path: Path) -> Path:
    return package(path, {"a.txt": "x"})


def picture_pdf(path: Path) -> Path:
    path.write_bytes(pdf_of(["" for _ in range(3)]))
    return path


def long_pdf(path: Path) -> Path:
    path.write_bytes(pdf_of(["Trang" for _ in range(5000)]))
    return path


def pdf_of(pages: list[str]) -> bytes:
    """A PDF with one line of ASCII a page."""
    objects: list[bytes] = []
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(len(pages)))
    objects += [b"<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode()]
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    for i, text in enumerate(pages):
        stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * i} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length " + str(len(stream)).encode() + b" >>\nstream\n" + stream + b"\nendstream")
    out = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    return out + f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()


CASES: list[tuple[Callable[[Path], Path], str, str]] = [
    (bomb, "a.docx", "nén độc hại"),
    (dense, "a.docx", "nén độc hại"),
    (lying, "a.docx", "hỏng"),
    (laughs, "a.docx", "khai báo XML"),
    (outside, "a.docx", "khai báo XML"),
    (macros, "a.docx", "macro"),
    (macros, "a.docm", "macro"),
    (endless_table, "a.docx", "quá 20.000 hàng"),
    (endless_sheet, "a.xlsx", "quá 20.000 hàng"),
    (program, "a.docx", "chương trình"),
    (program, "a.txt", "chương trình"),
    (protected, "a.docx", "mật khẩu"),
    (huge, "a.docx", "lớn hơn 50 MB"),
    (torn, "a.docx", "hỏng"),
    (zeros, "a.txt", "không phải văn bản"),
    (zeros, "a.pdf", "không phải là .pdf thật"),
    (plain_zip, "a.docx", "không phải .docx hay .xlsx"),
    (plain_zip, "a.zip", "thật ra là .docx hoặc .xlsx"),
    (endless_sheet, "a.docx", "quá 20.000 hàng"),
    (picture_pdf, "a.pdf", "ảnh quét"),
    (long_pdf, "a.pdf", "5000 trang"),
]


@pytest.mark.parametrize(("make", "name", "words"), CASES, ids=[f"{make.__name__}-{name}" for make, name, _ in CASES])
def test_a_harmful_file_is_refused_in_one_sentence(
    make: Callable[[Path], Path], name: str, words: str, tmp_path: Path
) -> None:
    """Refused with what is wrong, soon, and without taking memory for it."""
    path = make(tmp_path / name)
    began = time.monotonic()

    with pytest.raises(Unreadable) as refused:
        open_paper(path)

    sentence = str(refused.value)
    assert words in sentence
    assert "\n" not in sentence
    assert str(tmp_path) not in sentence
    assert time.monotonic() - began < 60


def test_the_reading_process_stays_below_its_limit(tmp_path: Path) -> None:
    """After all of these no child has taken more memory than the limit says."""
    for make, name in ((laughs, "a.docx"), (endless_table, "b.docx"), (dense, "c.docx")):
        with pytest.raises(Unreadable):
            open_paper(make(tmp_path / name))

    taken = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024

    assert taken < limits.MOST_MEMORY


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("khong-co.docx", None, "không có tệp"),
        ("rong.txt", b"", "rỗng"),
        ("a.txt", "Đề án".encode("cp1258", "ignore"), "UTF-8"),
    ],
)
def test_a_missing_or_wrong_text_is_refused(name: str, content: bytes | None, words: str, tmp_path: Path) -> None:
    """No file, an empty one, one in another code page."""
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(Unreadable, match=words):
        open_paper(path)


def test_a_folder_is_no_document(tmp_path: Path) -> None:
    """A folder with the name of a document."""
    (tmp_path / "a.docx").mkdir()

    with pytest.raises(Unreadable, match="không phải là tệp"):
        open_paper(tmp_path / "a.docx")


def test_utf_16_is_read(tmp_path: Path) -> None:
    """Notepad's “Unicode” is a text like another."""
    path = tmp_path / "a.txt"
    path.write_bytes("KẾ HOẠCH\nCông tác năm 2026".encode("utf-16"))

    assert [getattr(block, "text", "") for block in open_paper(path).blocks] == ["KẾ HOẠCH", "Công tác năm 2026"]
