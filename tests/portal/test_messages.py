"""Letters by filter, steps that wait for approval, letters sent again, and who reads what."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlmodel import select

from models.accounts import Deed, Role
from models.database import reading, transaction
from models.outbox import Letter, LetterState, Notice, NoticeState
from models.plan import Plan

from .conftest import Browser, SmallHouse, browser
from .ledger_rows import letter_row, notice_row
from .looks import rows_of, scans, statements, words_of

PATHS = ("/messages", "/messages?state=sent", "/messages?q=thcs", "/messages?unit=truong-01",
         "/messages?plan=kl50",
         "/messages?first=2026-12-01&last=2026-12-31", "/messages?state=sent&plan=kl50&q=thcs",
         "/messages/1")  # fmt: skip


@pytest.fixture
def admin(house: SmallHouse) -> Browser:
    """An admin's browser."""
    return browser(house)


def many(house: SmallHouse, count: int) -> None:
    """Letters of many days and two plans, as an office that has lived."""
    with transaction(house.engine) as session:
        for number in range(count):
            letter = letter_row(number % 40 + 1, LetterState.SENT, f"Thư {number}",
                                day=date(2026, 1, 1) + timedelta(days=number // 40))  # fmt: skip
            session.add(letter)
            session.flush()
            notice = notice_row(f"b{number}", letter.recipient, NoticeState.SENT, letter_id=letter.id)
            notice.plan_id, notice.process_key = ("cchc-2024", "cchc-2024:i-1") if number % 2 else ("kl50", "")
            session.add(notice)


def ids_of(browser_: Browser, path: str) -> list[int]:
    """The letters of every page of a list, in their order."""
    seen: list[int] = []
    while path:
        page = browser_.get(path).text
        seen += [int(one) for one in re.findall(r'<th scope="row"><a href="/messages/(\d+)"', page)]
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = following[1].replace("&amp;", "&") if following else ""
    return seen


# ------------------------------------------------------------------ filters and pages


def test_every_letter_stands_on_one_page(house: SmallHouse, admin: Browser) -> None:
    """Newest first, fifty at a time, each once; the file has them all."""
    many(house, 200)
    with reading(house.engine) as session:
        wanted = [one.id for one in session.exec(select(Letter).order_by(Letter.day.desc(), Letter.id.desc()))]  # type: ignore[attr-defined,union-attr]

    assert ids_of(admin, "/messages") == wanted
    assert len(rows_of(admin.get("/messages?format=csv").content)) == 205


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("state=failed", {"THCS số 2"}),
        ("unit=truong-03", {"THCS số 3"}),
        ("q=thcs+so+3", {"THCS số 3"} | {f"THCS số {n}" for n in range(30, 40)}),
        ("first=2026-12-16&last=2026-12-16", {f"THCS số {n}" for n in (1, 2, 3, 4)}),
        ("plan=cchc-2024&last=2026-01-01", {f"THCS số {n}" for n in range(2, 41, 2)}),
        ("plan=cchc-2024&q=thcs+so+2", {"THCS số 2"} | {f"THCS số {n}" for n in range(20, 30, 2)}),
        ("q=khong+co", set()),
        ("plan=none", set()),
        ("unit=truong-03&q=thcs+so+4", set()),
    ],
)
def test_the_filters_of_the_address_hold(house: SmallHouse, admin: Browser, query: str, wanted: set[str]) -> None:
    """By state, unit, words without diacritics, plan and days, and all of them together; the file agrees."""
    many(house, 80)

    rows = rows_of(admin.get(f"/messages?{query}&format=csv").content)[1:]

    assert {row[3] for row in rows} == wanted
    assert sorted(ids_of(admin, f"/messages?{query}"), reverse=True) == sorted(
        [int(row[0]) for row in rows], reverse=True
    )


@pytest.mark.parametrize("query", ["state=lost", "first=x", "after=x", "after=2026-99-99.5", "after=2026-12-16.x"])
def test_a_strange_filter_is_no_filter(admin: Browser, query: str) -> None:
    """What cannot be read is left out."""
    assert admin.get(f"/messages?{query}").status_code == 200
    assert len(ids_of(admin, f"/messages?{query}")) == 4


