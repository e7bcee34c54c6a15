"""The deeds: start, report, accept, return, extend, withdraw, close, milestone, request, nudge, delegate, release."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlmodel import Session

from actions.advance import advance
from actions.apply_plan import apply_plan
from actions.decide import accept as confirm
from actions.decide import accept_period, close_period, record_milestone, release_held, send_back, waited_for
from actions.decide import withdraw as withdraw_it
from actions.delegate import delegate_letters, end_delegation
from actions.evidence import link, store_file
from actions.extend import Decided, ask_extension, grant_extension, refuse_extension
from actions.find import find_assignment
from actions.nudge import nudge as nudge_these
from actions.nudge import nudge_period
from actions.request import Request, request_report
from actions.submit import UNSAID, Filing, submit_report
from actions.submit import start as begin
from config.bootstrap import House
from models.database import transaction
from models.ledger import Assignment, Occurrence
from models.lifecycle import Result

from .common import USAGE, AsJson, AtMoment, By, PlanOption, day_option, fail, house_at, print_json

Which = Annotated[list[str], typer.Argument(help="số phần việc, hoặc KẾ_HOẠCH NHIỆM_VỤ KỲ ĐƠN_VỊ")]
Period = Annotated[str | None, typer.Option("--period", help="kỳ, ví dụ 2026-Q1 (period)")]
Reason = Annotated[str | None, typer.Option("--reason", help="lý do")]
CLERK = "điều phối viên"


def _answer(document: dict[str, Any], sentence: str, as_json: bool) -> None:
    if as_json:
        print_json(document)
    else:
        typer.echo(sentence)


def start(which: Which, by: By = CLERK, as_json: AsJson = False, at: AtMoment = None) -> None:
    """Đơn vị đã nhận nhiệm vụ: đang thực hiện. (The unit has begun.)"""
    with house_at(at) as house, transaction(house.engine) as session:
        assignment = find_assignment(session, which)
        begin(session, assignment, house.clock.now(), by=by)
        session.refresh(assignment)
        document = {"assignment": assignment.id, "state": assignment.state}
    _answer(document, "Đã ghi: đang thực hiện", as_json)


def report(
    which: Which,
    result: Annotated[str, typer.Option("--result", help="done, in_progress, not_started, nothing")] = "done",
    document: Annotated[str | None, typer.Option("--document", help='"số, ngày" của văn bản')] = None,
    received_on: Annotated[str | None, typer.Option("--received-on", help="ngày nhận, ngày này tính")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="lý do chậm")] = None,
    text: Annotated[str | None, typer.Option("--text", help="kết quả")] = None,
    files: Annotated[list[Path] | None, typer.Option("--file", help="tệp minh chứng, tối đa 20 MB")] = None,
    links: Annotated[list[str] | None, typer.Option("--link", help="đường dẫn minh chứng")] = None,
    by: By = CLERK,
    as_json: AsJson = False,
    at: AtMoment = None,
) -> None:
    """Ghi một báo cáo, hoặc kết quả của một nhiệm vụ. (File a report or a result.)"""
    if result not in {known.value for known in Result}:
        fail(f"--result “{result}” không có; có: {', '.join(known.value for known in Result)}", USAGE)
    day = day_option(received_on) if received_on else None
    with house_at(at) as house:
        proofs = [store_file(house.settings.home, path) for path in files or ()] + [link(url) for url in links or ()]
        filing = Filing(by=by, result=Result(result), received_on=day, document=document, text=text,
                        reason_late=reason, proofs=proofs, on_behalf=True)  # fmt: skip
        with transaction(house.engine) as session:
            assignment = find_assignment(session, which)
            submission = submit_report(session, assignment, filing, house.clock.now())
            session.refresh(assignment)
            answer = {"assignment": assignment.id, "state": assignment.state, "on_time": assignment.on_time,
                      "submission": submission.id, "received_on": submission.received_on,
                      "reason_late": submission.reason_late, "evidence": [vars(proof) for proof in proofs]}  # fmt: skip
    if answer["reason_late"] == UNSAID:
        typer.echo(f"{UNSAID}: khi biết thì ghi bằng --reason (late, and no reason given)", err=True)
    on_time = {True: ", đúng hạn", False: ", muộn", None: ""}[answer["on_time"]]  # type: ignore[index]
    _answer(answer, f"Đã ghi báo cáo nhận ngày {answer['received_on']:%d/%m/%Y}{on_time}", as_json)


def accept(
    which: Annotated[list[str] | None, typer.Argument(help="số phần việc, hoặc KẾ_HOẠCH NHIỆM_VỤ KỲ ĐƠN_VỊ")] = None,
    plan: PlanOption = None,
    period: Period = None,
    unit: Annotated[str | None, typer.Option("--unit", help="chỉ của đơn vị này (only this unit)")] = None,
    by: By = CLERK,
    as_json: AsJson = False,
    at: AtMoment = None,
) -> None:
    """Xác nhận một lần nộp, hoặc cả kỳ với --plan --period. (Confirm a submission, or a whole period.)"""
    _one_way(bool(which), plan, period)
    with house_at(at) as house, transaction(house.engine) as session:
        now = house.clock.now()
        if plan and period:
            count = accept_period(session, plan, period, now, by=by, unit_id=unit)
        else:
            count = confirm(session, [find_assignment(session, which or [])], now, by=by)
    _answer({"accepted": count}, f"Đã xác nhận {count} dòng", as_json)


def _one_way(named: bool, plan: str | None, period: str | None) -> None:
    if named == bool(plan or period) or bool(plan) != bool(period):
        fail("cần số phần việc (hoặc KẾ_HOẠCH NHIỆM_VỤ KỲ ĐƠN_VỊ), hoặc cả --plan và --period", USAGE)


def give_back(
    which: Which,
    reason: Annotated[str, typer.Option("--reason", help="lý do")],
    redo_by: Annotated[str | None, typer.Option("--redo-by", help="gửi lại trước hết ngày")] = None,
    by: By = CLERK,
    as_json: AsJson = False,
    at: AtMoment = None,
) -> None:
    """Trả lại để bổ sung. (Return a report.)"""
    day = day_option(redo_by) if redo_by else None
    with house_at(at) as house, transaction(house.engine) as session:
        assignment = find_assignment(session, which)
        again = send_back(session, house.rules, assignment, house.clock.now(), by=by, reason=reason, redo_by=day)
    _answer({"redo_by": again}, f"Đã trả lại, gửi lại chậm nhất {again:%d/%m/%Y}", as_json)


def extend(
    which: Which,
    until: Annotated[str | None, typer.Option("--until", help="ngày mới (the new day)")] = None,
    reason: Reason = None,
    grant: Annotated[bool, typer.Option("--grant", help="đồng ý (grant what was asked)")] = False,
    refuse: Annotated[bool, typer.Option("--refuse", help="từ chối, nêu --reason (refuse)")] = False,
    by: By = CLERK,
    as_json: AsJson = False,
    at: AtMoment = None,
) -> None:
    """Gia hạn: xin (--until --reason), đồng ý (--grant), từ chối (--refuse --reason). (Ask for, grant, refuse time.)"""
    if grant and refuse:
        fail("chọn một: --grant hoặc --refuse", USAGE)
    if not grant and not refuse and not (until and reason):
        fail("xin gia hạn cần --until ngày mới và --reason lý do", USAGE)
    if refuse and until:
        fail("--refuse không đi với --until", USAGE)
    day = day_option(until) if until else None
    with house_at(at) as house, transaction(house.engine) as session:
        now, rules = house.clock.now(), house.rules
        assignment = find_assignment(session, which)
        if grant:
            decided = grant_extension(session, rules, assignment, now, by=by, until=day, reason=reason)
        elif refuse:
            decided = refuse_extension(session, rules, assignment, now, by=by, reason=reason or "")
        else:
            decided = ask_extension(
                session, rules, assignment, now, by=by, until=day or now.date(), reason=reason or ""
            )
        subject = session.get_one(Assignment, decided.extension.assignment_id)
        document = _extension(decided, subject)
    _answer(document, _extension_words(document), as_json)


def _extension(decided: Decided, subject: Assignment) -> dict[str, Any]:
    asked = decided.extension
    return {
        "assignment": subject.id,
        "extension": asked.id,
        "decision": asked.state,
        "wanted_on": asked.wanted_on,
        "granted_on": asked.granted_on,
        "reason": asked.reason,
        "answer": asked.decision,
        "state": subject.state,
        "due_on": subject.due_on,
        "first_due_on": subject.first_due_on,
        "remind_from": subject.remind_from,
        "late_after": subject.late_after,
        "extensions": subject.extensions,
        "flagged": decided.flagged,
        "beyond_feeds": decided.beyond_feeds,
    }


def _extension_words(document: dict[str, Any]) -> str:
    said = {
        "asked": f"Đã ghi đề nghị gia hạn đến {document['wanted_on']:%d/%m/%Y}, chờ quyết định",
        "granted": f"Đã gia hạn đến {document['due_on']:%d/%m/%Y} (hạn ban đầu {document['first_due_on']:%d/%m/%Y})",
        "refused": f"Đã từ chối gia hạn; hạn vẫn là {document['due_on']:%d/%m/%Y}",
    }[document["decision"]]
    if document["flagged"]:
        said += "\nLưu ý: gia hạn từ lần thứ ba trở lên"
    if document["beyond_feeds"]:
        said += f"\nLưu ý: ngày mới sau hạn {document['beyond_feeds']:%d/%m/%Y} của báo cáo tổng hợp"
    return said


def withdraw(
    which: Which,
    ground: Annotated[str, typer.Option("--ground", "--reason", help="căn cứ: số, ngày văn bản")],
    by: By = CLERK,
    as_json: AsJson = False,
    at: AtMoment = None,
) -> None:
    """Dừng thực hiện, có căn cứ. (Withdraw, with its ground.)"""
    with house_at(at) as house, transaction(house.engine) as session:
        withdraw_it(session, find_assignment(session, which), house.clock.now(), by=by, ground=ground)
    _answer({"withdrawn": True}, "Đã dừng thực hiện", as_json)


def close(
    plan: Annotated[str, typer.Argument(help="mã kế hoạch")],
    period: Annotated[str, typer.Argument(help="kỳ, ví dụ 2026-Q1")],
    incomplete: Annotated[bool, typer.Option("--incomplete", help="chốt khi còn thiếu")] = False,
    reason: Reason = None,
    by: By = CLERK,
    as_json: AsJson = False,
    at: AtMoment = None,
) -> None:
    """Chốt kỳ; đơn vị chưa trả lời thành "không báo cáo". (Close a period.)"""
    with house_at(at) as house, transaction(house.engine) as session:
        missed = close_period(
            session, house.rules, plan, period, house.clock.now(), by=by, incomplete=incomplete, reason=reason
        )
    _answer({"plan": plan, "period": period, "missed": missed}, f"Đã chốt kỳ {period}: {missed} không báo cáo", as_json)


def milestone(
    plan: Annotated[str, typer.Argument(help="mã kế hoạch")],
    name: Annotated[str, typer.Argument(help="tên mốc trong kế hoạch")],
    document: Annotated[str, typer.Option("--document", help='"số, ngày" của văn bản')],
    on: Annotated[str | None, typer.Option("--on", help="ngày của sự kiện")] = None,
    by: By = CLERK,
    as_json: AsJson = False,
    at: AtMoment = None,
) -> None:
    """Ghi nhận sự kiện; việc chờ nó được tính hạn và mở. (Record an event: what waited gets its day and opens.)"""
    with house_at(at) as house, transaction(house.engine) as session:
        now = house.clock.now()
        day = day_option(on) if on else now.date()
        record_milestone(session, plan, name, now, document=document, happened_on=day)
        if plan in house.config.plans:
            apply_plan(session, house.config.plans[plan], house.config.units, house.rules, now)
            advance(session, house.rules, now)
        dues = [{"task": process.item_id, "period": row.period, "due_on": row.due_on, "stage": row.stage}
                for row, process in waited_for(session, plan, name)]  # fmt: skip
    days = "".join(f"\n  {due['task']}: hạn {due['due_on']:%d/%m/%Y}" for due in dues)
    document_ = {"plan": plan, "milestone": name, "happened_on": day, "document": document, "by": by, "dues": dues}
    _answer(document_, f"Đã ghi sự kiện {name}{days}", as_json)


def request(
    plan: Annotated[str, typer.Argument(help="mã kế hoạch")],
    report: Annotated[str, typer.Argument(help="báo cáo đột xuất của kế hoạch, hoặc tên mới (thêm --title)")],
    units: Annotated[str, typer.Option("--units", help="đơn vị hoặc nhóm, cách nhau bởi dấu phẩy")],
    due: Annotated[str, typer.Option("--due", help="hạn (due day)")],
    title: Annotated[str | None, typer.Option("--title", help="về việc gì (subject)")] = None,
    document: Annotated[str | None, typer.Option("--document", help='"số, ngày" của văn bản yêu cầu')] = None,
    by: By = CLERK,
    as_json: AsJson = False,
    at: AtMoment = None,
) -> None:
    """Yêu cầu một báo cáo đột xuất của một số đơn vị. (Ask chosen units for a report.)"""
    wanted = [word.strip() for word in units.split(",") if word.strip()]
    asked = Request(report=report, units=wanted, due=day_option(due), title=title, document=document)
    with house_at(at) as house, transaction(house.engine) as session:
        if plan not in house.config.plans:
            fail(f"không có kế hoạch “{plan}”; có: {', '.join(house.config.plans)}")
        spec = house.config.plans[plan]
        made = request_report(session, spec, house.config.units, house.rules, asked, house.clock.now(), by=by)
        rows = [{"assignment": row.id, "unit": row.unit_id, "due_on": row.due_on} for row in made]
        period = session.get_one(Occurrence, made[0].occurrence_id).period
    deployed = _deploy_if_up(house)
    said = f"Đã yêu cầu {len(rows)} đơn vị báo cáo, hạn {asked.due:%d/%m/%Y}"
    _answer({"plan": plan, "report": report, "period": period, "document": document, "assignments": rows,
             "deployments": deployed}, said, as_json)  # fmt: skip


def _deploy_if_up(house: House) -> str:
    """A report that the plan's file does not know needs a deployment of its own when a Prefect server is up."""
    from .up import deploy_if_up

    return deploy_if_up(house)


