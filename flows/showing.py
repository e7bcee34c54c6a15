"""What a run shows beside its state: a row in its log, and one table of its units. Called after a run was parked.

The table is one Prefect artifact per run, `run-<occurrence>`, changed in place: its address stays good in letters and
in the portal, and years of changes do not fill Prefect's database (the ledger keeps the history).
"""

from __future__ import annotations

import json
import logging

import pendulum
from slugify import slugify

from actions.run_view import RunView

from .parking import Run
from .server_calls import PrefectServer

INFO, WARNING, ERROR = logging.INFO, logging.WARNING, logging.ERROR
LOGGER = "dondoc"

# run id → (its artifact, the table last shown there), so that an unchanged table costs no call
_shown: dict[str, tuple[str, str]] = {}


def artifact_key(occurrence_id: int) -> str:
    """The key of a run's table (Prefect allows lower-case letters, digits and dashes)."""
    return f"run-{occurrence_id}"


def forget_all() -> None:
    """Forget what was shown: Prefect's database is another one now."""
    _shown.clear()


async def note(server: PrefectServer, run_id: str, message: str, level: int = INFO) -> None:
    """Write a row in a run's log."""
    row = {
        "name": LOGGER,
        "level": level,
        "message": message,
        "timestamp": pendulum.now("UTC").isoformat(),
        "flow_run_id": run_id,
    }
    await server.write("POST", "/logs/", [row])


async def show(server: PrefectServer, run: Run, view: RunView) -> bool:
    """Bring a run's table up to date and say so in its log; whether anything had changed."""
    if not view.table:
        return False
    data = _table(view)
    artifact, shown = _shown.get(run.id) or await _latest(server, run.id, view)
    if shown == data:
        _shown[run.id] = artifact, shown
        return False
    if artifact:
        await server.write("PATCH", f"/artifacts/{artifact}", {"data": data, "description": view.message})
        _shown[run.id] = artifact, data
    else:
        await show_first(server, run.id, view)
    await note(server, run.id, f"{view.state.value}: {view.message}")
    return True


async def show_first(server: PrefectServer, run_id: str, view: RunView) -> None:
    """The table of a run that has none yet."""
    data = _table(view)
    body = {
        "key": artifact_key(view.occurrence_id),
        "type": "table",
        "description": view.message,
        "data": data,
        "flow_run_id": run_id,
    }
    artifact = await server.write("POST", "/artifacts/", body)
    _shown[run_id] = str(artifact["id"]), data


async def show_table(server: PrefectServer, run_id: str, name: str, rows: list[dict[str, str]], summary: str) -> None:
    """A table of another kind of run, under a key made of `name`."""
    body = {
        "key": slugify(name),
        "type": "table",
        "description": summary,
        "data": json.dumps(rows, ensure_ascii=False),
        "flow_run_id": run_id,
    }
    await server.write("POST", "/artifacts/", body)


async def _latest(server: PrefectServer, run_id: str, view: RunView) -> tuple[str, str]:
    """The artifact and the table that Prefect has for a run; empty when it has none, or one of a run that is gone."""
    which = {"artifacts": {"key": {"any_": [artifact_key(view.occurrence_id)]}}}
    rows = await server.read("POST", "/artifacts/latest/filter", which)
    own = next((row for row in rows if row["flow_run_id"] == run_id), None)
    return (str(own["latest_id"]), str(own["data"])) if own else ("", "")


def _table(view: RunView) -> str:
    return json.dumps(view.table, ensure_ascii=False)
