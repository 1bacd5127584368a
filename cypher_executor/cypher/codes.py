"""Every code that a diagnostic can have: its weight and its meaning. `docs/diagnostics.md` shows an example of each.

Errors refuse a recipe, warnings refuse nothing. Codes are added to, never changed and never used for something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of problem: its name, its weight, and what it means in one sentence."""

    name: str
    severity: Severity
    meaning: str


_ERRORS = {
    # reading the text
    "syntax_error": "The text is not Cypher at this place.",
    "empty_text": "There is nothing in the text.",
    "second_statement": "Something follows the `;` that ends a text.",
    "unknown_clause": "A word stands where a clause begins, and no clause begins with it.",
    "unexpected_character": "A character that Cypher does not use.",
    "typographic_quote": "A typographic quote, where Cypher has `'` and `\"`.",
    "string_unclosed": "A string begins and does not end.",
    "quote_in_string": "A quote inside a string ends it, because it has no backslash before it.",
    "bad_escape": "A backslash in a string stands before something that it gives no meaning to.",
    "name_unclosed": "A name in backticks begins and does not end.",
    "comment_unclosed": "A comment begins with `/*` and does not end.",
    "bracket_unclosed": "A bracket is opened and not closed.",
    "bracket_unopened": "A bracket is closed and was not opened.",
    "case_unclosed": "A CASE has no END.",
    "comma_missing": "A comma is missing between two things.",
    "trailing_comma": "A comma is followed by nothing.",
    "colon_missing": "A colon is missing before a label or a type.",
    "colon_for_equals": "An equals sign stands in a map, where a colon belongs.",
    "quoted_key": "A key of a map is in quotes, where Cypher has names.",
    "arrow_malformed": "An arrow is not written as Cypher writes it.",
    "node_needs_brackets": "A node stands without its round brackets.",
    "keyword_as_name": "A keyword stands where a name belongs, and needs backticks.",
    "name_needs_backticks": "A name has characters that only names in backticks may have.",
    "duration_without_quotes": "A length of time like 30s stands without quotes.",
    "number_malformed": "A number is not written as one.",
    "number_out_of_range": "A number does not fit into 64 bits.",
    "index_needs_brackets": "An item of a list is taken with a dot, where Cypher has brackets.",
    "foreign_operator": "An operator of another language, such as `==` or `&&`.",
    "not_needs_brackets": "NOT stands where it needs brackets around it.",
    "not_a_comprehension": "The beginning of a list comprehension is no `name IN list`.",
    "not_a_quantifier": "all(), any(), none() and single() take `name IN list WHERE condition`.",
    "not_a_reduce": "reduce() takes `name = value, name IN list | expression`.",
    "pattern_not_allowed": "A pattern stands where a value belongs.",
    "star_argument": "`*` stands in a function that is not count().",
    "template_empty": "There is nothing between `{{` and `}}`.",
    "template_unclosed": "A `{{` in a text has no `}}`.",
    "template_outside_string": "`{{ }}` stands outside of a string, where an expression needs no braces.",
    "cannot_set": "SET cannot change this.",
    "cannot_remove": "REMOVE cannot take this away.",
    # the clauses
    "clause_refused": "A clause that reads or changes a graph stands in a recipe, which only draws one.",
    "union_in_recipe": "A recipe is one drawing, and UNION would join the rows of two queries.",
    "clause_after_return": "Something follows RETURN, which ends a recipe.",
    "empty_recipe": "The recipe draws no node.",
    # the drawing
    "pattern_refused": "A form of pattern that describes what to look for, where a recipe says what there is.",
    "labels_twice": "The labels of a node are given at more than one of its appearances.",
    "properties_twice": "The properties of a node are given at more than one of its appearances.",
    "property_twice": "A map gives a property twice.",
    "unknown_relationship_type": "No relationship type has this name.",
    "missing_relationship_type": "A relationship without a type does not say when it is taken.",
    "relationship_direction": "A relationship has no direction, or two.",
    "unknown_relationship_property": "No relationship has a property of this name.",
    "otherwise_with_when": "A relationship says both `otherwise` and when it is taken.",
    "self_loop": "A relationship leads from a node to itself.",
    "cycle": "Relationships lead back to where they began, so none of these nodes could ever start.",
    "loop_without_list": "A FOR_EACH does not say which list it goes over.",
    "not_a_list": "What a loop goes over is written as something that is not a list.",
    "loop_leak": "A relationship leaves or enters the body of a loop without COLLECT or FOR_EACH.",
    "collect_outside_loop": "COLLECT leaves a node that is not in a loop.",
    "loop_too_deep": "Loops stand in each other deeper than is run.",
    "item_name_taken": "The item of a loop has the name of a node.",
    "join_out_of_range": "A join counts more taken relationships than enter the node, or less than one.",
    "join_never_runs": "A join waits for relationships that exclude each other.",
    # the recipe's own node
    "recipe_twice": "There is more than one :Recipe node.",
    "recipe_in_path": "The :Recipe node is connected to other nodes, but it describes the recipe and does not run.",
    "unknown_recipe_property": "The :Recipe node has no property of this name.",
    "invalid_schema": "The `input` of the recipe is not a JSON Schema.",
    "schema_too_complex": "Checking one value against the `input` of the recipe could take too long.",
    "invalid_name": "A name is empty, too long, or has characters that it cannot have.",
    "name_mismatch": "The recipe names itself differently from the name under which it is to be stored.",
    # settings
    "constant_expected": "A setting must be known before the recipe runs, so it cannot be computed from a run.",
    "invalid_setting": "A setting has a value that it cannot have.",
    "unknown_setting": "A setting has no property of this name.",
    "invalid_duration": "A length of time is not written as one.",
    "missing_setting": "A setting that must be given is missing.",
    # triggers
    "trigger_without_start": "A trigger starts nothing, because no STARTS leaves it.",
    "trigger_entered": "A relationship leads to a trigger, which is set off from outside.",
    "trigger_named": "An expression names a trigger, which has no output.",
    "starts_misplaced": "STARTS leaves what is no trigger, or something that STARTS cannot say leaves a trigger.",
    "hook_path_twice": "Two hooks of the recipe have the same path and method.",
    "invalid_schedule": "A schedule is not written as cron has it, or its time zone does not exist.",
    # parts and their inputs
    "unknown_part": "No part has this name.",
    "unknown_input": "The part declares no input of this name.",
    "missing_input": "An input that the part requires is not given.",
    "input_type": "A constant input does not fit the part's schema.",
    "cache_with_effects": "The output of a part that has effects, or looks at the world, cannot be used again.",
    "invalid_input": "A constant input has the right type, and no step could run with it.",
    # expressions
    "unknown_name": "No node of the recipe has this name.",
    "item_outside_loop": "The item of a loop is named where the loop is not.",
    "not_upstream": "The node is not upstream, so it may not have run when the expression is evaluated.",
    "unknown_function": "No function has this name.",
    "wrong_arguments": "A function is called with too few or too many arguments.",
    "distinct_refused": "DISTINCT stands in a function that does not go over rows.",
    "pattern_invalid": "The text behind `=~` is no regular expression, or one that cannot be run in linear time.",
    "nested_too_deep": "Brackets of an expression nest deeper than is evaluated.",
    "expression_refused": "A form of expression that needs a graph or rows, which a recipe does not have.",
    "not_waiting": "callbackUrl() names what does not wait for a callback, or a step that cannot be told from others.",
    # the result
    "return_one_row": "RETURN of a recipe gives one row: nothing to make distinct, to sort, to cut or to count.",
    "column_twice": "RETURN gives two columns of the same name.",
}

_WARNINGS = {
    "setting_without_effect": "A setting steers what this node or trigger does not have.",
    "secret_not_granted": "An expression uses a secret that the recipe does not grant, so it is never filled in.",
    "duplicate_relationship": "The same relationship is drawn twice.",
    "unknown_parameter": "The input schema of the recipe does not know this parameter, so it is null.",
    "unknown_workflow": "No recipe of this name is stored.",
    "item_name_hidden": "The item of a loop has the name of the item of a loop around, which it hides.",
    "otherwise_alone": "`otherwise` has no sibling with a condition, so it is always taken.",
    "branch_never_given": "The part never gives this branch, so the relationship is never taken.",
    "unreachable": "No relationship that enters this node can ever be taken.",
}

CODES: Mapping[str, Code] = MappingProxyType(
    {name: Code(name, "error", meaning) for name, meaning in _ERRORS.items()}
    | {name: Code(name, "warning", meaning) for name, meaning in _WARNINGS.items()}
)
