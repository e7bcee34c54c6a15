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
from actions.forecast import ForecastChanges, ForecastMessage, MovedOccurrence, default_end, forecast_changes
from actions.schedule import Due, Schedule
from calendars.phrases import Context, PhraseError, Reading, read
from config.bootstrap import House, load_rules, recorded_milestones, subjects
from config.clock import Clock
from config.explain import explain
from config.findings import nearest
from config.plan_files import Config, check_paths, load_working_days
from config.settings import Settings
from models.database import reading, transaction
from models.read_only import LedgerUnreadable
from models.specs import PlanSpec

from .common import USAGE, AsJson, AtMoment, PlanOption, console, day_option, fail, house_at, plain, print_json
from .simulate import ReportsOption, behaviour_option, progress_bar


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
    events = _events()
    for plan_id in config.plans:
        for line in explain(config, plan_id, events.get(plan_id)):
            typer.echo(line)


def _events() -> dict[str, dict[str, date]]:
    """The milestones the ledger knows of, said on stderr; none without a ledger."""
    try:
        events = recorded_milestones()
    except LedgerUnreadable as error:
        typer.echo(f"{error}; tính như chưa có sự kiện nào được ghi", err=True)
        return {}
    for plan_id, days in events.items():
        said = ", ".join(f"{name} ({day:%d/%m/%Y})" for name, day in days.items())
        typer.echo(f"{plan_id}: theo sự kiện đã ghi trong sổ: {said}", err=True)
    return events


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
    first: Annotated[str | None, typer.Option("--from", help="kể thư từ ngày (mặc định: bây giờ)")] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="đến ngày (mặc định: hết kế hoạch, ít nhất một năm tới)")
    ] = None,
    reports: ReportsOption = "none",
    as_json: AsJson = False,
    at: AtMoment = None,
) -> None:
    """Những gì `apply` sẽ đổi: kỳ nào, thư nào cho ai; không đổi gì. (What applying would change.)"""
    with house_at(at) as house, reading(house.engine) as session:
        now = house.clock.now()
        chosen = _chosen(house, plans)
        start = day_option(first) if first else now.date()
        end = day_option(last) if last else default_end(chosen, now.date())
        if start > end or end < now.date():
            fail(f"--to phải từ {max(start, now.date()):%d/%m/%Y} trở đi: chỉ kể những gì còn ở phía trước", USAGE)
        behaviour = behaviour_option(reports, house.config)
        with progress_bar("so sánh", 2 * ((end - now.date()).days + 1)) as step:
            changes = forecast_changes(
                session, chosen, house.config.units, house.rules, now, start=start, end=end, behaviour=behaviour,
                subjects=subjects(house.config, house.rules), progress=step,
            )  # fmt: skip
    if as_json:
        _print_changes(changes.applied, True, forecast_json(changes))
        return
    _print_changes(changes.applied, False, {})
    _print_forecast(changes, house.config)


def forecast_json(changes: ForecastChanges) -> dict[str, Any]:
    """What an edit changes, beside what `apply` would write."""
    return {
        "from": changes.start,
        "to": changes.end,
        "reports": changes.behaviour,
        "summary": changes.summary,
        "occurrences": {
            "added": [vars(row) for row in changes.occurrences_added],
            "cancelled": [vars(row) for row in changes.occurrences_cancelled],
            "moved": [{"before": vars(pair.before), "after": vars(pair.after)} for pair in changes.occurrences_moved],
        },
        "messages": {
            "cancelled": [_message(row) for row in changes.messages_cancelled],
            "added": [_message(row) for row in changes.messages_added],
            "moved": [{"before": _message(old), "after": _message(new)} for old, new in changes.messages_moved],
        },
        "letters": {"cancelled": changes.letters_cancelled, "added": changes.letters_added},
    }


def _message(message: ForecastMessage) -> dict[str, Any]:
    return {name: value for name, value in vars(message).items() if name != "letter"}


def _print_forecast(changes: ForecastChanges, config: Config) -> None:
    from documents.forecast import Names, behaviour_words

    names = Names(config.plans, config.units)
    for words, rows in (("thêm", changes.occurrences_added), ("huỷ", changes.occurrences_cancelled)):
        for row in rows:
            typer.echo(f"{words} kỳ {row.label}: {row.plan} {row.task} {row.title}, hạn {row.due_on:%d/%m/%Y}, "
                       f"{len(row.units)} đơn vị")  # fmt: skip
    for pair in changes.occurrences_moved:
        typer.echo(f"đổi kỳ {pair.before.label}: {pair.before.plan} {pair.before.task}: {'; '.join(_moves(pair))}")
    moved = {old for old, _ in changes.messages_moved} | {new for _, new in changes.messages_moved}
    for old, new in changes.messages_moved:
        typer.echo(f"dời {old.day:%d/%m/%Y} → {new.day:%d/%m/%Y} {old.step} → {names.recipient(old.recipient)} · "
                   f"{new.subject or new.assignment}")  # fmt: skip
    for words, messages in (("huỷ", changes.messages_cancelled), ("thêm", changes.messages_added)):
        for message in messages:
            if message not in moved:
                typer.echo(f"{words} {message.day:%d/%m/%Y} {message.step} → {names.recipient(message.recipient)} · "
                           f"{message.subject or message.assignment}")  # fmt: skip
    span = f"từ {changes.start:%d/%m/%Y} đến {changes.end:%d/%m/%Y}, nếu {behaviour_words(changes.behaviour)}"
    typer.echo(f"{changes.summary[0].upper()}{changes.summary[1:]} ({span})")


DAYS = {"opens_on": "mở", "due_on": "hạn", "remind_from": "nhắc từ", "late_after": "trễ sau"}


def _moves(pair: MovedOccurrence) -> list[str]:
    """What is different of an occurrence that stays."""
    days = [(words, getattr(pair.before, name), getattr(pair.after, name)) for name, words in DAYS.items()]
    found = [f"{words} {old:%d/%m/%Y} → {new:%d/%m/%Y}" for words, old, new in days if old != new]
    old_units, new_units = set(pair.before.units), set(pair.after.units)
    found += [f"thêm {', '.join(sorted(new_units - old_units))}"] if new_units - old_units else []
    found += [f"bớt {', '.join(sorted(old_units - new_units))}"] if old_units - new_units else []
    return found


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
    events = _events()
    schedules = [Schedule(spec, config.units, rules, events=events.get(spec.id)) for spec in chosen]
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
