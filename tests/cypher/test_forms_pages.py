"""The pages about forms and importing: what they show is so."""

import re
from pathlib import Path

import cypher_executor
from cypher_executor.cli.older import read_older
from cypher_executor.cypher import compile_recipe
from cypher_executor.cypher.graph_form.build import graph_form
from cypher_executor.cypher.importing import import_recipe
from cypher_executor.cypher.importing.relations import read_relation
from tests.cypher.property_graph import check_statement

DOCS = Path(cypher_executor.__file__).parent / "docs"


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n([\s\S]+?)```", (DOCS / page).read_text("utf-8"))


def test_the_graph_form_on_the_page_is_one() -> None:
    (text,) = blocks("forms.md", "cypher")
    check_statement(text)
    assert compile_recipe(text, parts=None).ok
    assert [node.name for node in graph_form(text).nodes] == ["price", "send"]


def test_the_import_on_the_page_gives_what_it_says() -> None:
    (older,), (cypher,) = blocks("importing.md", "yaml"), blocks("importing.md", "cypher")
    assert import_recipe(read_older(older, "page")).text == cypher


def test_every_relation_on_the_page_is_known() -> None:
    page = (DOCS / "importing.md").read_text("utf-8")
    rows = re.findall(r"^\| (.+) \| .+ \|$", page, re.MULTILINE)[1:]
    words = [w for row in rows if "---" not in row for w in re.split(r"[` ,]+(?!x\b)", row) if w]
    assert len(words) >= 20
    assert [word for word in words if read_relation(word) is None] == []
