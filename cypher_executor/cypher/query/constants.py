"""Which parts of an expression are the same for all rows of a run: `datetime() - duration('P1D')`, `[1, 2, $n]`.

Such a part is worked out when the first row asks for it, and never again in this run.
"""

from __future__ import annotations

from cypher_executor.cypher import syntax
from cypher_executor.cypher.expressions.functions import AGGREGATES

DRAWN = frozenset({"rand", "uuid", "randomuuid"})
"""Functions that give something else each time."""

_OF_ROWS = (
    syntax.Variable,
    syntax.PatternPredicate,
    syntax.PatternComprehension,
    syntax.Subquery,
    syntax.CountStar,
    syntax.MapProjection,
)
_WORTH_IT = (syntax.FunctionCall, syntax.Arithmetic, syntax.ListLiteral)


def constants_of(expression: syntax.Expression) -> frozenset[int]:
    """The ids of the largest such parts, of those that are worth it."""
    same: dict[int, bool] = {}
    for node in reversed(list(syntax.walk(expression))):
        same[id(node)] = not _differs(node) and all(same[id(below)] for below in syntax.children(node))
    found: list[int] = []
    todo: list[syntax.Syntax] = [expression]
    while todo:
        node = todo.pop()
        if not same[id(node)]:
            todo.extend(syntax.children(node))
        elif any(isinstance(below, _WORTH_IT) for below in syntax.walk(node)):
            found.append(id(node))
    return frozenset(found)


def draws(node: syntax.Syntax) -> bool:
    """Whether it is a call that gives something else each time."""
    return isinstance(node, syntax.FunctionCall) and node.name.text.lower() in DRAWN


def _differs(node: syntax.Syntax) -> bool:
    if isinstance(node, syntax.FunctionCall):
        return node.name.text.lower() in DRAWN | AGGREGATES
    return isinstance(node, _OF_ROWS)
