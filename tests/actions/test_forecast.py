"""What an edit will bring about, told before it is applied: kỳ and messages that go, come, or move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from actions.apply_plan import apply_plan, apply_units
from actions.behaviour import Behaviour
from actions.forecast import ForecastChanges, ForecastMessage, _Running, default_end, forecast_changes, plan_of
from actions.rules import Rules
from actions.submit import Filing, submit_report
from calendars.working_days import WorkingDays
from models.database import reading, transaction
from models.outbox import Letter, Notice
from models.plan import PlanVersion
from models.specs import EscalationSpec, PlanSpec, UnitsSpec
from models.tables import METADATA
from tests.actions.test_simulated_years import YEARS, shipped
from tests.office import PLAN, Office, at, plan_spec, rules, units_spec

NOW = "2026-03-10"


@pytest.fixture
def office(engine: Engine) -> Office:
    """The small office, alive since January; today is 10 March, 14:00."""
    here = Office(engine, rules())
    here.apply("2026-01-05")
    here.through("2026-01-05", NOW)
    return here


def ask(office: Office, *plans: PlanSpec, units: UnitsSpec | None = None, **more: Any) -> ForecastChanges:
    """What these edits would change."""
    with reading(office.engine) as session:
        known = more.pop("rules", office.rules)
        return forecast_changes(session, plans, units or office.units, known, at(NOW, 14), **more)


def edited(**changes: Any) -> PlanSpec:
    """The small plan with one report's or all tasks' words changed."""
    return plan_spec(**changes)


def contents(engine: Engine) -> dict[str, list[Any]]:
    """Every row of every table."""
    with engine.connect() as connection:
        return {table.name: list(connection.execute(table.select())) for table in METADATA.sorted_tables}


def keys(messages: list[ForecastMessage]) -> set[tuple[str, str, str, str]]:
    """(day, recipient, step, assignment) of each."""
    return {(m.day.isoformat(), m.recipient, m.step, m.assignment) for m in messages}


def test_the_same_plan_changes_nothing_and_lives_nothing(office: Office) -> None:
    """No edit: nothing is listed, no virtual day is lived, the sentence says so."""
    days: list[date] = []
    changes = ask(office, plan_spec(), progress=days.append)

    assert not changes
    assert changes.summary == "không có gì thay đổi"
    assert days == []


def test_a_removed_task_cancels_its_messages_and_nothing_else(office: Office) -> None:
    """Task 1 is open and has been told: the reminders and late steps still ahead go, what was sent is not listed.
    A reminder of the report that would have joined a letter of the task goes on a day of its own."""
    changes = ask(office, edited(tasks=PLAN["tasks"][1:]))

    assert {row.period for row in changes.occurrences_cancelled} == {"2026-Q1"}
    assert changes.occurrences_added == []
    assert changes.messages_added == [new for _, new in changes.messages_moved]
    moved = [old for old, _ in changes.messages_moved]
    assert {m.assignment for m in changes.messages_cancelled if m not in moved} == {"kh 1 2026-Q1 th-1"}
    assert {m.assignment for m in moved} == {"kh bao-cao:quy 2026-Q1 th-1"}
    assert min(m.day for m in changes.messages_cancelled) > date.fromisoformat(NOW)
    assert "giao" not in {m.step for m in changes.messages_cancelled}
    assert f"huỷ {len(changes.messages_cancelled)} lượt nhắc" in changes.summary
    assert f"thêm {len(changes.messages_added)} lượt nhắc" in changes.summary


def test_what_was_foretold_is_what_applying_does(office: Office) -> None:
    """Foretold: the quarterly report moves from the 25th to the 20th. Lived: with and without the edit applied, to
    the end of July; cancelled and added are exactly the difference."""
    after = edited(reports={"quy": PLAN["reports"]["quy"] | {"when": "Báo cáo quý: ngày 20 tháng cuối của quý"}})
    changes = ask(office, after, end=date(2026, 7, 31))
    twin = Office(_copy_of(office.engine), office.rules)

    kept = _lived(office, None)
    applied = _lived(twin, after)

    assert keys(changes.messages_cancelled) == kept - applied
    assert keys(changes.messages_added) == applied - kept
    assert {(p.before.due_on.day, p.after.due_on.day) for p in changes.occurrences_moved if p.before.task == "quy"} == {
        (25, 20)
    }
    assert changes.messages_moved
    assert all(old.day != new.day and old.who == new.who for old, new in changes.messages_moved)


def _copy_of(engine: Engine) -> Engine:
    import sqlite3

    from models.database import ledger_url, open_ledger

    assert engine.url.database
    path = engine.url.database + ".twin"
    with sqlite3.connect(engine.url.database) as source, sqlite3.connect(path) as target:
        source.backup(target)
    return open_ledger(ledger_url(path))  # type: ignore[arg-type]


def _lived(office: Office, edit: PlanSpec | None) -> set[tuple[str, str, str, str]]:
    """What the real deeds say from today's afternoon to the end of July."""
    from actions.simulate import assignment_keys, said_of

    with Session(office.engine) as session:
        before = {row.id for row in session.exec(select(Notice).where(Notice.state == "sent"))}
    if edit:
        with transaction(office.engine) as session:
            apply_units(session, office.units)
            apply_plan(session, edit, office.units, office.rules, at(NOW, 14))
    office.post(NOW, 15)
    office.through("2026-03-11", "2026-07-31")
    with Session(office.engine) as session:
        names = assignment_keys(session)
        rows = session.exec(select(Notice, Letter).where(Notice.letter_id == Letter.id, Notice.state == "sent")).all()
        return {
            (letter.day.isoformat(), notice.recipient, notice.step, said_of(notice, names))
            for notice, letter in rows
            if notice.id not in before
        }


