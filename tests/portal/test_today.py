"""The front page and what waits: by unit, by plan, with figures that agree; and the answers given there."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from actions.concerns import raise_concern
from actions.extend import ask_extension
from actions.submit import Filing, submit_report
from models.accounts import Role
from models.database import reading, transaction
from models.forms import Concern, ConcernKind
from models.ledger import Assignment, Extension, Occurrence
from models.lifecycle import State
from models.outbox import Notice, NoticeState
from models.units import Unit
from portal.questions_today import ROWS, Filters, owed_rows

from .conftest import SmallHouse, Visit, browser, visitor
from .ledger_rows import NOW, assignment_row
from .test_pages import counting, text_of
from .working_office import deeds, rows_of, working_house

HTML = "<script>alert(1)</script>"


@pytest.fixture
def office(engine: Engine, tmp_path: Path) -> SmallHouse:
    """Three schools are two days late with the report of quarter I."""
    return working_house(engine, tmp_path)


def many_schools(house: SmallHouse, count: int = 200) -> None:
    """More late schools than one page shows."""
    with transaction(house.engine) as session:
        report = session.exec(select(Occurrence).where(Occurrence.run_id == "5f0c")).one()
        for number in range(1000, 1000 + count):
            session.add(Unit(id=f"u{number}", name=f"Trường {number}", short=f"Trường {number}", kind="truong",
                             position=number, folded=f"truong {number}"))  # fmt: skip
        session.flush()
        for number in range(1000, 1000 + count):
            session.add(assignment_row(report, f"u{number}", State.OVERDUE))


# ------------------------------------------------------------------------------------------------- what stands there


def test_today_says_by_unit_what_is_late_and_by_how_many_working_days(visit: Visit) -> None:
    """The late school is a heading, and below it stand its report, the period, the day and working days late."""
    page = text_of(visit("/").text)

    assert "Trường THCS số 1 (mẫu) 1 Đôn đốc đơn vị này Báo cáo năm năm 2026 · kl50 14/12/2026 " in page
    assert "chậm 4 ngày làm việc Quá hạn, chưa nộp" in page
    assert "III.2(8) Hoàn thiện chính sách &lt;hỗ trợ&gt; người chịu tác động năm 2026 · kl50 22/12/2026" in page


def test_today_counts_what_is_owed_and_never_the_lines_of_a_report(visit: Visit) -> None:
    """Two late reports, two tasks due this week, and what waits: the covered lines are in no figure."""
    page = text_of(visit("/").text)

    assert "2 Quá hạn 2 Đến hạn trong 7 ngày 42 Chờ xử lý 2 Thư chưa đến nơi" in page
    assert "Báo cáo năm kl50 · năm 2026 · hạn 14/12/2026 38/40 Quá hạn tiến trình" in page


def test_the_counters_are_asked_again_by_themselves(visit: Visit) -> None:
    """The fragment that the page polls is the same piece of the page, with the same filter."""
    page, piece = visit("/?plan=kl50").text, visit("/counters?plan=kl50").text

    assert 'hx-get="/counters?plan=kl50" hx-trigger="every 30s"' in page
    assert piece.strip() in page
    assert "<html" not in piece


def test_search_needs_no_diacritics(house: SmallHouse) -> None:
    """ "so 2" finds "số 2"; what a pattern would mean is only text."""
    with transaction(house.engine) as session:
        for unit in session.exec(select(Unit)):
            unit.folded = unit.name.lower().replace("ố", "o").replace("ờ", "o").replace("ư", "u")
    visit = visitor(house)

    assert "THCS số 2" in visit("/?unit=SO+2").text
    assert "Trường THCS số 1<" not in visit("/?unit=so+2").text
    assert "Không có dòng nào hợp với bộ lọc." in visit("/?unit=%25").text


def test_filters_live_in_the_address(visit: Visit) -> None:
    """A state and a plan narrow the rows, stay in the form and in the address of the file."""
    page = visit("/?state=overdue&plan=kl50").text

    assert "22/12/2026 còn" not in text_of(page)
    assert '<option value="overdue" selected>' in page
    assert 'href="/?state=overdue&amp;plan=kl50&amp;format=csv"' in page
    assert "Không có dòng nào hợp với bộ lọc." in visit("/?plan=cchc-2024").text


def test_paging_shows_every_row_once(house: SmallHouse) -> None:
    """By the key of the last row, in the order of the office, until the end."""
    many_schools(house)
    visit = visitor(house)
    seen: list[str] = []
    path = "/"
    while path:
        page = visit(path).text
        seen += re.findall(r'name="ids" value="(\d+)"', page)
        more = re.search(r'href="(/\?after=\d+)" rel="next"', page)
        path = more[1] if more else ""

    assert len(seen) == len(set(seen)) == 204
    assert len(seen) > 3 * ROWS


def test_the_list_is_a_file_too(visit: Visit) -> None:
    """CSV of the whole filtered list."""
    answer = visit("/?state=overdue&format=csv")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert lines[1] == (
        "Trường THCS số 1,kl50,,Báo cáo năm,năm 2026,2026-12-14,2026-12-14,\"Quá hạn, chưa nộp\",4"
    )


def test_an_empty_morning_says_what_to_do_next(engine: Engine) -> None:
    """No plan: what to run. Nothing waiting: said so."""
    page = visitor(SmallHouse(engine))

    assert "dondoc apply" in page("/").text
    assert "Không có gì chờ xử lý." in page("/waiting").text


@pytest.mark.parametrize("path", ["/", "/?state=overdue&unit=truong", "/counters", "/waiting", "/waiting?what=reports"])
def test_it_costs_the_same_however_many_units_there_are(house: SmallHouse, path: str) -> None:
    """Ten times the rows, the same number of queries."""
    visit = visitor(house)
    with counting(house.engine) as before:
        visit(path)
    many_schools(house, 400)
    with counting(house.engine) as after:
        visit(path)

    assert len(after) == len(before) <= 30


def test_what_is_owed_is_read_from_its_own_index(house: SmallHouse) -> None:
    """Among many answered rows only what is owed is read, through its own index, by whichever filter."""
    with transaction(house.engine) as session:
        report = session.exec(select(Occurrence).where(Occurrence.run_id == "5f0c")).one()
        for number in range(3000):
            session.add(Unit(id=f"v{number}", name="x", short="x", kind="truong", position=100 + number))
        session.flush()
        session.add_all(assignment_row(report, f"v{number}", State.REPORTED) for number in range(3000))
    with house.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
    for filters in (Filters(), Filters(plan="kl50"), Filters(unit="so"), Filters(state="overdue")):
        with counting(house.engine) as statements, reading(house.engine) as session:
            owed_rows(session, NOW.date(), filters, limit=10)
        with house.engine.connect() as connection:
            marks = ("kl50",) * statements[-1].count("?")
            steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statements[-1]}", marks)
            plan = " / ".join(str(row[3]) for row in steps)

        assert filters.plan or "ix_assignments_owed" in plan
        assert "SCAN assignments" not in plan.replace("SCAN assignments USING INDEX ix_assignments_owed", "")


# ------------------------------------------------------------------------------------------------- who sees what


def test_a_coordinator_sees_the_own_plans_first(office: SmallHouse) -> None:
    """The other plan stands one click away, without a box to tick."""
    here = browser(office, Role.COORDINATOR, plans=("kh",))
    own, all_ = here.get("/").text, here.get("/?all=1").text

    assert "<code>khac</code>" not in own.split('id="plans"')[0]
    assert "<code>khac</code>" in all_.split('id="plans"')[0]
    ticks = set(map(int, re.findall(r'name="ids" value="(\d+)"', all_)))
    assert ticks == {row.id for kind in ("report", "dated") for row in rows_of(office, "kh", kind)}


def test_a_viewer_sees_all_and_can_press_nothing(office: SmallHouse) -> None:
    """No box, no button, no form but the filter and the way out."""
    page = browser(office, Role.VIEWER).get("/").text

    assert "<code>khac</code>" in page
    assert "Đôn đốc" not in text_of(page)
    assert 'name="ids"' not in page
    assert "<form" not in browser(office, Role.VIEWER).get("/waiting").text.split("<main", 1)[1]


def test_confidential_titles_are_the_coordinators_own(house: SmallHouse) -> None:
    """Who has the plan reads the title; a viewer and another plan's coordinator do not, in the file neither."""
    mine = browser(house, Role.COORDINATOR, plans=("kl50",)).get("/").text
    others = browser(house, Role.COORDINATOR, plans=("cchc-2024",)).get("/?all=1").text
    viewers = browser(house, Role.VIEWER).get("/?format=csv").text

    assert "Nội dung mật" in mine
    assert "Nội dung mật" not in others + viewers
    assert "Nội dung không hiển thị" in others


