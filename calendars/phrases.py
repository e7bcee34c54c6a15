"""Vietnamese time phrases -> readings. `read` never guesses: what it cannot read is a `PhraseError`.

The road: spelling.py (one spelling) -> tokens.py (terminals) -> phrases.lark (LALR grammar) -> items.py (items) ->
combine.py (readings) -> wording.py (one sentence that explains).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

from lark import Lark, Token
from lark.exceptions import UnexpectedInput, VisitError
from lark.lexer import Lexer

from calendars.build import Build
from calendars.combine import Combiner
from calendars.items import ImpossibleDate, Item
from calendars.lexicon import LEADS, TAILS, WORDS
from calendars.reading import Context, PhraseError, Reading
from calendars.recurring import NO_DAY, shifted
from calendars.rules import Monthly
from calendars.spelling import clean, fold
from calendars.tokens import Word, words_of
from calendars.wording import explain, explained_part
from calendars.working_days import WorkingDays

__all__ = ["Context", "PhraseError", "Reading", "read", "reread"]

LONGEST_PHRASE = 500
UNFORESEEN = "bộ đọc chưa xử lý được cụm từ này"
NO_TIME = (
    "không",
    "không có",
    "không quy định",
    "không xác định",
    "chưa xác định",
    "không thời hạn",
    "không xác định thời hạn",
    "không quy định thời hạn",
    "không có thời hạn",
    "-",
    "--",
    "x",
    "/",
)
KNOWN_FORMS = (
    "trước ngày 15/12/2026",
    "chậm nhất ngày 15/12/2026",
    "đến hết ngày 31/12/2026",
    "tháng 6/2026",
    "tháng 9-10/2026",
    "quý I/2026",
    "quý II, III/2026",
    "6 tháng đầu năm 2026",
    "năm 2026",
    "giai đoạn 2026-2030",
    "từ năm 2026",
    "từ nay đến năm 2030",
    "từ ngày 01/3/2026 đến ngày 30/6/2026",
    "thường xuyên",
    "thường xuyên trong năm 2026",
    "hằng năm",
    "hằng quý",
    "hằng tháng",
    "trước ngày 15/12 hằng năm",
    "ngày 25 hằng tháng",
    "ngày 25 tháng cuối của quý",
    "6 tháng, năm: ngày 24/6 và 23/12 hằng năm",
    "02 lần/năm",
    "6 tháng/lần",
    "cuối tháng 6/2026",
    "tuần đầu tháng 6/2026",
    "ngày làm việc cuối cùng của tháng",
    "sau khi có Quyết định của UBND tỉnh",
    "theo quy định của Bộ Nội vụ",
    "khi có yêu cầu",
    "đột xuất",
    "trong vòng 30 ngày kể từ ngày 01/3/2026",
    "năm học 2025-2026",
    "học kỳ I năm học 2025-2026",
)
_NEVER_YEAR_AFTER = (
    "kế hoạch",
    "chương trình",
    "dự toán",
    "ngân sách",
    "nhiệm vụ",
    "đề án",
    "dự án",
    "công tác",
    "kinh phí",
    "báo cáo",
    "chỉ tiêu",
    "biên chế",
    "vụ năm",
    "kết quả",
    "danh mục",
)


class _Words(Lexer):
    """Hands the terminals of tokens.py to lark."""

    def __init__(self, conf: Any) -> None:
        del conf

    def lex(self, data: Any, parser_state: Any = None) -> Iterator[Token]:  # lark hands a custom lexer the data itself
        for word in data:
            yield Token(word.type, word)


@lru_cache(maxsize=1)
def _parser() -> Lark:
    grammar = Path(__file__).with_name("phrases.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer=_Words, transformer=Build())


_DECLARED = frozenset(
    [
        "NGAY",
        "THANG",
        "QUY",
        "NAM",
        "TUAN",
        "KY",
        "NAM_HOC",
        "HOC_KY",
        "GIAI_DOAN",
        "WDAY",
        "LAN",
        "HANG",
        "DINH_KY",
        "BOUND",
        "REL",
        "TU_NAY",
        "EDGE",
        "EDAY",
        "NUA",
        "CA",
        "CONT",
        "FREE",
        "ONDEMAND",
        "NEXT_YEARS",
        "TRO_DI",
        "NAM_NAY",
        "THANG_SAU",
        "QUY_SAU",
        "KY_SAU",
        "NAM_SAU",
        "NAM_TRUOC",
        "OUTLOOK",
        "SOFT",
        "ABOUT",
        "ATLEAST",
        "PERIOD_END",
        "COLON",
        "COMMA",
        "VA",
        "HOAC",
        "PAREN",
        "DASH",
        "SLASH",
        "LIST",
        "SPAN",
        "NUM",
        "ROMAN",
        "DM",
        "MY",
        "DMY",
        "YEAR",
        "TIME",
        "WEEKDAY",
        "COUNT",
        "EVERY",
        "ORD",
    ]
)
_NEGATIONS = frozenset(WORDS["KHONG"].split("|"))
_NEW_PART = ("COMMA", "VA", "HOAC", "SEMI", "DASH")
_SEPARATORS = frozenset(("COMMA", "VA", "HOAC", "PAREN", "COLON", "DASH", "SLASH"))


def read(phrase: str, context: Context | None = None) -> Reading:
    """Read one time phrase of a plan. Raises PhraseError when it cannot be read."""
    asked = context if context is not None else Context()
    return _read(phrase, asked, asked.working_days)


def reread(explanation: str, context: Context | None = None) -> Reading:
    """Read a reading's own explanation back (after the arrow): same start, due day, hour and rule."""
    return read(explained_part(explanation), context)


