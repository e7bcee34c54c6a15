"""`export`: paper out. The consolidated report, letters to be signed, a unit's own report, the calendar feed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session, col, select

from config.bootstrap import House
from models.database import reading
from models.papers import Consolidated
from models.plan import Plan, Process

from . import config_commands
from .common import USAGE, AsJson, AtMoment, PlanOption, fail, house_at, shown, write_out

export = typer.Typer(
    help="Xuất văn bản: báo cáo tổng hợp, công văn, phiếu trình, báo cáo của đơn vị, lịch. (Paper out.)",
    no_args_is_help=True,
)

PlanId = Annotated[str, typer.Option("--plan", help="mã kế hoạch (plan id)")]
PeriodId = Annotated[str, typer.Option("--period", help="kỳ: 2026, 2026-H1, 2026-Q1, 2026-06 (period)")]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="ghi vào tệp này; `-` là stdout (file)")]
Units = Annotated[str, typer.Option("--units", metavar="A,B", help="các đơn vị, cách nhau bằng dấu phẩy (unit ids)")]


@contextmanager
def _reading(at: str | None) -> Iterator[tuple[House, Session]]:
    """The house and its ledger; a template that cannot be used is a sentence too."""
    from documents.word import BadTemplate
    from documents.workbook import TooLong

    with house_at(at) as house, reading(house.engine) as session:
        try:
            yield house, session
        except (BadTemplate, TooLong) as problem:
            fail(str(problem))


def _own_templates(house: House) -> tuple[Path, ...]:
    """Where an office keeps its own templates."""
    return (house.config.folder / "documents",)


def _write(out: Path | None, name: str, document: bytes, *, confidential: bool = False) -> None:
    """To `--out`, else to a pipe, else to a file of that name in the folder where the person stands."""
    if out == Path("-") or (out is None and not sys.stdout.isatty()):
        write_out(None, document)
    else:
        path = out or Path(name.replace("/", "-"))
        write_out(path, document)
        typer.echo(f"Đã ghi {shown(path)} ({len(document)} byte)", err=True)
    if confidential:
        typer.echo("Kế hoạch mật: văn bản chỉ để in tại chỗ, không gửi qua mạng, không để ở máy dùng chung.", err=True)


@export.command()
def consolidate(
    plan: PlanId,
    period: PeriodId,
    form: Annotated[str, typer.Option("--format", help="xlsx, docx, csv")] = "xlsx",
    out: Out = None,
    at: AtMoment = None,
) -> None:
    """Báo cáo tổng hợp một kỳ. (The consolidated report of a period.)"""
    from actions.consolidate import consolidate as gather
    from documents import consolidated

    makers: dict[str, Callable[[House, Consolidated], bytes]] = {
        "xlsx": lambda _house, data: consolidated.workbook(data),
        "docx": lambda house, data: consolidated.docx(data, _own_templates(house)),
        "csv": lambda _house, data: consolidated.csv(data),
    }
    if form not in makers:
        fail(f"--format “{form}” không có; có: {', '.join(makers)}", USAGE)
    with _reading(at) as (house, session):
        data = gather(session, house.rules.days, plan, period, house.clock.now())
        document = makers[form](house, data)
    _write(out, f"bao-cao-tong-hop_{plan}_{period}.{form}", document, confidential=data.confidential)


def _listed(units: str) -> list[str]:
    named = [name.strip() for name in units.split(",") if name.strip()]
    if not named:
        fail("--units trống; viết mã đơn vị cách nhau bằng dấu phẩy", USAGE)
    return list(dict.fromkeys(named))


@export.command()
def urge(
    plan: PlanId,
    period: PeriodId,
    units: Annotated[str | None, typer.Option("--units", metavar="A,B", help="các đơn vị này (unit ids)")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="mọi đơn vị quá hạn (all that are late)")] = False,
    out: Out = None,
    at: AtMoment = None,
) -> None:
    """Dự thảo công văn đôn đốc. (A draft urging letter to late units.)"""
    from actions import to_sign
    from documents import letters

    if (units is None) != overdue:
        fail("cần đúng một trong hai: --units A,B hoặc --overdue", USAGE)
    with _reading(at) as (house, session):
        named = _listed(units) if units is not None else None
        paper, left_out = to_sign.urge(session, house.rules.days, plan, period, house.clock.now(), named)
        document, secret = letters.urge(paper, _own_templates(house)), _secret(session, plan)
    if left_out:
        names = ", ".join(left_out)
        typer.echo(f"Không đưa vào (chính cơ quan soạn, hoặc chỉ được đề nghị: `export courtesy`): {names}", err=True)
    _write(out, f"cong-van-don-doc_{plan}_{period}.docx", document, confidential=secret)


@export.command(name="submission-note")
def submission_note(plan: PlanId, period: PeriodId, out: Out = None, at: AtMoment = None) -> None:
    """Dự thảo phiếu trình lãnh đạo về chế độ báo cáo. (A draft submission to leadership.)"""
    from actions import to_sign
    from documents import letters

    with _reading(at) as (house, session):
        paper = to_sign.submission_note(session, house.rules.days, plan, period, house.clock.now())
        document, secret = letters.submission_note(paper, _own_templates(house)), _secret(session, plan)
    _write(out, f"phieu-trinh_{plan}_{period}.docx", document, confidential=secret)


@export.command()
def courtesy(plan: PlanId, period: PeriodId, units: Units, out: Out = None, at: AtMoment = None) -> None:
    """Dự thảo công văn đề nghị phối hợp. (A draft letter to bodies that are only asked.)"""
    from actions import to_sign
    from documents import letters

    named = _listed(units)
    with _reading(at) as (house, session):
        paper = to_sign.courtesy(session, house.rules.days, plan, period, house.clock.now(), named)
        document, secret = letters.courtesy(paper, _own_templates(house)), _secret(session, plan)
    _write(out, f"cong-van-de-nghi_{plan}_{period}.docx", document, confidential=secret)


@export.command(name="unit-report")
def unit_report(
    plan: PlanId,
    period: PeriodId,
    unit: Annotated[str, typer.Option("--unit", help="mã đơn vị (unit id)")],
    out: Out = None,
    at: AtMoment = None,
) -> None:
    """Báo cáo của một đơn vị từ bản nháp hoặc bản đã gửi; chưa có thì là mẫu trống. (A unit's own report.)"""
    from actions.find_paper import find_paper
    from actions.unit_page import form_page
    from actions.unit_paper import unit_paper
    from documents import unit_report as paper

    with _reading(at) as (house, session):
        now = house.clock.now()
        page = form_page(session, find_paper(session, plan, period, unit), now, house.rules.days)
        report = unit_paper(session, page, page.body, now, sent=None if page.draft else page.last)
        document, secret = paper.docx(report, _own_templates(house)), _secret(session, plan)
    name = f"bao-cao_{unit.replace('/', '-')}_{plan}_{period}.docx"
    _write(out, name, document, confidential=secret)


def _secret(session: Session, plan: str) -> bool:
    """Whether the ledger holds this plan, or a task of it, as confidential."""
    of_plan = select(Process.key).where(col(Process.plan_id) == plan, col(Process.confidential).is_(True))
    return session.get_one(Plan, plan).confidential or session.exec(of_plan).first() is not None


@export.command()
def calendar(
    plan: PlanOption = None,
    first: Annotated[str | None, typer.Option("--from", help="hạn từ ngày")] = None,
    last: Annotated[str | None, typer.Option("--to", help="hạn đến ngày")] = None,
    form: Annotated[str, typer.Option("--format", help="ics, csv, json, table")] = "ics",
    unit: Annotated[str | None, typer.Option("--unit", help="chỉ của đơn vị này (unit id)")] = None,
    as_json: AsJson = False,
) -> None:
    """Lịch các kỳ và hạn, như `dondoc calendar`. (The calendar, as a feed unless told otherwise.)"""
    config_commands.calendar(plan=plan, first=first, last=last, form=form, unit=unit, as_json=as_json)


def add_to(app: typer.Typer) -> None:
    """Register these commands."""
    app.add_typer(export, name="export")
