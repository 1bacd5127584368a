"""Who a worker is to the system: nobody in particular, in a network of its own.

A service that was started as root gives each of its workers a user of its own, one that nobody else is and that owns
nothing, so that workers can do nothing to each other or to the service either. Numbers that high are used by no
distribution, and a process's own number makes them different. Where a container maps fewer users, it is `nobody`.

A network name space of its own has no way out, not even a loopback interface that is up. Root may make one; others may
where the system lets them have a user name space, in which they own nothing else.
"""

from __future__ import annotations

import ctypes
import os
from struct import Struct
from typing import Final

_FIRST_OWN: Final = 0x7000_0000
_NOBODY: Final = 65534

_NEW_IPC: Final = 0x08000000
_NEW_USER: Final = 0x10000000
_NEW_NETWORK: Final = 0x40000000

_CAPABILITIES_VERSION_3: Final = 0x20080522
_CAPABILITY_HEADER: Final = Struct("=Ii")
_NO_CAPABILITIES: Final = bytes(24)


def leave_network() -> bool:
    """Move into a network of this process's own. False when the system does not allow it.

    To be called while the process has one thread, as root if it is root.
    """
    own_user = 0 if os.geteuid() == 0 else _NEW_USER
    libc = ctypes.CDLL(None, use_errno=True)
    return any(
        libc.unshare(flags) == 0 for flags in (own_user | _NEW_NETWORK | _NEW_IPC, _NEW_USER | _NEW_NETWORK | _NEW_IPC)
    )


def leave_root() -> str | None:
    """Become somebody else for good. How the new user is called; None when the process is not root, or stays it."""
    if os.geteuid() != 0:
        return None
    for user in (_FIRST_OWN + os.getpid(), _NOBODY):
        if _become(user):
            return "nobody" if user == _NOBODY else "a user of its own"
    return None


def leave_capabilities() -> bool:
    """Give up whatever rights of root are left."""
    header = ctypes.create_string_buffer(_CAPABILITY_HEADER.pack(_CAPABILITIES_VERSION_3, 0))
    return bool(ctypes.CDLL(None, use_errno=True).capset(header, ctypes.c_char_p(_NO_CAPABILITIES)) == 0)


def _become(user: int) -> bool:
    try:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    except OSError:
        return False
    return os.getresuid() == (user, user, user)
