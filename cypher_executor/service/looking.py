"""Looking at one run on behalf of a caller, who sees no other tenant's: those look as if they were not there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from cypher_executor.core.events import RunId
from cypher_executor.core.run import Run
from cypher_executor.errors import NotFound, nearest
from cypher_executor.ports import RunFilter
from cypher_executor.service.endpoint import Exchange
from cypher_executor.service.run_view import run_view

T = TypeVar("T")

_RECENT = 200
"""Among so many runs the one is looked for that a mistyped id may have meant."""


async def look_at(exchange: Exchange, look: Callable[[Run], T]) -> T:
    """What `look` gives, for the run of the path. Raises NotFound for one that this caller may not see."""
    tenant, run = exchange.caller.tenant, RunId(exchange.path["id"])

    def of_this_tenant(found: Run) -> tuple[T] | None:
        return (look(found),) if found.started is not None and found.started.tenant == tenant else None

    seen = await exchange.house.engine.inspect(run, of_this_tenant)
    if seen is None:
        recent = await exchange.house.journal.list_runs(RunFilter(tenant=tenant, limit=_RECENT))
        near = nearest(run, [summary.id for summary in recent])
        raise NotFound(f"there is no run {run!r}", code="unknown_run", did_you_mean=near)
    return seen[0]


def whole_run(exchange: Exchange) -> Callable[[Run], dict[str, Any]]:
    """How a run is shown to this caller."""
    return partial(run_view, address=exchange.house.settings.address)
