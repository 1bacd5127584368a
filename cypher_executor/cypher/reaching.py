"""Finds all that a recipe can reach outside of it, with all the recipes that it starts: its bill.

A recipe reaches a host when one of its nodes runs a part that calls out and the recipe grants that host, in words or by
an address that stands in it as a constant (`core.grants`: the same rule that the egress asks, so nothing is reachable
that is not on the bill). What a node calls is known where its address is a constant; where it is worked out, or the
part has addresses of its own, the node may reach all that the recipe grants.

Each entry says through which nodes: the node of this recipe, then the node of the recipe that it starts, and so on.
One way to each recipe is enough for that, the shortest; recipes may start each other in circles. A recipe that is
started under a name which only a run knows may be any recipe, and one that nobody has stored yet may become anything:
the bill says so, and is `complete` only without both.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from cypher_executor.core.grants import RecipeGrants, constant_origin, grants_of
from cypher_executor.core.parts import Part
from cypher_executor.core.patterns import Pattern, read_pattern
from cypher_executor.core.recipe import Node, Recipe
from cypher_executor.cypher.bill import Bill, Sent, Way
from cypher_executor.cypher.narrowing import narrower, pattern_text
from cypher_executor.cypher.needs import calls_out, constant_input, has_grant

Parts = Mapping[str, Part] | None
"""The parts of a recipe by their names. Without any, a node calls out when it has an input `url`."""

Find = Callable[[str], tuple[Recipe, Parts] | None]
"""The recipe of a name with its own parts, None when nobody has stored one."""

MOST_WAYS: Final = 20
"""How many ways to one thing are told; more of them would only make the bill longer."""

_GO_WHERE_TOLD: Final = frozenset({"http_request", "send_webhook", "llm_chat"})
"""Shipped parts, whose names nobody can take, that call the address in their input `url` and no other."""


def bill_of(recipe: Recipe, parts: Parts, find: Find, name: str | None = None) -> Bill:
    """The bill of `recipe`, which is called `name`."""
    found = Found()
    seen, waiting = {name or recipe.name}, deque[tuple[Way, Recipe, Parts]]([((), recipe, parts)])
    while waiting:
        way, one, its_parts = waiting.popleft()
        _add_recipe(found, way, one, its_parts)
        for node, below_name in started(one):
            found.note("recipes", below_name, (*way, node))
            if below_name not in seen:
                seen.add(below_name)
                below = find(below_name)
                if below is None:
                    found.unknown.append(below_name)
                else:
                    waiting.append(((*way, node), *below))
    return found.bill()


class Found:
    """A bill that grows."""

    def __init__(self) -> None:
        self.unknown: list[str] = []
        self._kinds: dict[str, dict[str, list[Way]]] = {}
        self._sent: dict[str, dict[str, None]] = {}

    def note(self, kind: str, what: str, way: Way) -> None:
        """There is a way to this."""
        ways = self._kinds.setdefault(kind, {}).setdefault(what, [])
        if len(ways) < MOST_WAYS and way not in ways:
            ways.append(way)

    def has(self, kind: str, what: str) -> bool:
        """Whether there is a way to this."""
        return what in self._kinds.get(kind, {})

    def send(self, secret: str, pattern: str) -> None:
        """This secret may be sent there."""
        self._sent.setdefault(secret, {})[pattern] = None

    def bill(self) -> Bill:
        """What has been found."""
        return Bill(
            hosts=self._of("hosts"),
            secrets={n: Sent(tuple(sorted(self._sent.get(n, ()))), ways) for n, ways in self._of("secrets").items()},
            kv=self._of("kv").get("", ()),
            callbacks=self._of("callbacks").get("", ()),
            recipes=self._of("recipes"),
            unknown=tuple(sorted(self.unknown)),
            any_recipe=self._of("any_recipe").get("", ()),
        )

    def _of(self, kind: str) -> dict[str, tuple[Way, ...]]:
        return {what: tuple(ways) for what, ways in self._kinds.get(kind, {}).items()}


def _add_recipe(found: Found, way: Way, recipe: Recipe, parts: Parts) -> None:
    """Note all that this recipe reaches by itself; `way` is how it is reached."""
    allowed = grants_of(recipe)
    for node in recipe.nodes.values():
        here = (*way, node.name)
        if calls_out(node, parts):
            for pattern in _hosts(node, parts, allowed):
                found.note("hosts", pattern_text(pattern), here)
                for name, there in _sent(recipe, node, parts, allowed, pattern):
                    found.send(name, there)
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


def _hosts(node: Node, parts: Parts, allowed: RecipeGrants) -> Iterator[Pattern]:
    """The patterns that a node may reach: where its constant address leads, if that is all it can, else all grants."""
    part = None if parts is None or node.part is None else parts.get(node.part)
    mine = ("*",) if part is None else part.grants.http
    told = next((constant_origin(e.text) for name, e in node.inputs or () if name == "url"), None)
    reached = allowed.http if told is None or node.part not in _GO_WHERE_TOLD else (told,)
    for pattern in reached:
        for asked in mine:
            both = narrower(_asked(asked, node), pattern)
            if both is not None:
                yield both


def _sent(
    recipe: Recipe, node: Node, parts: Parts, allowed: RecipeGrants, reached: Pattern
) -> Iterator[tuple[str, str]]:
    """The secrets that this node may send to what it reaches, each with where: a handle may come from any node."""
    part = None if parts is None or node.part is None else parts.get(node.part)
    for name in recipe.secrets:
        if part is None or {name, "*"} & set(part.grants.secrets):
            for granted in allowed.where(name):
                if (both := narrower(reached, granted)) is not None:
                    yield name, pattern_text(both)


def _asked(text: str, node: Node) -> Pattern:
    """What a part asks for, with the method of this node where that stands in the text."""
    pattern = read_pattern(text)
    if node.part != "http_request" or pattern.methods is not None:
        return pattern
    given = any(name == "method" for name, _ in node.inputs or ())
    method = constant_input(node, "method") if given else "GET"
    known = isinstance(method, str) and method.isascii() and method.isalpha()
    return replace(pattern, methods=frozenset({method.upper()})) if known else pattern


def _secrets(node: Node, recipe: Recipe) -> Iterator[str]:
    texts = [expression.text for _, expression in node.inputs or ()]
    return (name for name in recipe.secrets if any(f"('{name}')" in text for text in texts))
