"""A unit: found without diacritics, what it owes and how it has reported, its calendar, its links."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from icalendar import Calendar
from sqlmodel import select

from config.keys import keys_of
from models.accounts import Deed, LinkCutoff, LinkPurpose, Role
from models.database import reading, transaction
from models.ledger import Assignment
from models.lifecycle import Kind, Stage, State
from models.plan import Party, Plan, Process
from models.units import ContactPoint, Unit

from .conftest import Browser, SmallHouse, browser
from .ledger_rows import NOW, assignment_row, occurrence_row, process_row
from .looks import rows_of, scans, statements, words_of

PATHS = ("/units", "/units?q=truong", "/units/truong-01", "/units/so/tccb")


@pytest.fixture
def admin(house: SmallHouse) -> Browser:
    """An admin's browser."""
    return browser(house)


def deeds(house: SmallHouse) -> list[tuple[str, str, str]]:
    """(what, target, outcome) of every audit row."""
    with reading(house.engine) as session:
        return [(one.what, one.target, one.outcome) for one in session.exec(select(Deed).order_by(Deed.id))]  # type: ignore[arg-type]


# ------------------------------------------------------------------ the list


def test_units_are_found_without_diacritics(admin: Browser) -> None:
    """ "phong to chuc" finds "Phòng Tổ chức cán bộ", and what LIKE knows as signs finds nothing."""
    page = words_of(admin.get("/units?q=PHONG+to+chuc").text)

    assert "Phòng Tổ chức cán bộ" in page
    assert "Trường THCS số 1" not in page
    assert "Không có đơn vị nào khớp" in admin.get("/units?q=%25").text
    assert "Không có đơn vị nào khớp" in admin.get("/units?q=_").text


