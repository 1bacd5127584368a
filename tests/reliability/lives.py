"""A service that dies and is started again over the same data folder, seen from outside."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

READY_S = 60.0


class Launcher:
    """A process of `launcher.py`: one command of the product at a time. `said` is the end of what these have said."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.said: deque[str] = deque(maxlen=200)
        self._process = process
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._lines: asyncio.Queue[str] = asyncio.Queue()
        self.pid = process.pid
        self._tasks = [asyncio.create_task(self._hear()), asyncio.create_task(self._listen())]

    async def begin(
        self,
        argv: list[str],
        env: Mapping[str, str] | None = None,
        die_at: tuple[str, int] | None = None,
        full_while: Path | None = None,
    ) -> int:
        """Start a command; its process id."""
        assert self._process.stdin is not None
        while not self._lines.empty():
            self._lines.get_nowait()
        order = {"argv": argv, "env": dict(env or {}), "die_at": die_at}
        order["full_while"] = None if full_while is None else str(full_while)
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        await self._process.stdin.drain()
        return int(await self._next("pid"))

    async def ended(self) -> int:
        """Wait for the end of the command; its exit code, or minus the signal that ended it."""
        return int(await self._next("ended"))

    async def line(self) -> str:
        """The next line that the command says."""
        return await self._lines.get()

    def lines(self) -> list[str]:
        """What the command has said and nobody has taken yet."""
        return [self._lines.get_nowait() for _ in range(self._lines.qsize())]

    async def close(self) -> None:
        """End the launcher. Its command must have ended."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
        await asyncio.gather(*self._tasks)

    async def _next(self, what: str) -> Any:
        event = await self._events.get()
        assert what in event, f"{event} instead of {what}:\n{''.join(self.said)}"
        return event[what]

    async def _hear(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self._events.put_nowait(json.loads(line))
        self._events.put_nowait({"gone": True})

    async def _listen(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self.said.append(line.decode())
            self._lines.put_nowait(line.decode())


@contextlib.asynccontextmanager
async def launcher(within: Sequence[str] = ()) -> AsyncIterator[Launcher]:
    """A launcher that has loaded the product. `within` is a command that starts what follows it, somewhere else."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CYPHER_EXECUTOR_")}
    process = await asyncio.create_subprocess_exec(
        *within,
        sys.executable,
        "-m",
        "tests.reliability.launcher",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=1 << 24,
        env=clean,
    )
    one = Launcher(process)
    try:
        await one._next("ready")
        yield one
    finally:
        await one.close()


class Service:
    """`cypher-executor serve` over one data folder, one life after the other."""

    def __init__(self, starter: Launcher, folder: Path, full_while: Path | None = None, **settings: str) -> None:
        """`settings` by their names; the disk is full for it while the file `full_while` exists."""
        self.up = asyncio.Event()
        """Set while it is ready for requests, as far as is known."""
        self.url = ""
        self.pid = 0
        self._starter = starter
        self._folder = folder
        self._full_while = full_while
        self._env = {f"CYPHER_EXECUTOR_{name.upper()}": value for name, value in settings.items()}
        self._end: asyncio.Task[int] | None = None

    async def start(self, die_at: tuple[str, int] | None = None) -> bool:
        """Begin a life; whether it became ready before it ended."""
        argv = ["serve", "--port", "0", "--json", "--data-dir", str(self._folder)]
        self.pid = await self._starter.begin(argv, self._env, die_at, self._full_while)
        self._end = asyncio.create_task(self._starter.ended())
        ready = asyncio.create_task(self._ready())
        await asyncio.wait((ready, self._end), timeout=READY_S, return_when=asyncio.FIRST_COMPLETED)
        if self._end.done():
            ready.cancel()
            return False
        assert ready.done(), f"not ready after {READY_S} s:\n{self.said}"
        self.up.set()
        return True

    async def died(self, within_s: float) -> bool:
        """Wait for its end; whether that came within this time."""
        assert self._end is not None
        await asyncio.wait((self._end,), timeout=within_s)
        if self._end.done():
            self.up.clear()
        return self._end.done()

    async def kill(self) -> int:
        """End it at once; its exit code."""
        assert self._end is not None
        if not self._end.done():
            os.kill(self.pid, signal.SIGKILL)
        self.up.clear()
        return await self._end

    @property
    def said(self) -> str:
        """The end of what it has said."""
        return "".join(self._starter.said)

    def workers(self) -> list[int]:
        """The process ids of its workers."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(pid) for pid in children.read_text().split()] if children.exists() else []

    async def _ready(self) -> None:
        while True:
            line = await self._starter.line()
            if '"ready"' in line:
                self.url = str(json.loads(line)["url"]).rstrip("/")
                return
