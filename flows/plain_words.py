"""How the entrances here tell what happens: to stderr, from INFO up, without a secret (`config/logging.py`)."""

from __future__ import annotations

from config.logging import configure


def speak_plainly() -> None:
    """Set it up for this process; done again, nothing changes."""
    configure()
