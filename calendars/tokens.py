"""Pieces of a phrase -> the terminals of `phrases.lark`, and the runs of plain text between them.

The lexer gives the LALR grammar the second token of look-ahead that Vietnamese lists need: a comma between two
numbers ("Tháng 1,2") is LIST, a comma between two expressions is COMMA; "trước" before a time is BOUND, before a
noun it opens an event ("trước kỳ họp").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from calendars.lexicon import LEXICON, LONGEST
from calendars.spelling import Piece, fold, is_plain, pieces

NUMERIC = {"NUM", "ROMAN", "DM", "MY", "DMY", "YEAR"}
UNITS = {"NGAY", "THANG", "QUY", "NAM", "TUAN", "KY", "WDAY", "HOC_KY", "NAM_HOC"}
BOUNDS = {"TRUOC": "before", "CHAM_NHAT": "by", "DEN": "until", "HET": "until", "TRONG": "in", "TRONG_VONG": "in"}
STRENGTH = ("before", "by", "until", "in")
EDGES = {"DAU": "first", "GIUA": "middle", "CUOI": "last"}
MARKS = {
    ",": "COMMA",
    ";": "SEMI",
    ":": "COLON",
    "(": "PAREN",
    ")": "PAREN",
    "[": "PAREN",
    "]": "PAREN",
    "-": "DASH",
    "/": "SLASH",
    ".": "STOP",
    "+": "VA",
    "&": "VA",
    "|": "TEXT",
}
ROMANS = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
WEEKDAYS = {2: 0, 3: 1, 4: 2, 5: 3, 6: 4, 7: 5}
# What may stand right after a bound word for it to be a bound on time.
TIME_STARTS = (
    NUMERIC
    | UNITS
    | {
        "TIME",
        "EDGE",
        "GIAI_DOAN",
        "NUA",
        "HANG",
        "THU",
        "NAM_NAY",
        "THANG_SAU",
        "QUY_SAU",
        "KY_SAU",
        "NAM_SAU",
        "CA",
        "EDAY",
        "TU",
        "TU_NAY",
        "DINH_KY",
        "BOUND",
        "WEEKDAY",
        "PERIOD_END",
    }
)
TIME_STARTS |= {"TRUOC", "CHAM_NHAT", "DEN", "HET", "TRONG", "DAU", "CUOI", "GIUA", "CONT"}
# What ends free text ("theo hướng dẫn của Bộ, trước ngày 30/6").
BREAKERS = {"BOUND", "DINH_KY", "HANG", "CONT", "ONDEMAND", "FREE", "TU_NAY"}
_PERIODS = ("QUY", "THANG", "NAM", "TUAN", "NAM_HOC", "HOC_KY")
_STOPS = ("END", "SEMI", "COMMA", "PAREN")
REQUESTS = (
    "yêu cầu",
    "cần",
    "đề nghị",
    "phát sinh",
    "có yêu cầu",
    "có đề nghị",
    "được yêu cầu",
    "cần thiết",
    "có phát sinh",
    "xét thấy",
    "thấy cần",
    "có chỉ đạo",
    "có vụ việc",
    "có tình huống",
    "có vấn đề",
    "được đề nghị",
    "có sự việc",
    "có nhu cầu",
    "có sự cố",
    "có đột xuất",
    "được giao",
    "có biến động",
    "có thay đổi",
    "có diễn biến",
)


@dataclass(frozen=True)
class Word:
    """One terminal: its type, its text in the cleaned phrase, its value, and its place there."""

    type: str
    text: str
    value: object
    start: int
    end: int


_FOLDED: dict[tuple[str, ...], str] = {}
for _words, _terminal in LEXICON.items():
    _FOLDED.setdefault(tuple(fold(w) for w in _words), _terminal)
_FOLDED[("nam",)], _FOLDED[("ngay",)], _FOLDED[("quy",)], _FOLDED[("tu",)] = "NAM", "NGAY", "QUY", "TU"
_FOLDED[("sau",)], _FOLDED[("trong",)], _FOLDED[("hang",)], _FOLDED[("ky",)] = "SAU", "TRONG", "HANG", "KY"


def words_of(text: str) -> list[Word]:
    """Terminals of a cleaned phrase, plain words as TEXT."""
    plain = is_plain(text) and text.lower() != "ngay"
    found = _look_up(text, pieces(text), plain)
    for step in (_numbers, _ordinals, _fillers, _period_words, _edges, _free_text, _bounds, _lists, _times):
        found = step(found, text)
    return found


# --- look-up -----------------------------------------------------------------------------------------------------


def _look_up(text: str, found: list[Piece], plain: bool) -> list[Word]:
    table = _FOLDED if plain else LEXICON
    out: list[Word] = []
    i = 0
    while i < len(found):
        piece = found[i]
        if piece.sort != "word":
            out.append(_number_or_mark(text, piece))
            i += 1
            continue
        for size in range(min(LONGEST, len(found) - i), 0, -1):
            window = found[i : i + size]
            key = tuple(fold(p.form) if plain else p.form for p in window)
            terminal = table.get(key)
            if terminal and _stands(terminal, " ".join(key), found, i, size):
                out.append(_word(text, terminal, window))
                i += size
                break
        else:
            out.append(_word(text, "ROMAN" if piece.form in ROMANS else "TEXT", [piece]))
            i += 1
    return out


def _word(text: str, terminal: str, window: list[Piece]) -> Word:
    start, end = window[0].start, window[-1].end
    form = " ".join(p.form for p in window)
    return Word(terminal, text[start:end], ROMANS.get(form, form), start, end)


def _stands(terminal: str, form: str, found: list[Piece], i: int, size: int) -> bool:
    """Entries that hold only before or after certain words ("hằng năm trước ngày 25/12" has no "năm trước")."""
    following = found[i + size] if i + size < len(found) else None
    timely = following is not None and (
        following.sort in ("num", "dm", "dmy", "my", "time")
        or following.form in ("ngày", "tháng", "quý", "năm", "khi", "kỳ", "ngay", "thang", "quy", "nam")
    )
    if terminal in ("NAM_TRUOC", "NAM_SAU", "THANG_SAU", "QUY_SAU", "THANG_TRUOC", "KY_SAU"):
        return not timely
    if form in ("sau ngày", "ngay sau ngày", "sau ngay"):
        return not timely
    if (
        form in ("cuối kỳ", "đầu kỳ", "giữa kỳ", "cuoi ky", "dau ky")
        and i
        and found[i - 1].form in ("tháng", "thang", "ngày", "của")
    ):
        return False
    if form in ("q", "t", "hk"):
        return (following is not None and following.sort in ("num", "my")) or bool(
            following and following.form in ROMANS
        )
    return True


def _number_or_mark(text: str, piece: Piece) -> Word:
    raw = text[piece.start : piece.end]
    kind, value = "TEXT", piece.form
    if piece.sort == "num":
        number = int(piece.form) if len(piece.form) < 9 else 0
        kind = "YEAR" if len(piece.form) == 4 and 1900 <= number <= 2199 else "NUM"
        return Word(kind, raw, number, piece.start, piece.end)
    if piece.sort in ("dmy", "my", "dm", "iso", "time"):
        return Word("DMY" if piece.sort == "iso" else piece.sort.upper(), raw, piece.form, piece.start, piece.end)
    if piece.sort == "dots":
        kind = "SEMI"
    elif piece.sort == "mark":
        kind = MARKS.get(piece.form, "QUOTE" if piece.form in "\"'*•" else "TEXT")
    return Word(kind, raw, value, piece.start, piece.end)


# --- passes over the terminals -----------------------------------------------------------------------------------


def _type(found: list[Word], i: int) -> str:
    return found[i].type if 0 <= i < len(found) else "END"


def _each(found: list[Word], change: Callable[[int], Word | None]) -> list[Word]:
    out = (change(i) for i in range(len(found)))
    return [word for word in out if word is not None]


def _numbers(found: list[Word], text: str) -> list[Word]:
    """A counted noun ("2 lớp") is text; quotes and bullets go; "2025/2026" becomes a range."""

    def change(i: int) -> Word | None:
        word = found[i]
        if word.type == "QUOTE":
            return None
        if word.type == "GIAI_DOAN" and _type(found, i + 1) == "TU":
            return None
        if word.type == "SUNDAY":
            return replace(word, type="WEEKDAY", value=6)
        if word.type == "NUM" and _type(found, i + 1) == "TEXT" and _type(found, i - 1) not in UNITS | {"THU", "LIST"}:
            return replace(word, type="TEXT")
        if word.type == "SLASH" and _type(found, i - 1) == "YEAR" == _type(found, i + 1):
            return replace(word, type="DASH")
        if word.type == "STOP":
            return replace(word, type="SEMI")
        return word

    return _each(found, change)


def _ordinals(found: list[Word], text: str) -> list[Word]:
    """ "thứ 6" is a weekday unless it counts weeks, months or working days."""

    def change(i: int) -> Word | None:
        word = found[i]
        if word.type == "THU":
            if _type(found, i + 1) != "NUM":
                return replace(word, type="TEXT")
            return None if _type(found, i - 1) in ("TUAN", "THANG", "WDAY", "QUY", "NGAY", "LAN") else word
        if (
            word.type == "NUM"
            and _type(found, i - 1) == "THU"
            and _type(found, i - 2) in ("TUAN", "THANG", "WDAY", "QUY")
        ):
            return replace(word, type="ORD")
        if (
            word.type == "NUM"
            and _type(found, i - 1) == "THU"
            and _type(found, i - 2) not in ("TUAN", "THANG", "WDAY", "QUY", "NGAY", "LAN")
        ):
            day = WEEKDAYS.get(word.value if isinstance(word.value, int) else 0)
            return replace(word, type="TEXT") if day is None else replace(word, type="WEEKDAY", value=day)
        return word

    out = _each(found, change)
    return [w for i, w in enumerate(out) if not (w.type == "THU" and _type(out, i + 1) == "WEEKDAY")]


def _fillers(found: list[Word], text: str) -> list[Word]:
    """Drop words that carry no time beside one that does; inside text they stay text."""

    def change(i: int) -> Word | None:
        word = found[i]
        if word.type == "KIP_THOI" and any(w.type == "CONT" for w in found[:i]) and _type(found, i + 1) != "TEXT":
            return None
        if word.type == "KIP_THOI" and word.value == "ngay" and len(found) > 1:
            return None if _type(found, i + 1) != "TEXT" else replace(word, type="TEXT")
        if word.type == "FILL":
            in_text = _type(found, i + 1) == "TEXT" or (_type(found, i - 1) == "TEXT" and _type(found, i + 1) == "END")
            return replace(word, type="TEXT") if in_text else None
        return word

    return _each(found, change)


def _period_words(found: list[Word], text: str) -> list[Word]:
    """ "kết thúc quý" with no number is the end of every period; "hết quý I" is a bound."""
    out: list[Word] = []
    i = 0
    while i < len(found):
        word, unit = found[i], i + 1
        ended = word.type == "KET_THUC" or (
            word.type == "HET"
            and word.value == "hết"
            and _type(found, i - 1) in ("KHI", "SAU_KHI", "TRUOC_KHI", "NGAY")
        )
        if ended and _type(found, unit) == "HANG":
            unit += 1
        half = ended and _type(found, unit) == "NUM" and _type(found, unit + 1) == "THANG"
        at = unit + 1 if half else unit
        after = _type(found, at + 1)
        numbered = after in NUMERIC and not (
            after == "NUM" and _type(found, at + 2) in ("NGAY", "WDAY", "THANG", "TUAN")
        )
        if (
            ended
            and _type(found, at) in ("QUY", "THANG", "NAM", "KY", "TUAN")
            and not numbered
            and after not in ("TEXT", "EDGE", "DAU", "CUOI")
        ):
            value = f"{found[unit].value}m" if half else found[at].type
            while (out and out[-1].type in ("KHI", "SAU_KHI", "TRUOC_KHI")) or (out and out[-1].type == "NGAY"):
                opener = out.pop()
                if opener.type in ("SAU_KHI", "TRUOC_KHI"):
                    out.append(replace(opener, type="SAU" if opener.type == "SAU_KHI" else "TRUOC"))
                    break
            out.append(Word("PERIOD_END", text[word.start : found[at].end], value, word.start, found[at].end))
            i = at + 1
            continue
        if (
            word.type == "KET_THUC"
            and word.value == "kết thúc"
            and _type(found, i + 1) in _PERIODS
            and _type(found, i + 2) in NUMERIC
        ):
            out.append(replace(word, type="HET"))
            i += 1
            continue
        if word.type == "KET_THUC":
            timely = word.value == "hết" and _type(found, i + 1) in NUMERIC | UNITS
            word = replace(word, type="HET") if timely else replace(word, type="TEXT")
        out.append(word)
        i += 1
    return out


def _edges(found: list[Word], text: str) -> list[Word]:
    """đầu/giữa/cuối beside a unit; "ngày cuối cùng" as one terminal; elsewhere plain text."""
    out: list[Word] = []
    for i, word in enumerate(found):
        if word.type not in EDGES:
            out.append(word)
            continue
        edge = EDGES[word.type]
        if out and out[-1].type == "NGAY" and _type(out, len(out) - 2) != "NUM":
            out[-1] = Word("EDAY", text[out[-1].start : word.end], edge, out[-1].start, word.end)
            continue
        beside = out and out[-1].type in UNITS | {"NUA", "EDGE"}
        ahead = _type(found, i + 1) in UNITS | {"HANG", "GIAI_DOAN", "NUM", "MY", "TUAN"}
        out.append(replace(word, type="EDGE", value=edge) if beside or ahead else replace(word, type="TEXT"))
    return out


def _free_text(found: list[Word], text: str) -> list[Word]:
    """Events, references and requests: an opener and all its text become one FREE terminal."""
    out: list[Word] = []
    i = 0
    while i < len(found):
        if found[i].type == "THEO" and _type(found, i + 1) in _PERIODS and _type(found, i + 2) in _STOPS:
            out.append(replace(found[i], type="HANG"))  # "theo quý"
            i += 1
            continue
        kind = _free_kind(found, i, out)
        if kind is None:
            out.append(found[i])
            i += 1
            continue
        end = _end_of_text(found, i)
        last = found[end - 1].end
        body = text[found[i].start : last]
        if (
            kind == "event"
            and found[i].type == "TU"
            and out
            and out[-1].type in ("NGAY", "WDAY", "TUAN", "THANG", "NAM")
        ):
            kind = "anchor"
        out.append(
            Word("ONDEMAND" if kind == "on_demand" else "FREE", body, (kind, found[i].type), found[i].start, last)
        )
        i = end
    return out


def _free_kind(found: list[Word], i: int, before: list[Word]) -> str | None:
    word, following = found[i], _type(found, i + 1)
    ahead = " ".join(str(w.value) for w in found[i + 1 : i + 5])
    if word.type == "KHI":
        return "on_demand" if ahead.startswith(REQUESTS) else "event"
    if word.type in ("SAU_KHI", "TRUOC_KHI", "NOW"):
        return "event"
    if word.type == "THEO":
        asked = ahead.startswith(("yêu cầu", "đề nghị", "nhu cầu", "vụ việc", "tình huống", "từng vụ việc"))
        return "on_demand" if asked else "external_reference"
    if word.type == "ONDEMAND":
        return "on_demand"
    if word.type == "KIP_THOI":
        return "event" if not any(w.type in ("CONT", "TEXT") for w in before) else None
    if word.type == "GOAL" and not before:
        return "external_reference"
    if word.type == "TU" and following in ("NGAY", "KHI", "TEXT", "SAU_KHI", "THOI_DIEM"):
        textual = following in ("KHI", "TEXT") or _type(found, i + 2) in ("TEXT", "KHI", "KET_THUC")
        lead = any(w.type == "TEXT" for w in before)
        return "event" if textual and not (lead and following == "TEXT") else None
    if word.type in ("SAU", "TRUOC", "DEN") and not any(w.type == "TEXT" for w in before):
        textual = following == "TEXT" or (following == "NGAY" and _type(found, i + 2) in ("TEXT", "ABOUT"))
        return "event" if textual else None
    if word.type == "TEXT" and before and before[-1].type == "VA" and ahead and str(word.value) == "yêu":
        return "on_demand" if len(before) > 1 and before[-2].type == "FREE" else None
    return None


def _end_of_text(found: list[Word], i: int) -> int:
    """Index after the free text opened at `i`: a strong stop, or a joiner or nothing before a new time."""
    j = i + 1
    while j < len(found):
        kind = found[j].type
        if kind == "SEMI":
            break
        if (
            kind in ("TRUOC", "CHAM_NHAT", "HET")
            and j > i + 1
            and _type(found, j + 1) in NUMERIC | {"NGAY", "THANG", "QUY", "NAM", "TIME"}
        ):
            break
        if kind in ("COMMA", "VA", "HOAC", "PAREN") and _opens_time(found, j + 1):
            break
        j += 1
    while j > i + 1 and found[j - 1].type in ("COMMA", "PAREN", "VA", "HOAC"):
        j -= 1
    return j


def _opens_time(found: list[Word], j: int) -> bool:
    kind, following = _type(found, j), _type(found, j + 1)
    if kind in ("DINH_KY", "HANG", "CONT", "CHAM_NHAT", "ONDEMAND", "TU_NAY", "END", "THEO"):
        return True
    if kind in ("TRUOC", "DEN", "HET", "TRONG", "TRONG_VONG", "TU"):
        return following in NUMERIC | {"NGAY", "THANG", "QUY", "NAM", "TIME", "CUOI", "EDGE", "DAU"}
    if kind == "TEXT" and j < len(found) and found[j].value in ("hoàn", "yêu"):
        ahead = " ".join(str(w.value) for w in found[j : j + 2])
        return ahead in ("hoàn thành", "yêu cầu")
    if kind in ("PAREN", "COMMA", "VA", "HOAC"):
        return _opens_time(found, j + 1)
    return kind == "QUY" and following in NUMERIC


def _bounds(found: list[Word], text: str) -> list[Word]:
    """Runs of bound words become one BOUND; before plain text they are text; after "10 ngày" they are REL."""
    out: list[Word] = []
    i = 0
    while i < len(found):
        j = i
        while _type(found, j) in BOUNDS or (j > i and _type(found, j) == "TU" and _type(found, i) == "CHAM_NHAT"):
            j += 1
        if j == i:
            out.append(_after(found, i, out))
            i += 1
            continue
        kinds = [BOUNDS.get(found[k].type, "in") for k in range(i, j)]
        value = next(kind for kind in STRENGTH if kind in kinds)
        if any(found[k].value in ("trước hoặc trong", "trước và trong") for k in range(i, j)):
            value = "by"
        following = _type(found, j)
        counted = following == "NUM" and _type(found, j + 1) in ("NGAY", "WDAY", "TUAN", "THANG", "NAM")
        relative = _counted_before(out) and value == "before"
        kind = (
            "REL"
            if relative
            else "BOUND"
            if following in TIME_STARTS or counted
            else "COLON"
            if value == "by" and following == "COLON"
            else "TEXT"
        )
        if following == "COLON" and value == "by":
            j += 1
            kind = "BOUND"
        shown = text[found[i].start : found[j - 1].end]
        out.append(Word(kind, shown, shown.lower() if kind == "TEXT" else value, found[i].start, found[j - 1].end))
        i = j
    return out


def _counted_before(out: list[Word]) -> bool:
    return len(out) > 1 and out[-1].type in ("NGAY", "WDAY", "TUAN") and out[-2].type == "NUM"


def _after(found: list[Word], i: int, out: list[Word]) -> Word:
    """ "sau" and "từ": a relation after "10 ngày", a bound before a time, else text."""
    word = found[i]
    if word.type not in ("SAU", "TU"):
        return word
    if len(out) > 1 and out[-1].type in ("NGAY", "WDAY", "TUAN", "THANG", "NAM") and out[-2].type == "NUM":
        return replace(word, type="REL", value="after")
    following = _type(found, i + 1)
    if following in TIME_STARTS | {"NUA"}:
        return replace(word, type="BOUND", value="after" if word.type == "SAU" else "from")
    return replace(word, type="TEXT")


def _lists(found: list[Word], text: str) -> list[Word]:
    """A joiner between two numbers of one list is LIST (or SPAN for a dash or "đến")."""

    def change(i: int) -> Word | None:
        word = found[i]
        before, after = _type(found, i - 1), _type(found, i + 1)
        if word.type == "TEXT" and word.value == "yêu cầu":
            return word
        between = before in NUMERIC and after in NUMERIC
        if not between or word.type not in ("COMMA", "VA", "DASH", "BOUND"):
            return word
        if after == "NUM" and _type(found, i + 2) in ("LAN", "NGAY", "WDAY", "TUAN", "NAM", "QUY"):
            return word
        if after == "NUM" and _type(found, i + 2) == "THANG" and _type(found, i + 3) not in ("NUM", "MY"):
            return word
        if word.type in ("COMMA", "VA"):
            return replace(word, type="LIST")
        if word.type == "DASH" or word.value == "until":
            return replace(word, type="SPAN")
        return word

    return _each(found, change)


def _times(found: list[Word], text: str) -> list[Word]:
    """ "02 lần" is COUNT LAN; the 6 of "6 tháng/lần" or "6 tháng một lần" is EVERY."""

    def change(i: int) -> Word | None:
        word = found[i]
        if word.type != "NUM":
            return word
        if _type(found, i + 1) == "LAN":
            return replace(word, type="COUNT")
        tail = [_type(found, k) for k in range(i + 2, i + 5)]
        often = tail[0] == "LAN" or tail[:2] in (["SLASH", "LAN"], ["NUM", "LAN"]) or tail == ["SLASH", "NUM", "LAN"]
        return replace(word, type="EVERY") if often and _type(found, i + 1) in UNITS else word

    return _each(found, change)
