"""what units filed and asked for cannot be rewritten: submissions, answers, indicators, evidence, requests for time"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# A frozen copy of what models/append_only.py says of these tables.
SQLITE = (
    "CREATE TRIGGER IF NOT EXISTS submissions_refuse_update BEFORE UPDATE ON submissions BEGIN SELECT RAISE(ABORT, 'dondoc: submissions is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS submissions_refuse_delete BEFORE DELETE ON submissions BEGIN SELECT RAISE(ABORT, 'dondoc: submissions is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS answers_refuse_update BEFORE UPDATE ON answers BEGIN SELECT RAISE(ABORT, 'dondoc: answers is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS answers_refuse_delete BEFORE DELETE ON answers BEGIN SELECT RAISE(ABORT, 'dondoc: answers is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS indicator_values_refuse_update BEFORE UPDATE ON indicator_values BEGIN SELECT RAISE(ABORT, 'dondoc: indicator_values is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS indicator_values_refuse_delete BEFORE DELETE ON indicator_values BEGIN SELECT RAISE(ABORT, 'dondoc: indicator_values is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS evidence_refuse_update BEFORE UPDATE ON evidence BEGIN SELECT RAISE(ABORT, 'dondoc: evidence is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS evidence_refuse_delete BEFORE DELETE ON evidence BEGIN SELECT RAISE(ABORT, 'dondoc: evidence is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS extensions_refuse_update BEFORE UPDATE ON extensions WHEN (OLD.state <> 'asked' OR OLD.id IS NOT NEW.id OR OLD.assignment_id IS NOT NEW.assignment_id OR OLD.wanted_on IS NOT NEW.wanted_on OR OLD.reason IS NOT NEW.reason OR OLD.asked_by IS NOT NEW.asked_by OR OLD.asked_at IS NOT NEW.asked_at OR OLD.due_before IS NOT NEW.due_before) BEGIN SELECT RAISE(ABORT, 'dondoc: extensions is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS extensions_refuse_delete BEFORE DELETE ON extensions BEGIN SELECT RAISE(ABORT, 'dondoc: extensions is append-only'); END",
)
POSTGRESQL = (
    "CREATE OR REPLACE TRIGGER submissions_refuse_update BEFORE UPDATE ON submissions FOR EACH ROW EXECUTE FUNCTION dondoc_refuse()",
    "CREATE OR REPLACE TRIGGER submissions_refuse_delete BEFORE DELETE ON submissions FOR EACH ROW EXECUTE FUNCTION dondoc_refuse()",
    "CREATE OR REPLACE TRIGGER submissions_refuse_truncate BEFORE TRUNCATE ON submissions FOR EACH STATEMENT EXECUTE FUNCTION dondoc_refuse()",
    "CREATE OR REPLACE TRIGGER answers_refuse_update BEFORE UPDATE ON answers FOR EACH ROW EXECUTE FUNCTION dondoc_refuse()",
    "CREATE OR REPLACE TRIGGER answers_refuse_delete BEFORE DELETE ON answers FOR EACH ROW EXECUTE FUNCTION dondoc_refuse()",
    "CREATE OR REPLACE TRIGGER answers_refuse_truncate BEFORE TRUNCATE ON answers FOR EACH STATEMENT EXECUTE FUNCTION dondoc_refuse()",
    "CREATE OR REPLACE TRIGGER indicator_values_refuse_update BEFORE UPDATE ON indicator_values FOR EACH ROW EXECUTE FUNCTION dondoc_refuse()",
    "CREATE OR REPLACE TRIGGER indicator_values_refuse_delete BEFORE DELETE ON indicator_values FOR EACH ROW EXECUTE FUNCTION dondoc_refuse()",
    "CREATE OR REPLACE TRIGGER indicator_values_refuse_truncate BEFORE TRUNCATE ON indicator_values FOR EACH STATEMENT EXECUTE FUNCTION dondoc_refuse()",
    "CREATE OR REPLACE TRIGGER evidence_refuse_update BEFORE UPDATE ON evidence FOR EACH ROW EXECUTE FUNCTION dondoc_refuse()",
    "CREATE OR REPLACE TRIGGER evidence_refuse_delete BEFORE DELETE ON evidence FOR EACH ROW EXECUTE FUNCTION dondoc_refuse()",
    "CREATE OR REPLACE TRIGGER evidence_refuse_truncate BEFORE TRUNCATE ON evidence FOR EACH STATEMENT EXECUTE FUNCTION dondoc_refuse()",
    "CREATE OR REPLACE TRIGGER extensions_refuse_update BEFORE UPDATE ON extensions FOR EACH ROW WHEN (OLD.state <> 'asked' OR OLD.id IS DISTINCT FROM NEW.id OR OLD.assignment_id IS DISTINCT FROM NEW.assignment_id OR OLD.wanted_on IS DISTINCT FROM NEW.wanted_on OR OLD.reason IS DISTINCT FROM NEW.reason OR OLD.asked_by IS DISTINCT FROM NEW.asked_by OR OLD.asked_at IS DISTINCT FROM NEW.asked_at OR OLD.due_before IS DISTINCT FROM NEW.due_before) EXECUTE FUNCTION dondoc_refuse()",
    "CREATE OR REPLACE TRIGGER extensions_refuse_delete BEFORE DELETE ON extensions FOR EACH ROW EXECUTE FUNCTION dondoc_refuse()",
    "CREATE OR REPLACE TRIGGER extensions_refuse_truncate BEFORE TRUNCATE ON extensions FOR EACH STATEMENT EXECUTE FUNCTION dondoc_refuse()",
)


def upgrade() -> None:
    bind = op.get_bind()
    for statement in SQLITE if bind.dialect.name == "sqlite" else POSTGRESQL:
        bind.exec_driver_sql(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger never goes back: restore a backup")
