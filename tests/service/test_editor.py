"""Help for editors over HTTP."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.service.support import Ask, body, refused

TEXT = "CREATE (a:string_ops {operation: 'upper', text: $text})-[:ON_SUCCESS]->(b:set {x: a."


async def asked(ask: Ask, path: str, **place: Any) -> httpx2.Response:
    return await ask.post(path, place)


async def test_what_may_stand_at_a_place_of_an_unfinished_text_is_answered(ask: Ask) -> None:
    answer = await asked(ask, "/complete", cypher=TEXT, line=1, column=len(TEXT) + 1)
    assert answer.status_code == 200
    assert "result" in [item["label"] for item in body(answer)["items"]]


async def test_what_stands_at_a_place_is_answered_with_its_schema(ask: Ask) -> None:
    item = body(await asked(ask, "/hover", cypher=TEXT, line=1, column=13))["item"]
    assert (item["label"], item["kind"]) == ("string_ops", "part")
    assert "operation" in item["schema"]["properties"]
    assert item["where"] == {"line": 1, "column": 11, "end_line": 1, "end_column": 21}


async def test_where_there_is_nothing_to_say_there_is_no_item(ask: Ask) -> None:
    assert body(await asked(ask, "/hover", cypher="CREATE (a {x: 12})", line=1, column=16)) == {"item": None}


@pytest.mark.parametrize("wrong", [{"cypher": "x"}, {"cypher": "x", "line": 0, "column": 1}, {"line": 1, "column": 1}])
@pytest.mark.parametrize("path", ["/complete", "/hover"])
async def test_a_place_that_is_none_is_refused(ask: Ask, path: str, wrong: dict[str, Any]) -> None:
    refused(await asked(ask, path, **wrong), 422, "request_invalid")


async def test_a_text_that_is_too_long_is_refused(ask: Ask) -> None:
    answer = await asked(ask, "/complete", cypher="x" * 300_000, line=1, column=1)
    refused(answer, 413, "recipe_too_large")
