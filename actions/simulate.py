"""The same deeds over virtual time on a scratch ledger: what will happen, to whom, on which day.

What is simulated is what happens: `advance` and `gather_letters` are the live ones, only the clock is a loop. The
same input gives the same output.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pendulum
from sqlalchemy import ColumnElement, Engine, and_, literal, or_, update
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, col, create_engine, select

from models.columns import ZONE
from models.ledger import Assignment, Occurrence, Transition
from models.lifecycle import OPEN, Kind, Result, names
from models.outbox import Letter, LetterState, Notice, NoticeState
from models.plan import Process
from models.specs import PlanSpec, UnitsSpec
from models.tables import METADATA

from .advance import advance
from .apply_plan import apply_plan, apply_units
from .gather_letters import gather_letters
from .joins import with_process
from .move import Refused
from .rules import Rules
from .submit import Filing, submit_report

Compose = Callable[[Session, Sequence[int], pendulum.DateTime], Mapping[int, str]]  # letter ids -> subjects
Progress = Callable[[date], None]
LATE_BY = 3  # working days
SIMULATED = "mô phỏng"


@dataclass(frozen=True)
class Behaviour:
    """How the units of a simulation answer: `none`, `on-time`, `late`, or `random:SEED`."""

    name: str
    seed: str = ""

    @classmethod
    def parse(cls, text: str) -> Behaviour:
        """From the command's word; a ValueError names the four."""
        name, _, seed = text.partition(":")
        if name not in ("none", "on-time", "late", "random") or (name == "random") != bool(seed):
            raise ValueError(f"“{text}” không phải là cách trả lời; có: none, on-time, late, random:SỐ")
        return cls(name, seed)

    def answers_on(self, assignment: Assignment, key: str, rules: Rules) -> date | None:
        """The day this assignment is answered, or None for never."""
        if self.name == "on-time":
            return assignment.remind_from
        if self.name == "late":
            return rules.days.shift(assignment.late_after, LATE_BY)
        if self.name == "random":
            return self._drawn(assignment, key, rules)
        return None

    def _drawn(self, assignment: Assignment, key: str, rules: Rules) -> date | None:
        """24 in 40 some days early, 10 on the day, 4 late, 2 never: the mix walked in the design."""
        draw = random.Random(f"{self.seed} {key}")
        turn = draw.random()
        if turn < 0.6:
            return rules.days.shift(assignment.remind_from, -draw.randint(1, 4))
        if turn < 0.85:
            return assignment.remind_from
        return rules.days.shift(assignment.late_after, draw.randint(1, 8)) if turn < 0.95 else None


def scratch_ledger() -> Engine:
    """An empty ledger in memory, gone with its last user."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    METADATA.create_all(engine)
    return engine


def run_simulation(
    plans: Iterable[PlanSpec],
    units: UnitsSpec,
    rules: Rules,
    start: date,
    end: date,
    behaviour: Behaviour,
    *,
    subjects: Compose | None = None,
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> dict[str, Any]:
    """Every occurrence, transition and notice from `start` to `end`, both included, as one JSON document."""
    engine = engine or scratch_ledger()
    with Session(engine) as session:
        begins = _moment(start)
        apply_units(session, units)
        for plan in plans:
            apply_plan(session, plan, units, rules, begins, until=end)
        for day in _days(start, end):
            live_one_day(session, rules, day, behaviour, subjects)
            session.commit()
            if progress:
                progress(day)
        return _account(session)


def live_past_days(
    session: Session,
    plans: Iterable[PlanSpec],
    units: UnitsSpec,
    rules: Rules,
    today: date,
    *,
    subjects: Compose | None = None,
    progress: Progress | None = None,
) -> int:
    """Give a fresh ledger on a shifted clock the past it would have had with silent units; returns the days lived.

    From the first day any plan was tracked to yesterday: today's letters are then the ones a house that had run all
    along would send. Letters of the past are marked sent and carried by nobody.
    """
    specs = [plan for plan in plans if plan.track_from < today and not (plan.valid.to and plan.valid.to < today)]
    if not specs:
        return 0
    start = min(max(plan.track_from, plan.issued_from or plan.track_from) for plan in specs)
    apply_units(session, units)
    for plan in specs:
        apply_plan(session, plan, units, rules, _moment(start), until=date(today.year + 1, 12, 31))
    lived = 0
    for day in _days(start, today - timedelta(days=1)):
        live_one_day(session, rules, day, Behaviour("none"), subjects)
        lived += 1
        if progress:
            progress(day)
    return lived


def _days(start: date, end: date) -> Iterator[date]:
    day = start
    while day <= end:
        yield day
        day += timedelta(days=1)


def _moment(day: date, hour: int = 0, minute: int = 1) -> pendulum.DateTime:
    return pendulum.datetime(day.year, day.month, day.day, hour, minute, tz=ZONE)


def live_one_day(
    session: Session, rules: Rules, day: date, behaviour: Behaviour, subjects: Compose | None = None
) -> None:
    """One virtual day: midnight's deadlines, the letters of the sending hour, then what the units file."""
    advance(session, rules, _moment(day))
    at = rules.escalation.sending.hour
    sent_at = _moment(day, at.hour, at.minute)
    ready = gather_letters(session, rules, sent_at)
    if ready:
        _mark_sent(session, ready, sent_at, subjects)
    for assignment in _answering(session, rules, behaviour, day):
        filing = Filing(by=SIMULATED, result=Result.DONE, received_on=day, document="mô phỏng")
        try:
            submit_report(session, assignment, filing, _moment(day, at.hour + 2))
        except Refused:
            continue


