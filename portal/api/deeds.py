"""Deeds: each one transaction with its audit row. 409 says which rule forbids it, and nothing has changed."""

from __future__ import annotations

from fastapi import APIRouter
from sqlmodel import Session

from actions.advance import advance
from actions.apply_plan import apply_plan
from actions.concerns import settle_concern
from actions.decide import accept, accept_period, close_period, record_milestone, send_back, waited_for, withdraw
from actions.evidence import link
from actions.extend import Decided, ask_extension, grant_extension, refuse_extension
from actions.nudge import Nudge, nudge, nudge_period
from actions.request import Request as Asked
from actions.request import request_report
from actions.submit import Filing, Line, start, submit_report
from models.forms import Concern
from models.ledger import Assignment, Occurrence

from ..record import deed
from ..rights import Acts
from ..words import N_
from .common import PREFIX, TheHouse, answers, bearer, missing, must_act_on, the_assignment, the_plan
from .look import concern_out
from .shapes import (
    AskedOut,
    AskIn,
    CloseIn,
    ConcernOut,
    Counted,
    Decision,
    DueOut,
    GrantIn,
    Id,
    MilestoneIn,
    Nudged,
    NudgeIn,
    NudgeOut,
    NudgePeriodIn,
    ReasonIn,
    Recorded,
    Reported,
    ReportIn,
    RequestIn,
    Returned,
    ReturnIn,
    SettleIn,
    WithdrawIn,
)

router = APIRouter(prefix=PREFIX, dependencies=[bearer], tags=["deeds"])
REFUSABLE = answers(400, 404, 409, 413)


# ------------------------------------------------------------------ one assignment


@router.post("/assignments/{assignment_id}/start", summary=N_("Đơn vị đã nhận việc"), responses=REFUSABLE)
def begin(house: TheHouse, visitor: Acts, assignment_id: Id) -> Counted:
    """The unit has begun."""
    with deed(house, visitor, "start", f"assignment {assignment_id}") as session:
        start(session, the_assignment(session, visitor, assignment_id), house.clock.now(), by=visitor.login)
    return Counted(count=1)


@router.post("/assignments/{assignment_id}/report", summary=N_("Ghi báo cáo hoặc kết quả"), responses=REFUSABLE)
def report(house: TheHouse, visitor: Acts, assignment_id: Id, body: ReportIn) -> Reported:
    """A report or a result, entered for a unit; a line that is not named takes the result of the whole."""
    filing = Filing(
        by=visitor.login,
        result=body.result,
        received_on=body.received_on,
        document=body.document,
        text=body.text,
        reason_late=body.reason_late,
        on_behalf=True,
        lines={one.assignment: Line(one.result, one.text, one.document, one.difficulties, one.proposals)
               for one in body.lines},
        proofs=[link(url) for url in body.links],
    )  # fmt: skip
    with deed(house, visitor, "report", f"assignment {assignment_id}") as session:
        subject = the_assignment(session, visitor, assignment_id)
        filed = submit_report(session, subject, filing, house.clock.now())
        return Reported(assignment=assignment_id, submission=filed.id or 0, state=subject.state,
                        received_on=filed.received_on, on_time=subject.on_time)  # fmt: skip


@router.post("/assignments/{assignment_id}/accept", summary=N_("Xác nhận một lần nộp"), responses=REFUSABLE)
def accept_one(house: TheHouse, visitor: Acts, assignment_id: Id) -> Counted:
    """Confirm the submission this assignment was answered with."""
    with deed(house, visitor, "accept", f"assignment {assignment_id}") as session:
        subject = the_assignment(session, visitor, assignment_id)
        return Counted(count=accept(session, [subject], house.clock.now(), by=visitor.login))


@router.post("/assignments/{assignment_id}/return", summary=N_("Trả lại để bổ sung"), responses=REFUSABLE)
def give_back(house: TheHouse, visitor: Acts, assignment_id: Id, body: ReturnIn) -> Returned:
    """Send the whole submission back."""
    with deed(house, visitor, "return", f"assignment {assignment_id}") as session:
        subject = the_assignment(session, visitor, assignment_id)
        again = send_back(session, house.rules, subject, house.clock.now(), by=visitor.login, reason=body.reason,
                          redo_by=body.redo_by)  # fmt: skip
        return Returned(redo_by=again)


