"""One assignment's page: its facts and history, the deeds on it, its evidence; and who may do what to it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from actions.concerns import raise_concern
from actions.evidence import path_of
from actions.submit import UNSAID
from config.settings import Settings
from models.accounts import Role
from models.database import transaction
from models.forms import ConcernKind
from models.ledger import Answer, Assignment, Evidence, Submission
from models.plan import Process

from .conftest import SECRET, Browser, SmallHouse, browser
from .test_pages import counting, text_of
from .working_office import FixedClock, deeds, number_of, rows_of, working_house

HTML = "<script>alert(1)</script>"
PDF = b"%PDF-1.4\n%%EOF\n"
POSTS = (
    "/assignments/{}/start", "/assignments/{}/accept", "/assignments/{}/return", "/assignments/{}/ask",
    "/assignments/{}/grant", "/assignments/{}/extend", "/assignments/{}/refuse", "/assignments/{}/withdraw",
    "/assignments/{}/report", "/press", "/press/send", "/waiting/reports", "/periods/{plan}/2026-Q1/accept",
    "/periods/{plan}/2026-Q1/close", "/waiting/milestones",
)  # fmt: skip


@pytest.fixture
def office(engine: Engine, tmp_path: Path) -> SmallHouse:
    """Three schools are two days late with the report of quarter I; a task is due in four days."""
    return working_house(engine, tmp_path)


def task(house: SmallHouse) -> int:
    """The dated task of the first school."""
    return number_of(house, "kh 1 2026-Q1 th-1")


def filed(house: SmallHouse, here: Browser, **fields: Any) -> int:
    """Enter the first school's late report; its assignment."""
    number = rows_of(house)[0].id or 0
    answer = here.post(f"/assignments/{number}/report", **({"reason_late": "bận", "number": "12/BC"} | fields))
    assert answer.status_code == 303
    return number


# ------------------------------------------------------------------------------------------------- what stands there


def test_it_shows_the_days_the_reason_and_what_was_sent(office: SmallHouse) -> None:
    """First day, last day on time, the phrase as printed and why; the letters with their state; each move."""
    page = text_of(browser(office).get(f"/assignments/{rows_of(office)[0].id}").text)

    assert "Truong 1 Quá hạn, chưa nộp chậm 2 ngày làm việc" in page
    assert "Báo cáo quý: ngày 25 tháng cuối của quý" in page
    assert "Vì sao là ngày này" in page
    assert "Quá hạn Quá hạn, chưa nộp lịch" in page
    assert "qua-han Truong 1 · Đầu mối · email Đã gửi" in page
    assert "Việc thường xuyên" in page


def test_a_line_of_a_report_leads_to_its_report(office: SmallHouse) -> None:
    """No deed is offered on a line: what is done is done at the report."""
    with Session(office.engine) as session:
        line = session.exec(select(Assignment).where(Assignment.kind == "covered")).first()
        assert line
    page = browser(office).get(f"/assignments/{line.id}").text

    assert f'href="/assignments/{line.covered_by}"' in page
    assert 'id="deeds"' not in page


def test_confidential_work_is_shown_to_its_own_coordinator_only(office: SmallHouse) -> None:
    """Title, answers, reasons and files of a confidential task: nothing of them for a viewer."""
    number = task(office)
    browser(office).post(f"/assignments/{number}/ask", until="2026-04-20", reason="lý do kín")
    with transaction(office.engine) as session:
        session.exec(select(Process).where(Process.key == "kh:1")).one().confidential = True
    viewer = browser(office, Role.VIEWER).get(f"/assignments/{number}").text
    mine = browser(office, Role.COORDINATOR, plans=("kh",)).get(f"/assignments/{number}").text

    assert "Việc có hạn" not in viewer
    assert "lý do kín" not in viewer
    assert "lý do kín" in mine


def test_the_page_costs_the_same_however_many_units_there_are(office: SmallHouse) -> None:
    """One school or many, a report with lines or a task: a fixed number of queries."""
    here = browser(office)
    costs = []
    for number in (rows_of(office)[0].id, rows_of(office)[1].id):
        with counting(office.engine) as seen:
            here.get(f"/assignments/{number}")
        costs.append(len(seen))

    assert costs[0] == costs[1] <= 24


# ------------------------------------------------------------------------------------------------- deeds


