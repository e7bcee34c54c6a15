"""how far an occurrence is, and which open one falls due first, are read from indexes alone"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# A frozen copy of the condition in models/ledger.py.
IS_OPEN = "stage = 'open'"


def upgrade() -> None:
    op.create_index("ix_assignments_occurrence_id_state", "assignments", ["occurrence_id", "state"])
    where = sa.text(IS_OPEN)
    op.create_index(
        "ix_occurrences_open", "occurrences", ["late_after", "id"], sqlite_where=where, postgresql_where=where
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger never goes back: restore a backup")
