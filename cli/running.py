"""`up`, `migrate`, `reconcile`, `doctor`: keep the house running."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from config.bootstrap import wire
from config.clock import parse_moment
from config.findings import ConfigError
from config.settings import Settings
from models.database import open_ledger, reading
from models.migrations.upgrade import current, newest, upgrade

from .common import USAGE, AsJson, AtMoment, fail, house_at, print_json


def up(
    port: Annotated[int | None, typer.Option(help="cổng của trang theo dõi (portal port)")] = None,
    prefect_port: Annotated[int | None, typer.Option("--prefect-port", help="cổng của Prefect")] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="không mở trình duyệt")] = False,
    at: AtMoment = None,
    ledger: Annotated[
        Path | None, typer.Option("--ledger", metavar="TỆP", help="mở sổ này, cùng --read-only (this ledger)")
    ] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="chỉ trang theo dõi, chỉ xem (the portal alone, nothing is written)")
    ] = False,
) -> None:
    """Chạy tất cả: sổ, Prefect, người thực hiện, trang theo dõi. Ctrl-C để dừng. (Everything, embedded.)"""
    settings = Settings()
    try:
        moment = parse_moment(at) if at else None
    except ValueError as error:
        fail(str(error), USAGE)
    if read_only != (ledger is not None):
        fail("--ledger và --read-only đi cùng nhau: sổ của một tệp chỉ mở để xem", USAGE)
    if ledger:
        from .viewing import show

        raise typer.Exit(show(ledger, settings, at=moment, port=port or settings.port, browser=not no_browser))
    from .up import up as bring_up

    try:
        house = wire(settings, at=moment)
    except ConfigError as error:
        for finding in error.findings:
            typer.echo(str(finding), err=True)
        raise typer.Exit(1) from None
    raise typer.Exit(
        bring_up(
            house,
            port=port or settings.port,
            prefect_port=prefect_port or settings.prefect_port,
            browser=not no_browser,
        )
    )


def migrate(as_json: AsJson = False) -> None:
    """Đưa sổ lên lược đồ mới nhất. (Bring the ledger's schema up to date.)"""
    settings = Settings()
    settings.home.mkdir(parents=True, exist_ok=True)
    engine = open_ledger(settings.ledger)
    before = current(engine)
    changed = upgrade(engine)
    if as_json:
        print_json({"from": before, "to": newest(), "changed": changed})
    else:
        typer.echo(f"Sổ ở lược đồ {newest()}" + (f" (từ {before or 'trống'})" if changed else ", không có gì để đổi"))


def reconcile(as_json: AsJson = False, at: AtMoment = None) -> None:
    """Dựng lại mọi lượt chạy của Prefect từ sổ. (Rebuild Prefect's runs from the ledger.)"""
    from .up import reconcile_now

    with house_at(at) as house:
        result = reconcile_now(house)
    if as_json:
        print_json(result)
        return
    for name, count in result.items():
        typer.echo(f"{name}: {count}")


def doctor(as_json: AsJson = False, at: AtMoment = None) -> None:
    """Khám: những gì phải đúng và những gì cần đặt. (What must hold, and what to set.)"""
    from config.doctor import examine

    with house_at(at) as house, reading(house.engine) as session:
        findings = examine(house, session)
    if as_json:
        print_json({"ok": not any(f["level"] == "error" for f in findings), "findings": findings})
    else:
        _say(findings)
    if any(finding["level"] == "error" for finding in findings):
        raise typer.Exit(1)


def _say(findings: list[dict[str, Any]]) -> None:
    marks = {"ok": "✓", "warning": "!", "error": "✗"}
    for finding in findings:
        typer.echo(f"{marks[finding['level']]} {finding['message']}")


def add_to(app: typer.Typer) -> None:
    """Register these commands."""
    for command in (up, migrate, reconcile, doctor):
        app.command()(command)
