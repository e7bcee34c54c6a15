"""What units did, as a file: the good rows are deeds, the bad ones are sentences with their line."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.behaviour import Behaviour
from actions.recorded import BadRecord, RecordedDeed, read_deeds
from actions.simulate import run_simulation
from models.lifecycle import Result
from tests.office import plan_spec, rules, units_spec

PLANS = {"kh": plan_spec()}
HEADER = "plan,task,period,unit,started,reported,entered,result,document,reason"


def read(text: str) -> list[RecordedDeed]:
    """The deeds of a text."""
    return read_deeds(text, PLANS, units_spec(), name="viec.csv")


def test_a_row_is_a_beginning_a_report_or_both() -> None:
    """One row with both days is two deeds; days in either form; the day entered is when the ledger learns of it."""
    begun, filed = read(f"{HEADER}\nkh,1,2026-03-31,th-1,10/03/2026,2026-03-20,2026-03-24,done,5/BC,\n")

    assert (begun.begins, begun.acted_on) == (True, date(2026, 3, 10))
    assert (filed.acted_on, filed.received_on) == (date(2026, 3, 24), date(2026, 3, 20))
    assert (filed.result, filed.document, filed.process_key) == (Result.DONE, "5/BC", "kh:1")


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffplan;task;period;unit;reported\r\nkh;quy;2026-Q1;th-1;25/03/2026\r\n",
        json.dumps(
            [{"plan": "kh", "task": "bao-cao:quy", "period": "2026-Q1", "unit": "th-1", "reported": "2026-03-25"}]
        ),
        'plan,task,period,unit,reported\n\nkh,"quy",2026-Q1,th-1,2026-03-25\n',
    ],
)
def test_excel_json_and_plain_csv_say_the_same(text: str) -> None:
    """Semicolons and a byte order mark as Excel writes them, a JSON list, quotes and empty lines."""
    (deed,) = read(text)

    assert (deed.process_key, deed.period, deed.unit) == ("kh:bao-cao:quy", "2026-Q1", "th-1")
    assert deed.acted_on == date(2026, 3, 25)


@pytest.mark.parametrize(
    ("row", "line", "said"),
    [
        ("khac,1,,th-1,,2026-03-20,,,,", 3, "không có kế hoạch “khac”"),
        ("kh,9,,th-1,,2026-03-20,,,,", 3, "không có nhiệm vụ hay báo cáo trong kh “9”"),
        ("kh,1,,th-9,,2026-03-20,,,,", 3, "có: th-"),
        ("kh,1,,th-1,,2026-02-30,,,,", 3, "reported “2026-02-30” không phải là ngày"),
        ("kh,1,,th-1,,,,,,", 3, "started) hoặc ngày báo cáo"),
        ("kh,1,,th-1,2026-03-21,2026-03-20,,,,", 3, "đứng sau reported"),
        ("kh,1,,th-1,,2026-03-20,2026-03-19,,,", 3, "đứng trước reported"),
        ("kh,1,,th-1,2026-03-20,,2026-03-21,,,", 3, "cần cả reported"),
        ("kh,1,,th-1,,2026-03-20,,xong,,", 3, "in_progress"),
        ("kh,1,,,,2026-03-20,,,,", 3, "thiếu unit"),
        ("kh,1,,th-1,,2026-03-20,,,,,thừa", 3, "11 ô nhưng tiêu đề chỉ có 10 cột"),
    ],
)
def test_a_bad_row_is_a_sentence_with_its_line(row: str, line: int, said: str) -> None:
    """Unknown names, days that are not, days in the wrong order, missing cells: file, line, what, and what there is."""
    good = "kh,1,,th-1,,2026-03-20,,,,"
    with pytest.raises(BadRecord) as caught:
        read("\n".join([HEADER, good, row, good]))

    (sentence,) = caught.value.sentences
    assert sentence.startswith(f"viec.csv:{line}: ")
    assert said in sentence


def test_every_bad_row_is_named_at_once() -> None:
    """Two bad rows are two sentences; nothing of the file is used."""
    with pytest.raises(BadRecord) as caught:
        read(f"{HEADER}\nkhac,1,,th-1,,2026-03-20,,,,\nkh,1,,th-1,,2026-03-20,,,,\nkh,1,,th-9,,2026-03-20,,,,")

    assert [sentence.split(":")[1] for sentence in caught.value.sentences] == ["2", "4"]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "thiếu cột plan"),
        ("plan,task,unit,ngay\n", 1, "không có cột “ngay”"),
        (HEADER, 1, "không có dòng nào"),
        ('[{"plan": "kh",]', 1, "không phải JSON"),
        ('[\n{"plan": "kh", "task": "1", "unit": "th-1", "reported": "2026-03-20"},\n7]', 3, "cần một đối tượng"),
        ('[{"plan": "kh"', 1, "không phải JSON"),
        ('{"plan": "kh"}', 1, "danh sách JSON"),
        (f'{HEADER}\nkh,"1,,th-1', 2, "không đọc được dòng CSV"),
        ('plan,"task', 1, "dòng tiêu đề"),
        ("[" * 100_000, 1, "không phải JSON"),
        ('[{"plan": ' + "9" * 5000 + "}]", 1, "không phải JSON"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(text: str, line: int, said: str) -> None:
    """A wrong header, broken JSON, an open quote, an empty file."""
    with pytest.raises(BadRecord) as caught:
        read(text)

    assert caught.value.sentences[0].startswith(f"viec.csv:{line}: ")
    assert said in caught.value.sentences[0]


PIECES = [HEADER, *'\n,;"[]{}:\r', "kh", "1", "quy", "th-1", "2026-03-20", "\x00", "\ufeff"]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=60).map("".join))
def test_whatever_stands_in_the_file_it_is_deeds_or_sentences(text: str) -> None:
    """Random pieces of files: never another exception, never an empty complaint."""
    sentences = []
    try:
        deeds = read(text)
    except BadRecord as error:
        deeds, sentences = [], error.sentences

    assert deeds or sentences
    assert all(sentence.startswith("viec.csv:") for sentence in sentences)


def test_recorded_deeds_are_done_on_their_days_and_what_could_not_be_done_is_told() -> None:
    """A report in time, a task begun and then refused for want of a document, rows that found nothing."""
    deeds = read(
        "\n".join(
            [
                HEADER,
                "kh,quy,2026-Q1,th-1,,2026-03-20,,done,1/BC,",
                "kh,1,,th-1,2026-03-05,2026-03-10,,done,,",
                "kh,quy,2026-Q1,th-2,,2026-01-05,,,,",
                "kh,quy,2027-Q1,th-3,,2027-03-20,,,,",
            ]
        )
    )
    answers = Behaviour.recorded(deeds, "viec.csv")
    result = run_simulation(PLANS.values(), units_spec(), rules(), date(2026, 1, 5), date(2026, 4, 10), answers)
    moves = {(m["assignment"], m["to"], m["at"][:10]) for m in result["transitions"]}

    assert ("kh bao-cao:quy 2026-Q1 th-1", "reported", "2026-03-20") in moves
    assert ("kh 1 2026-Q1 th-1", "in_progress", "2026-03-05") in moves
    assert ("kh bao-cao:quy 2026-Q1 th-2", "overdue", "2026-03-26") in moves
    assert [(row["line"], row["on"]) for row in result["refused"]] == [(3, date(2026, 3, 10))]
    assert "cần số, ngày văn bản" in result["refused"][0]["why"]
    assert [(row["line"], row["why"]) for row in result["unused"]] == [
        (4, "ngày ấy đơn vị không có phần việc này đang mở"),
        (5, "ngoài khoảng mô phỏng"),
    ]
    assert result["reports"] == "recorded:viec.csv"
