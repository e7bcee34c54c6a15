"""Park, take, wake: the only file that knows Prefect's state tricks. Called by checkpoints, the worker and `reconcile`.

A run stands for one occurrence. Between checkpoints it is *parked*: a SCHEDULED state with the name a coordinator
understands and the time of the next checkpoint, so that Prefect's durable timer wakes it. What Prefect 3.8.8 makes of
it, tried on a live server:

- Prefect has no compare-and-set, but PENDING is refused to a run that is PENDING, RUNNING, PAUSED or CANCELLED:
  taking a run by PENDING is the one exclusive step, from SCHEDULED and from COMPLETED, FAILED, CRASHED alike.
- A PENDING that brings its own `scheduled_time` may become RUNNING at once, however far ahead the run was parked.
- A worker takes any SCHEDULED run whatever its name; the late-run service renames only those named `Scheduled`.
- `No units` (nhóm rỗng) is a mistake somebody must see, so it is shown as FAILED, in red. It is not an end: the
  ledger still counts the occurrence as open, and the next wake or `reconcile` parks it again once a unit is there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self
from uuid import uuid4

import pendulum

from actions.run_view import RunView
from config.clock import Clock
from models.columns import JsonObject
from models.lifecycle import RunState

from .server_calls import PrefectServer, ServerRefused

ENDS = {
    RunState.REPORTED: "COMPLETED",
    RunState.CLOSED: "COMPLETED",
    RunState.WITHDRAWN: "CANCELLED",
    RunState.EMPTY: "FAILED",
}
UNTAKEABLE = frozenset({"CANCELLED", "CANCELLING", "PAUSED"})
IN_HAND = frozenset({"PENDING", "RUNNING"})  # somebody has taken the run
SAME_MOMENT = timedelta(seconds=1)
MESSAGE_LENGTH = 1000
TROUBLE = "Chưa xem lại được"  # how the message of a run begins that was parked after an error
TROUBLE_LASTS = timedelta(hours=1, minutes=5)


@dataclass(frozen=True)
class Run:
    """A Prefect flow run as its server tells it. Moments are the machine's, in UTC."""

    id: str
    name: str
    flow_id: str
    key: str | None
    parameters: JsonObject
    state_type: str
    state_name: str
    message: str
    wake_at: pendulum.DateTime | None
    since: pendulum.DateTime

    @classmethod
    def told(cls, row: JsonObject) -> Self:
        """The run in one row of Prefect's API."""
        state = row.get("state") or {"type": "SCHEDULED", "name": "", "timestamp": row["created"]}
        wake_at = (state.get("state_details") or {}).get("scheduled_time")
        return cls(
            id=row["id"],
            name=row["name"],
            flow_id=row["flow_id"],
            key=row.get("idempotency_key"),
            parameters=row.get("parameters") or {},
            state_type=state["type"],
            state_name=state["name"],
            message=state.get("message") or "",
            wake_at=moment(wake_at) if wake_at else None,
            since=moment(state["timestamp"]),
        )

    @property
    def occurrence_id(self) -> int | None:
        """The occurrence this run stands for, if it is a run of `plan-task`."""
        value = self.parameters.get("occurrence_id")
        return int(value) if isinstance(value, int | str) and str(value).isdigit() else None

    @property
    def in_hand(self) -> bool:
        """Whether somebody has taken it."""
        return self.state_type in IN_HAND

    @property
    def cancelled_by_hand(self) -> bool:
        """Whether somebody pressed Cancel in Prefect; our own cancelled runs are named `Withdrawn`."""
        return self.state_type == "CANCELLING" or (
            self.state_type == "CANCELLED" and self.state_name != RunState.WITHDRAWN.value
        )


def moment(text: str) -> pendulum.DateTime:
    """A moment of Prefect's API, in UTC."""
    return pendulum.instance(datetime.fromisoformat(text)).in_timezone("UTC")


def state_of(view: RunView, clock: Clock) -> JsonObject:
    """The Prefect state in which `view` stands. Prefect's clock is real time: a shifted wake time is shifted back."""
    state: JsonObject = {"name": view.state.value, "message": view.message[:MESSAGE_LENGTH]}
    if view.state in ENDS:
        return {**state, "type": ENDS[view.state]}
    return {**state, "type": "SCHEDULED", "state_details": {"scheduled_time": _wake_at(view, clock).isoformat()}}


def _wake_at(view: RunView, clock: Clock) -> pendulum.DateTime:
    return real_moment(clock, view.wake_at or clock.now())


def real_moment(clock: Clock, moment: datetime) -> pendulum.DateTime:
    """A moment of the house as a moment of the machine, in UTC: Prefect's clock is always real time.

    The shift is made a plain timedelta first: Pendulum 3.3 subtracts the Interval that two of its moments leave
    the wrong way round (`a - (a - b)` is not `b`).
    """
    return pendulum.instance(moment - timedelta(seconds=clock.shift.total_seconds())).in_timezone("UTC")


def stands(run: Run, view: RunView, clock: Clock) -> bool:
    """Whether `run` is in the state and at the wake time the ledger wants (its name is asked by `renamed`)."""
    if view.state in ENDS:
        return (run.state_type, run.state_name) == (ENDS[view.state], view.state.value)
    if run.state_type != "SCHEDULED" or run.wake_at is None:
        return False
    now, wanted = pendulum.now("UTC"), _wake_at(view, clock)
    if run.wake_at <= now:
        return True  # it is about to be looked at
    if run.message.startswith(TROUBLE) and run.wake_at < now + TROUBLE_LASTS:
        return True  # it waits for its next try
    return run.state_name == view.state.value and abs(run.wake_at - wanted) <= SAME_MOMENT


