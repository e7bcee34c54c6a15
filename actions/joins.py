"""Joins that several deeds and questions share, said once: from assignments to what stands behind them."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import Select, and_
from sqlmodel import col

from models.ledger import Assignment, Occurrence
from models.plan import Party, Plan, Process

Query = TypeVar("Query", bound=Select[Any])


def with_process(query: Query) -> Query:
    """A query on assignments, joined to their occurrences and processes."""
    return query.join(Occurrence, col(Occurrence.id) == Assignment.occurrence_id).join(
        Process, col(Process.key) == Occurrence.process_key
    )


def with_plan_and_party(query: Query) -> Query:
    """A query on assignments, joined to their occurrences, plans and parties (whom each role of a step reaches)."""
    party = and_(
        col(Party.process_key) == Occurrence.process_key,
        col(Party.unit_id) == Assignment.unit_id,
        col(Party.asked_in) == Occurrence.asked_in,
    )
    return (
        query.join(Occurrence, col(Occurrence.id) == Assignment.occurrence_id)
        .join(Plan, col(Plan.id) == Occurrence.plan_id)
        .join(Party, party)
    )
