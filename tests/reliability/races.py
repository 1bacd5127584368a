"""The proofs by races: many callers of one address, many requests under one key, and a `kill -9` in the middle."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Any

from tests.reliability import checker
from tests.reliability.load import Request
from tests.reliability.proofs import Task, Verdict
from tests.reliability.stage import Stage, stage

CALLERS, DUPLICATES = 8, 20
WAITS, KEYS = (200, 10_000), (60, 1_000)
"""How many waits, and how many keys, the short and the full measure have."""
AT_ONCE = 32
"""How many starts, or waits that are called, are under way at once."""
PAGE = 200


def callbacks(task: Task) -> Verdict:
    """Every wait is called by several callers at once, each with a body of its own: one is accepted."""
    requests = [Request(number, "doorbell", 1, False) for number in range(WAITS[task.full])]
    return asyncio.run(_play(task.folder, requests, _ring, f"waits with {CALLERS} callers each"))


def keys(task: Task) -> Verdict:
    """Every key is used by many callers at once: each has one run."""
    requests = [Request(number, "fan", DUPLICATES, False) for number in range(KEYS[task.full])]
    return asyncio.run(_play(task.folder, requests, _use_keys, f"keys with {DUPLICATES} duplicates each"))


async def _play(folder: Path, requests: list[Request], race: Any, what: str) -> Verdict:
    data, problems = folder / "data", list[str]()
    async with stage(folder, data) as one:
        await race(one, requests)
        await one.until_ended(data)
        problems += await one.stop()
    report = checker.check(data, folder, requests)
    figures = {what: len(requests), "runs": report.runs, "unanswered requests": report.unknown}
    problems += [f"there are {report.runs} runs"] if report.runs != len(requests) else []
    return Verdict(figures, [*report.sentences, *problems])


async def _use_keys(one: Stage, requests: list[Request]) -> None:
    starting = asyncio.gather(*_at_once((one.client.start(request) for request in requests), 4))
    await _die_when(one, lambda: len(one.client.accepted) >= len(requests) // 3)
    await starting


async def _ring(one: Stage, requests: list[Request]) -> None:
    await asyncio.gather(*_at_once((one.client.start(request) for request in requests), AT_ONCE))
    addresses: dict[int, str] = {}
    while len(addresses) < len(requests):
        addresses = await _addresses(one)
    rung: list[int] = []

    async def ring(number: int, address: str) -> None:
        await one.client.call_back(number, address, CALLERS)
        rung.append(number)

    ringing = asyncio.gather(*_at_once((ring(number, address) for number, address in addresses.items()), 4))
    await _die_when(one, lambda: len(rung) >= len(requests) // 2)
    await ringing


async def _addresses(one: Stage) -> dict[int, str]:
    """The address of every wait that is listed, by the number that its note is."""
    found: dict[int, str] = {}
    path = f"/waits?limit={PAGE}"
    while path:
        page = await one.client.get(path)
        found |= {int(wait["note"]): wait["callback_url"] for wait in page["waits"]}
        path = f"/waits?limit={PAGE}&after={page['next_after']}" if page["next_after"] else ""
    return found


async def _die_when(one: Stage, moment: Any) -> None:
    while not moment():
        await asyncio.sleep(0.005)
    await one.service.kill()
    await one.rise()


def _at_once(work: Iterable[Coroutine[Any, Any, None]], count: int) -> list[Coroutine[Any, Any, None]]:
    """The same work, so many pieces of it at a time."""
    places = asyncio.Semaphore(count)

    async def placed(piece: Coroutine[Any, Any, None]) -> None:
        async with places:
            await piece

    return [placed(piece) for piece in work]
