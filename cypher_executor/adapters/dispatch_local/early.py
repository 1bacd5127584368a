"""Workers that are started before there is a dispatcher to keep them.

A worker needs a part of a second to load what it runs with, and so does the service: begun at once, one does not wait
for the other, as long as each has a core. So one core is left to the service, and the worker that would share it is
started by the dispatcher. What is started here does nothing and holds nothing until a dispatcher takes it; what none
took is ended. This module loads little on purpose.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections import deque
from collections.abc import Iterator

from cypher_executor.adapters.dispatch_local.launch import Child


class Spawned:
    """A worker process, and our ends of its sockets; they belong to whoever has this.

    To be made on the thread that the event loop runs in, see `launch.Child`. Raises OSError.
    """

    def __init__(self) -> None:
        self.channel, their_channel = socket.socketpair()
        self.control, their_control = socket.socketpair()
        self.control.setblocking(False)
        with their_channel, their_control:
            try:
                self.child = Child("cypher_executor.worker", (their_channel, their_control))
            except OSError:
                self._hang_up()
                raise

    async def reap(self) -> None:
        """End the process and remove everything that was made for it."""
        self._hang_up()
        await self.child.reap()

    def end(self) -> None:
        """The same for who may block."""
        self._hang_up()
        self.child.end()

    def _hang_up(self) -> None:
        self.channel.close()
        self.control.close()


class Early:
    """The workers that nobody has taken yet, the first first."""

    def __init__(self) -> None:
        self._waiting: deque[Spawned] = deque()

    def start(self, count: int) -> None:
        """Start so many. Raises OSError; those before stay."""
        for _ in range(count):
            self._waiting.append(Spawned())

    def take(self) -> Spawned | None:
        """One of them, whose end is the caller's business from now on."""
        return self._waiting.popleft() if self._waiting else None

    def end(self) -> None:
        """End those that nobody took."""
        while spawned := self.take():
            spawned.end()


def seats(workers: int | None) -> int:
    """How many workers there are to be where the operator has said so many, or nothing: one for each core."""
    return workers or os.cpu_count() or 1


@contextlib.contextmanager
def starting(workers: int | None) -> Iterator[Early]:
    """Workers for a dispatcher that is made inside the block. Where none can be started, the dispatcher says why."""
    early = Early()
    with contextlib.ExitStack() as stack:
        stack.callback(early.end)
        with contextlib.suppress(OSError):
            early.start(min(seats(workers), max(1, seats(None) - 1)))
        yield early
