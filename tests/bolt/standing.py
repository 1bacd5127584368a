"""Bolt over a graph that stands still, on a real port, in a thread of its own: for clients that block."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cypher_executor.compat.desk import Desk
from cypher_executor.compat.procedures import About
from cypher_executor.cypher.query import Graph, MemoryGraph
from cypher_executor.queries import Questions
from tests.bolt.answering import Deeds
from tests.bolt.talking import serving
from tests.engine.support import Hand


@dataclass
class Standing:
    """The graph that is asked; another one may be put in its place. It is its own follower and store."""

    graph: Graph

    def start(self) -> None: ...

    async def catch_up(self) -> float:
        return 0.0

    async def stop(self) -> None: ...

    def snapshot(self, tenant: str) -> StandingSnapshot:
        return StandingSnapshot(self.graph)

    async def close(self) -> None: ...


@dataclass
class StandingSnapshot:
    graph: Graph

    def close(self) -> None: ...


@contextlib.contextmanager
def standing() -> Iterator[tuple[Standing, str]]:
    """What is asked, and the address of Bolt."""
    asked, listener = Standing(MemoryGraph()), socket.create_server(("127.0.0.1", 0))
    begun, loop = threading.Event(), asyncio.new_event_loop()
    ended = asyncio.Event()

    async def serve() -> None:
        questions = Questions(asked, asked, Hand())  # type: ignore[arg-type]
        desk = Desk(questions, Deeds(), _about())
        async with serving(desk).listening(listener):
            begun.set()
            await ended.wait()
        await desk.close()
        await questions.close()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert begun.wait(20)
        yield asked, f"bolt://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()


def _about() -> About:
    nothing: Any = lambda: ()  # noqa: E731
    return About("0", "5.26.0", "journal", "2026-01-01T00:00:00Z", lambda: "", lambda: False, lambda: 0, nothing)
