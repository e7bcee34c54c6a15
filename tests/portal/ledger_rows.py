"""A small ledger made by hand: one live plan with a late school, one finished plan, letters in every state."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pendulum
from sqlalchemy import Engine
from sqlmodel import Session, select

from calendars.spelling import fold
from models.columns import ZONE
from models.database import transaction
from models.ledger import Assignment, Occurrence
from models.lifecycle import Kind, Stage, State
from models.outbox import Attempt, Letter, LetterState, Notice, NoticeState
from models.plan import Milestone, Party, Plan, Process, Target
from models.units import Unit

NOW = pendulum.datetime(2026, 12, 18, 9, 30, tz=ZONE)
OPENED = pendulum.datetime(2026, 11, 16, 8, tz=ZONE)
SCHOOLS = 40


def plan_row(plan_id: str, title: str, **changes: Any) -> Plan:
    """A plan of the education department."""
    values: dict[str, Any] = {
        "number": "12/KH-SGDĐT", "status": "issued", "issued_by": "so", "issued_on": "2026-01-05",
        "issued_from": date(2026, 1, 5), "track_from": date(2026, 1, 5), "tracker_id": "so/tccb",
        "leadership_id": "so/lanh-dao", "sender_id": "so/tccb",
    }  # fmt: skip
    return Plan(id=plan_id, title=title, **(values | changes))


def process_row(key: str, title: str, kind: str = "task", **changes: Any) -> Process:
    """A task, or a report duty."""
    plan_id, _, item = key.partition(":")
    values: dict[str, Any] = {
        "code": "",
        "section": "III. Nhiệm vụ",
        "condition": "dated",
        "tracker_id": "so/tccb",
        "phrase": "Năm 2026",
    }
    return Process(key=key, plan_id=plan_id, kind=kind, item_id=item, title=title, **(values | changes))


def occurrence_row(process_key: str, kind: Kind, due: date, **changes: Any) -> Occurrence:
    """One period of a process."""
    values: dict[str, Any] = {
        "plan_id": process_key.partition(":")[0], "period": str(due.year), "label": f"năm {due.year}",
        "opens_on": date(2026, 11, 16), "remind_from": due, "late_after": due, "stage": Stage.OPEN.value,
    }  # fmt: skip
    return Occurrence(process_key=process_key, kind=kind.value, due_on=due, **(values | changes))


def assignment_row(occurrence: Occurrence, unit_id: str, state: State, **changes: Any) -> Assignment:
    """One unit's part."""
    assert occurrence.id
    values: dict[str, Any] = {
        "kind": occurrence.kind, "opened_on": occurrence.opens_on, "due_on": occurrence.due_on,
        "first_due_on": occurrence.due_on, "remind_from": occurrence.remind_from,
        "late_after": occurrence.late_after, "opened_at": OPENED,
    }  # fmt: skip
    return Assignment(occurrence_id=occurrence.id, unit_id=unit_id, state=state.value, **(values | changes))


def letter_row(number: int, state: LetterState, subject: str | None, **changes: Any) -> Letter:
    """One letter to a school."""
    values: dict[str, Any] = {
        "recipient": f"truong-{number:02d}:dau_moi", "channel": "email", "sender_id": "so/tccb",
        "day": date(2026, 12, 16), "planned_at": NOW, "body": "Kính gửi: Trường\n\nTrân trọng./.",
    }  # fmt: skip
    return Letter(state=state.value, subject=subject, **(values | changes))


