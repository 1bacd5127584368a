"""A catalog of recipes that tells when what a name points at has changed, before whoever changed it goes on.

So a recipe that has been accepted has its schedules. Without that - a crash in between - they are found to be behind
when the service starts again, and the caller was never told that the recipe is stored.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from cypher_executor.core.recipe import Digest
from cypher_executor.ports import Catalog, RecipeVersion

Listener = Callable[[str, str], Awaitable[None]]
"""Hears of a tenant and a name. What it raises reaches whoever made the change, which is made nevertheless."""


class AnnouncedCatalog:
    """`ports.Catalog` over another one. `listener` may be set once there is somebody who listens."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.listener: Listener | None = None

    async def save(self, tenant: str, name: str, digest: Digest, text: str, at_us: int, **more: Any) -> RecipeVersion:
        """See `ports.Catalog`."""
        version = await self._catalog.save(tenant, name, digest, text, at_us, **more)
        await self._announce(tenant, name)
        return version

    async def current(self, tenant: str, name: str) -> RecipeVersion | None:
        """See `ports.Catalog`."""
        return await self._catalog.current(tenant, name)

    async def versions(self, tenant: str, name: str) -> Sequence[RecipeVersion]:
        """See `ports.Catalog`."""
        return await self._catalog.versions(tenant, name)

    async def list_current(self, tenant: str) -> Sequence[RecipeVersion]:
        """See `ports.Catalog`."""
        return await self._catalog.list_current(tenant)

    async def point(self, tenant: str, name: str, version: int) -> RecipeVersion | None:
        """See `ports.Catalog`."""
        found = await self._catalog.point(tenant, name, version)
        await self._announce(tenant, name)
        return found

    async def delete(self, tenant: str, name: str) -> bool:
        """See `ports.Catalog`."""
        known = await self._catalog.delete(tenant, name)
        await self._announce(tenant, name)
        return known

    async def text(self, digest: Digest) -> str | None:
        """See `ports.Catalog`."""
        return await self._catalog.text(digest)

    async def _announce(self, tenant: str, name: str) -> None:
        if self.listener is not None:
            await self.listener(tenant, name)
