"""What a recipe lets its nodes reach: what its `:Recipe` node grants, and the constant addresses in it.

The scheme and host that stand as a constant at the beginning of an input of a node grant themselves; whatever is worked
out in a run has to be granted in words, because nobody who reads the recipe can see where it leads. A part gets only
what its own grants cover as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from cypher_executor.core.patterns import Pattern, read_pattern
from cypher_executor.core.recipe import Recipe, Value

_LITERAL: Final = re.compile(r"""(?P<quote>['"])(?P<text>(?:(?!(?P=quote))[^\\]|\\.)*)(?P=quote)""", re.DOTALL)
_ORIGIN: Final = re.compile(r"https?://[^\s/?#\\@{}*]+", re.IGNORECASE)
SECRET_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class RecipeGrants:
    """What a recipe lets its nodes reach. `secrets` has for each name where it may be sent; None: see `sends`."""

    http: tuple[Pattern, ...] = ()
    secrets: Mapping[str, tuple[Pattern, ...] | None] = field(default_factory=dict)
    kv: bool = False
    callback: bool = False

    def reaches(self, request: Pattern) -> bool:
        """Whether the recipe grants this request."""
        return any(granted.covers(request) for granted in self.http)

    def sends(self, secret: str, request: Pattern) -> bool:
        """Whether the recipe grants this secret to this request.

        A secret that is granted by name alone goes wherever the recipe reaches by a host that it names: a grant of any
        host is no grant of its secrets to any host.
        """
        return self.reaches(request) and any(granted.covers(request) for granted in self.where(secret))

    def where(self, secret: str) -> tuple[Pattern, ...]:
        """Where a secret may go, as far as the recipe reaches there; nowhere, when it is not granted."""
        if secret not in self.secrets:
            return ()
        hosts = self.secrets[secret]
        return tuple(p for p in self.http if p.names_a_host) if hosts is None else hosts


def read_grants(given: Mapping[str, Value]) -> RecipeGrants:
    """The map that a `:Recipe` node has as `grants`. Raises ValueError with the reason."""
    if strange := sorted(given.keys() - _KINDS.keys()):
        raise ValueError(f"there is no grant `{strange[0]}`: there are {', '.join(f'`{kind}`' for kind in _KINDS)}")
    for kind, value in given.items():
        if not isinstance(value, _KINDS[kind]):
            raise ValueError(f"`{kind}` must be {_MUST_BE[kind]}")
    return RecipeGrants(
        http=tuple(_patterns("http", given.get("http", []))),
        secrets=_secrets(given.get("secrets", [])),
        kv=given.get("kv", False),
        callback=given.get("callback", False),
    )


def grants_of(recipe: Recipe) -> RecipeGrants:
    """All that a recipe grants: what it says, and the constant addresses in it. What cannot be read grants nothing."""
    try:
        said = read_grants(recipe.grants)
    except ValueError:
        said = RecipeGrants()
    http = dict.fromkeys([*said.http, *constant_targets(recipe)])
    return RecipeGrants(tuple(http), said.secrets, said.kv, said.callback)


def constant_targets(recipe: Recipe) -> Iterator[Pattern]:
    """The hosts that stand as constants at the beginning of an input of one of its nodes."""
    for node in recipe.nodes.values():
        for _, expression in node.inputs or ():
            if (origin := constant_origin(expression.text)) is not None:
                yield origin


def constant_origin(text: str) -> Pattern | None:
    """The scheme and host that an expression's value begins with whatever else is in it; None when that is not known.

    `text` is canonical Cypher. The host has to end inside of the literal: `'https://a.example' + x` says nothing of it.
    """
    literal = _LITERAL.match(text)
    found = _ORIGIN.match(literal["text"]) if literal else None
    if literal is None or found is None:
        return None
    alone = literal.end() == len(text) and found.end() == len(literal["text"])
    if not alone and literal["text"][found.end() : found.end() + 1] not in ("/", "?", "#"):
        return None
    try:
        return read_pattern(found[0])
    except ValueError:
        return None


def _patterns(kind: str, given: Iterable[Value]) -> Iterator[Pattern]:
    for text in given:
        if not isinstance(text, str):
            raise ValueError(f"`{kind}` must be {_MUST_BE[kind]}")
        yield read_pattern(text)


def _secrets(given: Value) -> dict[str, tuple[Pattern, ...] | None]:
    where = given if isinstance(given, Mapping) else dict.fromkeys(map(_secret_name, given))
    return {_secret_name(name): None if hosts is None else _hosts(hosts) for name, hosts in where.items()}


def _secret_name(name: Value) -> str:
    if not isinstance(name, str) or not SECRET_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not the name of a secret: letters, digits and `_`, 64 at most")
    return name


def _hosts(given: Value) -> tuple[Pattern, ...]:
    if not isinstance(given, list):
        raise ValueError(f"`secrets` must be {_MUST_BE['secrets']}")
    return tuple(_patterns("secrets", given))


_KINDS: Final[Mapping[str, type | tuple[type, ...]]] = {
    "http": list,
    "secrets": (list, Mapping),
    "kv": bool,
    "callback": bool,
}
_MUST_BE: Final = {
    "http": "a list of texts like ['https://api.example.com/*']",
    "secrets": "a list of names, or a map like {NAME: ['https://api.example.com/*']}",
    "kv": "true or false",
    "callback": "true or false",
}
