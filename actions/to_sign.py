"""What letters on paper say: urging a late unit, a submission to leadership, a courtesy letter. Nothing here is sent.

An agency presses its own and subordinate units only. A peer, a body above, a Party or Front body and whoever a plan
only asks (*đề nghị*) get the courtesy letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from calendars.working_days import WorkingDays
from models.ladder import Tone
from models.ledger import Assignment, Extension, ExtensionState, Occurrence
from models.lifecycle import OPEN, Kind, State, names
from models.outbox import Letter, LetterState, Notice
from models.papers import Owed, ToSign
from models.plan import Process
from models.units import PHONE, ContactPoint, Unit

from .consolidate import Span, chunks, counts_of, find_span, receivers_of
from .find import _nearest
from .joins import with_process
from .letterheads import Units, agency_of, cited, is_under, letterhead, units_of
from .move import Refused
from .reading import Row, status_rows, totals

ANSWER_WITHIN = 3  # working days that an urging letter gives
ASK_WITHIN = 5  # working days that a courtesy letter gives when the printed day has passed
AUTHORITIES = ("so", "ubnd")  # kinds of bodies that write yêu cầu to those below them


@dataclass(frozen=True)
class Desk:
    """Who drafts about which period: everything the three papers share."""

    session: Session
    days: WorkingDays
    now: datetime
    span: Span
    units: Units
    drafter: Unit
    agency: Unit
    rows: list[Row]
    found: dict[int, tuple[Assignment, Occurrence, Process]]

    @property
    def today(self) -> date:
        """The day of the paper."""
        return self.now.date()

    def chosen(self, wanted: Sequence[str], rows: Sequence[Row]) -> list[Row]:
        """The rows of these units; Refused when one is unknown or has none."""
        for unit in wanted:
            if unit not in self.units:
                raise Refused(_nearest(f"không có đơn vị “{unit}”", unit, list(self.units)))
            if not any(row.unit == unit for row in rows):
                name = self.units[unit].name
                raise Refused(f"{name} không còn nội dung nào phải gửi trong {self.span.label}")
        return [row for row in rows if row.unit in wanted]

    def may_press(self, row: Row) -> bool:
        """Whether the agency may press this unit for this work."""
        unit, process = self.units[row.unit], self.found[row.id][2]
        ended = unit.valid_to is not None and unit.valid_to < self.today
        ours = unit.id != self.agency.id and is_under(self.units, unit, self.agency)
        return ours and unit.system == "state" and process.duty != "request" and not ended

    def what(self, row: Row) -> str:
        """`Báo cáo quý I/2024`, `[1.2] Triển khai …`."""
        _, occurrence, process = self.found[row.id]
        if row.kind != Kind.REPORT:
            return f"[{process.code}] {process.title}" if process.code else process.title
        by_phrase = process.phrase and process.phrase.lower() in process.title.lower()
        title = "Báo cáo" if by_phrase or process.title == "Báo cáo nội bộ" else process.title
        return title if occurrence.label in title else f"{title} {occurrence.label}"

    def owed(self, rows: Sequence[Row]) -> tuple[Owed, ...]:
        """What these rows owe, in the order of the units."""
        told, asked = _told(self.session, rows), _asked(self.session, rows)
        ordered = sorted(rows, key=lambda row: (self.units[row.unit].position, row.unit, row.due_on, row.id))
        return tuple(
            Owed(
                unit=row.unit,
                unit_name=row.unit_name,
                what=self.what(row),
                due_on=row.due_on,
                days_late=row.days_late,
                told=tuple(told.get(row.id, ())),
                reason=asked.get(row.id),
            )
            for row in ordered
        )

    def paper(self, head: Unit, rows: Sequence[Row], answer_by: date) -> ToSign:
        """A paper of `head` (the agency, or the department itself) about these rows."""
        plan = self.span.plan
        reached = self._reached(f"{self.drafter.id}:dau_moi") or self._reached(f"{self.drafter.id}:van_thu")
        whole = totals(self.session, self.rows, plan=plan.id)
        period = totals(self.session, [row for row in self.rows if row.period == self.span.period], plan=plan.id)
        to, _ = receivers_of(self.session, self.span, self.units, self.agency)
        return ToSign(
            letterhead=letterhead(self.units, head, plan if head.id == self.agency.id else None),
            agency=self.agency.name,
            drafter=self.drafter.name,
            plan=cited(plan, self.units),
            plan_short=cited(plan, self.units, day=False),
            plan_title=plan.title,
            period=self.span.label,
            at=self.now,
            answer_by=answer_by,
            owed=self.owed(rows),
            reported=counts_of(period.reports, whole.reports),
            receivers=to,
            report_by=self._report_by(),
            leadership=self.units[plan.leadership_id].name,
            contact=self.drafter.name,
            phone=reached.get(PHONE),
            email=reached.get("email"),
            demand="yêu cầu" if self.agency.kind.startswith(AUTHORITIES) else "đề nghị",
        )

    def _reached(self, recipient: str) -> dict[str, str]:
        query = select(ContactPoint).where(col(ContactPoint.recipient) == recipient)
        return {point.channel: point.address for point in self.session.exec(query) if point.address}

    def _report_by(self) -> date | None:
        """The next day on which the drafter's own report is due, where the period's reports feed one."""
        plan_id = self.span.plan.id
        of_plan = select(Process).where(col(Process.plan_id) == plan_id, col(Process.kind) == "report")
        duties = {process.key: process for process in self.session.exec(of_plan)}
        own = [duties[o.process_key] for o in self.span.own if o.process_key in duties]
        fed = {name for process in own for name in process.details.get("feeds") or ()}
        keys = [key for key, process in duties.items() if process.item_id in fed]
        due = select(col(Occurrence.due_on)).where(
            col(Occurrence.process_key).in_(keys), col(Occurrence.due_on) >= self.today
        )
        return min(self.session.exec(due), default=None)


def _desk(session: Session, days: WorkingDays, plan_id: str, period: str, now: datetime) -> Desk:
    span, units = find_span(session, plan_id, period), units_of(session)
    query = with_process(select(Assignment, Occurrence, Process)).where(col(Occurrence.plan_id) == plan_id)
    found = {a.id or 0: (a, o, p) for a, o, p in session.exec(query)}
    rows = [row for row in status_rows(session, now.date(), days, plan=plan_id) if span.holds(row, found[row.id][1])]
    drafter = units[span.plan.sender_id]
    return Desk(session, days, now, span, units, drafter, agency_of(units, drafter), rows, found)


def _told(session: Session, rows: Sequence[Row]) -> dict[int, list[date]]:
    """{assignment: the days on which somebody was reminded or pressed by a letter that went out}."""
    found: dict[int, list[date]] = {}
    for ids in chunks([row.id for row in rows]):
        query = (
            select(Notice.assignment_id, col(Letter.day))
            .join(Letter, col(Letter.id) == Notice.letter_id)
            .where(
                col(Notice.assignment_id).in_(ids),
                Notice.each != "list",
                col(Notice.tone).in_((Tone.REMINDER, Tone.LATE)),
                Letter.state == LetterState.SENT,
            )
            .distinct()
            .order_by(col(Letter.day))
        )
        for assignment_id, day in session.exec(query):
            found.setdefault(assignment_id or 0, []).append(day)
    return found


def _asked(session: Session, rows: Sequence[Row]) -> dict[int, str]:
    """{assignment: why it asks for more time}, where somebody has asked and nobody has answered."""
    found = {}
    for ids in chunks([row.id for row in rows]):
        query = select(Extension).where(
            col(Extension.assignment_id).in_(ids), col(Extension.state) == ExtensionState.ASKED.value
        )
        for asked in session.exec(query):
            found[asked.assignment_id] = f"xin gia hạn đến {asked.wanted_on:%d/%m/%Y}: {asked.reason}"
    return found


# ------------------------------------------------------------------------------------------------- the three papers


def urge(
    session: Session, days: WorkingDays, plan_id: str, period: str, now: datetime, units: Sequence[str] | None = None
) -> tuple[ToSign, tuple[str, ...]]:
    """A công văn đôn đốc to these units, or to all that are overdue; beside it which late
    units were left out: the agency itself, and those it may only ask.

    Refused for an unknown unit, one that owes nothing, one that may only be asked, or when nobody is late.
    """
    desk = _desk(session, days, plan_id, period, now)
    open_rows = [row for row in desk.rows if row.kind != Kind.COVERED and row.state in names(OPEN)]
    if units:
        rows = desk.chosen(units, open_rows)
        if asked := [row.unit_name for row in rows if not desk.may_press(row)]:
            raise Refused(
                f"{', '.join(dict.fromkeys(asked))}: {desk.agency.name} không đôn đốc đơn vị này, chỉ đề nghị; "
                "dùng `dondoc export courtesy`"
            )
        left_out: tuple[str, ...] = ()
    else:
        late = [row for row in open_rows if row.state == State.OVERDUE]
        rows = [row for row in late if desk.may_press(row)]
        left_out = tuple(dict.fromkeys(row.unit_name for row in late if not desk.may_press(row)))
        if not rows:
            only = f"; chính cơ quan soạn, hoặc chỉ được đề nghị: {', '.join(left_out)}" if left_out else ""
            raise Refused(f"{desk.span.label}: không có đơn vị nào quá hạn để đôn đốc{only}")
    return desk.paper(desk.agency, rows, days.shift(desk.today, ANSWER_WITHIN)), left_out


def submission_note(session: Session, days: WorkingDays, plan_id: str, period: str, now: datetime) -> ToSign:
    """A phiếu trình to leadership on who has reported and who has not. Refused when the period asks for no report."""
    desk = _desk(session, days, plan_id, period, now)
    reports = [row for row in desk.rows if row.kind == Kind.REPORT]
    if not reports:
        raise Refused(f"{desk.span.label} không có báo cáo phải nộp; phiếu trình chỉ nói về chế độ báo cáo")
    missing = [row for row in reports if row.state in names((*OPEN, State.MISSED))]
    return desk.paper(desk.drafter, missing, days.shift(desk.today, ANSWER_WITHIN))


def courtesy(
    session: Session, days: WorkingDays, plan_id: str, period: str, now: datetime, units: Sequence[str]
) -> ToSign:
    """A letter to bodies that are only asked. Refused for a unit that is pressed, or that has nothing open."""
    desk = _desk(session, days, plan_id, period, now)
    rows = desk.chosen(units, [row for row in desk.rows if row.state in names(OPEN)])
    if pressed := [row.unit_name for row in rows if desk.may_press(row)]:
        raise Refused(
            f"{', '.join(dict.fromkeys(pressed))}: đơn vị thuộc quyền của {desk.agency.name}; dùng `dondoc export urge`"
        )
    ahead = [row.due_on for row in rows if row.due_on > desk.today]
    return desk.paper(desk.agency, rows, min(ahead) if ahead else days.shift(desk.today, ASK_WITHIN))
