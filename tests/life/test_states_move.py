"""A state is never inferred from a date: it changes by a move, and every move leaves its row."""

from __future__ import annotations

import ast
from datetime import date
from pathlib import Path

from sqlalchemy import event
from sqlmodel import Session

from actions.reading import status_rows
from models.lifecycle import MOVES, Move, State
from tests.office import Office

MOVER, OPENER = "move.py", "open_period.py"


def test_looking_on_a_later_day_changes_no_state(office: Office) -> None:
    """Months after the deadline, without a tick: the list says assigned, since nobody has moved it."""
    with Session(office.engine) as session:
        rows = status_rows(session, date(2026, 12, 1), office.rules.days)

    assert {row.state for row in rows} == {"assigned"}
    assert {row.days_late for row in rows} == {0}


def test_only_one_module_writes_the_state_of_an_assignment(root: Path) -> None:
    """In actions/ no other file sets `.state` of an assignment or updates that column."""
    found = []
    for path in sorted((root / "actions").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assign | ast.AugAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                found += [
                    path.name for target in targets if isinstance(target, ast.Attribute) and target.attr == "state"
                ]
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func).startswith("update(Assignment)")
                and any(keyword.arg == "state" for keyword in node.keywords)
            ):
                found.append(path.name)

    assert set(found) <= {MOVER}


def test_every_change_of_the_column_has_a_row_beside_it(office: Office) -> None:
    """Over two months of ticks, each statement that writes the state follows one that writes transitions."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("INSERT INTO transitions"):
            said.append("row")
        elif statement.startswith("UPDATE assignments") and "state=" in statement.partition("WHERE")[0]:
            said.append("state")

    event.listen(office.engine, "before_cursor_execute", note)
    office.through("2026-02-26", "2026-04-20")
    event.remove(office.engine, "before_cursor_execute", note)

    assert "state" in said
    assert all(said[index - 1] == "row" for index, what in enumerate(said) if what == "state")


def test_the_table_of_moves_reaches_every_state_and_leaves_no_ended_one_but_by_return() -> None:
    """Missed and withdrawn are left by nothing; reported only by a return."""
    leads_to = {target for _, target in MOVES.values()} | {State.ASSIGNED}
    leaving = {state: {move for move, (leaves, _) in MOVES.items() if state in leaves} for state in State}

    assert leads_to == set(State)
    assert leaving[State.MISSED] == leaving[State.WITHDRAWN] == set()
    assert leaving[State.REPORTED] == {Move.RETURN}
