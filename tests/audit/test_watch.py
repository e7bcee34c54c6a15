"""The watch on the watcher: heartbeats, the doctor's findings, /health, /metrics, the outgoing ping."""

from __future__ import annotations

import http.server
import logging
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import update
from sqlmodel import col

from actions.heartbeat import POST, TICK, beat, is_late, last_beat
from config.bootstrap import RUNNING, House, deliver_letters, furnish, note_running, tick
from config.clock import Clock
from config.doctor import examine
from config.ping import ping
from config.settings import Settings
from models.database import open_ledger, reading, transaction
from models.ledger import Assignment
from models.outbox import Letter, Notice
from portal import metrics
from tests.office import Office, at


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A wired house without a plan."""
    found = furnish(Settings(home=tmp_path), Clock())
    yield found
    found.engine.dispose()


def findings(house: House) -> dict[str, str]:
    """{code: level} of the doctor."""
    with reading(house.engine) as session:
        return {finding["code"]: finding["level"] for finding in examine(house, session)}


def aged(house: House, **ages: timedelta) -> None:
    """Move the last rounds into the past."""
    with transaction(house.engine) as session:
        for name, age in ages.items():
            beat(session, name, house.clock.now() - age)


def long_up(house: House) -> None:
    """`dondoc up` runs here since an hour ago."""
    note_running(house, house.settings.home)
    file = house.settings.home / RUNNING
    os.utime(file, (file.stat().st_mtime - 3600,) * 2)


# ------------------------------------------------------------------ heartbeats


def test_the_tick_and_the_post_leave_a_sign_of_life(house: House) -> None:
    """Each round writes when it was, over the one before."""
    tick(house)
    deliver_letters(house)
    tick(house)

    with reading(house.engine) as session:
        assert not is_late(last_beat(session, TICK), house.clock.now())
        assert not is_late(last_beat(session, POST), house.clock.now())


def test_a_round_is_late_after_ten_minutes_or_from_the_future() -> None:
    """A clock set back makes yesterday's round a promise for tomorrow: it counts as missing."""
    now = at("2026-03-26", 9)

    assert not is_late(now.subtract(minutes=9), now)
    assert is_late(now.subtract(minutes=11), now)
    assert is_late(now.add(hours=1), now)
    assert is_late(None, now)


def test_the_doctor_rings_when_the_tick_of_a_house_that_is_up_is_late(house: House) -> None:
    """While nothing is up nobody is late; an hour up without a tick is an error; a fresh tick is well."""
    assert "late-tick" not in findings(house)
    long_up(house)
    assert findings(house)["late-tick"] == "error"
    aged(house, tick=timedelta(minutes=11), post=timedelta(minutes=1))
    assert (findings(house)["late-tick"], findings(house)["late-post"]) == ("error", "ok")
    tick(house)
    assert findings(house)["late-tick"] == "ok"


def test_a_house_that_has_just_started_is_given_time(house: House) -> None:
    """The old heartbeat of before a week's downtime is no error in the first minutes."""
    aged(house, tick=timedelta(days=7))
    note_running(house, house.settings.home)

    assert "late-tick" not in findings(house)


def test_the_doctor_names_letters_of_which_nobody_knows(house: House) -> None:
    """They are never sent again by machine, so a person has to be told."""
    row = {"recipient": "x:dau_moi", "channel": "email", "sender_id": "y", "day": at("2026-03-26").date(),
           "planned_at": at("2026-03-26")}  # fmt: skip
    with transaction(house.engine) as session:
        session.add(Letter(**row, state="unknown"))

    assert findings(house)["letters-unknown"] == "warning"
    assert "letters" not in findings(house)


# ------------------------------------------------------------------ for monitors


class Seen:
    """A house as monitors see it: a ledger and a clock."""

    def __init__(self, office: Office) -> None:
        self.engine, self.clock = office.engine, Clock()


@dataclass
class Monitor:
    """Asks a portal that has /health and /metrics alone."""

    seen: Any

    def get(self, path: str) -> httpx.Response:
        """One GET."""
        answer = {"/health": metrics.health, "/metrics": metrics.metrics}[path](self.seen)
        return httpx.Response(answer.status_code, headers=dict(answer.headers), content=bytes(answer.body))


@pytest.fixture
def monitor(office: Office) -> Monitor:
    """A monitor of the office that has lived."""
    return Monitor(Seen(office))


