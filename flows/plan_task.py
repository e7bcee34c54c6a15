"""`plan-task(occurrence_id)`: the process. One run of it stands for one plan task or report in one period.

Runs when Prefect's timer reaches a parked run's wake time, or when a deed has woken it; started by a stock worker
(process, Docker, Kubernetes). The in-process worker of `dondoc up` calls the same checkpoint without this flow.
"""

from __future__ import annotations

from prefect import flow
from prefect.client.schemas.objects import State, StateType
from prefect.context import FlowRunContext
from prefect.exceptions import Pause

from . import parking, quiet_park
from .checkpoint import Times, checkpoint
from .ledger_side import house_at_hand
from .parking import Run
from .server_calls import PrefectServer, server_at_hand

quiet_park.install()


@flow(name="plan-task", description="Một nhiệm vụ hay một báo cáo trong một kỳ", persist_result=False)
async def plan_task(occurrence_id: int) -> None:
    """Look at the occurrence and park this run again. It leaves by `Pause`: a returned SCHEDULED state would crash."""
    async with server_at_hand() as server:
        run = await _this_run(server)
        await checkpoint(house_at_hand(), server, run, occurrence_id, owner=f"run:{run.id}", times=Times())
        parked = await parking.read_run(server, run.id) or run
    raise Pause(state=State(type=StateType(parked.state_type), name=parked.state_name, message=parked.message))


async def _this_run(server: PrefectServer) -> Run:
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise RuntimeError("plan-task chỉ chạy như một flow của Prefect")
    run = await parking.read_run(server, str(context.flow_run.id))
    if run is None:
        raise RuntimeError(f"máy chủ Prefect không biết quá trình {context.flow_run.id}")
    return run
