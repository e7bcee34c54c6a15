"""While a person is away: letters to one recipient go to another person of the same unit, for some days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from difflib import get_close_matches

from sqlmodel import Session, col, select

from models.ledger import Delegation
from models.units import PHONE, ContactPoint

from .move import Refused


def delegate_letters(
    session: Session, recipient: str, delegate: str, now: datetime, *, from_on: date, to_on: date, by: str
) -> Delegation:
    """Letters to `recipient` (`<unit>:<role>`) go to `delegate` from `from_on` to `to_on`, both included.

    Refused across units (a letter speaks to a unit of that unit's own work), in a circle, and twice for the same days.
    """
    for who in (recipient, delegate):
        _known(session, who)
    if recipient == delegate:
        raise Refused("người nhận thay phải là một người khác")
    if recipient.rpartition(":")[0] != delegate.rpartition(":")[0]:
        raise Refused("người nhận thay phải cùng đơn vị: thư nói với đơn vị nào thì đơn vị đó nhận")
    if to_on < from_on:
        raise Refused(f"--to {to_on:%d/%m/%Y} trước --from {from_on:%d/%m/%Y}")
    if to_on < now.date():
        raise Refused(f"thời gian nhận thay đã qua ({to_on:%d/%m/%Y})")
    begun = select(Delegation).where(col(Delegation.from_on) <= col(Delegation.to_on))  # not ended before its first day
    others = [row for row in session.exec(begun) if row.from_on <= to_on and row.to_on >= from_on]
    standing = {row.recipient: row for row in others}
    if mine := standing.get(recipient):
        raise Refused(f"{recipient} đã có {mine.delegate} nhận thay đến {mine.to_on:%d/%m/%Y}")
    _refuse_circle({row.recipient: row.delegate for row in others}, recipient, delegate)
    made = Delegation(recipient=recipient, delegate=delegate, from_on=from_on, to_on=to_on, by=by, recorded_at=now)
    session.add(made)
    session.flush()
    return made


def end_delegation(session: Session, recipient: str, now: datetime) -> list[Delegation]:
    """The person is back: letters that are not gathered yet reach `recipient` again from today. Returns what was ended.

    A delegation that lies ahead is ended as well; what it did until yesterday stays known. Refused when there is none.
    """
    today = now.date()
    _known(session, recipient)
    query = select(Delegation).where(
        col(Delegation.recipient) == recipient,
        col(Delegation.to_on) >= today,
        col(Delegation.from_on) <= col(Delegation.to_on),
    )
    ended = list(session.exec(query.order_by(col(Delegation.from_on))))
    if not ended:
        raise Refused(f"{recipient} không có ai đang nhận thay")
    for row in ended:
        row.to_on = today - timedelta(days=1)
        session.add(row)
    session.flush()
    return ended


def away_on(session: Session, day: date) -> dict[str, tuple[str, str]]:
    """{recipient who is away: (delegate, the delegate's channel)}; a delegate who is away passes letters on."""
    holding = select(Delegation.recipient, Delegation.delegate).where(
        col(Delegation.from_on) <= day, col(Delegation.to_on) >= day
    )
    delegates = dict(session.exec(holding.order_by(col(Delegation.id))).all())
    if not delegates:
        return {}
    channels = dict(
        session.exec(
            select(ContactPoint.recipient, ContactPoint.channel)
            .where(col(ContactPoint.recipient).in_(delegates.values()), col(ContactPoint.channel) != PHONE)
            .order_by(col(ContactPoint.channel).desc())
        ).all()
    )
    last = {recipient: _last(delegates, recipient) for recipient in delegates}
    return {who: (to, channels[to]) for who, to in last.items() if to in channels}


def _last(delegates: dict[str, str], recipient: str) -> str:
    who, seen = recipient, {recipient}
    while (following := delegates.get(who)) and following not in seen:
        seen.add(following)
        who = following
    return who


def _refuse_circle(delegates: dict[str, str], recipient: str, delegate: str) -> None:
    if _last(delegates | {recipient: delegate}, delegate) == recipient or delegates.get(delegate) == recipient:
        raise Refused(f"{delegate} cũng vắng trong thời gian đó và nhờ {recipient}; chọn người khác")


def _known(session: Session, recipient: str) -> None:
    known = session.exec(select(ContactPoint.recipient).where(col(ContactPoint.channel) != PHONE)).all()
    if recipient not in known:
        near = get_close_matches(recipient, known, n=3, cutoff=0.4) or sorted(known)[:3]
        raise Refused(f"không có người nhận “{recipient}”; viết <đơn vị>:<vai>, ví dụ {', '.join(near) or 'x:dau_moi'}")
