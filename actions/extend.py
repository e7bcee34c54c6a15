"""Gia hạn: a unit asks for more time, whoever assigned the work grants or refuses it. The first day is never lost.

One request is open at a time. While it is, nothing of that work reaches the leadership. A grant moves the report with
its lines and the periods its paper also answers; its new days have rungs of their own, so that no old letter repeats
and none is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, null, update
from sqlmodel import Session, col, select

from models.database import insert_once, rows_changed
from models.ladder import Tone, next_day
from models.ledger import Assignment, Extension, ExtensionState, Occurrence
from models.lifecycle import ENDED, OPEN, PENDING, Move, Stage, State, names
from models.outbox import Notice, NoticeState
from models.plan import Party, Process

from .advance import EXTENSION_ASKED, Group, group_rungs
from .move import Refused, lock, mark, move, occurrences_of, settle
from .paper import asked_together, speaker_of
from .rules import Rules
from .schedule import REPORT

FLAGGED_FROM = 3  # the third extension of one piece of work is pointed out
GRANTED_SINCE = "đã gia hạn"


@dataclass(frozen=True)
class Decided:
    """A request and what became of it. `flagged` when this is, or would be, the third extension or a later one.

    `beyond_feeds` is the due day of the report this one feeds, when the new day lies after it: whoever consolidates
    would wait in vain. It is pointed out and not refused.
    """

    extension: Extension
    flagged: bool
    beyond_feeds: date | None = None


def ask_extension(
    session: Session, rules: Rules, assignment: Assignment, now: datetime, *, by: str, until: date, reason: str
) -> Decided:
    """The unit asks for more time, before or after its day. Refused while another request of it is open."""
    subject = _held(session, assignment)
    if not reason.strip():
        raise Refused("xin gia hạn phải nêu lý do")
    _check_day(subject, until, now.date())
    row = {
        "assignment_id": subject.id,
        "state": ExtensionState.ASKED.value,
        "wanted_on": until,
        "reason": reason,
        "asked_by": by,
        "asked_at": now,
        "due_before": subject.due_on,
    }
    if session.execute(insert_once(session, Extension).values(**row).returning(Extension.id)).first() is None:
        pending = _pending(session, subject)
        wanted = f" đến {pending.wanted_on:%d/%m/%Y}" if pending else ""
        raise Refused(f"đã có một đề nghị gia hạn{wanted} đang chờ quyết định")
    _hold_leadership(session, rules, subject)
    asked = _pending(session, subject)
    assert asked is not None
    return Decided(asked, subject.extensions + 1 >= FLAGGED_FROM, passed_by(session, subject, until))


def grant_extension(
    session: Session,
    rules: Rules,
    assignment: Assignment,
    now: datetime,
    *,
    by: str,
    until: date | None = None,
    reason: str | None = None,
) -> Decided:
    """Give the day that was asked for, or `until`. What was overdue is in progress again; the first day stays known.

    Without a request a day and a reason are needed: the request is then written down together with its answer.
    """
    subject = _held(session, assignment)
    asked = _pending(session, subject)
    if asked is None and until and reason:
        asked = ask_extension(session, rules, subject, now, by=by, until=until, reason=reason).extension
    if asked is None:
        raise Refused("không có đề nghị gia hạn nào đang chờ; gia hạn khi chưa ai xin thì ghi --until và --reason")
    day = until or asked.wanted_on
    _check_day(subject, day, now.date())
    _close(session, asked, ExtensionState.GRANTED, now, by=by, reason=reason, granted_on=day)
    _move_days(session, rules, subject, day, now, by=by, reason=reason or asked.reason)
    session.refresh(subject)
    return Decided(asked, subject.extensions >= FLAGGED_FROM, passed_by(session, subject, day))


def refuse_extension(
    session: Session, rules: Rules, assignment: Assignment, now: datetime, *, by: str, reason: str
) -> Decided:
    """Say no, with a reason. What the leadership was to hear in the meantime waits for approval again."""
    if not reason.strip():
        raise Refused("từ chối gia hạn phải nêu lý do")
    subject = speaker_of(session, assignment)
    lock(session, col(Assignment.id) == subject.id)
    session.refresh(subject)
    asked = _pending(session, subject)
    if asked is None:
        raise Refused("không có đề nghị gia hạn nào đang chờ quyết định")
    _close(session, asked, ExtensionState.REFUSED, now, by=by, reason=reason)
    _resume_leadership(session, rules, subject, now)
    settle(session, [subject.occurrence_id], now)
    return Decided(asked, subject.extensions + 1 >= FLAGGED_FROM)


def pending_extensions(session: Session) -> list[tuple[Extension, Assignment]]:
    """Requests that wait for a decision, of work that is still owed, the oldest first."""
    query = (
        select(Extension, Assignment)
        .join(Assignment, col(Assignment.id) == Extension.assignment_id)
        .where(col(Extension.state) == ExtensionState.ASKED, col(Assignment.state).in_(names(OPEN)))
        .order_by(col(Extension.id))
    )
    return list(session.exec(query))


def passed_by(session: Session, subject: Assignment, day: date) -> date | None:
    """The earliest due day, before `day`, of the reports that this period feeds; None when it passes none.

    It feeds the period of the same name, or else the first one due on or after its own first day.
    """
    occurrence = session.get_one(Occurrence, subject.occurrence_id)
    feeds = session.get_one(Process, occurrence.process_key).details.get("feeds") or ()
    found = []
    for name in feeds:
        key = f"{occurrence.plan_id}:{REPORT}:{name}"
        fed = select(Occurrence).where(
            col(Occurrence.process_key) == key, col(Occurrence.stage).in_((Stage.PLANNED, Stage.OPEN))
        )
        periods = session.exec(fed.order_by(col(Occurrence.due_on))).all()
        same = [each.due_on for each in periods if each.period == occurrence.period]
        ahead = [each.due_on for each in periods if each.due_on >= subject.first_due_on]
        found += (same or ahead)[:1]
    return min((due for due in found if due < day), default=None)


# ------------------------------------------------------------------ one request


def _held(session: Session, assignment: Assignment) -> Assignment:
    """The assignment that is asked about, held until the transaction ends, still owed."""
    if assignment.covered_by:
        raise Refused("việc này là một dòng của báo cáo; gia hạn ở báo cáo của đơn vị trong kỳ")
    subject = speaker_of(session, assignment)
    lock(session, asked_together(session, subject))
    session.refresh(subject)
    if State(subject.state) in ENDED:
        raise Refused(f"phần việc đã ở trạng thái “{subject.state}”, không còn gì để gia hạn")
    return subject


def _check_day(subject: Assignment, until: date, today: date) -> None:
    if until <= today:
        raise Refused(f"ngày mới {until:%d/%m/%Y} phải sau hôm nay {today:%d/%m/%Y}; ghi --until ngày khác")
    if until <= subject.due_on:
        raise Refused(f"ngày mới {until:%d/%m/%Y} phải sau hạn hiện nay {subject.due_on:%d/%m/%Y}")


def _pending(session: Session, subject: Assignment) -> Extension | None:
    mine = select(Extension).where(
        col(Extension.assignment_id) == subject.id, col(Extension.state) == ExtensionState.ASKED
    )
    return session.exec(mine).first()


def _close(
    session: Session,
    asked: Extension,
    state: ExtensionState,
    now: datetime,
    *,
    by: str,
    reason: str | None,
    granted_on: date | None = None,
) -> None:
    done = session.execute(
        update(Extension)
        .where(col(Extension.id) == asked.id, col(Extension.state) == ExtensionState.ASKED)
        .values(state=state.value, decided_by=by, decided_at=now, decision=reason, granted_on=granted_on)
        .execution_options(synchronize_session=False)
    )
    if not rows_changed(done):
        raise Refused("đề nghị gia hạn vừa được quyết định")
    session.refresh(asked)


# ------------------------------------------------------------------ the new days


def _move_days(
    session: Session, rules: Rules, subject: Assignment, day: date, now: datetime, *, by: str, reason: str
) -> None:
    """Due, reminding and late days of the whole paper; a joined period that is due later keeps its own."""
    mine = and_(asked_together(session, subject), col(Assignment.due_on) < day, col(Assignment.state).in_(names(OPEN)))
    rows = session.exec(select(Assignment).where(mine)).all()
    ids = [row.id for row in rows if row.id is not None]
    which = col(Assignment.id).in_(ids)
    late_after = rules.days.on_or_after(day)
    facts: dict[str, Any] = {
        "due_on": day,
        "remind_from": rules.days.on_or_before(day),
        "late_after": late_after,
        "extensions": Assignment.extensions + 1,
        "redo_by": None,
        "rungs_until": now.date() - timedelta(days=1),
        "next_on": now.date(),
        "ladder_ends_on": case((col(Assignment.ladder_ends_on) <= late_after, null()), else_=Assignment.ladder_ends_on),
    }
    because = f"gia hạn đến {day:%d/%m/%Y}: {reason}"
    mark(session, and_(which, col(Assignment.state).in_(names(PENDING))), Move.EXTEND, now, by=by, reason=because,
         **facts)  # fmt: skip
    move(session, and_(which, col(Assignment.state) == State.OVERDUE), Move.EXTEND, now, by=by, reason=because,
         **facts)  # fmt: skip
    _forget_old_rungs(session, ids, day)
    _find_next_days(session, rules, which, now.date())
    settle(session, occurrences_of(session, which), now)


def _forget_old_rungs(session: Session, ids: list[int], day: date) -> None:
    """What was decided for the old days and has not gone into a letter yet is not said any more."""
    session.execute(
        update(Notice)
        .where(
            col(Notice.assignment_id).in_(ids),
            col(Notice.tone).not_in((Tone.OPENING, Tone.ANSWER)),
            col(Notice.state).in_((NoticeState.PLANNED, NoticeState.HELD)),
            col(Notice.letter_id).is_(None),
        )
        .values(state=NoticeState.SUPPRESSED.value, reason=f"{GRANTED_SINCE} đến {day:%d/%m/%Y}", hold_until=None)
        .execution_options(synchronize_session=False)
    )


def _find_next_days(session: Session, rules: Rules, which: ColumnElement[bool], today: date) -> None:
    for row in session.exec(select(Assignment).where(which)):
        group = Group.of(row)
        row.next_on = next_day(group_rungs(rules, group), group.days, today - timedelta(days=1), pending=True)
    session.flush()


# ------------------------------------------------------------------ what the leadership hears meanwhile


def _leadership_steps(session: Session, rules: Rules, subject: Assignment) -> ColumnElement[bool]:
    """Notices to the leadership of this assignment that have not gone yet."""
    keys = [rung.key for rung in group_rungs(rules, Group.of(subject)) if "leadership" in rung.step.to]
    party = (
        select(Party.to_leadership)
        .join(Occurrence, and_(col(Occurrence.process_key) == Party.process_key,
                               col(Occurrence.asked_in) == Party.asked_in))
        .where(col(Occurrence.id) == subject.occurrence_id, col(Party.unit_id) == subject.unit_id)
    )  # fmt: skip
    return and_(
        col(Notice.assignment_id) == subject.id,
        col(Notice.step).in_(keys),
        col(Notice.recipient).in_(party),
        col(Notice.letter_id).is_(None),
    )


def _hold_leadership(session: Session, rules: Rules, subject: Assignment) -> None:
    session.execute(
        update(Notice)
        .where(
            _leadership_steps(session, rules, subject),
            col(Notice.state).in_((NoticeState.PLANNED, NoticeState.HELD)),
        )
        .values(state=NoticeState.HELD.value, reason=EXTENSION_ASKED, hold_until=None)
        .execution_options(synchronize_session=False)
    )


def _resume_leadership(session: Session, rules: Rules, subject: Assignment, now: datetime) -> None:
    """As if they had been planned today: held for a coordinator where the step says so, else with the next letters."""
    send_on = rules.sending_day(now.date())
    for rung in group_rungs(rules, Group.of(subject)):
        approve = rung.step.approve
        state = NoticeState.HELD if approve else NoticeState.PLANNED
        session.execute(
            update(Notice)
            .where(
                col(Notice.assignment_id) == subject.id,
                col(Notice.step) == rung.key,
                col(Notice.state) == NoticeState.HELD,
                col(Notice.reason) == EXTENSION_ASKED,
            )
            .values(
                state=state.value,
                reason=None,
                send_on=send_on,
                hold_until=rules.days.shift(send_on, approve.within) if approve else None,
            )
            .execution_options(synchronize_session=False)
        )
    session.expire_all()
