"""The steps of a run, and the loops that they stand in: what there is of each, and how to find one from another.

A *pass* is one time through a region: the run itself is a pass through the outermost region, and each item of a loop
is a pass through the loop's body. Steps of a pass come into being together when it begins, so that a loop over
10,000 items has no more steps than items have begun. A loop that could not be entered (its `FOR_EACH` was not taken, or
gave no list) has one *stillborn* pass instead of items, in which its steps are skipped; it is known by the item around.

Everything is found by key and nothing points back, so that a run can be looked at, and compared, as plain data. What
happens to all of this is in `run.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cypher_executor.core.events import Item
from cypher_executor.core.recipe import Loop, Recipe, Value
from cypher_executor.core.regions import Key, Region
from cypher_executor.core.step import Step
from cypher_executor.errors import Failure

MAX_STEPS = 100_000
"""How many steps a run may have, those of loop items that have not begun included."""


@dataclass(slots=True, eq=False)
class Pass:
    """One time through a region. `open` counts the steps and the loops right in it that have not ended."""

    region: Region
    item: Item
    open: int
    stillborn: bool = False


@dataclass(slots=True, eq=False)
class LoopState:
    """A loop that a run has come to. `item` is that of the pass that it is in; `begun` counts its items from the first.

    `failure` says that it was stopped because an item failed, `cancelled` that it was stopped from outside. `lists`
    keeps what expressions have seen of it after its end: the outputs of a node, in the order of the items.
    """

    region: Region
    item: Item
    items: list[Value] = field(default_factory=list)
    begun: int = 0
    open: dict[Item, None] = field(default_factory=dict)
    stillborn: bool = False
    failure: Failure | None = None
    cancelled: bool = False
    cleaning: bool = False
    ended: bool = False
    lists: dict[str, Value] = field(default_factory=dict)

    @property
    def loop(self) -> Loop:
        """What the recipe says of it."""
        assert self.region.loop is not None
        return self.region.loop

    @property
    def stopped(self) -> bool:
        """Whether no further item is to begin."""
        return self.cancelled or self.failure is not None

    @property
    def complete(self) -> bool:
        """Whether all of its items have ended by themselves."""
        return self.ended and not self.stillborn and not self.stopped


class Table:
    """All steps, passes and loops of one run."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self.regions = recipe.regions
        self.steps: dict[tuple[str, Item], Step] = {}
        self.passes: dict[tuple[Key, Item], Pass] = {}
        """Those that have not ended, and that of the run."""
        self.loops: dict[tuple[Key, Item], LoopState] = {}
        self._reserved = len(recipe.nodes)

    def reserve(self, region: Region, items: int) -> bool:
        """Make room for the steps of a loop; False when the run would have too many."""
        wanted = self._reserved + items * len(region.names)
        if wanted > MAX_STEPS:
            return False
        self._reserved = wanted
        return True

    def begin_pass(self, region: Region, item: Item, *, stillborn: bool = False) -> Pass:
        """A new pass, with all of its steps."""
        for name in region.names:
            entering = 0 if name == region.first else self._recipe.entering[name]
            self.steps[name, item] = Step(self._recipe.nodes[name], region, item, unsettled=entering)
        begun = Pass(region, item, len(region.names) + len(region.inner), stillborn)
        self.passes[region.key, item] = begun
        return begun

    def end_pass(self, ended: Pass, loop: LoopState) -> None:
        """Forget a pass in which everything has ended; its steps stay."""
        del self.passes[ended.region.key, ended.item]
        del loop.open[ended.item]

    def begin_loop(self, region: Region, item: Item, *, cleaning: bool) -> LoopState:
        """A loop that a run has come to."""
        loop = self.loops[region.key, item] = LoopState(region, item, cleaning=cleaning)
        return loop

    def cancel_loops(self, within: Pass) -> None:
        """Let no loop in a pass begin another item."""
        todo = [within]
        while todo:
            for loop in self.loops_in(todo.pop()):
                loop.cancelled = True
                todo += [self.passes[loop.region.key, item] for item in loop.open]

    def pass_of(self, step: Step) -> Pass:
        """The pass that a step which has not been routed is in."""
        return self.passes[step.region.key, step.item]

    def is_gate(self, step: Step) -> bool:
        """Whether a step stands for a whole loop of its node."""
        return step.node.for_each is not None and not step.region.gate

    def loop_of(self, within: Pass) -> LoopState:
        """The loop that a pass belongs to."""
        return self.loops[within.region.key, within.item if within.stillborn else within.item[:-1]]

    def around(self, within: Pass) -> Iterator[tuple[LoopState, Pass]]:
        """The loops around, innermost first, each with its own pass. The loop of a stillborn pass counts."""
        while within.region.loop is not None:
            loop = self.loop_of(within)
            yield loop, within
            within = self.passes[within.region.above, loop.item]

    def loops_in(self, within: Pass) -> Iterator[LoopState]:
        """The loops right in a pass that have been entered and have not ended, in the order of the recipe."""
        gates = [name for name in within.region.names if name in self.regions.gates and not within.region.gate]
        for key in (*within.region.inner, *gates):
            loop = self.loops.get((key, within.item))
            if loop is not None and not loop.ended:
                yield loop

    def going_on(self, within: Pass) -> Iterator[Step]:
        """The steps of a pass that have begun and not ended, gates left out, and those of the loops in it."""
        todo = [within]
        while todo:
            here = todo.pop()
            steps = (self.steps[name, here.item] for name in here.region.names)
            yield from [step for step in steps if step.going_on and not self.is_gate(step)]
            for loop in self.loops_in(here):
                todo += [self.passes[loop.region.key, item] for item in reversed(loop.open)]

    def in_order(self) -> Iterator[Step]:
        """Every step, in the order of the graph and then of the items; those of items that never began are skipped."""
        places = self._recipe.places
        steps = [*self.steps.values(), *self._never_begun()]
        yield from sorted(steps, key=lambda step: (places[step.name], step.item))

    def _never_begun(self) -> Iterator[Step]:
        for loop in self.loops.values():
            unbegun = range(loop.begun, len(loop.items)) if loop.ended else ()
            for index in unbegun:
                for region, name in self._inside(loop.region):
                    item = (*loop.item, index)
                    yield Step(self._recipe.nodes[name], region, item, unsettled=0, state="skipped")

    def _inside(self, region: Region) -> Iterator[tuple[Region, str]]:
        todo = [region]
        while todo:
            here = todo.pop()
            yield from ((here, name) for name in here.names)
            todo += [self.regions.by_key[key] for key in here.inner]
