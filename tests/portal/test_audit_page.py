"""The audit: who did what, by whom and when, and whether the chain holds."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlmodel import select

from actions.audit import seal
from models.accounts import Deed, Outcome, Role
from models.database import reading, transaction
from models.ledger import Assignment, Occurrence, Transition
from models.lifecycle import Move

from .conftest import Browser, SmallHouse, browser
from .ledger_rows import NOW
from .looks import rows_of, scans, statements, words_of

PATHS = ("/audit", "/audit?who=lan", "/audit?what=accept", "/audit?outcome=denied", "/audit?first=2026-12-01",
         "/audit?last=2026-12-31&who=lan", "/audit/moves", "/audit/moves?who=lan", "/audit/moves?of=1",
         "/audit/moves?first=2026-12-01&last=2026-12-31", "/audit/moves?what=lapse")  # fmt: skip


@pytest.fixture
def admin(house: SmallHouse) -> Browser:
    """An admin's browser."""
    return browser(house)


@pytest.fixture
def lived(house: SmallHouse) -> SmallHouse:
    """A house where things were done: deeds of two people over ten days, and a move for each assignment."""
    live(house, 240)
    with transaction(house.engine) as session:
        for assignment in session.exec(select(Assignment)):
            session.add(Transition(assignment_id=assignment.id or 0, move=Move.OPEN.value, to_state="assigned",
                                   at=NOW, recorded_at=NOW, by="lan", reason="kỳ mở"))  # fmt: skip
    return house


def live(house: SmallHouse, count: int) -> None:
    """So many deeds, by turns, ten a day or more."""
    with transaction(house.engine) as session:
        for number in range(count):
            ended = Outcome.DENIED if number % 5 == 0 else Outcome.DONE
            at = NOW - timedelta(days=9) + timedelta(days=number * 10 // count)
            session.add(Deed(at=at, what="accept" if number % 3 else "close",
                             actor=("lan", "minh")[number % 2], role="coordinator", target=f"assignment {number}",
                             outcome=ended.value))  # fmt: skip


def ids_of(browser_: Browser, path: str) -> list[str]:
    """What the deeds of every page of a list were done to, in their order."""
    seen: list[str] = []
    while path:
        page = browser_.get(path).text
        seen += re.findall(r'<td data-label="Với">([^<]*)</td>', page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = following[1].replace("&amp;", "&") if following else ""
    return seen


# ------------------------------------------------------------------ rows


def test_every_deed_stands_on_one_page(lived: SmallHouse, admin: Browser) -> None:
    """Newest first, fifty at a time, each once; the file has them all."""
    assert ids_of(admin, "/audit") == [f"assignment {number}" for number in reversed(range(240))]
    assert len(rows_of(admin.get("/audit?format=csv").content)) == 241


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("who=lan", {n for n in range(240) if n % 2 == 0}),
        ("what=close", {n for n in range(240) if n % 3 == 0}),
        ("outcome=denied", {n for n in range(240) if n % 5 == 0}),
        ("first=2026-12-18", set(range(216, 240))),
        ("first=2026-12-10&last=2026-12-10", set(range(24, 48))),
        ("last=2026-12-09", set(range(24))),
        ("who=lan&what=close&outcome=denied", {n for n in range(240) if n % 30 == 0}),
        ("who=nobody", set()),
        ("first=2027-01-01", set()),
        ("last=2020-01-01", set()),
    ],
)
def test_the_filters_of_the_address_hold(lived: SmallHouse, admin: Browser, query: str, wanted: set[int]) -> None:
    """By person, deed, outcome and day, and all together; the file agrees."""
    names = {f"assignment {number}" for number in wanted}

    assert set(ids_of(admin, f"/audit?{query}")) == names
    assert {row[5] for row in rows_of(admin.get(f"/audit?{query}&format=csv").content)[1:]} == names


@pytest.mark.parametrize("query", ["outcome=x", "first=x", "after=x", "after=99999999999999999999", "of=x"])
def test_a_strange_filter_is_no_filter(lived: SmallHouse, admin: Browser, query: str) -> None:
    """What cannot be read is left out."""
    assert len(re.findall("<tr>", admin.get(f"/audit?{query}").text)) == 51
    assert admin.get(f"/audit/moves?{query}").status_code == 200


def test_moves_name_their_work_and_their_unit(lived: SmallHouse, admin: Browser) -> None:
    """What moved, of whom, by whom, why."""
    page = words_of(admin.get("/audit/moves?of=1").text)

    assert "09:30 18/12/2026 mở kỳ mở Báo cáo năm năm 2026 · kl50 THCS số 1 lan" in page
    assert len(rows_of(admin.get("/audit/moves?who=lan&what=open&format=csv").content)) == 83
    assert len(rows_of(admin.get("/audit/moves?what=lapse&format=csv").content)) == 1


