"""the portal: accounts, drafts, concerns, what each person did there; names without diacritics for search"""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

import models.columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# A frozen copy of what models/append_only.py says of the new table.
SQLITE = (
    "CREATE TRIGGER IF NOT EXISTS deeds_refuse_update BEFORE UPDATE ON deeds BEGIN SELECT RAISE(ABORT, 'dondoc: deeds is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS deeds_refuse_delete BEFORE DELETE ON deeds BEGIN SELECT RAISE(ABORT, 'dondoc: deeds is append-only'); END",
)
POSTGRESQL = (
    "CREATE OR REPLACE TRIGGER deeds_refuse_update BEFORE UPDATE ON deeds FOR EACH ROW EXECUTE FUNCTION dondoc_refuse()",
    "CREATE OR REPLACE TRIGGER deeds_refuse_delete BEFORE DELETE ON deeds FOR EACH ROW EXECUTE FUNCTION dondoc_refuse()",
    "CREATE OR REPLACE TRIGGER deeds_refuse_truncate BEFORE TRUNCATE ON deeds FOR EACH STATEMENT EXECUTE FUNCTION dondoc_refuse()",
)


def upgrade() -> None:
    op.create_table('deeds',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', models.columns.UTCDateTime(timezone=True), nullable=False),
    sa.Column('actor', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('role', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('what', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('target', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('outcome', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('detail', sa.Text(), nullable=True),
    sa.CheckConstraint("outcome IN ('done', 'refused', 'denied')", name=op.f('ck_deeds_outcome')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deeds'))
    )
    op.create_index('ix_deeds_at', 'deeds', ['at'], unique=False)

    op.create_table('accounts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('login', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('role', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('unit_id', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('password_hash', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('oidc_subject', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('created_at', models.columns.UTCDateTime(timezone=True), nullable=False),
    sa.Column('created_by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('last_login_at', models.columns.UTCDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("role IN ('admin', 'coordinator', 'officer', 'viewer')", name=op.f('ck_accounts_role')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_accounts_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accounts')),
    sa.UniqueConstraint('login', name=op.f('uq_accounts_login')),
    sa.UniqueConstraint('oidc_subject', name=op.f('uq_accounts_oidc_subject'))
    )
    op.create_table('link_cutoffs',
    sa.Column('unit_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('purpose', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('since', models.columns.UTCDateTime(timezone=True), nullable=False),
    sa.Column('by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.CheckConstraint("purpose IN ('unit', 'head', 'feed')", name=op.f('ck_link_cutoffs_purpose')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_link_cutoffs_unit_id_units')),
    sa.PrimaryKeyConstraint('unit_id', 'purpose', name=op.f('pk_link_cutoffs'))
    )
    op.create_table('account_plans',
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('plan_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_account_plans_account_id_accounts')),
    sa.ForeignKeyConstraint(['plan_id'], ['plans.id'], name=op.f('fk_account_plans_plan_id_plans')),
    sa.PrimaryKeyConstraint('account_id', 'plan_id', name=op.f('pk_account_plans'))
    )
    op.create_table('api_tokens',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('key_hash', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('writes', sa.Boolean(), nullable=False),
    sa.Column('created_at', models.columns.UTCDateTime(timezone=True), nullable=False),
    sa.Column('expires_at', models.columns.UTCDateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', models.columns.UTCDateTime(timezone=True), nullable=True),
    sa.Column('last_used_at', models.columns.UTCDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_api_tokens_account_id_accounts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_tokens')),
    sa.UniqueConstraint('key_hash', name=op.f('uq_api_tokens_key_hash'))
    )
    op.create_index(op.f('ix_api_tokens_account_id'), 'api_tokens', ['account_id'], unique=False)

    op.create_table('one_time_links',
    sa.Column('key_hash', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('purpose', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('created_at', models.columns.UTCDateTime(timezone=True), nullable=False),
    sa.Column('expires_at', models.columns.UTCDateTime(timezone=True), nullable=False),
    sa.Column('used_at', models.columns.UTCDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("purpose IN ('first_admin', 'password')", name=op.f('ck_one_time_links_purpose')),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_one_time_links_account_id_accounts')),
    sa.PrimaryKeyConstraint('key_hash', name=op.f('pk_one_time_links'))
    )
    op.create_table('portal_sessions',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('created_at', models.columns.UTCDateTime(timezone=True), nullable=False),
    sa.Column('seen_at', models.columns.UTCDateTime(timezone=True), nullable=False),
    sa.Column('expires_at', models.columns.UTCDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_portal_sessions_account_id_accounts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_portal_sessions'))
    )
    op.create_index(op.f('ix_portal_sessions_account_id'), 'portal_sessions', ['account_id'], unique=False)

    op.create_table('drafts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('occurrence_id', sa.Integer(), nullable=False),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('body', sa.JSON(), nullable=False),
    sa.Column('saved_at', models.columns.UTCDateTime(timezone=True), nullable=False),
    sa.Column('saved_by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('head_note', sa.Text(), nullable=True),
    sa.Column('editor_key', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('editor_name', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('editor_seen_at', models.columns.UTCDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('writing', 'with_head', 'sent_back')", name=op.f('ck_drafts_state')),
    sa.ForeignKeyConstraint(['occurrence_id'], ['occurrences.id'], name=op.f('fk_drafts_occurrence_id_occurrences')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_drafts_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_drafts')),
    sa.UniqueConstraint('unit_id', 'occurrence_id', name=op.f('uq_drafts_unit_id_occurrence_id'))
    )
    op.create_index(op.f('ix_drafts_occurrence_id'), 'drafts', ['occurrence_id'], unique=False)

    op.create_table('concerns',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('assignment_id', sa.Integer(), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('rather_unit', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('raised_by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('raised_at', models.columns.UTCDateTime(timezone=True), nullable=False),
    sa.Column('answer', sa.Text(), nullable=True),
    sa.Column('settled_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('settled_at', models.columns.UTCDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind IN ('obstacle', 'not_ours')", name=op.f('ck_concerns_kind')),
    sa.CheckConstraint("state IN ('open', 'settled')", name=op.f('ck_concerns_state')),
    sa.ForeignKeyConstraint(['assignment_id'], ['assignments.id'], name=op.f('fk_concerns_assignment_id_assignments')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_concerns'))
    )
    op.create_index(op.f('ix_concerns_assignment_id'), 'concerns', ['assignment_id'], unique=False)
    op.create_index('ix_concerns_open', 'concerns', ['raised_at'], unique=False, sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))

    op.create_table('indicator_values',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('target_id', sa.Integer(), nullable=False),
    sa.Column('numerator', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('denominator', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['submission_id'], ['submissions.id'], name=op.f('fk_indicator_values_submission_id_submissions')),
    sa.ForeignKeyConstraint(['target_id'], ['targets.id'], name=op.f('fk_indicator_values_target_id_targets')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_indicator_values'))
    )
    op.create_index(op.f('ix_indicator_values_submission_id'), 'indicator_values', ['submission_id'], unique=False)
    op.create_index(op.f('ix_indicator_values_target_id'), 'indicator_values', ['target_id'], unique=False)

    op.add_column('answers', sa.Column('difficulties', sa.Text(), nullable=True))
    op.add_column('answers', sa.Column('proposals', sa.Text(), nullable=True))

    op.add_column('plans', sa.Column('folded', sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default=''))

    op.add_column('processes', sa.Column('folded', sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default=''))

    op.add_column('submissions', sa.Column('position', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.add_column('submissions', sa.Column('phone', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.add_column('submissions', sa.Column('narrative', sa.Text(), nullable=True))
    op.add_column('submissions', sa.Column('approved_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.add_column('submissions', sa.Column('corrects', sa.Integer(), nullable=True))

    op.add_column('units', sa.Column('folded', sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default=''))
    bind = op.get_bind()
    for table, key, columns in (
        ("units", "id", ("name", "short")), ("plans", "id", ("number", "title")), ("processes", "key", ("code", "title")),
    ):
        rows = bind.execute(sa.text(f"SELECT {key}, {', '.join(columns)} FROM {table}")).all()
        folded = [{"key": row[0], "folded": _fold(" ".join(part for part in row[1:] if part))} for row in rows]
        if folded:
            bind.execute(sa.text(f"UPDATE {table} SET folded = :folded WHERE {key} = :key"), folded)
    for statement in SQLITE if bind.dialect.name == "sqlite" else POSTGRESQL:
        bind.exec_driver_sql(statement)


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def downgrade() -> None:
    raise NotImplementedError("a ledger never goes back: restore a backup")
