"""The cost of the ledger: a plan year against bare SQL that writes the same rows, and one tick among many rows.

Each function returns figures as `{figure, value, unit, baseline, ratio, reach, reached}`; baselines are measured in
the same run on the same machine.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pendulum
from sqlalchemy import Engine, func, insert, text
from sqlmodel import Session, SQLModel, col, select

from actions.advance import advance
from actions.audit import head, seal
from actions.move import move, settle
from actions.rules import Rules
from calendars.working_days import WorkingDays
from models.columns import ZONE
from models.database import ledger_url, open_ledger, transaction
from models.ledger import Assignment, Occurrence
from models.lifecycle import Kind, Move
from models.plan import Party, Plan, Process
from models.specs import EscalationSpec
from models.tables import METADATA
from models.units import ContactPoint, Unit

DUE = date(2026, 6, 25)
OPENS = date(2026, 5, 25)
LADDER: list[dict[str, Any]] = [
    {"key": "nhac-1", "before": 10, "to": ["lead"], "wording": "nhac-den-han"},
    {"key": "nhac-2", "before": 5, "to": ["lead"], "wording": "nhac-den-han"},
    {"key": "nhac-3", "before": 1, "to": ["lead"], "wording": "nhac-den-han"},
    {"key": "qua-han", "after": 1, "to": ["lead"], "wording": "qua-han"},
    {"key": "lan-2", "after": 5, "to": ["tracker"], "each": "list", "wording": "danh-sach-chua-bao-cao"},
    {"key": "lanh-dao", "after": 10, "to": ["leadership"], "each": "list", "wording": "bao-cao-lanh-dao"},
]
NOTICES_PER_ASSIGNMENT = 2.8  # two reminders to all, one reminder and three late steps to the fifth that is silent


def rules() -> Rules:
    """An office with one ladder of three reminders, a lapse and two escalations."""
    escalation = {"ladders": {"bao-cao": LADDER}, "choose": [{"ladder": "bao-cao"}]}
    return Rules(days=WorkingDays(), escalation=EscalationSpec.model_validate(escalation))


def at(day: date, hour: int = 0) -> pendulum.DateTime:
    """A moment of a day in Asia/Ho_Chi_Minh."""
    return pendulum.datetime(day.year, day.month, day.day, hour, 1, tz=ZONE)


def build(engine: Engine, units: int, *, opens_on: date = OPENS) -> None:
    """One plan, one report duty, `units` reporters and their contact points; nothing opened yet."""
    METADATA.create_all(engine)
    days = WorkingDays()
    with transaction(engine) as session:
        names = ["theo-doi", "lanh-dao", *(f"u{n}" for n in range(units))]
        rows = [{"id": n, "name": n, "short": n, "kind": "truong", "system": "state", "sample": False, "position": i,
                 "successors": []} for i, n in enumerate(names)]  # fmt: skip
        _bulk(session, Unit, rows)
        contacts = [{"recipient": f"{n}:dau_moi", "channel": "email", "unit_id": n, "role": "dau_moi",
                     "address": f"{n}@dondoc.example"} for n in names]  # fmt: skip
        _bulk(session, ContactPoint, contacts)
        session.add(Plan(id="p", title="p", status="issued", issued_by="theo-doi", track_from=opens_on,
                         tracker_id="theo-doi", leadership_id="lanh-dao", sender_id="theo-doi",
                         told_on=opens_on))  # fmt: skip
        session.flush()
        session.add(Process(key="p:bao-cao:quy", plan_id="p", kind="report", item_id="quy", code="", title="quý",
                            condition="recurring", tracker_id="theo-doi"))  # fmt: skip
        session.flush()
        _bulk(session, Party, [{"process_key": "p:bao-cao:quy", "unit_id": n, "asked_in": "", "ladder": "bao-cao",
                                "pressed": True, "done": False, "to_lead": f"{n}:dau_moi",
                                "to_tracker": "theo-doi:dau_moi", "to_leadership": "lanh-dao:dau_moi"}
                               for n in names[2:]])  # fmt: skip
        session.add(Occurrence(plan_id="p", process_key="p:bao-cao:quy", kind=Kind.REPORT.value, period="2026-Q2",
                               label="quý II/2026", opens_on=opens_on, due_on=DUE, remind_from=days.on_or_before(DUE),
                               late_after=days.on_or_after(DUE)))  # fmt: skip


def _bulk(session: Session, table: type[SQLModel], rows: list[dict[str, Any]]) -> None:
    session.execute(insert(table), rows)


def live_a_year(engine: Engine) -> None:
    """Every day from opening to the last escalation; four in five report two days early, in one set-based deed."""
    house = rules()
    day, last = OPENS, DUE + timedelta(days=30)
    while day <= last:
        with transaction(engine) as session:
            advance(session, house, at(day))
            if day == DUE - timedelta(days=2):
                early = (col(Assignment.id) % 5) != 0
                move(session, early, Move.SUBMIT, at(day, 10), by="bench", answered_at=at(day, 10), on_time=True)
                settle(session, [1], at(day, 10))
        day += timedelta(days=1)


BARE = """
INSERT INTO assignments (occurrence_id, unit_id, state, kind, ladder, pressed, sends, opened_on, due_on, first_due_on,
  remind_from, late_after, opened_at, extensions, next_on)
