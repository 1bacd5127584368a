"""The journal for those who only follow it: in the process that writes it, or beside that one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from cypher_executor.adapters.sqlite.database import OpenToRead
from cypher_executor.adapters.sqlite.reading import Position, read_following, read_run
from cypher_executor.adapters.sqlite.statements import statements
from cypher_executor.core.events import Event, RunId

_SQL = statements("journal")


class SqliteFollowable:
    """`ports.Followable` over a file that is open to be read."""

    def __init__(self, reading: OpenToRead) -> None:
        self._reading = reading

    async def read(self, run: RunId, after: int = 0) -> Sequence[Event]:
        """The events of a run in order, without the first `after`; empty for an unknown run."""
        return await self._reading.read(lambda connection: read_run(connection, run, after))

    async def follow(self, after: int, limit: int) -> Sequence[Position]:
        """The next events of all runs behind position `after` (0: from the beginning), at most `limit`.

        Each with its position, its run, and its number in that run. Positions grow; they may leave numbers out. An
        event that cannot be read is an `Unreadable` in its place: whoever follows goes on behind it.
        """
        return await self._reading.read(lambda connection: read_following(connection, after, limit))

    async def head(self) -> int:
        """The greatest position that was ever given; 0 before the first event."""
        found = await self._rows("head_position", ())
        return int(found[0][0]) if found else 0

    async def still_there(self, runs: Sequence[RunId]) -> frozenset[RunId]:
        """Those of these runs that have not been forgotten."""
        return frozenset(run for _, run in await self._rows("numbers", (orjson.dumps(runs).decode(),)))

    async def _rows(self, name: str, values: tuple[str, ...]) -> list[Any]:
        return await self._reading.read(lambda connection: connection.execute(_SQL[name], values).fetchall())
