"""A sandbox in this process, with a watchdog that really watches."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cypher_executor.worker.admission import compiled
from cypher_executor.worker.engine import configured_engine
from cypher_executor.worker.frames import Execution
from cypher_executor.worker.limits import THREAD_STACK, Watchdog
from cypher_executor.worker.sandbox import Result, Sandbox

EXECUTION = Execution(
    number=1,
    module=0,
    timeout_ms=60_000,
    memory_mb=64,
    output_kb=1024,
    fuel=None,
    clock_us=1_700_000_000_000_000,
    seed=b"seed",
    tape=(),
    input=b"{}",
)

Run = Callable[..., Result | None]


@pytest.fixture(scope="session")
def watchdog() -> Iterator[Watchdog]:
    ours, theirs = socket.socketpair()
    watchdog = Watchdog(theirs)
    watching = threading.Thread(target=watchdog.watch)
    watching.start()
    yield watchdog
    ours.close()
    watching.join()
    theirs.close()
    watchdog.close()


@pytest.fixture(scope="session")
def sandbox(watchdog: Watchdog) -> Sandbox:
    return Sandbox(watchdog)


@pytest.fixture(scope="session")
def run(sandbox: Sandbox) -> Run:
    """Run a module once, in a thread with the stack that a worker has; keywords change the execution."""

    def run(code: bytes, **changed: Any) -> Result | None:
        loaded = sandbox.load(compile_module(code))
        return in_thread(lambda: sandbox.run(loaded, EXECUTION._replace(**changed)))

    return run


def compile_module(code: bytes, *, fuel: bool = False) -> bytes:
    """What a compiler makes of a module. Raises ModuleRefused."""
    return compiled(configured_engine(fuel=fuel), code)


def in_thread(work: Callable[[], Result | None]) -> Result | None:
    """What `work` gives or raises, in a new thread with a large stack."""
    before = threading.stack_size(THREAD_STACK)
    try:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(work).result()
    finally:
        threading.stack_size(before)
