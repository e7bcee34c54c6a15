"""Gia hạn: asked for, granted or refused; the first day is kept, the new days have letters of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlmodel import Session, select
from typer.testing import Result as Outcome

from actions.decide import release_held
from actions.extend import ask_extension, grant_extension, pending_extensions, refuse_extension
from actions.move import Refused
from actions.reading import overdue_and_untold, rates, status_rows
from actions.submit import Filing, submit_report
from models.database import transaction
from models.ledger import Assignment, Extension
from models.outbox import NoticeState
from tests.office import Office, at

TH1 = "kh quy 2026-Q1 th-1"


def ask(office: Office, day: str, until: str, words: str = TH1) -> bool:
    """A unit asks for more time; whether it was flagged."""
    with transaction(office.engine) as session:
        return ask_extension(session, office.rules, office.assignment(session, words), at(day, 9), by="th-1",
                             until=date.fromisoformat(until), reason="thiếu số liệu").flagged  # fmt: skip


def grant(office: Office, day: str, words: str = TH1, until: str | None = None) -> bool:
    """The tracker grants it; whether it was flagged."""
    with transaction(office.engine) as session:
        given = date.fromisoformat(until) if until else None
        return grant_extension(
            session, office.rules, office.assignment(session, words), at(day, 10), by="tccb", until=given
        ).flagged


def refuse(office: Office, day: str, words: str = TH1, reason: str = "không có lý do chính đáng") -> None:
    """The tracker refuses it."""
    with transaction(office.engine) as session:
        refuse_extension(
            session, office.rules, office.assignment(session, words), at(day, 10), by="tccb", reason=reason
        )


def look(office: Office, words: str = TH1) -> Assignment:
    """One assignment as it stands."""
    with Session(office.engine) as session:
        return office.assignment(session, words)


def steps_of(office: Office, assignment: Assignment, **where: Any) -> list[str]:
    """The steps of one assignment's notices, each once."""
    return sorted({notice.step for notice in office.notices(assignment_id=assignment.id, **where)})


def test_a_grant_before_the_day_moves_every_day_and_keeps_the_first(office: Office) -> None:
    """Due on a Saturday: reminders count back from Friday, lateness begins after Monday; the lines move along."""
    ask(office, "2026-03-10", "2026-04-11")
    grant(office, "2026-03-11")
    report, line = look(office), look(office, "kh 2 2026-Q1 th-1")

    assert (report.state, report.extensions) == ("assigned", 1)
    assert (report.due_on, report.remind_from, report.late_after) == (
        date(2026, 4, 11), date(2026, 4, 10), date(2026, 4, 13))  # fmt: skip
    assert report.first_due_on == date(2026, 3, 25)
    assert (line.due_on, line.late_after, line.first_due_on) == (
        report.due_on, report.late_after, report.first_due_on)  # fmt: skip
    assert look(office, "kh quy 2026-Q1 th-2").due_on == date(2026, 3, 25)


def test_a_grant_after_the_day_takes_overdue_back_to_in_progress(office: Office) -> None:
    """Overdue, extended, in progress; the history says so and says until when."""
    office.tick("2026-03-27")
    ask(office, "2026-03-27", "2026-04-10")
    grant(office, "2026-03-27")

    assert look(office).state == look(office, "kh 2 2026-Q1 th-1").state == "in_progress"
    last = [move for move in office.transitions() if move.assignment_id == look(office).id][-1]
    assert (last.move, last.from_state, last.to_state) == ("extend", "overdue", "in_progress")
    assert "10/04/2026" in (last.reason or "")


def test_the_new_days_are_reminded_afresh_and_nothing_old_is_said_again(office: Office) -> None:
    """After a grant the two reminders and the late letter of the new day each come once, under keys of their own."""
    office.through("2026-02-25", "2026-03-27")
    ask(office, "2026-03-27", "2026-04-24", "kh quy 2026-Q1 th-2")
    grant(office, "2026-03-27", "kh quy 2026-Q1 th-2")
    letters = office.through("2026-03-28", "2026-04-28")
    mine = [(day, steps) for day, sent in letters.items() for who, steps in sent if who == "th-2:dau_moi"]

    assert mine == [("2026-04-15", ["nhac-1+1"]), ("2026-04-22", ["nhac-2+1"]), ("2026-04-28", ["qua-han+1"])]
    with Session(office.engine) as session:
        assert overdue_and_untold(session, date(2026, 4, 28)) == []


def test_letters_decided_for_the_old_day_are_not_sent_after_a_grant(office: Office) -> None:
    """What was planned this morning for the old day is suppressed with the reason."""
    office.tick("2026-03-26")
    ask(office, "2026-03-26", "2026-04-10")
    grant(office, "2026-03-26")
    sent = office.post("2026-03-26", 11)

    told = [step for who, steps in sent if who.startswith("th-1:") for step in steps]
    assert not [step for step in told if step.startswith(("qua-han", "nhac"))]
    late = [notice for notice in office.notices(assignment_id=look(office).id) if notice.step.startswith("qua-han")]
    assert {(notice.state, notice.reason) for notice in late} == {("suppressed", "đã gia hạn đến 10/04/2026")}


