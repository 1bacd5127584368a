"""The recipe's own JSON Schema. Whether it is one is asked of the caller: it takes a package to know."""

from __future__ import annotations

from collections.abc import Callable

from cypher_executor.core.recipe import Value
from cypher_executor.cypher import syntax
from cypher_executor.cypher.plan.planned import Planned
from cypher_executor.cypher.report import Report

SchemaProblem = Callable[[Value], str | None]
"""Why a value is not a JSON Schema, or None when it is one."""


def check_input_schema(planned: Planned, schema_problem: SchemaProblem, report: Report) -> None:
    """Reports an `input` of the :Recipe node that is no JSON Schema, so that no request has to find out."""
    schema, recipe = planned.settings.get("input_schema"), planned.draft.recipe
    if schema is None or recipe is None or not isinstance(recipe.properties, syntax.MapLiteral):
        return
    problem = schema_problem(schema)
    if problem is not None:
        place = next(entry.value.place for entry in recipe.properties.entries if entry.key.text == "input")
        report.add("invalid_schema", f"`input` is not a JSON Schema: {problem.rstrip('.')}.", place)
