"""Numbers and bullets that open a paragraph or a row: I. 1. 1.1. a) (1) - + *."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ROMAN = r"(?:X{0,3}(?:IX|IV|V?I{0,3}))"
_FORMS = (
    ("roman", re.compile(rf"(?:(?:mục|phần)\s+)?(?P<n>{_ROMAN})\s*[.:)\-/–](?=\s|[A-ZÀ-ỸĐ])\s*", re.IGNORECASE)),
    ("part", re.compile(r"(?P<n>[A-EG])\s*[.\-–]\s+(?=[A-ZÀ-ỸĐ])")),
    ("dotted", re.compile(r"(?P<n>\d{1,3}(?:\.\d{1,3})+)[.)]?(?:\s+|(?=[A-ZÀ-ỸĐ]))")),
    ("number", re.compile(r"(?P<n>\d{1,3})\s*[.:)](?!\d)\s*(?=\D)")),
    ("number", re.compile(r"(?:Nhiệm vụ|Mục|Điều)\s+(?P<n>\d{1,3})\s*[.:]\s*")),
    ("paren", re.compile(r"\(\s*(?P<n>\d{1,3}|[a-zđ])\s*\)\s*")),
    ("letter", re.compile(r"(?P<n>[a-zđ])\s*[).]\s*(?=\S)")),
    ("star", re.compile(r"(?P<n>[*→⇒])\s*(?=\S)")),
    ("plus", re.compile(r"(?P<n>\+)\s*(?=\S)")),
    ("dash", re.compile(r"(?P<n>[-–—•●▪■◦○\uf0b7\uf02d\uf0a7·])\s*(?=\S)")),
)
RANK = {
    "part": 0, "roman": 1, "number": 2, "dotted": 3, "letter": 5, "paren": 5, "dash": 6, "plus": 7, "star": 8, "": 9,
}  # fmt: skip


@dataclass(frozen=True)
class Mark:
    """What opens a paragraph: its kind (a key of RANK) and its number as printed."""

    kind: str
    number: str

    @property
    def rank(self) -> int:
        """How deep it stands: a smaller rank governs the larger ones after it."""
        return 2 + self.number.count(".") if self.kind == "dotted" else RANK[self.kind]


def split_mark(text: str) -> tuple[Mark, str]:
    """The mark that opens a text, and the rest; an empty mark when there is none."""
    for kind, form in _FORMS:
        match = form.match(text)
        if match and match["n"]:
            number = match["n"].upper() if kind == "roman" else match["n"]
            return Mark(kind, number), text[match.end() :].strip()
    return Mark("", ""), text.strip()


def opens_item(text: str) -> bool:
    """Whether a line opens a numbered or bulleted paragraph."""
    return bool(split_mark(text)[0].kind)


_CELL = re.compile(
    rf"(?:(?P<roman>{_ROMAN})|(?P<part>[A-E])|(?P<dotted>\d{{1,3}}(?:\.\d{{1,4}})+)|(?P<number>\d{{1,4}})|"
    r"\((?P<paren>\d{1,3}|[a-zđ])\)|(?P<letter>[a-zđ]))\s*[.)]?",
)


def cell_mark(text: str) -> Mark | None:
    """The number that stands alone in the number column of a table; None when it is none."""
    match = _CELL.fullmatch(text.strip())
    if not match or not text.strip():
        return None
    kind = match.lastgroup or ""
    return Mark(kind, match[kind]) if match[kind] else None
