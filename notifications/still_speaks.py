"""Does a notice still have something to say? Asked again at the very moment of sending."""

from __future__ import annotations

from datetime import date

from models.ladder import Tone
from models.ledger import Assignment
from models.lifecycle import State
from models.outbox import Notice
from models.plan import Milestone

SAYS_WHAT_HAPPENED = frozenset({"bien-nhan", "chot-ky", "giao-nhiem-vu"})
ENDED = {
    State.REPORTED: "đã báo cáo trước giờ gửi",
    State.MISSED: "kỳ đã chốt trước giờ gửi",
    State.WITHDRAWN: "nhiệm vụ đã dừng trước giờ gửi",
}


def reason_to_be_silent(
    notice: Notice, assignment: Assignment | None, milestone: Milestone | None, today: date
) -> str | None:
    """Why a notice must not be said any more (a sentence for the ledger), or None when it still speaks.

    Nothing is said of work that is reported, withdrawn or missed; nothing late of work whose new day is still ahead,
    and no reminder of a day that has passed.
    """
    if notice.wording in SAYS_WHAT_HAPPENED:
        return None
    if milestone is not None and milestone.happened_on is not None:
        return "sự kiện đã được ghi nhận trước giờ gửi"
    if assignment is None:
        return None
    state = State(assignment.state)
    if state in ENDED:
        return ENDED[state]
    if notice.tone == Tone.LATE and not _is_late(assignment, today):
        return "đã gia hạn hoặc đang trong thời gian bổ sung"
    if notice.tone == Tone.REMINDER and assignment.late_after < today:
        return "đã quá hạn trước giờ gửi, thư quá hạn thay"
    return None


def _is_late(assignment: Assignment, today: date) -> bool:
    if assignment.redo_by and assignment.redo_by >= today:
        return False
    return assignment.late_after < today
