"""`check`, `apply`, `diff`, `phrase`, `calendar`: from what an admin writes to what will be asked."""

from __future__ import annotations

import csv
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlmodel import Session

from actions.apply_plan import Changes, apply_plan, apply_units
from actions.schedule import Due, Schedule
from calendars.phrases import Context, PhraseError, Reading, read
from config.bootstrap import House, load_rules
from config.clock import Clock
from config.explain import explain
from config.findings import nearest
from config.plan_files import Config, check_paths, load_working_days
from config.settings import Settings
from models.database import transaction
from models.specs import PlanSpec

from .common import USAGE, AsJson, AtMoment, PlanOption, console, day_option, fail, house_at, plain, print_json


def check(
    paths: Annotated[list[Path] | None, typer.Argument(help="tệp hoặc thư mục")] = None, as_json: AsJson = False
) -> None:
    """Kiểm tra cấu hình: tệp:dòng:cột: mức: câu. (Validate config.)"""
    paths = paths or [Settings().config]
    findings = check_paths(paths)
    errors = [finding for finding in findings if finding.level == "error"]
    if as_json:
        print_json({"ok": not errors, "findings": [vars_of(finding) for finding in findings]})
    else:
        for finding in findings:
            typer.echo(str(finding))
        if not errors:
            _explain(paths)
        typer.echo(f"{len(errors)} lỗi, {len(findings) - len(errors)} lưu ý", err=True)
    if errors:
        raise typer.Exit(1)


def _explain(paths: list[Path]) -> None:
    config, _ = load_rules(paths)
    for plan_id in config.plans:
        for line in explain(config, plan_id):
            typer.echo(line)


def vars_of(finding: Any) -> dict[str, Any]:
    """A finding as JSON."""
    return {name: getattr(finding, name) for name in ("path", "line", "column", "level", "message", "code")}


def _chosen(house: House, names: list[str] | None) -> list[PlanSpec]:
    """The plans named on the command line (by id or by file), or all of them."""
    known = house.config.plans
    chosen = []
    for name in names or list(known):
        plan_id = name if name in known else Path(name).stem
        if plan_id not in known:
            fail(f"không có kế hoạch “{name}”; có: {', '.join(known)}")
        chosen.append(known[plan_id])
    return chosen


def _write(session: Session, house: House, plans: list[PlanSpec]) -> dict[str, Changes]:
    """Apply units and plans in this session; the caller commits or rolls back."""
    now = house.clock.now()
    changes = {"units": apply_units(session, house.config.units)}
    for plan in plans:
        changes[plan.id] = apply_plan(session, plan, house.config.units, house.rules, now)
    return changes


def apply(
    plans: Annotated[list[str] | None, typer.Argument(help="mã kế hoạch; bỏ trống là tất cả")] = None,
    as_json: AsJson = False,
    at: AtMoment = None,
) -> None:
    """Cấu hình -> sổ -> các lượt chạy. (Config -> ledger -> deployments.)"""
    from actions.advance import advance

    with house_at(at) as house:
        with transaction(house.engine) as session:
            changes = _write(session, house, _chosen(house, plans))
            advance(session, house.rules, house.clock.now())
        deployments = _deploy_if_up(house)
    _print_changes(changes, as_json, {"deployments": deployments})


def _deploy_if_up(house: House) -> str:
    """Register deployments when a Prefect server of this house answers; `up` does it at its start otherwise."""
    from .up import deploy_if_up

    return deploy_if_up(house)


def diff(
    plans: Annotated[list[str] | None, typer.Argument(help="mã kế hoạch; bỏ trống là tất cả")] = None,
    as_json: AsJson = False,
    at: AtMoment = None,
) -> None:
    """Những gì `apply` sẽ đổi, trước khi đổi. (What applying would change.)"""
    with house_at(at) as house, Session(house.engine) as session:
        changes = _write(session, house, _chosen(house, plans))
        session.rollback()
    _print_changes(changes, as_json, {})


