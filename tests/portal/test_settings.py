"""The settings page: what is set, never what is secret; and a test letter by the rules of the post."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import SecretStr
from sqlmodel import select

from models.accounts import Deed, Role
from models.database import reading
from notifications.channel import Delivery, Outcome, RecordingChannel
from notifications.post import Post
from portal.app import create_app

from .conftest import Browser, SmallHouse, StandingClock, browser, signed_in

SECRETS = {
    "email_url": "mailtos://lan:mat-khau-smtp@thu.so.example?from=a@so.example",
    "ping_url": "https://canh.example/khoa-canh-gac",
    "secret_key": "khoa-ky-rat-dai",
    "oidc_client_secret": "bi-mat-oidc",
}


def deeds(house: SmallHouse) -> list[Deed]:
    """What was recorded."""
    with reading(house.engine) as session:
        return list(session.exec(select(Deed).order_by(Deed.id)).all())  # type: ignore[arg-type]


def test_secrets_are_named_and_never_shown(house: SmallHouse) -> None:
    """Set or not set, whatever they are; doctor's findings and the version stand there."""
    values = {name: SecretStr(text) for name, text in SECRETS.items()}
    full = replace(house, settings=house.settings.model_copy(update=values))
    page, empty = browser(full).get("/settings").text, browser(house).get("/settings").text

    assert not [text for text in SECRETS.values() for part in (text, text.split("://")[-1]) if part in page]
    assert "mat-khau-smtp" not in page
    assert "khoa-canh-gac" not in page
    assert page.count("đã đặt, không hiện") == 4
    assert "Chưa đặt DONDOC_EMAIL_URL" in empty
    assert "Phiên bản 0." in page


def with_channel(house: SmallHouse, channel: RecordingChannel, **more: bool) -> Browser:
    """An admin in a house whose e-mail goes to a channel that keeps what it is given."""
    keeping = Kept(house.engine, house.settings, **more)  # type: ignore[arg-type]
    keeping.__dict__["channel"] = channel
    here = Browser(create_app(keeping))
    here.cookies.update({"dondoc": signed_in(keeping)[0]})
    page = here.get("/settings").text
    here.csrf = page.split('name="_csrf" value="')[1].split('"')[0]
    return here


class Kept(SmallHouse):
    """A house whose post carries e-mail by a channel of the test's."""

    @property
    def post(self) -> Post:
        """The real post with that channel."""
        real = super().post
        return replace(real, channels={"email": self.__dict__["channel"]}, only_loopback=self.clock.shifted)


@pytest.fixture
def outside() -> RecordingChannel:
    """A channel that leaves the machine."""
    return RecordingChannel(name="smtp", loopback=False)


def test_a_test_letter_leaves_and_is_recorded(house: SmallHouse, outside: RecordingChannel) -> None:
    """To a real address by the real channel, once, with a row in the audit."""
    answer = with_channel(house, outside).post("/settings/test-letter", to=" van-thu@haiphong.gov.vn ")

    assert "Đã gửi thư thử." in answer.text
    (letter,) = outside.sent
    assert letter.address == "van-thu@haiphong.gov.vn"
    assert (deeds(house)[-1].what, deeds(house)[-1].outcome) == ("test letter", "done")
    assert "van-thu@haiphong.gov.vn · smtp · sent" in deeds(house)[-1].target


def test_a_sample_address_and_a_trial_clock_stay_here(house: SmallHouse, outside: RecordingChannel) -> None:
    """The post's own rule: a reserved address, or a shifted clock, is the mailbox on this machine."""
    from datetime import timedelta

    with_channel(house, outside).post("/settings/test-letter", to="lan@truong.example")
    with_channel(house, outside, clock=StandingClock(timedelta(days=3))).post("/settings/test-letter", to="a@gov.vn")  # type: ignore[arg-type]

    assert outside.sent == []
    assert len(list(house.settings.mailbox.rglob("*.eml"))) == 2


def test_a_letter_that_fails_says_why(house: SmallHouse, outside: RecordingChannel) -> None:
    """The server's sentence on the page and in the audit; nothing pretends it was sent."""
    outside.outcomes = [Outcome(Delivery.FAILED, "máy chủ thư từ chối: 550")]
    answer = with_channel(house, outside).post("/settings/test-letter", to="a@haiphong.gov.vn")

    assert "Thư thử không đi được." in answer.text
    assert "máy chủ thư từ chối: 550" in answer.text
    assert deeds(house)[-1].outcome == "refused"


@pytest.mark.parametrize(
    "to",
    ["", "x", "a@", "@b", "a b@c.vn", "a@b.vn\nBcc: c@d.vn", "a@b.vn,c@d.vn", "a@b.vn;c@d.vn", "<a@b.vn>", "a@b@c.vn",
     'x"@b.vn', "a@b.vn\r\n\r\nx", "<script>@b.vn", "a" * 300 + "@b.vn", "a@-b.vn"],
)  # fmt: skip
def test_what_is_no_address_gets_no_letter(house: SmallHouse, outside: RecordingChannel, to: str) -> None:
    """No second recipient, no header, no markup."""
    answer = with_channel(house, outside).post("/settings/test-letter", to=to)

    assert answer.status_code == 422
    assert outside.sent == []
    assert "<script>" not in answer.text


def test_settings_are_an_admins(house: SmallHouse) -> None:
    """Nobody else reads them or sends from them."""
    for role in (Role.COORDINATOR, Role.VIEWER):
        assert browser(house, role).get("/settings").status_code == 403
        assert browser(house, role).post("/settings/test-letter", to="a@b.vn").status_code == 403
