"""A small ledger to write letters from: a Sở, its schools, a city, a Party body; plans, periods and assignments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pendulum
import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from calendars.working_days import WorkingDays
from models.columns import ZONE
from models.database import transaction
from models.ledger import Assignment, Occurrence
from models.outbox import Attempt, Letter, LetterState, Notice, NoticeState
from models.plan import Plan, Process
from models.units import ContactPoint, Unit
from notifications.channel import RecordingChannel
from notifications.post import Backoff, Post
from notifications.wording import Wording

NOW = pendulum.datetime(2024, 3, 26, 8, 0, tz=ZONE)  # a Tuesday, the day after the report of quarter I was due
DUE = date(2024, 3, 25)
LONG_TITLE = "Triển khai thực hiện Kế hoạch số 12/KH-UBND ngày 18/01/2024 của Ủy ban nhân dân thành phố"

UNITS: list[dict[str, Any]] = [
    {"id": "ubnd-tp", "name": "Ủy ban nhân dân thành phố", "short": "UBND thành phố", "kind": "ubnd-tinh"},
    {"id": "so-noi-vu", "name": "Sở Nội vụ", "short": "Sở Nội vụ", "kind": "so", "parent_id": "ubnd-tp"},
    {"id": "so", "name": "Sở Giáo dục và Đào tạo thành phố", "short": "Sở GD&ĐT", "kind": "so", "parent_id": "ubnd-tp"},
    {"id": "so/tccb", "name": "Phòng Tổ chức Cán bộ", "short": "Phòng TCCB", "kind": "phong", "parent_id": "so"},
    {"id": "so/lanh-dao", "name": "Lãnh đạo Sở Giáo dục và Đào tạo (Giám đốc, các Phó Giám đốc)",
     "short": "Lãnh đạo Sở", "kind": "lanh-dao", "parent_id": "so"},
    {"id": "truong-a", "name": "Trường THPT Số Một", "short": "THPT Số Một", "kind": "truong", "parent_id": "so"},
    {"id": "truong-b", "name": "Trường THPT Số Hai", "short": "THPT Số Hai", "kind": "truong", "parent_id": "so"},
    {"id": "truong-c", "name": "Trường THPT Số Ba", "short": "THPT Số Ba", "kind": "truong", "parent_id": "so"},
    {"id": "mau-1", "name": "Trường THPT mẫu 1", "short": "THPT mẫu 1", "kind": "truong", "parent_id": "so",
     "sample": True},
    {"id": "mttq", "name": "Ủy ban Mặt trận Tổ quốc Việt Nam thành phố", "short": "UBMTTQVN thành phố",
     "kind": "mat-tran", "system": "front"},
]  # fmt: skip
ROLES = ("van_thu", "dau_moi", "thu_truong")


@dataclass
class World:
    """Builds rows; every method commits and answers with ids."""

    engine: Engine
    serial: int = 0
    address: str = "{role}.{unit}@hop-thu.vn"
    seen: set[str] = field(default_factory=set)

    def add(self, *rows: Any) -> None:
        """Write rows."""
        with transaction(self.engine) as session:
            for row in rows:
                session.add(row)
                session.flush()

    def found(self) -> None:
        """The units and how they are reached."""
        self.add(*(Unit(position=n, **unit) for n, unit in enumerate(UNITS)))
        for unit in UNITS:
            plain = unit["id"].replace("/", "-")
            for role in ROLES:
                address = self.address.format(role=role.replace("_", "-"), unit=plain)
                self.add(ContactPoint(recipient=f"{unit['id']}:{role}", channel="email", unit_id=unit["id"], role=role,
                                      address=address))  # fmt: skip
        self.add(ContactPoint(recipient="so/tccb:dau_moi", channel="phone", unit_id="so/tccb", role="dau_moi",
                              address="0225.3.000.111"))  # fmt: skip

    def plan(self, plan_id: str = "kh", **changed: Any) -> str:
        """A plan of the Sở, tracked by its TCCB, with a quarterly report."""
        values: dict[str, Any] = {
            "id": plan_id, "title": LONG_TITLE, "status": "issued", "issued_by": "so", "issued_on": "2024-01",
            "track_from": date(2024, 1, 1), "tracker_id": "so/tccb", "leadership_id": "so/lanh-dao",
            "sender_id": "so/tccb",
        }  # fmt: skip
        self.add(Plan(**values | changed))
        self.process(plan_id, "bao-cao:quy", kind="report", title="Báo cáo quý: ngày 25 tháng cuối của quý",
                     phrase="Báo cáo quý: ngày 25 tháng cuối của quý", condition="recurring",
                     details={"to": ["ubnd-tp"], "via": "so-noi-vu"})  # fmt: skip
        return plan_id

    def process(self, plan_id: str, item: str, **changed: Any) -> str:
        """A task, or a report when `kind` says so; its key."""
        values: dict[str, Any] = {
            "key": f"{plan_id}:{item}", "plan_id": plan_id, "kind": "task", "item_id": item, "code": "",
            "title": "Nhiệm vụ", "condition": "dated", "tracker_id": "so/tccb",
        }  # fmt: skip
        self.add(Process(**values | changed))
        return f"{plan_id}:{item}"

    def occurrence(self, process_key: str, **changed: Any) -> int:
        """One period, by default of quarter I/2024."""
        plan_id = process_key.partition(":")[0]
        report = ":bao-cao:" in process_key
        values: dict[str, Any] = {
            "plan_id": plan_id, "process_key": process_key, "kind": "report" if report else "dated",
            "period": "2024-Q1" if report else "2024-03-25", "label": "quý I/2024" if report else "",
            "opens_on": date(2024, 2, 26), "due_on": DUE, "remind_from": DUE, "late_after": DUE, "stage": "open",
        }  # fmt: skip
        if "due_on" in changed:
            values |= dict.fromkeys(("remind_from", "late_after"), changed["due_on"])
        with transaction(self.engine) as session:
            row = Occurrence(**values | changed)
            session.add(row)
            session.flush()
            return row.id or 0

    def assignment(self, occurrence_id: int, unit_id: str = "truong-a", state: str = "overdue", **changed: Any) -> int:
        """One unit's part of a period."""
        with transaction(self.engine) as session:
            occurrence = session.get_one(Occurrence, occurrence_id)
            values: dict[str, Any] = {
                "occurrence_id": occurrence_id, "unit_id": unit_id, "state": state, "kind": occurrence.kind,
                "opened_on": occurrence.opens_on, "due_on": occurrence.due_on, "first_due_on": occurrence.due_on,
                "remind_from": occurrence.remind_from, "late_after": occurrence.late_after,
                "opened_at": NOW.subtract(days=20),
            }  # fmt: skip
            row = Assignment(**values | changed)
            session.add(row)
            session.flush()
            return row.id or 0

    def late_report(self, unit_id: str = "truong-a", plan_id: str = "kh", **changed: Any) -> int:
        """A quarterly report that this unit has not sent; the period is made once a plan."""
        key = f"{plan_id}:bao-cao:quy"
        with Session(self.engine) as session:
            found = session.exec(select(Occurrence.id).where(Occurrence.process_key == key)).first()
        return self.assignment(found or self.occurrence(key), unit_id, **changed)

    def letter(self, recipient: str = "truong-a:dau_moi", *, sender: str = "so/tccb", **changed: Any) -> int:
        """An empty planned letter."""
        values: dict[str, Any] = {
            "recipient": recipient, "channel": "email", "sender_id": sender, "day": NOW.date(), "state": "planned",
            "planned_at": NOW,
        }  # fmt: skip
        with transaction(self.engine) as session:
            row = Letter(**values | changed)
            session.add(row)
            session.flush()
            return row.id or 0

    def notice(self, letter_id: int, wording: str, assignment_id: int | None = None, **changed: Any) -> int:
        """One notice of a letter."""
        self.serial += 1
        with transaction(self.engine) as session:
            letter = session.get_one(Letter, letter_id)
            values: dict[str, Any] = {
                "assignment_id": assignment_id, "plan_id": "kh", "unit_id": letter.recipient.partition(":")[0],
                "step": f"buoc-{self.serial}", "tone": tone_of(wording), "wording": wording,
                "each": "list" if wording in LIST_WORDINGS else "unit", "recipient": letter.recipient,
                "channel": letter.channel, "sender_id": letter.sender_id, "due_on": letter.day, "send_on": letter.day,
                "state": NoticeState.PLANNED.value, "planned_at": NOW, "letter_id": letter_id,
            }  # fmt: skip
            if assignment_id:
                assignment = session.get_one(Assignment, assignment_id)
                occurrence = session.get_one(Occurrence, assignment.occurrence_id)
                values |= {"plan_id": occurrence.plan_id, "process_key": occurrence.process_key,
                           "unit_id": assignment.unit_id}  # fmt: skip
            row = Notice(**values | changed)
            session.add(row)
            session.flush()
            return row.id or 0

    def late_letter(self, recipient: str = "truong-a:dau_moi", **changed: Any) -> int:
        """A letter that says one quarterly report is late."""
        assignment = self.late_report(recipient.partition(":")[0])
        letter = self.letter(recipient, **changed)
        self.notice(letter, "qua-han", assignment)
        return letter

    # ------------------------------------------------------------------ looking

    def get(self, table: type[Any], key: Any) -> Any:
        """One row, detached."""
        with Session(self.engine) as session:
            return session.get_one(table, key)

    def all(self, table: type[Any]) -> list[Any]:
        """Every row of a table, in order."""
        with Session(self.engine) as session:
            return list(session.exec(select(table)))

    def attempts(self, letter_id: int) -> list[tuple[str, str | None]]:
        """(outcome, error) of a letter, in order."""
        return [(row.outcome, row.error) for row in self.all(Attempt) if row.letter_id == letter_id]

    def state(self, letter_id: int) -> LetterState:
        """Where a letter stands."""
        return LetterState(self.get(Letter, letter_id).state)


