"""CALL: alone, when it gives all that the procedure gives; or among other clauses, when YIELD says what it adds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cypher_executor.cypher import syntax
from cypher_executor.cypher.query.context import Context, Row
from cypher_executor.cypher.query.host import Evaluator, Planning, compile_condition, compile_in
from cypher_executor.cypher.query.operators import Filter, Keep, Operator
from cypher_executor.cypher.query.procedures import Procedure, as_input, taken
from cypher_executor.cypher.query.scope import Scope
from cypher_executor.cypher.query.types import ANY, may_be
from cypher_executor.errors import Place, nearest


@dataclass(frozen=True, slots=True)
class CallProcedure:
    """The rows of a procedure for each row; of one without outputs, the row itself."""

    source: Operator
    procedure: Procedure
    arguments: tuple[Evaluator, ...]
    columns: tuple[tuple[int, str], ...]
    """Which output goes under which name."""

    def rows(self, context: Context, argument: Row) -> Iterator[Row]:
        arguments = [evaluator.on(context) for evaluator in self.arguments]
        wanted = [type for _, type in self.procedure.inputs]
        for row in self.source.rows(context, argument):
            values = tuple(as_input(give(row), type) for give, type in zip(arguments, wanted, strict=True))
            found = self.procedure.rows(context, values)
            if not self.procedure.outputs:
                for _ in found:
                    pass
                yield row
            for outputs in found if self.procedure.outputs else ():
                context.budget.spend(1)
                yield {**row, **{name: outputs[index] for index, name in self.columns}}

    def before(self) -> Sequence[Operator]:
        return (self.source,)

    def describe(self) -> Sequence[str]:
        return (f"call {self.procedure.name}",)


@dataclass(frozen=True, slots=True)
class Nothing:
    """Does what is before it, and gives no rows."""

    source: Operator

    def rows(self, context: Context, argument: Row) -> Iterator[Row]:
        for _ in self.source.rows(context, argument):
            pass
        yield from ()

    def before(self) -> Sequence[Operator]:
        return (self.source,)

    def describe(self) -> Sequence[str]:
        return ("give no rows",)


def plan_call(clause: syntax.Call, source: Operator, scope: Scope, planning: Planning, *, alone: bool) -> Operator:
    """The plan of a CALL; `scope` grows by what it yields. `alone` says that it is the whole query."""
    procedure = planning.procedures.get(clause.procedure.text)
    if procedure is None:
        _refuse_unknown(clause, planning)
        for item in clause.items or ():
            scope.add((item.alias or item.field).text, ANY)  # so that nobody is told that these are missing, too
        return source
    arguments = _arguments(clause, procedure, scope, planning, alone=alone)
    columns = _columns(clause, procedure, scope, planning, alone=alone)
    operator: Operator = CallProcedure(source, procedure, arguments, columns)
    if clause.where is not None:
        operator = Filter(operator, compile_condition(clause.where, scope, planning))
    if not alone:
        return operator
    return Keep(operator, tuple(name for _, name in columns)) if columns else Nothing(operator)


def _refuse_unknown(clause: syntax.Call, planning: Planning) -> None:
    near = nearest(clause.procedure.text, planning.procedures)
    hint = f"; did you mean `{near}`?" if near else "."
    message = f"There is no procedure `{clause.procedure.text}`{hint}"
    planning.problems.refuse("unknown_procedure", message, clause.procedure.place, did_you_mean=near)


def _arguments(
    clause: syntax.Call, procedure: Procedure, scope: Scope, planning: Planning, *, alone: bool
) -> tuple[Evaluator, ...]:
    given: tuple[syntax.Expression, ...]
    if clause.arguments is None and procedure.inputs and not alone:
        message = (
            f"Write the arguments of {procedure.name} in brackets: parameters take their place only in a CALL alone."
        )
        planning.problems.refuse("invalid_argument_passing", message, clause.procedure.place)
        return ()
    if clause.arguments is None:
        required = procedure.inputs[: procedure.required]
        given = tuple(syntax.Parameter(clause.procedure.place, name) for name, _ in required)
    else:
        given = clause.arguments
    if not procedure.required <= len(given) <= len(procedure.inputs):
        count = " or ".join(map(str, range(procedure.required, len(procedure.inputs) + 1)))
        message = f"{procedure.name} takes {count} arguments, and here are {len(given)}."
        planning.problems.refuse("wrong_arguments", message, clause.procedure.place)
        return ()
    given += (syntax.Literal(clause.procedure.place, None, "null"),) * (len(procedure.inputs) - len(given))
    found = tuple(compile_in(argument, scope, planning) for argument in given)
    for argument, evaluator, (name, wanted) in zip(given, found, procedure.inputs, strict=True):
        if not may_be(evaluator.type, *taken(wanted)):
            message = f"`{name}` of {procedure.name} takes {wanted}, and this is {evaluator.type}."
            planning.problems.refuse("invalid_argument_type", message, argument.place)
    return found


def _columns(
    clause: syntax.Call, procedure: Procedure, scope: Scope, planning: Planning, *, alone: bool
) -> tuple[tuple[int, str], ...]:
    if clause.star and not alone:
        message = "`YIELD *` belongs in a CALL alone: here, name what it yields."
        planning.problems.refuse("invalid_clause_composition", message, clause.place)
    if clause.items is None or clause.star:
        asked = [(name, name, clause.place) for name, _ in procedure.outputs] if alone else []
    else:
        asked = [(i.field.text, (i.alias or i.field).text, i.place) for i in clause.items]
    return tuple(_column(procedure, *one, scope, planning) for one in asked)


def _column(
    procedure: Procedure, output: str, name: str, place: Place, scope: Scope, planning: Planning
) -> tuple[int, str]:
    """The place of an output, whose name becomes visible."""
    known = [known for known, _ in procedure.outputs]
    if output not in known:
        near = nearest(output, known)
        message = f"{procedure.name} yields no `{output}`: it yields {', '.join(known) or 'nothing'}."
        planning.problems.refuse("undefined_variable", message, place, did_you_mean=near)
        return (0, name)
    if name in scope:
        message = f"`{name}` is there already, so nothing else can get this name."
        planning.problems.refuse("variable_already_bound", message, place)
    index = known.index(output)
    scope.add(name, procedure.outputs[index][1])
    return (index, name)
