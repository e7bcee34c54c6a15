"""Random deeds over a virtual year against a simple model of what an office expects.

`DONDOC_EXAMPLES=500 DONDOC_SEED=7 pytest tests/life/test_stateful.py` looks longer, along other paths.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from typing import Any

import hypothesis.strategies as st
from hypothesis import Phase, seed, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine
from sqlmodel import Session, select

from actions.decide import accept, close_period, send_back, withdraw
from actions.extend import ask_extension, grant_extension, refuse_extension
from actions.move import Refused
from actions.nudge import nudge
from actions.reading import overdue_and_untold
from actions.rules import Rules
from actions.simulate import scratch_ledger
from actions.submit import Filing, start, submit_report
from models.database import transaction
from models.ledger import Assignment, Extension, Occurrence, Submission, Transition
from models.lifecycle import OPEN, PENDING, Kind, Result, State, names
from models.outbox import Letter, Notice
from models.plan import Process
from tests.office import PLAN, Office, at, plan_spec, rules

EXAMPLES, SEED = int(os.environ.get("DONDOC_EXAMPLES", "30")), os.environ.get("DONDOC_SEED")
YEAR_END = date(2026, 12, 31)
Key = tuple[str, str, str]
SMALL = {
    "reports": {
        "quy": PLAN["reports"]["quy"],
        "nam": {"when": "Báo cáo năm: 10/12", "by": "truong", "to": "so/tccb"},
    },
    "tasks": [
        {
            "code": "1",
            "title": "Việc có hạn",
            "lead": ["th-1", "th-2"],
            "when": "Quý II/2026",
            "deliverable": "Kế hoạch",
        },
        {"code": "2", "title": "Việc thường xuyên", "lead": "truong", "when": "Thường xuyên"},
    ],
}


@dataclass(frozen=True)
class Part:
    """What the model knows of one assignment that stands for itself."""

    opened_on: date
    opens_on: date
    first_due: date
    due: date
    late_after: date
    dated: bool
    state: str = "assigned"
    on_time: bool | None = None
    extensions: int = 0
    asked: date | None = None
    redo_by: date | None = None
    accepted: bool = False

    @property
    def open(self) -> bool:
        """Whether it still owes an answer."""
        return self.state in names(OPEN)


@cache
def shared_rules() -> Rules:
    """The shipped rules, read once."""
    return rules()


@cache
def template() -> Engine:
    """A ledger with the small plan, to be copied for each year."""
    engine = scratch_ledger()
    Office(engine, shared_rules()).apply("2026-01-05", plan_spec(**SMALL))
    return engine


def copy_of(engine: Engine) -> Engine:
    """A copy of a ledger in memory."""
    made = scratch_ledger()
    source, target = engine.raw_connection(), made.raw_connection()
    source.driver_connection.backup(target.driver_connection)  # type: ignore[union-attr]
    source.close()
    target.close()
    return made


class Year(RuleBasedStateMachine):
    """One year of an office."""

    def __init__(self) -> None:
        super().__init__()
        self.office = Office(copy_of(template()), shared_rules())
        self.days = shared_rules().days
        self.today, self.hour = date(2026, 1, 5), 10
        self.parts: dict[Key, Part] = {}
        self.last: Key = ("", "", "")

    def teardown(self) -> None:
        """Leave nothing in memory."""
        self.office.engine.dispose()

    @initialize(later=st.sampled_from([0, 29, 29, 36, 120, 290]), silent=st.booleans())
    def begin(self, later: int, silent: bool) -> None:
        """The first quarter opens; some houses are met later, when a deadline has passed or the next has come."""
        self.live_until(date(2026, 2, 25))
        if later:
            self.live_until(date(2026, 2, 25) + timedelta(days=later), letters=not silent)

    # -------------------------------------------------------------- time

    @rule(days=st.sampled_from([1, 2, 3, 5]), letters=st.sampled_from([True, False, False]))
    def time_passes(self, days: int, letters: bool) -> None:
        """Some days pass; the house looks again on the last of them, as after downtime, and may send its letters."""
        self.pass_days(days, letters=letters)

    def pass_days(self, days: int, *, letters: bool) -> None:
        if self.today + timedelta(days=days) <= YEAR_END:
            self.live_until(self.today + timedelta(days=days), letters=letters)

    @rule(weeks=st.sampled_from([1, 2, 4]))
    def weeks_pass(self, weeks: int) -> None:
        """A year has to go by."""
        self.pass_days(weeks * 7, letters=True)

    @rule()
    def letters_leave(self) -> None:
        """The letters of this morning leave in the afternoon, after what the units did meanwhile."""
        self.office.post(self.today.isoformat(), 16)
        self.hour = 17

    def live_until(self, day: date, *, letters: bool = True) -> None:
        if letters:
            self.office.post(day.isoformat())
        else:
            self.office.tick(day.isoformat())
        self.today, self.hour = day, 10
        for key, part in self.parts.items():
            if part.state in names(PENDING) and part.late_after < day:
                self.parts[key] = replace(part, state="overdue")
        for key, row in self.planned().items():
            if key not in self.parts and row.opens_on <= day:
                state = "overdue" if row.late_after < day else "assigned"
                self.parts[key] = Part(day, row.opens_on, row.due_on, row.due_on, row.late_after,
                                       row.kind == Kind.DATED, state)  # fmt: skip

    def planned(self) -> dict[Key, Occurrence]:
        """Every occurrence that is asked of a unit itself."""
        found = {}
        with Session(self.office.engine) as session:
            for row, process in session.exec(
                select(Occurrence, Process).join(Process).where(Occurrence.asked_in == "")
            ):
                units = ["th-1", "th-2"] if row.kind == Kind.DATED else ["th-1", "th-2", "th-3"]
                for unit in units:
                    found[process.item_id, row.period, unit] = row
        return found

    # -------------------------------------------------------------- deeds

    def attempt(self, key: Key, deed: Callable[[Session, Assignment], object]) -> bool:
        """Whether the deed was done; a refused one must have changed nothing."""
        before = self.fingerprint()
        try:
            with transaction(self.office.engine) as session:
                deed(session, self.office.assignment(session, " ".join(("kh", *key))))
        except Refused as refusal:
            refused = str(refusal)
        else:
            return True
        assert refused
        assert self.fingerprint() == before
        return False

    def chosen(self, number: int, fits: Callable[[Part], bool] = lambda part: part.open) -> Key:
        """One of the parts there are: often the last one again, mostly one that fits the deed, sometimes any."""
        fitting = [key for key in sorted(self.parts) if number % 4 and fits(self.parts[key])]
        keys = fitting or sorted(self.parts)
        if not (number % 4 in (1, 2) and self.last in keys):
            self.last = keys[number // 4 % len(keys)]
        return self.last

    @property
    def now(self) -> Any:
        """Ten in the morning, or five when the letters of the afternoon have left."""
        return at(self.today, self.hour)

    @rule(number=st.integers(0, 63))
    def acknowledge(self, number: int) -> None:
        """Only what is assigned can be begun."""
        key = self.chosen(number, lambda part: part.state == "assigned")
        part = self.parts[key]
        assert self.attempt(key, lambda s, a: start(s, a, self.now, by="x")) == (part.state == "assigned")
        if part.state == "assigned":
            self.parts[key] = replace(part, state="in_progress")

    @rule(number=st.integers(0, 63), days_ago=st.sampled_from([0, 0, 0, 1, 3, 20]), document=st.booleans(),
          done=st.sampled_from([True, True, False]), why=st.sampled_from(["bận", "bận", None]))  # fmt: skip
    def report(self, number: int, days_ago: int, document: bool, done: bool, why: str | None) -> None:
        """A report answers; a dated task only when done and with its document; the day received is what counts, and
        what is late for the first time says why."""
        key = self.chosen(number)
        part = self.parts[key]
        received = self.today - timedelta(days=days_ago)
        result = Result.DONE if done else Result.IN_PROGRESS
        filing = Filing(by="x", result=result, received_on=received, document="1/BC" if document else None,
                        reason_late=why)  # fmt: skip
        late = received > part.late_after and part.on_time is not False and (done or not part.dated)
        may = (part.open and not (received < part.opened_on and received < part.opens_on)
               and (document or not (part.dated and done)) and not (late and why is None))  # fmt: skip
        assert self.attempt(key, lambda s, a: submit_report(s, a, filing, self.now)) == may
        if may and part.dated and not done:
            self.parts[key] = replace(part, state="in_progress" if part.state == "assigned" else part.state)
        elif may:
            on_time = received <= part.late_after and part.on_time is not False
            self.parts[key] = replace(part, state="reported", on_time=on_time, accepted=False)

    @rule(number=st.integers(0, 63))
    def confirm(self, number: int) -> None:
        """What is reported is confirmed once."""
        key = self.chosen(number, lambda part: part.state == "reported")
        part = self.parts[key]
        may = part.state == "reported" and not part.accepted
        assert self.attempt(key, lambda s, a: accept(s, [a], self.now, by="x")) == may
        if may:
            self.parts[key] = replace(part, accepted=True)

    @rule(number=st.integers(0, 63))
    def give_back(self, number: int) -> None:
        """What is reported goes back for three working days, or until its own day."""
        key = self.chosen(number, lambda part: part.state == "reported")
        part = self.parts[key]
        may = part.state == "reported"
        assert self.attempt(key, lambda s, a: send_back(s, self.office.rules, a, self.now, by="x", reason="x")) == may
        if may:
            again_by = self.days.shift(self.today, 3)
            self.parts[key] = replace(part, state="in_progress", redo_by=again_by, accepted=False,
                                      late_after=max(again_by, part.late_after))  # fmt: skip

    @rule(number=st.integers(0, 63), ahead=st.sampled_from([0, 5, 15, 40]))
    def ask_for_time(self, number: int, ahead: int) -> None:
        """One request at a time, for a later day."""
        key = self.chosen(number)
        part = self.parts[key]
        until = self.today + timedelta(days=ahead)
        may = part.open and part.asked is None and until > self.today and until > part.due
        assert self.attempt(key, lambda s, a: ask_extension(s, self.office.rules, a, self.now, by="x", until=until,
                                                            reason="x")) == may  # fmt: skip
        if may:
            self.parts[key] = replace(part, asked=until)

    @precondition(lambda self: any(part.asked for part in self.parts.values()))
    @rule(number=st.integers(0, 63), grant=st.booleans())
    def answer_request(self, number: int, grant: bool) -> None:
        """Granted, what was late is in progress again and the first day is kept; refused, nothing moves."""
        keys = sorted(key for key, part in self.parts.items() if part.asked)
        key = keys[number % len(keys)]
        part = self.parts[key]
        if not grant:
            assert self.attempt(
                key, lambda s, a: refuse_extension(s, self.office.rules, a, self.now, by="x", reason="x")
            )
            self.parts[key] = replace(part, asked=None)
            return
        day = part.asked
        assert day is not None
        may = part.open and day > self.today and day > part.due
        assert self.attempt(key, lambda s, a: grant_extension(s, self.office.rules, a, self.now, by="x")) == may
        if may:
            state = "in_progress" if part.state == "overdue" else part.state
            self.parts[key] = replace(part, state=state, due=day, late_after=self.days.on_or_after(day), asked=None,
                                      extensions=part.extensions + 1, redo_by=None)  # fmt: skip

    @rule(number=st.integers(0, 63), really=st.sampled_from([True, False, False, False]))
    def stop(self, number: int, really: bool) -> None:
        """What is owed can be stopped with a ground, and never without."""
        key = self.chosen(number)
        part = self.parts[key]
        may = part.open and really
        assert self.attempt(key, lambda s, a: withdraw(s, a, self.now, by="x", ground="CV 1" if really else "")) == may
        if may:
            self.parts[key] = replace(part, state="withdrawn")

    @rule(number=st.integers(0, 63), really=st.sampled_from([True, False, False, False]))
    def close(self, number: int, really: bool) -> None:
        """A period with something owed is closed with a reason; the silent are missed. Dated tasks are not touched."""
        key = self.chosen(number)
        owing = [other for other, part in self.parts.items() if other[1] == key[1] and part.open and not part.dated]
        may = bool(owing) and really
        done = self.attempt(key, lambda s, a: close_period(s, self.office.rules, "kh", key[1], self.now, by="x",
                                                           incomplete=really, reason="x"))  # fmt: skip
        assert done == may
        for other in owing if may else ():
            self.parts[other] = replace(self.parts[other], state="missed")

    @rule(number=st.integers(0, 63))
    def press(self, number: int) -> None:
        """Only what is owed is pressed by hand, and once a day."""
        key = self.chosen(number)
        part = self.parts[key]
        pressed = self.attempt(key, lambda s, a: nudge(s, self.office.rules, [a], self.now))
        assert not pressed or part.open
        assert not self.attempt(key, lambda s, a: nudge(s, self.office.rules, [a], self.now))

    # -------------------------------------------------------------- what must hold

    def fingerprint(self) -> tuple[Any, ...]:
        """Everything a deed may change."""
        with Session(self.office.engine) as session:
            counts = tuple(len(session.exec(select(table.id)).all()) for table in (Transition, Submission))  # type: ignore[attr-defined]
            rows = session.exec(select(Assignment).order_by(Assignment.id)).all()  # type: ignore[arg-type]
            notices = session.exec(select(Notice.id, Notice.state, Notice.reason).order_by(Notice.id)).all()  # type: ignore[arg-type]
            asked = session.exec(select(Extension.id, Extension.state).order_by(Extension.id)).all()  # type: ignore[arg-type]
            stages = session.exec(select(Occurrence.stage, Occurrence.wakes).order_by(Occurrence.id)).all()  # type: ignore[arg-type]
            return (counts, [row.model_dump() for row in rows], notices, asked, stages)

    @invariant()
    def the_ledger_is_the_model(self) -> None:
        """States, days, on time, extensions: as the model says; a line stands where its report stands."""
        with Session(self.office.engine) as session:
            query = select(Assignment, Occurrence, Process).join(Occurrence, Occurrence.id == Assignment.occurrence_id)  # type: ignore[arg-type]
            rows = session.exec(query.join(Process, Process.key == Occurrence.process_key)).all()  # type: ignore[arg-type]
            asked = {row.assignment_id for row in session.exec(select(Extension).where(Extension.state == "asked"))}
        states = {row.id: row.state for row, _, _ in rows}
        said = {}
        for row, occurrence, process in rows:
            if row.covered_by:
                assert row.state == states[row.covered_by], (process.item_id, row.unit_id)
                continue
            said[process.item_id, occurrence.period, row.unit_id] = (
                row.state, row.due_on, row.late_after, row.first_due_on, row.on_time, row.extensions, row.redo_by,
                row.accepted_at is not None, row.id in asked)  # fmt: skip
        assert said == {
            key: (part.state, part.due, part.late_after, part.first_due, part.on_time, part.extensions, part.redo_by,
                  part.accepted, part.asked is not None)
            for key, part in self.parts.items()
        }  # fmt: skip

    @invariant()
    def nobody_is_overdue_and_untold(self) -> None:
        """Whatever happened, an overdue unit has been told or will be."""
        with Session(self.office.engine) as session:
            assert overdue_and_untold(session, self.today) == []

    @invariant()
    def history_is_a_chain_and_no_letter_follows_an_answer(self) -> None:
        """Each move leaves the state the last one led to; no sent notice spoke of what had ended by then."""
        with Session(self.office.engine) as session:
            moves = session.exec(select(Transition).order_by(Transition.id)).all()  # type: ignore[arg-type]
            sent = session.exec(select(Notice.assignment_id, Notice.step, Letter.sent_at)
                                .join(Letter, Letter.id == Notice.letter_id).where(Notice.state == "sent")).all()  # type: ignore[arg-type] # fmt: skip
            stands = dict(session.exec(select(Assignment.id, Assignment.state)).all())
        history: dict[int, list[Transition]] = {}
        for move in moves:
            lived = history.setdefault(move.assignment_id, [])
            assert move.from_state == (lived[-1].to_state if lived else None)
            lived.append(move)
        assert {key: lived[-1].to_state for key, lived in history.items()} == stands
        for assignment, step, when in sent:
            if assignment is None or step == "chot" or step.startswith("bien-nhan") or when is None:
                continue
            then = [move.to_state for move in history[assignment] if move.recorded_at <= when][-1]
            assert State(then) in OPEN, (assignment, step, when, then)


def test_a_year_of_random_deeds_is_what_the_model_says() -> None:
    """Every deed is done or refused as the model expects, and the ledger stands where the model stands."""
    # A failure is shown as it was found: making it smaller takes minutes (`DONDOC_SHRINK=1`).
    phases = [phase for phase in Phase if os.environ.get("DONDOC_SHRINK") or phase not in (Phase.shrink, Phase.explain)]
    long = settings(max_examples=EXAMPLES, stateful_step_count=60, deadline=None, derandomize=SEED is None,
                    database=None, phases=phases)  # fmt: skip
    machine: Any = seed(int(SEED))(Year) if SEED else Year
    run_state_machine_as_test(machine, settings=long)
