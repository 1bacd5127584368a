"""What a run is to do itself, and which results of another run it has instead: forks, and runs of a part of a recipe.

A run with an `Origin` moves as every run does. But where a step begins that has a result already, it ends with that at
once; and where only some nodes are wanted, what is neither one of them nor upstream of one is skipped. So nothing of
the past is played again: conditions, joins and loops are worked out anew, from results that have not changed.

A result of a loop item is only that of an equal item, known by a digest (`Inherited.within`). An item that has become
another is run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import cached_property

from cypher_executor.core.events import Inherited, Item, Origin
from cypher_executor.core.fingerprint import canonical
from cypher_executor.core.recipe import Recipe, Value
from cypher_executor.core.regions import Key, Region
from cypher_executor.core.secret_handles import HANDLE
from cypher_executor.core.step import Step
from cypher_executor.core.table import Table
from cypher_executor.errors import Failure

VALUE_MISSING = "value_missing"
"""The code of the failure of a step that is not to be run, and of which no result is known."""


class Wanted:
    """What of its recipe a run does itself, and what it has already. Without an origin: everything, and nothing."""

    def __init__(self, recipe: Recipe | None = None, origin: Origin | None = None) -> None:
        self._recipe = recipe
        self._source = origin.run if origin is not None else None
        self._results: Mapping[tuple[str, Item], Inherited] = (
            {} if origin is None else {(result.node, result.item): result for result in origin.results}
        )
        self.only: frozenset[str] | None = (
            None if recipe is None or origin is None or origin.only is None else frozenset(origin.only)
        )
        """The nodes that are run; None for all of them."""

    def runs(self, node: str) -> bool:
        """Whether the steps of a node are run, unless there is a result."""
        return self.only is None or node in self.only

    def wants(self, node: str) -> bool:
        """Whether anything is wanted of a node: that it is run, or its result."""
        return self.only is None or node in self._needed

    def enters(self, region: Region) -> bool:
        """Whether anything is wanted of what stands in a loop."""
        return self.only is None or region.key in self._entered

    def inherited(self, step: Step, table: Table) -> Inherited | None:
        """The result that a step which begins has already."""
        result = self._results.get((step.name, step.item))
        if result is None or result.within != items_digest(table, step.region, step.item):
            return None
        return result

    def missing(self, step: Step) -> Failure:
        """Why a step that is not to be run cannot do without."""
        where = "" if not step.item else f" (item {list(step.item)})"
        source = "no run was named to take it from" if self._source is None else f"run {self._source} has none of it"
        return Failure(VALUE_MISSING, f"the value of {step.name!r}{where} is needed, and {source}")

    @cached_property
    def _needed(self) -> frozenset[str]:
        assert self._recipe is not None and self.only is not None
        return upstream_of(self._recipe, self.only)

    @cached_property
    def _entered(self) -> frozenset[Key]:
        assert self._recipe is not None
        regions = self._recipe.regions
        around = [regions.of[name] for name in self._needed]
        gates = [regions.gates[name] for name in self._needed if name in regions.gates]
        return frozenset(key for region in (*around, *gates) for key in region.path)


def items_digest(table: Table, region: Region, item: Item) -> str:
    """A digest of the loop items around a step; the same for equal items, whatever run their secrets belong to."""
    around = _items_around(table, region, item)
    if not around:
        return ""
    text = HANDLE.sub(lambda found: f"secret:{found['name']}", canonical(around))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _items_around(table: Table, region: Region, item: Item) -> list[Value]:
    """The items of the loops around, outermost first. What is in no item, as in a loop without a list, has none."""
    if len(item) != len(region.path):
        return []
    return [table.loops[key, item[:level]].items[item[level]] for level, key in enumerate(region.path)]


def upstream_of(recipe: Recipe, names: Iterable[str]) -> frozenset[str]:
    """These nodes, and all from which a path leads to one of them."""
    found = set(names)
    todo = list(found)
    while todo:
        sources = {way.source for way in recipe.incoming[todo.pop()] if way.type != "STARTS"} - found
        found |= sources
        todo += sources
    return frozenset(found)


def downstream_of(recipe: Recipe, names: Iterable[str]) -> frozenset[str]:
    """These nodes, and all to which a path leads from one of them."""
    found = set(names)
    todo = list(found)
    while todo:
        targets = {way.target for way in recipe.outgoing[todo.pop()]} - found
        found |= targets
        todo += targets
    return frozenset(found)
