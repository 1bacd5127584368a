"""Which nodes of a recipe a query names: the part of a recipe that is to be run."""

from __future__ import annotations

from collections.abc import Iterator

from cypher_executor.core.recipe import Recipe, Value
from cypher_executor.cypher.query import Budget, Limits, Node, Path, compile_query
from cypher_executor.errors import RecipeInvalid, RequestInvalid
from cypher_executor.graph.kept import KeptGraph
from cypher_executor.graph.recipes import Version, version_rows

LIMITS = Limits(rows=100_000, steps=2_000_000, bytes=64 * 2**20)
"""What one such query may use up: some seconds at the worst."""

NOTHING_SELECTED = "nothing_selected"


def selected(query: str, version: Version, recipe: Recipe) -> tuple[str, ...]:
    """The nodes that the rows of a query give, each once, in the order of the recipe.

    The query is asked of the graph of this one version (see the page on the graph). What else its rows hold, such as
    parts, is left out. Raises RecipeInvalid with all problems of its text, ExpressionError for what goes wrong while it
    is answered, and RequestInvalid (`nothing_selected`) when its rows hold no node of the recipe.
    """
    compiled = compile_query(query)
    if compiled.query is None:
        raise RecipeInvalid(compiled.diagnostics, name="the query")
    graph = KeptGraph()
    graph.put(version_rows(version, recipe))
    rows = compiled.query.run(graph, budget=Budget(LIMITS))
    found = {name for row in rows for value in row for name in _names(value)} & recipe.nodes.keys()
    if not found:
        message = "the query selects no node of the recipe: let it return nodes, as in MATCH (n:Node) RETURN n"
        raise RequestInvalid(message, code=NOTHING_SELECTED)
    return tuple(name for name in recipe.nodes if name in found)


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
