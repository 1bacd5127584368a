"""The language page: what it shows is a recipe, and the words that it reserves are the words that are reserved."""

import re
from pathlib import Path

import pytest

import cypher_executor
from cypher_executor.cypher import compile_recipe
from cypher_executor.cypher.plan.recipe_node import SETTINGS
from cypher_executor.cypher.plan.relationships import PROPERTIES, TYPES
from cypher_executor.cypher.plan.steering import RESERVED
from tests.cypher.known_parts import PARTS

PAGE = (Path(cypher_executor.__file__).parent / "docs" / "language.md").read_text("utf-8")


@pytest.mark.parametrize("text", re.findall(r"```cypher\n([\s\S]+?)```", PAGE))
def test_what_the_page_shows_is_a_recipe_without_a_problem(text: str) -> None:
    assert compile_recipe(text, parts=PARTS).diagnostics == ()


def test_the_page_names_every_word_of_the_tables() -> None:
    words = {*RESERVED, *SETTINGS, *TYPES, *PROPERTIES, "when"}
    assert {word for word in words if not re.search(rf"`[^`\n]*\b{word}\b[^`\n]*`", PAGE)} == set()
