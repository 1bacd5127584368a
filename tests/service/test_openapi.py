"""The OpenAPI document tells of the service as it is."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

import cypher_executor
from cypher_executor.service import requests
from cypher_executor.service.endpoint import Endpoint
from cypher_executor.service.families import ENDPOINTS
from cypher_executor.service.kinds import KINDS
from cypher_executor.service.openapi import as_dict, codes_of
from tests.service.support import ECHO, LASTS, Ask, body
from tests.worker.modules import module

WAITS = "CREATE (ask:wait_for_callback {note: 'n', schema: {type: 'object'}})"
DOCUMENT = as_dict()
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, o) for path, found in DOCUMENT["paths"].items() for method, o in found.items()]


def test_every_endpoint_is_an_operation_and_nothing_else_is() -> None:
    assert {(e.path, e.method.lower()) for e in ENDPOINTS} == {(path, method) for path, method, _ in operations()}
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names))


async def test_the_document_is_served_and_every_path_of_it_is_there(ask: Ask) -> None:
    served = body(await ask.get("/openapi.json"))
    assert served == DOCUMENT
    for path in served["paths"]:
        answer = await ask.request("OPTIONS", re.sub(r"{\w+}", "x", path))
        allowed = {m.strip().lower() for m in answer.headers["allow"].split(",")}
        assert allowed - {"options", "head"} == served["paths"][path].keys()


def test_the_document_has_the_shape_of_openapi_3_1() -> None:
    assert DOCUMENT.keys() == {"openapi", "info", "paths", "components"}
    assert DOCUMENT["openapi"] == "3.1.0"
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    for path, method, operation in operations():
        assert path.startswith("/") and method in METHODS
        told = {"operationId", "summary", "tags", "parameters", "responses", "requestBody", "security"}
        assert operation.keys() <= told
        named = re.findall(r"{(\w+)}", path)
        assert [p["name"] for p in operation["parameters"] if p["in"] == "path"] == named
        assert all(p["required"] for p in operation["parameters"] if p["in"] == "path")
        for status, response in operation["responses"].items():
            assert re.fullmatch(r"[1-5]\d\d", status)
            assert response["description"]
            assert all("schema" in media for media in response.get("content", {}).values())


def test_every_reference_leads_somewhere_and_every_schema_is_one() -> None:
    known = DOCUMENT["components"]["schemas"]
    references = re.findall(r"'\$ref': '([^']+)'", str(DOCUMENT))
    assert {r.rpartition("/")[2] for r in references} <= known.keys()
    assert all(r.startswith("#/components/schemas/") for r in references)
    for schema in [*known.values(), *inline_schemas()]:
        jsonschema_rs.Draft202012Validator({**schema, "components": DOCUMENT["components"]})


def inline_schemas() -> list[dict[str, Any]]:
    found = [p["schema"] for _, _, o in operations() for p in o["parameters"]]
    media = [m for _, _, o in operations() for m in o.get("requestBody", {}).get("content", {}).values()]
    return found + [m["schema"] for m in media]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda e: e.name)
def test_every_code_of_an_endpoint_is_in_the_table(endpoint: Endpoint) -> None:
    assert set(codes_of(endpoint)) <= KINDS.keys()
    assert endpoint.summary and endpoint.answers


def test_every_code_that_is_raised_on_the_way_of_a_request_is_in_the_table() -> None:
    assert raised_codes() <= KINDS.keys() | {"address_refused"}


def test_every_code_of_the_table_is_told_of_somewhere() -> None:
    told = {code for endpoint in ENDPOINTS for code in codes_of(endpoint)}
    of_the_connection = {"http_invalid", "headers_too_large", "headers_too_slow"}
    of_a_class = {"not_found", "conflict", "unavailable", "run_moved"}
    assert KINDS.keys() - told == of_the_connection | of_a_class


def raised_codes() -> set[str]:
    """Every `code="..."` in the modules that a request passes through."""
    package = Path(cypher_executor.__file__).parent
    files = [*package.glob("service/**/*.py"), *package.glob("engine/*.py")]
    files += [package / name for name in ("library.py", "inputs/__init__.py", "strict_json.py")]
    calls = (node for file in files for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call))
    given = (keyword for call in calls for keyword in call.keywords if keyword.arg == "code")
    return {k.value.value for k in given if isinstance(k.value, ast.Constant) and isinstance(k.value.value, str)}


def answer_model(name: str, status: int) -> Any:
    told = next(e for e in ENDPOINTS if e.name == name).answers[status]
    assert told.model is not None
    schema = {"$ref": f"#/components/schemas/{told.model.__name__}", "components": DOCUMENT["components"]}
    return jsonschema_rs.Draft202012Validator(closed(schema))


def closed(schema: Any) -> Any:
    """The schema, with every object that has properties having those only: so that nothing is answered untold."""
    if isinstance(schema, list):
        return [closed(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    told = isinstance(inner.get("properties"), dict) and inner.get("type") == "object"
    return {**inner, "additionalProperties": False} if told else inner


async def test_answers_are_what_the_document_says(ask: Ask, name: str) -> None:
    def check(operation: str, answer: Any, status: int) -> dict[str, Any]:
        assert answer.status_code == status, answer.text
        answer_model(operation, status).validate(body(answer))
        return body(answer)

    text = "CREATE (a {x: $x})-[:ON_SUCCESS {when: $x = 1}]->(b:string_ops {operation: 'trim', text: ' y '})"
    check("store_recipe", await ask.send(f"/recipes?name={name}", text), 201)
    check("store_recipe", await ask.send(f"/recipes?name={name}", text), 200)
    check("store_recipe", await ask.send(f"/recipes?name={name}&dry_run=1", text), 200)
    check("replace_recipe", await ask.request("PUT", f"/recipes/{name}", content=ECHO), 201)
    check("list_recipes", await ask.get("/recipes"), 200)
    check("show_recipe", await ask.get(f"/recipes/{name}"), 200)
    check("list_versions", await ask.get(f"/recipes/{name}/versions"), 200)
    check("show_version", await ask.get(f"/recipes/{name}/versions/1"), 200)
    check("rollback_recipe", await ask.post(f"/recipes/{name}/rollback", {"version": 1}), 200)
    check("check", await ask.send("/check", "CREATE (a:strng_ops)-[:ON_SUCESS]->(b)"), 200)
    sent = {"content": module("echo"), "headers": {"content-type": "application/wasm"}}
    check("put_part", await ask.request("PUT", f"/parts/{name}", **sent), 201)
    check("put_part", await ask.request("PUT", f"/parts/{name}", **sent), 200)
    check("list_part_versions", await ask.get(f"/parts/{name}/versions"), 200)
    check("show_part_version", await ask.get(f"/parts/{name}/versions/1"), 200)
    check("call_part", await ask.post(f"/parts/{name}/call", {"input": {"x": 1}}), 200)
    check("call_part", await ask.post("/parts/http_request/call", {"input": {"url": "https://a.example"}}), 200)
    start = {"recipe": name, "input": {"x": 1}}
    run = check("start_run", await ask.post("/runs", start, prefer="wait=20"), 200)
    check("start_run", await ask.post("/runs", start), 202)
    check("start_run", await ask.post("/runs", {"cypher": "CREATE (a {x: 1/0})"}, prefer="wait=20"), 200)
    check("show_run", await ask.get(f"/runs/{run['id']}"), 200)
    check("show_step", await ask.get(f"/runs/{run['id']}/steps/b"), 200)
    check("list_runs", await ask.get("/runs"), 200)
    check("trigger_recipe", await ask.post(f"/webhooks/named/{name}/trigger", {"x": 2}), 200)
    check("trigger_recipe", await ask.post(f"/webhooks/named/{name}/trigger?async=1", {"x": 2}), 202)
    lasting = body(await ask.post("/runs", {"cypher": LASTS}))
    check("cancel_run", await ask.post(f"/runs/{lasting['id']}/cancel"), 200)
    waiting = body(await ask.post("/runs", {"cypher": WAITS}))["id"]
    check("pause_run", await ask.post(f"/runs/{waiting}/pause"), 202)
    check("resume_run", await ask.post(f"/runs/{waiting}/resume"), 202)
    waits = check("list_waits", await ask.get(f"/waits?after={lasting['id']}"), 200)["waits"]
    check("show_run", await ask.get(f"/runs/{waiting}"), 200)
    check("show_step", await ask.get(f"/runs/{waiting}/steps/ask"), 200)
    address = next(wait["callback_url"] for wait in waits if wait["run"] == waiting)
    check("call_back", await ask.post(address.removeprefix("http://127.0.0.1:8080"), {"n": 1}), 200)
    check("retry_run", await ask.post(f"/runs/{lasting['id']}/retry"), 202)
    check("cancel_run", await ask.post(f"/runs/{lasting['id']}/cancel"), 200)
    check("list_parts", await ask.get("/parts"), 200)
    for part in body(await ask.get("/parts"))["parts"]:
        check("show_part", await ask.get(f"/parts/{part['name']}"), 200)
    for operation, path in (("health", "/healthz"), ("ready", "/readyz"), ("version", "/version")):
        check(operation, await ask.get(path), 200)


async def test_problems_are_what_the_document_says(ask: Ask) -> None:
    schema = {"$ref": "#/components/schemas/ProblemAnswer", "components": DOCUMENT["components"]}
    validator = jsonschema_rs.Draft202012Validator(closed(schema))
    for answer in (
        await ask.get("/nothing"),
        await ask.send("/runs", "{"),
        await ask.post("/runs", {"nothing": 1}),
        await ask.post("/runs", {"cypher": "CREATE (a:nope)-[:ON_SUCESS]->(b)"}),
    ):
        validator.validate(body(answer))


def test_requests_are_strict_and_closed() -> None:
    models = [m for m in vars(requests).values() if isinstance(m, type) and issubclass(m, requests.Request)]
    assert all(
        m.model_config["strict"] and m.model_config["extra"] == "forbid" for m in models if m is not requests.Request
    )
