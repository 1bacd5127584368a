"""A query: a text that was read, checked and planned, and can be run on any graph.

Nothing is evaluated before the first row is asked for, and no more than it takes to give the rows that are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cypher_executor.cypher.expressions.frame import Value
from cypher_executor.cypher.parse import parse
from cypher_executor.cypher.problems import MAX_PROBLEMS
from cypher_executor.cypher.query import forms as forms  # fills the table of forms
from cypher_executor.cypher.query.budget import Budget
from cypher_executor.cypher.query.context import Context, scope_for
from cypher_executor.cypher.query.explain import explain
from cypher_executor.cypher.query.graph import Graph
from cypher_executor.cypher.query.host import TOO_DEEP, Planning, too_deep
from cypher_executor.cypher.query.operators import Operator
from cypher_executor.cypher.query.planner import plan_script
from cypher_executor.cypher.query.problems import Refusals
from cypher_executor.cypher.query.procedures import SHIPPED, Procedure
from cypher_executor.cypher.query.scope import Scope
from cypher_executor.errors import Diagnostic, ExpressionError

_EXPLAIN = re.compile(r"\s*EXPLAIN\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Query:
    """`columns` are the names of the result, in order; `explained` says that the text began with EXPLAIN, and wants
    the plan instead of rows."""

    columns: tuple[str, ...]
    parameters: frozenset[str]
    explained: bool
    plan: Operator

    def run(
        self,
        graph: Graph,
        parameters: Mapping[str, Value] | None = None,
        *,
        budget: Budget | None = None,
        at_us: int = 0,
        seed: str = "",
    ) -> Iterator[tuple[Value, ...]]:
        """The rows, one at a time. `at_us` is the time that the query sees, and `seed` what it draws from. Raises
        ExpressionError, here for a parameter that is missing, and while rows are taken for all else."""
        given = parameters or {}
        missing = sorted(self.parameters - given.keys())
        if missing:
            raise ExpressionError(f"the query needs a value for ${missing[0]}", code="parameter_missing")
        used = budget or Budget()
        return self._rows(Context(graph, scope_for(given, at_us, seed), used), used)

    def _rows(self, context: Context, budget: Budget) -> Iterator[tuple[Value, ...]]:
        columns = self.columns
        try:
            for row in self.plan.rows(context, {}):
                budget.row()
                yield tuple(row[name] for name in columns)
        except RecursionError:
            raise ExpressionError("the query is nested too deep", code="nested_too_deep") from None

    def explain(self) -> str:
        """The plan as text, from the result down to where it begins."""
        return explain(self.plan, self.columns)


@dataclass(frozen=True, slots=True)
class CompiledQuery:
    """What became of a text. `query` is None when there is an error among the diagnostics."""

    query: Query | None
    diagnostics: tuple[Diagnostic, ...]


def compile_query(text: str, *, procedures: Mapping[str, Procedure] = SHIPPED) -> CompiledQuery:
    """The query that a text asks, or every problem that it has. Never raises for what stands in the text.
    `procedures` are those that CALL knows, by name."""
    explained = _EXPLAIN.match(text)
    parsed = parse(" " * explained.end() + text[explained.end() :] if explained else text)
    if parsed.statement is None:
        return CompiledQuery(None, parsed.diagnostics)
    planning = Planning(Refusals(), procedures)
    deep = too_deep(parsed.statement)
    if deep is not None:
        planning.problems.refuse("query_too_long", TOO_DEEP, deep.place)
        return CompiledQuery(None, (*parsed.diagnostics, *planning.problems.found))
    try:
        planned = plan_script(parsed.statement, Scope(), planning)
    except RecursionError:  # each subquery is planned within the one around, so their depth is the stack's
        sentence = "Subqueries and patterns nest deeper here than is evaluated."
        return CompiledQuery(None, (Diagnostic("nested_too_deep", sentence, parsed.statement.place),))
    diagnostics = (*parsed.diagnostics, *planning.problems.found, *planning.problems.warnings)
    if planning.problems.found:
        ordered = sorted(diagnostics, key=lambda d: (d.place.line, d.place.column))
        return CompiledQuery(None, tuple(ordered[:MAX_PROBLEMS]))
    parameters = frozenset(planning.parameters)
    return CompiledQuery(Query(planned.columns, parameters, bool(explained), planned.operator), diagnostics)