SELECT 1, unit_id, 'assigned', 'report', 'bao-cao', 1, 1, :opens, :due, :due, :due, :due, :now, 0, :opens FROM parties;
INSERT INTO transitions (assignment_id, move, to_state, at, recorded_at, "by")
SELECT id, 'open', 'assigned', :now, :now, 'x' FROM assignments;
{reminder_1};
{reminder_2};
INSERT INTO transitions (assignment_id, move, from_state, to_state, at, recorded_at, "by")
SELECT id, 'submit', 'assigned', 'reported', :now, :now, 'x' FROM assignments WHERE id % 5 != 0;
UPDATE assignments SET state='reported', answered_at=:now, next_on=NULL WHERE id % 5 != 0;
{reminder_3};
INSERT INTO transitions (assignment_id, move, from_state, to_state, at, recorded_at, "by")
SELECT id, 'lapse', 'assigned', 'overdue', :now, :now, 'x' FROM assignments WHERE state='assigned';
UPDATE assignments SET state='overdue' WHERE state='assigned';
{late_1};
{late_2};
{late_3}
"""
NOTICE = r"""
INSERT INTO notices (assignment_id, plan_id, process_key, unit_id, step, tone, wording, each, recipient, channel,
  sender_id, due_on, send_on, state, planned_at)
SELECT id, 'p', 'p\:bao-cao\:quy', unit_id, '{step}', 'late', 'w', 'unit', unit_id || '\:dau_moi', 'email', 'theo-doi',
  :due, :due, 'planned', :now FROM assignments WHERE state IN ('assigned', 'overdue')
"""


def write_bare(engine: Engine) -> None:
    """The same rows by hand-written set-based SQL: no rules, no days, no checks."""
    steps = ("reminder_1", "reminder_2", "reminder_3", "late_1", "late_2", "late_3")
    script = BARE.format(**{step: NOTICE.format(step=step) for step in steps})
    values = {"opens": OPENS.isoformat(), "due": DUE.isoformat(), "now": "2026-05-25 00:01:00.000000"}
    for statement in script.split(";"):
        with engine.begin() as connection:
            connection.execute(text(statement), {k: v for k, v in values.items() if f":{k}" in statement})


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _fresh(folder: Path, name: str, units: int) -> Engine:
    engine = open_ledger(ledger_url(folder / f"{name}.db"))
    build(engine, units)
    return engine


def _counts(engine: Engine) -> tuple[int, ...]:
    with engine.connect() as connection:
        tables = ("assignments", "transitions", "notices")
        return tuple(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables)


def plan_year(units: int) -> dict[str, Any]:
    """A plan year of `units` assignments against bare SQL writing the same rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bare, ours = _fresh(folder, "bare", units), _fresh(folder, "ours", units)
        baseline = _timed(lambda: write_bare(bare))
        value = _timed(lambda: live_a_year(ours))
        if _counts(bare) != _counts(ours) or _counts(ours)[2] != round(units * NOTICES_PER_ASSIGNMENT):
            raise AssertionError(f"the two wrote different rows: {_counts(bare)} and {_counts(ours)}")
    return figure(f"plan year, {units:,} assignments", value, "s", baseline, 5.0)


