"""Compiles every expression of a recipe."""

from __future__ import annotations

from dataclasses import replace

from cypher_executor.core.recipe import Expression
from cypher_executor.cypher.expressions import compile_expression
from cypher_executor.cypher.plan.planned import Planned, Reading
from cypher_executor.cypher.report import Report

NOT_YET = {
    "secret": "pass the value as an input of the run, and know that inputs are kept in the journal",
    "callbackurl": "split the recipe where it waits, and start the second half by its name",
}
"""Functions that this version does not have yet, in lower case, and what to use instead."""

CompiledReadings = dict[int, Expression]
"""The compiled form of each reading, by its identity."""


def compile_readings(planned: Planned, report: Report) -> CompiledReadings:
    """The expressions that can be compiled; what is wrong with the others is reported."""
    compiled: CompiledReadings = {}
    for reading in planned.readings():
        expression = None if _refused(reading, report) else _compile(reading, report)
        if expression is not None:
            compiled[id(reading)] = expression
    return compiled


def _refused(reading: Reading, report: Report) -> bool:
    """Reports the functions that are not there yet; says whether there are any."""
    calls = [call for call in reading.references.functions if call.name.text.lower() in NOT_YET]
    for call in calls:
        instead = NOT_YET[call.name.text.lower()]
        report.add_not_yet(f"{call.name.text}()", instead, call.place, node=reading.step)
    return bool(calls)


def _compile(reading: Reading, report: Report) -> Expression | None:
    expression, diagnostics = compile_expression(reading.expression, templates=reading.templates)
    report.add_all(replace(d, place=replace(d.place, node=reading.step)) for d in diagnostics)
    return expression
