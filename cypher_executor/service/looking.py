"""Looking at one run on behalf of a caller, who sees no other tenant's: those look as if they were not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from cypher_executor.core.events import RunId
from cypher_executor.core.run import Run
from cypher_executor.errors import NotFound, nearest
from cypher_executor.ports import RunFilter
from cypher_executor.service.endpoint import Exchange
from cypher_executor.service.run_view import run_view, state_view

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
    address = exchange.house.settings.address
    return lambda run: run_view(run, address=address) | _turn(exchange, run)


def state_of(exchange: Exchange) -> Callable[[Run], dict[str, Any]]:
    """What of a run changes until it has ended, as it is shown to this caller."""
    return lambda run: state_view(run) | _turn(exchange, run)


def _turn(exchange: Exchange, run: Run) -> dict[str, Any]:
    """A run of a recipe with a limit has not begun before it is its turn, though what it begins with is known."""
    waits = run.started is not None and exchange.house.engine.waits_for_turn(run.started.run)
    return {"state": "pending"} if waits else {}
