"""The door as a browser meets it: signing in and out, links that work once, cookies, limits."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from actions.accounts import create_account, first_admin_link, password_link
from cli.accounts import who_may_reach
from config.keys import BadLink, Keys, keys_of
from config.settings import Settings
from models.accounts import Account, Deed, LinkPurpose, PortalSession, Role
from models.database import reading, transaction
from portal.app import create_app
from portal.pages import local_path
from portal.rights import COOKIE

from .conftest import SECRET, Browser, SmallHouse, StandingClock, browser
from .ledger_rows import NOW

GOOD = "hoa gạo nở bên sông"


def with_account(house: SmallHouse, role: Role = Role.ADMIN, login: str = "lan") -> None:
    """Somebody who has a password."""
    with transaction(house.engine) as session:
        create_account(session, NOW, by="test", login=login, name="Nguyễn Thị Lan", role=role, password=GOOD)


def deeds(house: SmallHouse) -> Sequence[tuple[str, str, str]]:
    """(who, what, outcome), in order."""
    with reading(house.engine) as session:
        return [(row.actor, row.what, row.outcome) for row in session.exec(select(Deed).order_by(Deed.id))]  # type: ignore[arg-type]


# ------------------------------------------------------------------ in and out


def test_signing_in_and_out(house: SmallHouse) -> None:
    """Login and password open the door, the button closes it, and both are in the audit."""
    with_account(house)
    lan = browser(house, None)

    answer = lan.post("/sign-in", login="Lan", password=GOOD, next="/messages?state=sent")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/messages?state=sent"
    page = lan.get("/messages").text
    assert "Nguyễn Thị Lan" in page
    lan.csrf = page.split('name="_csrf" value="')[1].split('"')[0]
    old = dict(lan.cookies)
    assert lan.post("/sign-out").headers["location"] == "/sign-in"
    lan.cookies = old  # the cookie somebody copied

    assert lan.get("/messages").headers["location"] == "/sign-in?next=%2Fmessages"
    assert deeds(house)[-2:] == [("lan", "sign-in", "done"), ("lan", "sign-out", "done")]


@pytest.mark.parametrize(
    ("login", "password"), [("lan", "sai"), ("ai-do", GOOD), ("", ""), ("lan", ""), ("x" * 400, "x")]
)
def test_a_wrong_password_and_an_unknown_login_look_the_same(house: SmallHouse, login: str, password: str) -> None:
    """One sentence for both, no cookie, and a row in the audit without the password."""
    with_account(house)
    answer = browser(house, None).post("/sign-in", login=login or " ", password=password or " ")

    assert answer.status_code == 403
    assert "Tên đăng nhập hoặc mật khẩu không đúng." in answer.text
    assert COOKIE not in answer.cookies
    assert deeds(house)[-1][1:] == ("sign-in", "denied")
    with reading(house.engine) as session:
        assert not [row for row in session.exec(select(Deed)) if GOOD in str(row)]


def test_the_session_cookie_is_out_of_reach(house: SmallHouse) -> None:
    """No script reads it, no other site sends it, and by HTTPS it never travels without."""
    with_account(house)
    plain = browser(house, None).post("/sign-in", login="lan", password=GOOD).headers["set-cookie"]
    public = replace(house, settings=house.settings.model_copy(update={"public_url": "https://dondoc.so.example"}))
    behind = Browser(create_app(public), "http://dondoc.so.example")
    secure = behind.post("/sign-in", login="lan", password=GOOD).headers["set-cookie"]

    for cookie in (plain, secure):
        assert {"HttpOnly", "SameSite=lax", "Path=/", "Max-Age=43200"} <= set(cookie.split("; "))
    assert "Secure" not in plain
    assert "; Secure" in secure


def test_a_session_begins_anew_with_each_sign_in(house: SmallHouse) -> None:
    """A cookie that was planted beforehand is never the one that is let in."""
    with_account(house)
    lan = browser(house, None)
    planted = keys_of(house.settings).sign("session", "planted")
    answer = lan.post("/sign-in", headers={"cookie": f"{COOKIE}={planted}"}, login="lan", password=GOOD)

    assert planted not in answer.headers["set-cookie"]
    assert browser(house, None).ask("GET", "/messages", {"cookie": f"{COOKIE}={planted}"}).status_code == 303


def test_a_session_ends_by_itself(house: SmallHouse) -> None:
    """Twelve hours later the same cookie leads to the sign-in page."""
    lan = browser(house)
    assert lan.get("/messages").status_code == 200
    later = replace(house, clock=StandingLater())
    late = Browser(create_app(later), cookies=lan.cookies)

    assert late.get("/messages").status_code == 303


class StandingLater(StandingClock):
    """Half a day on."""

    def now(self):  # type: ignore[no-untyped-def]
        return NOW + timedelta(hours=12)


@pytest.mark.parametrize("cookie", ["", "x", "x.y", "null", "eyJhIjoxfQ.AAAA"])
def test_a_forged_cookie_opens_nothing(house: SmallHouse, cookie: str) -> None:
    """Neither nonsense nor a value signed with another secret, or for another purpose."""
    keys = keys_of(house.settings)
    admin = browser(house)
    key = keys.unsign("session", admin.cookies[COOKIE]) or ""
    forged = [cookie, Keys("another").sign("session", key), keys.sign("said", key), key]
    for value in forged:
        stranger = browser(house, None)
        answer = stranger.ask("GET", "/messages", {"cookie": f"{COOKIE}={value}"})

        assert answer.status_code == 303


@pytest.mark.parametrize(
    "next_", ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
              "javascript:alert(1)", "http:evil", "", "evil", "///evil.example", "/\r\nSet-Cookie: a=b"]
)  # fmt: skip
def test_signing_in_leads_nowhere_else(house: SmallHouse, next_: str) -> None:
    """`next` is a path of this portal, whatever somebody wrote into the address."""
    with_account(house)
    assert local_path(next_) == "/"
    answer = browser(house, None).post("/sign-in", login="lan", password=GOOD, next=next_)

    assert answer.headers["location"] == "/"
    page = browser(house, None).ask("GET", "/sign-in", params={"next": next_}).text
    assert 'name="next" value="/"' in page


def test_who_has_signed_in_is_not_asked_again(house: SmallHouse) -> None:
    """The form leads on, to a page of this portal only."""
    assert browser(house).get("/sign-in?next=/messages").headers["location"] == "/messages"
    assert browser(house).get("/sign-in?next=//evil.example").headers["location"] == "/"


# ------------------------------------------------------------------ limits


def test_guessing_one_login_ends_soon(house: SmallHouse) -> None:
    """Ten tries in five minutes; then even the right password waits, and another login does not."""
    with_account(house)
    with_account(house, login="minh")
    here = browser(house, None)
    for _ in range(10):
        assert here.post("/sign-in", login="lan", password="sai").status_code == 403
    stopped = here.post("/sign-in", login=" LAN", password=GOOD)

    assert stopped.status_code == 429
    assert "thử quá nhiều lần" in stopped.text.lower()
    assert here.post("/sign-in", login="minh", password=GOOD).status_code == 303


def test_one_address_does_not_try_every_login(house: SmallHouse) -> None:
    """Sixty tries from one place, whatever the names."""
    here = browser(house, None)
    codes = [here.post("/sign-in", login=f"ai-{number}", password="x").status_code for number in range(61)]

    assert codes[:60] == [403] * 60
    assert codes[60] == 429


def test_nobody_tries_keys_of_one_time_links(house: SmallHouse) -> None:
    """Thirty looks from one place."""
    here = browser(house, None)
    codes = [here.get(f"/welcome/key-{number}").status_code for number in range(31)]

    assert codes == [410] * 30 + [429]


def test_a_stranger_does_not_fill_the_audit(house: SmallHouse) -> None:
    """Denials of one address are recorded up to a bound; each is still denied."""
    here = browser(house, None)
    answers = [here.post("/sign-in", headers={"origin": "https://evil.example"}, login="a", password="b").status_code
               for _ in range(70)]  # fmt: skip

    assert set(answers) == {403}
    assert len(deeds(house)) == 60


# ------------------------------------------------------------------ links that work once


def first_link(engine: Engine) -> str:
    """The first admin's key."""
    with transaction(engine) as session:
        return first_admin_link(session, NOW) or ""


