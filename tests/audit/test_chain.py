"""The audit: rows nobody changes, a chain over them, and a proof that names the first broken link."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from actions import audit
from actions.advance import advance
from actions.audit import head, make_link, seal
from actions.decide import close_period
from actions.nudge import nudge
from actions.sealed_rows import SEALED, source_named, sources
from models.append_only import APPEND_ONLY, ASKED, DECIDED
from models.audit import RuleVersion, Seal
from models.database import ledger_url, open_ledger, reading, transaction
from models.ledger import Transition
from models.outbox import Notice
from models.plan import PlanVersion
from tests.audit.conftest import lived, proof, sealed
from tests.office import Office, at, plan_spec

Tamper = Callable[[str], None]


# ------------------------------------------------------------------ the database itself refuses


def refused(engine: Engine, statement: str) -> None:
    """The database says no, and says why."""
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text(statement))


def test_an_audited_row_is_neither_changed_nor_deleted(office: Office) -> None:
    """The database refuses, whoever asks and with whatever program."""
    columns = {"transitions": "reason", "attempts": "error", "plan_versions": "fingerprint",
               "rule_versions": "fingerprint", "seals": "hash", "deeds": "what", "submissions": "document",
               "answers": "text", "indicator_values": "numerator", "evidence": "name"}  # fmt: skip
    assert set(columns) == set(APPEND_ONLY)
    for table, column in columns.items():
        refused(office.engine, f"UPDATE {table} SET {column} = 'x'")
        refused(office.engine, f"DELETE FROM {table}")


def test_what_a_notice_decided_stays(office: Office) -> None:
    """Each column of the decision is refused by itself."""
    moments = {"due_on": "'2020-01-01'", "planned_at": "'2020-01-01 00:00:00'", "assignment_id": "1"}
    for column in set(DECIDED) - {"id"}:
        value = moments.get(column, "'x'")
        refused(office.engine, f"UPDATE notices SET {column} = {value} WHERE assignment_id > 1")


def test_what_a_unit_asked_for_stays_and_its_answer_is_written_once(office: Office) -> None:
    """Of an open request only the answer may be written; of a decided one nothing, and no request is deleted."""
    moments = {"wanted_on": "'2030-01-01'", "due_before": "'2030-01-01'", "asked_at": "'2020-01-01 00:00:00'",
               "assignment_id": "1"}  # fmt: skip
    for column in set(ASKED) - {"id"}:
        refused(office.engine, f"UPDATE extensions SET {column} = {moments.get(column, repr('x'))}")
    refused(office.engine, "UPDATE extensions SET decision = 'được' WHERE state = 'refused'")
    refused(office.engine, "DELETE FROM extensions")
    with office.engine.begin() as connection:
        answer = "state = 'granted', granted_on = wanted_on, decided_by = 'x', decision = 'được'"
        assert connection.execute(text(f"UPDATE extensions SET {answer} WHERE state = 'asked'")).rowcount == 1
    assert proof(office.engine).ok


def test_what_becomes_of_a_notice_may_change(office: Office) -> None:
    """Its state, its reason, its letter and its sending day live on; the row stays."""
    with office.engine.begin() as connection:
        changed = connection.execute(
            text("UPDATE notices SET state = 'suppressed', reason = 'x', send_on = due_on, letter_id = NULL")
        )
    assert changed.rowcount
    refused(office.engine, "DELETE FROM notices")


def test_a_changed_value_that_is_the_same_value_is_no_change(office: Office) -> None:
    """An ORM that writes every column back is not refused."""
    with office.engine.begin() as connection:
        assert connection.execute(text("UPDATE notices SET step = step, recipient = recipient")).rowcount


def test_truncate_is_refused_too(postgres_engine: Engine) -> None:
    """PostgreSQL's way around row triggers is closed as well."""
    refused(postgres_engine, "TRUNCATE transitions")


# ------------------------------------------------------------------ the chain


def test_an_honest_ledger_is_proved(office: Office) -> None:
    """Everything is sealed, every link fits, and the head is the last link's hash."""
    found = proof(office.engine)

    assert found.ok, found.breaks
    assert found.unsealed == 0
    assert found.rows > 20
    with Session(office.engine) as session:
        links = session.exec(select(Seal).order_by(col(Seal.id))).all()
        assert {link.source for link in links} == {*SEALED, "plan_versions:kh"}
        assert found.head == links[-1].hash == head(session).hash


