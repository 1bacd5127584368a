"""Whatever is sent, the answer is one of those that are documented, and never the fault of the service."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cypher_executor.service.endpoint import Endpoint
from cypher_executor.service.families import ENDPOINTS
from cypher_executor.service.openapi import as_dict
from cypher_executor.service.waiting import Waiting
from tests.service.support import ECHO, Ask, refused

DOCUMENT = as_dict()
PATIENT = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
LIMIT_S = 0.1
"""How long the service waits here on behalf of a caller: what is sent may ask for minutes, or leave it at them."""

texts = st.text(st.characters(codec="utf-8"), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
fields = st.sampled_from(["recipe", "cypher", "input", "name", "version", "reason", "api_key"]) | texts
recipes = st.sampled_from(["CREATE (a)", "CREATE (a:nope {x: $y})-[:ON_SUCCESS]->(a)", "RETURN", "(a {x: 1/0})", ""])
objects = st.dictionaries(fields, values | recipes, max_size=4)
bodies = st.one_of(
    objects.map(json.dumps).map(str.encode), values.map(json.dumps).map(str.encode), st.binary(max_size=60)
)
names = st.just("known") | st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1, max_size=12)
flags = st.sampled_from(["async", "dry_run", "state", "limit", "before"])
header_values = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=20).map(str.strip)


@st.composite
def headers(draw: st.DrawFn) -> list[tuple[str, bytes]]:
    some = st.sampled_from(["prefer", "idempotency-key", "content-type", "x-request-id", "accept", "authorization"])
    known = st.sampled_from(["application/json", "text/plain", "wait=1", "respond-async", "key"])
    drawn = draw(st.lists(st.tuples(some, known | header_values), max_size=3))
    return [(name, value.encode("latin-1")) for name, value in drawn]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No request takes longer than a moment, whatever it waits for: a run, or the next delivery of a hook."""
    patient = Waiting.within

    async def within(self: Waiting, work: Awaitable[Any], limit_s: float) -> Any:
        return await patient(self, work, min(limit_s, LIMIT_S))

    monkeypatch.setattr(Waiting, "within", within)


@pytest.mark.usefixtures("impatient")
@PATIENT
@given(
    endpoint=st.sampled_from(ENDPOINTS),
    path_names=st.lists(names, min_size=2, max_size=2),
    query=st.lists(st.tuples(fields | flags, texts), max_size=3),
    content=bodies,
    sent=headers(),
)
async def test_every_answer_is_documented(
    ask: Ask, endpoint: Endpoint, path_names: list[str], query: list[tuple[str, str]], content: bytes, sent: Any
) -> None:
    await ask.store("known", ECHO)
    path = endpoint.path
    for parameter, name in zip(("{name}", "{id}"), path_names, strict=True):
        path = path.replace(parameter, quote(name, safe=""))
    path = path.replace("{step}", "a").replace("{version}", "1")
    asked = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query)
    answer = await ask.request(endpoint.method, f"{path}?{asked}", content=content, headers=sent)
    documented = DOCUMENT["paths"][endpoint.path][endpoint.method.lower()]["responses"]
    elsewhere = answer.status_code in (404, 405, 422) and "{" in endpoint.path
    assert str(answer.status_code) in documented or elsewhere, answer.text
    failed_run = endpoint.name == "trigger_recipe" and answer.headers["content-type"] == "application/json"
    assert answer.status_code < 500 or failed_run, answer.text
    if endpoint.family == "neo4j" and answer.headers["content-type"] == "application/json":
        assert answer.status_code < 400 or answer.json()["errors"], answer.text
    elif answer.status_code >= 400 and not failed_run:
        refused(answer, answer.status_code, answer.json()["code"])
