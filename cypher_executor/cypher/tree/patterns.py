"""Rules of patterns: names, nodes, relationships, paths."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from cypher_executor.cypher import syntax
from cypher_executor.cypher.places import start_of, token_place
from cypher_executor.cypher.tree.builder import Builder, Children, first, has, is_token, nodes, rule, span
from cypher_executor.errors import Place, TextEdit


@rule()
def name(build: Builder, c: Children) -> syntax.Name:
    token = c[0]
    place = token_place(token)
    return syntax.Name(place, plain_name(build, token.value, place))


def plain_name(build: Builder, written: str, place: Place) -> str:
    """The name that is meant: without backticks, in NFC, so that two ways to type `é` are one name."""
    if written[:1] == "`":
        return unicodedata.normalize("NFC", written[1:-1].replace("``", "`"))
    if written.isascii():
        return written
    if not _is_identifier(written):
        build.problems.add("name_needs_backticks", f"The name {written} has signs in it that need backticks.", place,
                           fix=f"`{written}`")  # fmt: skip
    return unicodedata.normalize("NFC", written)


def _is_identifier(text: str) -> bool:
    """As Unicode defines identifiers, also for one that goes on behind a digit (`$1a`)."""
    return ("_" + text).isidentifier()


@rule("labels", "types")
def names(build: Builder, c: Children) -> list[syntax.Name]:
    return list(nodes(c, syntax.Name))


@rule("node_pattern", "pattern_node")
def node_pattern(build: Builder, c: Children) -> syntax.NodePattern:
    labels = _names(c)
    return syntax.NodePattern(span(c), first(c, syntax.Name), labels, first(c, syntax.MapLiteral | syntax.Parameter))


_DIRECTIONS: Mapping[tuple[bool, bool], Any] = {
    (False, False): "either", (True, False): "left", (False, True): "right", (True, True): "both",
}  # fmt: skip
"""What arrowheads to the left and to the right mean."""


@rule()
def relationship_pattern(build: Builder, c: Children) -> syntax.RelationshipPattern:
    left, right = is_token(c[0], "LESS"), is_token(c[-1], "GREATER")
    return syntax.RelationshipPattern(
        span(c),
        _DIRECTIONS[left, right],
        first(c, syntax.Name),
        _names(c),
        first(c, syntax.Hops),
        first(c, syntax.MapLiteral | syntax.Parameter),
    )


def _names(c: Children) -> tuple[syntax.Name, ...]:
    return next((tuple(x) for x in c if type(x) is list), ())


@rule()
def hops(build: Builder, c: Children) -> syntax.Hops:
    numbers = [int(x) if is_token(x, "INTEGER") else None for x in c[1:]]
    if not has(c, "RANGE"):
        exact = numbers[0] if numbers else None
        return syntax.Hops(span(c), exact, exact)
    return syntax.Hops(span(c), numbers[0], numbers[-1])


@rule("chain", "pattern_chain")
def chain(build: Builder, c: Children) -> syntax.Path:
    return syntax.Path(span(c), None, None, tuple(c))


@rule("path", "bare_path")
def path(build: Builder, c: Children) -> syntax.Path:
    if len(c) == 1:
        return c[0]  # type: ignore[no-any-return]
    return syntax.Path(span(c), first(c, syntax.Name), shortest(c), first(c, syntax.Path).elements)


def shortest(c: Children) -> Any:
    """Which function of paths is called, in its proper spelling."""
    word = next((str(x).lower() for x in c if is_token(x, "SHORTEST")), None)
    return {None: None, "shortestpath": "shortestPath", "allshortestpaths": "allShortestPaths"}[word]


def mend_types(build: Builder, patterns: tuple[syntax.Path, ...]) -> tuple[syntax.Path, ...]:
    """`-[ON_SUCCESS]->` is a relationship called ON_SUCCESS without a type, and never what somebody meant to draw: it
    is noted, and read with its colon."""
    return tuple(_mended(build, path) if any(map(_without_colon, path.relationships)) else path for path in patterns)


def _without_colon(relationship: syntax.RelationshipPattern) -> bool:
    variable = relationship.variable
    return variable is not None and not relationship.types and variable.text.isupper()


def _mended(build: Builder, path: syntax.Path) -> syntax.Path:
    elements = list(path.elements)
    for number, relationship in enumerate(path.relationships):
        name = relationship.variable
        if name is None or not _without_colon(relationship):
            continue
        message = f"A relationship type follows a colon: write `[:{name.text}]`."
        fix = TextEdit(start_of(name), ":")
        build.problems.add("colon_missing", message, name.place, did_you_mean=f":{name.text}", fix=fix)
        elements[2 * number + 1] = replace(relationship, variable=None, types=(name,))
    return replace(path, elements=tuple(elements))


def check_predicates(build: Builder, clause: syntax.Syntax) -> None:
    """A pattern is a condition, and no value: it stands where openCypher wants a truth and nowhere else. Neo4j draws
    the line at the same place. (`shortestPath` gives a path, which is a value.)"""
    if not build.predicates:
        return
    conditions: set[int] = set()
    todo = [clause]
    while todo:
        node = todo.pop()
        if isinstance(node, syntax.PatternPredicate) and node.pattern.function is None and id(node) not in conditions:
            message = "A pattern is a condition and not a value: write `exists( )` around it."
            build.problems.add("pattern_not_allowed", message, node.place)
        conditions.update(map(id, _conditions(node)))
        if not (isinstance(node, syntax.Subquery) and node.query is not None):  # whose clauses were looked at before
            todo.extend(syntax.children(node))


def _conditions(node: syntax.Syntax) -> Sequence[syntax.Syntax | None]:
    """The children that stand where a condition is wanted, and not just any value.

    Neo4j lets the step of `reduce` be one, too.
    """
    match node:
        case syntax.Match() | syntax.With() | syntax.Call() | syntax.Subquery() | syntax.PatternComprehension():
            return (node.where,)
        case syntax.ListComprehension() | syntax.Quantifier():
            return (node.where,)
        case syntax.Reduce():
            return (node.body,)
        case syntax.Logical():
            return node.operands
        case syntax.Unary() if node.operators[-1] == "NOT":
            return (node.operand,)
        case syntax.FunctionCall() if node.name.text.lower() == "exists":
            return node.arguments
        case syntax.Case(subject=None):
            return [when.condition for when in node.whens]
    return ()
