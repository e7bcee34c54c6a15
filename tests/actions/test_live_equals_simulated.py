"""What is simulated is what happens: a house driven hour by hour says, message for message, what `simulate` said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pendulum
from sqlmodel import Session, select

from actions.apply_plan import apply_plan, apply_units
from actions.behaviour import Behaviour, key_of
from actions.find import find_assignment
from actions.joins import with_process
from actions.move import Refused
from actions.recorded import RecordedDeed, read_deeds
from actions.simulate import run_simulation
from actions.submit import Filing, start, submit_report
from config.bootstrap import House, deliver_letters, furnish, subjects, tick
from config.clock import stopped_at
from config.settings import Settings
from models.columns import ZONE
from models.database import reading, transaction
from models.ledger import Assignment, Occurrence, Transition
from models.outbox import Letter, Notice
from models.plan import Process
from tests.actions.test_simulated_years import shipped

HOURS = (0, 7, 8, 9, 10, 11, 14, 17)  # of each day: before, at and after the sending hour and the hour of filing
FILING_HOUR = 10

# Two months of 2024 in which three of the five plans have something to say: openings, reminders, lapses, late steps.
FIRST, LAST = date(2024, 5, 20), date(2024, 7, 25)
# Three weeks of 2026 with the two that live on: their yearly reports fall due.
AUTUMN, WINTER = date(2026, 11, 9), date(2026, 12, 18)


Moved = tuple[str, str, str, str]
Said = tuple[str, str, str, str | None]  # day, recipient, step, subject


def said_live(house: House, since: date) -> list[Said]:
    """What the house's letters said."""
    with reading(house.engine) as session:
        query = select(Notice, Letter).where(Notice.letter_id == Letter.id, Letter.state == "sent")
        rows = session.exec(query).all()
        return sorted(
            (letter.day.isoformat(), notice.recipient, notice.step, letter.subject)
            for notice, letter in rows
            if notice.state == "sent" and letter.day >= since
        )


def moved_live(house: House) -> list[Moved]:
    """Every move: assignment, from, to, the day it became true."""
    with reading(house.engine) as session:
        rows = session.exec(with_process(select(Assignment, Occurrence, Process))).all()
        keys = {assignment.id: key_of(assignment, occurrence, process) for assignment, occurrence, process in rows}
        return sorted(
            (keys[row.assignment_id], row.from_state or "", row.to_state, row.at.date().isoformat())
            for row in session.exec(select(Transition))
        )


def begin(tmp_path: Path, day: date) -> House:
    """A real house, its post in the local mailbox, its plans applied on the morning of `day`."""
    now = pendulum.datetime(day.year, day.month, day.day, 0, 1, tz=ZONE)
    house = furnish(Settings(home=tmp_path), stopped_at(now))
    with transaction(house.engine) as session:
        apply_units(session, house.config.units)
        for plan in house.config.plans.values():
            apply_plan(session, plan, house.config.units, house.rules, now)
    return house


def live(house: House, first: date, last: date, deeds: list[RecordedDeed]) -> list[str]:
    """Live every hour as `dondoc up` does: the tick, then the post; units act at ten. Returns refusals."""
    refused: list[str] = []
    day = first
    while day <= last:
        for hour in HOURS:
            now = pendulum.datetime(day.year, day.month, day.day, hour, 1 if hour in (0, FILING_HOUR) else 0, tz=ZONE)
            here = replace(house, clock=stopped_at(now))
            tick(here)
            deliver_letters(here)
            if hour == FILING_HOUR:
                refused += [sentence for deed in deeds if deed.acted_on == day if (sentence := act(here, deed))]
        day += timedelta(days=1)
    return refused


def act(house: House, deed: RecordedDeed) -> str | None:
    """A unit does what is recorded, by the deeds of the command line; the refusal, if there is one."""
    try:
        with transaction(house.engine) as session:
            assignment = find(session, deed)
            now = house.clock.now()
            if deed.begins:
                start(session, assignment, now, by="đơn vị")
                return None
            filing = Filing(by="đơn vị", result=deed.result, received_on=deed.received_on, document=deed.document,
                            reason_late=deed.reason)  # fmt: skip
            submit_report(session, assignment, filing, now)
    except Refused as refusal:
        return str(refusal)
    return None


