"""`reporting-period(plan_id, report)`: opens a period and creates its runs, directly in their right state.

Runs on the opening days of a reporting calendar, by the native Prefect schedule of its deployment
(`<plan>:mo-ky:<report>`, Asia/Ho_Chi_Minh). Everything of the plan whose day has come is opened in one set-based step,
so a day that was missed is made up for by the next run, and a second run of the same day finds nothing to do.
"""

from __future__ import annotations

from prefect import flow
from prefect.states import Completed

from .ledger_side import house_at_hand
from .periods import open_period
from .server_calls import server_at_hand


@flow(name="reporting-period", description="Mở một kỳ báo cáo", persist_result=False)
async def reporting_period(plan_id: str, report: str) -> object:
    """Open what is due of one plan."""
    async with server_at_hand() as server:
        summary = await open_period(house_at_hand(), server, plan_id=plan_id, report=report)
    return Completed(message=summary)
