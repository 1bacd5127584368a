"""A recipe between text and graph: what has been understood so far, with the places of the text still at hand.

The checks work on this, because they must point into the text; `assemble` makes the recipe of it when nothing is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from cypher_executor.core.recipe import Value
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

    @cached_property
    def references(self) -> References:
        return references(self.expression, templates=self.templates)


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
    part_refused: bool = False

    @property
    def name(self) -> str:
        return self.drawn.name

    @property
    def part(self) -> syntax.Name | None:
        """The label that names the part; None without one, and where the label is refused anyhow."""
        return None if self.part_refused else self.drawn.part


@dataclass
class PlannedRelationship:
    drawn: DraftRelationship
    condition: Condition
    when: Reading | None = None


@dataclass
class PlannedColumn:
    """One column of the RETURN. Its name is known when its expression is compiled."""

    alias: syntax.Name | None
    place: Place
    reading: Reading
    name: str = ""


@dataclass
class Planned:
    """All of a recipe."""

    draft: Draft
    settings: dict[str, Any]
    nodes: dict[str, PlannedNode]
    relationships: list[PlannedRelationship]
    columns: list[PlannedColumn] | None
    complete: bool = True
    """Whether nothing of the text was left out, so that what is not here is not anywhere."""

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

    def readings(self) -> Iterator[Reading]:
        """Every expression of the recipe."""
        for node in self.nodes.values():
            yield from node.readings.values()
        yield from (r.when for r in self.relationships if r.when is not None)
        yield from (column.reading for column in self.columns or ())

    @property
    def parameters(self) -> list[str] | None:
        """The parameters that the input schema knows; None when it does not say, or allows others."""
        schema: Value = self.settings.get("input_schema") or {}
        if "properties" not in schema or schema.get("additionalProperties") or schema.get("patternProperties"):
            return None
        return list(schema["properties"])
