"""Recipes for tests, drawn as text, without the parser.

The core takes expressions as it finds them, so its tests bring their own, small enough to be read here: a dotted path
(`a.b`), a parameter (`$x`), a JSON constant, the seed (`seed()`, which stands for every `uuid()`), the time (`now()`),
and one that always fails (`!why`).

A drawing has one node or one relationship a line; a node is `name` or `name:part`, a condition stands behind:

    begin
    begin -ON_SUCCESS-> fetch:work
    fetch -ON_SUCCESS-> page:work    when=fetch.ok
    fetch -ON_FAIL-> tell:work       branch="late"
    begin -FOR_EACH-> each:work      in=begin.list item="page" concurrency=2 on_fail="collect"
    each -COLLECT-> all
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from cypher_executor.core.recipe import (
    Digest,
    Expression,
    Loop,
    Node,
    Recipe,
    Relationship,
    RelationshipType,
    Repeat,
    Retry,
    Scope,
    Value,
)
from cypher_executor.errors import ExpressionError


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """A JSON value."""

    value: Value

    @property
    def text(self) -> str:
        return json.dumps(self.value)

    @property
    def names(self) -> frozenset[str]:
        return frozenset()

    def evaluate(self, scope: Scope) -> Value:
        return self.value


@dataclass(frozen=True, slots=True)
class Path:
    """A field of a node's output, of `$input`, or of a parameter; None where there is no such field."""

    text: str

    @property
    def names(self) -> frozenset[str]:
        return frozenset() if self.text.startswith("$") else frozenset({self.text.split(".")[0]})

    def evaluate(self, scope: Scope) -> Value:
        first, *rest = self.text.split(".")
        value = scope.params.get(first[1:]) if first.startswith("$") else scope.value_of(first)
        for field in rest:
            value = value.get(field) if isinstance(value, dict) else None
        return value


@dataclass(frozen=True, slots=True)
class Fails:
    """An expression that cannot be evaluated."""

    why: str

    @property
    def text(self) -> str:
        return f"!{self.why}"

    @property
    def names(self) -> frozenset[str]:
        return frozenset()

    def evaluate(self, scope: Scope) -> Value:
        raise ExpressionError(self.why, code="wrong_type")


@dataclass(frozen=True, slots=True)
class Of:
    """Something that the scope itself knows: `seed()` or `now()`."""

    text: str

    @property
    def names(self) -> frozenset[str]:
        return frozenset()

    def evaluate(self, scope: Scope) -> Value:
        return scope.seed if self.text == "seed()" else scope.at_us


def expression(text: str) -> Expression:
    """The expression that `text` stands for."""
    if text.startswith("!"):
        return Fails(text[1:])
    if text in ("seed()", "now()"):
        return Of(text)
    try:
        return Constant(json.loads(text))
    except json.JSONDecodeError:
        return Path(text)


_RELATIONSHIP = re.compile(r"(?P<source>\S+)\s+-(?P<type>\w+)->\s+(?P<target>\S+)(?P<more>.*)\Z")
_SETTINGS = re.compile(r'(when|branch|in|item|concurrency|on_fail)=("[^"]*"|\S+)|(otherwise)')


def draw(drawing: str, nodes: Mapping[str, Mapping[str, Any]] | None = None, **options: Any) -> Recipe:
    """The recipe of a drawing. `nodes` has what a node is more than its part; `options` are those of the recipe.

    Everything may be JSON, so that a recorded history can keep its recipe beside it: `retry` is a map of the fields
    of `Retry`, `inputs` a map of expression texts, `returns` too.
    """
    parts: dict[str, str | None] = {}
    relationships: list[Relationship] = []
    for line in filter(None, map(str.strip, drawing.splitlines())):
        match = _RELATIONSHIP.match(line)
        if match is None:
            _add_node(parts, line)
        else:
            source, target = _add_node(parts, match["source"]), _add_node(parts, match["target"])
            relationships.append(_relationship(len(relationships), source, target, match))
    settings = nodes or {}
    assert settings.keys() <= parts.keys(), "a setting for a node that is not drawn"
    return recipe_of(
        [_node(name, part, settings.get(name, {})) for name, part in parts.items()], relationships, options
    )


def recipe_of(nodes: Sequence[Node], relationships: Sequence[Relationship], options: Mapping[str, Any]) -> Recipe:
    """A recipe of these nodes and relationships, under a digest that stands for any."""
    options = dict(options)
    if options.get("returns") is not None:
        options["returns"] = tuple((alias, expression(text)) for alias, text in options["returns"].items())
    return Recipe({n.name: n for n in nodes}, tuple(relationships), digest=Digest("sha256:test"), text="", **options)


def _add_node(parts: dict[str, str | None], drawn: str) -> str:
    name, _, part = drawn.partition(":")
    parts[name] = part or parts.get(name)
    return name


def _relationship(index: int, source: str, target: str, match: re.Match[str]) -> Relationship:
    given: dict[str, Any] = {}
    for key, value, otherwise in _SETTINGS.findall(match["more"]):
        if otherwise:
            given["otherwise"] = True
        else:
            given[key] = value if key in ("when", "in") else json.loads(value)
    if "when" in given:
        given["when"] = expression(given["when"])
    if match["type"] == "FOR_EACH":
        loop = {key: given.pop(key) for key in ("item", "concurrency", "on_fail") if key in given}
        given["loop"] = Loop(expression(given.pop("in", "$list")), **loop)
    return Relationship(index, source, cast(RelationshipType, match["type"]), target, **given)


def _node(name: str, part: str | None, settings: Mapping[str, Any]) -> Node:
    given = dict(settings)
    if given.get("inputs") is not None:
        given["inputs"] = tuple((key, expression(text)) for key, text in given["inputs"].items())
    if given.get("retry") is not None:
        given["retry"] = Retry(**{**given["retry"], "on": _codes(given["retry"].get("on"))})
    if given.get("for_each") is not None:
        given["for_each"] = Loop(**{**given["for_each"], "items": expression(given["for_each"]["items"])})
    if given.get("repeat") is not None:
        given["repeat"] = Repeat(**{**given["repeat"], "until": expression(given["repeat"]["until"])})
    return Node(name, part, **given)


def _codes(codes: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if codes is None else tuple(codes)
