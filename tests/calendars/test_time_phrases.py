"""Every phrase of the domain page is read as the page says; what cannot be read is refused with the nearest forms."""

import time
import unicodedata
from datetime import date
from datetime import time as clock

import pytest

from calendars.phrases import Context, PhraseError, read, reread
from calendars.reading import KINDS
from tests.calendars.phrase_samples import ALL, ISSUED, REFUSED, Sample

CONTEXT = Context(issued_on=ISSUED, year=2026)
YEAR = (date(2026, 1, 1), date(2026, 12, 31))
DECEMBER = date(2026, 12, 14)


@pytest.mark.parametrize("sample", ALL, ids=[s.phrase or "(blank)" for s in ALL])
def test_each_known_phrase_has_its_documented_reading(sample: Sample) -> None:
    """Kind, first day, last day and due days are those of the domain page."""
    reading = read(sample.phrase, CONTEXT)

    assert (reading.kind, reading.start, reading.due) == (sample.kind, sample.start, sample.due)
    assert reading.phrase == sample.phrase
    if sample.dues is not None:
        assert [f"{due:%d/%m}" for _, due in reading.dues(*YEAR)] == sample.dues.split()


@pytest.mark.parametrize("sample", ALL, ids=[s.phrase or "(blank)" for s in ALL])
def test_spelling_does_not_change_a_reading(sample: Sample) -> None:
    """Upper case, decomposed letters, a trailing stop, quí and hàng read as the plain phrase does."""
    plain = read(sample.phrase, CONTEXT)
    for variant in (
        sample.phrase.upper(),
        unicodedata.normalize("NFD", sample.phrase),
        f"  {sample.phrase} . ",
        sample.phrase.replace("quý", "quí").replace("hằng", "hàng").replace(" ", "\u00a0"),
        sample.phrase.replace("-", "–"),
    ):
        again = read(variant, CONTEXT)
        assert (again.kind, again.start, again.due, again.rule) == (plain.kind, plain.start, plain.due, plain.rule)


@pytest.mark.parametrize("sample", ALL, ids=[s.phrase or "(blank)" for s in ALL])
def test_every_explanation_reads_back_to_the_same_dates(sample: Sample) -> None:
    """The sentence that explains a reading, read again, gives the same days, hour and rule; it is in two languages."""
    reading = read(sample.phrase, CONTEXT)
    again = reread(reading.explanation, CONTEXT)

    assert (again.start or reading.start, again.due, again.due_time, again.rule) == (
        reading.start,
        reading.due,
        reading.due_time,
        reading.rule,
    )
    assert "→" in reading.explanation
    assert "→" in reading.explanation_en
    assert reading.kind in KINDS


@pytest.mark.parametrize("phrase", REFUSED)
def test_what_cannot_be_read_is_refused_and_not_guessed(phrase: str) -> None:
    """Nonsense and impossible days raise a PhraseError that names the phrase, a column and known forms."""
    with pytest.raises(PhraseError) as refused:
        read(phrase, CONTEXT)

    assert refused.value.phrase == phrase
    assert 1 <= refused.value.column <= len(phrase) + 1
    assert refused.value.nearest
    assert "Dạng gần nhất" in str(refused.value)


def test_before_a_day_is_strict_unless_the_admin_says_otherwise() -> None:
    """ "Trước ngày 15/12" is the 14th; with `before_is_strict: false` it is the 15th, yearly too."""
    lenient = Context(year=2026, before_is_strict=False)

    assert read("trước ngày 15/12", Context(year=2026)).due == DECEMBER
    assert read("trước ngày 15/12", lenient).due == date(2026, 12, 15)
    assert read("trước ngày 15/12 hằng năm", lenient).dues(*YEAR) == [("năm 2026", date(2026, 12, 15))]


def test_the_explanation_is_one_sentence_in_two_languages() -> None:
    """A strict deadline shows the day it means and its weekday."""
    reading = read("trước ngày 15/12", CONTEXT)

    assert reading.explanation == "trước ngày 15/12 → hạn cuối 14/12/2026 (thứ Hai)"
    assert reading.explanation_en == "trước ngày 15/12 → due Monday 14/12/2026"


