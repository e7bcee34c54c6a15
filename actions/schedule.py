"""From a plan as written to its processes: who owes what, asked when, and the days of every occurrence.

Pure: it reads specs and computes; `apply_plan` writes the result, `calendar` prints it, `check` looks for conflicts.
A *dated* process owes a result by its day; a *report* owes a report each period; a *covered* one is a line of the
report its lead owes (docs/why.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from calendars.occurrences import Slot, covering_year_slots, slots
from calendars.phrases import Context, Reading, read
from models.lifecycle import Kind
from models.specs import DoneAtStart, PlanSpec, ReportSpec, Task, UnitsSpec, flatten

from .rules import Rules

YEARLY_CUTOFF = "nd-09-2019"  # the covering period of a task whose lead owes no report (Decree 09/2019/NĐ-CP)
SAME_PAPER = timedelta(days=10)  # two reports of `together_with` whose days lie this near are one piece of paper
REPORT = "bao-cao"


@dataclass(frozen=True)
class PartyPlan:
    """One unit's side of a process, and the report (its process key) in which it is asked, if any."""

    unit_id: str
    asked_in: str = ""
    role_as: str | None = None
    deliverable: str | None = None
    pressed: bool = True
    done: bool = False


@dataclass(frozen=True)
class Due:
    """One computed occurrence: a slot of a process, with the report it is asked in and the units it concerns."""

    process: ProcessPlan
    kind: Kind
    slot: Slot
    asked_in: str = ""

    @property
    def units(self) -> list[str]:
        """The units whose part this is, in file order."""
        return [party.unit_id for party in self.process.parties if party.asked_in == self.asked_in]


@dataclass(frozen=True)
class ProcessPlan:
    """A task or a report duty before it is written: identity, reading of its phrase, parties."""

    key: str
    plan_id: str
    kind: str  # "task" | "report"
    item_id: str
    code: str
    title: str
    section: str
    duty: str
    deliverable: str | None
    phrase: str | None
    phrase_source: str | None
    explanation: str
    condition: str
    waits_for: str | None
    tracker_id: str
    ladder: str | None
    confidential: bool
    position: int
    parties: tuple[PartyPlan, ...]
    reading: Reading | None = None
    due: str | None = None
    feeds_from: tuple[str, ...] = ()
    at_start: Any = None
    details: dict[str, Any] = field(default_factory=dict)


