"""From the events of a run to the run: apply them one after the other. What is more is that a run may be *reopened*.

A run that failed, or was cancelled, goes on from the steps because of which it did. It is not repaired in place: its
past is replayed with these failures taken back. A step that had failed for good begins another attempt at that point;
a step that was cancelled is simply not cancelled, since the wish to cancel, like the run's own end, is left out. What
the first time had skipped or cleaned up follows from that, or does not, by the same rules as ever; answers that nobody
waits for any more change nothing. Whatever is then unanswered begins in the present.

So there is no second way through the run machine, and a run that was reopened is read from its journal as any other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from cypher_executor.core.events import (
    CancelRequested,
    Event,
    Item,
    PauseRequested,
    ResumeRequested,
    RunEnded,
    RunReopened,
    TimerFired,
)
from cypher_executor.core.recipe import Recipe
from cypher_executor.core.run import Mint, Run

_LEFT_OUT = RunEnded | CancelRequested | PauseRequested | ResumeRequested | RunReopened


def replay(recipe: Recipe, events: Sequence[Event], mint: Mint | None = None) -> Run:
    """The run that these events have made, from the first on."""
    run = Run(recipe, mint)
    for number, event in enumerate(events):
        try:
            run = step(run, events[:number], event)
        except Exception:  # It broke the run when it happened, too: what follows is the end that was made of it.
            run.version, run.broken = number + 1, True
    return run


def step(run: Run, past: Sequence[Event], event: Event) -> Run:
    """The run after one more event, `past` being all those before."""
    if isinstance(event, RunReopened):
        return _reopened(run, past, event)
    run.apply(event)
    return run


def can_reopen(run: Run) -> bool:
    """Whether it makes sense to reopen a run: it has ended, and not well."""
    return run.ended is not None and run.ended.state in ("failed", "cancelled")


def _reopened(old: Run, past: Sequence[Event], event: RunReopened) -> Run:
    if not can_reopen(old):
        old.version += 1
        return old
    new = Run(old.recipe, old.mint, _again(old))
    new.hold()
    for before in past:
        if isinstance(before, _LEFT_OUT) or (isinstance(before, TimerFired) and before.node == ""):
            new.version += 1
        else:
            new.apply(before)
    new.reopen(event)
    new.version += 1
    return new


def _again(old: Run) -> Mapping[tuple[str, Item], int]:
    """How often each step may fail without consequence: once more than until now, if that was what ended the run."""
    again = Counter(dict(old.again))
    failed = {step.name for step in old.steps.values() if step.state == "failed" and not step.handled}
    for key, step in old.steps.items():
        if step.state == "failed" and (not step.handled or (step.region.gate and step.name in failed)):
            again[key] += 1
    return again
