"""Messages that have come and are not carried out yet: few, and not many bytes, or whoever adds to them waits."""

from __future__ import annotations

import asyncio
from collections import deque

from cypher_executor.bolt.chunks import TooLong

MESSAGES = 64
BYTES = 256 * 1024
"""There is room for one more message as long as those that wait have fewer bytes together."""

Message = bytes | TooLong


class Waiting:
    """A queue between one task that puts and one that gets."""

    def __init__(self) -> None:
        self._messages: deque[Message] = deque()
        self._bytes = 0
        self._ended = False
        self._changed = asyncio.Condition()

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not self._messages

    async def put(self, message: Message) -> None:
        """Add a message, once there is room."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self._messages) < MESSAGES and self._bytes < BYTES)
            self._messages.append(message)
            self._bytes += _size(message)
            self._changed.notify_all()

    async def get(self) -> Message | None:
        """The next message; None when there will be none any more."""
        async with self._changed:
            await self._changed.wait_for(lambda: bool(self._messages) or self._ended)
            if not self._messages:
                return None
            message = self._messages.popleft()
            self._bytes -= _size(message)
            self._changed.notify_all()
            return message

    async def end(self) -> None:
        """Nothing follows."""
        async with self._changed:
            self._ended = True
            self._changed.notify_all()


def _size(message: Message) -> int:
    return len(message) if isinstance(message, bytes) else 0
