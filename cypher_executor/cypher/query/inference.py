"""Looks an expression over before it is compiled: which names it reads, what type it has, and what can never work.

Two passes over one list of nodes, none of which calls itself. Going down, it is noted which names comprehensions bind.
Going back, each node's type follows from the types below it; the list of a comprehension comes before its body, so the
type of the variable is known when the body is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cypher_executor.cypher import syntax
from cypher_executor.cypher.expressions.compiler import GRAPH_FORMS
from cypher_executor.cypher.expressions.functions import AGGREGATES
from cypher_executor.cypher.query import types as t
from cypher_executor.cypher.query.problems import Refusals
from cypher_executor.cypher.query.scope import OWN, Scope
from cypher_executor.cypher.query.signatures import RESULTS, TAKES
from cypher_executor.cypher.query.types import Type, may_be
from cypher_executor.errors import Place, nearest

Bound = Mapping[str, syntax.Syntax | None]
"""Names that comprehensions bind, with the list that they go through (None: not known)."""

Rule = Callable[[Any, "Inference"], Type]


class Inference:
    """One expression while it is looked over. `columns` are nodes that stand for a column, and so are not looked into;
    `aggregates` says whether aggregating functions are welcome, and `why_not` why they are not."""

    def __init__(self, scope: Scope, problems: Refusals, columns: Mapping[int, str]) -> None:
        self.scope = scope
        self.problems = problems
        self.columns = columns
        self.bound: dict[int, Bound] = {}
        self.types: dict[int, Type] = {}

    def type_of(self, expression: syntax.Expression) -> Type:
        """The type of an expression; what is wrong with it goes to the problems."""
        order = list(self._down(expression))
        for node in reversed(order):
            self.types[id(node)] = self._infer(node)
        return self.types[id(expression)]

    def below(self, node: syntax.Syntax | None) -> Type:
        """What was found for a node below."""
        return t.NULL if node is None else self.types.get(id(node), t.ANY)

    def want(self, node: syntax.Syntax, what: str, *wanted: str) -> None:
        """Refuses an operand that can have none of these types."""
        found = self.below(node)
        if not may_be(found, *wanted):
            message = f"{what} takes {_either(wanted)}, and this is {found}."
            self.problems.refuse("invalid_argument_type", message, node.place)

    def variable(self, name: str, node: syntax.Syntax, place: Place) -> Type:
        """The type of what a name stands for at this node."""
        bound = self.bound[id(node)]
        if name in bound:
            source = bound[name]
            return (self.below(source).inner or t.ANY) if source is not None else t.ANY
        if name in self.scope:
            return self.scope.type_of(name)
        near = nearest(name, [n for n in self.scope if not n.startswith(OWN)])
        hint = f"; did you mean `{near}`?" if near else "."
        self.problems.refuse("undefined_variable", f"No variable is called `{name}` here{hint}", place,
                             did_you_mean=near)  # fmt: skip
        return t.ANY

    def _infer(self, node: syntax.Syntax) -> Type:
        if id(node) in self.columns:
            return self.scope.types.get(self.columns[id(node)], t.ANY)
        rule = _RULES.get(type(node))
        return rule(node, self) if rule is not None else t.ANY

    def _down(self, expression: syntax.Expression) -> Iterator[syntax.Syntax]:
        todo: list[tuple[syntax.Syntax, Bound]] = [(expression, {})]
        while todo:
            node, bound = todo.pop()
            self.bound[id(node)] = bound
            yield node
            if id(node) not in self.columns and not isinstance(node, (*GRAPH_FORMS, syntax.Template)):
                todo.extend(_scoped(node, bound))


def _scoped(node: syntax.Syntax, bound: Bound) -> Iterator[tuple[syntax.Syntax, Bound]]:
    inner, outside = bound, list[syntax.Syntax]()
    if isinstance(node, syntax.ListComprehension | syntax.Quantifier):
        inner, outside = {**bound, node.variable.text: node.source}, [node.source]
    elif isinstance(node, syntax.Reduce):
        inner = {**bound, node.variable.text: node.source, node.accumulator.text: None}
        outside = [node.initial, node.source]
    for child in syntax.children(node):
        yield child, bound if any(child is o for o in outside) else inner


def _either(names: tuple[str, ...]) -> str:
    words = [str(Type(n)) for n in names]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]


_RULES: dict[type[syntax.Syntax], Rule] = {}


def _rule(*kinds: type[syntax.Syntax]) -> Callable[[Rule], Rule]:
    def register(rule: Rule) -> Rule:
        _RULES.update(dict.fromkeys(kinds, rule))
        return rule

    return register


@_rule(syntax.Literal)
def _literal(node: syntax.Literal, work: Inference) -> Type:
    return {bool: t.BOOLEAN, int: t.INTEGER, float: t.FLOAT, str: t.STRING}.get(type(node.value), t.NULL)


@_rule(syntax.Template)
def _template(node: syntax.Template, work: Inference) -> Type:
    return t.STRING


@_rule(syntax.Variable)
def _variable(node: syntax.Variable, work: Inference) -> Type:
    return work.variable(node.name, node, node.place)


@_rule(syntax.ListLiteral)
def _list(node: syntax.ListLiteral, work: Inference) -> Type:
    return t.list_of(t.common(map(work.below, node.items)))


@_rule(syntax.MapLiteral)
def _map(node: syntax.MapLiteral, work: Inference) -> Type:
    return t.MAP


@_rule(syntax.MapProjection)
def _projection(node: syntax.MapProjection, work: Inference) -> Type:
    work.want(node.subject, "{ }", "map", "node", "relationship")
    return t.MAP


@_rule(syntax.CountStar)
def _count_star(node: syntax.CountStar, work: Inference) -> Type:
    _no_groups(node, work, "count(*)")
    return t.INTEGER


def _no_groups(node: syntax.Syntax, work: Inference, what: str) -> None:
    message = f"`{what}` goes over rows, and here is one row at a time: put it into WITH or RETURN."
    work.problems.refuse("invalid_aggregation", message, node.place)


@_rule(syntax.FunctionCall)
def _call(node: syntax.FunctionCall, work: Inference) -> Type:
    name = node.name.text.lower()
    if name in AGGREGATES:
        _no_groups(node, work, f"{name}()")
        return t.ANY
    for argument, wanted in zip(node.arguments, TAKES.get(name, ()), strict=False):
        work.want(argument, f"{node.name.text}()", *wanted)
    return RESULTS.get(name, t.ANY)


@_rule(syntax.Case)
def _case(node: syntax.Case, work: Inference) -> Type:
    return t.common([*(work.below(when.result) for when in node.whens), work.below(node.default)])


@_rule(syntax.ListComprehension)
def _comprehension(node: syntax.ListComprehension, work: Inference) -> Type:
    work.want(node.source, "IN", "list")
    _condition(node.where, work)
    if node.projection is None:
        return work.below(node.source)
    return t.list_of(work.below(node.projection))


@_rule(syntax.Quantifier)
def _quantifier(node: syntax.Quantifier, work: Inference) -> Type:
    work.want(node.source, "IN", "list")
    _condition(node.where, work)
    return t.BOOLEAN


def _condition(where: syntax.Expression | None, work: Inference) -> None:
    if where is not None:
        work.want(where, "WHERE", "boolean")


@_rule(syntax.Reduce)
def _reduce(node: syntax.Reduce, work: Inference) -> Type:
    work.want(node.source, "IN", "list")
    return t.ANY


@_rule(syntax.PatternComprehension)
def _pattern_comprehension(node: syntax.PatternComprehension, work: Inference) -> Type:
    return t.LIST


@_rule(syntax.PatternPredicate)
def _pattern_predicate(node: syntax.PatternPredicate, work: Inference) -> Type:
    return {None: t.BOOLEAN, "shortestPath": t.PATH}.get(node.pattern.function, t.list_of(t.PATH))


@_rule(syntax.Subquery)
def _subquery(node: syntax.Subquery, work: Inference) -> Type:
    return t.BOOLEAN if node.kind == "EXISTS" else t.INTEGER


@_rule(syntax.Access)
def _access(node: syntax.Access, work: Inference) -> Type:
    found = work.below(node.subject)
    for step in node.steps:
        found = _step(step, found, work)
    return found


def _step(step: syntax.Property | syntax.Index | syntax.Slice, found: Type, work: Inference) -> Type:
    if isinstance(step, syntax.Property):
        _stepping(step, found, f".{step.key.text}", work, "map", "node", "relationship", "temporal value")
        return t.ANY
    if isinstance(step, syntax.Slice):
        _stepping(step, found, "[ .. ]", work, "list")
        return found
    _stepping(step, found, "[ ]", work, "list", "map", "node", "relationship")
    wanted = ("integer",) if found.name == "list" else ("string",) if found.name != "any" else ("integer", "string")
    work.want(step.index, "[ ]", *wanted)
    return (found.inner or t.ANY) if found.name == "list" else t.ANY


def _stepping(step: syntax.Syntax, found: Type, what: str, work: Inference, *wanted: str) -> None:
    if not may_be(found, *wanted):
        message = f"`{what}` takes {_either(wanted)}, and this is {found}."
        work.problems.refuse("invalid_argument_type", message, step.place)


@_rule(syntax.HasLabels)
def _has_labels(node: syntax.HasLabels, work: Inference) -> Type:
    work.want(node.subject, ":" + node.labels[0].text, "node", "relationship")
    return t.BOOLEAN


@_rule(syntax.Unary)
def _unary(node: syntax.Unary, work: Inference) -> Type:
    if node.operators[-1] == "NOT":
        work.want(node.operand, "NOT", "boolean")
        return t.BOOLEAN
    work.want(node.operand, node.operators[-1], "integer", "float", "temporal value")
    return work.below(node.operand)


@_rule(syntax.Arithmetic)
def _arithmetic(node: syntax.Arithmetic, work: Inference) -> Type:
    kinds = set(map(work.below, node.operands))
    if "+" not in node.operators:
        for operand in node.operands:
            work.want(operand, node.operators[0], "integer", "float", "temporal value")
    if node.operators[0] == "^":
        return t.FLOAT
    if kinds == {t.INTEGER}:
        return t.INTEGER
    return t.FLOAT if kinds <= {t.INTEGER, t.FLOAT} else t.ANY


@_rule(syntax.Tests)
def _tests(node: syntax.Tests, work: Inference) -> Type:
    for test in node.tests:
        if test.kind == "IN" and test.operand is not None:
            work.want(test.operand, "IN", "list")
    return t.BOOLEAN


@_rule(syntax.Comparison)
def _comparison(node: syntax.Comparison, work: Inference) -> Type:
    return t.BOOLEAN


@_rule(syntax.Logical)
def _logical(node: syntax.Logical, work: Inference) -> Type:
    for operand in node.operands:
        work.want(operand, node.operator, "boolean")
    return t.BOOLEAN
