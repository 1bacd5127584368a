"""What every answer has, and what is answered where nothing is."""

from __future__ import annotations

import logging

import pytest

from cypher_executor import errors
from cypher_executor.service import problems
from cypher_executor.service.envelope import EVERY_ANSWER
from cypher_executor.service.kinds import KINDS
from cypher_executor.service.problems import problem_of
from cypher_executor.wiring import House
from tests.service.support import Ask, body, refused


@pytest.mark.parametrize("path", ["/healthz", "/nothing", "/runs/run_0"])
async def test_every_answer_has_an_id_and_is_not_to_be_guessed_at_or_kept(ask: Ask, path: str) -> None:
    answer = await ask.get(path)
    assert answer.headers["x-request-id"].startswith("req_")
    assert EVERY_ANSWER.items() <= dict(answer.headers).items()
    assert (await ask.get(path)).headers["x-request-id"] != answer.headers["x-request-id"]


async def test_the_callers_request_id_comes_back(ask: Ask) -> None:
    answer = await ask.get("/nothing", headers={"x-request-id": "trace-01/a:b"})
    assert refused(answer, 404, "unknown_route")["request_id"] == "trace-01/a:b"


@pytest.mark.parametrize("given", ["", " ", "a b", "x" * 129, 'a"b', "<script>", "a;b"])
async def test_a_request_id_that_does_not_belong_into_a_log_is_replaced(ask: Ask, given: str) -> None:
    answer = await ask.get("/healthz", headers={"x-request-id": given})
    assert answer.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("/recipe", "/recipes"),
        ("/recipes/", "/recipes"),
        ("/run/run_7", "/runs/run_7"),
        ("/runs/run_7/step/a", "/runs/run_7/steps/a"),
        ("/webhook/named/摘要/trigger", "/webhooks/named/摘要/trigger"),
        ("/health", "/healthz"),
        ("/OpenAPI.json", "/openapi.json"),
        ("/wp-admin/setup.php", None),
        ("/runs//steps/a", None),
    ],
)
async def test_an_unknown_path_is_told_with_the_nearest(ask: Ask, path: str, near: str | None) -> None:
    assert refused(await ask.get(path), 404, "unknown_route")["did_you_mean"] == near
    refused(await ask.request("POST", path), 404, "unknown_route")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/runs", "GET, HEAD, OPTIONS, POST"),
        ("GET", "/check", "OPTIONS, POST"),
        ("PATCH", "/recipes/x", "DELETE, GET, HEAD, OPTIONS, PUT"),
        ("GET", "/webhooks/named/x/trigger", "OPTIONS, POST"),
        ("BREW", "/healthz", "GET, HEAD, OPTIONS"),
    ],
)
async def test_a_method_that_is_not_possible_is_told_with_those_that_are(
    ask: Ask, method: str, path: str, allowed: str
) -> None:
    answer = await ask.request(method, path)
    refused(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == allowed


async def test_head_and_options_are_answered(ask: Ask) -> None:
    assert (await ask.request("HEAD", "/healthz")).status_code == 200
    answer = await ask.request("OPTIONS", "/runs")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")


async def test_a_bug_is_answered_without_telling_of_it(
    ask: Ask, house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("the secret of the house")

    monkeypatch.setattr(type(house.parts), "all", lambda self: broken())
    answer = await ask.get("/parts", headers={"x-request-id": "trace-2"})
    problem = refused(answer, 500, "internal_error")
    assert "secret" not in answer.text
    assert problem["request_id"] == "trace-2"
    record = next(r for r in caplog.records if r.levelno == logging.ERROR)
    assert "trace-2" in record.getMessage()
    assert record.exc_info


async def test_a_service_that_takes_nothing_on_says_so_and_when_to_come_back(
    ask: Ask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert body(await ask.get("/readyz")) == {"status": "ready", "unreadable_runs": 0}
    monkeypatch.setattr(house.engine, "accepting", False)
    for answer in (await ask.get("/readyz"), await ask.post("/runs", {"cypher": "CREATE (a)"})):
        assert refused(answer, 503, "not_ready")["retryable"] is True
        assert int(answer.headers["retry-after"]) >= 1
    assert (await ask.get("/healthz")).status_code == 200


async def test_the_version_is_told(ask: Ask) -> None:
    told = body(await ask.get("/version"))
    assert told["name"] == "cypher-executor"
    assert told["version"][0].isdigit()


async def test_parts_are_listed_and_shown(ask: Ask) -> None:
    listed = body(await ask.get("/parts"))["parts"]
    assert [part["name"] for part in listed] == sorted(part["name"] for part in listed)
    part = body(await ask.get("/parts/string_ops"))
    assert part.keys() == {
        "name",
        "version",
        "digest",
        "summary",
        "pure",
        "input",
        "output",
        "grants",
        "limits",
        "examples",
    }
    assert part["digest"].startswith("sha256:")
    assert part["input"]["properties"]["operation"]
    assert part["limits"]["timeout_ms"] > 0
    assert {"title", "input", "calls"} <= part["examples"][0].keys()
    problem = refused(await ask.get("/parts/strng_ops"), 404, "unknown_part")
    assert problem["did_you_mean"] == "string_ops"


# --- errors that the rest of the house may raise ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.RequestInvalid("x", code="new_code"), 422),
        (errors.NotFound("x", code="unknown_thing"), 404),
        (errors.Conflict("x", code="new_conflict"), 409),
        (errors.Conflict("x", code="idempotency_conflict"), 422),
        (errors.Unavailable("x", code="overloaded"), 503),
        (errors.ModuleRefused("x"), 422),
        (errors.ExpressionError("x", code="division_by_zero"), 422),
        (errors.RecipeInvalid([]), 422),
        (errors.CypherExecutorError("x"), 422),
    ],
)
def test_a_code_that_the_table_does_not_have_has_the_status_of_its_class(
    error: errors.CypherExecutorError, status: int
) -> None:
    problem = problem_of(error, "req_1")
    assert (problem.status, problem.body["status"], problem.body["code"]) == (status, status, error.code)


def test_retry_after_is_whole_seconds_and_never_none() -> None:
    for delay_s, told in ((0.0, "1"), (1.2, "2"), (30.0, "30")):
        assert problem_of(errors.Unavailable("x", retry_after_s=delay_s), "r").headers == {"retry-after": told}


def test_every_class_of_error_has_a_kind() -> None:
    classes = {c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.CypherExecutorError)}
    assert all(problems.kind_of(c.__new__(c)) for c in classes)
    assert all(kind.title and 400 <= kind.status < 600 for kind in KINDS.values())
