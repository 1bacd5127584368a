"""What a part may say about its own failure, and what it may not pretend."""

from __future__ import annotations

from typing import Any

import pytest

from cypher_executor.adapters.dispatch_local.answers import reported_failure
from cypher_executor.core.commands import Execute
from cypher_executor.core.recipe import Digest
from cypher_executor.errors import Failure


def after(*answers: dict[str, Any]) -> Execute:
    """An execution whose calls were answered like this."""
    tape = tuple(({"op": "http_request"}, answer) for answer in answers)
    return Execute(node="n", attempt=1, part="p", digest=Digest("sha256:0"), input=None, clock_us=0, seed="", tape=tape)


def refusal(code: str) -> dict[str, Any]:
    return {"ok": False, "error": {"code": code, "message": "", "retryable": False}}


def test_a_failure_carries_what_the_part_said() -> None:
    error = {"code": "empty", "message": "no text", "retryable": True, "retry_after_ms": 5, "field": "a"}
    assert reported_failure(error, after()) == Failure("part:empty", "no text", True, {"field": "a"}, 5)


def test_details_of_the_part_are_the_details_of_the_failure() -> None:
    assert reported_failure({"code": "c", "details": {"status": 404}}, after()).details == {"status": 404}
    assert reported_failure({"code": "c", "details": [1]}, after()).details == {"details": [1]}
    assert reported_failure({"code": "c", "details": {}}, after()).details is None


@pytest.mark.parametrize("code", ["timeout", "worker_lost", "http_5xx", "expression_error", "egress_refused"])
def test_a_part_without_calls_cannot_pretend_to_be_the_engine(code: str) -> None:
    assert reported_failure({"code": code}, after()).code == f"part:{code}"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (refusal("egress_refused"), "egress_refused"),
        (refusal("timeout"), "timeout"),
        (refusal("connection_failed"), "connection_failed"),
        ({"ok": True, "status": 404}, "http_4xx"),
        ({"ok": True, "status": 429}, "http_429"),
        ({"ok": True, "status": 503}, "http_5xx"),
    ],
)
def test_a_part_passes_on_what_its_last_call_answered(answer: dict[str, Any], code: str) -> None:
    assert reported_failure({"code": code}, after({"ok": True}, answer)).code == code


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (refusal("timeout"), "connection_failed"),
        ({"ok": True, "status": 200}, "http_5xx"),
        ({"ok": True, "status": 404}, "http_5xx"),
        ({"ok": True, "status": 429}, "http_4xx"),
        ({"ok": True, "status": 503}, "timeout"),
        ({"ok": True, "status": "503"}, "http_5xx"),
        ({"ok": True}, "None"),
    ],
)
def test_a_part_cannot_pass_on_what_no_call_answered(answer: dict[str, Any], code: str) -> None:
    assert reported_failure({"code": code}, after(answer)).code == f"part:{code}"


def test_only_the_last_answer_counts() -> None:
    assert reported_failure({"code": "timeout"}, after(refusal("timeout"), {"ok": True})).code == "part:timeout"


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        ("it broke", "part:error", "it broke"),
        (None, "part:error", "null"),
        ([1, 2], "part:error", "[1,2]"),
        ({}, "part:error", "the part reported an error without a message"),
        ({"code": 5, "message": 5}, "part:error", "the part reported an error without a message"),
        ({"code": "", "message": "m"}, "part:error", "m"),
        ({"code": "a b", "message": "m"}, "part:error", "m"),
        ({"code": "x" * 65, "message": "m"}, "part:error", "m"),
        ({"code": "worker_lost\n", "message": "m"}, "part:error", "m"),
    ],
)
def test_whatever_stands_under_error_becomes_a_failure(error: Any, code: str, message: str) -> None:
    failure = reported_failure(error, after())
    assert (failure.code, failure.message) == (code, message)


@pytest.mark.parametrize("given", [-1, True, "5", 1.5, None])
def test_a_delay_that_is_no_number_of_milliseconds_is_not_taken(given: Any) -> None:
    assert reported_failure({"retry_after_ms": given}, after()).retry_after_ms is None


def test_a_delay_is_at_most_a_day_and_a_message_at_most_4096_characters() -> None:
    failure = reported_failure({"retry_after_ms": 10**15, "message": "x" * 10_000}, after())
    assert failure.retry_after_ms == 24 * 3600 * 1000 and len(failure.message) == 4096


@pytest.mark.parametrize("retryable", [1, "true", None, [True]])
def test_only_true_is_retryable(retryable: Any) -> None:
    assert reported_failure({"retryable": retryable}, after()).retryable is False
