"""the portal's long lists are read from an index: letters by day and state, the audit by who, what and day"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_letters_day_id", "letters", ["day", "id"], unique=False)
    op.create_index("ix_letters_state_day_id", "letters", ["state", "day", "id"], unique=False)
    op.create_index("ix_notices_plan_id_letter_id", "notices", ["plan_id", "letter_id"], unique=False)
    op.create_index("ix_transitions_recorded_at", "transitions", ["recorded_at"], unique=False)
    op.create_index("ix_transitions_by_id", "transitions", ["by", "id"], unique=False)
    op.create_index("ix_deeds_actor_id", "deeds", ["actor", "id"], unique=False)
    op.create_index("ix_deeds_what_id", "deeds", ["what", "id"], unique=False)
    op.create_index("ix_deeds_outcome_id", "deeds", ["outcome", "id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("a ledger never goes back: restore a backup")
