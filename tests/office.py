"""A small office for tests: one department that tracks, three schools that report, one peer, one body that is asked.

The roles the tests speak of: the unit's officer (`th-1:dau_moi`), the head of unit (`th-1:thu_truong`), the tracking
department (`so/tccb:dau_moi`), the leaders (`so/lanh-dao:thu_truong`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pendulum
from sqlalchemy import Engine
from sqlmodel import Session, select

from actions.advance import advance
from actions.apply_plan import Changes, apply_plan, apply_units
from actions.find import find_assignment
from actions.gather_letters import gather_letters
from actions.rules import Rules
from actions.simulate import _mark_sent
from calendars.working_days import WorkingDays
from config.plan_files import load_config
from models.columns import ZONE
from models.database import transaction
from models.ledger import Assignment, Transition
from models.outbox import Letter, Notice
from models.specs import EscalationSpec, PlanSpec, UnitsSpec

ROLES = ("van_thu", "dau_moi", "thu_truong")


def unit(name: str, kind: str, parent: str | None = None, *, contacts: bool = True, **more: Any) -> dict[str, Any]:
    """A unit as units.yaml has it, with a placeholder address for each role."""
    slug = name.lower().replace(" ", "-")
    addresses = {role: {"email": f"{role}.{slug}@dondoc.example"} for role in ROLES} if contacts else {}
    return {"name": name, "short": name, "kind": kind, "parent": parent, "contacts": addresses, **more}


UNITS: dict[str, Any] = {
    "units": {
        "ubnd": unit("UBND tinh", "ubnd-tinh"),
        "so": unit("So", "so", "ubnd"),
        "so/tccb": unit("Phong TCCB", "phong", "so"),
        "so/lanh-dao": unit("Lanh dao So", "lanh-dao", "so"),
        "th-1": unit("Truong 1", "truong", "so"),
        "th-2": unit("Truong 2", "truong", "so"),
        "th-3": unit("Truong 3", "truong", "so"),
        "stc": unit("So Tai chinh", "so", "ubnd"),
        "mttq": unit("Mat tran", "mat-tran", None, contacts=False, system="front"),
        "cu": unit("Truong cu", "truong", "so", valid_to="2025-06-30"),
    },
    "groups": {
        "truong": {"name": "Các trường", "members": ["th-1", "th-2", "th-3"]},
        "lien-quan": {"name": "Các đơn vị liên quan", "open": "true"},
    },
}

PLAN: dict[str, Any] = {
    "id": "kh",
    "title": "Kế hoạch thử",
    "issued_by": "so",
    "issued_on": "2026-01-05",
    "valid": {"from": "2026-01-01", "to": "2026-12-31"},
    "track_from": "2026-01-05",
    "tracker": "so/tccb",
    "leadership": "so/lanh-dao",
    "reports": {
        "quy": {"when": "Báo cáo quý: ngày 25 tháng cuối của quý", "by": "truong", "to": "so/tccb"},
    },
    "tasks": [
        {"code": "1", "title": "Việc có hạn", "lead": "th-1", "when": "Quý I/2026", "deliverable": "Kế hoạch"},
        {"code": "2", "title": "Việc thường xuyên", "lead": "truong", "when": "Thường xuyên"},
    ],
}


def plan_spec(**changes: Any) -> PlanSpec:
    """The small plan, with some keys changed."""
    return PlanSpec.model_validate(PLAN | changes)


def units_spec(**more: Any) -> UnitsSpec:
    """The small office's units, with some more."""
    return UnitsSpec.model_validate({**UNITS, "units": UNITS["units"] | more})


def rules() -> Rules:
    """The shipped ladders and the shipped days off."""
    config = load_config(Path(__file__).resolve().parent.parent / "config")
    return Rules(days=config.working_days, escalation=config.escalation, calendars=config.calendars)


def plain_rules(ladders: dict[str, Any]) -> Rules:
    """Rules with ladders of the test's own, and the library's days off."""
    spec = {"ladders": ladders, "choose": [{"ladder": next(iter(ladders))}]}
    return Rules(days=WorkingDays(), escalation=EscalationSpec.model_validate(spec))


def at(day: date | str, hour: int = 0, minute: int = 1) -> pendulum.DateTime:
    """A moment in Asia/Ho_Chi_Minh."""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return pendulum.datetime(day.year, day.month, day.day, hour, minute, tz=ZONE)


@dataclass
class Office:
    """A ledger that a test drives day by day."""

    engine: Engine
    rules: Rules
    units: UnitsSpec = field(default_factory=units_spec)

    def apply(self, day: str, *plans: PlanSpec) -> list[Changes]:
        """Apply units and plans at midnight of a day."""
        with transaction(self.engine) as session:
            changes = [apply_units(session, self.units)]
            return changes + [
                apply_plan(session, plan, self.units, self.rules, at(day)) for plan in plans or (plan_spec(),)
            ]

    def tick(self, moment: datetime | str) -> None:
        """Bring the ledger to a moment."""
        moment = at(moment) if isinstance(moment, str) else moment
        with transaction(self.engine) as session:
            advance(session, self.rules, moment)

    def post(self, day: str, hour: int = 8) -> list[tuple[str, list[str]]]:
        """Tick, then send the letters of a day: [(recipient, steps)]."""
        self.tick(day)
        moment = at(day, hour)
        with transaction(self.engine) as session:
            ready = gather_letters(session, self.rules, moment)
            _mark_sent(session, ready, moment, None)
            rows = session.exec(select(Letter).where(Letter.day == moment.date()).order_by(Letter.recipient)).all()
            return [
                (letter.recipient, sorted(session.exec(select(Notice.step).where(Notice.letter_id == letter.id)).all()))
                for letter in rows
                if letter.id in ready
            ]

    def through(self, first: str, last: str) -> dict[str, list[tuple[str, list[str]]]]:
        """Post every day from `first` to `last`: {day: letters}, days without a letter left out."""
        found = {}
        day, end = pendulum.Date.fromisoformat(first), pendulum.Date.fromisoformat(last)
        while day <= end:
            if letters := self.post(day.isoformat()):
                found[day.isoformat()] = letters
            day = day.add(days=1)
        return found

    def states(self, *words: str) -> dict[str, str]:
        """{unit: state} of one occurrence, `plan item period` given."""
        from actions.find import find_occurrences

        with Session(self.engine) as session:
            ids = [row.id for row in find_occurrences(session, *words)]
            rows = session.exec(select(Assignment).where(Assignment.occurrence_id.in_(ids))).all()  # type: ignore[attr-defined]
            return {row.unit_id: row.state for row in rows}

    def assignment(self, session: Session, words: str) -> Assignment:
        """The assignment `plan item period unit`."""
        return find_assignment(session, words.split())

    def transitions(self) -> Sequence[Transition]:
        """Every move, in order."""
        with Session(self.engine) as session:
            return session.exec(select(Transition).order_by(Transition.id)).all()  # type: ignore[arg-type]

    def notices(self, **where: Any) -> list[Notice]:
        """Notices whose columns have these values."""
        with Session(self.engine) as session:
            rows = session.exec(select(Notice).order_by(Notice.id)).all()  # type: ignore[arg-type]
            return [row for row in rows if all(getattr(row, name) == value for name, value in where.items())]
