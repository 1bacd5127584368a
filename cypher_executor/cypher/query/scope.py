"""The names that are visible at one place of a query, and what is known of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from cypher_executor.cypher.query.types import Type

OWN: Final = "\0"
"""How names begin that a plan makes for itself: with a character that nobody types."""


class Scope:
    """Names with their types, in the order of their appearance."""

    def __init__(self, types: Mapping[str, Type] | None = None) -> None:
        self.types: dict[str, Type] = dict(types or {})

    def __contains__(self, name: object) -> bool:
        return name in self.types

    def __iter__(self) -> Iterator[str]:
        return iter(self.types)

    def type_of(self, name: str) -> Type:
        return self.types[name]

    def add(self, name: str, type: Type) -> None:
        """Makes a name visible."""
        self.types[name] = type

    def copy(self) -> Scope:
        """The same names, to add others to."""
        return Scope(self.types)

    def with_(self, other: Mapping[str, Type]) -> Scope:
        """These names and others, which hide their namesakes."""
        return Scope({**self.types, **other})
