"""What the database itself refuses: to change or delete a row of the audit.

Migrations 0002 and 0003 wrote these triggers into every ledger; here they are said again for ledgers made in one step
(tests, simulations), and a test compares the two. A migration that rebuilds one of these tables on SQLite loses its
triggers and must end with `refuse_changes`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, event, inspect
from sqlmodel import SQLModel

APPEND_ONLY = ("transitions", "attempts", "plan_versions", "rule_versions", "seals", "deeds")
DECIDED = ("id", "assignment_id", "plan_id", "process_key", "unit_id", "step", "tone", "wording", "each", "recipient",
           "channel", "sender_id", "due_on", "planned_at")  # fmt: skip
"""The columns of a notice that say what was decided; its state, letter and sending day live on."""


def statements(dialect: str) -> Iterator[str]:
    """The triggers, in the words of one database; each may be run again."""
    if dialect == "sqlite":
        for table in (*APPEND_ONLY, "notices"):
            changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in DECIDED)
            what = f"UPDATE OF {', '.join(DECIDED)} ON notices WHEN {changed}" if table == "notices" else (
                f"UPDATE ON {table}")  # fmt: skip
            said = f"BEGIN SELECT RAISE(ABORT, 'dondoc: {table} is append-only'); END"
            yield f"CREATE TRIGGER IF NOT EXISTS {table}_refuse_update BEFORE {what} {said}"
            yield f"CREATE TRIGGER IF NOT EXISTS {table}_refuse_delete BEFORE DELETE ON {table} {said}"
        return
    yield (
        "CREATE OR REPLACE FUNCTION dondoc_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION USING MESSAGE = 'dondoc: ' || TG_TABLE_NAME || ' is append-only', ERRCODE = '23000'; END $$"
    )
    for table in (*APPEND_ONLY, "notices"):
        changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in DECIDED)
        which = f" OF {', '.join(DECIDED)}" if table == "notices" else ""
        when = f"WHEN ({changed}) " if table == "notices" else ""
        run = "EXECUTE FUNCTION dondoc_refuse()"
        new = "CREATE OR REPLACE TRIGGER"
        yield f"{new} {table}_refuse_update BEFORE UPDATE{which} ON {table} FOR EACH ROW {when}{run}"
        yield f"{new} {table}_refuse_delete BEFORE DELETE ON {table} FOR EACH ROW {run}"
        yield f"{new} {table}_refuse_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {run}"


def refuse_changes(connection: Connection) -> None:
    """Put the triggers onto a ledger that has every table."""
    for statement in statements(connection.dialect.name):
        connection.exec_driver_sql(statement)


def _after_create(_target: Any, connection: Connection, **_options: Any) -> None:
    if {*APPEND_ONLY, "notices"} <= set(inspect(connection).get_table_names()):
        refuse_changes(connection)


event.listen(SQLModel.metadata, "after_create", _after_create)