def _mark_sent(session: Session, ready: list[int], at: pendulum.DateTime, subjects: Compose | None) -> None:
    worded = subjects(session, ready, at) if subjects else {}
    if worded:
        session.execute(update(Letter), [{"id": letter, "subject": subject} for letter, subject in worded.items()])
    session.execute(
        update(Letter).where(col(Letter.id).in_(ready)).values(state=LetterState.SENT.value, sent_at=at)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    session.execute(
        update(Notice).where(col(Notice.letter_id).in_(ready)).values(state=NoticeState.SENT.value)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    session.expire_all()


def _answering(session: Session, rules: Rules, behaviour: Behaviour, day: date) -> list[Assignment]:
    """The assignments that file on `day`: reports, dated tasks, and lines no report covers. Earlier days first, so
    that one paper answers its joined periods on the earlier day."""
    if behaviour.name == "none":
        return []
    own = or_(col(Assignment.kind) != Kind.COVERED, col(Assignment.covered_by).is_(None))
    owed = and_(col(Assignment.state).in_(names(OPEN)), own)
    query = (
        with_process(select(Assignment, Occurrence, Process))
        .where(owed, or_(col(Assignment.opened_on) == day, _may_answer(session, rules, behaviour, day, owed)))
        .order_by(col(Assignment.due_on), col(Assignment.id))
    )
    found = []
    for assignment, occurrence, process in session.exec(query):
        on = behaviour.answers_on(assignment, _key(assignment, occurrence, process), rules)
        if on and (on == day or (on < day and assignment.opened_on == day)):
            found.append(assignment)
    return found


def _may_answer(
    session: Session, rules: Rules, behaviour: Behaviour, day: date, owed: ColumnElement[bool]
) -> ColumnElement[bool]:
    """What `answers_on` may place on `day`, as the database can tell: it leaves few rows to load."""
    if behaviour.name == "on-time":
        return col(Assignment.remind_from) == day
    if behaviour.name == "late":
        past = and_(owed, col(Assignment.late_after) <= day)
        deadlines = session.exec(select(col(Assignment.late_after)).where(past).distinct())
        answered = [deadline for deadline in deadlines if rules.days.shift(deadline, LATE_BY) == day]
        return col(Assignment.late_after).in_(answered)
    return literal(True)


def _key(assignment: Assignment, occurrence: Occurrence, process: Process) -> str:
    item = f"bao-cao:{process.item_id}" if process.kind == "report" else process.item_id
    return f"{occurrence.plan_id} {item} {occurrence.period} {assignment.unit_id}"


def _account(session: Session) -> dict[str, Any]:
    rows = session.exec(with_process(select(Assignment, Occurrence, Process)).order_by(col(Assignment.id)))
    keys = {assignment.id: _key(assignment, occurrence, process) for assignment, occurrence, process in rows}
    opened = session.exec(select(Occurrence.id).where(col(Occurrence.opened_at).is_not(None))).all()
    return {
        "occurrences": len(opened),
        "assignments": len(keys),
        "transitions": [
            {
                "assignment": keys[row.assignment_id],
                "from": row.from_state,
                "to": row.to_state,
                "at": row.at.isoformat(),
            }
            for row in session.exec(select(Transition).order_by(col(Transition.id)))
        ],
        "notices": list(_sent_notices(session, keys)),
    }


def _sent_notices(session: Session, keys: Mapping[int | None, str]) -> Iterator[dict[str, Any]]:
    query = (
        select(Notice, Letter)
        .join(Letter, col(Letter.id) == Notice.letter_id)
        .where(col(Notice.state) == NoticeState.SENT)
        .order_by(col(Letter.id), col(Notice.id))
    )
    for notice, letter in session.exec(query):
        yield {
            "assignment": keys.get(notice.assignment_id) or f"{notice.plan_id} - - {notice.unit_id}",
            "step": notice.step,
            "recipient": notice.recipient,
            "channel": notice.channel,
            "at": letter.sent_at.isoformat() if letter.sent_at else None,
            "subject": letter.subject,
            "letter": letter.id,
            "sender": letter.sender_id,
        }
