"""E-mail through Apprise against real SMTP servers on this machine."""

from __future__ import annotations

import dataclasses
import logging
import time

import pytest
from pydantic import SecretStr

from notifications.apprise_channel import AppriseEmail, BadChannelURL, is_loopback, mask, secrets_in
from notifications.channel import Delivery, Envelope

from .conftest import NOW
from .smtp import Door, Inbox, answers, free_port, misbehaving, serving

PASSWORD = "Mat-khau/rat:bi+mat%"
QUOTED = "Mat-khau%2Frat%3Abi%2Bmat%25"
LETTER = Envelope(
    recipient="truong-a:dau_moi",
    address="dau-moi.truong-a@hop-thu.vn",
    subject="Quá hạn báo cáo quý I/2024: đề nghị Trường THPT Số Một gửi chậm nhất ngày 29/03/2024",
    body="Kính gửi: THPT Số Một\n\n  1. Báo cáo <b>quý I</b>\n     Hạn: hết ngày 25/03/2024 (thứ Hai).\nĐẵng & ƯỢ\n",
    code="TH000042",
    sender_name="Phòng TCCB - Sở GD&ĐT",
    at=NOW,
)


def url(port: int, login: str = "", extra: str = "") -> SecretStr:
    return SecretStr(f"mailto://{login}127.0.0.1:{port}?from=don-doc@so.vn&{extra}")


def test_a_vietnamese_letter_arrives_intact_and_once() -> None:
    """Subject, sender's name and body are read back letter for letter, in one message to one address."""
    inbox = Inbox()
    with serving(inbox) as port:
        outcome = AppriseEmail(url(port)).send(LETTER)

    assert outcome.delivery is Delivery.SENT
    [(addresses, message)] = inbox.letters
    assert addresses == ["dau-moi.truong-a@hop-thu.vn"]
    assert message["Subject"] == LETTER.subject
    assert message["From"] == "Phòng TCCB - Sở GD&ĐT <don-doc@so.vn>"
    assert message.get_content_type() == "text/plain"
    assert message.get_content().replace("\r\n", "\n").strip() == LETTER.body.strip()
    assert message["X-Dondoc-Letter"] == "TH000042"
    assert message["Cc"] is None


def test_ten_letters_are_ten_messages_without_waiting() -> None:
    """Apprise's own 5.5 seconds between two letters are never waited for."""
    inbox = Inbox()
    with serving(inbox) as port:
        channel = AppriseEmail(url(port))
        began = time.monotonic()
        outcomes = {
            channel.send(dataclasses.replace(LETTER, address=f"don-vi-{n}@hop-thu.vn")).delivery for n in range(10)
        }

    assert outcomes == {Delivery.SENT}
    assert sorted(to for to, _ in inbox.letters) == [[f"don-vi-{n}@hop-thu.vn"] for n in range(10)]
    assert time.monotonic() - began < 5


def test_recipients_and_names_in_the_admins_url_are_left_out() -> None:
    """A `to`, `cc`, `bcc` or `name` written into the URL never adds a recipient or changes the sender's name."""
    inbox = Inbox()
    with serving(inbox) as port:
        AppriseEmail(url(port, extra="to=la@so.vn&cc=la2@so.vn&bcc=la3@so.vn&name=La&format=html")).send(LETTER)

    [(addresses, message)] = inbox.letters
    assert addresses == [LETTER.address]
    assert "la" not in str(message["From"]).split("@")[0].lower().split()


def test_an_address_that_is_a_list_is_refused() -> None:
    """An address field that holds two addresses sends nothing."""
    inbox = Inbox()
    with serving(inbox) as port:
        outcome = AppriseEmail(url(port)).send(dataclasses.replace(LETTER, address="a@so.vn, b@so.vn"))

    assert outcome.delivery is Delivery.FAILED
    assert inbox.letters == []


def test_a_missing_address_is_a_failure_that_says_where_to_write_it() -> None:
    """Without an address the outcome names the recipient and the file."""
    outcome = AppriseEmail(url(free_port())).send(dataclasses.replace(LETTER, address=None))

    assert outcome.delivery is Delivery.FAILED
    assert "units.yaml" in (outcome.error or "")