def _print_changes(changes: dict[str, Changes], as_json: bool, more: dict[str, Any]) -> None:
    if as_json:
        print_json({"changed": any(changes.values()), "plans": {name: vars(c) for name, c in changes.items()}, **more})
        return
    for name, change in changes.items():
        if not change:
            typer.echo(f"{name}: không có gì thay đổi")
        for kind, word in (("added", "thêm"), ("changed", "đổi"), ("removed", "bỏ")):
            for table, keys in getattr(change, kind).items():
                few = ", ".join(keys[:5]) + (" …" if len(keys) > 5 else "")
                typer.echo(f"{name}: {word} {len(keys)} {table}: {few}")
    for name, text in more.items():
        typer.echo(f"{name}: {text}")


# ------------------------------------------------------------------ phrase


def phrase(
    text: Annotated[str, typer.Argument(help="cụm từ thời gian như in trong văn bản")],
    issued_on: Annotated[str | None, typer.Option("--issued-on", help="ngày ban hành")] = None,
    year: Annotated[int | None, typer.Option(help="năm của kế hoạch")] = None,
    first: Annotated[str | None, typer.Option("--from", help="liệt kê hạn từ ngày")] = None,
    last: Annotated[str | None, typer.Option("--to", help="đến ngày")] = None,
    read_as: Annotated[str | None, typer.Option("--read-as", help="cách hiểu khi câu có nhiều nghĩa")] = None,
    as_json: AsJson = False,
) -> None:
    """Đọc một cụm từ thời gian và nói hiểu thế nào. (Read a time phrase, and say how.)"""
    days = load_working_days(Settings().config)
    context = Context(day_option(issued_on) if issued_on else None, year=year, read_as=read_as, working_days=days)
    if year:
        context = replace(context, valid_from=date(year, 1, 1), valid_to=date(year, 12, 31))
    try:
        reading = read(text, context)
    except (PhraseError, ValueError) as error:
        fail(str(error))
    window = (day_option(first), day_option(last)) if first and last else None
    document = phrase_document(reading, window)
    if as_json:
        print_json(document)
        return
    typer.echo(reading.explanation)
    typer.echo(reading.explanation_en)
    for warning in reading.warnings:
        typer.echo(f"! {warning}")
    for due in document["dues"]:
        typer.echo(f"  {due['label']}: {due['due']:%d/%m/%Y}")


def phrase_document(reading: Reading, window: tuple[date, date] | None) -> dict[str, Any]:
    """The contract's JSON of a reading."""
    dues = reading.dues(*window) if window else []
    return {
        "phrase": reading.phrase,
        "kind": str(reading.kind),
        "start": reading.start,
        "due": reading.due,
        "due_time": reading.due_time,
        "dues": [{"label": label, "due": due} for label, due in dues],
        "anchor": reading.anchor,
        "explanation": reading.explanation,
        "explanation_en": reading.explanation_en,
        "warnings": list(reading.warnings),
        "parts": [phrase_document(part, window) for part in reading.parts],
    }


# ------------------------------------------------------------------ calendar


def calendar(
    plan: PlanOption = None,
    first: Annotated[str | None, typer.Option("--from", help="hạn từ ngày")] = None,
    last: Annotated[str | None, typer.Option("--to", help="hạn đến ngày")] = None,
    form: Annotated[str, typer.Option("--format", help="table, json, csv, ics")] = "table",
    unit: Annotated[str | None, typer.Option("--unit", help="chỉ của đơn vị này (unit id)")] = None,
    as_json: AsJson = False,
) -> None:
    """Mọi kỳ và hạn đã tính, có theo dõi hay không. (Every computed occurrence.)"""
    if form not in ("table", "json", "csv", "ics"):
        fail(f"--format “{form}” không có; có: table, json, csv, ics", USAGE)
    today = Clock().now().date()
    start = day_option(first) if first else date(today.year, 1, 1)
    end = day_option(last) if last else date(today.year, 12, 31)
    if start > end:
        fail("--from đứng sau --to", USAGE)
    config, rules = load_rules([])
    if plan and plan not in config.plans:
        fail(f"không có kế hoạch “{plan}”; có: {', '.join(config.plans)}")
    if unit and unit not in config.units.units:
        fail(f"không có đơn vị “{unit}”; có: {', '.join(nearest(unit, config.units.units))}")
    chosen = [config.plans[plan]] if plan else list(config.plans.values())
    schedules = [Schedule(spec, config.units, rules) for spec in chosen]
    dues = [(schedule, due) for schedule in schedules for due in schedule.occurrences(start, end)]
    rows = [row for row in (calendar_row(*due) for due in dues) if unit is None or unit in row["units"]]
    rows.sort(key=lambda row: (row["due_on"], row["plan"]))
    _print_calendar(rows, "json" if as_json else form, config)


