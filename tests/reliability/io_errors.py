"""The proof by errors of the disk: the k-th write, sync or open fails, once or for good, for every k that there is.

Then the journal refuses, is opened again, and goes on from what the disk has. Afterwards the power is cut, so that
nothing counts that only the system's memory has.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from random import Random
from typing import get_args

from tests.reliability import trials, vfs
from tests.reliability.proofs import Task, Verdict

GROUPS = 4
"""How many groups a life writes, when nothing fails."""
SHORT, FULL = 1, 25
"""How many different lives the two measures have, each of which fails at every k."""


def carry_out(task: Task) -> Verdict:
    """Every k of as many lives as the measure asks for."""
    verdict = Verdict()
    with trials.bench(task.folder) as bench:
        for life in range(FULL if task.full else SHORT):
            seed = task.seed * FULL + life
            for kind in get_args(vfs.Operation):
                _every(bench, task.folder / "trial", seed, kind, verdict)
            task.say(f"life {life + 1}: {verdict.figures}")
    return verdict


def _every(bench: trials.Bench, folder: Path, seed: int, kind: vfs.Operation, verdict: Verdict) -> None:
    whole = vfs.Disk()
    _trial(bench, folder, seed, whole)
    for limit in range(1, whole.count[kind] + 1):
        for for_good in (False, True):
            disk = vfs.Disk(limit=limit, fails=kind, for_good=for_good)
            found = _trial(bench, folder, seed, disk, verdict)
            verdict.count({f"{kind}s that failed": disk.failed > 0, "trials": 1})
            verdict.problems += [f"seed {seed}, {kind} {limit}, for good {for_good}: {one}" for one in found]


def _trial(bench: trials.Bench, folder: Path, seed: int, disk: vfs.Disk, verdict: Verdict | None = None) -> list[str]:
    chance, acknowledged = Random(f"errors {seed}"), trials.Acknowledged()
    data = bench.begin(folder)
    try:
        bench.slot.put(disk)
        asyncio.run(trials.live(data, chance, acknowledged, trials.names(), groups=GROUPS))
        disk.cut_power(data, chance)
        if verdict is not None:
            verdict.count({"went on after a refusal": acknowledged.recovered > 0})
        bench.slot.put(vfs.Disk())
        return trials.broken(data, acknowledged)
    finally:
        shutil.rmtree(data)
