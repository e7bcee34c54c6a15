"""The same deeds over virtual time on a scratch ledger: what will happen, to whom, on which day.

What is simulated is what happens: `advance` and `gather_letters` are the live ones, only the clock is a loop. The
same input gives the same output.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pendulum
from sqlalchemy import Engine, func, insert, or_, text, update
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, col, create_engine, select

from models.columns import ZONE
from models.ledger import Assignment, Occurrence, Transition
from models.lifecycle import ENDED, Stage, names
from models.migrations.upgrade import upgrade
from models.outbox import Attempt, Letter, LetterState, Notice, NoticeState
from models.plan import Process
from models.specs import PlanSpec, UnitsSpec
from models.tables import METADATA

from .advance import advance
from .apply_plan import apply_plan, apply_units
from .audit import seal
from .behaviour import SIMULATED, Act, Behaviour, Diary, key_of
from .gather_letters import gather_letters
from .heartbeat import POST, TICK, beat
from .joins import with_process
from .move import Refused
from .recorded import RecordedDeed
from .rules import Rules
from .sealed_rows import told_hash
from .submit import Filing, start, submit_report
from .tell_back import RECEIPT

Written = tuple[str, str | None]  # a subject, and the body when somebody will read it
Compose = Callable[[Session, Sequence[int], pendulum.DateTime], Mapping[int, Written]]  # letter ids -> what they say
Progress = Callable[[date], None]
SCRATCH = 0x6E686170  # "nhap": SQLite's application id of a kept scratch ledger, in the file's bytes 68 to 71
ANSWERING = timedelta(hours=2, minutes=1)  # units answer two hours after the letters have left


@dataclass
class Course:
    """One course of virtual time on one ledger: its rules, what the units do, how letters are worded.

    `refused` collects deeds of units that could not be done, as (deed, day, sentence).
    """

    rules: Rules
    behaviour: Behaviour
    compose: Compose | None = None
    refused: list[tuple[Act, date, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.diary = Diary(self.behaviour, self.rules)

    def live(self, session: Session, begins: datetime, end: date) -> Iterator[date]:
        """Every day from `begins` to `end`, both included; each is lived when it is asked for."""
        now = pendulum.instance(begins).in_timezone(ZONE)
        for day in _days(now.date(), end):
            self.live_day(session, max(now, _moment(day)))
            yield day

    def live_day(self, session: Session, now: pendulum.DateTime) -> None:
        """What is left of one day: deadlines at once, the letters of the sending hour, what units file, and what
        their filing brings about."""
        hour = self.rules.escalation.sending.hour
        day = now.date()
        self._round(session, now)
        posting = _moment(day, hour.hour, hour.minute)
        if now < posting:
            self._post(session, posting)
        answering = max(posting + ANSWERING, now)
        acts = self.diary.acts_of(session, day)
        for act in acts:
            self._do(session, act, answering)
        if acts:
            self._round(session, answering + timedelta(minutes=1))

    def _round(self, session: Session, now: pendulum.DateTime) -> None:
        advance(session, self.rules, now)
        self._post(session, now)

    def _post(self, session: Session, now: pendulum.DateTime) -> None:
        ready = gather_letters(session, self.rules, now)
        if ready:
            _mark_sent(session, ready, now, self.compose)

    def _do(self, session: Session, act: Act, now: pendulum.DateTime) -> None:
        if act.deed is None and act.assignment.state in names(ENDED):
            return  # answered a moment ago, by the paper of a joined period
        try:
            if act.begins:
                start(session, act.assignment, now, by=SIMULATED)
                return
            late = (act.received_on or now.date()) > act.assignment.late_after
            filing = Filing(
                by=SIMULATED,
                result=act.result,
                received_on=act.received_on or now.date(),
                document=act.document,
                reason_late=act.reason or (SIMULATED if late else None),
            )
            submit_report(session, act.assignment, filing, now)
        except Refused as refusal:
            self.refused.append((act, now.date(), str(refusal)))


# ------------------------------------------------------------------ ledgers


def scratch_ledger(*, stamped: bool = False) -> Engine:
    """An empty ledger in memory, gone with its last user; `stamped` with its schema's version, to be kept as a file."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    if stamped:
        upgrade(engine)
    else:
        METADATA.create_all(engine)
    return engine


def require_scratch(path: Path) -> None:
    """Raise Refused when a file lies at `path` that no simulation has written: above all, an office's ledger."""
    if not path.exists():
        return
    with path.open("rb") as file:
        head = file.read(72)
    if head[68:72] != SCRATCH.to_bytes(4, "big"):
        raise Refused(f"{path} đã có và không phải sổ nháp của mô phỏng; chọn tên khác")


