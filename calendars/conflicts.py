"""Findings about a plan's reporting calendar: dates that cannot be kept, and the key of the config that cures each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from calendars.occurrences import Slot
from calendars.working_days import WorkingDays

CLOSE_DAYS = 3


@dataclass(frozen=True)
class ReportView:
    """One report duty as the findings see it. `reporters`, `to`: unit ids, groups resolved; `kind`: its reading's.

    `warnings` are those of its reading; `slots` all slots of the time looked at, computed without `issued_on` if
    openings before the plan's issue should be found.
    """

    id: str
    slots: tuple[Slot, ...] = ()
    reporters: frozenset[str] = frozenset()
    to: frozenset[str] = frozenset()
    feeds: tuple[str, ...] = ()
    together_with: tuple[str, ...] = ()
    phrase: str | None = None
    kind: str = "recurring"
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """`code` names the case, `cure` the config key that resolves it, `reports` whom it is about."""

    code: str
    message: str
    cure: str
    reports: tuple[str, ...]
    period: str | None = None


def findings(
    reports: Sequence[ReportView], *, working_days: WorkingDays, issued_on: date | None = None
) -> list[Finding]:
    """Every finding, in the order of the reports; one per report (or pair) and case, naming its first period."""
    known = {report.id: report for report in reports}
    out: list[Finding] = []
    for report in reports:
        out += _first(_due_at_cutoff(report, working_days))
        out += _first(_no_opening(report))
        out += _first(_before_issue(report, issued_on))
        out += _first(_opens_before_issue(report, issued_on))
        out += _without_day(report, known)
        out += _ambiguous(report)
        for fed in report.feeds:
            if fed in known:
                out += _first(_consolidator_too_early(report, known[fed]))
    for one, two in combinations(reports, 2):
        out += _first(_close_together(one, two))
    for one in reports:
        for two in reports:
            out += _first(_feeds_missing(one, two))
    return out


def _first(found: Iterator[Finding]) -> list[Finding]:
    first = next(found, None)
    return [] if first is None else [first]


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _due_at_cutoff(report: ReportView, days: WorkingDays) -> Iterator[Finding]:
    """Decree 09/2019 Art. 8: at least one working day between the data cut-off and the day to send."""
    for slot in report.slots:
        if slot.cutoff_on is not None and slot.due_on < days.shift(slot.cutoff_on, 1):
            yield Finding(
                "due_at_cutoff",
                f"Báo cáo “{report.id}”, {slot.label}: hạn {_day(slot.due_on)} "
                f"chưa cách ngày chốt số liệu {_day(slot.cutoff_on)} "
                f"ít nhất một ngày làm việc (Nghị định 09/2019/NĐ-CP, Điều 8). Sửa `cutoff`, hoặc ghi `due`.",
                "cutoff",
                (report.id,),
                slot.period,
            )


def _no_opening(report: ReportView) -> Iterator[Finding]:
    for slot in report.slots:
        if slot.opens_on > slot.due_on:
            yield Finding(
                "no_opening",
                f"Báo cáo “{report.id}”, {slot.label}: ngày mở {_day(slot.opens_on)} sau hạn "
                f"{_day(slot.due_on)}, kỳ này không bao giờ mở. "
                "Ghi `opens`, hoặc `track_from` sau kỳ này.",
                "opens",
                (report.id,),
                slot.period,
            )


def _before_issue(report: ReportView, issued_on: date | None) -> Iterator[Finding]:
    for slot in report.slots:
        if issued_on is not None and slot.due_on < issued_on:
            yield Finding(
                "due_before_issue",
                f"Báo cáo “{report.id}”, {slot.label}: hạn {_day(slot.due_on)} trước ngày "
                f"ban hành kế hoạch {_day(issued_on)}. "
                "Ghi `track_from`, hoặc `due` nếu là năm khác.",
                "track_from",
                (report.id,),
                slot.period,
            )


def _opens_before_issue(report: ReportView, issued_on: date | None) -> Iterator[Finding]:
    for slot in report.slots:
        if issued_on is not None and slot.opens_on < issued_on <= slot.due_on:
            yield Finding(
                "opens_before_issue",
                f"Báo cáo “{report.id}”, {slot.label}: ngày mở {_day(slot.opens_on)} trước ngày "
                f"ban hành {_day(issued_on)}; "
                f"sẽ mở ngày {_day(issued_on)}. Ghi `opens` nếu muốn ngày khác.",
                "opens",
                (report.id,),
                slot.period,
            )


def _without_day(report: ReportView, known: dict[str, ReportView]) -> list[Finding]:
    if report.slots or not report.feeds or report.kind == "on_demand":
        return []
    fed = ", ".join(f"“{name}”" for name in report.feeds)
    return [
        Finding(
            "feeds_without_day",
            f"Báo cáo “{report.id}” (“{report.phrase or 'không in thời hạn'}”) để tổng hợp vào {fed} "
            "nhưng không có ngày. "
            "Ghi `due` (dd/mm), hoặc `calendar`.",
            "due",
            (report.id, *(name for name in report.feeds if name in known)),
        )
    ]


def _ambiguous(report: ReportView) -> list[Finding]:
    doubts = [text for text in report.warnings if "read_as" in text]
    return [
        Finding("ambiguous", f"Báo cáo “{report.id}” (“{report.phrase}”): {text}", "read_as", (report.id,))
        for text in doubts[:1]
    ]


def _consolidator_too_early(report: ReportView, fed: ReportView) -> Iterator[Finding]:
    """The consolidator's day must lie after the day its reporters' pieces are in."""
    by_period = {slot.period: slot for slot in fed.slots}
    for slot in report.slots:
        target = by_period.get(slot.period)
        arrives = slot.collect_by or slot.due_on
        if target is not None and target.due_on <= arrives:
            yield Finding(
                "consolidator_too_early",
                f"Báo cáo “{fed.id}”, {target.label}, hạn {_day(target.due_on)}, phải tổng hợp “{report.id}” "
                f"hạn {_day(arrives)}: "
                f"không còn ngày nào để tổng hợp. Ghi `collect_by` cho “{report.id}” sớm hơn {_day(target.due_on)}.",
                "collect_by",
                (report.id, fed.id),
                slot.period,
            )


def _close_together(one: ReportView, two: ReportView) -> Iterator[Finding]:
    """The same unit asked twice within three days: one submission and one letter should answer both."""
    if two.id in one.together_with or one.id in two.together_with or two.id in one.feeds or one.id in two.feeds:
        return
    shared = sorted(one.reporters & two.reporters)
    if not shared:
        return
    for first in one.slots:
        for second in two.slots:
            if abs((first.due_on - second.due_on).days) <= CLOSE_DAYS:
                who = shared[0] if len(shared) == 1 else f"{len(shared)} đơn vị (vd {shared[0]})"
                yield Finding(
                    "close_together",
                    f"{who} phải nộp “{one.id}” ({first.label}, {_day(first.due_on)}) và “{two.id}” "
                    f"({second.label}, "
                    f"{_day(second.due_on)}) cách nhau không quá {CLOSE_DAYS} ngày. "
                    f"Ghi `together_with: [{one.id}]` cho “{two.id}” để "
                    "một lần nộp, một thư.",
                    "together_with",
                    (one.id, two.id),
                    second.period,
                )


def _feeds_missing(one: ReportView, two: ReportView) -> Iterator[Finding]:
    """Who receives `one` owes `two` for the same period, but nothing says that `one` feeds `two`."""
    if one.id == two.id or two.id in one.feeds or not one.to & two.reporters or one.reporters & two.reporters:
        return
    if not two.to or two.to <= one.reporters:
        return
    periods = {slot.period for slot in two.slots}
    for slot in one.slots:
        if slot.period in periods:
            yield Finding(
                "feeds_missing",
                f"“{one.id}” gửi về {', '.join(sorted(one.to & two.reporters))}, là nơi phải nộp “{two.id}” "
                f"cùng {slot.label}. "
                f"Nếu dùng để tổng hợp, ghi `feeds: [{two.id}]` cho “{one.id}”.",
                "feeds",
                (one.id, two.id),
                slot.period,
            )