@lru_cache(maxsize=4096)
def _read(phrase: str, context: Context, days: WorkingDays | None) -> Reading:
    """`days` is part of the key only: two calendars may differ, and a context compares equal without them."""
    try:
        reading = _Reader(phrase, context).read()
        if reading.restatable and context.read_as is None:
            _check_said_again(reading, context)
        return reading
    except PhraseError:
        raise
    except Exception as error:  # a phrase must never take the program down; the fuzz run looks for this reason
        raise PhraseError(phrase, 1, UNFORESEEN, nearest_forms(phrase)) from error


def _check_said_again(reading: Reading, context: Context) -> None:
    """What was understood must survive being said back: a reading that changes when its explanation is read again was
    a guess, and is refused."""
    said = explained_part(reading.explanation)
    try:
        again = _Reader(said, context).read()
    except PhraseError as error:
        raise _unsure(reading, said) from error
    if again.meaning != reading.meaning:
        raise _unsure(reading, said)


def _unsure(reading: Reading, said: str) -> PhraseError:
    reason = f"đọc thành “{said}” nhưng không chắc, hãy tách thành từng phần"
    return PhraseError(reading.phrase, 1, reason, nearest_forms(reading.phrase))


class _Reader:
    def __init__(self, phrase: str, context: Context) -> None:
        self.phrase, self.context = phrase, context
        self.text = ""

    def read(self) -> Reading:
        if len(self.phrase) > LONGEST_PHRASE:
            raise PhraseError(self.phrase, LONGEST_PHRASE, f"dài quá {LONGEST_PHRASE} ký tự")
        self.text = clean(self.phrase).strip(" .,;:*•\"'").lstrip("-+").strip()
        if not self.text or self.text.lower() in NO_TIME:
            return explain(Reading(self.phrase, "none", start=self.context.issued_on, days=self.context.working_days))
        combiner = Combiner(self.phrase, self.context)
        for segment in _split(words_of(self.text), "SEMI"):
            self._segment(segment, combiner)
            self._do(combiner.close, segment)
        readings = combiner.readings
        if not readings:
            raise self._error(0, "chưa thấy thời hạn nào")
        return explain(_together(self.phrase, readings, self.context))

    def _segment(self, words: list[Word], combiner: Combiner) -> None:
        """Runs of time words go to the grammar; text between them must be a clause that may stand there."""
        words = [w if w.type in _DECLARED or w.type == "TEXT" else replace(w, type="TEXT") for w in words]
        refused = next((w for w in words if w.value in _NEGATIONS and w.type == "TEXT"), None)
        if refused is not None:
            raise self._error(refused.start, f"không hiểu “{refused.text}”")
        runs = _runs(words)
        for number, run in enumerate(runs):
            if run[0].type != "TEXT":
                self._do(lambda run=run: combiner.add(self._parse(run)), run)
                continue
            leads = number + 1 < len(runs)
            self._check_clause(run, lead=leads, first=number == 0, following=runs[number + 1] if leads else [])
            if (
                leads
                and number
                and (combiner.joiner in _NEW_PART or (combiner.joiner == "PAREN" and combiner.draft.continuous))
            ):
                self._do(combiner.close, run)

    def _do(self, step: Any, words: list[Word]) -> None:
        """Run a step; an impossible date becomes a PhraseError at the words it came from."""
        try:
            step()
        except VisitError as error:
            if isinstance(error.orig_exc, ImpossibleDate):
                raise self._error(words[0].start if words else 0, str(error.orig_exc)) from None
            raise
        except (ImpossibleDate, OverflowError) as error:
            raise self._error(words[0].start if words else 0, str(error)) from None

    def _parse(self, run: list[Word]) -> list[Item]:
        try:
            items: list[Item] = _parser().parse(run)  # type: ignore[assignment]
        except UnexpectedInput as error:
            token = getattr(error, "token", None)
            word = token.value if token is not None and isinstance(token.value, Word) else run[-1]
            raise self._error(word.start, f"không hiểu “{word.text}” ở đây") from None
        return items

    def _check_clause(self, run: list[Word], *, lead: bool, first: bool, following: list[Word]) -> None:
        """Text must open with a known verb or noun; a plan's name before a bare year is not a deadline."""
        text = " ".join(str(w.value) for w in run).lower()
        allowed = LEADS if lead and first else TAILS
        plain = fold(text)
        known = any(
            f"{text} ".startswith(f"{a} ") or (text.isascii() and f"{plain} ".startswith(f"{fold(a)} "))
            for a in allowed
        )
        if not known or any(w.value in ("|",) for w in run):
            raise self._error(run[0].start, f"không hiểu “{run[0].text}”")
        kinds = [w.type for w in following[:2]]
        dated = kinds[:1] == ["YEAR"] or kinds == ["NAM", "YEAR"]
        bare = len(following) == 1 and kinds[0] in ("NAM", "QUY", "THANG") and not text.endswith("báo cáo")
        if (dated or bare) and text.endswith(_NEVER_YEAR_AFTER):
            shown = f"{run[-1].text} {' '.join(w.text for w in following[:2])}"
            raise self._error(following[0].start, f"“{shown}” là tên văn bản hay là thời hạn?")

    def _error(self, column: int, reason: str) -> PhraseError:
        offset = self.phrase.find(self.text[:1]) if self.text else 0
        return PhraseError(self.phrase, column + max(offset, 0) + 1, reason, nearest_forms(self.phrase))


