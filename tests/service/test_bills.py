"""What a recipe can reach, over HTTP; and that a deploy which reaches more is refused until it is allowed."""

from __future__ import annotations

from tests.service.support import Ask, body, refused

GET = "CREATE (ask:http_request {url: 'https://api.example.com/orders'})"
POST = "CREATE (ask:http_request {method: 'POST', url: 'https://api.example.com/orders'})"


async def test_storing_and_showing_and_trying_answer_with_the_bill(ask: Ask, name: str) -> None:
    stored = await ask.store(name, GET)
    assert stored["bill"]["hosts"] == [{"pattern": "GET https://api.example.com/*", "through": [["ask"]]}]
    assert (stored["more"], set(stored["pins"])) == ([], {"http_request"})
    shown = body(await ask.get(f"/recipes/{name}"))
    assert (shown["bill"], shown["pins"]) == (stored["bill"], stored["pins"])
    tried = body(await ask.send(f"/recipes?name={name}&dry_run=1", POST))
    assert tried["more"] == [
        {"kind": "host", "what": "POST https://api.example.com/*", "through": ["ask"], "recipe": None}
    ]


async def test_check_answers_with_the_bill_among_the_stored_recipes(ask: Ask, name: str) -> None:
    await ask.store(name, GET)
    text = f"CREATE (go:trigger_workflow {{workflow: '{name}'}})"
    checked = body(await ask.post("/check", {"cypher": text}))
    assert checked["bill"]["hosts"][0]["through"] == [["go", "ask"]]
    assert body(await ask.post("/check", {"cypher": POST, "name": name}))["more"][0]["kind"] == "host"
    wrong = body(await ask.post("/check", {"cypher": "CREATE (a:nope)"}))
    assert (wrong["bill"], wrong["more"]) == (None, [])


async def test_a_deploy_that_reaches_more_names_it_and_wants_to_be_allowed(ask: Ask, name: str) -> None:
    await ask.store(name, GET)
    await ask.store(f"{name}_above", f"CREATE (go:trigger_workflow {{workflow: '{name}'}})")
    for answer in (
        await ask.request("PUT", f"/recipes/{name}", content=POST),
        await ask.send(f"/recipes?name={name}", POST),
        await ask.post("/recipes", {"cypher": POST, "name": name}),
    ):
        problem = refused(answer, 409, "reaches_more")
        assert "POST https://api.example.com/*, through go > ask" in problem["detail"]
        assert [(m["recipe"], m["through"]) for m in problem["more"]] == [
            (None, ["ask"]),
            (f"{name}_above", ["go", "ask"]),
        ]
    assert body(await ask.get(f"/recipes/{name}"))["version"] == 1
    answer = await ask.request("PUT", f"/recipes/{name}?allow=1", content=POST)
    assert (answer.status_code, body(answer)["version"], len(body(answer)["more"])) == (201, 2, 2)
    assert body(await ask.get(f"/recipes/{name}_above"))["bill"]["hosts"][0]["pattern"].startswith("POST")


async def test_it_is_allowed_in_json_as_well(ask: Ask, name: str) -> None:
    await ask.store(name, GET)
    answer = await ask.post("/recipes", {"cypher": POST, "name": name, "allow": True})
    assert answer.status_code == 201


async def test_going_back_is_a_deploy(ask: Ask, name: str) -> None:
    await ask.store(name, GET)
    await ask.store(name, "CREATE (a)")
    refused(await ask.post(f"/recipes/{name}/rollback", {"version": 1}), 409, "reaches_more")
    assert body(await ask.post(f"/recipes/{name}/rollback", {"version": 1, "allow": True}))["version"] == 1
