"""Reading runs back from the journal: what every start, every look at an ended run, and every doubt comes down to.

A run is rebuilt by applying its events to a new run machine. One that cannot be read - damaged, written by a newer
version, its recipe lost - stays as it is on disk and holds up nobody: it is named in the log and counted here.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence

from cypher_executor.core.events import Event, RunId, RunStarted
from cypher_executor.core.replay import replay
from cypher_executor.core.run import Mint, Run
from cypher_executor.errors import CypherExecutorError, Unavailable
from cypher_executor.ports import Journal, Recipes, Unreadable

_log = logging.getLogger(__name__)

AT_ONCE = 500
"""How many open runs are read from the journal at a time."""


class Reading:
    """Makes runs out of what the journal holds. `unreadable` names the open runs that it could not make."""

    def __init__(self, journal: Journal, recipes: Recipes, mint: Mint | None = None) -> None:
        self._journal = journal
        self._mint = mint
        self._recipes = recipes
        self.unreadable: dict[RunId, str] = {}

    async def one(self, run: RunId) -> Run | None:
        """A run as it is on disk; None for an unknown one. Raises Unavailable (`run_unreadable`) or NotFound."""
        events = await self._journal.read(run)
        return await self._replay(run, events) if events else None

    async def open_runs(self) -> AsyncIterator[tuple[RunId, Run]]:
        """Every run without an end, oldest first, without those that cannot be read."""
        self.unreadable.clear()
        open_runs = await self._journal.open_runs()
        for first in range(0, len(open_runs), AT_ONCE):
            page = open_runs[first : first + AT_ONCE]
            for run, events in zip(page, await self._journal.read_many(page), strict=True):
                found = await self._open_run(run, events)
                if found is not None:
                    yield run, found

    async def _open_run(self, run: RunId, events: Sequence[Event] | Unreadable) -> Run | None:
        if isinstance(events, Unreadable):
            self._give_up(run, events.why)
            return None
        try:
            found = await self._replay(run, events)
        except Unavailable as error:
            if error.code != "run_unreadable":
                raise
            self._give_up(run, error.message)
        except CypherExecutorError as error:
            self._give_up(run, error.message)
        except Exception as error:
            _log.exception("run %s cannot be rebuilt: this is a bug in cypher-executor", run)
            self._give_up(run, f"{type(error).__name__}: {error}")
        else:
            return found if found.ended is None else None
        return None

    def _give_up(self, run: RunId, why: str) -> None:
        _log.error("run %s cannot be read and stays as it is: %s", run, why)
        self.unreadable[run] = why

    async def _replay(self, run: RunId, events: Sequence[Event]) -> Run:
        first = events[0] if events else None
        if not isinstance(first, RunStarted):
            raise Unavailable(f"the journal of run {run} does not begin with its start", code="run_unreadable")
        replayed = replay(await self._recipes.by_digest(first.recipe), events, self._mint)
        if replayed.broken:
            _log.error("run %s has events that cannot be applied: this is a bug in cypher-executor", run)
        return replayed
