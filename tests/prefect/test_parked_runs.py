"""Parked runs on a live server: names, states, wake times, and who may move them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pendulum
import pytest
from sqlmodel import col, delete, select, update

from config.bootstrap import House
from flows import ledger_side, parking
from flows.deploy import register
from flows.reconcile import reconcile, watch
from flows.worker import Worker
from models.database import transaction
from models.ledger import Assignment, Occurrence
from models.lifecycle import State
from models.plan import Process

from .conftest import SHORT, run
from .small_ledger import UNITS, lapse, moves_of, tick

pytestmark = pytest.mark.prefect

Connect = Callable[[], Any]
MakeHouse = Callable[..., House]


def test_a_run_is_created_in_its_right_state_with_name_wake_time_and_table(
    prefect: Connect, make_house: MakeHouse
) -> None:
    """A new run is at once Assigned, named by the ledger, parked until its next checkpoint, with a table of units."""
    house = make_house(tasks=1)

    async def story() -> tuple[Any, dict[str, Any]]:
        async with prefect() as p:
            await p.furnish(house)
            parked = (await p.runs(house))[0]
            return parked, await p.table(f"run-{parked.occurrence_id}")

    parked, table = run(story())
    wake_on = house.clock.now().date() + timedelta(days=20)

    assert (parked.state_type, parked.state_name) == ("SCHEDULED", "Assigned")
    assert parked.name == "III.1/a Việc & “đặc biệt” <50%> · năm 2032 · 0/2"
    assert parked.wake_at.in_timezone("Asia/Ho_Chi_Minh").date() == wake_on
    assert table["data"].count("Đơn vị") == len(UNITS)


def test_applying_twice_writes_nothing_and_loses_no_parked_run(prefect: Connect, make_house: MakeHouse) -> None:
    """A second register writes no deployment, a second reconcile no run, and every parked run is still there."""
    house = make_house(tasks=3)

    async def story() -> Any:
        async with prefect() as p:
            await p.furnish(house)
            before = await p.runs(house)
            written, counts = await register(house, p.server), await reconcile(house, p.server, times=SHORT)
            return before, written, counts, await p.runs(house)

    before, written, counts, after = run(story())

    assert (written.writes, counts.changes, counts.right) == (0, 0, 3)
    assert before == after


def test_a_changed_plan_changes_its_deployment_and_no_parked_run(prefect: Connect, make_house: MakeHouse) -> None:
    """A new title is patched into the deployment; the run of that process stays parked as it was."""
    house = make_house(tasks=2)

    async def story() -> Any:
        async with prefect() as p:
            await p.furnish(house)
            before = await p.runs(house)
            retitle(house, "1", "Tên mới")
            return before, await register(house, p.server), await p.runs(house)

    before, written, after = run(story())

    assert (written.created, written.changed) == (0, 1)
    assert [(r.id, r.wake_at, r.state_name) for r in before] == [(r.id, r.wake_at, r.state_name) for r in after]


def test_a_deadline_makes_a_run_overdue_and_parks_it_again(prefect: Connect, make_house: MakeHouse) -> None:
    """When its wake time has come the worker lapses what is late, parks the run as Overdue and updates its table."""
    house = make_house(tasks=1)

    async def story() -> Any:
        async with prefect() as p:
            await p.furnish(house)
            lapse(house)
            await reconcile(house, p.server, times=SHORT)  # its wake time is now
            worker = Worker(house, p.server, SHORT)
            await worker.round()
            parked = (await p.runs(house))[0]
            return parked, await p.table(f"run-{parked.occurrence_id}"), await p.logs(parked.id)

    parked, table, logs = run(story())

    assert (parked.state_type, parked.state_name) == ("SCHEDULED", "Overdue")
    assert parked.wake_at > pendulum.now("UTC")
    assert "quá hạn" in table["data"]
    assert max(row["level"] for row in logs) < 30


def test_a_deed_wakes_its_run_and_the_last_report_ends_it(prefect: Connect, make_house: MakeHouse) -> None:
    """A deed counted in the ledger wakes the run; when the last unit has reported, it ends COMPLETED as Reported."""
    house = make_house(tasks=1)

    async def story() -> Any:
        async with prefect() as p:
            await p.furnish(house)
            parked = (await p.runs(house))[0]
            answer_all(house)
            served = await Worker(house, p.server, SHORT).wake()
            return served, await p.run(parked.id), ledger_side.woken_ids(house)

    served, ended, woken = run(story())

    assert served
    assert (ended.state_type, ended.state_name) == ("COMPLETED", "Reported")
    assert ended.name.endswith("2/2")
    assert woken == []


def test_a_returned_report_brings_its_run_back(prefect: Connect, make_house: MakeHouse) -> None:
    """A run that had ended as Reported is parked again when the ledger owes again."""
    house = make_house(tasks=1)

    async def story() -> Any:
        async with prefect() as p:
            await p.furnish(house)
            parked = (await p.runs(house))[0]
            worker = Worker(house, p.server, SHORT)
            answer_all(house)
            await worker.wake()
            answer_all(house, state=State.IN_PROGRESS, stage="open")
            await worker.wake()
            return await p.run(parked.id)

    assert run(story()).state_name == "In progress"


def test_withdrawn_work_ends_its_run_and_brings_it_back_when_it_is_owed_again(
    prefect: Connect, make_house: MakeHouse
) -> None:
    """Withdrawn work ends CANCELLED as Withdrawn, which is nobody's Cancel; owed again, it is parked again."""
    house = make_house(tasks=1)

    async def story() -> Any:
        async with prefect() as p:
            await p.furnish(house)
            own = (await p.runs(house))[0]
            worker = Worker(house, p.server, SHORT)
            answer_all(house, state=State.WITHDRAWN, stage="cancelled")
            await worker.wake()
            withdrawn, (counts, _) = await p.run(own.id), await watch(house, p.server, SHORT)
            answer_all(house, state=State.ASSIGNED, stage="open")
            await worker.wake()
            await worker.round()
            return withdrawn, counts, await p.run(own.id)

    withdrawn, counts, after = run(story())

    assert (withdrawn.state_type, withdrawn.state_name) == ("CANCELLED", "Withdrawn")
    assert counts.changes == 0
    assert (after.state_type, after.state_name) == ("SCHEDULED", "Assigned")


