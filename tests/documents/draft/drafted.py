"""A draft as a test looks at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML

from documents.draft.blocks import Paper
from documents.draft.drafting import every
from documents.draft.model import Draft, Job
from documents.draft.write import MARK
from models.specs import PlanSpec, Task, flatten
from tests.documents.draft import compare


@dataclass
class Made:
    """A draft, its YAML, and what a test asks of it."""

    draft: Draft
    text: str
    counts: dict[str, Any]
    rows: int

    @property
    def plan(self) -> PlanSpec:
        return compare.as_plan(self.text)

    @property
    def tasks(self) -> list[Task]:
        return flatten(self.plan)

    @property
    def jobs(self) -> list[Job]:
        return [job for job in every(self.draft.jobs) if not job.below and not job.section]

    def line_of(self, words: str) -> str:
        """The one line of the YAML that holds these words."""
        found = [line for line in self.text.split("\n") if words in line and not line.lstrip().startswith("#")]
        assert found, f"no line with {words!r}"
        return found[0]

    def task(self, code: str) -> Task:
        return next(task for task in self.tasks if task.code == code)


Draw = Callable[[Paper | str], Made]


def accounted(made: Made) -> None:
    """Every row of every table became something, and the sums say so."""
    rows = made.counts["rows"]
    assert sum(count for name, count in rows.items() if name != "all") == rows["all"]
    assert YAML(typ="safe").load(made.text.replace("track_from: chua-ro", "track_from: 2026-01-01"))["id"]


def marked(line: str) -> bool:
    """Whether a line of the YAML bears a mark."""
    return MARK in line
