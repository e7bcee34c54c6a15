"""`simulate`: who will be told what and when, before anything is switched on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from actions.behaviour import Behaviour
from actions.move import Refused
from actions.recorded import MOST_BYTES, BadRecord, read_deeds
from actions.simulate import keep_ledger, require_scratch, run_simulation, scratch_ledger
from config.bootstrap import load_rules, subjects, whole_letters
from config.findings import ConfigError
from config.plan_files import Config

from .common import (
    REFUSED,
    USAGE,
    AsJson,
    PlanOption,
    console,
    day_option,
    fail,
    json_text,
    print_json,
    shown,
    write_out,
)

FORMATS = {"table": ".txt", "json": ".json", "csv": ".csv", "ics": ".ics", "html": ".html"}
RECORDED = "recorded:"
ReportsOption = Annotated[
    str, typer.Option("--reports", help="đơn vị làm gì (units do): none, on-time, late, random:SỐ, recorded:TỆP")
]
OutOption = Annotated[Path | None, typer.Option("--out", metavar="TỆP", help="ghi ra tệp thay vì màn hình (to a file)")]


def simulate(
    first: Annotated[str, typer.Option("--from", help="từ ngày, như hệ thống được bật sáng hôm đó")],
    last: Annotated[str, typer.Option("--to", help="đến ngày")],
    plan: PlanOption = None,
    reports: ReportsOption = "none",
    form: Annotated[str | None, typer.Option("--format", help=", ".join(FORMATS))] = None,
    out: OutOption = None,
    ledger: Annotated[
        Path | None, typer.Option("--ledger", metavar="TỆP", help="giữ sổ nháp, mở bằng `up --ledger TỆP --read-only`")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Chạy thử trên lịch ảo: ai nhận gì, ngày nào. (The same code over virtual time.)"""
    start, end = day_option(first), day_option(last)
    if start > end:
        fail("--from đứng sau --to", USAGE)
    form = "json" if as_json else chosen_format(form, out, FORMATS)
    try:
        config, rules = load_rules([])
    except ConfigError as error:
        for finding in error.findings:
            typer.echo(str(finding), err=True)
        raise typer.Exit(REFUSED) from None
    if plan and plan not in config.plans:
        fail(f"không có kế hoạch “{plan}”; có: {', '.join(config.plans)}")
    behaviour = behaviour_option(reports, config)
    if ledger and ledger.is_dir():
        fail(f"--ledger {ledger} là một thư mục; cần tên tệp", USAGE)
    if ledger:
        _require_scratch(ledger)
    chosen = [config.plans[plan]] if plan else list(config.plans.values())
    engine = scratch_ledger(stamped=ledger is not None)
    words = whole_letters if ledger else subjects
    with progress_bar("mô phỏng", (end - start).days + 1) as step:
        result = run_simulation(chosen, config.units, rules, start, end, behaviour, subjects=words(config, rules),
                                progress=step, engine=engine)  # fmt: skip
    if ledger:
        try:
            keep_ledger(engine, ledger)
        except OSError as error:
            fail(f"không ghi được sổ nháp {ledger}: {error.strerror or error}")
        typer.echo(f"Sổ nháp: {shown(ledger)}; mở: dondoc up --ledger {shown(ledger)} --read-only", err=True)
    _say_left_out(result)
    _hand_over(result, form, out, config, [each.id for each in chosen])


def _require_scratch(ledger: Path) -> None:
    """Before the work, not after it."""
    try:
        require_scratch(ledger)
    except Refused as refusal:
        fail(str(refusal))
    except OSError as error:
        fail(f"không đọc được {ledger}: {error.strerror}")


def behaviour_option(reports: str, config: Config) -> Behaviour:
    """`--reports` as a behaviour; what is wrong with it, or with its file, is a sentence."""
    if not reports.startswith(RECORDED):
        try:
            return Behaviour.parse(reports)
        except ValueError as error:
            fail(str(error), USAGE)
    path = Path(reports.removeprefix(RECORDED))
    try:
        if path.stat().st_size > MOST_BYTES:
            fail(f"{path} lớn hơn {MOST_BYTES // 1_000_000} MB: không phải tệp ghi việc của đơn vị")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        fail(f"không đọc được {path}: {error.strerror}", USAGE)
    except UnicodeDecodeError:
        fail(f"{path} không phải tệp văn bản UTF-8; trong Excel: lưu dạng CSV UTF-8")
    try:
        return Behaviour.recorded(read_deeds(text, config.plans, config.units, name=shown(path)), path.name)
    except BadRecord as error:
        fail(str(error))


def chosen_format(form: str | None, out: Path | None, formats: dict[str, str]) -> str:
    """The format asked for, else what the name of `--out` says, else the first."""
    if form is None:
        ends = {ending: name for name, ending in formats.items()}
        return ends.get(out.suffix.lower(), next(iter(formats))) if out else next(iter(formats))
    if form not in formats:
        fail(f"--format “{form}” không có; có: {', '.join(formats)}", USAGE)
    return form


@contextmanager
def progress_bar(title: str, days: int) -> Iterator[Callable[[date], None] | None]:
    """A bar on a terminal; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(title, total=days)
        yield lambda day: progress.update(bar, advance=1, description=f"{title} {day:%d/%m/%Y}")


def _say_left_out(result: dict[str, Any]) -> None:
    for row in result["refused"] + result["unused"]:
        line = f"dòng {row['line']}: " if "line" in row else ""
        typer.echo(f"{line}{row['assignment']}, {row['on']:%d/%m/%Y}: {row['why']}", err=True)


def _hand_over(result: dict[str, Any], form: str, out: Path | None, config: Config, plans: list[str]) -> None:
    if form == "table":
        if out:
            with out.open("w", encoding="utf-8") as file:
                _print_table(result, config, Console(file=file, width=200))
        else:
            _print_table(result, config, console())
        return
    if form == "json":
        print_json(result) if out is None else write_out(out, json_text(result).encode())
        return
    from documents.forecast import Names, csv_text, ics_bytes, page

    names = Names(config.plans, config.units)
    document = {
        "csv": lambda: csv_text(result, names).encode("utf-8-sig" if out else "utf-8"),  # Excel looks for the mark
        "ics": lambda: ics_bytes(result, names),
        "html": lambda: page(result, names, plans=plans).encode(),
    }[form]()
    write_out(out, document)


def _print_table(result: dict[str, Any], config: Config, to: Console) -> None:
    from documents.forecast import Names, behaviour_words, letters_of

    names = Names(config.plans, config.units)
    table = Table(box=None, header_style="bold")
    for name in ("Lúc", "Nơi nhận", "Bậc", "Tiêu đề"):
        table.add_column(name, overflow="fold", no_wrap=name == "Lúc")
    for letter in letters_of(result):
        steps = ", ".join(dict.fromkeys(notice["step"] for notice in letter.notices))
        table.add_row(f"{letter.at:%d/%m/%Y %H:%M}", names.recipient(letter.recipient), steps, letter.subject or "")
    to.print(table)
    to.print(f"{result['occurrences']} kỳ, {result['assignments']} phần việc, {result['letters']} thư với "
             f"{len(result['notices'])} lượt nhắc ({behaviour_words(result['reports'])})", highlight=False)  # fmt: skip
    if result["held"]:
        to.print(f"{len(result['held'])} lượt chờ người duyệt, không tự gửi", highlight=False)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(simulate)