def test_a_large_number_is_not_counted_out(house: SmallHouse, admin: Browser) -> None:
    """Above a thousand the page says "more than", and does not count on."""
    many(house, 1010)

    page = words_of(admin.get("/messages").text)

    assert "Đã gửi hơn 1000" in page


def test_a_letter_shows_its_tries_and_its_parts(house: SmallHouse, admin: Browser) -> None:
    """Why it has not arrived, how often it was tried, what it says of which work."""
    with transaction(house.engine) as session:
        session.add(notice_row("nhac-1", "truong-02:dau_moi", NoticeState.SENT, letter_id=2, reason=None))

    page = words_of(admin.get("/messages/2").text)

    assert "09:30 18/12/2026 · Chưa gửi được: Máy chủ thư từ chối: 550" in page
    assert "nhac-1 · kl50:bao-cao:nam · Đã gửi" in page


# ------------------------------------------------------------------ held steps


def held(house: SmallHouse) -> Notice:
    """The one held step, as it stands now."""
    with reading(house.engine) as session:
        return session.exec(select(Notice).where(Notice.step == "lanh-dao")).one()


def deeds(house: SmallHouse) -> list[tuple[str, str]]:
    """(what, outcome) of every audit row."""
    with reading(house.engine) as session:
        return [(one.what, one.outcome) for one in session.exec(select(Deed).order_by(Deed.id))]  # type: ignore[arg-type]


@pytest.mark.parametrize(("what", "state"), [("release", NoticeState.PLANNED), ("drop", NoticeState.SUPPRESSED)])
def test_a_held_step_is_approved_or_dropped(house: SmallHouse, what: str, state: NoticeState) -> None:
    """The coordinator of its plan decides, and the audit says who."""
    coordinator = browser(house, Role.COORDINATOR, plans=("kl50",))
    assert 'name="notice"' in coordinator.get("/messages").text

    answer = coordinator.post("/messages/held", what=what, notice=str(held(house).id))

    assert answer.status_code == 303
    assert held(house).state == state
    assert deeds(house) == [(f"{what}_held", "done")]
    assert "Lãnh đạo Sở Văn thư lanh-dao" not in words_of(coordinator.get("/messages").text)


def test_held_steps_of_others_are_not_decided(house: SmallHouse) -> None:
    """Another plan's coordinator, a viewer, an officer, a stranger, a form without token: refused, nothing changed."""
    notice = str(held(house).id)
    other = browser(house, Role.COORDINATOR, plans=("cchc-2024",))
    bare = browser(house)
    bare.csrf = ""

    assert 'name="notice"' not in other.get("/messages").text
    assert browser(house, None).post("/messages/held", what="release", notice=notice).status_code == 303
    for visitor in (other, bare, browser(house, Role.VIEWER), browser(house, Role.OFFICER, unit="truong-01")):
        assert visitor.post("/messages/held", what="release", notice=notice).status_code == 403
    assert held(house).state == NoticeState.HELD
    assert {outcome for _, outcome in deeds(house)} == {"denied"}


def test_nothing_chosen_is_a_sentence(house: SmallHouse, admin: Browser) -> None:
    """No step chosen, or one that is not held, is refused and recorded."""
    for data in ({}, {"notice": "2"}, {"notice": "999"}):
        answer = admin.post("/messages/held", what="release", **data)
        assert answer.status_code == 409
        assert "Không có bước nào đang chờ duyệt" in answer.text
    assert admin.post("/messages/held", what="publish", notice="1").status_code == 422
    assert deeds(house) == [("release_held", "refused")] * 3


# ------------------------------------------------------------------ sent again


def test_a_letter_nobody_is_sure_of_is_sent_again(house: SmallHouse, admin: Browser) -> None:
    """A person decides; a letter that has arrived is not sent twice."""
    assert "Gửi lại thư này" in admin.get("/messages/3").text
    assert "Gửi lại thư này" not in admin.get("/messages/1").text

    assert admin.post("/messages/3/again").status_code == 303
    assert admin.post("/messages/1/again").status_code == 409
    assert admin.post("/messages/99/again").status_code == 404

    with reading(house.engine) as session:
        assert session.get_one(Letter, 3).state == LetterState.PLANNED
        assert session.get_one(Letter, 1).state == LetterState.SENT
    assert deeds(house) == [("send_again", "done"), ("send_again", "refused")]