def test_a_paper_that_came_in_time_counts_as_in_time(office: SmallHouse) -> None:
    """Entered two days after the deadline with the day it was received: nộp đúng hạn, with its number, day and file."""
    number = rows_of(office)[0].id or 0
    here = browser(office)
    answer = here.post(
        f"/assignments/{number}/report", number="12/BC-TH1", dated="24/3/2026", received_on="2026-03-25",
        result="done", back="/periods/kh/2026-Q1", files={"files": ("bao-cao.pdf", PDF, "application/pdf")},
    )  # fmt: skip
    row = rows_of(office)[0]

    assert answer.status_code == 303
    assert answer.headers["location"] == "/periods/kh/2026-Q1"
    assert (row.state, row.on_time, row.received_on) == ("reported", True, date(2026, 3, 25))
    with Session(office.engine) as session:
        assert session.exec(select(Submission.document)).one() == "12/BC-TH1, 24/03/2026"
    assert deeds(office)[-1] == ("report", f"assignment {number}", "done")


def test_each_line_may_say_something_else(office: SmallHouse) -> None:
    """One result for the report, another for a line; a number that is no line of it changes nothing."""
    with Session(office.engine) as session:
        report = rows_of(office)[0]
        line = session.exec(select(Assignment).where(Assignment.covered_by == report.id)).one()
    others = rows_of(office)[1].id
    lines = {f"line-{line.id}": "nothing", f"text-{line.id}": "không có", f"line-{others}": "done"}
    filed(office, browser(office), **lines)
    with Session(office.engine) as session:
        said = {one.assignment_id: (one.result, one.text) for one in session.exec(select(Answer))}

    assert said == {report.id: ("done", None), line.id: ("nothing", "không có")}


def test_a_late_paper_without_its_reason_is_entered_and_says_so(office: SmallHouse) -> None:
    """A coordinator who holds the paper may not know why it is late: it is entered, not refused."""
    answer = browser(office).post(f"/assignments/{rows_of(office)[0].id}/report", number="77/BC")

    assert answer.status_code == 303
    with Session(office.engine) as session:
        assert [one.reason_late for one in session.exec(select(Submission))] == [UNSAID]
    assert (rows_of(office)[0].state, rows_of(office)[0].on_time) == ("reported", False)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"received_on": "2026-03-30"}, "còn ở phía trước"),
        ({"received_on": "32/13/2026"}, "không phải là ngày"),
        ({"received_on": "2026-03-25", "result": "perfect"}, "không có"),
        ({"received_on": "2026-03-25", "links": "javascript:alert(1)"}, "không phải là đường dẫn web"),
        ({"received_on": "2026-03-25", "text": "x" * 20_001}, "dài quá"),
    ],
)
def test_what_cannot_be_entered_is_a_sentence_and_what_was_typed_stays(
    office: SmallHouse, fields: dict[str, str], why: str
) -> None:
    """Refused beside the form, with the number already typed; nothing is filed."""
    number = rows_of(office)[0].id
    answer = browser(office).post(f"/assignments/{number}/report", number="77/BC-GIỮ", **fields)

    assert answer.status_code == 409
    assert why in answer.text
    assert "--" not in text_of(answer.text).split("Việc làm", 1)[1].split("Số, ký hiệu văn bản", 1)[0]
    assert "77/BC-GIỮ" in answer.text or len(fields.get("text", "")) > 20_000
    assert rows_of(office)[0].state == "overdue"


def test_a_program_is_no_evidence(office: SmallHouse) -> None:
    """Judged by its content: refused, and nothing filed."""
    number = rows_of(office)[0].id
    answer = browser(office).post(
        f"/assignments/{number}/report", reason_late="x", files={"files": ("a.pdf", b"MZ\x90", "application/pdf")}
    )

    assert answer.status_code == 409
    assert "là chương trình" in answer.text
    assert rows_of(office)[0].state == "overdue"


def test_confirm_and_return(office: SmallHouse) -> None:
    """Returned with a reason and a day: it is owed again; filed again, it is confirmed."""
    here = browser(office)
    number = filed(office, here)
    mute = here.post(f"/assignments/{number}/return", reason=" ")
    back = here.post(f"/assignments/{number}/return", reason="thiếu phụ lục", redo_by="2026-04-03")
    row = rows_of(office)[0]

    assert (mute.status_code, back.status_code) == (409, 303)
    assert (row.state, row.redo_by) == ("in_progress", date(2026, 4, 3))
    filed(office, here)
    assert here.post(f"/assignments/{number}/accept").status_code == 303
    assert here.post(f"/assignments/{number}/accept").status_code == 409
    assert rows_of(office)[0].accepted_at is not None


