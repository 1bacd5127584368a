"""Runs as the journal tells them, one event after the other: copies that are followed, never led.

Events of one run that come together are applied together, and what is given is how the run stands then: a run that
went through a hundred states while nobody looked is written once. Of runs that go on, a bounded number is kept; a run
that was let go is read from its beginning when it moves again, as after a restart.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterable, Sequence

from cypher_executor.core.events import Event, RunId, RunReopened, RunStarted
from cypher_executor.core.recipe import Digest, Recipe
from cypher_executor.core.replay import replay
from cypher_executor.core.run import Run
from cypher_executor.cypher import compile_recipe
from cypher_executor.errors import Unavailable
from cypher_executor.graph.rows import NodeRow, RelationshipRow, Rows
from cypher_executor.graph.runs import run_rows
from cypher_executor.ports import Followable, Followed, ReadCatalog, Unreadable

KEPT = 1_000
"""Runs that go on."""
RECIPES_KEPT = 1_000
_LOG = logging.getLogger(__name__)

_Known = dict[tuple[object, ...], int]


class Replicas:
    """Copies of runs, and what of each was written already."""

    def __init__(self, journal: Followable, catalog: ReadCatalog) -> None:
        self._journal = journal
        self._catalog = catalog
        self._runs: OrderedDict[RunId, Run] = OrderedDict()
        self._written: dict[RunId, _Known] = {}
        self._recipes: OrderedDict[Digest, Recipe | None] = OrderedDict()
        self._unfollowed: set[RunId] = set()

    def forget(self) -> None:
        """Nothing counts as written any more."""
        self._runs.clear()
        self._written.clear()
        self._unfollowed.clear()

    async def take(self, followed: Iterable[Followed]) -> Sequence[Run]:
        """Apply what follows; the runs that have moved. One that cannot be followed is left out, and told once."""
        moved: dict[RunId, None] = {}
        for _, run, number, event in followed:
            if not isinstance(event, Unreadable) and await self._apply(run, number, event):
                moved[run] = None
        return [self._runs[run] for run in moved if run in self._runs]

    def news(self, run: Run) -> Rows:
        """The rows of a run that differ from what was written."""
        known = self._written.get(_id(run), {})
        rows = run_rows(run)
        return Rows(
            tuple(n for n in rows.nodes if known.get(_identity(n)) != _content(n)),
            tuple(r for r in rows.relationships if known.get(_identity(r)) != _content(r)),
        )

    def written(self, run: Run, rows: Rows) -> None:
        """These rows of a run are there now. A run that has ended is let go."""
        if run.ended is not None:
            self._let_go(_id(run))
            return
        self._written.setdefault(_id(run), {}).update((_identity(row), _content(row)) for row in rows)
        while len(self._runs) > KEPT:
            self._let_go(next(iter(self._runs)))

    async def recipe(self, digest: Digest) -> Recipe | None:
        """A recipe that runs were started with; None when it cannot be read any more."""
        if digest not in self._recipes:
            text = await self._catalog.text(digest)
            if len(self._recipes) >= RECIPES_KEPT:
                self._recipes.popitem(last=False)
            self._recipes[digest] = None if text is None else compile_recipe(text, parts=None, trusted=True).recipe
        return self._recipes[digest]

    # --- following one run --------------------------------------------------------------------------------------------

    async def _apply(self, id: RunId, number: int, event: Event) -> bool:
        """Whether the run is one event further now."""
        run = self._runs.get(id)
        if id in self._unfollowed or (run is not None and number <= run.version):
            return run is not None
        if run is not None and number == run.version + 1 and not isinstance(event, RunReopened):
            self._runs.move_to_end(id)
            return self._applied(run, event)
        return await self._read(id, [event] if number == 1 else None)

    async def _read(self, id: RunId, events: Sequence[Event] | None) -> bool:
        try:
            events = events or await self._journal.read(id)
        except Unavailable as error:
            if error.code != "run_unreadable":
                raise
            return self._lost(id, error)
        if not events:
            return False  # it was forgotten meanwhile
        started = events[0]
        recipe = await self.recipe(started.recipe) if isinstance(started, RunStarted) else None
        if recipe is None:
            return self._lost(id, "its recipe cannot be read")
        run = replay(recipe, events)  # all of it: a run that was reopened is made of a past that ended otherwise
        if run.started is None:
            return self._lost(id, "it breaks the run machine")
        self._runs[id] = run
        self._runs.move_to_end(id)
        return True

    def _applied(self, run: Run, event: Event) -> bool:
        """One event more. Of a run that breaks on the way only the end is looked for, as the engine does."""
        further = run.version + 1
        try:
            run.apply(event)
        except Exception:  # whatever a recipe or a defect of ours brings about, in this run alone
            run.version, run.broken = further, True
        return True

    def _lost(self, id: RunId, why: object) -> bool:
        self._unfollowed.add(id)
        _LOG.warning("the mirror cannot follow run %s: %s", id, why)
        self._let_go(id)
        return False

    def _let_go(self, id: RunId) -> None:
        self._runs.pop(id, None)
        self._written.pop(id, None)


def _id(run: Run) -> RunId:
    assert run.started is not None
    return run.started.run


def _identity(row: NodeRow | RelationshipRow) -> tuple[object, ...]:
    return row.end if isinstance(row, NodeRow) else (row.start, row.type, row.end, row.key)


def _content(row: NodeRow | RelationshipRow) -> int:
    return hash(repr(row))
