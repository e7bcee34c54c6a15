"""Is a text Vietnamese as a person writes it, or what an OCR or a lost font made of it?

A Vietnamese syllable is an onset, a rhyme and a tone, and one that ends in p, t, c or ch bears the acute or the
dot. Garbled text breaks these rules all the time, clean text hardly ever; text typed without diacritics breaks the
second one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

GARBLED_LINE = 0.25  # share of impossible words in a line of at least six
GARBLED_PAPER = 0.10
FEWEST_WORDS = 6
PLAIN_SHARE = 0.30  # at least this share of the words of real text bears a diacritic

_ONSETS = frozenset(
    [
        "b",
        "c",
        "ch",
        "d",
        "đ",
        "g",
        "gh",
        "gi",
        "h",
        "k",
        "kh",
        "l",
        "m",
        "n",
        "ng",
        "ngh",
        "nh",
        "p",
        "ph",
        "q",
        "qu",
        "r",
        "s",
        "t",
        "th",
        "tr",
        "v",
        "x",
    ]
) | {""}
_NUCLEI = (
    "a ă â e ê i o ô ơ u ư y ai ao au ay âu ây eo êu ia iê iêu iu oa oă oai oao oay oe oeo oi oo ôi ơi ua uâ uây "
    "uê ui uô uôi "
    "uơ uy uya uyê uyu ưa ươ ươi ươu ưi ưu ya yê yêu"
)
_VOWELS = frozenset(_NUCLEI.split())
_CODAS = ("ch", "ng", "nh", "c", "m", "n", "p", "t", "")
_STOPS = frozenset({"c", "ch", "p", "t"})
_ACUTE_OR_DOT = frozenset({"\u0301", "\u0323"})
_TONES = frozenset({"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"})
_WORDS = re.compile(r"[^\s,.;:()/\[\]“”\"'…!?\-–—+*|]+")
_MIXED = re.compile(r"[^\W\d_]\d|\d[^\W\d_]")
_CODE = re.compile(r"[A-ZĐ0-9&]+|\d+[%]?|[IVXL]+|[a-zđ]|\d+[a-zđ]")


@lru_cache(maxsize=50_000)
def is_syllable(word: str) -> bool:
    """Whether a lower-case word is a possible Vietnamese syllable."""
    tone, letters = "", []
    for c in unicodedata.normalize("NFD", word):
        if c in _TONES:
            if tone:
                return False
            tone = c
        else:
            letters.append(c)
    plain = unicodedata.normalize("NFC", "".join(letters))
    for size in (3, 2, 1, 0):
        onset, rest = plain[:size], plain[size:]
        if onset in _ONSETS and len(onset) == size and rest and _is_rhyme(rest, tone):
            return True
    return plain == "gi"


def _is_rhyme(rest: str, tone: str) -> bool:
    for coda in _CODAS:
        if rest.endswith(coda) and rest[: len(rest) - len(coda)] in _VOWELS:
            return coda not in _STOPS or tone in _ACUTE_OR_DOT
    return False


def impossible(text: str) -> tuple[int, int, int]:
    """(impossible words, words judged, words with a diacritic) of a text; numbers, codes and initials are not
    judged.
    """
    wrong = judged = accented = 0
    for match in _WORDS.finditer(text):
        word = match.group()
        if _CODE.fullmatch(word) or "@" in word or "www" in word:
            continue
        judged += 1
        accented += not word.isascii()
        if _MIXED.search(word):
            wrong += not re.fullmatch(r"[A-ZĐ]{1,6}\d{1,3}", word)
        elif word.isalpha() and not word.isupper() and not is_syllable(word.lower()):
            wrong += not (word.isascii() and (word[1:] != word[1:].lower() or _is_foreign(word)))
        elif not word.isalpha():
            wrong += not re.fullmatch(r"[\w&%°²³¹]+", word)
    return wrong, judged, accented


_FOREIGN = frozenset(
    [
        "online",
        "internet",
        "website",
        "email",
        "web",
        "smart",
        "logistics",
        "index",
        "par",
        "stem",
        "excel",
        "word",
        "office",
        "ioffice",
        "zalo",
        "facebook",
        "video",
        "clip",
        "portal",
        "app",
        "data",
        "cloud",
        "blockchain",
        "robot",
        "fax",
        "marketing",
        "startup",
        "logo",
        "poster",
        "pano",
        "banner",
        "test",
        "tour",
        "massage",
        "karaoke",
        "container",
        "asean",
        "covid",
        "camera",
        "wifi",
        "iso",
        "big",
        "box",
        "chatbot",
        "livestream",
        "fanpage",
        "dashboard",
        "quiz",
        "kahoot",
    ]
)


def _is_foreign(word: str) -> bool:
    return word.lower() in _FOREIGN


def is_garbled(text: str) -> bool:
    """Whether a line cannot be trusted as read."""
    wrong, judged, _ = impossible(text)
    return judged >= FEWEST_WORDS and wrong / judged >= GARBLED_LINE


def paper_score(texts: Iterable[str]) -> float:
    """Share of impossible words of a document, 0 to 1; 1 when it bears too few diacritics to be Vietnamese at all."""
    wrong = judged = accented = 0
    for text in texts:
        one = impossible(text)
        wrong, judged, accented = wrong + one[0], judged + one[1], accented + one[2]
    if judged < 40:
        return wrong / judged if judged else 0.0
    return max(wrong / judged, 1.0 if accented / judged < PLAIN_SHARE else 0.0)
