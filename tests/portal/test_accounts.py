"""Who may enter: accounts, passwords, links that work once, sessions, tokens."""

from __future__ import annotations

import re
import threading
import unicodedata
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from actions import accounts
from actions.accounts import (
    bearer_of,
    begin_session,
    change_account,
    check_password,
    create_account,
    create_token,
    first_admin_link,
    open_link,
    password_hash,
    password_link,
    plans_of,
    session_of,
    set_password,
    use_link,
)
from actions.move import Refused
from models.accounts import Account, ApiToken, Deed, OneTimeLink, PortalSession, Role
from models.database import reading, transaction

from .conftest import SmallHouse, browser
from .ledger_rows import NOW, fill

GOOD = "hoa gạo nở bên sông"


def make(session: Session, login: str = "lan", role: Role = Role.ADMIN, **more: object) -> Account:
    """An account."""
    return create_account(session, NOW, by="test", login=login, name="Nguyễn Thị Lan", role=role, **more)  # type: ignore[arg-type]


# ------------------------------------------------------------------ accounts


@pytest.mark.parametrize("login", ["", "a", "có dấu", "a b", "-x", "x" * 65, "a/b", "<b>", "a\nb", "a\0b"])
def test_a_login_is_plain(engine: Engine, login: str) -> None:
    """Letters without diacritics, figures, dots, dashes; nothing that could be mistaken for another."""
    with transaction(engine) as session, pytest.raises(Refused, match="tên đăng nhập"):
        make(session, login)


def test_a_login_is_taken_once_whatever_its_case(engine: Engine) -> None:
    """`Lan` and `lan` are one person."""
    with transaction(engine) as session:
        make(session, " LAN ")
        with pytest.raises(Refused, match="đã có tài khoản “lan”"):
            make(session, "Lan")


def test_an_officer_has_a_unit_and_a_coordinator_known_plans(engine: Engine) -> None:
    """What an account is given must be there; plans are a coordinator's alone."""
    fill(engine)
    with transaction(engine) as session:
        with pytest.raises(Refused, match="cần có đơn vị"):
            make(session, "can-bo", Role.OFFICER)
        with pytest.raises(Refused, match="không có đơn vị “không-có”"):
            make(session, "can-bo", Role.OFFICER, unit_id="không-có")
        with pytest.raises(Refused, match="không có kế hoạch la"):
            make(session, "theo-doi", Role.COORDINATOR, plans=["la", "kl50"])
        session.expunge_all()
    with transaction(engine) as session:
        viewer = make(session, "lanh-dao", Role.VIEWER, plans=["kl50"])

        assert plans_of(session, viewer.id or 0) == frozenset()


def test_the_last_admin_stays_one(engine: Engine) -> None:
    """Nobody locks everybody out: neither by another role nor by closing the account."""
    with transaction(engine) as session:
        last = make(session)
        for role, active in ((Role.VIEWER, True), (Role.ADMIN, False)):
            with pytest.raises(Refused, match="quản trị viên cuối cùng"):
                change_account(session, last, name="Lan", role=role, unit_id=None, plans=(), active=active)
        make(session, "minh")
        change_account(session, last, name="Lan", role=Role.VIEWER, unit_id=None, plans=(), active=True)

        assert last.role == "viewer"


def test_a_changed_role_signs_out_and_a_changed_name_does_not(engine: Engine) -> None:
    """Whoever lost something begins anew; the others are not disturbed."""
    with transaction(engine) as session:
        make(session, "minh")
        account = make(session)
        key = begin_session(session, account, NOW)
        change_account(session, account, name="Lan Anh", role=Role.ADMIN, unit_id=None, plans=(), active=True)
        assert session_of(session, key, NOW)
        change_account(session, account, name="Lan Anh", role=Role.VIEWER, unit_id=None, plans=(), active=True)

        assert session_of(session, key, NOW) is None


def test_a_closed_account_opens_nothing(engine: Engine) -> None:
    """Its password, its session, its token and the link that was on its way all end with it."""
    with transaction(engine) as session:
        make(session, "minh")
        account = make(session, password=GOOD)
        key = begin_session(session, account, NOW)
        link = password_link(session, account, NOW)
        _, token = create_token(session, account, NOW, name="excel", writes=True, days=None)
        change_account(session, account, name="Lan", role=Role.ADMIN, unit_id=None, plans=(), active=False)

        assert check_password(session, "lan", GOOD) is None
        assert session_of(session, key, NOW) is None
        assert bearer_of(session, token, NOW) is None
        assert open_link(session, link, NOW) is None
        with pytest.raises(Refused, match="ngừng dùng"):
            password_link(session, account, NOW)


