"""Values beyond JSON's: nodes, relationships and paths of a graph, points and lengths of time.

They enter the operators through one door. An operator that meets a type of its own does its work as ever; what is left
over is asked here, so that JSON's values pay nothing for it. The classes themselves are in `query.values` and in
`temporal`; equality is Python's `==`.
"""

from __future__ import annotations

from typing import Any, ClassVar

from cypher_executor.errors import ExpressionError


class Foreign:
    """A value that JSON does not have. What a subclass does not define, its values cannot do."""

    __slots__ = ()

    kind: ClassVar[str]
    """What it is, with its article, for sentences."""

    rank: ClassVar[float]
    """Where it stands when values of all types are sorted; see `expressions.ordering`."""

    ordered: ClassVar[bool] = False
    """Whether `<` compares two of them."""

    def sort_key(self) -> Any:
        """What sorts values of this type among themselves, and is equal only for equal ones."""
        raise NotImplementedError

    def property(self, key: str) -> Any:
        """`value.key`."""
        raise ExpressionError(f"`.{key}` needs a map, not {self.kind}", code="wrong_type")

    def properties(self) -> dict[str, Any] | None:
        """All properties, of what has them."""
        return None

    def text(self) -> str | None:
        """Its text for `toString` and for JSON; None for what has none."""
        return None

    def plus(self, other: Any) -> Any:
        """`value + other`."""
        return NotImplemented

    def minus(self, other: Any) -> Any:
        """`value - other`."""
        return NotImplemented

    def times(self, other: Any) -> Any:
        """`value * other`."""
        return NotImplemented

    def over(self, other: Any) -> Any:
        """`value / other`."""
        return NotImplemented


_METHODS = {"+": "plus", "-": "minus", "*": "times", "/": "over"}


def combine(sign: str, left: Any, right: Any) -> Any:
    """`left sign right` where one of them is foreign; NotImplemented when they do not go together. The two signs that
    may be turned round ask the right one, too."""
    method = _METHODS.get(sign)
    if method is None:
        return NotImplemented
    if isinstance(left, Foreign):
        found = getattr(left, method)(right)
        if found is not NotImplemented:
            return found
    if isinstance(right, Foreign) and sign in "+*":
        return getattr(right, method)(left)
    return NotImplemented
