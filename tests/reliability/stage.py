"""A service, an outside client and a sink, with the recipes stored: where the proofs with real processes happen."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import recoveries
from tests.reliability import checker, load
from tests.reliability.client import Client, session
from tests.reliability.diary import Diary
from tests.reliability.lives import Launcher, Service, launcher
from tests.reliability.sink import Sink


@dataclass(slots=True)
class Stage:
    """Who is there. `told` has the bodies that came to `/tell` of the sink."""

    starter: Launcher
    service: Service
    client: Client
    sink: Sink
    told: deque[Mapping[str, Any]]
    data: Path
    problems: list[str] = field(default_factory=list)
    """What the journal showed after each start."""

    async def rise(self) -> None:
        """Begin a life of the service, and look at what it has recovered."""
        self.sink.life += 1
        assert await self.service.start(), f"the service does not start:\n{self.service.said}"
        self.problems += await asyncio.to_thread(recoveries.inspected, self.data, f"life {self.sink.life}")

    async def store_recipes(self) -> None:
        """Store what the load asks for."""
        for name, text in load.texts(f"http://{self.sink.address}"):
            await self.client.put(f"/recipes/{name}", text)

    async def stop(self) -> list[str]:
        """Tell the service to stop; what is wrong with how it did, and with what it has recovered."""
        os.kill(self.service.pid, signal.SIGTERM)
        await self.service.died(30)
        code = await self.service.kill()
        return self.problems + ([f"the service ended with {code}:\n{self.service.said}"] if code else [])


@contextlib.asynccontextmanager
async def stage(
    folder: Path, data: Path, *, within: Sequence[str] = (), full_while: Path | None = None, **more: str
) -> AsyncIterator[Stage]:
    """All of them, until the block is left. The diaries are in `folder`, the service's data in `data`; `more` are
    settings of the service by name."""
    told: deque[Mapping[str, Any]] = deque()
    diaries = client_diary, sink_diary = Diary(folder / checker.CLIENT), Diary(folder / checker.SINK)
    async with launcher(within) as starter, Sink(sink_diary, told.append) as sink, session() as connections:
        settings = {"egress_allow": sink.address, "workers": "2", "seeds": "false", **more}
        service = Service(starter, data, full_while, **settings)
        one = Stage(starter, service, Client(service, client_diary, connections), sink, told, data)
        try:
            await one.rise()
            await one.store_recipes()
            yield one
        finally:
            await service.kill()
    for diary in diaries:
        diary.close()
