"""Structured logs, set up once: JSON lines in a pipe, short lines on a terminal, to stderr, with no secret in them."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from typing import IO, Any
from urllib.parse import unquote, urlsplit

import structlog
from structlog.stdlib import ProcessorFormatter

MASK = "***"
SHORTEST_SECRET = 4  # masking shorter ones would garble every line
LOUD = ("httpx", "httpcore", "asyncio", "aiosmtpd", "mail.log", "uvicorn.access")  # their INFO lines repeat addresses
PASSWORD_IN_URL = re.compile(r"(?P<head>[a-z][a-z0-9+.\-]*://[^\s/:@]*:)[^\s/@]+@", re.IGNORECASE)
SAID_SECRET = re.compile(
    r"(?P<head>\b(?:password|passwd|pass|pwd|token|secret|api[_-]?key|authorization)\b[\"']?\s*[=:]\s*[\"']?"
    r"(?:bearer\s+|basic\s+)?)[^\s\"'&,;]+",
    re.IGNORECASE,
)
SECRET_KEY = re.compile(r"pass(word|wd)?$|pwd$|token$|secret|api_?key|authorization", re.IGNORECASE)

Event = MutableMapping[str, Any]


class Masking:
    """A processor that replaces what must not be read: values of `DONDOC_…_URL`, passwords in URLs, tokens."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self.secrets = secrets_of(os.environ if environment is None else environment)

    def __call__(self, _logger: Any, _method: str, event: Event) -> Event:
        for key, value in event.items():
            event[key] = MASK if isinstance(value, str) and SECRET_KEY.search(key) else self.masked(value)
        return event

    def masked(self, value: Any) -> Any:
        """A value with every secret replaced, however deep it lies."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {key: MASK if SECRET_KEY.search(str(key)) else self.masked(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.masked(each) for each in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        return self.text(str(value))

    def text(self, said: str) -> str:
        """A text with every secret replaced."""
        for secret in self.secrets:
            said = said.replace(secret, MASK)
        said = PASSWORD_IN_URL.sub(rf"\g<head>{MASK}@", said)
        return SAID_SECRET.sub(rf"\g<head>{MASK}", said)


def secrets_of(environment: Mapping[str, str]) -> list[str]:
    """The secret URLs of the environment and the passwords in them, longest first."""
    found: set[str] = set()
    for name, value in environment.items():
        if name.startswith("DONDOC_") and name.endswith("_URL") and name != "DONDOC_PUBLIC_URL":
            found |= {value, *_passwords(value)}
    return sorted((text for text in found if len(text) >= SHORTEST_SECRET), key=len, reverse=True)


def _passwords(url: str) -> Iterable[str]:
    try:
        password = urlsplit(url).password or ""
    except ValueError:
        return ()
    return password, unquote(password)


def configure(stream: IO[str] | None = None, *, level: int = logging.INFO) -> None:
    """Set up structlog and the standard library's logging for this process; done again, nothing is doubled."""
    out = stream or sys.stderr
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H:%M:%S%z", utc=False),
    ]
    terminal = out.isatty()
    last: list[Any] = [structlog.processors.format_exc_info, Masking()]
    renderer: Any = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if terminal
        else structlog.processors.JSONRenderer(ensure_ascii=False, sort_keys=False)
    )
    structlog.configure(
        processors=[*shared, ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = _Handler(out)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[ProcessorFormatter.remove_processors_meta, *last, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [known for known in root.handlers if not isinstance(known, _Handler)] + [handler]
    root.setLevel(level)
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)


class _Handler(logging.StreamHandler[IO[str]]):
    """Ours: so that setting up again replaces it."""
