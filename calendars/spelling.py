"""Spelling: one normal form for the many ways a plan prints the same words.

NFC, spaces, look-alike letters, hàng/hằng, quí/quý, kì/kỳ, numbers in words, and phrases typed without any
diacritics. Every piece keeps its place in the cleaned phrase, so an error can name the column.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_ALIKE = str.maketrans(
    {
        "Ð": "Đ",
        "ð": "đ",
        "\u00a0": " ",
        "\u202f": " ",
        "\u2007": " ",
        "\u2009": " ",
        "\ufeff": None,
        "\u200b": None,
        "\u200c": None,
        "\u200d": None,
        "\u00ad": None,
        "–": "-",
        "—": "-",
        "‒": "-",
        "−": "-",
        "‑": "-",
        "‐": "-",
        "―": "-",
        "“": '"',
        "”": '"',
        "’": "'",
        "‘": "'",
        "′": "'",
        "／": "/",
        "∕": "/",
        "：": ":",
        "，": ",",
        "；": ";",
        "（": "(",
        "）": ")",
        "≤": "≤",
    }
)
_VARIANTS = {
    "quí": "quý", "qúy": "quý", "qúi": "quý", "kì": "kỳ", "uỷ": "ủy", "tuỳ": "tùy", "bẩy": "bảy", "mổi": "mỗi",
    "từg": "từ",
}  # fmt: skip
_AFTER_HANG = {"năm", "quý", "quí", "tháng", "tuần", "ngày", "kỳ", "kì"}
_DIGITS = {
    "không": 0,
    "một": 1,
    "mốt": 1,
    "hai": 2,
    "ba": 3,
    "bốn": 4,
    "tư": 4,
    "năm": 5,
    "lăm": 5,
    "nhăm": 5,
    "sáu": 6,
    "bảy": 7,
    "bẩy": 7,
    "tám": 8,
    "chín": 9,
}
_COUNTED = {"tháng", "ngày", "lần", "năm", "tuần", "quý", "quí", "giờ", "kỳ"}
_NUMBERED = {
    "ngày",
    "tháng",
    "quý",
    "quí",
    "thứ",
    "tuần",
    "mùng",
    "mồng",
    "vòng",
    "hằng",
    "hàng",
    "mỗi",
    "kỳ",
    "sau",
    "nhất",
}

_PIECE = re.compile(
    r"(?P<doc>(?-i:\d+(?:/\d{4})?\s?/\s?[A-ZĐ][A-ZĐa-z&]*[A-ZĐ](?:[-&]?[A-ZĐ0-9][\w&]*)*|\d+-[A-ZĐ]{2}[A-ZĐa-z]*/[A-ZĐ]{2}\w*))"
    r"|(?P<iso>\d{4}-\d{2}-\d{2})(?!\d)"
    r"|(?P<dmy>\d{1,2}\s*/\s*\d{1,2}\s*/\s*(?:\d{4}|\d{2})|\d{1,2}-\d{1,2}-\d{4}|\d{1,2}\.\d{1,2}\.\d{4})(?![\d/])"
    r"|(?P<my>\d{1,2}\s*/\s*\d{4})(?![\d/])"
    r"|(?P<dm>\d{1,2}\s*/\s*\d{1,2})(?!\s*/?\s*\d)"
    r"|(?P<percent>\d+(?:[.,]\d+)?\s*%)"
    r"|(?P<time>\d{1,2}\s*(?:giờ|gio|h|g(?=\d))(?![^\W\d_])(?:\s*\d{2}(?!\s*/|\d))?(?:\s*(?:phút|phut|ph|p)(?!\w))?'?|\d{1,2}:\d{2}(?!\d))"
    r"|(?P<num>\d+)|(?P<word>[^\W\d_]+(?:&[^\W\d_]+)*)|(?P<dots>\.{2,}|…)|(?P<mark>\S)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Piece:
    """One word, number or mark: its class, its normal form, and its place in the cleaned phrase."""

    sort: str
    form: str
    start: int
    end: int


def clean(phrase: str) -> str:
    """NFC, ordinary spaces, dashes and quotes; case is kept for the anchor text."""
    text = unicodedata.normalize("NFC", phrase).translate(_ALIKE)
    return re.sub(r"\s+", " ", text).strip()


def fold(text: str) -> str:
    """Lower case without diacritics; đ becomes d."""
    decomposed = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def is_plain(text: str) -> bool:
    """True when a phrase was typed without any diacritics at all."""
    return text.isascii() and any(c.isalpha() for c in text)


def pieces(text: str) -> list[Piece]:
    """Cut a cleaned phrase into pieces in normal spelling; numbers in words become numbers."""
    found = [
        Piece(match.lastgroup or "mark", match.group().lower(), match.start(), match.end())
        for match in _PIECE.finditer(text)
    ]
    found = [_respell(found, i) for i in range(len(found))]
    if is_plain(text):
        found = [_six_months(found, i) for i in range(len(found))]
    return _numbers_from_words(found)


def _respell(found: list[Piece], i: int) -> Piece:
    piece = found[i]
    form = piece.form
    if piece.sort == "doc" and not text_is_document(form):
        return piece
    following = found[i + 1] if i + 1 < len(found) else None
    if form in ("hàng", "hang") and following and (following.form in _AFTER_HANG or following.sort == "num"):
        form = "hằng"
    form = _VARIANTS.get(form, form)
    if form.isascii() and piece.sort == "word":
        form = _accented(found, i, form)
    return piece if form == piece.form else Piece(piece.sort, form, piece.start, piece.end)


def text_is_document(form: str) -> bool:
    """True for a document number such as 12/kh-ubnd."""
    return any(c.isalpha() for c in form)


def _accented(found: list[Piece], i: int, form: str) -> str:
    """Put the diacritics back on a time word typed without them, where its neighbours make it certain."""
    before = found[i - 1].form if i else ""
    following = found[i + 1] if i + 1 < len(found) else None
    number = following is not None and following.sort in ("num", "my", "dm", "dmy")
    roman = following is not None and following.form in ("i", "ii", "iii", "iv")
    if form == "quy" and (number or roman or before in ("hằng", "hàng", "hang")):
        return "quý"
    if form == "thang" and (number or before in ("hằng", "hàng", "hang") or (i and found[i - 1].sort == "num")):
        return "tháng"
    if (
        form == "nam"
        and before not in ("việt", "viet", "miền", "phía", "hà", "ha", "quảng")
        and (number or before in ("hằng", "hàng", "hang", "trong", "cả", "ca"))
    ):
        return "năm"
    if form == "ngay" and number:
        return "ngày"
    if form == "truoc" and (number or (following is not None and following.form in ("ngay", "ngày", "thang", "tháng"))):
        return "trước"
    return form


def _six_months(found: list[Piece], i: int) -> Piece:
    """Typed without diacritics, "sau thang dau nam" is the first six months, not "after"."""
    piece = found[i]
    rest = [p.form for p in found[i + 1 : i + 3]]
    if piece.form == "sau" and len(rest) == 2 and rest[0] in ("thang", "tháng") and rest[1] in ("dau", "cuoi"):
        return Piece("num", "6", piece.start, piece.end)
    return piece


def _numbers_from_words(found: list[Piece]) -> list[Piece]:
    out: list[Piece] = []
    i = 0
    while i < len(found):
        value, used = _spelled_number(found, i)
        before = out[-1].form if out else ""
        after = found[i + used].form if used and i + used < len(found) else ""
        if used and (before in _NUMBERED or after in _COUNTED or (before == "năm" and value >= 1900)):
            out.append(Piece("num", str(value), found[i].start, found[i + used - 1].end))
            i += used
        else:
            out.append(found[i])
            i += 1
    return out


def _spelled_number(found: list[Piece], i: int) -> tuple[int, int]:
    """(value, pieces used) of the number written in words at `i`; (0, 0) when there is none."""
    words = [p.form for p in found[i : i + 8]]
    year = re.match(r"hai (?:nghìn|ngàn) (?:không trăm |lẻ |linh )?", " ".join(words) + " ")
    if year:
        skipped = len(year.group().split())
        value, used = _below_hundred(words[skipped:])
        return (2000 + value, skipped + used) if used else (2000, skipped)
    # "năm" is five only after another number word or after mùng; alone it is the year.
    if words and words[0] == "năm":
        if i and found[i - 1].form == "thứ":
            return (0, 0) if len(found) > i + 1 and found[i + 1].sort == "num" else (5, 1)
        return (5, 1) if i and found[i - 1].form in ("mùng", "mồng") else (0, 0)
    return _below_hundred(words)


def _below_hundred(words: list[str]) -> tuple[int, int]:
    if not words:
        return 0, 0
    if words[0] == "mười":
        ones = _DIGITS.get(words[1], 0) if len(words) > 1 else 0
        takes = ones > 0 and not (words[1] == "năm" and len(words) > 2)
        return (10 + ones, 2) if takes else (10, 1)
    if words[0] not in _DIGITS or words[0] in ("không", "mốt", "lăm", "nhăm"):
        return 0, 0
    first = _DIGITS[words[0]]
    if len(words) > 1 and words[1] == "mươi":
        ones = _DIGITS.get(words[2], 0) if len(words) > 2 else 0
        takes = ones > 0 and not (words[2] == "năm" and len(words) > 3)
        return (first * 10 + ones, 3) if takes else (first * 10, 2)
    return first, 1
