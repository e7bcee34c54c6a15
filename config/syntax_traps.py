"""Why the parser stopped: a syntax error turned into the trap behind it, with its place and its cure.

Where the cure is sure the problem carries the cured line, so that one run of `check` finds every trap of a file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from config.traps import INVISIBLE, NOTHINGS, SPACES, Problem, shorten

_ENTRY = re.compile(r"^(?P<indent>[ ]*(?:-[ ]+)*)(?P<key>[^\s:#\"'\[{][^:#]*?):(?P<gap>[ ]+)(?P<value>\S.*)$")
_ITEM = re.compile(r"^(?P<indent>[ ]*(?:-[ ]+)+)(?P<value>\S.*)$")
_NO_GAP = re.compile(r"^[ ]*(?:-[ ]+)*[A-Za-z_]+:(?=[^\s])")
_BULLET = re.compile(r"^(?P<indent>[ ]*)(?P<mark>[–—•·▪●+])\s*(?=\S)")
_PASTED_GAP = re.compile(r"^[ ]*(?:-[ ]+)*[A-Za-z_]+:(?=(?P<mark>" + INVISIBLE.pattern + "))")
_TIGHT_DASH = re.compile(r"^[ ]*-(?=[A-Za-z_]+:)")


def explain(error: Any, lines: list[str]) -> Problem:
    """The trap behind a MarkedYAMLError of the pure parser."""
    mark = error.problem_mark or error.context_mark
    row, column = (mark.line, mark.column) if mark else (0, 0)
    if row >= len(lines):
        row, column = len(lines) - 1, len(lines[-1])
    spot = _Spot(lines, row, column, str(error.problem), error.context_mark)
    for trap in _TRAPS:
        if problem := trap(spot):
            return problem
    return Problem(row + 1, column + 1, f"không đọc được như YAML từ chỗ này (not YAML): {spot.problem}", "not-yaml")


@dataclass(frozen=True)
class _Spot:
    """Where the parser stopped (counted from 0) and what it said."""

    lines: list[str]
    row: int
    column: int
    problem: str
    context: Any

    @property
    def line(self) -> str:
        return self.lines[self.row]

    @property
    def character(self) -> str:
        return self.line[self.column : self.column + 1]

    def above(self) -> int | None:
        """The nearest line above that holds something other than a comment."""
        for row in range(self.row - 1, -1, -1):
            text = self.lines[row].strip()
            if text and not text.startswith("#"):
                return row
        return None


def _quote(text: str) -> str:
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def _value_at(line: str) -> tuple[str, int] | None:
    """(key or "", index of the value) of a block line `key: value` or `- value`."""
    if match := _ENTRY.match(line):
        return match["key"], match.start("value")
    if match := _ITEM.match(line):
        return "", match.start("value")
    return None


def _cut_comment(text: str) -> tuple[str, str]:
    body = re.split(r"(?=\s+#\s)", text, maxsplit=1)
    return body[0].rstrip(), body[1] if len(body) > 1 else ""


def _quoting(line: str) -> tuple[str, str] | None:
    """(what to write instead, the whole line cured) when the line's value is put in quotes."""
    found = _value_at(line)
    if not found:
        return None
    key, start = found
    body, comment = _cut_comment(line[start:])
    if body[:1] in "“”" and body[-1:] in "“”":
        body = body[1:-1]
    cured = line[:start] + _quote(body) + comment
    written = f"{key}: " if key else "- "
    return f"{written}{_quote(shorten(body))}", cured


def _needs_quotes(spot: _Spot, column: int, why: str, code: str) -> Problem:
    """The problem whose cure is to quote the value of the line."""
    quoting = _quoting(spot.line) if _in_block(spot) else None
    if not quoting:
        return Problem(spot.row + 1, column + 1, f"{why}: đặt cả câu trong ngoặc kép (needs quotes)", code)
    written, cured = quoting
    marks = "ngoặc đơn" if written.endswith("'") else "ngoặc kép"
    message = f"{why}: đặt cả câu trong {marks}, {written} (needs quotes)"
    return Problem(spot.row + 1, column + 1, message, code, cured=cured if cured != spot.line else None)