LIST_WORDINGS = {"danh-sach-chua-bao-cao", "bao-cao-lanh-dao", "chot-ky", "mo-tong-hop", "con-thieu",
                 "de-nghi-soan-cong-van", "chua-co-phan-hoi", "cho-su-kien"}  # fmt: skip
LATE_WORDINGS = {"qua-han", "danh-sach-chua-bao-cao", "don-doc-lan-2", "bao-cao-lanh-dao", "qua-han-tong-hop",
                 "de-nghi-som-gui", "chua-co-phan-hoi"}  # fmt: skip
REMINDER_WORDINGS = {"nhac-den-han", "con-thieu", "de-nghi-soan-cong-van"}


def tone_of(wording: str) -> str:
    """The tone the shipped ladders give a wording."""
    return "late" if wording in LATE_WORDINGS else "reminder" if wording in REMINDER_WORDINGS else "opening"


@pytest.fixture
def world(engine: Engine) -> World:
    """Units, contacts and one plan."""
    built = World(engine)
    built.found()
    built.plan()
    return built


@pytest.fixture(scope="session")
def days() -> WorkingDays:
    """The calendar of the library alone."""
    return WorkingDays(decreed=(2024,))


@pytest.fixture(scope="session")
def wording(days: WorkingDays) -> Wording:
    """How this office writes: no links, Vietnamese only."""
    return Wording(days)


@pytest.fixture
def mailbox() -> RecordingChannel:
    """Stands in for the local mailbox."""
    return RecordingChannel("mailbox")


@pytest.fixture
def email() -> RecordingChannel:
    """Stands in for a real e-mail server somewhere else."""
    return RecordingChannel("apprise:email", loopback=False)


@pytest.fixture
def post(wording: Wording, mailbox: RecordingChannel, email: RecordingChannel) -> Post:
    """A post with e-mail and the mailbox."""
    return Post(mailbox=mailbox, wording=wording, channels={"email": email}, backoff=Backoff(tries=4))


@pytest.fixture
def at_eight() -> Callable[[], datetime]:
    """A clock that stands at the sending hour."""
    return lambda: NOW