def keep_ledger(engine: Engine, path: Path) -> None:
    """Write a `stamped` scratch ledger to a file, in one piece: what was there before stays until it is whole.

    Raises Refused rather than write over anything but an earlier scratch ledger.
    """
    require_scratch(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partly = path.with_name(f".{path.name}.{os.getpid()}")
    partly.unlink(missing_ok=True)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"PRAGMA application_id = {SCRATCH}"))
            connection.execute(text("VACUUM INTO :path"), {"path": str(partly)})
        partly.replace(path)
    finally:
        partly.unlink(missing_ok=True)
    for tail in ("-wal", "-shm"):  # of the ledger that lay there before
        path.with_name(path.name + tail).unlink(missing_ok=True)


# ------------------------------------------------------------------ a window


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
    """Every occurrence, transition and notice from `start` to `end`, both included, as one JSON document.

    The plans are applied on the morning of `start`, as a house would that is switched on that day. `engine` is an
    empty ledger to use (default: one in memory that is forgotten).
    """
    engine = engine or scratch_ledger()
    course = Course(rules, behaviour, subjects)
    with Session(engine) as session:
        begins = _moment(start)
        apply_units(session, units)
        for plan in plans:
            apply_plan(session, plan, units, rules, begins, until=horizon_of(end))
        for day in course.live(session, begins, end):
            session.commit()
            if progress:
                progress(day)
        for name in (TICK, POST):
            beat(session, name, _moment(end, 23, 59))
        session.commit()
        if subjects and _has_bodies(session):
            seal(session, _moment(end, 23, 59), most=None)
            session.commit()
        return _account(session, course, start, end)


def horizon_of(end: date) -> date:
    """How far a house that is alive on `end` has written its occurrences: to the end of the next year."""
    return date(end.year + 1, 12, 31)


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
    begins = min(max(plan.track_from, plan.issued_from or plan.track_from) for plan in specs)
    apply_units(session, units)
    for plan in specs:
        apply_plan(session, plan, units, rules, _moment(begins), until=horizon_of(today))
    lived = 0
    course = Course(rules, Behaviour("none"), subjects)
    for day in course.live(session, _moment(begins), today - timedelta(days=1)):
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


# ------------------------------------------------------------------ letters that nobody carries


