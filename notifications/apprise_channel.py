"""E-mail through Apprise: the only importer of apprise.

Why it is built the way it is (each was met on a live server):
- a fresh Apprise object per letter, because a plugin waits 5.5 s between two sends of its own;
- one URL per recipient and no Cc, because a result speaks of a URL, and a Cc person gets a copy per To;
- `format=text`, because a body is otherwise taken as HTML;
- the e-mail plugin is made directly, because Apprise.instantiate imports its 170 others first; it is also all that an
  admin's URL can reach;
- the reason of a refusal is only in the plugin's DEBUG lines, so the one plugin object gets a private logger: nothing
  of it reaches the process's own logs, and two threads never read each other's lines.
"""

from __future__ import annotations

import base64
import logging
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parseaddr
from functools import cached_property
from ipaddress import ip_address
from typing import Any, Protocol
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import apprise

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # its PGP support imports imghdr, gone in Python 3.13
    from apprise.plugins.email.base import NotifyEmail

from models.columns import ZONE

from .channel import Delivery, Envelope, Outcome

PLUGIN: Any = NotifyEmail
SCHEMES = ("mailto", "mailtos")
OURS = {"to", "cc", "bcc", "name", "format", "retry", "wait", "optional", "overflow"}  # the admin's value is left out
NAMED_SECRETS = {"pass", "password", "token", "key"}
SHORTEST_SECRET = 3  # masking shorter ones would garble every answer of the server
ANSWERED = re.compile(r"\(\s*\d{3}\s*,")  # the server itself said no, with a code
PREFIX = "Socket Exception: "
WHILE_SENDING = "Sending email to"


class Secret(Protocol):
    """A value that does not show itself (pydantic's `SecretStr` is one)."""

    def get_secret_value(self) -> str:
        """The value in clear."""


class BadChannelURL(ValueError):
    """The e-mail URL cannot be used; the message says why and never contains the URL."""


