"""`runs cancel`, `pause`, `resume`, `retry` and `waits`: over real HTTP, to a real process."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from tests.cli.recipes import FAILS, WAITS
from tests.cli.support import Serving, invoke

ASKS = "CREATE (ask:wait_for_callback {note: 'ship it?'}) RETURN ask AS got"


def started(server: Serving, text: str, given: Any = None) -> str:
    body = {"cypher": text, "input": given or {}}
    return str(httpx2.post(f"{server.url}/runs", json=body, headers={"Prefer": "wait=1"}).json()["id"])


def steered(server: Serving, *words: str) -> dict[str, Any]:
    result = invoke("runs", *words, "--json", "--server", server.url)
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert isinstance(told, dict)
    return told


def test_a_run_is_paused_resumed_cancelled_and_retried(server: Serving) -> None:
    run = started(server, WAITS)
    assert steered(server, "pause", run, "--reason", "look")["paused"] is True
    assert steered(server, "resume", run)["paused"] is False
    assert steered(server, "cancel", run, "--tree")["id"] == run
    assert steered(server, "show", run)["state"] == "cancelled"
    assert steered(server, "retry", run)["id"] == run
    assert invoke("runs", "cancel", run, "--server", server.url).stdout == f"{run} is cancelled\n"


@pytest.mark.parametrize("wish", ["show", "cancel", "pause", "resume", "retry"])
def test_an_unknown_run_ends_with_4(server: Serving, wish: str) -> None:
    refused = invoke("runs", wish, "run_0", "--server", server.url)
    assert refused.exit_code == 4 and "there is no run 'run_0'" in refused.stderr


@pytest.mark.parametrize(
    ("wish", "said"), [("pause", "has ended already"), ("resume", "has ended already"), ("cancel", "has ended already")]
)
def test_what_does_not_fit_ends_with_2_and_a_sentence(server: Serving, wish: str, said: str) -> None:
    run = started(server, FAILS, {"count": -1})
    refused = invoke("runs", wish, run, "--server", server.url)
    assert refused.exit_code == 2 and said in refused.stderr


def test_a_run_that_goes_on_has_nothing_to_retry(server: Serving) -> None:
    run = started(server, WAITS)
    refused = invoke("runs", "retry", run, "--json", "--server", server.url)
    told = json.loads(refused.stderr)
    assert (refused.exit_code, told["error"]["code"]) == (2, "run_not_ended")
    invoke("runs", "cancel", run, "--server", server.url)


def test_the_waits_are_listed_with_addresses_that_answer_them(server: Serving) -> None:
    run = started(server, ASKS)
    wait = next(w for w in steered(server, "waits")["waits"] if w["run"] == run)
    assert (wait["step"], wait["note"]) == ("ask", "ship it?")
    assert wait["callback_url"].startswith(f"{server.url}/callbacks/")
    shown = invoke("runs", "waits", "--server", server.url).stdout
    assert "ship it?" in shown and wait["callback_url"] in shown
    assert httpx2.post(wait["callback_url"], json={"yes": True}).json()["accepted"] is True
    assert run not in [w["run"] for w in steered(server, "waits")["waits"]]


def test_a_service_that_is_not_there_is_not_reachable() -> None:
    assert invoke("runs", "waits", "--server", "127.0.0.1:9").exit_code == 3
