"""What a mirror is written into."""

from __future__ import annotations

from typing import Protocol

from cypher_executor.graph.rows import Rows


class Target(Protocol):
    """A graph somewhere else. All methods raise `errors.Unavailable` when it cannot be reached, or not in time.

    `source` names the journal that is mirrored: a target may hold the mirrors of several.
    """

    async def prepare(self) -> None:
        """Constraints and indexes, unless they are there."""
        ...

    async def position(self, source: str) -> int | None:
        """How far the mirror has come, as a position of the journal; None when nothing was ever mirrored here."""
        ...

    async def write(self, rows: Rows) -> None:
        """Let these rows be true. Doing so twice changes nothing, half of it is harmless."""
        ...

    async def begin(self, source: str) -> None:
        """The mirror begins at position 0, whatever was kept before."""
        ...

    async def advance(self, source: str, before: int, position: int) -> bool:
        """Keep how far the mirror has come, if it still stands where it was `before`; otherwise False, and nothing is
        kept: somebody has wiped the target, or put it back. Only called when all that belongs to it is written."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
