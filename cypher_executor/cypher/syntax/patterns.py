"""Patterns: nodes, relationships, and the paths that they make."""

from __future__ import annotations

from typing import Literal as OneOf
from typing import TypeAlias

from cypher_executor.cypher.node import node
from cypher_executor.cypher.syntax.atoms import MapLiteral, Parameter
from cypher_executor.cypher.syntax.base import Name, Syntax


@node
class NodePattern(Syntax):
    """`(variable:Label:Other {properties})`."""

    variable: Name | None
    labels: tuple[Name, ...]
    properties: MapLiteral | Parameter | None


@node
class Hops(Syntax):
    """`*`, `*2`, `*1..3`; None for an end that is open."""

    minimum: int | None
    maximum: int | None


@node
class RelationshipPattern(Syntax):
    """`-[variable:TYPE|OTHER*1..3 {properties}]->`. `left` is an arrow that points to the node written before it,
    `either` has no head and `both` has two."""

    direction: OneOf["right", "left", "either", "both"]
    variable: Name | None
    types: tuple[Name, ...]
    hops: Hops | None
    properties: MapLiteral | Parameter | None


@node
class Path(Syntax):
    """`variable = (a)-[:R]->(b)`: nodes and relationships in turn, beginning and ending with a node."""

    variable: Name | None
    function: OneOf["shortestPath", "allShortestPaths"] | None
    elements: tuple[NodePattern | RelationshipPattern, ...]

    @property
    def nodes(self) -> tuple[NodePattern, ...]:
        return self.elements[0::2]  # type: ignore[return-value]

    @property
    def relationships(self) -> tuple[RelationshipPattern, ...]:
        return self.elements[1::2]  # type: ignore[return-value]


Pattern: TypeAlias = Path | NodePattern | RelationshipPattern