def test_two_pollers_never_execute_a_checkpoint_twice(prefect: Connect, make_house: MakeHouse) -> None:
    """Of twenty due runs polled by two workers at once, each is executed once, and each deadline lapses once."""
    house = make_house(tasks=20)

    async def story() -> Any:
        async with prefect() as p:
            await p.furnish(house)
            lapse(house)
            await reconcile(house, p.server, times=SHORT)
            first, second = Worker(house, p.server, SHORT), Worker(house, p.server, SHORT)
            due = await first.due(), await second.due()
            await asyncio.gather(*(w.take_up(r) for w, runs in zip((first, second), due, strict=True) for r in runs))
            starts = [await p.starts(r.id) for r in await p.runs(house)]
            return len(due[0]), len(due[1]), first.done + second.done, starts

    of_first, of_second, done, starts = run(story())

    assert (of_first, of_second) == (20, 20)
    assert done == 20
    assert starts == [1] * 20
    assert len(moves_of(house)) == 40


def test_a_run_cancelled_by_hand_is_reported_and_put_back(prefect: Connect, make_house: MakeHouse) -> None:
    """Cancel in Prefect's pages ends nothing that the ledger still owes: the run comes back and its log says why."""
    house = make_house(tasks=1)

    async def story() -> Any:
        async with prefect() as p:
            await p.furnish(house)
            before = (await p.runs(house))[0]
            await p.server.write("POST", f"/flow_runs/{before.id}/set_state", {"state": {"type": "CANCELLING"}})
            counts, _ = await watch(house, p.server, SHORT)
            return before, counts, await p.run(before.id), await p.logs(before.id)

    before, counts, after, logs = run(story())

    assert counts.cancelled_by_hand == [before.name]
    assert (after.state_name, after.wake_at) == (before.state_name, before.wake_at)
    assert "bằng tay" in logs[-1]["message"]


@pytest.mark.parametrize(("kind", "name"), [("FAILED", "Failed"), ("CRASHED", "Crashed"), ("PAUSED", "Suspended")])
def test_a_run_that_came_to_harm_is_set_back(prefect: Connect, make_house: MakeHouse, kind: str, name: str) -> None:
    """FAILED, CRASHED and PAUSED runs of open work are parked again with the ledger's name and wake time."""
    house = make_house(tasks=1)

    async def story() -> Any:
        async with prefect() as p:
            await p.furnish(house)
            before = (await p.runs(house))[0]
            await p.state(before.id, kind, name)
            await watch(house, p.server, SHORT)
            return before, await p.run(before.id)

    before, after = run(story())

    assert (after.state_type, after.state_name, after.wake_at) == ("SCHEDULED", "Assigned", before.wake_at)


def test_a_run_in_hand_is_left_alone_while_its_claim_lives(prefect: Connect, make_house: MakeHouse) -> None:
    """RUNNING with a live claim is work under way, however long it has been."""
    house = make_house(tasks=1)

    async def story() -> Any:
        async with prefect() as p:
            await p.furnish(house)
            held = (await p.runs(house))[0]
            await parking.take(p.server, held.id)
            await parking.begin(p.server, held.id)
            ledger_side.look(house, held.occurrence_id or 0, "run:other", 60)
            await asyncio.sleep(SHORT.stranded + 0.2)
            counts, _ = await watch(house, p.server, SHORT)
            return counts, await p.run(held.id)

    counts, after = run(story())

    assert counts.changes == 0
    assert after.state_type == "RUNNING"


