"""A small ledger made of rows: one plan, two units, as many tasks as a test wants, one yearly report."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pendulum
from sqlmodel import col, select, update

from config.bootstrap import House, wire
from config.clock import Clock
from config.settings import Settings
from models.database import transaction
from models.ledger import Assignment, Occurrence, Transition
from models.lifecycle import Kind, Stage, State
from models.plan import Party, Plan, Process
from models.units import Unit

PLAN = "ke-hoach-nho"
REPORT = "nam"
UNITS = ("so-noi-vu", "so-tai-chinh")
OPENS = date(2032, 1, 2)  # when the yearly report opens


def small_house(home: Path, *, tasks: int, at: datetime | None = None) -> House:
    """A house whose ledger has `tasks` open tasks of two units each, and a report that opens on `OPENS`."""
    settings = Settings(home=home, config=empty_config(home))
    house = wire(settings, at=pendulum.instance(at) if at else None)
    today = house.clock.now().date()
    with transaction(house.engine) as session:
        for position, unit in enumerate(UNITS):
            session.add(Unit(id=unit, name=f"Sở số {position}", short=unit, kind="so", position=position))
        session.add(
            Plan(id=PLAN, title="Kế hoạch nhỏ", status="issued", issued_by="ubnd", tracker_id=UNITS[0],
                 track_from=today - timedelta(days=90), leadership_id=UNITS[0], sender_id=UNITS[0])
        )  # fmt: skip
        session.flush()
        for number in range(1, tasks + 1):
            session.add(process(f"{PLAN}:{number}", "task", str(number), f"III.{number}/a", "Việc & “đặc biệt” <50%>"))
        session.add(process(f"{PLAN}:bao-cao:{REPORT}", "report", REPORT, "", "Báo cáo năm"))
        session.flush()
        for unit in UNITS:
            session.add(Party(process_key=f"{PLAN}:bao-cao:{REPORT}", unit_id=unit))
        session.add(occurrence(f"{PLAN}:bao-cao:{REPORT}", Kind.REPORT, Stage.PLANNED, OPENS, OPENS))
        for number in range(1, tasks + 1):
            session.add(occurrence(f"{PLAN}:{number}", Kind.DATED, Stage.OPEN, today, today + timedelta(days=30)))
        session.flush()
        for opened in session.exec(select(Occurrence).where(Occurrence.stage == Stage.OPEN)).all():
            session.add_all([part(opened, unit, today + timedelta(days=20), house.clock) for unit in UNITS])
    return house


def empty_config(home: Path) -> Path:
    """A config folder without plans: units and ladders are the shipped ones."""
    (home / "config" / "plans").mkdir(parents=True, exist_ok=True)
    return home / "config"


def process(key: str, kind: str, item: str, code: str, title: str) -> Process:
    """A task or a report."""
    return Process(key=key, plan_id=PLAN, kind=kind, item_id=item, code=code, title=title, condition="dated",
                   tracker_id=UNITS[0])  # fmt: skip


def occurrence(key: str, kind: Kind, stage: Stage, opens_on: date, due_on: date) -> Occurrence:
    """One period of it."""
    days = {"opens_on": opens_on, "due_on": due_on, "remind_from": due_on, "late_after": due_on}
    return Occurrence(
        plan_id=PLAN, process_key=key, kind=kind.value, period="2032", label="năm 2032", stage=stage.value, **days
    )


def part(of: Occurrence, unit: str, next_on: date, clock: Clock) -> Assignment:
    """One unit's part, quiet until `next_on`."""
    return Assignment(occurrence_id=of.id or 0, unit_id=unit, state=State.ASSIGNED.value, kind=of.kind, sends=False,
                      opened_on=of.opens_on, due_on=of.due_on, first_due_on=of.due_on, remind_from=of.remind_from,
                      late_after=of.late_after, opened_at=clock.now(), next_on=next_on)  # fmt: skip


def lapse(house: House, ids: list[int] | None = None) -> None:
    """Make yesterday the last on-time day, and today the day to look: a deadline that has just passed."""
    today = house.clock.now().date()
    rows = update(Assignment).values(late_after=today - timedelta(days=1), next_on=today)
    with transaction(house.engine) as session:
        session.execute(rows if ids is None else rows.where(col(Assignment.occurrence_id).in_(ids)))


def tick(house: House) -> None:
    """A deed counts one wake on every open or closed occurrence."""
    rows = update(Occurrence).where(col(Occurrence.stage) != Stage.PLANNED.value).values(wakes=Occurrence.wakes + 1)
    with transaction(house.engine) as session:
        session.execute(rows)


def moves_of(house: House) -> list[tuple[int, str]]:
    """(assignment, move) of every transition in the ledger."""
    with transaction(house.engine) as session:
        return sorted((row.assignment_id, row.move) for row in session.exec(select(Transition)))