# ------------------------------------------------------------------ passwords


@pytest.mark.parametrize("password", ["ngắn quá", "x" * 201, "aaaaaaaaaaaa", "lananh-2026", "1212121212121"])
def test_a_password_that_is_guessed_at_once_is_refused(password: str) -> None:
    """Too short, too long, the login itself, the same few letters."""
    with pytest.raises(Refused, match="mật khẩu"):
        password_hash(password, "lananh")


def test_a_short_login_forbids_no_word_that_happens_to_hold_it() -> None:
    """`an` stands in half of all Vietnamese sentences."""
    assert password_hash("trời quang mây tạnh", "an").startswith("$argon2id$")


def test_the_same_password_from_another_keyboard_is_the_same(engine: Engine) -> None:
    """Composed and decomposed letters, also where the decomposed ones are more than 200 characters."""
    long = "mật khẩu rất dài ế ổ ữ " * 8
    with transaction(engine) as session:
        make(session, password=unicodedata.normalize("NFC", long))

        assert check_password(session, "LAN ", unicodedata.normalize("NFD", long))
        assert check_password(session, "lan", long + "x") is None


def test_a_password_longer_than_any_is_not_cut_to_fit(engine: Engine) -> None:
    """200 right characters and more behind them are not the password."""
    right = "0123456789" * 20
    with transaction(engine) as session:
        make(session, password=right)

        assert check_password(session, "lan", right)
        assert check_password(session, "lan", right + "thêm") is None


