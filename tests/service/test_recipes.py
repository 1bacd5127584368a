"""Recipes over HTTP."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

import pytest

from tests.service.support import ECHO, Ask, body, refused

FORK = """
CREATE (begin {text: $text})
CREATE (begin)-[:ON_SUCCESS]->(short:string_ops:fast {operation: 'trim', text: $text})
CREATE (begin)-[:ON_FAIL {when: $text = 'x'}]->(tell)
"""


async def test_a_recipe_as_text_is_stored_and_answered_with_its_graph(ask: Ask, name: str) -> None:
    answer = await ask.send(f"/recipes?name={name}", FORK)
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/recipes/{name}"
    stored = body(answer)
    assert (stored["name"], stored["version"]) == (name, 1)
    assert stored["digest"].startswith("sha256:")
    assert stored["cypher"] == FORK
    assert stored["parts"] == ["string_ops"]
    assert stored["webhook_url"] == f"http://127.0.0.1:8080/webhooks/named/{name}/trigger"
    assert stored["graph"]["nodes"] == [
        {"name": "begin", "part": None, "tags": []},
        {"name": "short", "part": "string_ops", "tags": ["fast"]},
        {"name": "tell", "part": None, "tags": []},
    ]
    first, second = stored["graph"]["relationships"]
    assert (first["source"], first["type"], first["target"], first["when"]) == ("begin", "ON_SUCCESS", "short", None)
    assert (second["type"], second["when"]) == ("ON_FAIL", "$text = 'x'")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/plain; charset=utf-8",
        "application/x-cypher",
        "application/x-www-form-urlencoded",
        "",
    ],
)
async def test_the_text_of_a_recipe_may_come_under_several_types(ask: Ask, name: str, content_type: str) -> None:
    answer = await ask.send(f"/recipes?name={name}", ECHO, content_type)
    assert answer.status_code == 201, answer.text


async def test_a_recipe_may_come_as_json(ask: Ask, name: str) -> None:
    answer = await ask.post("/recipes", {"cypher": ECHO, "name": name})
    assert (answer.status_code, body(answer)["name"]) == (201, name)


async def test_a_body_of_another_type_is_not_read(ask: Ask) -> None:
    refused(await ask.send("/recipes", "x", "image/png"), 415, "media_type_unsupported")


async def test_the_name_may_stand_in_the_recipe(ask: Ask, name: str) -> None:
    answer = await ask.send("/recipes", f"CREATE (:Recipe {{name: '{name}'}}) CREATE (a)")
    assert body(answer)["name"] == name


async def test_a_recipe_without_a_name_is_refused(ask: Ask) -> None:
    problem = refused(await ask.send("/recipes", ECHO), 422, "name_missing")
    assert "?name=" in problem["detail"]


@pytest.mark.parametrize("path", ["/recipes?name=other", "/recipes?name=other&dry_run=1"])
async def test_two_names_that_differ_are_refused(ask: Ask, path: str) -> None:
    text = "CREATE (:Recipe {name: 'inside'}) CREATE (a)"
    refused(await ask.send(path, text), 422, "name_mismatch")
    refused(await ask.post(path, {"cypher": "CREATE (a)", "name": "inside"}), 422, "name_mismatch")


async def test_putting_a_recipe_under_another_name_than_its_own_is_refused(ask: Ask, name: str) -> None:
    text = "CREATE (:Recipe {name: 'inside'}) CREATE (a)"
    refused(await ask.request("PUT", f"/recipes/{name}", content=text), 422, "name_mismatch")
    json = {"cypher": "CREATE (a)", "name": "inside"}
    refused(await ask.request("PUT", f"/recipes/{name}", json=json), 422, "name_mismatch")


async def test_the_same_text_again_is_the_same_version(ask: Ask, name: str) -> None:
    first = await ask.send(f"/recipes?name={name}", ECHO)
    again = await ask.send(f"/recipes?name={name}", ECHO)
    assert (first.status_code, again.status_code) == (201, 200)
    assert body(first)["version"] == body(again)["version"] == 1


async def test_a_dry_run_checks_and_stores_nothing(ask: Ask, name: str) -> None:
    answer = await ask.send(f"/recipes?name={name}&dry_run=1", FORK)
    assert (answer.status_code, body(answer)["version"]) == (200, None)
    assert body(answer)["graph"]["nodes"]
    refused(await ask.get(f"/recipes/{name}"), 404, "unknown_recipe")
    refused(await ask.send(f"/recipes?name={name}&dry_run=1", "CREATE (a:nope)"), 422, "recipe_invalid")


async def test_a_wrong_recipe_is_refused_with_all_its_problems(ask: Ask, name: str) -> None:
    text = "CREATE (a:string_opps {text: $t})-[:ON_SUCESS]->(b)\nCREATE (c {x: nobody.y})"
    problem = refused(await ask.send(f"/recipes?name={name}", text), 422, "recipe_invalid")
    codes = {d["code"] for d in problem["diagnostics"]}
    assert {"unknown_part", "unknown_relationship_type", "unknown_name"} <= codes
    first = next(d for d in problem["diagnostics"] if d["code"] == "unknown_part")
    assert first["did_you_mean"] == "string_ops"
    assert (first["where"]["line"], first["severity"]) == (1, "error")
    assert problem["where"]["line"] == 1
    refused(await ask.get(f"/recipes/{name}"), 404, "unknown_recipe")


async def test_check_tells_the_same_without_refusing(ask: Ask) -> None:
    wrong = await ask.send("/check", "CREATE (a:nope)-[:ON_SUCCESS]->(b:neither)")
    assert (wrong.status_code, body(wrong)["ok"]) == (200, False)
    assert [d["code"] for d in body(wrong)["diagnostics"]] == ["unknown_part", "unknown_part"]
    right = await ask.post("/check", {"cypher": ECHO})
    assert (body(right)["ok"], body(right)["diagnostics"], body(right)["needs"]["hosts"]) == (True, [], [])


async def test_a_recipe_that_is_too_long_is_refused(ask: Ask) -> None:
    refused(await ask.send("/check", "//" + "x" * 300_000), 413, "recipe_too_large")


async def test_text_that_is_not_utf8_is_refused(ask: Ask) -> None:
    refused(await ask.send("/check", b"CREATE (a {x: '\xff'})"), 400, "text_invalid")


async def test_versions_are_listed_and_shown_and_gone_back_to(ask: Ask, name: str) -> None:
    await ask.store(name, "CREATE (first)")
    await ask.store(name, "CREATE (second)")
    listed = body(await ask.get(f"/recipes/{name}/versions"))
    assert [(v["version"], v["current"]) for v in listed["versions"]] == [(1, False), (2, True)]
    assert body(await ask.get(f"/recipes/{name}/versions/1"))["cypher"] == "CREATE (first)"
    assert body(await ask.get(f"/recipes/{name}"))["cypher"] == "CREATE (second)"
    back = await ask.post(f"/recipes/{name}/rollback", {"version": 1})
    assert (back.status_code, body(back)["version"]) == (200, 1)
    assert body(await ask.get(f"/recipes/{name}"))["cypher"] == "CREATE (first)"


@pytest.mark.parametrize("version", ["3", "0", "-1", "x", "1.0", "99999999999999999999", "²"])
async def test_a_version_that_is_not_there_is_not_found(ask: Ask, name: str, version: str) -> None:
    await ask.store(name, ECHO)
    refused(await ask.get(f"/recipes/{name}/versions/{quote(version)}"), 404, "unknown_version")


@pytest.mark.parametrize("version", [0, -1, "1", 1.0, True, None])
async def test_going_back_wants_the_number_of_a_version(ask: Ask, name: str, version: object) -> None:
    await ask.store(name, ECHO)
    refused(await ask.post(f"/recipes/{name}/rollback", {"version": version}), 422, "request_invalid")
    refused(await ask.post(f"/recipes/{name}/rollback", {"version": 7}), 404, "unknown_version")


async def test_a_deleted_recipe_is_gone_and_its_runs_are_not(ask: Ask, name: str) -> None:
    await ask.store(name, ECHO)
    run = await ask.run(name, {"x": 1})
    answer = await ask.request("DELETE", f"/recipes/{name}")
    assert (answer.status_code, answer.content) == (204, b"")
    refused(await ask.get(f"/recipes/{name}"), 404, "unknown_recipe")
    refused(await ask.request("DELETE", f"/recipes/{name}"), 404, "unknown_recipe")
    assert body(await ask.get(f"/runs/{run['id']}"))["result"] == {"x": 1}


async def test_recipes_are_listed_by_name(ask: Ask, name: str) -> None:
    await ask.store(name, ECHO)
    listed = body(await ask.get("/recipes"))["recipes"]
    assert [r["name"] for r in listed] == sorted(r["name"] for r in listed)
    assert next(r for r in listed if r["name"] == name)["version"] == 1


async def test_an_unknown_recipe_is_told_with_the_nearest_name(ask: Ask) -> None:
    await ask.store("customer_report", ECHO)
    problem = refused(await ask.get("/recipes/custmer_report"), 404, "unknown_recipe")
    assert problem["did_you_mean"] == "customer_report"


NAMES = [
    "摘要",
    "two words",
    "🦊 fox",
    "naïve",
    "a%b",
    "a+b",
    "a?b#c",
    "ein&zwei=3",
    "quote'\"s",
    "👩‍👩‍👧",
    "❤️‍🔥 hot",
    "می‌خواهم",
    "क्‍ष",
    "1️⃣",
    "x" * 200,
]


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_works_everywhere_as_it_is_written(ask: Ask, name: str) -> None:
    in_path = quote(name, safe="")
    stored = await ask.post("/recipes", {"cypher": ECHO, "name": name})
    assert (stored.status_code, body(stored)["name"]) == (201, name)
    assert stored.headers["location"] == f"/recipes/{in_path}"
    again = await ask.send(f"/recipes?name={in_path}", ECHO)
    assert (again.status_code, body(again)["name"]) == (200, name)
    assert body(await ask.get(f"/recipes/{in_path}"))["name"] == name
    assert name in [r["name"] for r in body(await ask.get("/recipes"))["recipes"]]
    url = body(stored)["webhook_url"]
    assert url == f"http://127.0.0.1:8080/webhooks/named/{in_path}/trigger"
    run = body(await ask.post(url, {"x": name}))
    assert (run["recipe"], run["result"]) == (name, {"x": name})
    assert run["id"] in [r["id"] for r in body(await ask.get(f"/runs?recipe={in_path}"))["runs"]]
    assert (await ask.request("DELETE", f"/recipes/{in_path}")).status_code == 204


@pytest.mark.parametrize(("one", "other"), [("caf\u00e9", "cafe\u0301"), ("\u212b", "\u00c5"), ("가", "\u1100\u1161")])
async def test_two_ways_to_write_the_same_characters_are_one_name(ask: Ask, one: str, other: str) -> None:
    name = unicodedata.normalize("NFC", one)
    for number, (spelling, text) in enumerate([(one, "CREATE (a)"), (other, "CREATE (b)"), (one, "CREATE (c)")], 1):
        stored = body(await ask.post("/recipes", {"cypher": text, "name": spelling}))
        assert (stored["name"], stored["version"]) == (name, number)
    inside = body(await ask.send("/recipes", f"(:Recipe {{name: '{other}'}})\nCREATE (d)"))
    assert (inside["name"], inside["version"]) == (name, 4)
    for spelling in (quote(one, safe=""), quote(other, safe=""), one, other):
        assert body(await ask.get(f"/recipes/{spelling}"))["name"] == name
        assert body(await ask.post(f"/webhooks/named/{spelling}/trigger", {}))["recipe"] == name
    run = body(await ask.post("/runs", {"recipe": other}, prefer="wait=20"))
    assert run["recipe"] == name
    assert run["id"] in [r["id"] for r in body(await ask.get(f"/runs?recipe={quote(other)}"))["runs"]]
    parent = await ask.post("/runs", {"cypher": START_CHILD, "input": {"workflow": other}}, prefer="wait=20")
    assert body(parent)["state"] == "succeeded"
    assert [r["name"] for r in body(await ask.get("/recipes"))["recipes"]].count(name) == 1


async def test_one_key_is_one_run_however_the_name_is_written(ask: Ask) -> None:
    await ask.store("stra\u00dfe\u0301", "CREATE (a)")
    runs = [
        body(await ask.post("/runs", {"recipe": name}, idempotency_key="spelled"))["id"]
        for name in ("stra\u00dfe\u0301", "stra\u00df\u00e9")
    ]
    assert runs[0] == runs[1]


START_CHILD = "CREATE (a:trigger_workflow {workflow: $workflow, wait: true})"

HIDDEN = [
    "a\u200db",
    "a\u200cb",
    "ab\u200d",
    "\u200da",
    "a\ufe0f",
    "a\ufe00",
    "a\u034fb",
    "a\u3164",
    "a\u2800b",
    "a\U000e0101",
]


@pytest.mark.parametrize("name", HIDDEN)
async def test_a_name_with_something_in_it_that_shows_nothing_is_refused(ask: Ask, name: str) -> None:
    refused(await ask.post("/recipes", {"cypher": ECHO, "name": name}), 422, "invalid_name")


BAD_NAMES = ["", " ", " a", "a ", "a/b", "/", ".", "..", "a\nb", "a\x00b", "a\x7fb", "a\u2028b", "a\u202eb", "x" * 201]


@pytest.mark.parametrize("name", BAD_NAMES)
async def test_a_name_that_cannot_be_is_refused_by_name(ask: Ask, name: str) -> None:
    problem = refused(await ask.post("/recipes", {"cypher": ECHO, "name": name}), 422, "invalid_name")
    assert "name" in problem["detail"]
    refused(await ask.send(f"/recipes?name={quote(name, safe='')}", ECHO), 422, "invalid_name")


@pytest.mark.parametrize("in_path", ["a%2Fb", "a%2fb", "%2F", "a%00b", "a%0Ab", "%7F"])
@pytest.mark.parametrize("path", ["/recipes/{}", "/webhooks/named/{}/trigger", "/runs/{}", "/runs/x/steps/{}"])
async def test_a_path_cannot_smuggle_a_separator_into_a_name(ask: Ask, path: str, in_path: str) -> None:
    problem = refused(await ask.get(path.format(in_path)), 422, "invalid_name")
    assert "cannot be a name" in problem["detail"]


async def test_a_path_that_is_not_utf8_is_refused_and_not_mangled(ask: Ask) -> None:
    refused(await ask.get("/recipes/%FF"), 400, "path_invalid")
    refused(await ask.get("/runs?recipe=%FF"), 400, "query_invalid")


async def test_unknown_fields_are_refused_with_the_nearest(ask: Ask) -> None:
    problem = refused(await ask.post("/recipes", {"cyper": ECHO}), 422, "request_invalid")
    assert problem["did_you_mean"] == "cypher"
    assert {"path": "/cyper", "message": "there is no such field"} in problem["problems"]
    problem = refused(await ask.send("/recipes?dryrun=1", ECHO), 422, "request_invalid")
    assert problem["did_you_mean"] == "dry_run"
    refused(await ask.send("/recipes?name=a&name=b", ECHO), 400, "query_invalid")
    refused(await ask.send("/recipes?dry_run=perhaps", ECHO), 422, "request_invalid")
