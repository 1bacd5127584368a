"""What `Modules` keeps while several read, compile and complain at the same time. The disk waits for the test."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, cast

from cypher_executor.adapters.dispatch_local.artifacts import Artifacts
from cypher_executor.adapters.dispatch_local.compilers import Compiled, Compilers
from cypher_executor.adapters.dispatch_local.modules import Modules
from cypher_executor.adapters.dispatch_local.orders import Order
from cypher_executor.core.events import RunId
from cypher_executor.core.recipe import Digest
from cypher_executor.ports import PartStore
from tests.contracts.test_dispatcher import execute

DIGEST = Digest("sha256:" + "0" * 64)
BAD, GOOD = b"for another engine", b"for this engine"


class SlowDisk(Artifacts):
    """A folder whose only file is bad. Each read waits until it is let go."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.reads: list[threading.Event] = []

    def read(self, name: str) -> bytes | None:
        gate = threading.Event()
        self.reads.append(gate)
        gate.wait(30)
        return BAD

    def write(self, name: str, code: bytes) -> None:
        assert code == GOOD


class Compiler:
    """Compiles everything to what is good."""

    compiled = 0

    async def compile(self, module: bytes, *, fuel: bool) -> Compiled:
        self.compiled += 1
        return Compiled(GOOD, b"engine")


class Store:
    """Has every module."""

    async def module(self, digest: Digest) -> bytes:
        return b"module"


class Kept:
    """`Modules`, and the orders that came back from it."""

    def __init__(self, folder: Path) -> None:
        self.disk, self.compiler = SlowDisk(folder), Compiler()
        self.ready: list[Order] = []
        self.tasks: set[asyncio.Task[None]] = set()
        self.modules = Modules(
            cast(PartStore, Store()),
            cast(Compilers, self.compiler),
            self.disk,
            self._spawn,
            self.ready.extend,
            lambda order, failure: None,
        )
        self.modules.fingerprint = b"engine"

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)

    async def bring(self, order: Order) -> None:
        """The order has its module afterwards."""
        if not self.modules.bring(order):
            await self.read(len(self.disk.reads))
            await asyncio.gather(*self.tasks)

    async def read(self, index: int) -> None:
        """Let the read of this number go, when it has begun."""
        while len(self.disk.reads) <= index:
            await asyncio.sleep(0.001)
        self.disk.reads[index].set()


def an_order(name: str) -> Order:
    run = RunId("run_1")
    return Order(run, execute(name, DIGEST), (run, name, ()), b"", 1000, fuel=False)


async def test_what_cannot_be_used_is_not_read_again_beside_the_first_reading(tmp_path: Path) -> None:
    kept, one = Kept(tmp_path), an_order("a")
    early = asyncio.create_task(kept.modules.prefetch(DIGEST, fuel=False))
    while not kept.disk.reads:
        await asyncio.sleep(0.001)
    await kept.bring(one)
    assert one.module is not None and one.module.code == BAD
    await kept.read(0)
    assert await early is one.module
    assert not kept.modules.replace(one)
    await asyncio.gather(*kept.tasks)
    assert one.module.code == GOOD and kept.compiler.compiled == 1


async def test_what_is_read_slowly_does_not_take_the_place_of_what_was_compiled_meanwhile(tmp_path: Path) -> None:
    kept, one = Kept(tmp_path), an_order("a")
    early = asyncio.create_task(kept.modules.prefetch(DIGEST, fuel=False))
    while not kept.disk.reads:
        await asyncio.sleep(0.001)
    await kept.bring(one)
    assert not kept.modules.replace(one)
    await asyncio.gather(*kept.tasks)
    await kept.read(0)
    assert await early is one.module
    assert one.module is not None and one.module.code == GOOD
    late = an_order("b")
    assert kept.modules.bring(late) and late.module is one.module


async def test_all_who_complain_of_one_stored_module_get_the_one_that_was_compiled(tmp_path: Path) -> None:
    kept, orders = Kept(tmp_path), [an_order(name) for name in "abc"]
    for one in orders:
        await kept.bring(one)
    first, second, late = orders
    assert not kept.modules.replace(first) and not kept.modules.replace(second)
    await asyncio.gather(*kept.tasks)
    assert kept.modules.replace(late)
    assert {one.module.code for one in orders if one.module is not None} == {GOOD}
    assert kept.compiler.compiled == 1
