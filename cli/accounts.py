"""`admin-link`: a way in for whoever runs the machine; and what `up` says of who can reach the portal."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlmodel import Session, col, select

from actions.accounts import first_admin_link, password_link
from config.bootstrap import House, running
from models.accounts import Account, Deed, Outcome, Role
from models.database import transaction

from .common import AsJson, AtMoment, fail, house_at, print_json

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def admin_link(
    login: Annotated[str | None, typer.Argument(help="tên đăng nhập; bỏ trống khi chỉ có một quản trị viên")] = None,
    as_json: AsJson = False,
    at: AtMoment = None,
) -> None:
    """In liên kết dùng một lần: tạo quản trị viên đầu tiên, hoặc đặt lại mật khẩu. (A way back in, once.)"""
    with house_at(at) as house, transaction(house.engine) as session:
        now = house.clock.now()
        if (key := first_admin_link(session, now)) is None:
            account = _chosen(session, login)
            key, login = password_link(session, account, now), account.login
        target = f"account {login}" if login else "first admin"
        session.add(Deed(at=now, actor="dondoc admin-link", role="machine", what="password link", target=target,
                         outcome=Outcome.DONE.value))  # fmt: skip
        address = f"{portal_address(house)}/welcome/{key}"
    if as_json:
        print_json({"login": login, "link": address})
    else:
        typer.echo(address)


def portal_address(house: House) -> str:
    """Where people reach the portal: the public address, that of the `up` here, or the one it would have."""
    found = running(house.settings.home) or {}
    host = house.settings.host
    here = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::', '') else host}:{house.settings.port}"
    return house.settings.links or str(found.get("portal") or here)


def who_may_reach(house: House, portal: str) -> list[str]:
    """Where the portal listens, and while there is no account the link that makes the first one (it works once)."""
    here = house.settings.host
    lines = ["  chỉ mở được từ máy này (DONDOC_HOST)"]
    if here not in LOOPBACK:
        lines = [f"  MỞ RA MẠNG ở {here}: đặt sau HTTPS của cơ quan (docs/portal.md)"]
    if house.settings.read_only:
        return [*lines, "  chỉ để xem, không cần tài khoản"]
    with transaction(house.engine) as session:
        key = first_admin_link(session, house.clock.now())
    return [*lines, *([f"Tạo quản trị viên: {portal}/welcome/{key}"] if key else [])]


def _chosen(session: Session, login: str | None) -> Account:
    admins = (Account.role == Role.ADMIN.value, col(Account.active).is_(True))
    which = (Account.login == login.strip().lower(),) if login else admins
    found = session.exec(select(Account).where(*which).order_by(Account.login)).all()
    if not found:
        fail(f"không có tài khoản “{login}”" if login else "không còn quản trị viên nào đang dùng; nêu tên đăng nhập")
    if len(found) > 1:
        fail(f"có nhiều quản trị viên, chọn một: {', '.join(account.login for account in found)}")
    return found[0]


def add_to(app: typer.Typer) -> None:
    """Register this command."""
    app.command("admin-link")(admin_link)
