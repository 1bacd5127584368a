"""From clauses to one graph: which nodes and relationships the patterns of a recipe draw between them.

A name that appears twice is the same node, so the appearances of a name are put together here, and a pattern without a
name becomes a node of its own. Nothing is said yet about what the properties mean; the later stages turn each
`DraftNode` and `DraftRelationship` into its counterpart of `core.recipe`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cypher_executor.cypher import syntax
from cypher_executor.cypher.report import Report
from cypher_executor.errors import Place

RECIPE_LABEL = "Recipe"
"""The label of the one node that describes the recipe instead of being a step of it."""

_NO_PART = "node"
"""What an unnamed node without a part is called."""


@dataclass
class DraftNode:
    """A node as all its appearances draw it. `place` is that of the first one."""

    name: str
    place: Place
    labels: tuple[syntax.Name, ...] = ()
    properties: syntax.MapLiteral | None = None

    @property
    def part(self) -> syntax.Name | None:
        """The first label, which names the part."""
        return self.labels[0] if self.labels else None


@dataclass(frozen=True, slots=True)
class DraftRelationship:
    """A relationship from `source` to `target`, whichever way it was written. `type` is None if it has none."""

    index: int
    source: str
    target: str
    type: syntax.Name | None
    entries: tuple[syntax.MapEntry, ...]
    pattern: syntax.RelationshipPattern

    @property
    def place(self) -> Place:
        return self.pattern.place


@dataclass
class Draft:
    """What a recipe draws."""

    nodes: dict[str, DraftNode] = field(default_factory=dict)
    relationships: list[DraftRelationship] = field(default_factory=list)
    recipe: syntax.NodePattern | None = None


def draft(paths: Iterable[syntax.Path], report: Report) -> Draft:
    """The graph that these patterns draw together."""
    paths = list(paths)
    drawing = _Drawing(paths, report)
    for path in paths:
        drawing.add_path(path)
    return drawing.draft


class _Drawing:
    """The work of `draft`."""

    def __init__(self, paths: list[syntax.Path], report: Report) -> None:
        self.draft = Draft()
        self._report = report
        patterns = [pattern for path in paths for pattern in path.nodes]
        self._names = _FreeNames(p.variable.text for p in patterns if p.variable is not None)
        self._describing = {p.variable.text for p in patterns if p.variable is not None and _is_recipe(p)}

    def add_path(self, path: syntax.Path) -> None:
        if path.function is not None:
            self._refuse(path.place, f"`{path.function}` looks for a path, but a recipe draws one")
        names = [self._add(pattern, alone=len(path.nodes) == 1) for pattern in path.nodes]
        for index, pattern in enumerate(path.relationships):
            left, right = names[index], names[index + 1]
            if left is not None and right is not None:
                self._add_relationship(left, pattern, right)

    def _add(self, pattern: syntax.NodePattern, *, alone: bool) -> str | None:
        """The name of the node that this draws; None for the :Recipe node, which is not a step."""
        if _is_recipe(pattern):
            self._add_recipe(pattern)
        elif pattern.variable is None or pattern.variable.text not in self._describing:
            return self._add_node(pattern)
        if not alone:
            sentence = "the :Recipe node describes the recipe and does not run, so nothing leads to it or away from it."
            self._report.add("recipe_in_path", sentence, pattern.place)
        return None

    def _add_recipe(self, pattern: syntax.NodePattern) -> None:
        if self.draft.recipe is None:
            self.draft.recipe = pattern
        else:
            first = self.draft.recipe.place.line
            self._report.add("recipe_twice", f"there is a :Recipe node in line {first} already.", pattern.place)

    def _add_node(self, pattern: syntax.NodePattern) -> str:
        name = pattern.variable.text if pattern.variable else self._names.next(_base_name(pattern))
        node = self.draft.nodes.setdefault(name, DraftNode(name, _place_of(pattern)))
        if pattern.labels:
            self._add_labels(node, pattern.labels)
        if pattern.properties is not None:
            self._add_properties(node, pattern.properties)
        return name

    def _add_labels(self, node: DraftNode, labels: tuple[syntax.Name, ...]) -> None:
        if node.labels:
            first = node.labels[0].place.line
            sentence = f"node `{node.name}` has labels in line {first} already: give them at one appearance only."
            self._report.add("labels_twice", sentence, labels[0].place, node=node.name)
        else:
            node.labels = labels

    def _add_properties(self, node: DraftNode, properties: syntax.MapLiteral | syntax.Parameter) -> None:
        if isinstance(properties, syntax.Parameter):
            sentence = f"give the inputs one by one, for example `{{text: ${properties.name}.text}}`"
            self._refuse(properties.place, sentence, node.name)
        elif node.properties is not None:
            first = node.properties.place.line
            sentence = f"node `{node.name}` has properties in line {first} already: give them at one appearance only."
            self._report.add("properties_twice", sentence, properties.place, node=node.name)
        else:
            node.properties = properties

    def _add_relationship(self, left: str, pattern: syntax.RelationshipPattern, right: str) -> None:
        source, target = (right, left) if pattern.direction == "left" else (left, right)
        index = len(self.draft.relationships)
        entries = self._entries(pattern)
        type_ = pattern.types[0] if len(pattern.types) == 1 else None
        self.draft.relationships.append(DraftRelationship(index, source, target, type_, entries, pattern))

    def _entries(self, pattern: syntax.RelationshipPattern) -> tuple[syntax.MapEntry, ...]:
        if isinstance(pattern.properties, syntax.Parameter):
            self._refuse(pattern.properties.place, "write the properties of a relationship one by one")
            return ()
        return pattern.properties.entries if pattern.properties is not None else ()

    def _refuse(self, place: Place, sentence: str, node: str | None = None) -> None:
        self._report.add("pattern_refused", f"{sentence}.", place, node=node)


class _FreeNames:
    """Names for nodes that have none: after the part, with a number where any node of the text has that name."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._next: dict[str, int] = {}

    def next(self, base: str) -> str:
        name = next(name for name in self._candidates(base) if name not in self._taken)
        self._taken.add(name)
        return name

    def _candidates(self, base: str) -> Iterator[str]:
        """`base`, `base_2`, `base_3`, ...: goes on where the last call stopped, so that many cost no more each."""
        while True:
            number = self._next[base] = self._next.get(base, 0) + 1
            yield base if number == 1 else f"{base}_{number}"


def _is_recipe(pattern: syntax.NodePattern) -> bool:
    return bool(pattern.labels) and pattern.labels[0].text == RECIPE_LABEL


def _base_name(pattern: syntax.NodePattern) -> str:
    return pattern.labels[0].text if pattern.labels else _NO_PART


def _place_of(pattern: syntax.NodePattern) -> Place:
    """Where to point when something is wrong with the node as a whole: its name, or all of an unnamed one."""
    return pattern.variable.place if pattern.variable else pattern.place