# ------------------------------------------------------------------------------------------------- answers


def asks_for_time(house: SmallHouse, text: str = "chờ số liệu", plan: str = "kh") -> int:
    """A school asks for more time; the number of its request."""
    with transaction(house.engine) as session:
        mine = session.get_one(Assignment, rows_of(house, plan)[0].id)
        asked = ask_extension(session, house.rules, mine, house.clock.now(), by="th-1", until=date(2026, 4, 10),
                              reason=text)  # fmt: skip
        return asked.extension.id or 0


def says(house: SmallHouse, text: str, kind: ConcernKind = ConcernKind.OBSTACLE, rather: str | None = None) -> int:
    """A school has an obstacle; its number."""
    with transaction(house.engine) as session:
        mine = session.get_one(Assignment, rows_of(house)[0].id)
        return raise_concern(session, mine, kind, text, "th-1", house.clock.now(), rather).id or 0


def test_a_request_for_time_is_granted_on_the_page(office: SmallHouse) -> None:
    """With the day asked for in its field; a Vietnamese day is read too; the first day stays known."""
    number = asks_for_time(office)
    here = browser(office)
    page = here.get("/waiting").text
    answer = here.post(f"/waiting/extensions/{number}", decision="grant", until="12/4/2026", reason="đồng ý")

    assert 'value="2026-04-10"' in page
    assert answer.status_code == 303
    row = rows_of(office)[0]
    assert (row.due_on, row.first_due_on, row.state) == (date(2026, 4, 12), date(2026, 3, 25), "in_progress")
    assert deeds(office)[-1] == ("extend", f"extension {number}", "done")


