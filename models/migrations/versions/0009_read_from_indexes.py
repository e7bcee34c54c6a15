"""how far an occurrence is, which open one falls due first, and the newest documents are read from indexes"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Frozen copies of the conditions in models/ledger.py.
IS_OPEN = "stage = 'open'"
NAMED = "document IS NOT NULL"


def upgrade() -> None:
    op.create_index("ix_assignments_occurrence_id_state", "assignments", ["occurrence_id", "state"])
    for name, table, columns, condition in (
        ("ix_occurrences_open", "occurrences", ["late_after", "id"], IS_OPEN),
        ("ix_submissions_document", "submissions", ["id", "document"], NAMED),
        ("ix_answers_document", "answers", ["id", "document"], NAMED),
    ):
        where = sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    raise NotImplementedError("a ledger never goes back: restore a backup")
