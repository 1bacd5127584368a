"""Answers about runs stay small: large values of steps are pointed at."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cypher_executor.service import room
from cypher_executor.service.room import LARGEST_SUM, LARGEST_VALUE, SMALL_VALUE, json_size
from tests.service.support import FAILS, Ask, body

DOUBLED = "CREATE (big {x: $x + $x})-[:ON_SUCCESS]->(small {n: size(big.x)}) RETURN small.n AS n"

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(-1e6, 1e6)
    | st.text("abcüß摘😀", max_size=9),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abcü"), inner),
)


async def test_a_large_value_of_a_step_is_pointed_at_and_read_where_the_pointer_leads(ask: Ask) -> None:
    start = {"cypher": DOUBLED, "input": {"x": "ä" * 20_000}}
    run = body(await ask.post("/runs", start, prefer="wait=20"))
    big, small = run["steps"]
    href = f"/runs/{run['id']}/steps/big"
    assert big["output"] == {"$too_large": {"href": href, "more_than_bytes": LARGEST_VALUE}}
    assert small["output"] == {"n": 40_000} == run["result"]
    assert body(await ask.get(href))["output"] == {"x": "ä" * 40_000}
    assert body(await ask.get(f"/runs/{run['id']}")) == run


async def test_what_a_run_was_given_and_what_it_gives_back_is_never_left_out(ask: Ask) -> None:
    given = {"x": "a" * LARGEST_VALUE}
    run = body(await ask.post("/runs", {"cypher": "CREATE (a {x: $x})", "input": given}, prefer="wait=20"))
    assert run["input"] == given
    assert run["result"] == {"a": given}
    assert "$too_large" in run["steps"][0]["output"]


async def test_the_pointer_of_an_item_of_a_loop_leads_to_that_item(ask: Ask) -> None:
    text = "CREATE (all)-[:FOR_EACH {item: 'one', in: $items}]->(`each 1` {x: one + one})"
    start = {"cypher": text, "input": {"items": ["a", "b" * LARGEST_VALUE]}}
    run = body(await ask.post("/runs", start, prefer="wait=20"))
    steps = {tuple(step["item"]): step for step in run["steps"] if step["name"] == "each 1"}
    assert steps[(0,)]["output"] == {"x": "aa"}
    href = steps[(1,)]["output"]["$too_large"]["href"]
    assert href == f"/runs/{run['id']}/steps/each%201?item=1"
    assert body(await ask.get(href))["output"] == {"x": "b" * LARGEST_VALUE * 2}


async def test_many_values_that_are_large_together_are_pointed_at_too(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "LARGEST_SUM", 3_000)
    text = "\n".join(f"CREATE (a{n} {{x: $x}})" for n in range(50))
    answer = await ask.post("/runs", {"cypher": text, "input": {"x": "x" * 1_000}}, prefer="wait=20")
    steps = body(answer)["steps"]
    assert len(answer.content) < 50 * 600 + 3_000 + 2 * LARGEST_VALUE
    shown = [step for step in steps if "$too_large" not in step["output"]]
    assert 1 <= len(shown) <= 3
    assert steps[-1]["output"]["$too_large"]["more_than_bytes"] == SMALL_VALUE


async def test_details_of_an_error_are_values_too(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LARGEST_VALUE", 5)
    step = body(await ask.post("/runs", {"cypher": FAILS}, prefer="wait=20"))["steps"][0]
    assert step["error"]["details"]["$too_large"]["href"].endswith("/steps/a")


@given(JSON)
def test_the_size_is_that_of_the_json_when_nothing_is_escaped(value: Any) -> None:
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    assert json_size(value, LARGEST_SUM) == len(written)


@given(JSON, st.integers(0, 50))
def test_counting_stops_when_it_is_enough(value: Any, enough: int) -> None:
    whole = json_size(value, LARGEST_SUM)
    assert (json_size(value, enough) > enough) == (whole > enough)
