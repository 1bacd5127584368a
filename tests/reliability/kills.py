"""`kill -9` under load: a chapter is one data folder, some hundred runs, and a service that is killed again and again.

Each life takes a share of the requests, and ends at a random moment or at a fail point, as the seed says. After every
recovery `doctor --deep` looks at the journal while the load goes on, and now and then a worker is killed as well. The
last life lives until nothing is left to do, and is then told to stop. What was seen is compared by `checker.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from tests.reliability import checker, failpoints, load
from tests.reliability.client import Client, session
from tests.reliability.diary import Diary
from tests.reliability.lives import Launcher, Service, launcher
from tests.reliability.patience import until_ended, while_it_moves
from tests.reliability.proofs import Task, Verdict
from tests.reliability.sink import Sink

CALLERS = 24
"""How many requests are under way at once."""
LOOK_S = 0.005
CHAPTER = (20, 1_700)
"""The kills and the runs of a chapter, roughly: one journal never holds more than that."""

AT_POINTS = 0.7
"""How many of the kills happen at fail points, the others at random moments."""

SHORT, FULL = (60, 5_000), (1_000, 100_000)
"""Kills and runs of the two measures."""

LIFE_S = 5.0
"""How long a life may wait for its moment after all its requests were accepted."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """What happens; the same for the same seed, as far as moments of real processes can be the same."""

    seed: int
    points: tuple[str | None, ...]
    """Where each life ends: at a fail point, or at a random moment."""
    runs: int

    @property
    def kills(self) -> int:
        """How often the service is killed."""
        return len(self.points)


@dataclass(slots=True)
class Outcome:
    """What came of a chapter."""

    chapter: Chapter
    deaths: Counter[str] = field(default_factory=Counter)
    """How often the service died at each fail point, or at a `random` moment."""
    workers_killed: int = 0
    looked: int = 0
    """How often `doctor --deep` has looked."""
    findings: list[str] = field(default_factory=list)
    report: checker.Report = field(default_factory=checker.Report)
    took_s: float = 0.0
    exit_code: int = 0

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    @property
    def problems(self) -> list[str]:
        """Everything that is wrong."""
        found = [*self.report.sentences, *(f"doctor: {one}" for one in self.findings)]
        return found + ([f"the last life ended with {self.exit_code}"] if self.exit_code else [])

    @property
    def figures(self) -> dict[str, float]:
        """What was done."""
        return {
            "kills": self.deaths.total(),
            "at fail points": self.deaths.total() - self.deaths["random"],
            "workers killed": self.workers_killed,
            "runs": self.report.runs,
            "events": self.report.events,
            "effects": self.report.effects,
            "effects repeated after a kill": self.report.effects - self.report.effect_keys,
            "unanswered requests": self.report.unknown,
            "looks of doctor": self.looked,
        }


def carry_out(task: Task) -> Verdict:
    """Play as many chapters as the measure asks for."""
    verdict, met = Verdict(), set[str]()
    for chapter in chapters(task.seed, *(FULL if task.full else SHORT)):
        folder = task.folder / str(chapter.seed)
        folder.mkdir()
        outcome = asyncio.run(play(chapter, folder))
        verdict.count(outcome.figures)
        met |= outcome.deaths.keys() - {"random"}
        verdict.figures["different fail points"] = len(met)
        verdict.problems += [f"chapter {chapter.seed}: {problem}" for problem in outcome.problems]
        task.say(f"chapter {chapter.seed}: {outcome.figures}, {outcome.took_s:.0f} s")
        if outcome.sound:
            shutil.rmtree(folder)
    return verdict


def chapters(seed: int, kills: int, runs: int) -> Iterator[Chapter]:
    """As many kills and runs as this, cut into chapters of about the same length."""
    count, points = max(1, round(runs / CHAPTER[1])), _points(seed, kills)
    for number in range(count):
        first, last = kills * number // count, kills * (number + 1) // count
        share = runs * (number + 1) // count - runs * number // count
        yield Chapter(seed * 1_000 + number, points[first:last], share)


def _points(seed: int, kills: int) -> tuple[str | None, ...]:
    """Where so many lives end: most at fail points, of which each has its turn before any has another one."""
    rng, points = Random(f"points {seed}"), list[str | None]()
    while len(points) < kills * AT_POINTS:
        points += rng.sample(failpoints.NAMES, len(failpoints.NAMES))
    chosen = points[: round(kills * AT_POINTS)] + [None] * (kills - round(kills * AT_POINTS))
    rng.shuffle(chosen)
    return tuple(chosen)


async def play(chapter: Chapter, folder: Path) -> Outcome:
    """Play a chapter in an empty folder that exists, and compare."""
    began = time.monotonic()
    outcome = Outcome(chapter)
    requests = load.plan(chapter.seed, chapter.runs)
    client_diary, sink_diary = Diary(folder / checker.CLIENT), Diary(folder / checker.SINK)
    told: deque[Mapping[str, Any]] = deque()
    async with (
        launcher() as starter,
        launcher() as physician,
        Sink(sink_diary, told.append) as sink,
        session() as connections,
    ):
        service = Service(starter, folder / "data", egress_allow=sink.address, workers="2", seeds="false")
        client = Client(service, client_diary, connections)
        try:
            await _Play(chapter, outcome, requests, service, client, sink, told, physician, folder / "data").all()
        finally:
            await service.kill()
    client_diary.close()
    sink_diary.close()
    outcome.report = checker.check(folder / "data", folder, requests)
    outcome.took_s = time.monotonic() - began
    return outcome


@dataclass(slots=True)
class _Play:
    chapter: Chapter
    outcome: Outcome
    requests: list[load.Request]
    service: Service
    client: Client
    sink: Sink
    told: deque[Mapping[str, Any]]
    physician: Launcher
    folder: Path
    released: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    rng: Random = field(init=False)

    def __post_init__(self) -> None:
        self.rng = Random(f"kills {self.chapter.seed}")

    async def all(self) -> None:
        await self._store_recipes()
        async with asyncio.TaskGroup() as tasks:
            waiting = deque(self.requests)
            loaders = [tasks.create_task(self._load(waiting)) for _ in range(CALLERS)]
            calling = tasks.create_task(self._call_back(tasks))
            for life in range(self.chapter.kills):
                await self._live_and_die(life)
            await self._live_to_the_end(loaders)
            calling.cancel()

    async def _store_recipes(self) -> None:
        assert await self.service.start(), f"the service does not start:\n{self.service.said}"
        for name, text in load.texts(f"http://{self.sink.address}"):
            await self.client.put(f"/recipes/{name}", text)
        await self.service.kill()

    async def _load(self, waiting: deque[load.Request]) -> None:
        while waiting:
            request = waiting.popleft()
            await self.released.acquire()
            await self.client.start(request)

    async def _call_back(self, tasks: asyncio.TaskGroup) -> None:
        """Call every address that the sink is told, once each; a crash may tell it twice."""
        called: set[int] = set()
        while True:
            while self.told:
                body = self.told.popleft()
                if body["n"] not in called:
                    called.add(body["n"])
                    tasks.create_task(self.client.call_back(body["n"], body["call"]))
            await asyncio.sleep(LOOK_S)

    # --- lives --------------------------------------------------------------------------------------------------------

    async def _live_and_die(self, life: int) -> None:
        share = self._share(life)
        point = self.chapter.points[life]
        least = failpoints.POINTS[point.split(".")[0]][1] if point else 0
        die_at = (point, self.rng.randint(1, least)) if point else None
        moment, pause_s, stab = self.rng.random(), self.rng.random() * 0.05, self.rng.random() < 0.2
        for _ in range(share):
            self.released.release()
        self.sink.life = life + 1
        if await self.service.start(die_at):
            looking = asyncio.create_task(self._look())
            if stab:
                self._kill_a_worker()
            await self._until(round(share * moment) if point is None else share, at_fail_point=point is not None)
            await asyncio.sleep(pause_s)
            died = await self.service.died(LIFE_S if point else 0)
            await self.service.kill()
            self.outcome.deaths[point if died and point else "random"] += 1
            await looking
        else:
            self.service.up.clear()
            self.outcome.deaths[point or "random"] += 1

    def _share(self, life: int) -> int:
        """How many requests a life is given."""
        return self.chapter.runs * (life + 1) // self.chapter.kills - self.chapter.runs * life // self.chapter.kills

    async def _until(self, accepted: int, *, at_fail_point: bool) -> None:
        """Wait until so many more requests were accepted; not for ever, and no longer than the service lives."""
        goal, deadline = len(self.client.accepted) + accepted, time.monotonic() + LIFE_S
        while len(self.client.accepted) < min(goal, self.chapter.runs) and time.monotonic() < deadline:
            if at_fail_point and await self.service.died(0):
                return
            await asyncio.sleep(LOOK_S)

    def _kill_a_worker(self) -> None:
        workers = self.service.workers()
        if workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.rng.choice(workers), signal.SIGKILL)
                self.outcome.workers_killed += 1

    async def _live_to_the_end(self, loaders: list[asyncio.Task[None]]) -> None:
        self.sink.life = self.chapter.kills + 1
        assert await self.service.start(), f"the last life did not begin:\n{self.service.said}"
        await while_it_moves(partial(self._unaccepted, loaders))
        await until_ended(self.folder)
        for task in loaders:
            task.cancel()
        await self._look()
        os.kill(self.service.pid, signal.SIGTERM)
        await self.service.died(30)
        self.outcome.exit_code = await self.service.kill()

    async def _unaccepted(self, loaders: list[asyncio.Task[None]]) -> int | None:
        """How many requests were accepted, as long as some were not."""
        return None if all(task.done() for task in loaders) else len(self.client.accepted)

    async def _look(self) -> None:
        """`doctor --deep`, as the command line has it."""
        await self.physician.begin(["doctor", "--deep", "--json", "--data-dir", str(self.folder)])
        await self.physician.ended()
        found = await self._said()
        self.outcome.looked += 1
        self.outcome.findings += [str(one) for one in found["findings"] if one["severity"] == "error"]

    async def _said(self) -> dict[str, Any]:
        text = ""
        while True:
            text += await asyncio.wait_for(self.physician.line(), 10)
            with contextlib.suppress(json.JSONDecodeError):
                found: dict[str, Any] = json.loads(text)
                return found
