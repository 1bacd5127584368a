"""Real runs for the graph: the engine over a journal in memory, with parts that are Python functions.

What the recipes here do is told by `functions`: whatever other part is used stays unanswered, as a long step does.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cypher_executor.adapters.memory import MemoryCatalog, MemoryJournal
from cypher_executor.core.commands import Execute
from cypher_executor.core.events import RunId
from cypher_executor.core.parts import Grants, Part
from cypher_executor.core.recipe import Digest, Value
from cypher_executor.engine import Engine
from cypher_executor.errors import Failure, NotFound
from cypher_executor.library import Library
from cypher_executor.mirror.mirror import Mirror
from cypher_executor.mirror.target import Target
from cypher_executor.ports import Inbox
from tests.cypher.known_parts import PARTS
from tests.engine.support import Functions, Hand, PartFunction

TENANT = "default"


class KnownParts:
    """The parts of the language's tests, with what one of them asks for."""

    def __init__(self) -> None:
        asks = {"http_request": Grants(http=("*",))}
        found = (replace(part, grants=asks.get(name, part.grants)) for name, part in PARTS.items())
        self._parts = {part.name: replace(part, digest=_digest(part)) for part in found}

    def find(self, name: str) -> Part | None:
        return self._parts.get(name)

    def by_digest(self, digest: Digest, name: str | None = None) -> Part | None:
        return next((part for part in self._parts.values() if part.digest == digest), None)

    def all(self) -> Sequence[Part]:
        return list(self._parts.values())

    async def module(self, digest: Digest) -> bytes:
        raise NotFound("the parts of this test have no module")


def _digest(part: Part) -> Digest | None:
    """Parts that run in the engine have no module."""
    return None if part.name in ("wait", "trigger_workflow") else Digest(f"sha256:{part.name}")


def fail(execute: Execute) -> Value:
    return Failure("http_503", "the other side is down", retryable=True)


FUNCTIONS: Mapping[str, PartFunction] = {
    "set": lambda execute: execute.input,
    "string_ops": lambda execute: {"result": "X"},
    "http_request": fail,
}


@dataclass
class World:
    """An engine, a library, a journal and a clock that stands still; mirrors of it are made by `mirror`."""

    functions: Mapping[str, PartFunction] = field(default_factory=lambda: FUNCTIONS)
    clock: Hand = field(default_factory=Hand)

    def __post_init__(self) -> None:
        texts: dict[str, str] = {}
        self.parts = KnownParts()
        self.journal = MemoryJournal(self.clock.now_us, texts)  # type: ignore[arg-type]
        self.catalog = MemoryCatalog(texts)  # type: ignore[arg-type]
        self.library = Library(self.catalog, self.parts, self.clock)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Engine]:
        def dispatcher(inbox: Inbox) -> Functions:
            return Functions(self.functions, self.clock, inbox)

        engine = Engine(
            journal=self.journal,
            recipes=self.library,
            parts=self.parts,
            clock=self.clock,
            calls={},
            dispatcher=dispatcher,
        )
        async with engine.running(drain_s=0):
            yield engine

    async def save(self, *texts: str) -> None:
        for text in texts:
            await self.library.save(TENANT, text)

    async def start(self, engine: Engine, name: str, given: Value = None, *, wait: bool = True) -> RunId:
        """A run of a stored recipe; waited for, unless it is one that stays open."""
        prepared = await self.library.prepare(TENANT, name, {} if given is None else given)
        started = await engine.start(prepared)
        if wait:
            await engine.wait(started.run, 10)
        return started.run

    def mirror(self, target: Target, source: str = "journal-1") -> Mirror:
        return Mirror(self.journal, self.catalog, self.parts, self.clock, target, source)


async def mirrored(mirror: Mirror) -> None:
    """Mirror until there is nothing left to mirror."""
    while await mirror.step():
        pass
