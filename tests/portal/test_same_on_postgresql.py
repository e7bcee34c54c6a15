"""What SQLite shows of plans, units, letters, the audit and a search, PostgreSQL shows."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import select

from actions.audit import seal
from config.settings import Settings
from models.accounts import Deed
from models.database import transaction
from models.ledger import Assignment, Submission, Transition
from models.outbox import NoticeState

from . import test_audit_page, test_messages, test_plan_page, test_unit_page
from .conftest import SECRET, SmallHouse, visitor
from .ledger_rows import NOW, fill, notice_row

PATHS = {
    *test_plan_page.PAGES, *test_unit_page.PATHS, *test_messages.PATHS, *test_audit_page.PATHS,
    "/search?q=ke+hoach", "/search?q=45%2Fbc", "/plans?q=cai", "/messages?after=2026-12-16.3", "/audit?after=4",
    "/audit/moves?after=40", "/units?after=truong-05", "/plans/kl50/units?after=truong-05",
    "/plans/kl50/figures?format=csv&table=tasks", "/messages?format=csv", "/audit/moves?format=csv&last=2026-12-18",
}  # fmt: skip


def write(engine: Engine) -> None:
    """The small ledger, with deeds, moves, a document and a letter that speaks of a plan."""
    fill(engine)
    with transaction(engine) as session:
        for number in range(6):
            session.add(Deed(at=NOW - timedelta(days=number), actor="lan", role="admin", what="accept", target="x",
                             outcome="denied" if number % 2 else "done"))  # fmt: skip
            session.flush()
        for paper in session.exec(select(Assignment).order_by(Assignment.id)):  # type: ignore[arg-type]
            session.add(Transition(assignment_id=paper.id or 0, move="open", to_state="assigned", at=NOW,
                                   recorded_at=NOW, by="lan"))  # fmt: skip
            session.flush()
        session.add(Submission(unit_id="truong-03", occurrence_id=1, received_on=NOW.date(), recorded_at=NOW, by="x",
                               document="45/BC-THCS"))  # fmt: skip
        session.add(notice_row("a", "truong-01:dau_moi", NoticeState.SENT, letter_id=1))
        seal(session, NOW)


def test_both_databases_show_the_same_pages(postgres_engine: Engine, engine: Engine) -> None:
    """Every page and filter, word for word."""
    settings = Settings(home=Path("var"), secret_key=SECRET, read_only=True)
    pages = []
    for one in (engine, postgres_engine):
        write(one)
        visit = visitor(SmallHouse(one, settings), role=None)
        pages.append({path: visit(path) for path in PATHS})
    small, large = pages

    assert {path: answer.status_code for path, answer in large.items() if answer.status_code != 200} == {}
    assert [path for path in PATHS if small[path].content != large[path].content] == []
