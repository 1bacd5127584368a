"""Regions: which nodes stand in which loop. Worked out once per recipe, and the same in every run.

The body of a loop is what its `FOR_EACH` leads to and nothing from outside does. A relationship stays in the region of
its source, except that `FOR_EACH` leads one loop deeper and `COLLECT` leads out of the innermost one. A node to which
relationships of different regions lead belongs to what these regions have in common, and the others *leak*: `check`
reports them, so a recipe that runs has none.

A node with `for_each` is the only node of a region of its own. It has two kinds of steps: one in the region around it,
which stands for the whole loop (its *gate*), and one for each item.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from cypher_executor.core.recipe import Loop, Recipe, Relationship

Path = tuple[int, ...]
"""The `FOR_EACH` relationships around a node by their index, outermost first."""

DEEPEST = 16
"""How deep loops may stand in each other. Paths end one deeper, so that a text of nothing but loops costs no more."""

Key = int | str
"""What a region is known by: the index of its `FOR_EACH`, the node that has the `for_each`, or "" for the whole run."""


class Way(Protocol):
    """As much of a relationship as its loops depend on."""

    @property
    def index(self) -> int: ...
    @property
    def source(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def target(self) -> str: ...


def loop_paths(order: Iterable[str], incoming: Mapping[str, Sequence[Way]]) -> tuple[dict[str, Path], list[Way]]:
    """The loops around each node, and the relationships that leak. `order` has sources before their targets."""
    paths: dict[str, Path] = {}
    leaks: list[Way] = []
    for name in order:
        led = [(way, led_to(way, paths)) for way in incoming[name] if way.type != "STARTS"]
        paths[name] = _common([path for _, path in led])
        leaks += [way for way, path in led if path != paths[name]]
    return paths, leaks


def led_to(way: Way, paths: Mapping[str, Path]) -> Path:
    """The loops around the target of a relationship, as far as this relationship can tell.

    What is on a cycle has no order, and counts as outside: it never begins, and is reported for that.
    """
    path = paths.get(way.source, ())
    if way.type == "FOR_EACH":
        return (*path, way.index) if len(path) <= DEEPEST else path
    return path[:-1] if way.type == "COLLECT" else path


def _common(paths: Sequence[Path]) -> Path:
    if not paths:
        return ()
    levels = takewhile(lambda level: len(set(level)) == 1, zip(*paths, strict=False))
    return tuple(level[0] for level in levels)


def sorted_names(names: Iterable[str], incoming: Mapping[str, Sequence[Way]]) -> list[str]:
    """The names, sources before their targets. What is on or behind a cycle is left out: it never begins."""
    missing = {name: len(incoming[name]) for name in names}
    outgoing: dict[str, list[str]] = {name: [] for name in missing}
    for ways in incoming.values():
        for way in ways:
            outgoing[way.source].append(way.target)
    order = [name for name, count in missing.items() if count == 0]
    for name in order:
        for target in outgoing[name]:
            missing[target] -= 1
            if missing[target] == 0:
                order.append(target)
    return order


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """The nodes that a loop runs again for each item (those of inner loops are not among them), or the outermost ones.

    `loop` and `first`, the node that each item begins with, are None for the whole run. `collects` are the
    relationships that leave, those of one source together; `inner` the loops that are drawn right inside.
    """

    path: tuple[Key, ...]
    names: tuple[str, ...]
    loop: Loop | None = None
    first: str | None = None
    gate: bool = False
    collects: tuple[tuple[Relationship, ...], ...] = ()
    inner: tuple[Key, ...] = ()

    @property
    def key(self) -> Key:
        return self.path[-1] if self.path else ""

    @property
    def above(self) -> Key:
        """The key of the region around this one."""
        return self.path[-2] if len(self.path) > 1 else ""

    def holds(self, other: Region) -> bool:
        """Whether `other` is this region, or inside of it."""
        return other.path[: len(self.path)] == self.path


class Regions:
    """All regions of a recipe."""

    def __init__(self, recipe: Recipe) -> None:
        paths, _ = loop_paths(sorted_names(recipe.nodes, recipe.incoming), recipe.incoming)
        self._paths = {name: paths.get(name, ()) for name in recipe.nodes}
        self.by_key: dict[Key, Region] = {}
        for path, names in self._grouped(recipe).items():
            self.by_key[path[-1] if path else ""] = self._body(recipe, path, names)
        self.root = self.by_key[""]
        self.of = {name: self.by_key[path[-1] if path else ""] for name, path in self._paths.items()}
        """The region of each node; for one with `for_each` that of its gate."""
        looping = [(node.name, node.for_each) for node in recipe.nodes.values() if node.for_each is not None]
        self.gates = {name: self._gate(name, loop) for name, loop in looping}
        """The regions of the nodes that have `for_each`."""
        self.by_key.update({region.key: region for region in self.gates.values()})
        self.staying = {
            name: tuple(r for r in leaving if r.type != "COLLECT") for name, leaving in recipe.outgoing.items()
        }
        """The relationships of each node that are settled when its step ends, and not when its loop does."""

    def _grouped(self, recipe: Recipe) -> dict[Path, list[str]]:
        groups: dict[Path, list[str]] = {(): []}
        for relationship in recipe.relationships:
            if relationship.type == "FOR_EACH":
                groups[led_to(relationship, self._paths)] = []
        for name, path in self._paths.items():
            groups[path].append(name)
        return groups

    def _body(self, recipe: Recipe, path: Path, names: Sequence[str]) -> Region:
        opening = recipe.relationships[path[-1]] if path else None
        leaving = [[r for r in recipe.outgoing[name] if r.type == "COLLECT"] for name in names]
        entered = [r.index for name in names for r in recipe.outgoing[name] if r.type == "FOR_EACH"]
        return Region(
            path,
            tuple(names),
            opening.loop if opening else None,
            opening.target if opening else None,
            collects=tuple(tuple(group) for group in leaving if group) if path else (),
            inner=tuple(entered),
        )

    def _gate(self, name: str, loop: Loop) -> Region:
        return Region((*self.of[name].path, name), (name,), loop, name, gate=True)
