"""Whether every time of a plan can be read and hangs together: phrases, days set by the admin, order of reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

from actions.rules import Rules
from actions.schedule import Schedule
from calendars import conflicts
from calendars.named import ND_09_2019
from calendars.occurrences import day_month, full_date, offset_of
from calendars.phrases import PhraseError, Reading, read
from calendars.reading import READ_AS
from config.check_plan import said_at
from config.check_units import cycles
from config.findings import KeyPath
from config.plan_view import PlanView
from config.remarks import Remark, unknown, warning
from models.specs import ReportSpec, Task, parse_date

EARLIEST = date(1990, 1, 1)
YEARS_AHEAD = 3  # conflicts are looked for from the start of tracking to the end of the third year after it
BEFORE = "“20 working days before” hoặc 14/12"


class TimeChecks:
    """The checks of one plan's times: `read` what stands there; `follow` it to its days once nothing is wrong."""

    def __init__(self, view: PlanView, rules: Rules) -> None:
        self.view, self.plan, self.rules = view, view.plan, rules
        self.schedule = Schedule(view.plan, view.units, rules)

    def read(self) -> Iterator[Remark]:
        """Phrases that cannot be read or are doubtful, and settings in none of their forms."""
        yield from self._phrases()
        yield from self._settings()

    def follow(self) -> Iterator[Remark]:
        """What the days lead to; only for a plan without errors."""
        yield from self._conflicts()
        yield from self._before_tracking()

    def reading(self, phrase: str, read_as: str | None) -> Reading:
        """A phrase of this plan as read. Raises PhraseError."""
        known = read_as if read_as in READ_AS else None
        return read(phrase, replace(self.schedule.context, read_as=known))

    # ------------------------------------------------------------------ phrases

    def _phrases(self) -> Iterator[Remark]:
        yield from self._report_phrases()
        yield from self._task_phrases()
        yield from self._heading_phrases()

    def _report_phrases(self) -> Iterator[Remark]:
        for name, report in self.plan.reports.items():
            path: KeyPath = ("reports", name)
            yield from self._read_as(report.read_as, (*path, "read_as"))
            if report.when:
                settled = bool(report.due or report.calendar)
                yield from self._phrase(report.when, report.read_as, (*path, "when"), settled)
            elif not report.due and not report.calendar:
                message = f"báo cáo “{name}” không có when, due hay calendar: không biết bao giờ nộp (no time)"
                yield warning(path, message, "no-time", key=True)

    def _task_phrases(self) -> Iterator[Remark]:
        for task in self.view.tasks:
            if task.read_as:
                yield from self._read_as(task.read_as, said_at(self.view, task, "read_as"))
            if task.when:
                path = said_at(self.view, task, "when")
                yield from self._phrase(task.when, task.read_as, path, bool(task.due))
            for index, part in enumerate(task.parts):
                if part.when:
                    path = (*task.path, "parts", index, "when")
                    yield from self._phrase(part.when, None, path, bool(part.waits_for))

    def _heading_phrases(self) -> Iterator[Remark]:
        """Phrases of headings that no task below takes over."""
        for path, node in self.view.nodes:
            if node.tasks and node.when:
                yield from self._phrase(node.when, node.read_as, (*path, "when"), settled=True)

    def _phrase(self, phrase: str, read_as: str | None, path: KeyPath, settled: bool) -> Iterator[Remark]:
        """The error of a phrase, or its doubts unless a day set by the admin settles them."""
        try:
            reading = self.reading(phrase, read_as)
        except PhraseError as error:
            yield Remark(path, f"{error} (unknown phrase)", "unknown-phrase")
            return
        if not settled:
            for text in reading.warnings:
                yield warning(path, f"“{phrase}”: {text} (ambiguous)", "ambiguous")

    def _read_as(self, read_as: str | None, path: KeyPath) -> Iterator[Remark]:
        if read_as and read_as not in READ_AS:
            yield unknown("cách đọc", read_as, READ_AS, path, "unknown-read-as")

    # ------------------------------------------------------------------ days set by the admin

    def _settings(self) -> Iterator[Remark]:
        yield from self._report_settings()
        yield from self._task_settings()

    def _report_settings(self) -> Iterator[Remark]:
        for name, report in self.plan.reports.items():
            path: KeyPath = ("reports", name)
            yield from _setting(report.opens, (*path, "opens"), _is_opening, BEFORE)
            yield from _setting(report.collect_by, (*path, "collect_by"), _is_opening, BEFORE)
            yield from _setting(report.cutoff, (*path, "cutoff"), is_cutoff, f"{ND_09_2019} hoặc 14/12")
            yield from self._report_due(name, report)
        yield from self._hanging_on_itself()

    def _report_due(self, name: str, report: ReportSpec) -> Iterator[Remark]:
        path: KeyPath = ("reports", name, "due")
        forms = "10/12, 10/12/2026 hoặc “5 working days before <báo cáo>”"
        yield from _setting(report.due, path, _is_report_due, forms)
        base = hangs_on(report)
        if base and base not in self.plan.reports:
            yield unknown("báo cáo", base, self.plan.reports, path, "unknown-report")

    def _hanging_on_itself(self) -> Iterator[Remark]:
        """`due: … before X` whose X hangs on this very report."""
        below = {name: [base] if (base := hangs_on(report)) else [] for name, report in self.plan.reports.items()}
        for cycle in cycles(below):
            message = f"vòng lặp hạn: {' → '.join([*cycle, cycle[0]])}; một báo cáo phải có ngày riêng (cycle)"
            yield Remark(("reports", cycle[0], "due"), message, "cycle")

    def _task_settings(self) -> Iterator[Remark]:
        for path, node in self.view.nodes:
            yield from _setting(node.starts, (*path, "starts"), _day, "07/02/2024 hoặc 2024-02-07")
        for task in self.view.tasks:
            if task.due:
                yield from self._task_due(task, said_at(self.view, task, "due"))

    def _task_due(self, task: Task, path: KeyPath) -> Iterator[Remark]:
        forms = "10/12, 10/12/2026, hoặc với waits_for: “10 working days after”"
        wrong = list(_setting(task.due, path, _is_task_due, forms))
        yield from wrong
        if not wrong and task.due and offset_of(task.due) and not task.waits_for:
            message = f"“{task.due}” cần waits_for: ghi mốc sự kiện mà hạn tính từ đó (needs waits_for)"
            yield Remark(path, message, "needs-waits-for")

    # ------------------------------------------------------------------ what follows from the days

    def _conflicts(self) -> Iterator[Remark]:
        """Days that cannot be kept, or that meet: at the key that would settle it."""
        first = max(self.plan.track_from, EARLIEST)
        last = min(self.view.last_day, date(first.year + YEARS_AHEAD, 12, 31))
        reports = [self._report_view(name, first, last) for name in self.plan.reports]
        for found in conflicts.findings(reports, working_days=self.rules.days, issued_on=self.plan.issued_from):
            if found.code != "ambiguous":
                path: KeyPath = ("reports", found.reports[0], found.cure)
                yield warning(path, f"{found.message} ({found.code.replace('_', ' ')})", found.code, key=True)

    def _report_view(self, name: str, first: date, last: date) -> conflicts.ReportView:
        report = self.plan.reports[name]
        process = self.schedule.by_key[self.schedule.report_key(name)]
        dated = process.condition == "recurring" and first <= last
        return conflicts.ReportView(
            id=name,
            slots=tuple(self.schedule.report_slots(name, first, last)) if dated else (),
            reporters=frozenset(self.view.reporters(report)),
            to=frozenset(unit for one in report.to for unit in self.view.members(one)),
            feeds=tuple(report.feeds),
            together_with=tuple(report.together_with),
            phrase=report.when,
            kind=process.condition if process.condition == "on_demand" else "recurring",
        )

    def _before_tracking(self) -> Iterator[Remark]:
        """A dated task due before tracking starts, of which nobody has said whether it is done."""
        by_id = {process.item_id: process for process in self.schedule.processes if process.kind == "task"}
        for task in self.view.tasks:
            process = by_id.get(task.id)
            if process is None or process.condition != "dated" or task.at_start is not None:
                continue
            due = _exact_due(task, process.reading)
            if due and due < self.plan.track_from:
                message = (
                    f"hạn {due:%d/%m/%Y} trước ngày bắt đầu theo dõi {self.plan.track_from:%d/%m/%Y}: thêm at_start: "
                    "unknown (hỏi), done hoặc open (due before tracking)"
                )
                yield warning(said_at(self.view, task, "due" if task.due else "when"), message, "before-tracking")


