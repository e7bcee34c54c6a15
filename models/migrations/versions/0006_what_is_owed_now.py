"""the first page of the portal reads what is owed now, by day and by unit, and what waits to be confirmed, from indexes"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Frozen copies of the conditions in models/ledger.py.
OWED_NOW = "state IN ('assigned', 'in_progress', 'overdue') AND kind <> 'covered'"
UNCONFIRMED = "state = 'reported' AND accepted_at IS NULL AND kind <> 'covered'"


def upgrade() -> None:
    for name, columns, condition in (
        ("ix_assignments_owed", ["late_after", "occurrence_id"], OWED_NOW),
        ("ix_assignments_owed_by_unit", ["unit_id", "late_after"], OWED_NOW),
        ("ix_assignments_unconfirmed", ["id", "occurrence_id"], UNCONFIRMED),
    ):
        where = sa.text(condition)
        op.create_index(name, "assignments", columns, sqlite_where=where, postgresql_where=where)
    op.create_index("ix_occurrences_plan_id_period", "occurrences", ["plan_id", "period"])
    op.create_index("ix_units_position_id", "units", ["position", "id"])


def downgrade() -> None:
    raise NotImplementedError("a ledger never goes back: restore a backup")
