"""the audit of moves is read by the kind of move from an index: a withdrawal among millions"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_transitions_move_id", "transitions", ["move", "id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("a ledger never goes back: restore a backup")
