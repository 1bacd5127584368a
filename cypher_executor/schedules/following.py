"""The schedules that are kept are those that the current versions of the recipes declare."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from cypher_executor.core.recipe import Digest, Recipe
from cypher_executor.core.schedules import Declared
from cypher_executor.core.triggers import Schedule
from cypher_executor.errors import CypherExecutorError, Unavailable
from cypher_executor.ports import Catalog, Clock, Recipes
from cypher_executor.schedules.store import ScheduleStore

_log = logging.getLogger(__name__)

TRIES = 100
"""How often a recipe is read anew because it has changed meanwhile."""


class Following:
    """Brings the store up to what the catalog says."""

    def __init__(self, store: ScheduleStore, catalog: Catalog, recipes: Recipes, clock: Clock) -> None:
        self._store = store
        self._catalog = catalog
        self._recipes = recipes
        self._clock = clock

    async def follow(self, tenant: str, name: str) -> None:
        """Keep the schedules of the current version of this name, and no others of it.

        Raises Unavailable, and what the library raises for a recipe that cannot be read.
        """
        for _ in range(TRIES):
            version = await self._catalog.current(tenant, name)
            recipe = None if version is None else await self._recipes.by_digest(version.digest)
            now_us = self._clock.now_us()
            declared = [] if recipe is None else [_declared(node, each, now_us) for node, each in schedules_in(recipe)]
            digest: Digest | None = None if version is None else version.digest
            if await self._store.declare(tenant, name, digest, declared, now_us):
                return
        raise Unavailable(f"the recipe {name!r} changes all the time: its schedules cannot be read")

    async def catch_up(self) -> None:
        """Follow whatever was changed when nobody listened. A recipe that cannot be read keeps what it has."""
        for tenant, name in await self._store.behind():
            try:
                await self.follow(tenant, name)
            except Unavailable:
                raise
            except CypherExecutorError as error:
                _log.error("the schedules of recipe %r stay as they are: %s", name, error.message)


def schedules_in(recipe: Recipe) -> Iterator[tuple[str, Schedule]]:
    """The schedules that a recipe declares, by the names of their triggers."""
    return ((each.name, each.settings) for each in recipe.triggers if isinstance(each.settings, Schedule))


def _declared(node: str, settings: Schedule, now_us: int) -> Declared:
    # Loaded when there is a schedule: a service without any starts without it.
    from cypher_executor.triggers.times import next_fire

    return Declared(node, settings, next_fire(settings, now_us))
