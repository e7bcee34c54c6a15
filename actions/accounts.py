"""Accounts, their passwords, sessions, one-time links and tokens. The ledger keeps hashes; keys are handed out once."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import bindparam, delete, or_, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from models.accounts import (
    Account,
    AccountPlan,
    ApiToken,
    LinkCutoff,
    LinkPurpose,
    OneTimeLink,
    OneTimePurpose,
    PortalSession,
    Role,
)
from models.database import rows_changed
from models.plan import Plan
from models.units import Unit

from .move import Refused

LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")
SHORTEST, LONGEST = 10, 200
SHORT_LOGIN = 4  # a shorter one stands in many a good sentence by chance
SESSION_HOURS = 12
SEEN_EVERY = timedelta(minutes=5)
FIRST_ADMIN_HOURS = 24
PASSWORD_HOURS = 72


def hash_of(key: str) -> str:
    """What the ledger keeps of a key it has handed out. The keys are random, so a fast hash is enough."""
    return hashlib.sha256(key.encode()).hexdigest()


def new_key() -> str:
    """A key nobody guesses: 43 characters."""
    return secrets.token_urlsafe(32)


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@lru_cache(maxsize=1)
def _nobody() -> str:
    return _hasher().hash(new_key())


# ------------------------------------------------------------------ accounts


def create_account(
    session: Session,
    now: datetime,
    *,
    by: str,
    login: str,
    name: str,
    role: Role,
    unit_id: str | None = None,
    plans: Iterable[str] = (),
    password: str | None = None,
    oidc_subject: str | None = None,
) -> Account:
    """One more account. Refused: a login that is taken or has other characters, an officer without a unit."""
    login, name = _plain(login).lower(), _plain(name)
    if not LOGIN.fullmatch(login):
        raise Refused("tên đăng nhập gồm 2–64 chữ thường không dấu, số, dấu chấm, gạch, @")
    if not name or len(name) > 200:
        raise Refused("họ tên cần có, không quá 200 ký tự")
    if session.exec(select(Account.id).where(col(Account.login) == login)).first() is not None:
        raise Refused(f"đã có tài khoản “{login}”")
    _check_unit(session, role, unit_id)
    account = Account(
        login=login,
        name=name,
        role=role.value,
        unit_id=unit_id or None,
        password_hash=password_hash(password, login) if password is not None else None,
        oidc_subject=oidc_subject or None,
        created_at=now,
        created_by=by,
    )
    session.add(account)
    session.flush()
    give_plans(session, account, plans)
    return account


def change_account(
    session: Session,
    account: Account,
    *,
    name: str,
    role: Role,
    unit_id: str | None,
    plans: Iterable[str],
    active: bool,
    oidc_subject: str | None = None,
) -> None:
    """Write what an admin changed; whoever lost something is signed out. The last active admin stays one."""
    name = _plain(name)
    if not name or len(name) > 200:
        raise Refused("họ tên cần có, không quá 200 ký tự")
    _check_unit(session, role, unit_id)
    was_admin = account.role == Role.ADMIN and account.active
    if was_admin and (role is not Role.ADMIN or not active) and _admins(session) < 2:
        raise Refused("đây là quản trị viên cuối cùng; tạo quản trị viên khác trước")
    if (account.role, account.active) != (role.value, active):
        sign_out_everywhere(session, account)
    if not active:
        _forget_links(session, account)
    account.name, account.role, account.unit_id, account.active = name, role.value, unit_id or None, active
    account.oidc_subject = oidc_subject or None
    session.flush()
    give_plans(session, account, plans)


def give_plans(session: Session, account: Account, plans: Iterable[str]) -> None:
    """The plans a coordinator looks after, exactly these."""
    wanted = sorted(set(plans)) if account.role == Role.COORDINATOR else []
    known = session.exec(select(Plan.id).where(col(Plan.id).in_(wanted))).all()
    unknown = set(wanted) - set(known)
    if unknown:
        raise Refused(f"không có kế hoạch {', '.join(sorted(unknown))}")
    session.execute(delete(AccountPlan).where(col(AccountPlan.account_id) == account.id))
    session.add_all(AccountPlan(account_id=account.id or 0, plan_id=plan_id) for plan_id in wanted)
    session.flush()


def plans_of(session: Session, account_id: int) -> frozenset[str]:
    """The plans an account looks after."""
    return frozenset(session.exec(select(AccountPlan.plan_id).where(col(AccountPlan.account_id) == account_id)))


def any_account(session: Session) -> bool:
    """Whether somebody can sign in at all."""
    return session.exec(select(Account.id).limit(1)).first() is not None


def _admins(session: Session) -> int:
    """How many admins can sign in; their rows are held, so that two of them do not take each other's role at once."""
    which = (col(Account.role) == Role.ADMIN.value, col(Account.active).is_(True))
    return len(session.exec(select(Account.id).where(*which).order_by(col(Account.id)).with_for_update()).all())


