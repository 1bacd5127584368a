"""`fmt`, `graph` and `import`: one recipe in its several forms."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cypher_executor.cypher import compile_recipe
from tests.cli.recipes import SHOUT
from tests.cli.support import SEEDS, invoke

UGLY = "create(a:set{x:1}) // why\nreturn a.x as x"
PRETTY = "CREATE (a:set {x: 1}) // why\nRETURN a.x AS x\n"
BROKEN = "CREATE (a:set {x: 1)"


def digest(text: str) -> str:
    recipe = compile_recipe(text, parts=None).recipe
    assert recipe is not None
    return recipe.digest


def test_fmt_prints_the_canonical_form_and_leaves_the_file_alone() -> None:
    Path("ugly.cypher").write_text(UGLY)
    result = invoke("fmt", "ugly.cypher")
    assert (result.exit_code, result.stdout, result.stderr) == (0, PRETTY, "")
    assert Path("ugly.cypher").read_text() == UGLY


def test_fmt_reads_standard_input() -> None:
    assert invoke("fmt", "-", stdin=UGLY).stdout == PRETTY


def test_fmt_rewrites_files_when_it_is_told_to() -> None:
    Path("ugly.cypher").write_text(UGLY)
    assert invoke("fmt", "--write", "ugly.cypher").exit_code == 0
    assert Path("ugly.cypher").read_text() == PRETTY
    assert "as it should be" in invoke("fmt", "-w", "ugly.cypher").stderr


def test_fmt_check_shows_what_would_change_and_changes_nothing() -> None:
    Path("ugly.cypher").write_text(UGLY)
    Path("pretty.cypher").write_text(PRETTY)
    result = invoke("fmt", "--check", "pretty.cypher", "ugly.cypher")
    assert result.exit_code == 1
    assert "-create(a:set{x:1}) // why\n" in result.stdout and "+CREATE (a:set {x: 1}) // why\n" in result.stdout
    assert "pretty.cypher" not in result.stdout
    assert Path("ugly.cypher").read_text() == UGLY
    assert invoke("fmt", "--check", "pretty.cypher").exit_code == 0


def test_a_recipe_with_errors_is_refused_and_stays_as_it_is() -> None:
    Path("broken.cypher").write_text(BROKEN)
    Path("ugly.cypher").write_text(UGLY)
    result = invoke("fmt", "--write", "broken.cypher", "ugly.cypher")
    assert result.exit_code == 5
    assert "broken.cypher:1:" in result.stderr and "error[" in result.stderr
    assert Path("broken.cypher").read_text() == BROKEN
    assert Path("ugly.cypher").read_text() == PRETTY


def test_fmt_tells_programs_in_one_document() -> None:
    Path("ugly.cypher").write_text(UGLY)
    Path("broken.cypher").write_text(BROKEN)
    told = json.loads(invoke("fmt", "--json", "ugly.cypher", "broken.cypher").stdout)
    assert told["ok"] is False
    right, wrong = told["files"]
    assert (right["changed"], right["text"], right["diagnostics"]) == (True, PRETTY, [])
    assert wrong["text"] is None and wrong["diagnostics"]


@pytest.mark.parametrize("words", [("--write", "--check", "x"), ("--write", "-"), ("--write", "--graph", "x")])
def test_what_cannot_be_written_back_is_refused(words: tuple[str, ...]) -> None:
    assert invoke("fmt", *words, stdin=UGLY).exit_code == 2


@pytest.mark.parametrize("seed", sorted(SEEDS.glob("*.cypher")), ids=lambda path: path.stem)
def test_the_graph_form_of_a_shipped_recipe_is_the_same_recipe(seed: Path) -> None:
    result = invoke("fmt", "--graph", seed)
    assert result.exit_code == 0
    assert digest(result.stdout) == digest(seed.read_text())
    assert result.stdout.startswith("CREATE\n  (:Recipe {")


def test_a_recipe_is_drawn_in_three_forms() -> None:
    Path("shout.cypher").write_text(SHOUT)
    assert invoke("graph", "shout.cypher").stdout == "shout\nupper: string_ops\n"
    assert "flowchart TD" in invoke("graph", "shout.cypher", "--format", "mermaid").stdout
    assert invoke("graph", "shout.cypher", "--format", "svg").stdout.startswith("<svg ")
    assert invoke("graph", "shout.cypher", "--format", "png").exit_code == 2


def test_a_wrong_recipe_is_not_drawn() -> None:
    result = invoke("graph", "-", stdin=BROKEN)
    assert (result.exit_code, result.stdout) == (5, "")


OLDER = """name: old
flow: ["input >> 完成後 >> a", "a >> maybe >> b"]
config: {a: {component: set, x: "{{input.x}}"}}
"""


def test_an_older_recipe_is_imported_with_a_report() -> None:
    Path("old.yaml").write_text(OLDER)
    result = invoke("import", "old.yaml")
    assert result.exit_code == 0
    assert "CREATE (a:set {x: $x})" in result.stdout
    assert "Could not be carried over (1):\n  line 2: `a >> maybe >> b`" in result.stderr
    told = json.loads(invoke("import", "--json", "old.yaml").stdout)
    assert told["cypher"] == result.stdout
    assert [(note["fate"], note["line"]) for note in told["report"] if note["fate"] != "carried"] == [("lost", 2)]


def test_an_import_may_go_into_a_file() -> None:
    Path("old.yaml").write_text(OLDER)
    result = invoke("import", "old.yaml", "-o", "new.cypher")
    assert (result.exit_code, result.stdout) == (0, "")
    assert digest(Path("new.cypher").read_text())


@pytest.mark.parametrize("text", ["a: &x [*x]", "flow: !!python/name:os.system ''", "just text", "{", "[" * 5_000])
def test_what_is_no_older_recipe_is_refused_in_a_sentence(text: str) -> None:
    result = invoke("import", "-", stdin=text)
    assert result.exit_code == 2
    assert result.stderr.strip() and "Traceback" not in result.stderr
