"""What people type or paste that YAML reads differently: each trap with its place and its cure.

The sentences are Vietnamese first; a short English name follows in brackets where it helps a search. What stops the
parser altogether is in syntax_traps.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from config.findings import Level, quoted

SPACES = {
    "\u00a0": "dấu cách không ngắt của Word (no-break space, U+00A0)",
    "\u202f": "dấu cách hẹp không ngắt (narrow no-break space, U+202F)",
    "\u2007": "dấu cách bằng chữ số (figure space, U+2007)",
    "\u3000": "dấu cách rộng (ideographic space, U+3000)",
    "\t": "dấu TAB",
} | {chr(code): f"dấu cách in ấn (U+{code:04X})" for code in (*range(0x2000, 0x2007), *range(0x2008, 0x200B), 0x205F)}
NOTHINGS = {
    "\u00ad": "dấu gạch nối ẩn (soft hyphen, U+00AD)",
    "\ufeff": "dấu thứ tự byte (BOM, U+FEFF)",
} | {
    chr(code): f"ký tự không nhìn thấy (U+{code:04X})"
    for code in (*range(0x200B, 0x2010), 0x2060, *range(0x202A, 0x202F))
}
INVISIBLE = re.compile("[" + "".join(SPACES | NOTHINGS) + "]")

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_CONTROL_NAMES = {
    "\x00": "ký tự NUL",
    "\x0b": "dấu xuống dòng mềm của Word (U+000B)",
    "\x0c": "dấu ngắt trang (U+000C)",
    "\u2028": "dấu tách dòng (line separator, U+2028)",
    "\u2029": "dấu tách đoạn (paragraph separator, U+2029)",
}


@dataclass
class Problem(Exception):
    """A trap at a place (counted from 1); `cured` is the whole line as it should be, when that is sure."""

    line: int
    column: int
    message: str
    code: str
    level: Level = "error"
    cured: str | None = None


def shorten(text: str, most: int = 40) -> str:
    """The text, cut at `most` characters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


# ------------------------------------------------------------------------------------------------- the file as a whole


def unreadable(error: OSError) -> Problem:
    """The file cannot be opened."""
    reason = "không có tệp này" if isinstance(error, FileNotFoundError) else f"không mở được ({error.strerror})"
    return Problem(1, 1, f"{reason} (cannot read the file)", "unreadable")


def too_large(most: int) -> Problem:
    """The file is beyond the size any plan needs."""
    message = f"tệp lớn hơn {most // 1_000_000} MB: không phải là tệp cấu hình, hoặc phải tách thành nhiều kế hoạch"
    return Problem(1, 1, f"{message} (file too large)", "too-large")


def decoded(data: bytes) -> str:
    """Bytes as text, a UTF-8 BOM left out. Raises Problem when the file is not UTF-8 text."""
    if data.startswith(b"PK\x03\x04") or data.startswith(b"%PDF"):
        message = "đây là tệp Word, Excel hoặc PDF, không phải YAML; dùng lệnh: dondoc draft TỆP (not a text file)"
        raise Problem(1, 1, message, "not-text")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Problem(1, 1, "tệp lưu theo UTF-16; lưu lại theo UTF-8 (not UTF-8)", "encoding")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].replace(b"\r\n", b"\n")
        line, column = before.count(b"\n") + 1, len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        message = (
            f"byte 0x{data[error.start]:02X} ở đây không phải UTF-8: tệp dùng bảng mã cũ (TCVN3, VNI, Windows-1258) "
            "hoặc không phải văn bản; lưu lại theo UTF-8 (not UTF-8)"
        )
        raise Problem(line, column, message, "encoding") from None


def control_character(text: str) -> Problem | None:
    """The first character that no text file should hold."""
    match = _CONTROL.search(text)
    if not match:
        return None
    before = text[: match.start()]
    name = _CONTROL_NAMES.get(match[0], f"ký tự điều khiển U+{ord(match[0]):04X}")
    message = f"có {name}, thường do chép từ Word; xoá đi rồi gõ lại (control character)"
    return Problem(before.count("\n") + 1, match.start() - before.rfind("\n"), message, "control-character")


def not_a_mapping(text: str | None, is_list: bool) -> Problem:
    """The root is nothing, a list or a bare word."""
    if text is None and not is_list:
        return Problem(1, 1, "tệp trống (empty file)", "empty-file")
    if glued := glued_value(text or ""):
        return Problem(1, 1, f"{glued} (space after the colon)", "no-space")
    what = "một danh sách" if is_list else "một câu chữ"
    message = f"tệp phải gồm các dòng “khoá: giá trị”, đang là {what} (expected a mapping)"
    return Problem(1, 1, message, "not-a-mapping")


def second_document(line: int) -> Problem:
    """A second `---`."""
    message = "dòng “---” mở một tài liệu thứ hai: tách thành hai tệp hoặc xoá dòng này (second document)"
    return Problem(line, 1, message, "second-document")


def too_deep(line: int, column: int, most: int) -> Problem:
    """Nesting beyond what any plan needs."""
    return Problem(line, column, f"lồng nhau quá {most} tầng (nested too deeply)", "too-deep")


def too_many(line: int, column: int) -> Problem:
    """So many problems that the file is no config."""
    message = "quá nhiều lỗi, dừng đọc từ đây: có đúng là tệp cấu hình không? (too many errors)"
    return Problem(line, column, message, "too-many")


def not_yaml(reason: str) -> Problem:
    """The parser gave up without a place."""
    first = reason.splitlines()[0][:200] if reason else ""
    return Problem(1, 1, f"không đọc được như YAML (not YAML): {first}", "not-yaml")


# ------------------------------------------------------------------------------------------------- inside the tree


