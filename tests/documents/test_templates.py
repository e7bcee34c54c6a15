"""Templates are files an office can edit; a bad one is a sentence."""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from docxtpl import DocxTemplate
from lxml import etree
from typer.testing import Result

from documents.make_templates import TEMPLATES, built
from documents.word import SHIPPED, BadTemplate, render
from models.papers import Letterhead, ReportLine, UnitReport

from .conftest import text_of

Export = Callable[..., Result]
WORDS = ("--plan", "pgd-haian-cchc-2024", "--period", "2024-Q1")


def parts(document: bytes) -> dict[str, bytes]:
    """A package's files."""
    with zipfile.ZipFile(io.BytesIO(document)) as package:
        return {name: package.read(name) for name in package.namelist()}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_shipped_template_is_what_its_script_builds(name: str) -> None:
    """`python -m documents.make_templates` would change nothing."""
    assert parts((SHIPPED / f"{name}.docx").read_bytes()) == parts(built(name))


def test_every_shipped_word_file_has_its_script() -> None:
    """No template that cannot be rebuilt."""
    assert {path.stem for path in SHIPPED.glob("*.docx")} == set(TEMPLATES)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An office's own config folder, with a place for its templates."""
    shipped = Path(__file__).resolve().parents[2] / "config"
    folder = tmp_path / "config"
    shutil.copytree(shipped, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (folder / "documents").mkdir()
    monkeypatch.setenv("DONDOC_CONFIG", str(folder))
    return folder / "documents"


def edited(text: str) -> docx.document.Document:
    """The shipped submission note with one more paragraph, as somebody would write it in Word."""
    paper = docx.Document(str(SHIPPED / "phieu-trinh.docx"))
    paper.add_paragraph(text)
    return paper


def test_an_offices_own_template_comes_first(export: Export, own: Path) -> None:
    """A copy edited in Word takes the shipped one's place; its new placeholder is filled."""
    edited("Người soạn ghi: {{ ky }} có {{ tong }} báo cáo.").save(str(own / "phieu-trinh.docx"))
    result = export("submission-note", *WORDS)

    assert "Người soạn ghi: quý I/2024 có 12 báo cáo." in text_of(result.stdout_bytes)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{{ ky_bao_cao }}", "có chỗ điền không biết ('ky_bao_cao' is undefined)"),
        ("{% if ky %}", "chỗ điền viết sai"),
        ("{{ ky.__class__.__mro__ }}", "có chỗ điền không được phép"),
    ],
)
def test_a_template_with_a_mistake_is_one_sentence(export: Export, own: Path, text: str, sentence: str) -> None:
    """It names the file and the mistake; nothing is written; what reaches into Python is refused."""
    edited(text).save(str(own / "phieu-trinh.docx"))
    result = export("submission-note", *WORDS)

    assert (result.exit_code, result.stdout_bytes) == (1, b"")
    assert str(own / "phieu-trinh.docx") in result.stderr
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("content", [b"", b"not a Word file", b"PK\x03\x04 broken", built("phieu-trinh")[:20_000]])
def test_a_file_that_is_no_word_file_is_one_sentence(export: Export, own: Path, content: bytes) -> None:
    """Empty, plain text, a broken package, a file cut off."""
    (own / "phieu-trinh.docx").write_bytes(content)
    result = export("submission-note", *WORDS)

    assert (result.exit_code, result.stdout_bytes) == (1, b"")
    assert "không đọc được như một tệp Word" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_missing_word_is_told_to_whoever_calls(tmp_path: Path) -> None:
    """BadTemplate, not a trace."""
    with pytest.raises(BadTemplate, match="có chỗ điền không biết"):
        render("phieu-trinh", {}, [tmp_path])


def test_words_cannot_break_the_paper() -> None:
    """Markup, braces and control characters that a unit wrote are text, and the file still opens."""
    from documents.unit_report import docx as unit_report

    bad = "</w:t></w:r> {{ config }} {% for %} & < > \x00\x1b\ud800 \ufffe {_{ x }_}"
    report = UnitReport(
        Letterhead(bad, bad, bad, bad, (bad,)), bad, bad, bad, bad, (bad, bad), bad, narrative=bad,
        lines=(ReportLine(bad, bad, bad, bad, None, bad, bad, bad, bad),), reason_late=bad,
    )  # fmt: skip
    text = text_of(unit_report(report))

    assert "</w:t></w:r> {{ config }} {% for %} & < >" in text


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_placeholder_is_in_the_manual(name: str, root: Path) -> None:
    """docs/export.md names each one, in the row of its file or of all files."""
    rows = [line for line in (root / "docs" / "export.md").read_text(encoding="utf-8").splitlines() if "|" in line]
    told = " ".join(line for line in rows if line.startswith("| all |") or f"`{name}`" in line.split("|")[1])
    used = DocxTemplate(SHIPPED / f"{name}.docx").get_undeclared_template_variables()

    assert used <= set(re.findall(r"\w+", told)), used - set(re.findall(r"\w+", told))


# The order of the schema (ECMA-376: CT_PPrBase, EG_RPrBase, CT_TblPr, CT_TcPr): Word may refuse another one.
ORDER = {
    "pPr": (
        "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers "
        "pBdr shd tabs suppressAutoHyphens kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE "
        "autoSpaceDN bidi adjustRightInd snapToGrid spacing ind contextualSpacing mirrorIndents "
        "suppressOverlap jc textDirection textAlignment textboxTightWrap outlineLvl divId cnfStyle "
        "rPr sectPr pPrChange"
    ),
    "rPr": (
        "rStyle rFonts b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint "
        "noProof snapToGrid vanish webHidden color spacing w kern position sz szCs highlight u effect "
        "bdr shd fitText vertAlign rtl cs em lang eastAsianLayout specVanish oMath"
    ),
    "tblPr": (
        "tblStyle tblpPr tblOverlap bidiVisual tblStyleRowBandSize tblStyleColBandSize tblW jc "
        "tblCellSpacing tblInd tblBorders shd tblLayout tblCellMar tblLook tblCaption tblDescription"
    ),
    "tcPr": ("cnfStyle tcW gridSpan hMerge vMerge tcBorders shd noWrap tcMar textDirection tcFitText vAlign hideMark"),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_word_finds_its_properties_in_the_order_of_its_schema(name: str) -> None:
    """Each once, in order, and every cell ends with a paragraph."""
    package = parts(built(name))
    for path in ("word/document.xml", "word/styles.xml", "word/header1.xml"):
        tree = etree.fromstring(package[path])
        for tag, order in ORDER.items():
            for found in tree.iter(f"{{*}}{tag}"):
                places = [order.split().index(etree.QName(child).localname) for child in found]
                assert places == sorted(set(places)), etree.tostring(found)
        assert all(etree.QName(cell[-1]).localname == "p" for cell in tree.iter("{*}tc"))
