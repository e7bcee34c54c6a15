"""`audit verify`, `audit export`, `audit head`, `backup`, `restore`: prove what happened, and keep it."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from actions import export_audit
from actions.audit import Head, head, seal
from actions.backup import back_up
from actions.backup import restore as put_back
from actions.move import Refused
from actions.verify_audit import verify as prove
from config.bootstrap import House, running
from config.settings import Settings
from models.database import open_ledger, reading, transaction
from models.migrations.upgrade import current, upgrade

from .common import AsJson, AtMoment, PlanOption, day_option, fail, house_at, plain, print_json, shown

audit = typer.Typer(help="Nhật ký không sửa được: kiểm chứng, xuất, mã cuối. (The audit.)", no_args_is_help=True)
PATIENT = 40  # looks at tables somebody is writing, on PostgreSQL


class Format(StrEnum):
    """What an export is written as."""

    JSON = "json"
    CSV = "csv"


def _sealed(house: House) -> None:
    with transaction(house.engine) as session:
        seal(session, house.clock.now(), most=None, tries=PATIENT)


@audit.command()
def verify(
    expect: Annotated[str | None, typer.Option("--expect", metavar="MÃ", help="mã đã ghi giữ bên ngoài")] = None,
    as_json: AsJson = False,
    at: AtMoment = None,
) -> None:
    """Tính lại cả chuỗi và nêu mắt xích hỏng đầu tiên. (Prove the chain; name the first broken link.)"""
    with house_at(at) as house:
        _sealed(house)
        with reading(house.engine) as session:
            proof = prove(session, expect=expect)
    if as_json:
        print_json(proof.as_json())
    elif proof.ok:
        tail = f"; {proof.unsealed} dòng mới chưa niêm phong" if proof.unsealed else ""
        typer.echo(f"Chuỗi nguyên vẹn: {proof.links} mắt xích, {proof.rows} dòng{tail}\nMã cuối: {proof.head}")
    else:
        for found in proof.breaks:
            typer.echo(f"{found.table} {found.id if found.id is not None else '–'} {found.what}: {found.message}")
    if not proof.ok:
        raise typer.Exit(1)


@audit.command("head")
def show_head(as_json: AsJson = False, at: AtMoment = None) -> None:
    """Mã cuối của chuỗi, để ghi giữ ở nơi khác. (The last hash, to be kept outside.)"""
    with house_at(at) as house:
        _sealed(house)
        with reading(house.engine) as session:
            end = head(session)
    if as_json:
        print_json(vars(end))
    else:
        typer.echo(end.hash)


@audit.command()
def export(
    plan: PlanOption = None,
    first: Annotated[str | None, typer.Option("--from", help="từ ngày quyết định gửi")] = None,
    last: Annotated[str | None, typer.Option("--to", help="đến ngày")] = None,
    form: Annotated[Format, typer.Option("--format", help="json hoặc csv")] = Format.JSON,
    at: AtMoment = None,
) -> None:
    """Ai được báo điều gì, khi nào, theo bản kế hoạch và quy tắc nào. (Who was told what, when, by which rule.)"""
    start, end = day_option(first) if first else None, day_option(last) if last else None
    with house_at(at) as house:
        _sealed(house)
        with reading(house.engine) as session:
            rows = export_audit.rows(session, plan=plan, first=start, last=end)
            write = _write_json if form is Format.JSON else _write_csv
            write(head(session), house.clock.now().isoformat(), rows)


def _write_json(end: Head, now: str, rows: Iterable[dict[str, Any]]) -> None:
    """One document, a row a line, without holding all of it in memory."""
    told = json.dumps(vars(end), ensure_ascii=False, default=plain)
    sys.stdout.write(f'{{"exported_at": {json.dumps(now)},\n "head": {told},\n "rows": [')
    for number, row in enumerate(rows):
        sys.stdout.write(("," if number else "") + "\n  " + json.dumps(row, ensure_ascii=False, default=plain))
    sys.stdout.write("\n]}\n")


def _write_csv(end: Head, now: str, rows: Iterable[dict[str, Any]]) -> None:
    """The head hash stands in the first line, behind a #."""
    sys.stdout.write(f"# dondoc audit head={end.hash} position={end.position} exported_at={now}\n")
    writer = csv.DictWriter(sys.stdout, export_audit.COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: "" if value is None else plain(value) for key, value in row.items()})


# ------------------------------------------------------------------ backup and restore


def backup(
    file: Annotated[Path, typer.Argument(help="tệp sao lưu sẽ được tạo, ví dụ sao-luu.zip")], as_json: AsJson = False
) -> None:
    """Sao lưu sổ và minh chứng vào một tệp, trong khi mọi việc vẫn chạy. (Back up into one verified file.)"""
    with house_at(None) as house:
        _sealed(house)
        with reading(house.engine) as session:
            end = head(session)
        made = back_up(house.engine, house.settings.home, file, house.clock.now(), schema=current(house.engine),
                       head=end.hash)  # fmt: skip
    if as_json:
        print_json(made.as_json())
    else:
        typer.echo(f"Đã sao lưu vào {shown(made.file)}, đã kiểm từng phần. Mã cuối của nhật ký: {end.hash}")


def restore(
    file: Annotated[Path, typer.Argument(help="tệp do dondoc backup tạo")],
    force: Annotated[bool, typer.Option("--force", help="thay sổ đang có dữ liệu; sổ cũ được giữ cạnh bên")] = False,
    as_json: AsJson = False,
) -> None:
    """Khôi phục từ một bản sao lưu, sau khi kiểm nó. (Restore a backup after verifying it.)"""
    settings = Settings()
    if running(settings.home):
        fail("Dondoc đang chạy trên thư mục này: dừng dondoc up rồi khôi phục")
    try:
        used = put_back(file, settings.ledger, settings.home, force=force)
    except Refused as error:
        fail(str(error))
    engine = open_ledger(settings.ledger)
    upgrade(engine)
    with reading(engine) as session:
        proof = prove(session, expect=used.manifest["head"])
    engine.dispose()
    if as_json:
        print_json({**used.as_json(), "audit": proof.as_json()})
    else:
        said = "nguyên vẹn" if proof.ok else f"KHÔNG nguyên vẹn: {proof.breaks[0].message}"
        typer.echo(f"Đã khôi phục sổ của {used.manifest['made_at'][:16]}. Nhật ký {said}.")
    if not proof.ok:
        raise typer.Exit(1)


def add_to(app: typer.Typer) -> None:
    """Register these commands."""
    app.add_typer(audit, name="audit")
    app.command()(backup)
    app.command()(restore)
