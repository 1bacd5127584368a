"""The proof by power cuts: the power goes at a random operation of the disk, and what was acknowledged is there.

In a trial it goes up to three times, each time in another life over the same folder. Of what was not synced, chance
keeps, drops or tears every write. The control arm is the same with `synchronous = NORMAL`, which syncs too late: it has
to lose in most trials, or the disk would be too kind to show anything.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from random import Random

from tests.reliability import trials, vfs
from tests.reliability.proofs import Task, Verdict

SHORT, FULL = 500, 10_000
CONTROL_EVERY = 10
LIVES, GROUPS, OPERATIONS = 3, 10, 240
"""How many lives a trial has at most, how many groups are written in each, and at which operation the power goes at the
latest: a life has about so many."""
SAID_EVERY = 1_000


def carry_out(task: Task) -> Verdict:
    """As many trials as the measure asks for, and a tenth as many of the control arm."""
    verdict, count = Verdict(), FULL if task.full else SHORT
    lost = able = 0
    with trials.bench(task.folder) as bench:
        for number in range(count):
            seed = task.seed * FULL + number
            found = trial(bench, task.folder / "trial", seed, verdict)
            verdict.problems += [f"seed {seed}: {one}" for one in found]
            if number % SAID_EVERY == SAID_EVERY - 1:
                task.say(f"{number + 1:,} trials, {len(verdict.problems)} broken promises")
        control = Verdict()
        with trials.synchronous_normal():
            for number in range(count // CONTROL_EVERY):
                before = control.figures.get("acknowledged events", 0)
                lost += bool(trial(bench, task.folder / "trial", task.seed * FULL + number, control))
                able += control.figures["acknowledged events"] > before
    verdict.count({"trials of the control arm with something to lose": able, "of them with losses": lost})
    if lost <= able // 2:
        verdict.problems.append(f"the control arm lost in {lost} of {able} trials only: these power cuts show nothing")
    return verdict


def trial(bench: trials.Bench, folder: Path, seed: int, verdict: Verdict) -> list[str]:
    """One trial; what it found broken."""
    chance, acknowledged, names = Random(f"power {seed}"), trials.Acknowledged(), trials.names()
    data = bench.begin(folder)
    try:
        for _ in range(chance.randint(1, LIVES)):
            disk = bench.slot.put(vfs.Disk(limit=chance.randint(1, OPERATIONS), for_good=True))
            asyncio.run(trials.live(data, chance, acknowledged, names, groups=GROUPS))
            disk.cut_power(data, chance)
            verdict.count({"power cuts": 1, "writes lost or torn": disk.lost})
        bench.slot.put(vfs.Disk())
        verdict.count({"trials": 1, "acknowledged events": sum(acknowledged.events.values())})
        return trials.broken(data, acknowledged)
    finally:
        shutil.rmtree(data)