def test_one_request_is_open_at_a_time(office: Office) -> None:
    """A second request is refused and names the first; after the answer another may be asked."""
    ask(office, "2026-03-10", "2026-04-10")
    with pytest.raises(Refused, match="10/04/2026 đang chờ"):
        ask(office, "2026-03-11", "2026-04-15")

    refuse(office, "2026-03-12")
    ask(office, "2026-03-13", "2026-04-15")

    with Session(office.engine) as session:
        assert [request.wanted_on for request, _ in pending_extensions(session)] == [date(2026, 4, 15)]


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        (lambda o: ask(o, "2026-03-10", "2026-03-10"), "sau hôm nay"),
        (lambda o: ask(o, "2026-03-10", "2026-03-25"), "sau hạn hiện nay"),
        (lambda o: ask(o, "2026-03-10", "2026-04-10", "kh 2 2026-Q1 th-1"), "dòng của báo cáo"),
        (lambda o: grant(o, "2026-03-10"), "không có đề nghị"),
        (lambda o: refuse(o, "2026-03-10"), "không có đề nghị"),
        (lambda o: refuse(o, "2026-03-10", reason=" "), "nêu lý do"),
    ],
)
def test_what_cannot_be_extended_is_refused_and_changes_nothing(
    office: Office, deed: Callable[[Office], object], said: str
) -> None:
    """Each refusal is one sentence; the assignment and its history stay as they were."""
    before = (look(office).model_dump(), len(office.transitions()))
    with pytest.raises(Refused, match=said):
        deed(office)

    assert (look(office).model_dump(), len(office.transitions())) == before


def test_a_granted_day_that_has_passed_meanwhile_needs_another(office: Office) -> None:
    """Asked until 10/4, decided on 13/4: the old wish cannot be granted, a new day can."""
    ask(office, "2026-03-27", "2026-04-10")
    with pytest.raises(Refused, match="--until"):
        grant(office, "2026-04-13")

    grant(office, "2026-04-13", until="2026-04-20")

    assert look(office).due_on == date(2026, 4, 20)


def test_what_is_answered_needs_no_more_time(office: Office) -> None:
    """A reported report is not extended, even when the request came first."""
    ask(office, "2026-03-10", "2026-04-10")
    with transaction(office.engine) as session:
        submit_report(session, office.assignment(session, TH1), Filing(by="th-1"), at("2026-03-11", 9))

    with pytest.raises(Refused, match="không còn gì"):
        grant(office, "2026-03-12")

    refuse(office, "2026-03-12", reason="đã nộp")
    with Session(office.engine) as session:
        assert pending_extensions(session) == []


def test_the_third_extension_is_flagged(office: Office) -> None:
    """The first two are not, the third is, when it is asked for and when it is granted."""
    flags = []
    for month, day in ((4, 10), (4, 20), (4, 29)):
        flags += [ask(office, "2026-03-10", f"2026-{month:02d}-{day}"), grant(office, "2026-03-10")]

    assert flags == [False, False, False, False, True, True]
    assert look(office).extensions == 3


def test_the_leadership_waits_while_a_request_is_open_and_hears_after_a_refusal(office: Office) -> None:
    """The step falls due, is held without a day, cannot be released; refused, it waits for approval as usual."""
    office.through("2026-02-25", "2026-03-30")
    ask(office, "2026-03-30", "2026-05-15")
    office.through("2026-03-31", "2026-04-14")
    held = office.notices(assignment_id=look(office).id, step="lanh-dao")
    assert [(notice.state, notice.reason, notice.hold_until) for notice in held] == [
        (NoticeState.HELD, "chờ quyết định gia hạn", None)
    ]
    with pytest.raises(Refused, match="chờ quyết định gia hạn"), transaction(office.engine) as session:
        release_held(session, office.rules, [held[0].id or 0], at("2026-04-14", 9))
    other = office.notices(assignment_id=look(office, "kh quy 2026-Q1 th-2").id, step="lanh-dao")
    assert [(notice.state, notice.reason) for notice in other] == [(NoticeState.HELD, None)]

    refuse(office, "2026-04-15")
    again = office.notices(assignment_id=look(office).id, step="lanh-dao")[0]
    assert (again.state, again.reason, again.hold_until) == (NoticeState.HELD, None, date(2026, 4, 20))
    with transaction(office.engine) as session:
        release_held(session, office.rules, [again.id or 0], at("2026-04-15", 11))

    assert dict(office.post("2026-04-16"))["so/lanh-dao:thu_truong"] == ["lanh-dao"]


