"""The steps of a match. Each finds, one after the other, what fits at one place of a pattern, given what the steps
before it have found.

A step is a generator that writes what it found into the match, yields, and takes it back when it is asked to go on.
`find` keeps the generators of all steps on a stack of its own, so that a pattern may be as long as it likes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cypher_executor.cypher.expressions.frame import Value
from cypher_executor.cypher.expressions.values import equal, truth
from cypher_executor.cypher.query.bounds import BoundSpec
from cypher_executor.cypher.query.context import Context, Row
from cypher_executor.cypher.query.graph import Bound, Direction
from cypher_executor.cypher.query.host import Evaluator
from cypher_executor.cypher.query.pattern import NodeSpec, RelationshipSpec
from cypher_executor.cypher.query.values import Id, Node, Path, Relationship
from cypher_executor.errors import ExpressionError

Wanted = Mapping[str, Value]
_DONE = object()


class Match:
    """What has been found so far: a row, and the relationships that are taken (each may be once in a match)."""

    __slots__ = ("context", "frame", "row", "used")

    def __init__(self, context: Context, row: Row) -> None:
        self.context = context
        self.frame = context.frame(0)
        self.row = dict(row)
        self.used: set[Id] = set()

    def value(self, evaluator: Evaluator) -> Value:
        """The value of an expression on the row as it is now."""
        frame = self.frame if not evaluator.slots else self.context.frame(evaluator.slots)
        return evaluator.closure(frame.on(self.row))

    def wanted(self, properties: Sequence[tuple[str, Evaluator]]) -> Wanted:
        """The properties that something must have."""
        return {key: self.value(evaluator) for key, evaluator in properties}

    def bounds(self, specs: Sequence[BoundSpec]) -> Sequence[Bound]:
        """Within what something must be. A value that cannot be worked out bounds nothing: the condition tells it."""
        found = []
        for spec in specs:
            with contextlib.suppress(ExpressionError):
                found.append(Bound(spec.key, spec.sign, self.value(spec.value)))
        return found

    def has(self, found: Node | Relationship, wanted: Wanted) -> bool:
        """Whether something has them. Null is equal to nothing, so who wants it gets nothing."""
        return all(equal(self.frame, found.values.get(key), value) is True for key, value in wanted.items())


class Step(Protocol):
    """One place of a pattern."""

    def tries(self, match: Match) -> Iterator[None]:
        """Yields once for everything that fits here, having written it into the match."""
        ...

    def describe(self) -> str:
        """What it does, for EXPLAIN."""
        ...


def find(steps: Sequence[Step], context: Context, row: Row) -> Iterator[Row]:
    """`row` with everything that was found, once for each way to find it."""
    match, budget = Match(context, row), context.budget
    places = _places(steps)
    stack = [places[0][0].tries(match)]
    while stack:
        budget.spend(1)
        if next(stack[-1], _DONE) is _DONE:
            stack.pop()
        elif all(test.holds(match) for test in places[len(stack) - 1][1]):
            if len(stack) < len(places):
                stack.append(places[len(stack)][0].tries(match))
            else:
                yield dict(match.row)


def _places(steps: Sequence[Step]) -> Sequence[tuple[Step, Sequence[Require]]]:
    """The steps that find something, each with the conditions that are asked of what it has found."""
    found: list[tuple[Step, list[Require]]] = []
    for step in steps:
        if isinstance(step, Require) and found:
            found[-1][1].append(step)
        else:
            found.append((step, []))
    return found


def node_text(node: NodeSpec) -> str:
    """A node of a pattern, for EXPLAIN."""
    name = "" if node.name.startswith("\0") else node.name
    return f"({name}{''.join(':' + label for label in node.labels)})"


@dataclass(frozen=True, slots=True)
class ScanNodes:
    """All nodes of the graph that fit. `whole`: the node says all that is asked of the whole pattern."""

    node: NodeSpec
    whole: bool = False

    def tries(self, match: Match) -> Iterator[None]:
        spec, row = self.node, match.row
        wanted, labels, budget = match.wanted(spec.properties), frozenset(spec.labels), match.context.budget
        for found in match.context.graph.nodes(spec.labels, wanted, match.bounds(spec.bounds)):
            budget.spend(1)
            if labels.issubset(found.labels) and (not wanted or match.has(found, wanted)):
                row[spec.name] = found
                yield
        row.pop(spec.name, None)

    def describe(self) -> str:
        return f"every node {node_text(self.node)}{_within(self.node)}"


def _within(node: NodeSpec) -> str:
    keys = dict.fromkeys([key for key, _ in node.properties] + [bound.key or "id" for bound in node.bounds])
    return f" by {', '.join(keys)}" if keys else ""


@dataclass(frozen=True, slots=True)
class CheckNode:
    """A node that is there already."""

    node: NodeSpec

    def tries(self, match: Match) -> Iterator[None]:
        found = match.row[self.node.name]
        if not isinstance(found, Node) or not set(self.node.labels).issubset(found.labels):
            return
        if match.has(found, match.wanted(self.node.properties)):
            yield

    def describe(self) -> str:
        return f"the node {node_text(self.node)} that is known"


@dataclass(frozen=True, slots=True)
class ScanEnds:
    """The nodes at the ends of a relationship that is there already."""

    relationship: str
    node: NodeSpec

    def tries(self, match: Match) -> Iterator[None]:
        known = match.row[self.relationship]
        if not isinstance(known, Relationship):
            return
        wanted = match.wanted(self.node.properties)
        for id in dict.fromkeys((known.start, known.end)):
            found = match.context.graph.node(id)
            if found is not None and set(self.node.labels).issubset(found.labels) and match.has(found, wanted):
                match.row[self.node.name] = found
                yield
        match.row.pop(self.node.name, None)

    def describe(self) -> str:
        return f"the ends of the relationship `{self.relationship}` that is known, as {node_text(self.node)}"


@dataclass(frozen=True, slots=True)
class Require:
    """A condition, at the first place where everything that it reads is known."""

    condition: Evaluator
    text: str

    def holds(self, match: Match) -> bool:
        """Whether it is true of what has been found so far."""
        return truth(match.value(self.condition), "WHERE") is True

    def tries(self, match: Match) -> Iterator[None]:
        if self.holds(match):
            yield

    def describe(self) -> str:
        return f"only where {self.text}"


@dataclass(frozen=True, slots=True)
class RequireProperties:
    """Properties that speak of something which was found later than what has them."""

    name: str
    properties: tuple[tuple[str, Evaluator], ...]

    def tries(self, match: Match) -> Iterator[None]:
        wanted = match.wanted(self.properties)
        value = match.row[self.name]
        if all(match.has(found, wanted) for found in (value if isinstance(value, list) else [value])):
            yield

    def describe(self) -> str:
        return f"only where the properties of `{_shown(self.name)}` fit"


@dataclass(frozen=True, slots=True)
class MakePath:
    """Puts what was found together to a path."""

    name: str
    first: str
    relationships: tuple[str, ...]

    def tries(self, match: Match) -> Iterator[None]:
        nodes: list[Any] = [match.row[self.first]]
        between: list[Relationship] = []
        for name in self.relationships:
            found = match.row[name]
            for relationship in found if isinstance(found, list) else [found]:
                nodes.append(match.context.graph.node(relationship.other(nodes[-1].id)))
                between.append(relationship)
        match.row[self.name] = Path(tuple(nodes), tuple(between))
        yield
        match.row.pop(self.name, None)

    def describe(self) -> str:
        return f"the path `{_shown(self.name)}`"


def _shown(name: str) -> str:
    return "…" if name.startswith("\0") else name


def expansion(source: str, over: RelationshipSpec, direction: Direction, target: str) -> str:
    """One step of a pattern, for EXPLAIN."""
    return f"from `{_shown(source)}` over {_arrow(over, direction)} to {target}"


def _arrow(relationship: RelationshipSpec, direction: Direction) -> str:
    name = "" if relationship.name.startswith("\0") else relationship.name
    types = ":" + "|".join(relationship.types) if relationship.types else ""
    hops = "" if relationship.hops is None else f"*{relationship.hops[0]}..{relationship.hops[1]}"
    left, right = ("<-", "-") if direction == "in" else ("-", "->" if direction == "out" else "-")
    return f"{left}[{name}{types}{hops}]{right}"
