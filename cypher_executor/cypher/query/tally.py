"""Counting without looking at each node, where the graph can do that: `MATCH (s:Step:Failed) WHERE s.ended_at > $since
RETURN s.name, count(*)`.

The plan is made as for any other question. Beside it stands what is counted, if it is nodes of one pattern and nothing
but their number; a graph that cannot count just these leaves the plan to be carried out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cypher_executor.cypher import syntax
from cypher_executor.cypher.query.context import Context, Row
from cypher_executor.cypher.query.graph import Counting
from cypher_executor.cypher.query.groups import Group
from cypher_executor.cypher.query.operators import Argument, FindPatterns, Operator
from cypher_executor.cypher.query.pattern import NodeSpec
from cypher_executor.cypher.query.steps import Match, Require, ScanNodes


@dataclass(frozen=True, slots=True)
class Tally:
    """The rows of a `Group`, from a graph that counts. `keys`: each column and the property that it is."""

    source: Group
    node: NodeSpec
    keys: tuple[tuple[str, str], ...]

    def rows(self, context: Context, argument: Row) -> Iterator[Row]:
        graph = context.graph
        counted = None
        if isinstance(graph, Counting):
            match, spec = Match(context, argument), self.node
            wanted, bounds = match.wanted(spec.properties), match.bounds(spec.bounds)
            if len(bounds) == len(spec.bounds):
                counted = graph.count(spec.labels, wanted, bounds, [key for _, key in self.keys])
        if counted is None:
            yield from self.source.rows(context, argument)
            return
        for values, number in counted:
            context.budget.spend(1)
            row: Row = {name: value for (name, _), value in zip(self.keys, values, strict=True)}
            yield {**row, **{aggregate.name: number for aggregate in self.source.aggregates}}

    def before(self) -> Sequence[Operator]:
        return self.source.before()

    def describe(self) -> Sequence[str]:
        return (*self.source.describe(), "counted by the graph, where it can")


def tallied(group: Group, keys: Sequence[tuple[str, syntax.Expression]]) -> Operator:
    """The operator that makes these groups; `keys` are their columns as they are written."""
    node = _only_node(group.source)
    if node is None:
        return group
    columns = []
    for name, expression in keys:
        match expression:
            case syntax.Access(subject=syntax.Variable(name=node.name), steps=(syntax.Property(key=key),)):
                columns.append((name, key.text))
            case _:
                return group
    counts = all(one.function == "count" and not one.distinct for one in group.aggregates)
    of_node = all(one.value is None or one.variable == node.name for one in group.aggregates)
    return Tally(group, node, tuple(columns)) if counts and of_node else group


def _only_node(source: Operator) -> NodeSpec | None:
    """The node that a MATCH looks for, if it looks for nothing else."""
    if not isinstance(source, FindPatterns) or source.optional or not isinstance(source.source, Argument):
        return None
    first, *others = source.steps
    alone = isinstance(first, ScanNodes) and first.whole and all(isinstance(step, Require) for step in others)
    return first.node if isinstance(first, ScanNodes) and alone else None
