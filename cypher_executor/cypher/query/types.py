"""What is known of the type of an expression before it is evaluated.

Only what is certain counts: `ANY` fits everywhere and null fits everywhere, so a query is refused only if it could
never give anything but an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Type:
    """A type by its name; of a list, also that of its items."""

    name: str
    inner: Type | None = None

    def __str__(self) -> str:
        return _WITH_ARTICLE.get(self.name, f"a {self.name}")


ANY = Type("any")
NULL = Type("null")
BOOLEAN = Type("boolean")
INTEGER = Type("integer")
FLOAT = Type("float")
STRING = Type("string")
MAP = Type("map")
NODE = Type("node")
RELATIONSHIP = Type("relationship")
PATH = Type("path")
LIST = Type("list", ANY)
TEMPORAL = Type("temporal value")

_WITH_ARTICLE = {"integer": "an integer", "any": "a value", "null": "null"}


def list_of(inner: Type) -> Type:
    """The type of a list whose items are of one type. Of lists in lists in lists it is not told what they hold: nobody
    asks, and brackets may nest as deep as their author likes."""
    deep = inner.inner is not None and inner.inner.inner is not None
    return LIST if deep else Type("list", inner)


def common(types: Iterable[Type]) -> Type:
    """The type that fits all of these; null fits any."""
    found = {t for t in types if t is not NULL}
    return found.pop() if len(found) == 1 else ANY


def may_be(found: Type, *wanted: str) -> bool:
    """Whether an expression of this type can have one of the types of these names."""
    return found.name in ("any", "null") or found.name in wanted
