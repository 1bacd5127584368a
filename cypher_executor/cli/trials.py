"""Runs the examples of parts in the worker processes that run them in a service, all of them at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cypher_executor.adapters.clock import SystemClock
from cypher_executor.adapters.dispatch_local.answers import passable
from cypher_executor.adapters.dispatch_local.compilers import CompileLimits
from cypher_executor.adapters.dispatch_local.dispatcher import LocalDispatcher
from cypher_executor.core.commands import Execute
from cypher_executor.core.events import AttemptFailed, AttemptSucceeded, CallRequested, Event, RunId
from cypher_executor.core.parts import Example, Part
from cypher_executor.core.recipe import Digest
from cypher_executor.errors import Failure
from cypher_executor.partkit.examples import problem_of
from cypher_executor.partkit.manifest import PartFolder
from cypher_executor.ports import PartStore
from cypher_executor.settings import load_settings

PART_ERROR = "part:"


@dataclass(frozen=True, slots=True)
class Trial:
    """One example of one part, and what is wrong with it, if anything is."""

    part: str
    title: str
    problem: str | None


def problems_of(tried: Iterable[Trial]) -> list[str]:
    """What to tell of those that are wrong: once what is wrong with several in the same way."""
    alike: dict[tuple[str, str], list[str]] = {}
    for one in tried:
        if one.problem is not None:
            alike.setdefault((one.part, one.problem), []).append(one.title)
    return [f"{part}: {_titles(titles)}: {problem}" for (part, problem), titles in alike.items()]


def _titles(titles: list[str]) -> str:
    return titles[0] if len(titles) == 1 else f"{titles[0]} (and {len(titles) - 1} more)"


async def try_folder(found: PartFolder) -> list[Trial]:
    """Run the examples of a part that was read from its folder, whatever other parts there are."""
    return await try_all(_Only(found.part, found.read_module()), [found.part])


@dataclass(frozen=True, slots=True)
class _Only:
    """A `ports.PartStore` with one part."""

    part: Part
    code: bytes

    def find(self, name: str) -> Part | None:
        return self.part if name == self.part.name else None

    def by_digest(self, digest: Digest, name: str | None = None) -> Part | None:
        return self.part if digest == self.part.digest else None

    def all(self) -> Sequence[Part]:
        return [self.part]

    async def module(self, digest: Digest) -> bytes:
        return self.code


async def try_all(store: PartStore, parts: Sequence[Part]) -> list[Trial]:
    """Run every example of these parts."""
    examples = [(part, example) for part in parts for example in part.examples]
    loop = asyncio.get_running_loop()
    waiting: dict[RunId, asyncio.Future[Event]] = {
        RunId(f"example_{i}"): loop.create_future() for i in range(len(examples))
    }

    def take(answers: Sequence[tuple[RunId, Event]]) -> None:
        for run, event in answers:
            if not waiting[run].done():
                waiting[run].set_result(event)

    limits = CompileLimits(module_mb=load_settings().max_module_mb)
    dispatcher = LocalDispatcher(store, take, SystemClock(), compile_limits=limits)
    await dispatcher.start()
    try:
        orders = zip(waiting, examples, strict=True)
        dispatcher.run_many([(run, _order(part, example)) for run, (part, example) in orders])
        events = [await answer for answer in waiting.values()]
    finally:
        await dispatcher.close()
    pairs = zip(examples, events, strict=True)
    return [Trial(part.name, example.title, _problem(part, example, event)) for (part, example), event in pairs]


def _order(part: Part, example: Example) -> Execute:
    assert part.digest is not None, "parts of the engine have no examples to run"
    return Execute(
        node=part.name,
        attempt=1,
        part=part.name,
        digest=part.digest,
        input=example.input,
        tape=tuple(example.calls),
        clock_us=0,
        seed=example.title,
    )


def _problem(part: Part, example: Example, event: Event) -> str | None:
    match event:
        case AttemptSucceeded(output=output):
            got = output
        case AttemptFailed(failure=failure) if (code := _reported(part, example, failure)) is not None:
            got = {"error": {"code": code, "message": failure.message, "retryable": failure.retryable}}
        case AttemptFailed(failure=failure):
            said = str((failure.details or {}).get("stderr", "")).strip()
            return f"{failure.code}: {failure.message}" + (f"; it logged:\n{said}" if said else "")
        case CallRequested(request=request):
            return f"asks for {json.dumps(request, ensure_ascii=False)}, which is not on the tape"
        case _:
            return "the worker was lost"
    return problem_of(example, b"", lambda *_: json.dumps(got).encode())


def _reported(part: Part, example: Example, failure: Failure) -> str | None:
    """The code that the part itself wrote; None for a failure that the sandbox found.

    What a part passes on from its last call keeps its code; every other code of a part stands behind `part:`.
    """
    if failure.code.startswith(PART_ERROR):
        return failure.code.removeprefix(PART_ERROR)
    return failure.code if failure.code in passable(_order(part, example)) else None