def test_an_empty_audit_says_what_it_is_for(admin: Browser) -> None:
    """Before anybody has done anything, and when a filter finds nothing."""
    assert "Chưa ai làm gì ở cổng này" in admin.get("/audit").text
    assert "Chưa có phần việc nào được mở" in admin.get("/audit/moves").text
    assert "Không có dòng nào khớp" in admin.get("/audit?who=x").text


# ------------------------------------------------------------------ the chain


def test_a_whole_chain_is_proved_on_demand(lived: SmallHouse, admin: Browser) -> None:
    """The page shows the last hash without counting; the button computes every link again and says so, on record."""
    with transaction(lived.engine) as session:
        assert seal(session, NOW, most=None) > 300
    assert re.search(r'<code class="hash">[0-9a-f]{64}</code>', admin.get("/audit").text)

    page = words_of(admin.post("/audit/verify").text)

    assert "Chuỗi nguyên vẹn." in page
    assert ("verify_audit", "ok") in [(one.what, one.detail) for one in _deeds(lived)]


def test_a_changed_row_is_named(lived: SmallHouse) -> None:
    """Somebody with the database file has changed who did it: the page names the row, to a viewer as well."""
    with transaction(lived.engine) as session:
        seal(session, NOW, most=None)
    with lived.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER deeds_refuse_update")
        connection.exec_driver_sql("UPDATE deeds SET actor = 'ai đó' WHERE id = 7")

    page = words_of(browser(lived, Role.VIEWER).post("/audit/verify").text)

    assert "Chuỗi không khớp." in page
    assert re.search(r"deeds số 7 \(mắt xích \d+\): nội dung đã bị sửa", page)


def test_a_long_chain_is_the_commands_work(lived: SmallHouse, admin: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page does not compute for minutes: it says which command does."""
    with transaction(lived.engine) as session:
        seal(session, NOW, most=None)
    monkeypatch.setattr("portal.audit_log.VERIFIED", 10)

    answer = admin.post("/audit/verify")

    assert answer.status_code == 409
    assert "dondoc audit verify" in answer.text


def _deeds(house: SmallHouse) -> list[Deed]:
    with reading(house.engine) as session:
        return list(session.exec(select(Deed)))


# ------------------------------------------------------------------ who reads it


def test_the_audit_is_for_the_office(lived: SmallHouse) -> None:
    """Admins, coordinators and viewers look; an officer and a stranger do not, and nobody changes anything."""
    for path in PATHS:
        for role in (Role.COORDINATOR, Role.VIEWER):
            assert browser(lived, role).get(path).status_code == 200
        assert browser(lived, Role.OFFICER, unit="truong-01").get(path).status_code == 403
        assert browser(lived, None).get(path).status_code == 303
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert browser(lived).ask(method, "/audit").status_code == 405


def test_proving_needs_the_form_of_this_page(lived: SmallHouse) -> None:
    """Another site cannot make the server compute."""
    bare = browser(lived)
    bare.csrf = ""

    assert bare.post("/audit/verify").status_code == 403
    assert browser(lived, Role.OFFICER, unit="truong-01").post("/audit/verify").status_code == 403


def test_confidential_moves_have_no_words(house: SmallHouse) -> None:
    """Neither title nor reason, on the page and in the file."""
    with transaction(house.engine) as session:
        secret = session.exec(
            select(Assignment).join(Occurrence).where(Occurrence.process_key == "kl50:mat")  # type: ignore[arg-type]
        ).one()
        session.add(Transition(assignment_id=secret.id or 0, move="withdraw", from_state="assigned", at=NOW,
                               to_state="withdrawn", recorded_at=NOW, by="lan", reason="lý do kín"))  # fmt: skip

    for path in ("/audit/moves", "/audit/moves?format=csv"):
        viewer, owner = (
            browser(house, role, plans=("kl50",)).get(path).text for role in (Role.VIEWER, Role.COORDINATOR)
        )
        assert "Nội dung mật" not in viewer
        assert "lý do kín" not in viewer
        assert "Nội dung mật" in owner
        assert "lý do kín" in owner


def test_what_strangers_tried_stays_text(house: SmallHouse, admin: Browser) -> None:
    """Names, targets and details come from outside."""
    bad = "<script>alert(1)</script>"
    with transaction(house.engine) as session:
        session.add(Deed(at=NOW, actor=bad, role=bad, what=bad, target=bad, outcome="denied", detail=bad))

    for path in (*PATHS, "/audit?who=%3Cscript%3Ealert(1)%3C/script%3E", "/audit/moves?who=%22%3E%3Cscript%3Ealert"):
        assert "<script>alert" not in admin.get(path).text


# ------------------------------------------------------------------ cost


@pytest.mark.parametrize("path", PATHS)
def test_a_page_of_the_audit_costs_the_same_however_long_it_is(lived: SmallHouse, path: str) -> None:
    """The same number of queries; none reads a table through, none sorts one."""
    admin = browser(lived)
    with statements(lived.engine) as before:
        admin.get(path)
    live(lived, 600)
    with statements(lived.engine) as after:
        admin.get(path)

    assert len(after) == len(before) <= 8
    assert scans(lived.engine, after) == []
