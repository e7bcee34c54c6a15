"""A unit's report while it is being written: its draft, the head's approval, and filing it.

A draft is saved by the version it began from, so nobody writes over another's words unseen. Saving begins the work
(đang thực hiện). What is with the head is not changed until it comes back or is taken back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, update
from sqlmodel import Session, col, select

from models.database import insert_once, rows_changed
from models.forms import Draft, DraftState
from models.ledger import Assignment, Submission
from models.lifecycle import Kind, Move, State

from .correct import correct_report
from .move import Refused, move, occurrences_of, settle
from .paper import asked_together, speaker_of
from .rules import Rules
from .send_link import send_for_approval
from .submit import Filing, submit_report

EDITING = timedelta(minutes=10)  # how long after the last save somebody counts as having the form open
BODY_BYTES = 400_000
WITH_HEAD = "bản nháp đang trình thủ trưởng; rút lại trước rồi mới sửa"


class Conflict(Refused):
    """Somebody else has saved meanwhile; `draft` is what they left (None: it has been filed)."""

    def __init__(self, draft: Draft | None) -> None:
        self.draft = draft
        who = f"{draft.saved_by} đã lưu lúc {draft.saved_at:%H:%M %d/%m/%Y}" if draft else "báo cáo vừa được gửi"
        super().__init__(f"{who}; những gì vừa nhập chưa được lưu")


@dataclass(frozen=True)
class Hand:
    """Whose hand is on the form: a name for people, and a key that tells two browsers apart."""

    name: str
    key: str = ""


def paper_of_unit(session: Session, unit_id: str, assignment_id: int) -> Assignment:
    """The assignment a form is about: a line's report, or the period whose paper answers it. LookupError when it is
    not this unit's."""
    found = session.get(Assignment, assignment_id)
    if found is None or found.unit_id != unit_id:
        raise LookupError(assignment_id)
    report = session.get(Assignment, found.covered_by) if found.covered_by else found
    return speaker_of(session, report or found)


def draft_of(session: Session, assignment: Assignment) -> Draft | None:
    """The unit's draft of this paper."""
    mine = select(Draft).where(
        col(Draft.unit_id) == assignment.unit_id, col(Draft.occurrence_id) == assignment.occurrence_id
    )
    return session.exec(mine).first()


def edited_by(draft: Draft | None, key: str, now: datetime) -> str | None:
    """Who else has the form open right now (đang được sửa bởi …)."""
    if draft is None or draft.editor_seen_at is None or draft.editor_key == key:
        return None
    return draft.editor_name if now - draft.editor_seen_at < EDITING else None


def save_draft(
    session: Session, assignment: Assignment, body: Mapping[str, Any], version: int, hand: Hand, now: datetime
) -> Draft:
    """Keep what was typed. `version` is the one the form was opened with (0: none); Conflict when it is not the last.

    Refused while it is with the head, and for work that takes no answer any more.
    """
    _check_open(assignment)
    facts: dict[str, Any] = {
        "state": DraftState.WRITING.value,
        "body": dict(body),
        "saved_at": now,
        "saved_by": hand.name,
        "editor_key": hand.key,
        "editor_name": hand.name,
        "editor_seen_at": now,
    }
    if version:
        _change(session, assignment, version, facts, (DraftState.WRITING, DraftState.SENT_BACK))
    else:
        mine = {"unit_id": assignment.unit_id, "occurrence_id": assignment.occurrence_id, "version": 1}
        made = session.execute(insert_once(session, Draft).values(**mine, **facts).returning(Draft.id)).first()
        if made is None:
            raise Conflict(draft_of(session, assignment))
    _begin(session, assignment, hand.name, now)
    saved = draft_of(session, assignment)
    assert saved is not None
    return saved


def _check_open(assignment: Assignment) -> None:
    if assignment.accepted_at is not None:
        raise Refused("báo cáo đã được xác nhận; không sửa được nữa")
    if assignment.state in (State.MISSED, State.WITHDRAWN):
        raise Refused("kỳ này đã chốt hoặc đã dừng; không nhận thêm báo cáo")


