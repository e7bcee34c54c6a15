"""The calendar feed, read back by a parser that did not write it and by a client library."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import icalendar
import pytest
import vobject
from typer.testing import CliRunner

from cli.main import app

WINDOW = ("--from", "2024-01-01", "--to", "2026-12-31", "--format", "ics")


@pytest.fixture
def feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """`dondoc calendar --format ics …` as bytes."""
    monkeypatch.setenv("DONDOC_HOME", str(tmp_path))

    def read(*words: str) -> bytes:
        result = CliRunner().invoke(app, ["calendar", *WINDOW, *words])
        assert result.exit_code == 0, result.output
        return result.stdout_bytes

    return read


def test_an_independent_parser_reads_every_event_with_its_alarm(feed) -> None:  # type: ignore[no-untyped-def]
    """Lines end in CRLF and hold at most 75 octets; each event has a day, a UID of its own and an alarm before it."""
    text = feed("--plan", "pgd-haian-cchc-2024")
    events = vobject.readOne(text.decode()).vevent_list

    assert all(len(line) <= 75 for line in text.split(b"\r\n"))
    assert b"\n" not in text.replace(b"\r\n", b"")
    assert len(events) == len({event.uid.value for event in events}) == 10
    assert {event.dtstart.value for event in events} >= {date(2024, 3, 25), date(2024, 6, 24), date(2024, 12, 23)}
    assert all(event.valarm.trigger.value.days < 0 for event in events)
    assert any("quý I/2024" in event.summary.value for event in events)


def test_a_client_library_agrees_and_the_bytes_are_stable(feed) -> None:  # type: ignore[no-untyped-def]
    """The same config gives the same bytes, and the events are whole days in Asia/Ho_Chi_Minh."""
    first, second = feed(), feed()
    calendar = icalendar.Calendar.from_ical(first)
    events = list(calendar.walk("VEVENT"))

    assert first == second
    assert not calendar.errors
    assert all(event["DTEND"].dt - event["DTSTART"].dt == date.resolution for event in events)
    assert str(calendar["X-WR-TIMEZONE"]) == "Asia/Ho_Chi_Minh"


def test_a_unit_has_a_feed_of_what_it_owes(feed) -> None:  # type: ignore[no-untyped-def]
    """`--unit` keeps the events of one unit, over all plans; an unknown unit is refused with near ones."""
    mine = vobject.readOne(feed("--unit", "sgddt-hp/khtc").decode()).vevent_list
    unknown = CliRunner().invoke(app, ["calendar", *WINDOW, "--unit", "sgddt-hp/khtcc"])

    assert {event.uid.value.split(".")[0] for event in mine} == {"sgddt-hp-kl50"}
    assert unknown.exit_code == 1
    assert "sgddt-hp/khtc" in unknown.stderr
