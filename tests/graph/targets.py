"""Targets of mirrors for tests: a graph in memory, and one whose way is cut."""

from __future__ import annotations

from dataclasses import dataclass, field

from cypher_executor.errors import Unavailable
from cypher_executor.graph.kept import KeptGraph
from cypher_executor.graph.rows import Rows
from cypher_executor.mirror.target import Target


@dataclass
class KeptTarget:
    """A `mirror.Target` in memory. `wipe` is what an operator does to a database."""

    graph: KeptGraph = field(default_factory=KeptGraph)
    positions: dict[str, int] = field(default_factory=dict)
    written: list[int] = field(default_factory=list)

    async def prepare(self) -> None: ...

    async def position(self, source: str) -> int | None:
        return self.positions.get(source)

    async def write(self, rows: Rows) -> None:
        self.written.append(len(rows.nodes) + len(rows.relationships))
        self.graph.put(rows)

    async def begin(self, source: str) -> None:
        self.positions[source] = 0

    async def advance(self, source: str, before: int, position: int) -> bool:
        if self.positions.get(source) != before:
            return False
        self.positions[source] = position
        return True

    async def close(self) -> None: ...

    def wipe(self) -> None:
        self.graph = KeptGraph()
        self.positions.clear()


class Cut:
    """Another target, unreachable after so many calls, until `mended`. The call that fails may be half done."""

    def __init__(self, target: Target, calls: int) -> None:
        self._target = target
        self.left = calls

    def mended(self) -> None:
        self.left = 10**9

    async def prepare(self) -> None:
        await self._target.prepare()
        self._count()

    async def position(self, source: str) -> int | None:
        self._count()
        return await self._target.position(source)

    async def write(self, rows: Rows) -> None:
        await self._target.write(Rows(rows.nodes, rows.relationships[:1] if self.left <= 0 else rows.relationships))
        self._count()

    async def begin(self, source: str) -> None:
        self._count()
        await self._target.begin(source)

    async def advance(self, source: str, before: int, position: int) -> bool:
        self._count()
        return await self._target.advance(source, before, position)

    async def close(self) -> None: ...

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Unavailable("the way is cut", code="neo4j_unavailable")
