"""The plan of an EXPLAIN as drivers read it: operators with what they need before them as their children."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cypher_executor.cypher.query import CompiledQuery
from cypher_executor.cypher.query.operators import Operator

Plan = Mapping[str, Any]


def plan_of(compiled: CompiledQuery) -> Plan:
    """The plan of a query that has one. Plans are as deep as texts are long, so they are walked with a stack."""
    assert compiled.query is not None
    query = compiled.query
    top = _named("Give", ["give " + ", ".join(f"`{column}`" for column in query.columns)], query.columns)
    top["args"]["string-representation"] = query.explain()
    todo: list[tuple[Operator, dict[str, Any]]] = [(query.plan, top)]
    while todo:
        operator, above = todo.pop()
        made = _named(type(operator).__name__, operator.describe(), ())
        above["children"].append(made)
        todo.extend((before, made) for before in reversed(operator.before()))
    return top


def _named(operator: str, described: Sequence[str], names: Sequence[str]) -> dict[str, Any]:
    details = "\n".join(described)
    return {"operatorType": operator, "args": {"Details": details}, "identifiers": list(names), "children": []}
