"""A coordinator's morning, from signing in to a confirmed report, and the same by keyboard alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import col, select

from actions.submit import Filing, submit_report
from models.accounts import Deed
from models.database import reading, transaction
from models.ledger import Assignment, Occurrence
from models.lifecycle import Kind, State
from models.outbox import Letter, Notice
from models.units import Unit

from .conftest import Site, send_letters, shot, sign_in


def deeds(site: Site) -> list[str]:
    """What the audit says was done, in order."""
    with reading(site.house.engine) as session:
        return [row.what for row in session.exec(select(Deed).where(Deed.outcome == "done").order_by(col(Deed.id)))]


def test_a_coordinators_morning(desk: Page, site: Site) -> None:
    """Look, press with a preview, read the letter that left, confirm what came, see who did what."""
    sign_in(desk, "coordinator")
    shot(desk, "today")
    row = desk.locator("table.byunit tbody tr:has(input[name=ids])").first
    chosen = int(row.locator("input[name=ids]").get_attribute("value") or 0)
    row.locator("input[name=ids]").check()
    desk.get_by_role("button", name="Đôn đốc các dòng đã chọn").click()
    expect(desk.get_by_role("heading", name=re.compile("xem trước"))).to_be_visible()
    shot(desk, "press")
    previewed = desk.locator("ol.letters h3").all_inner_texts()
    assert previewed
    with reading(site.house.engine) as session:
        before = len(session.exec(select(Notice.id)).all())
    assert "press" not in " ".join(deeds(site))  # a preview decides nothing

    desk.get_by_role("button", name="Gửi đôn đốc").click()
    expect(desk.locator(".said")).to_be_visible()
    send_letters(site)
    with reading(site.house.engine) as session:
        assert len(session.exec(select(Notice.id)).all()) > before
        sent = session.exec(select(Letter.subject).where(col(Letter.subject).is_not(None))).all()
    assert set(previewed) <= set(sent)  # what was shown is what went

    desk.goto(f"/assignments/{chosen}")
    shot(desk, "assignment")
    with transaction(site.house.engine) as session:
        assignment = session.get_one(Assignment, chosen)
        filing = Filing(by="đơn vị", document="12/BC, 10/12/2026", reason_late="chờ số liệu")
        submit_report(session, assignment, filing, site.house.clock.now())
        occurrence = session.get_one(Occurrence, assignment.occurrence_id)
        period = f"/periods/{occurrence.plan_id}/{occurrence.period}"
    desk.reload()
    desk.get_by_role("button", name="Xác nhận", exact=True).click()
    expect(desk.locator(".said")).to_be_visible()
    with reading(site.house.engine) as session:
        assert session.get_one(Assignment, chosen).accepted_at is not None

    desk.goto(period)
    shot(desk, "period")
    expect(desk.locator("main")).to_contain_text(re.compile(r"\d+/\d+"))
    with desk.expect_download() as download:
        desk.get_by_role("link", name="Tải .xlsx").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    desk.goto("/audit")
    shot(desk, "audit")
    assert {"sign-in", "accept"} <= set(deeds(site))


def test_a_search_without_diacritics_leads_to_the_plan(desk: Page, site: Site) -> None:
    """Typing "ke hoach" as people type it finds kế hoạch."""
    sign_in(desk, "viewer")
    desk.get_by_role("searchbox").first.fill("cai cach hanh chinh")
    desk.keyboard.press("Enter")
    shot(desk, "search")
    expect(desk.locator("main")).to_contain_text(re.compile("cải cách hành chính", re.IGNORECASE))


def test_everything_on_the_front_page_is_reached_by_keyboard(desk: Page, site: Site) -> None:
    """Tab goes through the links and boxes in order, each shows that it has the focus; space ticks, Enter presses."""
    sign_in(desk, "coordinator")
    seen: list[str] = []
    for _ in range(400):
        desk.keyboard.press("Tab")
        what, visible = desk.evaluate(
            """() => { const one = document.activeElement;
            const style = getComputedStyle(one), box = one.getBoundingClientRect();
            return [one.name || one.textContent.trim() || one.tagName,
                    style.outlineStyle !== 'none' && box.width > 0 && box.height > 0] }"""
        )
        if what == "ids":
            desk.keyboard.press("Space")
        seen.append(what)
        assert visible, f"{what} has the focus and does not show it"
        if what == "ids":
            break
    assert "Thoát" in seen
    box = desk.locator("input[name=ids]:checked")
    assert box.count() == 1
    box.press("Enter")  # a form is sent by Enter from any of its fields
    expect(desk.get_by_role("heading", name=re.compile("xem trước"))).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/plans", "/units", "/messages"])
def test_a_viewer_sees_and_has_no_buttons(desk: Page, site: Site, path: str) -> None:
    """Leaders look; nothing offers a deed."""
    sign_in(desk, "viewer")
    desk.goto(path)
    assert desk.locator("main form[method=post] :is(button, input:not([type=hidden]))").count() == 0


def test_held_leadership_steps_are_approved_by_a_person(desk: Page, site: Site) -> None:
    """A list to leadership waits in its queue; approving lets it go."""
    with reading(site.house.engine) as session:
        held = session.exec(select(Notice.id).where(Notice.state == "held")).all()
        assert session.exec(select(Unit.id).limit(1)).first()
        assert session.exec(select(Assignment.id).where(Assignment.state == State.OVERDUE.value,
                                                        Assignment.kind == Kind.REPORT.value)).first()  # fmt: skip
    assert held
    sign_in(desk, "admin")
    desk.goto("/waiting?what=held")
    shot(desk, "waiting")
    desk.locator("input[type=checkbox]").first.check()
    desk.get_by_role("button", name="Duyệt, cho gửi").click()
    expect(desk.locator(".said")).to_be_visible()
    with reading(site.house.engine) as session:
        assert len(session.exec(select(Notice.id).where(Notice.state == "held")).all()) < len(held)
