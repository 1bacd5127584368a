"""A recipe between text and graph: what has been understood so far, with the places of the text still at hand.

The checks work on this, because they must point into the text; `assemble` makes the recipe of it when nothing is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from cypher_executor.core.recipe import RelationshipType, Value
from cypher_executor.core.regions import Path, loop_paths
from cypher_executor.core.triggers import Schedule, Webhook
from cypher_executor.cypher import syntax
from cypher_executor.cypher.plan.draft import Draft, DraftNode, DraftRelationship
from cypher_executor.cypher.plan.graph import Graph
from cypher_executor.cypher.plan.relationships import Condition
from cypher_executor.cypher.references import References, references
from cypher_executor.errors import Place


@dataclass
class Reading:
    """An expression, and who reads it.

    It may name the nodes upstream of `after`, and `after` itself when `inclusive`; all nodes when `after` is None.
    `step` is the node whose step fails when it cannot be evaluated, None for the result of the run.
    """

    expression: syntax.Expression
    after: str | None
    inclusive: bool = False
    step: str | None = None
    templates: bool = False
    """Whether `{{ }}` in a text is an expression here."""
    in_loop: bool = False
    """Whether this is read for each item of the `for_each` of its own node."""
    collected: bool = False
    """Whether this is read when the loop around `after` has ended, and so outside of it."""

    @cached_property
    def references(self) -> References:
        return references(self.expression, templates=self.templates)


@dataclass
class PlannedLoop:
    """What a `FOR_EACH` or a `for_each` goes over. `settings` has the other fields of `core.recipe.Loop`."""

    items: Reading
    settings: dict[str, Any]

    @property
    def names(self) -> tuple[str, str]:
        """The names of the item and of its place in the list."""
        item = self.settings.get("item", "item")
        return item, f"{item}_index"


@dataclass
class PlannedRepeat:
    """What a node is repeated for. `settings` has the other fields of `core.recipe.Repeat`."""

    until: Reading
    settings: dict[str, Any]


@dataclass
class PlannedShare:
    """How many steps of a node, or runs of the recipe, may be under way: for each value of the key if there is one."""

    limit: int
    key: Reading | None


@dataclass
class PlannedNode:
    """A node: `inputs` is None when it has no map of its own."""

    drawn: DraftNode
    steering: dict[str, Any]
    inputs: dict[str, syntax.MapEntry] | None
    places: dict[str, Place]
    """Where the name of each reserved property stands."""
    readings: dict[str, Reading] = field(default_factory=dict)
    """The expression of each input."""
    for_each: PlannedLoop | None = None
    repeat: PlannedRepeat | None = None
    share: PlannedShare | None = None

    @property
    def name(self) -> str:
        return self.drawn.name

    @property
    def part(self) -> syntax.Name | None:
        """The label that names the part; None without one."""
        return self.drawn.part


@dataclass
class PlannedRelationship:
    drawn: DraftRelationship
    condition: Condition
    when: Reading | None = None
    loop: PlannedLoop | None = None

    @property
    def index(self) -> int:
        return self.drawn.index

    @property
    def source(self) -> str:
        return self.drawn.source

    @property
    def type(self) -> RelationshipType:
        return self.condition.type

    @property
    def target(self) -> str:
        return self.drawn.target


@dataclass
class PlannedTrigger:
    """What starts the recipe. `settings` is None when something in them is reported; of `starts`, the `when`s are
    read before any node has run."""

    drawn: DraftNode
    settings: Webhook | Schedule | None
    starts: list[PlannedRelationship]


@dataclass
class PlannedColumn:
    """One column of the RETURN. Its name is known when its expression is compiled."""

    alias: syntax.Name | None
    place: Place
    reading: Reading
    name: str = ""


class Loops:
    """The loops around each node. What is drawn wrongly is as if it were not there, and told by `checks/loops`."""

    def __init__(self, order: Sequence[str], entering: Mapping[str, Sequence[PlannedRelationship]]) -> None:
        self.paths, leaks = loop_paths(order, entering)
        self._opening = {r.index: r for ways in entering.values() for r in ways if r.type == "FOR_EACH"}
        leaking = {leak.index for leak in leaks}
        self.leaks = [r for ways in entering.values() for r in ways if r.index in leaking]

    def opening(self, index: int) -> PlannedRelationship:
        """The `FOR_EACH` of this index."""
        return self._opening[index]

    def named(self, path: Path) -> Iterator[str]:
        """The names that the loops of a path give to their items and places."""
        for loop in (self._opening[index].loop for index in path):
            if loop is not None:
                yield from loop.names


@dataclass
class Planned:
    """All of a recipe."""

    draft: Draft
    settings: dict[str, Any]
    nodes: dict[str, PlannedNode]
    relationships: list[PlannedRelationship]
    columns: list[PlannedColumn] | None
    triggers: dict[str, PlannedTrigger] = field(default_factory=dict)
    complete: bool = True
    """Whether nothing of the text was left out, so that what is not here is not anywhere."""
    share: PlannedShare | None = None
    """How many runs of the recipe are under way at once."""

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number that each node has in `graph`."""
        return {name: number for number, name in enumerate(self.nodes)}

    @cached_property
    def names(self) -> list[str]:
        """The node that each number stands for."""
        return list(self.nodes)

    @cached_property
    def graph(self) -> Graph:
        edges = [(self.numbers[r.drawn.source], self.numbers[r.drawn.target]) for r in self.relationships]
        return Graph(len(self.nodes), edges)

    @cached_property
    def entering(self) -> dict[str, list[PlannedRelationship]]:
        """The relationships into each node."""
        entering: dict[str, list[PlannedRelationship]] = {name: [] for name in self.nodes}
        for relationship in self.relationships:
            entering[relationship.target].append(relationship)
        return entering

    @cached_property
    def loops(self) -> Loops:
        """Which nodes stand in which loop."""
        order = [self.names[number] for component in self.graph.components for number in component]
        return Loops(order, self.entering)

    @cached_property
    def item_names(self) -> frozenset[str]:
        """Every name that some loop gives to its item or to the place of it."""
        loops = [*(r.loop for r in self.relationships), *(node.for_each for node in self.nodes.values())]
        return frozenset(name for loop in loops if loop is not None for name in loop.names)

    def readings(self) -> Iterator[Reading]:
        """Every expression of the graph that runs, and of what it gives."""
        for node in self.nodes.values():
            yield from node.readings.values()
            yield from (found.items for found in (node.for_each,) if found is not None)
            yield from (found.until for found in (node.repeat,) if found is not None)
            yield from (found.key for found in (node.share,) if found is not None and found.key is not None)
        for relationship in self.relationships:
            yield from (found.items for found in (relationship.loop,) if found is not None)
            yield from (found for found in (relationship.when,) if found is not None)
        yield from (column.reading for column in self.columns or ())

    def conditions_of_starts(self) -> Iterator[Reading]:
        """The expressions that are evaluated before anything has run, and can name nothing but how the run begins."""
        for trigger in self.triggers.values():
            yield from (start.when for start in trigger.starts if start.when is not None)
        if self.share is not None and self.share.key is not None:
            yield self.share.key

    @cached_property
    def started(self) -> frozenset[str]:
        """The nodes that some trigger begins at."""
        return frozenset(start.target for trigger in self.triggers.values() for start in trigger.starts)

    @property
    def parameters(self) -> list[str] | None:
        """The parameters that the input schema knows; None when it does not say, or allows others."""
        schema: Value = self.settings.get("input_schema") or {}
        if "properties" not in schema or schema.get("additionalProperties") or schema.get("patternProperties"):
            return None
        return list(schema["properties"])
