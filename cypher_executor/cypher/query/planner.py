"""From the clauses of a query to its plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cypher_executor.cypher import syntax
from cypher_executor.cypher.printing import print_expression
from cypher_executor.cypher.query import types as t
from cypher_executor.cypher.query.anchors import UNANCHORED, unanchored
from cypher_executor.cypher.query.bounds import said_of_nodes
from cypher_executor.cypher.query.calling import Nothing, plan_call
from cypher_executor.cypher.query.host import Evaluator, Planning, compile_condition, compile_in
from cypher_executor.cypher.query.keeping import Distinct
from cypher_executor.cypher.query.matcher import steps_for
from cypher_executor.cypher.query.operators import Argument, FindPatterns, Operator, Union, Unwind
from cypher_executor.cypher.query.pattern import PatternReader
from cypher_executor.cypher.query.projection import project
from cypher_executor.cypher.query.scope import OWN, Scope
from cypher_executor.cypher.query.steps import Step

MAX_CLAUSES = 100
"""Each clause is a generator that asks the one before it, so their number is a depth."""

_WRITES = {
    syntax.Create: "CREATE", syntax.Merge: "MERGE", syntax.Set: "SET", syntax.Remove: "REMOVE",
    syntax.Delete: "DELETE", syntax.Foreach: "FOREACH", syntax.Draw: "A pattern without a clause word",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, the names of its columns in order, and what is known of them."""

    operator: Operator
    columns: tuple[str, ...]
    scope: Scope


def plan_script(script: syntax.Script, scope: Scope, planning: Planning, *, inner: bool = False) -> Planned:
    """The plan of a whole text, or of a query within an expression (`inner`, which need not RETURN)."""
    if len(set(script.all)) > 1:
        message = "UNION and UNION ALL do not go together in one query: use one of them."
        planning.problems.refuse("invalid_clause_composition", message, script.place)
    queries = [_plan_query(query, scope, planning, inner=inner) for query in script.queries]
    first = queries[0]
    if len(queries) == 1:
        return first
    _same_columns(script, queries, planning)
    union: Operator = Union(tuple(query.operator for query in queries))
    return Planned(union if all(script.all) else Distinct(union, first.columns), first.columns, first.scope)


def _same_columns(script: syntax.Script, queries: Sequence[Planned], planning: Planning) -> None:
    wanted = set(queries[0].columns)
    for query, planned in zip(script.queries[1:], queries[1:], strict=True):
        if set(planned.columns) != wanted:
            message = "The queries around UNION give columns of different names."
            planning.problems.refuse("different_columns_in_union", message, query.place)


def _plan_query(query: syntax.Query, scope: Scope, planning: Planning, *, inner: bool) -> Planned:
    _check_composition(query, planning, inner=inner)
    alone = len(query.clauses) == 1 and not inner
    plan = _Clauses(scope.copy(), planning, alone=alone)
    for clause in query.clauses[:MAX_CLAUSES]:
        plan.add(clause)
    if isinstance(query.clauses[-1], syntax.Call) and not alone and not inner:
        return Planned(Nothing(plan.operator), (), Scope())
    names = tuple(name for name in plan.scope if not name.startswith(OWN))
    return Planned(plan.operator, names, plan.scope)


def _check_composition(query: syntax.Query, planning: Planning, *, inner: bool) -> None:
    problems = planning.problems
    if len(query.clauses) > MAX_CLAUSES:
        problems.refuse("query_too_long", f"A query has at most {MAX_CLAUSES} clauses.", query.place)
    *others, last = query.clauses
    for clause in others:
        if isinstance(clause, syntax.Return):
            problems.refuse("invalid_clause_composition", "RETURN ends a query: nothing follows it.", clause.place)
    ends = (syntax.Return, syntax.Call, *_WRITES, *((syntax.Match, syntax.Unwind, syntax.With) if inner else ()))
    yields = isinstance(last, syntax.Call) and last.items is not None and len(query.clauses) > 1
    if not isinstance(last, ends) or yields:
        problems.refuse("invalid_clause_composition", "A query ends with RETURN.", last.place)


class _Clauses:
    """One query while its clauses are put together."""

    def __init__(self, scope: Scope, planning: Planning, *, alone: bool = False) -> None:
        self.scope = scope
        self.planning = planning
        self.alone = alone
        self.operator: Operator = Argument()

    def add(self, clause: syntax.Clause) -> None:
        """Puts a clause behind those that there are."""
        match clause:
            case syntax.Match():
                self._match(clause)
            case syntax.Unwind():
                self._unwind(clause)
            case syntax.With() | syntax.Return():
                projected = project(clause, self.operator, self.scope, self.planning)
                self.operator, self.scope = projected.operator, projected.scope
            case syntax.Call():
                self.operator = plan_call(clause, self.operator, self.scope, self.planning, alone=self.alone)
            case _:
                self._refuse(clause)

    def _match(self, clause: syntax.Match) -> None:
        before = frozenset(self.scope)
        steps = plan_patterns(clause.patterns, clause.where, self.scope, self.planning)
        names = tuple(name for name in self.scope if name not in before)
        self.operator = FindPatterns(self.operator, steps, clause.optional, names)

    def _unwind(self, clause: syntax.Unwind) -> None:
        items = compile_in(clause.source, self.scope, self.planning)
        name = clause.variable.text
        if name in self.scope:
            message = f"`{name}` is there already, so no item can get this name."
            self.planning.problems.refuse("variable_already_bound", message, clause.variable.place)
        self.scope.add(name, (items.type.inner or t.ANY) if items.type.name == "list" else t.ANY)
        self.operator = Unwind(self.operator, items, name)

    def _refuse(self, clause: syntax.Clause) -> None:
        word = _WRITES[type(clause)]
        code = "invalid_clause_composition" if self.planning.depth else "query_writes"
        self.planning.problems.refuse(code, f"{word} changes the graph, and a query only reads it.", clause.place)


def plan_patterns(
    patterns: Sequence[syntax.Path], where: syntax.Expression | None, scope: Scope, planning: Planning, *,
    fixed: bool = False,
) -> tuple[Step, ...]:  # fmt: skip
    """The steps that find patterns. `scope` grows by their names; with `fixed` there must be no new one."""
    given = frozenset(scope)
    known = len(planning.problems.found)
    paths = PatternReader(scope, planning, fixed=fixed).read(patterns)
    parts = () if where is None else _conjuncts(where)
    conditions = [_condition(part, scope, planning) for part in parts]
    if len(planning.problems.found) > known:
        return ()
    steps = steps_for(paths, given, conditions, said_of_nodes(parts, scope, planning))
    lost = unanchored(patterns, steps, planning.wide)
    if lost is not None:
        message = ("This goes from every node over any number of relationships: say where it begins, as in "
                   "`(r:Run {id: $run})-[:STARTED*]->(child)`, or how far it goes, as in `*1..5`.")  # fmt: skip
        planning.problems.warn(UNANCHORED, message, lost.place)
    return steps


def _conjuncts(where: syntax.Expression) -> tuple[syntax.Expression, ...]:
    """The conditions that all have to hold."""
    if isinstance(where, syntax.Logical) and where.operator == "AND":
        return where.operands
    return (where,)


def _condition(part: syntax.Expression, scope: Scope, planning: Planning) -> tuple[Evaluator, str]:
    return compile_condition(part, scope, planning), _text(part)


def _text(expression: syntax.Expression) -> str:
    """The expression for EXPLAIN; what asks a graph is left out."""
    try:
        return print_expression(expression, templates=False)
    except KeyError:
        return "a pattern or a query within holds"
