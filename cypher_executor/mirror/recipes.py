"""Versions of recipes and parts for the mirror: looked up now and then, because their changes are no events."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from cypher_executor.core.events import RunStarted
from cypher_executor.core.recipe import Digest, Recipe
from cypher_executor.graph.parts import part_rows
from cypher_executor.graph.recipes import Version, current_rows, recipe_end, version_rows
from cypher_executor.graph.rows import End, Rows, together
from cypher_executor.ports import ListedParts, ReadCatalog, RecipeVersion

ReadRecipe = Callable[[Digest], Awaitable[Recipe | None]]


class KnownRecipes:
    """Which versions and parts were written, and what is new."""

    def __init__(self, catalog: ReadCatalog, parts: ListedParts, read: ReadRecipe) -> None:
        self._catalog = catalog
        self._parts = parts
        self._read = read
        self._tenants = {"default"}
        self._current: dict[tuple[str, str], RecipeVersion] = {}
        self._written: set[End] = set()
        self._digests: dict[str, Digest | None] = {}

    def forget(self) -> None:
        """Nothing counts as written any more."""
        self._current.clear()
        self._written.clear()
        self._digests.clear()

    async def news(self) -> Rows:
        """What the catalog and the parts say and was not written yet."""
        found = [self._new_parts()]
        for tenant in sorted({*self._tenants, *await self._catalog.tenants()}):
            listed = {version.name: version for version in await self._catalog.list_current(tenant)}
            for name in {n for t, n in self._current if t == tenant} - listed.keys():
                found.append(current_rows(_of(self._current.pop((tenant, name)), current=False)))
            for version in listed.values():
                found.append(await self._moved(version))
        return together(found)

    async def of_run(self, started: RunStarted) -> Rows:
        """The version that a run was started with, unless it was written."""
        self._tenants.add(started.tenant)
        end = recipe_end(started.tenant, started.name, started.version, started.recipe)
        if end in self._written:
            return Rows()
        text = await self._catalog.text(started.recipe)
        if text is None:
            return Rows()
        named = None if started.version is None else started.name
        return await self._version(Version(started.tenant, named, started.version, started.recipe, text))

    async def _moved(self, version: RecipeVersion) -> Rows:
        """A name whose current version changed: all of its versions that are new, and which one is current."""
        key = (version.tenant, version.name)
        before = self._current.get(key)
        if before is not None and before.version == version.version:
            return Rows()
        versions = await self._catalog.versions(*key)
        found = [await self._version(_of(v, current=v.version == version.version)) for v in versions]
        found += [current_rows(_of(v, current=v.version == version.version)) for v in versions]
        self._current[key] = version
        return together(found)

    async def _version(self, version: Version) -> Rows:
        if version.end in self._written:
            return Rows()
        recipe = await self._read(version.digest)
        if recipe is None:
            return Rows()
        self._written.add(version.end)
        return version_rows(version, recipe)

    def _new_parts(self) -> Rows:
        found = [part for part in self._parts.all() if self._digests.get(part.name, "") != part.digest]
        self._digests.update((part.name, part.digest) for part in found)
        return together(part_rows(part) for part in found)


def _of(version: RecipeVersion, *, current: bool) -> Version:
    named = (version.tenant, version.name, version.version, version.digest, version.text)
    return Version(*named, created_us=version.created_us, current=current)
