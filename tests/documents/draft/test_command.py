"""`dondoc draft` as its users call it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from config.plan_files import check_paths
from tests.documents.draft.drafted import marked
from tests.documents.draft.papers import as_docx
from tests.documents.draft.test_formats import WHOLE

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `dondoc draft …` in an empty house."""
    monkeypatch.setenv("DONDOC_HOME", str(tmp_path / "var"))
    return lambda *words: CliRunner().invoke(app, ["draft", *map(str, words)])


@pytest.fixture
def document(tmp_path: Path) -> Path:
    return as_docx(tmp_path / "ke-hoach.docx", WHOLE, merge_sections=True)


def test_the_draft_is_on_stdout_and_the_counts_on_stderr(run: Run, document: Path) -> None:
    """YAML alone on stdout; one sentence that adds up on stderr."""
    result = run(document)

    assert result.exit_code == 0
    assert result.stdout.startswith("# Bản nháp")
    assert "4 nhiệm vụ" in result.stderr
    assert "9 hàng bảng = 4 nhiệm vụ + 2 mục + 1 hàng nối tiếp + 2 tiêu đề + 0 trống + 0 còn sót" in result.stderr


def test_a_file_written_with_o_is_checked_and_never_overwritten(run: Run, document: Path, tmp_path: Path) -> None:
    """Its errors are on marked lines; a second time it is refused."""
    target = tmp_path / "nhap.yaml"

    assert run(document, "-o", target).exit_code == 0
    text = target.read_text(encoding="utf-8").split("\n")
    silent = [str(one) for one in check_paths([target]) if one.level == "error" and not marked(text[one.line - 1])]
    again = run(document, "-o", target)

    assert silent == []
    assert again.exit_code == 1
    assert "đã có tệp" in again.stderr


def test_json_gives_the_counts(run: Run, document: Path) -> None:
    """One document: what was found, what became of each row, the YAML."""
    counts = json.loads(run(document, "--json").stdout)

    assert (counts["tasks"], counts["sections"], counts["leftovers"]) == (4, 2, 1)
    assert counts["rows"]["all"] == 9
    assert counts["yaml"].startswith("# Bản nháp")


@pytest.mark.parametrize("words", [("khong-co.docx",), ("--id", "../x", "a.txt"), ("--id", "Có dấu", "a.txt")])
def test_wrong_words_are_refused_in_one_sentence(run: Run, words: tuple[str, ...], tmp_path: Path) -> None:
    """No traceback, nothing written."""
    result = run(*words)

    assert result.exit_code in (1, 2)
    assert result.stdout == ""
    assert len(result.stderr.strip().split("\n")) == 1
    assert not list(tmp_path.rglob("*.yaml"))


def test_a_harmful_file_is_refused_by_the_command(run: Run, tmp_path: Path) -> None:
    """The sentence of the reader, exit code 1."""
    (tmp_path / "a.docx").write_bytes(b"MZ" + bytes(100))

    result = run(tmp_path / "a.docx")

    assert result.exit_code == 1
    assert "chương trình" in result.stderr
