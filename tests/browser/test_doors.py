"""Signing in, in a real browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .conftest import sign_in


def test_an_admin_signs_in_and_out_by_keyboard(desk: Page) -> None:
    """The form takes focus by itself, Enter sends it, and the way out is a button."""
    sign_in(desk, "admin")
    expect(desk.get_by_role("heading", level=1)).to_be_visible()
    desk.get_by_role("button", name="Thoát").press("Enter")
    expect(desk.get_by_role("heading", name="Đăng nhập")).to_be_visible()
    desk.goto("/")
    expect(desk).to_have_url("/sign-in?next=%2F")
