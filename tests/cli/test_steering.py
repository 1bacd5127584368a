"""`runs cancel`, `pause`, `resume`, `retry`, `fork` and `waits`: over real HTTP, to a real process."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx2
import pytest

from tests.cli.recipes import FAILS, WAITS
from tests.cli.support import Serving, invoke

FORKED = "(a:string_ops {operation: 'upper', text: $x})-[:ON_SUCCESS]->(b:set {a: a.result, y: $y})"
ASKS = "CREATE (ask:wait_for_callback {note: 'ship it?'}) RETURN ask AS got"


def started(server: Serving, text: str, given: Any = None) -> str:
    body = {"cypher": text, "input": given or {}}
    return str(httpx2.post(f"{server.url}/runs", json=body, headers={"Prefer": "wait=1"}).json()["id"])


def ended(server: Serving, run: str) -> dict[str, Any]:
    while (seen := httpx2.get(f"{server.url}/runs/{run}").json())["ended_at"] is None:
        time.sleep(0.01)
    return dict(seen)


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


def test_a_run_is_forked_from_a_step_with_another_input(server: Serving) -> None:
    run = started(server, FORKED, {"x": "one", "y": 1})
    told = steered(server, "fork", run, "--from", "b", "-d", "x=two", "-d", "y=2")
    assert told["id"] != run and told["origin"] == {"run": run, "step": "b", "item": [], "only": None}
    assert ended(server, told["id"])["result"] == {"b": {"a": "ONE", "y": 2}}
    said = invoke("runs", "fork", run, "--server", server.url).stdout
    assert said.startswith("run_") and said.endswith(f", forked from {run}\n")
    assert ended(server, said.split()[0])["result"] == {"b": {"a": "ONE", "y": 1}}


def test_one_item_of_a_loop_is_done_again(server: Serving) -> None:
    text = "(each:set {for_each: $list, as: 'x', v: x, n: $n})"
    run = started(server, text, {"list": [5, 6, 7], "n": 1})
    told = steered(server, "fork", run, "--from", "each", "--item", "1", "-d", "list=[5,6,7]", "-d", "n=2")
    assert [each["n"] for each in ended(server, told["id"])["result"]["each"]] == [1, 2, 1]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--from", "c"), 4, "the recipe has no node 'c' to fork from"),
        (("--from", "b", "--item", "x"), 2, "is not an item"),
        (("--from", "b", "--item", "3"), 4, "stands in no loop"),
        (("--from", "b", "--version", "2"), 2, "sent along"),
        (("--from", "b", "--version", "old"), 2, "version"),
    ],
)
def test_a_fork_that_cannot_be_ends_with_a_sentence(
    server: Serving, words: tuple[str, ...], code: int, said: str
) -> None:
    run = started(server, FORKED, {"x": "one", "y": 1})
    refused = invoke("runs", "fork", run, *words, "--server", server.url)
    assert refused.exit_code == code and said in refused.stderr, refused.stderr
