"""Compiles every expression of a recipe."""

from __future__ import annotations

from dataclasses import replace

from cypher_executor.core.recipe import Expression
from cypher_executor.cypher.expressions import compile_expression
from cypher_executor.cypher.plan.planned import Planned, Reading
from cypher_executor.cypher.report import Report

CompiledReadings = dict[int, Expression]
"""The compiled form of each reading, by its identity."""


def compile_readings(planned: Planned, report: Report) -> CompiledReadings:
    """The expressions that can be compiled; what is wrong with the others is reported."""
    compiled: CompiledReadings = {}
    for reading in (*planned.readings(), *planned.conditions_of_starts()):
        expression = _compile(reading, report)
        if expression is not None:
            compiled[id(reading)] = expression
    return compiled


def _compile(reading: Reading, report: Report) -> Expression | None:
    expression, diagnostics = compile_expression(reading.expression, templates=reading.templates)
    report.add_all(replace(d, place=replace(d.place, node=reading.step)) for d in diagnostics)
    return expression
