"""A unit reports from the link in its letter, on a phone, with JavaScript and without."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect
from sqlmodel import col, select

from models.database import reading
from models.ledger import Answer, Assignment, Occurrence, Submission
from models.lifecycle import Kind, State

from .conftest import Site, send_letters, shot


def late_report(site: Site) -> Any:
    """A report with several lines that some unit owes and has not filed."""
    with reading(site.house.engine) as session:
        lines = select(Assignment.covered_by).where(col(Assignment.covered_by).is_not(None))
        return session.exec(
            select(Assignment.id, Assignment.unit_id, Occurrence.plan_id)
            .join(Occurrence)
            .where(
                Assignment.state == State.OVERDUE.value,
                Assignment.kind == Kind.REPORT.value,
                col(Assignment.id).in_(lines),
            )
            .order_by(col(Assignment.id))
        ).first()


def link_by_letter(page: Page, site: Site, unit: str) -> str:
    """Ask for a new link at the door, and read it from the letter that arrives."""
    page.goto(f"/units-door/{unit}")
    shot(page, "door")
    page.get_by_role("button").last.click()
    send_letters(site)
    found = [re.search(r"http://\S+/u/[\w.-]+", body) for role in ("van_thu", "dau_moi") for body in
             site.letters(f"{unit}:{role}")]  # fmt: skip
    links = [match.group() for match in found if match]
    assert links, "no letter with a link arrived"
    return links[-1]


def state_of(site: Site, assignment_id: int) -> str:
    """Where it stands in the ledger."""
    with reading(site.house.engine) as session:
        return session.get_one(Assignment, assignment_id).state


def file_it(page: Page, site: Site, name: str) -> None:
    """From the letter to the receipt."""
    assignment_id, unit, _ = late_report(site)
    page.goto(link_by_letter(page, site, unit))
    shot(page, f"{name}-unit")
    assert state_of(site, assignment_id) == State.OVERDUE  # opening the link has changed nothing

    page.locator(f'a[href*="/forms/{assignment_id}"]').first.click()
    shot(page, f"{name}-form")
    page.get_by_label("Họ và tên").fill("Nguyễn Thị Mẫu")
    page.get_by_label("Chức vụ").fill("Chuyên viên")
    lines = page.locator("fieldset.line")
    for number in range(lines.count()):
        line = lines.nth(number)
        line.get_by_label("Đang thực hiện").check()
        line.get_by_label("Kết quả cụ thể").fill(f"Đã triển khai nội dung {number + 1}")
    page.get_by_role("button", name="Lưu nháp").first.click()
    expect(page.get_by_text("Đã lưu nháp.")).to_be_visible()
    expect(page.locator("fieldset.line").first.get_by_label("Đang thực hiện")).to_be_checked()

    page.get_by_role("button", name="Gửi báo cáo").click()
    expect(page.locator("#problems")).to_be_visible()  # late, and no reason given
    shot(page, f"{name}-refused")
    page.get_by_label(re.compile("Lý do chậm .bắt buộc")).fill("Cán bộ phụ trách nghỉ ốm")
    page.get_by_role("button", name="Gửi báo cáo").click()
    expect(page).to_have_url(re.compile(r"/receipts/\d+"))
    shot(page, f"{name}-receipt")

    with reading(site.house.engine) as session:
        assert session.get_one(Assignment, assignment_id).state == State.REPORTED
        filed = session.exec(select(Submission).where(Submission.unit_id == unit)).one()
        answers = session.exec(select(Answer).where(Answer.submission_id == filed.id)).all()
        assert (filed.by, filed.reason_late) == ("Nguyễn Thị Mẫu", "Cán bộ phụ trách nghỉ ốm")
        assert "Đã triển khai nội dung 1" in {answer.text for answer in answers}


def test_a_unit_reports_on_a_phone(phone: Page, site: Site) -> None:
    """Letter, link, form, a refusal it can mend, receipt."""
    file_it(phone, site, "phone")


def test_a_unit_reports_without_javascript(plain_phone: Page, site: Site) -> None:
    """The same, with scripts off."""
    file_it(plain_phone, site, "plain")
