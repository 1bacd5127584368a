"""What a worker may still do to files and the network, where the system has Landlock: nothing but read.

It may run as the service's user, so without this a guest that has broken out of wasmtime could write wherever the
service can: into the data folder, or among the compiled modules that later workers will run. What is open already stays
open.
Kernels before 5.13, and those that have Landlock switched off, lack it; the process goes on without it then.

Source: https://docs.kernel.org/userspace-api/landlock.html; the numbers are those of `linux/landlock.h`.
"""

from __future__ import annotations

import ctypes
import os
from struct import Struct
from typing import Final

_CREATE_RULESET: Final = 444
_RESTRICT_SELF: Final = 446
_VERSION: Final = 1

_RULESET: Final = Struct("=QQQ")
"""Rights over files, over the network, and what is scoped to this process."""

_WRITING: Final = sum(1 << bit for bit in (1, *range(4, 13)))
"""To write to a file, and to remove and make all that there is in folders."""
_WRITING_SINCE: Final = ((2, 1 << 13), (3, 1 << 14))
"""To move between folders, and to truncate: known since these versions."""
NETWORK_SINCE: Final = 4
_TCP: Final = 0b11
SCOPED_SINCE: Final = 6
_SIGNALS_AND_ABSTRACT_SOCKETS: Final = 0b11


def restrict() -> int:
    """Give up all that this version of Landlock can take. The version; 0 when the kernel has none.

    To be called after `no_new_privs` is set, and before other threads are made.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)
    if version < 1:
        return 0
    rights = rights_of(version)
    ruleset = libc.syscall(_CREATE_RULESET, rights, ctypes.c_size_t(len(rights)), 0)
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "Landlock refuses its own rights")
    try:
        if libc.syscall(_RESTRICT_SELF, ruleset, 0) != 0:
            raise OSError(ctypes.get_errno(), "Landlock cannot be applied")
    finally:
        os.close(ruleset)
    return int(version)


def rights_of(version: int) -> bytes:
    """All rights of this version that are given up, as the kernel reads them.

    An older kernel takes the longer structure too, as long as what it does not know is zero.
    """
    writing = _WRITING + sum(right for since, right in _WRITING_SINCE if version >= since)
    network = _TCP if version >= NETWORK_SINCE else 0
    return _RULESET.pack(writing, network, _SIGNALS_AND_ABSTRACT_SOCKETS if version >= SCOPED_SINCE else 0)
