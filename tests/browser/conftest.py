"""A real Chromium on a real portal: the five plans as they stand on one morning, served on loopback.

Chromium is Debian's own, found on PATH (`make test` installs it where it can). Without it these tests say so and skip;
CI never skips them. Every host name leads to this machine, and a request to any other than the portal's fails a test.
"""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import urlsplit

import pendulum
import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from actions.accounts import create_account
from cli.up import apply_config
from config.bootstrap import House, deliver_letters, furnish
from config.clock import Clock
from config.settings import SHIPPED_CONFIG, Settings
from models.accounts import Role
from models.columns import ZONE
from models.database import transaction
from notifications.mailbox_channel import slug
from portal.app import create_app

HOST = "dondoc.example"
PASSWORD = "một câu dài dễ nhớ"
MORNING = pendulum.datetime(2026, 12, 10, 8, 30, tz=ZONE)
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found:
        return found
    said = "no Chromium on PATH (Debian: apt-get install chromium): the pages were not tried in a browser"
    if os.environ.get("CI"):
        pytest.fail(said)
    pytest.skip(said)


@pytest.fixture(scope="module")
def playwright_driver() -> Iterator[Playwright]:
    """Playwright's driver. It keeps an event loop running in this thread, so it stops before other tests need one."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="module")
def engine_of_browser(playwright_driver: Playwright, chromium: str) -> Iterator[Browser]:
    """One Chromium for a file of tests; every name it looks up is this machine."""
    arguments = ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * 127.0.0.1"]
    browser = playwright_driver.chromium.launch(executable_path=chromium, args=arguments)
    yield browser
    browser.close()


@dataclass(frozen=True)
class Site:
    """A portal that is up."""

    house: House
    base: str

    def letters(self, to: str) -> list[str]:
        """The bodies of what lies in the mailbox folder for `<unit>:<role>`, oldest first."""
        files = sorted((self.house.settings.mailbox / slug(to)).glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        return [message_from_bytes(file.read_bytes(), policy=policy.default).get_content() for file in files]


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder whose ledger has lived the five plans up to that morning; tests work on copies."""
    home = tmp_path_factory.mktemp("lived")
    house = furnish(Settings(home=home), Clock(MORNING - pendulum.now(ZONE)))
    apply_config(house)
    house.engine.dispose()
    return home


@pytest.fixture
def site(lived: Path, tmp_path: Path) -> Iterator[Site]:
    """The portal on a copy of that ledger, with one account of each kind (login = role, one password)."""
    home = tmp_path / "home"
    shutil.copytree(lived, home)
    config = tmp_path / "config"
    (config / "plans").mkdir(parents=True)
    for file in (*SHIPPED_CONFIG.glob("*.yaml"), *(SHIPPED_CONFIG / "plans").glob("*.yaml")):
        shutil.copyfile(file, config / file.relative_to(SHIPPED_CONFIG))
    port = _free_port()
    settings = Settings(home=home, config=config, port=port, public_url=f"http://{HOST}:{port}")
    house = furnish(settings, Clock(MORNING - pendulum.now(ZONE)))
    with transaction(house.engine) as session:
        now = house.clock.now()
        for role, more in (
            (Role.ADMIN, {}),
            (Role.COORDINATOR, {"plans": list(house.config.plans)}),
            (Role.VIEWER, {}),
        ):
            create_account(session, now, by="test", login=role.value, name=f"Tài khoản {role.value}", role=role,
                           password=PASSWORD, **more)  # fmt: skip
    server = uvicorn.Server(
        uvicorn.Config(create_app(house), host="127.0.0.1", port=port, log_level="warning", ws="none", lifespan="off")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    yield Site(house, f"http://{HOST}:{port}")
    server.should_exit = True
    thread.join(timeout=10)
    house.engine.dispose()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def open_page(browser: Browser, site: Site, size: dict[str, int], *, script: bool = True) -> Iterator[Page]:
    """A page whose every request must be to the portal, and which must not complain on its console."""
    context: BrowserContext = browser.new_context(
        viewport=size,  # type: ignore[arg-type]
        base_url=site.base,
        java_script_enabled=script,
        locale="vi-VN",
        has_touch=size is PHONE,
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    elsewhere: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda one: elsewhere.append(one.url) if urlsplit(one.url).hostname != HOST else None)
    page.on("console", lambda one: complaints.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert elsewhere == []
    # A plain-HTTP name is no "trustworthy origin": the browser says that it ignores one header, and is right.
    expected = ("status of 4", "Cross-Origin-Opener-Policy header has been ignored")
    assert [text for text in complaints if not any(words in text for words in expected)] == []


@pytest.fixture
def desk(engine_of_browser: Browser, site: Site) -> Iterator[Page]:
    """A page on a desk."""
    yield from open_page(engine_of_browser, site, DESK)


@pytest.fixture
def phone(engine_of_browser: Browser, site: Site) -> Iterator[Page]:
    """A page on a phone."""
    yield from open_page(engine_of_browser, site, PHONE)


@pytest.fixture
def plain_phone(engine_of_browser: Browser, site: Site) -> Iterator[Page]:
    """A page on a phone without JavaScript."""
    yield from open_page(engine_of_browser, site, PHONE, script=False)


def sign_in(page: Page, login: str) -> None:
    """Through the form, by keyboard."""
    page.goto("/sign-in")
    page.get_by_label("Tên đăng nhập").fill(login)
    page.get_by_label("Mật khẩu", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")


def shot(page: Page, name: str) -> None:
    """A picture for people, when SHOTS names a folder."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def send_letters(site: Site) -> None:
    """One round of the post, as the running house does it."""
    deliver_letters(site.house)
