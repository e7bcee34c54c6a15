"""What an edit will bring about: the running plans and the edited ones, lived side by side on scratch ledgers.

Both start from the running ledger's present state: what is reported stays reported, what was sent is not listed.
Nothing is applied and nothing is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import Engine, insert, null
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from models.audit import RuleVersion
from models.ledger import Assignment, Delegation, Extension, Occurrence, Submission, Transition
from models.lifecycle import Stage
from models.outbox import Letter, Notice, NoticeState
from models.plan import Milestone, Party, Plan, PlanVersion, Process, Target
from models.specs import EscalationSpec, PartialDate, PlanSpec, UnitsSpec
from models.units import PHONE, ContactPoint, Unit, UnitGroup

from .apply_plan import Changes, apply_plan, apply_units, spec_fingerprint
from .behaviour import Behaviour
from .rules import Rules
from .simulate import Compose, Course, Progress, assignment_keys, horizon_of, said_of, scratch_ledger
from .tell_back import RECEIPT

SILENT = Behaviour("none")
A_YEAR = timedelta(days=366)
COPIED = (Unit, UnitGroup, ContactPoint, Plan, PlanVersion, Process, Party, Milestone, Target, Occurrence, Assignment,
          Submission, Transition, Extension, Delegation, Letter, Notice, RuleVersion)  # fmt: skip
PAGE = 1000  # rows copied at a time
WHAT_MOVES = ("opens_on", "due_on", "remind_from", "late_after", "units")


@dataclass(frozen=True)
class ForecastOccurrence:
    """One occurrence of a plan: a task or a report in one period. `kind` is dated, report or covered."""

    plan: str
    task: str
    title: str
    kind: str
    period: str
    label: str
    asked_in: str
    opens_on: date
    due_on: date
    remind_from: date
    late_after: date
    units: tuple[str, ...]


@dataclass(frozen=True)
class MovedOccurrence:
    """An occurrence that stays and gets other days, or other units."""

    before: ForecastOccurrence
    after: ForecastOccurrence


@dataclass(frozen=True, order=True)
class ForecastMessage:
    """One step said to one recipient about one assignment (`PLAN TASK PERIOD UNIT`) on a day, in a letter."""

    day: date
    recipient: str
    step: str
    assignment: str
    channel: str
    sender: str
    subject: str = field(default="", compare=False)
    letter: tuple[date, str, str, str] | None = field(default=None, compare=False, repr=False)

    @property
    def who(self) -> tuple[str, str, str, str]:
        """What is said to whom, on whatever day."""
        return self.assignment, self.step, self.recipient, self.channel


@dataclass
class ForecastChanges:
    """What an edit changes. `messages_cancelled` and `messages_added` are everything that is said only before, or
    only after the edit; a step that is said on another day is in both, and in `messages_moved` as (old, new).

    `applied` is what `apply` would write, by plan and `units`. `letters_…` count whole letters that go or come.
    """

    start: date
    end: date
    behaviour: str
    applied: dict[str, Changes]
    occurrences_added: list[ForecastOccurrence] = field(default_factory=list)
    occurrences_cancelled: list[ForecastOccurrence] = field(default_factory=list)
    occurrences_moved: list[MovedOccurrence] = field(default_factory=list)
    messages_cancelled: list[ForecastMessage] = field(default_factory=list)
    messages_added: list[ForecastMessage] = field(default_factory=list)
    messages_moved: list[tuple[ForecastMessage, ForecastMessage]] = field(default_factory=list)
    letters_cancelled: int = 0
    letters_added: int = 0

    def __bool__(self) -> bool:
        moved = self.occurrences_added or self.occurrences_cancelled or self.occurrences_moved
        return any(self.applied.values()) or bool(self.messages_cancelled or self.messages_added or moved)

    @property
    def summary(self) -> str:
        """One sentence for a person."""
        if not self:
            return "không có gì thay đổi"
        moved = f"; trong đó {len(self.messages_moved)} lượt chỉ dời ngày" if self.messages_moved else ""
        return (
            f"sửa đổi này huỷ {len(self.messages_cancelled)} lượt nhắc ({self.letters_cancelled} thư) và thêm "
            f"{len(self.messages_added)} lượt nhắc ({self.letters_added} thư){moved}; kỳ: thêm "
            f"{len(self.occurrences_added)}, huỷ {len(self.occurrences_cancelled)}, đổi {len(self.occurrences_moved)}"
        )


def forecast_changes(
    session: Session,
    plans: Iterable[PlanSpec],
    units: UnitsSpec,
    rules: Rules,
    now: datetime,
    *,
    start: date | None = None,
    end: date | None = None,
    behaviour: Behaviour = SILENT,
    subjects: Compose | None = None,
    progress: Progress | None = None,
) -> ForecastChanges:
    """What would change if `plans` and `units` were applied at `now`; nothing is changed.

    `session` is any session on the running ledger (`models.database.reading` will do), `plans` the edited plans as
    the config has them (those not given stay as they were applied), `rules` those of the config
    (`config.bootstrap.rules_of`). Listed are the messages from `start` (default: now) to `end` (default:
    `default_end`) if units behave like `behaviour` (default: nobody answers, so that nothing is left out).
    `subjects` (`config.bootstrap.subjects(config, rules)`) words the subjects; without it they are empty.
    `progress` is called once a virtual day, of which there are twice as many as days to `end`: nothing is lived, and
    it is never called, when nothing has changed.

        with reading(house.engine) as session:
            changes = forecast_changes(session, [edited], house.config.units, house.rules, house.clock.now(),
                                       subjects=subjects(house.config, house.rules))
        changes.summary, changes.messages_cancelled, changes.messages_added, changes.occurrences_added …
    """
    edited = list(plans)
    today = now.date()
    start = max(start or today, today)
    end = max(end or default_end(edited, today), today)
    with _scratch(session) as before, _scratch(session) as after:
        running = _Running(before)
        old_plans, old_units, old_rules = running.plans(), running.units(), running.rules(rules)
        same = all(running.says(plan) for plan in edited) and old_rules.escalation == rules.escalation
        applied = {"units": apply_units(after, units)}
        for plan in edited:
            applied[plan.id] = apply_plan(after, plan, units, rules, now)
        found = ForecastChanges(start, end, str(behaviour), applied)
        if not any(applied.values()) and same:
            return found
        if not same or applied["units"]:
            kept = [plan for plan in old_plans if plan.id not in applied]
            _reach(before, old_plans, old_units, old_rules, now, end)
            _reach(after, [*edited, *kept], units, rules, now, end)
        # else the days themselves have changed (days off, calendars, an event): the ledger as it is against the new
        _compare_occurrences(found, before, after, today)
        _compare_messages(
            found,
            _messages(before, Course(old_rules, behaviour, subjects), now, found, progress),
            _messages(after, Course(rules, behaviour, subjects), now, found, progress),
        )
        return found


def default_end(plans: Iterable[PlanSpec], today: date) -> date:
    """The last day any of the plans is in force, and at least a year ahead."""
    return max([today + A_YEAR, *(plan.valid.to for plan in plans if plan.valid.to)])


# ------------------------------------------------------------------ the ledger, twice


@contextmanager
def _scratch(session: Session) -> Iterator[Session]:
    """A copy of what decides the future, in memory: whatever becomes of it, the ledger does not notice."""
    engine = scratch_ledger()
    _copy(session, engine)
    try:
        with Session(engine) as copy:
            yield copy
    finally:
        engine.dispose()


def _copy(session: Session, engine: Engine) -> None:
    with engine.begin() as target:
        for model in COPIED:
            table: Any = cast("Any", model).__table__
            wanted = [null().label("body") if column.key == "body" else column for column in table.columns]
            rows = session.execute(select_columns(*wanted).execution_options(yield_per=PAGE))
            for page in rows.mappings().partitions(PAGE):
                target.execute(insert(table), [dict(row) for row in page])


@dataclass
class _Running:
    """What the ledger says was applied: plans, units and ladders, as specs again."""

    session: Session

    def plans(self) -> list[PlanSpec]:
        """The plans in force, each as its last version said."""
        newest = select(PlanVersion, Plan).join(
            Plan, (col(Plan.id) == PlanVersion.plan_id) & (col(Plan.version) == PlanVersion.version)
        )
        return [plan_of(version.spec) for version, _ in self.session.exec(newest.order_by(col(Plan.id)))]

    def says(self, plan: PlanSpec) -> bool:
        """Whether this is what was applied."""
        known = self.session.get(Plan, plan.id)
        return known is not None and known.fingerprint == spec_fingerprint(plan)

    def units(self) -> UnitsSpec:
        """Units, groups and contacts as they were applied."""
        contacts: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
        for point in self.session.exec(select(ContactPoint)):
            if point.address:
                name = "phone" if point.channel == PHONE else "email"
                contacts[point.unit_id][point.role][name] = point.address
            else:
                contacts[point.unit_id][point.role] |= {}
        units = {
            unit.id: {
                "name": unit.name,
                "short": unit.short,
                "kind": unit.kind,
                "parent": unit.parent_id,
                "system": unit.system,
                "valid_from": unit.valid_from,
                "valid_to": unit.valid_to,
                "sample": unit.sample,
                "successors": unit.successors,
                "contacts": {role: dict(ways) for role, ways in contacts[unit.id].items()},
            }
            for unit in self.session.exec(select(Unit).order_by(col(Unit.position), col(Unit.id)))
        }
        groups = {
            group.id: {"name": group.name, "open": group.open, "complete": group.complete, "members": group.members}
            for group in self.session.exec(select(UnitGroup))
        }
        return UnitsSpec.model_validate({"units": units, "groups": groups})

    def rules(self, now_in_force: Rules) -> Rules:
        """The ladders as they were last noted; days off are those of now."""
        last = self.session.exec(select(RuleVersion).order_by(col(RuleVersion.id).desc()).limit(1)).first()
        if last is None:
            return now_in_force
        return Rules(now_in_force.days, EscalationSpec.model_validate(last.spec), now_in_force.calendars)


def plan_of(spec: Mapping[str, Any]) -> PlanSpec:
    """A plan from the spec that the ledger keeps of each version."""
    written = dict(spec)
    if isinstance(issued := written.get("issued_on"), dict):  # a date of which the day may be unknown
        written["issued_on"] = str(PartialDate(**issued))
    return PlanSpec.model_validate(written)


def _reach(
    session: Session, plans: Iterable[PlanSpec], units: UnitsSpec, rules: Rules, now: datetime, end: date
) -> None:
    """Write the occurrences up to the end of the window: what is compared must reach equally far."""
    for plan in plans:
        apply_plan(session, plan, units, rules, now, until=horizon_of(end))


# ------------------------------------------------------------------ occurrences


def _compare_occurrences(found: ForecastChanges, before: Session, after: Session, today: date) -> None:
    old, new = _occurrences(before, today, found.end), _occurrences(after, today, found.end)
    found.occurrences_added = _in_order(new[key] for key in new.keys() - old.keys())
    found.occurrences_cancelled = _in_order(old[key] for key in old.keys() - new.keys())
    moved = [MovedOccurrence(old[key], new[key]) for key in old.keys() & new.keys() if _differ(old[key], new[key])]
    found.occurrences_moved = sorted(moved, key=lambda pair: _order(pair.before))


def _differ(old: ForecastOccurrence, new: ForecastOccurrence) -> bool:
    return any(getattr(old, name) != getattr(new, name) for name in WHAT_MOVES)


def _in_order(rows: Iterable[ForecastOccurrence]) -> list[ForecastOccurrence]:
    return sorted(rows, key=_order)


def _order(row: ForecastOccurrence) -> tuple[date, str, str, str, str]:
    return row.due_on, row.plan, row.task, row.asked_in, row.period


def _occurrences(session: Session, today: date, end: date) -> dict[tuple[str, str, str], ForecastOccurrence]:
    """What is open or still to come by `end`."""
    units: dict[tuple[str, str], list[str]] = defaultdict(list)
    for party in session.exec(select(Party).order_by(col(Party.unit_id))):
        units[party.process_key, party.asked_in].append(party.unit_id)
    query = (
        select(Occurrence, Process)
        .join(Process, col(Process.key) == Occurrence.process_key)
        .where(
            col(Occurrence.opens_on) <= end,
            (col(Occurrence.stage) == Stage.OPEN)
            | ((col(Occurrence.stage) == Stage.PLANNED) & (col(Occurrence.due_on) >= today)),
        )
    )
    return {
        (row.process_key, row.asked_in, row.period): ForecastOccurrence(
            plan=row.plan_id,
            task=process.item_id,
            title=process.title,
            kind=row.kind,
            period=row.period,
            label=row.label,
            asked_in=row.asked_in.rsplit(":", 1)[-1],
            opens_on=row.opens_on,
            due_on=row.due_on,
            remind_from=row.remind_from,
            late_after=row.late_after,
            units=tuple(units[row.process_key, row.asked_in]),
        )
        for row, process in session.exec(query)
    }


# ------------------------------------------------------------------ messages


def _messages(
    session: Session, course: Course, now: datetime, found: ForecastChanges, progress: Progress | None
) -> set[ForecastMessage]:
    """What is said from now to the end of the window, and was not said already."""
    said = set(session.exec(select(Notice.id).where(col(Notice.state) == NoticeState.SENT)))
    for day in course.live(session, now, found.end):
        session.commit()
        if progress:
            progress(day)
    keys = assignment_keys(session)
    query = (
        select(Notice, Letter)
        .join(Letter, col(Letter.id) == Notice.letter_id)
        .where(
            col(Notice.state) == NoticeState.SENT,
            col(Notice.wording) != RECEIPT,  # it answers a unit and presses nobody
            col(Letter.day) >= found.start,
        )
    )
    return {
        ForecastMessage(
            day=letter.day,
            recipient=notice.recipient,
            step=notice.step,
            assignment=said_of(notice, keys),
            channel=notice.channel,
            sender=notice.sender_id,
            subject=letter.subject or "",
            letter=(letter.day, letter.recipient, letter.channel, letter.sender_id),
        )
        for notice, letter in session.exec(query)
        if notice.id not in said
    }


def _compare_messages(found: ForecastChanges, old: set[ForecastMessage], new: set[ForecastMessage]) -> None:
    found.messages_cancelled, found.messages_added = sorted(old - new), sorted(new - old)
    again = {message.who: message for message in found.messages_added}
    found.messages_moved = [(m, again[m.who]) for m in found.messages_cancelled if m.who in again]
    old_letters, new_letters = {message.letter for message in old}, {message.letter for message in new}
    found.letters_cancelled, found.letters_added = len(old_letters - new_letters), len(new_letters - old_letters)
