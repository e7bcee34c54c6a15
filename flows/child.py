"""Become another program that dies with its parent: `python -m flows.child PARENT_PID COMMAND…`.

Run by `server_process` in front of Prefect's server. SIGINT is put back to its default, because a program started by a
shell in the background inherits it ignored, and then never stops. On Linux the kernel is asked to kill this process
when its parent dies, so that not even a SIGKILL of `dondoc up` leaves an orphan; elsewhere only a clean stop does.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> None:
    """Ask the kernel for a SIGKILL when the parent ends; leave at once if it already has."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit(1)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    die_with(int(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])