def test_many_units_are_paged_and_none_is_lost(house: SmallHouse, admin: Browser) -> None:
    """Page after page by the unit's own place, each once."""
    with transaction(house.engine) as session:
        session.add_all(Unit(id=f"u{n}", name=f"U {n}", short=f"U {n}", kind="x", position=7) for n in range(230))
    seen: list[str] = []
    path = "/units"
    while path:
        page = admin.get(path).text
        seen += re.findall(r'<th scope="row"><a href="/units/([^"]+)"', page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = following[1].replace("&amp;", "&") if following else ""

    assert len(seen) == len(set(seen)) == 273
    assert len(rows_of(admin.get("/units?format=csv").content)) == 274


# ------------------------------------------------------------------ what it owes, and its record


def test_a_unit_says_what_it_owes_over_all_plans(house: SmallHouse, admin: Browser) -> None:
    """Every open task and report of every plan with its day; a line of a report is in its report."""
    with transaction(house.engine) as session:
        other = occurrence_row("cchc-2024:i-1", Kind.DATED, date(2026, 12, 30), period="bo-sung")
        session.add(other)
        session.flush()
        session.add(assignment_row(other, "truong-01", State.ASSIGNED))

    page = words_of(admin.get("/units/truong-01").text)
    owed = page[page.index("Còn nợ lúc này") : page.index("Đúng hạn, muộn")]

    assert "Còn nợ lúc này 2" in owed
    assert "Báo cáo năm kl50 năm 2026 14/12/2026 Quá hạn, chưa nộp 4 ngày làm việc" in owed
    assert "Kế hoạch năm 2024 cchc-2024" in owed
    assert "Công tác tuyên truyền" not in owed
    assert len(rows_of(admin.get("/units/truong-01?format=csv&table=owed").content)) == 3


def test_the_record_counts_years_and_names_periods(house: SmallHouse, admin: Browser) -> None:
    """On time, late by so many working days, missed: by year and by period, as picture and as figures."""
    ends = [(2024, State.REPORTED, True, date(2024, 12, 10)), (2024, State.REPORTED, False, date(2024, 12, 18)),
            (2025, State.MISSED, None, None)]  # fmt: skip
    with transaction(house.engine) as session:
        for number, (year, state, on_time, received) in enumerate(ends):
            past = occurrence_row("kl50:bao-cao:nam", Kind.REPORT, date(year, 12, 13), stage=Stage.CLOSED.value,
                                  period=f"p{number}", label=f"kỳ {number}")  # fmt: skip
            session.add(past)
            session.flush()
            session.add(assignment_row(past, "truong-01", state, on_time=on_time, received_on=received))

    html = admin.get("/units/truong-01").text
    page = words_of(html)

    assert "2026 0 0 0 1 0 2025 0 0 1 0 0 2024 1 1 0 0 0" in page
    assert html.count('<rect class="on-time"') == html.count('<rect class="late"') == 1
    assert html.count('<rect class="missed"') == 2
    assert "kỳ 1 Báo cáo năm kl50 13/12/2024 18/12/2024 nộp muộn 3 ngày làm việc" in page
    rows = rows_of(admin.get("/units/truong-01?format=csv&table=record").content)
    assert [row[5] for row in rows[1:]] == ["quá hạn", "không báo cáo", "nộp muộn", "đúng hạn"]


def test_a_unit_that_owes_nothing_is_a_calm_page(admin: Browser) -> None:
    """Empty lists say what to do next."""
    page = admin.get("/units/so/lanh-dao").text

    assert "Đơn vị không nợ gì lúc này." in page
    assert "Thêm địa chỉ trong units.yaml" in page


def test_contacts_stand_with_their_roles(house: SmallHouse, admin: Browser) -> None:
    """Who gets the unit's letters, and where."""
    with transaction(house.engine) as session:
        session.add(ContactPoint(recipient="truong-01:dau_moi", channel="email", unit_id="truong-01", role="dau_moi",
                                 address="thcs1@dondoc.example"))  # fmt: skip

    assert "Đầu mối · email: thcs1@dondoc.example" in words_of(admin.get("/units/truong-01").text)


def test_a_unit_that_is_not_there_is_not_found(admin: Browser) -> None:
    """Also as a file, also with a path that climbs."""
    for path in ("/units/none", "/units/none?format=csv&table=owed", "/units/../../etc/passwd", "/units/so/tccb/cut"):
        assert admin.get(path).status_code == 404


# ------------------------------------------------------------------ its calendar


def feed_of(page: str) -> str:
    """The path of the feed a page shows."""
    found = re.search(r'value="http://127\.0\.0\.1:8000(/feeds/[^"]+\.ics)"', page)
    assert found
    return found[1]


def test_a_calendar_has_what_is_owed_and_what_will_be(house: SmallHouse, admin: Browser) -> None:
    """Open papers and planned periods with the ledger's own days; what is answered is not there."""
    with transaction(house.engine) as session:
        late = session.exec(select(Assignment).where(Assignment.unit_id == "truong-01")).first()
        assert late
        late.due_on = date(2026, 12, 28)  # more time was granted
    stranger = browser(house, None)

    answer = stranger.get(feed_of(admin.get("/units/truong-01").text))
    events = list(Calendar.from_ical(answer.content).walk("VEVENT"))
    done = stranger.get(feed_of(admin.get("/units/truong-03").text))

    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert [event.decoded("dtstart") for event in events] == [date(2026, 12, 28), date(2027, 12, 14)]
    assert "Báo cáo năm 2026: Báo cáo năm" in str(events[0]["summary"])
    assert [event.decoded("dtstart") for event in Calendar.from_ical(done.content).walk("VEVENT")] == [
        date(2027, 12, 14)
    ]


def test_confidential_work_is_a_day_without_words(house: SmallHouse, admin: Browser) -> None:
    """A calendar lies on telephones: what is confidential is only a day."""
    body = browser(house, None).get(feed_of(admin.get("/units/so/tccb").text)).text

    assert "Nội dung mật" not in body
    assert "có nhiệm vụ đến hạn" in body


def test_a_calendar_address_stays_until_it_is_taken_back(house: SmallHouse, admin: Browser) -> None:
    """Shown twice it is the same; taken back it opens nothing, and another stands there; form links still open."""
    old = feed_of(admin.get("/units/truong-01").text)
    assert feed_of(admin.get("/units/truong-01").text) == old

    answer = admin.post("/units/truong-01/cut", what="feed")
    fresh = feed_of(admin.get("/units/truong-01").text)
    stranger = browser(house, None)

    assert answer.status_code == 303
    assert fresh != old
    assert stranger.get(old).status_code == 410
    assert ("cut_feed_links", "unit truong-01", "done") in deeds(house)
    with reading(house.engine) as session:
        assert [cut.purpose for cut in session.exec(select(LinkCutoff))] == ["feed"]


def test_a_new_calendar_address_works_at_once(house: SmallHouse, admin: Browser) -> None:
    """The address that replaces a cut one opens the calendar."""
    admin.post("/units/truong-01/cut", what="feed")

    assert browser(house, None).get(feed_of(admin.get("/units/truong-01").text)).status_code == 200


def test_a_link_of_another_kind_opens_no_calendar(house: SmallHouse) -> None:
    """A forged token, and a form's token, are no calendar's."""
    form = keys_of(house.settings).link(LinkPurpose.UNIT, "truong-01", "dau_moi", NOW)

    assert browser(house, None).get("/feeds/nonsense.ics").status_code == 404
    assert browser(house, None).get(f"/feeds/{form}.ics").status_code == 404


# ------------------------------------------------------------------ its form's links


def test_links_that_leaked_are_taken_back(house: SmallHouse, admin: Browser) -> None:
    """The unit's form and its head's approval, both at once, with an audit row; other units keep theirs."""
    keys = keys_of(house.settings)
    before = NOW - timedelta(days=1)
    leaked = keys.link(LinkPurpose.UNIT, "truong-01", "dau_moi", before)
    other = keys.link(LinkPurpose.UNIT, "truong-02", "dau_moi", before)
    stranger = browser(house, None)
    assert stranger.get(f"/u/{leaked}").status_code == 200

    admin.post("/units/truong-01/cut", what="form")

    assert stranger.get(f"/u/{leaked}").status_code == 410
    assert stranger.get(f"/u/{other}").status_code == 200
    assert ("cut_form_links", "unit truong-01", "done") in deeds(house)
    with reading(house.engine) as session:
        assert {cut.purpose for cut in session.exec(select(LinkCutoff))} == {"unit", "head"}


def test_a_new_link_is_shown_once_and_kept_nowhere(house: SmallHouse, admin: Browser) -> None:
    """For a unit that telephones: the link stands on this one answer, and in no table."""
    answer = admin.post("/units/truong-01/link", role="dau_moi")
    found = re.search(r'value="http://127\.0\.0\.1:8000(/u/[^"]+)"', answer.text)
    assert found
    token = found[1].removeprefix("/u/")

    link = keys_of(house.settings).read_link(LinkPurpose.UNIT, token, NOW)

    assert (link.unit_id, link.role) == ("truong-01", "dau_moi")
    assert browser(house, None).get(found[1]).status_code == 200
    assert "/u/" not in admin.get("/units/truong-01").text
    assert ("make_link", "unit truong-01", "done") in deeds(house)
    with house.engine.connect() as connection:
        kept = [str(row) for table in ("deeds", "link_cutoffs", "one_time_links")
                for row in connection.exec_driver_sql(f"SELECT * FROM {table}")]  # fmt: skip
    assert token not in "".join(kept)


def test_who_makes_a_link_answers_for_all_plans_of_the_unit(house: SmallHouse) -> None:
    """A coordinator of one of two plans may take links back, and not make one: with it he would file in the other."""
    with transaction(house.engine) as session:
        session.add(Party(process_key="cchc-2024:i-1", unit_id="truong-01"))
    half = browser(house, Role.COORDINATOR, plans=("kl50",))
    whole = browser(house, Role.COORDINATOR, plans=("kl50", "cchc-2024"))

    refused = half.post("/units/truong-01/link", role="dau_moi")

    assert refused.status_code == 403
    assert "cchc-2024" in refused.text
    assert deeds(house)[-1][2] == "denied"
    assert "chỉ quản trị viên tạo được liên kết mới" in half.get("/units/truong-01").text
    assert half.post("/units/truong-01/cut", what="form").status_code == 303
    assert whole.post("/units/truong-01/link", role="dau_moi").status_code == 200


@pytest.mark.parametrize("path", ["/units/truong-01/cut", "/units/truong-01/link"])
def test_who_only_looks_changes_nothing(house: SmallHouse, path: str) -> None:
    """No account, an officer, a viewer, a coordinator of another plan, a form without its token: nothing happens."""
    data = {"what": "form", "role": "dau_moi"}
    assert browser(house, None).post(path, **data).status_code == 303
    for visitor in (
        browser(house, Role.OFFICER, unit="truong-01"),
        browser(house, Role.VIEWER),
        browser(house, Role.COORDINATOR, plans=("cchc-2024",)),
    ):
        assert visitor.post(path, **data).status_code == 403
    bare = browser(house)
    bare.csrf = ""
    assert bare.post(path, **data).status_code == 403

    with reading(house.engine) as session:
        assert session.exec(select(LinkCutoff)).all() == []
    assert {outcome for *_, outcome in deeds(house)} <= {"denied"}


def test_a_viewer_sees_no_key(house: SmallHouse) -> None:
    """A calendar's address is a key: only those who may take it back see it."""
    page = browser(house, Role.VIEWER).get("/units/truong-01").text

    assert "/feeds/" not in page
    assert "/cut" not in page


@pytest.mark.parametrize(("path", "field"), [("cut", "what"), ("link", "role")])
def test_a_value_that_does_not_exist_is_refused(admin: Browser, path: str, field: str) -> None:
    """Only the two kinds of links, and roles that read letters."""
    assert admin.post(f"/units/truong-01/{path}", **{field: "admin"}).status_code == 422
    assert admin.post("/units/none/cut", what="feed").status_code == 409


# ------------------------------------------------------------------ manners and cost


def test_markup_in_a_name_stays_text(house: SmallHouse, admin: Browser) -> None:
    """In names, contacts, periods and successors."""
    bad = '"><script>alert(1)</script>'
    with transaction(house.engine) as session:
        unit = session.get_one(Unit, "truong-01")
        unit.name = unit.short = bad
        session.get_one(Process, "kl50:bao-cao:nam").title = bad
        session.get_one(Plan, "kl50").number = bad
        session.add(ContactPoint(recipient="truong-01:x", channel="email", unit_id="truong-01", role=bad, address=bad))

    for path in (*PATHS, "/units?q=%22%3E%3Cscript%3E"):
        assert "<script>alert" not in admin.get(path).text


@pytest.mark.parametrize("path", PATHS)
def test_a_page_of_units_costs_the_same_whatever_there_is(house: SmallHouse, path: str) -> None:
    """More units, periods and answers, the same number of queries; no large table is read through."""
    admin = browser(house)
    with statements(house.engine) as before:
        admin.get(path)
    with transaction(house.engine) as session:
        session.add_all(Unit(id=f"u{n}", name=f"Trường U {n}", short=f"U {n}", kind="x") for n in range(300))
        session.add_all(process_row(f"kl50:t{n}", f"Việc {n}") for n in range(60))
        session.flush()
        made = [occurrence_row(f"kl50:t{n}", Kind.DATED, date(2026, 6, 1)) for n in range(60)]
        session.add_all(made)
        session.flush()
        session.add_all(assignment_row(one, "truong-01", State.OVERDUE) for one in made)
        session.add_all(assignment_row(one, "so/tccb", State.REPORTED) for one in made)
    with statements(house.engine) as after:
        admin.get(path)

    assert len(after) == len(before) <= 12
    assert scans(house.engine, after) == []
