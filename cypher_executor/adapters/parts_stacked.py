"""Several places for parts as one: a name means the part of the first place that has it.

A module may be in several places. The next one is asked when one cannot give it, so a part that something keeps runs
although the file that it came from has been changed, and one that is cached runs although S3 is down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cypher_executor.core.parts import Part
from cypher_executor.core.recipe import Digest
from cypher_executor.errors import CypherExecutorError, NotFound, Unavailable
from cypher_executor.ports import PartStore


class StackedParts:
    """`ports.PartStore` over others, the first first."""

    def __init__(self, stores: Sequence[PartStore]) -> None:
        self._stores = tuple(stores)

    def find(self, name: str) -> Part | None:
        """The part of this name."""
        return next((part for store in self._stores if (part := store.find(name)) is not None), None)

    def by_digest(self, digest: Digest, name: str | None = None) -> Part | None:
        """The part whose module has this digest, of several the one of this name."""
        for store in self._stores:
            if (part := store.by_digest(digest, name)) is not None:
                return part
        return None

    def all(self) -> Sequence[Part]:
        """The part of every name, by name."""
        named = {part.name: part for store in reversed(self._stores) for part in store.all()}
        return [named[name] for name in sorted(named)]

    async def module(self, digest: Digest) -> bytes:
        """The bytes of a module. When all places fail and one of them may have it later, that is what is raised."""
        failures: list[CypherExecutorError] = []
        for store in self._knowing(digest):
            try:
                return await store.module(digest)
            except (NotFound, Unavailable) as failure:
                failures.append(failure)
        later = next((failure for failure in failures if failure.retryable), None)
        raise later or next(iter(failures), None) or NotFound(f"no part has a module with the digest {digest}")

    @property
    def disabled(self) -> Mapping[str, str]:
        """The parts that cannot be run, by name, each with the reason."""
        found: dict[str, str] = {}
        for store in reversed(self._stores):
            found |= getattr(store, "disabled", {})
        return found

    def _knowing(self, digest: Digest) -> Iterator[PartStore]:
        return (store for store in self._stores if store.by_digest(digest) is not None)
