"""What the standing flows do, without Prefect around it: the flows and the in-process worker both call these."""

from __future__ import annotations

from config.bootstrap import House

from . import ledger_side, parking, showing
from .checkpoint import Times
from .ledger_side import in_thread
from .reconcile import open_runs, reconcile
from .server_calls import PrefectServer


async def open_period(house: House, server: PrefectServer, *, plan_id: str, report: str) -> str:
    """Open everything of the plan whose day has come, and create the runs; one line that says how many."""
    opened = await in_thread(ledger_side.open_plan, house, plan_id)
    created = await open_runs(house, server, opened)
    return f"{plan_id}, lịch “{report}”: mở {len(opened)} việc, tạo {created} quá trình"


async def deliver(house: House, server: PrefectServer) -> str:
    """Send the letters that are due."""
    return await in_thread(ledger_side.deliver, house)


async def put_in_order(house: House, server: PrefectServer) -> str:
    """Catch up with the clock, put every run right, and wake the runs a deed has asked for."""
    await in_thread(ledger_side.catch_up, house)
    counts = await reconcile(house, server, times=Times())
    woken = await wake_all(house, server)
    return f"{counts}; đánh thức {woken}"


async def wake_all(house: House, server: PrefectServer) -> int:
    """Make due every run that a deed has woken; those in somebody's hand are left to the next round."""
    woken = 0
    for view in await in_thread(ledger_side.describe, house, await in_thread(ledger_side.woken_ids, house)):
        run = await parking.read_run(server, view.run_id) if view.run_id else None
        if run:
            woken += await parking.wake(server, run)
    return woken


async def consolidate(house: House, server: PrefectServer, run_id: str, *, plan_id: str, period: str) -> str:
    """How one period of one plan stands: a line, and a table of its processes as this run's artifact."""
    rows = await in_thread(ledger_side.period_table, house, plan_id, period)
    answered, total = sum(row.reported for row in rows), sum(row.total for row in rows)
    summary = f"{plan_id}, kỳ {period}: {answered}/{total} đã báo cáo"
    table = [{"Mã": row.code, "Nội dung": row.title, "Đã báo cáo": f"{row.reported}/{row.total}"} for row in rows]
    await showing.show_table(server, run_id, f"ky-{plan_id}-{period}", table, summary)
    return summary
