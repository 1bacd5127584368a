"""Decides in which order the elements of patterns are looked for, and makes the steps.

A path is begun where least is to be looked at: at a node that is known, at the end of a known relationship, at a node
of which an id, a property, a span or a label is said, in this order; and then it is followed to both sides. Paths that
hang on what is known come first. A condition is asked as soon as all that it reads is known, but never before the one
that stands in front of it, because that may be what keeps it from failing.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from cypher_executor.cypher.query.bounds import Said, Sayings
from cypher_executor.cypher.query.expansions import Arrival, Expand, ExpandMany
from cypher_executor.cypher.query.graph import Direction
from cypher_executor.cypher.query.host import Evaluator
from cypher_executor.cypher.query.pattern import NodeSpec, PathSpec, RelationshipSpec
from cypher_executor.cypher.query.steps import (
    CheckNode,
    MakePath,
    Require,
    RequireProperties,
    ScanEnds,
    ScanNodes,
    Step,
)
from cypher_executor.cypher.query.ways import ShortestWays

_EQUAL = ("=", "IN")
_NOTHING = Said()
_TURNED: dict[Direction, Direction] = {"out": "in", "in": "out", "both": "both"}


@dataclass
class _Matcher:
    known: set[str]
    given: frozenset[str]
    """What was known before the clause: a relationship among it may be met again."""

    conditions: list[tuple[Evaluator, str]]
    said: Sayings
    steps: list[Step] = field(default_factory=list)
    later: list[tuple[str, tuple[str, Evaluator]]] = field(default_factory=list)

    def path(self, path: PathSpec) -> None:
        """Steps for one path, from its best node to both sides."""
        if path.shortest is not None:
            self._shortest(path)
            return
        start = min(range(len(path.nodes)), key=lambda i: self._cost(path, i))
        self._start(path, start)
        for i in range(start, len(path.relationships)):
            self._expand(path.nodes[i], path.relationships[i], path.nodes[i + 1], turned=False)
        for i in range(start - 1, -1, -1):
            self._expand(path.nodes[i + 1], path.relationships[i], path.nodes[i], turned=True)
        self._name(path)

    def _shortest(self, path: PathSpec) -> None:
        """Both ends, and then what is between them."""
        over = path.relationships[0]
        for i in (0, 1):
            self._start(path, i)
        ready = replace(over, properties=self._now(over.name, over.properties))
        every = path.shortest == "allShortestPaths"
        self._add(ShortestWays(path.nodes[0].name, ready, path.nodes[1].name, every), over.name)
        self._name(path)

    def _name(self, path: PathSpec) -> None:
        if path.name is not None:
            self._add(MakePath(path.name, path.nodes[0].name, tuple(r.name for r in path.relationships)), path.name)

    def cost(self, path: PathSpec) -> int:
        """How much there is to look at where the path is begun: 0 for a known node."""
        return min(self._cost(path, i) for i in range(len(path.nodes)))

    def _cost(self, path: PathSpec, i: int) -> int:
        if path.nodes[i].name in self.known:
            return 0
        if self._known_beside(path, i) is not None:
            return 1
        return self._cost_of_looking(path.nodes[i])

    def _cost_of_looking(self, node: NodeSpec) -> int:
        """By what is said of a node: its id, a property that it has, a span that a property is in, its labels."""
        said = self._said_now(node)
        signs = {bound.sign for bound in said.bounds}
        keys = {key for key, _ in node.properties} | {b.key for b in said.bounds if b.sign in _EQUAL}
        if None in keys or "id" in keys:
            return 1
        if keys:
            return 2 if node.labels else 5
        if signs and node.labels:
            return 3
        return 4 if len({*node.labels, *said.labels}) > 1 else 5 if node.labels or said.labels else 6

    def _said_now(self, node: NodeSpec) -> Said:
        """What conditions say of a node that can be worked out before it is known."""
        said = self.said.of.get(node.name, _NOTHING)
        return Said(said.labels, [bound for bound in said.bounds if bound.value.names <= self.known])

    def _known_beside(self, path: PathSpec, i: int) -> RelationshipSpec | None:
        beside = path.relationships[max(0, i - 1) : i + 1]
        return next((r for r in beside if r.name in self.given and r.hops is None), None)

    def _start(self, path: PathSpec, i: int) -> None:
        node = path.nodes[i]
        beside = self._known_beside(path, i)
        if node.name in self.known:
            self._add(CheckNode(self._ready(node)), node.name)
        elif beside is not None:
            self._add(ScanEnds(beside.name, self._ready(node)), node.name)
        else:
            said = self._said_now(node)
            labels = tuple(dict.fromkeys((*node.labels, *said.labels)))
            ready = replace(self._ready(node), labels=labels, bounds=tuple(said.bounds))
            everything = self.said.whole and len(said.bounds) == len(self.said.of[node.name].bounds)
            self._add(ScanNodes(ready, everything and not self.later), node.name)

    def _expand(self, source: NodeSpec, over: RelationshipSpec, target: NodeSpec, *, turned: bool) -> None:
        direction = _TURNED[over.direction] if turned else over.direction
        known = over.name in self.given
        arrival = Arrival(self._ready(target), target.name in self.known)
        ready = replace(over, properties=self._now(over.name, over.properties))
        step: Step = Expand(source.name, ready, direction, arrival, known)
        if over.hops is not None:
            step = ExpandMany(source.name, ready, direction, arrival, known, turned)
        self._add(step, target.name, over.name)

    def _ready(self, node: NodeSpec) -> NodeSpec:
        return replace(node, properties=self._now(node.name, node.properties))

    def _now(self, name: str, properties: tuple[tuple[str, Evaluator], ...]) -> tuple[tuple[str, Evaluator], ...]:
        """Those properties that can be compared now; the others are asked for later."""
        now = tuple(p for p in properties if p[1].names <= self.known)
        self.later.extend((name, p) for p in properties if not p[1].names <= self.known)
        return now

    def _add(self, step: Step, *names: str) -> None:
        self.steps.append(step)
        self.known.update(names)
        self._ask()

    def _ask(self) -> None:
        """Adds the conditions that can be asked now."""
        for name, prop in [x for x in self.later if x[1][1].names <= self.known and x[0] in self.known]:
            self.steps.append(RequireProperties(name, (prop,)))
            self.later.remove((name, prop))
        while self.conditions and self.conditions[0][0].names <= self.known:
            self.steps.append(Require(*self.conditions.pop(0)))


def steps_for(
    paths: Sequence[PathSpec],
    given: frozenset[str],
    conditions: Sequence[tuple[Evaluator, str]],
    said: Sayings,
) -> tuple[Step, ...]:
    """The steps that find all paths of a clause; `given` are the names of the row that it begins with, and `said` is
    what the conditions say of single nodes."""
    matcher = _Matcher(set(given), given, list(conditions), said)
    for path in _in_order(paths, matcher):
        matcher.path(path)
    assert not matcher.conditions and not matcher.later
    return tuple(matcher.steps)


def _in_order(paths: Sequence[PathSpec], matcher: _Matcher) -> Iterator[PathSpec]:
    """The cheapest path first, of those that remain when it comes to its turn. A path becomes cheaper when one of its
    names becomes known, and then it is put into the queue once more."""
    with_name: dict[str, list[int]] = {}
    for number, path in enumerate(paths):
        for name in {*(node.name for node in path.nodes), *(over.name for over in path.relationships)}:
            with_name.setdefault(name, []).append(number)
    queue = [(matcher.cost(path), number) for number, path in enumerate(paths)]
    heapq.heapify(queue)
    done: set[int] = set()
    while queue:
        _, number = heapq.heappop(queue)
        if number in done:
            continue
        done.add(number)
        yield paths[number]
        for name in {node.name for node in paths[number].nodes}:
            for other in with_name.pop(name, ()):
                if other not in done:
                    heapq.heappush(queue, (matcher.cost(paths[other]), other))
