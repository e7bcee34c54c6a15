"""`status`, `messages`, `simulate`: look, without changing anything."""

from __future__ import annotations

import sys
from datetime import date
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from actions.reading import LABELS, Rate, Totals, letters, notices, rates, status_rows, totals
from actions.simulate import Behaviour, run_simulation
from config.bootstrap import load_rules
from models.database import reading
from models.outbox import LetterState, NoticeState

from .common import USAGE, AsJson, AtMoment, PlanOption, console, day_option, fail, house_at, print_json

STATES = {
    "assigned": "đã giao",
    "in_progress": "đang thực hiện",
    "reported": "đã báo cáo",
    "overdue": "quá hạn",
    "missed": "không báo cáo",
    "withdrawn": "dừng thực hiện",
}


def status(
    plan: PlanOption = None,
    unit: Annotated[str | None, typer.Option("--unit", help="mã đơn vị (unit id)")] = None,
    as_json: AsJson = False,
    at: AtMoment = None,
) -> None:
    """Từng phần việc, trạng thái, hạn, số ngày trễ; hai bảng tổng hợp. (Assignments and the two tables.)"""
    with house_at(at) as house, reading(house.engine) as session:
        now = house.clock.now()
        rows = status_rows(session, now.date(), house.rules.days, plan=plan, unit=unit)
        sums = totals(session, rows, plan=plan)
        shares = rates(rows)
    if as_json:
        print_json(
            {
                "at": now,
                "assignments": [vars(row) for row in rows],
                "tables": {"tasks": sums.tasks, "reports": sums.reports, "aside": sums.aside},
                "totals": {"tasks": sum(sums.tasks.values()), "reports": sum(sums.reports.values())},
                "checksum": sums.checksum,
                "rates": {name: rate.rate for name, rate in shares.items()}
                | {"counts": {name: vars(rate) for name, rate in shares.items()}},
            }
        )
        return
    _print_rows(rows)
    _print_totals(sums)
    _print_rates(shares)


def _print_rates(shares: dict[str, Rate]) -> None:
    for name, words in (("first_due", "theo hạn ban đầu"), ("extended", "theo hạn đã gia hạn")):
        rate = shares[name]
        percent = "chưa có" if rate.rate is None else f"{rate.rate:.1%}".replace(".", ",")
        typer.echo(f"Đúng hạn {words}: {rate.on_time}/{rate.of} ({percent})")


def _print_rows(rows: list[Any]) -> None:
    table = Table(box=None, header_style="bold")
    for name in ("Số", "Kế hoạch", "Việc", "Kỳ", "Đơn vị", "Trạng thái", "Hạn", "Trễ (ngày làm việc)"):
        table.add_column(name, overflow="fold")
    for row in rows:
        what = f"{row.code} {row.title}".strip()[:50]
        table.add_row(str(row.id), row.plan, what, row.label, row.unit_name, STATES[row.state],
                      f"{row.due_on:%d/%m/%Y}", str(row.days_late or ""))  # fmt: skip
    console().print(table)


def _print_totals(sums: Totals) -> None:
    for title, counts in (
        ("Nhiệm vụ", sums.tasks),
        ("Chấp hành báo cáo", sums.reports),
        ("Ngoài hai bảng", sums.aside),
    ):
        typer.echo(f"\n{title}")
        for key, count in counts.items():
            typer.echo(f"  {LABELS[key][0]}: {count}")
        typer.echo(f"  Cộng: {sum(counts.values())}")
    typer.echo(f"\nMã kiểm tra: {sums.checksum}")


def messages(
    state: Annotated[
        str | None, typer.Option("--state", help="planned, held, sent, failed, unknown, suppressed")
    ] = None,
    as_json: AsJson = False,
    at: AtMoment = None,
) -> None:
    """Thư đã gửi, chưa gửi được, đang chờ duyệt, không gửi và vì sao. (Letters and held or suppressed steps.)"""
    letter_states = {known.value for known in LetterState}
    notice_states = {NoticeState.HELD.value, NoticeState.SUPPRESSED.value, NoticeState.PLANNED.value}
    if state and state not in letter_states | notice_states:
        fail(f"--state “{state}” không có; có: {', '.join(sorted(letter_states | notice_states))}", USAGE)
    with house_at(at) as house, reading(house.engine) as session:
        mail = letters(session, state=state) if state is None or state in letter_states else []
        steps = notices(session, state or NoticeState.HELD.value) if state is None or state in notice_states else []
    if as_json:
        print_json({"letters": mail, "notices": steps})
        return
    for letter in mail:
        tail = f" · lỗi: {letter['error']}" if letter["error"] and letter["state"] != "sent" else ""
        typer.echo(
            f"{letter['day']:%d/%m/%Y} {letter['state']:<10} {letter['recipient']} · {letter['subject'] or ''}{tail}"
        )
    for step in steps:
        tail = f" · {step['reason']}" if step["reason"] else ""
        typer.echo(f"#{step['id']} {step['state']} {step['step']} → {step['recipient']} · {step['process']}{tail}")


def simulate(
    first: Annotated[str, typer.Option("--from", help="từ ngày")],
    last: Annotated[str, typer.Option("--to", help="đến ngày")],
    plan: PlanOption = None,
    reports: Annotated[str, typer.Option("--reports", help="none, on-time, late, random:SỐ")] = "none",
    as_json: AsJson = False,
) -> None:
    """Chạy thử trên lịch ảo: ai nhận gì, ngày nào. (The same code over virtual time.)"""
    start, end = day_option(first), day_option(last)
    if start > end:
        fail("--from đứng sau --to", USAGE)
    try:
        behaviour = Behaviour.parse(reports)
    except ValueError as error:
        fail(str(error), USAGE)
    config, rules = load_rules([])
    if plan and plan not in config.plans:
        fail(f"không có kế hoạch “{plan}”; có: {', '.join(config.plans)}")
    chosen = [config.plans[plan]] if plan else list(config.plans.values())
    result = _simulated(chosen, config, rules, start, end, behaviour)
    if as_json:
        print_json(result)
        return
    for notice in result["notices"]:
        typer.echo(f"{notice['at'][:16]} {notice['step']:<14} → {notice['recipient']} · {notice['assignment']}")
    letters_sent = len({notice["letter"] for notice in result["notices"]})
    typer.echo(f"{result['occurrences']} kỳ, {result['assignments']} phần việc, {letters_sent} thư")


def _simulated(chosen: Any, config: Any, rules: Any, start: date, end: date, behaviour: Behaviour) -> dict[str, Any]:
    from config.bootstrap import subjects

    arguments = (chosen, config.units, rules, start, end, behaviour)
    if not sys.stderr.isatty():
        return run_simulation(*arguments, subjects=subjects(config, rules))
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("mô phỏng", total=(end - start).days + 1)
        return run_simulation(*arguments, subjects=subjects(config, rules), progress=lambda _day: progress.advance(bar))


def add_to(app: typer.Typer) -> None:
    """Register these commands."""
    for command in (status, messages, simulate):
        app.command()(command)
