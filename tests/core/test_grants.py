"""What patterns cover, what recipes grant, and what handles are worth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cypher_executor.core.grants import RecipeGrants, constant_origin, grants_of, read_grants
from cypher_executor.core.patterns import EVERYTHING, read_pattern
from cypher_executor.core.secret_handles import HANDLE, handle, is_genuine
from cypher_executor.cypher import compile_recipe

FIXTURES = Path(__file__).parent.parent / "fixtures" / "grants"


def lines(name: str) -> list[str]:
    return [line for line in (FIXTURES / name).read_text("utf-8").splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("line", lines("covers.txt"))
def test_a_pattern_covers_what_is_narrower_and_nothing_else(line: str) -> None:
    granted, asked, expected = line.split("|")
    request = read_pattern(asked)
    assert read_pattern(granted).covers(request) is (expected == "yes")
    assert EVERYTHING.covers(request)


@pytest.mark.parametrize("line", lines("covers.txt"))
def test_a_pattern_covers_itself(line: str) -> None:
    pattern = read_pattern(line.split("|")[0])
    assert pattern.covers(pattern)


@pytest.mark.parametrize("text", lines("wrong.txt"))
def test_a_pattern_that_cannot_be_understood_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_pattern(text)


@pytest.mark.parametrize("line", lines("constants.txt"))
def test_only_a_host_that_is_the_same_in_every_run_grants_itself(line: str) -> None:
    expression, _, granted = line.rpartition("|")
    assert constant_origin(expression) == (read_pattern(granted) if granted else None)


def test_a_recipe_grants_what_it_says_and_its_constant_hosts() -> None:
    text = """
        CREATE (:Recipe {name: 'r', grants: {http: ['https://*.example.com/*'], kv: true}})
        CREATE (a:http_request {url: 'https://api.test/x/{{ $id }}'})-[:ON_SUCCESS]->(b:http_request {url: $url})
    """
    recipe = compile_recipe(text, parts=None).recipe
    assert recipe is not None
    grants = grants_of(recipe)
    assert grants.http == (read_pattern("https://*.example.com/*"), read_pattern("https://api.test"))
    assert grants.kv and not grants.callback
    assert grants.reaches(read_pattern("GET https://api.test/y")) and not grants.reaches(
        read_pattern("GET https://other.test/")
    )


def test_a_secret_that_is_granted_by_name_goes_to_named_hosts_only() -> None:
    grants = read_grants({"http": ["https://api.test/*", "https://*/*"], "secrets": ["TOKEN"]})
    assert grants.sends("TOKEN", read_pattern("GET https://api.test/"))
    assert not grants.sends("TOKEN", read_pattern("GET https://other.test/"))
    assert not grants.sends("OTHER", read_pattern("GET https://api.test/"))


def test_a_secret_that_is_granted_for_hosts_goes_there_only_and_only_where_requests_may_go() -> None:
    grants = read_grants({"http": ["https://a.test/*", "https://b.test/*"], "secrets": {"T": ["https://a.test/*"]}})
    assert grants.sends("T", read_pattern("GET https://a.test/"))
    assert not grants.sends("T", read_pattern("GET https://b.test/"))
    assert not read_grants({"secrets": {"T": ["https://a.test/*"]}}).sends("T", read_pattern("GET https://a.test/"))


@pytest.mark.parametrize(
    "given",
    [
        {"htp": []},
        {"http": "https://a.test/*"},
        {"http": [5]},
        {"http": ["a.test"]},
        {"secrets": "A"},
        {"secrets": [5]},
        {"secrets": ["a-b"]},
        {"secrets": [""]},
        {"secrets": {"A": "https://a.test"}},
        {"secrets": {"A": ["a.test"]}},
        {"secrets": {"a b": []}},
        {"kv": 1},
        {"callback": "yes"},
    ],
)
def test_grants_that_cannot_be_understood_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_grants(given)


def test_nothing_is_granted_by_nothing() -> None:
    assert read_grants({}) == RecipeGrants()
    assert not RecipeGrants().reaches(read_pattern("GET https://a.test/"))


def test_a_handle_is_genuine_in_its_own_run_only() -> None:
    made = handle("seed", "run_1", "TOKEN")
    found = HANDLE.fullmatch(made)
    assert found is not None and found["name"] == "TOKEN" and made == handle("seed", "run_1", "TOKEN")
    assert is_genuine(made, "seed", "run_1")
    assert not is_genuine(made, "seed", "run_2") and not is_genuine(made, "other", "run_1")
    assert not is_genuine(made.replace("TOKEN", "OTHER"), "seed", "run_1")
    assert not is_genuine(handle("", "run_1", "TOKEN"), "", "run_1")
    assert not is_genuine("secret:TOKEN:short", "seed", "run_1")
