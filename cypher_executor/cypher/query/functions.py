"""Functions that ask a graph, and the table of all that a query may call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cypher_executor.cypher.expressions import FUNCTIONS, Function
from cypher_executor.cypher.expressions.frame import Frame
from cypher_executor.cypher.expressions.functions import HANDLE_NAMES
from cypher_executor.cypher.expressions.functions.table import function
from cypher_executor.cypher.expressions.values import wrong_type
from cypher_executor.cypher.query.context import QueryFrame
from cypher_executor.cypher.query.values import Node, Path, Relationship, number_of


def _labels(value: Any) -> list[str]:
    if isinstance(value, Node):
        return list(value.labels)
    raise wrong_type("labels()", "a node", value)


def _relationship(value: Any, what: str) -> Relationship:
    if isinstance(value, Relationship):
        return value
    raise wrong_type(f"{what}()", "a relationship", value)


def _path(value: Any, what: str) -> Path:
    if isinstance(value, Path):
        return value
    raise wrong_type(f"{what}()", "a path", value)


def _known_by(value: Any, what: str) -> int | str:
    if isinstance(value, Node | Relationship):
        return value.id
    raise wrong_type(f"{what}()", "a node or a relationship", value)


def _end(frame: Frame, value: Any, what: str) -> Node | None:
    found = _relationship(value, what)
    assert isinstance(frame, QueryFrame)
    return frame.context.graph.node(found.start if what == "startNode" else found.end)


def _length(value: Any) -> int:
    if isinstance(value, Path):
        return len(value.relationships)
    if isinstance(value, list | str):
        return len(value)
    raise wrong_type("length()", "a path", value)


GRAPH_FUNCTIONS: tuple[Function, ...] = (
    function("labels(node)", "The labels of a node.", _labels),
    function("type(relationship)", "The type of a relationship.", lambda v: _relationship(v, "type").type),
    function("id(element)", "What a node or a relationship is known by, as a number.",
             lambda v: number_of(_known_by(v, "id"))),
    function("elementId(element)", "What a node or a relationship is known by, as text.",
             lambda v: str(_known_by(v, "elementId"))),
    function("startNode(relationship)", "The node where it begins.", lambda f, v: _end(f, v, "startNode"),
             needs_frame=True),
    function("endNode(relationship)", "The node where it ends.", lambda f, v: _end(f, v, "endNode"), needs_frame=True),
    function("nodes(path)", "The nodes of a path, in its order.", lambda v: list(_path(v, "nodes").nodes)),
    function("relationships(path)", "The relationships of a path, in its order.",
             lambda v: list(_path(v, "relationships").relationships)),
    function("length(path)", "How many relationships a path has.", _length),
)  # fmt: skip

QUERY_FUNCTIONS: Mapping[str, Function] = {
    **{name: f for name, f in FUNCTIONS.items() if name not in HANDLE_NAMES},
    **{f.name.lower(): f for f in GRAPH_FUNCTIONS},
}
"""Every function of a query by its name in lower case."""
