"""`=~`: limits, sentences and places. Its values are in `fixtures/expressions/patterns.txt`."""

import subprocess
import sys

import pytest

from cypher_executor.core.recipe import Scope
from cypher_executor.cypher import compile_recipe
from cypher_executor.cypher.expressions import regex
from cypher_executor.cypher.expressions.frame import MAX_STEPS, Frame
from cypher_executor.errors import ExpressionError
from tests.cypher.test_expressions import compiled


def frame(**params: object) -> Frame:
    return Frame(scope(**params), 0)


def scope(**params: object) -> Scope:
    return Scope(lambda name: None, params, None, None, 0, "")


def test_a_wrong_pattern_is_told_where_it_stands_and_why() -> None:
    text = "CREATE (a:set {x: 1})-[:ON_SUCCESS {when: a.x =~ '(?i)a(?=b)'}]->(b)"
    (found,) = compile_recipe(text, parts=None).diagnostics
    assert (found.code, found.place.line, found.place.column, found.place.node) == ("pattern_invalid", 1, 50, "b")
    assert "look-around is not supported" in found.message
    assert text[found.place.column - 1 : found.place.end_column - 1] == "'(?i)a(?=b)'"


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        (r"(a)\1", "refers back"),
        ("(?<=a)b", "looks behind"),
        ("a++", "possessive"),
        ("(?>a)", "atomic"),
        ("[a&&b]", "intersects"),
        ("(a", "`)` is missing"),
        ("a{2000}", "1,000 at most"),
        (r"\y", "escape is not known, at `\\y`"),
    ],
)
def test_what_is_refused_is_named(pattern: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"^\S") as refused:
        regex.Pattern(pattern)
    assert said in str(refused.value)
    assert not str(refused.value).endswith(".")


def test_a_computed_pattern_that_is_none_fails_the_expression() -> None:
    with pytest.raises(ExpressionError, match="the pattern of =~ cannot be used: a `\\)` is missing") as failed:
        compiled("$text =~ $pattern").evaluate(scope(text="a", pattern="(a"))
    assert failed.value.code == "pattern_invalid"
    assert failed.value.failure().code == "expression_error"


def test_a_pattern_that_holds_up_backtracking_engines_is_answered() -> None:
    assert compiled("$text =~ '(a+)+b'").evaluate(scope(text="a" * 100_000)) is False
    assert compiled("$text =~ '(a|aa)*c|(.*.*.*.*=.*)'").evaluate(scope(text="a" * 100_000)) is False


def test_matching_is_work_that_is_counted_in_proportion_to_text_and_pattern() -> None:
    small, large = frame(), frame()
    regex.pattern("a*").matches(small, "a" * 1000)
    regex.pattern("(?:a{500}b?){1,2}").matches(large, "a" * 1000)
    assert MAX_STEPS - small.steps_left >= 1000
    assert small.steps_left - large.steps_left > 10_000
    with pytest.raises(ExpressionError, match="needs more than"):
        compiled("$text =~ 'a*'").evaluate(scope(text="a" * (MAX_STEPS + 1)))
    with pytest.raises(ExpressionError, match="needs more than"):
        compiled("[x IN range(1, 100000) WHERE 'a' =~ ('(a{900})' + x)]").evaluate(scope())


def test_a_pattern_has_a_longest_length() -> None:
    assert regex.Pattern("a" * regex.LONGEST_PATTERN)
    with pytest.raises(ValueError, match="10,000 characters"):
        regex.Pattern("a" * (regex.LONGEST_PATTERN + 1))


def test_characters_that_are_none_are_matched_as_the_sign_for_such() -> None:
    assert compiled("$text =~ $pattern").evaluate(scope(text="a\ud800", pattern="a.")) is True
    assert compiled("$text =~ $pattern").evaluate(scope(text="a\ud800", pattern="a\udfff")) is True


def test_a_constant_pattern_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    expression = compiled("$text =~ 'only once'")
    monkeypatch.setattr(regex, "pattern", lambda text: pytest.fail("compiled again"))
    assert expression.evaluate(scope(text="only once")) is True


def test_the_engine_is_loaded_only_by_those_who_use_it() -> None:
    code = (
        "import sys; from cypher_executor.cypher import compile_recipe; assert 're2' not in sys.modules;"
        "compile_recipe('CREATE (a {x: $y =~ \"b\"})', parts=None); assert 're2' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
