"""Who was told what, when, and by which version of the plan and of the rules: one row for each notice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pendulum
from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from models.audit import RuleVersion
from models.columns import ZONE
from models.ledger import Assignment, Occurrence
from models.outbox import Attempt, Letter, Notice
from models.plan import PlanVersion

from .sealed_rows import paged

COLUMNS = (
    "notice", "plan", "plan_version", "plan_fingerprint", "rules_fingerprint", "process", "period", "assignment",
    "unit", "step", "tone", "wording", "recipient", "channel", "sender", "step_day", "decided_at", "state", "reason",
    "letter", "letter_state", "subject", "told", "tries", "sent_at", "carried_by",
)  # fmt: skip


def rows(
    session: Session, *, plan: str | None = None, first: date | None = None, last: date | None = None
) -> Iterator[dict[str, Any]]:
    """One row for each notice decided from `first` to `last` (days in Asia/Ho_Chi_Minh), in the order of deciding."""
    plans, rules = _plan_versions(session), _rule_versions(session)
    told = select_columns(func.max(col(Attempt.id))).where(col(Attempt.letter_id) == Letter.id, col(Attempt.told) != "")
    query = (
        select(Notice, Letter, Occurrence.period, Attempt.told)
        .outerjoin(Assignment, col(Assignment.id) == Notice.assignment_id)
        .outerjoin(Occurrence, col(Occurrence.id) == Assignment.occurrence_id)
        .outerjoin(Letter, col(Letter.id) == Notice.letter_id)
        .outerjoin(Attempt, col(Attempt.id) == told.correlate(Letter).scalar_subquery())
    )
    if plan is not None:
        query = query.where(Notice.plan_id == plan)
    if first is not None:
        query = query.where(col(Notice.planned_at) >= _midnight(first))
    if last is not None:
        query = query.where(col(Notice.planned_at) < _midnight(last + timedelta(days=1)))
    for notice, letter, period, said in paged(session, query, col(Notice.id)):
        version, fingerprint = _in_force(plans.get(notice.plan_id, []), notice.planned_at) or (None, None)
        (ruled,) = _in_force(rules, notice.planned_at) or (None,)
        yield dict(zip(COLUMNS, (
            notice.id, notice.plan_id, version, fingerprint, ruled, notice.process_key, period, notice.assignment_id,
            notice.unit_id, notice.step, notice.tone, notice.wording, notice.recipient, notice.channel,
            notice.sender_id, notice.due_on, notice.planned_at, notice.state, notice.reason, notice.letter_id,
            letter and letter.state, letter and letter.subject, said, letter and letter.tries,
            letter and letter.sent_at, letter and letter.carried_by,
        ), strict=True))  # fmt: skip


def _midnight(day: date) -> pendulum.DateTime:
    return pendulum.datetime(day.year, day.month, day.day, tz=ZONE)


def _plan_versions(session: Session) -> dict[str, list[tuple[datetime, tuple[Any, ...]]]]:
    found: dict[str, list[tuple[datetime, tuple[Any, ...]]]] = {}
    query = select(PlanVersion.plan_id, PlanVersion.applied_at, PlanVersion.version, PlanVersion.fingerprint)
    for plan_id, since, version, fingerprint in session.exec(query.order_by(col(PlanVersion.version))):
        found.setdefault(plan_id, []).append((since, (version, fingerprint)))
    return found


def _rule_versions(session: Session) -> list[tuple[datetime, tuple[Any, ...]]]:
    query = select(RuleVersion.since, RuleVersion.fingerprint).order_by(col(RuleVersion.id))
    return [(since, (fingerprint,)) for since, fingerprint in session.exec(query)]


def _in_force(versions: list[tuple[datetime, tuple[Any, ...]]], at: datetime) -> tuple[Any, ...] | None:
    """The last version that began by `at`; None before the first."""
    return next((version for since, version in reversed(versions) if since <= at), None)