def test_start_extend_withdraw(office: SmallHouse) -> None:
    """Begun, extended without a request, stopped with its ground; each once, each recorded."""
    here, number = browser(office), task(office)
    answers = [
        here.post(f"/assignments/{number}/start"),
        here.post(f"/assignments/{number}/extend", until="2026-04-20"),
        here.post(f"/assignments/{number}/extend", until="20/4/2026", reason="chờ hướng dẫn"),
        here.post(f"/assignments/{number}/ask", until="2026-04-30", reason="chờ tiếp"),
        here.post(f"/assignments/{number}/refuse", reason="không"),
        here.post(f"/assignments/{number}/withdraw", ground=""),
        here.post(f"/assignments/{number}/withdraw", ground="QĐ 5/QĐ-UBND"),
        here.post(f"/assignments/{number}/start"),
    ]

    assert [answer.status_code for answer in answers] == [303, 409, 303, 303, 303, 409, 303, 409]
    row = rows_of(office, "kh", "dated")[0]
    assert (row.state, row.due_on, row.extensions) == ("withdrawn", date(2026, 4, 20), 1)
    assert [outcome for *_, outcome in deeds(office)].count("refused") == 3


def test_an_unknown_deed_is_no_page(office: SmallHouse) -> None:
    """Neither a method by its name nor another assignment's number."""
    here = browser(office)

    assert here.post(f"/assignments/{task(office)}/__class__").status_code == 404
    assert here.post("/assignments/999/start").status_code == 404
    assert here.get("/assignments/999").status_code == 404
    assert here.get("/assignments/99999999999999999999").status_code in (404, 422)


def test_a_return_address_stays_within_the_portal(office: SmallHouse) -> None:
    """No form sends anybody to another host."""
    answer = browser(office).post(f"/assignments/{task(office)}/start", back="https://bad.example/")

    assert answer.headers["location"] == f"/assignments/{task(office)}"


# ------------------------------------------------------------------------------------------------- evidence


@pytest.fixture
def proof(office: SmallHouse) -> tuple[int, Evidence]:
    """A late report with a file of a difficult name."""
    number = filed(office, browser(office), files={"files": ("Báo cáo \"quý\".pdf", PDF, "text/html")})
    with Session(office.engine) as session:
        return number, session.exec(select(Evidence).where(Evidence.kind == "file")).one()


def test_a_file_is_kept_and_never_shown_by_the_browser(office: SmallHouse, proof: tuple[int, Evidence]) -> None:
    """An attachment of its own type, which the browser may not guess; the bytes are those that were sent."""
    number, evidence = proof
    answer = browser(office, Role.VIEWER).get(f"/assignments/{number}/evidence/{evidence.id}")

    assert answer.content == PDF
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


def test_a_file_is_found_through_its_own_assignment_only(office: SmallHouse, proof: tuple[int, Evidence]) -> None:
    """Another assignment's number, another evidence's, a path, a hash: not there."""
    number, evidence = proof
    here = browser(office)
    other = rows_of(office)[1].id

    for path in (
        f"/assignments/{other}/evidence/{evidence.id}", f"/assignments/{number}/evidence/999",
        f"/assignments/{number}/evidence/..%2f..%2fledger.db", f"/assignments/{number}/evidence/{evidence.sha256}",
    ):  # fmt: skip
        assert here.get(path).status_code == 404


@pytest.mark.parametrize("stored", ["../../../../etc/passwd", "/etc/passwd", "..", "", "A" * 64])
def test_a_ledger_that_was_tampered_with_opens_no_other_file(engine: Engine, tmp_path: Path, stored: str) -> None:
    """What stands in the row is a hash or nothing is read."""
    office = working_house(engine, tmp_path)
    number = filed(office, browser(office))
    with transaction(engine) as session:
        answer = session.exec(select(Answer).where(Answer.assignment_id == number)).one()
        row = Evidence(submission_id=answer.submission_id, kind="file", name="x.pdf", sha256=stored, size=1,
                       media_type="application/pdf", added_at=office.clock.now(), added_by="x")  # fmt: skip
        session.add(row)
        session.flush()
        evidence = row.id

    assert browser(office).get(f"/assignments/{number}/evidence/{evidence}").status_code == 404