def find(session: Session, deed: RecordedDeed) -> Assignment:
    """The assignment of a deed, by the words a person would type."""
    plan, _, item = deed.process_key.partition(":")
    return find_assignment(session, [plan, item, deed.period, deed.unit])


def year_of_deeds(first: date, last: date) -> str:
    """A file of deeds drawn for the window: most units in time, some late, one in five never, some answer “in
    progress” first; a few begin before, a few are entered days after they came. No chance is in it."""
    config, rules = shipped()
    silent = run_simulation(config.plans.values(), config.units, rules, first, last, Behaviour("none"))
    rows = ["plan,task,period,unit,started,reported,entered,result,document,reason"]
    owed = {move["assignment"]: move["at"][:10] for move in silent["transitions"] if move["from"] is None}
    days = {(p["plan"], p["task"], p["kind"] == "report", p["period"]): p for p in silent["periods"]}
    order: dict[str, int] = {}
    for number, (key, opened) in enumerate(owed.items()):
        plan, item, period, unit = key.split(" ")
        found = days[plan, item.removeprefix("bao-cao:"), item.startswith("bao-cao:"), period]
        silent_for_ever = order.setdefault(unit, len(order)) % 5 == 3
        if found["kind"] == "covered" or silent_for_ever:
            continue
        offset = (-6, -3, 0, 0, 2, 9, -12)[number % 7]
        on = max(found["due_on"] + timedelta(days=offset), date.fromisoformat(opened))
        began = date.fromisoformat(opened) if number % 5 == 0 else ""
        entered = on + timedelta(days=4) if number % 11 == 0 else ""
        if number % 6 == 0 and found["kind"] == "dated":
            rows.append(f"{plan},{item},{period},{unit},{began},{date.fromisoformat(opened)},,in_progress,,")
            began = ""
        rows.append(f'{plan},{item},{period},{unit},{began},{on},{entered},done,"{number}/BC, {on:%d/%m/%Y}",bận')
    return "\n".join(rows)


def check_window(tmp_path: Path, first: date, last: date) -> tuple[list[Said], dict[str, int]]:
    """Live a window and simulate it with the same deeds; both must agree in all they said and moved."""
    config, rules = shipped()
    deeds = read_deeds(year_of_deeds(first, last), config.plans, config.units, name="deeds.csv")
    simulated = run_simulation(config.plans.values(), config.units, rules, first, last, Behaviour.recorded(deeds),
                               subjects=subjects(config, rules))  # fmt: skip

    house = begin(tmp_path, first)
    refused = live(house, first, last, deeds)
    said, moved = said_live(house, first), moved_live(house)
    house.engine.dispose()

    foretold = sorted(
        (notice["at"][:10], notice["recipient"], notice["step"], notice["subject"])
        for notice in simulated["notices"] + simulated.get("receipts", [])
    )
    assert said == foretold
    assert moved == sorted(
        (move["assignment"], move["from"] or "", move["to"], move["at"][:10]) for move in simulated["transitions"]
    )
    assert sorted(refused) == sorted(row["why"] for row in simulated["refused"])
    kinds = {step: sum(row[2] == step for row in said) for step in {row[2] for row in said}}
    return said, kinds


def test_two_months_of_the_five_plans_are_said_live_as_they_were_simulated(tmp_path: Path) -> None:
    """Recorded behaviour, May to July 2024: the real house, ticked and posted at eight hours of each day, sends the
    same letters on the same days to the same people with the same subjects, and moves the same assignments."""
    said, kinds = check_window(tmp_path, FIRST, LAST)

    assert len(said) > 200
    assert {"giao", "nhac-1", "nhac-2", "qua-han", "qua-han-ds", "lan-2"} <= set(kinds)


def test_the_weeks_of_the_yearly_reports_are_said_live_as_they_were_simulated(tmp_path: Path) -> None:
    """The same for November and December 2026, when the two plans without end ask for their yearly reports."""
    said, kinds = check_window(tmp_path, AUTUMN, WINTER)

    assert len(said) > 20
    assert "giao" in kinds