def nearest_forms(phrase: str) -> tuple[str, ...]:
    """Up to three known forms that look like the phrase."""
    plain = {fold(form): form for form in KNOWN_FORMS}
    found = get_close_matches(fold(phrase)[:80], list(plain), n=3, cutoff=0.4)
    return tuple(plain[f] for f in found) or KNOWN_FORMS[:3]


def _split(words: list[Word], kind: str) -> list[list[Word]]:
    out: list[list[Word]] = [[]]
    for word in words:
        if word.type == kind:
            out.append([])
        else:
            out[-1].append(word)
    return [part for part in out if part]


def _runs(words: list[Word]) -> list[list[Word]]:
    """Alternate runs of text and of time words; separators stay with the time words, or between text with the text."""
    out: list[list[Word]] = []
    for number, own in enumerate(words):
        in_text = bool(out) and out[-1][0].type == "TEXT"
        is_text = own.type == "TEXT"
        if own.type in _SEPARATORS:
            ahead = next((w for w in words[number + 1 :] if w.type not in _SEPARATORS), None)
            is_text = in_text and (ahead is None or ahead.type == "TEXT")
        word = replace(own, type="TEXT") if is_text else own
        if out and in_text == is_text:
            out[-1].append(word)
        else:
            out.append([word])
    return out