def test_a_refusal_needs_its_reason_and_keeps_what_was_typed(office: SmallHouse) -> None:
    """Without a reason: the sentence beside the form, and nothing changed. With one: refused for good."""
    number = asks_for_time(office)
    here = browser(office)
    empty = here.post(f"/waiting/extensions/{number}", decision="refuse", until="2026-04-30", reason=" ")
    said = here.post(f"/waiting/extensions/{number}", decision="refuse", reason="đã gia hạn một lần")
    again = here.post(f"/waiting/extensions/{number}", decision="grant", until="2026-04-10")

    assert (empty.status_code, said.status_code, again.status_code) == (409, 303, 409)
    assert "Từ chối gia hạn phải nêu lý do." in empty.text
    assert 'value="2026-04-30"' in empty.text
    with Session(office.engine) as session:
        assert session.get_one(Extension, number).state == "refused"


def test_an_obstacle_is_answered_once(office: SmallHouse) -> None:
    """The answer is kept; a second one is refused with who was first."""
    number = says(office, "Chưa có kinh phí")
    here = browser(office)
    first, second = (here.post(f"/waiting/concerns/{number}", answer=text) for text in ("Đã đề nghị", "Khác"))

    assert (first.status_code, second.status_code) == (303, 409)
    with Session(office.engine) as session:
        assert session.get_one(Concern, number).answer == "Đã đề nghị"


def test_reports_are_confirmed_in_bulk(office: SmallHouse) -> None:
    """Ticked rows with their lines; what was confirmed already is not confirmed again."""
    ids = [row.id or 0 for row in rows_of(office)[:2]]
    with transaction(office.engine) as session:
        for number in ids:
            filing = Filing(by="x", document="1/BC", reason_late="bận")
            submit_report(session, session.get_one(Assignment, number), filing, office.clock.now())
    here = browser(office)
    shown = here.get("/waiting?what=reports").text
    done = here.ask("POST", "/waiting/reports", None, data={"_csrf": here.csrf, "ids": [str(n) for n in ids]})

    assert all(f'name="ids" value="{number}"' in shown for number in ids)
    assert done.status_code == 303
    assert [row.accepted_at is not None for row in rows_of(office)] == [True, True, False]
    assert here.post("/waiting/reports", ids=str(ids[0])).status_code == 409


@pytest.mark.parametrize(("drop", "state"), [("", NoticeState.PLANNED), ("1", NoticeState.SUPPRESSED)])
def test_held_steps_are_released_or_dropped(house: SmallHouse, drop: str, state: NoticeState) -> None:
    """A click lets it go with the next letters, or never."""
    with Session(house.engine) as session:
        held = session.exec(select(Notice.id).where(Notice.state == NoticeState.HELD)).one()
    answer = browser(house).post("/waiting/held", ids=str(held), drop=drop)

    assert answer.status_code == 303
    with Session(house.engine) as session:
        assert session.get_one(Notice, held).state == state


def test_an_event_is_recorded_with_its_document(house: SmallHouse) -> None:
    """Without number or day: a sentence beside the form. With both: recorded, and it waits no more."""
    here = browser(house)
    answers = [
        here.post("/waiting/milestones", plan="kl50", name="qd", **fields).status_code
        for fields in ({}, {"document": "5/QĐ"}, {"document": "5/QĐ", "on": "2027-01-01"},
                       {"document": "5/QĐ", "on": "hôm qua"}, {"document": "5/QĐ", "on": "17/12/2026"})
    ]  # fmt: skip

    assert answers == [409, 409, 409, 409, 303]
    assert "Quyết định UBND tỉnh" not in here.get("/waiting").text


def test_what_a_unit_wrote_is_text(office: SmallHouse) -> None:
    """HTML in a reason, an obstacle, a plan's title, or an answer that was refused stays words."""
    number = asks_for_time(office, HTML)
    says(office, HTML)
    here = browser(office)
    pages = here.get("/waiting").text + here.get("/").text
    pages += here.post(f"/waiting/extensions/{number}", decision="refuse", until=HTML, reason='"><b>x').text

    assert HTML not in pages
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in pages
    assert '"><b>x' not in pages
    assert "<b>khác</b>" not in pages
