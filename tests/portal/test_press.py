"""Đôn đốc ngay: what is previewed is what goes, and looking changes nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, func, select

from actions.gather_letters import gather_letters
from actions.simulate import _mark_sent
from actions.submit import Filing, submit_report
from models.accounts import Role
from models.database import transaction
from models.ledger import Assignment, Transition
from models.outbox import Letter, Notice
from notifications.wording import compose_many
from portal.press import Preview, press, preview
from tests.office import at

from .conftest import SmallHouse, browser
from .test_pages import text_of
from .working_office import FixedClock, deeds, planned, rows_of, working_house


@pytest.fixture
def office(engine: Engine, tmp_path: Path) -> SmallHouse:
    """Three schools are two days late with the report of quarter I."""
    return working_house(engine, tmp_path)


def overdue(house: SmallHouse, plan: str = "kh") -> list[int]:
    """The late reports of a plan."""
    return [row.id or 0 for row in rows_of(house, plan) if row.state == "overdue"]


def counts(house: SmallHouse) -> list[int]:
    """How many notices, letters and moves there are."""
    with Session(house.engine) as session:
        return [session.exec(select(func.count()).select_from(table)).one() for table in (Notice, Letter, Transition)]


def look(house: SmallHouse, ids: list[int]) -> Preview:
    """The preview of a selection."""
    return preview(house.engine, house.rules, house.post.wording, ids, house.clock.now())


def seal_on(page: str) -> str:
    """The seal a preview page carries."""
    found = re.search(r'name="seal" value="(\w+)"', page)
    assert found
    return found[1]


def test_a_preview_shows_each_letter_and_leaves_no_trace(office: SmallHouse) -> None:
    """Recipient, subject and body stand there as they will go; the ledger is as it was."""
    before = counts(office)
    answer = browser(office, plans=()).post("/press", only=",".join(map(str, overdue(office))))

    assert answer.status_code == 200
    page = text_of(answer.text)
    assert "3 Thư sẽ gửi" in page
    assert "Người nhận: Truong 1 · Đầu mối · email · ngày gửi 27/03/2026" in page
    assert "Kính gửi: Truong 1" in page
    assert counts(office) == before


def test_what_is_previewed_is_what_goes(office: SmallHouse) -> None:
    """The letters of that morning go to the recipients of the preview, with its subjects and its words."""
    ids = overdue(office)
    shown = look(office, ids)
    here = browser(office)
    seal = seal_on(here.post("/press", only=",".join(map(str, ids))).text)
    sent = here.post("/press/send", ids=",".join(map(str, ids)), seal=seal)

    assert sent.status_code == 303
    assert sorted((row.assignment.id, letter.recipient) for letter in shown.letters for row in letter.rows) == sorted(
        (number, recipient) for number, _, recipient in planned(office)
    )
    assert {step for _, step, _ in planned(office)} == {"don-doc-2026-03-27"}
    written = letters_at_eight(office)
    assert {(one.recipient, one.subject, one.body) for one in shown.letters} <= written


def letters_at_eight(house: SmallHouse) -> set[tuple[str, str | None, str | None]]:
    """{(recipient, subject, body)} of the letters the post makes at its hour."""
    with transaction(house.engine) as session:
        now = at("2026-03-27", 8, 0)
        ids = gather_letters(session, house.rules, now)
        said = compose_many(session, ids, now, house.post.wording)
        found = session.exec(select(Letter).where(Letter.day == now.date())).all()
        return {(one.recipient, *said[one.id or 0]) for one in found if one.id in said}


def test_the_click_is_refused_when_the_world_has_moved(office: SmallHouse) -> None:
    """A school files between the look and the click: nothing goes, and the new list is shown."""
    ids = overdue(office)
    here = browser(office)
    seal = seal_on(here.post("/press", only=",".join(map(str, ids))).text)
    with transaction(office.engine) as session:
        filing = Filing(by="th-1", document="12/BC-TH1", reason_late="chờ số liệu")
        submit_report(session, session.get_one(Assignment, ids[0]), filing, office.clock.now())
    answer = here.post("/press/send", ids=",".join(map(str, ids)), seal=seal)

    assert answer.status_code == 409
    assert "Danh sách nhận đã khác so với lúc xem trước" in answer.text
    assert "đã kết thúc, không còn gì để đôn đốc" in answer.text
    assert planned(office) == []
    assert deeds(office)[-1][0::2] == ("nudge", "refused")


def test_a_row_is_pressed_once_a_day(office: SmallHouse) -> None:
    """The second look says so, and a second click without looking is refused."""
    ids = ",".join(map(str, overdue(office)))
    here = browser(office)
    seal = seal_on(here.post("/press", only=ids).text)
    first, again = here.post("/press/send", ids=ids, seal=seal), here.post("/press/send", ids=ids, seal=seal)

    assert (first.status_code, again.status_code) == (303, 409)
    assert "hôm nay đã đôn đốc rồi" in here.post("/press", only=ids).text
    assert len(planned(office)) == 3


def test_after_the_letters_have_left_the_preview_names_the_next_day(office: SmallHouse) -> None:
    """On Friday at half past nine today's letter has gone: what is pressed now goes on Monday, and the page says so."""
    with transaction(office.engine) as session:
        press(session, office.rules, overdue(office, "khac"), office.clock.now())
        _mark_sent(session, gather_letters(session, office.rules, at("2026-03-27", 8)), at("2026-03-27", 8), None)
    later = replace(office, clock=FixedClock(at("2026-03-27", 9, 30)))

    assert {letter.day.isoformat() for letter in look(later, overdue(later)).letters} == {"2026-03-30"}


