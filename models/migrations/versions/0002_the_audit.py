"""the audit: rows that nobody changes, what was told, and the rules it was told by"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

import models.columns

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# A frozen copy of models/append_only.py as it was: history is not rewritten by a later change there.
SQLITE = (
    "CREATE TRIGGER IF NOT EXISTS transitions_refuse_update BEFORE UPDATE ON transitions BEGIN SELECT RAISE(ABORT, 'dondoc: transitions is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS transitions_refuse_delete BEFORE DELETE ON transitions BEGIN SELECT RAISE(ABORT, 'dondoc: transitions is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS attempts_refuse_update BEFORE UPDATE ON attempts BEGIN SELECT RAISE(ABORT, 'dondoc: attempts is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS attempts_refuse_delete BEFORE DELETE ON attempts BEGIN SELECT RAISE(ABORT, 'dondoc: attempts is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS plan_versions_refuse_update BEFORE UPDATE ON plan_versions BEGIN SELECT RAISE(ABORT, 'dondoc: plan_versions is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS plan_versions_refuse_delete BEFORE DELETE ON plan_versions BEGIN SELECT RAISE(ABORT, 'dondoc: plan_versions is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS rule_versions_refuse_update BEFORE UPDATE ON rule_versions BEGIN SELECT RAISE(ABORT, 'dondoc: rule_versions is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS rule_versions_refuse_delete BEFORE DELETE ON rule_versions BEGIN SELECT RAISE(ABORT, 'dondoc: rule_versions is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS seals_refuse_update BEFORE UPDATE ON seals BEGIN SELECT RAISE(ABORT, 'dondoc: seals is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS seals_refuse_delete BEFORE DELETE ON seals BEGIN SELECT RAISE(ABORT, 'dondoc: seals is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS notices_refuse_update BEFORE UPDATE OF id, assignment_id, plan_id, process_key, unit_id, step, tone, wording, each, recipient, channel, sender_id, due_on, planned_at ON notices WHEN OLD.id IS NOT NEW.id OR OLD.assignment_id IS NOT NEW.assignment_id OR OLD.plan_id IS NOT NEW.plan_id OR OLD.process_key IS NOT NEW.process_key OR OLD.unit_id IS NOT NEW.unit_id OR OLD.step IS NOT NEW.step OR OLD.tone IS NOT NEW.tone OR OLD.wording IS NOT NEW.wording OR OLD.each IS NOT NEW.each OR OLD.recipient IS NOT NEW.recipient OR OLD.channel IS NOT NEW.channel OR OLD.sender_id IS NOT NEW.sender_id OR OLD.due_on IS NOT NEW.due_on OR OLD.planned_at IS NOT NEW.planned_at BEGIN SELECT RAISE(ABORT, 'dondoc: notices is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS notices_refuse_delete BEFORE DELETE ON notices BEGIN SELECT RAISE(ABORT, 'dondoc: notices is append-only'); END",
)
POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION dondoc_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING MESSAGE = 'dondoc: ' || TG_TABLE_NAME || ' is append-only', ERRCODE = '23000'; END $$",
    'CREATE OR REPLACE TRIGGER transitions_refuse_update BEFORE UPDATE ON transitions FOR EACH ROW EXECUTE FUNCTION dondoc_refuse()',
    'CREATE OR REPLACE TRIGGER transitions_refuse_delete BEFORE DELETE ON transitions FOR EACH ROW EXECUTE FUNCTION dondoc_refuse()',
    'CREATE OR REPLACE TRIGGER transitions_refuse_truncate BEFORE TRUNCATE ON transitions FOR EACH STATEMENT EXECUTE FUNCTION dondoc_refuse()',
    'CREATE OR REPLACE TRIGGER attempts_refuse_update BEFORE UPDATE ON attempts FOR EACH ROW EXECUTE FUNCTION dondoc_refuse()',
    'CREATE OR REPLACE TRIGGER attempts_refuse_delete BEFORE DELETE ON attempts FOR EACH ROW EXECUTE FUNCTION dondoc_refuse()',
    'CREATE OR REPLACE TRIGGER attempts_refuse_truncate BEFORE TRUNCATE ON attempts FOR EACH STATEMENT EXECUTE FUNCTION dondoc_refuse()',
    'CREATE OR REPLACE TRIGGER plan_versions_refuse_update BEFORE UPDATE ON plan_versions FOR EACH ROW EXECUTE FUNCTION dondoc_refuse()',
    'CREATE OR REPLACE TRIGGER plan_versions_refuse_delete BEFORE DELETE ON plan_versions FOR EACH ROW EXECUTE FUNCTION dondoc_refuse()',
    'CREATE OR REPLACE TRIGGER plan_versions_refuse_truncate BEFORE TRUNCATE ON plan_versions FOR EACH STATEMENT EXECUTE FUNCTION dondoc_refuse()',
    'CREATE OR REPLACE TRIGGER rule_versions_refuse_update BEFORE UPDATE ON rule_versions FOR EACH ROW EXECUTE FUNCTION dondoc_refuse()',
    'CREATE OR REPLACE TRIGGER rule_versions_refuse_delete BEFORE DELETE ON rule_versions FOR EACH ROW EXECUTE FUNCTION dondoc_refuse()',
    'CREATE OR REPLACE TRIGGER rule_versions_refuse_truncate BEFORE TRUNCATE ON rule_versions FOR EACH STATEMENT EXECUTE FUNCTION dondoc_refuse()',
    'CREATE OR REPLACE TRIGGER seals_refuse_update BEFORE UPDATE ON seals FOR EACH ROW EXECUTE FUNCTION dondoc_refuse()',
    'CREATE OR REPLACE TRIGGER seals_refuse_delete BEFORE DELETE ON seals FOR EACH ROW EXECUTE FUNCTION dondoc_refuse()',
    'CREATE OR REPLACE TRIGGER seals_refuse_truncate BEFORE TRUNCATE ON seals FOR EACH STATEMENT EXECUTE FUNCTION dondoc_refuse()',
    'CREATE OR REPLACE TRIGGER notices_refuse_update BEFORE UPDATE OF id, assignment_id, plan_id, process_key, unit_id, step, tone, wording, each, recipient, channel, sender_id, due_on, planned_at ON notices FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id OR OLD.assignment_id IS DISTINCT FROM NEW.assignment_id OR OLD.plan_id IS DISTINCT FROM NEW.plan_id OR OLD.process_key IS DISTINCT FROM NEW.process_key OR OLD.unit_id IS DISTINCT FROM NEW.unit_id OR OLD.step IS DISTINCT FROM NEW.step OR OLD.tone IS DISTINCT FROM NEW.tone OR OLD.wording IS DISTINCT FROM NEW.wording OR OLD.each IS DISTINCT FROM NEW.each OR OLD.recipient IS DISTINCT FROM NEW.recipient OR OLD.channel IS DISTINCT FROM NEW.channel OR OLD.sender_id IS DISTINCT FROM NEW.sender_id OR OLD.due_on IS DISTINCT FROM NEW.due_on OR OLD.planned_at IS DISTINCT FROM NEW.planned_at) EXECUTE FUNCTION dondoc_refuse()',
    'CREATE OR REPLACE TRIGGER notices_refuse_delete BEFORE DELETE ON notices FOR EACH ROW EXECUTE FUNCTION dondoc_refuse()',
    'CREATE OR REPLACE TRIGGER notices_refuse_truncate BEFORE TRUNCATE ON notices FOR EACH STATEMENT EXECUTE FUNCTION dondoc_refuse()',
)


def upgrade() -> None:
    op.create_table(
        "rule_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("since", models.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_versions")),
    )
    op.add_column("attempts", sa.Column("told", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    with op.batch_alter_table("seals", schema=None) as batch_op:
        batch_op.add_column(sa.Column("marks", sa.Text(), nullable=False, server_default=""))
        batch_op.create_unique_constraint(batch_op.f("uq_seals_previous"), ["previous"])
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger never goes back: restore a backup")
