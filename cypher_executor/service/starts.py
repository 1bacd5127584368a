"""Starting runs on behalf of callers: the idempotency key, the answer, and how long it may take.

A key is looked up before anything of the request is checked, because a repeated request must get its run even when
the recipe has changed since, or is gone. What decides between two requests at the same moment is the journal: it
writes the claim of a key together with the first event of the run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import Response

from cypher_executor.core.events import FINAL_STATES, RunId
from cypher_executor.core.fingerprint import fingerprint
from cypher_executor.core.recipe import Value
from cypher_executor.engine import Started
from cypher_executor.engine.children import claim_of_key
from cypher_executor.errors import Conflict, NotFound
from cypher_executor.ports import Claim, Prepared
from cypher_executor.service.endpoint import Exchange, reply
from cypher_executor.service.headers import idempotency_key
from cypher_executor.service.looking import whole_run

SENT_ALONG = "/cypher"
"""The scope of keys of recipes without a stored name. No name has a `/`, so it is nobody else's."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be run: a recipe by name or as text, with this input."""

    input: Value
    trigger: dict[str, Value]
    recipe: str | None = None
    cypher: str | None = None
    name: str | None = None


async def start(exchange: Exchange, asked: Asked, claim: Claim | None = None) -> Started:
    """Begin the run, or find the one that the same claim began: the one given, or that of the caller's key.

    Returns when it is on disk.
    """
    claim = claim or _claim(exchange, asked)
    found = await begun_before(exchange, claim)
    if found is not None:
        return found
    found_recipe = await prepared(exchange, asked)
    tenant = exchange.caller.tenant
    return await exchange.house.engine.start(found_recipe, tenant=tenant, trigger=asked.trigger, claim=claim)


async def seen(exchange: Exchange, run: RunId) -> dict[str, Any]:
    """The run as it is now, for a run that is known to be there."""
    view = await exchange.house.engine.inspect(run, whole_run(exchange))
    if view is None:
        raise NotFound(f"there is no run {run!r}", code="unknown_run")
    return view


async def ended_within(exchange: Exchange, run: RunId, limit_s: float) -> dict[str, Any]:
    """The run, once it has ended or the limit has passed."""
    if limit_s > 0:
        ended = await exchange.waiting.until_ended(exchange.house.engine, run, limit_s)
        if ended is not None:
            return whole_run(exchange)(ended)
    return await seen(exchange, run)


def answer(status: int, view: dict[str, Any], **headers: str) -> Response:
    """A run as an answer, with its address."""
    return reply(status, view, location=f"/runs/{view['id']}", **headers)


def has_ended(view: dict[str, Any]) -> bool:
    """Whether this is the run's final state."""
    return view["state"] in FINAL_STATES


def _claim(exchange: Exchange, asked: Asked) -> Claim | None:
    key = idempotency_key(exchange.headers)
    if key is None:
        return None
    recipe = asked.recipe if asked.recipe is not None else SENT_ALONG
    what = asked.recipe if asked.recipe is not None else f"cypher:{asked.cypher}"
    return claim_of_key(exchange.caller.tenant, recipe, key, fingerprint(what, asked.input))


async def begun_before(exchange: Exchange, claim: Claim | None) -> Started | None:
    """The run that the same claim began. Raises Conflict when it was made for something else."""
    holder = None if claim is None else await exchange.house.journal.claimed(claim)
    if holder is None:
        return None
    if not holder.same:
        message = f"the key was used before, for {holder.run} with another recipe or input: choose a new key"
        raise Conflict(message, code="idempotency_conflict")
    return Started(holder.run, fresh=False)


def with_input(asked: Asked, given: Value) -> Asked:
    """The same, with this input."""
    return replace(asked, input=given)


async def prepared(exchange: Exchange, asked: Asked) -> Prepared:
    """What is asked for, found and checked."""
    library = exchange.house.library
    if asked.cypher is not None:
        return await library.prepare_text(asked.cypher, asked.input, asked.name)
    assert asked.recipe is not None
    return await library.prepare(exchange.caller.tenant, asked.recipe, asked.input)
