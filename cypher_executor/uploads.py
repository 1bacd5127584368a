"""Parts that are brought to a running service: what is looked at before they may run, and when they may go again.

A part comes as a module, with a manifest or without; then one is made, for a part that takes any map and asks for
nothing. A module is compiled in a process of its own before anything else is made of it. A part that asks for grants
needs the word of an operator, and so does each version that asks for more than the last one; all others are taken as
they are, because a part without grants can do nothing but compute.

Names of parts from elsewhere (those that ship, the operator's folder) cannot be taken: what a recipe says must not
change its meaning. A name goes away when no current recipe uses it; modules stay for whoever began with them. That is
also what `keep` is for: parts from elsewhere, as they were when a recipe was stored or a run began. Modules that nobody
is left for go with `let_go`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from cypher_executor.core.parts import Grants, Part, asks_more
from cypher_executor.core.recipe import Digest
from cypher_executor.errors import Conflict, NotFound, RequestInvalid, Unavailable, module_too_large, nearest
from cypher_executor.partkit.manifest import part_of, plain_part, refuse_name
from cypher_executor.partkit.module import MAX_MODULE_BYTES, admit
from cypher_executor.ports import Catalog, Clock, OwnParts, PartStore, PartVersion, names_of

Compile = Callable[[bytes], Awaitable[None]]
"""Compiles a module somewhere else. Raises ModuleRefused."""

Changed = Callable[[str], Awaitable[None]]
"""Hears that the part of this name is another one now."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A part as it was sent. Without a manifest, one is made."""

    module: bytes
    manifest: str | None = None
    examples: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """The version that a part is now; `fresh` unless it was that before."""

    version: PartVersion
    fresh: bool


class Uploads:
    """See the top. `elsewhere` are the parts whose names are taken, `parts` are all. `developed` has the names of parts
    that somebody is working at, see `library`.
    """

    def __init__(
        self,
        own: OwnParts,
        elsewhere: PartStore,
        parts: PartStore,
        catalog: Catalog,
        clock: Clock,
        *,
        compile_: Compile,
        changed: Changed,
        developed: set[str],
        most_module_bytes: int = MAX_MODULE_BYTES,
    ) -> None:
        self._own = own
        self._elsewhere = elsewhere
        self._parts = parts
        self._catalog = catalog
        self._clock = clock
        self._compile = compile_
        self._changed = changed
        self._developed = developed
        self._most_module_bytes = most_module_bytes
        self._changing = asyncio.Lock()

    # --- coming and going ---------------------------------------------------------------------------------------------

    async def put(self, name: str, sent: Sent, *, approve: bool = False, develop: bool = False) -> Taken:
        """Take a part as the newest version of its name. With `approve`, what it asks for is granted.

        With `develop`, stored recipes use it at once; otherwise they do when they are stored again. Raises Conflict
        (`part_name_taken`, `approval_needed`), ModuleRefused, or RequestInvalid for a wrong manifest.
        """
        _refuse_name(name)
        if self._elsewhere.find(name) is not None:
            message = f"the name {name!r} belongs to a part that ships, or lies in the operator's folder; take another"
            raise Conflict(message, code="part_name_taken")
        part = await self._read(name, sent)
        async with self._changing:
            last, made = self._last(name), sent.manifest is None
            if made:
                part = replace(part, version=f"0.0.{last.number + 1 if last else 1}")
            if last is not None and _same(last, part, made=made):
                taken = Taken(last, fresh=False)
            else:
                _check_approved(part, last, approve=approve)
                version = await self._own.put(part, sent.module, made=made, at_us=self._clock.now_us())
                taken = Taken(version, fresh=True)
            (self._developed.add if develop else self._developed.discard)(name)
            await self._changed(name)
        return taken

    async def delete(self, name: str) -> None:
        """Forget a part that was brought here. Raises NotFound, or Conflict (`part_in_use`)."""
        async with self._changing:
            self.versions(name)
            users = await self._catalog.using(name)
            if users:
                listed = ", ".join(sorted({version.name for version in users}))
                raise Conflict(
                    f"the part {name!r} is used by {listed}: store them without it, or delete them, first",
                    code="part_in_use",
                )
            await self._own.delete(name)
            self._developed.discard(name)
            await self._changed(name)

    def versions(self, name: str) -> Sequence[PartVersion]:
        """The versions of a part that was brought here, oldest first. Raises NotFound."""
        found = self._own.versions(name)
        if not found:
            what = "was not brought to this service" if self._parts.find(name) else "does not exist"
            near = nearest(name, names_of(self._own.all()))
            raise NotFound(f"the part {name!r} {what}", code="unknown_part", did_you_mean=near)
        return found

    async def keep(self, pins: Mapping[str, Digest]) -> None:
        """Have these modules stay, whatever becomes of their parts. Raises Unavailable when one is not to be had."""
        for name, digest in pins.items():
            part = self._parts.by_digest(digest, name)
            if part is None or self._own.holds(digest, name):
                continue
            try:
                module = await self._parts.module(digest)
            except NotFound as missing:
                raise Unavailable(missing.message, code="part_unavailable") from None
            await self._own.keep(part, module)

    async def let_go(self, after_us: int) -> tuple[int, int]:
        """Let modules go that nothing has needed for so long; how many there were, and their bytes."""
        return await self._own.let_go(after_us, self._clock.now_us())

    # --- small helps --------------------------------------------------------------------------------------------------

    async def _read(self, name: str, sent: Sent) -> Part:
        if len(sent.module) > self._most_module_bytes:
            raise module_too_large(len(sent.module), self._most_module_bytes)
        await self._compile(sent.module)
        return await asyncio.to_thread(_part, name, sent)

    def _last(self, name: str) -> PartVersion | None:
        found = self._own.versions(name)
        return found[-1] if found else None


def _part(name: str, sent: Sent) -> Part:
    pure = admit(sent.module, len(sent.module)).pure
    if sent.manifest is None:
        return plain_part(name, sent.module, pure=pure)
    return part_of(name, sent.manifest, sent.examples, sent.module, pure=pure)


def _same(last: PartVersion, part: Part, *, made: bool) -> bool:
    if made:
        return last.made and last.part.digest == part.digest
    return not last.made and replace(part, examples=tuple(part.examples)) == last.part


def _check_approved(part: Part, last: PartVersion | None, *, approve: bool) -> None:
    asked = asks_more(part.grants, last.part.grants if last is not None else Grants())
    if asked and not approve:
        than = "more than its last version" if last is not None else "what nobody has granted it yet"
        raise Conflict(f"the part {part.name!r} asks for {than}: {'; '.join(asked)}", code="approval_needed")


def _refuse_name(name: str) -> None:
    if (why := refuse_name(name)) is not None:
        raise RequestInvalid(why, code="invalid_name")
