"""What expressions evaluate to, and which errors they end in."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from cypher_executor.core.recipe import Scope
from cypher_executor.cypher.expressions import FUNCTIONS, CompiledExpression, compile_expression
from cypher_executor.cypher.parse import parse_expression
from cypher_executor.errors import ExpressionError
from tests.cypher.cases import FIXTURES


def lines(file: str) -> list[tuple[str, str, str]]:
    """Each line as (expression, `=>` or `!!`, what is expected)."""
    text = (FIXTURES / "expressions" / file).read_text(encoding="utf-8")
    split = (re.fullmatch(r"(.*?)\s+(=>|!!)\s+(.*)", line) for line in text.splitlines() if not line.startswith("#"))
    return [(found[1], found[2], found[3]) for found in split if found]


CASES = lines("operators.txt") + lines("functions.txt") + lines("patterns.txt")


def compiled(text: str) -> CompiledExpression:
    parsed = parse_expression(text, templates=True)
    assert parsed.expression is not None, parsed.diagnostics
    expression, diagnostics = compile_expression(parsed.expression, templates=True)
    assert expression is not None, diagnostics
    return expression


def outcome(text: str, scope: Scope) -> Any:
    """The value as JSON, or the code of whatever refused the expression."""
    parsed = parse_expression(text, templates=True)
    if parsed.expression is None:
        return parsed.diagnostics[0].code
    expression, diagnostics = compile_expression(parsed.expression, templates=True)
    if expression is None:
        return diagnostics[0].code
    try:
        return json.dumps(expression.evaluate(scope), sort_keys=True)
    except ExpressionError as error:
        assert error.message
        return error.code


@pytest.mark.parametrize(("text", "arrow", "expected"), CASES, ids=[c[0] for c in CASES])
def test_an_expression_gives_its_value_or_its_error(text: str, arrow: str, expected: str, scope: Scope) -> None:
    wanted = json.dumps(json.loads(expected), sort_keys=True) if arrow == "=>" else expected
    assert outcome(text, scope) == wanted


@pytest.mark.parametrize("text", [c[0] for c in CASES if c[1] == "=>"])
def test_the_canonical_text_means_the_same_and_is_its_own_canonical_text(text: str, scope: Scope) -> None:
    once = compiled(text)
    again = compiled(once.text)
    assert again.text == once.text
    assert again.names == once.names
    if not {"uuid", "rand"} & set(re.findall(r"\w+", text)):
        assert json.dumps(again.evaluate(scope)) == json.dumps(once.evaluate(scope))


def test_an_expression_knows_the_names_that_it_reads_and_not_those_that_it_binds() -> None:
    assert compiled("[x IN a.b WHERE x > y | z + x] + reduce(t = c, x IN d | t + x)").names == {"a", "y", "z", "c", "d"}
    assert compiled("'{{ a.b }} and {{ size(c) }}'").names == {"a", "c"}


def test_braces_are_text_where_templates_are_not_read(scope: Scope) -> None:
    parsed = parse_expression("'{{ $n }}'")
    assert parsed.expression is not None
    expression, _ = compile_expression(parsed.expression)
    assert expression is not None
    assert expression.evaluate(scope) == "{{ $n }}"
    assert expression.text == r"'\{{ $n }}'"


def test_chance_is_the_same_when_a_step_is_evaluated_again_and_different_elsewhere(scope: Scope) -> None:
    both = compiled("[uuid(), uuid()]")
    first, second = both.evaluate(scope)
    assert [first, second] == both.evaluate(scope)
    assert first != second
    assert compiled("[1, uuid()]").evaluate(scope)[1] != first


def test_what_a_template_inserts_is_never_evaluated_again(scope: Scope) -> None:
    hostile = Scope(scope.value_of, {"text": "{{ $n }}"}, None, None, 0, "")
    assert compiled("'<{{ $text }}>'").evaluate(hostile) == "<{{ $n }}>"


def test_an_operator_names_itself_and_the_type_that_it_cannot_take(scope: Scope) -> None:
    with pytest.raises(ExpressionError, match=r"^% takes numbers, not a string$"):
        compiled("1 % 'a'").evaluate(scope)
    with pytest.raises(ExpressionError, match=r"^abs\(\) takes a number, not a list$"):
        compiled("abs([])").evaluate(scope)


def test_evaluating_does_not_change_what_it_reads() -> None:
    items = [3, 1, 2]
    scope = Scope({"items": items}.get, {}, None, None, 0, "")
    assert compiled("items + 4").evaluate(scope) == [3, 1, 2, 4]
    assert compiled("reverse(items)").evaluate(scope) == [2, 1, 3]
    assert items == [3, 1, 2]


def test_every_function_has_a_signature_and_a_line_of_help() -> None:
    for function in FUNCTIONS.values():
        assert function.signature.startswith(function.name + "(")
        assert function.help.endswith(".")
        assert "\n" not in function.help