def test_a_letter_of_several_plans_belongs_to_all_of_them(house: SmallHouse) -> None:
    """Sending again is for whoever tracks every plan the letter speaks of."""
    with transaction(house.engine) as session:
        session.add(notice_row("a", "truong-03:dau_moi", NoticeState.SENT, letter_id=3))
        other = notice_row("b", "truong-03:dau_moi", NoticeState.SENT, letter_id=3)
        other.plan_id, other.process_key = "cchc-2024", "cchc-2024:i-1"
        session.add(other)

    assert browser(house, Role.COORDINATOR, plans=("kl50",)).post("/messages/3/again").status_code == 403
    assert browser(house, Role.VIEWER).post("/messages/3/again").status_code == 403
    both = browser(house, Role.COORDINATOR, plans=("kl50", "cchc-2024"))
    assert both.post("/messages/3/again").status_code == 303


# ------------------------------------------------------------------ who reads what


@pytest.mark.parametrize("whole_plan", [True, False])
def test_a_confidential_letter_is_read_by_those_who_track_it(house: SmallHouse, whole_plan: bool) -> None:
    """Neither subject nor body for the others, on the page, in the list, in the file."""
    with transaction(house.engine) as session:
        notice = notice_row("a", "truong-01:dau_moi", NoticeState.SENT, letter_id=1)
        if whole_plan:
            session.get_one(Plan, "kl50").confidential = True
        else:
            notice.process_key = "kl50:mat"
        session.add(notice)
        letter = session.get_one(Letter, 1)
        letter.subject, letter.body = "Việc kín", "Nội dung kín"
    mine = browser(house, Role.COORDINATOR, plans=("kl50",))

    for reader in (browser(house, Role.VIEWER), browser(house, Role.COORDINATOR, plans=("cchc-2024",))):
        for path in ("/messages", "/messages/1", "/messages?format=csv"):
            answer = reader.get(path)
            assert answer.status_code == 200
            assert "kín" not in answer.text
        assert "Nội dung không hiển thị" in reader.get("/messages").text
    assert "Nội dung kín" in mine.get("/messages/1").text
    assert "Việc kín" in mine.get("/messages?format=csv").text


def test_nobody_but_the_office_reads_letters(house: SmallHouse) -> None:
    """A stranger is asked to sign in; an officer is refused."""
    for path in PATHS:
        assert browser(house, None).get(path).status_code == 303
        assert browser(house, Role.OFFICER, unit="truong-01").get(path).status_code == 403


def test_what_a_letter_says_stays_text(house: SmallHouse, admin: Browser) -> None:
    """A body is shown as it was sent, never as a page."""
    bad = "<script>alert(1)</script>"
    with transaction(house.engine) as session:
        letter = session.get_one(Letter, 1)
        letter.subject = letter.body = letter.carried_by = bad
        held_ = session.exec(select(Notice).where(Notice.step == "lanh-dao")).one()
        held_.reason = bad

    for path in (*PATHS, "/messages?q=%22%3E%3Cscript%3Ealert", "/messages?unit=%22%3E%3Cscript%3Ealert"):
        assert "<script>alert" not in admin.get(path).text


# ------------------------------------------------------------------ cost


@pytest.mark.parametrize("path", PATHS)
def test_a_page_of_letters_costs_the_same_however_many_there_are(house: SmallHouse, path: str) -> None:
    """The same number of queries, and none that reads the letters through or sorts them all."""
    admin = browser(house)
    many(house, 45)
    with statements(house.engine) as before:
        admin.get(path)
    with transaction(house.engine) as session:
        for number in range(400):
            session.add(
                letter_row(number % 40 + 1, LetterState.SENT, "x", day=date(2025, 1, 1) + timedelta(number // 40))
            )
    with statements(house.engine) as after:
        admin.get(path)

    by_unit = "unit=" in path or "q=" in path  # the few letters of some units are sorted
    assert len(after) == len(before) <= 12
    assert scans(house.engine, after, sorted_ok=by_unit) == []