def _mark_sent(session: Session, ready: list[int], at: pendulum.DateTime, compose: Compose | None) -> None:
    worded = compose(session, ready, at) if compose else {}
    if worded:
        rows = [{"id": letter, "subject": subject, "body": body} for letter, (subject, body) in worded.items()]
        session.execute(update(Letter), rows)
    session.execute(
        update(Letter).where(col(Letter.id).in_(ready)).values(state=LetterState.SENT.value, sent_at=at)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    session.execute(
        update(Notice).where(col(Notice.letter_id).in_(ready)).values(state=NoticeState.SENT.value)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    session.expire_all()
    if any(body for _, body in worded.values()):
        _note_attempts(session, ready, at)


def _note_attempts(session: Session, ready: list[int], at: pendulum.DateTime) -> None:
    """A ledger that will be looked at has its tries, as the post writes them."""
    mine = col(Letter.id).in_(ready)
    session.execute(update(Letter).where(mine).values(carried_by=SIMULATED, claimed_at=at, tries=1))
    letters = session.exec(select(Letter).where(mine).order_by(col(Letter.id))).all()
    rows = [{"letter_id": each.id, "at": at, "outcome": each.state, "told": told_hash(each)} for each in letters]
    session.execute(insert(Attempt), rows)


def _has_bodies(session: Session) -> bool:
    return session.exec(select(Letter.id).where(col(Letter.body).is_not(None)).limit(1)).first() is not None


# ------------------------------------------------------------------ what came of it


def _account(session: Session, course: Course, start: date, end: date) -> dict[str, Any]:
    rows = session.exec(with_process(select(Assignment, Occurrence, Process)).order_by(col(Assignment.id)))
    keys = {assignment.id: key_of(assignment, occurrence, process) for assignment, occurrence, process in rows}
    opened = session.exec(select(Occurrence.id).where(col(Occurrence.opened_at).is_not(None))).all()
    sent = list(sent_notices(session, keys))
    return {
        "from": start,
        "to": end,
        "reports": str(course.behaviour),
        "occurrences": len(opened),
        "assignments": len(keys),
        "letters": len({notice["letter"] for notice in sent}),
        "transitions": [
            {
                "assignment": keys[row.assignment_id],
                "from": row.from_state,
                "to": row.to_state,
                "at": row.at.isoformat(),
            }
            for row in session.exec(select(Transition).order_by(col(Transition.id)))
        ],
        "notices": sent,
        "receipts": list(sent_notices(session, keys, receipts=True)),
        "held": list(_held_notices(session, keys)),
        "suppressed": _suppressed(session),
        "periods": list(_periods(session, start, end)),
        **_what_was_not_done(course, keys),
    }


def assignment_keys(session: Session) -> dict[int | None, str]:
    """{assignment id: `PLAN TASK PERIOD UNIT`} of a whole ledger."""
    rows = session.exec(with_process(select(Assignment, Occurrence, Process)))
    return {assignment.id: key_of(assignment, occurrence, process) for assignment, occurrence, process in rows}


def sent_notices(
    session: Session, keys: Mapping[int | None, str], *, receipts: bool = False
) -> Iterator[dict[str, Any]]:
    """What was said, letter by letter: the contract's fields, and the letter and its sender; or only the receipts,
    which are told beside: they answer a unit and press nobody."""
    wanted = col(Notice.wording) == RECEIPT
    query = (
        select(Notice, Letter)
        .join(Letter, col(Letter.id) == Notice.letter_id)
        .where(col(Notice.state) == NoticeState.SENT, wanted if receipts else ~wanted)
        .order_by(col(Letter.id), col(Notice.id))
    )
    for notice, letter in session.exec(query):
        yield {
            "assignment": said_of(notice, keys),
            "step": notice.step,
            "tone": notice.tone,
            "recipient": notice.recipient,
            "channel": notice.channel,
            "at": letter.sent_at.isoformat() if letter.sent_at else None,
            "subject": letter.subject,
            "letter": letter.id,
            "sender": letter.sender_id,
        }


def said_of(notice: Notice, keys: Mapping[int | None, str]) -> str:
    """The assignment a notice speaks of; `PLAN - - UNIT` for one that speaks of a whole plan or an awaited event."""
    return keys.get(notice.assignment_id) or f"{notice.plan_id} - - {notice.unit_id}"


def _held_notices(session: Session, keys: Mapping[int | None, str]) -> Iterator[dict[str, Any]]:
    """What waits for a person's word and is not sent by itself."""
    held = select(Notice).where(col(Notice.state) == NoticeState.HELD).order_by(col(Notice.id))
    for notice in session.exec(held):
        yield {
            "assignment": said_of(notice, keys),
            "step": notice.step,
            "recipient": notice.recipient,
            "channel": notice.channel,
            "on": notice.due_on,
        }


def _suppressed(session: Session) -> dict[str, int]:
    """How many steps were decided and not said, by reason."""
    which = col(Notice.state) == NoticeState.SUPPRESSED
    query = select(Notice.reason, func.count()).where(which).group_by(col(Notice.reason)).order_by(col(Notice.reason))
    return {reason or "": count for reason, count in session.exec(query)}


def _periods(session: Session, start: date, end: date) -> Iterator[dict[str, Any]]:
    """Every occurrence that was opened, or whose day is in the window, with what became of it."""
    units = select(func.count()).where(col(Assignment.occurrence_id) == Occurrence.id).scalar_subquery()
    shown = or_(col(Occurrence.opened_at).is_not(None), col(Occurrence.due_on).between(start, end))
    query = (
        select(Occurrence, Process, units)
        .join(Process, col(Process.key) == Occurrence.process_key)
        .where(shown, col(Occurrence.stage) != Stage.CANCELLED)
        .order_by(col(Occurrence.due_on), col(Occurrence.id))
    )
    for occurrence, process, count in session.exec(query):
        yield {
            "plan": occurrence.plan_id,
            "task": process.item_id,
            "code": process.code or None,
            "title": process.title,
            "kind": occurrence.kind,
            "period": occurrence.period,
            "label": occurrence.label,
            "asked_in": occurrence.asked_in.rsplit(":", 1)[-1] or None,
            "opens_on": occurrence.opens_on,
            "due_on": occurrence.due_on,
            "late_after": occurrence.late_after,
            "stage": occurrence.stage,
            "opened_at": occurrence.opened_at.isoformat() if occurrence.opened_at else None,
            "closed_at": occurrence.closed_at.isoformat() if occurrence.closed_at else None,
            "units": count,
            "provisional": occurrence.provisional,
            "confidential": process.confidential,
        }


def _what_was_not_done(course: Course, keys: Mapping[int | None, str]) -> dict[str, Any]:
    """Deeds that were refused, and rows of a recorded file that found nothing to act on."""

    def row(deed: RecordedDeed) -> dict[str, Any]:
        return {"line": deed.line, "assignment": deed.words, "on": deed.acted_on}

    refused = [
        {**(row(act.deed) if act.deed else {"assignment": keys[act.assignment.id], "on": day}), "why": why}
        for act, day, why in course.refused
    ]
    return {"refused": refused, "unused": [{**row(deed), "why": why} for deed, why in course.diary.unused()]}
