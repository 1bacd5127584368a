"""What the engine's tests stand on: the real engine over a journal in memory whose disk the test holds in its hand.

`Disk` is a journal that keeps its answers back until the test lets it go, so "not yet synced" is a state and not a
race. `Functions` is a dispatcher whose parts are Python functions. Time stands still unless the test moves it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cypher_executor.adapters.memory import MemoryJournal
from cypher_executor.core.commands import Execute
from cypher_executor.core.events import AttemptFailed, AttemptSucceeded, CallRequested, Event, RunId
from cypher_executor.core.parts import Part
from cypher_executor.core.recipe import Digest, Recipe, Value
from cypher_executor.engine import Engine
from cypher_executor.engine.admission import Bounds
from cypher_executor.engine.steering import Misfit
from cypher_executor.errors import Failure, NotFound, Unavailable
from cypher_executor.ports import CallHandler, Entry, FoundLong, Inbox, Outcome, Outputs, Prepared


class Hand:
    """A clock that the test moves by hand."""

    def __init__(self) -> None:
        self.us = 1_000_000_000
        self._runs = 0

    def now_us(self) -> int:
        return self.us

    def new_run_id(self) -> RunId:
        self._runs += 1
        return RunId(f"run_{self._runs:026d}")


class Disk(MemoryJournal):
    """A journal in memory that confirms only while `open`, and fails while `broken`."""

    def __init__(self, now_us: Callable[[], int]) -> None:
        super().__init__(now_us)
        self.texts = self._texts
        self.groups: list[Sequence[Entry]] = []
        self.broken = False
        self.reopened = 0
        self._gate = asyncio.Event()
        self._gate.set()

    @property
    def healthy(self) -> bool:  # type: ignore[override]
        return not self.broken

    def forget_after(self, run: RunId, version: int) -> None:
        """As if the power had gone before these events of the run were written."""
        del self._runs[run][version:]
        self._summaries[run] = replace(self._summaries[run], state="running", ended_us=None)

    def hold(self) -> None:
        self._gate.clear()

    def release(self) -> None:
        self._gate.set()

    def append(self, entries: Sequence[Entry]) -> asyncio.Future[Sequence[Outcome]]:
        self.groups.append(entries)
        if self.broken:
            refused: asyncio.Future[Sequence[Outcome]] = asyncio.get_running_loop().create_future()
            refused.set_exception(Unavailable("the disk is full", code="journal_unavailable"))
            return refused
        return asyncio.ensure_future(self._later(super().append(entries)))

    async def reopen(self) -> None:
        if self.broken:
            raise Unavailable("the disk is still full", code="journal_unavailable")
        self.reopened += 1

    async def _later(self, written: Awaitable[Sequence[Outcome]]) -> Sequence[Outcome]:
        await self._gate.wait()
        if self.broken:
            raise Unavailable("the sync failed", code="journal_unavailable")
        return await written


class Calls(Exception):
    """Raised by a part function to call out."""

    def __init__(self, request: Mapping[str, Value]) -> None:
        self.request = request


PartFunction = Callable[[Execute], Value]


class Functions:
    """A dispatcher whose parts are functions from an Execute to an output; they may raise `Calls` or return a Failure.

    A part that is not among them stays unanswered, which is what a long step looks like.
    """

    def __init__(self, functions: Mapping[str, PartFunction], clock: Hand, inbox: Inbox) -> None:
        self._functions = functions
        self._clock = clock
        self._inbox = inbox
        self.executed: list[tuple[RunId, Execute]] = []
        self.long: set[str] = set()
        """The nodes of those that were thought to take long."""
        self.interrupted: list[tuple[RunId, str]] = []

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    def run_many(self, batch: Sequence[tuple[RunId, Execute]], *, long: bool = False) -> None:
        self.executed.extend(batch)
        self.long.update(execute.node for _, execute in batch if long)
        answers = [(run, self._answer(execute)) for run, execute in batch if execute.part in self._functions]
        if answers:
            asyncio.get_running_loop().call_soon(self._inbox, answers)

    def tell_long(self, hear: FoundLong) -> None:
        self.found_long = hear

    def interrupt(self, run: RunId, node: str, item: tuple[int, ...]) -> None:
        self.interrupted.append((run, node))

    def names(self) -> list[str]:
        return [execute.node for _, execute in self.executed]

    def _answer(self, e: Execute) -> Event:
        now_us = self._clock.now_us()
        about = {"at_us": now_us, "node": e.node, "item": e.item, "attempt": e.attempt, "started_us": now_us}
        try:
            output = self._functions[e.part](e)
        except Calls as call:
            return CallRequested(**about, number=len(e.tape), request=call.request)  # type: ignore[arg-type]
        if isinstance(output, Failure):
            return AttemptFailed(**about, failure=output)  # type: ignore[arg-type]
        return AttemptSucceeded(**about, output=output)  # type: ignore[arg-type]


class Shelf:
    """Parts: whatever name is asked for exists, and its digest is its name."""

    def find(self, name: str) -> Part | None:
        return Part(name, "1", "a part of a test", Digest(name), pure=True)

    def by_digest(self, digest: Digest, name: str | None = None) -> Part | None:
        return self.find(str(digest))

    def all(self) -> Sequence[Part]:
        return []

    async def module(self, digest: Digest) -> bytes:
        raise NotFound("the parts of this test have no module")


class Book:
    """Recipes by name and digest."""

    def __init__(self, **recipes: Recipe) -> None:
        self.forgotten: set[str] = set()
        self.recipes = {name: replace(recipe, digest=Digest(f"sha256:{name}")) for name, recipe in recipes.items()}

    async def prepare(self, tenant: str, name: str, given: Value) -> Prepared:
        if name not in self.recipes or name in self.forgotten:
            raise NotFound(f"there is no recipe {name!r}", code="unknown_recipe")
        return Prepared(self.recipes[name], given, name, 1)

    async def by_digest(self, digest: Digest) -> Recipe:
        for recipe in self.recipes.values():
            if recipe.digest == digest:
                return recipe
        raise NotFound(f"there is no recipe {digest!r}", code="unknown_recipe")


@dataclass
class Bench:
    """The engine of one test and everything around it. Several engines, one after the other, may share the disk."""

    book: Book
    functions: Mapping[str, PartFunction]
    calls: Mapping[str, CallHandler] = field(default_factory=dict)
    bounds: Bounds | None = None
    misfit: Misfit = lambda schema, value: None
    workers: int | None = None
    parts: Shelf = field(default_factory=Shelf)
    outputs: Outputs | None = None
    clock: Hand = field(default_factory=Hand)
    disk: Disk = field(init=False)
    dispatcher: Functions = field(init=False)

    def __post_init__(self) -> None:
        self.disk = Disk(self.clock.now_us)

    def engine(self) -> Engine:
        def dispatcher(inbox: Inbox) -> Functions:
            self.dispatcher = Functions(self.functions, self.clock, inbox)
            return self.dispatcher

        return Engine(
            journal=self.disk,
            recipes=self.book,
            parts=self.parts,
            clock=self.clock,
            calls=self.calls,
            dispatcher=dispatcher,
            bounds=self.bounds,
            misfit=self.misfit,
            workers=self.workers,
            outputs=self.outputs,
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Engine]:
        async with self.engine().running(drain_s=0) as engine:
            yield engine


async def settle() -> None:
    """Let everything happen that can happen without time passing or the disk moving."""
    for _ in range(50):
        await asyncio.sleep(0)
