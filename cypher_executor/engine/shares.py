"""`concurrency_limit`: at most so many attempts of a node are under way at once, in all runs of its recipe.

An attempt takes a *place* before anything is begun for it, and keeps it until it has ended: while it is executed, while
its calls and its child go on, and while a part of it waits. Without a free place it waits in the order of arrival, and
holds nothing else meanwhile. Places are for each tenant, recipe (its name, whatever the version) and node, and there
for each value of `concurrency_key`. They are not written down: after a restart, attempts that have been seen to be
under way take theirs again first, and then the others theirs in the order of the runs.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from cypher_executor.core.commands import Execute, StartChild
from cypher_executor.core.events import CallbackReceived, Event, Item, ResumeRequested, RunId, StepEvent
from cypher_executor.core.step import Step
from cypher_executor.engine.admission import recipe_of
from cypher_executor.engine.live import Live

Shared = Execute | StartChild
"""What may have to wait for a place."""

_OF_ONE_STEP = StepEvent | CallbackReceived

Asked = tuple[Live, Shared]

_Group = tuple[str, str, str, str]
"""A tenant, a recipe, a node, and the value of its key as JSON, empty without a key."""

_Which = tuple[RunId, str, Item]


_NOTHING: dict[tuple[str, Item], _Group] = {}
"""The steps of a run that has no part in this. Never added to."""


@dataclass(slots=True)
class _Places:
    """Who has a place, by attempt, and who waits for one."""

    held: dict[_Which, int] = field(default_factory=dict)
    waiting: OrderedDict[_Which, Asked] = field(default_factory=OrderedDict)
    aside: dict[_Which, Asked] = field(default_factory=dict)
    """Whose turn had come while their runs were paused."""


class Shares:
    """The places of all nodes. Whatever gives places back gives those who may begin now."""

    def __init__(self) -> None:
        self._places: dict[_Group, _Places] = {}
        self._of: dict[RunId, dict[tuple[str, Item], _Group]] = {}
        """The steps of each run that have places or wait for them."""

    @property
    def waiting(self) -> int:
        """How many steps wait for a place."""
        return sum(len(places.waiting) + len(places.aside) for places in self._places.values())

    def reclaim(self, live: Live) -> None:
        """After a restart: the attempts of a run that were under way have their places, before anybody is let in."""
        for step in live.run.steps.values():
            if step.share is not None and _is_under_way(step):
                places, which = self._join(live, step.name, step.item, step.share[1])
                places.held[which] = step.attempt

    def enter(self, live: Live, command: Shared) -> bool:
        """Whether what is asked for may begin at once; what may not waits here, and is given back when it may."""
        if command.share is None:
            return True
        places, which = self._join(live, command.node, command.item, command.share[1])
        if places.held.get(which) == command.attempt:
            return True
        if live.run.held:  # After a restart: it was asked for before the pause, and had not begun.
            places.aside[which] = (live, command)
            return False
        if places.waiting or len(places.held) >= command.share[0]:
            places.waiting[which] = (live, command)
            return False
        places.held[which] = command.attempt
        return True

    def moved(self, live: Live, event: Event) -> list[Asked]:
        """A run has taken in an event: where that was the end of an attempt that has a place, others may begin."""
        steps = self._of.get(live.id)
        if not steps:
            return []
        if isinstance(event, ResumeRequested):
            return [asked for step in list(steps) for asked in self._resume(live, step)]
        moved = [(event.node, event.item)] if isinstance(event, _OF_ONE_STEP) else list(steps)
        return [asked for step in moved if self._gives_back(live, step) for asked in self.leave(live.id, *step)]

    def _resume(self, live: Live, step: tuple[str, Item]) -> list[Asked]:
        """The run goes on: what was put aside is first in line again."""
        places, which = self._places[self._of[live.id][step]], (live.id, *step)
        asked = places.aside.pop(which, None)
        if asked is None:
            return []
        places.waiting[which] = asked
        places.waiting.move_to_end(which, last=False)
        return self._let_in(places)

    def _gives_back(self, live: Live, step: tuple[str, Item]) -> bool:
        group = self._of.get(live.id, _NOTHING).get(step)
        attempt = None if group is None else self._places[group].held.get((live.id, *step))
        return attempt is not None and _is_over(live.run.steps.get(step), attempt)

    def leave(self, run: RunId, node: str, item: Item) -> list[Asked]:
        """This step has no place any more, and wants none. Others may begin."""
        group = self._of.get(run, _NOTHING).pop((node, item), None)
        if group is None:
            return []
        if not self._of[run]:
            del self._of[run]
        places = self._places[group]
        places.held.pop((run, node, item), None)
        places.waiting.pop((run, node, item), None)
        places.aside.pop((run, node, item), None)
        let_in = self._let_in(places)
        if not places.held and not places.waiting and not places.aside:
            del self._places[group]
        return let_in

    def ended(self, run: RunId) -> list[Asked]:
        """Nothing of this run goes on. Others may begin."""
        steps = list(self._of.get(run, ()))
        let_in = [asked for step in steps for asked in self.leave(run, *step)]
        return [(live, command) for live, command in let_in if live.id != run]

    def forget(self) -> None:
        """Nobody has a place: everybody will ask again."""
        self._places.clear()
        self._of.clear()

    def _join(self, live: Live, node: str, item: Item, key: str) -> tuple[_Places, _Which]:
        group = (*recipe_of(live.started), node, key)
        self._of.setdefault(live.id, {})[node, item] = group
        return self._places.setdefault(group, _Places()), (live.id, node, item)

    def _let_in(self, places: _Places) -> list[Asked]:
        """Those who are first in line, as far as the limit that each of them was asked with leaves room. Nothing begins
        in a run that is paused: it lets others go first until it goes on."""
        let_in: list[Asked] = []
        while places.waiting:
            which, (live, command) = next(iter(places.waiting.items()))
            assert command.share is not None
            if len(places.held) >= command.share[0]:
                break
            del places.waiting[which]
            if live.run.held:
                places.aside[which] = (live, command)
                continue
            places.held[which] = command.attempt
            let_in.append((live, command))
        return let_in


def _is_under_way(step: Step) -> bool:
    """Whether it shows that something was begun for the newest attempt, and that it has not ended."""
    begun = step.tape or step.calling is not None or step.child is not None or step.losses
    return bool(begun) and step.going_on and not _is_over(step, step.attempt)


def _is_over(step: Step | None, attempt: int) -> bool:
    return step is None or step.ended or step.attempt != attempt or step.attempts[-1].ended_us is not None
