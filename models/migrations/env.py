"""Alembic's entry: it always runs on a connection handed in by `upgrade.py`."""

from __future__ import annotations

from alembic import context

from models.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    compare_type=True,
    version_table="dondoc_schema",
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
