"""Whether a journal can be what it says it is: what must hold of every run, checked from its events alone.

Each run is checked by itself (`audit_run`), which leaves behind the little that is needed to compare it with the runs
that it started and was started by (`audit_families`). Nothing here reads, repairs or decides; a finding says what is
wrong, in which run, under a code for programs.

| code              | what is wrong                                                                                 |
| ---               | ---                                                                                           |
| not_started       | the first event is not the start of this run                                                  |
| goes_on_after_end | there are events after the end, and the run was not reopened                                  |
| completed_twice   | one attempt of a step has two completions                                                     |
| not_awaited       | (a warning) an event is journaled that the run did not wait for: it changed nothing           |
| cannot_apply      | the run machine fails at an event                                                             |
| stuck             | the run, or a step of it, goes on, nothing could move it, and no pause holds it up            |
| callback_unheard  | a step waits for a callback that has come                                                     |
| missing_child     | an open run waits for a child, or has started one, that does not exist                        |
| unknown_to_parent | a run says who started it, and that run knows nothing of it                                   |
| child_end_differs | a run was told of another end of its child than the child had                                 |
| wrong_depth       | a run does not stand one below its parent                                                     |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from cypher_executor.core.commands import Conclude
from cypher_executor.core.events import (
    AttemptFailed,
    AttemptSucceeded,
    ChildEnded,
    ChildStarted,
    Event,
    Item,
    Parent,
    RunEnded,
    RunId,
    RunReopened,
    RunStarted,
    RunState,
    kind_of,
)
from cypher_executor.core.recipe import Recipe
from cypher_executor.core.replay import can_reopen, step
from cypher_executor.core.run import Run
from cypher_executor.core.step import Step

Place = tuple[str, Item]

_NOT_WELL = frozenset({"failed", "cancelled"})

STARTER = "trigger_workflow"
"""The part that starts runs."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: a code for programs, a sentence for people, and the run, if it is in one."""

    code: str
    message: str
    run: RunId | None = None
    severity: Literal["error", "warning"] = "error"
    """A warning is odd and does no harm."""


@dataclass(frozen=True, slots=True)
class Relatives:
    """What a run says of its family. `begun` are the steps that may have started a run; None when that is unknown.
    `end` is how it has ended, None while it is open; `ends` are all its ends, as it may have been reopened since.

    A child may have begun without its parent having heard of it: then the parent asks again, or has given up by now.
    """

    run: RunId
    parent: Parent | None
    depth: int
    end: RunState | None
    started: Mapping[RunId, Place] = field(default_factory=dict)
    ended: Mapping[RunId, RunState] = field(default_factory=dict)
    begun: frozenset[Place] | None = frozenset()
    ends: frozenset[RunState] = frozenset()

    @property
    def alone(self) -> bool:
        """Whether there is nobody to compare it with."""
        return self.parent is None and not self.started and not self.begun


def audit_run(run: RunId, events: Sequence[Event], recipe: Recipe | None) -> tuple[list[Finding], Relatives | None]:
    """What is wrong with a run, and what it says of its family. Without its recipe it is not replayed."""
    first = events[0] if events else None
    if not isinstance(first, RunStarted) or first.run != run:
        return [Finding("not_started", "the first event is not the start of this run", run)], None
    findings = [*_after_end(run, events), *_completed_twice(run, events)]
    begun: frozenset[Place] | None = None
    if recipe is not None:
        replayed, found = _replayed(run, events, recipe, {f.message for f in findings})
        findings += found
        begun = frozenset(place for place, step in replayed.steps.items() if _starts_runs(step))
    return findings, _relatives(first, events, begun)


def audit_families(families: Iterable[Relatives]) -> Iterator[Finding]:
    """What contradicts between runs that started each other. A relative that was forgotten is no contradiction, unless
    an open run needs it."""
    known = {one.run: one for one in families}
    for one in known.values():
        yield from _above(one, known)
        yield from _below(one, known)


# --- one run ----------------------------------------------------------------------------------------------------------


def _after_end(run: RunId, events: Sequence[Event]) -> Iterator[Finding]:
    """An end is the last event, or the run was reopened right after it: what follows is a life of its own."""
    for ended, (event, then) in enumerate(pairwise(events), 1):
        if isinstance(event, RunEnded) and not (isinstance(then, RunReopened) and event.state in _NOT_WELL):
            message = f"event {ended} ends the run, and {len(events) - ended} more follow"
            yield Finding("goes_on_after_end", message, run)
            return