def _change(
    session: Session, assignment: Assignment, version: int, facts: Mapping[str, Any], states: tuple[DraftState, ...]
) -> None:
    """Write over the draft of this very version; Conflict otherwise."""
    found = draft_of(session, assignment)
    if found is not None and found.version == version and found.state not in states:
        raise Refused(WITH_HEAD if found.state == DraftState.WITH_HEAD else "bản nháp không còn đang trình")
    changed = session.execute(
        update(Draft)
        .where(
            col(Draft.unit_id) == assignment.unit_id,
            col(Draft.occurrence_id) == assignment.occurrence_id,
            col(Draft.version) == version,
            col(Draft.state).in_([state.value for state in states]),
        )
        .values(version=version + 1, **facts)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    if not rows_changed(changed):
        raise Conflict(draft_of(session, assignment))


def _begin(session: Session, assignment: Assignment, by: str, now: datetime) -> None:
    which = _asked(session, assignment)
    if move(session, which, Move.START, now, by=by, reason="lưu bản nháp", started_at=now):
        settle(session, occurrences_of(session, which), now)
    session.refresh(assignment)


def _asked(session: Session, assignment: Assignment) -> ColumnElement[bool]:
    if assignment.kind == Kind.DATED:
        return col(Assignment.id) == assignment.id
    return asked_together(session, assignment)


# ------------------------------------------------------------------ filing


def file_form(session: Session, assignment: Assignment, filing: Filing, version: int, now: datetime) -> Submission:
    """File the finished form: a report, or a correction of one nobody has confirmed. Its draft is gone afterwards.

    `version` is the draft's (0: there is none); Conflict when somebody has saved since.
    """
    _check_open(assignment)
    found = draft_of(session, assignment)
    if found is not None and found.state == DraftState.WITH_HEAD:
        raise Refused(WITH_HEAD)
    return _file(session, assignment, filing, version, (DraftState.WRITING, DraftState.SENT_BACK), now)


def _file(
    session: Session,
    assignment: Assignment,
    filing: Filing,
    version: int,
    states: tuple[DraftState, ...],
    now: datetime,
) -> Submission:
    gone = session.execute(
        delete(Draft)
        .where(
            col(Draft.unit_id) == assignment.unit_id,
            col(Draft.occurrence_id) == assignment.occurrence_id,
            col(Draft.version) == version,
            col(Draft.state).in_([state.value for state in states]),
        )
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    if rows_changed(gone) != bool(version) or draft_of(session, assignment) is not None:
        raise Conflict(draft_of(session, assignment))
    if assignment.state == State.REPORTED:
        return correct_report(session, assignment, filing, now)
    return submit_report(session, assignment, filing, now)


# ------------------------------------------------------------------ the head of the unit


def ask_head(
    session: Session, rules: Rules, assignment: Assignment, version: int, now: datetime
) -> tuple[Draft, str]:
    """Trình thủ trưởng duyệt: the draft and whom the letter with its link goes to. Its words stand still meanwhile."""
    _check_open(assignment)
    facts = {"state": DraftState.WITH_HEAD.value, "saved_at": now, "head_note": None}
    _change(session, assignment, version, facts, (DraftState.WRITING, DraftState.SENT_BACK))
    draft = draft_of(session, assignment)
    assert draft is not None
    return draft, send_for_approval(session, rules, assignment, f"{draft.id}-{draft.version}", now)


def take_back(session: Session, assignment: Assignment, version: int) -> None:
    """The unit takes its draft back from the head: the link in that letter closes."""
    _change(session, assignment, version, {"state": DraftState.WRITING.value}, (DraftState.WITH_HEAD,))


def waiting_draft(
    session: Session, unit_id: str, draft_id: int | None, version: int | None, signed_at: datetime
) -> tuple[Draft, Assignment]:
    """What a head's link is about. Refused when it has been approved, sent back, taken back or changed since."""
    draft = session.get(Draft, draft_id) if draft_id else None
    if (
        draft is None
        or draft.unit_id != unit_id
        or draft.version != version
        or draft.state != DraftState.WITH_HEAD
        or signed_at + timedelta(milliseconds=1) < draft.saved_at  # numbers are given again: of an earlier draft
    ):
        raise Refused("bản trình này đã được xử lý, đã rút lại hoặc đã thay đổi; xem thư trình mới nhất")
    mine = select(Assignment).where(
        col(Assignment.occurrence_id) == draft.occurrence_id, col(Assignment.unit_id) == unit_id
    )
    return draft, session.exec(mine).one()


def approve(session: Session, draft: Draft, assignment: Assignment, filing: Filing, now: datetime) -> Submission:
    """The head approves: the report is filed in this very moment, with the head's name on it."""
    if not (filing.approved_by or "").strip():
        raise Refused("ghi họ tên người duyệt")
    _check_open(assignment)
    return _file(session, assignment, filing, draft.version, (DraftState.WITH_HEAD,), now)


def send_back_draft(session: Session, draft: Draft, assignment: Assignment, note: str, by: str) -> None:
    """The head wants it changed: the note stands on the form, and the link closes."""
    if not note.strip():
        raise Refused("ghi ý kiến để người lập sửa")
    said = f"{note.strip()} ({by})" if by.strip() else note.strip()
    facts = {"state": DraftState.SENT_BACK.value, "head_note": said}
    _change(session, assignment, draft.version, facts, (DraftState.WITH_HEAD,))
