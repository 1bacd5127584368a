"""Which nodes of a recipe a query names: the part of a recipe that is to be run."""

from __future__ import annotations

from collections.abc import Iterator

from cypher_executor.core.recipe import Recipe, Value
from cypher_executor.cypher.diagnostics import to_json
from cypher_executor.cypher.query import Budget, Limits, Node, Path, compile_query
from cypher_executor.errors import ExpressionError, RequestInvalid
from cypher_executor.graph.kept import KeptGraph
from cypher_executor.graph.recipes import Version, version_rows

LIMITS = Limits(rows=100_000, steps=2_000_000, bytes=64 * 2**20)
"""What one such query may use up: some seconds at the worst."""

SELECTION_INVALID = "selection_invalid"


def selected(query: str, version: Version, recipe: Recipe) -> tuple[str, ...]:
    """The nodes that the rows of a query give, each once, in the order of the recipe.

    The query is asked of the graph of this one version (see the page on the graph). What else its rows hold, such as
    parts, is left out. Raises RequestInvalid (`selection_invalid`) for a text that is no query, for what goes wrong
    while it is answered, and when its rows hold no node of the recipe.
    """
    found = _found(query, version, recipe) & recipe.nodes.keys()
    if not found:
        message = "the query selects no node of the recipe: let it return nodes, as in MATCH (n:Node) RETURN n"
        raise RequestInvalid(message, code=SELECTION_INVALID)
    return tuple(name for name in recipe.nodes if name in found)


def _found(text: str, version: Version, recipe: Recipe) -> set[str]:
    compiled = compile_query(text)
    if compiled.query is None:
        first = compiled.diagnostics[0]
        message = f"this is no query that can be answered: {first.message}"
        problems = [to_json(found) for found in compiled.diagnostics]
        raise RequestInvalid(
            message, problems=problems, code=SELECTION_INVALID, place=first.place, did_you_mean=first.did_you_mean
        )
    graph = KeptGraph()
    graph.put(version_rows(version, recipe))
    try:
        rows = list(compiled.query.run(graph, budget=Budget(LIMITS)))
    except ExpressionError as error:
        raise RequestInvalid(f"the query cannot be answered: {error.message}", code=SELECTION_INVALID) from error
    return {name for row in rows for value in row for name in _names(value)}


def _names(value: Value) -> Iterator[str]:
    todo = [value]
    while todo:
        match todo.pop():
            case Node() as node if "Node" in node.labels:
                yield str(node.values.get("name"))
            case Path() as path:
                todo += path.nodes
            case list() as inner:
                todo += inner
