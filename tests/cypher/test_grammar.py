"""The grammar and the tree belong together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lark import Lark

from cypher_executor.cypher import syntax
from cypher_executor.cypher.parse import Parser
from cypher_executor.cypher.tree import Builder
from cypher_executor.files import shipped

HELPERS = {"Name", "QuotedName", "Comment", "Syntax", "Script", "Query"}
"""Classes that are not made by a rule of their own name only."""

OTHER_NAMES = {
    "Return", "With", "Set", "Match", "ListComprehension", "PatternComprehension", "CountStar", "HasLabels", "Unary",
    "Arithmetic", "Test", "Tests", "Comparison", "Logical", "Template", "Expression",
}  # fmt: skip
"""Classes that come out of `terms`, of a bracket or of a string, once it is known what stands in them."""


@pytest.fixture(scope="module")
def rules() -> set[str]:
    grammar = (shipped("grammar") / "cypher.lark").read_text(encoding="utf-8")
    loaded = Lark(grammar, parser="lalr", start=["script", "expression"], maybe_placeholders=False)
    return {rule.origin.name for rule in loaded.rules}


def test_every_rule_has_a_function_that_builds_its_node(rules: set[str]) -> None:
    builder = Builder(lambda text, positions: (None, ()))
    missing = {rule for rule in rules if not rule.startswith("_") and not hasattr(builder, rule)}
    assert not missing


def test_every_class_of_the_tree_has_a_rule_of_its_name(rules: set[str]) -> None:
    classes = {
        name for name, kind in vars(syntax).items() if isinstance(kind, type) and issubclass(kind, syntax.Syntax)
    }
    snake = {name: re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in classes - HELPERS - OTHER_NAMES}
    assert {name for name, rule in snake.items() if rule not in rules} == set()


@pytest.mark.parametrize("content", [b"", b"damaged\n\x80\x04", b"\x00" * 100])
def test_tables_that_are_damaged_are_made_again(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "grammar"
    file.write_bytes(content)
    assert Parser(file).parse("CREATE (a)").statement is not None
    assert Parser(file).parse("CREATE (a").diagnostics


def test_a_folder_that_is_missing_only_costs_time(tmp_path: Path) -> None:
    assert Parser(tmp_path / "missing" / "grammar").parse("CREATE (a)").statement is not None
