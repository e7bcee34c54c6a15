"""A small office with a plan under way, as its portal shows it: three schools whose report was due two days ago."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pendulum
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from config.clock import Clock
from config.settings import Settings
from models.accounts import Deed
from models.database import reading
from models.ledger import Assignment, Occurrence
from models.outbox import Notice
from tests.office import Office, at, plan_spec, rules

from .conftest import SECRET, SmallHouse

MORNING = at("2026-03-27", 7, 0)  # a Friday, an hour before letters leave
OTHER = plan_spec(id="khac", title="Kế hoạch <b>khác</b>")


@dataclass(frozen=True)
class FixedClock(Clock):
    """A clock that shows what it is set to."""

    moment: pendulum.DateTime = MORNING

    def now(self) -> pendulum.DateTime:
        """The moment it is set to."""
        return self.moment


def working_house(engine: Engine, tmp_path: Path, *, until: str = "2026-03-26", **settings: Any) -> SmallHouse:
    """The office lived until a day, its letters sent; it is the morning after."""
    office = Office(engine, rules())
    office.apply("2026-01-05", plan_spec(), OTHER)
    for day in ("2026-02-24", "2026-03-10", "2026-03-24", until):
        office.post(day)
    office.tick("2026-03-27")
    return SmallHouse(engine, Settings(home=tmp_path, secret_key=SECRET, **settings), FixedClock())


def number_of(house: SmallHouse, words: str) -> int:
    """The number of the assignment `plan item period unit`."""
    with reading(house.engine) as session:
        return Office(house.engine, house.rules).assignment(session, words).id or 0


def rows_of(house: SmallHouse, plan: str = "kh", kind: str = "report") -> list[Assignment]:
    """The assignments of a plan."""
    with reading(house.engine) as session:
        query = (
            select(Assignment)
            .join(Occurrence, col(Occurrence.id) == Assignment.occurrence_id)
            .where(Occurrence.plan_id == plan, Assignment.kind == kind)
            .order_by(col(Assignment.id))
        )
        return list(session.exec(query))


def planned(house: SmallHouse) -> list[tuple[int | None, str, str]]:
    """[(assignment, step, recipient)] of what was pressed by hand."""
    with Session(house.engine) as session:
        found = session.exec(select(Notice).where(col(Notice.step).startswith("don-doc")).order_by(col(Notice.id)))
        return [(row.assignment_id, row.step, row.recipient) for row in found]


def deeds(house: SmallHouse) -> list[tuple[str, str, str]]:
    """[(what, target, outcome)] of the portal's audit."""
    with Session(house.engine) as session:
        return [(row.what, row.target, row.outcome) for row in session.exec(select(Deed).order_by(col(Deed.id)))]
