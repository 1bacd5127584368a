"""The recipe's own JSON Schema. Whether it is one is asked of the caller: it takes a package to know."""

from __future__ import annotations

from collections.abc import Callable

from cypher_executor.core.recipe import Value
from cypher_executor.cypher import syntax
from cypher_executor.cypher.plan.planned import Planned
from cypher_executor.cypher.report import Report

SchemaProblem = Callable[[Value], tuple[str, str] | None]
"""Why a value cannot be an input's schema, as a code and a sentence; None when it can."""

_TITLES = {"invalid_schema": "`input` is not a JSON Schema", "schema_too_complex": "`input` asks for too much work"}


def check_input_schema(planned: Planned, schema_problem: SchemaProblem, report: Report) -> None:
    """Reports an `input` of the :Recipe node that is no JSON Schema, or a bomb, before any request finds out."""
    schema, recipe = planned.settings.get("input_schema"), planned.draft.recipe
    if schema is None or recipe is None or not isinstance(recipe.properties, syntax.MapLiteral):
        return
    problem = schema_problem(schema)
    if problem is not None:
        place = next(entry.value.place for entry in recipe.properties.entries if entry.key.text == "input")
        code, sentence = problem
        report.add(code, f"{_TITLES[code]}: {sentence.rstrip('.')}.", place)