def _in_block(spot: _Spot) -> bool:
    found = _value_at(spot.line)
    return bool(found and found[1] <= spot.column + 1 and "while parsing a flow" not in spot.problem)


def _pasted_indent(spot: _Spot) -> Problem | None:
    """An invisible character before the text of this line or of the line above."""
    for row in (spot.row, spot.above()):
        if row is None:
            continue
        line = spot.lines[row]
        match = INVISIBLE.search(line)
        if match and re.fullmatch(r"[\s\-–—•]*", line[: match.start()]):
            name = (SPACES | NOTHINGS)[match[0]]
            column = match.start() + 1
            message = f"có {name} ở cột {column} chỗ thụt đầu dòng: xoá rồi gõ dấu cách thường (invisible character)"
            return Problem(row + 1, column, message, "invisible", cured=_plain_indent(line))
    return None


def _plain_indent(line: str) -> str | None:
    """The line with plain spaces before its text; None when a TAB leaves the depth unknown."""
    lead = re.match(r"[\s\-–—•]*", line)
    width = lead.end() if lead else 0
    if "\t" in line[:width]:
        return None
    return INVISIBLE.sub(lambda match: " " if match[0] in SPACES else "", line[:width]) + line[width:]


def _bad_start(spot: _Spot) -> Problem | None:
    """`@`, `%`, a backquote or TAB where a value should start."""
    if "cannot start any token" not in spot.problem:
        return None
    at, character = spot.column, spot.character
    if character == "\t":
        message = f"có dấu TAB ở cột {at + 1}: thay bằng dấu cách (TAB)"
        return Problem(spot.row + 1, at + 1, message, "invisible", "warning", spot.line.replace("\t", " "))
    if character == "@":
        rest = re.match(r"[\w/.-]*", spot.line[at + 1 :])
        name = rest[0] if rest else ""
        cured = spot.line[:at] + " " + spot.line[at + 1 :] if name else None
        return Problem(spot.row + 1, at + 1, f"bỏ dấu @: viết “{name}” (drop the @)", "at-sign", cured=cured)
    return _needs_quotes(spot, at, f"giá trị không được bắt đầu bằng dấu {character}", "bad-start")


def _star(spot: _Spot) -> Problem | None:
    """An asterisk or ampersand pasted at the start of a line or a value."""
    if not spot.problem.startswith("expected alphabetic or numeric") or not spot.context:
        return None
    row, at = spot.context.line, spot.context.column
    line = spot.lines[row]
    mark = line[at : at + 1]
    if mark not in ("*", "&"):
        return None
    if not line[:at].strip():
        message = (
            f"dấu {mark} đầu dòng (chép từ Word) không phải gạch đầu dòng của YAML: mỗi mục bắt đầu bằng “- ”, "
            f"câu của văn bản đặt sau một khoá: title: {_quote(shorten(line[at + 1 :].strip()))} (alias)"
        )
        return Problem(row + 1, at + 1, message, "alias")
    here = _Spot(spot.lines, row, at, spot.problem, None)
    return _needs_quotes(here, at, f"dấu {mark} ở đầu giá trị là ký hiệu riêng của YAML", "alias")


def _colon(spot: _Spot) -> Problem | None:
    """A sentence with `: ` inside."""
    if spot.problem != "mapping values are not allowed here":
        return None
    found = _value_at(spot.line)
    if found and found[1] <= spot.column and (found[0] or ":" in spot.line[found[1] : spot.column]):
        curly = " (dấu “ ” của Word không phải ngoặc kép của YAML)" if "“" in spot.line else ""
        return _needs_quotes(spot, spot.column, f"câu có dấu hai chấm{curly}", "colon")
    return _line_above(spot) or _deeper(spot)


def _line_above(spot: _Spot) -> Problem | None:
    """A line above without the space that YAML needs, or with a bullet of Word."""
    row = spot.above()
    for at in (row, spot.row):
        if at is not None and (problem := _malformed(spot.lines[at], at)):
            return problem
    return None


