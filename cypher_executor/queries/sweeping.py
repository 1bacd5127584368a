"""Runs that the journal has forgotten leave the graph, too: looked for a page at a time, now and then."""

from __future__ import annotations

import asyncio

from cypher_executor.core.events import RunId
from cypher_executor.ports import Followable
from cypher_executor.queries.store import Store

PAGE = 500
REST_S = 0.05
"""Between two pages: nobody waits for this."""


async def sweep(store: Store, journal: Followable) -> int:
    """Drop what is not there any more; gives how many runs. Raises Unavailable."""
    last, dropped = "", 0
    while page := await store.runs_behind(last, PAGE):
        there = await journal.still_there([RunId(run) for run in page])
        gone = [run for run in page if run not in there]
        if gone:
            await store.drop_runs(gone)
        last, dropped = page[-1], dropped + len(gone)
        await asyncio.sleep(REST_S)
    return dropped
