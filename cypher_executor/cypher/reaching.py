"""What one recipe can reach by itself, and the recipes that it starts: the lines of a bill.

A node reaches a host when its part calls out, the part is granted that host, and so is the recipe: `core.grants`, the
rule that the egress asks too, so that nothing can be reached that does not stand here. Of the parts that ship it is
known that they go where their own input says; any other part may go wherever both grants lead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from cypher_executor.core.grants import RecipeGrants, constant_origin, grants_of
from cypher_executor.core.parts import Part
from cypher_executor.core.patterns import Pattern, read_pattern
from cypher_executor.core.recipe import Node, Recipe
from cypher_executor.cypher.narrowing import narrower, pattern_text
from cypher_executor.cypher.needs import calls_out, constant_input, has_grant

Way = tuple[str, ...]
"""Nodes: one of a recipe, then one of the recipe that it starts, and so on."""

MOST_WAYS: Final = 20
"""How many ways to one thing are told; more of them would only make the bill longer."""

_GO_WHERE_TOLD: Final = frozenset({"http_request", "send_webhook", "llm_chat"})
"""Shipped parts, whose names nobody can take, that call the address in their input `url` and no other."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What can be reached, each with the ways to it.

    `hosts` are patterns as grants are written (`POST https://api.example.com/*`), `secrets` the names of secrets,
    `recipes` what is started, in other recipes too; `unknown` those of them that are not stored.
    """

    hosts: Mapping[str, tuple[Way, ...]] = field(default_factory=dict)
    secrets: Mapping[str, tuple[Way, ...]] = field(default_factory=dict)
    kv: tuple[Way, ...] = ()
    callbacks: tuple[Way, ...] = ()
    recipes: Mapping[str, tuple[Way, ...]] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    any_recipe: tuple[Way, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing else can ever be reached while the recipes stay as they are."""
        return not self.unknown and not self.any_recipe


class Found:
    """A bill that grows."""

    def __init__(self) -> None:
        self.unknown: list[str] = []
        self._kinds: dict[str, dict[str, list[Way]]] = {}

    def note(self, kind: str, what: str, way: Way) -> None:
        """There is a way to this."""
        ways = self._kinds.setdefault(kind, {}).setdefault(what, [])
        if len(ways) < MOST_WAYS and way not in ways:
            ways.append(way)

    def has(self, kind: str, what: str) -> bool:
        """Whether there is a way to this."""
        return what in self._kinds.get(kind, {})

    def bill(self) -> Bill:
        """What has been found."""
        return Bill(
            hosts=self._of("hosts"),
            secrets=self._of("secrets"),
            kv=self._of("kv").get("", ()),
            callbacks=self._of("callbacks").get("", ()),
            recipes=self._of("recipes"),
            unknown=tuple(self.unknown),
            any_recipe=self._of("any_recipe").get("", ()),
        )

    def _of(self, kind: str) -> dict[str, tuple[Way, ...]]:
        return {what: tuple(ways) for what, ways in self._kinds.get(kind, {}).items()}


def add_recipe(found: Found, way: Way, recipe: Recipe, parts: Mapping[str, Part] | None) -> None:
    """Note all that this recipe reaches by itself; `way` is how it is reached."""
    allowed = grants_of(recipe)
    for node in recipe.nodes.values():
        here = (*way, node.name)
        if calls_out(node, parts):
            for text in _hosts(node, parts, allowed):
                found.note("hosts", text, here)
        if has_grant(node, parts, "kv"):
            found.note("kv", "", here)
        if node.part == "wait_for_callback" or has_grant(node, parts, "callback"):
            found.note("callbacks", "", here)
        if node.part == "trigger_workflow" and not isinstance(constant_input(node, "workflow"), str):
            found.note("any_recipe", "", here)
        for name in _secrets(node, recipe):
            found.note("secrets", name, here)
    for name in recipe.secrets:
        if not found.has("secrets", name):  # one that stands in no node, but in a hook or a relationship
            found.note("secrets", name, way)


def started(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """The nodes that start a recipe whose name stands in the text, and that name."""
    for node in recipe.nodes.values():
        name = constant_input(node, "workflow") if node.part == "trigger_workflow" else None
        if isinstance(name, str):
            yield node.name, name


def _hosts(node: Node, parts: Mapping[str, Part] | None, allowed: RecipeGrants) -> Iterator[str]:
    """The patterns that a node may reach: where its constant address leads, if that is all it can, else all grants."""
    part = None if parts is None or node.part is None else parts.get(node.part)
    mine = ("*",) if part is None else part.grants.http
    told = next((constant_origin(e.text) for name, e in node.inputs or () if name == "url"), None)
    reached = allowed.http if told is None or node.part not in _GO_WHERE_TOLD else (told,)
    for pattern in reached:
        for asked in mine:
            both = narrower(_asked(asked, node), pattern)
            if both is not None:
                yield pattern_text(both)


def _asked(text: str, node: Node) -> Pattern:
    """What a part asks for, with the method of this node where that stands in the text."""
    pattern = read_pattern(text)
    if node.part != "http_request" or pattern.methods is not None:
        return pattern
    given = any(name == "method" for name, _ in node.inputs or ())
    method = constant_input(node, "method") if given else "GET"
    return replace(pattern, methods=frozenset({method.upper()})) if isinstance(method, str) else pattern


def _secrets(node: Node, recipe: Recipe) -> Iterator[str]:
    texts = [expression.text for _, expression in node.inputs or ()]
    return (name for name in recipe.secrets if any(f"('{name}')" in text for text in texts))
