"""What a recipe needs before it can do anything: told by `check`, so that nobody learns it from a run that fails.

All of it follows from the recipe: the secrets that it names, the hosts that it calls (with their methods where they are
constants), the nodes whose host is worked out in a run, the callbacks that it waits for, the recipes that it starts,
and how much may happen at once and for how long at most (`bounds`). What the recipes that it starts need themselves is
for those to say who can look them up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from cypher_executor.core.grants import constant_origin
from cypher_executor.core.parts import Part
from cypher_executor.core.recipe import Node, Recipe, Value
from cypher_executor.cypher import syntax
from cypher_executor.cypher.bounds import longest_ms, most_at_once
from cypher_executor.cypher.parse import parse_expression


@dataclass(frozen=True, slots=True)
class Host:
    """A scheme and host that nodes call. `methods` is None when one of them works its method out."""

    origin: str
    methods: tuple[str, ...] | None
    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Needs:
    """Lists are sorted by name or in the order of the recipe. `parallel` is how many steps may be under way at once,
    `longest_ms` how long a run may take; both None when nothing bounds them."""

    secrets: tuple[str, ...] = ()
    hosts: tuple[Host, ...] = ()
    computed_hosts: tuple[str, ...] = ()
    """The nodes that call a host which only the run knows: they need a grant in words."""
    key_value: tuple[str, ...] = ()
    callbacks: tuple[str, ...] = ()
    recipes: tuple[str, ...] = ()
    computed_recipes: tuple[str, ...] = ()
    """The nodes that start a recipe whose name only the run knows."""
    parallel: int | None = None
    longest_ms: int | None = None


def needs_of(recipe: Recipe, parts: Mapping[str, Part] | None = None) -> Needs:
    """What `recipe` needs. Without `parts`, a node calls out when it has an input `url`."""
    nodes = list(recipe.nodes.values())
    calling = [node for node in nodes if calls_out(node, parts)]
    starting = {node.name: constant_input(node, "workflow") for node in nodes if node.part == "trigger_workflow"}
    return Needs(
        secrets=tuple(recipe.secrets),
        hosts=tuple(_hosts(calling)),
        computed_hosts=tuple(node.name for node in calling if _origin(node) is None),
        key_value=tuple(node.name for node in nodes if has_grant(node, parts, "kv")),
        callbacks=tuple(n.name for n in nodes if n.part == "wait_for_callback" or has_grant(n, parts, "callback")),
        recipes=tuple(sorted({name for name in starting.values() if isinstance(name, str)})),
        computed_recipes=tuple(node for node, name in starting.items() if not isinstance(name, str)),
        parallel=most_at_once(recipe),
        longest_ms=longest_ms(recipe),
    )


def has_grant(node: Node, parts: Mapping[str, Part] | None, grant: str) -> bool:
    """Whether the part of a node asks for this grant."""
    part = parts.get(node.part) if parts is not None and node.part is not None else None
    return part is not None and bool(getattr(part.grants, grant))


def calls_out(node: Node, parts: Mapping[str, Part] | None) -> bool:
    """Whether a node can make HTTP requests; where its part is not known, whether it looks so."""
    if parts is not None and node.part is not None and node.part in parts:
        return has_grant(node, parts, "http")
    return node.part is not None and any(name == "url" for name, _ in node.inputs or ())


def _hosts(calling: list[Node]) -> Iterator[Host]:
    by_origin: dict[str, list[Node]] = {}
    for node in calling:
        origin = _origin(node)
        if origin is not None:
            by_origin.setdefault(origin, []).append(node)
    for origin, nodes in sorted(by_origin.items()):
        methods = [_method(node) for node in nodes]
        known = sorted({method for method in methods if method is not None})
        yield Host(origin, None if None in methods else tuple(known), tuple(node.name for node in nodes))


def _origin(node: Node) -> str | None:
    """The scheme, host and port that a node calls, as far as its text says so."""
    for _, expression in node.inputs or ():
        found = constant_origin(expression.text)
        if found is not None:
            usual = {"http": 80, "https": 443}.get(found.scheme)
            port = "" if found.port in (None, usual) else f":{found.port}"
            return f"{found.scheme}://{found.host}{port}"
    return None


def _method(node: Node) -> str | None:
    if all(name != "method" for name, _ in node.inputs or ()):
        return "GET"
    method = constant_input(node, "method")
    return method.upper() if isinstance(method, str) else None


def constant_input(node: Node, name: str) -> Value:
    """The value of an input that is a literal, None otherwise."""
    for input_name, expression in node.inputs or ():
        if input_name == name and not expression.names:
            parsed = parse_expression(expression.text, templates=True).expression
            return parsed.value if isinstance(parsed, syntax.Literal) else None
    return None


def needs_json(needs: Needs | None) -> dict[str, Value] | None:
    """As `POST /check` and `check --json` answer it; None for a recipe that cannot run."""
    return None if needs is None else asdict(needs)