@dataclass(frozen=True)
class AppriseEmail:
    """One e-mail per letter over the SMTP server of `url` (`mailto://` or `mailtos://`, without recipients).

    `timeout` is seconds per network step. A time-out, and a line that breaks after the server has the envelope, is
    `unknown`; what the server answers with a code, and whatever fails before a letter is offered, is `failed`.
    """

    url: Secret
    timeout: float = 30.0
    name: str = "apprise:email"

    def __post_init__(self) -> None:
        self._check()

    def __repr__(self) -> str:
        return f"AppriseEmail({self.name!r})"

    @cached_property
    def loopback(self) -> bool:
        """Whether the SMTP server is this machine."""
        return is_loopback(str(self._plugin("ai-do@dondoc.invalid", "Đôn đốc", "kiem-tra").smtp_host))

    def send(self, envelope: Envelope) -> Outcome:
        """Hand one letter to the SMTP server and wait for its answer."""
        if not envelope.address:
            return Outcome(Delivery.FAILED, f"chưa có địa chỉ thư điện tử của {envelope.recipient}: ghi vào units.yaml")
        plugin = self._plugin(envelope.address, envelope.sender_name, envelope.code)
        if len(plugin.targets) != 1:
            return Outcome(Delivery.FAILED, f"“{envelope.address}” không phải là một địa chỉ thư điện tử")
        lines: list[str] = []
        plugin.logger = private_logger(lines)
        post = apprise.Apprise()
        post.add(plugin)
        answer = post.notify(body=envelope.body, title=envelope.subject, body_format=apprise.NotifyFormat.TEXT)
        return self._outcome(answer, lines)

    def _outcome(self, answer: Any, lines: list[str]) -> Outcome:
        """Read a bool (Apprise 1) or an AppriseResult (Apprise 2), and the plugin's own lines."""
        if answer:
            return Outcome(Delivery.SENT)
        reason = mask(said_of_failure(lines), self._secrets)
        if getattr(getattr(answer, "status", None), "name", "") == "TIMEOUT":
            return Outcome(Delivery.UNKNOWN, f"quá thời gian chờ, không rõ thư đã đi chưa: {reason}", channel_down=True)
        if not any(line.startswith(WHILE_SENDING) for line in lines):
            return Outcome(Delivery.FAILED, f"không nối được với máy chủ thư: {reason}", channel_down=True)
        if ANSWERED.search(reason):
            return Outcome(Delivery.FAILED, f"máy chủ thư từ chối: {reason}")
        return Outcome(
            Delivery.UNKNOWN, f"mất liên lạc khi đang gửi, không rõ thư đã đi chưa: {reason}", channel_down=True
        )

    def _plugin(self, address: str, sender_name: str, code: str) -> Any:
        asset = apprise.AppriseAsset(app_id="Dondoc", async_mode=False, timezone=ZONE.name)
        try:
            plugin = PLUGIN(**PLUGIN.parse_url(self._url_to(address, sender_name, code)), asset=asset)
        except TypeError:  # what Apprise raises may repeat the URL
            plugin = None
        if plugin is None or not plugin.smtp_host:
            raise BadChannelURL("địa chỉ kênh thư điện tử không đọc được: kiểm tra máy chủ, cổng và “from=” trong URL")
        plugin.socket_connect_timeout = self.timeout  # smtplib uses it for every step, not for connecting alone
        return plugin

    def _url_to(self, address: str, sender_name: str, code: str) -> str:
        base, _, query = self.url.get_secret_value().partition("?")
        kept = [part for part in query.split("&") if part and part.partition("=")[0].lower() not in OURS]
        kept = [_bare_address(part) if part.lower().startswith("from=") else part for part in kept]
        ours = {"to": address, "name": sender_name, "format": "text", "+X-Dondoc-Letter": code}
        kept += [f"{key}={quote(value, safe='')}" for key, value in ours.items()]
        return f"{base}?{'&'.join(kept)}"

    @cached_property
    def _secrets(self) -> list[str]:
        return secrets_in(self.url.get_secret_value())

    def _check(self) -> None:
        parts = urlsplit(self.url.get_secret_value())
        if parts.scheme not in SCHEMES:
            raise BadChannelURL("kênh thư điện tử phải bắt đầu bằng mailto:// hoặc mailtos://")
        if parts.path.strip("/"):
            raise BadChannelURL("URL của kênh thư điện tử không được ghi người nhận: bỏ phần sau tên máy chủ")
        if not unquote(parts.password or "").isascii():
            raise BadChannelURL("mật khẩu SMTP phải là ký tự ASCII: máy chủ thư không nhận chữ có dấu")
        self._plugin("ai-do@dondoc.invalid", "Đôn đốc", "kiem-tra")


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine, without asking a name server."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def secrets_in(url: str) -> list[str]:
    """Every form in which a secret of an e-mail URL may come back in an error, longest first."""
    parts = urlsplit(url)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    found = {password, parts.password or "", quote(password, safe="")}
    for plain in (password, f"\0{user}\0{password}"):
        found.add(base64.b64encode(plain.encode()).decode() if password else "")
    found |= {value for key, value in parse_qsl(parts.query) if key.startswith(("+", "-", ":", " "))}
    found |= {value for key, value in parse_qsl(parts.query) if key.lower() in NAMED_SECRETS}
    found.add(url)
    return sorted((text for text in found if len(text) >= SHORTEST_SECRET), key=len, reverse=True)


def mask(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret replaced by ***."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def said_of_failure(lines: list[str]) -> str:
    """What the plugin's lines say went wrong, on one line."""
    reasons = [line.removeprefix(PREFIX) for line in lines if line.startswith(PREFIX)]
    return " ".join((reasons or lines[-1:] or ["không nêu lý do"])[0].split())


class _Keep(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def private_logger(lines: list[str]) -> logging.Logger:
    """A logger of its own, outside the process's tree, that appends to `lines`."""
    logger = logging.Logger("dondoc.apprise", logging.DEBUG)
    logger.propagate = False
    logger.addHandler(_Keep(lines))
    return logger


def _bare_address(part: str) -> str:
    """`from=Tên <a@b>` without the name: the sender's name is the letter's."""
    _name, address = parseaddr(unquote(part.partition("=")[2]))
    return f"from={quote(address, safe='@')}" if address else part
