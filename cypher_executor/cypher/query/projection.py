"""WITH and RETURN: columns, groups, DISTINCT, ORDER BY, SKIP, LIMIT, and the WHERE of WITH.

What ORDER BY and that WHERE may read depends on what happened to the rows. As long as each row is still the row that it
was, the old names are there beside the new columns. Behind groups and behind DISTINCT there are only the columns; then
an expression that is written like a column stands for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cypher_executor.cypher import syntax
from cypher_executor.cypher.query import types as t
from cypher_executor.cypher.query.fingerprints import fingerprint
from cypher_executor.cypher.query.grouping import Grouping, aggregates, is_aggregate, reachable
from cypher_executor.cypher.query.groups import Group
from cypher_executor.cypher.query.host import NOTHING, Evaluator, Planning, compile_condition, compile_in
from cypher_executor.cypher.query.keeping import Distinct, Sort
from cypher_executor.cypher.query.operators import Extend, Filter, Keep, Limit, Operator, Skip
from cypher_executor.cypher.query.scope import OWN, Scope
from cypher_executor.cypher.query.tally import tallied


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    expression: syntax.Expression


@dataclass(frozen=True, slots=True)
class Projected:
    """The plan so far, and the names that there are behind it."""

    operator: Operator
    scope: Scope


def project(clause: syntax.With | syntax.Return, source: Operator, scope: Scope, planning: Planning) -> Projected:
    """The plan of one WITH or RETURN behind `source`."""
    return _Projection(clause, source, scope, planning).plan()


class _Projection:
    def __init__(self, clause: syntax.With | syntax.Return, source: Operator, scope: Scope, planning: Planning) -> None:
        self.clause = clause
        self.projection = clause.projection
        self.operator = source
        self.before = scope
        self.planning = planning
        self.columns = self._read_columns()
        self.groups: Grouping | None = None
        self.after = Scope()

    def plan(self) -> Projected:
        if any(aggregates(column.expression) for column in self.columns):
            self._group()
        else:
            self._extend()
        names = tuple(column.name for column in self.columns)
        if self.projection.distinct:
            self.operator = Distinct(self.operator, names)
        self._order()
        self._cut()
        if isinstance(self.clause, syntax.With) and self.clause.where is not None:
            columns = self._written_alike(self.clause.where)
            condition = compile_condition(self.clause.where, self._visible(), self.planning, columns)
            self.operator = Filter(self.operator, condition)
        self.operator = Keep(self.operator, names)
        return Projected(self.operator, self.after)

    def _read_columns(self) -> list[_Column]:
        columns = [_Column(n, syntax.Variable(self.clause.place, n)) for n in self._starred()]
        taken = {column.name for column in columns}
        for item in self.projection.items:
            name = self._name(item)
            if name in taken:
                message = f"There are two columns `{name}`: give one of them another name with AS."
                self.planning.problems.refuse("column_name_conflict", message, item.place)
            taken.add(name)
            columns.append(_Column(name, item.expression))
        return columns

    def _starred(self) -> list[str]:
        if not self.projection.star:
            return []
        names = sorted(name for name in self.before if not name.startswith(OWN))
        if not names and isinstance(self.clause, syntax.Return):
            message = "`*` stands for all variables, and there are none here."
            self.planning.problems.refuse("no_variables_in_scope", message, self.projection.place)
        return names

    def _name(self, item: syntax.ProjectionItem) -> str:
        if item.alias is not None:
            return item.alias.text
        if isinstance(item.expression, syntax.Variable):
            return item.expression.name
        if isinstance(self.clause, syntax.With):
            message = "A column of WITH that is no variable needs a name: write AS and the name behind it."
            self.planning.problems.refuse("no_expression_alias", message, item.place)
        return item.source

    def _extend(self) -> None:
        found = [(c.name, compile_in(c.expression, self.before, self.planning)) for c in self.columns]
        for name, evaluator in found:
            self.after.add(name, evaluator.type)
        self.operator = Extend(self.operator, tuple(found))

    def _group(self) -> None:
        self.groups = groups = Grouping(self.before, self.planning)
        keys, later = [], []
        for column in self.columns:
            if not aggregates(column.expression):
                evaluator = compile_in(column.expression, self.before, self.planning)
                groups.add_key(column.name, column.expression, evaluator)
                keys.append((column.name, evaluator))
        for column in self.columns:
            if aggregates(column.expression):
                later.append((column.name, groups.compile(column.expression)))
        written = [(c.name, c.expression) for c in self.columns if not aggregates(c.expression)]
        grouped = tallied(Group(self.operator, tuple(keys), tuple(groups.aggregates)), written)
        self.operator = Extend(grouped, tuple(later))
        types = {name: evaluator.type for name, evaluator in (*keys, *later)}
        self.after = Scope({column.name: types[column.name] for column in self.columns})

    def _visible(self) -> Scope:
        """The names that ORDER BY and WHERE may read."""
        only_columns = self.groups is not None or self.projection.distinct
        return self.after if only_columns else self.before.with_(self.after.types)

    def _order(self) -> None:
        keys = tuple((self._sort_key(item.expression), item.descending) for item in self.projection.order)
        if not keys:
            return
        ahead = [c for c in (self.projection.skip, self.projection.limit) if c is not None]
        counts = tuple(self._count(c) for c in ahead) if self.projection.limit is not None else ()
        self.operator = Sort(self.operator, keys, counts)

    def _sort_key(self, expression: syntax.Expression) -> Evaluator:
        columns = self._written_alike(expression)
        if self.groups is not None and not self._readable(expression, columns):
            return NOTHING
        return compile_in(expression, self._visible(), self.planning, columns)

    def _written_alike(self, expression: syntax.Expression) -> Mapping[int, str]:
        """The parts of an expression that are written like a column."""
        names = {
            fingerprint(c.expression): c.name for c in self.columns if not isinstance(c.expression, syntax.Literal)
        }
        found: dict[int, str] = {}
        todo: list[syntax.Syntax] = [expression]
        while todo:
            node = todo.pop()
            name = names.get(fingerprint(node))
            hidden = isinstance(node, syntax.Variable) and node.name in self.after
            if name is not None and not hidden:
                found[id(node)] = name
            else:
                todo.extend(syntax.children(node))
        return found

    def _readable(self, expression: syntax.Expression, columns: Mapping[int, str]) -> bool:
        """Whether ORDER BY behind groups reads only what is there; says so where it does not."""
        assert self.groups is not None
        mixed = any(is_aggregate(node) for node in reachable(expression))
        todo: list[tuple[syntax.Syntax, bool]] = [(expression, False)]
        while todo:
            node, within = todo.pop()
            if id(node) in columns:
                continue
            if isinstance(node, syntax.Variable) and node.name not in self.after and node.name in self.before:
                self._refuse_hidden(node, mixed and not within)
                return False
            todo.extend((child, within or is_aggregate(node)) for child in reversed(syntax.children(node)))
        return True

    def _refuse_hidden(self, node: syntax.Variable, mixed: bool) -> None:
        assert self.groups is not None
        if mixed and self.groups.read_by_keys(node.name):
            message = f"`{node.name}` differs within a group: sort by a column instead."
            self.planning.problems.refuse("ambiguous_aggregation", message, node.place)
        else:
            message = f"`{node.name}` is no column, and behind groups there are only columns."
            self.planning.problems.refuse("undefined_variable", message, node.place)

    def _cut(self) -> None:
        if self.projection.skip is not None:
            self.operator = Skip(self.operator, self._count(self.projection.skip, "SKIP"))
        if self.projection.limit is not None:
            self.operator = Limit(self.operator, self._count(self.projection.limit, "LIMIT"))

    def _count(self, expression: syntax.Expression, word: str = "") -> Evaluator:
        """The number behind SKIP or LIMIT. Without a word it is compiled a second time, and was checked before."""
        reads = next((n for n in reachable(expression) if isinstance(n, syntax.Variable)), None)
        if reads is not None:
            if word:
                message = f"{word} is the same for all rows, so it cannot read `{reads.name}`."
                self.planning.problems.refuse("non_constant_expression", message, reads.place)
            return NOTHING
        found = compile_in(expression, Scope(), self.planning)
        if word:
            self._check_count(expression, found, word)
        return found

    def _check_count(self, expression: syntax.Expression, found: Evaluator, word: str) -> None:
        problems = self.planning.problems
        if not t.may_be(found.type, "integer"):
            problems.refuse("invalid_argument_type", f"{word} takes an integer, and this is {found.type}.",
                            expression.place)  # fmt: skip
        negative = isinstance(expression, syntax.Literal) and type(expression.value) is int and expression.value < 0
        if negative:
            problems.refuse("negative_integer_argument", f"{word} counts rows, and there are no fewer than none.",
                            expression.place)  # fmt: skip
