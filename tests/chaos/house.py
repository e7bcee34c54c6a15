"""The house that is killed: a small office of real processes, on a clock and a mail server of the chaos's own."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from multiprocessing.sharedctypes import RawValue
from pathlib import Path
from typing import Any

import pendulum
from pydantic import SecretStr
from sqlalchemy import select as select_columns

from actions.apply_plan import apply_plan, apply_units
from actions.rules import Rules
from actions.submit import Filing, submit_report
from calendars.working_days import WorkingDays
from config.bootstrap import House, deliver_letters, tick
from config.clock import Clock
from config.settings import Settings
from models import database
from models.columns import ZONE
from models.database import open_ledger, reading, transaction
from models.ledger import Assignment
from models.lifecycle import OPEN, Kind, names
from models.migrations.upgrade import upgrade
from models.specs import EscalationSpec, PlanSpec, UnitsSpec
from notifications.apprise_channel import AppriseEmail
from notifications.mailbox_channel import MailboxChannel
from notifications.post import Backoff, Pace, Post
from notifications.wording import Wording
from tests.office import unit

SCHOOLS = 24
STARTS = pendulum.datetime(2026, 3, 18, 8, 0, tz=ZONE)  # a week before the first report is due, on the 25th
LADDER: list[dict[str, Any]] = [
    {"key": "giao", "at": "open", "to": ["lead"], "wording": "giao-viec"},
    {"key": "nhac-1", "before": 3, "to": ["lead"], "wording": "nhac-den-han"},
    {"key": "nhac-2", "before": 1, "to": ["lead", "head"], "wording": "nhac-den-han"},
    {"key": "qua-han", "after": 1, "every": 1, "times": 30, "to": ["lead"], "wording": "qua-han"},
    {"key": "ds", "after": 1, "every": 2, "times": 15, "to": ["tracker"], "each": "list",
     "wording": "danh-sach-chua-bao-cao"},
]  # fmt: skip
UNITS: dict[str, Any] = {
    "units": {
        "so": unit("So", "so"),
        "so/tccb": unit("Phong TCCB", "phong", "so"),
        "so/lanh-dao": unit("Lanh dao So", "lanh-dao", "so"),
        **{f"th-{n}": unit(f"Truong {n}", "truong", "so") for n in range(1, SCHOOLS + 1)},
    },
    "groups": {"truong": {"name": "Các trường", "members": [f"th-{n}" for n in range(1, SCHOOLS + 1)]}},
}
PLAN: dict[str, Any] = {
    "id": "kh",
    "title": "Kế hoạch thử",
    "issued_by": "so",
    "issued_on": "2026-01-05",
    "valid": {"from": "2026-01-01", "to": "2026-12-31"},
    "track_from": "2026-03-01",
    "tracker": "so/tccb",
    "leadership": "so/lanh-dao",
    "reports": {"thang": {"when": "Báo cáo tháng: ngày 25 hằng tháng", "by": "truong", "to": "so/tccb"}},
    "tasks": [
        {"code": "1", "title": "Việc có hạn", "lead": "th-1", "when": "Quý I/2026", "deliverable": "Kế hoạch"},
        {"code": "2", "title": "Việc thường xuyên", "lead": "truong", "when": "Thường xuyên"},
    ],
}
BACKOFF = Backoff(first=timedelta(minutes=1), factor=2, longest=timedelta(hours=1), tries=200)
SMTP_SECONDS = 0.4  # how long a deliverer waits for the mail server
BUSY_MILLISECONDS = 250  # how long anybody waits for a locked ledger


@dataclass(frozen=True)
class SharedClock(Clock):
    """A clock that every process of a world reads and that only the chaos moves."""

    cell: Any = field(default_factory=lambda: RawValue("d", STARTS.timestamp() - time.monotonic()))

    def now(self) -> pendulum.DateTime:
        """Whatever the chaos says, running on in real time."""
        return pendulum.from_timestamp(self.cell.value + time.monotonic(), tz=ZONE)

    def to_real(self, moment: datetime) -> pendulum.DateTime:
        """Prefect's clock is always real time."""
        return pendulum.instance(moment - (self.now() - pendulum.now(ZONE))).in_timezone("UTC")

    @property
    def shifted(self) -> bool:
        """It never shows the machine's time."""
        return True

    def step(self, by: timedelta) -> None:
        """Forward or back, for everybody at once."""
        self.cell.value += by.total_seconds()

    def to_morning(self) -> None:
        """A minute past the sending hour of the next day."""
        there = self.now().add(days=1).replace(hour=8, minute=1, second=0, microsecond=0)
        self.step(there - self.now())


