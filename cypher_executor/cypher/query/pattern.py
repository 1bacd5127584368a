"""Patterns as they are looked for: every node and relationship has a name, and its properties are compiled.

What an author leaves without a name gets one of the plan's own, so that the matcher has to know only one kind. This is
also where a name is told to be new, or to stand for something that is there already and must fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cypher_executor.cypher import syntax
from cypher_executor.cypher.query import types as t
from cypher_executor.cypher.query.bounds import BoundSpec
from cypher_executor.cypher.query.graph import Direction
from cypher_executor.cypher.query.host import Evaluator, Planning, compile_in
from cypher_executor.cypher.query.scope import Scope
from cypher_executor.cypher.query.types import Type

MAX_HOPS = 2**31


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """A node to look for. `bounds`: what else is said of it, for the graph to look at the right place."""

    name: str
    labels: tuple[str, ...]
    properties: tuple[tuple[str, Evaluator], ...]
    bounds: tuple[BoundSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class RelationshipSpec:
    """A relationship to look for, or with `hops` (least and most) a row of them, as a list. `direction` is seen from
    the node that is written before it."""

    name: str
    types: tuple[str, ...]
    direction: Direction
    hops: tuple[int, int] | None
    properties: tuple[tuple[str, Evaluator], ...]


@dataclass(frozen=True, slots=True)
class PathSpec:
    """Nodes, and the relationships between them: one fewer. `shortest` is None, or how many of the shortest paths are
    wanted: `shortestPath` is one, `allShortestPaths` is each."""

    name: str | None
    nodes: tuple[NodeSpec, ...]
    relationships: tuple[RelationshipSpec, ...]
    shortest: str | None = None


_DIRECTIONS: dict[str, Direction] = {"right": "out", "left": "in", "either": "both", "both": "both"}


class PatternReader:
    """Reads the patterns of one clause. `scope` grows by the names that they introduce, unless `fixed`: the pattern of
    a predicate finds nothing new."""

    def __init__(self, scope: Scope, planning: Planning, *, fixed: bool = False) -> None:
        self.scope = scope
        self.planning = planning
        self.fixed = fixed
        self.relationships: set[str] = set()

    def read(self, patterns: Sequence[syntax.Path]) -> list[PathSpec]:
        """All patterns. Names first, because properties may speak of any node of the same clause."""
        named = [self._names(path) for path in patterns]
        return [self._path(path, names) for path, names in zip(patterns, named, strict=True)]

    def _names(self, path: syntax.Path) -> list[str]:
        """The name of each element, in the order of the text."""
        names = [self._element(element) for element in path.elements]
        if path.variable is not None:
            self._path_name(path.variable)
        return names

    def _element(self, element: syntax.NodePattern | syntax.RelationshipPattern) -> str:
        if isinstance(element, syntax.NodePattern):
            return self._named(element.variable, t.NODE)
        wanted = t.list_of(t.RELATIONSHIP) if element.hops else t.RELATIONSHIP
        name = self._named(element.variable, wanted)
        if name in self.relationships and element.variable is not None:
            message = f"`{name}` is one relationship, and a pattern goes through each relationship once only."
            self.planning.problems.refuse("relationship_uniqueness", message, element.variable.place)
        self.relationships.add(name)
        return name

    def _named(self, variable: syntax.Name | None, wanted: Type) -> str:
        if variable is None:
            name = self.planning.own_name()
            self.scope.add(name, wanted)
            return name
        if variable.text in self.scope:
            self._check_type(variable, wanted)
        elif self.fixed:
            message = f"No variable is called `{variable.text}` here, and a condition cannot make one."
            self.planning.problems.refuse("undefined_variable", message, variable.place)
        else:
            self.scope.add(variable.text, wanted)
        return variable.text

    def _check_type(self, variable: syntax.Name, wanted: Type) -> None:
        found = self.scope.type_of(variable.text)
        if found in (t.ANY, t.NULL, wanted):
            return
        if wanted.name == "list" and found.name == "list" and found.inner in (t.ANY, t.NULL):
            return
        what = "a list of relationships" if wanted.name == "list" else str(wanted)
        message = f"`{variable.text}` is {found}, and here it would be {what}."
        self.planning.problems.refuse("variable_type_conflict", message, variable.place)

    def _path_name(self, variable: syntax.Name) -> None:
        if variable.text in self.scope:
            message = f"`{variable.text}` is there already, so no path can get this name."
            self.planning.problems.refuse("variable_already_bound", message, variable.place)
        self.scope.add(variable.text, t.PATH)

    def _check_shortest(self, path: syntax.Path) -> None:
        hops = path.relationships[0].hops if len(path.relationships) == 1 else None
        if hops is None or (hops.minimum or 0) > 1:
            message = f"{path.function} takes two nodes and one relationship with `*`, from 0 or 1 on."
            self.planning.problems.refuse("invalid_relationship_pattern", message, path.place)

    def _path(self, path: syntax.Path, names: list[str]) -> PathSpec:
        if path.function is not None:
            self._check_shortest(path)
        nodes = tuple(self._node(n, name) for n, name in zip(path.nodes, names[0::2], strict=True))
        between = tuple(self._relationship(r, name) for r, name in zip(path.relationships, names[1::2], strict=True))
        return PathSpec(path.variable.text if path.variable else None, nodes, between, path.function)

    def _node(self, node: syntax.NodePattern, name: str) -> NodeSpec:
        labels = tuple(dict.fromkeys(n.text for n in node.labels))
        return NodeSpec(name, labels, self._properties(node.properties))

    def _relationship(self, found: syntax.RelationshipPattern, name: str) -> RelationshipSpec:
        types = tuple(dict.fromkeys(n.text for n in found.types))
        properties = self._properties(found.properties)
        return RelationshipSpec(name, types, _DIRECTIONS[found.direction], _hops(found.hops), properties)

    def _properties(self, given: syntax.MapLiteral | syntax.Parameter | None) -> tuple[tuple[str, Evaluator], ...]:
        if given is None:
            return ()
        if isinstance(given, syntax.Parameter):
            message = "Properties to look for are spelled out, as in `{key: $value}`."
            self.planning.problems.refuse("invalid_parameter_use", message, given.place)
            return ()
        return tuple((e.key.text, compile_in(e.value, self.scope, self.planning)) for e in given.entries)


def _hops(hops: syntax.Hops | None) -> tuple[int, int] | None:
    if hops is None:
        return None
    return (1 if hops.minimum is None else hops.minimum, MAX_HOPS if hops.maximum is None else hops.maximum)
