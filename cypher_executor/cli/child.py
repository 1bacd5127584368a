"""A service in a process of its own, for as long as a block lasts: this same program, on a free port."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cypher_executor.cli import terminal
from cypher_executor.errors import Unavailable

READY_S = 30.0
STOP_S = 15.0
KEPT_LINES = 20
SETTINGS = {"CYPHER_EXECUTOR_SEEDS": "true", "CYPHER_EXECUTOR_LOG_LEVEL": "warning"}


@dataclass(frozen=True, slots=True)
class Service:
    """A service that runs beside this process."""

    url: str
    pid: int


@contextlib.asynccontextmanager
async def service(data_dir: Path, *, workers: int | None = None) -> AsyncIterator[Service]:
    """A service that is ready, with so many workers (one per core when not given).

    It is told to stop at the end, and stops by itself should this process die. Raises Unavailable with the service's
    own words when it does not become ready.
    """
    command = ("-m", "cypher_executor", "serve", "--json", "--stop-with-stdin", "--host", "127.0.0.1", "--port", "0")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        "--data-dir",
        str(data_dir),
        *(() if workers is None else ("--workers", str(workers))),
        env={**os.environ, **SETTINGS},
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        # Ctrl-C is for this process; it ends the service itself, in order.
        process_group=0,
    )
    try:
        url = await _ready(process)
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(_listen(process))
            yield Service(url, process.pid)
            listening.cancel()
    finally:
        await _stop(process)


async def _ready(process: asyncio.subprocess.Process) -> str:
    said: list[str] = []
    assert process.stderr is not None
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(READY_S):
            while line := await process.stderr.readline():
                event = _event(line)
                if event.get("event") == "ready":
                    return str(event["url"])
                said.append(_told(event) or line.decode("utf-8", "replace").rstrip())
    raise Unavailable("\n".join(["the service did not start", *said[-KEPT_LINES:]]), code="service_not_started")


async def _listen(process: asyncio.subprocess.Process) -> None:
    """Pass on what the service says, so that it never has to wait for a reader. It only says what is wrong."""
    assert process.stderr is not None
    while line := await process.stderr.readline():
        terminal.note(line.decode("utf-8", "replace").rstrip())


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(STOP_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _told(event: Mapping[str, Any]) -> str | None:
    """What an error says, when this is one."""
    error = event.get("error")
    return str(error.get("detail")) if isinstance(error, dict) else None


def _event(line: bytes) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}
