"""How the entrances here tell what happens: one line to stderr, from INFO up, with a plain traceback.

structlog's own default shows every local variable of every frame: seconds of work, and nothing to print in an office.
"""

from __future__ import annotations

import logging
import sys

import structlog


def speak_plainly() -> None:
    """Set it up for this process; done again, nothing changes."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
