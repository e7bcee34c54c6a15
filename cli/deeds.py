"""The deeds: start, report, accept, return, withdraw, close, milestone, release."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from actions.apply_plan import apply_plan
from actions.decide import accept as confirm
from actions.decide import close_period, record_milestone, release_held, send_back
from actions.decide import withdraw as withdraw_it
from actions.find import find_assignment
from actions.submit import Filing, submit_report
from actions.submit import start as begin
from models.database import transaction
from models.lifecycle import Result

from .common import USAGE, AsJson, AtMoment, By, day_option, fail, house_at, print_json

Which = Annotated[list[str], typer.Argument(help="số phần việc, hoặc KẾ_HOẠCH NHIỆM_VỤ KỲ ĐƠN_VỊ")]
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
    reason: Reason = None,
    text: Annotated[str | None, typer.Option("--text", help="kết quả")] = None,
    by: By = CLERK,
    as_json: AsJson = False,
    at: AtMoment = None,
) -> None:
    """Ghi một báo cáo, hoặc kết quả của một nhiệm vụ. (File a report or a result.)"""
    if result not in {known.value for known in Result}:
        fail(f"--result “{result}” không có; có: {', '.join(known.value for known in Result)}", USAGE)
    filing = Filing(
        by=by,
        result=Result(result),
        received_on=day_option(received_on) if received_on else None,
        document=document,
        text=text,
        reason_late=reason,
    )
    with house_at(at) as house, transaction(house.engine) as session:
        assignment = find_assignment(session, which)
        submission = submit_report(session, assignment, filing, house.clock.now())
        session.refresh(assignment)
        answer = {"assignment": assignment.id, "state": assignment.state, "on_time": assignment.on_time,
                  "submission": submission.id, "received_on": submission.received_on}  # fmt: skip
    on_time = {True: ", đúng hạn", False: ", muộn", None: ""}[answer["on_time"]]  # type: ignore[index]
    _answer(answer, f"Đã ghi báo cáo nhận ngày {answer['received_on']:%d/%m/%Y}{on_time}", as_json)


def accept(which: Which, by: By = CLERK, as_json: AsJson = False, at: AtMoment = None) -> None:
    """Xác nhận một báo cáo. (Confirm a report.)"""
    with house_at(at) as house, transaction(house.engine) as session:
        count = confirm(session, [find_assignment(session, which)], house.clock.now(), by=by)
    _answer({"accepted": count}, f"Đã xác nhận {count} dòng", as_json)


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
    as_json: AsJson = False,
    at: AtMoment = None,
) -> None:
    """Ghi nhận sự kiện; việc chờ nó được tính hạn. (Record an event.)"""
    with house_at(at) as house, transaction(house.engine) as session:
        now = house.clock.now()
        day = day_option(on) if on else now.date()
        record_milestone(session, plan, name, now, document=document, happened_on=day)
        if plan in house.config.plans:
            apply_plan(session, house.config.plans[plan], house.config.units, house.rules, now)
    _answer({"plan": plan, "milestone": name, "happened_on": day}, f"Đã ghi sự kiện {name}", as_json)


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
    for command in (start, report, accept, withdraw, close, milestone, release):
        app.command()(command)
    app.command("return")(give_back)
