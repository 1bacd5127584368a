"""Joins that are said never to run: whatever happens in a run, they do not."""

import random
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from cypher_executor.cypher import compile_recipe

TYPES = ("ON_SUCCESS", "ON_FAIL", "ON_COMPLETE")
CONDITIONS = ("", "{branch: 'x'}", "{branch: 'y'}", "{when: $w}", "{when: false}", "{otherwise: true}")


@dataclass(frozen=True)
class Way:
    source: int
    type: str
    target: int
    condition: str


@dataclass(frozen=True)
class Graph:
    joins: tuple[int | None, ...]
    """For each node how many taken relationships it waits for; None: at least one, all settled."""
    ways: tuple[Way, ...]

    def text(self) -> str:
        nodes = [f"(n{i}{f' {{join: {join}}}' if join else ''})" for i, join in enumerate(self.joins)]
        ways = [f"(n{w.source})-[:{w.type} {w.condition}]->(n{w.target})" for w in self.ways]
        return "CREATE " + ", ".join(nodes + ways)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    size = draw(st.integers(3, 6))
    pairs = st.sampled_from([(i, j) for j in range(size) for i in range(j)])
    ends = draw(st.lists(pairs, min_size=2, max_size=9))
    ways = tuple(Way(i, draw(st.sampled_from(TYPES)), j, draw(st.sampled_from(CONDITIONS))) for i, j in ends)
    entering = [sum(way.target == n for way in ways) for n in range(size)]
    joins = tuple(draw(st.sampled_from([None, *range(1, count + 1)])) if count else None for count in entering)
    return Graph(joins, ways)


def nodes_that_run(graph: Graph, chance: random.Random) -> set[int]:
    """One run, played by the plain rules: how each node ends, and which conditions hold, is up to chance."""
    ended: dict[int, str | None] = {}
    counts: dict[int, int] = {}
    for node, join in enumerate(graph.joins):
        entering = [way for way in graph.ways if way.target == node]
        runs = not entering or counts.get(node, 0) >= (join or 1)
        ended[node] = chance.choice(("failed", "x", "y", "plain")) if runs else None
        if runs:
            leaving = [way for way in graph.ways if way.source == node]
            for way in _taken(leaving, ended[node], chance):
                counts[way.target] = counts.get(way.target, 0) + 1
    return {node for node, how in ended.items() if how is not None}


def _taken(leaving: list[Way], ended: str | None, chance: random.Random) -> list[Way]:
    applies = {"ON_SUCCESS": ended != "failed", "ON_FAIL": ended == "failed", "ON_COMPLETE": True}
    holds = {
        "": True,
        "{branch: 'x'}": ended == "x",
        "{branch: 'y'}": ended == "y",
        "{when: $w}": chance.random() < 0.5,
        "{when: false}": False,
    }
    first = [w for w in leaving if "otherwise" not in w.condition and applies[w.type] and holds[w.condition]]
    answered = {w.type for w in first if w.condition}
    return first + [w for w in leaving if "otherwise" in w.condition and applies[w.type] and w.type not in answered]


@given(graphs(), st.integers(0, 2**32))
@settings(max_examples=300, deadline=None)
def test_what_is_said_never_to_run_runs_in_no_run(graph: Graph, seed: int) -> None:
    found = compile_recipe(graph.text(), parts=None).diagnostics
    never = {int(str(d.place.node)[1:]) for d in found if d.code in ("join_never_runs", "unreachable")}
    chance = random.Random(seed)
    for _ in range(40 if never else 0):
        assert not never & nodes_that_run(graph, chance)


@given(st.integers(2, 6), st.sampled_from(TYPES[:2]))
def test_ways_that_exclude_each_other_are_found_however_many_there_are(count: int, type_: str) -> None:
    ways = [f"(s)-[:ON_SUCCESS {{branch: 'b{n}'}}]->(w{n})-[:{type_}]->(j)" for n in range(count)]
    found = compile_recipe(f"CREATE (j {{join: 2}}), {', '.join(ways)}", parts=None).diagnostics
    assert [d.code for d in found] == ["join_never_runs"]
