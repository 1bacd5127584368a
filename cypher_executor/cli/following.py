"""Watching a run, and the runs that it starts, until they have ended: by asking again, less and less often."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cypher_executor.cli.client import Client, Json

FINAL = frozenset({"succeeded", "failed", "cancelled", "skipped"})
STARTS_RUNS = "trigger_workflow"

FIRST_PAUSE_S = 0.01
LONGEST_PAUSE_S = 0.25
SLOWER_BY = 1.3

Seen = Callable[[Sequence[Json]], None]


@dataclass(slots=True)
class Family:
    """A run and those that it started, in the order in which they were found; the first is the one asked for."""

    runs: dict[str, Json] = field(default_factory=dict)

    @property
    def first(self) -> Json:
        """The run that everything began with."""
        return next(iter(self.runs.values()))

    @property
    def all(self) -> list[Json]:
        """All of them."""
        return list(self.runs.values())

    @property
    def children(self) -> list[Json]:
        """All but the first."""
        return self.all[1:]


async def follow(client: Client, run: str, seen: Seen, *, children: bool) -> Family:
    """Ask until the run has ended (with `children`, until all that came of it has), telling `seen` each time."""
    family = Family()
    open_runs, pause_s = [run], FIRST_PAUSE_S
    while True:
        open_runs = await _look(client, family, open_runs, children)
        seen(family.all)
        if not open_runs:
            return family
        await asyncio.sleep(pause_s)
        pause_s = min(LONGEST_PAUSE_S, pause_s * SLOWER_BY)


async def _look(client: Client, family: Family, runs: list[str], children: bool) -> list[str]:
    """Ask for these runs; gives those that have not ended, and those that they have started since."""
    still: list[str] = []
    todo = list(runs)
    while todo:
        found = family.runs[todo[0]] = await client.run(todo[0])
        if found["state"] not in FINAL:
            still.append(todo[0])
        del todo[0]
        if children:
            started = await _started_by(client, found)
            todo.extend(child for child in started if child not in family.runs and child not in todo)
    return still


async def _started_by(client: Client, run: Json) -> list[str]:
    """The ids of the runs that the steps of this run have started."""
    steps = [step for step in run.get("steps", ()) if step.get("part") == STARTS_RUNS]
    outputs = [await client.whole(step.get("output"), "output") for step in steps]
    return [o["run_id"] for o in outputs if isinstance(o, dict) and isinstance(o.get("run_id"), str)]
