"""A ledger with a million assignments, as an office of twenty plans would have it after twenty periods.

Twenty plans of one report, twelve dated tasks and twelve lines asked in the report; each goes to a hundred of a
thousand units. Nineteen periods are closed and one is open: of its assignments a tenth is overdue, half has reported.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pendulum
from sqlalchemy import Engine, Text, case, func, insert, literal, null, select, text
from sqlalchemy.orm import aliased
from sqlmodel import Session, SQLModel, col

from calendars.spelling import fold
from models.columns import ZONE, UTCDateTime
from models.database import transaction
from models.ledger import Answer, Assignment, Occurrence, Submission, Transition
from models.outbox import Letter, Notice
from models.plan import Party, Plan, Process
from models.units import ContactPoint, Unit

NOW = pendulum.datetime(2026, 12, 18, 9, 30, tz=ZONE)
PLANS, TASKS, LINES, PERIODS, UNITS, SHARE = 20, 12, 12, 20, 1000, 10
KINDS = ("report", *("dated",) * TASKS, *("covered",) * LINES)
ASSIGNMENTS = PLANS * len(KINDS) * PERIODS * UNITS // SHARE
OPENED = NOW.subtract(days=30)

Row = dict[str, Any]


def fill(engine: Engine) -> None:
    """Write all of it, set-based, each table in its own transaction; a minute or so."""
    for step in (_units, _plans, _occurrences, _assignments, _transitions, _submissions, _outbox):
        with transaction(engine) as session:
            step(session)
    if engine.dialect.name == "postgresql":  # as it does by itself; nobody does it for an office's SQLite
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM (ANALYZE)"))


def _bulk(session: Session, table: type[SQLModel], rows: list[Row]) -> None:
    session.execute(insert(table), rows)


def _units(session: Session) -> None:
    names = [("so", "Sở Giáo dục và Đào tạo", "so", None), ("so/tccb", "Phòng Tổ chức cán bộ", "phong", "so"),
             ("so/lanh-dao", "Lãnh đạo Sở", "lanh-dao", "so")]  # fmt: skip
    names += [(f"truong-{n:04d}", f"Trường THCS số {n}", "truong", "so") for n in range(UNITS)]
    rows: list[Row] = [{"id": unit, "name": name, "short": name, "kind": kind, "parent_id": parent, "system": "state",
             "sample": False, "position": position - 3, "folded": fold(name), "successors": []}
            for position, (unit, name, kind, parent) in enumerate(names)]  # fmt: skip
    _bulk(session, Unit, rows)
    _bulk(session, ContactPoint, [{"recipient": f"{unit}:dau_moi", "channel": "mailbox", "unit_id": unit,
                                   "role": "dau_moi", "address": None} for unit, *_ in names])  # fmt: skip


def _plans(session: Session) -> None:
    plans: list[Row] = []
    processes: list[Row] = []
    for plan in range(PLANS):
        key, title = f"kh-{plan:02d}", f"Kế hoạch số {plan} về nâng cao chất lượng"
        plans.append({"id": key, "title": title, "number": f"{plan}/KH-SGDĐT", "status": "issued", "issued_by": "so",
                      "issued_on": "2022-01-05", "issued_from": date(2022, 1, 5), "track_from": date(2022, 1, 5),
                      "tracker_id": "so/tccb", "leadership_id": "so/lanh-dao", "sender_id": "so/tccb",
                      "confidential": False, "version": 1, "fingerprint": "", "told_on": date(2022, 1, 5),
                      "folded": fold(title)})  # fmt: skip
        for number, kind in enumerate(KINDS):
            item = f"bao-cao:quy-{plan}" if kind == "report" else f"ii-{number}"
            name = f"Nội dung {number} của kế hoạch {plan}"
            processes.append({"key": f"{key}:{item}", "plan_id": key, "kind": "report" if kind == "report" else "task",
                              "item_id": item.rpartition(":")[2], "code": "" if kind == "report" else f"II.{number}",
                              "title": name, "section": "" if kind == "report" else "II. Nhiệm vụ", "duty": "lead",
                              "condition": {"report": "recurring", "dated": "dated"}.get(kind, "covered"),
                              "phrase": "Hằng quý", "explanation": "", "tracker_id": "so/tccb", "confidential": False,
                              "position": number, "folded": fold(name), "details": {}})  # fmt: skip
    _bulk(session, Plan, plans)
    _bulk(session, Process, processes)
    asked = case((col(Process.condition) == "covered", _report_key()), else_="")
    columns = ["process_key", "unit_id", "asked_in", "ladder", "pressed", "done", "to_lead", "to_tracker"]
    session.execute(
        insert(Party).from_select(
            columns,
            select(
                col(Process.key), col(Unit.id), asked, literal("nhiem-vu"), literal(True), literal(False),
                col(Unit.id) + ":dau_moi", literal("so/tccb:dau_moi")
            ).where(_shares(Process.plan_id)),
        )
    )  # fmt: skip


def _report_key() -> Any:
    """The key of the report duty of a process's plan."""
    number = func.substr(col(Process.plan_id), 4, 2)
    return (
        col(Process.plan_id) + ":bao-cao:quy-" + func.ltrim(func.substr(number, 1, 1), "0") + func.substr(number, 2, 1)
    )


