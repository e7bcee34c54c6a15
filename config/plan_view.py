"""One plan with everything it is checked against, and the places in it that name units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from config.check_units import RESERVED
from config.findings import KeyPath
from models.specs import EscalationSpec, Party, PlanSpec, ReportSpec, Task, TaskNode, UnitsSpec, flatten

FOREVER = date.max


@dataclass(frozen=True)
class Reference:
    """A unit or group named at a key path, in the role of that key."""

    path: KeyPath
    name: str
    role: str


@dataclass
class PlanView:
    """A plan as the checks look at it. `left_out` are key paths that did not fit and were taken out.

    `calendars` are the names of the named calendars, None when they are not known.
    """

    plan: PlanSpec
    units: UnitsSpec
    escalation: EscalationSpec
    calendars: Sequence[str] | None = None
    left_out: Sequence[KeyPath] = ()

    @cached_property
    def tasks(self) -> list[Task]:
        """The trackable tasks, flattened."""
        return flatten(self.plan)

    @cached_property
    def nodes(self) -> list[tuple[KeyPath, TaskNode]]:
        """Every node of the tree with its key path, in printed order."""
        return list(_nodes(self.plan.tasks, ("tasks",)))

    @cached_property
    def _node_by_path(self) -> dict[KeyPath, TaskNode]:
        return dict(self.nodes)

    def node_at(self, path: KeyPath) -> TaskNode | None:
        """The node of the tree at a key path."""
        return self._node_by_path.get(tuple(path))

    @cached_property
    def known(self) -> set[str]:
        """Every unit and group id."""
        return set(self.units.units) | set(self.units.groups)

    @cached_property
    def last_day(self) -> date:
        """The last day on which the plan asks anyone anything."""
        return self.plan.valid.to or FOREVER

    @cached_property
    def _members(self) -> dict[str, list[str]]:
        return {}

    def members(self, name: str) -> list[str]:
        """The units a reference stands for."""
        if name not in self._members:
            self._members[name] = self.units.members_of(name)
        return self._members[name]

    def is_open(self, name: str) -> bool:
        """Whether a reference is a group that is printed only."""
        return name in self.units.groups and self.units.groups[name].open

    @cached_property
    def leads(self) -> set[str]:
        """Every unit that leads a task."""
        return {
            unit
            for task in self.tasks
            if task.duty == "lead"
            for party in task.lead
            for unit in self.members(party.unit)
        }

    def reporters(self, report: ReportSpec) -> set[str]:
        """Every unit that owes a report."""
        named = {unit for name in report.by for unit in self.members(name)}
        return named | self.leads if RESERVED in report.by else named

    def is_left_out(self, path: KeyPath) -> bool:
        """Whether the value at a key path was taken out because it did not fit."""
        return any(tuple(path[: len(out)]) == out for out in self.left_out)

    @cached_property
    def references(self) -> list[Reference]:
        """Every place that names a unit or a group, in the order of the file's keys."""
        return list(self._references())

    def _references(self) -> Iterator[Reference]:
        plan = self.plan
        for key in ("issued_by", "tracker", "leadership", "sender"):
            if name := getattr(plan, key):
                yield Reference((key,), name, key)
        for name, milestone in plan.milestones.items():
            if milestone.ask:
                yield Reference(("milestones", name, "ask"), milestone.ask, "ask")
        for report_id, report in plan.reports.items():
            yield from _in_report(("reports", report_id), report)
        for path, node in self.nodes:
            yield from _in_node(path, node)


def _in_report(path: KeyPath, report: ReportSpec) -> Iterator[Reference]:
    for key, names in (("by", report.by), ("to", report.to)):
        for index, name in enumerate(names):
            if not (key == "by" and name == RESERVED):
                yield Reference((*path, key, index), name, key)
    for key, single in (("via", report.via), ("tracker", report.tracker)):
        if single:
            yield Reference((*path, key), single, key)


def _in_node(path: KeyPath, node: TaskNode) -> Iterator[Reference]:
    sides: tuple[tuple[str, list[Party]], ...] = (("lead", node.lead), ("cooperating", node.cooperating))
    for key, parties in sides:
        for index, party in enumerate(parties):
            yield Reference((*path, key, index, "unit"), party.unit, key)
    if node.tracker:
        yield Reference((*path, "tracker"), node.tracker, "tracker")
    done = getattr(node.at_start, "done", None)
    for index, name in enumerate(done or []):
        yield Reference((*path, "at_start", "done", index), name, "done")


def _nodes(nodes: list[TaskNode], path: KeyPath) -> Iterator[tuple[KeyPath, TaskNode]]:
    for index, node in enumerate(nodes):
        yield (*path, index), node
        yield from _nodes(node.tasks, (*path, index, "tasks"))
