"""What the operators of a plan share while it runs, and the frame in which they evaluate expressions.

Each operator makes a frame of its own and puts one row after the other into it. So what interleaves (operators hand
each other single rows) and what nests (an expression may hold a whole query) never write into the same slots.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cypher_executor.core.recipe import Scope
from cypher_executor.cypher.expressions.frame import MAX_BYTES, Frame, Value
from cypher_executor.cypher.query.budget import Budget
from cypher_executor.cypher.query.graph import Graph

Row = dict[str, Value]
"""The values of a row by name. Names that begin with `scope.OWN` are the plan's own."""

_DRAWS_OF_A_FRAME = 2**32


class Context:
    """One run of a query."""

    def __init__(self, graph: Graph, scope: Scope, budget: Budget) -> None:
        self.graph = graph
        self.scope = scope
        self.budget = budget
        self.constants: dict[object, Value] = {}
        """What is the same for all rows, once it is worked out."""
        self._frames = 0

    def frame(self, slots: int) -> QueryFrame:
        """A frame for expressions that need so many slots."""
        self._frames += 1
        return QueryFrame(self, slots, self._frames * _DRAWS_OF_A_FRAME)


class QueryFrame(Frame):
    """A frame whose names are those of a row."""

    __slots__ = ("context", "row")

    def __init__(self, context: Context, slots: int, drawn: int) -> None:
        super().__init__(context.scope, slots)
        self.context = context
        self.row: Row = {}
        self.drawn = drawn

    def on(self, row: Row) -> QueryFrame:
        """This frame, with the names of `row`."""
        self.row = row
        self.value_of = row.__getitem__
        self.bytes_left = MAX_BYTES
        return self

    def spend(self, steps: int) -> None:
        self.context.budget.spend(steps)


def _nothing(name: str) -> Value:
    return None


def scope_for(params: Mapping[str, Any], at_us: int, seed: str) -> Scope:
    """What `$name`, `timestamp()` and `rand()` see. Rows, not the scope, answer names."""
    return Scope(_nothing, params, params.get("input"), params.get("trigger"), at_us, seed)
