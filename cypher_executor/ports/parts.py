"""Where parts are, shipped or brought."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cypher_executor.core.parts import Part
from cypher_executor.core.recipe import Digest


class ListedParts(Protocol):
    """The parts that exist, for those who want to know what there is."""

    def all(self) -> Sequence[Part]:
        """The newest version of every part, by name."""
        ...


class PartStore(ListedParts, Protocol):
    """The parts that exist. Looking up is from memory; only the bytes of a module may take time."""

    def find(self, name: str) -> Part | None:
        """The newest version of a part."""
        ...

    def by_digest(self, digest: Digest, name: str | None = None) -> Part | None:
        """The part whose module has this digest, older versions included.

        Several parts may have one module, with other grants each: with a `name` it is that part or none. Without, it
        is any of them, which is right only for what follows from the module.
        """
        ...

    async def module(self, digest: Digest) -> bytes:
        """The bytes of a module, verified against the digest.

        Raises `errors.NotFound` when it is not here or not what it was, `errors.ModuleRefused` when it is larger than
        it may be, and `errors.Unavailable` (`part_unavailable`) when it may be here later.
        """
        ...


@dataclass(frozen=True, slots=True)
class PartVersion:
    """A part as it was brought to this service. `made`: it came without a manifest, so one was made."""

    number: int
    part: Part
    made: bool
    created_us: int


class OwnParts(PartStore, Protocol):
    """The parts that this service keeps itself: those that were brought to it, and others that something needs.

    All changes raise `errors.Unavailable` when the storage fails.
    """

    def versions(self, name: str) -> Sequence[PartVersion]:
        """All versions of a part that was brought here, oldest first; empty when there is none of this name."""
        ...

    async def put(self, part: Part, module: bytes, *, made: bool, at_us: int) -> PartVersion:
        """A new version of a part, which becomes the newest."""
        ...

    async def delete(self, name: str) -> bool:
        """Forget the name; whether it was there. Its modules stay for whoever began with them."""
        ...

    async def keep(self, part: Part, module: bytes) -> None:
        """Have this part stay here under its digest, and under no name."""
        ...

    def holds(self, digest: Digest, name: str) -> bool:
        """Whether the part of this name with this module is here, and not about to be let go."""
        ...

    async def let_go(self, after_us: int, now_us: int) -> tuple[int, int]:
        """Let modules go that nothing has needed for so long; how many there were, and their bytes.

        Needed is what the newest version of a part has, what a version of a recipe pins, and what a run began with
        that is known here. Time counts from when nobody was first seen to need a module, so it takes two calls.
        """
        ...


def names_of(parts: Iterable[Part]) -> tuple[str, ...]:
    """The names of these parts, sorted."""
    return tuple(sorted(p.name for p in parts))
