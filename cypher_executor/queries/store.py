"""Where the graph is kept that questions are asked of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cypher_executor.cypher.query import Graph
from cypher_executor.mirror.target import Target


class Snapshot(Protocol):
    """The graph as one tenant saw it at one moment: it does not change while it is read, whoever writes meanwhile.

    May be used by one thread at a time, and by another one afterwards.
    """

    @property
    def graph(self) -> Graph:
        """What a query runs on."""
        ...

    def close(self) -> None:
        """Let go of it. A second call does nothing."""
        ...


class Store(Target, Protocol):
    """A target of the mirror that can be read beside being written. Its writing methods block, on the thread of the
    follower; `snapshot` may be called from any thread."""

    def snapshot(self, tenant: str) -> Snapshot:
        """What there is now. Raises `errors.Unavailable`."""
        ...

    async def runs_behind(self, run: str, limit: int) -> Sequence[str]:
        """The next runs that stand in the graph, by their ids, in order."""
        ...

    async def drop_runs(self, runs: Sequence[str]) -> None:
        """Forget these runs with all that belongs to them."""
        ...
