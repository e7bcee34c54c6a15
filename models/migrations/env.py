"""Alembic's entry: it always runs on a connection handed in by `upgrade.py`."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

from models import ledger, outbox, plan, units  # noqa: F401  (their tables belong to the metadata)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
    version_table="dondoc_schema",
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
