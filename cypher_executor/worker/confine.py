"""What a worker or compiler process gives up before it touches the first module.

The parent starts it with an empty environment, an own temporary folder and no descriptors but its two sockets and
standard error. Here it binds its life to its parent's and sets limits on what even a guest that has broken out of
wasmtime could use.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from typing import Final

from cypher_executor.worker import landlock

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38
_OPEN_FILES: Final = 1024
"""Each module's image of its memory is a file to the system."""


def confine(parent: int, memory_mb: int) -> None:
    """Give up what is not needed, and memory beyond this. Exits when the parent is gone already."""
    for signal_ in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signal_, signal.SIG_IGN)  # those are for the service, which then closes the socket
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _limit(resource.RLIMIT_DATA, memory_mb * 1024 * 1024)
    if sys.platform == "linux":
        _control_process(_PR_SET_PDEATHSIG, signal.SIGKILL)
        _control_process(_PR_SET_NO_NEW_PRIVS, 1)
        landlock.restrict()
    if os.getppid() != parent:
        raise SystemExit(0)


def _limit(what: int, value: int) -> None:
    hard = resource.getrlimit(what)[1]
    bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (bound, bound))


def _control_process(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}) was refused")
