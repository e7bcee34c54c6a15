"""Units, working days and a way from a document to its draft, as `dondoc draft` goes it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from config.findings import Finding
from config.plan_files import check_paths
from documents.draft.blocks import Paper, Row
from documents.draft.drafting import draft_of
from documents.draft.read_text import read_text
from documents.draft.write import Writer, summary
from tests.documents.draft import compare
from tests.documents.draft.drafted import Draw, Made


@pytest.fixture(scope="session")
def draw() -> Draw:
    """A paper, or a text, drafted with the shipped units."""

    def call(paper: Paper | str) -> Made:
        read = read_text(paper) if isinstance(paper, str) else paper
        draft = draft_of(read, compare.config().units, days=compare.config().working_days)
        text = Writer(draft).text("van-ban.txt")
        return Made(draft, text, summary(draft, text), sum(isinstance(block, Row) for block in read.blocks))

    return call


@pytest.fixture(scope="session")
def seed_text() -> Callable[[str], str]:
    """The text of a seed; skips when the seeds are not beside the repository."""

    def call(number: str) -> str:
        text = compare.seed(number)
        if text is None:
            pytest.skip("the seeds are not beside the repository (../shared/seeds)")
        return text

    return call


@pytest.fixture(scope="session")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Made, bool], list[tuple[str, Finding]]]:
    """What `check` finds in a draft: (line of the YAML, error); with `filled`, a day stands in track_from."""

    def call(made: Made, filled: bool) -> list[tuple[str, Finding]]:
        text = made.text
        if filled:
            text = text.replace("track_from: chua-ro", "track_from: 2026-01-01")
        path = tmp_path_factory.mktemp("nhap") / f"{made.draft.id.value}.yaml"
        path.write_text(text, encoding="utf-8")
        lines = text.split("\n")
        return [(lines[one.line - 1], one) for one in check_paths([path]) if one.level == "error"]

    return call
