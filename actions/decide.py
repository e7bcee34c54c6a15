"""The coordinator's deeds: confirm, return, withdraw, close a period, record an event, release a held step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, null, or_, update
from sqlmodel import Session, col, select

from models.columns import day_value
from models.database import rows_changed
from models.ladder import Tone
from models.ledger import Assignment, Occurrence
from models.lifecycle import OPEN, Kind, Move, Stage, State, names
from models.outbox import Letter, LetterState, Notice, NoticeState
from models.plan import Milestone, Party, Plan, Process
from models.units import PHONE, ContactPoint

from .advance import EXTENSION_ASKED, step_named
from .joins import with_plan_and_party
from .move import Refused, lock, mark, move, occurrences_of, settle, with_lines
from .paper import filed_together, last_submission, let_others_speak, speaker_of
from .rule_versions import note_rules
from .rules import Rules
from .tell_back import plan_return

REDO_WORKING_DAYS = 3


def accept(session: Session, assignments: Sequence[Assignment], now: datetime, *, by: str) -> int:
    """Confirm what is reported, by submission: all its lines and joined periods. Returns how many are confirmed now."""
    ids = [assignment.id for assignment in assignments if assignment.id is not None]
    return _confirm(session, filed_together(ids), now, by)


def accept_period(
    session: Session, plan_id: str, period: str, now: datetime, *, by: str, unit_id: str | None = None
) -> int:
    """Confirm everything reported in one period of a plan, or one unit's part of it. Returns how many."""
    here = and_(col(Occurrence.plan_id) == plan_id, col(Occurrence.period) == period)
    known_period(session, plan_id, period)
    which = col(Assignment.occurrence_id).in_(select(Occurrence.id).where(here))
    return _confirm(session, and_(which, col(Assignment.unit_id) == unit_id) if unit_id else which, now, by)


def _confirm(session: Session, which: ColumnElement[bool], now: datetime, by: str) -> int:
    waiting = and_(which, col(Assignment.state) == State.REPORTED, col(Assignment.accepted_at).is_(None))
    lock(session, which)
    count = mark(session, waiting, Move.ACCEPT, now, by=by, accepted_at=now)
    if not count:
        raise Refused("không có báo cáo nào đang chờ xác nhận trong số đã chọn")
    return count


def send_back(
    session: Session,
    rules: Rules,
    assignment: Assignment,
    now: datetime,
    *,
    by: str,
    reason: str,
    redo_by: date | None = None,
) -> date:
    """Trả lại: the unit answers again by `redo_by` (three working days); on time stays on time when that is met.

    The whole submission goes back. A deadline that is still ahead stays; what was late stays late.
    """
    if not reason.strip():
        raise Refused("trả lại phải nêu lý do")
    today = now.date()
    again_by = redo_by or rules.days.shift(today, REDO_WORKING_DAYS)
    if again_by < today:
        raise Refused(f"hạn gửi lại {again_by:%d/%m/%Y} đã qua")
    which = _rows(session, filed_together([assignment.id or 0]))
    lasts = case((col(Assignment.late_after) < again_by, day_value(again_by)), else_=col(Assignment.late_after))
    ends = case((col(Assignment.ladder_ends_on) <= lasts, null()), else_=col(Assignment.ladder_ends_on))
    moved = move(session, which, Move.RETURN, now, by=by, reason=reason, redo_by=again_by, late_after=lasts,
                 ladder_ends_on=ends, answered_at=None, accepted_at=None, rungs_until=today,
                 next_on=today + timedelta(days=1))  # fmt: skip
    if not moved:
        raise Refused("chỉ trả lại được báo cáo đã nộp")
    _tell_of_return(session, assignment, now)
    settle(session, occurrences_of(session, which), now)
    return again_by


def _tell_of_return(session: Session, assignment: Assignment, now: datetime) -> None:
    report = session.get(Assignment, assignment.covered_by) if assignment.covered_by else assignment
    subject = speaker_of(session, report or assignment)
    plan_return(session, subject, last_submission(session, assignment), now)


