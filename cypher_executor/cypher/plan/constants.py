"""Constants: literals, and lists and maps of them. They are the same in every run, so they can be read beforehand."""

from __future__ import annotations

from cypher_executor.core.recipe import Value
from cypher_executor.cypher import syntax
from cypher_executor.errors import Place

DEEPEST = 64
"""How deep lists and maps may stand in each other: as deep as JSON may that arrives from outside."""


class NotConstant(Exception):
    """The place of what is not known before a run, and, as the end of a sentence, why it is not."""

    def __init__(self, place: Place, why: str = "") -> None:
        super().__init__(why)
        self.place = place
        self.why = why


def constant(expression: syntax.Syntax) -> Value:
    """The value of a constant expression. Raises NotConstant for any other."""
    nodes = list(syntax.walk(expression))
    for node in nodes:
        _check(node)
    # Backwards, so that whatever is inside of something is known before it.
    values: dict[int, Value] = {}
    depths: dict[int, int] = {}
    for node in reversed(nodes):
        below = max((depths[id(child)] for child in syntax.children(node)), default=0)
        depths[id(node)] = below + isinstance(node, syntax.ListLiteral | syntax.MapLiteral)
        if depths[id(node)] > DEEPEST:
            raise NotConstant(node.place, f", with lists and maps at most {DEEPEST} deep in each other")
        values[id(node)] = _value(node, values)
    return values[id(expression)]


def _check(node: syntax.Syntax) -> None:
    match node:
        case syntax.Literal() | syntax.Name() | syntax.MapEntry() | syntax.ListLiteral() | syntax.MapLiteral():
            return
        case syntax.Unary() if _is_signed_number(node):
            return
        case syntax.Template():
            raise NotConstant(node.place, " without `{{ }}`")
    raise NotConstant(node.place)


def _value(node: syntax.Syntax, values: dict[int, Value]) -> Value:
    match node:
        case syntax.Literal():
            return node.value
        case syntax.MapEntry():
            return values[id(node.value)]
        case syntax.ListLiteral():
            return [values[id(item)] for item in node.items]
        case syntax.MapLiteral():
            return {entry.key.text: values[id(entry)] for entry in node.entries}
        case syntax.Unary():
            value = values[id(node.operand)]
            return -value if node.operators.count("-") % 2 else value
    return None


def _is_signed_number(node: syntax.Unary) -> bool:
    number = node.operand.value if isinstance(node.operand, syntax.Literal) else None
    return "NOT" not in node.operators and isinstance(number, int | float) and not isinstance(number, bool)
