"""A remark of a check: about a key path of one file, not yet placed at a line and column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from config.findings import Finding, KeyPath, Level, nearest, quoted
from config.yaml_text import Document


@dataclass(frozen=True)
class Remark:
    """One sentence about the value at `path`, or about its key when `key`."""

    path: KeyPath
    message: str
    code: str
    level: Level = "error"
    key: bool = False


def warning(path: KeyPath, message: str, code: str, *, key: bool = False) -> Remark:
    """A remark that stops nothing."""
    return Remark(path, message, code, "warning", key)


def unknown(what: str, word: str, known: Iterable[str], path: KeyPath, code: str, *, key: bool = False) -> Remark:
    """A name that nothing bears, with the names it looks like."""
    close = nearest(word.lstrip("@"), known)
    advice = f"; gần giống: {quoted(close)}" if close else ""
    at_sign = "; bỏ dấu @" if word.startswith("@") else ""
    return Remark(path, f"không có {what} “{word}”{advice}{at_sign} ({code.replace('-', ' ')})", code, key=key)


class Speller:
    """Remarks about names that nothing bears; look-alikes are sought for the first hundred different names only."""

    MOST = 100

    def __init__(self, known: Iterable[str]) -> None:
        self.known = sorted(known)
        self.said: dict[tuple[str, str], str] = {}

    def unknown(self, what: str, word: str, path: KeyPath, code: str = "unknown-unit") -> Remark:
        """The remark about one name at one place."""
        if (what, word) not in self.said:
            candidates = self.known if len(self.said) < self.MOST else []
            self.said[what, word] = unknown(what, word, candidates, path, code).message
        return Remark(path, self.said[what, word], code)


def place(document: Document, remarks: Iterable[Remark]) -> list[Finding]:
    """The remarks as findings of a document."""
    return [
        Finding(
            document.name,
            *document.place(remark.path, key=remark.key),
            level=remark.level,
            message=remark.message,
            code=remark.code,
        )
        for remark in remarks
    ]
