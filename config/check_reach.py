"""Who a plan cannot reach: ended units, half-known groups, units without an address, leads that owe no report."""

from __future__ import annotations

from collections.abc import Iterator

from config.check_plan import lead_path
from config.findings import KeyPath
from config.plan_view import PlanView, Reference
from config.remarks import Remark, warning
from models.specs import UnitSpec

WRITTEN_TO = {"tracker", "leadership", "sender", "by", "lead"}
NEEDS_CONTACT = {"tracker", "by", "lead"}
SHOWN = 3


def check_reach(view: PlanView) -> Iterator[Remark]:
    """Warnings about reachability, one for each unit or group at the first place that needs it; none once closed."""
    if view.plan.status == "closed":
        return
    seen: set[tuple[str, str]] = set()
    for reference in view.references:
        if reference.role not in WRITTEN_TO or reference.name not in view.known or view.is_open(reference.name):
            continue
        for kind, found in (("ended", _ended), ("incomplete", _incomplete), ("contact", _no_contact)):
            if (kind, reference.name) not in seen and (remark := found(view, reference)):
                seen.add((kind, reference.name))
                yield remark
    yield from _owe_no_report(view)


def _names(units: list[str]) -> str:
    more = f" và {len(units) - SHOWN} đơn vị nữa" if len(units) > SHOWN else ""
    return ", ".join(units[:SHOWN]) + more


def _ended(view: PlanView, reference: Reference) -> Remark | None:
    members = view.members(reference.name)
    gone = [unit for unit in members if _ends_early(view, view.units.units[unit])]
    if not gone:
        return None
    if reference.name in view.units.units:
        unit = view.units.units[reference.name]
        after = f" ({unit.ended_by})" if unit.ended_by else ""
        message = f"đơn vị “{reference.name}” đã kết thúc ngày {unit.valid_to:%d/%m/%Y}{after}; không gửi từ ngày đó"
    else:
        message = (
            f"{len(gone)}/{len(members)} thành viên của nhóm “{reference.name}” đã kết thúc; từ ngày đó không gửi: "
            f"{_names(gone)}"
        )
    return warning(reference.path, f"{message} (ended unit)", "ended-unit")


def _ends_early(view: PlanView, unit: UnitSpec) -> bool:
    return bool(unit.valid_to and unit.valid_to < view.last_day)


def _incomplete(view: PlanView, reference: Reference) -> Remark | None:
    group = view.units.groups.get(reference.name)
    if group is None or group.complete:
        return None
    count = len(view.members(reference.name))
    message = f"nhóm “{reference.name}” mới biết một phần thành viên ({count} đơn vị): bổ sung trong units.yaml"
    return warning(reference.path, f"{message} (incomplete group)", "incomplete-group")


def _no_contact(view: PlanView, reference: Reference) -> Remark | None:
    if reference.role not in NEEDS_CONTACT:
        return None
    silent = [unit for unit in view.members(reference.name) if _needs_address(view, view.units.units[unit])]
    if not silent:
        return None
    who = f"“{reference.name}”" if silent == [reference.name] else f"{_names(silent)} của nhóm “{reference.name}”"
    message = f"{who} chưa có địa chỉ liên hệ: thêm contacts trong units.yaml (no contact)"
    return warning(reference.path, message, "no-contact")


def _needs_address(view: PlanView, unit: UnitSpec) -> bool:
    """Whether letters go to this unit and none of its roles says where; a phone number is printed, never written to."""
    if unit.sample or unit.system != "state" or _ends_early(view, unit):
        return False
    return not any(contact.email or contact.zalo for contact in unit.contacts.values())


def _owe_no_report(view: PlanView) -> Iterator[Remark]:
    """Leads whose open-ended tasks no report of the plan asks."""
    owing = {unit for report in view.plan.reports.values() for unit in view.reporters(report)}
    counted: dict[str, int] = {}
    first: dict[str, KeyPath] = {}
    for task in view.tasks:
        if task.duty == "request":
            continue
        for index, party in enumerate(task.lead):
            if set(view.members(party.unit)) - owing:
                counted[party.unit] = counted.get(party.unit, 0) + 1
                first.setdefault(party.unit, (*lead_path(view, task), index, "unit"))
    for name, path in first.items():
        members = view.members(name)
        without = [unit for unit in members if unit not in owing]
        who = f"“{name}”" if len(members) == 1 else f"{len(without)}/{len(members)} thành viên của “{name}”"
        message = (
            f"{who} chủ trì {counted[name]} nhiệm vụ nhưng không phải nộp báo cáo nào: việc không có hạn được hỏi theo "
            "kỳ chốt số liệu năm của NĐ 09/2019 (lead owes no report)"
        )
        yield warning(path, message, "no-report")