def _malformed(line: str, row: int) -> Problem | None:
    if match := _BULLET.match(line):
        message = f"dấu {match['mark']} đầu dòng là của Word: mỗi mục bắt đầu bằng “- ” (Word bullet)"
        cured = f"{match['indent']}- {line[match.end() :]}"
        return Problem(row + 1, match.start("mark") + 1, message, "bullet", cured=cured)
    if match := _TIGHT_DASH.match(line):
        cured = f"{line[: match.end()]} {line[match.end() :]}"
        message = "thiếu dấu cách sau dấu “-” (space after the dash)"
        return Problem(row + 1, match.end(), message, "no-space", cured=cured)
    if match := _PASTED_GAP.match(line):
        name, column = (SPACES | NOTHINGS)[match["mark"]], match.end() + 1
        message = f"có {name} ở cột {column} sau dấu hai chấm: xoá rồi gõ dấu cách thường (invisible character)"
        cured = f"{line[: match.end()]} {line[match.end() + 1 :]}"
        return Problem(row + 1, column, message, "invisible", cured=cured)
    if match := _NO_GAP.match(line):
        cured = f"{line[: match.end()]} {line[match.end() :].lstrip()}"
        message = f"thiếu dấu cách sau dấu hai chấm: viết “{shorten(cured.strip())}” (space after the colon)"
        return Problem(row + 1, match.end(), message, "no-space", cured=cured)
    return None


def _deeper(spot: _Spot) -> Problem:
    message = (
        "dòng này thụt vào sâu hơn dòng trên nên bị nối vào câu trên: nếu là khoá thì cho thẳng cột với khoá trên; nếu "
        "là phần tiếp của câu có dấu hai chấm thì đặt cả câu trong ngoặc kép (indentation)"
    )
    return Problem(spot.row + 1, len(spot.line) - len(spot.line.lstrip()) + 1, message, "indentation")


def _after_closing(spot: _Spot) -> Problem | None:
    """Text after a closing quote or bracket: `"Một cửa" và…`, `[IV].2`."""
    if "found '<scalar>'" not in spot.problem and "got '<scalar>'" not in spot.problem:
        return None
    found = _value_at(spot.line)
    first = spot.line[found[1]] if found else ""
    if "got '<scalar>'" in spot.problem or first not in "\"'[{*&!":
        before = spot.line[: spot.column].strip()[-1:]
        if not before and "got" in spot.problem:
            return None
        if before not in ("'", '"'):
            return None if "got" not in spot.problem else _flow_scalar(spot)
        return Problem(spot.row + 1, spot.column + 1, f"sau dấu {before} đóng còn chữ: {_OTHER_QUOTES}", "after-quote")
    if first in "\"'":
        if found and not spot.line[found[1] + 1 : spot.column].strip():
            return _opened_above(spot, first)
        return _needs_quotes(spot, spot.column, f"sau dấu {first} đóng còn chữ", "after-quote")
    return _needs_quotes(spot, found[1] if found else 0, f"giá trị bắt đầu bằng dấu {first}", "bad-start")


_OTHER_QUOTES = "bọc cả câu trong ngoặc đơn '…' để giữ ngoặc kép bên trong"


def _opened_above(spot: _Spot, quote: str) -> Problem:
    """The quote that opens this line's value closes one that was left open above."""
    for row in range(spot.row - 1, -1, -1):
        if spot.lines[row].count(quote) % 2:
            column = spot.lines[row].rfind(quote) + 1
            message = f"dấu {quote} mở ở dòng {row + 1}, cột {column} không có dấu đóng (unclosed quote)"
            return Problem(row + 1, column, message, "unclosed")
    message = f"sau dấu {quote} đóng còn chữ: {_OTHER_QUOTES}"
    return Problem(spot.row + 1, spot.column + 1, message, "after-quote")


def _flow_scalar(spot: _Spot) -> Problem:
    message = "giữa hai giá trị trong {…} hoặc […] thiếu dấu phẩy, hoặc câu phải đặt trong ngoặc kép (missing comma)"
    return Problem(spot.row + 1, spot.column + 1, message, "missing-comma")


def _block_mark(spot: _Spot) -> Problem | None:
    """`>= 10%`, `|x`, `- x` as an unquoted value."""
    if spot.problem.startswith("expected chomping") and spot.context:
        at = spot.context.column
        here = _Spot(spot.lines, spot.context.line, at, spot.problem, None)
        return _needs_quotes(here, at, f"giá trị bắt đầu bằng dấu {here.character}", "bad-start")
    if spot.problem == "sequence entries are not allowed here":
        return _needs_quotes(spot, spot.column, "giá trị bắt đầu bằng dấu -", "bad-start")
    if spot.problem.startswith("expected the node content"):
        return _needs_quotes(spot, spot.column, f"giá trị bắt đầu bằng dấu {spot.character or '?'}", "bad-start")
    return None


