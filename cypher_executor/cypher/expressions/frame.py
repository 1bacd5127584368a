"""What a compiled expression sees while it runs, and how much it may use.

A closure takes one argument, the `Frame`. Names that comprehensions and the like introduce live in numbered `slots`,
given out when the expression is compiled; every other name is asked of `value_of`, which is a step's view of its run
here and may be a row in a query: `value_of` is all that a closure knows of either.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cypher_executor.core.recipe import Scope
from cypher_executor.errors import UsedUp

Value = Any
Closure = Callable[["Frame"], Value]

MAX_STEPS = 2_000_000
"""Evaluations of subexpressions that loops may make, and elements that functions may go through, in one evaluation."""

MAX_BYTES = 64 * 2**20
"""What one evaluation may build, in bytes of text and eight for each element of a list or map."""


class Frame:
    """One evaluation."""

    __slots__ = ("bytes_left", "drawn", "not_finite", "params", "scope", "slots", "steps_left", "value_of")

    def __init__(self, scope: Scope, slots: int) -> None:
        self.scope = scope
        self.value_of: Callable[[str], Value] = scope.value_of
        self.params = scope.params
        self.slots: list[Value] = [None] * slots
        self.steps_left = MAX_STEPS
        self.bytes_left = MAX_BYTES
        self.drawn = 0
        self.not_finite = False

    def spend(self, steps: int) -> None:
        """Counts work. Raises ExpressionError when it has been too much."""
        self.steps_left -= steps
        if self.steps_left < 0:
            raise UsedUp(f"the expression needs more than {MAX_STEPS:,} steps: give it less to go through", "steps")

    def build(self, size: int) -> None:
        """Counts memory. Raises ExpressionError when it has been too much."""
        self.bytes_left -= size
        if self.bytes_left < 0:
            raise UsedUp(
                f"the expression builds more than {MAX_BYTES // 2**20} MiB: make the text or the list shorter", "bytes"
            )
