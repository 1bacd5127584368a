"""Good runs at a rate: one small step each, asked for and answered over HTTP, each at its time whatever became of those
before it. What they take while something else goes on is what that costs others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from cypher_executor.bench.asking import Connection, connected, request

RECIPE = "CREATE (a:string_ops {operation: 'upper', text: $text}) RETURN a.result AS text"
_ASKED = b'{"text": "hello"}'
_CONNECTIONS = 40


async def store(url: str, recipes: dict[str, str]) -> None:
    """Store recipes by name, and the one of the good runs."""
    put = {"content-type": "text/plain"}
    async with connected(url, 1) as (connection,):
        for name, text in {"good": RECIPE, **recipes}.items():
            stored = await connection.ask(request("PUT", url, f"/recipes/{name}", text.encode(), put))
            assert stored.status in (200, 201), stored.body


async def good_runs(url: str, a_second: float, seconds: float) -> list[float]:
    """What each of them took, in milliseconds."""
    async with connected(url, _CONNECTIONS) as connections:
        return await _at_their_times(url, list(connections), a_second, int(seconds * a_second))


async def _at_their_times(url: str, free: list[Connection], a_second: float, count: int) -> list[float]:
    asked = request("POST", url, "/webhooks/named/good/trigger", _ASKED)
    turn = asyncio.Semaphore(len(free))
    times: list[float] = []

    async def one(due: float) -> None:
        async with turn:  # whoever has to wait for a connection was late, too
            connection = free.pop()
            answer = await connection.ask(asked)
            times.append((time.perf_counter() - due) * 1e3)
            assert answer.status == 200, answer.body
            free.append(connection)

    loop = asyncio.get_running_loop()
    began, tasks = loop.time(), []
    for number in range(count):
        tasks.append(asyncio.create_task(one(time.perf_counter())))
        await asyncio.sleep(max(0.0, began + (number + 1) / a_second - loop.time()))
    await asyncio.gather(*tasks)
    return times


def slowest(times: Sequence[float]) -> float:
    """The slowest percent begins here."""
    return sorted(times)[len(times) * 99 // 100]
