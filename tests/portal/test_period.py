"""A period's page: who has reported, who has not; confirm, close, nudge, and the consolidated report."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from actions.submit import Filing, submit_report
from models.accounts import Role
from models.database import reading, transaction
from models.ledger import Assignment, Occurrence
from models.lifecycle import State
from models.plan import Process
from models.units import Unit

from .conftest import SmallHouse, browser, visitor
from .ledger_rows import assignment_row
from .test_pages import counting, text_of
from .working_office import deeds, planned, rows_of, working_house

PERIOD = "/periods/kh/2026-Q1"


@pytest.fixture
def office(engine: Engine, tmp_path: Path) -> SmallHouse:
    """Three schools are two days late with the report of quarter I; the first one has just filed it."""
    house = working_house(engine, tmp_path)
    with transaction(house.engine) as session:
        mine = session.get_one(Assignment, rows_of(house)[0].id)
        filing = Filing(by="th-1", document="12/BC-TH1, 26/3/2026", reason_late="<i>bận</i>")
        submit_report(session, mine, filing, house.clock.now())
    return house


def test_it_says_who_has_reported_and_who_has_not(office: SmallHouse) -> None:
    """x of y, each unit's state, its paper, and what is still missing before the period can be closed."""
    page = text_of(browser(office).get(f"{PERIOD}?of={rows_of(office)[0].occurrence_id}").text)

    assert "1/3" in page
    assert "Truong 1 Đã nộp chờ xác nhận 27/03/2026 nộp muộn 12/BC-TH1, 26/3/2026" in page
    assert "Truong 2 Quá hạn, chưa nộp chậm 2 ngày làm việc – – Nhập thay đơn vị" in page
    assert "Phần báo cáo còn thiếu: 2" in page


def test_one_part_and_one_state_can_be_chosen(office: SmallHouse) -> None:
    """The report alone, or the task alone, or only those that are missing; kept in the address."""
    here = browser(office)
    report = rows_of(office)[0].occurrence_id
    alone, missing = here.get(f"{PERIOD}?of={report}").text, here.get(f"{PERIOD}?state=missing&of={report}").text

    assert len(re.findall(r'name="ids"', here.get(PERIOD).text)) == 4
    assert len(re.findall(r'name="ids"', alone)) == 3
    assert len(re.findall(r'name="ids"', missing)) == 2
    assert f"of={report}" in missing


def test_ticked_reports_are_confirmed(office: SmallHouse) -> None:
    """In one deed; a row of another period is refused whoever's it is."""
    rows, other = rows_of(office), rows_of(office, "khac")
    here = browser(office)
    wrong = here.post(f"{PERIOD}/accept", ids=str(other[0].id))
    done = here.post(f"{PERIOD}/accept", ids=str(rows[0].id))

    assert (wrong.status_code, done.status_code) == (409, 303)
    assert "không thuộc kỳ này" in wrong.text
    assert rows_of(office)[0].accepted_at is not None
    assert deeds(office)[-1] == ("accept", f"kh 2026-Q1: assignments {rows[0].id}", "done")


def test_a_period_is_closed_incomplete_only_with_a_reason(office: SmallHouse) -> None:
    """Without a word it is refused with who is missing and what was typed; with one the silent are missed."""
    here = browser(office)
    plainly = here.post(f"{PERIOD}/close")
    mute = here.post(f"{PERIOD}/close", incomplete="1", reason="  ")
    closed = here.post(f"{PERIOD}/close", incomplete="1", reason="đến hạn báo cáo UBND")
    again = here.post(f"{PERIOD}/close", incomplete="1", reason="x")

    assert [answer.status_code for answer in (plainly, mute, closed, again)] == [409, 409, 303, 409]
    assert "Còn 2 đơn vị chưa báo cáo (th-2, th-3…)" in plainly.text
    assert "--incomplete" not in plainly.text
    assert [row.state for row in rows_of(office)] == ["reported", "missed", "missed"]
    assert "đến hạn báo cáo UBND" in here.get(PERIOD).text


