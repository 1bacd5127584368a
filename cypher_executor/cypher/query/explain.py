"""A plan as text: each operator on a line, above where its rows come from."""

from __future__ import annotations

from collections.abc import Sequence

from cypher_executor.cypher.query.operators import Operator


def explain(plan: Operator, columns: Sequence[str]) -> str:
    """The plan from its result down to where it begins. What belongs to an operator is behind dots under it."""
    lines = ["give " + ", ".join(f"`{name}`" for name in columns)]
    todo = [(plan, 1)]
    while todo:
        operator, depth = todo.pop()
        headline, *more = operator.describe()
        lines.append("  " * depth + headline)
        lines.extend("  " * depth + "· " + line for line in more)
        sources = operator.before()
        todo.extend((source, depth + (len(sources) > 1)) for source in reversed(sources))
    return "\n".join(lines)
