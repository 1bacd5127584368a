"""From the events of a run to the run: apply them one after the other. What is more is that a run may be *reopened*.

A run that failed, or was cancelled, goes on from the steps because of which it did. It is not repaired in place: its
past is replayed with these failures taken back. A step that had failed for good begins another attempt at that point;
a step that was cancelled is simply not cancelled, since the wish to cancel, like the run's own end, is left out. What
the first time had skipped or cleaned up follows from that, or does not, by the same rules as ever; answers that nobody
waits for any more change nothing. Whatever is then unanswered begins in the present.

So there is no second way through the run machine, and a run that was reopened is read from its journal as any other.
A run that is reopened again replays that it was reopened before, at its place in the past.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from cypher_executor.core.events import CancelRequested, Event, Item, RunEnded, RunReopened, TimerFired
from cypher_executor.core.recipe import Recipe
from cypher_executor.core.run import Mint, Run
from cypher_executor.core.step import Step


def replay(recipe: Recipe, events: Sequence[Event], mint: Mint | None = None) -> Run:
    """The run that these events have made, from the first on."""
    run = Run(recipe, mint)
    for number, event in enumerate(events):
        try:
            run = step(run, events[:number], event) if isinstance(event, RunReopened) else step(run, (), event)
        except Exception:  # It broke the run when it happened, too: what follows is the end that was made of it.
            run.version, run.broken = number + 1, True
    return run


def step(run: Run, past: Sequence[Event], event: Event) -> Run:
    """The run after one more event, `past` being all those before; only reopening looks at them."""
    if isinstance(event, RunReopened) and can_reopen(run):
        return _reopened(run, past, event)
    run.apply(event)
    return run


def can_reopen(run: Run) -> bool:
    """Whether it makes sense to reopen a run: it has ended, not well, and not because the run machine broke."""
    return run.ended is not None and run.ended.state in ("failed", "cancelled") and not run.broken


def _reopened(old: Run, past: Sequence[Event], event: RunReopened) -> Run:
    new = Run(old.recipe, old.mint, _again(old))
    for number, before in enumerate(past, 1):
        if number in old.unheard or _closes(before):
            new.version += 1
        elif isinstance(before, RunReopened):
            new.reopen(before)
        else:
            new.apply(before)
    new.unheard = old.unheard
    new.again = {key: one.forgiven for key, one in new.steps.items() if one.forgiven}
    new.reopen(event)
    return new


def _closes(event: Event) -> bool:
    """Whether this is an end, or what had led to one: it is left out."""
    return isinstance(event, RunEnded | CancelRequested) or (isinstance(event, TimerFired) and event.node == "")


def _again(old: Run) -> Mapping[tuple[str, Item], int]:
    """How often each step may fail without consequence: once more than until now, if that was what ended the run."""
    again = Counter(dict(old.again))
    again.update(key for key, one in old.steps.items() if one.state == "failed" and not answered_for(old, one))
    return again


def answered_for(old: Run, failed: Step) -> bool:
    """Whether the run goes on after a failure. That of an item is the failure of the node whose item it is."""
    gate = old.steps[failed.name, failed.item[:-1]] if failed.region.gate else None
    return failed.handled and (gate is None or gate.state != "failed" or gate.handled)