def fill(engine: Engine) -> None:
    """Write the whole small ledger."""
    with transaction(engine) as session:
        session.add_all(
            [
                Unit(id="so", name="Sở Giáo dục và Đào tạo", short="Sở GD&ĐT", kind="so"),
                Unit(id="so/tccb", name="Phòng Tổ chức cán bộ", short="Phòng TCCB", kind="phong", parent_id="so"),
                Unit(id="so/lanh-dao", name="Lãnh đạo Sở", short="Lãnh đạo Sở", kind="lanh-dao", parent_id="so"),
                *(
                    Unit(id=f"truong-{n:02d}", name=f"Trường THCS số {n}", short=f"THCS số {n}", kind="truong",
                         parent_id="so", sample=True, position=n)
                    for n in range(1, SCHOOLS + 1)
                ),
            ]
        )  # fmt: skip
        session.add_all(
            [
                plan_row("kl50", "Sắp xếp đơn vị sự nghiệp công lập giai đoạn 2026 - 2030"),
                plan_row("cchc-2024", "Cải cách hành chính năm 2024", valid_to=date(2024, 12, 31), number=None,
                         issued_on="2024", issued_from=date(2024, 1, 1)),
            ]
        )  # fmt: skip
        session.flush()
        session.add_all(
            [
                process_row("kl50:bao-cao:nam", "Báo cáo năm", "report", section="", condition="recurring",
                            phrase="Định kỳ trước ngày 15/12 hàng năm"),
                process_row("kl50:iii-8", "Hoàn thiện chính sách <hỗ trợ> người chịu tác động", code="III.2(8)",
                            position=1, deliverable="Hồ sơ trình UBND thành phố"),
                process_row("kl50:iii-1", "Công tác tuyên truyền", code="III.1", position=2, condition="covered",
                            phrase="Thường xuyên", phrase_source="mục III"),
                process_row("kl50:iv-2", "Phân bổ biên chế", code="IV.2", position=3, condition="waiting",
                            phrase="Sau khi có Quyết định UBND tỉnh"),
                process_row("kl50:mat", "Nội dung mật không được lộ", code="V.1", position=4, confidential=True),
                process_row("cchc-2024:i-1", "Kế hoạch năm 2024"),
            ]
        )  # fmt: skip
        session.add_all(
            [
                Milestone(plan_id="kl50", name="qd", text="Quyết định UBND tỉnh"),
                Target(plan_id="kl50", text="phấn đấu 10% đơn vị tự chủ", goal=">= 10%", soft=True),
            ]
        )
        session.flush()
        report = occurrence_row("kl50:bao-cao:nam", Kind.REPORT, date(2026, 12, 14), run_id="5f0c")
        dated = occurrence_row("kl50:iii-8", Kind.DATED, date(2026, 12, 22))
        covered = occurrence_row("kl50:iii-1", Kind.COVERED, date(2026, 12, 14), asked_in="kl50:bao-cao:nam")
        secret = occurrence_row("kl50:mat", Kind.DATED, date(2026, 12, 24))
        session.add_all([report, dated, covered, secret])
        session.add(occurrence_row("kl50:bao-cao:nam", Kind.REPORT, date(2027, 12, 14), stage=Stage.PLANNED.value,
                                   opens_on=date(2027, 11, 16)))  # fmt: skip
        session.add(occurrence_row("cchc-2024:i-1", Kind.DATED, date(2024, 12, 31), stage=Stage.FINISHED.value))
        session.flush()
        for number in range(1, SCHOOLS + 1):
            state = State.OVERDUE if number <= 2 else State.REPORTED
            session.add(assignment_row(report, f"truong-{number:02d}", state))
            session.add(assignment_row(covered, f"truong-{number:02d}", state))
            session.add(Party(process_key="kl50:bao-cao:nam", unit_id=f"truong-{number:02d}"))
        session.add(assignment_row(dated, "so/tccb", State.IN_PROGRESS))
        session.add(assignment_row(secret, "so/tccb", State.ASSIGNED))
        session.add(Party(process_key="kl50:iii-8", unit_id="so/tccb"))
        write_outbox(session)
        fold_names(session)


def fold_names(session: Session) -> None:
    """Write the names without diacritics, as `apply` does, so that they are found."""
    for unit in session.exec(select(Unit)):
        unit.folded = fold(f"{unit.name} {unit.short}")
    for plan in session.exec(select(Plan)):
        plan.folded = fold(" ".join(part for part in (plan.number, plan.title) if part))
    for process in session.exec(select(Process)):
        process.folded = fold(f"{process.code} {process.title}")


def write_outbox(session: Any) -> None:
    """Letters sent, failed and unknown, a notice that is held and two that were not sent."""
    letters = [
        letter_row(1, LetterState.SENT, "Quá hạn báo cáo năm 2026: đề nghị gửi trước ngày 21/12", sent_at=NOW,
                   carried_by="mailbox"),
        letter_row(2, LetterState.FAILED, "Quá hạn báo cáo năm 2026"),
        letter_row(3, LetterState.UNKNOWN, "Nhắc báo cáo năm 2026"),
        letter_row(4, LetterState.PLANNED, None, body=None),
    ]  # fmt: skip
    session.add_all(letters)
    session.flush()
    session.add(Attempt(letter_id=letters[1].id, at=NOW, outcome="failed", error="Máy chủ thư từ chối: 550"))
    session.add_all(
        [
            notice_row("lanh-dao", "so/lanh-dao:van_thu", NoticeState.HELD, hold_until=date(2026, 12, 23)),
            notice_row("nhac-1", "truong-05:dau_moi", NoticeState.SUPPRESSED, reason="chưa có địa chỉ liên hệ"),
            notice_row("nhac-2", "truong-05:dau_moi", NoticeState.SUPPRESSED, reason="chưa có địa chỉ liên hệ"),
        ]
    )  # fmt: skip


def notice_row(step: str, recipient: str, state: NoticeState, **changes: Any) -> Notice:
    """One decided message."""
    when: datetime = NOW
    return Notice(plan_id="kl50", process_key="kl50:bao-cao:nam", unit_id="truong-01", step=step, tone="late",
                  wording="qua-han", each="unit", recipient=recipient, channel="email", sender_id="so/tccb",
                  due_on=date(2026, 12, 14), send_on=date(2026, 12, 18), state=state.value, planned_at=when,
                  **changes)  # fmt: skip