@router.post("/assignments/{assignment_id}/extension", summary=N_("Xin gia hạn"), responses=REFUSABLE)
def ask(house: TheHouse, visitor: Acts, assignment_id: Id, body: AskIn) -> Decision:
    """More time, asked for a unit."""
    with deed(house, visitor, "ask extension", f"assignment {assignment_id}") as session:
        subject = the_assignment(session, visitor, assignment_id)
        asked = ask_extension(session, house.rules, subject, house.clock.now(), by=visitor.login, until=body.until,
                              reason=body.reason)  # fmt: skip
        return _decision(session, asked)


@router.post("/assignments/{assignment_id}/extension/grant", summary=N_("Đồng ý gia hạn"), responses=REFUSABLE)
def grant(house: TheHouse, visitor: Acts, assignment_id: Id, body: GrantIn) -> Decision:
    """Give the day that was asked for, or another one."""
    with deed(house, visitor, "grant extension", f"assignment {assignment_id}") as session:
        subject = the_assignment(session, visitor, assignment_id)
        given = grant_extension(session, house.rules, subject, house.clock.now(), by=visitor.login, until=body.until,
                                reason=body.reason)  # fmt: skip
        return _decision(session, given)


@router.post("/assignments/{assignment_id}/extension/refuse", summary=N_("Từ chối gia hạn"), responses=REFUSABLE)
def refuse(house: TheHouse, visitor: Acts, assignment_id: Id, body: ReasonIn) -> Decision:
    """Say no, with a reason."""
    with deed(house, visitor, "refuse extension", f"assignment {assignment_id}") as session:
        subject = the_assignment(session, visitor, assignment_id)
        said = refuse_extension(session, house.rules, subject, house.clock.now(), by=visitor.login, reason=body.reason)
        return _decision(session, said)


def _decision(session: Session, decided: Decided) -> Decision:
    subject = session.get_one(Assignment, decided.extension.assignment_id)
    session.refresh(subject)
    return Decision(extension=decided.extension.id or 0, decision=decided.extension.state, state=subject.state,
                    due_on=subject.due_on, first_due_on=subject.first_due_on, flagged=decided.flagged,
                    beyond_feeds=decided.beyond_feeds)  # fmt: skip


@router.post("/assignments/{assignment_id}/withdraw", summary=N_("Dừng thực hiện"), responses=REFUSABLE)
def stop(house: TheHouse, visitor: Acts, assignment_id: Id, body: WithdrawIn) -> Counted:
    """Withdraw, with its ground."""
    with deed(house, visitor, "withdraw", f"assignment {assignment_id}") as session:
        subject = the_assignment(session, visitor, assignment_id)
        withdraw(session, subject, house.clock.now(), by=visitor.login, ground=body.ground)
    return Counted(count=1)


@router.post("/nudge", summary=N_("Đôn đốc ngay"), responses=REFUSABLE)
def press(house: TheHouse, visitor: Acts, body: NudgeIn) -> Nudged:
    """Press units today, once a day; with `dry_run` only say who would get what."""
    with deed(house, visitor, _pressing(dry_run=body.dry_run), f"{len(body.assignments)} assignments") as session:
        which = [the_assignment(session, visitor, one) for one in dict.fromkeys(body.assignments)]
        rows = nudge(session, house.rules, which, house.clock.now(), dry_run=body.dry_run)
    return _nudged(rows, dry_run=body.dry_run)


def _pressing(*, dry_run: bool) -> str:
    return "nudge preview" if dry_run else "nudge"


def _nudged(rows: list[Nudge], *, dry_run: bool) -> Nudged:
    notices = [NudgeOut(assignment=row.assignment, unit=row.unit, state=row.state, recipient=row.recipient,
                        channel=row.channel, wording=row.wording, send_on=row.send_on, skipped=row.skipped)
               for row in rows]  # fmt: skip
    return Nudged(dry_run=dry_run, planned=sum(row.skipped is None for row in rows), notices=notices)


# ------------------------------------------------------------------ a period, a plan