def _no_colon(spot: _Spot) -> Problem | None:
    """A line that is no `key: value`."""
    if spot.problem != "could not find expected ':'" or not spot.context:
        return None
    row = spot.context.line
    line = spot.lines[row]
    if problem := _malformed(line, row):
        return problem
    message = (
        f"“{shorten(line.strip())}” không phải “khoá: giá trị”; nếu nối tiếp câu trên thì thụt vào sâu hơn khoá của "
        "câu ấy (no colon)"
    )
    return Problem(row + 1, spot.context.column + 1, message, "no-colon")


def _unclosed(spot: _Spot) -> Problem | None:
    """A quote or bracket that never closes."""
    if not spot.context:
        return None
    row, at = spot.context.line, spot.context.column
    opened = spot.lines[row][at : at + 1] if row < len(spot.lines) else ""
    if "unexpected end of stream" in spot.problem or "unexpected document separator" in spot.problem:
        message = f"dấu {opened} mở ở dòng {row + 1}, cột {at + 1} không có dấu đóng (unclosed quote)"
        return Problem(row + 1, at + 1, message, "unclosed")
    if "expected ',' or" not in spot.problem:
        return None
    if "got ':'" in spot.problem and not _starts_a_line(spot):
        where = f"{opened}…{_CLOSING.get(opened, '')}"
        message = f"câu có dấu hai chấm trong {where}: đặt cả câu trong ngoặc kép (needs quotes)"
        return Problem(spot.row + 1, spot.column + 1, message, "colon")
    inside = spot.lines[row][at:]
    because = "; dấu # trong đó biến phần sau thành chú thích" if re.search(r"\s#", inside) else ""
    message = f"dấu {opened} mở ở dòng {row + 1}, cột {at + 1} không có dấu đóng {_CLOSING.get(opened, '')}{because}"
    return Problem(row + 1, at + 1, f"{message} (unclosed bracket)", "unclosed")


_CLOSING = {"[": "]", "{": "}"}


def _starts_a_line(spot: _Spot) -> bool:
    """Whether the colon follows the first word of a line below the opening bracket: the bracket was forgotten."""
    return spot.row > spot.context.line and bool(re.fullmatch(r"\s*(?:- )?[\w-]+", spot.line[: spot.column]))


def _indentation(spot: _Spot) -> Problem | None:
    if not spot.problem.startswith("expected <block end>"):
        return None
    if problem := _line_above(spot):
        return problem
    message = "thụt đầu dòng không khớp: khoá cùng cấp phải thẳng cột với nhau (indentation)"
    return Problem(spot.row + 1, spot.column + 1, message, "indentation")


def _percent_line(spot: _Spot) -> Problem | None:
    """A line that starts with `%` in column 1."""
    if "<document start>" not in spot.problem and not spot.line.startswith("%"):
        return None
    for row, line in enumerate(spot.lines):
        if line.startswith("%"):
            message = "dòng bắt đầu bằng dấu %: thụt vào dưới khoá của nó, hoặc đặt cả câu trong ngoặc kép (percent)"
            return Problem(row + 1, 1, message, "bad-start")
    message = "sau tài liệu còn chữ không thuộc khoá nào: kiểm dấu ngoặc và thụt đầu dòng (text after the end)"
    return Problem(spot.row + 1, spot.column + 1, message, "not-yaml")


def _escape(spot: _Spot) -> Problem | None:
    if "escape" not in spot.problem:
        return None
    message = "dấu \\ trong ngoặc kép \"…\" là ký hiệu riêng: dùng ngoặc đơn '…' hoặc viết \\\\ (escape)"
    return Problem(spot.row + 1, spot.column + 1, message, "escape")


_TRAPS = (
    _pasted_indent,
    _bad_start,
    _star,
    _colon,
    _after_closing,
    _block_mark,
    _no_colon,
    _unclosed,
    _indentation,
    _percent_line,
    _escape,
)
