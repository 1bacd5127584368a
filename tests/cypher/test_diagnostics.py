"""What `check` says of recipes with mistakes: the cases are in `fixtures/diagnostics`."""

import pytest

from cypher_executor.cypher import CODES, compile_recipe, render
from cypher_executor.errors import Diagnostic, Place
from cypher_executor.inputs import schema_problem
from tests.cypher.dump import dump_diagnostics
from tests.cypher.fixes import mended
from tests.cypher.fixture_cases import Case, cases
from tests.cypher.known_parts import PARTS, STORED


def diagnostics_of(text: str) -> tuple[Diagnostic, ...]:
    return compile_recipe(text, parts=PARTS, recipes=STORED, schema_problem=schema_problem).diagnostics


@pytest.mark.parametrize("case", cases("diagnostics"), ids=str)
def test_every_mistake_is_told_with_its_place(case: Case) -> None:
    assert dump_diagnostics(diagnostics_of(case.recipe)) == case.sections[0]


@pytest.mark.parametrize("case", cases("diagnostics"), ids=str)
def test_a_recipe_is_refused_by_errors_and_by_nothing_else(case: Case) -> None:
    compiled = compile_recipe(case.recipe, parts=PARTS, recipes=STORED, schema_problem=schema_problem)
    assert compiled.ok == all(d.severity == "warning" for d in compiled.diagnostics)


@pytest.mark.parametrize("case", cases("diagnostics"), ids=str)
def test_every_diagnostic_is_in_the_catalogue_and_points_into_the_text(case: Case) -> None:
    lines = case.recipe.split("\n")
    for found in diagnostics_of(case.recipe):
        assert CODES[found.code].severity == found.severity
        assert found.message.endswith((".", "?"))
        for place in (found.place, *([found.fix.place] if found.fix else [])):
            assert 1 <= place.line <= place.end_line <= len(lines)
            assert 1 <= place.column <= len(lines[place.line - 1]) + 1
            assert (place.line, place.column) <= (place.end_line, place.end_column)
    assert render(case.recipe, diagnostics_of(case.recipe)).count("\n-->") == 0


@pytest.mark.parametrize("case", cases("diagnostics"), ids=str)
def test_a_fix_mends_what_it_is_for(case: Case) -> None:
    for found in diagnostics_of(case.recipe):
        if found.fix is not None:
            fixed = mended(case.recipe, found.fix)
            assert fixed != case.recipe
            assert told(fixed).count(key(found)) < told(case.recipe).count(key(found))
            assert unreadable(fixed) <= unreadable(case.recipe)


def unreadable(text: str) -> int:
    """How many mistakes there are for which nothing better can be said than that the text is no Cypher."""
    return sum(found.code in ("syntax_error", "unexpected_character") for found in diagnostics_of(text))


def told(text: str) -> list[tuple[str, str, str | None]]:
    return [key(found) for found in diagnostics_of(text)]


def key(found: Diagnostic) -> tuple[str, str, str | None]:
    return found.code, found.message, found.place.node


def test_a_recipe_with_several_mistakes_gets_all_of_them_in_the_order_of_the_text() -> None:
    text = (
        "CREATE (a:htp_request {ulr: 'x'})\n"
        "CREATE (a)-[:ON_FAILURE]->(b:set {x: 1})\n"
        "CREATE (b)-[:ON_SUCCESS {when: b.x == 2}]->(d)\n"
        "CREATE (c:string_ops {operation: 'uper', retry: 3})\n"
        "RETURN toUper(d.x) AS x"
    )
    found = diagnostics_of(text)
    assert [d.code for d in found] == [
        "unknown_part",
        "unknown_relationship_type",
        "foreign_operator",
        "input_type",
        "invalid_setting",
        "unknown_function",
    ]
    assert [(d.place.line, d.place.column) for d in found] == sorted((d.place.line, d.place.column) for d in found)


def test_a_clause_that_cannot_be_read_hides_neither_other_clauses_nor_makes_up_mistakes() -> None:
    text = "CREATE (a:set {x: 1)\nCREATE (a)-[:ON_SUCESS]->(b:nothing)\nRETURN a.x AS x"
    codes = [d.code for d in diagnostics_of(text)]
    assert codes[1:] == ["unknown_relationship_type", "unknown_part"]
    assert codes[0] not in ("unknown_relationship_type", "unknown_part", "unknown_name")


def test_names_of_nodes_are_in_the_place_of_a_diagnostic() -> None:
    (found,) = diagnostics_of("CREATE (`a b`:htp_request {url: 'x'})")
    assert found.place == Place(1, 15, 1, 26, "a b")
    assert found.did_you_mean == "http_request"


def test_a_name_from_outside_must_agree_with_the_text() -> None:
    def codes(text: str, name: str) -> list[str]:
        return [d.code for d in compile_recipe(text, parts=None, name=name).diagnostics]

    assert codes("(:Recipe {name: 'a'}) CREATE (n)", "b") == ["name_mismatch"]
    assert codes("(:Recipe {name: 'a'}) CREATE (n)", "a") == []
    assert codes("CREATE (n)", "b") == []
    assert codes("CREATE (n)", "a/b") == ["invalid_name"]


def test_a_trusted_text_is_not_checked_again() -> None:
    text = "CREATE (a:gone {x: b.x}), (b:set {x: 1})"
    assert not compile_recipe(text, parts=PARTS).ok
    assert compile_recipe(text, parts=PARTS, trusted=True).ok


def test_without_parts_none_is_looked_up() -> None:
    assert compile_recipe("CREATE (a:gone {x: 1})", parts=None).ok