def test_all_that_the_filter_shows_is_only_what_one_may_press(office: SmallHouse) -> None:
    """A coordinator who looks at all plans presses those of the own plans."""
    page = browser(office, Role.COORDINATOR, plans=("kh",)).post("/press", every="1", all="1", state="overdue")
    found = re.search(r'name="ids" value="([\d,]+)"', page.text)

    assert found
    assert sorted(map(int, found[1].split(","))) == overdue(office)


def test_another_plans_rows_are_denied_and_recorded(office: SmallHouse) -> None:
    """An id typed into the form does not reach another coordinator's plan, not even to look at."""
    here = browser(office, Role.COORDINATOR, plans=("kh",))
    theirs = str(overdue(office, "khac")[0])

    assert here.post("/press", ids=theirs).status_code == 403
    assert here.post("/press/send", ids=theirs, seal="").status_code == 403
    assert planned(office) == []
    assert deeds(office)[-1][2] == "denied"


@pytest.mark.parametrize("ids", ["", "x", "1;drop", "999999", "99999999999999999999", "-1", "1,,x"])
def test_what_is_no_selection_is_a_sentence(office: SmallHouse, ids: str) -> None:
    """Nothing ticked, nonsense, or numbers that are not there: refused on the page, nothing changed."""
    answer = browser(office).post("/press", ids=ids)

    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert planned(office) == []


def test_a_selection_has_a_bound(office: SmallHouse) -> None:
    """More rows than anybody reads through are not pressed at once."""
    many = [",".join(str(number) for number in range(start, start + 60)) for start in range(1, 601, 60)]
    here = browser(office)
    answer = here.ask("POST", "/press", None, data={"_csrf": here.csrf, "ids": many})

    assert answer.status_code == 409
    assert "tối đa 500 dòng" in answer.text


def test_a_preview_never_shows_a_units_own_link(engine: Engine, tmp_path: Path) -> None:
    """The letter carries the unit's key; who presses does not need it."""
    house = working_house(engine, tmp_path, public_url="https://dondoc.so.example")
    bodies = [letter.body or "" for letter in look(house, overdue(house)).letters]

    assert any("https://dondoc.so.example" in body for body in bodies)
    assert not any(re.search(r"/[uh]/[\w.~=-]", body) for body in bodies)


def test_postgresql_previews_the_same(postgres_engine: Engine, engine: Engine, tmp_path: Path) -> None:
    """The same letters on both databases."""
    small, large = working_house(engine, tmp_path), working_house(postgres_engine, tmp_path)

    said = [[(one.recipient, one.subject, one.body) for one in look(house, overdue(house)).letters]
            for house in (small, large)]  # fmt: skip

    assert said[0] == said[1] != []
