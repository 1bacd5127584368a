"""What a recipe needs, and its worst case."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cypher_executor.core.parts import Grants, Part
from cypher_executor.core.recipe import Recipe
from cypher_executor.cypher import compile_recipe
from cypher_executor.cypher.bounds import longest_ms, most_at_once
from cypher_executor.cypher.needs import Host, Needs, needs_json, needs_of


def recipe(text: str) -> Recipe:
    compiled = compile_recipe(text, parts=None)
    assert compiled.recipe is not None, compiled.diagnostics
    return compiled.recipe


def needs(text: str) -> Needs:
    return needs_of(recipe(text))


def test_a_recipe_tells_its_hosts_with_their_methods_and_the_nodes_whose_host_is_worked_out() -> None:
    found = needs(
        "CREATE (a:http_request {url: 'https://api.example.com/x'}), (b:http_request {url: $u})\n"
        "CREATE (c:http_request {url: 'https://api.example.com/{{ $id }}', method: 'post'})\n"
        "CREATE (d:http_request {url: 'http://10.0.0.1:8080/', method: $m})\n"
        "CREATE (e:http_request {url: 'https://{{ $h }}/'})"
    )
    assert found.hosts == (
        Host("http://10.0.0.1:8080", None, ("d",)),
        Host("https://api.example.com", ("GET", "POST"), ("a", "c")),
    )
    assert found.computed_hosts == ("b", "e")


def test_a_recipe_tells_its_secrets_callbacks_and_the_recipes_that_it_starts() -> None:
    found = needs(
        "CREATE (:Recipe {grants: {secrets: ['TOKEN']}})\n"
        "CREATE (a:http_request {url: 'https://x.example/', headers: {authorization: secret('TOKEN')}})\n"
        "CREATE (b:trigger_workflow {workflow: 'one'}), (c:trigger_workflow {workflow: 'one'})\n"
        "CREATE (d:trigger_workflow {workflow: 'o' + $x}), (e:trigger_workflow {workflow: '{{ $x }}'})\n"
        "CREATE (f:wait_for_callback {note: 'x'})"
    )
    assert found.secrets == ("TOKEN",)
    assert (found.recipes, found.computed_recipes) == (("one",), ("d", "e"))
    assert found.callbacks == ("f",)


def test_what_parts_ask_for_counts_when_they_are_known() -> None:
    parts = {
        "caller": Part("caller", "1", "", None, False, grants=Grants(http=("*",), kv=True)),
        "pure": Part("pure", "1", "", None, True),
    }
    text = "CREATE (a:caller {x: 1}), (b:pure {url: 'https://x.example/'})"
    found = needs_of(recipe(text), parts)
    assert (found.hosts, found.computed_hosts, found.key_value) == ((), ("a",), ("a",))
    compiled = compile_recipe(text, parts=parts)
    assert compiled.needs is None or compiled.needs == found


def test_a_wrong_recipe_needs_nothing_that_could_be_told() -> None:
    compiled = compile_recipe("CREATE (a:set {x: b.y})", parts=None)
    assert compiled.needs is None
    assert needs_json(compiled.needs) is None


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("CREATE (a:x {}), (b:x {}), (c)", 2),
        ("CREATE (a:x {})-[:ON_SUCCESS]->(b:x {}), (a)-[:ON_SUCCESS]->(c:x {}), (b)-[:ON_SUCCESS]->(c)", 1),
        ("CREATE (a:x {})-[:ON_SUCCESS]->(b:x {for_each: [1], concurrency: 4}), (a)-[:ON_SUCCESS]->(c:x {})", 5),
        ("CREATE (a:x {for_each: $list})", None),
        ("CREATE (a)-[:FOR_EACH {in: $list, concurrency: 3}]->(b:x {}), (b)-[:ON_SUCCESS]->(c:x {})", 3),
        ("CREATE (a)-[:FOR_EACH {in: $l, concurrency: 3}]->(b:x {for_each: item, concurrency: 2}), (d:x {})", 7),
        ("CREATE (a:x {for_each: [1], concurrency: 100000})", None),
    ],
)
def test_the_most_steps_at_once(text: str, most: int | None) -> None:
    assert most_at_once(recipe(text)) == most


@given(st.integers(1, 7), st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=14))
@settings(deadline=None, max_examples=60)
def test_the_most_at_once_is_the_largest_set_without_a_way_between_two(size: int, ways: set[tuple[int, int]]) -> None:
    drawn = [(a, b) for a, b in ways if a < b < size]
    text = "CREATE " + ", ".join(f"(n{i}:x {{}})" for i in range(size))
    text += "".join(f" CREATE (n{a})-[:ON_SUCCESS]->(n{b})" for a, b in drawn)
    leads = {(a, b) for a, b in drawn}
    for _ in range(size):
        leads |= {(a, d) for a, b in leads for c, d in leads if b == c}
    sets = [s for k in range(1, size + 1) for s in combinations(range(size), k)]
    widest = max(len(s) for s in sets if not any(pair in leads for pair in combinations(s, 2)))
    assert most_at_once(recipe(text)) == widest


@pytest.mark.parametrize(
    ("text", "longest"),
    [
        ("CREATE (a:x {timeout: 2})-[:ON_SUCCESS]->(b:x {deadline: 3}), (c:x {timeout: 4})", 5_000),
        ("CREATE (a:x {timeout: 2, retry: {attempts: 3, delay: 1, factor: 2}})", 9_000),
        ("CREATE (a:x {timeout: 2, retry: {attempts: 1000000000, delay: 1, max_delay: 1}})", 2_999_999_999_000),
        ("CREATE (a:x {timeout: 2, retry: {attempts: 3, delay: 1}, deadline: 8})", 8_000),
        ("CREATE (a:x {timeout: 2, repeat: {until: a.y, every: '1s', times: 3}})", 8_000),
        ("CREATE (a:wait {seconds: '1h'})-[:ON_SUCCESS]->(b)", 3_600_000),
        ("CREATE (a:wait {seconds: $n})", None),
        ("CREATE (a:x {y: 1})", None),
        ("CREATE (:Recipe {timeout: '1m'}) CREATE (a:x {y: 1})", 60_000),
        ("CREATE (:Recipe {timeout: '1s'}) CREATE (a:x {timeout: 5})", 1_000),
        ("CREATE (a:x {timeout: 5, for_each: $list})", None),
        ("CREATE (a)-[:ON_SUCCESS]->(b)", 0),
    ],
)
def test_how_long_a_run_may_take(text: str, longest: int | None) -> None:
    assert longest_ms(recipe(text)) == longest
