"""From facts to the words of a letter's rows: one dict per assignment, keyed by the placeholders of docs/letters.md.

The keys are Vietnamese because they are what an office writes in its own templates.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from calendars.working_days import WorkingDays
from models.ledger import Assignment, Occurrence, Submission, Transition
from models.lifecycle import Kind, State
from models.outbox import Notice
from models.plan import Process
from models.units import Unit

from .facts import Facts, Line, feeder_keys
from .tongues import Tongue, day_text

Words = dict[str, Any]


@dataclass(frozen=True)
class Reader:
    """Facts, the day of the letter, the calendar and the language: what turns an assignment into words."""

    facts: Facts
    today: date
    days: WorkingDays
    tongue: Tongue

    def day(self, day: date | None) -> str | None:
        """dd/mm/yyyy, or None."""
        return day_text(day) if day else None

    # ------------------------------------------------------------------ rows

    def row(self, notice: Notice) -> Words:
        """One assignment as a letter names it."""
        assignment = self.facts.assignments[notice.assignment_id or 0]
        occurrence = self.facts.occurrences[assignment.occurrence_id]
        process = self.facts.processes[occurrence.process_key]
        unit = self.facts.units[assignment.unit_id]
        report = occurrence.kind == Kind.REPORT
        return {
            "la_bao_cao": report,
            "ten": report_name(process, occurrence) if report else task_name(process, occurrence),
            "ma": process.code,
            "tieu_de": process.title,
            "ky": occurrence.label if report or process.condition == "recurring" else "",
            "don_vi": unit.name,
            "san_pham": assignment.deliverable or process.deliverable,
            "han_in_van": process.phrase,
            "nguon_han": process.phrase_source,
            "noi_nhan": self.receivers(process),
            "trang_thai": state_words(assignment, report=report),
            **self.days_of(assignment, occurrence),
            **self.history_of(assignment, occurrence),
        }

    def days_of(self, assignment: Assignment, occurrence: Occurrence) -> Words:
        """The days of a row: as printed, what still counts, how many working days are left or gone."""
        due = assignment.due_on
        inner = occurrence.collect_by  # pressed for only while it is ahead and nobody was given another day
        ahead = inner is not None and due == occurrence.due_on and inner >= self.today
        return {
            "han": self.day(due),
            "thu": self.tongue.weekday(due),
            "han_cuoi": self.day(assignment.late_after) if assignment.late_after > due else None,
            "han_cu": self.day(assignment.first_due_on) if assignment.first_due_on != due else None,
            "han_noi_bo": self.day(inner) if ahead else None,
            "so_ngay_con": self.days.count(self.today, self.days.on_or_before(inner if inner and ahead else due)),
            "so_ngay_tre": self.days.count(assignment.late_after, self.today),
            "so_lieu_tu": self.day(occurrence.cutoff_from),
            "so_lieu_den": self.day(occurrence.cutoff_on),
            "han_sap_xep": due,
        }

    def history_of(self, assignment: Assignment, occurrence: Occurrence) -> Words:
        """What bodies add: covered lines, joined reports, how often it was pressed, what was received or returned."""
        key = assignment.id or 0
        told = self.facts.told.get(key, [])
        submission, returned = self.facts.submissions.get(key), self.facts.returns.get(key)
        return {
            "noi_dung": [self.line(line) for line in self.facts.covered.get(key, [])],
            "nop_chung": [self.joined_name(other) for other in self.facts.joined.get(occurrence.id or 0, [])],
            "so_lan": len(told),
            "cac_ngay": [day_text(day) for day in told],
            "han_bo_sung": self.day(assignment.redo_by or _granted_after(assignment, returned)),
            "ly_do": returned.reason if returned else None,
            "ngay_nhan": self.day(submission.received_on if submission else assignment.received_on),
            "gio_nhan": f"{submission.recorded_at:%H:%M}" if submission else None,
            "ngay_ghi": self.day(submission.recorded_at.date()) if submission else None,
            "van_ban": submission.document if submission else None,
            "ma_bien_nhan": receipt_number(submission) if submission else None,
            "co_ket_luan": assignment.on_time is not None,  # progress of a dated task is neither on time nor late
            "dung_han": assignment.on_time is not False,
            "so_ngay_muon": self.days.count(assignment.late_after, assignment.received_on or assignment.late_after),
        }  # fmt: skip

    def joined_name(self, occurrence: Occurrence) -> str:
        """A report that the same paper answers."""
        process = self.facts.processes[occurrence.process_key]
        return f"{report_name(process, occurrence)} (hạn {day_text(occurrence.due_on)})"

    def receivers(self, process: Process) -> str | None:
        """`UBND thành phố (qua Sở Nội vụ)`; None for a task, whose result goes to the sender."""
        units = self.facts.units
        names = [plain_name(units[unit]) for unit in process.details.get("to") or () if unit in units]
        via = process.details.get("via")
        through = f" (qua {units[via].name})" if via in units else ""
        return ", ".join(names) + through if names else None

    def line(self, line: Line) -> Words:
        """A line of work: in a report, or in the one letter at issue."""
        return {
            "ma": line.code,
            "tieu_de": line.title,
            "ten": f"[{line.code}] {line.title}" if line.code else line.title,
            "san_pham": line.deliverable,
            "thoi_gian": line.phrase,
            "dieu_kien": line.condition,
            "la_bao_cao": line.kind == "report",
            "hoi_trong": line.asked_in or None,
            "cho": line.waits_for,
            "ky": line.label,
            "han": self.day(line.due_on),
            "thu": self.tongue.weekday(line.due_on) if line.due_on else None,
        }

    # ------------------------------------------------------------------ totals

    def totals(self, occurrences: Iterable[Occurrence]) -> list[Words]:
        """How each occurrence stands over all its units, with the sum of the parts: reports and tasks never mixed."""
        return [self.total(occurrence) for occurrence in sorted(occurrences, key=lambda o: (o.due_on, o.id or 0))]

    def total(self, occurrence: Occurrence) -> Words:
        """One occurrence's total."""
        process = self.facts.processes[occurrence.process_key]
        report = occurrence.kind == Kind.REPORT
        counts = self.facts.counts.get(occurrence.id or 0, {})
        parts = count_parts(counts)
        return {
            "la_bao_cao": report,
            "ten": report_name(process, occurrence) if report else task_name(process, occurrence),
            "han": self.day(occurrence.due_on),
            "tong": sum(counts.values()),
            "cong": sum(parts.values()),
            **parts,
        }

    def consolidation(self, occurrence: Occurrence) -> list[Words]:
        """For a consolidator: of each report that feeds it, how many are in and who is missing."""
        found = []
        for key in feeder_keys(self.facts, occurrence):
            period = feeding_period(self.facts.feeders.get(key, []), occurrence)
            if period is None:
                continue
            missing = [self.facts.units[unit].name for unit in self.facts.owing.get(period.id or 0, [])]
            total = self.total(period)
            asked = total["tong"] - total["dung_theo_doi"]
            found.append({**total, "phai_nop": asked, "da_nop": asked - len(missing), "thieu": missing})
        return found


