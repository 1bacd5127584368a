"""Where things stand in a picture that is drawn from top to bottom.

The usual three steps: every node goes one layer below the lowest that leads to it; within a layer nodes are ordered by
where their neighbours stand, going down and up a few times, so that few ways cross; then each moves as near to its
neighbours as the others let it. A way over several layers has a place in each of them, so that it passes between nodes
and not behind them; there are so many such places and no more, because in a very large graph nobody could follow them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from cypher_executor.cypher.plan.graph import Graph

SWEEPS = 4
MOST_PLACES = 20_000
GAP = 28.0
"""Between neighbours of a layer."""
WAY = 12.0
"""How wide the place of a passing way is."""


@dataclass
class Layout:
    """`layer` and `middle` of every node, and the middles of each way on the layers that it passes."""

    layer: list[int]
    middle: list[float]
    passing: list[list[float]]
    width: float = 0.0
    layers: int = 0


def lay_out(widths: Sequence[float], ways: Sequence[tuple[int, int]]) -> Layout:
    """The layout of nodes that are so wide and of the ways between them, which lead nowhere back."""
    return _Layered(widths, ways).layout()


@dataclass
class _Layered:
    node_widths: Sequence[float]
    ways: Sequence[tuple[int, int]]
    widths: list[float] = field(default_factory=list)
    layer: list[int] = field(default_factory=list)
    above: list[list[int]] = field(default_factory=list)
    below: list[list[int]] = field(default_factory=list)
    rows: list[list[int]] = field(default_factory=list)
    passing: list[list[int]] = field(default_factory=list)
    middle: list[float] = field(default_factory=list)

    def layout(self) -> Layout:
        self._choose_layers()
        self._lead_ways()
        self.rows = [[] for _ in range(max(self.layer, default=-1) + 1)]
        for place, layer in enumerate(self.layer):
            self.rows[layer].append(place)
        self._order()
        self._position()
        return self._found()

    def _choose_layers(self) -> None:
        graph = Graph(len(self.node_widths), self.ways)
        self.layer = [0] * graph.size
        for group in graph.components:
            for node in group:
                for successor in graph.successors[node]:
                    self.layer[successor] = max(self.layer[successor], self.layer[node] + 1)

    def _lead_ways(self) -> None:
        """Gives every way its places on the layers between its ends, and every place its neighbours."""
        self.widths = list(self.node_widths)
        self.above = [[] for _ in self.widths]
        self.below = [[] for _ in self.widths]
        for source, target in self.ways:
            between = range(self.layer[source] + 1, self.layer[target])
            led = len(self.widths) - len(self.node_widths) + len(between) <= MOST_PLACES
            self.passing.append([self._add_place(layer) for layer in between] if led else [])
            self._join([source, *self.passing[-1], target])

    def _add_place(self, layer: int) -> int:
        self.widths.append(WAY)
        self.layer.append(layer)
        self.above.append([])
        self.below.append([])
        return len(self.widths) - 1

    def _join(self, places: list[int]) -> None:
        for upper, lower in pairwise(places):
            self.below[upper].append(lower)
            self.above[lower].append(upper)

    def _order(self) -> None:
        self.middle = [0.0] * len(self.widths)
        self._number()
        for sweep in range(SWEEPS):
            neighbours = self.below if sweep % 2 else self.above
            for row in reversed(self.rows) if sweep % 2 else self.rows:
                wanted = {place: self._mean(neighbours[place], self.middle[place]) for place in row}
                row.sort(key=wanted.__getitem__)
                for number, place in enumerate(row):
                    self.middle[place] = number / max(1, len(row) - 1)

    def _number(self) -> None:
        for row in self.rows:
            for number, place in enumerate(row):
                self.middle[place] = number / max(1, len(row) - 1)

    def _mean(self, places: list[int], otherwise: float) -> float:
        return sum(self.middle[place] for place in places) / len(places) if places else otherwise

    def _position(self) -> None:
        for row in self.rows:
            self._place(row, [0.0] * len(row))
        for sweep in range(SWEEPS):
            neighbours = self.below if sweep % 2 else self.above
            for row in reversed(self.rows) if sweep % 2 else self.rows:
                self._place(row, [self._mean(neighbours[place], self.middle[place]) for place in row])

    def _place(self, row: list[int], wanted: list[float]) -> None:
        """As near to where each wants to be as the others let it: between leaning right and leaning left."""
        apart = [(self.widths[a] + self.widths[b]) / 2 + GAP for a, b in pairwise(row)]
        right = list(wanted)
        for number, distance in enumerate(apart):
            right[number + 1] = max(right[number + 1], right[number] + distance)
        left = list(wanted)
        for number in range(len(apart) - 1, -1, -1):
            left[number] = min(left[number], left[number + 1] - apart[number])
        for number, place in enumerate(row):
            self.middle[place] = (right[number] + left[number]) / 2

    def _found(self) -> Layout:
        left = min((m - w / 2 for m, w in zip(self.middle, self.widths, strict=True)), default=0.0)
        middle = [m - left for m in self.middle]
        width = max((m + w / 2 for m, w in zip(middle, self.widths, strict=True)), default=0.0)
        count = len(self.node_widths)
        passing = [[middle[place] for place in places] for places in self.passing]
        return Layout(self.layer[:count], middle[:count], passing, width, len(self.rows))
