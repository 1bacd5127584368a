"""The proof by bad neighbours: workers that die, a part that takes its worker with it, and one that answers twice.

The poison goes round for ever; from outside, the worker that does nothing but compute is found and killed, again and
again, until the service gives the step up (`worker_lost`). Everybody else's runs go on meanwhile, and nothing of theirs
is lost, fails, or is done twice: the checker looks at that as it does after a `kill -9` of the service.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import wasmtime

from tests.reliability import checker, records
from tests.reliability.load import Request, plan
from tests.reliability.patience import until_ended
from tests.reliability.proofs import Task, Verdict
from tests.reliability.stage import Stage, stage

RUNS, BAD = (150, 10_000), (1, 100)
"""How many good runs there are beside how many of each kind of bad ones, in the short and the full measure."""
AT_ONCE = 12
LOOK_S = 0.1
SPINNING_S = 0.6
"""A thread that has computed for so long without waiting for anything once is in the poison: all other parts take
milliseconds, and wait for the next one."""
_PARTS = Path(__file__).parent / "parts"
_GOOD = frozenset({"fan", "effects", "flaky", "handled", "loop", "poll"})
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def carry_out(task: Task) -> Verdict:
    """Good and bad runs side by side."""
    good = [one for one in plan(task.seed, RUNS[task.full] * 2) if one.recipe in _GOOD][: RUNS[task.full]]
    first = max(one.number for one in good) + 1
    kinds = [kind for _ in range(BAD[task.full]) for kind in ("poison", "babbler")]
    bad = [Request(first + number, kind, 1, False) for number, kind in enumerate(kinds)]
    return asyncio.run(_play(task.folder, good, bad))


async def _play(folder: Path, good: list[Request], bad: list[Request]) -> Verdict:
    data, parts, requests = folder / "data", folder / "parts", [*good, *bad]
    for manifest in _PARTS.glob("*.toml"):
        _build(manifest, parts / manifest.stem)
    spinning = _Spinning()
    async with stage(folder, data, parts_dir=str(parts)) as one:
        for recipe in _PARTS.glob("*.cypher"):
            await one.client.put(f"/recipes/{recipe.stem}", recipe.read_text("utf-8"))
        killing = asyncio.create_task(_kill(one, spinning))
        await asyncio.gather(_start(one, good, AT_ONCE), _start(one, bad, len(bad)))
        await until_ended(data)
        killing.cancel()
        problems = await one.stop()
    report = checker.check(data, folder, requests)
    runs = records.runs_of(data).values()
    neighbours = [run for run in runs if run.recipe not in ("poison", "babbler")]
    problems += [f"run {run.id} ({run.recipe}) lost an attempt" for run in neighbours if any(run.of("AttemptLost"))]
    losses = sum(1 for run in runs for _ in run.of("AttemptLost"))
    figures = {"good runs": len(good), "bad runs": len(bad), "workers killed": spinning.killed, "attempts lost": losses}
    return Verdict(figures, [*report.sentences, *problems])


def _build(manifest: Path, folder: Path) -> None:
    """A folder with a part, as an operator would put it there."""
    folder.mkdir(parents=True)
    shutil.copy(manifest, folder / "part.toml")
    module = wasmtime.wat2wasm(manifest.with_suffix(".wat").read_text("utf-8"))
    (folder / f"{manifest.stem}.wasm").write_bytes(module)


async def _start(one: Stage, requests: list[Request], count: int) -> None:
    waiting = iter(requests)

    async def caller() -> None:
        for request in waiting:
            await one.client.start(request)

    await asyncio.gather(*(caller() for _ in range(count)))


async def _kill(one: Stage, spinning: _Spinning) -> None:
    while True:
        for worker in one.service.workers():
            if spinning.is_in_the_poison(worker):
                os.kill(worker, signal.SIGKILL)
                spinning.killed += 1
        await asyncio.sleep(LOOK_S)


class _Spinning:
    """Looks at the threads of workers: how long each has computed since it has last waited for anything."""

    def __init__(self) -> None:
        self.killed = 0
        self._since: dict[int, tuple[int, int]] = {}
        """How often each thread had waited, and how long it had computed when that was first seen."""

    def is_in_the_poison(self, worker: int) -> bool:
        """Whether a thread of this worker goes round."""
        with contextlib.suppress(OSError):
            if b"cypher_executor.worker\0" in Path(f"/proc/{worker}/cmdline").read_bytes():
                computing = [self._computes(thread) for thread in Path(f"/proc/{worker}/task").iterdir()]
                return any(computing)
        return False

    def _computes(self, thread: Path) -> bool:
        waited, ticks = next(_waited(thread)), int((thread / "stat").read_text().rpartition(")")[2].split()[11])
        before = self._since.get(int(thread.name))
        if before is None or before[0] != waited:
            self._since[int(thread.name)] = waited, ticks
            return False
        return ticks - before[1] >= SPINNING_S * _TICKS_A_SECOND


def _waited(thread: Path) -> Iterator[int]:
    for line in (thread / "status").read_text().splitlines():
        if line.startswith("voluntary_ctxt_switches"):
            yield int(line.split()[1])
