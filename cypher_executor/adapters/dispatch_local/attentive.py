"""The event loop of a service: asyncio's own, which looks for what comes at once before it sleeps.

What it looks for is mostly an answer of a worker or the end of a write, see `worker.patience`.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from cypher_executor.worker.patience import Patience

T = TypeVar("T")

_LOOKING_US: Final = 200
"""Longer than a small part computes, and short beside one that keeps the processors busy."""

Events = list[tuple[selectors.SelectorKey, int]]


class AttentiveSelector(selectors.DefaultSelector):
    """The selector of the platform."""

    def __init__(self) -> None:
        super().__init__()
        self._patience = Patience(_LOOKING_US)

    def select(self, timeout: float | None = None) -> Events:
        """See `selectors`. A time-out that is shorter than looking takes is slept through."""
        poll = super().select
        if timeout is not None and timeout * 1e6 <= _LOOKING_US:
            return poll(timeout)
        return self._patience.wait(lambda: poll(0) or None, lambda: poll(timeout))


def run(work: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`."""
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(AttentiveSelector())) as runner:
        return runner.run(work)
