"""The follower's side: does as it is told, line by line, and tells how it stands."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Protocol

from cypher_executor.core.part_record import read_part
from cypher_executor.core.parts import Part
from cypher_executor.errors import CypherExecutorError, Unavailable
from cypher_executor.followers import messages
from cypher_executor.followers.messages import Message
from cypher_executor.mirror.mirror import Mirror

STATUS_EVERY_S = 0.25
STOP_S = 5.0
"""How long a write that is under way may take at the end; the next follower writes it again."""

Tell = Callable[[Message], None]


class ToldParts:
    """The parts that the service has told of last. A `ports.ListedParts`."""

    def __init__(self) -> None:
        self._parts: Sequence[Part] = ()

    def take(self, records: Sequence[Message]) -> None:
        """These are all parts now."""
        self._parts = [read_part(record) for record in records]

    def all(self) -> Sequence[Part]:
        """See `ports.ListedParts`."""
        return self._parts


class Work(Protocol):
    """What a follower does."""

    mirror: Mirror

    def start(self) -> None:
        """Begin; returns at once."""
        ...

    async def catch_up(self) -> float:
        """See `queries.keeper.Follower`."""
        ...

    async def stop(self) -> None:
        """End it, after what is being written."""
        ...


class Mirroring:
    """Mirrors on and on, at once; nobody waits for it to catch up."""

    def __init__(self, mirror: Mirror) -> None:
        self.mirror = mirror
        self._stopping = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """See `Work`."""
        self._running = asyncio.create_task(self.mirror.run(self._stopping))

    async def catch_up(self) -> float:
        """See `Work`."""
        raise Unavailable("nobody waits for this mirror", code="graph_unavailable")

    async def stop(self) -> None:
        """See `Work`."""
        self._stopping.set()
        if self._running is not None:
            await self._running


async def serve(lines: asyncio.StreamReader, tell: Tell, work: Work, parts: ToldParts) -> None:
    """Work until there are no more lines. Raises what brings the work down."""
    work.start()
    answering: set[asyncio.Task[None]] = set()
    telling = asyncio.create_task(_tell_status(work.mirror, tell))
    try:
        while given := await lines.readline():
            message = messages.read(given)
            if "parts" in message:
                parts.take(message["parts"])
            elif "catch_up" in message:
                task = asyncio.create_task(_answer(message["catch_up"], work, tell))
                answering.add(task)
                task.add_done_callback(answering.discard)
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                await work.stop()
        for task in (telling, *answering):
            task.cancel()


async def _answer(number: int, work: Work, tell: Tell) -> None:
    try:
        behind_ms = await work.catch_up()
    except CypherExecutorError as error:
        failed = error if isinstance(error, Unavailable) else Unavailable(error.message, code=error.code)
        tell({"caught_up": number, "failure": messages.told(failed)})
    else:
        tell({"caught_up": number, "behind_ms": behind_ms})


async def _tell_status(mirror: Mirror, tell: Tell) -> None:
    before = None
    while True:
        now = asdict(mirror.status)
        if now != before:
            tell({"status": now})
            before = now
        await asyncio.sleep(STATUS_EVERY_S)


class Relayed(logging.Handler):
    """Log records for the service's log."""

    def __init__(self, tell: Tell) -> None:
        super().__init__()
        self._tell = tell
        self.setFormatter(logging.Formatter())

    def emit(self, record: logging.LogRecord) -> None:
        """See logging.Handler."""
        self._tell({"log": {"level": record.levelno, "logger": record.name, "text": self.format(record)}})
