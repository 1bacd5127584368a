"""`concurrency_limit` of a recipe: at most so many of its runs are under way at once, the others wait for their turn.

A run is taken on and on disk whatever the limit; but nothing of it is begun before it has a *place*, which it keeps
until it ends. Places are given in the order in which runs came, for each tenant, recipe (its name, whatever the
version) and value of `concurrency_key`. They are not written down: after a restart the runs of which something has been
done have theirs again first, and then the others theirs in order.

A run that descends from one with a place of the same kind needs none: whoever waits for it would wait for ever.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from cypher_executor.core.commands import Command, Conclude, Interrupt, StartTimer
from cypher_executor.core.events import RunId
from cypher_executor.core.run import Run
from cypher_executor.core.run_places import place_of_run
from cypher_executor.engine.admission import recipe_of
from cypher_executor.engine.live import Live
from cypher_executor.errors import ExpressionError

_Group = tuple[str, str, str]
"""A tenant, a recipe, and the value of its key as JSON, empty without a key."""


@dataclass(slots=True)
class _Places:
    """Who has a place and who waits for one, with the limit that each was started with."""

    held: set[RunId] = field(default_factory=set)
    waiting: OrderedDict[RunId, tuple[Live, int]] = field(default_factory=OrderedDict)


class Turnstile:
    """The places of all runs. `find` gives a run that is in memory."""

    def __init__(self, find: Callable[[RunId], Live | None]) -> None:
        self._find = find
        self._places: dict[_Group, _Places] = {}
        self._of: dict[RunId, _Group] = {}
        """The group of each run that has a place or waits for one."""

    @property
    def waiting(self) -> int:
        """How many runs wait for a place."""
        return sum(len(places.waiting) for places in self._places.values())

    def holds_back(self, run: RunId) -> bool:
        """Whether nothing of this run may be begun yet."""
        group = self._of.get(run)
        return group is not None and run in self._places[group].waiting

    def reclaim(self, live: Live) -> None:
        """After a restart: a run of which something has been done has its place before anybody is let in."""
        group, _ = self._group(live)
        if group is not None and _has_begun(live.run) and not self._descends(live, group):
            self._join(group, live.id).held.add(live.id)

    def enter(self, live: Live) -> bool:
        """Whether a run may begin at once; one that may not waits here, and is given back when it may."""
        group, limit = self._group(live)
        if group is None or self._descends(live, group):
            return True
        places = self._join(group, live.id)
        if live.id in places.held:
            return True
        if live.run.held or places.waiting or len(places.held) >= limit:
            places.waiting[live.id] = (live, limit)
            return False
        places.held.add(live.id)
        return True

    def goes_on(self, run: RunId) -> list[Live]:
        """A run that was paused goes on: if it waits, it may be its turn."""
        return self._let_in(self._places[self._of[run]]) if self.holds_back(run) else []

    def ended(self, run: RunId) -> list[Live]:
        """A run has no place any more, and wants none. Others may begin."""
        group = self._of.pop(run, None)
        if group is None:
            return []
        places = self._places[group]
        places.held.discard(run)
        places.waiting.pop(run, None)
        let_in = self._let_in(places)
        if not places.held and not places.waiting:
            del self._places[group]
        return let_in

    def forget(self) -> None:
        """Nobody has a place: everybody will ask again."""
        self._places.clear()
        self._of.clear()

    def _let_in(self, places: _Places) -> list[Live]:
        """Those who are first in line and not paused, as far as the limits leave room."""
        let_in = []
        for run, (live, limit) in list(places.waiting.items()):
            if len(places.held) >= limit:
                break
            if not live.run.held:
                del places.waiting[run]
                places.held.add(run)
                let_in.append(live)
        return let_in

    def _join(self, group: _Group, run: RunId) -> _Places:
        self._of[run] = group
        return self._places.setdefault(group, _Places())

    def _group(self, live: Live) -> tuple[_Group | None, int]:
        try:
            place = None if live.run.recipe.share is None else place_of_run(live.run.recipe, live.started)
        except ExpressionError:  # It had a value when the run was taken on.
            place = None
        return ((*recipe_of(live.started), place[1]), place[0]) if place is not None else (None, 0)

    def _descends(self, live: Live, group: _Group) -> bool:
        held = self._places[group].held if group in self._places else ()
        return any(run in held for run in self._above(live))

    def _above(self, live: Live) -> Iterator[RunId]:
        """The runs that a run descends from, as far as they are open."""
        parent = live.started.parent
        while parent is not None:
            yield parent.run
            above = self._find(parent.run)
            parent = None if above is None else above.started.parent


def in_any_case(command: Command) -> bool:
    """Whether this is done also for a run that waits for a place: its end, its own time, and what is given up."""
    return isinstance(command, Conclude | Interrupt) or (isinstance(command, StartTimer) and command.node == "")


def _has_begun(run: Run) -> bool:
    """Whether it shows that something of a run was begun."""
    return any(s.tape or s.calling or s.child or s.losses or (s.ended and s.attempts) for s in run.steps.values())