def test_asking_changes_nothing(office: Office) -> None:
    """The ledger is the same, row for row, and a session for reading is enough."""
    before = contents(office.engine)
    ask(office, edited(tasks=PLAN["tasks"][:1]), edited(id="kh-moi"))

    assert contents(office.engine) == before


def test_a_new_plan_adds_its_occurrences_and_messages(engine: Engine) -> None:
    """On an empty ledger everything of the plan is new."""
    changes = ask(Office(engine, rules()), plan_spec())

    assert changes.messages_cancelled == []
    assert {m.assignment.split()[1] for m in changes.messages_added} >= {"bao-cao:quy", "1"}
    assert {row.task for row in changes.occurrences_added} == {"quy", "1", "2"}
    assert changes.letters_added == len({m.letter for m in changes.messages_added})


def test_reported_work_stays_reported(office: Office) -> None:
    """A school that has reported hears nothing of the edit that moves the day of what it has answered."""
    office.tick(NOW)
    with transaction(office.engine) as session:
        mine = office.assignment(session, "kh bao-cao:quy 2026-Q1 th-1")
        submit_report(session, mine, Filing(by="th-1", document="1/BC"), at(NOW, 9))
    changes = ask(
        office,
        edited(reports={"quy": PLAN["reports"]["quy"] | {"when": "Báo cáo quý: ngày 20 tháng cuối của quý"}}),
        end=date(2026, 4, 30),
    )
    spoken_of = {m.assignment for m in changes.messages_cancelled + changes.messages_added}

    assert "kh bao-cao:quy 2026-Q1 th-1" not in spoken_of
    assert "kh bao-cao:quy 2026-Q1 th-2" in spoken_of


def test_a_unit_more_and_a_step_less_are_edits_too(office: Office) -> None:
    """units.yaml and escalation.yaml: a new school in the group adds its messages; a ladder without its late steps
    cancels them."""
    more = units_spec()
    grown = UnitsSpec.model_validate(
        more.model_dump(by_alias=True)
        | {"groups": {"truong": {"name": "Các trường", "members": ["th-1", "th-2", "th-3", "stc"]}}}
    )
    spec = office.rules.escalation.model_dump(mode="json", by_alias=True)
    spec["ladders"] = {
        name: [step for step in steps if step["after"] is None] for name, steps in spec["ladders"].items()
    }
    softer = replace(office.rules, escalation=EscalationSpec.model_validate(spec))

    with_one_more = ask(office, plan_spec(), units=grown, end=date(2026, 7, 31))
    without_late = ask(office, plan_spec(), rules=softer, end=date(2026, 7, 31))

    assert {m.assignment.split()[-1] for m in with_one_more.messages_added} == {"stc"}
    assert with_one_more.messages_cancelled == []
    assert {m.step for m in without_late.messages_cancelled} >= {"qua-han", "qua-han-ds"}
    assert {m.step for m in without_late.messages_added} <= {"nhac-1", "nhac-2"}


