"""What a period's report holds: what was open in it, and the newest word of each unit."""

from __future__ import annotations

from datetime import datetime

import pytest

from actions.consolidate import consolidate
from actions.decide import send_back
from actions.move import Refused
from actions.submit import Filing, Line, submit_report
from models.database import reading, transaction
from models.lifecycle import Result
from models.papers import Consolidated, Part
from tests.office import Office, at, plan_spec, rules


@pytest.fixture
def office(engine) -> Office:  # type: ignore[no-untyped-def]
    """Two quarters, a task due in each, a quarterly report of three schools with one continuous line."""
    plan = plan_spec(
        tasks=[
            {"code": "1", "title": "Việc quý I", "lead": "th-1", "when": "Quý I/2026"},
            {"code": "2", "title": "Việc quý II", "lead": ["th-1", "th-2"], "when": "Quý II/2026"},
            {"code": "3", "title": "Việc thường xuyên", "lead": "truong", "when": "Thường xuyên"},
        ]
    )
    made = Office(engine, rules())
    made.apply("2026-01-05", plan)
    for day in ("2026-02-25", "2026-03-10", "2026-03-20"):
        made.tick(day)
    return made


def report(office: Office, words: str, day: str, **said: object) -> None:
    """A unit files."""
    with transaction(office.engine) as session:
        assignment = office.assignment(session, words)
        filing = Filing(by="cán bộ", **said)  # type: ignore[arg-type]
        submit_report(session, assignment, filing, at(day, 9))


def quarter(office: Office, period: str, now: datetime) -> Consolidated:
    """The report of a quarter."""
    with reading(office.engine) as session:
        return consolidate(session, office.rules.days, "kh", period, now)


def parts(data: Consolidated, title: str) -> list[Part]:
    """The parts of a piece of work."""
    return [part for work in (*data.dated, *data.undated, *data.reports) if work.title == title for part in work.parts]


def test_what_was_not_finished_is_carried_over(office: Office) -> None:
    """A task of the first quarter still open stands in the second one's report; done before it, it does not."""
    office.tick("2026-06-10")
    open_still = quarter(office, "2026-Q2", at("2026-06-10", 9))
    report(office, "kh 1 2026-Q1 th-1", "2026-06-10", received_on=at("2026-03-25").date(), document="1/KH")
    done_before = quarter(office, "2026-Q2", at("2026-06-10", 10))

    assert [part.standing for part in parts(open_still, "Việc quý I")] == ["Chưa hoàn thành, quá hạn"]
    assert parts(done_before, "Việc quý I") == []
    assert [part.standing for part in parts(quarter(office, "2026-Q1", at("2026-06-10", 10)), "Việc quý I")] == [
        "Hoàn thành đúng hạn"
    ]


def test_what_has_not_opened_waits_and_is_not_counted(office: Office) -> None:
    """The second quarter's task is named as not yet due, outside the totals."""
    data = quarter(office, "2026-Q1", at("2026-03-20", 9))

    assert [(work.title, work.waits) for work in data.waiting] == [("Việc quý II", "Chưa đến kỳ, hạn 30/06/2026")]
    assert parts(data, "Việc quý II") == []
    assert sum(count.period for count in data.tasks) == len([p for p in data.parts if p.kind != "report"])
    assert sum(count.period for count in data.reported) == 3


def test_a_returned_report_says_nothing_until_it_is_sent_again(office: Office) -> None:
    """Its lines are open again; the newest submission then stands for the older one, once."""
    with transaction(office.engine) as session:
        line = office.assignment(session, "kh 3 2026-Q1 th-1").id or 0
    old = {line: Line(Result.DONE, "bản cũ", None, "khó cũ", "đề xuất cũ")}
    new = {line: Line(Result.IN_PROGRESS, "bản mới", None, "khó mới", None)}
    report(office, "kh quy 2026-Q1 th-1", "2026-03-20", lines=old, narrative="lời cũ")
    first = quarter(office, "2026-Q1", at("2026-03-20", 10))
    with transaction(office.engine) as session:
        assignment = office.assignment(session, "kh quy 2026-Q1 th-1")
        send_back(session, office.rules, assignment, at("2026-03-20", 11), by="điều phối", reason="thiếu số liệu")
    returned = quarter(office, "2026-Q1", at("2026-03-20", 12))
    report(office, "kh quy 2026-Q1 th-1", "2026-03-23", lines=new, narrative="lời mới")
    again = quarter(office, "2026-Q1", at("2026-03-23", 10))

    assert [part.text for part in parts(first, "Việc thường xuyên")] == ["bản cũ", None, None]
    assert [remark.text for remark in first.difficulties] == ["khó cũ"]
    assert [part.result for part in parts(returned, "Việc thường xuyên")] == [None, None, None]
    assert (returned.difficulties, returned.proposals, returned.narratives) == ((), (), ())
    assert [part.text for part in parts(again, "Việc thường xuyên")] == ["bản mới", None, None]
    assert [remark.text for remark in again.difficulties] == ["khó mới"]
    assert [told.text for told in again.narratives] == ["lời mới"]


def test_an_unknown_period_names_the_known_ones(office: Office) -> None:
    """Refused, each known period once."""
    with pytest.raises(Refused, match="không có kỳ “2026-Q5”; có: 2026-Q"):
        quarter(office, "2026-Q5", at("2026-03-20", 9))
