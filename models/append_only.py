"""What the database itself refuses: to change or delete a row of the audit.

Migrations 0002 to 0004 wrote these triggers into every ledger; here they are said again for ledgers made in one step
(tests, simulations), and a test compares the two. A migration that rebuilds one of these tables on SQLite loses its
triggers and must end with `refuse_changes`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, event, inspect
from sqlmodel import SQLModel

APPEND_ONLY = ("transitions", "attempts", "plan_versions", "rule_versions", "seals", "deeds", "submissions", "answers",
               "indicator_values", "evidence")  # fmt: skip
DECIDED = ("id", "assignment_id", "plan_id", "process_key", "unit_id", "step", "tone", "wording", "each", "recipient",
           "channel", "sender_id", "due_on", "planned_at")  # fmt: skip
"""The columns of a notice that say what was decided; its state, letter and sending day live on."""
ASKED = ("id", "assignment_id", "wanted_on", "reason", "asked_by", "asked_at", "due_before")
"""The columns of a request for more time that say what was asked; its answer is written once."""
KEPT = {"notices": DECIDED, "extensions": ASKED}  # table -> the columns that never change
ANSWERED = {"extensions": "OLD.state <> 'asked'"}  # table -> when nothing of a row may change any more
AUDITED = (*APPEND_ONLY, *KEPT)


def statements(dialect: str) -> Iterator[str]:
    """The triggers, in the words of one database; each may be run again."""
    if dialect == "sqlite":
        for table in AUDITED:
            said = f"BEGIN SELECT RAISE(ABORT, 'dondoc: {table} is append-only'); END"
            yield f"CREATE TRIGGER IF NOT EXISTS {table}_refuse_update BEFORE {_update(table, 'IS NOT')} {said}"
            yield f"CREATE TRIGGER IF NOT EXISTS {table}_refuse_delete BEFORE DELETE ON {table} {said}"
        return
    yield (
        "CREATE OR REPLACE FUNCTION dondoc_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION USING MESSAGE = 'dondoc: ' || TG_TABLE_NAME || ' is append-only', ERRCODE = '23000'; END $$"
    )
    for table in AUDITED:
        run = "EXECUTE FUNCTION dondoc_refuse()"
        new = "CREATE OR REPLACE TRIGGER"
        what = _update(table, "IS DISTINCT FROM", "FOR EACH ROW ")
        yield f"{new} {table}_refuse_update BEFORE {what} {run}"
        yield f"{new} {table}_refuse_delete BEFORE DELETE ON {table} FOR EACH ROW {run}"
        yield f"{new} {table}_refuse_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {run}"


def _update(table: str, differs: str, each_row: str = "") -> str:
    """Which updates of a table are refused: all, those of kept columns, or any once a row has its answer."""
    kept = KEPT.get(table)
    if kept is None:
        return f"UPDATE ON {table} {each_row}".rstrip()
    changed = " OR ".join(f"OLD.{name} {differs} NEW.{name}" for name in kept)
    which = "" if table in ANSWERED else f" OF {', '.join(kept)}"
    when = f"({ANSWERED[table]} OR {changed})" if table in ANSWERED else changed if not each_row else f"({changed})"
    return f"UPDATE{which} ON {table} {each_row}WHEN {when}"


def refuse_changes(connection: Connection) -> None:
    """Put the triggers onto a ledger that has every table."""
    for statement in statements(connection.dialect.name):
        connection.exec_driver_sql(statement)


def _after_create(_target: Any, connection: Connection, **_options: Any) -> None:
    if set(AUDITED) <= set(inspect(connection).get_table_names()):
        refuse_changes(connection)


event.listen(SQLModel.metadata, "after_create", _after_create)
