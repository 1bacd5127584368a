"""Limits that pass, limits that are taken back, and how few timers all of them need."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from cypher_executor.service.deadlines import GRAIN_S, Deadlines


async def here() -> Deadlines:
    return Deadlines.of(asyncio.get_running_loop())


async def test_a_limit_passes_once_and_not_before_its_time() -> None:
    deadlines, loop, passed = await here(), asyncio.get_running_loop(), asyncio.Event()
    began = loop.time()
    times: list[float] = []
    deadlines.after(0.1, lambda: (times.append(loop.time()), passed.set()))
    await passed.wait()
    await asyncio.sleep(2 * GRAIN_S)
    (at,) = times
    assert at - began >= 0.1


async def test_what_is_taken_back_does_not_happen() -> None:
    deadlines, heard = await here(), list[str]()
    one, last = deadlines.after(0.05, lambda: heard.append("one")), asyncio.Event()
    deadlines.after(0.2, last.set)
    one.cancel()
    one.cancel()
    await last.wait()
    assert heard == []


async def test_a_limit_that_passes_may_take_back_others_of_the_same_moment() -> None:
    deadlines, heard = await here(), list[int]()
    both: list[Any] = []

    def passes(number: int) -> None:
        heard.append(number)
        both[1 - number].cancel()

    both += [deadlines.after(0.0, lambda: passes(0)), deadlines.after(0.0, lambda: passes(1))]
    await asyncio.sleep(3 * GRAIN_S)
    assert len(heard) == 1


async def test_a_thousand_limits_need_few_timers(monkeypatch: pytest.MonkeyPatch) -> None:
    deadlines, made = await here(), list[float]()
    monkeypatch.setattr(asyncio.get_running_loop(), "call_at", lambda at, *_: made.append(at))
    limits = [deadlines.after(3600 + n / 100_000, lambda: None) for n in range(1_000)]
    assert len(made) <= 3
    for limit in limits:
        limit.cancel()
    assert not any(deadlines._moments[number] for number in deadlines._moments if number * GRAIN_S >= made[0])


async def test_each_loop_has_its_own() -> None:
    deadlines = await here()
    assert await here() is deadlines
    assert await asyncio.to_thread(lambda: asyncio.run(here())) is not deadlines
