"""What a worker or compiler process gives up before it touches the first module.

The parent starts it with an empty environment, an own folder and no descriptors but its sockets and standard error. The
rest happens here, in two steps. `confine` comes first, while there is one thread: it binds the process's life to its
parent's, makes it somebody else in a network of its own, and sets limits on what even a guest that has broken out of
wasmtime could use. `seal` comes last, when everything is imported and made: from then on the process can open nothing,
start nothing and speak to nobody new. Both tell what they achieved, because systems differ in what they allow.

| kept from | by |
| --- | --- |
| the network | a name space of its own, Landlock (TCP), seccomp |
| opening files, starting programs | seccomp |
| changing files | Landlock, seccomp |
| other processes | another user when started as root, Landlock's scopes, seccomp |
| more rights | `no_new_privs`, no capabilities |
| memory, descriptors, threads, files' sizes, core files | resource limits |

Where memory runs out for the whole machine, the system is told to end workers first.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Final

from cypher_executor.worker import hardening, identity, landlock, seccomp
from cypher_executor.worker.hardening import Hardening

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38
_OPEN_FILES: Final = 1024
"""Each module's image of its memory is a file to the system."""
_FILE_BYTES: Final = 64 * 1024 * 1024
"""Those images are the only files that it writes."""
_THREADS: Final = 8
"""Of a user of its own. The system counts by user, so where that is the service's there is no such limit."""
_MESSAGE_QUEUES: Final = 12
"""The number of that limit on Linux, which `resource` does not name in every version."""
_FIRST_TO_GO: Final = "500"


def confine(parent: int, memory_mb: int) -> Hardening:
    """Give up what is not needed, and memory beyond this. Exits when the parent is gone already.

    To be called once, before any thread is made.
    """
    os.environ.clear()  # it was started without one, but Python has added its own idea of a language
    for signal_ in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signal_, signal.SIG_IGN)  # those are for the service, which then closes the socket
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _limit(resource.RLIMIT_FSIZE, _FILE_BYTES)
    _limit(resource.RLIMIT_DATA, memory_mb * 1024 * 1024)
    reached = hardening.NONE.with_means(memory="limit", cores="limit")
    if sys.platform == "linux":
        reached = _confine_on_linux(reached)
    if os.getppid() != parent:
        raise SystemExit(0)
    return reached


def seal(reached: Hardening) -> Hardening:
    """Open, start and reach nothing any more, in no thread of this process. To be called when all is made."""
    if not seccomp.restrict():
        return reached
    kept_from = ("network", "files", "writing", "programs", "processes")
    return reached.with_means(**dict.fromkeys(kept_from, "seccomp"))


def _confine_on_linux(reached: Hardening) -> Hardening:
    """Rights go last, as leaving needs them; a change of user undoes what was said about the parent's death."""
    _go_first()
    _limit(_MESSAGE_QUEUES, 0)
    if identity.leave_network():
        reached = reached.with_means(network="name space")
    if user := identity.leave_root():
        reached = reached.with_means(user=user, processes=user)
        _limit(resource.RLIMIT_NPROC, _THREADS)
    identity.leave_capabilities()
    _control_process(_PR_SET_PDEATHSIG, signal.SIGKILL)
    _control_process(_PR_SET_DUMPABLE, 0)
    _control_process(_PR_SET_NO_NEW_PRIVS, 1)
    reached = reached.with_means(privileges="no_new_privs", cores="not dumpable")
    return _with_landlock(reached)


def _with_landlock(reached: Hardening) -> Hardening:
    version = landlock.restrict()
    kept_from = ["writing"] if version else []
    kept_from += ["network"] if version >= landlock.NETWORK_SINCE else []
    kept_from += ["processes"] if version >= landlock.SCOPED_SINCE else []
    return reached.with_means(**dict.fromkeys(kept_from, "landlock"))


def _go_first() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, "ascii")


def _limit(what: int, value: int) -> None:
    hard = resource.getrlimit(what)[1]
    bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (bound, bound))


def _control_process(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}) was refused")
