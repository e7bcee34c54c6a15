"""Every paper opens in an office program that did not write it, and says there what it should."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pdfplumber
import pytest

Paper = Callable[..., bytes]


@pytest.fixture(scope="session")
def soffice() -> str:
    """LibreOffice; `make test` brings it where it can (tests/packages.sh)."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    if found is None:
        packages = "libreoffice-writer-nogui libreoffice-calc-nogui fonts-liberation"
        pytest.skip(f"no LibreOffice on this machine (Debian: apt-get install {packages})")
    return found


@pytest.fixture
def printed(soffice: str, tmp_path: Path) -> Callable[[bytes, str], list[tuple[float, float, str]]]:
    """A document as LibreOffice prints it: (width, height, text) of each page, in points."""

    def call(document: bytes, suffix: str) -> list[tuple[float, float, str]]:
        source = tmp_path / f"van-ban.{suffix}"
        source.write_bytes(document)
        home = tmp_path / "profile"
        command = [soffice, f"-env:UserInstallation=file://{home}", "--headless", "--convert-to", "pdf", "--outdir",
                   str(tmp_path), str(source)]  # fmt: skip
        done = subprocess.run(command, check=False, capture_output=True, timeout=180)
        assert done.returncode == 0, done.stderr
        with pdfplumber.open(tmp_path / "van-ban.pdf") as pages:
            return [(page.width, page.height, page.extract_text() or "") for page in pages.pages]

    return call


def flat(pages: list[tuple[float, float, str]]) -> str:
    """All text, blanks made one."""
    return re.sub(r"\s+", " ", " ".join(text for _, _, text in pages))


def test_the_consolidated_report_prints(paper: Paper, printed: Callable[..., list[tuple[float, float, str]]]) -> None:
    """A4 upright, annexes across; the number of a page from the second one on, the table's heading on every page."""
    pages = printed(paper("consolidate", "--format", "docx"), "docx")
    first, second = pages[0][2].splitlines(), pages[1][2].splitlines()
    across = [text for width, height, text in pages if width > height]

    assert (round(pages[0][0]), round(pages[0][1])) == (595, 842)
    assert first[0].startswith("UBND QUẬN HẢI AN")
    assert second[0] == "2"
    assert across
    assert all("Nhiệm vụ" in text or "Đơn vị" in text or "tập huấn" in text for text in across)
    for part in ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Số liệu chốt đến ngày 31/03/2024", "Nơi nhận", "Phụ lục III"):
        assert part in flat(pages), part


def test_the_workbook_prints(paper: Paper, printed: Callable[..., list[tuple[float, float, str]]]) -> None:
    """Each sheet is one page wide: no column falls on a page of its own; headings repeat."""
    pages = printed(paper("consolidate"), "xlsx")
    official = [text for _, _, text in pages if "Kết quả hiện nay" in flat([(0, 0, text)])]

    assert (round(pages[0][0]), round(pages[0][1])) == (595, 842)
    assert len(official) >= 3
    assert all("Nhiệm vụ" in text for text in official)
    assert sum("BÁO CÁO TỔNG HỢP QUÝ I/2024" in text for _, _, text in pages) == 1


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("urge", "--overdue"), "V/v đôn đốc báo cáo quý I/2024"),
        (("submission-note",), "PHIẾU TRÌNH"),
        (("unit-report", "--unit", "mau-ha-mn-1"), "HIỆU TRƯỞNG"),
    ],
)
def test_letters_print(
    paper: Paper, printed: Callable[..., list[tuple[float, float, str]]], words: tuple[str, ...], part: str
) -> None:
    """Each opens and carries the state's name and what it is about."""
    text = flat(printed(paper(*words), "docx"))

    assert "Độc lập - Tự do - Hạnh phúc" in text
    assert part in text