def calendar_row(schedule: Schedule, due: Due) -> dict[str, Any]:
    """The contract's row of one occurrence. `units` exist on the due day; those that have ended stand beside them."""
    slot, process = due.slot, due.process
    ended = [unit for unit in due.units if not schedule.exists(unit, slot.due_on)]
    return {
        "plan": process.plan_id,
        "task": process.item_id,
        "code": process.code or None,
        "title": process.title,
        "kind": due.kind.value,
        "period": slot.period,
        "label": slot.label,
        "phrase": process.phrase,
        "source": source_of(schedule, due),
        "asked_in": due.asked_in.rsplit(":", 1)[-1] or None,
        "opens_on": slot.opens_on,
        "cutoff_from": slot.cutoff_from,
        "cutoff_on": slot.cutoff_on,
        "due_on": slot.due_on,
        "collect_by": slot.collect_by,
        "remind_from": slot.remind_from,
        "late_after": slot.late_after,
        "units": [unit for unit in due.units if unit not in ended],
        "ended_units": ended,
        "tracked": slot.due_on >= schedule.plan.track_from,
        "provisional": slot.provisional,
    }


def source_of(schedule: Schedule, due: Due) -> str:
    """Why this day: the reading of the phrase, who set it, or the report that asks."""
    process = due.process
    if due.asked_in:
        report = due.asked_in.rsplit(":", 1)[-1]
        return f"hỏi trong báo cáo “{report}”" if ":" in due.asked_in else "kỳ số liệu năm theo Nghị định 09/2019/NĐ-CP"
    named = schedule.plan.reports[process.item_id].calendar if process.kind == "report" else None
    if named:
        return f"lịch “{named}”: quy ước, không có trong văn bản"
    if process.due:
        return f"do người quản trị đặt: {process.due}"
    return process.phrase_source or process.explanation


def _print_calendar(rows: list[dict[str, Any]], form: str, config: Config) -> None:
    if form == "json":
        print_json(rows)
    elif form == "csv":
        _print_csv(rows)
    elif form == "ics":
        from documents.feed import feed

        sys.stdout.buffer.write(feed(rows, config.plans, config.units))
    else:
        _print_table(rows)


def _print_csv(rows: list[dict[str, Any]]) -> None:
    writer = csv.writer(sys.stdout)
    names = list(rows[0]) if rows else ["plan"]
    writer.writerow(names)
    for row in rows:
        values = [" ".join(v) if isinstance(v, list) else "" if v is None else plain(v) for v in row.values()]
        writer.writerow([_inert(str(value)) for value in values])


def _inert(text: str) -> str:
    """A cell a spreadsheet will not take for a formula."""
    return "'" + text if text[:1] in "=+-@" else text


def _print_table(rows: list[dict[str, Any]]) -> None:
    table = Table(box=None, header_style="bold")
    for name in ("Hạn", "Kế hoạch", "Việc", "Kỳ", "Mở", "Nhắc từ", "Trễ sau", "Đơn vị", ""):
        table.add_column(name, overflow="fold", no_wrap=name not in ("Việc", "Kế hoạch"))
    for row in rows:
        days = [f"{row[name]:%d/%m/%Y}" for name in ("due_on", "opens_on", "remind_from", "late_after")]
        notes = ("" if row["tracked"] else "không theo dõi ") + ("tạm tính" if row["provisional"] else "")
        what = f"{row['code'] or row['task']} {row['title']}"[:60]
        table.add_row(days[0], row["plan"], what, row["label"], *days[1:], str(len(row["units"])), notes)
    console().print(table)


def add_to(app: typer.Typer) -> None:
    """Register these commands."""
    for command in (check, apply, diff, phrase, calendar):
        app.command()(command)
