"""Time phrases inside sentences: where one begins and ends, as the phrase grammar reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from calendars.phrases import Context, PhraseError, Reading, read

MOST_WORDS = 26
_STARTS = re.compile(
    r"(?<![^\W_])(?:định kỳ|thường xuyên|trước|chậm nhất|muộn nhất|trong|từ|đến|hằng|hàng|quý|tháng|năm|0?6 tháng|"
    r"0?9 tháng|ngày|"
    r"sau khi|theo quy định|giai đoạn|hoàn thành|xong|đột xuất|mỗi|(?:cuối|đầu)(?= (?:năm|quý|tháng|kỳ|tuần|giai))|"
    r"khi có|báo cáo(?= (?:đột xuất|sơ kết|tổng kết))|sơ kết|tổng kết|trung hạn|ngay sau|\d{1,2}/\d{4}|"
    r"\d{1,2}/\d{1,2}/\d{4})(?![^\W_])",
    re.IGNORECASE,
)
_WORD_END = re.compile(r"\S+")
_STOP = re.compile(r"[;.](?=\s|$)")
_YEARLY = re.compile(r"\s+(?:hằng|hàng|mỗi) (?:năm|quý|tháng)(?![^\W_])", re.IGNORECASE)
_LAST = re.compile(
    r"(?:\d|năm|quý|tháng|xuyên|kỳ|định|xuất|tuần|ngày|tục|kết|theo|nay|lần|[IVX]+|liền|đó|\)|học|lịch|hạn)$",
    re.IGNORECASE,
)
_ELSEWHERE = Context(issued_on=date(1999, 2, 1), valid_from=date(1999, 1, 1), valid_to=date(1999, 12, 31))
_LOOSE = {"external_reference", "event", "on_demand", "none"}


@dataclass(frozen=True)
class Timed:
    """A phrase as printed, its place in the text, and its reading."""

    phrase: str
    start: int
    end: int
    reading: Reading

    @property
    def kind(self) -> str:
        return self.reading.kind


def reading_of(phrase: str, context: Context) -> Reading | PhraseError:
    """How a phrase is read, or why it is not."""
    try:
        return read(phrase, context)
    except PhraseError as error:
        return error


def find_times(text: str, context: Context) -> list[Timed]:
    """The longest readable phrases of a sentence, in order, not overlapping."""
    return list(_find_times(text[:2000], context))


@lru_cache(maxsize=2048)
def _find_times(text: str, context: Context) -> tuple[Timed, ...]:
    found: list[Timed] = []
    end = 0
    for match in _STARTS.finditer(text):
        if match.start() < end:
            continue
        one = _longest(text, match.start(), context)
        if one:
            found.append(one)
            end = one.end
    return tuple(found)


def _longest(text: str, start: int, context: Context) -> Timed | None:
    stop = _STOP.search(text, start)
    limit = stop.start() if stop else len(text)
    ends = [start + m.end() for m in _WORD_END.finditer(text[start:limit])][:MOST_WORDS]
    for end in reversed(ends):
        phrase = text[start:end].rstrip(" ,;:.")
        phrase = _closed(phrase)
        if not re.search(r"\d|năm|quý|tháng|xuyên|kỳ|định|xuất|khi|tuần|ngày|kết", phrase, re.IGNORECASE):
            continue
        try:
            reading = read(phrase, context)
        except PhraseError:
            continue
        if reading.kind == "none" or _loose_tail(phrase, reading):
            continue
        if reading.kind == "composite" and len(phrase.split()) > 12:
            continue
        if reading.kind not in _LOOSE and not _LAST.search(phrase):
            continue  # a clause that the grammar takes along after the time
        return _shortest(text, start, start + len(phrase), reading, context)
    return None


def _shortest(text: str, start: int, end: int, reading: Reading, context: Context) -> Timed:
    """The part of a phrase that already means all of it: the grammar takes clauses along, a plan should not."""
    for cut in [start + m.end() for m in _WORD_END.finditer(text[start:end])]:
        phrase = _closed(text[start:cut].rstrip(" ,;:."))
        if phrase and _means(phrase, reading, context):
            end = start + len(phrase)
            break
    if more := _YEARLY.match(text, end):
        end = more.end()
    later = [] if reading.kind in _LOOSE else list(_STARTS.finditer(text, start + 1, end))
    for match in reversed(later):
        phrase = text[match.start() : end]
        if len(text[start : match.start()].split()) >= 4 and _means(phrase, reading, context):
            start = match.start()
            break
    phrase = _closed(text[start:end])
    return Timed(phrase, start, start + len(phrase), reading)


def _means(phrase: str, reading: Reading, context: Context) -> bool:
    """Whether the part means the whole, in this plan and in one of other years."""
    try:
        for around in (context, _ELSEWHERE):
            whole = reading if around is context else read(reading.phrase, around)
            part = read(phrase, around)
            if (part.kind, part.meaning, part.anchor) != (whole.kind, whole.meaning, whole.anchor):
                return False
    except PhraseError:
        return False
    return True


def _closed(phrase: str) -> str:
    """Without a bracket that was opened and not closed, or closed and not opened."""
    if phrase.count("(") > phrase.count(")"):
        phrase = phrase[: phrase.rfind("(")]
    elif phrase.count(")") > phrase.count("("):
        phrase = phrase[: phrase.rfind(")")]
    return phrase.rstrip(" ,;:.")


def _loose_tail(phrase: str, reading: Reading) -> bool:
    """Free text that the grammar takes along: only short events and references are sure inside a sentence."""
    return reading.kind in _LOOSE and len(phrase.split()) > 12
