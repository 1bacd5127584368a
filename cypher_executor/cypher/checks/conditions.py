"""Conditions of relationships."""

from __future__ import annotations

from cypher_executor.cypher import syntax
from cypher_executor.cypher.plan.planned import Planned, Reading
from cypher_executor.cypher.report import Report
from cypher_executor.errors import TextEdit


def check_conditions(planned: Planned, report: Report) -> None:
    """A condition in quotes is a text, and a text is never true."""
    for relationship in planned.relationships:
        if relationship.when is not None:
            _check(relationship.when, report)


def _check(when: Reading, report: Report) -> None:
    expression = when.expression
    if isinstance(expression, syntax.Literal | syntax.Template) and isinstance(expression.value, str):
        fix = TextEdit(expression.place, expression.value.strip().removeprefix("{{").removesuffix("}}").strip())
        sentence = "`when` is an expression and not a text, which is never true: take the quotes off."
        report.add("invalid_setting", sentence, expression.place, node=when.step, fix=fix)
