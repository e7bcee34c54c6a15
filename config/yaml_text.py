"""YAML as plain text: every scalar is the string that stands in the file, and every node knows its line and column.

No tag is resolved, so `1.10`, `0225`, `NO`, `08:00`, `on:` and `2024-02-30` are never mangled; a plain `null`, `~` or
nothing is None. Anchors, aliases, tags and duplicate keys are refused. Size and nesting are bounded.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from config import syntax_traps, traps
from config.findings import Finding, KeyPath, has_errors, shown

MOST_BYTES = 1_000_000
DEEPEST = 30
MOST_CURES = 30
CURES_OF_A_LINE = 2  # a cure that does not help must not be repeated: quotes inside quotes would double each time
MOST_PARSED = 3_000_000  # characters read again after cures: a slow parse of a large file is not repeated thirty times
MOST_PROBLEMS = 400
NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(slots=True)
class Scalar:
    """A value; `text` is None for a plain null. `plain` is False when it was quoted or a block."""

    line: int
    column: int
    text: str | None
    plain: bool = True


@dataclass(slots=True)
class Mapping:
    """Keys in file order; `keys` says where each stands. `flow` is `{…}`."""

    line: int
    column: int
    flow: bool
    items: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(slots=True)
class Sequence:
    """A list. `flow` is `[…]`."""

    line: int
    column: int
    flow: bool
    items: list[Node] = field(default_factory=list)


Node = Scalar | Mapping | Sequence


@dataclass
class Document:
    """One file as read: `root` is None when it is no YAML mapping, and then `findings` says why."""

    path: Path
    lines: list[str] = field(default_factory=list)
    root: Mapping | None = None
    findings: list[Finding] = field(default_factory=list)
    left_out: list[KeyPath] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The path as shown in a finding."""
        return shown(self.path)

    def add(self, problem: traps.Problem) -> None:
        """Record a problem of this file."""
        finding = Finding(self.name, problem.line, problem.column, problem.level, problem.message, problem.code)
        if finding not in self.findings:
            self.findings.append(finding)

    def node(self, path: KeyPath) -> Node | None:
        """The node at a key path as far as the path leads; steps that do not exist in the file are passed over."""
        here: Node | None = self.root
        for step in path:
            here = _child(here, step) or here
        return here

    def place(self, path: KeyPath, *, key: bool = False) -> tuple[int, int]:
        """(line, column) of the value at a key path, or of its key; of the nearest thing above when it is absent."""
        here: Node | None = self.root
        spot = (here.line, here.column) if here else (1, 1)
        for step in path:
            below = _child(here, step)
            if below is None:
                continue
            spot = (below.line, below.column)
            if isinstance(here, Mapping) and (key or _is_empty(below)):
                spot = here.keys[str(step)]
            here = below
        return spot


def _child(node: Node | None, step: str | int) -> Node | None:
    if isinstance(node, Mapping):
        return node.items.get(str(step))
    if isinstance(node, Sequence) and isinstance(step, int) and 0 <= step < len(node.items):
        return node.items[step]
    return None


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and node.text is None


def plain(node: Node | None) -> Any:
    """The node as dicts, lists, strings and None."""
    if isinstance(node, Mapping):
        return {key: plain(value) for key, value in node.items.items()}
    if isinstance(node, Sequence):
        return [plain(value) for value in node.items]
    return node.text if node else None


# ------------------------------------------------------------------------------------------------- reading a file


def read_document(path: Path) -> Document:
    """A file as a Document; never raises for what stands in it, nor for a file that cannot be read."""
    document = Document(path)
    try:
        text = _text_of(path)
        document.lines = text.split("\n")
        root = _parse_with_cures(document)
    except traps.Problem as problem:
        document.add(problem)
        return document
    if isinstance(root, Mapping):
        document.root = root
    elif not has_errors(document.findings):
        bare = root.text if isinstance(root, Scalar) else None
        document.add(traps.not_a_mapping(bare, isinstance(root, Sequence)))
    return document


