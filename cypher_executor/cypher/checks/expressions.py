"""Forms of expression that a recipe cannot have: they need a graph or rows, or are not supported yet."""

from __future__ import annotations

from cypher_executor.cypher import syntax
from cypher_executor.cypher.plan.planned import Planned, Reading
from cypher_executor.cypher.report import Report
from cypher_executor.errors import TextEdit

NOT_YET = {
    "secret": "give the value as an input of the run, from a caller that you trust",
    "callbackurl": "split the recipe where it waits, and start the second half by its name",
}
"""Functions that this version does not have yet, in lower case, and what to use instead."""

AGGREGATES = {
    "count": "size() of a list",
    "sum": "reduce()",
    "avg": "reduce() and size()",
    "min": "reduce()",
    "max": "reduce()",
    "collect": "a list, [a, b, c]",
    "stdev": "reduce()",
    "stdevp": "reduce()",
    "percentilecont": "a part that takes lists",
    "percentiledisc": "a part that takes lists",
}
"""Functions over rows, in lower case, and what does the same over a list."""


def check_expressions(planned: Planned, report: Report) -> None:
    """Reports forms that cannot be evaluated in a recipe."""
    for reading in planned.readings():
        _check(reading, report)
    for relationship in planned.relationships:
        if relationship.when is not None:
            _check_when(relationship.when, report)


def _check(reading: Reading, report: Report) -> None:
    for form in reading.references.graph_forms:
        sentence = "this asks a graph, and a recipe has none to ask: use it in a query, not in a recipe."
        report.add("expression_refused", sentence, form.place, node=reading.step)
    for call in reading.references.functions:
        name = "count" if isinstance(call, syntax.CountStar) else call.name.text
        if name.lower() in NOT_YET:
            sentence = f"`{name}()` is not supported by this version yet; until then, {NOT_YET[name.lower()]}."
            report.add("not_supported_yet", sentence, call.place, node=reading.step)
        if name.lower() in AGGREGATES:
            instead = AGGREGATES[name.lower()]
            sentence = f"`{name}()` goes over rows, and a run gives one row: use {instead}."
            report.add("return_one_row", sentence, call.place, node=reading.step)


def is_refused(reading: Reading) -> bool:
    """Whether this expression is reported here, so that it need not be compiled."""
    names = {call.name.text.lower() for call in reading.references.functions if isinstance(call, syntax.FunctionCall)}
    stars = any(isinstance(call, syntax.CountStar) for call in reading.references.functions)
    return bool(stars or reading.references.graph_forms or not names.isdisjoint(NOT_YET.keys() | AGGREGATES.keys()))


def _check_when(when: Reading, report: Report) -> None:
    """A condition in quotes is a text, and a text is never true."""
    expression = when.expression
    if isinstance(expression, syntax.Literal | syntax.Template) and isinstance(expression.value, str):
        fix = TextEdit(expression.place, expression.value.strip().removeprefix("{{").removesuffix("}}").strip())
        sentence = "`when` is an expression and not a text, which is never true: take the quotes off."
        report.add("invalid_setting", sentence, expression.place, node=when.step, fix=fix)
