"""The one writer of state: compare-and-set over a set of assignments, every move leaving its row.

A line that a report covers moves with the report of its unit. Concurrent deeds are told apart by the state they
leave: the second finds nothing to move and is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, insert, literal, or_, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from models.columns import UTCDateTime, moment_value
from models.database import forget, rows_changed
from models.ledger import Assignment, Occurrence, Transition
from models.lifecycle import ENDED, MOVES, OPEN, Move, Stage, State, names

SCHEDULE = "lịch"  # who moved it, when nobody did: the calendar


class Refused(Exception):
    """A deed that cannot be done; the text is a sentence for the person who asked, and nothing was changed."""


def with_lines(ids: Sequence[int]) -> ColumnElement[bool]:
    """The assignments of `ids` together with the lines they cover."""
    return or_(col(Assignment.id).in_(ids), col(Assignment.covered_by).in_(ids))


def move(
    session: Session,
    which: ColumnElement[bool] | Held,
    what: Move,
    now: datetime,
    *,
    by: str,
    at: datetime | None = None,
    reason: str | None = None,
    to: State | None = None,
    **facts: Any,
) -> int:
    """Move every assignment of `which` that `what` may leave; `facts` are columns set beside. Returns how many."""
    leaves, leads_to = MOVES[what]
    target = to or leads_to
    if isinstance(which, Held):
        which = which.condition
    else:
        lock(session, which)  # whatever its state: what another deed is changing right now must be waited for
    where = and_(which, col(Assignment.state).in_(names(leaves)))
    session.execute(_transitions(where, what, literal(target.value), at or now, now, by, reason))
    if target in ENDED:
        facts.setdefault("next_on", None)
    change = update(Assignment).where(where).values(state=target.value, **facts)
    moved = session.execute(change.execution_options(synchronize_session=False))
    forget(session, Assignment)
    return rows_changed(moved)


def mark(
    session: Session,
    which: ColumnElement[bool],
    what: Move,
    now: datetime,
    *,
    by: str,
    reason: str | None = None,
    **facts: Any,
) -> int:
    """A deed that leaves the state as it is (confirmed; more time before the day has come): its row, and its facts."""
    lock(session, which)
    session.execute(_transitions(which, what, Assignment.state, now, now, by, reason))
    change = update(Assignment).where(which).values(**facts)
    marked = session.execute(change.execution_options(synchronize_session=False))
    forget(session, Assignment)
    return rows_changed(marked)


@dataclass(frozen=True)
class Held:
    """Assignments nobody else can change before this transaction ends, with the occurrences they belong to."""

    ids: list[int]
    occurrences: list[int]

    @property
    def condition(self) -> ColumnElement[bool]:
        """The same as a condition."""
        return col(Assignment.id).in_(self.ids)


def hold(session: Session, which: ColumnElement[bool]) -> Held:
    """`lock` them, and say which they are, in the order of their ids."""
    query = select(Assignment.id, Assignment.occurrence_id).where(which).order_by(col(Assignment.id))
    found = session.exec(query.with_for_update()).all()  # SQLite knows no FOR UPDATE, and needs none
    return Held([number or 0 for number, _ in found], sorted({occurrence for _, occurrence in found}))


def lock(session: Session, which: ColumnElement[bool]) -> None:
    """Hold these assignments until the transaction ends, in the order of their ids. SQLite holds the whole ledger."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(Assignment.id).where(which).order_by(col(Assignment.id)).with_for_update())


def _transitions(
    where: ColumnElement[bool],
    what: Move,
    target: Any,
    at: datetime,
    now: datetime,
    by: str,
    reason: str | None,
) -> Any:
    chosen = select_columns(
        col(Assignment.id),
        literal(what.value),
        col(Assignment.state),
        target,
        moment_value(at),
        moment_value(now),
        literal(by),
        literal(reason),
    ).where(where)
    columns = ["assignment_id", "move", "from_state", "to_state", "at", "recorded_at", "by", "reason"]
    return insert(Transition).from_select(columns, chosen)


def settle(session: Session, occurrence_ids: Iterable[int], now: datetime) -> None:
    """After a deed: an occurrence nobody owes any more is closed, one that is owed again is open, its run is woken."""
    ids = list(occurrence_ids)
    if not ids:
        return
    # First, for it waits for whoever settles the same occurrence: of two last units one must see that both are done.
    session.execute(_WAKE, {"these": ids})
    session.execute(_SETTLE, {"these": ids, "at": now})
    forget(session, Occurrence)


_O: Any = cast("Any", Occurrence).__table__  # the tables themselves: the session holds nothing it would have to follow
_A: Any = cast("Any", Assignment).__table__
_THESE = _O.c.id.in_(bindparam("these", expanding=True))
_OF_IT = _A.c.occurrence_id == _O.c.id
_THERE = exists().where(_OF_IT)
_OWED = exists().where(_OF_IT, _A.c.state.in_(names(OPEN)))
_STAGE = _O.c.stage + ""  # an expression: SQLite would begin with every occurrence of the stage, not with these
_WAS_OPEN = Stage.OPEN.value == _STAGE
_CLOSES = and_(_WAS_OPEN, _THERE, ~_OWED)
_OPENS = and_(Stage.CLOSED.value == _STAGE, _OWED)
_WAKE = update(_O).where(_THESE).values(wakes=_O.c.wakes + 1)
_SETTLE = (
    update(_O)
    .where(_THESE, or_(_CLOSES, _OPENS))
    .values(
        stage=case((_WAS_OPEN, Stage.CLOSED.value), else_=Stage.OPEN.value),
        closed_at=case((_WAS_OPEN, bindparam("at", type_=UTCDateTime)), else_=None),
        closed_reason=case((_WAS_OPEN, _O.c.closed_reason), else_=None),
    )
)


def withdraw_occurrences(session: Session, rows: Sequence[Occurrence], now: datetime, *, reason: str) -> None:
    """Cancel occurrences a changed plan no longer has; what was answered stays answered."""
    if not rows:
        return
    ids = [row.id for row in rows if row.id is not None]
    which = col(Assignment.occurrence_id).in_(ids)
    move(session, which, Move.WITHDRAW, now, by="kế hoạch", reason=reason)
    session.execute(
        update(Occurrence)
        .where(col(Occurrence.id).in_(ids))
        .values(stage=Stage.CANCELLED.value, closed_at=now, closed_reason=reason, wakes=Occurrence.wakes + 1)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()


def occurrences_of(session: Session, which: ColumnElement[bool]) -> list[int]:
    """The occurrences that a set of assignments belongs to."""
    return sorted(set(session.exec(select(Assignment.occurrence_id).where(which).distinct())))
