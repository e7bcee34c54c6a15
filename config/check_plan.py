"""Whether a plan agrees with itself and with the units, groups, reports and ladders it names. Times: check_times.py."""

from __future__ import annotations

import re
from collections.abc import Iterator

from config.check_units import cycles
from config.findings import KeyPath
from config.not_yet import NOT_YET, not_yet
from config.plan_view import PlanView
from config.remarks import Remark, Speller, unknown, warning
from models.specs import TargetSpec, Task

ONE_UNIT = {"issued_by", "tracker", "leadership", "sender", "ask"}
_PLAIN = re.compile(r"[a-z0-9][a-z0-9-]*")
_LOOKS_LIKE_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+(/[a-z0-9-]+)*")


def check_plan(view: PlanView) -> Iterator[Remark]:
    """Remarks about what a plan names, in no order."""
    yield from _units_named(view)
    yield from _documents(view)
    yield from _own_ids(view)
    yield from _repeated_tasks(view)
    yield from _reports(view)
    yield from _tree(view)
    yield from _tasks(view)
    yield from _targets(view)
    yield from _validity(view)
    yield from _unused_keys(view)


# ------------------------------------------------------------------------------------------------- units and documents


def _units_named(view: PlanView) -> Iterator[Remark]:
    speller = Speller(view.known)
    for reference in view.references:
        if reference.name not in view.known:
            yield speller.unknown("đơn vị hoặc nhóm", reference.name, reference.path)
        elif reference.role in ONE_UNIT and reference.name in view.units.groups:
            message = f"“{reference.name}” là một nhóm; ở đây phải là một đơn vị (a group, not a unit)"
            yield Remark(reference.path, message, "group-not-unit")


def _documents(view: PlanView) -> Iterator[Remark]:
    for key in ("parents", "basis"):
        for index, document in enumerate(getattr(view.plan, key)):
            by = document.by
            if by and by not in view.known and _LOOKS_LIKE_ID.fullmatch(by):
                found = unknown("đơn vị", by, view.units.units, (key, index, "by"), "unknown-unit")
                yield warning(found.path, found.message, found.code)


# ------------------------------------------------------------------------------------------------- our own ids


def _own_ids(view: PlanView) -> Iterator[Remark]:
    for space in ("reports", "milestones"):
        for name in getattr(view.plan, space):
            if not _PLAIN.fullmatch(name):
                yield _bad_id((space, name), name, key=True)
    for path, node in view.nodes:
        if node.id and not _PLAIN.fullmatch(node.id):
            yield _bad_id((*path, "id"), node.id, key=False)


def _bad_id(path: KeyPath, name: str, *, key: bool) -> Remark:
    message = f"id “{name}” chỉ gồm chữ thường không dấu, chữ số và dấu gạch nối (bad id)"
    return Remark(path, message, "bad-id", key=key)


def _repeated_tasks(view: PlanView) -> Iterator[Remark]:
    """Two tasks with one id; a code printed twice is fine once each has its own id."""
    first: dict[str, Task] = {}
    written = {path: node.id for path, node in view.nodes}
    for task in view.tasks:
        if not task.id:
            message = "không suy ra được id từ code hay title: ghi thêm id (no id)"
            yield Remark(task.path, message, "bad-id")
            continue
        earlier = first.setdefault(task.id, task)
        if earlier is task:
            continue
        other = earlier.code or earlier.title
        if written.get(task.path):
            message = f"id “{task.id}” đã dùng cho nhiệm vụ “{other}”: đặt id khác (duplicate id)"
            yield Remark((*task.path, "id"), message, "duplicate-id")
        elif task.code:
            same = "đã có" if task.code == earlier.code else f"cho ra cùng id “{task.id}” với “{other}”"
            message = f"mã “{task.code}” {same}: số in trùng thì giữ nguyên và đặt thêm id riêng (duplicate code)"
            yield Remark((*task.path, "code"), message, "duplicate-code")
        else:
            message = f"nhiệm vụ không có code cho ra id “{task.id}” đã dùng: đặt id riêng (duplicate id)"
            yield Remark((*task.path, "title"), message, "duplicate-id")


