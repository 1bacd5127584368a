"""Patterns compared with an oracle that tries every assignment of nodes and relationships, and knows nothing of plans:
whatever order the matcher chooses, it must find the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from cypher_executor.cypher.query import MemoryGraph, Node, Relationship, compile_query

LABELS, TYPES = ["A", "B"], ["S", "T"]


@dataclass(frozen=True)
class Hop:
    """A relationship of a pattern; `least` and `most` are None for a single one."""

    direction: str
    type: str | None
    least: int | None
    most: int | None

    @property
    def text(self) -> str:
        hops = "" if self.least is None else f"*{self.least}..{self.most}"
        inside = f"[{':' + self.type if self.type else ''}{hops}]"
        return {"out": f"-{inside}->", "in": f"<-{inside}-", "both": f"-{inside}-"}[self.direction]


@dataclass(frozen=True)
class Chain:
    """A path of a pattern: the names of its nodes, and what is between them."""

    names: tuple[str, ...]
    hops: tuple[Hop, ...]


@dataclass(frozen=True)
class Pattern:
    chains: tuple[Chain, ...]
    labels: dict[str, str]

    @property
    def names(self) -> list[str]:
        return sorted({name for chain in self.chains for name in chain.names})

    @property
    def text(self) -> str:
        written: set[str] = set()
        return ", ".join(self._chain(chain, written) for chain in self.chains)

    def _chain(self, chain: Chain, written: set[str]) -> str:
        text = self._node(chain.names[0], written)
        for hop, name in zip(chain.hops, chain.names[1:], strict=True):
            text += hop.text + self._node(name, written)
        return text

    def _node(self, name: str, written: set[str]) -> str:
        label = f":{self.labels[name]}" if name in self.labels and name not in written else ""
        written.add(name)
        return f"({name}{label})"


@st.composite
def graphs(draw: st.DrawFn) -> MemoryGraph:
    graph = MemoryGraph()
    size = draw(st.integers(1, 4))
    for _ in range(size):
        graph.add_node(draw(st.lists(st.sampled_from(LABELS), unique=True)))
    ends = st.integers(0, size - 1)
    for start, kind, end in draw(st.lists(st.tuples(ends, st.sampled_from(TYPES), ends), max_size=5)):
        graph.add_relationship(start, kind, end)
    return graph


def hops() -> st.SearchStrategy[Hop]:
    lengths = st.sampled_from([(None, None), (None, None), (0, 1), (1, 2), (2, 2), (0, 2)])
    made = st.tuples(st.sampled_from(["out", "in", "both"]), st.sampled_from([None, *TYPES]), lengths)
    return made.map(lambda x: Hop(x[0], x[1], *x[2]))


@st.composite
def patterns(draw: st.DrawFn) -> Pattern:
    names = st.sampled_from(["a", "b", "c"])
    chains = []
    for _ in range(draw(st.integers(1, 2))):
        between = draw(st.lists(hops(), max_size=2))
        chains.append(Chain(tuple(draw(names) for _ in range(len(between) + 1)), tuple(between)))
    return Pattern(tuple(chains), draw(st.dictionaries(names, st.sampled_from(LABELS))))


def brute_force(graph: MemoryGraph, pattern: Pattern) -> Counter[tuple[int | str, ...]]:
    """How often each assignment of the names is a match."""
    nodes = list(graph.nodes((), {}))
    found: Counter[tuple[int | str, ...]] = Counter()
    for chosen in product(nodes, repeat=len(pattern.names)):
        named = dict(zip(pattern.names, chosen, strict=True))
        if all(label in named[name].labels for name, label in pattern.labels.items() if name in named):
            steps = [s for chain in pattern.chains for s in zip(chain.names, chain.hops, chain.names[1:], strict=False)]
            count = sum(1 for _ in ways(graph, named, steps, frozenset()))
            if count:
                found[tuple(node.id for node in chosen)] += count
    return found


def ways(
    graph: MemoryGraph, named: dict[str, Node], steps: list[tuple[str, Hop, str]], used: frozenset[int | str]
) -> Iterator[None]:
    """Once for each way to choose different relationships for all steps."""
    if not steps:
        yield
        return
    (start, hop, end), *rest = steps
    for walk in walks(graph, named[start].id, hop, used):
        if walk[0] == named[end].id:
            yield from ways(graph, named, rest, used | walk[1])


def walks(
    graph: MemoryGraph, start: int | str, hop: Hop, used: frozenset[int | str]
) -> Iterator[tuple[int | str, frozenset[int | str]]]:
    """Every end of a walk over relationships that are not used yet, with those that it uses."""
    least, most = (1, 1) if hop.least is None or hop.most is None else (hop.least, hop.most)
    todo: list[tuple[int | str, frozenset[int | str], int]] = [(start, frozenset(), 0)]
    while todo:
        here, taken, length = todo.pop()
        if length >= least:
            yield here, taken
        if length < most:
            for over in every(graph):
                there = step(over, here, hop)
                if there is not None and over.id not in used | taken:
                    todo.append((there, taken | {over.id}, length + 1))


def every(graph: MemoryGraph) -> list[Relationship]:
    return [r for node in graph.nodes((), {}) for r in graph.relationships(node.id, (), "out")]


def step(over: Relationship, here: int | str, hop: Hop) -> int | str | None:
    if hop.type is not None and over.type != hop.type:
        return None
    if over.start == here and hop.direction in ("out", "both"):
        return over.end
    return over.start if over.end == here and hop.direction in ("in", "both") else None


@settings(max_examples=300, deadline=None)
@given(graphs(), patterns())
def test_the_matcher_finds_what_trying_everything_finds(graph: MemoryGraph, pattern: Pattern) -> None:
    names = ", ".join(f"id({name})" for name in pattern.names)
    compiled = compile_query(f"MATCH {pattern.text} RETURN {names}")
    assert compiled.query is not None, compiled.diagnostics
    assert Counter(compiled.query.run(graph)) == brute_force(graph, pattern)


@settings(max_examples=100, deadline=None)
@given(graphs(), patterns())
def test_optional_exists_and_count_agree_with_match(graph: MemoryGraph, pattern: Pattern) -> None:
    known = sum(brute_force(graph, pattern).values())
    text = f"RETURN COUNT {{ {pattern.text} }} AS n, EXISTS {{ {pattern.text} }} AS found"
    compiled = compile_query(text)
    assert compiled.query is not None, compiled.diagnostics
    assert list(compiled.query.run(graph)) == [(known, known > 0)]
    optional = compile_query(f"OPTIONAL MATCH {pattern.text} RETURN count(*) AS n")
    assert optional.query is not None
    assert list(optional.query.run(graph)) == [(max(1, known),)]


@settings(max_examples=100, deadline=None)
@given(graphs(), st.sampled_from(["out", "in", "both"]))
def test_a_shortest_path_is_as_long_as_the_shortest_of_all(graph: MemoryGraph, direction: str) -> None:
    hop = Hop(direction, None, 1, 5).text
    every_path = compile_query(f"MATCH p = (a){hop}(b) WHERE a <> b RETURN id(a), id(b), min(length(p))")
    shortest = compile_query(f"MATCH (a), (b) WHERE a <> b MATCH p = shortestPath((a){hop}(b)) "
                             "RETURN id(a), id(b), length(p)")  # fmt: skip
    assert every_path.query is not None and shortest.query is not None
    assert sorted(shortest.query.run(graph)) == sorted(every_path.query.run(graph))
