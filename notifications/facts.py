"""Everything a batch of letters speaks of, read in a constant number of queries whatever the number of letters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from models.ladder import Tone
from models.ledger import Answer, Assignment, Occurrence, Submission, Transition
from models.lifecycle import Move, Stage
from models.outbox import Letter, LetterState, Notice, NoticeState
from models.plan import Milestone, Party, Plan, Process
from models.units import ContactPoint, Unit

SPEAKING = (NoticeState.PLANNED.value, NoticeState.SENT.value)
CONTACT_CHANNELS = ("email", "phone")
EVENT = "su-kien"


@dataclass(frozen=True)
class Line:
    """A line of work named in a letter (`kind`: task or report), with its deliverable and how its time reads."""

    kind: str
    code: str
    title: str
    deliverable: str | None
    phrase: str | None
    condition: str
    asked_in: str
    waits_for: str | None
    due_on: date | None
    label: str


@dataclass
class Facts:
    """What `load` found; every dict is keyed by the id its name says."""

    letters: dict[int, Letter]
    notices_of_letter: dict[int, list[Notice]]
    assignments: dict[int, Assignment] = field(default_factory=dict)
    occurrences: dict[int, Occurrence] = field(default_factory=dict)
    processes: dict[str, Process] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    contacts: dict[str, dict[str, str]] = field(default_factory=dict)  # recipient -> {channel: address}
    milestones: dict[tuple[str, str], Milestone] = field(default_factory=dict)
    # what only bodies need
    covered: dict[int, list[Line]] = field(default_factory=dict)  # report assignment -> the lines it asks
    joined: dict[int, list[Occurrence]] = field(default_factory=dict)  # occurrence -> those its paper answers
    work: dict[tuple[str, str], list[Line]] = field(default_factory=dict)  # (plan, unit) -> all it leads
    counts: dict[int, dict[tuple[str, bool | None], int]] = field(default_factory=dict)  # occurrence -> states
    told: dict[int, list[date]] = field(default_factory=dict)  # assignment -> days it was reminded or pressed
    submissions: dict[int, Submission] = field(default_factory=dict)  # assignment -> its last submission
    returns: dict[int, Transition] = field(default_factory=dict)  # assignment -> its last return
    feeders: dict[str, list[Occurrence]] = field(default_factory=dict)  # report process -> its periods
    owing: dict[int, list[str]] = field(default_factory=dict)  # occurrence -> units that have not answered

    def milestone_of(self, notice: Notice) -> Milestone | None:
        """The event a notice asks about (its process key is `<plan>:su-kien:<name>`, or that of a task)."""
        head, _, name = notice.process_key.rpartition(":")
        if head == f"{notice.plan_id}:{EVENT}":
            return self.milestones.get((notice.plan_id, name))
        process = self.processes.get(notice.process_key)
        return self.milestones.get((notice.plan_id, process.waits_for)) if process and process.waits_for else None

    def agency(self, unit: Unit) -> Unit:
        """The body in whose name a department acts: the nearest one above that is no department."""
        seen: set[str] = set()
        while unit.kind in DEPARTMENTS and unit.parent_id in self.units and unit.id not in seen:
            seen.add(unit.id)
            unit = self.units[unit.parent_id]
        return unit

    def is_above(self, upper: Unit, lower: Unit) -> bool:
        """Whether `upper` is an ancestor of `lower`."""
        parent, seen = lower.parent_id, set[str]()
        while parent and parent in self.units and parent not in seen:
            if parent == upper.id:
                return True
            seen.add(parent)
            parent = self.units[parent].parent_id
        return False


DEPARTMENTS = frozenset({"phong", "van-phong", "thanh-tra", "lanh-dao"})


def load(session: Session, letter_ids: Sequence[int], *, today: date, bodies: bool = True) -> Facts:
    """The facts of these letters. Without `bodies`, only what subjects need."""
    letters = {_id(row): row for row in session.exec(select(Letter).where(col(Letter.id).in_(letter_ids)))}
    speaking = (col(Notice.letter_id).in_(letter_ids), col(Notice.state).in_(SPEAKING))
    notices = session.exec(select(Notice).where(*speaking).order_by(col(Notice.id))).all()
    facts = Facts(letters, _by_letter(notices))
    mine = select(Notice.assignment_id).where(*speaking)
    facts.assignments = {_id(a): a for a in session.exec(select(Assignment).where(col(Assignment.id).in_(mine)))}
    periods = select(Assignment.occurrence_id).where(col(Assignment.id).in_(mine))
    facts.occurrences = {_id(o): o for o in session.exec(select(Occurrence).where(col(Occurrence.id).in_(periods)))}
    _load_plans(session, facts, notices)
    _load_feeders(session, facts)
    if bodies:
        _load_bodies(session, facts, notices, mine, today)
    _load_units(session, facts, notices)
    return facts


def _by_letter(notices: Iterable[Notice]) -> dict[int, list[Notice]]:
    found: dict[int, list[Notice]] = defaultdict(list)
    for notice in notices:
        found[notice.letter_id or 0].append(notice)
    return found


def _load_plans(session: Session, facts: Facts, notices: Sequence[Notice]) -> None:
    plan_ids = {notice.plan_id for notice in notices}
    facts.plans = {plan.id: plan for plan in session.exec(select(Plan).where(col(Plan.id).in_(plan_ids)))}
    processes = session.exec(select(Process).where(col(Process.plan_id).in_(plan_ids)).order_by(col(Process.position)))
    facts.processes = {process.key: process for process in processes}
    for milestone in session.exec(select(Milestone).where(col(Milestone.plan_id).in_(plan_ids))):
        facts.milestones[milestone.plan_id, milestone.name] = milestone


def _load_bodies(session: Session, facts: Facts, notices: Sequence[Notice], mine: Any, today: date) -> None:
    listed = {facts.assignments[n.assignment_id].occurrence_id for n in notices
              if n.each == "list" and n.assignment_id in facts.assignments}  # fmt: skip
    _load_covered(session, facts, mine.where(Notice.each != "list"))
    _load_joined(session, facts)
    _load_counts(session, facts, listed)
    _load_told(session, facts, mine)
    _load_answers(session, facts, mine)
    _load_work(session, facts, {(n.plan_id, n.unit_id) for n in notices if n.assignment_id is None}, today)


def _load_covered(session: Session, facts: Facts, reports: Any) -> None:
    query = (
        select(Assignment.covered_by, Assignment.deliverable, Process)
        .join(Occurrence, col(Occurrence.id) == Assignment.occurrence_id)
        .join(Process, col(Process.key) == Occurrence.process_key)
        .where(col(Assignment.covered_by).in_(reports))
        .order_by(col(Process.position))
    )
    for covering, deliverable, process in session.exec(query):
        facts.covered.setdefault(covering or 0, []).append(_line(process, deliverable, "", None, ""))


def _load_joined(session: Session, facts: Facts) -> None:
    query = select(Occurrence).where(col(Occurrence.joined_to).in_(list(facts.occurrences)))
    for occurrence in session.exec(query.order_by(col(Occurrence.due_on))):
        facts.joined.setdefault(occurrence.joined_to or 0, []).append(occurrence)


def _load_counts(session: Session, facts: Facts, occurrence_ids: Collection[int]) -> None:
    query = (
        select(Assignment.occurrence_id, Assignment.state, Assignment.on_time, func.count())
        .where(col(Assignment.occurrence_id).in_(occurrence_ids))
        .group_by(col(Assignment.occurrence_id), col(Assignment.state), col(Assignment.on_time))
    )
    for occurrence_id, state, on_time, count in session.execute(query):
        facts.counts.setdefault(occurrence_id, {})[state, on_time] = count


def _load_told(session: Session, facts: Facts, mine: Any) -> None:
    """The days on which somebody was reminded or pressed about an assignment, each day once."""
    query = (
        select(Notice.assignment_id, col(Letter.day))
        .join(Letter, col(Letter.id) == Notice.letter_id)
        .where(
            col(Notice.assignment_id).in_(mine),
            Notice.each != "list",
            col(Notice.tone).in_((Tone.REMINDER, Tone.LATE)),
            Letter.state == LetterState.SENT,
        )
        .distinct()
        .order_by(col(Letter.day))
    )
    for assignment_id, day in session.exec(query):
        facts.told.setdefault(assignment_id or 0, []).append(day)


def _load_answers(session: Session, facts: Facts, mine: Any) -> None:
    answered = (
        select(Answer.assignment_id, Submission)
        .join(Submission, col(Submission.id) == Answer.submission_id)
        .where(col(Answer.assignment_id).in_(mine))
        .order_by(col(Submission.id))
    )
    facts.submissions = dict(session.exec(answered).all())
    returned = select(Transition).where(col(Transition.assignment_id).in_(mine), Transition.move == Move.RETURN.value)
    facts.returns = {row.assignment_id: row for row in session.exec(returned.order_by(col(Transition.id)))}


def _load_feeders(session: Session, facts: Facts) -> None:
    """For consolidators: the periods of the reports that feed theirs, and who still owes one."""
    keys = {key for occurrence in facts.occurrences.values() for key in feeder_keys(facts, occurrence)}
    if not keys:
        return
    periods = session.exec(
        select(Occurrence)
        .where(col(Occurrence.process_key).in_(keys), col(Occurrence.stage).in_((Stage.OPEN, Stage.CLOSED)))
        .order_by(col(Occurrence.due_on))
    ).all()
    for period in periods:
        facts.feeders.setdefault(period.process_key, []).append(period)
    _load_counts(session, facts, {_id(period) for period in periods})
    owing = select(Assignment.occurrence_id, Assignment.unit_id).where(
        col(Assignment.occurrence_id).in_([_id(period) for period in periods]),
        col(Assignment.answered_at).is_(None),
        Assignment.state != "withdrawn",
    )
    for occurrence_id, unit_id in session.exec(owing.order_by(col(Assignment.id))):
        facts.owing.setdefault(occurrence_id, []).append(unit_id)


def feeder_keys(facts: Facts, occurrence: Occurrence) -> list[str]:
    """The report processes that feed the report of an occurrence."""
    process = facts.processes[occurrence.process_key]
    return [f"{process.plan_id}:bao-cao:{name}" for name in process.details.get("fed_by") or ()]


def _load_work(session: Session, facts: Facts, wanted: Collection[tuple[str, str]], today: date) -> None:
    """All that a unit leads in a plan, in printed order, with the next day each thing is due."""
    if not wanted:
        return
    plan_ids, unit_ids = {plan for plan, _ in wanted}, {unit for _, unit in wanted}
    following = _next_periods(session, plan_ids, today)
    other = aliased(Process)
    query = (
        select(Party, Process, other.title)
        .join(Process, col(Process.key) == Party.process_key)
        .outerjoin(other, col(other.key) == Party.asked_in)
        .where(col(Process.plan_id).in_(plan_ids), col(Party.unit_id).in_(unit_ids), col(Process.removed_on).is_(None))
        .order_by(col(Process.kind).desc(), col(Process.position), col(Party.asked_in))
    )
    seen: set[tuple[str, str]] = set()
    for party, process, _title in session.exec(query):
        if (party.unit_id, process.key) in seen or party.done:
            continue
        seen.add((party.unit_id, process.key))
        period = following.get((process.key, party.asked_in))
        line = _line(process, party.deliverable, party.asked_in, period.due_on if period else None,
                     period.label if period else "")  # fmt: skip
        facts.work.setdefault((process.plan_id, party.unit_id), []).append(line)


def _next_periods(session: Session, plan_ids: Collection[str], today: date) -> dict[tuple[str, str], Occurrence]:
    found: dict[tuple[str, str], Occurrence] = {}
    query = select(Occurrence).where(
        col(Occurrence.plan_id).in_(plan_ids),
        col(Occurrence.stage).in_((Stage.PLANNED, Stage.OPEN)),
        or_(col(Occurrence.due_on) >= today, col(Occurrence.stage) == Stage.OPEN),
    )
    for occurrence in session.exec(query.order_by(col(Occurrence.due_on).desc())):
        found[occurrence.process_key, occurrence.asked_in] = occurrence
    return found


def _line(process: Process, deliverable: str | None, asked_in: str, due_on: date | None, label: str) -> Line:
    return Line(process.kind, process.code, process.title, deliverable or process.deliverable, process.phrase,
                process.condition, asked_in, process.waits_for, due_on, label)  # fmt: skip


def _load_units(session: Session, facts: Facts, notices: Sequence[Notice]) -> None:
    recipients = {letter.recipient for letter in facts.letters.values()}
    wanted = {notice.unit_id for notice in notices} | {letter.sender_id for letter in facts.letters.values()}
    wanted |= {unit_of(recipient) for recipient in recipients}
    wanted |= {unit for units in facts.owing.values() for unit in units}
    for plan in facts.plans.values():
        wanted |= {plan.issued_by, plan.tracker_id, plan.leadership_id}
    for occurrence in facts.occurrences.values():
        details = facts.processes[occurrence.process_key].details
        wanted |= {facts.processes[occurrence.process_key].tracker_id, *(details.get("to") or ())}
        wanted |= {details["via"]} if details.get("via") else set()
    while wanted:
        found = session.exec(select(Unit).where(col(Unit.id).in_(wanted))).all()
        facts.units |= {unit.id: unit for unit in found}
        wanted = {unit.parent_id for unit in found if unit.parent_id} - facts.units.keys()
    _load_contacts(session, facts)


def _load_contacts(session: Session, facts: Facts) -> None:
    senders = {letter.sender_id for letter in facts.letters.values()}
    senders |= {process.tracker_id for process in facts.processes.values()}
    senders |= {plan.tracker_id for plan in facts.plans.values()}
    query = select(ContactPoint).where(
        or_(
            col(ContactPoint.recipient).in_({letter.recipient for letter in facts.letters.values()}),
            col(ContactPoint.unit_id).in_(senders),
        )
    )
    for contact in session.exec(query):
        if contact.address:
            facts.contacts.setdefault(contact.recipient, {})[contact.channel] = contact.address


def unit_of(recipient: str) -> str:
    """`sgddt-hp/tccb:dau_moi` → `sgddt-hp/tccb`."""
    return recipient.rpartition(":")[0]


def role_of(recipient: str) -> str:
    """`sgddt-hp/tccb:dau_moi` → `dau_moi`."""
    return recipient.rpartition(":")[2]


def _id(row: Any) -> int:
    return int(row.id)
