"""The shape of graphs, compared with the plain definition on random ones."""

from hypothesis import given
from hypothesis import strategies as st

from cypher_executor.cypher.plan.graph import Graph

SIZE = 8
edges = st.lists(st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1)), max_size=24)


def reaches(drawn: list[tuple[int, int]]) -> list[set[int]]:
    """For each node the nodes that a path leads to, by repeating until nothing is new."""
    found: list[set[int]] = [set() for _ in range(SIZE)]
    for _ in range(SIZE):
        for source, target in drawn:
            if source != target:
                found[source] |= {target} | found[target]
    return found


@given(edges)
def test_nodes_are_in_one_group_when_they_lead_to_each_other(drawn: list[tuple[int, int]]) -> None:
    reach = reaches(drawn)
    group_of = {node: set(group) for group in Graph(SIZE, drawn).components for node in group}
    for a in range(SIZE):
        assert group_of[a] == {a} | {b for b in range(SIZE) if b in reach[a] and a in reach[b]}


@given(edges)
def test_groups_come_in_the_order_of_the_relationships(drawn: list[tuple[int, int]]) -> None:
    position = {node: i for i, group in enumerate(Graph(SIZE, drawn).components) for node in group}
    assert sorted(position) == list(range(SIZE))
    assert all(position[source] <= position[target] for source, target in drawn)


@given(edges)
def test_upstream_is_whatever_a_path_leads_from(drawn: list[tuple[int, int]]) -> None:
    reach, graph = reaches(drawn), Graph(SIZE, drawn)
    for node in range(SIZE):
        assert graph.upstream(node) == {other for other in range(SIZE) if node in reach[other]}


@given(edges)
def test_a_cycle_that_is_shown_is_one(drawn: list[tuple[int, int]]) -> None:
    graph = Graph(SIZE, drawn)
    for component in graph.cycles:
        cycle = graph.shortest_cycle(component)
        assert len(set(cycle)) == len(cycle) >= 2
        assert all(pair in drawn for pair in zip(cycle, [*cycle[1:], cycle[0]], strict=True))


def test_a_chain_and_a_ring_of_fifty_thousand_nodes_are_graphs_like_any_other() -> None:
    size = 50_000
    chain = [(n, n + 1) for n in range(size - 1)]
    assert [c[0] for c in Graph(size, chain).components] == list(range(size))
    ring = Graph(size, [*chain, (size - 1, 0)])
    assert [len(c) for c in ring.components] == [size]
    assert ring.shortest_cycle(ring.components[0]) == list(range(size))
