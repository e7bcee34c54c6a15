"""How the units of a simulation behave: nobody answers, all on time, all late, drawn from a seed, or as recorded.

`Behaviour` says which; a `Diary` turns it into the deeds of one virtual day. The same behaviour on the same ledger
gives the same deeds.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import Session, col, select

from models.ledger import Assignment, Occurrence
from models.lifecycle import OPEN, Kind, Result, names
from models.plan import Process

from .joins import with_process
from .recorded import RecordedDeed
from .rules import Rules

LATE_BY = 3  # working days
SIMULATED = "mô phỏng"
CHUNK = 500  # ids in one statement
WORDS = ("none", "on-time", "late", "random", "recorded")


@dataclass(frozen=True)
class Behaviour:
    """How the units of a simulation answer: `none`, `on-time`, `late`, `random:SEED`, or `recorded` with its deeds."""

    name: str
    seed: str = ""
    deeds: tuple[RecordedDeed, ...] = field(default=(), repr=False)

    @classmethod
    def parse(cls, text: str) -> Behaviour:
        """From the command's word; a ValueError names the choices. `recorded:FILE` is read by `recorded.read_deeds`."""
        name, _, seed = text.partition(":")
        if name not in WORDS[:4] or (name == "random") != bool(seed):
            raise ValueError(f"“{text}” không phải là cách trả lời; có: none, on-time, late, random:SỐ, recorded:TỆP")
        return cls(name, seed)

    @classmethod
    def recorded(cls, deeds: Iterable[RecordedDeed], source: str = "") -> Behaviour:
        """As a list of deeds says; `source` is what the answer calls it (a file's name)."""
        return cls("recorded", source, tuple(deeds))

    def __str__(self) -> str:
        return f"{self.name}:{self.seed}" if self.seed else self.name

    def answers_on(self, assignment: Assignment, key: str, rules: Rules) -> date | None:
        """The day this assignment is answered, or None for never (and for what is recorded, which has its own days)."""
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


@dataclass(frozen=True)
class Act:
    """One deed of a unit on a virtual day: it begins, or files a result. `line` is the row of a recorded file."""

    assignment: Assignment
    begins: bool = False
    result: Result = Result.DONE
    received_on: date | None = None
    document: str | None = SIMULATED
    reason: str | None = None
    deed: RecordedDeed | None = None


@dataclass
class Diary:
    """What units do, day by day, on one ledger. An assignment's day is decided once, when it is first seen open.

    `missed` collects recorded deeds that found nothing to act on, as (deed, why).
    """

    behaviour: Behaviour
    rules: Rules
    missed: list[tuple[RecordedDeed, str]] = field(default_factory=list)
    _seen: int = 0
    _days: dict[date, list[int]] = field(default_factory=lambda: defaultdict(list))
    _recorded: dict[date, list[RecordedDeed]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for deed in self.behaviour.deeds:
            self._recorded[deed.acted_on].append(deed)

    def acts_of(self, session: Session, day: date) -> list[Act]:
        """What units do on `day`. Earlier due days first, so that one paper answers its joined periods on the
        earlier day; recorded deeds in the order of their file."""
        if self.behaviour.name == "recorded":
            return [act for deed in self._recorded.pop(day, []) if (act := self._replayed(session, deed))]
        if self.behaviour.name == "none":
            return []
        self._meet(session, day)
        return [Act(assignment) for assignment in self._still_owed(session, self._days.pop(day, []))]

    def unused(self) -> list[tuple[RecordedDeed, str]]:
        """Recorded deeds that were not done: those that found nothing, and those of days the simulation did not see."""
        outside = [(deed, "ngoài khoảng mô phỏng") for deeds in self._recorded.values() for deed in deeds]
        return sorted(self.missed + outside, key=lambda pair: pair[0].line)

    # ------------------------------------------------------------------ drawn

    def _meet(self, session: Session, day: date) -> None:
        """Decide when each assignment that was not seen before is answered; what should have been answered before it
        opened is answered on the day it opens."""
        newest = session.exec(select(func.max(Assignment.id))).one() or 0
        if newest == self._seen:
            return
        query = with_process(select(Assignment, Occurrence, Process)).where(
            col(Assignment.id) > self._seen, _owed_by_itself()
        )
        for assignment, occurrence, process in session.exec(query):
            on = self.behaviour.answers_on(assignment, key_of(assignment, occurrence, process), self.rules)
            if on and (on >= day or assignment.opened_on == day):
                self._days[max(on, day)].append(assignment.id or 0)
        self._seen = newest

    def _still_owed(self, session: Session, ids: Sequence[int]) -> list[Assignment]:
        found: list[Assignment] = []
        for start in range(0, len(ids), CHUNK):
            mine = col(Assignment.id).in_(ids[start : start + CHUNK])
            found += session.exec(select(Assignment).where(mine, _owed_by_itself()))
        return sorted(found, key=lambda assignment: (assignment.due_on, assignment.id or 0))

    # ------------------------------------------------------------------ recorded

    def _replayed(self, session: Session, deed: RecordedDeed) -> Act | None:
        query = (
            select(Assignment)
            .join(Occurrence, col(Occurrence.id) == Assignment.occurrence_id)
            .where(col(Occurrence.process_key) == deed.process_key, col(Assignment.unit_id) == deed.unit)
            .order_by(col(Assignment.covered_by).is_not(None), col(Assignment.due_on), col(Assignment.id))
        )
        if deed.period:
            query = query.where(col(Occurrence.period) == deed.period)
        else:
            query = query.where(col(Assignment.state).in_(names(OPEN)))
        assignment = session.exec(query).first()
        if assignment is None:
            self.missed.append((deed, "ngày ấy đơn vị không có phần việc này đang mở"))
            return None
        return Act(assignment, deed.begins, deed.result, deed.received_on, deed.document, deed.reason, deed)


def _owed_by_itself() -> ColumnElement[bool]:
    """Reports, dated tasks, and lines no report covers, as long as an answer is owed."""
    own = or_(col(Assignment.kind) != Kind.COVERED, col(Assignment.covered_by).is_(None))
    return and_(col(Assignment.state).in_(names(OPEN)), own)


def key_of(assignment: Assignment, occurrence: Occurrence, process: Process) -> str:
    """What a person calls an assignment: `PLAN TASK PERIOD UNIT`, a report as `bao-cao:<id>`."""
    item = f"bao-cao:{process.item_id}" if process.kind == "report" else process.item_id
    return f"{occurrence.plan_id} {item} {occurrence.period} {assignment.unit_id}"
