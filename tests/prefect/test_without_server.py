"""What needs no server: states and schedules as Prefect is told them, names, the log filter, prefect.yaml."""

from __future__ import annotations

import asyncio
import logging
from datetime import date, timedelta
from pathlib import Path

import httpx
import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from actions.run_view import RunView
from config.clock import Clock, clock_at
from flows import deploy, parking, server_calls
from flows.checkpoint import Times, backoff
from flows.parking import Run
from flows.server_calls import PrefectServer, ServerAway, ServerRefused
from flows.worker import grace
from models.columns import ZONE
from models.lifecycle import RunState

NOW = pendulum.now("UTC").replace(microsecond=0)


def view(state: RunState, wake_at: pendulum.DateTime | None = None) -> RunView:
    """A view of occurrence 7."""
    return RunView(7, "ke-hoach", "ke-hoach:1", "Việc · 0/2", state, "Hạn 14/12", wake_at, 0, None)


def told(state_type: str, name: str, wake_at: pendulum.DateTime | None = None, message: str = "") -> Run:
    """A run of occurrence 7 as Prefect tells it."""
    return Run("r", "Việc · 0/2", "f", None, {"occurrence_id": 7}, state_type, name, message, wake_at, NOW)


@pytest.mark.parametrize("state", list(RunState))
def test_every_state_of_the_ledger_has_a_state_of_prefect_that_stands_for_it(state: RunState) -> None:
    """Each state a coordinator reads becomes a Prefect state of that name, and a run in it is left alone."""
    wanted = view(state, NOW.add(days=3))

    body = parking.state_of(wanted, Clock())
    parked = told(body["type"], body["name"], NOW.add(days=3) if body["type"] == "SCHEDULED" else None)

    assert body["name"] == state.value
    assert parking.stands(parked, wanted, Clock())


def test_a_shifted_house_gives_prefect_real_wake_times() -> None:
    """On a clock that shows March 2024, tomorrow there is tomorrow here."""
    clock = clock_at(pendulum.datetime(2024, 3, 20, 8, tz=ZONE))

    body = parking.state_of(view(RunState.ASSIGNED, pendulum.datetime(2024, 3, 21, 8, tz=ZONE)), clock)
    wake_at = parking.moment(body["state_details"]["scheduled_time"])

    assert abs(wake_at - pendulum.now("UTC").add(days=1)) < timedelta(seconds=5)


@pytest.mark.parametrize(
    "run",
    [
        told("SCHEDULED", "Overdue", NOW.add(days=3)),
        told("SCHEDULED", "Assigned", NOW.add(days=4)),
        told("COMPLETED", "Reported"),
        told("CANCELLED", "Cancelled"),
        told("FAILED", "Failed"),
        told("PAUSED", "Suspended"),
    ],
)
def test_another_state_name_or_wake_time_does_not_stand(run: Run) -> None:
    """A run in any other state, or parked until another moment, is put right."""
    assert not parking.stands(run, view(RunState.ASSIGNED, NOW.add(days=3)), Clock())


def test_a_run_about_to_be_looked_at_or_waiting_for_its_next_try_is_left_alone() -> None:
    """Due runs, and runs parked after an error, are nobody's to move."""
    wanted = view(RunState.ASSIGNED, NOW.add(days=3))

    assert parking.stands(told("SCHEDULED", "Overdue", NOW.subtract(seconds=1)), wanted, Clock())
    assert parking.stands(told("SCHEDULED", "Assigned", NOW.add(minutes=5), parking.TROUBLE + " (…)"), wanted, Clock())


@given(st.text())
def test_every_key_has_a_name_of_its_own_that_prefect_accepts(key: str) -> None:
    """The five characters Prefect refuses are replaced one by one, so two keys never share a name."""
    name = deploy.prefect_name(key)

    assert not set(name) & set("/%&<>")
    assert len(name) == len(key)


def test_a_schedule_says_its_opening_days_in_vietnam_time() -> None:
    """Opening days become 00:05 of those days, Asia/Ho_Chi_Minh, with an explicit start, and read back as they were."""
    days = [date(2027, 1, 4), date(2027, 4, 5)]

    schedule = deploy.rrule(deploy.opening_moments(days, Clock()))

    assert schedule["rrule"] == "DTSTART:20270104T000500\nRDATE:20270104T000500,20270405T000500"
    assert schedule["timezone"] == "Asia/Ho_Chi_Minh"
    assert [moment.date() for moment in deploy.moments_of(schedule["rrule"])] == days