@dataclass(frozen=True)
class Place:
    """Where one world lives: its ledger, its mail server, its clock, and the folder of what outsiders wrote down."""

    url: str
    home: Path
    notes: Path
    smtp_port: int
    clock: SharedClock

    @property
    def received(self) -> Path:
        """The mail server's own record: one letter code a line."""
        return self.notes / "received"

    @property
    def filed(self) -> Path:
        """The units' own record: the assignment of each report whose transaction was committed."""
        return self.notes / "filed"


def enter(place: Place) -> House:
    """The house at a place, as one process has it."""
    database.BUSY_MILLISECONDS = BUSY_MILLISECONDS
    days = WorkingDays(decreed=(2026,))
    escalation = EscalationSpec.model_validate({"ladders": {"don-doc": LADDER}, "choose": [{"ladder": "don-doc"}]})
    rules = Rules(days=days, escalation=escalation)
    url = SecretStr(f"mailto://127.0.0.1:{place.smtp_port}?from=don-doc@so.vn")
    email = AppriseEmail(url, timeout=SMTP_SECONDS)
    post = Post(
        mailbox=MailboxChannel(place.notes / "mailbox"),
        wording=Wording(days),
        channels={"email": email},
        backoff=BACKOFF,
        paces={email.name: Pace(rest=0.02, longest_rest=0.1)},
    )
    settings = Settings(home=place.home, database_url=SecretStr(place.url))
    config: Any = None  # no round reads it
    return House(settings, place.clock, open_ledger(place.url), config, rules, post)


UNITS_SPEC = UnitsSpec.model_validate(UNITS)
PLAN_SPEC = PlanSpec.model_validate(PLAN)


def found(place: Place) -> None:
    """Migrate an empty ledger and apply the plan."""
    house = enter(place)
    upgrade(house.engine)
    with transaction(house.engine) as session:
        apply_units(session, UNITS_SPEC)
        apply_plan(session, PLAN_SPEC, UNITS_SPEC, house.rules, place.clock.now(), until=date(2026, 12, 31))
    house.engine.dispose()


# ------------------------------------------------------------------ what its processes do, again and again


def schedule(house: House, place: Place, dice: random.Random) -> None:
    """A scheduler's round."""
    tick(house)
    time.sleep(dice.uniform(0, 0.02))


def deliver(house: House, place: Place, dice: random.Random) -> None:
    """A deliverer's round."""
    deliver_letters(house)
    time.sleep(dice.uniform(0, 0.02))


def report(house: House, place: Place, dice: random.Random) -> None:
    """A unit files a report; once its transaction is committed it writes down so itself."""
    time.sleep(dice.uniform(0.02, 0.1))
    which = (Assignment.state.in_(names(OPEN)), Assignment.kind == Kind.REPORT.value)  # type: ignore[attr-defined]
    with reading(house.engine) as session:
        ids = list(session.execute(select_columns(Assignment.id).where(*which)).scalars())  # type: ignore[call-overload]
    if not ids or dice.random() < 0.85:
        return
    chosen = dice.choice(ids)
    with transaction(house.engine) as session:
        assignment = session.get_one(Assignment, chosen)
        filing = Filing(by=assignment.unit_id, document="1/BC", reason_late="mất điện")
        submit_report(session, assignment, filing, place.clock.now())
    with place.filed.open("a") as notes:
        notes.write(f"{chosen}\n")


ROUNDS = {"scheduler": schedule, "deliverer": deliver, "unit": report}
