"""The chain of the audit: rows that were decided, said and configured are sealed in runs, each link on the one before.

Runs with every tick and before a proof or an export. Cheap when nothing is new, bounded when much is.

Why a run is never sealed too early: on SQLite there is one writer, and it is us. On PostgreSQL ids may commit out of
order, so the tables are locked against writers for as long as it takes to read their highest ids: whoever took a lower
id has then committed or given it up. The lock is asked for without waiting, all tables at once, so that no deadlock
can come of it; when somebody is writing, the next tick seals.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, text
from sqlalchemy import select as select_columns
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, select

from models.audit import Seal
from models.crash import kill_point

from .heartbeat import beat
from .sealed_rows import PLAN_VERSIONS, SEALED, Source, sha256, sources, text_of

RUN = 1000  # rows in one link
MOST_RUNS = 20  # links in one tick
GENESIS = sha256("dondoc")
LOCK = 4_242_2027  # an arbitrary number: PostgreSQL's advisory lock for those who seal
PATIENCE = 0.05  # seconds between two looks at tables somebody is writing


@dataclass(frozen=True)
class Head:
    """The end of the chain: its last hash, and how many rows wait for the next link."""

    position: int
    hash: str
    at: datetime | None
    unsealed: int


def seal(session: Session, now: datetime, *, most: int | None = MOST_RUNS, tries: int = 1) -> int:
    """Seal what is new, at most `most` runs (None: all of it). Returns how many rows were sealed."""
    fresh = _unsealed(session)
    if not fresh:
        return 0
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    horizons = _final_ids(session, [source for source, _ in fresh], tries)
    last = last_seal(session)
    position, previous, sealed, runs = (last.id or 0 if last else 0), (last.hash if last else GENESIS), 0, 0
    for source, _ in fresh:
        first = _sealed_until(session, source.name) + 1
        while first <= horizons.get(source.name, 0) and (most is None or runs < most):
            link = make_link(session, source, first, horizons[source.name], position + 1, previous, now)
            if link is None:
                break
            session.add(link)
            session.flush()
            position, previous, first = position + 1, link.hash, link.last_id + 1
            sealed, runs = sealed + link.rows, runs + 1
    if sealed:
        kill_point("inside-seal")
        beat(session, "seal", now, f"{position} {previous}")
    return sealed


def make_link(
    session: Session, source: Source, first: int, until: int, position: int, previous: str, now: datetime
) -> Seal | None:
    """The link over the next rows of a source from `first` to `until` at most; None when there is no row."""
    rows = list(source.rows(session, first, until, RUN))
    if not rows:
        return None
    digest, marks = digest_of(rows)
    link = Seal(id=position, source=source.name, first_id=first, last_id=rows[-1][0], rows=len(rows), digest=digest,
                marks=marks, previous=previous, hash="", at=now)  # fmt: skip
    link.hash = link_hash(link)
    return link


def digest_of(rows: Sequence[tuple[int, str]]) -> tuple[str, str]:
    """The digest over a run, and the mark of each of its rows."""
    return sha256("\n".join(said for _, said in rows)), " ".join(f"{key}:{mark_of(said)}" for key, said in rows)


def mark_of(said: str) -> str:
    """The beginning of a row's own hash: enough to name the row that a broken run stumbles over."""
    return sha256(said)[:12]


def link_hash(link: Seal) -> str:
    """What the next link hangs on: everything this one says."""
    return sha256(text_of([link.previous, link.id, link.source, link.first_id, link.last_id, link.rows, link.digest,
                           link.marks, link.at]))  # fmt: skip


def last_seal(session: Session) -> Seal | None:
    """The end of the chain."""
    return session.exec(select(Seal).order_by(col(Seal.id).desc()).limit(1)).first()


def head(session: Session) -> Head:
    """What to write down outside: whoever knows this hash can prove later that nothing before it was touched."""
    last = last_seal(session)
    unsealed = sum(_count(session, source, since) for source, since in _unsealed(session))
    return Head(last.id or 0 if last else 0, last.hash if last else GENESIS, last.at if last else None, unsealed)


def _count(session: Session, source: Source, since: int) -> int:
    query = select_columns(func.count()).select_from(source.table).where(source.key > since, *source.mine)
    return int(session.execute(query).scalar_one())


def _unsealed(session: Session) -> list[tuple[Source, int]]:
    """The sources with rows above their last seal, and where that ends."""
    versions = select_columns(col(Seal.source), func.max(col(Seal.last_id))).group_by(col(Seal.source))
    rows = session.execute(versions.where(col(Seal.source).startswith(PLAN_VERSIONS))).all()
    until: dict[str, int] = dict(rows)  # type: ignore[arg-type]
    until |= {name: _sealed_until(session, name) for name in SEALED}
    pairs = [(source, until.get(source.name, 0)) for source in sources(session)]
    return [(source, since) for source, since in pairs if source.last(session) > since]


def _sealed_until(session: Session, name: str) -> int:
    last = select(Seal.last_id).where(Seal.source == name).order_by(col(Seal.first_id).desc()).limit(1)
    return session.exec(last).first() or 0


def _final_ids(session: Session, wanted: Sequence[Source], tries: int) -> dict[str, int]:
    """The highest id of each source below which no row can appear any more; empty while somebody is writing."""
    if session.get_bind().dialect.name != "postgresql":
        return {source.name: source.last(session) for source in wanted}
    tables = ", ".join(sorted({str(source.table.__tablename__) for source in wanted}))
    for attempt in range(tries):
        if attempt:
            time.sleep(PATIENCE)
        nested = session.begin_nested()
        try:
            session.execute(text(f"LOCK TABLE {tables} IN SHARE MODE NOWAIT"))
            found = {source.name: source.last(session) for source in wanted}
        except OperationalError as error:
            nested.rollback()
            if getattr(error.orig, "sqlstate", None) != "55P03":  # lock_not_available
                raise
            continue
        nested.rollback()  # gives the locks back: the rows up to there are final and are read without them
        return found
    return {}
