"""Vietnamese words made comparable: one spelling, one place for the tone mark, abbreviations written out.

`key` keeps what tells words apart (vowel quality, tone, đ) and drops what does not: NFC or NFD, hoà or hòa, uỷ or
ủy, kĩ or kỹ, Ð or Đ, capitals. `fold` drops all diacritics; what matches only folded is never certain.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from calendars.spelling import fold

__all__ = ["Token", "clean", "fold", "key", "keys", "shortened", "slug", "tokens"]

_TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
_ALIKE = str.maketrans(
    {
        "Ð": "Đ", "Ɖ": "Đ", "ð": "đ", "ɖ": "đ", "\u00a0": " ", "\u202f": " ", "\u2007": " ", "\u2009": " ",
        "\u3000": " ",
        "\ufeff": None, "\u200b": None, "\u200c": None, "\u200d": None, "\u00ad": None, "\u2060": None, "\x0b": "\n",
        "\x0c": "\n", "\u2028": "\n", "\u2029": "\n", "\x85": "\n", "＆": "&", "（": "(", "）": ")", "：": ":",
        "；": ";",
        "，": ",", "／": "/", "\u0340": "\u0300", "\u0341": "\u0301",
    }
)  # fmt: skip
_FINAL_Y = re.compile(r"(h|k|l|m|s|t|qu)y")

# Written out for comparing only; what is printed stays as printed. Marks between the letters do not count.
ABBREVIATIONS = {
    "UBND": "ủy ban nhân dân", "UB": "ủy ban", "HĐND": "hội đồng nhân dân", "VP": "văn phòng", "TP": "thành phố",
    "TX": "thị xã", "TT": "thị trấn", "GDĐT": "giáo dục đào tạo", "GD": "giáo dục", "ĐT": "đào tạo",
    "TCCB": "tổ chức cán bộ", "KHTC": "kế hoạch tài chính", "TCKH": "tài chính kế hoạch", "TC": "tài chính",
    "KHĐT": "kế hoạch đầu tư", "KHCN": "khoa học công nghệ", "TTTT": "thông tin truyền thông",
    "LĐTBXH": "lao động thương binh xã hội", "LĐTBVXH": "lao động thương binh xã hội",
    "VHTT": "văn hóa thông tin", "VHTTDL": "văn hóa thể thao du lịch", "VHXH": "văn hóa xã hội",
    "TNMT": "tài nguyên môi trường", "NNPTNT": "nông nghiệp phát triển nông thôn", "NNMT": "nông nghiệp môi trường",
    "NNTNMT": "nông nghiệp tài nguyên môi trường", "GTVT": "giao thông vận tải", "KTHT": "kinh tế hạ tầng",
    "QLĐT": "quản lý đô thị", "NV": "nội vụ", "TNCS": "thanh niên cộng sản", "LHPN": "liên hiệp phụ nữ",
    "MTTQ": "mặt trận tổ quốc", "MTTQVN": "mặt trận tổ quốc việt nam", "UBMTTQ": "ủy ban mặt trận tổ quốc",
    "UBMTTQVN": "ủy ban mặt trận tổ quốc việt nam", "BTV": "ban thường vụ", "BTG": "ban tuyên giáo",
    "BCH": "ban chấp hành", "BTC": "ban tổ chức", "BNV": "bộ nội vụ", "CA": "công an", "LĐLĐ": "liên đoàn lao động",
    "BHXH": "bảo hiểm xã hội", "KBNN": "kho bạc nhà nước", "MN": "mầm non", "TH": "tiểu học",
    "THCS": "trung học cơ sở", "THPT": "trung học phổ thông", "PT": "phổ thông", "GDTX": "giáo dục thường xuyên",
    "GDNN": "giáo dục nghề nghiệp", "GDNNGDTX": "giáo dục nghề nghiệp giáo dục thường xuyên", "SN": "sự nghiệp",
    "ĐVSN": "đơn vị sự nghiệp", "ĐVSNCL": "đơn vị sự nghiệp công lập", "CNTT": "công nghệ thông tin",
    "PVHCC": "phục vụ hành chính công", "TTPVHCC": "trung tâm phục vụ hành chính công",
    "CCHC": "cải cách hành chính", "TTHC": "thủ tục hành chính", "QLCLGDCNTT": "quản lý chất lượng giáo dục công "
    "nghệ thông tin", "KT": "kinh tế", "XD": "xây dựng",
    "ĐH": "đại học", "CĐ": "cao đẳng", "VN": "việt nam", "PCTP": "phó chủ tịch", "GĐ": "giám đốc",
    "PGĐ": "phó giám đốc",
    "LĐ": "lao động", "TBXH": "thương binh xã hội", "NQ": "nghị quyết", "QLCLGD": "quản lý chất lượng giáo dục",
}  # fmt: skip
_SCHOOL = re.compile(r"(?i)\btrường\b")
_CAPITALS = re.compile(r"(?<![^\W\d_])[A-ZĐ]{1,8}(?:(?:\s?[&\-–,.]\s?|\s+và\s+)[A-ZĐ]{1,8})*(?![^\W\d_])")
_PIECES = re.compile(r"[A-ZĐ]+")
_WORD = re.compile(r"[^\W_]+|[^\w\s]")


def clean(text: str) -> str:
    """NFC, ordinary letters and spaces; what does not print is dropped, line breaks stay."""
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).translate(_ALIKE))
    text = "".join(c for c in text if c in "\n\t" or c.isprintable())
    text = re.sub(r"(?<=[^\W\d_])[¹²³⁴⁵⁶⁷⁸⁹⁰]+", "", text)  # the mark of a footnote
    return "\n".join(re.sub(r"[ \t]+", " ", line).strip() for line in text.split("\n")).strip("\n")


@lru_cache(maxsize=20_000)
def key(word: str) -> str:
    """A word as compared: lower case, its tone mark at the end whatever vowel it was put on."""
    letters, tone = [], ""
    for c in unicodedata.normalize("NFD", word.lower()):
        if c in _TONES:
            tone = c
        else:
            letters.append(c)
    plain = unicodedata.normalize("NFC", "".join(letters))
    if _FINAL_Y.fullmatch(plain):
        plain = plain[:-1] + "i"
    return plain + tone


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a mark of a text: its key, its folded key, its place. `mark` is True for what is no word."""

    key: str
    folded: str
    start: int
    end: int
    mark: bool = False


