"""What can be wrong with a query before it runs: the codes, and the list that collects what was found.

The codes say what openCypher's names of errors say (`undefined_variable` is its `UndefinedVariable`). They are added
to, never changed. Errors of syntax have the codes of `cypher.codes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cypher_executor.errors import Diagnostic, Place, TextEdit

QUERY_CODES: Mapping[str, str] = MappingProxyType(
    {
        "query_writes": "The clause changes a graph, and a query only reads one.",
        "invalid_clause_composition": "Clauses, or UNION and UNION ALL, stand together in a way that means nothing.",
        "query_too_long": "The query has more clauses, or more queries within queries, than are carried out.",
        "unknown_procedure": "No procedure has this name.",
        "wrong_arguments": "A procedure is called with too few or too many arguments.",
        "invalid_argument_passing": "Arguments of a procedure are left out where no parameters take their place.",
        "undefined_variable": "No variable of this name is visible here.",
        "variable_already_bound": "The variable is there already, and this place would make it anew.",
        "variable_type_conflict": "The variable is one kind of thing, and this place needs another.",
        "relationship_uniqueness": "One relationship cannot be at two places of a pattern.",
        "invalid_relationship_pattern": "A relationship pattern is not written as one.",
        "invalid_parameter_use": "A parameter stands where properties must be spelled out.",
        "no_expression_alias": "A column of WITH needs a name.",
        "column_name_conflict": "Two columns have the same name.",
        "different_columns_in_union": "The queries around UNION give different columns.",
        "no_variables_in_scope": "`*` stands for all variables, and there are none.",
        "invalid_aggregation": "An aggregating function stands where there are no groups of rows.",
        "nested_aggregation": "An aggregating function stands within another.",
        "ambiguous_aggregation": "An expression mixes an aggregate with what is not the same for its whole group.",
        "non_constant_expression": "The expression must be the same for all rows.",
        "negative_integer_argument": "A number that counts rows is negative.",
        "invalid_argument_type": "The expression can never have the type that is needed here.",
        "unbounded_without_anchor": "A `*` without an end begins at every node: a warning, for graphs that are small.",
    }
)


class Refusals:
    """The problems of one query."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []
        self.warnings: list[Diagnostic] = []

    def refuse(
        self, code: str, message: str, place: Place, *, did_you_mean: str | None = None, fix: TextEdit | None = None
    ) -> None:
        """Notes an error at `place`."""
        assert code in QUERY_CODES, code
        self.found.append(Diagnostic(code, message, place, did_you_mean=did_you_mean, fix=fix))

    def warn(self, code: str, message: str, place: Place) -> None:
        """Notes what may be run all the same."""
        assert code in QUERY_CODES, code
        self.warnings.append(Diagnostic(code, message, place, severity="warning"))