def test_a_lost_file_is_said_so(office: SmallHouse, proof: tuple[int, Evidence]) -> None:
    """The row is there and the file is not: a sentence with the cure."""
    number, evidence = proof
    path_of(office.settings.home, evidence.sha256 or "").unlink()
    answer = browser(office).get(f"/assignments/{number}/evidence/{evidence.id}")

    assert answer.status_code == 404
    assert "khôi phục từ bản sao lưu" in answer.text


# ------------------------------------------------------------------------------------------------- who may do what


def paths(house: SmallHouse) -> list[str]:
    """Every deed of these pages, on the plan `kh`."""
    return [path.format(rows_of(house)[0].id, plan="kh") for path in POSTS]


def fields_of(house: SmallHouse) -> dict[str, str]:
    """A form that would do something."""
    return {"ids": str(rows_of(house)[0].id), "reason": "x", "until": "2026-04-20", "plan": "kh", "name": "x"}


def test_nobody_without_the_right_does_anything(office: SmallHouse) -> None:
    """A viewer, another plan's coordinator, a unit's officer, a stranger: refused everywhere, and nothing changed."""
    before = [(row.state, row.due_on, row.accepted_at) for row in rows_of(office)]
    visitors = {
        "viewer": browser(office, Role.VIEWER),
        "coordinator": browser(office, Role.COORDINATOR, plans=("khac",)),
        "officer": browser(office, Role.OFFICER, unit="th-1"),
    }
    for path in paths(office):
        for name, here in visitors.items():
            assert here.post(path, **fields_of(office)).status_code == 403, (name, path)
        assert browser(office, None).post(path, **fields_of(office)).status_code in (303, 403), path

    assert [(row.state, row.due_on, row.accepted_at) for row in rows_of(office)] == before
    assert {outcome for *_, outcome in deeds(office)} <= {"denied", "done"}


def test_an_officer_does_not_look_at_the_office(office: SmallHouse) -> None:
    """Not even at the own assignment: the unit's own page is another one."""
    here = browser(office, Role.OFFICER, unit="th-1")
    number = rows_of(office)[0].id

    for path in ("/", "/waiting", "/counters", "/periods/kh/2026-Q1", f"/assignments/{number}"):
        assert here.get(path).status_code == 403


def test_a_form_of_another_site_is_not_ours(office: SmallHouse) -> None:
    """Without the token of the session every deed is refused, whatever the role."""
    here = browser(office)
    for path in paths(office):
        assert here.post(path, _csrf="", **fields_of(office)).status_code == 403, path
    assert rows_of(office)[0].state == "overdue"


def test_a_read_only_ledger_is_only_read(engine: Engine, tmp_path: Path) -> None:
    """The pages show, offer nothing, and do nothing."""
    house = working_house(engine, tmp_path)
    number = rows_of(house)[0].id
    shut = SmallHouse(engine, Settings(home=tmp_path, secret_key=SECRET, read_only=True), FixedClock())
    here = browser(shut, None)

    for path in ("/", "/waiting", "/periods/kh/2026-Q1", f"/assignments/{number}"):
        page = here.get(path)
        assert page.status_code == 200
        assert 'method="post"' not in page.text.split("<main", 1)[1]
    assert here.post(f"/assignments/{number}/withdraw", ground="x").status_code == 403
    assert rows_of(house)[0].state == "overdue"


def test_what_people_write_stays_text(office: SmallHouse) -> None:
    """HTML in every field of every form: on the page it is words, also when the form comes back."""
    here, number = browser(office), rows_of(office)[0].id or 0
    with transaction(office.engine) as session:
        mine = session.get_one(Assignment, number)
        raise_concern(session, mine, ConcernKind.OBSTACLE, HTML, HTML, office.clock.now())
    here.post(f"/assignments/{number}/ask", until="2026-04-20", reason=HTML)
    again = here.post(f"/assignments/{number}/report", number='"><img src=x>', received_on=HTML, text=HTML).text
    filed(office, here, text=HTML, number=HTML, reason_late=HTML)
    page = again + here.get(f"/assignments/{number}").text + here.get("/periods/kh/2026-Q1").text

    assert HTML not in page
    assert "<img" not in page
    assert page.count("&lt;script&gt;") >= 5