def test_a_step_already_held_waits_too_and_a_grant_drops_it(office: Office) -> None:
    """The leadership step was held for approval before the request: it waits, and is never said once granted."""
    office.through("2026-02-25", "2026-04-09")
    assert steps_of(office, look(office), state="held") == ["lanh-dao"]
    ask(office, "2026-04-09", "2026-05-15")
    assert office.notices(assignment_id=look(office).id, step="lanh-dao")[0].reason == "chờ quyết định gia hạn"

    grant(office, "2026-04-10")

    assert steps_of(office, look(office), state="held") == []


def test_both_rates_are_told(office: Office) -> None:
    """One unit on time, one on time only against its new day, one silent: 1 in 3 and 2 in 3."""
    with transaction(office.engine) as session:
        submit_report(session, office.assignment(session, "kh quy 2026-Q1 th-2"), Filing(by="x"), at("2026-03-20", 9))
    ask(office, "2026-03-20", "2026-04-10")
    grant(office, "2026-03-20")
    office.tick("2026-04-01")
    with Session(office.engine) as session:
        open_ = rates([row for row in status_rows(session, date(2026, 4, 1), office.rules.days) if row.task == "quy"])
    with transaction(office.engine) as session:
        submit_report(session, office.assignment(session, TH1), Filing(by="x"), at("2026-04-09", 9))
        rows = [row for row in status_rows(session, date(2026, 4, 9), office.rules.days) if row.task == "quy"]

    assert (open_["first_due"].on_time, open_["first_due"].of) == (1, 3)
    assert (open_["extended"].on_time, open_["extended"].of) == (1, 2)
    assert {name: rate.rate for name, rate in rates(rows).items()} == {"first_due": 0.3333, "extended": 0.6667}
    assert look(office).on_time is True


def test_an_extension_beyond_the_next_period_is_still_pressed(office: Office) -> None:
    """The ladder of a period ends as the next one opens, but not before the new day that was granted."""
    ask(office, "2026-03-10", "2026-06-10")
    grant(office, "2026-03-10")
    letters = office.through("2026-05-25", "2026-06-12")

    said = {step for sent in letters.values() for who, steps in sent if who == "th-1:dau_moi" for step in steps}
    assert {"nhac-1+1", "nhac-2+1", "qua-han+1"} <= said


def test_extend_on_the_command_line(run: Callable[..., Outcome], said: Callable[..., Any]) -> None:
    """Ask, grant and refuse with JSON; a status with both rates; wrong words are usage errors."""
    run("apply", "sgddt-hp-kl50", "--at", "2026-11-21")
    where = ("sgddt-hp-kl50", "nam", "2026", "sgddt-hp/khtc")
    asked = said("extend", *where, "--until", "2026-12-25", "--reason", "chờ số liệu", "--at", "2026-11-23")
    twice = run("extend", *where, "--until", "2026-12-28", "--reason", "x", "--at", "2026-11-23")
    pending = said("status", "--unit", where[3], "--at", "2026-11-23")
    granted = said("extend", *where, "--grant", "--at", "2026-11-24")
    direct = said("extend", *where, "--grant", "--until", "2026-12-28", "--reason", "công văn 5", "--at", "2026-11-24")
    third = said("extend", *where, "--until", "2026-12-30", "--reason", "nữa", "--at", "2026-11-25")
    refused = said("extend", *where, "--refuse", "--reason", "đã hai lần", "--at", "2026-11-25")
    status = said("status", "--plan", where[0], "--at", "2026-11-25")

    assert (asked["decision"], asked["flagged"], asked["due_on"]) == ("asked", False, "2026-12-14")
    assert twice.exit_code == 1
    assert "đang chờ quyết định" in twice.stderr
    assert "2026-12-25" in {row["extension_asked"] for row in pending["assignments"]}
    assert (granted["due_on"], granted["first_due_on"], granted["extensions"]) == ("2026-12-25", "2026-12-14", 1)
    assert (direct["due_on"], direct["extensions"], direct["answer"]) == ("2026-12-28", 2, "công văn 5")
    assert third["flagged"] is True
    assert (refused["decision"], refused["due_on"], refused["answer"]) == ("refused", "2026-12-28", "đã hai lần")
    assert set(status["rates"]) == {"first_due", "extended", "counts"}
    for words in (("--grant", "--refuse"), ("--until", "2026-12-30"), (), ("--refuse", "--until", "2026-12-30")):
        assert run("extend", *where, *words).exit_code == 2
    assert json.dumps(status["rates"])


def test_the_extension_rows_tell_the_whole_story(office: Office) -> None:
    """Who asked, when, why, for which day; who decided, when, and what."""
    ask(office, "2026-03-10", "2026-04-11")
    grant(office, "2026-03-11", until="2026-04-15")

    with Session(office.engine) as session:
        row = session.exec(select(Extension)).one()

    assert (row.state, row.wanted_on, row.granted_on, row.due_before) == (
        "granted", date(2026, 4, 11), date(2026, 4, 15), date(2026, 3, 25))  # fmt: skip
    assert (row.asked_by, row.decided_by, row.asked_at, row.decided_at) == (
        "th-1", "tccb", at("2026-03-10", 9), at("2026-03-11", 10))  # fmt: skip
