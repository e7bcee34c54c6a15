"""Two deeds at once on one assignment: one winner, one clear refusal, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from actions.advance import advance
from actions.decide import close_period
from actions.gather_letters import gather_letters
from actions.move import Refused
from actions.submit import Filing, submit_report
from models.database import transaction
from models.ledger import Assignment, Occurrence, Transition
from models.outbox import Letter, Notice
from tests.office import Office, at, rules


@pytest.fixture(params=["engine", "postgres_engine"])
def office(request: pytest.FixtureRequest) -> Office:
    """The small office on each database, its first quarter open."""
    engine: Engine = request.getfixturevalue(request.param)
    made = Office(engine, rules())
    made.apply("2026-01-05")
    made.tick("2026-02-25")
    return made


def both(*deeds: Callable[[], object]) -> list[object]:
    """Run deeds at the same moment in threads; what each returned or raised."""
    results: list[object] = [None] * len(deeds)
    barrier = threading.Barrier(len(deeds))

    def run(index: int, deed: Callable[[], object]) -> None:
        barrier.wait()
        try:
            results[index] = deed()
        except Exception as error:
            results[index] = error

    threads = [threading.Thread(target=run, args=(n, deed)) for n, deed in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_two_reports_at_once_are_one_report(office: Office) -> None:
    """Two officers press send together: one submission stands and the other is told so."""

    def send(who: str) -> Callable[[], object]:
        def deed() -> object:
            with transaction(office.engine) as session:
                report = office.assignment(session, "kh quy 2026-Q1 th-1")
                return submit_report(session, report, Filing(by=who), at("2026-03-20", 9)).by

        return deed

    results = both(send("một"), send("hai"))

    assert sum(isinstance(result, Refused) for result in results) == 1, results
    with Session(office.engine) as session:
        moves = session.exec(select(Transition).where(Transition.move == "submit")).all()
        report = office.assignment(session, "kh quy 2026-Q1 th-1")
    assert len([move for move in moves if move.assignment_id == report.id]) == 1


def test_a_report_and_a_closing_at_once_have_one_outcome(office: Office) -> None:
    """Whoever comes second finds the state moved; the history has one last word."""

    def send() -> object:
        with transaction(office.engine) as session:
            report = office.assignment(session, "kh quy 2026-Q1 th-2")
            return submit_report(session, report, Filing(by="th-2", reason_late="mất điện"), at("2026-03-27", 9))

    def close() -> object:
        with transaction(office.engine) as session:
            return close_period(
                session, office.rules, "kh", "2026-Q1", at("2026-03-27", 9), by="tccb", incomplete=True, reason="x"
            )

    both(send, close)

    with Session(office.engine) as session:
        report = office.assignment(session, "kh quy 2026-Q1 th-2")
        moves = session.exec(select(Transition).where(Transition.assignment_id == report.id)).all()
        last = max(moves, key=lambda move: move.id or 0)
    assert report.state in ("reported", "missed")
    assert last.to_state == report.state
    assert len(moves) == 2


def test_two_ticks_at_once_decide_every_notice_once(office: Office) -> None:
    """Two schedulers lapse and plan together: no move and no notice is doubled."""

    def tick() -> None:
        with transaction(office.engine) as session:
            advance(session, office.rules, at("2026-03-26"))

    results = both(tick, tick, tick)

    assert not [result for result in results if result is not None]
    with Session(office.engine) as session:
        lapses = session.exec(select(Transition.assignment_id).where(Transition.move == "lapse")).all()
        notices = session.exec(select(Notice.assignment_id, Notice.step, Notice.recipient, Notice.channel)).all()
    assert len(lapses) == len(set(lapses)) == 6
    assert len(notices) == len(set(notices))


def test_two_openings_at_once_open_a_period_once(office: Office) -> None:
    """Two schedulers open the second quarter together: one set of assignments, one opening move each."""

    def tick() -> None:
        with transaction(office.engine) as session:
            advance(session, office.rules, at("2026-05-28"))

    both(tick, tick)

    with Session(office.engine) as session:
        query = (
            select(Assignment.id)
            .join(Occurrence, Occurrence.id == Assignment.occurrence_id)  # type: ignore[arg-type]
            .where(Occurrence.period == "2026-Q2")
        )
        ids = session.exec(query).all()
        opened = session.exec(select(Transition.assignment_id).where(Transition.move == "open")).all()
    assert len(ids) == 6
    assert len(opened) == len(set(opened))


def test_two_gatherings_at_once_make_one_letter(office: Office) -> None:
    """Two senders gather together: every notice lies in exactly one letter."""
    office.tick("2026-03-26")

    def gather() -> None:
        with transaction(office.engine) as session:
            gather_letters(session, office.rules, at("2026-03-26", 8))

    both(gather, gather)

    with Session(office.engine) as session:
        letters = session.exec(select(Letter.recipient)).all()
        loose = session.exec(select(Notice.id).where(Notice.state == "planned", Notice.letter_id == None)).all()  # noqa: E711
    assert len(letters) == len(set(letters))
    assert not loose
