"""How heavy values are. Whatever leaves the run machine - the input of a part or a child, the result of a run - becomes
JSON somewhere, and must not be deeper or longer than readers can bear.

In memory a value may be shared: forty nodes that each name the one before twice hold forty maps, but a text of 2 to the
power of forty. So a value is weighed as the text that it would become, but every map and list in it is looked into only
once, and heavy ones are remembered, because a run hands the same values on from step to step.
"""

from __future__ import annotations

from cypher_executor.core.recipe import Value
from cypher_executor.errors import ExpressionError

MAX_DEPTH = 64
"""How deep maps and lists may stand in each other: what requests and the outputs of parts are held to as well."""

MAX_BYTES = 8 * 1024 * 1024
"""How long a value may be as JSON."""

_REMEMBERED_BYTES = 1024

_Weight = tuple[int, int]
"""The length as JSON in bytes (escapes left out) and the depth; a scalar has depth 0."""


class Scales:
    """Weighs the values of one run."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Value, _Weight]] = {}
        """By identity. The value is kept too, so that nothing else can come to have its identity."""

    def check(self, value: Value, what: str) -> Value:
        """The value as it is. Raises ExpressionError (`value_too_deep`, `value_too_large`), a sentence about `what`."""
        if not isinstance(value, dict | list | str):
            return value
        length, depth = self._weigh(value, {}, 0)
        if depth > MAX_DEPTH:
            raise _too_deep(what)
        if length > MAX_BYTES:
            message = f"{what} would be {_mib(length)} long as JSON; the limit is {_mib(MAX_BYTES)}"
            raise ExpressionError(message, code="value_too_large")
        return value

    def length(self, value: Value) -> int:
        """How many bytes the value is as JSON, escapes left out."""
        return self._weigh(value, {}, 0)[0]

    def _weigh(self, value: Value, seen: dict[int, _Weight], level: int) -> _Weight:
        """`seen` has what this weighing has looked into; `level` bounds it, as it will not come back from too deep."""
        if isinstance(value, str):
            return (len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))) + 2, 0
        if not isinstance(value, dict | list):
            return len(str(value)), 0
        weight = seen.get(id(value)) or self._remembered(value)
        if weight is None:
            if level > 2 * MAX_DEPTH:
                raise _too_deep("a value")
            weight = self._look_into(value, seen, level)
            seen[id(value)] = weight
            if weight[0] > _REMEMBERED_BYTES:
                self._known[id(value)] = (value, weight)
        return weight

    def _remembered(self, value: Value) -> _Weight | None:
        known = self._known.get(id(value))
        return known[1] if known is not None else None

    def _look_into(self, value: Value, seen: dict[int, _Weight], level: int) -> _Weight:
        length, depth = 2 + len(value), 0
        if isinstance(value, dict):
            length += len("".join(value)) + 3 * len(value)
            inner = value.values()
        else:
            inner = value
        for one in inner:
            if type(one) is str and one.isascii():  # Most are, and every input is looked into, in every replay, too.
                length += len(one) + 2
                continue
            its_length, its_depth = self._weigh(one, seen, level + 1)
            length += its_length
            if its_depth > depth:
                depth = its_depth
        return length, depth + 1


def _too_deep(what: str) -> ExpressionError:
    return ExpressionError(f"{what} is more than {MAX_DEPTH} maps and lists deep", code="value_too_deep")


def _mib(length: int) -> str:
    return f"{length / 1024 / 1024:.1f} MiB" if length < 2**40 else f"2^{length.bit_length() - 1} bytes"
