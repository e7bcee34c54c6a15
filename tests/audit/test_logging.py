"""Logs: lines a program can read in a pipe, to stderr, without a secret in them."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from config.logging import MASK, Masking, configure

ENVIRONMENT = {
    "DONDOC_EMAIL_URL": "mailtos://dondoc:hu%40-mat-khau@mail.so.vn?from=a@so.vn",
    "DONDOC_PING_URL": "https://watch.example/ping/4f7c-secret",
    "DONDOC_DATABASE_URL": "postgresql://dondoc:pgsecret@db/dondoc",
    "DONDOC_PUBLIC_URL": "https://dondoc.so.vn",
    "DONDOC_HOME": "/var/lib/dondoc",
}


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything logged goes here, as into a pipe; afterwards logging is as it was."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    out = io.StringIO()
    configure(out)
    yield out
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def said(lines: io.StringIO) -> list[dict[str, object]]:
    """The JSON lines so far."""
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_a_pipe_gets_one_json_object_a_line(lines: io.StringIO) -> None:
    """structlog's and the standard library's lines have one shape, with level, time and event."""
    structlog.get_logger("x").info("runs put right", counts=3)
    logging.getLogger("dondoc.notifications").warning("letter %s cannot be settled yet", 7)

    first, second = said(lines)
    assert (first["event"], first["counts"], first["level"]) == ("runs put right", 3, "info")
    assert (second["event"], second["level"]) == ("letter 7 cannot be settled yet", "warning")
    assert {"timestamp"} <= set(first) & set(second)


def test_debug_lines_are_left_out(lines: io.StringIO) -> None:
    """INFO and above; httpx's own lines would repeat every address asked for."""
    structlog.get_logger().debug("post", counts="x")
    logging.getLogger("httpx").info("HTTP Request: GET https://watch.example/ping/4f7c-secret")

    assert lines.getvalue() == ""


def test_setting_up_twice_doubles_nothing(lines: io.StringIO) -> None:
    """Every entrance may call it."""
    configure(lines)
    logging.getLogger("dondoc").info("once")

    assert len(said(lines)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "cannot reach mailtos://dondoc:hu%40-mat-khau@mail.so.vn?from=a@so.vn",
        "auth failed for hu@-mat-khau",
        "GET https://watch.example/ping/4f7c-secret -> 500",
        "connection to postgresql://dondoc:pgsecret@db/dondoc failed",
        "password=pgsecret in DSN",
        "redis://user:another-one@cache/0",
        "Authorization: Bearer abc.def-ghi",
        "token: 'abc.def-ghi'",
    ],
)
def test_no_secret_is_written(lines: io.StringIO, text: str) -> None:
    """Values of the secret settings, passwords in URLs, and tokens: in messages, fields and tracebacks."""
    structlog.get_logger().warning("failed", error=text, deep={"list": [text]})
    logging.getLogger("any").error(text)
    try:
        raise RuntimeError(text)
    except RuntimeError:
        structlog.get_logger().exception("a round failed")

    for secret in ("hu%40-mat-khau", "hu@-mat-khau", "4f7c-secret", "pgsecret", "another-one", "abc.def-ghi"):
        assert secret not in lines.getvalue()
    assert lines.getvalue().count(MASK) >= 4


def test_what_is_not_secret_stays_readable() -> None:
    """Masking too much hides what an administrator needs."""
    mask = Masking(ENVIRONMENT)
    event = {"event": "portal at https://dondoc.so.vn:8000/plans, home /var/lib/dondoc", "count": 3, "ok": True}

    assert mask(None, "info", dict(event)) == event


def test_fields_that_are_named_secret_are_masked() -> None:
    """Whatever stands in a field called password or token."""
    assert Masking({})(None, "info", {"event": "x", "smtp_password": "y", "api_token": "z"}) == {
        "event": "x", "smtp_password": MASK, "api_token": MASK}  # fmt: skip