# ------------------------------------------------------------------------------------------------- reports


def _reports(view: PlanView) -> Iterator[Remark]:
    reports = view.plan.reports
    for name, report in reports.items():
        path: KeyPath = ("reports", name)
        for key in ("feeds", "together_with"):
            for index, other in enumerate(getattr(report, key)):
                if other not in reports:
                    yield unknown("báo cáo", other, reports, (*path, key, index), "unknown-report")
                elif other == name:
                    yield Remark((*path, key, index), f"báo cáo “{name}” không thể trỏ tới chính nó (itself)", "itself")
        yield from _ladder(view, report.ladder, path)
        yield from _reporters(view, name)
        if report.calendar and view.calendars is not None and report.calendar not in view.calendars:
            yield unknown("lịch", report.calendar, view.calendars, (*path, "calendar"), "unknown-calendar")
        if not report.to and not view.is_left_out((*path, "to")):
            message = f"báo cáo “{name}” không ghi gửi cho ai: thêm to (no recipient)"
            yield Remark(path, message, "no-recipient", key=True)
    fed = {name: [other for other in report.feeds if other != name] for name, report in reports.items()}
    for cycle in cycles(fed):
        message = f"vòng lặp tổng hợp: {' → '.join([*cycle, cycle[0]])}; bỏ một liên kết feeds (cycle)"
        yield Remark(("reports", cycle[0], "feeds"), message, "cycle")


def _reporters(view: PlanView, name: str) -> Iterator[Remark]:
    report, path = view.plan.reports[name], ("reports", name, "by")
    if not report.by:
        if not view.is_left_out(path):
            message = f"báo cáo “{name}” không ghi ai nộp: thêm by (no reporter)"
            yield Remark(("reports", name), message, "no-reporter", key=True)
        return
    for index, reference in enumerate(report.by):
        yield from _empty(view, reference, (*path, index), "nộp báo cáo", only_one=len(report.by) == 1)
    if "leads" in report.by and not view.leads:
        yield Remark(path, "by: leads nhưng kế hoạch không có đơn vị chủ trì nào (empty group)", "empty-group")


def _empty(view: PlanView, name: str, path: KeyPath, doing: str, *, only_one: bool) -> Iterator[Remark]:
    """A group without members that is to lead or report."""
    if name not in view.units.groups or view.members(name):
        return
    if view.is_open(name):
        message = f"nhóm mở “{name}” chỉ được in ra: không giao, không gửi thư, không tính vào số đơn vị {doing}"
        if only_one:
            yield Remark(path, f"{message}; phải có ít nhất một đơn vị có tên (open group only)", "open-group-only")
        else:
            yield warning(path, f"{message} (open group)", "open-group")
        return
    message = f"nhóm “{name}” không có thành viên nào nên không ai {doing}: sửa nhóm trong units.yaml (empty group)"
    yield Remark(path, message, "empty-group")


def _ladder(view: PlanView, ladder: str | None, path: KeyPath) -> Iterator[Remark]:
    if ladder and ladder not in view.escalation.ladders:
        yield unknown("bậc thang", ladder, view.escalation.ladders, (*path, "ladder"), "unknown-ladder")


# ------------------------------------------------------------------------------------------------- the tree of tasks


def _tree(view: PlanView) -> Iterator[Remark]:
    milestones, reports = view.plan.milestones, view.plan.reports
    for path, node in view.nodes:
        if node.waits_for and node.waits_for not in milestones:
            yield unknown("mốc sự kiện", node.waits_for, milestones, (*path, "waits_for"), "unknown-milestone")
        for index, part in enumerate(node.parts):
            if part.waits_for and part.waits_for not in milestones:
                place = (*path, "parts", index, "waits_for")
                yield unknown("mốc sự kiện", part.waits_for, milestones, place, "unknown-milestone")
        for index, name in enumerate(node.asked_in):
            if name not in reports:
                yield unknown("báo cáo", name, reports, (*path, "asked_in", index), "unknown-report")
        yield from _ladder(view, node.ladder, path)
        if node.tasks:
            for key in ("parts", "targets"):
                if getattr(node, key):
                    message = f"nút có tasks không sinh việc: chuyển {key} xuống một nhiệm vụ con (heading)"
                    yield warning((*path, key), message, "heading", key=True)
    yield from _ladder(view, view.plan.ladder, ())


