"""The catalogue of codes: complete, and each of its examples is what `check` prints."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

import cypher_executor
from cypher_executor.cypher import CODES, compile_recipe, render
from cypher_executor.errors import Diagnostic
from cypher_executor.inputs import schema_problem
from tests.cypher.known_parts import PARTS, STORED

PACKAGE = Path(cypher_executor.__file__).parent
PAGE = (PACKAGE / "docs" / "diagnostics.md").read_text("utf-8")
SECTION = re.compile(
    r"^### (?P<code>\w+)\n\n(?P<meaning>.+)\n\n```cypher\n(?P<text>[\s\S]+?)\n```\n\n```text\n(?P<shown>[\s\S]+?)\n```",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Example:
    code: str
    meaning: str
    text: str
    shown: str

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        name = "example" if self.code == "name_mismatch" else None
        return compile_recipe(
            self.text, parts=PARTS, recipes=STORED, name=name, schema_problem=schema_problem
        ).diagnostics


EXAMPLES = [Example(**found.groupdict()) for found in SECTION.finditer(PAGE)]


def test_every_code_has_its_section_errors_first() -> None:
    assert [e.code for e in EXAMPLES] == list(CODES)
    assert re.findall("^### (.+)$", PAGE, re.M) == list(CODES)
    first_warning = next(code.name for code in CODES.values() if code.severity == "warning")
    assert PAGE.index("## Warnings") < PAGE.index(f"### {first_warning}\n")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.code)
def test_an_example_shows_its_code_and_no_other(example: Example) -> None:
    assert [d.code for d in example.diagnostics] == [example.code]
    assert example.meaning == CODES[example.code].meaning


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.code)
def test_an_example_is_what_check_prints(example: Example) -> None:
    assert render(example.text, example.diagnostics).rstrip("\n") == example.shown


def test_every_code_that_is_used_is_in_the_catalogue() -> None:
    call = re.compile(r"(?:Diagnostic|\badd|add_unknown)\(\s*\"([a-z_]+)\"")
    used = {code for file in PACKAGE.glob("cypher/**/*.py") for code in call.findall(file.read_text("utf-8"))}
    assert used <= set(CODES)
    assert len(used) > 50
