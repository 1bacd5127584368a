"""The shape of a graph: its order, what stands upstream of what, and cycles.

Nodes are numbers here, because that is what makes 5,000 of them cheap. Nothing calls itself: a chain may be as long as
a text can hold.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property


class Graph:
    """Nodes `0 .. size - 1` and relationships between them. Relationships from a node to itself are left out."""

    def __init__(self, size: int, edges: Iterable[tuple[int, int]]) -> None:
        self.size = size
        self.successors: list[list[int]] = [[] for _ in range(size)]
        self.predecessors: list[list[int]] = [[] for _ in range(size)]
        for source, target in edges:
            if source != target:
                self.successors[source].append(target)
                self.predecessors[target].append(source)

    @cached_property
    def components(self) -> Sequence[Sequence[int]]:
        """The nodes in groups that lead to each other, sources first. Without cycles each group is one node, and this
        is a topological order. (Tarjan's algorithm with a stack of its own.)"""
        return _Components(self).found()

    @cached_property
    def cycles(self) -> Sequence[Sequence[int]]:
        """The groups of nodes that lead to each other."""
        return [c for c in self.components if len(c) > 1]

    def upstream(self, node: int) -> set[int]:
        """The nodes from which a path leads to `node`; `node` itself only if it is on a cycle."""
        found: set[int] = set()
        todo = list(self.predecessors[node])
        while todo:
            each = todo.pop()
            if each not in found:
                found.add(each)
                todo.extend(self.predecessors[each])
        return found

    def shortest_cycle(self, component: Sequence[int]) -> list[int]:
        """A shortest way from the first node of a group back to itself, without that node at the end."""
        start, members = min(component), set(component)
        came_from: dict[int, int] = {}
        todo = deque([start])
        while todo:
            node = todo.popleft()
            for successor in self.successors[node]:
                if successor == start:
                    return _way_back(node, came_from)
                if successor in members and successor not in came_from:
                    came_from[successor] = node
                    todo.append(successor)
        raise AssertionError("the nodes of a group lead to each other")


def _way_back(node: int, came_from: dict[int, int]) -> list[int]:
    way = [node]
    while way[-1] in came_from:
        way.append(came_from[way[-1]])
    return way[::-1]


class _Components:
    """Tarjan's algorithm: one walk in depth, in which a group ends at the node that it was entered by."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._number: list[int] = [-1] * graph.size
        self._lowest: list[int] = [0] * graph.size
        self._grouped: list[bool] = [False] * graph.size
        self._entered: list[int] = []
        self._groups: list[list[int]] = []
        self._count = 0

    def found(self) -> list[list[int]]:
        for node in range(self._graph.size):
            if self._number[node] < 0:
                self._walk_from(node)
        return self._groups[::-1]

    def _walk_from(self, start: int) -> None:
        path = [self._enter(start)]
        while path:
            node, successors = path[-1]
            for successor in successors:
                if self._number[successor] < 0:
                    path.append(self._enter(successor))
                    break
                if not self._grouped[successor]:
                    self._lowest[node] = min(self._lowest[node], self._number[successor])
            else:
                path.pop()
                self._leave(node, path[-1][0] if path else None)

    def _enter(self, node: int) -> tuple[int, Iterator[int]]:
        self._number[node] = self._lowest[node] = self._count
        self._count += 1
        self._entered.append(node)
        return node, iter(self._graph.successors[node])

    def _leave(self, node: int, parent: int | None) -> None:
        if parent is not None:
            self._lowest[parent] = min(self._lowest[parent], self._lowest[node])
        if self._lowest[node] == self._number[node]:
            self._groups.append(self._group_entered_by(node))

    def _group_entered_by(self, node: int) -> list[int]:
        group: list[int] = []
        while not group or group[-1] != node:
            group.append(self._entered.pop())
            self._grouped[group[-1]] = True
        return group
