"""A catalog of recipes that tells when what a name points at has changed, before whoever changed it goes on.

So a recipe that has been accepted has its schedules. Without that - a crash in between - they are found to be behind
when the service starts again, and the caller was never told that the recipe is stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from cypher_executor.core.recipe import Digest, Value
from cypher_executor.ports import Catalog, RecipeVersion

T = TypeVar("T")

Listener = Callable[[str, str], Awaitable[None]]
"""Hears of a tenant and a name. What it raises reaches whoever made the change, which is made nevertheless."""


class AnnouncedCatalog:
    """`ports.Catalog` over another one. `listener` may be set once there is somebody who listens."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.listener: Listener | None = None
        self._going_on: set[asyncio.Task[Any]] = set()
        self.changes = 0
        """Grows before and after every change: what was read under one number is right as long as that stays."""

    async def save(self, tenant: str, name: str, digest: Digest, text: str, at_us: int, **more: Any) -> RecipeVersion:
        """See `ports.Catalog`."""
        return await self._announced(tenant, name, self._catalog.save(tenant, name, digest, text, at_us, **more))

    async def current(self, tenant: str, name: str) -> RecipeVersion | None:
        """See `ports.Catalog`."""
        return await self._catalog.current(tenant, name)

    async def versions(self, tenant: str, name: str) -> Sequence[RecipeVersion]:
        """See `ports.Catalog`."""
        return await self._catalog.versions(tenant, name)

    async def tenants(self) -> Sequence[str]:
        """See `ports.Catalog`."""
        return await self._catalog.tenants()

    async def list_current(self, tenant: str) -> Sequence[RecipeVersion]:
        """See `ports.Catalog`."""
        return await self._catalog.list_current(tenant)

    async def point(self, tenant: str, name: str, version: int) -> RecipeVersion | None:
        """See `ports.Catalog`."""
        return await self._announced(tenant, name, self._catalog.point(tenant, name, version))

    async def using(self, part: str) -> Sequence[RecipeVersion]:
        """See `ports.Catalog`."""
        return await self._catalog.using(part)

    async def set_bill(self, tenant: str, name: str, version: int, bill: Mapping[str, Value]) -> None:
        """See `ports.Catalog`. No version becomes another one by that, so there is nothing to tell."""
        await self._catalog.set_bill(tenant, name, version, bill)

    async def delete(self, tenant: str, name: str) -> bool:
        """See `ports.Catalog`."""
        return await self._announced(tenant, name, self._catalog.delete(tenant, name))

    async def text(self, digest: Digest) -> str | None:
        """See `ports.Catalog`."""
        return await self._catalog.text(digest)

    async def _announced(self, tenant: str, name: str, change: Coroutine[Any, Any, T]) -> T:
        """Make a change and tell of it. A caller who goes away stops neither."""
        task = asyncio.create_task(self._make(tenant, name, change))
        self._going_on.add(task)
        task.add_done_callback(self._going_on.discard)
        return await asyncio.shield(task)

    async def _make(self, tenant: str, name: str, change: Coroutine[Any, Any, T]) -> T:
        self.changes += 1
        try:
            changed = await change
        finally:
            self.changes += 1
        await self._announce(tenant, name)
        return changed

    async def _announce(self, tenant: str, name: str) -> None:
        if self.listener is not None:
            await self.listener(tenant, name)
