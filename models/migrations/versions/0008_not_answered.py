"""a unit's history is read by day, and what has not been answered by its state, from indexes"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Frozen copies of the conditions in models/ledger.py.
OWED_NOW = "state IN ('assigned', 'in_progress', 'overdue') AND kind <> 'covered'"
NOT_ANSWERED = "state <> 'reported'"


def upgrade() -> None:
    op.drop_index("ix_assignments_unit_id", "assignments")
    op.create_index("ix_assignments_unit_id_due_on", "assignments", ["unit_id", "due_on", "id"])
    op.drop_index("ix_assignments_owed_by_unit", "assignments")
    for name, columns, condition in (
        ("ix_assignments_owed_by_unit", ["unit_id", "late_after", "id", "occurrence_id", "state", "kind"], OWED_NOW),
        ("ix_assignments_not_answered", ["state", "id"], NOT_ANSWERED),
    ):
        where = sa.text(condition)
        op.create_index(name, "assignments", columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    raise NotImplementedError("a ledger never goes back: restore a backup")
