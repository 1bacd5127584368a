"""What a text draws, as far as it can be seen: nodes and their parts, what leads to what, and what loops call items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from cypher_executor.cypher.plan.trigger_settings import TABLES


@dataclass(slots=True)
class Bracket:
    """A bracket that was opened, and what is known of it.

    `kind` is node, relationship, map, list, call or other. Of a node or a relationship `name` and `labels` are what
    stands in it, of a call `name` is the function. Of a map `key` is the entry that is being written, `keys` all so
    far, and `values` whether the word that comes next belongs to a value.
    """

    kind: str
    start: int
    name: str = ""
    labels: list[str] = field(default_factory=list)
    key: str = ""
    keys: list[str] = field(default_factory=list)
    values: bool = False
    texts: dict[str, str] = field(default_factory=dict)
    """What stands as one word behind a key of the map: enough for the names of items."""

    def copy(self) -> Bracket:
        """The same as it is now."""
        return replace(self, labels=list(self.labels), keys=list(self.keys), texts=dict(self.texts))


@dataclass(frozen=True, slots=True)
class Edge:
    """A relationship. `item` is what a FOR_EACH calls its items."""

    source: str
    type: str
    target: str
    item: str | None = None


@dataclass(slots=True)
class Outline:
    """`parts` has the label of every node, "" for none; `recipe` is where the :Recipe node stands."""

    parts: dict[str, str] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    items: dict[str, str] = field(default_factory=dict)
    """What a node with `for_each` calls its items."""
    recipe: tuple[int, int] | None = None

    @property
    def steps(self) -> list[str]:
        """The nodes that have an output."""
        return [name for name, part in self.parts.items() if part not in TABLES]

    def upstream(self, node: str) -> set[str]:
        """The nodes from which a way leads to this one."""
        return set(self._back(node, {e.type for e in self.edges}))

    def items_in(self, node: str) -> Iterator[str]:
        """What the items of the loops around a node are called, and their places."""
        if node in self.items:
            yield from _both(self.items[node])
        inside = {node, *self._back(node, {e.type for e in self.edges} - {"COLLECT"})}
        for edge in self.edges:
            if edge.type == "FOR_EACH" and edge.target in inside:
                yield from _both(edge.item or "item")

    def _back(self, node: str, types: set[str]) -> Iterator[str]:
        leading: dict[str, list[str]] = {}
        for edge in self.edges:
            if edge.type in types:
                leading.setdefault(edge.target, []).append(edge.source)
        todo, seen = [node], {node}
        while todo:
            for source in leading.get(todo.pop(), ()):
                if source not in seen:
                    seen.add(source)
                    todo.append(source)
                    yield source


def _both(item: str) -> tuple[str, str]:
    return item, f"{item}_index"
