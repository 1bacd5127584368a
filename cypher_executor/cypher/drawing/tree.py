"""A recipe as a tree of lines.

A node with one way on is followed by the next in the same column, a fork indents its branches. A node that several
ways lead to is drawn at the first of them and named at the others. What would stand too deep is drawn at the margin.
"""

from __future__ import annotations

from collections import deque

from cypher_executor.core.recipe import Recipe, Relationship
from cypher_executor.cypher.drawing.triggers import with_triggers
from cypher_executor.cypher.drawing.words import node_words, relationship_words, shown, visible

_DEEPEST = 20
"""How deep forks are drawn in each other."""


def to_tree(recipe: Recipe) -> str:
    """The tree, or one for each node that a run begins at."""
    return _Tree(with_triggers(recipe)).text()


class _Tree:
    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._lines: list[str] = []
        self._drawn: set[str] = set()
        self._later: deque[str] = deque()

    def text(self) -> str:
        if self._recipe.name is not None:
            described = f": {self._recipe.description}" if self._recipe.description else ""
            self._lines.append(visible(self._recipe.name + described))
        for name in self._recipe.nodes:
            if not self._recipe.incoming[name]:
                self._draw_from(name, "")
        while self._later:
            self._draw_from(self._later.popleft(), "… ")
        return "\n".join(self._lines) + "\n"

    def _draw_from(self, start: str, lead: str) -> None:
        todo: list[tuple[Relationship | None, str, str, str, int]] = [(None, start, lead, "", 0)]
        while todo:
            relationship, name, lead, margin, depth = todo.pop()
            ways = self._recipe.outgoing[name]
            words = _words(relationship)
            if name in self._drawn:
                self._lines.append(f"{lead}{words}{shown(name)} (above)")
            elif len(ways) > 1 and depth >= _DEEPEST:
                self._later.append(name)
                self._lines.append(f"{lead}{words}{shown(name)} (below)")
            else:
                self._drawn.add(name)
                self._lines.append(lead + words + self._label(name))
                todo.extend(reversed(_branches(ways, margin, depth)))

    def _label(self, name: str) -> str:
        below = node_words(self._recipe.nodes[name])
        return shown(name) + (f": {shown(below)}" if below else "")


def _branches(
    ways: tuple[Relationship, ...], margin: str, depth: int
) -> list[tuple[Relationship | None, str, str, str, int]]:
    if len(ways) == 1:
        return [(ways[0], ways[0].target, f"{margin}↓ ", margin, depth)]
    found: list[tuple[Relationship | None, str, str, str, int]] = []
    for number, way in enumerate(ways, start=1):
        last = number == len(ways)
        corner, below = ("└─ ", "   ") if last else ("├─ ", "│  ")
        found.append((way, way.target, margin + corner, margin + below, depth + 1))
    return found


def _words(relationship: Relationship | None) -> str:
    words = shown(relationship_words(relationship)) if relationship is not None else ""
    return f"{words} → " if words else ""