def test_those_who_are_missing_are_pressed_from_here(office: SmallHouse) -> None:
    """The button leads to the same preview, with the missing ones only, and changes nothing by itself."""
    page = browser(office).post("/press", every="1", plan="kh", period="2026-Q1", back=PERIOD).text

    assert "Truong 2" in page
    assert "Truong 3" in page
    assert f'href="{PERIOD}"' in page
    assert planned(office) == []


@pytest.mark.parametrize("form", ["docx", "xlsx", "csv"])
def test_the_consolidated_report_is_downloaded(office: SmallHouse, form: str) -> None:
    """As a file to keep, with the report that is in and the units that are missing."""
    answer = browser(office, Role.VIEWER).get(f"{PERIOD}/report.{form}")

    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="tong-hop-kh-2026-q1.{form}"'
    if form != "csv":
        assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None
    assert browser(office).get(f"{PERIOD}/report.exe").status_code == 404


def test_a_confidential_consolidation_is_for_those_who_may_read_it(office: SmallHouse) -> None:
    """A task of the period is confidential: a viewer is denied, its coordinator is not."""
    with transaction(office.engine) as session:
        session.exec(select(Process).where(Process.key == "kh:1")).one().confidential = True

    assert browser(office, Role.VIEWER).get(f"{PERIOD}/report.xlsx").status_code == 403
    assert browser(office, Role.COORDINATOR, plans=("kh",)).get(f"{PERIOD}/report.xlsx").status_code == 200
    assert "Việc có hạn" not in browser(office, Role.VIEWER).get(PERIOD).text
    assert "Việc có hạn" in browser(office, Role.COORDINATOR, plans=("kh",)).get(PERIOD).text


def test_the_table_is_a_file_too(office: SmallHouse) -> None:
    """CSV of the filtered rows."""
    lines = browser(office).get(f"{PERIOD}?state=missing&format=csv").content.decode("utf-8-sig").splitlines()

    assert [line.split(",")[0] for line in lines[1:]] == ["Truong 1", "Truong 2", "Truong 3"]


@pytest.mark.parametrize("path", ["/periods/none/2026", "/periods/kh/2031", "/periods/kh/%2e%2e"])
def test_a_period_that_is_not_there_is_said_so(office: SmallHouse, path: str) -> None:
    """A plan or a period nobody knows."""
    assert browser(office).get(path).status_code == 404


def test_it_costs_the_same_however_many_units_there_are(house: SmallHouse) -> None:
    """Ten times the schools, the same number of queries, and pages of a hundred."""
    visit = visitor(house)
    with counting(house.engine) as before:
        visit("/periods/kl50/2026")
    with transaction(house.engine) as session:
        report = session.exec(select(Occurrence).where(Occurrence.run_id == "5f0c")).one()
        for number in range(1000, 1400):
            session.add(Unit(id=f"u{number}", name=f"Trường {number}", short=f"Trường {number}", kind="truong"))
        session.flush()
        session.add_all(assignment_row(report, f"u{number}", State.OVERDUE) for number in range(1000, 1400))
    with counting(house.engine) as after:
        first = visit("/periods/kl50/2026").text

    assert len(after) == len(before) <= 15
    seen, path = re.findall(r'name="ids" value="(\d+)"', first), re.search(r'href="([^"]+after=\d+)" rel="next"', first)
    while path:
        page = visit(path[1].replace("&amp;", "&")).text
        seen += re.findall(r'name="ids" value="(\d+)"', page)
        path = re.search(r'href="([^"]+after=\d+)" rel="next"', page)
    assert len(seen) == len(set(seen)) == 442


def test_a_period_of_many_reports_reads_its_own_rows(office: SmallHouse) -> None:
    """Only what is asked of its own: lines of the report are not listed as if they owed something."""
    with reading(office.engine) as session:
        lines = session.exec(select(Assignment).where(Assignment.kind == "covered")).all()
    page = browser(office).get(PERIOD).text

    assert lines
    assert not [line for line in lines if f"/assignments/{line.id}?" in page]
