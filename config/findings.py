"""What is wrong or doubtful in a config file: the place, one sentence, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from heapq import nlargest
from pathlib import Path
from typing import Literal

Level = Literal["error", "warning"]
Step = str | int
KeyPath = tuple[Step, ...]

MOST_PER_FILE = 200
CANDIDATES = 30


@dataclass(frozen=True, order=True)
class Finding:
    """One sentence at a place; lines and columns count from 1. `code` is a short English name of the rule."""

    path: str
    line: int
    column: int
    level: Level
    message: str
    code: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.level}: {self.message}"


class ConfigError(Exception):
    """The config has errors; `findings` holds all of them and the warnings, in order of file, line and column."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = list(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


def has_errors(findings: Iterable[Finding]) -> bool:
    """Whether any of them is an error."""
    return any(finding.level == "error" for finding in findings)


def shown(path: Path) -> str:
    """A path as a person at this prompt writes it: from the current folder when it lies there."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def nearest(word: str, known: Iterable[str], most: int = 3) -> list[str]:
    """Up to `most` known words that look like `word`, best first."""
    candidates = list(dict.fromkeys(known))
    likely = nlargest(CANDIDATES, candidates, key=lambda one: _likeness(word, one))
    found = get_close_matches(word.casefold(), likely, n=most, cutoff=0.6)
    if len(found) < most and len(word) > 3:
        found += [one for one in candidates if one not in found and (word in one or one in word)]
    return found[:most]


def _likeness(one: str, other: str) -> float:
    """Shared pairs of letters: quick enough to go through thousands of words before looking closely at a few."""
    first, second = _pairs(one), _pairs(other)
    return len(first & second) / (len(first) + len(second))


@lru_cache(maxsize=10_000)
def _pairs(word: str) -> frozenset[str]:
    text = f" {word.casefold()[:80]} "
    return frozenset(text[index : index + 2] for index in range(len(text) - 1))


def quoted(words: Iterable[str]) -> str:
    """`“a”, “b”`."""
    return ", ".join(f"“{word}”" for word in words)


def capped(findings: Iterable[Finding]) -> list[Finding]:
    """The findings in order without repeats; of one file at most MOST_PER_FILE and a sentence that counts the rest."""
    kept: list[Finding] = []
    seen: dict[str, int] = {}
    last: dict[str, Finding] = {}
    for finding in sorted(set(findings)):
        seen[finding.path] = seen.get(finding.path, 0) + 1
        if seen[finding.path] <= MOST_PER_FILE:
            kept.append(finding)
        last[finding.path] = finding
    for path, count in seen.items():
        if count > MOST_PER_FILE:
            rest = count - MOST_PER_FILE
            place = last[path]
            message = f"và {rest} điều nữa trong tệp này; sửa các dòng trên rồi kiểm lại"
            kept.append(Finding(path, place.line, place.column, "error", message, "more"))
    return sorted(kept)