def test_an_unknown_login_costs_one_verification_like_a_known_one(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody learns from the time it takes which logins there are: each try verifies exactly one hash."""
    with transaction(engine) as session:
        make(session, password=GOOD)
        make(session, "khong-mat-khau")
    done: list[str] = []
    hasher = accounts._hasher()

    class Counting:
        def verify(self, known: str, given: str) -> bool:
            done.append(known)
            return bool(hasher.verify(known, given))

        def hash(self, given: str) -> str:
            return str(hasher.hash(given))

    monkeypatch.setattr(accounts, "_hasher", Counting)
    with reading(engine) as session:
        assert check_password(session, "lan", "sai") is None
        assert check_password(session, "ai-do", "sai") is None
        assert check_password(session, "khong-mat-khau", "sai") is None

    assert len(done) == 3
    assert all(known.startswith("$argon2id$") for known in done)


def test_the_ledger_keeps_no_password_and_no_key(engine: Engine) -> None:
    """Whoever reads the database can sign in as nobody."""
    with transaction(engine) as session:
        account = make(session, password=GOOD)
        keys = [begin_session(session, account, NOW), password_link(session, account, NOW)]
        keys.append(create_token(session, account, NOW, name="excel", writes=False, days=30)[1])
    with reading(engine) as session:
        kept = [
            str(row) for table in (Account, PortalSession, OneTimeLink, ApiToken) for row in session.exec(select(table))
        ]

    assert not [key for key in [*keys, GOOD] for row in kept if key in row]


# ------------------------------------------------------------------ links that work once


def test_the_first_admins_link_works_once_and_the_newest_one_alone(engine: Engine) -> None:
    """A second start prints a new link and the old one opens nothing."""
    with transaction(engine) as session:
        old = first_admin_link(session, NOW)
        key = first_admin_link(session, NOW)
        assert old
        assert key
        assert open_link(session, old, NOW) is None
        use_link(session, key, NOW)
        with pytest.raises(Refused, match="đã dùng"):
            use_link(session, key, NOW)


def test_there_is_no_first_admins_link_when_somebody_can_sign_in(engine: Engine) -> None:
    """Neither a new one, nor the one that was printed before the account was made."""
    with transaction(engine) as session:
        key = first_admin_link(session, NOW)
        make(session)

        assert first_admin_link(session, NOW) is None
        assert key
        assert open_link(session, key, NOW) is None


def test_links_grow_old(engine: Engine) -> None:
    """The first admin's after a day, a password's after three."""
    with transaction(engine) as session:
        first = first_admin_link(session, NOW) or ""
        assert open_link(session, first, NOW + timedelta(hours=23, minutes=59))
        assert open_link(session, first, NOW + timedelta(hours=24)) is None
        key = password_link(session, make(session), NOW)
        assert open_link(session, key, NOW + timedelta(hours=71))
        with pytest.raises(Refused, match="hết hạn"):
            use_link(session, key, NOW + timedelta(hours=72))


@pytest.mark.parametrize("database", ["engine", "postgres_engine"])
def test_two_at_once_use_a_link_once(request: pytest.FixtureRequest, database: str) -> None:
    """Eight browsers press the button of one link together: one gets in, seven are told."""
    engine: Engine = request.getfixturevalue(database)
    with transaction(engine) as session:
        key = first_admin_link(session, NOW) or ""
    start, got = threading.Barrier(8), []

    def press(number: int) -> None:
        start.wait()
        try:
            with transaction(engine) as session:
                use_link(session, key, NOW)
                make(session, f"admin-{number}")
            got.append("in")
        except Refused:
            got.append("refused")

    threads = [threading.Thread(target=press, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(got) == ["in"] + ["refused"] * 7
    with reading(engine) as session:
        assert len(session.exec(select(Account)).all()) == 1


# ------------------------------------------------------------------ sessions and tokens


def test_a_session_ends_after_twelve_hours_and_is_swept_away(engine: Engine) -> None:
    """It ends by itself, and the next one that begins clears what has ended."""
    with transaction(engine) as session:
        account = make(session)
        key = begin_session(session, account, NOW)
        assert session_of(session, key, NOW + timedelta(hours=11, minutes=59))
        assert session_of(session, key, NOW + timedelta(hours=12)) is None
        begin_session(session, account, NOW + timedelta(hours=13))

        assert len(session.exec(select(PortalSession)).all()) == 1


def test_a_new_password_ends_every_session(engine: Engine) -> None:
    """Whoever had the old one is out."""
    with transaction(engine) as session:
        account = make(session, password=GOOD)
        keys = [begin_session(session, account, NOW) for _ in range(2)]
        set_password(session, account, "một câu khác hẳn")

        assert [session_of(session, key, NOW) for key in keys] == [None, None]
        assert check_password(session, "lan", GOOD) is None
        assert check_password(session, "lan", "một câu khác hẳn")


def test_a_token_ends_on_its_day_or_when_it_is_revoked(engine: Engine) -> None:
    """A program does not stay for ever because somebody forgot it."""
    with transaction(engine) as session:
        account = make(session)
        _, short = create_token(session, account, NOW, name="thử", writes=False, days=1)
        row, long = create_token(session, account, NOW, name="excel", writes=True, days=None)
        assert bearer_of(session, short, NOW + timedelta(hours=23))
        assert bearer_of(session, short, NOW + timedelta(hours=24)) is None
        assert bearer_of(session, long, NOW + timedelta(days=4000))
        row.revoked_at = NOW
        session.flush()

        assert bearer_of(session, long, NOW) is None
        assert session.exec(select(ApiToken).where(col(ApiToken.key_hash).contains(long))).first() is None


@pytest.mark.parametrize(("name", "days"), [("", 1), ("x" * 101, 1), ("x", 0), ("x", 5000)])
def test_a_token_has_a_name_and_a_sensible_life(engine: Engine, name: str, days: int) -> None:
    """Later somebody must know what it was for."""
    with transaction(engine) as session, pytest.raises(Refused):
        create_token(session, make(session), NOW, name=name, writes=False, days=days)


# ------------------------------------------------------------------ the pages


def test_an_admin_adds_somebody_who_sets_a_password(house: SmallHouse) -> None:
    """Added with a link that is shown once; the link sets the password; the new coordinator acts on the plan given."""
    admin = browser(house)
    made = admin.post("/accounts", login="Minh", name="Trần Văn Minh", role="coordinator", plans=["kl50"])
    assert made.status_code == 200, made.text
    path = re.search(r"http://127\.0\.0\.1:8000(/welcome/[\w-]+)", made.text)
    assert path
    assert path[1] not in admin.get("/accounts").text
    minh = browser(house, None)
    assert minh.post(path[1], password=GOOD, again=GOOD).status_code == 303

    assert "Trần Văn Minh" in minh.get("/messages").text
    with reading(house.engine) as session:
        account = session.exec(select(Account).where(Account.login == "minh")).one()
        assert (account.role, plans_of(session, account.id or 0)) == ("coordinator", {"kl50"})


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"role": "root"}, "chọn vai trò"),
        ({"role": ""}, "chọn vai trò"),
        ({"login": "Có Dấu"}, "chữ thường"),
        ({"name": " "}, "họ tên"),
        ({"role": "officer"}, "cần có đơn vị"),
        ({"plans": ["khong"]}, "không có kế hoạch"),
        ({"unit_id": "khong/co"}, "không có đơn vị"),
    ],
)
def test_a_mistake_adds_nobody(house: SmallHouse, form: dict[str, object], sentence: str) -> None:
    """The sentence, the form as it was filled in, nobody new, and a row in the audit."""
    admin = browser(house)
    given = {"login": "minh", "name": "Trần <b>Minh</b>", "role": "coordinator"} | form
    answer = admin.post("/accounts", **given)

    assert answer.status_code == 422
    assert sentence in answer.text.lower()
    assert "<b>Minh" not in answer.text
    with reading(house.engine) as session:
        assert len(session.exec(select(Account)).all()) == 1
        assert session.exec(select(Deed)).all()[-1].outcome == "refused"


def test_an_account_is_changed_and_closed(house: SmallHouse) -> None:
    """Another role ends the sessions; closed, the cookie opens nothing; the last admin cannot be closed."""
    admin, other = browser(house), browser(house, Role.VIEWER)
    with reading(house.engine) as session:
        ids = {row.role: row.id for row in session.exec(select(Account))}
    path = f"/accounts/{ids['viewer']}"
    assert "Người viewer" in admin.get(path).text
    assert admin.post(path, name="Người xem", role="coordinator", plans=["kl50"], active="1").status_code == 303
    assert other.get("/messages").status_code == 303
    assert admin.post(path, name="Người xem", role="coordinator").status_code == 303
    assert admin.post(f"{path}/link").status_code == 409
    last = admin.post(f"/accounts/{ids['admin']}", name="x", role="viewer", active="1")

    assert last.status_code == 422
    assert "quản trị viên cuối cùng" in last.text
    with reading(house.engine) as session:
        assert session.get_one(Account, ids["viewer"]).active is False


def test_own_password(house: SmallHouse) -> None:
    """The old one first; then every other session ends and this one goes on."""
    with transaction(house.engine) as session:
        make(session, "lan", Role.VIEWER, password=GOOD)
    here, elsewhere = browser(house, None), browser(house, None)
    for one in (here, elsewhere):
        one.post("/sign-in", login="lan", password=GOOD)
    here.csrf = here.get("/me").text.split('name="_csrf" value="')[1].split('"')[0]
    for current, again in (("sai", "một câu khác hẳn"), (GOOD, "khác")):
        assert here.post("/me/password", current=current, password="một câu khác hẳn", again=again).status_code == 422
    done = here.post("/me/password", current=GOOD, password="một câu khác hẳn", again="một câu khác hẳn")

    assert done.status_code == 303
    assert here.get("/me").status_code == 200
    assert elsewhere.get("/me").status_code == 303


def test_own_tokens(house: SmallHouse) -> None:
    """Made with a browser and shown once; it works until it is revoked; another's is not mine to revoke."""
    lan, other = browser(house, Role.VIEWER), browser(house, Role.COORDINATOR)
    made = lan.post("/me/tokens", name="Excel <tháng>", days="30")
    key = re.search(r"dd_[\w-]{43}", made.text)
    assert key
    assert key[0] not in lan.get("/me").text
    assert "Excel &lt;tháng&gt;" in lan.get("/me").text
    program = browser(house, None)
    bearer = {"authorization": f"Bearer {key[0]}"}
    assert program.ask("GET", "/api/v1/plans", bearer).status_code == 200
    assert program.ask("POST", "/me/tokens", bearer, data={"name": "một khoá nữa"}).status_code == 403
    assert program.ask("POST", "/me/password", bearer, data={}).status_code == 403
    assert other.post("/me/tokens/1/revoke").status_code == 404
    assert program.ask("GET", "/api/v1/plans", bearer).status_code == 200
    assert lan.post("/me/tokens/1/revoke").status_code == 303

    assert program.ask("GET", "/api/v1/plans", bearer).status_code == 401


@pytest.mark.parametrize(
    "form",
    [
        {"name": ""},
        {"name": "x", "days": "0"},
        {"name": "x", "days": "²"},
        {"name": "x", "days": "-1"},
        {"name": "x", "days": "x"},
    ],
)
def test_a_token_that_makes_no_sense_is_refused(house: SmallHouse, form: dict[str, str]) -> None:
    """A sentence and no token."""
    answer = browser(house).post("/me/tokens", **form)

    assert answer.status_code == 422
    assert "dd_" not in answer.text


def test_accounts_are_an_admins(house: SmallHouse) -> None:
    """Nobody else sees who there is or makes another; a token, also an admin's that only reads, changes nothing."""
    for role in (Role.COORDINATOR, Role.VIEWER):
        here = browser(house, role)
        assert here.get("/accounts").status_code == 403
        assert here.post("/accounts", login="x1", name="x", role="admin").status_code == 403
        assert here.post("/accounts/1/link").status_code == 403
        assert here.post("/accounts/1", name="x", role="admin", active="1").status_code == 403
