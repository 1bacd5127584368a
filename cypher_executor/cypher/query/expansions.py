"""The steps of a match that follow relationships, one or a row of them, from a node that is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cypher_executor.cypher.expressions.frame import Value
from cypher_executor.cypher.query.graph import Direction
from cypher_executor.cypher.query.pattern import NodeSpec, RelationshipSpec
from cypher_executor.cypher.query.steps import Match, Wanted, expansion, node_text
from cypher_executor.cypher.query.values import Id, Node, Relationship


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
        return expansion(self.source, self.relationship, self.direction, node_text(self.arrival.node))


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
        return expansion(self.source, self.relationship, self.direction, node_text(self.arrival.node))
