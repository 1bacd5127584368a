"""Rules of clauses: from the script down to projections and the items of SET."""

from __future__ import annotations

from typing import Any

from cypher_executor.cypher import syntax
from cypher_executor.cypher.places import between
from cypher_executor.cypher.tree.builder import (
    Builder,
    Children,
    first,
    following,
    has,
    is_token,
    nodes,
    part,
    part_value,
    rule,
    span,
)
from cypher_executor.cypher.tree.patterns import check_predicates, mend_types


@rule("script", "subscript")
def script(build: Builder, c: Children) -> syntax.Script:
    return syntax.Script(span(c), nodes(c, syntax.Query), tuple(has(u, "ALL") for u in c if type(u) is list))


@rule("query", "subscript_query")
def query(build: Builder, c: Children) -> syntax.Query:
    return syntax.Query(span(c), tuple(c))


@rule("union", "where", "skip", "limit", "else", "yield", "arguments")
def keep(build: Builder, c: Children) -> Children:
    return c


@rule()
def draw(build: Builder, c: Children) -> syntax.Draw:
    return syntax.Draw(span(c), _drawn(build, nodes(c)))


@rule()
def create(build: Builder, c: Children) -> syntax.Create:
    return syntax.Create(span(c), _drawn(build, nodes(c)))


@rule()
def merge(build: Builder, c: Children) -> syntax.Merge:
    return syntax.Merge(span(c), _drawn(build, (c[1],))[0], nodes(c, syntax.MergeAction))


def _drawn(build: Builder, patterns: tuple[syntax.Path, ...]) -> tuple[syntax.Path, ...]:
    """The patterns of a clause that draws."""
    if build.held:
        templates_count(build, patterns)
    return mend_types(build, patterns)


def templates_count(build: Builder, patterns: tuple[syntax.Path, ...]) -> None:
    """Braces in strings are templates in the properties of what is drawn and nowhere else. Which clause a string
    stands in is known when the clause ends, so until then the problems of its templates are held back."""
    for path in patterns:
        for node in syntax.walk(path):
            if id(node) in build.held:
                build.problems.found.extend(build.held.pop(id(node))[1])
    build.held.clear()


@rule()
def merge_action(build: Builder, c: Children) -> syntax.MergeAction:
    return syntax.MergeAction(span(c), "CREATE" if is_token(c[1], "CREATE") else "MATCH", c[2].items)


def _checked(build: Builder, clause: syntax.Clause) -> syntax.Clause:
    """A clause, with what is said against the patterns in its expressions noted."""
    check_predicates(build, clause)
    return clause


@rule()
def match(build: Builder, c: Children) -> syntax.Clause:
    optional = is_token(c[0], "OPTIONAL")
    return _checked(build, syntax.Match(span(c), optional, nodes(c, syntax.Path), part_value(c, "WHERE")))


@rule()
def unwind(build: Builder, c: Children) -> syntax.Clause:
    return _checked(build, syntax.Unwind(span(c), c[1], c[3]))


@rule("with")
def with_(build: Builder, c: Children) -> syntax.Clause:
    return _checked(build, syntax.With(span(c), c[1], part_value(c, "WHERE")))


@rule("return")
def return_(build: Builder, c: Children) -> syntax.Clause:
    return _checked(build, syntax.Return(span(c), c[1]))


@rule()
def projection(build: Builder, c: Children) -> syntax.Projection:
    order_by = part(c, "ORDER")
    return syntax.Projection(
        span(c),
        has(c, "DISTINCT"),
        has(c, "STAR"),
        nodes(c, syntax.ProjectionItem),
        nodes(order_by, syntax.OrderItem) if order_by else (),
        part_value(c, "SKIP"),
        part_value(c, "LIMIT"),
    )


@rule()
def projection_item(build: Builder, c: Children) -> syntax.ProjectionItem:
    return syntax.ProjectionItem(span(c), c[0], c[2] if len(c) > 1 else None, build.source(c[0].place))


@rule()
def order(build: Builder, c: Children) -> Children:
    return c


@rule()
def order_item(build: Builder, c: Children) -> syntax.OrderItem:
    return syntax.OrderItem(span(c), c[0], has(c, "DESCENDING"))


@rule("set")
def set_(build: Builder, c: Children) -> syntax.Clause:
    return _checked(build, syntax.Set(span(c), nodes(c)))


@rule("set_property", "set_variable")
def set_value(build: Builder, c: Children) -> syntax.SetItem:
    target, sign, value = c
    if isinstance(target, syntax.Variable):
        return syntax.SetVariable(span(c), target, value, add=sign == "+=")
    if not _is_property(target) or sign == "+=":
        build.problems.add("cannot_set", "Only a property (`n.key`) or a variable can be set.", target.place)
    return syntax.SetProperty(span(c), target, value)


@rule()
def set_labels(build: Builder, c: Children) -> syntax.SetLabels:
    if not isinstance(c[0], syntax.Variable):
        build.problems.add("cannot_set", "Labels belong to a variable: write `n:Label`.", c[0].place)
    return syntax.SetLabels(span(c), c[0], tuple(c[1]))


@rule()
def remove(build: Builder, c: Children) -> syntax.Remove:
    items = nodes(c)
    for item in items:
        if not (isinstance(item, syntax.SetLabels) or _is_property(item)):
            build.problems.add("cannot_remove", "Only a property (`n.key`) or labels can be removed.", item.place)
    return syntax.Remove(span(c), items)


def _is_property(target: Any) -> bool:
    return isinstance(target, syntax.Access) and not isinstance(target.steps[-1], syntax.Slice)


@rule()
def delete(build: Builder, c: Children) -> syntax.Clause:
    return _checked(build, syntax.Delete(span(c), has(c, "DETACH"), nodes(c)))


@rule()
def procedure(build: Builder, c: Children) -> syntax.Name:
    return syntax.Name(span(c), ".".join(n.text for n in nodes(c)))


@rule()
def call(build: Builder, c: Children) -> syntax.Clause:
    brackets = next((x for x in c[1:] if type(x) is list and not is_token(x[0], "YIELD")), None)
    fields = part(c, "YIELD")
    made = syntax.Call(
        span(c),
        first(c, syntax.Name),
        nodes(brackets) if brackets else None,
        bool(fields) and has(fields or (), "STAR"),
        nodes(fields, syntax.YieldItem) if fields else None,
        part_value(fields, "WHERE") if fields else None,
    )
    return _checked(build, made)


@rule()
def yield_item(build: Builder, c: Children) -> syntax.YieldItem:
    return syntax.YieldItem(span(c), c[0], c[2] if len(c) > 1 else None)


@rule()
def foreach(build: Builder, c: Children) -> syntax.Foreach:
    clauses = nodes(c[6:])
    return syntax.Foreach(between(c[0], c[-1]), c[2], following(c, "IN"), clauses)
