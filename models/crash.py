"""Named places where the chaos tests kill a process: no-ops, unless the environment or a test arms one.

`DONDOC_KILL_POINT=after-claim:3` ends this process by SIGKILL the third time it comes by `after-claim`. Every name
stands in POINTS, so that a test can go through all of them.
"""

from __future__ import annotations

import os
import signal

POINTS = (
    "before-claim",  # a letter is due and nobody has it
    "after-claim",  # its claim is committed, nothing has been sent
    "after-send",  # the channel has answered, the ledger does not know yet
    "after-settle",  # the ledger knows
    "between-lapse-and-plan",  # inside a tick: overdue, and the step not yet decided
    "after-letters",  # inside a gathering: letters made, notices not yet in them
    "before-commit",  # a report is written and not yet committed
    "inside-seal",  # a link of the audit chain is written and not yet committed
)


class _Armed:
    point: str | None = None
    left = 0


def arm(point: str | None) -> None:
    """Kill this process at a point, `name` or `name:count`; None disarms."""
    name, _, count = (point or "").partition(":")
    if name and name not in POINTS:
        raise ValueError(f"no kill point {name!r}; there are: {', '.join(POINTS)}")
    _Armed.point, _Armed.left = name or None, int(count or 1)


def kill_point(name: str) -> None:
    """Die here when armed."""
    if _Armed.point != name:
        return
    _Armed.left -= 1
    if _Armed.left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)


arm(os.environ.get("DONDOC_KILL_POINT"))