def tokens(text: str) -> list[Token]:
    """The words and marks of a text; an abbreviation gives the words it stands for, all at its own place."""
    found: list[Token] = []
    position = 0
    for match in _CAPITALS.finditer(text):
        expanded = _expanded(match)
        if not expanded:
            continue
        found += _plain(text, position, match.start())
        found += expanded
        position = match.end()
    found += _plain(text, position, len(text))
    return found


def _plain(text: str, start: int, end: int) -> list[Token]:
    return [_token(match.group(), match.start(), match.end()) for match in _WORD.finditer(text, start, end)]


def _token(word: str, start: int, end: int) -> Token:
    return Token(key(word), _folded(word), start, end, not word[0].isalnum())


@lru_cache(maxsize=20_000)
def _folded(word: str) -> str:
    return fold(word)


def _expanded(match: re.Match[str]) -> list[Token]:
    """The longest runs of the pieces that are known abbreviations; nothing when not one is."""
    pieces = list(_PIECES.finditer(match.group()))
    if match.group().count(" ") == 0 and len(pieces) == 1 and pieces[0].group() not in ABBREVIATIONS:
        return []
    found: list[Token] = []
    index, known = 0, False
    while index < len(pieces):
        for last in range(len(pieces), index, -1):
            letters = "".join(piece.group() for piece in pieces[index:last])
            start, end = match.start() + pieces[index].start(), match.start() + pieces[last - 1].end()
            if letters in ABBREVIATIONS:
                found += [_token(word, start, end) for word in ABBREVIATIONS[letters].split()]
                known = True
                break
        else:
            piece = pieces[index]
            last = index + 1
            found.append(_token(piece.group(), match.start() + piece.start(), match.start() + piece.end()))
        if last < len(pieces):
            gap = match.group()[pieces[last - 1].end() : pieces[last].start()]
            at = match.start() + pieces[last - 1].end()
            found += [_token(mark.group(), at + mark.start(), at + mark.end()) for mark in _WORD.finditer(gap)]
        index = last
    return found if known else []


@lru_cache(maxsize=20_000)
def keys(text: str) -> tuple[str, ...]:
    """The words of a name in order, without marks and without “và”."""
    return tuple(token.key for token in tokens(text) if not token.mark and token.key != "va\u0300")


def slug(text: str, most: int = 60) -> str:
    """An id of plain letters: “Sở Y tế” -> so-y-te."""
    return re.sub(r"[^a-z0-9]+", "-", fold(clean(text))).strip("-")[:most].strip("-")


_BREAKS = ("; ", ". ", ", ", " nhằm ", " theo ", " để ", " đảm bảo ", " bảo đảm ")


def shortened(text: str, most: int = 200) -> str:
    """A text of at most `most` characters, cut at the end of a clause where there is one, with “…”."""
    text = re.sub(r"\s+", " ", text).strip()
    if len(text) <= most:
        return text
    cut = max(text.rfind(mark, most // 3, most - 1) for mark in _BREAKS)
    if cut < 0:
        cut = text.rfind(" ", 0, most - 1)
    return text[: cut if cut > 0 else most - 1].rstrip(" ,;.") + "…"
