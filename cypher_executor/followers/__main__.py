"""`python -m cypher_executor.followers`: the program of a follower, started by `process.FollowerProcess`."""

from __future__ import annotations

import asyncio
import ctypes
import fcntl
import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from cypher_executor import files
from cypher_executor.adapters.clock import SystemClock
from cypher_executor.adapters.sqlite import OpenToRead, SqliteFollowable, SqliteReadCatalog
from cypher_executor.cypher.tables import use_cache
from cypher_executor.followers import messages
from cypher_executor.followers.messages import LONGEST, Message
from cypher_executor.followers.serving import Mirroring, Relayed, ToldParts, Work, serve
from cypher_executor.mirror.mirror import Mirror
from cypher_executor.mirror.source import source_of
from cypher_executor.mirror.target import Target

NICENESS = 5
"""A third of what the service gets, where both want the same processor."""
GRAPH_AT_ONCE = 200
"""Events that the graph for queries takes in one step: so few, because a question waits for the step that is on."""
HOLD_S = 10.0
"""For how long a follower waits for one that was there before it. That one dies with its service."""
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Follow until standard input ends."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the service is told, and ends this one when it has ended itself
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    os.nice(NICENESS)
    gc.freeze()
    # What is printed by accident must not be taken for a message.
    out = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    asyncio.run(_main(lambda message: _write(out, messages.line(message))))


async def _main(tell: Callable[[Message], None]) -> None:
    logging.getLogger().handlers[:] = [Relayed(tell)]
    lines = await _standard_input()
    begin, parts = messages.read(await lines.readline())["begin"], ToldParts()
    if os.getppid() != begin["parent"]:
        return  # it died before it could be noticed
    logging.getLogger().setLevel(begin["log_level"])
    parts.take(messages.read(await lines.readline())["parts"])
    if (tables := files.cached("grammar")) is not None:
        use_cache(tables)
    folder = Path(begin["data_dir"])
    with (folder / f"{begin['what']}.follower").open("ab") as held:
        _hold(held.fileno())
        async with AsyncExitStack() as stack:
            database = OpenToRead(folder)
            stack.push_async_callback(database.close)
            target, work = _WORK[begin["what"]](begin, database, parts)
            stack.push_async_callback(target.close)
            await serve(lines, tell, work, parts)


def _graph(begin: Message, database: OpenToRead, parts: ToldParts) -> tuple[Target, Work]:
    from cypher_executor.adapters.sqlite.graph import FILE_NAME, SqliteGraph
    from cypher_executor.queries.keeper import Keeper
    from cypher_executor.queries.sweeping import sweep

    graph = SqliteGraph(Path(begin["data_dir"], FILE_NAME))
    mirror = _mirror(begin, database, parts, graph, at_once=GRAPH_AT_ONCE)
    return graph, Keeper(mirror, SystemClock(), partial(sweep, graph, SqliteFollowable(database)))


def _neo4j(begin: Message, database: OpenToRead, parts: ToldParts) -> tuple[Target, Work]:
    from cypher_executor.adapters.neo4j.connection import Address, Connection
    from cypher_executor.adapters.neo4j.target import Neo4jTarget

    target = Neo4jTarget(Connection(Address(**begin["neo4j"])))
    return target, Mirroring(_mirror(begin, database, parts, target))


_WORK = {"graph": _graph, "neo4j": _neo4j}


def _mirror(
    begin: Message, database: OpenToRead, parts: ToldParts, target: Target, *, at_once: int | None = None
) -> Mirror:
    source = source_of(Path(begin["data_dir"]))
    journal, catalog = SqliteFollowable(database), SqliteReadCatalog(database)
    return Mirror(journal, catalog, parts, SystemClock(), target, source, at_once=at_once)


async def _standard_input() -> asyncio.StreamReader:
    lines = asyncio.StreamReader(limit=LONGEST)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    return lines


def _hold(descriptor: int) -> None:
    """One follower at a time writes into a graph. The kernel lets go of this with the process. Raises OSError."""
    until = time.monotonic() + HOLD_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


if __name__ == "__main__":
    main()
