"""Whether two expressions are written alike, apart from blanks, needless brackets and how literals are spelled."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from cypher_executor.cypher import syntax


def fingerprint(expression: syntax.Syntax) -> tuple[Hashable, ...]:
    """Equal for expressions that are written alike: all nodes in the order of the text, each with what it says itself
    and with how many nodes are below it."""
    return tuple(_of_node(node) for node in syntax.walk(expression))


def _of_node(node: syntax.Syntax) -> Hashable:
    fields: Any = type(node).__match_args__[1:]
    return (type(node), *(_of_field(getattr(node, name)) for name in fields if name != "source" or _is_tree(node)))


def _is_tree(node: syntax.Syntax) -> bool:
    """Whether `source` is an expression, and not how a literal was written."""
    return isinstance(getattr(node, "source", None), syntax.Syntax)


def _of_field(value: Any) -> Hashable:
    if isinstance(value, syntax.Syntax):
        return "below"
    if isinstance(value, tuple):
        return tuple(_of_field(v) for v in value)
    return (type(value), value)
