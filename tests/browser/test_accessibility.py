"""axe-core finds nothing serious, by day and by night, on a desk and on a phone; everything is reached by keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from sqlmodel import select

from config.keys import keys_of
from models.accounts import LinkPurpose
from models.database import reading
from models.ledger import Assignment, Occurrence
from models.lifecycle import Kind, State

from .conftest import DESK, PHONE, Site, open_page, sign_in

PAGES = (
    "/", "/waiting", "/waiting?what=held", "/plans", "/plans/{plan}", "/periods/{plan}/{period}",
    "/assignments/{assignment}", "/units", "/units/{unit}", "/messages", "/audit", "/search?q=bao+cao",
    "/config", "/config/plans/{plan}", "/accounts", "/settings", "/me", "/api",
    "/u/{token}", "/u/{token}/forms/{assignment}", "/units-door/{unit}",
)  # fmt: skip


def addresses(site: Site) -> list[str]:
    """The pages with ids that this ledger has: an overdue report, its period, its unit, its plan."""
    with reading(site.house.engine) as session:
        row = session.exec(
            select(Assignment.id, Assignment.unit_id, Occurrence.plan_id, Occurrence.period)
            .join(Occurrence)
            .where(Assignment.state == State.OVERDUE.value, Assignment.kind == Kind.REPORT.value)
        ).first()
    assert row is not None
    assignment, unit, plan, period = row
    token = keys_of(site.house.settings).link(LinkPurpose.UNIT, unit, "van_thu", site.house.clock.now())
    ids = {"assignment": assignment, "unit": unit, "plan": plan, "period": period, "token": token}
    return [page.format(**ids) for page in PAGES]


@pytest.fixture(params=["desk", "phone"])
def page(request: pytest.FixtureRequest, engine_of_browser: Browser, site: Site) -> Iterator[Page]:
    """A page of each size."""
    yield from open_page(engine_of_browser, site, PHONE if request.param == "phone" else DESK)


def serious(page: Page) -> list[str]:
    """What axe finds that keeps somebody out, a line each."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {one['help']}: {one['nodes'][0]['html'][:160]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def test_no_page_keeps_anybody_out(page: Page, site: Site) -> None:
    """Every page of a coordinator, in both colour schemes."""
    found: dict[str, list[str]] = {}
    page.goto("/sign-in")
    found["/sign-in"] = serious(page)
    sign_in(page, "admin")
    for path in addresses(site):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            answer = page.goto(path)
            assert answer is not None
            assert answer.status == 200, path
            found[f"{path} {scheme}"] = serious(page)
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_no_page_is_wider_than_the_screen(page: Page, site: Site) -> None:
    """Nothing is cut off at the side: wide tables scroll by themselves."""
    sign_in(page, "admin")
    wide = {}
    for path in addresses(site):
        page.goto(path)
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 1:
            wide[path] = over
    assert wide == {}
