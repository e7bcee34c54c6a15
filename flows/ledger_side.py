"""The seam to the ledger: every call from `flows/` into the floors below, each in its own transaction.

All of it is synchronous and short. The entrances call it through `in_thread`, so that a ledger locked by another
process stops neither the worker's loop nor the portal's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ParamSpec, TypeVar

from sqlalchemy import case, func, update
from sqlmodel import col, select

from actions.advance import advance
from actions.run_view import (
    RunView,
    claim,
    claimed,
    live_run_views,
    mark_seen,
    record_run,
    release_claim,
    run_views,
    woken,
)
from config.bootstrap import House, deliver_letters, enter, running, tick
from models.database import reading, transaction
from models.ledger import Assignment, Occurrence
from models.lifecycle import Stage, State
from models.plan import Process

from .plain_words import speak_plainly

P = ParamSpec("P")
T = TypeVar("T")


class NothingThere(Exception):
    """The ledger has no such occurrence."""


OWNER_PREFIX = "up:"  # claims of the in-process worker; those of a stock worker's runs start with `run:`

_house: ContextVar[House | None] = ContextVar("house", default=None)


def house_at_hand() -> House:
    """The house of this process: the one already entered, or the one the environment names (a stock worker's child)."""
    house = _house.get()
    if house is None:
        speak_plainly()
        house = enter()
        _house.set(house)
    return house


async def in_thread(deed: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a deed on the ledger without holding up the event loop."""
    return await asyncio.to_thread(deed, *args, **kwargs)


# ------------------------------------------------------------------ one checkpoint


def look(house: House, occurrence_id: int, owner: str, seconds: float) -> RunView | None:
    """Claim an occurrence, bring it to now and describe it; None while somebody else holds the claim.

    One transaction, so a kill leaves either nothing or all of it. Raises NothingThere.
    """
    now = house.clock.now()
    with transaction(house.engine) as session:
        if not claim(session, occurrence_id, owner, now, seconds):
            if session.get(Occurrence, occurrence_id) is None:
                raise NothingThere(f"sổ gốc không có kỳ nào số {occurrence_id}")
            return None
        advance(session, house.rules, now, [occurrence_id])
        views = run_views(session, [occurrence_id], now)
    return linked(house, views)[0]


def leave(house: House, view: RunView, owner: str) -> bool:
    """Give the claim back once the run is parked; whether a deed came meanwhile, so that it must be woken again."""
    with transaction(house.engine) as session:
        mark_seen(session, view.occurrence_id, view.wakes)
        release_claim(session, view.occurrence_id, owner)
        now_wakes = session.exec(select(Occurrence.wakes).where(Occurrence.id == view.occurrence_id)).one_or_none()
    return now_wakes is not None and now_wakes != view.wakes


def let_go(house: House, occurrence_id: int, owner: str) -> None:
    """Give the claim back without having looked (a checkpoint that failed)."""
    with transaction(house.engine) as session:
        release_claim(session, occurrence_id, owner)


def forget_dead_claims(house: House) -> None:
    """Free what an earlier `dondoc up` on this house still claims: this one holds the house, so that one is dead."""
    with transaction(house.engine) as session:
        session.execute(
            update(Occurrence)
            .where(col(Occurrence.claim_owner).startswith(OWNER_PREFIX))
            .values(claim_owner=None, claim_until=None)
            .execution_options(synchronize_session=False)
        )


# ------------------------------------------------------------------ questions


def describe(house: House, ids: Sequence[int]) -> list[RunView]:
    """How the runs of these occurrences should stand; what was never opened, or is not there, is left out."""
    with reading(house.engine) as session:
        begun = select(Occurrence.id).where(
            col(Occurrence.id).in_(ids), col(Occurrence.stage).in_((Stage.OPEN, Stage.CLOSED, Stage.CANCELLED))
        )
        views = run_views(session, [row for row in session.exec(begun) if row is not None], house.clock.now())
    return linked(house, views)


def live_views(house: House) -> list[RunView]:
    """Every occurrence that should have a run now."""
    with reading(house.engine) as session:
        return linked(house, live_run_views(session, house.clock.now()))


def linked(house: House, views: Sequence[RunView]) -> list[RunView]:
    """The views with the address of their plan's page in the message: the public one, else that of the `up` here."""
    portal = house.settings.links or (running(base_of(house)) or {}).get("portal")
    if not portal:
        return list(views)
    return [replace(view, message=f"{view.message} · {portal}/plans/{view.plan_id}") for view in views]


def base_of(house: House) -> Path:
    """The data folder a house was asked for; a shifted one lies in it under `at/`."""
    home = house.settings.home
    return home.parent.parent if house.clock.shifted and home.parent.name == "at" else home


def open_count(house: House) -> int:
    """How many occurrences are open."""
    with reading(house.engine) as session:
        return session.exec(select(func.count()).where(Occurrence.stage == Stage.OPEN)).one()


def woken_ids(house: House) -> list[int]:
    """Occurrences with a deed that no checkpoint has looked at yet."""
    with reading(house.engine) as session:
        return woken(session)


def claimed_ids(house: House) -> set[int]:
    """Occurrences whose checkpoint somebody is running right now."""
    with reading(house.engine) as session:
        return claimed(session, house.clock.now())


@dataclass(frozen=True)
class PeriodRow:
    """One process in one period: how many units have reported, of how many."""

    code: str
    title: str
    reported: int
    total: int


def period_table(house: House, plan_id: str, period: str) -> list[PeriodRow]:
    """The processes of one period of one plan, in the plan's order."""
    reported = func.sum(case((col(Assignment.state) == State.REPORTED.value, 1), else_=0))
    query = (
        select(Process.code, Process.title, reported, func.count())
        .join(Occurrence, col(Occurrence.process_key) == Process.key)
        .join(Assignment, col(Assignment.occurrence_id) == Occurrence.id)
        .where(Occurrence.plan_id == plan_id, Occurrence.period == period)
        .group_by(col(Process.key), col(Process.code), col(Process.title), col(Process.position))
        .order_by(col(Process.position))
    )
    with reading(house.engine) as session:
        return [PeriodRow(*row) for row in session.exec(query)]


# ------------------------------------------------------------------ deeds of time


def remember_run(house: House, occurrence_id: int, run_id: str, wakes: int | None = None) -> None:
    """Note the run that stands for an occurrence (a cache, never the truth); made new, it has seen `wakes` deeds."""
    with transaction(house.engine) as session:
        record_run(session, occurrence_id, run_id)
        if wakes is not None:
            mark_seen(session, occurrence_id, wakes)


def catch_up(house: House) -> None:
    """Bring the whole ledger to now, set-based: after downtime, and once a minute."""
    tick(house)


def open_plan(house: House, plan_id: str) -> list[int]:
    """Open everything of one plan whose opening day has come, in one set-based step; what was opened now.

    The whole plan and not one report: the lines that a report asks open together with it.
    """
    now = house.clock.now()
    with transaction(house.engine) as session:
        due = session.exec(
            select(Occurrence.id).where(
                Occurrence.plan_id == plan_id,
                Occurrence.stage == Stage.PLANNED,
                Occurrence.opens_on <= now.date(),
            )
        ).all()
        ids = [row for row in due if row is not None]
        advance(session, house.rules, now, ids)
        opened = select(Occurrence.id).where(
            col(Occurrence.id).in_(ids), col(Occurrence.stage).in_((Stage.OPEN, Stage.CLOSED))
        )
        return [row for row in session.exec(opened) if row is not None]


def deliver(house: House) -> str:
    """Gather and send the letters that are due; one line that says how many. Each letter is its own transaction."""
    counts = deliver_letters(house)
    return ", ".join(f"{name} {count}" for name, count in vars(counts).items() if count) or "không có thư đến giờ"
