"""An admin adds a plan: a mistake with its line, what would change, a calendar, apply."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from sqlmodel import select

from models.database import reading
from models.ledger import Occurrence
from models.plan import Plan

from .conftest import Site, shot, sign_in

TEXT = """\
id: ke-hoach-thu
title: Kế hoạch thử của văn phòng
issued_by: sgddt-hp
issued_on: 2026-12-01
track_from: 2026-12-01
tracker: sgddt-hp/tccb
leadership: sgddt-hp/lanh-dao
valid: {from: 2026-12-01, to: 2027-12-31}
tasks:
  - code: "1"
    title: Rà soát quy chế làm việc
    lead: sgddt-hp/van-phong
    when: Quý II/2027
    deliverable: Quy chế
"""


def test_an_admin_adds_a_plan(desk: Page, site: Site) -> None:
    """Nothing is written before "apply"; then the file, the ledger and the page have it."""
    sign_in(desk, "admin")
    desk.goto("/config")
    shot(desk, "config")
    desk.get_by_role("link", name="Thêm kế hoạch").click()
    desk.get_by_label("Nội dung", exact=True).fill(TEXT.replace("lead:", "leed:"))
    desk.get_by_role("button", name="Kiểm tra, xem trước").click()
    expect(desk.locator(".findings")).to_contain_text("12:5")
    shot(desk, "config-wrong")

    desk.get_by_label("Nội dung", exact=True).fill(TEXT)
    desk.get_by_role("button", name="Kiểm tra, xem trước").click()
    expect(desk.get_by_role("heading", name="Đến hạn trong một năm tới")).to_be_visible()
    expect(desk.locator("main")).to_contain_text("30/06/2027")
    shot(desk, "config-right")
    file = site.house.settings.config / "plans" / "ke-hoach-thu.yaml"
    assert not file.exists()
    with reading(site.house.engine) as session:
        assert session.get(Plan, "ke-hoach-thu") is None

    desk.get_by_role("button", name="Áp dụng").click()
    expect(desk.locator(".said")).to_be_visible()
    assert file.read_text(encoding="utf-8") == TEXT
    with reading(site.house.engine) as session:
        assert session.exec(select(Occurrence).where(Occurrence.plan_id == "ke-hoach-thu")).all()
    desk.goto("/plans/ke-hoach-thu")
    shot(desk, "plan-new")
    expect(desk.get_by_role("heading", level=1)).to_contain_text("Kế hoạch thử của văn phòng")
