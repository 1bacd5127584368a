"""Which runs of a recipe share a limit (`concurrency_limit`, `concurrency_key` of the recipe)."""

from __future__ import annotations

from functools import partial

from cypher_executor.core.commands import Place
from cypher_executor.core.events import RunStarted
from cypher_executor.core.fingerprint import canonical
from cypher_executor.core.recipe import Recipe, Scope
from cypher_executor.core.secret_handles import handle


def place_of_run(recipe: Recipe, started: RunStarted) -> Place | None:
    """What a run needs a place among before anything of it is begun; None where nothing limits it.

    Always the same for the same run. Raises ExpressionError when its key has no value.
    """
    share = recipe.share
    if share is None or share.key is None:
        return None if share is None else (share.limit, "")
    scope = Scope(
        value_of=lambda name: None,
        params=started.input if isinstance(started.input, dict) else {},
        input=started.input,
        trigger=started.trigger,
        at_us=started.at_us,
        seed=f"{started.run}:concurrency_key",
        secret=partial(handle, started.seed, started.run),
    )
    key = share.key.evaluate(scope)
    return None if key is None else (share.limit, canonical(key))
