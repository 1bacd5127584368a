"""The proofs by races: many callers of one address, many requests under one key, and a `kill -9` in the middle."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Any

from tests.reliability import checker
from tests.reliability.load import Request
from tests.reliability.patience import until_ended
from tests.reliability.proofs import Task, Verdict
from tests.reliability.stage import Stage, stage

CALLERS, DUPLICATES = 8, 20
WAITS, KEYS = (200, 10_000), (60, 1_000)
"""How many waits, and how many keys, the short and the full measure have."""
AT_ONCE = 32
"""How many starts, or waits that are called, are under way at once."""
PAGE = 200
DIED_S = 1_800.0
"""How long it may take until the service has given the answers after which it dies."""


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
        await until_ended(data)
        problems += await one.stop()
    report = checker.check(data, folder, requests)
    figures = {what: len(requests), "runs": report.runs, "unanswered requests": report.unknown}
    problems += [f"there are {report.runs} runs"] if report.runs != len(requests) else []
    return Verdict(figures, [*report.sentences, *problems])


async def _use_keys(one: Stage, requests: list[Request]) -> None:
    await _live_until(one, answers=len(requests) * DUPLICATES // 3)
    starting = asyncio.gather(*_at_once((one.client.start(request) for request in requests), 4))
    await _die_and_rise(one)
    await starting


async def _ring(one: Stage, requests: list[Request]) -> None:
    await asyncio.gather(*_at_once((one.client.start(request) for request in requests), AT_ONCE))
    addresses: dict[int, str] = {}
    while len(addresses) < len(requests):
        addresses = await _addresses(one)
    await _live_until(one, answers=len(requests) * CALLERS // 2)
    calls = (one.client.call_back(number, address, CALLERS) for number, address in addresses.items())
    ringing = asyncio.gather(*_at_once(calls, 4))
    await _die_and_rise(one)
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


async def _live_until(one: Stage, *, answers: int) -> None:
    """A life that ends, as by `kill -9`, when it is about to give so many answers: others are then under way."""
    await one.service.kill()
    one.sink.life += 1
    assert await one.service.start(("answer.before", answers)), "it died before it was ready"


async def _die_and_rise(one: Stage) -> None:
    assert await one.service.died(DIED_S), "the service lives on"
    await one.service.kill()
    await one.rise()


def _at_once(work: Iterable[Coroutine[Any, Any, None]], count: int) -> list[Coroutine[Any, Any, None]]:
    """The same work, so many pieces of it at a time."""
    places = asyncio.Semaphore(count)

    async def placed(piece: Coroutine[Any, Any, None]) -> None:
        async with places:
            await piece

    return [placed(piece) for piece in work]
