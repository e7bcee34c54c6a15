"""The audit row of every deed at the portal, in the deed's own transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlmodel import Session

from actions.move import Refused
from models.accounts import Deed, Outcome
from models.database import transaction

from .house import House
from .rights import LinkVisitor, Visitor

LONGEST = 500


def actor_of(visitor: Visitor | LinkVisitor) -> tuple[str, str]:
    """(who, in which role): a login, or the unit and role of a link."""
    if isinstance(visitor, LinkVisitor):
        return visitor.actor, "link"
    return visitor.login or "–", visitor.role.value if visitor.role else "nobody"


def deed_row(
    visitor: Visitor | LinkVisitor, at: datetime, what: str, target: str, outcome: Outcome, detail: str | None = None
) -> Deed:
    """One row; long texts are cut."""
    actor, role = actor_of(visitor)
    return Deed(
        at=at,
        actor=actor[:LONGEST],
        role=role,
        what=what[:LONGEST],
        target=target[:LONGEST],
        outcome=outcome.value,
        detail=detail[:LONGEST] if detail else None,
    )


@contextmanager
def deed(house: House, visitor: Visitor | LinkVisitor, what: str, target: str) -> Iterator[Session]:
    """One deed: its changes and its audit row are committed together.

    `what` is the deed's name (`accept`), `target` what it was done to (`assignment 12`). A refusal is recorded by
    itself and raised again: nothing else of the deed stays.
    """
    now = house.clock.now()
    try:
        with transaction(house.engine) as session:
            yield session
            session.add(deed_row(visitor, now, what, target, Outcome.DONE))
    except Refused as refused:
        note(house, visitor, what, target, Outcome.REFUSED, str(refused))
        raise


def note(
    house: House,
    visitor: Visitor | LinkVisitor,
    what: str,
    target: str,
    outcome: Outcome,
    detail: str | None = None,
) -> None:
    """Record what was tried and did not happen."""
    with transaction(house.engine) as session:
        session.add(deed_row(visitor, house.clock.now(), what, target, outcome, detail))
