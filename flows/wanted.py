"""What the ledger wants of Prefect's deployments: one for each process, one for each reporting calendar of a plan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy
from sqlmodel import Session, col, select

from actions.run_view import run_tags
from config.bootstrap import House
from models.database import reading
from models.ledger import Occurrence
from models.lifecycle import Kind, Stage
from models.plan import Plan, Process

DATED = "viec-co-han"  # the calendar of a plan's dated tasks, which open on days of their own
AHEAD = timedelta(days=400)  # how far ahead opening days are handed to Prefect
COLUMNS = ("plan_id", "process_key", "asked_in", "kind", "opens_on")
RETIRED = ("closed", "draft")


@dataclass(frozen=True)
class ProcessSpec:
    """The deployment of one plan task or report duty."""

    key: str
    description: str
    tags: tuple[str, ...]


@dataclass(frozen=True)
class CalendarSpec:
    """The deployment that opens the periods of one plan on the days of one of its reporting calendars."""

    plan_id: str
    report: str
    title: str
    days: tuple[date, ...]
    tags: tuple[str, ...]

    @property
    def key(self) -> str:
        """Its name, `<plan>:mo-ky:<report>`."""
        return f"{self.plan_id}:mo-ky:{self.report}"


def wanted(house: House) -> tuple[list[ProcessSpec], list[CalendarSpec]]:
    """Every deployment there should be now."""
    today = house.clock.now().date()
    with reading(house.engine) as session:
        plans = {plan.id: plan for plan in session.exec(select(Plan)) if plan.status not in RETIRED}
        rows = session.exec(select(Process).order_by(col(Process.plan_id), col(Process.position))).all()
        processes = [row for row in rows if row.plan_id in plans and not (row.removed_on and row.removed_on <= today)]
        specs = [ProcessSpec(row.key, _describe(row, plans[row.plan_id]), _tags(row)) for row in processes]
        return specs, list(_calendars(session, processes, today))


def _describe(process: Process, plan: Plan) -> str:
    lines = [f"**{process.code} {process.title}**".replace("** ", "**"), plan.title]
    if process.phrase:
        lines.append(f"Thời gian: “{process.phrase}” → {process.explanation}")
    if process.deliverable:
        lines.append(f"Sản phẩm: {process.deliverable}")
    return "\n\n".join(line for line in lines if line)


def _tags(process: Process) -> tuple[str, ...]:
    return run_tags(process, [])


def _calendars(session: Session, processes: Iterable[Process], today: date) -> Iterable[CalendarSpec]:
    titles = {process.key: process for process in processes}
    days: dict[tuple[str, str], set[date]] = {}
    query = (
        sqlalchemy.select(*(col(getattr(Occurrence, name)) for name in COLUMNS))
        .where(
            col(Occurrence.stage) == Stage.PLANNED,
            col(Occurrence.opens_on) >= today,
            col(Occurrence.opens_on) <= today + AHEAD,
        )
        .distinct()
    )
    for plan_id, process_key, asked_in, kind, opens_on in session.execute(query):
        calendar = DATED if kind == Kind.DATED else asked_in or process_key
        calendar = calendar if calendar in titles else DATED  # lines no report asks open on days of their own, too
        if process_key in titles:
            days.setdefault((plan_id, calendar), set()).add(opens_on)
    for (plan_id, calendar), opening in sorted(days.items()):
        process = titles.get(calendar)
        yield CalendarSpec(
            plan_id=plan_id,
            report=process.item_id if process else DATED,
            title=process.title if process else "Nhiệm vụ có hạn",
            days=tuple(sorted(opening)),
            tags=(f"ke-hoach:{plan_id}", "mo-ky"),
        )