def receipt_number(submission: Submission) -> str:
    """The mã biên nhận of a submission: `BN000123`."""
    return f"BN{submission.id:06d}"


def _granted_after(assignment: Assignment, returned: Transition | None) -> date | None:
    """The day of work that was returned and then given more time."""
    again = returned is not None and assignment.state == State.IN_PROGRESS
    return assignment.late_after if again else None


def feeding_period(periods: Sequence[Occurrence], occurrence: Occurrence) -> Occurrence | None:
    """The period of a feeding report that a consolidated period waits for: of the same name, else the last one due."""
    same = [period for period in periods if period.period == occurrence.period]
    before = [period for period in periods if period.due_on <= occurrence.due_on]
    return (same or before[-1:] or [None])[-1]  # type: ignore[list-item]


def count_parts(counts: dict[tuple[str, bool | None], int]) -> dict[str, int]:
    """The official classes, each assignment in exactly one."""
    parts = dict.fromkeys(("dung_han", "muon", "trong_han", "qua_han", "khong_bao_cao", "dung_theo_doi"), 0)
    for (state, on_time), count in counts.items():
        parts[_class_of(State(state), on_time)] += count
    return parts


def _class_of(state: State, on_time: bool | None) -> str:
    if state is State.REPORTED:
        return "muon" if on_time is False else "dung_han"
    return {State.OVERDUE: "qua_han", State.MISSED: "khong_bao_cao", State.WITHDRAWN: "dung_theo_doi"}.get(
        state, "trong_han"
    )


def plain_name(unit: Unit) -> str:
    """`Lãnh đạo Sở …` without the list of its members in brackets."""
    return unit.name.partition(" (")[0] if unit.kind == "lanh-dao" else unit.name


def report_name(process: Process, occurrence: Occurrence) -> str:
    """`Báo cáo quý I/2024`: the report's own title (not one made of its phrase), and its period unless it is in it."""
    phrase = (process.phrase or "").lower()
    named_by_phrase = (phrase and phrase in process.title.lower()) or process.title == "Báo cáo nội bộ"
    own = "Báo cáo" if named_by_phrase else process.title
    return own if occurrence.label in own else f"{own} {occurrence.label}"


def task_name(process: Process, occurrence: Occurrence) -> str:
    """`[III.2(8)] Hoàn thiện …`, with its period when it recurs."""
    name = f"[{process.code}] {process.title}" if process.code else process.title
    return f"{name} ({occurrence.label})" if process.condition == "recurring" and occurrence.label else name


def state_words(assignment: Assignment, *, report: bool) -> str:
    """The state as screens and letters say it."""
    return (REPORT_STATES if report else TASK_STATES)[State(assignment.state)]


TASK_STATES = {
    State.ASSIGNED: "đã giao, chưa thực hiện",
    State.IN_PROGRESS: "đang thực hiện",
    State.REPORTED: "đã báo cáo",
    State.OVERDUE: "quá hạn, chưa hoàn thành",
    State.MISSED: "không báo cáo",
    State.WITHDRAWN: "dừng thực hiện",
}
REPORT_STATES = {
    State.ASSIGNED: "chờ báo cáo",
    State.IN_PROGRESS: "đang soạn báo cáo",
    State.REPORTED: "đã nộp",
    State.OVERDUE: "quá hạn, chưa nộp",
    State.MISSED: "không báo cáo (đã chốt kỳ)",
    State.WITHDRAWN: "không phải báo cáo",
}