def sealing(units: int) -> dict[str, Any]:
    """Sealing all rows of a plan year into the audit's chain, against reading the same rows and hashing them once.

    The baseline is the least that any hash over them costs: every column of every row, as the driver hands it over.
    """
    with tempfile.TemporaryDirectory() as name:
        engine = _fresh(Path(name), "sealed", units)
        live_a_year(engine)
        baseline = _timed(lambda: _hash_bare(engine))
        value = _timed(lambda: _seal_all(engine))
        with Session(engine) as session:
            waiting = head(session).unsealed
        if waiting:
            raise AssertionError(f"{waiting} rows are not sealed")
    return figure(f"sealing a plan year, {units:,} assignments", value, "s", baseline, 8.0)


def _seal_all(engine: Engine) -> None:
    with transaction(engine) as session:
        seal(session, at(DUE), most=None)


def _hash_bare(engine: Engine) -> None:
    digest = hashlib.sha256()
    with engine.connect() as connection:
        for table in ("transitions", "notices"):
            for row in connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY id"):
                digest.update(repr(tuple(row)).encode())
    digest.hexdigest()


def figure(name: str, value: float, unit: str, baseline: float, reach: float, *, more: bool = False) -> dict[str, Any]:
    """One row of the table; `more` when a larger ratio is the better one."""
    ratio = value / baseline if baseline else 0.0
    reached = ratio >= reach if more else ratio <= reach
    return {"figure": name, "value": round(value, 4), "unit": unit, "baseline": round(baseline, 4),
            "ratio": round(ratio, 3), "reach": reach, "reached": reached}  # fmt: skip


def tick_figures(small: int = 10_000, large: int = 1_000_000, due: int = 1000, rounds: int = 15) -> dict[str, Any]:
    """One tick that lapses `due` assignments and plans their step, among many stored ones against among few."""
    with tempfile.TemporaryDirectory() as name:
        engines = [_with_stored(Path(name) / f"{stored}.db", stored, due) for stored in (small, large)]
        times: list[list[float]] = [[], []]
        for _ in range(rounds):  # in turn, so that a busy machine is busy for both
            for index, engine in enumerate(engines):
                times[index].append(_tick(engine, due))
    return figure(f"one tick, {due:,} due, {large:,} against {small:,} stored", min(times[1]), "s", min(times[0]), 1.2)


def _with_stored(path: Path, stored: int, due: int) -> Engine:
    """A ledger with `due` assignments a day past their deadline and `stored` answered ones of earlier periods."""
    engine = open_ledger(ledger_url(path))
    build(engine, due)
    values = {"periods": stored // due, "key": "p:bao-cao:quy", "moment": "2020-01-01 00:00:00.000000"}
    with engine.begin() as connection:
        for statement in STORED.split(";"):
            connection.execute(text(statement), {k: v for k, v in values.items() if f":{k}" in statement})
        connection.exec_driver_sql("ANALYZE")
    with transaction(engine) as session:
        for day in (OPENS, *(WorkingDays().shift(DUE, -before) for before in (10, 5, 1))):
            advance(session, rules(), at(day))
    return engine


def _tick(engine: Engine, due: int) -> float:
    with Session(engine) as session:
        began = time.perf_counter()
        advance(session, rules(), at(DUE + timedelta(days=1)))
        took = time.perf_counter() - began
        lapsed = session.exec(select(func.count()).where(col(Assignment.state) == "overdue")).one()
        session.rollback()
    if lapsed != due:
        raise AssertionError(f"{lapsed} lapsed, not {due}")
    return took


STORED = r"""
WITH RECURSIVE past(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM past WHERE n < :periods)
INSERT INTO occurrences (plan_id, process_key, kind, period, label, asked_in, opens_on, due_on, remind_from, late_after,
  provisional, stage, wakes, wakes_seen, by_event)
SELECT 'p', :key, 'report', 'past ' || n, 'past', '', '2020-01-01', '2020-01-25', '2020-01-25',
  '2020-01-25', 0, 'closed', 0, 0, 0 FROM past;
INSERT INTO assignments (occurrence_id, unit_id, state, kind, ladder, pressed, sends, opened_on, due_on, first_due_on,
  remind_from, late_after, opened_at, extensions, rungs_until)
SELECT o.id, p.unit_id, 'reported', 'report', 'bao-cao', 1, 1, '2020-01-01', '2020-01-25', '2020-01-25', '2020-01-25',
  '2020-01-25', :moment, 0, '2020-01-25' FROM occurrences o CROSS JOIN parties p
  WHERE o.stage = 'closed'
"""


def figures() -> list[dict[str, Any]]:
    """The ledger's rows of `make bench`."""
    return [plan_year(10_000), plan_year(100_000), tick_figures(), sealing(10_000)]
