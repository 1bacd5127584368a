"""The mirror in a thread of its own: working out the rows of a large run takes time that the engine's loop has not."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable

from cypher_executor.mirror.mirror import Mirror, Status
from cypher_executor.mirror.target import Target

STOP_S = 5.0
"""How long a write that is under way may take when the service stops; the next start mirrors it again."""


class MirrorThread:
    """Runs a mirror on an event loop of its own. `target` is made there, because connections belong to a loop."""

    def __init__(self, target: Callable[[], Target], mirror: Callable[[Target], Mirror]) -> None:
        self._target = target
        self._mirror = mirror
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._work, name="mirror", daemon=True)
        self.mirror: Mirror | None = None

    @property
    def status(self) -> Status:
        """How the mirror stands."""
        return self.mirror.status if self.mirror is not None else Status()

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    async def stop(self) -> None:
        """End it, after what is being written, if that does not take long."""
        await asyncio.to_thread(self._ready.wait, STOP_S)
        if self._loop is not None and self._stop is not None:
            with contextlib.suppress(RuntimeError):  # it has ended already
                self._loop.call_soon_threadsafe(self._stop.set)
        await asyncio.to_thread(self._thread.join, 2 * STOP_S)

    def _work(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        target = self._target()
        self.mirror = self._mirror(target)
        self._ready.set()
        running = asyncio.create_task(self.mirror.run(self._stop))
        try:
            await asyncio.wait([running, asyncio.create_task(self._stop.wait())], return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait([running], timeout=STOP_S)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await target.close()


@contextlib.asynccontextmanager
async def mirroring(thread: MirrorThread) -> AsyncIterator[MirrorThread]:
    """A mirror that works as long as the block lasts."""
    thread.start()
    try:
        yield thread
    finally:
        await thread.stop()