def _rows(session: Session, which: ColumnElement[bool]) -> ColumnElement[bool]:
    """The same assignments by their ids, so that what a deed changes does not change whom it is about."""
    return col(Assignment.id).in_(session.exec(select(Assignment.id).where(which)).all())


def withdraw(session: Session, assignment: Assignment, now: datetime, *, by: str, ground: str) -> None:
    """Dừng thực hiện, with its ground (the document that says so), and its lines. A joined period stays owed."""
    if not ground.strip():
        raise Refused("dừng thực hiện phải ghi căn cứ (số, ngày văn bản)")
    which = with_lines([assignment.id or 0])
    if not move(session, which, Move.WITHDRAW, now, by=by, reason=ground):
        raise Refused("phần việc đã kết thúc, không còn gì để dừng")
    let_others_speak(session, which, now)
    settle(session, occurrences_of(session, which), now)


def close_period(
    session: Session,
    rules: Rules,
    plan_id: str,
    period: str,
    now: datetime,
    *,
    by: str,
    incomplete: bool = False,
    reason: str | None = None,
) -> int:
    """Chốt kỳ: the unanswered become `missed` and ladders stop. Dated tasks keep their deadlines.

    Returns how many assignments were missed. Refused when units are missing and `incomplete` is not said, with a
    reason.
    """
    here = and_(col(Occurrence.plan_id) == plan_id, col(Occurrence.period) == period)
    lock(session, col(Assignment.occurrence_id).in_(select(Occurrence.id).where(here)))
    ids = _closable(session, plan_id, period)
    unanswered = and_(col(Assignment.occurrence_id).in_(ids), col(Assignment.state).in_(names(OPEN)))
    missing = session.exec(select(Assignment.unit_id).where(unanswered).distinct()).all()
    if missing and not (incomplete and reason):
        raise Refused(
            f"còn {len(missing)} đơn vị chưa báo cáo ({', '.join(sorted(missing)[:5])}…): "
            'chốt thiếu thì thêm --incomplete --reason "lý do"'
        )
    _plan_closing_notices(session, rules, unanswered, now)
    missed = move(session, unanswered, Move.CLOSE, now, by=by, reason=reason)
    let_others_speak(session, col(Assignment.occurrence_id).in_(ids), now)
    session.execute(
        update(Occurrence)
        .where(col(Occurrence.id).in_(ids))
        .values(stage=Stage.CLOSED.value, closed_at=now, closed_reason=reason, wakes=Occurrence.wakes + 1)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    return missed


def _closable(session: Session, plan_id: str, period: str) -> list[int]:
    mine = and_(
        col(Occurrence.plan_id) == plan_id, col(Occurrence.period) == period, col(Occurrence.kind) != Kind.DATED
    )
    known_period(session, plan_id, period)
    rows = session.exec(select(Occurrence).where(mine)).all()
    owed = session.exec(
        select(Assignment.occurrence_id).where(
            col(Assignment.occurrence_id).in_([row.id for row in rows]), col(Assignment.state).in_(names(OPEN))
        )
    ).all()
    ids = [row.id for row in rows if row.id is not None and (row.stage == Stage.OPEN or row.id in set(owed))]
    if not ids:
        stages = ", ".join(sorted({row.stage for row in rows}))
        raise Refused(f"kỳ {period} không đang mở (trạng thái: {stages})")
    return ids


def known_period(session: Session, plan_id: str, period: str) -> None:
    """Refused, naming the periods there are, when a plan has no such period of a report."""
    periods = session.exec(
        select(Occurrence.period)
        .where(col(Occurrence.plan_id) == plan_id, col(Occurrence.kind) != Kind.DATED)
        .distinct()
    ).all()
    if period not in periods:
        known = ", ".join(sorted(periods)) or "chưa có kỳ nào"
        raise Refused(f"kế hoạch {plan_id} không có kỳ “{period}”; có: {known}")


def _plan_closing_notices(session: Session, rules: Rules, unanswered: ColumnElement[bool], now: datetime) -> None:
    """One row for each unit that did not answer: the tracker's closing list names them."""
    rows = session.exec(
        with_plan_and_party(select(Assignment, Occurrence, Party, Plan)).where(
            unanswered, col(Assignment.sends).is_(True)
        )
    ).all()
    reached = select(ContactPoint.recipient, ContactPoint.channel).where(col(ContactPoint.channel) != PHONE)
    channels = dict(session.exec(reached).all())
    if rows:
        note_rules(session, rules, now)
    for assignment, occurrence, party, plan in rows:
        for step in step_named(rules, assignment.ladder or "", "close") if assignment.ladder else []:
            if party.to_tracker and party.to_tracker in channels:
                session.add(
                    Notice(
                        assignment_id=assignment.id,
                        plan_id=plan.id,
                        process_key=occurrence.process_key,
                        unit_id=assignment.unit_id,
                        step=step.key,
                        tone=Tone.LATE.value,
                        wording=step.wording,
                        each=step.each,
                        recipient=party.to_tracker,
                        channel=channels[party.to_tracker],
                        sender_id=plan.sender_id,
                        due_on=now.date(),
                        send_on=rules.sending_day(now.date()),
                        state=NoticeState.PLANNED.value,
                        planned_at=now,
                    )
                )
    session.flush()


def record_milestone(
    session: Session, plan_id: str, name: str, now: datetime, *, document: str, happened_on: date
) -> Milestone:
    """Ghi nhận sự kiện: its number and date; `apply` then gives what waited for it its day."""
    found = session.get(Milestone, (plan_id, name))
    if found is None:
        known = session.exec(select(Milestone.name).where(col(Milestone.plan_id) == plan_id)).all()
        raise Refused(f"kế hoạch {plan_id} không có mốc “{name}”; có: {', '.join(known) or 'không có mốc nào'}")
    if happened_on > now.date():
        raise Refused(f"ngày {happened_on:%d/%m/%Y} còn ở phía trước")
    found.document, found.happened_on, found.recorded_at = document, happened_on, now
    session.add(found)
    session.flush()
    return found


def waited_for(session: Session, plan_id: str, name: str) -> list[tuple[Occurrence, Process]]:
    """What waited for an event and has its day now."""
    query = (
        select(Occurrence, Process)
        .join(Process, col(Process.key) == Occurrence.process_key)
        .where(
            col(Process.plan_id) == plan_id,
            col(Process.waits_for) == name,
            col(Occurrence.stage) != Stage.CANCELLED,
        )
        .order_by(col(Process.position), col(Occurrence.due_on))
    )
    return list(session.exec(query))


def release_held(
    session: Session, rules: Rules, notice_ids: Iterable[int], now: datetime, *, drop: bool = False
) -> int:
    """Let held steps go with the next letters, or drop them for good. Returns how many."""
    which = and_(
        col(Notice.id).in_(list(notice_ids)),
        col(Notice.state) == NoticeState.HELD,
        col(Notice.reason).is_distinct_from(EXTENSION_ASKED),
    )
    values: dict[str, Any] = {"state": NoticeState.PLANNED.value, "send_on": rules.sending_day(now.date())}
    if drop:
        values = {"state": NoticeState.SUPPRESSED.value, "reason": "điều phối viên bỏ"}
    done = session.execute(update(Notice).where(which).values(**values).execution_options(synchronize_session=False))
    session.expire_all()
    count = rows_changed(done)
    if not count:
        raise Refused(
            "không có bước nào đang chờ duyệt trong số đã chọn; bước chờ quyết định gia hạn thì chưa duyệt được"
        )
    return count


def undelivered(session: Session) -> list[Letter]:
    """Letters that did not arrive, or of which nobody knows."""
    bad = or_(col(Letter.state) == LetterState.FAILED, col(Letter.state) == LetterState.UNKNOWN)
    return list(session.exec(select(Letter).where(bad).order_by(col(Letter.day).desc())))