def nudge(
    which: Annotated[
        list[str] | None, typer.Argument(help="các số phần việc, hoặc KẾ_HOẠCH NHIỆM_VỤ KỲ ĐƠN_VỊ")
    ] = None,
    plan: PlanOption = None,
    period: Period = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="chỉ đơn vị quá hạn (only the overdue)")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="xem trước, không ghi (preview)")] = False,
    as_json: AsJson = False,
    at: AtMoment = None,
) -> None:
    """Đôn đốc ngay: thêm một thông báo hôm nay cho đơn vị còn nợ. (Press now, by hand, once a day.)"""
    _one_way(bool(which), plan, period)
    with house_at(at) as house, transaction(house.engine) as session:
        now = house.clock.now()
        if plan and period:
            rows = nudge_period(session, house.rules, plan, period, now, overdue=overdue, dry_run=dry_run)
        else:
            rows = nudge_these(session, house.rules, _assignments(session, which or []), now, dry_run=dry_run)
    going = [row for row in rows if row.skipped is None]
    if as_json:
        print_json({"dry_run": dry_run, "planned": len(going), "notices": [vars(row) for row in rows]})
        return
    for row in rows:
        typer.echo(
            f"{row.unit_name}: {row.skipped or f'{row.wording} → {row.recipient} ({row.channel}), {row.send_on}'}"
        )
    typer.echo(f"{'Sẽ đôn đốc' if dry_run else 'Đã đôn đốc'} {len(going)} đơn vị")


