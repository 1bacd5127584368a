"""A recipe as SVG: one file that needs nothing else, light or dark as whoever looks at it prefers.

Made as a tree of elements, so that whatever a recipe says is text in it and never markup. `layers` says where things
stand, `drawing.css` how they look.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from xml.etree import ElementTree as Xml

from cypher_executor.core.recipe import Node, Recipe, Relationship
from cypher_executor.cypher.drawing.layers import Layout, lay_out
from cypher_executor.cypher.drawing.triggers import with_triggers
from cypher_executor.cypher.drawing.words import cells, node_words, relationship_words, shown, takes_failure, visible

_MARGIN, _HEIGHT, _GAP, _CELL = 16.0, 46.0, 54.0, 7.3
_SMALLEST = 72.0

Point = tuple[float, float]


def to_svg(recipe: Recipe) -> str:
    """The picture as a document."""
    return _Picture(with_triggers(recipe)).text()


class _Picture:
    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._numbers = {name: number for number, name in enumerate(recipe.nodes)}
        self._widths = [_width(node) for node in recipe.nodes.values()]
        ways = [(self._numbers[r.source], self._numbers[r.target]) for r in recipe.relationships]
        self._layout: Layout = lay_out(self._widths, ways)

    def text(self) -> str:
        width = self._layout.width + 2 * _MARGIN
        height = self._layout.layers * (_HEIGHT + _GAP) - _GAP + 2 * _MARGIN
        size = {
            "width": _number(width),
            "height": _number(height),
            "viewBox": f"0 0 {_number(width)} {_number(height)}",
        }
        root = Xml.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", **size})
        _add(root, "title", shown(self._recipe.name or "recipe"))
        _add(root, "style", _style())
        self._add_heads(root)
        for number, relationship in enumerate(self._recipe.relationships):
            self._add_way(root, relationship, self._layout.passing[number])
        for node in self._recipe.nodes.values():
            self._add_node(root, node)
        return Xml.tostring(root, encoding="unicode") + "\n"

    def _add_heads(self, root: Xml.Element) -> None:
        """The heads of arrows; a head has the colour of its way."""
        defs = _add(root, "defs")
        for kind in ("way", "failure"):
            box = {"viewBox": "0 0 8 8", "refX": "7", "refY": "4", "markerWidth": "8", "markerHeight": "8"}
            marker = _add(defs, "marker", id=f"head-{kind}", orient="auto", **box)
            _add(marker, "path", d="M0 0 L8 4 L0 8 z", **{"class": f"head {kind}"})

    def _add_way(self, root: Xml.Element, relationship: Relationship, passing: list[float]) -> None:
        points = self._points(relationship, passing)
        kind = "failure" if takes_failure(relationship) else "way"
        _add(root, "path", d=_curve(points), **{"class": f"line {kind}", "marker-end": f"url(#head-{kind})"})
        words = relationship_words(relationship)
        if words:
            (x, y), (next_x, next_y) = points[0], points[1]
            middle = {"x": _number((x + next_x) / 2), "y": _number((y + next_y) / 2)}
            label = _add(root, "text", shown(words), **{"class": f"words {kind}"}, **middle)
            _add(label, "title", visible(words))

    def _points(self, relationship: Relationship, passing: list[float]) -> list[Point]:
        source, target = self._numbers[relationship.source], self._numbers[relationship.target]
        first, last = self._layout.layer[source], self._layout.layer[target]
        start = (self._layout.middle[source] + _MARGIN, _top(first) + _HEIGHT)
        points = [start]
        for number, x in enumerate(passing, start=1):
            points += [(x + _MARGIN, _top(first + number)), (x + _MARGIN, _top(first + number) + _HEIGHT)]
        return [*points, (self._layout.middle[target] + _MARGIN, _top(last))]

    def _add_node(self, root: Xml.Element, node: Node) -> None:
        number = self._numbers[node.name]
        width, middle = self._widths[number], self._layout.middle[number] + _MARGIN
        top = _top(self._layout.layer[number])
        group = _add(root, "g", **{"class": "node" if node.part is not None else "node bare"})
        below = node_words(node)
        _add(group, "title", visible(f"{node.name}: {below}" if below else node.name))
        box = {"x": _number(middle - width / 2), "y": _number(top), "width": _number(width), "height": _number(_HEIGHT)}
        _add(group, "rect", rx="8" if node.part is not None else "23", **box)
        x, line = _number(middle), 20 if below else 28
        _add(group, "text", shown(node.name), x=x, y=_number(top + line), **{"class": "name"})
        if below:
            _add(group, "text", shown(below), x=x, y=_number(top + 36), **{"class": "part"})


def _add(parent: Xml.Element, tag: str, text: str | None = None, **attributes: str) -> Xml.Element:
    element = Xml.SubElement(parent, tag, attributes)
    element.text = text
    return element


def _width(node: Node) -> float:
    longest = max(cells(shown(node.name)), cells(shown(node_words(node))))
    return max(_SMALLEST, longest * _CELL + 26)


def _top(layer: int) -> float:
    return _MARGIN + layer * (_HEIGHT + _GAP)


def _curve(points: list[Point]) -> str:
    """Straight beside nodes, bent between layers."""
    (x, y), *rest = points
    drawn = [f"M{_number(x)} {_number(y)}"]
    for next_x, next_y in rest:
        if next_x == x:
            drawn.append(f"V{_number(next_y)}")
        else:
            bend = _number((y + next_y) / 2)
            drawn.append(f"C{_number(x)} {bend} {_number(next_x)} {bend} {_number(next_x)} {_number(next_y)}")
        x, y = next_x, next_y
    return " ".join(drawn)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


@cache
def _style() -> str:
    return files(__package__).joinpath("drawing.css").read_text(encoding="utf-8")