def _completed_twice(run: RunId, events: Sequence[Event]) -> Iterator[Finding]:
    """Within one life of a run: what cleaned up at its end begins again from its first attempt when it is reopened."""
    seen: dict[tuple[str, Item, int], int] = {}
    for number, event in enumerate(events, 1):
        if isinstance(event, RunReopened):
            seen.clear()
        if isinstance(event, AttemptSucceeded | AttemptFailed):
            first = seen.setdefault((event.node, event.item, event.attempt), number)
            if first != number:
                what = f"attempt {event.attempt} of {_step(event.node, event.item)}"
                yield Finding("completed_twice", f"{what} was completed by event {first} and by event {number}", run)


def _replayed(run: RunId, events: Sequence[Event], recipe: Recipe, told: set[str]) -> tuple[Run, list[Finding]]:
    """The run as its events make it. What comes after an event that was told already would only be its echo."""
    replayed, findings = Run(recipe), list[Finding]()
    for number, event in enumerate(events, 1):
        reopens = isinstance(event, RunReopened) and can_reopen(replayed)
        if replayed.ended is not None and not reopens:
            return replayed, findings
        if not (told or reopens or replayed.awaits(event)):
            message = f"nothing waited for event {number}, {_about(event)}"
            findings.append(Finding("not_awaited", message, run, "warning"))
        try:
            replayed = step(replayed, events[: number - 1] if reopens else (), event)
        except Exception as error:
            findings.append(Finding("cannot_apply", f"event {number}, {_about(event)}, breaks the run: {error!r}", run))
            return replayed, findings
    if replayed.ended is None:
        findings += not_moving(run, replayed)
    return replayed, findings


def not_moving(run: RunId, replayed: Run) -> Iterator[Finding]:
    """Where an open run is stuck: all that goes on in it needs work, a timer, or somebody who is waited for."""
    moving = (*replayed.outstanding, *replayed.withheld)
    if not moving:
        yield Finding("stuck", "the run is open, but nothing is left that could move it", run)
        return
    places = {(command.node, command.item) for command in moving if not isinstance(command, Conclude)}
    for one in replayed.steps_going_on():
        if (one.name, one.item) not in places:
            yield Finding("stuck", f"{_step(one.name, one.item)} goes on, but nothing is left that could move it", run)
    for wait in replayed.waits:
        if not wait.body and (wait.node, wait.item, wait.turn, wait.number) in replayed.callbacks:
            message = f"{_step(wait.node, wait.item)} waits for a callback that has come"
            yield Finding("callback_unheard", message, run)


def _starts_runs(step: Step) -> bool:
    return step.node.part == STARTER and step.started_us is not None


def _relatives(first: RunStarted, events: Sequence[Event], begun: frozenset[Place] | None) -> Relatives:
    started = {event.child: (event.node, event.item) for event in events if isinstance(event, ChildStarted)}
    ended = {event.child: event.state for event in events if isinstance(event, ChildEnded)}
    last = events[-1]
    end = last.state if isinstance(last, RunEnded) else None
    ends = frozenset(event.state for event in events if isinstance(event, RunEnded))
    return Relatives(first.run, first.parent, first.depth, end, started, ended, begun, ends)


def _about(event: Event) -> str:
    node, item = getattr(event, "node", None), getattr(event, "item", ())
    return kind_of(event) if node is None else f"{kind_of(event)} of {_step(node, item)}"


def _step(node: str, item: Item) -> str:
    return f"step {node!r}" + "".join(f"[{index}]" for index in item)


# --- families ---------------------------------------------------------------------------------------------------------


def _above(one: Relatives, known: Mapping[RunId, Relatives]) -> Iterator[Finding]:
    above = known.get(one.parent.run) if one.parent else None
    if one.parent is None or above is None:
        return
    place = (one.parent.node, one.parent.item)
    if above.begun is not None and one.run not in above.started and place not in above.begun:
        yield Finding(
            "unknown_to_parent", f"it says that run {above.run} started it, which does not know of it", one.run
        )
    if one.depth != above.depth + 1:
        yield Finding("wrong_depth", f"its depth is {one.depth}, and that of run {above.run} is {above.depth}", one.run)


def _below(one: Relatives, known: Mapping[RunId, Relatives]) -> Iterator[Finding]:
    for child, place in one.started.items():
        below, told = known.get(child), one.ended.get(child)
        if below is None and one.end is None and told is None:
            yield Finding("missing_child", f"{_step(*place)} started run {child}, which does not exist", one.run)
        if below is not None and told is not None and told not in below.ends:
            actual = below.end or "open"
            yield Finding("child_end_differs", f"it was told that run {child} {told}, which is {actual}", one.run)