def _shares(plan_id: Any) -> Any:
    """Whether a unit takes part in a plan: every tenth does."""
    last = func.substr(plan_id, 5, 1)
    return (col(Unit.kind) == "truong") & (last == func.substr(col(Unit.id), 11, 1))


def _occurrences(session: Session) -> None:
    rows: list[Row] = []
    for plan in range(PLANS):
        key = f"kh-{plan:02d}"
        for number, kind in enumerate(KINDS):
            item = f"bao-cao:quy-{plan}" if kind == "report" else f"ii-{number}"
            for period in range(PERIODS):
                is_open = period == PERIODS - 1
                late = is_open and (plan + number) % 5 == 0
                due = date(2026, 12, 14) if late else date(2026, 12, 22) if is_open else _past(period)
                if kind == "covered" and is_open:
                    due = date(2026, 12, 14) if plan % 5 == 0 else date(2026, 12, 22)
                year, quarter = 2022 + period // 4, period % 4 + 1
                rows.append({"plan_id": key, "process_key": f"{key}:{item}", "kind": kind,
                             "period": f"{year}-Q{quarter}", "label": f"quý {quarter}/{year}",
                             "asked_in": f"{key}:bao-cao:quy-{plan}" if kind == "covered" else "",
                             "opens_on": due - timedelta(days=30), "due_on": due, "remind_from": due,
                             "late_after": due, "provisional": False, "stage": "open" if is_open else "closed",
                             "by_event": False, "wakes": 0, "wakes_seen": 0})  # fmt: skip
    _bulk(session, Occurrence, rows)