def _text_of(path: Path) -> str:
    """The file's text: UTF-8, NFC, line feeds only. Raises Problem."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise traps.unreadable(error) from None
    if len(data) > MOST_BYTES:
        raise traps.too_large(MOST_BYTES)
    text = traps.decoded(data)
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    if problem := traps.control_character(text):
        raise problem
    return text


def _parse_with_cures(document: Document) -> Node | None:
    """The root node. A syntax error with a sure cure is recorded, cured in memory and read on past."""
    size = sum(map(len, document.lines)) + 1
    cured: Counter[int] = Counter()
    for _ in range(max(1, min(MOST_CURES, MOST_PARSED // size))):
        reading = _Reading(document.lines)
        try:
            root = _compose("\n".join(document.lines), reading)
        except MarkedYAMLError as error:
            problem = syntax_traps.explain(error, document.lines)
            document.add(problem)
            cured[problem.line] += 1
            if problem.cured is None or cured[problem.line] > CURES_OF_A_LINE:
                return None
            document.lines[problem.line - 1] = problem.cured
            continue
        finally:
            for found in reading.problems:
                document.add(found)
        return root
    return None


def _compose(text: str, reading: _Reading) -> Node | None:
    """The root node; the fast parser first, and the slow one, whose errors are exact, when it refuses."""
    try:
        return reading.compose(YAML(typ="safe", pure=False).parse(text))
    except YAMLError:
        reading.restart()
    try:
        return reading.compose(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError:
        raise
    except (YAMLError, ValueError, IndexError, RecursionError) as error:
        raise traps.not_yaml(str(error)) from None


@dataclass
class _Open:
    """A mapping or sequence whose end has not come yet; `key` waits for its value."""

    node: Mapping | Sequence
    key: _Key | None = None


@dataclass(frozen=True, slots=True)
class _Key:
    text: str
    line: int
    column: int
    end_line: int
    end_column: int


class _Reading:
    """Turns parse events into nodes, collecting the problems that are not syntax errors."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.doubtful = any(traps.INVISIBLE.search(line) for line in lines)
        self.restart()

    def restart(self) -> None:
        """Forget what was read."""
        self.problems: list[traps.Problem] = []
        self.root: Node | None = None
        self.stack: list[_Open] = []
        self.documents = 0

    def compose(self, events: Iterator[Any]) -> Node | None:
        """The root node of the only document; None for an empty file. Raises YAMLError and Problem."""
        for event in events:
            getattr(self, _HANDLERS.get(type(event).__name__, "_skip"))(event)
        return self.root

    def _say(self, problem: traps.Problem) -> None:
        self.problems.append(problem)
        if len(self.problems) > MOST_PROBLEMS:
            raise traps.too_many(problem.line, problem.column)

    def _skip(self, event: Any) -> None:
        pass

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            raise traps.second_document(event.start_mark.line + 1)

    def _open(self, event: Any) -> None:
        self._refuse_marks(event)
        mark = event.start_mark
        if len(self.stack) >= DEEPEST:
            raise traps.too_deep(mark.line + 1, mark.column + 1, DEEPEST)
        kind = Mapping if type(event).__name__ == "MappingStartEvent" else Sequence
        self.stack.append(_Open(kind(mark.line + 1, mark.column + 1, bool(event.flow_style))))

    def _close(self, _event: Any) -> None:
        self._put(self.stack.pop().node)

    def _alias(self, event: Any) -> None:
        mark = event.start_mark
        self._say(traps.alias(mark.line + 1, mark.column + 1))
        self._put(Scalar(mark.line + 1, mark.column + 1, "*" + str(event.anchor)))

    def _scalar(self, event: Any) -> None:
        self._refuse_marks(event)
        start, end = event.start_mark, event.end_mark
        text: str | None = event.value
        unquoted = not event.style
        above = self.stack[-1] if self.stack else None
        if self.doubtful and text and traps.INVISIBLE.search(text):
            text = self._without_invisible(event, is_key=bool(above and self._awaits_key(above)))
        if above and self._awaits_key(above):
            above.key = _Key(text or "", start.line + 1, start.column + 1, end.line, end.column)
            return
        if unquoted:
            self._warn_of_hash(above, text, end)
            text = None if text in NULLS else text
        self._put(Scalar(start.line + 1, start.column + 1, text, unquoted))

    @staticmethod
    def _awaits_key(above: _Open) -> bool:
        return isinstance(above.node, Mapping) and above.key is None

    def _put(self, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        above = self.stack[-1]
        if isinstance(above.node, Sequence):
            above.node.items.append(node)
        elif above.key is None:
            self._say(traps.strange_key(node.line, node.column))
            above.key = _Key("", node.line, node.column, node.line - 1, node.column)
        else:
            self._enter(above.node, above.key, node)
            above.key = None

    def _enter(self, mapping: Mapping, key: _Key, node: Node) -> None:
        if mapping.flow and isinstance(node, Scalar) and node.text is None and not self._has_colon(key):
            line = self.lines[key.line - 1]
            self._say(traps.cut_by_comma(key.text, key.line, key.column, list(mapping.items), line))
            return
        if key.text in mapping.items:
            first = mapping.keys[key.text]
            self._say(traps.duplicate_key(key.text, (key.line, key.column), first))
            return
        if not key.text:
            self._say(traps.strange_key(key.line, key.column))
            return
        mapping.items[key.text] = node
        mapping.keys[key.text] = (key.line, key.column)

    def _has_colon(self, key: _Key) -> bool:
        """Whether the key was followed by its colon, on its own line or the next one."""
        rest = self.lines[key.end_line][key.end_column :].lstrip()
        if not rest and key.end_line + 1 < len(self.lines):
            rest = self.lines[key.end_line + 1].lstrip()
        return rest.startswith(":")

    def _refuse_marks(self, event: Any) -> None:
        mark = event.start_mark
        if event.anchor is not None:
            self._say(traps.anchor(mark.line + 1, mark.column + 1))
        if event.tag is not None:
            self._say(traps.tag(mark.line + 1, mark.column + 1))

    def _warn_of_hash(self, above: _Open | None, text: str | None, end: Any) -> None:
        row, column = end.line, end.column
        if not text and above and above.key:
            row, column = above.key.end_line, above.key.end_column + 1
        if row >= len(self.lines) or "#" not in self.lines[row]:
            return
        if problem := traps.hash_cut(self.lines[row], row + 1, column, empty=not text):
            self._say(problem)

    def _without_invisible(self, event: Any, *, is_key: bool) -> str:
        start, end = event.start_mark, event.end_mark
        for number in range(start.line, min(end.line, len(self.lines) - 1) + 1):
            line = self.lines[number]
            low = start.column if number == start.line else 0
            high = end.column if number == end.line else len(line)
            found = list(traps.INVISIBLE.finditer(line, low, high))
            if found:
                first, column = found[0][0], found[0].start() + 1
                self._say(traps.invisible(first, number + 1, column, is_key=is_key, count=len(found)))
        return traps.without_invisible(event.value)


_HANDLERS = {
    "DocumentStartEvent": "_document",
    "MappingStartEvent": "_open",
    "SequenceStartEvent": "_open",
    "MappingEndEvent": "_close",
    "SequenceEndEvent": "_close",
    "AliasEvent": "_alias",
    "ScalarEvent": "_scalar",
}