def test_the_first_admin(house: SmallHouse) -> None:
    """The printed link makes the first account, signs it in, and is used up; no password stands there before."""
    path = f"/welcome/{first_link(house.engine)}"
    here = browser(house, None)
    assert "Tạo quản trị viên đầu tiên" in here.get(path).text
    assert here.get(path).status_code == 200  # looking uses nothing up

    answer = here.post(path, login="lan", name="Nguyễn Thị Lan", password=GOOD, again=GOOD)

    assert answer.status_code == 303
    assert here.get("/messages").status_code == 200
    assert here.get(path).status_code == 410
    again = browser(house, None).post(path, login="ke-gian", name="Kẻ gian", password=GOOD, again=GOOD)
    assert again.status_code == 410
    with reading(house.engine) as session:
        assert [(row.login, row.role) for row in session.exec(select(Account))] == [("lan", "admin")]


def test_two_browsers_with_the_first_link_make_one_admin(house: SmallHouse) -> None:
    """Both press at once; one is in, the other is told that the link has been used."""
    path = f"/welcome/{first_link(house.engine)}"
    start, codes = threading.Barrier(2), []

    def press(login: str) -> None:
        here = browser(house, None)
        start.wait()
        codes.append(here.post(path, login=login, name=login, password=GOOD, again=GOOD).status_code)

    threads = [threading.Thread(target=press, args=(login,)) for login in ("lan", "minh")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(codes) == [303, 410]
    with reading(house.engine) as session:
        assert len(session.exec(select(Account)).all()) == 1


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"password": GOOD, "again": GOOD + "x"}, "không giống nhau"),
        ({"password": "ngắn", "again": "ngắn"}, "từ 10 đến 200"),
        ({"login": "Có Dấu"}, "chữ thường không dấu"),
        ({"name": ""}, "Họ tên"),
        ({"name": "<script>alert(1)</script>", "login": "!"}, "chữ thường"),
    ],
)
def test_a_mistake_does_not_use_the_link_up(house: SmallHouse, given: dict[str, str], sentence: str) -> None:
    """The form comes back with its sentence and what was typed, never with the password, and still works."""
    path = f"/welcome/{first_link(house.engine)}"
    here = browser(house, None)
    form = {"login": "lan", "name": "Lan", "password": GOOD, "again": GOOD}
    answer = here.post(path, **(form | given))

    assert answer.status_code == 422
    assert sentence in answer.text
    assert GOOD not in answer.text
    assert "<script>alert" not in answer.text
    assert here.post(path, **form).status_code == 303


