"""Rules of expressions: atoms, steps into values, comprehensions. Operators are ranked by `operators.Ranking`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from cypher_executor.cypher import numbers, syntax
from cypher_executor.cypher.places import at, between, token_place
from cypher_executor.cypher.templates import read_string
from cypher_executor.cypher.tree.builder import (
    Builder,
    Children,
    first,
    has,
    is_token,
    nodes,
    part,
    part_value,
    rule,
    span,
    unknown,
)
from cypher_executor.cypher.tree.patterns import plain_name, shortest

_CONSTANTS = {"NULL": None, "TRUE": True, "FALSE": False}
_WORDS = re.compile(r"`(?:[^`]|``)+`|\w+")
_QUANTIFIERS = ("any", "all", "none", "single")


def _node(child: Any) -> Any:
    """The child if it is a node, None if it is a token or a list."""
    return child if isinstance(child, syntax.Syntax) else None


@rule()
def terms(build: Builder, c: Children) -> Children:
    return c


@rule()
def expression(build: Builder, c: Children) -> syntax.Expression:
    return build.ranked(c[0])  # type: ignore[no-any-return]


@rule()
def parenthesis(build: Builder, c: Children) -> syntax.Syntax:
    inner: syntax.Syntax = c[1]
    wider = replace(inner, place=span(c))
    if id(inner) in build.held:
        build.held[id(wider)] = (wider, build.held.pop(id(inner))[1])
    return wider


@rule("starts_with", "ends_with")
def first_word(build: Builder, c: Children) -> Any:
    return c[0]


@rule()
def null_test(build: Builder, c: Children) -> syntax.Test:
    return syntax.Test(span(c), "IS NOT NULL" if has(c, "NOT") else "IS NULL", None)


@rule()
def access(build: Builder, c: Children) -> syntax.Syntax:
    if len(c) == 1:
        return c[0]  # type: ignore[no-any-return]
    return syntax.Access(span(c), c[0], tuple(c[1:]))


@rule("property")
def property_(build: Builder, c: Children) -> syntax.Property:
    return syntax.Property(span(c), c[1])


@rule()
def index(build: Builder, c: Children) -> syntax.Index:
    return syntax.Index(span(c), c[1])


@rule("slice")
def slice_(build: Builder, c: Children) -> syntax.Slice:
    return syntax.Slice(span(c), _node(c[1]), _node(c[-2]))


@rule()
def literal(build: Builder, c: Children) -> syntax.Syntax:
    token = c[0]
    if token.type == "STRING":
        return read_string(build, token)
    if token.type in _CONSTANTS:
        return syntax.Literal(token_place(token), _CONSTANTS[token.type], token.value)
    place = token_place(token)
    return syntax.Literal(place, numbers.read(build.problems, token, place), token.value)


@rule()
def parameter(build: Builder, c: Children) -> syntax.Parameter:
    place = token_place(c[0])
    return syntax.Parameter(place, plain_name(build, c[0].value[1:], place))


@rule()
def variable(build: Builder, c: Children) -> syntax.Variable:
    return syntax.Variable(c[0].place, c[0].text)


@rule()
def list_literal(build: Builder, c: Children) -> syntax.Syntax:
    items = [x for x in c if type(x) is list]
    if len(items) == 1 and _is_membership(items[0]):
        return syntax.ListComprehension(span(c), *_membership(build, items[0]), None, None)
    return syntax.ListLiteral(span(c), tuple(build.ranked(x) for x in items))


@rule()
def list_comprehension(build: Builder, c: Children) -> syntax.Syntax:
    head, where, projection = c[1], part_value(c, "WHERE"), _node(c[-2])
    if _is_membership(head):
        return syntax.ListComprehension(span(c), *_membership(build, head), where, projection)
    pattern = _pattern_of(head)
    if pattern is not None and projection is not None:
        return syntax.PatternComprehension(span(c), pattern, where, projection)
    wanted = "`x IN list`" if pattern is None else "what each match gives, behind `|`"
    build.problems.add("not_a_comprehension", f"A comprehension needs {wanted} here.", between(head, head))
    return unknown(span(c))


def _is_membership(head: Sequence[Any]) -> bool:
    """Whether flat terms begin with `x IN`."""
    return len(head) > 2 and isinstance(head[0], syntax.Variable) and is_token(head[1], "IN")


def _membership(build: Builder, head: Sequence[Any]) -> tuple[syntax.Name, Any]:
    return syntax.Name(head[0].place, head[0].name), build.ranked(head[2:])


def _pattern_of(head: Sequence[Any]) -> syntax.Path | None:
    """The pattern in `(a)-->(b)` or `path = (a)-->(b)`."""
    last = head[-1]
    if not isinstance(last, syntax.PatternPredicate):
        return None
    if len(head) == 1:
        return last.pattern
    if len(head) == 3 and isinstance(head[0], syntax.Variable) and is_token(head[1], "EQUAL"):
        called = syntax.Name(head[0].place, head[0].name)
        return syntax.Path(between(called, last), called, None, last.pattern.elements)
    return None


@rule()
def map_literal(build: Builder, c: Children) -> syntax.MapLiteral:
    return syntax.MapLiteral(span(c), nodes(c, syntax.MapEntry))


@rule()
def map_entry(build: Builder, c: Children) -> syntax.MapEntry:
    key, sign, value = c
    if sign == "=":
        build.problems.add("colon_for_equals", "In a map a colon stands between key and value.", at(sign), fix=":")
    if is_token(key, "STRING"):
        key = _unquoted(build, key)
    return syntax.MapEntry(span(c), key, value)


def _unquoted(build: Builder, key: Any) -> syntax.Name:
    """JSON's way to write a key; Cypher's keys are names."""
    text = str(key)[1:-1]
    plainly = text if text.isidentifier() else "`" + text.replace("`", "``") + "`"
    build.problems.add("quoted_key", f"A key in a map has no quotes: write {plainly}.", at(key), fix=plainly)
    return syntax.Name(at(key), text)


@rule()
def map_projection(build: Builder, c: Children) -> syntax.MapProjection:
    return syntax.MapProjection(span(c), syntax.Variable(c[0].place, c[0].text), nodes(c[1:]))


@rule()
def property_selector(build: Builder, c: Children) -> syntax.PropertySelector:
    return syntax.PropertySelector(span(c), c[1])


@rule()
def all_properties_selector(build: Builder, c: Children) -> syntax.AllPropertiesSelector:
    return syntax.AllPropertiesSelector(span(c))


def _function(build: Builder, token: Any) -> syntax.Name:
    """The name in front of a bracket, dots and backticks included."""
    if str(token).isidentifier() and token.isascii():
        return syntax.Name(at(token), str(token))
    words = _WORDS.findall(str(token))
    return syntax.Name(at(token), ".".join(plain_name(build, w, at(token)) for w in words))


@rule()
def function_call(build: Builder, c: Children) -> syntax.Syntax:
    called = _function(build, c[0])
    kind = called.text.lower()
    arguments = [x for x in c if type(x) is list]
    if has(c, "STAR"):
        if kind != "count" or has(c, "DISTINCT"):
            build.problems.add("star_argument", "Only `count(*)` takes a star.", span(c))
            return unknown(span(c))
        return syntax.CountStar(span(c))
    if kind in _QUANTIFIERS and len(arguments) == 1 and _is_membership(arguments[0]):
        return _quantifier(build, c, kind, arguments[0], None)
    return syntax.FunctionCall(span(c), called, has(c, "DISTINCT"), tuple(build.ranked(a) for a in arguments))


@rule()
def quantifier(build: Builder, c: Children) -> syntax.Syntax:
    kind = str(c[0]).lower()
    if kind in _QUANTIFIERS and _is_membership(c[2]):
        return _quantifier(build, c, kind, c[2], part_value(c, "WHERE"))
    message = "A condition belongs in any, all, none or single, as in `any(x IN list WHERE ...)`."
    build.problems.add("not_a_quantifier", message, at((part(c, "WHERE") or c)[0]))
    return unknown(span(c))


def _quantifier(build: Builder, c: Children, kind: Any, head: Sequence[Any], where: Any) -> syntax.Quantifier:
    called, source = _membership(build, head)
    return syntax.Quantifier(span(c), kind, called, source, where)


@rule()
def reduce(build: Builder, c: Children) -> syntax.Syntax:
    start, head = c[2], c[4]
    right = str(c[0]).lower() == "reduce" and len(start) > 2 and isinstance(start[0], syntax.Variable)
    if right and is_token(start[1], "EQUAL") and _is_membership(head):
        accumulator = syntax.Name(start[0].place, start[0].name)
        called, source = _membership(build, head)
        return syntax.Reduce(span(c), accumulator, build.ranked(start[2:]), called, source, c[-2])
    message = "Behind `|` stands the step of reduce, as in `reduce(sum = 0, x IN list | sum + x)`."
    build.problems.add("not_a_reduce", message, span(c))
    return unknown(span(c))


@rule()
def case(build: Builder, c: Children) -> syntax.Case:
    whens = tuple(w for x in c if type(x) is list and not is_token(x[0], "ELSE") for w in x)
    return syntax.Case(span(c), _node(c[1]), whens, part_value(c, "ELSE"))


@rule()
def when(build: Builder, c: Children) -> list[syntax.When]:
    """`WHEN 1, 2 THEN x` is two of them."""
    *conditions, result = nodes(c)
    return [syntax.When(span(c), condition, result) for condition in conditions]


@rule()
def pattern_predicate(build: Builder, c: Children) -> syntax.PatternPredicate:
    found = first(c, syntax.Path)
    build.predicates += 1
    if len(c) > 1:
        found = syntax.Path(span(c), None, shortest(c), found.elements)
    return syntax.PatternPredicate(span(c), found)


@rule()
def subquery(build: Builder, c: Children) -> syntax.Subquery:
    kind: Any = "EXISTS" if is_token(c[0], "EXISTS") else "COUNT"
    return syntax.Subquery(span(c), kind, nodes(c, syntax.Path), part_value(c, "WHERE"), first(c, syntax.Script))
