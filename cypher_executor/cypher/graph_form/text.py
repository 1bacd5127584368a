"""The graph form as one statement of Cypher, which a database of graphs accepts and keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cypher_executor.cypher.fmt.items import Item, NewLine
from cypher_executor.cypher.fmt.layout import lay_out
from cypher_executor.cypher.graph_form.build import GraphForm, GraphNode, GraphRelationship, Properties
from cypher_executor.cypher.graph_form.keys import NODE_LABEL
from cypher_executor.cypher.graph_form.values import GraphValue
from cypher_executor.cypher.plan.draft import RECIPE_LABEL
from cypher_executor.cypher.printing import CLOSE, DEDENT, INDENT, LINE, OPEN, SOFT, name_text

_KEYWORDS = frozenset(
    """
    add all and as asc ascending by call case constraint contains count create delete desc descending detach distinct do
    drop else end ends exists false for foreach in is limit load mandatory match merge not null of on optional or order
    remove require return scalar set show skip starts then true union unique unwind use using when where with xor yield
    """.split()  # noqa: SIM905 a list would be a page long
)
"""Words that some version of Cypher does not take as a variable without backticks."""
_SPECIAL = re.compile(r"[\\'\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def graph_text(form: GraphForm) -> str:
    """One `CREATE`: the :Recipe node, every node, every relationship."""
    patterns = [_recipe(form.recipe)] if form.recipe is not None else []
    patterns += [_node(node) for node in form.nodes]
    patterns += [_relationship(relationship) for relationship in form.relationships]
    items: list[Item] = ["CREATE", INDENT]
    for number, pattern in enumerate(patterns, start=1):
        items += [NewLine(), *pattern, "," if number < len(patterns) else ""]
    return lay_out([*items, DEDENT])


def _recipe(properties: Properties) -> Iterator[str]:
    yield f"(:{RECIPE_LABEL} "
    yield from _properties(properties)
    yield ")"


def _node(node: GraphNode) -> Iterator[str]:
    labels = "".join(f":{name_text(label)}" for label in (NODE_LABEL, *node.tags))
    yield f"({_variable(node.name)}{labels} "
    yield from _properties(node.properties)
    yield ")"


def _relationship(relationship: GraphRelationship) -> Iterator[str]:
    yield f"({_variable(relationship.source)})-[:{relationship.type}"
    if relationship.properties:
        yield " "
        yield from _properties(relationship.properties)
    yield f"]->({_variable(relationship.target)})"


def _variable(name: str) -> str:
    return f"`{name}`" if name.lower() in _KEYWORDS else name_text(name)


def _properties(properties: Properties) -> Iterator[str]:
    yield from ("{", OPEN, INDENT, SOFT)
    for number, (key, value) in enumerate(properties.items()):
        yield from (",", LINE) if number else ()
        yield f"{name_text(key)}: {_literal(value)}"
    yield from (DEDENT, SOFT, CLOSE, "}")


def _literal(value: GraphValue) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    if isinstance(value, str):
        return "'" + _SPECIAL.sub(lambda found: _ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04x}", value) + "'"
    return str(value).lower() if isinstance(value, bool) else repr(value)