def duplicate_key(key: str, second: tuple[int, int], first: tuple[int, int]) -> Problem:
    """The same key twice in one mapping."""
    message = f"khoá “{key}” đã có ở dòng {first[0]}; dòng {second[0]} ghi lại lần nữa: giữ một (duplicate key)"
    return Problem(*second, message, "duplicate-key")


def alias(line: int, column: int) -> Problem:
    """`*x`."""
    message = (
        "dấu * ở đầu giá trị là ký hiệu riêng của YAML (thường do chép gạch đầu dòng từ Word): bỏ dấu * hoặc đặt cả "
        "câu trong ngoặc kép (alias)"
    )
    return Problem(line, column, message, "alias")


def anchor(line: int, column: int) -> Problem:
    """`&x`."""
    message = "dấu & ở đầu giá trị là ký hiệu riêng của YAML: đặt cả câu trong ngoặc kép (anchor)"
    return Problem(line, column, message, "anchor")


def tag(line: int, column: int) -> Problem:
    """`!x`."""
    message = "dấu ! ở đầu giá trị là ký hiệu riêng của YAML: đặt cả câu trong ngoặc kép (tag)"
    return Problem(line, column, message, "tag")


def strange_key(line: int, column: int) -> Problem:
    """A mapping or list as key, or an empty key."""
    message = (
        "khoá phải là một từ rồi đến dấu hai chấm; nếu { } [ ] ? là chữ của văn bản thì đặt cả câu trong ngoặc kép "
        "(not a key)"
    )
    return Problem(line, column, message, "strange-key")


def cut_by_comma(text: str, line: int, column: int, before: list[str], source: str) -> Problem:
    """A word in `{…}` without a colon: the rest of a value that a comma cut."""
    comma = source.rfind(",", 0, column - 1)
    text = text.strip("“”")
    curly = '; dấu “ ” của Word không phải ngoặc kép của YAML, phải gõ dấu " thẳng' if "“" in source else ""
    if glued := glued_value(text):
        return Problem(line, column, f"{glued} (space after the colon)", "no-space")
    if comma < 0 or not before:
        message = (
            f"“{text}” đứng trong {{…}} mà không có dấu hai chấm; nếu {{ }} là chữ của văn bản thì đặt cả câu trong "
            "ngoặc kép"
        )
        return Problem(line, column, f"{message}{curly} (no value)", "no-value")
    message = (
        f"dấu phẩy trong {{…}} cắt mất “{text}” khỏi giá trị của “{before[-1]}”: đặt cả câu trong ngoặc kép, "
        f'{before[-1]}: "…, {text}"{curly} (cut by a comma)'
    )
    return Problem(line, comma + 1, message, "cut-by-comma")


def hash_cut(line: str, number: int, end: int, *, empty: bool) -> Problem | None:
    """A `#` that looks like part of an unquoted sentence: it cuts what follows. `end` is where the value ends."""
    match = re.match(r"(\s+)#(.*)$", line[end:])
    if not match:
        return None
    gap, tail = match[1], match[2]
    if not re.match(r"[^\s#=*~-]", tail) and (empty or len(gap) > 1 or not tail.strip()):
        return None
    message = (
        f"dấu # sau dấu cách bỏ mất “{shorten(tail.strip())}” (thành chú thích): nếu là chữ của câu thì đặt cả câu "
        "trong ngoặc kép; nếu là chú thích thì để hai dấu cách trước # và một dấu cách sau # (comment)"
    )
    return Problem(number, end + len(gap) + 1, message, "hash", "warning")


def invisible(character: str, line: int, column: int, *, is_key: bool, count: int = 1) -> Problem:
    """An invisible character pasted from elsewhere, in a key or a value."""
    name = (SPACES | NOTHINGS)[character]
    more = f", {count} chỗ trong dòng này" if count > 1 else ""
    if is_key:
        message = f"có {name} ở cột {column}{more} trong khoá hoặc chỗ thụt đầu dòng: xoá rồi gõ dấu cách thường"
        return Problem(line, column, f"{message} (invisible character)", "invisible")
    message = f"có {name} ở cột {column}{more}, được đọc như dấu cách thường; nên gõ lại"
    return Problem(line, column, f"{message} (invisible character)", "invisible", "warning")


def without_invisible(text: str) -> str:
    """The text with plain spaces for invisible ones and nothing for the rest; none at its ends."""
    return INVISIBLE.sub(lambda match: " " if match[0] in SPACES else "", text).strip(" ")


def unusual_key(key: str, *, in_flow: bool, before: list[str]) -> str | None:
    """The cure when an unknown key looks like a sentence, a bullet or a value that lost its space; else None."""
    if in_flow and before and re.search(r"\s|[^\x00-\x7f]", key):
        cut = before[-1]
        return f'dấu phẩy trong {{…}} có lẽ đã cắt giá trị của “{cut}”: đặt cả câu trong ngoặc kép, {cut}: "…"'
    if key[:1] in "–—•·▪●+":
        return f"dấu {key[0]} đầu dòng là của Word: mỗi mục bắt đầu bằng “- ”"
    if key.startswith("-"):
        return "thiếu dấu cách sau dấu “-”"
    if key == "<<":
        return "không dùng được “<<”; nhiệm vụ con tự thừa kế khoá của mục cha"
    if re.search(r"\s", key) and len(key) > 20:
        return "câu có dấu hai chấm: đặt cả câu sau một khoá, trong ngoặc kép"
    return None


def glued_value(text: str) -> str | None:
    """The cure when a value stands where a mapping should be because `key:value` lacks its space."""
    match = re.match(r"([A-Za-z_]+):\s*\S", text)
    return f"thiếu dấu cách sau dấu hai chấm của {quoted([match[1]])}" if match else None