async def create(server: PrefectServer, deployment_id: str, view: RunView, clock: Clock) -> Run:
    """A run for `view`, at once in its right state; asked twice, Prefect gives the same run (its idempotency key)."""
    body = {
        "name": view.name,
        "parameters": {"occurrence_id": view.occurrence_id},
        "tags": list(view.tags),
        "idempotency_key": key_of(view.occurrence_id),
        "state": state_of(view, clock),
    }
    return Run.told(await server.write("POST", f"/deployments/{deployment_id}/create_flow_run", body))


def key_of(occurrence_id: int) -> str:
    """The idempotency key of the one run of an occurrence."""
    return f"dondoc-{occurrence_id}"


async def take(server: PrefectServer, run_id: str) -> bool:
    """Take a run exclusively, by PENDING; false when somebody else has it."""
    # its own transition id: asked again after a lost answer, Prefect says so instead of refusing us our own run
    details = {"scheduled_time": pendulum.now("UTC").isoformat(), "transition_id": str(uuid4())}
    return await _set(server, run_id, {"type": "PENDING", "name": "Pending", "state_details": details})


async def begin(server: PrefectServer, run_id: str) -> bool:
    """Show a taken run as RUNNING."""
    return await _set(server, run_id, {"type": "RUNNING", "name": "Running"})


async def park(server: PrefectServer, run: Run, view: RunView, clock: Clock) -> None:
    """Leave a run that is ours in the state `view` wants, under its name."""
    await renamed(server, run, view)
    await _set(server, run.id, state_of(view, clock))


async def put(server: PrefectServer, run: Run, view: RunView, clock: Clock) -> bool:
    """Bring a run that nobody has in hand to where `view` wants it; false when somebody took it meanwhile.

    It is taken first: SCHEDULED set over a RUNNING run would start it twice. A CANCELLED or PAUSED run cannot be taken,
    and no worker looks at one.
    """
    if run.state_type not in UNTAKEABLE and not await take(server, run.id):
        return False
    await park(server, run, view, clock)
    return True


async def set_back(server: PrefectServer, run: Run, view: RunView, clock: Clock) -> None:
    """Bring back a run whose holder has died (PENDING or RUNNING without a live claim in the ledger)."""
    await park(server, run, view, clock)


async def renamed(server: PrefectServer, run: Run, view: RunView) -> bool:
    """Give a run the name the ledger has for it; whether it had another."""
    if run.name == view.name:
        return False
    await server.write("PATCH", f"/flow_runs/{run.id}", {"name": view.name})
    return True


async def wake(server: PrefectServer, run: Run) -> bool:
    """Make a parked or ended run due now; one in somebody's hand is left alone, one stopped by hand to `reconcile`."""
    withdrawn = run.state_type == "CANCELLED" and not run.cancelled_by_hand
    if run.in_hand or not (withdrawn or await take(server, run.id)):
        return False
    name = run.state_name if run.state_name in set(RunState) else RunState.ASSIGNED.value
    now = {"scheduled_time": pendulum.now("UTC").isoformat()}
    return await _set(server, run.id, {"type": "SCHEDULED", "name": name, "message": run.message, "state_details": now})


async def end(server: PrefectServer, run_id: str, name: str, message: str, kind: str = "COMPLETED") -> None:
    """End a run that stands for no occurrence."""
    await _set(server, run_id, {"type": kind, "name": name, "message": message[:MESSAGE_LENGTH]})


async def retry_later(server: PrefectServer, run: Run, message: str, wait: timedelta) -> None:
    """Park a run that stands for no occurrence (a standing flow) until its next try."""
    when = {"scheduled_time": (pendulum.now("UTC") + wait).isoformat()}
    await _set(
        server,
        run.id,
        {"type": "SCHEDULED", "name": "AwaitingRetry", "message": message[:MESSAGE_LENGTH], "state_details": when},
    )


async def read_run(server: PrefectServer, run_id: str) -> Run | None:
    """A run, or none when the server does not know it (it was deleted, or the server's database was)."""
    try:
        return Run.told(await server.read("GET", f"/flow_runs/{run_id}"))
    except ServerRefused as refusal:
        if refusal.status in (404, 422):
            return None
        raise


def after_trouble(view: RunView, error: Exception, wait: timedelta, clock: Clock) -> RunView:
    """How a run is parked when its checkpoint failed: same name, a message that says so, the next try after `wait`."""
    when = clock.now() + wait
    said = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    message = f"{TROUBLE} ({said}); thử lại lúc {when:%H:%M:%S %d/%m/%Y}"
    return replace(view, state=_open(view.state), message=message, wake_at=pendulum.instance(when))


def soon(view: RunView, wait: timedelta, clock: Clock) -> RunView:
    """How a run is parked when someone else holds the ledger's claim on it: asked again after `wait`."""
    if view.state in ENDS:
        return view
    return replace(view, wake_at=pendulum.instance(clock.now() + wait))


def _open(state: RunState) -> RunState:
    return RunState.ASSIGNED if state in ENDS else state


async def _set(server: PrefectServer, run_id: str, state: JsonObject) -> bool:
    answer = await server.write("POST", f"/flow_runs/{run_id}/set_state", {"state": state})
    return bool(answer["status"] == "ACCEPT")
