"""The proof by full disks: the disk of a running service fills up under load, and is freed again.

While it is full nothing is acknowledged that is not on disk, and what is on disk can be read; when there is room again
the service goes on by itself within `NORMAL_S`. In every other round the service is killed while its disk is full. The
disk is a small file system in a mount name space of its own where the system allows that, and else a VFS that refuses
to let files grow (`quota.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from random import Random

from tests.reliability import checker
from tests.reliability.load import Request, plan
from tests.reliability.patience import while_it_moves
from tests.reliability.proofs import Task, Verdict
from tests.reliability.stage import Stage, stage

SHORT, FULL = 2, 40
"""How many rounds the two measures have."""
RUNS = 120
"""How many runs are asked for in each."""
CALLERS = 16
DISK_MB = 32
FULL_S, NORMAL_S = 0.5, 5.0
NOTICED_S = 20.0
"""How long it may take until the service meets the full disk: it writes over what it has before it needs more."""
_RECIPES = ("fan", "effects", "nap", "loop")


def carry_out(task: Task) -> Verdict:
    """As many rounds as the measure asks for, each with a service and a disk of its own."""
    verdict, mounts = Verdict(), may_mount()
    for number in range(FULL if task.full else SHORT):
        folder = task.folder / f"round-{number}"
        folder.mkdir()
        one = asyncio.run(_Round(folder, task.seed * FULL + number, mounts=mounts, killed=number % 2 == 1).play())
        verdict.count({"rounds": 1, **one.figures})
        verdict.problems += [f"round {number}: {problem}" for problem in one.problems]
        task.say(f"round {number}, {'a small disk' if mounts else 'a quota'}: {one.figures}")
    return verdict


def may_mount() -> bool:
    """Whether this process may have a mount name space of its own."""
    with contextlib.suppress(OSError):
        return subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0
    return False


def small_disk(place: Path) -> Sequence[str]:
    """A command that starts what follows it where a small file system is mounted at `place`, for it alone."""
    mount = f'mount -t tmpfs -o size={DISK_MB}m,mode=0700 tmpfs "$0" && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", mount, str(place)]


class _Round:
    def __init__(self, folder: Path, seed: int, *, mounts: bool, killed: bool) -> None:
        self._folder = folder
        self._disk = folder / "disk"
        self._disk.mkdir()
        self._mounts = mounts
        self._killed = killed
        self._flag = folder / "full"
        self._requests = [request for request in plan(seed, RUNS * 3) if request.recipe in _RECIPES][:RUNS]
        self._verdict = Verdict()
        self._chance = Random(f"full {seed}")

    async def play(self) -> Verdict:
        within = small_disk(self._disk) if self._mounts else ()
        full_while = None if self._mounts else self._flag
        async with stage(self._folder, self._disk / "data", within=within, full_while=full_while) as one:
            seen = self._seen(one)
            starting = asyncio.gather(*self._start(one))
            await self._until(lambda: len(one.client.accepted) >= RUNS // 4)
            filler = self._fill(seen)
            await self._while_full(one)
            if self._killed:
                await one.service.kill()
            filler.unlink()
            await self._until_normal(one)
            await starting
            await self._until_ended(one)
            self._verdict.problems += await one.stop()
            shutil.copytree(seen / "data", self._folder / "copy")  # SQLite does not follow a path through /proc.
            without = {"effects_repeated"}  # After a failure of its journal a service asks again, within one life.
            report = checker.check(self._folder / "copy", self._folder, self._requests, without=without)
        self._verdict.problems += report.sentences
        self._verdict.count({"runs": report.runs, "unanswered requests": report.unknown})
        return self._verdict

    def _seen(self, one: Stage) -> Path:
        """The disk as it is seen from outside of its name space."""
        return Path(f"/proc/{one.starter.pid}/root{self._disk}") if self._mounts else self._disk

    def _start(self, one: Stage) -> list[asyncio.Future[None]]:
        places = asyncio.Semaphore(CALLERS)

        async def start(request: Request) -> None:
            async with places:
                await one.client.start(request)
                await asyncio.sleep(self._chance.uniform(0.0, 0.05))

        return [asyncio.ensure_future(start(request)) for request in self._requests]

    def _fill(self, seen: Path) -> Path:
        """Take all the room that there is."""
        if not self._mounts:
            self._flag.touch()
            return self._flag
        filler = seen / "filler"
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            for size in (1 << 20, 1 << 12):
                with contextlib.suppress(OSError):
                    while file.write(bytes(size)) == size:
                        pass
        return filler

    async def _while_full(self, one: Stage) -> None:
        """Wait until the service has met the full disk, then read what it has accepted before."""
        met = await self._within(NOTICED_S, lambda: self._ready(one, False))
        if met is None:
            self._verdict.problems.append("the service never met the full disk")
            return
        known = list(one.client.accepted.values())[: RUNS // 4]
        await asyncio.sleep(FULL_S)
        for run in known:
            status = await one.client.status(f"/runs/{run}")
            if status != 200:
                self._verdict.problems.append(f"with a full disk, run {run} was answered {status}")
        self._verdict.count({"runs read from a full disk": len(known)})

    async def _until_normal(self, one: Stage) -> None:
        began = time.monotonic()
        if self._killed:
            await one.rise()
        took_s = await self._within(NORMAL_S * 3, lambda: self._ready(one, True))
        if took_s is None or time.monotonic() - began > NORMAL_S:
            self._verdict.problems.append(f"not back to normal within {NORMAL_S} s: {time.monotonic() - began:.1f} s")
        self._verdict.count({"times back to normal": 1})

    async def _until_ended(self, one: Stage) -> None:
        """Wait until the service lists no run that goes on, or what goes on does not."""
        going_on = "/runs?limit=200&" + "&".join(
            f"state={state}" for state in ("pending", "running", "waiting", "retrying")
        )

        async def left() -> list[str] | None:
            return [run["id"] for run in (await one.client.get(going_on))["runs"]] or None

        await while_it_moves(left)

    async def _ready(self, one: Stage, wanted: bool) -> bool:
        return (await one.client.status("/readyz") == 200) is wanted

    async def _within(self, limit_s: float, true: Callable[[], Awaitable[bool]]) -> float | None:
        """How long it takes until this is true; None when it does not come true in that time."""
        began = time.monotonic()
        while time.monotonic() < began + limit_s:
            if await true():
                return time.monotonic() - began
            await asyncio.sleep(0.02)
        return None

    async def _until(self, true: Callable[[], bool]) -> None:
        while not true():
            await asyncio.sleep(0.005)
