"""The loop of the mirror: look where the target stands, read on in the journal, write, keep how far that was."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from cypher_executor.errors import Unavailable
from cypher_executor.graph.rows import together
from cypher_executor.mirror.recipes import KnownRecipes
from cypher_executor.mirror.replicas import Replicas
from cypher_executor.mirror.target import Target
from cypher_executor.ports import Clock, Followable, Followed, ListedParts, ReadCatalog, Unreadable

EVENTS_AT_ONCE = 2_000
IDLE_S = 0.5
"""Between two looks at a journal in which nothing moves."""
CATALOG_S = 3.0
"""Between two looks at the catalog, and at whether the target still stands where it was left."""
LONGEST_PAUSE_S = 5.0
"""Between two attempts to reach a target that is away. The first comes after half a second."""

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Status:
    """How a mirror stands. `position` is how far it has come in the journal, None before it has reached the target.

    `behind_since_us` is when the first event happened that is not mirrored yet; None when all are. `failure` says why
    the target could not be reached last time, `failures` how often in a row.
    """

    position: int | None = None
    behind_since_us: int | None = None
    failure: str | None = None
    failures: int = 0

    def lag_s(self, now_us: int) -> float:
        """For how long the graph has not told everything, in seconds."""
        return 0.0 if self.behind_since_us is None else max(0.0, (now_us - self.behind_since_us) / 1e6)


class Mirror:
    """Follows one journal into one target. `source` names the journal, for ever. `at_once` is how many events it takes
    in one step."""

    def __init__(
        self,
        journal: Followable,
        catalog: ReadCatalog,
        parts: ListedParts,
        clock: Clock,
        target: Target,
        source: str,
        *,
        at_once: int | None = None,
    ) -> None:
        self.status = Status()
        self._journal = journal
        self._clock = clock
        self._target = target
        self._source = source
        self._at_once = at_once or EVENTS_AT_ONCE
        self._replicas = Replicas(journal, catalog)
        self._recipes = KnownRecipes(catalog, parts, self._replicas.recipe)
        self._looked_at: float | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Mirror until `stop` is set. Whatever goes wrong is tried again; the journal is not read meanwhile."""
        while not stop.is_set():
            try:
                pause = 0.0 if await self.step() else IDLE_S
            except Unavailable as error:
                pause = self._failed(error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause or 1e-3)

    async def step(self) -> bool:
        """One round; whether there may be more to mirror at once. Raises Unavailable."""
        try:
            await self._look()
            assert self.status.position is not None
            followed = await self._journal.follow(self.status.position, self._at_once)
            if followed:
                await self._mirror(followed)
        except BaseException:
            self._forget()
            raise
        self.status.failure, self.status.failures = None, 0
        more = len(followed) == self._at_once or self._looked_at is None
        if not more:
            self.status.behind_since_us = None
        return more

    def look_again(self) -> None:
        """Have the next step look at the catalog, however short ago that was done."""
        self._looked_at = None

    # --- where the target stands, and what the catalog says -----------------------------------------------------------

    async def _look(self) -> None:
        """Every few seconds: begin again where the target stands, if that is not where it was left."""
        now = asyncio.get_running_loop().time()
        if self._looked_at is not None and now - self._looked_at < CATALOG_S:
            return
        position = await self._target.position(self._source)
        if position is None or position != self.status.position:
            await self._begin(position)
        await self._target.write(await self._recipes.news())
        self._looked_at = now

    async def _begin(self, position: int | None) -> None:
        """From this position, or from the first event when the target knows nothing, or more than the journal."""
        self._forget()
        if position is None or position > await self._journal.head():
            await self._target.prepare()
            await self._target.begin(self._source)
            position = 0
        self.status.position = position

    def _forget(self) -> None:
        """Nobody knows what the target holds, or where it stands: look again, and count nothing as written."""
        self._looked_at = None
        self._replicas.forget()
        self._recipes.forget()

    # --- events -------------------------------------------------------------------------------------------------------

    async def _mirror(self, followed: Sequence[Followed]) -> None:
        self._note_lag(followed)
        moved = await self._replicas.take(followed)
        recipes = together([await self._recipes.of_run(run.started) for run in moved if run.started is not None])
        news = [(run, self._replicas.news(run)) for run in moved]
        await self._target.write(together([recipes, *(rows for _, rows in news)]))
        assert self.status.position is not None
        if not await self._target.advance(self._source, self.status.position, followed[-1][0]):
            self._forget()  # it was wiped since the last look: the next one finds out where it stands
            return
        for run, rows in news:
            self._replicas.written(run, rows)
        self.status.position = followed[-1][0]

    def _note_lag(self, followed: Sequence[Followed]) -> None:
        times = (event.at_us for *_, event in followed if not isinstance(event, Unreadable))
        if self.status.behind_since_us is None:
            self.status.behind_since_us = next(times, None)

    def _failed(self, error: Unavailable) -> float:
        """Note it, and say how long to wait. Told once, not every few seconds for an hour."""
        status = self.status
        status.failures += 1
        status.failure = error.message
        status.behind_since_us = status.behind_since_us or self._clock.now_us()
        if status.failures == 1:
            _LOG.warning("the mirror waits: %s", error.message)
        return min(LONGEST_PAUSE_S, IDLE_S * (1 << min(status.failures - 1, 10)))
