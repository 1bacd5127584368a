"""A program that asks of WASI preview 1 what the public test suite asks, through a C library that is not ours."""

from __future__ import annotations

import asyncio
from pathlib import Path

from cypher_executor.core.events import AttemptSucceeded
from cypher_executor.core.parts import Limits
from tests.contracts.test_dispatcher import Bench

MODULE = Path(__file__).parent / "programs" / "preview1.wasm"


async def outcome() -> object:
    bench = Bench(1)
    await bench.dispatcher.start()
    try:
        return await bench.one(MODULE.read_bytes(), Limits(), input={})
    finally:
        await bench.dispatcher.close()


def test_every_expectation_of_a_program_holds_in_a_worker() -> None:
    event = asyncio.run(outcome())
    assert isinstance(event, AttemptSucceeded), event
    assert isinstance(event.output, dict) and len(event.output) >= 25
    assert [name for name, holds in event.output.items() if holds is not True] == []