def test_a_forgotten_password(house: SmallHouse) -> None:
    """A link from an admin sets a new one, ends the sessions there were, and is used up."""
    with_account(house, Role.VIEWER)
    old = browser(house, None)
    old.post("/sign-in", login="lan", password=GOOD)
    with transaction(house.engine) as session:
        key = password_link(session, session.exec(select(Account)).one(), NOW)
    new = browser(house, None)
    assert "Nguyễn Thị Lan" in new.get(f"/welcome/{key}").text
    # Mass assignment: the form of a password link makes nobody an admin.
    answer = new.post(f"/welcome/{key}", password="một câu khác hẳn", again="một câu khác hẳn", login="x", role="admin")

    assert answer.status_code == 303
    assert old.get("/messages").status_code == 303
    assert new.get("/messages").status_code == 200
    with reading(house.engine) as session:
        assert [(row.login, row.role) for row in session.exec(select(Account))] == [("lan", "viewer")]
        assert len(session.exec(select(PortalSession)).all()) == 1


def test_up_prints_the_first_admins_link_and_who_can_reach_the_portal(house: SmallHouse) -> None:
    """On loopback it says so; opened to the network it warns; with an account there is no link."""
    said = who_may_reach(house, "http://127.0.0.1:8000")  # type: ignore[arg-type]
    assert said[0] == "  chỉ mở được từ máy này (DONDOC_HOST)"
    key = said[1].rpartition("/")[2]
    assert said[1] == f"Tạo quản trị viên: http://127.0.0.1:8000/welcome/{key}"
    assert browser(house, None).get(f"/welcome/{key}").status_code == 200
    with_account(house)
    wide = replace(house, settings=house.settings.model_copy(update={"host": "0.0.0.0"}))

    assert who_may_reach(wide, "http://127.0.0.1:8000") == [
        "  MỞ RA MẠNG ở 0.0.0.0: đặt sau HTTPS của cơ quan (docs/portal.md)"
    ]  # type: ignore[arg-type]


# ------------------------------------------------------------------ the secret behind it


def test_two_processes_make_one_secret(tmp_path: Path) -> None:
    """Whoever comes second reads what the first has written; only this user can read it."""
    settings = Settings(home=tmp_path)
    start, made = threading.Barrier(8), []

    def make() -> None:
        start.wait()
        made.append(keys_of(settings).digest("x", "y"))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(made)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("purpose", [LinkPurpose.UNIT, LinkPurpose.HEAD])
def test_a_link_is_bound_to_its_purpose_and_its_days(purpose: LinkPurpose) -> None:
    """It opens what it was signed for, until its last day; nothing else and nobody else's."""
    keys = Keys(SECRET, link_days=60)
    token = keys.link(purpose, "truong-01", "dau_moi", NOW, about=3, version=2)
    link = keys.read_link(purpose, token, NOW + timedelta(days=59, hours=23))

    assert (link.unit_id, link.role, link.about, link.version) == ("truong-01", "dau_moi", 3, 2)
    for other in set(LinkPurpose) - {purpose}:
        with pytest.raises(BadLink):
            keys.read_link(other, token, NOW)
    with pytest.raises(BadLink, match="expired"):
        keys.read_link(purpose, token, NOW + timedelta(days=60))
    with pytest.raises(BadLink, match="forged"):
        Keys("another").read_link(purpose, token, NOW)
    for forged in ("", "x", token[:-1], token + "x", token.replace(".", "", 1), "." + token):
        with pytest.raises(BadLink, match="forged"):
            keys.read_link(purpose, forged, NOW)


def test_a_feed_does_not_age() -> None:
    """A calendar keeps asking for years; it is cut off, not aged."""
    keys = Keys(SECRET)
    token = keys.link(LinkPurpose.FEED, "truong-01", "feed", NOW)

    assert keys.read_link(LinkPurpose.FEED, token, NOW + timedelta(days=4000)).unit_id == "truong-01"
