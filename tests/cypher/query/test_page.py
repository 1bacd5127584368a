"""The page of queries: every code has an example there, and the example gets that code and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import cypher_executor
from cypher_executor.cypher.query import QUERY_CODES, SHIPPED, Procedure, compile_query
from cypher_executor.cypher.query.types import NODE, STRING

PAGE = (Path(cypher_executor.__file__).parent / "docs" / "queries.md").read_text("utf-8")
EXAMPLES = re.findall(r"^### (\w+)\n\n```cypher\n([\s\S]+?)```", PAGE, re.MULTILINE)
PROCEDURES = {
    **SHIPPED,
    "my.search": Procedure("my.search", (("text", STRING),), (("node", NODE),), lambda context, given: []),
}


def test_every_code_has_its_example_in_the_order_of_the_table() -> None:
    assert [code for code, _ in EXAMPLES] == list(QUERY_CODES)


@pytest.mark.parametrize(("code", "text"), EXAMPLES, ids=[code for code, _ in EXAMPLES])
def test_an_example_gets_its_code_and_no_other(code: str, text: str) -> None:
    assert [d.code for d in compile_query(text, procedures=PROCEDURES).diagnostics] == [code]


def test_the_query_that_the_page_begins_with_can_be_asked() -> None:
    shown = re.search(r"```cypher\n([\s\S]+?)```", PAGE)
    assert shown is not None
    assert compile_query(shown[1]).query is not None


def test_the_page_names_every_shipped_procedure() -> None:
    assert all(f"`{name}()`" in PAGE or f"`CALL {name}()`" in PAGE for name in SHIPPED)