def test_the_hour_is_the_bound_and_the_day_still_counts() -> None:
    """ "Trước 17 giờ ngày 15/10" is due on the 15th at 17:00."""
    reading = read("trước 17 giờ 30 ngày 15/10/2026", CONTEXT)

    assert (reading.due, reading.due_time) == (date(2026, 10, 15), clock(17, 30))


def test_two_quarters_are_one_window_or_two_by_choice() -> None:
    """ "Quý II, III/2022" is one window with a warning that names `read_as: each`; `each` makes two."""
    one = read("Quý II, III/2022", CONTEXT)
    two = read("Quý II, III/2022", Context(read_as="each"))

    assert any("read_as: each" in text for text in one.warnings)
    assert [p.due for p in two.parts] == [date(2022, 6, 30), date(2022, 9, 30)]


def test_continuous_yearly_may_be_read_as_yearly() -> None:
    """ "Thường xuyên hàng năm" is continuous with a yearly review; `read_as: yearly` makes it due each year."""
    yearly = read("Thường xuyên hàng năm.", Context(read_as="yearly"))

    assert yearly.kind == "recurring"
    assert yearly.dues(*YEAR) == [("năm 2026", date(2026, 12, 31))]


def test_the_whole_year_may_be_read_as_a_deadline() -> None:
    """ "Thực hiện cả năm 2024" is continuous; `read_as: window` makes it due on 31/12."""
    reading = read("Thực hiện cả năm 2024", Context(read_as="window"))

    assert (reading.kind, reading.due) == ("window", date(2024, 12, 31))


def test_from_now_keeps_its_end_when_the_issue_day_is_blank() -> None:
    """ "Từ nay đến năm 2026" of an undated draft is still due 31/12/2026, and says what is missing."""
    reading = read("Từ nay đến năm 2026.", Context())

    assert (reading.kind, reading.start, reading.due) == ("window", None, date(2026, 12, 31))
    assert any("Từ nay" in text for text in reading.warnings)


def test_a_missing_year_is_said_and_not_guessed() -> None:
    """Without a plan year "trước ngày 15/12" has no due day and a warning that names the cure."""
    reading = read("trước ngày 15/12", Context())

    assert reading.due is None
    assert any("`due`" in text for text in reading.warnings)


def test_a_printed_data_cut_off_is_kept() -> None:
    """ "(tính từ 15/12 năm trước đến 14/12)" is the data period, not a second deadline."""
    reading = read("chậm nhất ngày 17 tháng 12 (tính từ 15/12 năm trước đến 14/12)", CONTEXT)

    assert (reading.due, reading.cutoff) == (date(2026, 12, 17), "14/12")


def test_days_after_the_plans_own_issue_are_counted_from_it() -> None:
    """ "Trong vòng 30 ngày kể từ ngày ban hành Kế hoạch" is due 30 days after the issue day, which is not counted."""
    reading = read("trong vòng 30 ngày kể từ ngày ban hành Kế hoạch", CONTEXT)

    assert (reading.kind, reading.start, reading.due) == ("event", ISSUED, date(2026, 2, 14))


def test_working_days_after_an_event_are_kept_for_the_event() -> None:
    """ "10 ngày làm việc sau khi có Quyết định" waits for the event with its count."""
    reading = read("10 ngày làm việc sau khi có Quyết định", CONTEXT)

    assert (reading.kind, reading.offset, reading.offset_unit) == ("event", 10, "workday")


def test_a_long_input_is_refused_at_once() -> None:
    """More than 500 characters are refused within a blink."""
    begun = time.perf_counter()
    with pytest.raises(PhraseError, match="500"):
        read("trước ngày 15/12 " * 100, CONTEXT)

    assert time.perf_counter() - begun < 0.2


def test_an_unknown_read_as_is_refused() -> None:
    """`read_as` accepts its five values only."""
    with pytest.raises(ValueError, match="read_as"):
        Context(read_as="weekly")
