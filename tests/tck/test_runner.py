"""The runner of the TCK tells right from wrong: on a feature of our own, because the TCK itself is fetched."""

import zipfile
from pathlib import Path

import pytest

from tests.tck.__main__ import counted, told
from tests.tck.gherkin import scenarios
from tests.tck.scenario import run
from tests.tck.values import comparable, read

FEATURE = (Path(__file__).parent / "own.feature").read_text("utf-8")
FOUND = {scenario.name: scenario for scenario in scenarios(FEATURE)}


@pytest.mark.parametrize("name", [name for name in FOUND if name.startswith("[right]")])
def test_what_is_right_passes(name: str) -> None:
    outcome = run(FOUND[name], {})
    assert outcome.verdict == "pass", outcome.why


@pytest.mark.parametrize("name", [name for name in FOUND if name.startswith("[wrong]")])
def test_what_is_wrong_fails_and_says_why(name: str) -> None:
    outcome = run(FOUND[name], {})
    assert outcome.verdict == "fail"
    assert outcome.why


def test_a_query_that_writes_is_skipped() -> None:
    assert run(FOUND["[skip] A query that writes"], {}).verdict == "skip"


def test_examples_of_an_outline_are_scenarios_of_their_own() -> None:
    examples = [s for s in scenarios(FEATURE) if s.name.startswith("An outline")]
    assert [run(s, {}).verdict for s in examples] == ["pass", "pass", "fail"]


def test_the_command_counts_by_category(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    jar = tmp_path / "tck.jar"
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr("features/expressions/own/Own1.feature", FEATURE)
        archive.writestr("features/clauses/create/Create1.feature", FEATURE)
    counts = counted(jar, [])
    assert list(counts) == ["expressions/own"]
    assert counts["expressions/own"]["skip"] == 1
    assert not told(counts)
    assert "FAIL expressions/own: [wrong]" in capsys.readouterr().out


def test_values_of_different_types_differ() -> None:
    assert comparable(read("1")) != comparable(read("1.0"))
    assert comparable(read("1")) != comparable(read("true"))
    assert comparable(read("NaN")) == comparable(float("nan"))
    assert comparable(read("[1, 2]")) != comparable([2, 1])
    assert comparable(read("[1, 2]"), unordered=True) == comparable([2, 1], unordered=True)
    assert read("(:A {n: 1})") != read("(:A {n: 2})")
    assert read("<(:A)-[:T]->(:B)>") != read("<(:A)<-[:T]-(:B)>")
