"""Acting on the runs that a query finds: which they are, what would become of each, and what became of it.

A run that is as it is wanted already is left alone, so the same request may be made again: after a failure in between
it does what is left. One run that cannot be steered holds up no other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cypher_executor.core.events import RunId
from cypher_executor.core.run import Run
from cypher_executor.cypher.query import Limits, Node, Path
from cypher_executor.engine import Engine
from cypher_executor.errors import Conflict, CypherExecutorError, RequestInvalid
from cypher_executor.service.answers import Fate
from cypher_executor.service.endpoint import Exchange
from cypher_executor.service.query_view import evaluating
from cypher_executor.service.requests import Action, ActOnRuns

AT_ONCE = 50
"""Runs that are steered at the same time: their wishes share the syncs of the journal."""
ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became, or would become, of one run. `message` says why nothing did."""

    run: RunId
    recipe: str | None
    state: str | None
    outcome: Fate
    code: str | None = None
    message: str | None = None


async def found_runs(exchange: Exchange, asked: ActOnRuns) -> Sequence[RunId]:
    """The runs in the rows of the query, each once, in their order. Raises RequestInvalid when there are too many, or
    when its rows hold no runs though there are rows."""
    limits = Limits(rows=ROWS, steps=10_000_000, bytes=64 * 2**20, seconds=30.0)
    tenant = exchange.caller.tenant
    with evaluating():
        table = await exchange.house.questions.ask(asked.where, asked.parameters, tenant=tenant, limits=limits)
        async with table:
            rows = await table.all()
    runs = list(dict.fromkeys(_runs(value for row in rows for value in row)))
    if rows and not runs:
        message = "the query gives no runs: let it return them as nodes, as in MATCH (r:Run:Failed) RETURN r"
        raise RequestInvalid(message, code="no_runs_returned")
    if len(runs) > asked.limit:
        message = f"the query finds {len(runs):,} runs, and at most {asked.limit:,} are to be acted on"
        raise RequestInvalid(message, code="too_many_found", next_actions=["raise `limit`, or ask for fewer"])
    if asked.expect is not None and asked.expect != len(runs):
        message = f"the query finds {len(runs):,} runs now, and not {asked.expect:,}: nothing was done"
        raise Conflict(message, code="selection_changed", next_actions=["look at them again with `dry_run`"])
    return runs


async def outcomes(exchange: Exchange, asked: ActOnRuns, runs: Sequence[RunId]) -> Sequence[Outcome]:
    """What becomes of these runs, in their order."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(run: RunId) -> Outcome:
        async with turns:
            return await _one(exchange, asked, run)

    return await asyncio.gather(*map(one, runs))


async def _one(exchange: Exchange, asked: ActOnRuns, run: RunId) -> Outcome:
    engine = exchange.house.engine
    about: tuple[str | None, str | None] = (None, None)
    try:
        seen = await engine.inspect(run, lambda found: _Seen.of(found, exchange.caller.tenant))
        if seen is None:
            return Outcome(run, *about, "refused", "unknown_run", "it is not there any more")
        about = (seen.recipe, seen.state)
        left = _left_alone(asked.action, seen)
        if left is not None:
            fate, code, message = left
            return Outcome(run, *about, fate, code, message)
        if asked.dry_run:
            return Outcome(run, *about, "would")
        if not await _DEEDS[asked.action](engine, run, asked):
            return Outcome(run, *about, "refused", "run_ended", "it ended just before")
        state = await engine.inspect(run, lambda found: found.state)
        return Outcome(run, seen.recipe, state, "done")
    except CypherExecutorError as error:
        return Outcome(run, *about, "refused", error.code, error.message)


@dataclass(frozen=True, slots=True)
class _Seen:
    recipe: str | None
    state: str
    ended: bool
    paused: bool

    @staticmethod
    def of(run: Run, tenant: str) -> _Seen | None:
        """None for a run of another tenant."""
        if run.started is None or run.started.tenant != tenant:
            return None
        return _Seen(run.started.name, run.state, run.ended is not None, run.held)


def _left_alone(action: Action, seen: _Seen) -> tuple[Fate, str, str] | None:
    """Why nothing is to be done to a run."""
    if action == "retry":
        if not seen.ended:
            return "unchanged", "run_not_ended", "it goes on"
        return ("refused", "run_succeeded", "it has succeeded") if seen.state == "succeeded" else None
    if seen.ended:
        as_wanted = action == "cancel" and seen.state == "cancelled"
        return ("unchanged" if as_wanted else "refused"), "run_ended", f"it has ended: {seen.state}"
    if action == "pause" and seen.paused:
        return "unchanged", "run_paused", "it is paused already"
    if action == "resume" and not seen.paused:
        return "unchanged", "run_not_paused", "nobody paused it"
    return None


async def _retried(engine: Engine, run: RunId, asked: ActOnRuns) -> bool:
    await engine.retry(run, asked.reason)
    return True


_DEEDS: Mapping[Action, Callable[[Engine, RunId, ActOnRuns], Awaitable[bool]]] = {
    "cancel": lambda engine, run, asked: engine.cancel(run, asked.reason, tree=asked.tree),
    "pause": lambda engine, run, asked: engine.pause(run, asked.reason),
    "resume": lambda engine, run, asked: engine.resume(run),
    "retry": _retried,
}


def _runs(values: Iterable[Any]) -> Iterable[RunId]:
    """In the order in which a reader meets them."""
    todo = list(values)[::-1]
    while todo:
        match todo.pop():
            case Node(labels=labels) as node if "Run" in labels:
                yield RunId(str(node.values.get("id")))
            case Path(nodes=nodes):
                todo += reversed(nodes)
            case list() as inner:
                todo += reversed(inner)
            case dict() as inner:
                todo += reversed(inner.values())