def _past(period: int) -> date:
    return date(2022 + period // 4, (period % 4) * 3 + 3, 14)


def _assignments(session: Session) -> None:
    """Reports first: a line points to the report that covers it."""
    report, owner = aliased(Assignment), aliased(Occurrence)
    lot = (func.substr(col(Unit.id), 9, 1), col(Occurrence.due_on) < NOW.date())
    state = case(
        (col(Occurrence.stage) == "closed", case((lot[0] == "9", "missed"), else_="reported")),
        (lot[0].in_(("0", "1", "2", "3", "4")), "reported"),
        (lot[1], "overdue"),
        (lot[0] == "5", "in_progress"),
        else_="assigned",
    )
    columns = ["occurrence_id", "unit_id", "state", "kind", "ladder", "pressed", "sends", "covered_by", "opened_on",
               "due_on", "first_due_on", "remind_from", "late_after", "opened_at", "extensions", "on_time",
               "result", "next_on"]  # fmt: skip
    for kind in ("report", "dated", "covered"):
        covered = col(report.id) if kind == "covered" else null()
        chosen = (
            select(
                col(Occurrence.id), col(Unit.id), state, col(Occurrence.kind), literal("nhiem-vu"), literal(True),
                literal(kind != "covered"), covered, col(Occurrence.opens_on), col(Occurrence.due_on),
                col(Occurrence.due_on), col(Occurrence.due_on), col(Occurrence.due_on), literal(OPENED, UTCDateTime),
                literal(0), case((state == "reported", True), else_=None),
                case((state == "reported", "done"), else_=None),
                null(),
            )
            .select_from(Occurrence)
            .join(Unit, _shares(Occurrence.plan_id))
            .where(col(Occurrence.kind) == kind)
        )  # fmt: skip
        if kind == "covered":
            chosen = chosen.join(
                owner, (col(owner.process_key) == Occurrence.asked_in) & (col(owner.period) == Occurrence.period)
            ).join(report, (col(report.occurrence_id) == owner.id) & (col(report.unit_id) == Unit.id))
        session.execute(insert(Assignment).from_select(columns, chosen))


def _transitions(session: Session) -> None:
    columns = ["assignment_id", "move", "from_state", "to_state", "at", "recorded_at", "by"]
    at = literal(OPENED, UTCDateTime)
    opened = select(col(Assignment.id), literal("open"), null(), literal("assigned"), at, at, literal("bench"))
    moved = select(col(Assignment.id), literal("submit"), literal("assigned"), col(Assignment.state), at, at,
                   literal("bench"))  # fmt: skip
    session.execute(insert(Transition).from_select(columns, opened))
    session.execute(insert(Transition).from_select(columns, moved.where(col(Assignment.state) != "assigned")))


def _submissions(session: Session) -> None:
    at = literal(OPENED, UTCDateTime)
    filed = select(col(Assignment.unit_id), col(Assignment.occurrence_id), col(Assignment.due_on), at, literal("bench"))
    which = (col(Assignment.kind) == "report", col(Assignment.state) == "reported")
    filed = filed.add_columns(literal("12/BC-") + col(Assignment.unit_id))
    columns = ["unit_id", "occurrence_id", "received_on", "recorded_at", "by", "document"]
    session.execute(insert(Submission).from_select(columns, filed.where(*which)))
    report, line = aliased(Assignment), aliased(Assignment)
    answers = (
        select(col(Submission.id), col(line.id), literal("done"), literal("Đã hoàn thành theo kế hoạch."))
        .join(
            report,
            (col(report.occurrence_id) == Submission.occurrence_id) & (col(report.unit_id) == Submission.unit_id),
        )
        .join(line, (col(line.id) == report.id) | (col(line.covered_by) == report.id))
    )
    session.execute(insert(Answer).from_select(["submission_id", "assignment_id", "result", "text"], answers))


def _outbox(session: Session) -> None:
    """One letter for each unit and period of each plan, with a notice for each thing that was owed."""
    at = literal(OPENED, UTCDateTime)
    per_day = (
        select(col(Assignment.unit_id), col(Assignment.due_on), func.min(Assignment.id).label("first"))
        .where(col(Assignment.kind) == "report")
        .group_by(col(Assignment.unit_id), col(Assignment.due_on))
        .subquery()
    )
    columns = ["recipient", "channel", "sender_id", "day", "state", "reminder", "subject", "body", "planned_at",
               "tries"]  # fmt: skip
    sent = select(
        per_day.c.unit_id + ":dau_moi", literal("mailbox"), literal("so/tccb"), per_day.c.due_on,
        case((per_day.c.first % 200 == 0, "failed"), else_="sent"), literal(True),
        literal("Nhắc báo cáo, nhiệm vụ đến hạn"), literal("Kính gửi: Trường\n\nTrân trọng./.", Text), at, literal(1),
    )  # fmt: skip
    session.execute(insert(Letter).from_select(columns, sent))
    said = (
        select(
            col(Assignment.id), col(Occurrence.plan_id), col(Occurrence.process_key), col(Assignment.unit_id),
            literal("nhac-1"), literal("reminder"), literal("nhac-den-han"), literal("unit"),
            col(Assignment.unit_id) + ":dau_moi", literal("mailbox"), literal("so/tccb"), col(Assignment.due_on),
            col(Assignment.due_on), literal("sent"), at, col(Letter.id),
        )
        .join(Occurrence, col(Occurrence.id) == Assignment.occurrence_id)
        .join(
            Letter,
            (col(Letter.recipient) == col(Assignment.unit_id) + ":dau_moi") & (col(Letter.day) == Assignment.due_on),
            isouter=True,
        )
        .where(col(Assignment.kind) != "covered")
    )  # fmt: skip
    columns = ["assignment_id", "plan_id", "process_key", "unit_id", "step", "tone", "wording", "each", "recipient",
               "channel", "sender_id", "due_on", "send_on", "state", "planned_at", "letter_id"]  # fmt: skip
    session.execute(insert(Notice).from_select(columns, said))
