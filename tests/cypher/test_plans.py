"""What recipes mean: the cases are in `fixtures/plans`; texts of one meaning, and of others, in `fixtures/digests`."""

import pytest

from cypher_executor.core.recipe import Recipe
from cypher_executor.cypher import compile_recipe
from tests.cypher.dump import dump_diagnostics, dump_recipe
from tests.cypher.fixture_cases import Case, cases


def compiled(text: str, name: str | None = None) -> Recipe:
    found = compile_recipe(text, parts=None, name=name)
    assert found.recipe is not None, dump_diagnostics(found.diagnostics)
    return found.recipe


@pytest.mark.parametrize("case", cases("plans"), ids=str)
def test_a_recipe_means_what_it_draws(case: Case) -> None:
    assert dump_recipe(compiled(case.recipe)) == case.sections[0]


@pytest.mark.parametrize("case", cases("digests/same"), ids=str)
def test_what_means_the_same_has_the_same_digest(case: Case) -> None:
    digests = [compiled(text).digest for text in (case.recipe, *case.sections)]
    assert len(set(digests)) == 1


@pytest.mark.parametrize("case", cases("digests/different"), ids=str)
def test_what_means_something_else_has_another_digest(case: Case) -> None:
    digests = [compiled(text).digest for text in (case.recipe, *case.sections)]
    assert len(set(digests)) == len(digests)


def test_a_digest_says_how_it_was_made() -> None:
    assert compiled("CREATE (a)").digest.startswith("sha256:")
    assert len(compiled("CREATE (a)").digest) == len("sha256:") + 64


def test_a_digest_of_today_is_the_digest_of_tomorrow() -> None:
    # Journals hold digests: if this fails, recipes that were stored before can no longer be told from others.
    text = "CREATE (a:set {x: 1, retry: {attempts: 2}})-[:ON_FAIL {when: a.x > 1}]->(b) RETURN a.x AS x"
    assert compiled(text).digest == "sha256:00544a7180cd93adc1a8a1af102da9dca835b865631f9df5d3752c68e9de27d9"


def test_a_name_from_outside_names_the_recipe_and_does_not_change_its_digest() -> None:
    assert compiled("CREATE (a)", "outside").name == "outside"
    assert compiled("CREATE (a)", "outside").digest == compiled("CREATE (a)").digest
    assert compiled("(:Recipe {name: 'inside'}) CREATE (a)").name == "inside"


def test_a_recipe_keeps_the_text_that_it_was_made_of() -> None:
    text = "  CREATE (a) // with a comment\n"
    assert compiled(text).text == text
