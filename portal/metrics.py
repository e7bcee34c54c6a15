"""For monitors: `/health` as JSON (200 or 503) and `/metrics` in Prometheus's text form.

Both are one look at the ledger, made of counts alone: no name, no title, no address.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from sqlalchemy import func
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from actions.heartbeat import LATE_TICK, TICK
from actions.reading import overdue_and_untold
from models.audit import Heartbeat, Seal
from models.database import reading
from models.ledger import Assignment
from models.lifecycle import Kind, State
from models.outbox import Letter, LetterState, Notice, NoticeState
from models.plan import Plan

from .house import House
from .rights import Allow, Right

OWED = (Kind.DATED.value, Kind.REPORT.value)
TEXT = "text/plain; version=0.0.4; charset=utf-8"
READ = ["GET", "HEAD"]


router = APIRouter(include_in_schema=False, dependencies=[Depends(Allow(Right.OPEN))])


@router.api_route("/health", methods=READ)
def answer_health(request: Request) -> Response:
    """For monitors that read JSON."""
    return health(request.app.state.door.house)


@router.api_route("/metrics", methods=READ)
def answer_metrics(request: Request) -> Response:
    """For Prometheus."""
    return metrics(request.app.state.door.house)


def health(house: House) -> JSONResponse:
    """200 while the ledger answers, the tick comes and nobody overdue went untold; 503 with the reasons otherwise."""
    now = house.clock.now()
    said: dict[str, Any] = {"ok": False, "now": now.isoformat(timespec="seconds")}
    try:
        with reading(house.engine) as session:
            plans = session.exec(select(func.count()).select_from(Plan)).one()
            overdue = _overdue(session)
            untold = len(overdue_and_untold(session, now.date()))
            beats = _beats(session, now)
            unknown = _count(session, Letter, "state").get(LetterState.UNKNOWN.value, 0)
    except SQLAlchemyError:
        return JSONResponse(said | {"reason": "the ledger does not answer"}, 503)
    reasons = []
    if beats.get(TICK, 0.0) > LATE_TICK.total_seconds():
        reasons.append(f"no tick for {beats[TICK]:.0f} seconds")
    if untold:
        reasons.append(f"{untold} overdue and untold")
    said |= {"ok": not reasons, "plans": plans, "overdue": overdue, "overdue_untold": untold,
             "letters_unknown": unknown, "seconds_since_tick": beats.get(TICK)}  # fmt: skip
    return JSONResponse(said | ({"reason": "; ".join(reasons)} if reasons else {}), 503 if reasons else 200)


def metrics(house: House) -> Response:
    """The gauges; `dondoc_up 0` and nothing else when the ledger does not answer."""
    now = house.clock.now()
    try:
        with reading(house.engine) as session:
            lines = [*_gauge("dondoc_up", "Whether the ledger answers", {(): 1}), *_gauges(session, now)]
    except SQLAlchemyError:
        lines = [*_gauge("dondoc_up", "Whether the ledger answers", {(): 0})]
        return PlainTextResponse("\n".join(lines) + "\n", 503, media_type=TEXT)
    return PlainTextResponse("\n".join(lines) + "\n", media_type=TEXT)


def _gauges(session: Session, now: datetime) -> Iterable[str]:
    assignments = _count(session, Assignment, "state", col(Assignment.kind).in_(OWED))
    yield from _gauge("dondoc_assignments", "Assignments that are owed, by state", _by_state(State, assignments))
    letters = _by_state(LetterState, _count(session, Letter, "state"))
    yield from _gauge("dondoc_letters", "Letters, by state", letters)
    held = _count(session, Notice, "state", col(Notice.state) == NoticeState.HELD)
    yield from _gauge("dondoc_notices_held", "Steps that wait for approval", {(): sum(held.values())})
    yield from _gauge("dondoc_overdue", "Assignments overdue now", {(): assignments.get(State.OVERDUE.value, 0)})
    untold = len(overdue_and_untold(session, now.date()))
    yield from _gauge("dondoc_overdue_untold", "Overdue and nobody was told: must be 0", {(): untold})
    beats = {(("round", name),): seconds for name, seconds in _beats(session, now).items()}
    yield from _gauge("dondoc_seconds_since_round", "Seconds since a part of the house did its round", beats)
    links = session.exec(select(func.max(Seal.id))).one() or 0
    yield from _gauge("dondoc_audit_links", "Links in the audit chain", {(): links})


def _overdue(session: Session) -> int:
    which = (col(Assignment.state) == State.OVERDUE, col(Assignment.kind).in_(OWED))
    return session.exec(select(func.count()).select_from(Assignment).where(*which)).one()


def _count(session: Session, table: Any, column: str, *which: Any) -> dict[str, int]:
    key = getattr(table, column)
    return {str(value): count for value, count in session.exec(select(key, func.count()).where(*which).group_by(key))}


def _by_state(states: Any, counts: dict[str, int]) -> dict[tuple[tuple[str, str], ...], float]:
    return {(("state", state.value),): counts.get(state.value, 0) for state in states}


def _beats(session: Session, now: datetime) -> dict[str, float]:
    """Seconds since each round; a round in the future (the clock was set back) is as far away as it says."""
    return {beat.name: round(abs((now - beat.at).total_seconds()), 1) for beat in session.exec(select(Heartbeat))}


def _gauge(name: str, help_: str, values: dict[Any, float]) -> Iterable[str]:
    yield f"# HELP {name} {help_}"
    yield f"# TYPE {name} gauge"
    for labels, value in values.items():
        said = ",".join(f'{label}="{text}"' for label, text in labels)
        yield f"{name}{{{said}}} {value:g}" if said else f"{name} {value:g}"