def _tasks(view: PlanView) -> Iterator[Remark]:
    if not view.tasks and not view.is_left_out(("tasks",)):
        yield Remark(("tasks",), "kế hoạch không có nhiệm vụ nào (no tasks)", "no-tasks", key=True)
    seen: set[KeyPath] = set()
    for task in view.tasks:
        path = lead_path(view, task)
        if not task.lead:
            if not any(view.is_left_out((*task.path[:n], "lead")) for n in range(len(task.path) + 1)):
                name = task.code or task.title
                message = f"nhiệm vụ “{name}” không có đơn vị chủ trì: thêm lead ở đây hoặc ở mục trên (no lead)"
                yield Remark(task.path, message, "no-lead")
            continue
        if path not in seen:
            seen.add(path)
            yield from _lead_groups(view, task, path)
        yield from _done_before(view, task)


def _lead_groups(view: PlanView, task: Task, path: KeyPath) -> Iterator[Remark]:
    alone = task.duty != "request" and all(view.is_open(party.unit) for party in task.lead)
    for index, party in enumerate(task.lead):
        yield from _empty(view, party.unit, (*path, index, "unit"), "chủ trì", only_one=alone)


def lead_path(view: PlanView, task: Task) -> KeyPath:
    """The key path of the `lead` that a task has, its own or the one it was handed down."""
    return said_at(view, task, "lead")


def said_at(view: PlanView, task: Task, key: str) -> KeyPath:
    """The key path where a task's value of `key` stands: on the task, or on the nearest node above that says it."""
    for length in range(len(task.path), 1, -2):
        node = view.node_at(task.path[:length])
        if node is not None and getattr(node, key) not in (None, []):
            return (*task.path[:length], key)
    return task.path


def _done_before(view: PlanView, task: Task) -> Iterator[Remark]:
    done = getattr(task.at_start, "done", None)
    if not done:
        return
    leads = {unit for party in task.lead for unit in view.members(party.unit)}
    for index, name in enumerate(done):
        if name in view.known and not leads & set(view.members(name)):
            path = (*said_at(view, task, "at_start"), "done", index)
            message = f"“{name}” không chủ trì nhiệm vụ này nên không có gì để ghi đã xong (not a lead)"
            yield warning(path, message, "not-a-lead")


# ------------------------------------------------------------------------------------------------- the rest


def _targets(view: PlanView) -> Iterator[Remark]:
    places: list[tuple[KeyPath, list[TargetSpec]]] = [(("targets",), view.plan.targets)]
    places += [((*path, "targets"), node.targets) for path, node in view.nodes]
    for path, targets in places:
        for index, target in enumerate(targets):
            if target.from_ and target.by and target.from_ > target.by:
                yield Remark((*path, index, "by"), _out_of_order("from", "by"), "dates")


def _validity(view: PlanView) -> Iterator[Remark]:
    valid = view.plan.valid
    if valid.from_ and valid.to and valid.from_ > valid.to:
        yield Remark(("valid", "to"), _out_of_order("from", "to"), "dates")
    if valid.to and view.plan.track_from > valid.to:
        message = f"theo dõi từ {view.plan.track_from:%d/%m/%Y}, sau ngày cuối {valid.to:%d/%m/%Y}: trống (dates)"
        yield warning(("track_from",), message, "dates")


def _out_of_order(first: str, last: str) -> str:
    return f"{first} sau {last}: đổi lại hai ngày (dates out of order)"


def _unused_keys(view: PlanView) -> Iterator[Remark]:
    if view.plan.attachments and "attachments" in NOT_YET:
        yield warning(("attachments",), not_yet("attachments"), "not-yet", key=True)
    if "parts" in NOT_YET:
        for path, node in view.nodes:
            if node.parts and not node.tasks:
                yield warning((*path, "parts"), not_yet("parts"), "not-yet", key=True)
                return
