"""A stored recipe in forms that are not JSON."""

from __future__ import annotations

from tests.service.support import Ask, body, refused

SHOP = (
    "CREATE (:Recipe {description: '<b>'}) CREATE (a:set {x: $x})-[:ON_FAIL]->(`<i>` {y: '{{ $y }}!'}) RETURN a.x AS x"
)


async def test_the_graph_form_is_one_statement_that_is_the_same_recipe(ask: Ask, name: str) -> None:
    stored = await ask.store(name, SHOP)
    answer = await ask.get(f"/recipes/{name}?format=graph")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.startswith("CREATE\n  (:Recipe {")
    again = await ask.store(name, answer.text)
    assert again["digest"] == stored["digest"]
    assert again["graph"] == stored["graph"]


async def test_a_recipe_can_be_had_as_a_picture(ask: Ask, name: str) -> None:
    await ask.store(name, SHOP)
    picture = await ask.get(f"/recipes/{name}?format=svg")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert "default-src 'none'" in picture.headers["content-security-policy"]
    assert "<i>" not in picture.text and "&lt;i&gt;" in picture.text
    chart = await ask.get(f"/recipes/{name}/versions/1?format=mermaid")
    assert "flowchart TD" in chart.text and "-.->" in chart.text


async def test_json_is_what_is_given_without_a_format(ask: Ask, name: str) -> None:
    await ask.store(name, SHOP)
    plain, asked = await ask.get(f"/recipes/{name}"), await ask.get(f"/recipes/{name}?format=json")
    assert body(plain) == body(asked)


async def test_another_format_is_refused(ask: Ask, name: str) -> None:
    await ask.store(name, SHOP)
    refused(await ask.get(f"/recipes/{name}?format=png"), 422, "request_invalid")
    refused(await ask.get("/recipes/nobody?format=svg"), 404, "unknown_recipe")
