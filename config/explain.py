"""What a plan was understood to say: the members of each group, the reading of each time. `dondoc check` prints it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from actions.rules import Rules
from actions.schedule import ProcessPlan, Schedule
from config.plan_files import Config
from config.plan_view import PlanView

CONDITIONS = {
    "dated": "có hạn",
    "recurring": "định kỳ",
    "covered": "hỏi trong báo cáo",
    "waiting": "chờ sự kiện",
    "undated": "chưa xác định hạn",
    "on_demand": "mở bằng tay",
}


def explain(config: Config, plan_id: str, events: Mapping[str, date] | None = None) -> list[str]:
    """Lines for a person: groups named in the plan with their members, then reports and tasks with their times.

    `events` are the days of milestones that the ledger knows of.
    """
    plan = config.plans[plan_id]
    view = PlanView(plan, config.units, config.escalation, list(config.calendars))
    rules = Rules(config.working_days, config.escalation, config.calendars)
    schedule = Schedule(plan, config.units, rules, events=events)
    return [f"{plan.id}: {plan.title}", *_groups(view), *(_process(process) for process in schedule.processes)]


def _groups(view: PlanView) -> Iterator[str]:
    named = dict.fromkeys(one.name for one in view.references if one.name in view.units.groups)
    for name in named:
        group = view.units.groups[name]
        if group.open:
            yield f"  nhóm {name} ({group.name}): nhóm mở, chỉ in ra"
            continue
        members = view.members(name)
        partly = ", mới biết một phần" if not group.complete else ""
        yield f"  nhóm {name} ({group.name}): {len(members)} đơn vị{partly}: {', '.join(members)}"


def _process(process: ProcessPlan) -> str:
    what = "báo cáo" if process.kind == "report" else "nhiệm vụ"
    name = f"{process.item_id} ({process.code})" if process.code else process.item_id
    source = f" ({process.phrase_source})" if process.phrase_source else ""
    time = f"“{process.phrase}”{source}" if process.phrase else f"không in thời gian{source}"
    due = f"; due: {process.due}" if process.due else ""
    reading = process.explanation.removeprefix(f"{process.phrase} → ")
    understood = f" → {reading}" if reading else ""
    return f"  {what} {name}: {time}{understood}{due} [{CONDITIONS.get(process.condition, process.condition)}]"