def _assignments(session: Session, words: list[str]) -> list[Assignment]:
    """Several numbers, or one assignment in four words."""
    if all(word.isdigit() for word in words):
        return [find_assignment(session, [word]) for word in words]
    return [find_assignment(session, words)]


def delegate(
    recipient: Annotated[str, typer.Argument(help="người vắng: <đơn vị>:<vai>, ví dụ so/tccb:thu_truong")],
    stand_in: Annotated[str | None, typer.Argument(metavar="[DELEGATE]", help="người nhận thay, cùng đơn vị")] = None,
    first: Annotated[str | None, typer.Option("--from", help="từ ngày")] = None,
    last: Annotated[str | None, typer.Option("--to", help="đến hết ngày")] = None,
    end: Annotated[bool, typer.Option("--end", help="đã về: thôi nhận thay từ hôm nay (end it today)")] = False,
    by: By = CLERK,
    as_json: AsJson = False,
    at: AtMoment = None,
) -> None:
    """Thư của người đi vắng gửi cho người nhận thay. (Letters of one who is away go to another.)"""
    if end:
        _end_delegation(recipient, stand_in or first or last, as_json=as_json, at=at)
        return
    if not (stand_in and first and last):
        fail("cần người nhận thay, --from và --to; hoặc --end để thôi nhận thay", USAGE)
    days = day_option(first), day_option(last)
    with house_at(at) as house, transaction(house.engine) as session:
        made = delegate_letters(session, recipient, stand_in, house.clock.now(), from_on=days[0], to_on=days[1], by=by)
        document = made.model_dump()
    said = f"Thư của {recipient} gửi cho {stand_in} từ {days[0]:%d/%m/%Y} đến {days[1]:%d/%m/%Y}"
    _answer(document, said, as_json)


