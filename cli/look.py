"""`status`, `messages`: look, without changing anything."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from actions.reading import LABELS, Rate, Totals, letters, notices, rates, status_rows, totals
from models.database import reading
from models.outbox import LetterState, NoticeState

from .common import USAGE, AsJson, AtMoment, PlanOption, console, fail, house_at, print_json

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


def add_to(app: typer.Typer) -> None:
    """Register these commands."""
    for command in (status, messages):
        app.command()(command)
