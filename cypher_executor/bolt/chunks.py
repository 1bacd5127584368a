"""Messages in chunks: each chunk has two bytes that say how long it is, and an empty chunk ends the message.

Empty chunks between messages keep a connection awake and mean nothing. A message may not be longer than a limit, which
is small until the client has said who it is.
"""

from __future__ import annotations

from collections.abc import Iterator

LARGEST_CHUNK = 0xFFFF


class TooLong(Exception):
    """A message that is longer than messages may be."""


def chunked(message: bytes) -> bytes:
    """A message as it is sent."""
    out = bytearray()
    for start in range(0, len(message), LARGEST_CHUNK):
        part = message[start : start + LARGEST_CHUNK]
        out += len(part).to_bytes(2, "big") + part
    return bytes(out + b"\0\0")


class Dechunker:
    """Bytes as they arrive, to messages. `limit` may be changed at any time, and is for the message that follows."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._waiting = bytearray()
        self._message = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The messages that are complete now. Raises TooLong as soon as one is."""
        self._waiting += data
        at = 0
        try:
            while len(self._waiting) - at >= 2:
                size = int.from_bytes(self._waiting[at : at + 2], "big")
                if size and len(self._message) + size > self.limit:
                    raise TooLong(f"a message is longer than {self.limit:,} bytes")
                if len(self._waiting) - at - 2 < size:
                    return
                self._message += self._waiting[at + 2 : at + 2 + size]
                at += 2 + size
                if not size and self._message:
                    whole, self._message = bytes(self._message), bytearray()
                    yield whole
        finally:
            del self._waiting[:at]
