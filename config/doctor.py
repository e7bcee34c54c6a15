"""What must hold and what should be set, each as one finding a person can act on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from actions.decide import undelivered
from actions.heartbeat import LATE_TICK, POST, TICK, is_late, last_beat
from actions.reading import overdue_and_untold
from models.ledger import Assignment, Occurrence
from models.lifecycle import OPEN, Stage, names
from models.migrations.upgrade import current, newest
from models.outbox import Letter, LetterState
from models.units import ContactPoint, Unit
from notifications.post import is_reserved

from .bootstrap import RUNNING, House, running


def examine(house: House, session: Session) -> list[dict[str, Any]]:
    """Findings `{level: ok | warning | error, code, message}` in a fixed order."""
    checks = (_schema, _config, _untold, _rounds, _stalled, _letters, _empty, _channels, _links)
    return [finding for check in checks for finding in check(house, session)]


def _finding(level: str, code: str, message: str) -> dict[str, Any]:
    return {"level": level, "code": code, "message": message}


def _schema(house: House, session: Session) -> Iterator[dict[str, Any]]:
    have, want = current(house.engine), newest()
    if have == want:
        yield _finding("ok", "schema", f"Sổ ở lược đồ mới nhất ({want})")
    else:
        yield _finding("error", "schema", f"Sổ ở lược đồ {have}, cần {want}: chạy dondoc migrate")


def _config(house: House, session: Session) -> Iterator[dict[str, Any]]:
    count = len(house.config.findings)
    yield _finding(
        "ok", "config", f"Cấu hình đọc được: {len(house.config.plans)} kế hoạch, {count} lưu ý (dondoc check)"
    )


def _untold(house: House, session: Session) -> Iterator[dict[str, Any]]:
    untold = overdue_and_untold(session, house.clock.now().date())
    if untold:
        few = ", ".join(map(str, untold[:10]))
        yield _finding("error", "overdue-untold", f"{len(untold)} phần việc quá hạn mà không ai được báo: {few}")
    else:
        yield _finding("ok", "overdue-untold", "Không có phần việc quá hạn nào mà không ai được báo")


def _rounds(house: House, session: Session) -> Iterator[dict[str, Any]]:
    """While a house is up, its tick and its post leave a sign of life each minute."""
    if not _has_been_up(house):
        return
    now = house.clock.now()
    for name, what in ((TICK, "vòng tính hạn"), (POST, "vòng gửi thư")):
        at = last_beat(session, name)
        if is_late(at, now):
            when = f"lần cuối lúc {at:%H:%M %d/%m/%Y}" if at else "chưa chạy lần nào"
            message = f"Dondoc đang chạy mà {what} đã ngừng quá 10 phút ({when}): xem nhật ký, rồi khởi động lại"
            yield _finding("error", f"late-{name}", message)
        else:
            yield _finding("ok", f"late-{name}", f"Dondoc đang chạy, {what} chạy đều")


def _has_been_up(house: House) -> bool:
    """Whether `dondoc up` runs on this house, for long enough to have done its first rounds."""
    home = house.settings.home
    for base in (home, home.parent.parent):
        found = running(base)
        if found and found.get("home") == str(home.resolve()):
            return time.time() - (base / RUNNING).stat().st_mtime > LATE_TICK.total_seconds()
    return False


def _stalled(house: House, session: Session) -> Iterator[dict[str, Any]]:
    """Deadlines and steps that have been due for a while and that no tick has looked at."""
    now = house.clock.now()
    if now - now.start_of("day") < LATE_TICK:
        return
    due = select(func.count()).where(col(Assignment.next_on) <= now.date(), col(Assignment.state).in_(names(OPEN)))
    planned = select(func.count()).where(col(Occurrence.stage) == Stage.PLANNED, col(Occurrence.opens_on) < now.date())
    late = session.exec(due).one()
    unopened = session.exec(planned).one()
    if late or unopened:
        yield _finding(
            "warning", "tick", f"{late} bước và {unopened} kỳ đã đến ngày mà chưa xử lý: dondoc up có chạy không?"
        )
    else:
        yield _finding("ok", "tick", "Không có bước nào đến ngày mà chưa xử lý")


def _letters(house: House, session: Session) -> Iterator[dict[str, Any]]:
    bad = undelivered(session)
    waiting = session.exec(select(func.count()).where(col(Letter.state) == LetterState.PLANNED)).one()
    unknown = sum(letter.state == LetterState.UNKNOWN for letter in bad)
    if unknown:
        message = f"{unknown} thư không rõ đã đi chưa, không tự gửi lại: hỏi nơi nhận (dondoc messages --state unknown)"
        yield _finding("warning", "letters-unknown", message)
    if len(bad) > unknown:
        message = f"{len(bad) - unknown} thư chưa gửi được: dondoc messages --state failed"
        yield _finding("warning", "letters", message)
    elif not bad:
        yield _finding("ok", "letters", f"Không có thư hỏng; {waiting} thư đang chờ gửi")


def _empty(house: House, session: Session) -> Iterator[dict[str, Any]]:
    there = select(Assignment.id).where(col(Assignment.occurrence_id) == Occurrence.id).exists()
    empty = session.exec(
        select(Occurrence.process_key, Occurrence.period).where(col(Occurrence.stage) == Stage.OPEN, ~there)
    ).all()
    if empty:
        few = ", ".join(f"{key} {period}" for key, period in empty[:5])
        message = (
            f"{len(empty)} kỳ đang mở không có đơn vị nào (đơn vị đã kết thúc hoặc nhóm trống), cần giao lại: {few}"
        )
        yield _finding("warning", "no-units", message)


def _channels(house: House, session: Session) -> Iterator[dict[str, Any]]:
    if not house.settings.email_url:
        place = house.settings.mailbox
        yield _finding("warning", "email", f"Chưa đặt DONDOC_EMAIL_URL: thư chỉ nằm trong hộp thư tại chỗ ({place})")
    rows = session.exec(
        select(ContactPoint.address)
        .join(Unit, col(Unit.id) == ContactPoint.unit_id)
        .where(col(ContactPoint.channel) == "email", col(Unit.sample).is_(False))
    ).all()
    placeholders = sum(bool(address) and is_reserved(address or "") for address in rows)
    if placeholders:
        yield _finding(
            "warning", "addresses", f"{placeholders} địa chỉ còn là địa chỉ mẫu (.example): sửa trong units.yaml"
        )


def _links(house: House, session: Session) -> Iterator[dict[str, Any]]:
    if not house.settings.links:
        yield _finding(
            "warning", "links", "Chưa đặt DONDOC_PUBLIC_URL: thư không có liên kết, chỉ nói cách trả lời bằng văn bản"
        )
