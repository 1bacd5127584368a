"""How many connections there may be at once: as many as the process may have descriptors for, and a little less."""

from __future__ import annotations

import resource
from typing import Final

_MOST: Final = 8192
_DESCRIPTORS: Final = 65_536


def connections() -> int:
    """Raise the soft limit of descriptors as far as this process may, and give half of it, at most 8,192.

    The other half is for whoever calls the service, the journal and the workers, who have limits of their own.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    ceiling = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < ceiling:
        resource.setrlimit(resource.RLIMIT_NOFILE, (ceiling, hard))
        soft = ceiling
    return _MOST if soft == resource.RLIM_INFINITY else max(1, min(_MOST, soft // 2))