@router.post("/plans/{plan_id}/periods/{period}/accept", summary=N_("Xác nhận cả kỳ"), responses=REFUSABLE)
def accept_all(house: TheHouse, visitor: Acts, plan_id: str, period: str) -> Counted:
    """Confirm everything reported in a period."""
    with deed(house, visitor, "accept period", f"{plan_id} {period}") as session:
        the_plan(session, plan_id)
        must_act_on(visitor, plan_id)
        return Counted(count=accept_period(session, plan_id, period, house.clock.now(), by=visitor.login))


@router.post("/plans/{plan_id}/periods/{period}/close", summary=N_("Chốt kỳ"), responses=REFUSABLE)
def close(house: TheHouse, visitor: Acts, plan_id: str, period: str, body: CloseIn) -> Counted:
    """Close a period; the count is how many did not report."""
    with deed(house, visitor, "close period", f"{plan_id} {period}") as session:
        the_plan(session, plan_id)
        must_act_on(visitor, plan_id)
        missed = close_period(session, house.rules, plan_id, period, house.clock.now(), by=visitor.login,
                              incomplete=body.incomplete, reason=body.reason)  # fmt: skip
        return Counted(count=missed)


@router.post("/plans/{plan_id}/periods/{period}/nudge", summary=N_("Đôn đốc cả kỳ"), responses=REFUSABLE)
def press_period(house: TheHouse, visitor: Acts, plan_id: str, period: str, body: NudgePeriodIn) -> Nudged:
    """Press everybody who owes something in a period."""
    with deed(house, visitor, _pressing(dry_run=body.dry_run), f"{plan_id} {period}") as session:
        the_plan(session, plan_id)
        must_act_on(visitor, plan_id)
        rows = nudge_period(session, house.rules, plan_id, period, house.clock.now(), overdue=body.overdue,
                            dry_run=body.dry_run)  # fmt: skip
    return _nudged(rows, dry_run=body.dry_run)


@router.post("/plans/{plan_id}/milestones/{name}", summary=N_("Ghi nhận sự kiện"), responses=REFUSABLE)
def happened(house: TheHouse, visitor: Acts, plan_id: str, name: str, body: MilestoneIn) -> Recorded:
    """Record an event: what waited for it gets its day."""
    now = house.clock.now()
    day = body.happened_on or now.date()
    with deed(house, visitor, "milestone", f"{plan_id} {name}") as session:
        the_plan(session, plan_id)
        must_act_on(visitor, plan_id)
        record_milestone(session, plan_id, name, now, document=body.document, happened_on=day)
        if spec := house.config.plans.get(plan_id):
            apply_plan(session, spec, house.config.units, house.rules, now)
            advance(session, house.rules, now)
        dues = [DueOut(task=process.item_id, period=row.period, due_on=row.due_on, stage=row.stage)
                for row, process in waited_for(session, plan_id, name)]  # fmt: skip
        return Recorded(happened_on=day, dues=dues)


@router.post("/plans/{plan_id}/requests", summary=N_("Yêu cầu báo cáo đột xuất"), responses=REFUSABLE)
def request(house: TheHouse, visitor: Acts, plan_id: str, body: RequestIn) -> AskedOut:
    """Ask chosen units for a report."""
    asked = Asked(report=body.report, units=body.units, due=body.due, title=body.title, document=body.document)
    with deed(house, visitor, "request", f"{plan_id} {body.report}") as session:
        the_plan(session, plan_id)
        must_act_on(visitor, plan_id)
        spec = house.config.plans.get(plan_id)
        if spec is None:
            raise missing("tệp cấu hình của kế hoạch này")
        made = request_report(session, spec, house.config.units, house.rules, asked, house.clock.now(),
                              by=visitor.login)  # fmt: skip
        return AskedOut(assignments=[row.id or 0 for row in made])


@router.post("/concerns/{concern_id}/settle", summary=N_("Trả lời vướng mắc của đơn vị"), responses=REFUSABLE)
def settle(house: TheHouse, visitor: Acts, concern_id: Id, body: SettleIn) -> ConcernOut:
    """Answer what a unit has raised."""
    with deed(house, visitor, "settle concern", f"concern {concern_id}") as session:
        found = session.get(Concern, concern_id)
        if found is None:
            raise missing(f"ý kiến số {concern_id}")
        subject = session.get_one(Assignment, found.assignment_id)
        must_act_on(visitor, session.get_one(Occurrence, subject.occurrence_id).plan_id)
        return concern_out(settle_concern(session, found, house.clock.now(), visitor.login, body.answer))