def hangs_on(report: ReportSpec) -> str | None:
    """The report that `due: 5 working days before X` counts from."""
    offset = offset_of(report.due) if report.due else None
    return offset.of.strip() if offset and offset.of else None


def _exact_due(task: Task, reading: Reading | None) -> date | None:
    if task.due:
        return full_date(task.due)
    return reading.due if reading else None


def _setting(text: str | None, path: KeyPath, fits: Callable[[str], object], forms: str) -> Iterator[Remark]:
    """The error of a setting in none of its forms, or of a day that is in no calendar."""
    if text is None:
        return
    try:
        if fits(text):
            return
        message = f"không đọc được “{text}”; viết {forms} (bad setting)"
    except ValueError:
        message = f"ngày “{text}” không có trong lịch (no such day)"
    yield Remark(path, message, "setting")


def _day(text: str) -> date | None:
    """The day of a full date; None for another form. ValueError for a day or year that no plan means."""
    return parse_date(text) if full_date(text) else None


def _is_opening(text: str) -> bool:
    offset = offset_of(text)
    if offset is not None:
        return offset.of is None and offset.n <= 0
    return day_month(text) is not None


def is_cutoff(text: str) -> bool:
    """Whether a text names a data cut-off: the decree's or a day of the year."""
    return text == ND_09_2019 or day_month(text) is not None


def _is_report_due(text: str) -> bool:
    offset = offset_of(text)
    if offset is not None:
        return offset.of is not None and offset.n <= 0
    return _day(text) is not None or day_month(text) is not None


def _is_task_due(text: str) -> bool:
    offset = offset_of(text)
    if offset is not None:
        return offset.of is None and offset.n >= 0
    return _day(text) is not None or day_month(text) is not None
