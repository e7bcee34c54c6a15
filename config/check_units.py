"""Whether units.yaml holds together: one id space, no cycle, members that exist, days in order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from config.findings import nearest, quoted
from config.not_yet import NOT_YET, not_yet
from config.remarks import Remark, Speller, warning
from models.specs import GroupSpec, UnitSpec, UnitsSpec

RESERVED = "leads"
_ID = re.compile(r"[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)*")


def check_units(units: UnitsSpec) -> Iterator[Remark]:
    """Remarks about units.yaml, in no order."""
    yield from _ids(units)
    speller = Speller([*units.units, *units.groups])
    for unit_id, unit in units.units.items():
        yield from _unit(units, unit_id, unit, speller)
    yield from _cycles("units", {name: [unit.parent] if unit.parent else [] for name, unit in units.units.items()})
    yield from _cycles("groups", {name: list(group.members) for name, group in units.groups.items()})
    kinds = {unit.kind for unit in units.units.values()}
    for group_id, group in units.groups.items():
        yield from _group(units, group_id, group, kinds, speller)
    yield from _unused_succession(units)


def _ids(units: UnitsSpec) -> Iterator[Remark]:
    for space, ids in (("units", units.units), ("groups", units.groups)):
        for one in ids:
            if one == RESERVED:
                message = f"id “{RESERVED}” dành riêng cho “mọi đơn vị chủ trì”: đặt id khác (reserved id)"
                yield Remark((space, one), message, "reserved-id", key=True)
            elif not _ID.fullmatch(one):
                message = f"id “{one}” chỉ gồm chữ thường không dấu, chữ số, dấu gạch nối và dấu / (bad id)"
                yield Remark((space, one), message, "bad-id", key=True)
    for one in units.units.keys() & units.groups.keys():
        message = f"id “{one}” vừa là đơn vị vừa là nhóm: đơn vị và nhóm dùng chung một danh sách id (duplicate id)"
        yield Remark(("groups", one), message, "duplicate-id", key=True)


def _unit(units: UnitsSpec, unit_id: str, unit: UnitSpec, speller: Speller) -> Iterator[Remark]:
    path = ("units", unit_id)
    if unit.parent in units.groups:
        message = f"đơn vị cấp trên “{unit.parent}” là một nhóm: ghi một đơn vị (parent is a group)"
        yield Remark((*path, "parent"), message, "parent-is-a-group")
    elif unit.parent and unit.parent not in units.units:
        yield speller.unknown("đơn vị cấp trên", unit.parent, (*path, "parent"))
    if unit.valid_from and unit.valid_to and unit.valid_to < unit.valid_from:
        message = (
            f"kết thúc ngày {unit.valid_to:%d/%m/%Y} trước khi bắt đầu ngày {unit.valid_from:%d/%m/%Y}: "
            "đổi lại valid_from, valid_to (dates out of order)"
        )
        yield Remark((*path, "valid_to"), message, "dates")
    for index, successor in enumerate(unit.successors):
        if successor.unit not in units.units and successor.unit not in units.groups:
            yield speller.unknown("đơn vị kế thừa", successor.unit, (*path, "successors", index, "unit"))


def _unused_succession(units: UnitsSpec) -> Iterator[Remark]:
    """One sentence for the whole file while succession is not built."""
    first = next((name for name, unit in units.units.items() if unit.successors), None)
    if first and "successors" in NOT_YET:
        yield warning(("units", first, "successors"), not_yet("successors"), "not-yet", key=True)


def _group(units: UnitsSpec, group_id: str, group: GroupSpec, kinds: set[str], speller: Speller) -> Iterator[Remark]:
    path = ("groups", group_id)
    for index, member in enumerate(group.members):
        if member not in units.units and member not in units.groups:
            yield speller.unknown("đơn vị hoặc nhóm", member, (*path, "members", index))
    if group.rule:
        yield from _rule(units, group_id, group, kinds, speller)
    if group.open and (group.members or group.rule):
        message = f"nhóm mở “{group_id}” chỉ được in ra; members và rule của nó không có tác dụng (open group)"
        yield warning((*path, "open"), message, "open-group")
    elif not group.open and not units.members_of(group_id):
        message = (
            f"nhóm “{group_id}” không có thành viên nào: liệt kê members, sửa rule, hoặc ghi open: true nếu chỉ in ra "
            "(empty group)"
        )
        yield warning(path, message, "empty-group", key=True)


def _rule(units: UnitsSpec, group_id: str, group: GroupSpec, kinds: set[str], speller: Speller) -> Iterator[Remark]:
    rule, path = group.rule, ("groups", group_id, "rule")
    if rule is None:
        return
    if rule.under not in units.units:
        yield speller.unknown("đơn vị", rule.under, (*path, "under"))
    for index, kind in enumerate(rule.kind):
        if kind not in kinds:
            close = nearest(kind, kinds)
            advice = f"; gần giống: {quoted(close)}" if close else ""
            message = f"không đơn vị nào có kind “{kind}”{advice} (unknown kind)"
            yield warning((*path, "kind", index), message, "unknown-kind")
    for index, one in enumerate(rule.except_):
        if one not in units.units:
            yield speller.unknown("đơn vị", one, (*path, "except", index))


def _cycles(space: str, below: dict[str, list[str]]) -> Iterator[Remark]:
    """A remark for each cycle of `below`, at its first id in file order."""
    key, word = ("parent", "đơn vị cấp trên") if space == "units" else ("members", "nhóm")
    for cycle in cycles(below):
        message = f"vòng lặp {word}: {' → '.join([*cycle, cycle[0]])}; bỏ một liên kết (cycle)"
        yield Remark((space, cycle[0], key), message, "cycle")


def cycles(below: dict[str, list[str]]) -> list[list[str]]:
    """The cycles of a graph, each from its first node in the graph's order; of tangled ones, one each."""
    found: list[list[str]] = []
    done: set[str] = set()
    for start in below:
        if start not in done:
            _walk(start, below.get, done, found)
    order = {name: index for index, name in enumerate(below)}
    return [_turned(cycle, order) for cycle in found]


def _turned(cycle: list[str], order: dict[str, int]) -> list[str]:
    first = min(range(len(cycle)), key=lambda index: order[cycle[index]])
    return cycle[first:] + cycle[:first]


def _walk(start: str, below: Callable[[str], list[str] | None], done: set[str], found: list[list[str]]) -> None:
    """Depth first without recursion; a chain of units may be long."""
    path: list[str] = [start]
    places = {start: 0}
    pending = [iter(below(start) or ())]
    while pending:
        one = next(pending[-1], None)
        if one is None:
            pending.pop()
            left = path.pop()
            del places[left]
            done.add(left)
        elif one in places:
            found.append(path[places[one] :])
        elif one not in done and below(one) is not None:
            places[one] = len(path)
            path.append(one)
            pending.append(iter(below(one) or ()))
