"""The steps of a match. Each finds, one after the other, what fits at one place of a pattern, given what the steps
before it have found.

A step is a generator that writes what it found into the match, yields, and takes it back when it is asked to go on.
`find` keeps the generators of all steps on a stack of its own, so that a pattern may be as long as it likes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cypher_executor.cypher.expressions.frame import Value
from cypher_executor.cypher.expressions.values import equal, truth
from cypher_executor.cypher.query.context import Context, Row
from cypher_executor.cypher.query.graph import Direction
from cypher_executor.cypher.query.host import Evaluator
from cypher_executor.cypher.query.pattern import NodeSpec, RelationshipSpec
from cypher_executor.cypher.query.values import Id, Node, Path, Relationship

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
    match = Match(context, row)
    stack = [steps[0].tries(match)]
    while stack:
        context.budget.spend(1)
        if next(stack[-1], _DONE) is _DONE:
            stack.pop()
        elif len(stack) < len(steps):
            stack.append(steps[len(stack)].tries(match))
        else:
            yield dict(match.row)


def _pattern(node: NodeSpec) -> str:
    name = "" if node.name.startswith("\0") else node.name
    return f"({name}{''.join(':' + label for label in node.labels)})"


@dataclass(frozen=True, slots=True)
class ScanNodes:
    """All nodes of the graph that fit."""

    node: NodeSpec

    def tries(self, match: Match) -> Iterator[None]:
        spec, row = self.node, match.row
        wanted = match.wanted(spec.properties)
        for found in match.context.graph.nodes(spec.labels, wanted):
            match.context.budget.spend(1)
            if match.has(found, wanted) and set(spec.labels).issubset(found.labels):
                row[spec.name] = found
                yield
        row.pop(spec.name, None)

    def describe(self) -> str:
        return f"every node {_pattern(self.node)}"


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
        return f"the node {_pattern(self.node)} that is known"


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
        return f"the ends of the relationship `{self.relationship}` that is known, as {_pattern(self.node)}"


@dataclass(frozen=True, slots=True)
class Arrival:
    """The node at the far end of a step: new, or known and to be met again."""

    node: NodeSpec
    known: bool

    def reach(self, match: Match, id: Id, wanted: Wanted) -> bool:
        """Whether the node with this id fits; a new one is written into the row."""
        if self.known:
            there = match.row[self.node.name]
            if not isinstance(there, Node) or there.id != id:
                return False
            found: Node | None = there
        else:
            found = match.context.graph.node(id)
        if found is None or not set(self.node.labels).issubset(found.labels) or not match.has(found, wanted):
            return False
        match.row[self.node.name] = found
        return True

    def leave(self, match: Match) -> None:
        """Takes a new node back."""
        if not self.known:
            match.row.pop(self.node.name, None)


@dataclass(frozen=True, slots=True)
class Expand:
    """From a known node over one relationship to the next node. `direction` is seen from the known node."""

    source: str
    relationship: RelationshipSpec
    direction: Direction
    arrival: Arrival
    known: bool
    """Whether the relationship is there already."""

    def tries(self, match: Match) -> Iterator[None]:
        spec, row, used = self.relationship, match.row, match.used
        here = row[self.source]
        assert isinstance(here, Node)
        wanted, at_end = match.wanted(spec.properties), match.wanted(self.arrival.node.properties)
        for found in self._candidates(match, here):
            match.context.budget.spend(1)
            if found.id in used or not match.has(found, wanted):
                continue
            if not self.arrival.reach(match, found.other(here.id), at_end):
                continue
            row[spec.name] = found
            used.add(found.id)
            yield
            used.discard(found.id)
        self.arrival.leave(match)
        if not self.known:
            row.pop(spec.name, None)

    def _candidates(self, match: Match, here: Node) -> Iterator[Relationship]:
        if self.known:
            found = match.row[self.relationship.name]
            return iter([found] if _fits(found, here.id, self.relationship.types, self.direction) else [])
        return match.context.graph.relationships(here.id, self.relationship.types, self.direction)

    def describe(self) -> str:
        return expansion(self.source, self.relationship, self.direction, _pattern(self.arrival.node))


def _fits(found: Value, here: Id, types: tuple[str, ...], direction: Direction) -> bool:
    """Whether a value is a relationship that leaves a node in this direction."""
    if not isinstance(found, Relationship) or (types and found.type not in types):
        return False
    leaves, enters = found.start == here, found.end == here
    return leaves or enters if direction == "both" else leaves if direction == "out" else enters


@dataclass(frozen=True, slots=True)
class ExpandMany:
    """From a known node over a row of relationships. `turned` says that the row is walked from its end to its start,
    so that its list is turned round."""

    source: str
    relationship: RelationshipSpec
    direction: Direction
    arrival: Arrival
    known: bool
    turned: bool

    def tries(self, match: Match) -> Iterator[None]:
        spec, row = self.relationship, match.row
        here = row[self.source]
        assert isinstance(here, Node)
        at_end = match.wanted(self.arrival.node.properties)
        for way, end in self._known_way(match, here.id) if self.known else self._ways(match, here.id):
            if not self.arrival.reach(match, end, at_end):
                continue
            row[spec.name] = way[::-1] if self.turned else list(way)
            yield
        self.arrival.leave(match)
        if not self.known:
            row.pop(spec.name, None)

    def _ways(self, match: Match, here: Id) -> Iterator[tuple[list[Relationship], Id]]:
        """Depth first, with a stack of our own; what is on the way is taken, and given back on the way back."""
        assert self.relationship.hops is not None
        least, most = self.relationship.hops
        wanted = match.wanted(self.relationship.properties)
        way: list[Relationship] = []
        if least == 0:
            yield way, here
        stack = [(here, self._leaving(match, here))] if most > 0 else []
        while stack:
            at, leaving = stack[-1]
            found = next(leaving, None)
            if found is None:
                stack.pop()
                if way:
                    match.used.discard(way.pop().id)
                continue
            match.context.budget.spend(1)
            if found.id in match.used or not match.has(found, wanted):
                continue
            way.append(found)
            match.used.add(found.id)
            there = found.other(at)
            if len(way) >= least:
                yield way, there
            following = self._leaving(match, there) if len(way) < most else iter(())
            stack.append((there, following))

    def _leaving(self, match: Match, here: Id) -> Iterator[Relationship]:
        return match.context.graph.relationships(here, self.relationship.types, self.direction)

    def _known_way(self, match: Match, here: Id) -> Iterator[tuple[list[Relationship], Id]]:
        """The list that is there already, if it leads on from here."""
        given = match.row[self.relationship.name]
        if not isinstance(given, list):
            return
        way = given[::-1] if self.turned else given
        at = here
        for found in way:
            if not _fits(found, at, self.relationship.types, self.direction) or found.id in match.used:
                return
            at = found.other(at)
        ids = {found.id for found in way}
        match.used |= ids
        yield list(way), at
        match.used -= ids

    def describe(self) -> str:
        return expansion(self.source, self.relationship, self.direction, _pattern(self.arrival.node))


@dataclass(frozen=True, slots=True)
class Require:
    """A condition, at the first place where everything that it reads is known."""

    condition: Evaluator
    text: str

    def tries(self, match: Match) -> Iterator[None]:
        if truth(match.value(self.condition), "WHERE") is True:
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
