"""The shortest ways from one node to another: breadth first, level by level, so that the first level that meets the
target has all of them, and nothing behind it is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cypher_executor.cypher.query.budget import Holding
from cypher_executor.cypher.query.pattern import RelationshipSpec
from cypher_executor.cypher.query.steps import Match, expansion
from cypher_executor.cypher.query.values import Id, Node, Relationship

_OF_NODE = 64
"""About how many bytes it takes to remember how a node was reached."""

Arrivals = dict[Id, list[tuple[Relationship, Id]]]
"""For each node of a level, over which relationships it was reached, and from which nodes."""


@dataclass(frozen=True, slots=True)
class ShortestWays:
    """Between two known nodes, the relationships of one of the shortest paths, or of each of them."""

    source: str
    relationship: RelationshipSpec
    target: str
    every: bool

    def tries(self, match: Match) -> Iterator[None]:
        start, end = match.row[self.source], match.row[self.target]
        if not isinstance(start, Node) or not isinstance(end, Node):
            return
        with match.context.budget.holding() as held:
            for way in self._ways(match, start.id, end.id, held):
                match.row[self.relationship.name] = way
                yield
                if not self.every:
                    break
        match.row.pop(self.relationship.name, None)

    def _ways(self, match: Match, start: Id, end: Id, held: Holding) -> Iterator[list[Relationship]]:
        assert self.relationship.hops is not None
        least, most = self.relationship.hops
        if least == 0 and start == end:
            yield []
            return
        levels: list[Arrivals] = [{start: []}]
        seen = {start}
        while levels[-1] and len(levels) <= most:
            levels.append(self._next(match, levels[-1], seen, end))
            if end in levels[-1]:
                yield from _back(levels, end)
                return
            seen.update(levels[-1])
            held.add(_OF_NODE * len(levels[-1]))

    def _next(self, match: Match, level: Arrivals, seen: set[Id], end: Id) -> Arrivals:
        spec, found = self.relationship, Arrivals()
        wanted = match.wanted(spec.properties)
        for here in level:
            for over in match.context.graph.relationships(here, spec.types, spec.direction):
                match.context.budget.spend(1)
                there = over.other(here)
                if (there not in seen or there == end) and match.has(over, wanted):
                    found.setdefault(there, []).append((over, here))
        return found

    def describe(self) -> str:
        what = "all shortest paths" if self.every else "a shortest path"
        return f"{what} {expansion(self.source, self.relationship, self.relationship.direction, self.target)}"


def _back(levels: list[Arrivals], end: Id) -> Iterator[list[Relationship]]:
    """Every way through the levels that ends at `end`, from its start on."""
    way: list[Relationship] = []
    stack = [iter(levels[-1][end])]
    while stack:
        step = next(stack[-1], None)
        if step is None:
            stack.pop()
            if way:
                way.pop()
            continue
        over, before = step
        depth = len(levels) - 1 - len(stack)
        if any(over.id == taken.id for taken in way):
            continue
        way.append(over)
        if depth == 0:
            yield way[::-1]
            way.pop()
        else:
            stack.append(iter(levels[depth][before]))