def _check_unit(session: Session, role: Role, unit_id: str | None) -> None:
    if role is Role.OFFICER and not unit_id:
        raise Refused("cán bộ đơn vị cần có đơn vị")
    if unit_id and session.get(Unit, unit_id) is None:
        raise Refused(f"không có đơn vị “{unit_id}”")


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


# ------------------------------------------------------------------ passwords


def password_hash(password: str, login: str) -> str:
    """Argon2's hash of a password. Refused: shorter than 10 characters, longer than 200, or the login itself.

    NFC first: the same password typed on another keyboard is the same password.
    """
    password = unicodedata.normalize("NFC", password)
    if not SHORTEST <= len(password) <= LONGEST:
        raise Refused(f"mật khẩu cần từ {SHORTEST} đến {LONGEST} ký tự")
    if (len(login) >= SHORT_LOGIN and login.casefold() in password.casefold()) or len(set(password)) < 5:
        raise Refused("mật khẩu quá dễ đoán: không chứa tên đăng nhập, ít nhất 5 ký tự khác nhau")
    return _hasher().hash(password)


def check_password(session: Session, login: str, password: str) -> Account | None:
    """Whose login and password these are. An unknown login takes as long as a wrong password."""
    nobody = _nobody()
    account = session.exec(select(Account).where(col(Account.login) == _plain(login).lower())).first()
    known = account.password_hash if account and account.active else None
    try:
        _hasher().verify(known or nobody, unicodedata.normalize("NFC", password)[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return None
    return account if known else None


def set_password(session: Session, account: Account, password: str) -> None:
    """A new password; every session of the account ends."""
    account.password_hash = password_hash(password, account.login)
    sign_out_everywhere(session, account)
    session.flush()


# ------------------------------------------------------------------ one-time links


def first_admin_link(session: Session, now: datetime) -> str | None:
    """The key of the link that makes the first admin, while there is no account; an earlier one stops working."""
    if any_account(session):
        return None
    which = (col(OneTimeLink.purpose) == OneTimePurpose.FIRST_ADMIN.value, col(OneTimeLink.used_at).is_(None))
    session.execute(delete(OneTimeLink).where(*which))
    return _one_time(session, now, OneTimePurpose.FIRST_ADMIN, None, FIRST_ADMIN_HOURS)


def password_link(session: Session, account: Account, now: datetime) -> str:
    """The key of a link that sets the account's password; an earlier one stops working."""
    if not account.active:
        raise Refused("tài khoản này đã ngừng dùng; mở lại trước khi đặt mật khẩu")
    _forget_links(session, account)
    return _one_time(session, now, OneTimePurpose.PASSWORD, account.id, PASSWORD_HOURS)


def _forget_links(session: Session, account: Account) -> None:
    which = (col(OneTimeLink.account_id) == account.id, col(OneTimeLink.used_at).is_(None))
    session.execute(delete(OneTimeLink).where(*which))


def _one_time(session: Session, now: datetime, purpose: OneTimePurpose, account_id: int | None, hours: int) -> str:
    key = new_key()
    session.add(
        OneTimeLink(
            key_hash=hash_of(key),
            purpose=purpose.value,
            account_id=account_id,
            created_at=now,
            expires_at=now + timedelta(hours=hours),
        )
    )
    session.flush()
    return key


def open_link(session: Session, key: str, now: datetime) -> OneTimeLink | None:
    """The link of a key while it works; looking at it uses nothing up. The first admin's ends with any account."""
    link = session.get(OneTimeLink, hash_of(key))
    if link is None or link.used_at is not None or now >= link.expires_at:
        return None
    return None if link.purpose == OneTimePurpose.FIRST_ADMIN and any_account(session) else link


def use_link(session: Session, key: str, now: datetime) -> OneTimeLink:
    """Use a link up. Refused when it has been used, is too old, or never was."""
    link = open_link(session, key, now)
    used = (
        update(OneTimeLink)
        .where(col(OneTimeLink.key_hash) == hash_of(key), col(OneTimeLink.used_at).is_(None))
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    if link is None or not rows_changed(session.execute(used)):
        raise Refused("liên kết này đã dùng hoặc đã hết hạn; xin liên kết mới")
    return link


# ------------------------------------------------------------------ sessions


def begin_session(session: Session, account: Account, now: datetime) -> str:
    """The key of a new session; only its hash stays here. Sessions that have ended are swept away."""
    key = new_key()
    session.execute(delete(PortalSession).where(col(PortalSession.expires_at) <= now))
    session.add(
        PortalSession(
            id=hash_of(key),
            account_id=account.id or 0,
            created_at=now,
            seen_at=now,
            expires_at=now + timedelta(hours=SESSION_HOURS),
        )
    )
    account.last_login_at = now
    session.flush()
    return key


def session_of(session: Session, key: str, now: datetime) -> tuple[PortalSession, Account] | None:
    """The live session of a key, with its account."""
    found = session.exec(
        select(PortalSession, Account)
        .join(Account, col(Account.id) == PortalSession.account_id)
        .where(col(PortalSession.id) == hash_of(key), col(PortalSession.expires_at) > now, col(Account.active))
    ).first()
    return (found[0], found[1]) if found else None


class Standing(NamedTuple):
    """What every request asks of a session."""

    session_id: str
    seen_at: datetime
    account_id: int
    login: str
    name: str
    role: str
    unit_id: str | None


_STANDING = (
    select_columns(
        col(PortalSession.id), col(PortalSession.seen_at), col(Account.id), col(Account.login), col(Account.name),
        col(Account.role), col(Account.unit_id),
    )
    .join(Account, col(Account.id) == PortalSession.account_id)
    .where(col(PortalSession.id) == bindparam("id"), col(PortalSession.expires_at) > bindparam("now"),
           col(Account.active))
)  # fmt: skip


def standing_of(session: Session, key: str, now: datetime) -> Standing | None:
    """The same as columns of a statement built once: every page asks this first."""
    found = session.execute(_STANDING, {"id": hash_of(key), "now": now}).first()
    return Standing(*found) if found else None


def end_session(session: Session, key: str) -> None:
    """Sign out."""
    session.execute(delete(PortalSession).where(col(PortalSession.id) == hash_of(key)))


def sign_out_everywhere(session: Session, account: Account) -> None:
    """End every session of an account."""
    session.execute(delete(PortalSession).where(col(PortalSession.account_id) == account.id))


# ------------------------------------------------------------------ tokens


def create_token(
    session: Session, account: Account, now: datetime, *, name: str, writes: bool, days: int | None
) -> tuple[ApiToken, str]:
    """A token for a program that acts for the account; the token itself is shown once."""
    name = _plain(name)
    if not name or len(name) > 100:
        raise Refused("tên khoá cần có, không quá 100 ký tự")
    if days is not None and not 1 <= days <= 3660:
        raise Refused("số ngày hiệu lực từ 1 đến 3660")
    key = f"dd_{new_key()}"
    token = ApiToken(
        account_id=account.id or 0,
        name=name,
        key_hash=hash_of(key),
        writes=writes,
        created_at=now,
        expires_at=now + timedelta(days=days) if days else None,
    )
    session.add(token)
    session.flush()
    return token, key


class Bearer(NamedTuple):
    """What every request asks of a token."""

    token_id: int
    token_name: str
    writes: bool
    account_id: int
    login: str
    name: str
    role: str
    unit_id: str | None


_BEARER = (
    select_columns(
        col(ApiToken.id), col(ApiToken.name), col(ApiToken.writes), col(Account.id), col(Account.login),
        col(Account.name), col(Account.role), col(Account.unit_id),
    )
    .join(Account, col(Account.id) == ApiToken.account_id)
    .where(col(ApiToken.key_hash) == bindparam("hash"), col(ApiToken.revoked_at).is_(None), col(Account.active),
           or_(col(ApiToken.expires_at).is_(None), col(ApiToken.expires_at) > bindparam("now")))
)  # fmt: skip


def bearer_of(session: Session, key: str, now: datetime) -> Bearer | None:
    """Who holds the live token of a key."""
    found = session.execute(_BEARER, {"hash": hash_of(key), "now": now}).first()
    return Bearer(*found) if found else None


def tokens_of(session: Session, account_id: int) -> Sequence[ApiToken]:
    """An account's tokens, newest first."""
    mine = select(ApiToken).where(col(ApiToken.account_id) == account_id)
    return session.exec(mine.order_by(col(ApiToken.id).desc())).all()


# ------------------------------------------------------------------ signed links


def cut_links(session: Session, unit_id: str, purpose: LinkPurpose, now: datetime, *, by: str) -> None:
    """Links of this purpose to a unit signed before now open nothing any more."""
    if session.get(Unit, unit_id) is None:
        raise Refused(f"không có đơn vị “{unit_id}”")
    cut = session.get(LinkCutoff, (unit_id, purpose.value))
    if cut is None:
        session.add(LinkCutoff(unit_id=unit_id, purpose=purpose.value, since=now, by=by))
    else:
        cut.since, cut.by = now, by
    session.flush()


def is_cut(session: Session, unit_id: str, purpose: LinkPurpose, signed_at: datetime) -> bool:
    """Whether a link signed at that moment has been cut off, or its unit has ended or is gone."""
    unit = session.get(Unit, unit_id)
    if unit is None:
        return True
    cut = session.get(LinkCutoff, (unit_id, purpose.value))
    return cut is not None and signed_at <= cut.since