def test_a_run_deleted_by_hand_is_made_again(prefect: Connect, make_house: MakeHouse) -> None:
    """The small pass sees that a run is missing, and the whole one makes it again under the same name."""
    house = make_house(tasks=2)

    async def story() -> Any:
        async with prefect() as p:
            await p.furnish(house)
            worker = Worker(house, p.server, SHORT)
            worker.order_is_fresh()
            await worker.keep_order()
            before = await p.runs(house)
            await p.server.write("DELETE", f"/flow_runs/{before[0].id}")
            await worker.keep_order()
            return before, await p.runs(house)

    before, after = run(story())

    assert [(r.name, r.state_name, r.wake_at) for r in before] == [(r.name, r.state_name, r.wake_at) for r in after]
    assert before[0].id != after[0].id


def test_a_checkpoint_that_fails_parks_its_run_with_a_message_and_a_backoff(
    prefect: Connect, make_house: MakeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error leaves no terminal state: the run waits under its name for the next try, and reconcile lets it wait."""
    house = make_house(tasks=1)

    def broken(*_: object) -> None:
        raise RuntimeError("đĩa đầy")

    async def story() -> Any:
        async with prefect() as p:
            await p.furnish(house)
            parked = (await p.runs(house))[0]
            await parking.wake(p.server, parked)
            with monkeypatch.context() as patch:
                patch.setattr(ledger_side, "advance", broken)
                await Worker(house, p.server, SHORT).round()
            after = await p.run(parked.id)
            counts = await reconcile(house, p.server, times=SHORT)
            return after, counts, ledger_side.claimed_ids(house)

    after, counts, claimed = run(story())

    assert (after.state_type, after.state_name) == ("SCHEDULED", "Assigned")
    assert "đĩa đầy" in after.message
    assert pendulum.now("UTC") < after.wake_at < pendulum.now("UTC").add(seconds=SHORT.backoff + 5)
    assert counts.changes == 0
    assert claimed == set()


def test_a_second_run_started_by_hand_has_its_look_and_ends(prefect: Connect, make_house: MakeHouse) -> None:
    """Quick run on a deployment looks at the occurrence at once; the process itself stays the run it was."""
    house = make_house(tasks=1)

    async def story() -> Any:
        async with prefect() as p:
            await p.furnish(house)
            own = (await p.runs(house))[0]
            lapse(house)
            deployment = (await p.server.read("GET", f"/flow_runs/{own.id}"))["deployment_id"]
            body = {"parameters": {"occurrence_id": own.occurrence_id}}
            beside = await p.server.write("POST", f"/deployments/{deployment}/create_flow_run", body)
            await Worker(house, p.server, SHORT).round()
            return await p.run(own.id), await p.run(beside["id"])

    own, beside = run(story())

    assert (own.state_type, own.state_name) == ("SCHEDULED", "Overdue")
    assert (beside.state_type, beside.state_name) == ("COMPLETED", "Looked")


def test_a_group_without_units_is_shown_red_until_it_has_one(prefect: Connect, make_house: MakeHouse) -> None:
    """`No units` is FAILED in Prefect, is left so by reconcile, and is parked again when a unit is there."""
    house = make_house(tasks=1)

    async def story() -> Any:
        async with prefect() as p:
            parts = take_units_away(house)
            await p.furnish(house)
            empty = (await p.runs(house))[0]
            unchanged = await reconcile(house, p.server, times=SHORT)
            give_units_back(house, parts)
            await Worker(house, p.server, SHORT).round()
            return empty, unchanged, await p.run(empty.id)

    empty, unchanged, after = run(story())

    assert (empty.state_type, empty.state_name) == ("FAILED", "No units")
    assert unchanged.changes == 0
    assert (after.state_type, after.state_name) == ("SCHEDULED", "Assigned")


# ------------------------------------------------------------------ deeds, made of rows


def retitle(house: House, item: str, title: str) -> None:
    """The plan now calls a task otherwise."""
    with transaction(house.engine) as session:
        session.execute(update(Process).where(col(Process.item_id) == item).values(title=title))


def answer_all(house: House, *, state: State = State.REPORTED, stage: str = "closed") -> None:
    """Every unit is in this state now, as a deed would leave it."""
    with transaction(house.engine) as session:
        session.execute(update(Assignment).values(state=state.value))
        session.execute(update(Occurrence).where(col(Occurrence.stage) != "planned").values(stage=stage))
    tick(house)


def take_units_away(house: House) -> list[dict[str, Any]]:
    """No unit is left in any group; what there was."""
    with transaction(house.engine) as session:
        parts = [row.model_dump() for row in session.exec(select(Assignment))]
        session.execute(delete(Assignment))
    return parts


def give_units_back(house: House, parts: list[dict[str, Any]]) -> None:
    """The units are back, and the run is to look."""
    with transaction(house.engine) as session:
        session.add_all(Assignment(**part) for part in parts)
    tick(house)
