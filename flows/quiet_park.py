"""A logging filter for flow bodies: Prefect 3.8.8 logs every end that is not COMPLETED as an ERROR.

Installed when `plan_task` is imported, which a stock worker does for each run.
"""

from __future__ import annotations

import logging

LAST_LINE = "Finished in state"
NORMAL_ENDS = ("type=SCHEDULED)", "type=CANCELLED)")  # a park, and a withdrawal the ledger has decided
ENGINE_LOGGER = "prefect.flow_runs"


class ParkIsNoError(logging.Filter):
    """Lowers the engine's last line of a normal park to INFO; everything else passes unchanged."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the record, with the level it deserves."""
        text = str(record.msg)
        if record.levelno == logging.ERROR and text.startswith(LAST_LINE) and text.endswith(NORMAL_ENDS):
            record.levelno, record.levelname = logging.INFO, logging.getLevelName(logging.INFO)
        return True


def install() -> None:
    """Put the filter on the engine's logger of flow runs; a second time adds nothing."""
    logger = logging.getLogger(ENGINE_LOGGER)
    if not any(isinstance(known, ParkIsNoError) for known in logger.filters):
        logger.addFilter(ParkIsNoError())
