"""Looking before sleeping.

To be woken costs a process tens of microseconds on bare metal and a few hundred on a virtual machine whose processor
has halted; a step of a chain is two such wakings, and computes less than that. So whoever waits for what often comes at
once looks for it a moment before sleeping, as the halt polling of KVM does
(https://docs.kernel.org/virt/kvm/halt-polling.html): only while the waits are short, so that nobody looks in vain for
long. The processor is offered to others between two looks, and with a single one nobody looks at all.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from time import monotonic_ns
from typing import TypeVar

T = TypeVar("T")


class Patience:
    """How somebody waits: looking for at most so many microseconds, while the last wait was not longer."""

    def __init__(self, looking_us: int) -> None:
        self._looking_ns = looking_us * 1000 if _processors() > 1 else 0
        self._short = False

    def wait(self, look: Callable[[], T | None], sleep: Callable[[], T]) -> T:
        """What `look` finds, which gives None as long as there is nothing; otherwise what `sleep` comes back with."""
        began = monotonic_ns()
        if self._short:
            while monotonic_ns() - began < self._looking_ns:
                if (found := look()) is not None:
                    return found
                os.sched_yield()
        found = sleep()
        self._short = monotonic_ns() - began < self._looking_ns
        return found


def _processors() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else 1  # where it is not known, waiting is left to the system