def _end_delegation(recipient: str, more: str | None, *, as_json: bool, at: str | None) -> None:
    if more:
        fail("--end chỉ đi với người vắng: thôi nhận thay từ hôm nay", USAGE)
    with house_at(at) as house, transaction(house.engine) as session:
        ended = [row.model_dump() for row in end_delegation(session, recipient, house.clock.now())]
    _answer({"recipient": recipient, "ended": ended}, f"Thư của {recipient} lại gửi cho chính người này", as_json)


def release(
    notices: Annotated[str, typer.Argument(help="số của các bước đang chờ duyệt, cách nhau bởi dấu phẩy")],
    drop: Annotated[bool, typer.Option("--drop", help="bỏ, không gửi")] = False,
    as_json: AsJson = False,
    at: AtMoment = None,
) -> None:
    """Duyệt hoặc bỏ các bước đang giữ (messages --state held). (Release or drop held steps.)"""
    ids = [int(number) for number in re.findall(r"\d+", notices)]
    with house_at(at) as house, transaction(house.engine) as session:
        count = release_held(session, house.rules, ids, house.clock.now(), drop=drop)
    _answer({"released": 0 if drop else count, "dropped": count if drop else 0},
            f"{'Đã bỏ' if drop else 'Đã duyệt'} {count} bước", as_json)  # fmt: skip


def add_to(app: typer.Typer) -> None:
    """Register these commands."""
    for command in (start, report, accept, extend, withdraw, close, milestone, request, nudge, delegate, release):
        app.command()(command)
    app.command("return")(give_back)
