"""Deployments by fingerprint: what the ledger wants against what Prefect has, and only the difference is written.

Runs at the start of `dondoc up`, at `dondoc apply`, and at every whole `reconcile`. One paged read answers for all.
What Prefect 3.8.8 makes of deployments:

- POST over a deployment that has a schedule mints the schedule and its runs anew, so a changed deployment is PATCHed,
  and a changed schedule is PATCHed by its slug; only auto-scheduled future runs go, parked runs stay.
- Deleting a deployment takes its parked runs along: none is ever deleted, an unwanted calendar is paused.
- Names may not contain `/ % & < >`; those five become their full-width forms, which no plan code contains.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time

import pendulum

from config.bootstrap import House
from config.clock import Clock
from models.columns import ZONE, JsonObject

from .ledger_side import in_thread
from .parking import real_moment
from .server_calls import PrefectServer, ServerRefused
from .wanted import CalendarSpec, ProcessSpec, wanted

POOL = "dondoc"
TAG = "dondoc"
PLAN_TASK, REPORTING_PERIOD = "plan-task", "reporting-period"
STANDING = {
    "deliver-letters": ("flows.standing.deliver_letters", "Gửi các thư đã đến giờ"),
    "consolidate-period": ("flows.standing.consolidate_period", "Tổng hợp một kỳ báo cáo"),
    "reconcile": ("flows.standing.reconcile_runs", "Đối chiếu các quá trình với sổ gốc"),
}
SLUG = "mo-ky"
OPENING = time(0, 5)  # when a period opens on its day; letters leave at the sending hour
FRESH_DAYS = 200  # a schedule that still reaches this far is not rewritten only because time went on
_REFUSED = str.maketrans("/%&<>", "／％＆＜＞")

Progress = Callable[[int, int], None]


@dataclass
class Written:
    """How many deployments one pass created and changed."""

    created: int = 0
    changed: int = 0
    paused: int = 0

    @property
    def writes(self) -> int:
        """All of them."""
        return self.created + self.changed + self.paused


def prefect_name(key: str) -> str:
    """A process key as Prefect lets a deployment be called."""
    return key.translate(_REFUSED)


async def register(house: House, server: PrefectServer, progress: Progress | None = None) -> Written:
    """Bring pool, flows and deployments to what the ledger wants; a second call writes nothing."""
    await _ensure_pool(server)
    flows = {name: await _flow_id(server, name) for name in (PLAN_TASK, REPORTING_PERIOD, *STANDING)}
    processes, calendars = await in_thread(wanted, house)
    there, written = await _read_all(server), Written()
    bodies = [_process_body(spec, flows) for spec in processes] + [_calendar_body(spec, flows) for spec in calendars]
    for done, body in enumerate(bodies, 1):
        await _write_one(server, body, there.get(body["name"]), written)
        if progress:
            progress(done, len(bodies))
    await _schedule_all(house, server, calendars, written)
    await _pause_unwanted(server, there, {body["name"] for body in bodies}, written)
    await _standing(server, there, flows, written)
    return written


async def register_processes(house: House, server: PrefectServer) -> dict[str, str]:
    """The deployment id of every process (by its key), after registering what is missing."""
    processes, _ = await in_thread(wanted, house)
    there = await _read_all(server)
    if any(prefect_name(spec.key) not in there for spec in processes):
        await register(house, server)
        there = await _read_all(server)
    ids = {name: str(row["id"]) for name, row in there.items()}
    return {spec.key: ids[prefect_name(spec.key)] for spec in processes}


# ------------------------------------------------------------------ what is wanted, as Prefect takes it


def _process_body(spec: ProcessSpec, flows: Mapping[str, str]) -> JsonObject:
    return _signed(
        {
            "name": prefect_name(spec.key),
            "flow_id": flows[PLAN_TASK],
            "entrypoint": "flows.plan_task.plan_task",
            "description": spec.description,
            "tags": [TAG, *spec.tags],
            "parameter_openapi_schema": _schema(occurrence_id="integer"),
            "enforce_parameter_schema": True,
        }
    )


def _calendar_body(spec: CalendarSpec, flows: Mapping[str, str]) -> JsonObject:
    return _signed(
        {
            "name": prefect_name(spec.key),
            "flow_id": flows[REPORTING_PERIOD],
            "entrypoint": "flows.reporting_period.reporting_period",
            "description": f"Mở kỳ: {spec.title}",
            "tags": [TAG, *spec.tags],
            "parameters": {"plan_id": spec.plan_id, "report": spec.report},
            "parameter_openapi_schema": _schema(plan_id="string", report="string"),
            "enforce_parameter_schema": True,
        }
    )


def _schema(**parameters: str) -> JsonObject:
    properties = {
        name: {"title": name, "type": kind, "position": position}
        for position, (name, kind) in enumerate(parameters.items())
    }
    return {"title": "Parameters", "type": "object", "properties": properties, "required": list(parameters)}


def _signed(body: JsonObject) -> JsonObject:
    """The body with its own fingerprint as `version`: equal fingerprints need no write."""
    whole = {**body, "work_pool_name": POOL}
    text = json.dumps({**whole, "flow_id": ""}, sort_keys=True, ensure_ascii=False)
    return {**whole, "version": hashlib.sha256(text.encode()).hexdigest()[:16]}


# ------------------------------------------------------------------ reading and writing


async def _ensure_pool(server: PrefectServer) -> None:
    try:
        await server.read("GET", f"/work_pools/{POOL}")
    except ServerRefused as refusal:
        if refusal.status != 404:
            raise
        # type `process`, so that the stock worker can serve it too; it brings the pool's job template itself
        await server.write("POST", "/work_pools/", {"name": POOL, "type": "process", "description": "Dondoc"})


async def _flow_id(server: PrefectServer, name: str) -> str:
    try:
        return str((await server.read("GET", f"/flows/name/{name}"))["id"])
    except ServerRefused as refusal:
        if refusal.status != 404:
            raise
        return str((await server.write("POST", "/flows/", {"name": name}))["id"])


async def _read_all(server: PrefectServer) -> dict[str, JsonObject]:
    body = {"deployments": {"tags": {"all_": [TAG]}}, "sort": "NAME_ASC"}
    return {row["name"]: row async for row in server.pages("/deployments/filter", body)}


async def _write_one(server: PrefectServer, body: JsonObject, there: JsonObject | None, written: Written) -> None:
    if there is None:
        await server.write("POST", "/deployments/", body)
        written.created += 1
    elif there["version"] != body["version"] or there["paused"]:
        changes = {key: value for key, value in body.items() if key not in ("name", "flow_id")}
        await server.write("PATCH", f"/deployments/{there['id']}", {**changes, "paused": False})
        written.changed += 1


async def _standing(
    server: PrefectServer, there: Mapping[str, JsonObject], flows: Mapping[str, str], written: Written
) -> None:
    """The standing deployments without a schedule (`dondoc up` does their work itself); `prefect.yaml` may add one."""
    for name, (entrypoint, description) in STANDING.items():
        if name not in there:
            schema = _schema(plan_id="string", period="string") if name == "consolidate-period" else _schema()
            body = {"name": name, "flow_id": flows[name], "entrypoint": entrypoint, "description": description}
            body = _signed({**body, "tags": [TAG, "standing"], "parameter_openapi_schema": schema})
            await server.write("POST", "/deployments/", body)
            written.created += 1


async def _pause_unwanted(
    server: PrefectServer, there: Mapping[str, JsonObject], names: set[str], written: Written
) -> None:
    for name, row in there.items():
        if name not in names and f":{SLUG}:" in name and not row["paused"]:
            await server.write("PATCH", f"/deployments/{row['id']}", {"paused": True})
            written.paused += 1


# ------------------------------------------------------------------ native schedules


async def _schedule_all(
    house: House, server: PrefectServer, calendars: Sequence[CalendarSpec], written: Written
) -> None:
    there = await _read_all(server)
    for spec in calendars:
        row = there[prefect_name(spec.key)]
        await _schedule(server, row, spec, house.clock, written)


async def _schedule(server: PrefectServer, row: JsonObject, spec: CalendarSpec, clock: Clock, written: Written) -> None:
    wanted_now = opening_moments(spec.days, clock)
    own = next((schedule for schedule in row["schedules"] if schedule["slug"] == SLUG), None)
    if own is None:
        body = [{"slug": SLUG, "active": True, "schedule": rrule(wanted_now)}]
        await server.write("POST", f"/deployments/{row['id']}/schedules", body)
        written.changed += 1
    elif not good_enough(moments_of(own["schedule"].get("rrule", "")), wanted_now):
        path = f"/deployments/{row['id']}/schedules/{own['id']}"
        await server.write("PATCH", path, {"slug": SLUG, "active": True, "schedule": rrule(wanted_now)})
        written.changed += 1


def opening_moments(days: Sequence[date], clock: Clock) -> list[pendulum.DateTime]:
    """When the periods of these days open, on the machine's clock (a shifted house's days are shifted back)."""
    at = [pendulum.datetime(day.year, day.month, day.day, OPENING.hour, OPENING.minute, tz=ZONE) for day in days]
    return [real_moment(clock, moment).in_timezone(ZONE).replace(microsecond=0) for moment in at]


def rrule(moments: Sequence[pendulum.DateTime]) -> JsonObject:
    """A native Prefect schedule on exactly these moments, with an explicit start."""
    days = ",".join(moment.format("YYYYMMDD[T]HHmmss") for moment in moments)
    start = moments[0].format("YYYYMMDD[T]HHmmss")
    return {"rrule": f"DTSTART:{start}\nRDATE:{days}", "timezone": str(ZONE)}


def moments_of(text: str) -> list[pendulum.DateTime]:
    """The moments of a schedule that `rrule` made."""
    dates = text.partition("RDATE:")[2].split("\n")[0]
    return [pendulum.from_format(day, "YYYYMMDD[T]HHmmss", tz=ZONE) for day in dates.split(",") if day]


def good_enough(have: Sequence[pendulum.DateTime], want: Sequence[pendulum.DateTime]) -> bool:
    """Whether a schedule says the coming moments rightly: all of them as far as it reaches, and it reaches far."""
    now = pendulum.now(ZONE)
    coming = [moment for moment in have if moment >= now]
    if not coming:
        return not [moment for moment in want if moment >= now]
    until = coming[-1]
    same = coming == [moment for moment in want if now <= moment <= until]
    return same and (until >= now.add(days=FRESH_DAYS) or until >= want[-1])