def test_health_is_200_while_the_tick_comes_and_503_when_it_does_not(office: Office, monitor: Monitor) -> None:
    """A monitor needs one status code; the reasons stand in the JSON."""
    for age, status in ((timedelta(minutes=1), 200), (timedelta(minutes=20), 503)):
        with transaction(office.engine) as session:
            beat(session, TICK, Clock().now() - age)
        answer = monitor.get("/health")

        assert (answer.status_code, answer.json()["ok"]) == (status, status == 200)
    assert "no tick" in answer.json()["reason"]


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_health_is_503_when_somebody_overdue_was_told_nothing(office: Office, monitor: Monitor) -> None:
    """The invariant that must be zero: work that nobody was ever told about is overdue."""
    with transaction(office.engine) as session:
        told = session.get_one(Assignment, 1)
        session.add(told)
        session.execute(update(Assignment).values(state="reported"))
        fields = told.model_dump(exclude={"id", "occurrence_id", "unit_id"})
        session.add(Assignment(**fields | {"state": "overdue", "sends": True, "ladder": "don-vi"}, unit_id="stc",
                               occurrence_id=told.occurrence_id))  # fmt: skip
    answer = monitor.get("/health")

    assert (answer.status_code, answer.json()["overdue_untold"]) == (503, 1)
    assert "untold" in answer.json()["reason"]


def test_metrics_count_the_ledger(office: Office, monitor: Monitor) -> None:
    """Prometheus's text form, with every state there even at nought, and numbers that are the ledger's."""
    with transaction(office.engine) as session:
        beat(session, TICK, Clock().now())
        session.execute(update(Notice).where(col(Notice.id) == 1).values(state="held"))
    answer = monitor.get("/metrics")
    values = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))

    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert values["dondoc_up"] == "1"
    assert float(values['dondoc_assignments{state="overdue"}']) == float(values["dondoc_overdue"]) > 0
    assert float(values['dondoc_letters{state="sent"}']) > 0
    assert values['dondoc_letters{state="unknown"}'] == "0"
    assert values["dondoc_notices_held"] == "1"
    assert float(values['dondoc_seconds_since_round{round="tick"}']) < 60
    assert float(values["dondoc_audit_links"]) > 0


def test_a_ledger_that_does_not_answer_is_down(tmp_path: Path) -> None:
    """503 and one gauge, no stack trace."""
    bare = open_ledger(f"sqlite:///{tmp_path}/bare.db")
    seen: Any = Seen.__new__(Seen)
    seen.engine, seen.clock = bare, Clock()
    monitor = Monitor(seen)

    assert monitor.get("/health").status_code == 503
    assert (monitor.get("/metrics").status_code, "dondoc_up 0" in monitor.get("/metrics").text) == (503, True)
    bare.dispose()


# ------------------------------------------------------------------ the ping


@pytest.fixture
def outside() -> Iterator[tuple[str, list[str]]]:
    """Somebody who counts the signs of life: (address, paths asked for); `/500` is answered with an error."""
    asked: list[str] = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(500 if self.path == "/500" else 200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_a_healthy_round_is_said_outside(house: House, outside: tuple[str, list[str]]) -> None:
    """One GET after each tick; none when no address is set, none on a shifted clock."""
    url, asked = outside
    told = replace(house, settings=house.settings.model_copy(update={"ping_url": SecretStr(f"{url}/abc")}))
    tick(told)
    tick(house)
    tick(replace(told, clock=Clock(timedelta(hours=1))))

    assert asked == ["/abc"]


def test_an_unhealthy_round_says_nothing(house: House, outside: tuple[str, list[str]]) -> None:
    """Silence is the alarm: a tick that failed does not ping."""
    url, asked = outside
    settings = house.settings.model_copy(update={"ping_url": SecretStr(f"{url}/abc")})
    broken = replace(house, settings=settings, rules=None)  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        tick(broken)

    assert asked == []


@pytest.mark.parametrize("path", ["/500", None, "not a url"])
def test_a_failed_ping_is_logged_without_its_address_and_never_raised(
    outside: tuple[str, list[str]], path: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """The address is a secret, also when nobody answers there."""
    url = {"/500": f"{outside[0]}/500", None: "http://127.0.0.1:9/bi-mat"}.get(path, str(path))
    with caplog.at_level(logging.WARNING, "dondoc.ping"):
        assert ping(SecretStr(url)) is False

    assert "ping" in caplog.text
    assert url not in caplog.text
