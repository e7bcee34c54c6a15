"""Random and mutated phrases: no crash, no hang, no silent nonsense. Size by FUZZ (100000 for the full run)."""

import os
import random
import time

import pytest

from calendars.phrases import UNFORESEEN, Context, PhraseError, read, reread
from tests.calendars.phrase_samples import ALL, ISSUED

SIZE = int(os.environ.get("FUZZ", "4000"))
CONTEXT = Context(issued_on=ISSUED, year=2026)
PIECES = [
    "ngày",
    "tháng",
    "quý",
    "năm",
    "tuần",
    "kỳ",
    "học kỳ",
    "năm học",
    "giai đoạn",
    "trước",
    "chậm nhất",
    "không quá",
    "đến",
    "đến hết",
    "trong",
    "từ",
    "sau",
    "từ nay",
    "đầu",
    "giữa",
    "cuối",
    "cuối cùng",
    "hằng",
    "mỗi",
    "định kỳ",
    "thường xuyên",
    "liên tục",
    "đột xuất",
    "khi có yêu cầu",
    "theo quy định",
    "sau khi ban hành",
    "lần",
    "ngày làm việc",
    "và",
    "hoặc",
    ",",
    ";",
    ":",
    "(",
    ")",
    "-",
    "/",
    ".",
    "…",
    "1",
    "2",
    "3",
    "5",
    "6",
    "9",
    "10",
    "12",
    "15",
    "20",
    "25",
    "28",
    "29",
    "30",
    "31",
    "I",
    "II",
    "III",
    "IV",
    "2024",
    "2026",
    "2030",
    "15/12",
    "29/02",
    "31/4",
    "01/3/2026",
    "6/2026",
    "17 giờ 00",
    "8h30",
    "tháng sau",
    "quý sau",
    "năm sau",
    "các năm tiếp theo",
    "báo cáo",
    "hoàn thành",
    "kế hoạch",
    "Sở Nội vụ",
    "thứ",
    "thứ sáu",
    "cả",
    "nửa",
    "của",
    "kết thúc",
    "kể từ",
    "trước ngày",
    "6 tháng",
    "9 tháng",
    "phấn đấu",
    "định hướng",
    "không",
    "kịp thời",
    "hằng năm",
    "hằng quý",
    "hằng tháng",
    "đầu tiên",
    "trở đi",
]
LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạ0123456789/-–.,;:()… \u0301\u200b\n"


def random_phrase(chance: random.Random) -> str:
    if chance.random() < 0.5:
        return " ".join(chance.choice(PIECES) for _ in range(chance.randint(1, 9)))
    phrase = chance.choice(ALL).phrase
    for _ in range(chance.randint(1, 3)):
        phrase = mutated(phrase, chance)
    return phrase


def mutated(phrase: str, chance: random.Random) -> str:
    at = chance.randint(0, len(phrase))
    match chance.randint(0, 5):
        case 0:
            return phrase[:at] + chance.choice(LETTERS) + phrase[at:]
        case 1:
            return phrase[:at] + phrase[at + chance.randint(1, 4) :]
        case 2:
            return f"{phrase[:at]} {chance.choice(PIECES)} {phrase[at:]}"
        case 3:
            words = phrase.split()
            chance.shuffle(words)
            return " ".join(words)
        case 4:
            return f"{phrase}{chance.choice((' và ', ', ', '; ', ' hoặc ', ' '))}{chance.choice(ALL).phrase}"
        case _:
            return phrase[at:] + phrase[:at]


@pytest.mark.timeout(3000)
def test_random_phrases_never_crash_hang_or_change_their_meaning() -> None:
    """Each random phrase is refused, or read within a quarter second and re-read the same from its explanation."""
    chance = random.Random(20261121)
    accepted, slowest, changed = 0, 0.0, []
    read("hằng năm", CONTEXT)  # the parser is built once
    for _ in range(SIZE):
        phrase = random_phrase(chance)
        begun = time.perf_counter()
        try:
            reading = read(phrase, CONTEXT)
        except PhraseError as refused:
            if refused.reason == UNFORESEEN:
                changed.append((phrase, str(refused), repr(refused.__cause__)))
            continue
        finally:
            slowest = max(slowest, time.perf_counter() - begun)
        accepted += 1
        if not reading.restatable:
            continue
        try:
            again = reread(reading.explanation, CONTEXT)
        except PhraseError as refused:
            changed.append((phrase, reading.explanation, str(refused)))
            continue
        if again.meaning != reading.meaning:
            changed.append((phrase, reading.explanation, again.explanation))

    assert changed == []
    assert accepted > SIZE / 100
    assert slowest < 0.25