def _together(phrase: str, readings: list[Reading], context: Context) -> Reading:
    """One reading, or the merged rule of several recurring ones, or a composite."""
    readings = _refined(readings)
    if len(readings) == 1:
        return readings[0]
    merged: list[Reading] = []
    for reading in readings:
        joined = _one_rule(merged[-1], reading) if merged else None
        if joined is None:
            merged.append(reading)
        else:
            merged[-1] = joined
    readings = merged
    if len(readings) == 1:
        return readings[0]
    known = [r.due for r in readings if r.due is not None]
    begun = [r.start for r in readings if r.start is not None]
    notes = tuple(dict.fromkeys(w for r in readings for w in r.warnings))
    parts = tuple(explain(replace(r, warnings=())) for r in readings)
    return Reading(
        phrase,
        "composite",
        min(begun, default=None),
        max(known, default=None),
        parts=parts,
        warnings=notes,
        days=context.working_days,
    )


def _one_rule(one: Reading, two: Reading) -> Reading | None:
    """Two recurring readings with the same bounds and hour are one rule with more entries; else None."""
    if one.kind != "recurring" or two.kind != "recurring" or one.rule is None or two.rule is None:
        return None
    bounds = [(r.first, r.last, r.count) for r in (one.rule, two.rule)]
    if bounds[0] != bounds[1] or one.due_time != two.due_time:
        return None
    entries = tuple(dict.fromkeys(one.rule.entries + two.rule.entries))
    return replace(one, rule=replace(one.rule, entries=entries)).with_warning(*two.warnings)


def _refined(readings: list[Reading]) -> list[Reading]:
    """Drop repeats; in "định kỳ hằng năm … trước ngày 30/12 hằng năm" the dated rule replaces the undated one."""
    out: list[Reading] = []
    for reading in readings:
        if any(_same(reading, r) for r in out):
            continue
        if reading.kind == "recurring":
            out = [left for left in (_without_undated(r, reading) for r in out) if left is not None]
        kept: Reading | None = reading
        for earlier in out:
            kept = _without_undated(kept, earlier) if kept is not None else None
        if kept is None:
            continue
        if out and _narrows(out[-1], kept):
            narrowed = replace(out[-1], due=kept.due, due_time=kept.due_time, period="day")
            out[-1] = narrowed.with_warning(*kept.warnings)
        else:
            out.append(kept)
    return out


def _same(one: Reading, two: Reading) -> bool:
    """The same days, hour, rule and anchor, whatever words said them."""
    kinds = {"window" if r.kind == "fixed_due" and r.start is not None else r.kind for r in (one, two)}
    meanings = {(r.start, r.due, r.due_time, r.rule, r.anchor, r.offset) for r in (one, two)}
    return len(kinds) == 1 and len(meanings) == 1


def _narrows(window: Reading, bound: Reading) -> bool:
    """ "Quý I/2026 (hoàn thành trước 20/3)": one window with an earlier last day."""
    if window.kind not in ("window", "fixed_due") or bound.kind != "fixed_due" or bound.start is not None:
        return False
    if window.start is None or window.due is None or bound.due is None or window.start == window.due:
        return False
    return window.start <= bound.due <= window.due


def _without_undated(loose: Reading, exact: Reading) -> Reading | None:
    """`loose` without the undated entries whose period `exact` dates; None when nothing is left of it."""
    if loose.kind != "recurring" or exact.kind != "recurring" or exact.rule is None:
        return loose
    if loose.rule is None:
        return None
    same = (loose.rule.first, loose.rule.last) == (exact.rule.first, exact.rule.last)
    if not same or NO_DAY not in loose.warnings or NO_DAY in exact.warnings:
        return loose
    dated = {(e.step, e.phase, e.span) for e in exact.rule.entries if isinstance(e, Monthly)}
    left = tuple(e for e in loose.rule.entries if not isinstance(e, Monthly) or (e.step, e.phase, e.span) not in dated)
    return replace(loose, rule=replace(loose.rule, entries=left)) if left else None


def due_after_event(reading: Reading, event_on: date | None, context: Context | None = None) -> date | None:
    """Due day of an event reading once the event's date is known; None when the phrase gives no number of days."""
    if reading.offset is None or event_on is None:
        return None
    return shifted(event_on, reading.offset, reading.offset_unit, context or Context(working_days=reading.days))
