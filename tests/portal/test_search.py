"""One box that finds plans, tasks, units and documents without diacritics."""

from __future__ import annotations

import re

import pytest
from sqlmodel import select

from models.accounts import Role
from models.database import transaction
from models.ledger import Answer, Assignment, Occurrence, Submission
from models.plan import Plan, Process
from models.units import Unit
from portal import finding

from .conftest import Browser, SmallHouse, browser
from .ledger_rows import NOW, fold_names, process_row
from .looks import scans, statements, words_of


@pytest.fixture
def admin(house: SmallHouse) -> Browser:
    """An admin's browser."""
    return browser(house)


def found(browser_: Browser, words: str) -> str:
    """The words of the page for a search, below its box."""
    page = words_of(browser_.ask("GET", "/search", params={"q": words}).text)
    return page[page.index("Kế hoạch, nhiệm vụ, đơn vị, số văn bản") :]


def filed(house: SmallHouse, document: str, line: str | None = None) -> None:
    """A school has filed, naming a document."""
    with transaction(house.engine) as session:
        report = session.exec(select(Occurrence).where(Occurrence.run_id == "5f0c")).one()
        paper = session.exec(select(Assignment).where(Assignment.unit_id == "truong-03")).first()
        assert paper
        one = Submission(unit_id="truong-03", occurrence_id=report.id or 0, received_on=NOW.date(), recorded_at=NOW,
                         by="x", document=document)  # fmt: skip
        session.add(one)
        session.flush()
        session.add(Answer(submission_id=one.id or 0, assignment_id=paper.id or 0, result="done", document=line))


@pytest.mark.parametrize(
    ("words", "there"),
    [
        ("ke hoach", "Kế hoạch năm 2024"),
        ("KẾ HOẠCH", "Kế hoạch năm 2024"),
        ("cai cach", "Cải cách hành chính năm 2024"),
        ("  to   chuc ", "Phòng Tổ chức cán bộ"),
        ("12/kh", "Sắp xếp đơn vị sự nghiệp công lập"),
        ("cchc", "Cải cách hành chính năm 2024"),
        ("iii.2", "Hoàn thiện chính sách"),
        ("bien che", "Phân bổ biên chế"),
    ],
)
def test_words_are_found_without_diacritics(admin: Browser, words: str, there: str) -> None:
    """Titles, numbers, codes and names, however they are typed."""
    assert there in found(admin, words)


def test_a_document_is_found_by_its_number(house: SmallHouse, admin: Browser) -> None:
    """What a unit has named: for a whole paper, or for one line."""
    filed(house, "45/BC-THCS", "7/QĐ-HT")

    assert "45/BC-THCS THCS số 3 · năm 2026 · kl50" in found(admin, "45/bc")
    assert "7/QĐ-HT THCS số 3" in found(admin, "7/QĐ")
    assert "7/QĐ-HT THCS số 3" in found(admin, "7/qđ")


@pytest.mark.parametrize("words", ["%", "%%", "_a_", "__", "khong co dau", "\\\\", "' OR 1=1 --"])
def test_signs_of_the_database_find_nothing(admin: Browser, words: str) -> None:
    """A percent sign is a percent sign."""
    page = found(admin, words)

    assert "Không tìm thấy gì" in page or "Gõ ít nhất hai chữ cái" in page


def test_too_little_to_look_for_asks_for_more(admin: Browser) -> None:
    """One letter would find everything."""
    for words in ("", "a", "\0", " "):
        assert "Gõ ít nhất hai chữ cái" in found(admin, words)
    assert admin.ask("GET", "/search", params={"q": "x" * 5000}).status_code == 200


def test_more_than_a_page_says_so(house: SmallHouse, admin: Browser) -> None:
    """Twenty of a kind, and a hint to type more."""
    page = found(admin, "thcs")

    assert len(re.findall(r"Trường THCS số \d+", page)) == finding.SHOWN
    assert "gõ thêm chữ" in page


def test_confidential_work_is_found_by_those_who_track_it(house: SmallHouse) -> None:
    """Finding it would tell its words: others find nothing."""
    for role, plans, there in (
        (Role.VIEWER, (), False),
        (Role.COORDINATOR, ("cchc-2024",), False),
        (Role.COORDINATOR, ("kl50",), True),
        (Role.ADMIN, (), True),
    ):
        page = found(browser(house, role, plans=plans), "noi dung mat")
        assert ("Nội dung mật không được lộ" in page) is there
        assert ("Không tìm thấy gì" in page) is not there


def test_the_box_stands_on_every_page_of_the_office(house: SmallHouse) -> None:
    """And keeps the language; an officer and a stranger have none, and no answer."""
    page = browser(house, Role.VIEWER).get("/plans?lang=en").text

    assert re.search(
        r'<form class="search" method="get" action="/search" role="search"><input type="hidden" name="lang"', page
    )
    assert browser(house, Role.OFFICER, unit="truong-01").get("/search?q=abc").status_code == 403
    assert browser(house, None).get("/search?q=abc").status_code == 303


def test_what_is_found_stays_text(house: SmallHouse, admin: Browser) -> None:
    """Names, numbers, and the words that were looked for."""
    bad = 'timthay7 "><script>alert(1)</script>'
    filed(house, bad, bad)
    with transaction(house.engine) as session:
        session.get_one(Unit, "truong-01").name = bad
        session.get_one(Plan, "kl50").title = bad
        session.get_one(Process, "kl50:iii-1").title = bad
        fold_names(session)

    page = admin.ask("GET", "/search", params={"q": "timthay7"}).text

    assert page.count("&lt;script&gt;alert(1)") >= 4
    assert "<script>alert" not in page
    assert "<script>alert" not in admin.ask("GET", "/search", params={"q": bad}).text


def test_a_search_costs_the_same_whatever_there_is(house: SmallHouse, admin: Browser) -> None:
    """Units, tasks and papers by the hundred, the same number of queries; large tables only from their newest end."""
    with statements(house.engine) as before:
        admin.get("/search?q=truong")
    with transaction(house.engine) as session:
        session.add_all(Unit(id=f"u{n}", name=f"Trường U {n}", short=f"U {n}", kind="x") for n in range(300))
        session.add_all(process_row(f"kl50:t{n}", f"Việc của trường {n}") for n in range(100))
        session.flush()
        fold_names(session)
    filed(house, "1/truong")
    with statements(house.engine) as after:
        admin.get("/search?q=truong")

    assert len(after) == len(before) <= 8
    assert scans(house.engine, after) == []