def test_a_row_has_the_same_text_on_both_databases(lived_file: Path, postgres_engine: Engine) -> None:
    """The chain outlives a move from SQLite to PostgreSQL: every sealed row reads the same there."""
    here = open_ledger(ledger_url(lived_file))
    with Session(here) as old, Session(postgres_engine) as new:
        new.execute(text("SET LOCAL session_replication_role = replica"))  # foreign keys are not what is moved here
        for table, _ in (*SEALED.values(), (PlanVersion, ())):
            rows = [dict(row) for row in old.execute(table.__table__.select()).mappings()]  # type: ignore[attr-defined]
            new.execute(insert(table), rows)
        for source in sources(old):
            moved = list(source.rows(new, 1, 10**9))

            assert moved == list(source.rows(old, 1, 10**9))
            assert moved
    here.dispose()


def test_sealing_with_nothing_new_writes_nothing(office: Office) -> None:
    """A tick on a quiet day costs a few look-ups and no row."""
    before = proof(office.engine).links

    assert sealed(office.engine) == 0
    assert proof(office.engine).links == before


def test_a_long_tail_is_sealed_in_bounded_runs(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """One call seals so many runs and no more; the next goes on where it stopped."""
    monkeypatch.setattr(audit, "RUN", 2)
    office.tick("2026-05-28")  # the second quarter opens
    waiting = proof(office.engine).unsealed

    assert sealed(office.engine, most=1) == 2
    assert proof(office.engine).unsealed == waiting - 2
    sealed(office.engine, most=None)
    assert proof(office.engine).ok
    assert proof(office.engine).unsealed == 0


def test_two_who_seal_at_once_make_one_chain(office: Office) -> None:
    """Two schedulers seal together: no fork, no row twice."""
    office.tick("2026-05-28")
    threads = [threading.Thread(target=sealed, args=(office.engine,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert proof(office.engine).ok
    assert proof(office.engine).unsealed == 0


def test_nothing_is_sealed_while_a_lower_id_may_still_appear(postgres_engine: Engine, house_rules: Any) -> None:
    """On PostgreSQL a writer that took a lower id and has not committed yet is waited for, and nobody deadlocks."""
    office = lived(postgres_engine, house_rules)
    row = {"assignment_id": 1, "move": "accept", "to_state": "reported", "at": at("2026-03-27", 11),
           "recorded_at": at("2026-03-27", 11), "by": "x"}  # fmt: skip
    with Session(postgres_engine) as slow, slow.begin():
        slow.add(Transition(**row))
        slow.flush()
        with transaction(postgres_engine) as session:
            session.add(Transition(**row))
        assert sealed(office.engine) == 0
    assert sealed(office.engine) == 2
    assert proof(office.engine).ok


# ------------------------------------------------------------------ tampering


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("transitions", "at = recorded_at, recorded_at = at, reason = 'x'"),
        ("transitions", "\"by\" = 'somebody else'"),
        ("transitions", "to_state = 'reported'"),
        ("notices", "recipient = 'x:dau_moi'"),
        ("notices", "planned_at = '2020-01-01 00:00:00+00'"),
        ("notices", "due_on = '2020-01-01'"),
        ("attempts", "outcome = 'unknown'"),
        ("attempts", "error = 'x'"),
        ("rule_versions", "spec = '{}'"),
        ("rule_versions", "since = '2020-01-01 00:00:00+00'"),
        ("submissions", "received_on = '2026-03-20'"),
        ("submissions", "reason_late = NULL"),
        ("answers", "result = 'in_progress'"),
        ("answers", "text = 'khác'"),
        ("indicator_values", "numerator = '12'"),
        ("evidence", "name = 'https://so.example/khac'"),
        ("extensions", "wanted_on = '2026-05-01'"),
        ("extensions", "reason = 'khác'"),
    ],
)
def test_a_changed_row_is_named(office: Office, tamper: Tamper, table: str, change: str) -> None:
    """Whatever column of whatever audited row is changed, the proof names its table and its id."""
    with Session(office.engine) as session:
        source = source_named(table)
        middle = sorted(session.exec(select(source.key)).all())
    which = middle[len(middle) // 2]
    if office.engine.dialect.name == "sqlite":
        change = change.replace("+00'", "'")
    tamper(f"UPDATE {table} SET {change} WHERE id = {which}")
    found = proof(office.engine)

    assert not found.ok
    assert (found.breaks[0].table, found.breaks[0].id, found.breaks[0].what) == (table, which, "changed")


def test_a_changed_plan_version_is_named(office: Office, tamper: Tamper) -> None:
    """What the plan said when it was applied cannot be rewritten either."""
    tamper("UPDATE plan_versions SET spec = '{}'")
    first = proof(office.engine).breaks[0]

    assert (first.table, first.id, first.what) == ("plan_versions:kh", 1, "changed")


@pytest.mark.parametrize("table", ["transitions", "notices", "attempts", "answers", "extensions"])
def test_a_deleted_row_is_named(office: Office, tamper: Tamper, table: str) -> None:
    """The first, one in the middle, or the last: a missing row is missed."""
    with Session(office.engine) as session:
        ids = sorted(session.exec(select(source_named(table).key)).all())
    for which in sorted({ids[0], ids[len(ids) // 2], ids[-1]}):
        tamper(f"DELETE FROM {table} WHERE id = {which}")
        missing = {(found.table, found.id) for found in proof(office.engine).breaks if found.what == "missing"}
        assert (table, which) in missing


def test_a_row_slipped_in_is_named(office: Office, tamper: Tamper) -> None:
    """A row with an id below what is sealed is one too many."""
    with Session(office.engine) as session:
        ids = sorted(row or 0 for row in session.exec(select(Transition.id)))
    gap = ids[2]
    tamper(f"UPDATE transitions SET id = 900001 WHERE id = {gap}")
    tamper(f"UPDATE transitions SET id = {gap} WHERE id = {ids[-1]}")
    whats = {(found.id, found.what) for found in proof(office.engine).breaks}

    assert (gap, "changed") in whats
    assert (ids[-1], "missing") in whats


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE seals SET digest = 'x' WHERE id = 2", "changed"),
        ("UPDATE seals SET at = '2020-01-01 00:00:00' WHERE id = 2", "changed"),
        ("UPDATE seals SET marks = '' WHERE id = 2", "changed"),
        ("UPDATE seals SET hash = 'x' WHERE id = 2", "changed"),
        ("UPDATE seals SET previous = 'x' WHERE id = 2", "link"),
        ("DELETE FROM seals WHERE id = 2", "missing"),
        ("DELETE FROM seals WHERE id = (SELECT max(id) FROM seals)", "cut"),
    ],
)
def test_a_changed_chain_is_noticed(office: Office, tamper: Tamper, statement: str, what: str) -> None:
    """Links are as safe as the rows they seal; the last one leaves a trace where heartbeats are kept."""
    tamper(statement)
    first = proof(office.engine).breaks[0]

    assert first.table == "seals"
    assert first.what == what


def test_a_chain_written_anew_is_found_with_the_hash_kept_outside(office: Office, tamper: Tamper) -> None:
    """Somebody who rewrites rows, chain and traces is found by the one thing they cannot reach."""
    kept = proof(office.engine).head
    tamper("UPDATE transitions SET reason = 'x' WHERE id = 3")
    tamper("DELETE FROM seals")
    tamper("DELETE FROM heartbeats")
    sealed(office.engine)

    assert proof(office.engine).ok
    assert proof(office.engine, expect=kept).breaks[0].what == "cut"


def test_the_hash_kept_outside_stays_good_as_the_chain_grows(office: Office) -> None:
    """A head of last year is still one of the links."""
    kept = proof(office.engine).head
    office.tick("2026-05-28")
    sealed(office.engine)

    assert proof(office.engine).head != kept
    assert proof(office.engine, expect=kept).ok


def test_a_letter_changed_after_it_was_sent_is_named(office: Office, tamper: Tamper) -> None:
    """The hash of what was said lies in the sealed try: subject, content and recipient are proved with it."""
    for column in ("subject", "body", "recipient"):
        tamper(f"UPDATE letters SET {column} = 'khác' WHERE id = 1")
        first = proof(office.engine).breaks[0]

        assert (first.table, first.id, first.what) == ("letters", 1, "changed")


def test_an_unsealed_tail_that_is_cut_leaves_a_trace(office: Office, tamper: Tamper) -> None:
    """Moves above the last link have no link to miss them, but their assignments do."""
    office.tick("2026-05-28")
    with Session(office.engine) as session:
        sealed_until = max(row.last_id for row in session.exec(select(Seal).where(Seal.source == "transitions")))
    tamper(f"DELETE FROM transitions WHERE id > {sealed_until}")

    assert {found.table for found in proof(office.engine).breaks} == {"transitions"}


# ------------------------------------------------------------------ by which rule


def test_changed_rules_become_a_new_version_once(office: Office) -> None:
    """The ladders are kept as they were each time they changed, and never twice in a row."""
    spec = office.rules.escalation.model_copy(update={"substitution": {"lead": ["tracker"]}})
    changed = Office(office.engine, type(office.rules)(days=office.rules.days, escalation=spec))
    changed.apply("2026-04-01")
    changed.apply("2026-04-02")
    office.apply("2026-04-03")

    with Session(office.engine) as session:
        versions = session.exec(select(RuleVersion).order_by(col(RuleVersion.id))).all()
    assert len(versions) == 3
    assert versions[0].fingerprint == versions[2].fingerprint != versions[1].fingerprint


@pytest.mark.parametrize("path", ["checkpoint", "nudge", "close"])
def test_whoever_decides_a_notice_notes_the_rules_it_was_decided_by(office: Office, path: str) -> None:
    """The ladders were edited and no tick has come: the first deed that plans under them notes them as well."""
    from actions.export_audit import rows

    spec = office.rules.escalation.model_copy(update={"substitution": {"lead": ["tracker"]}})
    changed = Office(office.engine, type(office.rules)(days=office.rules.days, escalation=spec))
    before = len(office.notices())
    now = at("2026-04-08", 9)
    with transaction(office.engine) as session:
        assignment = office.assignment(session, "kh quy 2026-Q1 th-1")
        if path == "checkpoint":
            advance(session, changed.rules, now, [assignment.occurrence_id])
        elif path == "nudge":
            nudge(session, changed.rules, [assignment], now)
        else:
            close_period(session, changed.rules, "kh", "2026-Q1", now, by="x", incomplete=True, reason="x")
    with reading(office.engine) as session:
        told = [row for row in rows(session) if row["notice"] > before and row["decided_at"] == now]

    assert told
    assert {row["rules_fingerprint"] for row in told} == {changed.rules.fingerprint}
    assert changed.rules.fingerprint != office.rules.fingerprint


def test_the_export_says_by_which_version_each_was_decided(office: Office) -> None:
    """A notice decided after a change of plan names the new version; those before keep the old one."""
    from actions.export_audit import rows

    office.apply("2026-04-01", plan_spec(title="Kế hoạch thử, sửa đổi"))
    office.tick("2026-05-28")
    with reading(office.engine) as session:
        told = list(rows(session))
        versions = {row["plan_version"] for row in told if f"{row['decided_at']:%m-%d}" < "04-01"}
        later = {row["plan_version"] for row in told if f"{row['decided_at']:%m-%d}" >= "04-01"}
        windowed = list(rows(session, plan="kh", first=at("2026-03-26").date(), last=at("2026-03-26").date()))

    assert (versions, later) == ({1}, {2})
    assert all(row["rules_fingerprint"] for row in told)
    assert {row["letter_state"] for row in told if row["state"] == "sent"} == {"sent"}
    assert windowed
    assert {row["decided_at"].date() for row in windowed} == {at("2026-03-26").date()}


def test_a_link_needs_a_row(office: Office) -> None:
    """A range without rows (ids that were given out and never used) makes no link."""
    with Session(office.engine) as session:
        assert make_link(session, source_named("notices"), 10_000, 20_000, 99, "x", at("2026-03-27")) is None
        assert seal(session, at("2026-03-27", 12)) == 0
        assert session.exec(select(Notice)).first()
