"""Starting runs that begin with results of another one: forks, and runs of a part of a recipe.

As with every start, the key of a request is looked up before anything of it is checked (`starts`).
"""

from __future__ import annotations

from typing import Any

from cypher_executor.core.events import RunId, RunStarted
from cypher_executor.core.fingerprint import fingerprint
from cypher_executor.core.recipe import Recipe, Value
from cypher_executor.core.run import Run
from cypher_executor.engine import Started
from cypher_executor.engine.children import claim_of_key
from cypher_executor.engine.derived import Derived
from cypher_executor.errors import NotFound, RequestInvalid
from cypher_executor.inputs import admit
from cypher_executor.ports import Claim, Prepared
from cypher_executor.service import requests, starts
from cypher_executor.service.endpoint import Exchange
from cypher_executor.service.headers import idempotency_key
from cypher_executor.service.starts import Asked

_Source = tuple[RunStarted, Recipe]


async def fork(exchange: Exchange, body: requests.ForkRun) -> Started:
    """Begin a fork of the run of the path; or find the one that the same key began."""
    source, given = RunId(exchange.path["id"]), body.model_dump(mode="json", exclude_unset=True)
    claim = _claim(exchange, f"/fork of {source}", given)
    found = await starts.begun_before(exchange, claim)
    if found is not None:
        return found
    about, recipe = await _source(exchange, source)
    prepared = await _version(exchange, body, about, recipe)
    same = body.cypher is None and body.version is None
    derived = Derived(source=source, node=body.step, item=tuple(body.item), same_parts=same)
    return await _begin(exchange, prepared, about.trigger, claim, derived)


async def start_part(exchange: Exchange, asked: Asked, body: requests.StartRun) -> Started:
    """Begin a run of the nodes that `only` selects, with values of `values_from`; or find that of the same key."""
    assert body.only is not None
    given = body.model_dump(mode="json", exclude_unset=True)
    claim = _claim(exchange, body.recipe or starts.SENT_ALONG, given)
    found = await starts.begun_before(exchange, claim)
    if found is not None:
        return found
    trigger: Any = asked.trigger
    source = None if body.values_from is None else RunId(body.values_from)
    if source is not None:
        about, _ = await _source(exchange, source)
        trigger = about.trigger
        asked = asked if "input" in body.model_fields_set else starts.with_input(asked, about.input)
    prepared = await starts.prepared(exchange, asked)
    only = _selected(exchange.caller.tenant, prepared, body.only)
    return await _begin(exchange, prepared, trigger, claim, Derived(source=source, only=only))


async def _begin(
    exchange: Exchange, prepared: Prepared, trigger: Any, claim: Claim | None, derived: Derived
) -> Started:
    tenant = exchange.caller.tenant
    return await exchange.house.engine.start(prepared, tenant=tenant, trigger=trigger, claim=claim, derived=derived)


def _selected(tenant: str, prepared: Prepared, query: str) -> tuple[str, ...]:
    from cypher_executor.graph.recipes import Version  # With the compiler, which a service begins without.
    from cypher_executor.graph.selecting import selected

    recipe = prepared.recipe
    return selected(query, Version(tenant, prepared.name, prepared.version, recipe.digest, recipe.text), recipe)


def _claim(exchange: Exchange, scope: str, given: Value) -> Claim | None:
    key = idempotency_key(exchange.headers)
    if key is None:
        return None
    return claim_of_key(exchange.caller.tenant, scope, key, fingerprint(scope, given))


async def _source(exchange: Exchange, run: RunId) -> _Source:
    """How the other run began, and its recipe. Raises NotFound for one that this caller may not see."""

    def look(found: Run) -> _Source | None:
        about = found.started
        return None if about is None or about.tenant != exchange.caller.tenant else (about, found.recipe)

    seen = await exchange.house.engine.inspect(run, look)
    if seen is None:
        raise NotFound(f"there is no run {run!r}", code="unknown_run")
    return seen


async def _version(exchange: Exchange, body: requests.ForkRun, about: RunStarted, recipe: Recipe) -> Prepared:
    """What a fork is to run: what the run ran, another version of it, or a text; with its input or another one."""
    library, given = exchange.house.library, body.input if "input" in body.model_fields_set else about.input
    if body.cypher is not None:
        return await library.prepare_text(body.cypher, given, about.name)
    if body.version is None:
        return Prepared(recipe, admit(recipe.input_schema, given), about.name, about.version)
    if about.name is None:
        message = "the run is of a recipe that was sent along, which has no versions: send the new text as `cypher`"
        raise RequestInvalid(message, code="fork_misfit")
    if body.version == "newest":
        return await library.prepare(about.tenant, about.name, given)
    version = await library.version(about.tenant, about.name, body.version)
    stored = await library.by_digest(version.digest, version.text)
    return Prepared(stored, admit(stored.input_schema, given), version.name, version.version, version.pins)
