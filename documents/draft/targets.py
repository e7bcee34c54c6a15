"""Numeric targets in a sentence: “phấn đấu đến năm 2025 có tối thiểu 10% … so với năm 2021” -> ">= 10%", by 2025,
soft.
"""

from __future__ import annotations

import re

from .blocks import Place
from .model import Aim
from .words import shortened

_PERCENT = re.compile(r"(?P<n>\d{1,4}(?:[.,]\d+)?)\s*%")
_AT_LEAST = re.compile(
    r"(?:tối thiểu|ít nhất|không (?:dưới|thấp hơn|ít hơn)|từ|đạt từ|>=|≥|toi thi\w+)(?:\s+(?:tương ứng là|là|đạt|"
    r"đạt tỷ lệ|khoảng))*\s*$",
    re.IGNORECASE,
)
_MORE = re.compile(r"(?:trên|hơn|cao hơn|>|tren|trén)\s*$", re.IGNORECASE)
_LESS = re.compile(r"(?:dưới|<)\s*$", re.IGNORECASE)
_AT_MOST = re.compile(r"(?:tối đa|không (?:quá|vượt quá)|<=|≤)\s*$", re.IGNORECASE)
_UP = re.compile(r"^\s*(?:\S+\s+){0,6}?tr[ởod]\s+l[êe1]n", re.IGNORECASE)
_DOWN = re.compile(r"^\s*trở xuống", re.IGNORECASE)
_BY = re.compile(r"(?:đến|hết|trước|vào|cuối)\s+(?:hết\s+|cuối\s+)?năm\s+(?P<y>20\d\d)", re.IGNORECASE)
_SPAN = re.compile(r"giai đoạn\s+(?P<a>20\d\d)\s*[-–]\s*(?P<b>20\d\d)", re.IGNORECASE)
_IN_YEAR = re.compile(r"(?<!so với )(?:trong )?năm\s+(?P<y>20\d\d)", re.IGNORECASE)
_BASE = re.compile(r"so với\s+(?:cùng kỳ\s+|năm\s+|cuối năm\s+)*(?P<y>20\d\d)", re.IGNORECASE)
_SOFT = re.compile(r"phấn đấu|ph[aáấ]n d[aáấ]u", re.IGNORECASE)
_EXCEPT = re.compile(r"\((?P<e>trừ [^()]*)\)|(?<=[,;] )(?P<f>trừ [^.;]*)", re.IGNORECASE)
_CLAUSE = re.compile(r"(?<=[.;])\s+")
_NEW_ONE = re.compile(r",\s+(?=(?:phấn đấu\s+)?[^,;.%]{0,60}?\d{1,3}(?:[.,]\d+)?\s*%)|\.\s+(?=[A-ZĐ])")
_NOT_A_TARGET = re.compile(
    r"(?:bảo đảm|đảm bảo|tự chủ|tự bảo đảm|tự đảm bảo|vốn|hỗ trợ|mức hỗ trợ|phụ cấp|thuế)\s*$", re.IGNORECASE
)


def targets_in(text: str, place: Place) -> list[Aim]:
    """Every target that a paragraph gives, in order."""
    found: list[Aim] = []
    text = re.sub(r"\s+", " ", text)
    for clause in _CLAUSE.split(text):
        soft = bool(_SOFT.search(clause))
        pieces = [piece for piece in _NEW_ONE.split(clause) if piece]
        carried = ""
        for piece in pieces:
            for match in _PERCENT.finditer(piece):
                if _NOT_A_TARGET.search(piece[: match.start()]):
                    continue
                sign = _sign(piece, match)
                if piece[: match.start()].strip():
                    carried = ""
                aim = Aim(
                    shortened(piece.strip(" ,;."), 240),
                    f"{sign or carried or '='} {match['n'].replace(',', '.')}%",
                    place,
                )
                if not sign and carried and carried != "=":
                    aim.doubts.append("phép so sánh lấy của vế trước")
                if re.search(r"\d\s*[-–]\s*$", piece[: match.start()]) or re.search(r"đến\s*$", piece[: match.start()]):
                    aim.doubts.append("bản in ghi một khoảng")
                aim.soft = soft and bool(_SOFT.search(piece) or piece is pieces[0] or len(pieces) == 1)
                _dates(aim, clause, text)
                carried = sign or carried
                found.append(aim)
                if len(_PERCENT.findall(piece)) > 1:
                    aim.doubts.append("một câu có nhiều tỷ lệ")
    return found


def _sign(piece: str, match: re.Match[str]) -> str:
    before, after = piece[: match.start()], piece[match.end() :]
    if _DOWN.match(after) or _AT_MOST.search(before):
        return "<="
    if _AT_LEAST.search(before) or _UP.match(after):
        return ">="
    if _MORE.search(before):
        return ">"
    return "<" if _LESS.search(before) else ""


def _dates(aim: Aim, clause: str, text: str) -> None:
    if span := _SPAN.search(clause):
        aim.start, aim.by = f"{span['a']}-01-01", f"{span['b']}-12-31"
    elif by := _BY.search(clause):
        aim.by = f"{by['y']}-12-31"
    elif year := _IN_YEAR.search(aim.text):
        aim.start, aim.by = f"{year['y']}-01-01", f"{year['y']}-12-31"
    if base := _BASE.search(clause):
        aim.baseline = base["y"]
    if but := _EXCEPT.search(text if len(text) < 300 else clause):
        aim.exception = but["e"] or but["f"]
