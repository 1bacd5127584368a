"""Recipes by name and version, and a recipe made ready to be run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cypher_executor.core.recipe import Digest, Recipe, Value


@dataclass(frozen=True, slots=True)
class RecipeVersion:
    """A stored recipe: a name points at its newest version unless it was rolled back."""

    tenant: str
    name: str
    version: int
    digest: Digest
    text: str
    created_us: int
    pins: Mapping[str, Digest] = field(default_factory=dict)
    """The modules of its parts when it was stored: its runs use them whatever has become of the parts since."""
    bill: Mapping[str, Value] | None = None
    """What it could reach when it was stored (`cypher.bill`); None for one that was stored before there were bills."""


class ReadCatalog(Protocol):
    """The recipes that have names, and the text of every recipe that a run was ever started with, to be read."""

    async def versions(self, tenant: str, name: str) -> Sequence[RecipeVersion]:
        """All versions, oldest first; empty for an unknown name."""
        ...

    async def tenants(self) -> Sequence[str]:
        """Everybody who has a recipe, in order."""
        ...

    async def list_current(self, tenant: str) -> Sequence[RecipeVersion]:
        """The current version of every name, by name."""
        ...

    async def text(self, digest: Digest) -> str | None:
        """The text of a recipe that was stored under a name or used by a run."""
        ...


class Catalog(ReadCatalog, Protocol):
    """The recipes that have names, to be read and changed."""

    async def save(
        self,
        tenant: str,
        name: str,
        digest: Digest,
        text: str,
        at_us: int,
        *,
        pins: Mapping[str, Digest] | None = None,
        bill: Mapping[str, Value] | None = None,
    ) -> RecipeVersion:
        """A new version of `name`, which becomes the current one. The same text with the same `pins` again gives the
        version it has, with this bill."""
        ...

    async def current(self, tenant: str, name: str) -> RecipeVersion | None:
        """The version that `name` points at."""
        ...

    async def point(self, tenant: str, name: str, version: int) -> RecipeVersion | None:
        """Make an earlier version the current one; None if there is no such version."""
        ...

    async def using(self, part: str) -> Sequence[RecipeVersion]:
        """The current versions, of every tenant, that run the part of this name."""
        ...

    async def set_bill(self, tenant: str, name: str, version: int, bill: Mapping[str, Value]) -> None:
        """What a version can reach has changed, because what it starts has."""
        ...

    async def delete(self, tenant: str, name: str) -> bool:
        """Forget the name. Runs keep their recipes."""
        ...


@dataclass(frozen=True, slots=True)
class Prepared:
    """A recipe that may be run with this input: found, checked, its defaults filled in.

    `name` and `version` are None for a recipe that was sent along with the request.
    """

    recipe: Recipe
    input: Value
    name: str | None = None
    version: int | None = None
    pins: Mapping[str, Digest] = field(default_factory=dict)
    """The modules that this version's parts are; a part without one is what it is when the run starts."""


class Recipes(Protocol):
    """From names, texts and digests to recipes that can be run."""

    async def prepare(self, tenant: str, name: str, given: Value) -> Prepared:
        """The current version of `name`, with this input checked against its schema.

        Raises `errors.NotFound` (code `unknown_recipe`) or `errors.RequestInvalid` (code `input_invalid`).
        """
        ...

    async def by_digest(self, digest: Digest) -> Recipe:
        """A recipe that a run was started with. Raises `errors.NotFound` or `errors.RecipeInvalid`."""
        ...
