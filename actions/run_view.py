"""What one run shows: the ledger's account of an occurrence, in the words a coordinator reads."""

from __future__ import annotations

from dataclasses import dataclass, field

import pendulum

from models.lifecycle import RunState


@dataclass(frozen=True)
class RunView:
    """One occurrence as its Prefect run should stand.

    `wake_at` is the next checkpoint (None when `state` is terminal). `table` has one row per unit. `wakes` is the
    wake counter as it was read. `parameters` identify the run: flow `plan-task` takes `occurrence_id`.
    """

    occurrence_id: int
    plan_id: str
    process_key: str
    name: str
    state: RunState
    message: str
    wake_at: pendulum.DateTime | None
    wakes: int
    run_id: str | None
    tags: tuple[str, ...] = ()
    table: list[dict[str, str]] = field(default_factory=list)