def test_a_day_off_decreed_since_moves_messages(office: Office) -> None:
    """The plan is the same, holidays.yaml is not: 25 and 26 June become days off, the quarter's last day on time moves
    to Monday and its late steps with it."""
    known = office.rules.days
    decreed = known.days_off | {date(2026, 6, 25): "quyết định mới", date(2026, 6, 26): "quyết định mới"}
    off = WorkingDays(decreed, known.work_days, known.decreed, known.names)
    later = Rules(off, office.rules.escalation, office.rules.calendars)
    changes = ask(office, plan_spec(), rules=later, end=date(2026, 7, 31))
    june = [pair for pair in changes.occurrences_moved if pair.before.task == "quy"]

    assert [(p.before.late_after, p.after.late_after) for p in june] == [(date(2026, 6, 25), date(2026, 6, 29))]
    assert changes.occurrences_added == changes.occurrences_cancelled == []
    assert {m.step for m, _ in changes.messages_moved} >= {"qua-han"}


def test_units_that_answer_hear_less(office: Office) -> None:
    """If everybody reports on time the removed task cancels reminders only."""
    changes = ask(office, edited(tasks=PLAN["tasks"][1:]), behaviour=Behaviour.parse("on-time"))

    assert {m.step for m in changes.messages_cancelled} <= {"nhac-1", "nhac-2"}
    assert changes.behaviour == "on-time"


def test_the_window_reaches_to_the_end_of_the_plan_and_a_year_at_least() -> None:
    """A plan to 2030 is compared to its end; one without end, or soon over, for a year."""
    today = date(2026, 3, 10)

    assert default_end([plan_spec(valid={"from": "2026-01-01", "to": "2030-06-30"})], today) == date(2030, 6, 30)
    assert default_end([plan_spec()], today) == date(2027, 3, 11)
    assert default_end([], today) == date(2027, 3, 11)


def test_a_ledger_on_postgresql_is_copied_and_foretold_alike(office: Office, postgres_engine: Engine) -> None:
    """The same office on PostgreSQL: the same messages cancelled, added and moved."""
    other = Office(postgres_engine, office.rules)
    other.apply("2026-01-05")
    other.through("2026-01-05", NOW)
    edit = edited(reports={"quy": PLAN["reports"]["quy"] | {"when": "Báo cáo quý: ngày 20 tháng cuối của quý"}})
    here, there = (ask(one, edit, end=date(2026, 7, 31)) for one in (office, other))

    assert here.messages_cancelled == there.messages_cancelled
    assert here.messages_added == there.messages_added
    assert here.occurrences_moved == there.occurrences_moved


@pytest.fixture
def five(engine: Engine) -> Iterator[tuple[Session, Rules]]:
    """The five shipped plans, applied."""
    config, shipped_rules = shipped()
    with transaction(engine) as session:
        apply_units(session, config.units)
        for plan in config.plans.values():
            apply_plan(session, plan, config.units, shipped_rules, at("2024-03-20"))
    with Session(engine) as session:
        yield session, shipped_rules


def test_what_was_applied_can_be_read_back_whole(five: tuple[Session, Rules]) -> None:
    """Plans, units and ladders as the ledger keeps them, applied again, change not one row."""
    session, shipped_rules = five
    config, _ = shipped()
    running = _Running(session)
    units, known = running.units(), running.rules(shipped_rules)
    changes = [apply_units(session, units)]
    changes += [apply_plan(session, plan, units, known, at("2024-03-20")) for plan in running.plans()]

    assert len(running.plans()) == len(YEARS)
    assert not any(changes), changes
    assert known.escalation == shipped_rules.escalation
    assert all(plan_of(row.spec) == config.plans[row.plan_id] for row in session.exec(select(PlanVersion)))