def test_a_schedule_is_rewritten_for_a_changed_day_and_not_because_time_went_on() -> None:
    """Days that have passed, and a window that grew at its far end, need no write; a moved or a new near day does."""
    day = pendulum.now(ZONE).replace(microsecond=0)
    have = [day.subtract(days=30), day.add(days=60), day.add(days=300)]

    assert deploy.good_enough(have, have[1:])
    assert deploy.good_enough(have, [*have[1:], day.add(days=390)])
    assert not deploy.good_enough(have, [day.add(days=61), day.add(days=300)])
    assert not deploy.good_enough(have, [day.add(days=30), *have[1:]])
    assert not deploy.good_enough(have[:2], [*have[1:], day.add(days=390)])


def test_a_killed_worker_strands_a_run_for_less_than_two_minutes() -> None:
    """Claim, grace, the next look and the next poll add up to less than two minutes."""
    assert grace(Times()) < timedelta(minutes=2)


def test_errors_wait_longer_each_time_and_never_more_than_an_hour() -> None:
    """15 s, 30 s, a minute … an hour."""
    waits = [backoff(Times(), tries).total_seconds() for tries in range(1, 14)]

    assert waits[:3] == [15, 30, 60]
    assert waits == sorted(waits)
    assert waits[-1] == 3600


@pytest.mark.parametrize(
    ("said", "level"),
    [
        ("Finished in state Overdue('Hạn 14/12', type=SCHEDULED)", logging.INFO),
        ("Finished in state Withdrawn('Hạn 14/12', type=CANCELLED)", logging.INFO),
        ("Finished in state No units('Hạn 14/12', type=FAILED)", logging.ERROR),
        ("Finished in state Failed('…', type=FAILED)", logging.ERROR),
        ("Something else, type=SCHEDULED)", logging.ERROR),
    ],
)
def test_a_normal_park_is_logged_as_information(said: str, level: int) -> None:
    """Only the engine's last line of a park or a withdrawal loses its ERROR."""
    from flows.quiet_park import ParkIsNoError

    record = logging.LogRecord("prefect.flow_runs", logging.ERROR, "", 0, said, None, None)

    assert ParkIsNoError().filter(record)
    assert record.levelno == level


def test_prefect_yaml_deploys_the_standing_flows_and_no_plan(root: Path) -> None:
    """prefect.yaml names the same standing flows and entrypoints as `dondoc up`, all on our pool, in Vietnam time."""
    document = YAML(typ="safe").load((root / "prefect.yaml").read_text("utf-8"))
    found = {row["name"]: row["entrypoint"] for row in document["deployments"]}
    schedules = [schedule for row in document["deployments"] for schedule in row["schedules"]]

    assert found == {name: entrypoint for name, (entrypoint, _) in deploy.STANDING.items()}
    assert {row["work_pool"]["name"] for row in document["deployments"]} == {deploy.POOL}
    assert {schedule["timezone"] for schedule in schedules} == {"Asia/Ho_Chi_Minh"}


def test_no_file_of_flows_is_named_like_a_top_level_folder(root: Path) -> None:
    """Prefect puts flows/ first on the path for a path entrypoint: `flows/models.py` would hide `models/`."""
    folders = {path.name for path in root.iterdir() if path.is_dir()}

    assert not {path.stem for path in (root / "flows").glob("*.py")} & folders


def test_the_everyday_commands_do_not_import_prefect(root: Path) -> None:
    """`dondoc up` itself talks REST: only flow bodies, loaded by stock workers, import prefect."""
    import subprocess
    import sys

    said = "import cli.main, cli.up, sys; print('prefect' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", said], cwd=root, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


# ------------------------------------------------------------------ calls


def answering(*codes: int) -> PrefectServer:
    """A server that answers with these codes, one after the other."""
    left = list(codes)

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(left.pop(0), json={"left": len(left)})

    return PrefectServer("http://127.0.0.1:1/api", transport=httpx.MockTransport(answer))


def test_a_locked_database_is_asked_again_after_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """503 is waited out; the answer that comes then is the answer."""
    monkeypatch.setattr(server_calls, "LOCKED_SECONDS", 0.001)

    assert asyncio.run(answering(503, 503, 200).write("POST", "/x")) == {"left": 0}


def test_a_refusal_says_what_was_refused() -> None:
    """Any other error carries status, call and answer."""
    with pytest.raises(ServerRefused, match="404: GET /flow_runs/1") as refusal:
        asyncio.run(answering(404).read("GET", "/flow_runs/1"))

    assert refusal.value.status == 404


def test_a_server_that_is_not_there_is_away() -> None:
    """No listener is a sentence that names the address."""
    with pytest.raises(ServerAway, match=r"127\.0\.0\.1:1"):
        asyncio.run(PrefectServer("http://127.0.0.1:1/api").read("GET", "/health"))
