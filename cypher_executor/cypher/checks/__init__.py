"""What is wrong with a recipe although every word of it is right: one module for each subject.

The checks look at what was planned, report what they find, and change nothing. Those of one clause or one node always
make sense; those of the whole drawing (`check_whole`) need all of it, so they are left out when a part of the text
could not be read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from cypher_executor.core.parts import Part
from cypher_executor.cypher.checks.conditions import check_conditions
from cypher_executor.cypher.checks.handles import check_callbacks, check_secrets
from cypher_executor.cypher.checks.input_schema import SchemaProblem, check_input_schema
from cypher_executor.cypher.checks.inputs import check_parts
from cypher_executor.cypher.checks.joins import check_joins
from cypher_executor.cypher.checks.loops import check_lists, check_loops
from cypher_executor.cypher.checks.names import check_names, check_parameters
from cypher_executor.cypher.checks.routes import (
    check_branches,
    check_otherwise,
    check_reachable,
    check_settings,
    check_workflows,
)
from cypher_executor.cypher.checks.shape import check_shape
from cypher_executor.cypher.checks.sharing import check_caching, check_sharing
from cypher_executor.cypher.checks.starts import check_starts
from cypher_executor.cypher.plan.planned import Planned
from cypher_executor.cypher.report import Report

__all__ = ["SchemaProblem", "check_pieces", "check_whole"]


def check_pieces(
    planned: Planned, parts: Mapping[str, Part] | None, schema_problem: SchemaProblem | None, report: Report
) -> None:
    """What can be said of each node and each expression on its own."""
    if schema_problem is not None:
        check_input_schema(planned, schema_problem, report)
    check_conditions(planned, report)
    check_lists(planned, report)
    check_secrets(planned, report)
    check_sharing(planned, report)
    if parts is not None:
        check_parts(planned, parts, report)
        check_branches(planned, parts, report)
        check_caching(planned, parts, report)


def check_whole(
    planned: Planned, parts: Mapping[str, Part] | None, recipes: Collection[str] | None, report: Report
) -> None:
    """What can only be said when all of the text was understood."""
    check_shape(planned, report)
    check_loops(planned, report)
    check_names(planned, report)
    check_parameters(planned, report)
    check_joins(planned, report)
    check_reachable(planned, parts, report)
    check_otherwise(planned, report)
    check_settings(planned, report)
    check_starts(planned, report)
    check_callbacks(planned, parts, report)
    if recipes is not None:
        check_workflows(planned, recipes, report)