def test_a_refused_mailbox_is_a_failure_with_the_servers_reason() -> None:
    """A 550 is `failed`, its text is kept, and the channel itself is not blamed."""
    inbox = Inbox(refuse={LETTER.address or ""})
    with serving(inbox) as port:
        outcome = AppriseEmail(url(port)).send(LETTER)

    assert outcome.delivery is Delivery.FAILED
    assert "550" in (outcome.error or "")
    assert "No such mailbox" in (outcome.error or "")
    assert not outcome.channel_down


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_login_works_and_a_refused_one_never_shows_the_password(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """The right password sends; the wrong one is a failure of the channel, and is in no error, log or repr."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "mail.log")  # the test server's own log
    inbox = Inbox()
    door = {"authenticator": Door(PASSWORD), "auth_required": True, "auth_require_tls": False}
    with serving(inbox, **door) as port:
        good = AppriseEmail(url(port, f"thu:{QUOTED}@")).send(LETTER)
        channel = AppriseEmail(url(port, f"thu:{QUOTED}sai@"))
        bad = channel.send(LETTER)

    assert good.delivery is Delivery.SENT
    assert len(inbox.letters) == 1
    assert (bad.delivery, bad.channel_down) == (Delivery.FAILED, True)
    assert "535" in (bad.error or "")
    spoken = [str(bad.error), caplog.text, repr(channel), str(channel), *capfd.readouterr()]
    assert not [text for text in spoken for secret in (PASSWORD, QUOTED) if secret in text]


def test_a_server_that_repeats_the_password_is_masked() -> None:
    """Whatever a server's answer holds, the stored reason does not hold the secret."""
    with misbehaving(lambda line: answers(line, "RCPT", lambda end: end.sendall(b"550 no, bi-mat-123\r\n"))) as port:
        outcome = AppriseEmail(url(port, extra="+X-Khoa=bi-mat-123"), timeout=2).send(LETTER)

    assert outcome.delivery is Delivery.FAILED
    assert "550" in (outcome.error or "")
    assert "no, ***" in (outcome.error or "")
    assert "bi-mat-123" not in (outcome.error or "")


def test_a_server_that_is_not_there_is_a_failure() -> None:
    """A refused connection is certain: nothing was sent, the channel is down."""
    outcome = AppriseEmail(url(free_port())).send(LETTER)

    assert (outcome.delivery, outcome.channel_down) == (Delivery.FAILED, True)
    assert "refused" in (outcome.error or "")


def test_a_server_that_never_greets_is_a_failure() -> None:
    """Nothing was offered yet, so hanging before the greeting may be tried again."""
    with misbehaving(lambda line: time.sleep(0.8)) as port:
        outcome = AppriseEmail(url(port), timeout=0.3).send(LETTER)

    assert (outcome.delivery, outcome.channel_down) == (Delivery.FAILED, True)
    assert "timed out" in (outcome.error or "")


def test_a_server_that_hangs_after_the_letter_is_unknown() -> None:
    """The letter was handed over and no answer came: nobody knows."""
    with misbehaving(lambda line: answers(line, ".", lambda _: time.sleep(1.0))) as port:
        outcome = AppriseEmail(url(port), timeout=0.3).send(LETTER)

    assert (outcome.delivery, outcome.channel_down) == (Delivery.UNKNOWN, True)
    assert "timed out" in (outcome.error or "")


def test_a_server_that_closes_half_way_is_unknown() -> None:
    """The line breaks after the data: it may or may not have been taken."""
    with misbehaving(lambda line: answers(line, ".", lambda _: None)) as port:
        outcome = AppriseEmail(url(port), timeout=2).send(LETTER)

    assert outcome.delivery is Delivery.UNKNOWN


def test_a_server_that_accepts_and_then_dies_has_accepted() -> None:
    """A 250 for the letter counts, even when the line breaks before QUIT."""
    with misbehaving(lambda line: answers(line, ".", lambda end: end.sendall(b"250 taken\r\n"))) as port:
        outcome = AppriseEmail(url(port), timeout=2).send(LETTER)

    assert outcome.delivery is Delivery.SENT


def test_a_later_refusal_of_the_data_is_a_failure() -> None:
    """A 451 after the data is the server's own no: it may be tried again."""
    with misbehaving(lambda line: answers(line, ".", lambda end: end.sendall(b"451 try later\r\n"))) as port:
        outcome = AppriseEmail(url(port), timeout=2).send(LETTER)

    assert outcome.delivery is Delivery.FAILED
    assert "451" in (outcome.error or "")


def test_what_apprise_2_answers_is_understood() -> None:
    """An AppriseResult is true or false like a bool, and its TIMEOUT is unknown."""

    class Status:
        name = "TIMEOUT"

    class Result:
        status = Status()

        def __bool__(self) -> bool:
            return False

    class Success(Result):
        def __bool__(self) -> bool:
            return True

    channel = AppriseEmail(url(2525))
    assert channel._outcome(Result(), []).delivery is Delivery.UNKNOWN
    assert channel._outcome(Success(), []).delivery is Delivery.SENT
    assert channel._outcome(None, []).delivery is Delivery.FAILED


@pytest.mark.parametrize(
    ("bad", "cure"),
    [
        ("https://may-chu/", "mailto://"),
        ("mailto://thu:bi-mat@may-chu.vn/nguoi-nhan@so.vn", "người nhận"),
        ("mailto://thu:m%E1%BA%ADt@may-chu.vn", "ASCII"),
        ("mailto://", "không đọc được"),
    ],
)
def test_a_bad_url_is_refused_with_the_cure_and_without_the_url(bad: str, cure: str) -> None:
    """A URL that cannot work is refused at start, in one sentence that does not repeat it."""
    with pytest.raises(BadChannelURL) as refused:
        AppriseEmail(SecretStr(bad))

    assert cure in str(refused.value)
    assert "bi-mat" not in str(refused.value)


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1", True), ("[::1]", True), ("localhost", True), ("127.8.8.8", True), ("mail.so.vn", False),
     ("10.0.0.1", False), ("localhost.vn", False)],
)  # fmt: skip
def test_loopback_is_told_without_a_name_server(host: str, here: bool) -> None:
    """Only addresses and names that always mean this machine count as loopback."""
    assert is_loopback(host) is here


def test_the_smtp_option_decides_what_is_loopback() -> None:
    """The server that is really talked to counts, not the host of the sender's address."""
    outside = SecretStr("mailto://thu:x@127.0.0.1?smtp=mail.so.vn&from=a@so.vn")
    inside = SecretStr("mailto://thu:x@so.vn?smtp=127.0.0.1&from=a@so.vn")

    assert not AppriseEmail(outside).loopback
    assert AppriseEmail(inside).loopback


def test_every_form_of_a_secret_is_masked() -> None:
    """The password in clear, quoted and in base64, and secret headers, are replaced; ordinary words stay."""
    address = f"mailto://thu:{QUOTED}@so.vn?from=a@so.vn&+X-Khoa=bi-mat-hai"
    heard = f"535 {PASSWORD} {QUOTED} TWF0LWtoYXUvcmF0OmJpK21hdCU= bi-mat-hai thu so.vn"

    assert mask(heard, secrets_in(address)) == "535 *** *** *** *** thu so.vn"