class Schedule:
    """The processes of one plan and their occurrences in any window of due days.

    `events` are the days of milestones that were recorded in the ledger; a day the plan itself gives comes first.
    """

    def __init__(
        self, plan: PlanSpec, units: UnitsSpec, rules: Rules, *, events: Mapping[str, date] | None = None
    ) -> None:
        self.plan, self.units, self.rules, self.events = plan, units, rules, events or {}
        self._slots: dict[tuple[str, date, date], list[Slot]] = {}

    # ------------------------------------------------------------------ identity

    @cached_property
    def tasks(self) -> list[Task]:
        """The trackable tasks, flattened."""
        return flatten(self.plan)

    @cached_property
    def context(self) -> Context:
        """What the phrases of this plan need to know of it."""
        return Context(
            issued_on=self.plan.issued_from,
            valid_from=self.plan.valid.from_,
            valid_to=self.plan.valid.to,
            year=self._only_year(),
            before_is_strict=self.plan.before_is_strict,
            working_days=self.rules.days,
        )

    def _only_year(self) -> int | None:
        first, last = self.plan.valid.from_, self.plan.valid.to
        if first and last and first.year == last.year:
            return first.year
        return None if first and last else (self.plan.issued_on.year if self.plan.issued_on else None)

    def report_key(self, report_id: str) -> str:
        """The process key of a report duty."""
        return f"{self.plan.id}:{REPORT}:{report_id}"

    def members(self, references: list[str]) -> list[str]:
        """Unit ids that references stand for, in order, each once."""
        found: dict[str, None] = {}
        for reference in references:
            found.update(dict.fromkeys(self.units.members_of(reference)))
        return list(found)

    def exists(self, unit_id: str, day: date) -> bool:
        """Whether a unit has begun and not ended on a day."""
        unit = self.units.units[unit_id]
        return not ((unit.valid_from and day < unit.valid_from) or (unit.valid_to and day > unit.valid_to))

    @cached_property
    def leads(self) -> list[str]:
        """Every unit that leads a task (`by: leads`)."""
        sides = [party.unit for task in self.tasks if task.duty == "lead" for party in task.lead]
        return self.members(sides)

    def reporters(self, report: ReportSpec) -> list[str]:
        """The units that owe a report; a unit never reports to itself."""
        if report.by == ["leads"]:
            return [unit for unit in self.leads if unit not in report.to]
        return self.members([reference for reference in report.by if reference != "leads"])

    def happened_on(self, milestone: str | None) -> date | None:
        """The day of a milestone, once it has come."""
        return (self.plan.milestones[milestone].date or self.events.get(milestone)) if milestone else None

    # ------------------------------------------------------------------ processes

    @cached_property
    def processes(self) -> list[ProcessPlan]:
        """Report duties first (tasks hang on their periods), then tasks, each in printed order."""
        reports = [self._report(position, name) for position, name in enumerate(self.plan.reports)]
        return reports + [self._task(position, task) for position, task in enumerate(self.tasks)]

    @cached_property
    def by_key(self) -> dict[str, ProcessPlan]:
        """Processes by their key."""
        return {process.key: process for process in self.processes}

    def _report(self, position: int, name: str) -> ProcessPlan:
        report = self.plan.reports[name]
        reading = self._read(report.when, report.read_as)
        fed_by = tuple(other for other, spec in self.plan.reports.items() if name in spec.feeds)
        return ProcessPlan(
            key=self.report_key(name),
            plan_id=self.plan.id,
            kind="report",
            item_id=name,
            code=report.code or "",
            title=report.title or _report_title(report.when),
            section="",
            duty="lead",
            deliverable=None,
            phrase=report.when,
            phrase_source=None if report.when else "do người quản trị đặt",
            explanation=reading.explanation if reading else "",
            condition=self._report_condition(report, reading),
            waits_for=None,
            tracker_id=report.tracker or self.plan.tracker,
            ladder=report.ladder or self.plan.ladder,
            confidential=self.plan.confidential,
            position=position,
            parties=tuple(PartyPlan(unit) for unit in self.reporters(report)),
            reading=reading,
            due=report.due,
            feeds_from=fed_by,
            details={
                "to": report.to,
                "via": report.via,
                "feeds": report.feeds,
                "together_with": report.together_with,
                "note": report.note,
                "fed_by": list(fed_by),
            },
        )

    def _report_condition(self, report: ReportSpec, reading: Reading | None) -> str:
        if report.due or report.calendar:
            return "recurring"
        if reading and reading.kind in ("on_demand", "event"):
            return "on_demand"
        return "recurring" if self._dated_part(reading) else "undated"

    def _task(self, position: int, task: Task) -> ProcessPlan:
        reading = self._read(task.when, task.read_as)
        condition, reading = self._task_condition(task, reading)
        process = ProcessPlan(
            key=f"{self.plan.id}:{task.id}",
            plan_id=self.plan.id,
            kind="task",
            item_id=task.id,
            code=task.code,
            title=task.title,
            section=task.section,
            duty=task.duty,
            deliverable=task.deliverable,
            phrase=task.when,
            phrase_source=self._phrase_source(task),
            explanation=reading.explanation if reading else "",
            condition=condition,
            waits_for=task.waits_for,
            tracker_id=task.tracker or self.plan.tracker,
            ladder=task.ladder or self.plan.ladder,
            confidential=task.confidential,
            position=position,
            parties=(),
            reading=reading,
            due=task.due,
            at_start=task.at_start,
            details={
                "cooperating": [party.unit for party in task.cooperating],
                "lead": [party.unit for party in task.lead],
                "parts": [part.model_dump(exclude_none=True) for part in task.parts],
                "note": task.note,
                "asked_in": list(task.asked_in),
            },
        )
        return replace(process, parties=tuple(self._task_parties(task, condition)))

    def _phrase_source(self, task: Task) -> str | None:
        if task.due and not task.when:
            return "do người quản trị đặt"
        return f"theo lời dẫn {task.origin['when']}" if "when" in task.origin else None

    def _read(self, phrase: str | None, read_as: str | None) -> Reading | None:
        return read(phrase, replace(self.context, read_as=read_as)) if phrase else None

    def _dated_part(self, reading: Reading | None) -> Reading | None:
        """The reading itself, or the first part of a composite, that gives a day."""
        for part in (reading, *(reading.parts if reading else ())):
            if part and (part.rule is not None or (part.due and part.kind != "continuous")):
                return part
        return None

    def _task_condition(self, task: Task, reading: Reading | None) -> tuple[str, Reading | None]:
        if task.waits_for and not self.happened_on(task.waits_for):
            return "waiting", reading
        if task.due and not task.due.endswith("after"):
            return "dated", reading
        if task.waits_for:
            counted = reading and (reading.due or reading.rule or reading.offset is not None)
            return ("dated" if task.due or counted else "undated"), reading
        dated = self._dated_part(reading)
        if reading is None or reading.kind in ("continuous", "open_start", "none"):
            return "covered", reading
        if dated and dated.kind not in ("continuous", "open_start"):
            return ("recurring" if dated.rule is not None else "dated"), dated
        if reading.kind == "event":
            return "waiting", reading
        if any(part.kind in ("continuous", "open_start") for part in reading.parts):
            return "covered", reading
        return "undated", reading

    def _task_parties(self, task: Task, condition: str) -> Iterator[PartyPlan]:
        seen: set[str] = set()
        done = set(self.members(task.at_start.done)) if isinstance(task.at_start, DoneAtStart) else set()
        for side in task.lead:
            for unit_id in self.units.members_of(side.unit):
                if unit_id in seen:
                    continue
                seen.add(unit_id)
                asked_in = self._asked_in(task, unit_id) if condition == "covered" else [""]
                for report in asked_in:
                    yield PartyPlan(unit_id, report, side.as_, side.deliverable, task.duty == "lead", unit_id in done)

    # ------------------------------------------------------------------ which report asks an open task

    def _asked_in(self, task: Task, unit_id: str) -> list[str]:
        """Process keys of the reports that ask a covered task of a unit; the yearly cut-off when it owes none."""
        if task.duty == "request":
            return [YEARLY_CUTOFF]
        named = [name for name in task.asked_in if unit_id in self._reporters_of[name]]
        owed = named or [name for name in self._asking_reports if unit_id in self._reporters_of[name]]
        joined = {name for name in owed for other in self.plan.reports[name].together_with if other in owed}
        return [self.report_key(name) for name in owed if name not in joined] or [YEARLY_CUTOFF]

    @cached_property
    def _reporters_of(self) -> dict[str, set[str]]:
        return {name: set(self.reporters(report)) for name, report in self.plan.reports.items()}

    @cached_property
    def _asking_reports(self) -> list[str]:
        return [
            name
            for name, report in self.plan.reports.items()
            if self._report_condition(report, self._read(report.when, report.read_as)) == "recurring"
        ]

    # ------------------------------------------------------------------ occurrences

    def occurrences(self, start: date, end: date) -> list[Due]:
        """Every computed occurrence whose due day is in [start, end], tracked or not."""
        found = [due for process in self.processes for due in self._dues(process, start, end)]
        return sorted(found, key=lambda due: (due.slot.due_on, due.process.kind, due.process.position))

    def _dues(self, process: ProcessPlan, start: date, end: date) -> Iterator[Due]:
        if process.kind == "report":
            if process.condition == "recurring":
                yield from (Due(process, Kind.REPORT, slot) for slot in self.report_slots(process.item_id, start, end))
        elif process.condition in ("dated", "recurring"):
            yield from (Due(process, Kind.DATED, slot) for slot in self._task_slots(process, start, end))
        elif process.condition == "covered":
            for asked_in in dict.fromkeys(party.asked_in for party in process.parties):
                covering = self._covering_slots(asked_in, start, end)
                yield from (Due(process, Kind.COVERED, slot, asked_in) for slot in covering)

    def _covering_slots(self, asked_in: str, start: date, end: date) -> list[Slot]:
        if asked_in != YEARLY_CUTOFF:
            return self.report_slots(asked_in.rsplit(":", 1)[1], start, end)
        found = covering_year_slots(start, end, working_days=self.rules.days, issued_on=self.plan.issued_from)
        return [slot for slot in found if self._in_force(slot)]

    def _in_force(self, slot: Slot) -> bool:
        """Whether the plan is in force on a slot's due day: issued before it, and not yet ended."""
        first, last = self.plan.issued_from, self.plan.valid.to
        return not ((first and slot.due_on < first) or (last and slot.due_on > last))

    def _task_slots(self, process: ProcessPlan, start: date, end: date) -> list[Slot]:
        found = slots(
            process.reading,
            start,
            end,
            working_days=self.rules.days,
            due=process.due,
            issued_on=self.plan.issued_from,
            event_on=self.happened_on(process.waits_for),
        )
        if process.condition == "recurring":
            return [slot for slot in found if self._in_force(slot)]
        return found

    def report_slots(self, name: str, start: date, end: date) -> list[Slot]:
        """The periods of a report duty whose due day is in [start, end]."""
        cached = self._slots.get((name, start, end))
        if cached is None:
            cached = self._slots[name, start, end] = self._compute_report_slots(name, start, end)
        return cached

    def _compute_report_slots(self, name: str, start: date, end: date) -> list[Slot]:
        report = self.plan.reports[name]
        found = self._slots_of(report, start, end, not_after=self._bound(report, start, end))
        return [self._opened_after_reporters(name, slot) for slot in found if self._in_force(slot)]

    def _slots_of(
        self, report: ReportSpec, start: date, end: date, *, not_after: Callable[[Slot], date | None] | None = None
    ) -> list[Slot]:
        """A report's own days, whatever it feeds and whoever feeds it."""
        base = report.due.split(" before ", 1)[1].strip() if report.due and " before " in report.due else None
        return slots(
            self._dated_part(self._read(report.when, report.read_as)),
            start,
            end,
            working_days=self.rules.days,
            opens=report.opens,
            cutoff=report.cutoff,
            due=report.due,
            collect_by=report.collect_by,
            calendar=self.rules.calendars.get(report.calendar) if report.calendar else None,
            issued_on=self.plan.issued_from,
            base=self._around(base, start, end) if base else None,
            not_after=not_after,
        )

    def _around(self, name: str, start: date, end: date) -> list[Slot]:
        """Another report's own days in and near a window; none when it has no day."""
        report = self.plan.reports[name]
        if self._report_condition(report, self._read(report.when, report.read_as)) != "recurring":
            return []
        return self._slots_of(report, start - timedelta(days=200), end + timedelta(days=200))

    def _bound(self, report: ReportSpec, start: date, end: date) -> Callable[[Slot], date | None]:
        """The due day of the next report that a slot feeds: no roll forward passes it."""
        days = sorted(slot.due_on for name in report.feeds for slot in self._around(name, start, end))
        return lambda slot: next((day for day in days if day >= slot.due_on), None)

    def _opened_after_reporters(self, name: str, slot: Slot) -> Slot:
        """A consolidator opens the working day after its reporters' due day, whatever is missing."""
        if self.plan.reports[name].opens:
            return slot
        days = [
            fed.due_on
            for other, report in self.plan.reports.items()
            if name in report.feeds
            for fed in self._around(other, slot.period_start, slot.due_on)
            if slot.period_start <= fed.due_on <= slot.due_on
        ]
        if not days:
            return slot
        opens_on = min(self.rules.days.shift(max(days), 1), slot.due_on)
        return replace(slot, opens_on=max(opens_on, self.plan.issued_from or opens_on))


def _report_title(phrase: str | None) -> str:
    """What a report without a title of its own is called: by its printed days."""
    if not phrase:
        return "Báo cáo nội bộ"
    return phrase if phrase.lower().startswith("báo cáo") else f"Báo cáo {phrase[0].lower()}{phrase[1:]}"


def joined(dues: list[Due], plan: PlanSpec) -> dict[int, int]:
    """{index of an occurrence: index of the one whose paper answers it}, for reports of `together_with`.

    Two periods that coincide are one submission and one letter, on the earlier day (S1 24/6 and 25/6).
    """
    found: dict[int, int] = {}
    reports = [(index, due) for index, due in enumerate(dues) if due.kind is Kind.REPORT]
    for index, due in reports:
        for name in plan.reports[due.process.item_id].together_with:
            for other, twin in reports:
                near = abs(twin.slot.due_on - due.slot.due_on) <= SAME_PAPER
                if twin.process.item_id == name and near and not {index, other} & set(found):
                    first, second = sorted((index, other), key=lambda i: dues[i].slot.due_on)
                    found[second] = first
    return found
