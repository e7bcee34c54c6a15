"""`deliver-letters`, `consolidate-period`, `reconcile`: the standing flows.

Scheduled by `prefect.yaml` where stock workers do the work; inside `dondoc up` the same deeds run in its own loops and
the deployments wait for somebody to start them by hand. Each is idempotent: twice at once does nothing twice.
"""

from __future__ import annotations

from prefect import flow
from prefect.runtime import flow_run
from prefect.states import Completed

from . import periods
from .ledger_side import house_at_hand
from .server_calls import server_at_hand


@flow(name="deliver-letters", description="Gửi các thư đã đến giờ", persist_result=False)
async def deliver_letters() -> object:
    """Gather and send what is due."""
    async with server_at_hand() as server:
        return Completed(message=await periods.deliver(house_at_hand(), server))


@flow(name="consolidate-period", description="Tổng hợp một kỳ báo cáo", persist_result=False)
async def consolidate_period(plan_id: str, period: str) -> object:
    """Put together how one period of one plan stands."""
    async with server_at_hand() as server:
        run_id = str(flow_run.id)
        summary = await periods.consolidate(house_at_hand(), server, run_id, plan_id=plan_id, period=period)
    return Completed(message=summary)


@flow(name="reconcile", description="Đối chiếu các quá trình với sổ gốc", persist_result=False)
async def reconcile_runs() -> object:
    """Catch up, put every run right, wake what was asked for."""
    async with server_at_hand() as server:
        return Completed(message=await periods.put_in_order(house_at_hand(), server))
