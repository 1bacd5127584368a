"""Runs over HTTP."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest

from cypher_executor.errors import Unavailable
from cypher_executor.service.times import moment
from cypher_executor.settings import Settings
from cypher_executor.wiring import House
from tests.service.support import ECHO, FAILS, LASTS, Ask, body, refused

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\Z")
RUN_FIELDS = {
    "id",
    "recipe",
    "version",
    "state",
    "origin",
    "input",
    "result",
    "error",
    "started_at",
    "ended_at",
    "steps",
    "paused",
}
STEP_FIELDS = {
    "name", "item", "part", "state", "attempts", "inherited", "input", "output", "error",
    "wait", "started_at", "ended_at",
}  # fmt: skip


async def test_a_run_that_is_waited_for_is_answered_with_its_result(ask: Ask, name: str) -> None:
    await ask.store(name, ECHO)
    answer = await ask.post("/runs", {"recipe": name, "input": {"x": [1, None, "ü"]}}, prefer="wait=20")
    run = body(answer)
    assert answer.status_code == 200
    assert run.keys() == RUN_FIELDS
    assert re.fullmatch(r"run_[0-9A-HJKMNP-TV-Z]{26}", run["id"])
    assert (run["recipe"], run["version"], run["state"]) == (name, 1, "succeeded")
    assert (run["input"], run["result"], run["error"]) == ({"x": [1, None, "ü"]}, {"x": [1, None, "ü"]}, None)
    assert answer.headers["location"] == f"/runs/{run['id']}"
    assert answer.headers["preference-applied"] == "wait=20"
    assert body(await ask.get(f"/runs/{run['id']}")) == run


async def test_steps_are_told_in_the_order_of_the_graph_with_the_skipped_ones(ask: Ask) -> None:
    text = """
    CREATE (first {n: 1})
    CREATE (first)-[:ON_FAIL]->(never)
    CREATE (first)-[:ON_SUCCESS]->(trim:string_ops {operation: 'trim', text: ' a '})-[:ON_SUCCESS]->(last)
    """
    run = body(await ask.post("/runs", {"cypher": text}, prefer="wait=20"))
    assert [s["name"] for s in run["steps"]] == ["first", "never", "trim", "last"]
    assert [s["state"] for s in run["steps"]] == ["succeeded", "skipped", "succeeded", "succeeded"]
    assert all(s.keys() == STEP_FIELDS and s["item"] == [] for s in run["steps"])
    trim = run["steps"][2]
    assert (trim["part"], trim["attempts"], trim["error"]) == ("string_ops", 1, None)
    assert (trim["input"], trim["output"]) == ({"operation": "trim", "text": " a "}, {"result": "a"})
    times = [run["started_at"], trim["started_at"], trim["ended_at"], run["ended_at"]]
    assert all(TIME.match(t) for t in times)
    assert times == sorted(times)
    datetime.fromisoformat(times[0])


async def test_a_run_that_fails_says_which_step_and_why(ask: Ask) -> None:
    answer = await ask.post("/runs", {"cypher": FAILS}, prefer="wait=20")
    run = body(answer)
    assert (answer.status_code, run["state"], run["result"]) == (200, "failed", None)
    assert run["error"]["code"] == "expression_error"
    assert run["error"]["retryable"] is False
    assert run["error"]["details"]["node"] == "a"
    assert run["steps"][0]["error"]["code"] == "expression_error"


async def test_without_waiting_the_answer_is_that_the_run_was_accepted(ask: Ask) -> None:
    answer = await ask.post("/runs", {"cypher": "CREATE (a)"})
    run = body(answer)
    assert answer.status_code == 202
    assert run.keys() == RUN_FIELDS
    assert body(await ask.get(answer.headers["location"]))["id"] == run["id"]


@pytest.mark.parametrize(
    "prefer", ["wait=0", "wait", "wait=x", "wait=-1", "wait=1e3", "respond-async, wait=9", "a=b;c"]
)
async def test_a_preference_that_means_nothing_is_not_an_error(ask: Ask, prefer: str) -> None:
    answer = await ask.post("/runs", {"cypher": "CREATE (a)"}, prefer=prefer)
    assert answer.status_code == 202
    assert "preference-applied" not in answer.headers


@pytest.mark.parametrize("wait", ["1000000000", "9" * 4_000, "00000000000000000001000", "100000"])
async def test_a_wait_of_any_length_is_shortened_to_the_longest(
    ask: Ask, settings: Settings, wait_at_most: None, wait: str
) -> None:
    answer = await ask.post("/runs", {"cypher": LASTS}, prefer=f"wait={wait}")
    assert answer.status_code == 202
    assert answer.headers["preference-applied"] == f"wait={settings.wait_limit_s:g}"
    await ask.post(f"/runs/{body(answer)['id']}/cancel")


async def test_a_run_that_cannot_be_read_any_more_is_still_listed(
    ask: Ask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = body(await ask.post("/runs", {"cypher": LASTS}))

    async def unreadable(*_: object) -> None:
        raise Unavailable("event 1 cannot be read", code="journal_unavailable")

    with monkeypatch.context() as patched:
        patched.setattr(house.engine, "inspect", unreadable)
        listed = body(await ask.get("/runs?limit=1"))["runs"]
    assert [(line["id"], line["state"]) for line in listed] == [(run["id"], "running")]
    await ask.post(f"/runs/{run['id']}/cancel")


async def test_a_run_that_goes_on_beyond_the_wait_is_answered_as_it_is(ask: Ask, wait_at_most: None) -> None:
    answer = await ask.post("/runs", {"cypher": LASTS}, prefer="wait=5")
    run = body(answer)
    assert (answer.status_code, run["state"], run["ended_at"]) == (202, "waiting", None)
    assert [s["state"] for s in run["steps"]] == ["waiting", "pending"]
    assert (await ask.post(f"/runs/{run['id']}/cancel")).status_code == 200


async def test_a_run_can_be_cancelled_once(ask: Ask, name: str) -> None:
    await ask.store(name, LASTS)
    run = body(await ask.post("/runs", {"recipe": name}))
    answer = await ask.post(f"/runs/{run['id']}/cancel", {"reason": "not needed any more"})
    ended = body(answer)
    assert (answer.status_code, ended["state"]) == (200, "cancelled")
    assert ended["error"]["message"] == "not needed any more"
    assert [s["state"] for s in ended["steps"]] == ["cancelled", "skipped"]
    again = await ask.post(f"/runs/{run['id']}/cancel")
    assert (again.status_code, body(again)["state"]) == (200, "cancelled")


async def test_a_run_that_has_ended_cannot_be_cancelled(ask: Ask, name: str) -> None:
    await ask.store(name, ECHO)
    run = await ask.run(name)
    problem = refused(await ask.post(f"/runs/{run['id']}/cancel"), 409, "run_ended")
    assert "succeeded" in problem["detail"]
    refused(await ask.post("/runs/run_0/cancel"), 404, "unknown_run")
    refused(await ask.post(f"/runs/{run['id']}/cancel", {"raeson": "x"}), 422, "request_invalid")


async def test_a_step_is_shown_with_every_attempt(ask: Ask) -> None:
    retry = "{attempts: 3, delay: '1ms', jitter: false, on: ['part:bad_input']}"
    text = f"CREATE (a:string_ops {{operation: $operation, text: 'x', retry: {retry}}})"
    start = {"cypher": text, "input": {"operation": "shout"}}
    run = body(await ask.post("/runs", start, prefer="wait=20"))
    assert (run["state"], run["steps"][0]["attempts"]) == ("failed", 3)
    step = body(await ask.get(f"/runs/{run['id']}/steps/a"))
    assert [(a["attempt"], a["state"]) for a in step["attempts"]] == [(1, "failed"), (2, "failed"), (3, "failed")]
    assert {a["error"]["code"] for a in step["attempts"]} == {"part:bad_input"}
    times = [t for a in step["attempts"] for t in (a["started_at"], a["ended_at"])]
    assert all(TIME.match(t) for t in times)
    assert times == sorted(times)
    assert step == {**run["steps"][0], "attempts": step["attempts"]}


async def test_an_unknown_step_is_told_with_the_nearest_name(ask: Ask) -> None:
    run = body(await ask.post("/runs", {"cypher": "CREATE (`first step`)-[:ON_SUCCESS]->(摘要)"}, prefer="wait=20"))
    assert body(await ask.get(f"/runs/{run['id']}/steps/first%20step"))["state"] == "succeeded"
    assert body(await ask.get(f"/runs/{run['id']}/steps/摘要"))["state"] == "succeeded"
    problem = refused(await ask.get(f"/runs/{run['id']}/steps/first%20stop"), 404, "unknown_step")
    assert problem["did_you_mean"] == "first step"
    refused(await ask.get("/runs/run_0/steps/a"), 404, "unknown_run")


async def test_an_unknown_run_is_told_with_the_nearest_id(ask: Ask, name: str) -> None:
    await ask.store(name, ECHO)
    run = await ask.run(name)
    assert refused(await ask.get(f"/runs/{run['id'].lower()}"), 404, "unknown_run")["did_you_mean"] == run["id"]
    assert refused(await ask.get("/runs/nothing-like-it"), 404, "unknown_run")["did_you_mean"] is None


async def test_runs_are_listed_newest_first_page_by_page(ask: Ask, name: str) -> None:
    await ask.store(name, ECHO)
    ids = [(await ask.run(name))["id"] for _ in range(5)]
    seen, path = [], f"/runs?recipe={name}&limit=2"
    while path:
        page = body(await ask.get(path))
        seen += [run["id"] for run in page["runs"]]
        path = page["next_before"] and f"/runs?recipe={name}&limit=2&before={page['next_before']}"
    assert seen == ids[::-1]
    line = page["runs"][0]
    assert line.keys() == {"id", "recipe", "version", "state", "parent", "started_at", "ended_at"}


async def test_runs_are_listed_by_the_state_that_they_are_in_now(ask: Ask, name: str) -> None:
    await ask.store(name, LASTS)
    waiting = body(await ask.post("/runs", {"recipe": name}))["id"]
    cancelled = body(await ask.post("/runs", {"recipe": name}))["id"]
    await ask.post(f"/runs/{cancelled}/cancel")

    async def listed(query: str) -> list[tuple[str, str]]:
        runs = body(await ask.get(f"/runs?recipe={name}{query}"))["runs"]
        return [(run["id"], run["state"]) for run in runs]

    assert await listed("") == [(cancelled, "cancelled"), (waiting, "waiting")]
    assert await listed("&state=waiting") == [(waiting, "waiting")]
    assert await listed("&state=cancelled") == [(cancelled, "cancelled")]
    assert len(await listed("&state=cancelled&state=waiting")) == 2
    assert await listed("&state=running") == []
    await ask.post(f"/runs/{waiting}/cancel")


async def test_a_page_of_a_rare_state_is_full_however_many_runs_are_in_another(ask: Ask, name: str) -> None:
    """Three among a thousand, in an open state that only the engine knows, and in one that the journal knows."""
    await ask.store(name, "CREATE (:Recipe {concurrency_limit: 1}) " + LASTS)
    first, *turns = [body(await ask.post("/runs", {"recipe": name}))["id"] for _ in range(4)]
    await ask.store(f"{name}_child", "CREATE (pause:wait {seconds: $seconds})")
    begins = f"(t:trigger_workflow {{workflow: '{name}_child', input: {{seconds: each}}}})"
    await ask.store(
        f"{name}_parent",
        f"CREATE (a {{x: $x}})-[:FOR_EACH {{item: 'each', in: a.x, concurrency: 100}}]->{begins}",
    )
    parent = (await ask.run(f"{name}_parent", {"x": [0, 0, 0] + [3600] * 997}))["id"]

    async def pages(query: str) -> list[list[str]]:
        found, before = list[list[str]](), ""
        while before is not None:
            page = body(await ask.get(f"/runs?{query}&limit=2{before and f'&before={before}'}"))
            found.append([run["id"] for run in page["runs"]])
            before = page["next_before"]
        return found

    mine = [page for page in await pages("state=pending") if {*page} & {*turns}]
    assert [run for page in mine for run in page if run in turns] == turns[::-1]
    assert [len(page) for page in await pages("state=pending")][:-1] == [2] * (len(mine) - 1)
    assert [len(page) for page in await pages(f"state=succeeded&recipe={name}_child")] == [2, 1]
    assert (await ask.post(f"/runs/{parent}/cancel", {"tree": True})).status_code == 200
    for run in (*turns[::-1], first):
        await ask.post(f"/runs/{run}/cancel")


async def test_runs_of_a_span_of_time_are_listed_in_full_pages(ask: Ask, name: str) -> None:
    await ask.store(name, ECHO)
    runs = []
    for _ in range(6):
        runs.append(await ask.run(name))
        await asyncio.sleep(0.002)  # Times are told apart by the millisecond.

    async def listed(span: str) -> list[int]:
        found, path = list[str](), f"/runs?recipe={name}&limit=2&{span}"
        before = ""
        while before is not None:
            page = body(await ask.get(f"{path}{before and f'&before={before}'}"))
            before = page["next_before"]
            assert before is None or len(page["runs"]) == 2
            found += [run["id"] for run in page["runs"]]
        return [[run["id"] for run in runs].index(each) for each in found]

    second, fifth = runs[1]["started_at"], runs[4]["started_at"]
    assert await listed(f"since={second}") == [5, 4, 3, 2, 1]
    assert await listed(f"until={fifth}") == [3, 2, 1, 0]
    assert await listed(f"since={second}&until={fifth}&state=succeeded") == [3, 2, 1]
    assert await listed(f"since={second}&until={fifth}&state=failed") == []
    assert await listed("since=1h") == await listed("since=1970-01-01T00:00:00Z") == [5, 4, 3, 2, 1, 0]
    assert await listed("until=1h") == await listed("since=9999-12-31T23:59:59Z") == []


@pytest.mark.parametrize(
    "query",
    [
        *("state=done", "limit=0", "limit=201", "limit=x", "limit=", "page=2", "state=", "since=", "since=yesterday"),
        *("until=1764570000", "since=-2h", "since=1y", "since=PT", "since=2026-12-01", "since=2026-12-01T08:00:00"),
        *("until=2026-13-01T08:00:00Z", "since=2h&until=3h", "since=1h&until=1h", "since=NaN", "until=%00"),
    ],
)
async def test_a_wrong_filter_is_refused(ask: Ask, query: str) -> None:
    refused(await ask.get(f"/runs?{query}"), 422, "request_invalid")


async def test_everything_that_is_wrong_with_times_is_told_at_once(ask: Ask) -> None:
    told = refused(await ask.get("/runs?since=yesterday&until=2026-12-01T08:00:00"), 422, "request_invalid")
    assert [problem["path"] for problem in told["problems"]] == ["/since", "/until"]
    assert "2h" in told["detail"] and "2026-12-01T08:00:00Z" in told["detail"]


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000),
        ("1970-01-01t00:00:01.5z", 1_500_000),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T01:00:00 01:00", 0),
        ("1969-12-31T23:00:00-01:00", 0),
        ("2h", 1_000_000_000 - 7_200_000_000),
        ("PT0.5S", 999_500_000),
    ],
)
def test_a_time_is_written_as_such_or_as_how_long_ago(text: str, us: int) -> None:
    assert moment(text).seen_at(1_000_000_000) == us


async def test_a_filter_that_fits_nothing_gives_an_empty_page(ask: Ask) -> None:
    assert body(await ask.get("/runs?recipe=nobody's")) == {"runs": [], "next_before": None}
    assert body(await ask.get("/runs?before=a"))["runs"] == []


async def test_a_missing_input_is_refused_by_its_name(ask: Ask, name: str) -> None:
    properties = "{text: {type: 'string'}, to: {type: 'string', default: 'en'}}"
    schema = f"{{type: 'object', required: ['text'], properties: {properties}}}"
    await ask.store(name, f"CREATE (:Recipe {{input: {schema}}}) CREATE (a {{text: $text, to: $to}})")
    problem = refused(await ask.post("/runs", {"recipe": name, "input": {}}), 422, "input_invalid")
    assert "text" in problem["detail"]
    assert problem["problems"]
    refused(await ask.post(f"/webhooks/named/{name}/trigger", {"text": 1}), 422, "input_invalid")
    run = await ask.run(name, {"text": "x"})
    assert run["input"] == {"text": "x", "to": "en"}


WRONG_STARTS = [
    ({}, "either"),
    ({"recipe": "a", "cypher": "CREATE (a)"}, "either"),
    ({"recipe": None, "cypher": None}, "either"),
    ({"recipe": 5}, "recipe"),
    ({"recipe": ["a"]}, "recipe"),
    ({"cypher": {"a": 1}}, "cypher"),
    ([], "object"),
    ("text", "object"),
    (None, "object"),
]


@pytest.mark.parametrize(("given", "word"), WRONG_STARTS)
async def test_a_start_that_does_not_fit_is_refused(ask: Ask, given: object, word: str) -> None:
    answer = await ask.request("POST", "/runs", json=given) if given is not None else await ask.send("/runs", "null")
    assert word in refused(answer, 422, "request_invalid")["detail"]


async def test_an_unknown_field_of_a_start_is_refused_with_the_nearest(ask: Ask) -> None:
    problem = refused(await ask.post("/runs", {"cypher": "CREATE (a)", "inputs": {}}), 422, "request_invalid")
    assert problem["did_you_mean"] == "input"


async def test_an_unknown_recipe_cannot_be_run(ask: Ask) -> None:
    await ask.store("nightly_import", ECHO)
    problem = refused(await ask.post("/runs", {"recipe": "nightly_imports"}), 404, "unknown_recipe")
    assert problem["did_you_mean"] == "nightly_import"


async def test_a_wrong_recipe_that_is_sent_along_is_refused_with_its_diagnostics(ask: Ask) -> None:
    problem = refused(await ask.post("/runs", {"cypher": "CREATE (a:nope)-[:X]->(b)"}), 422, "recipe_invalid")
    assert len(problem["diagnostics"]) == 2


@pytest.mark.parametrize("given", [5, "text", [1, 2], None, True, 2**63 - 1, -(2**63), 9007199254740993, "𝄞\u0000"])
async def test_the_input_of_a_run_may_be_any_json_value(ask: Ask, given: object) -> None:
    text = {"cypher": "CREATE (a {got: $input}) RETURN a.got AS got", "input": given}
    run = body(await ask.post("/runs", text, prefer="wait=20"))
    assert (run["input"], run["result"]) == (given, {"got": given})


async def test_a_run_keeps_the_version_that_it_started_with(ask: Ask, name: str) -> None:
    await ask.store(name, "CREATE (a) RETURN 1 AS n")
    run = await ask.run(name)
    await ask.store(name, "CREATE (a) RETURN 2 AS n")
    assert body(await ask.get(f"/runs/{run['id']}"))["version"] == 1
    newer = await ask.run(name)
    assert (newer["version"], newer["result"]) == (2, {"n": 2})


async def test_a_recipe_that_is_sent_along_may_be_named_by_the_request(ask: Ask) -> None:
    run = body(await ask.post("/runs", {"cypher": "(a {n: 1})", "name": "spare"}, prefer="wait=20"))
    assert run["recipe"] == "spare"


async def test_the_name_in_a_recipe_comes_before_the_one_in_the_request(ask: Ask) -> None:
    text = "CREATE (:Recipe {name: 'inside'}) CREATE (a {n: 1})"
    run = body(await ask.post("/runs", {"cypher": text, "name": "outside"}, prefer="wait=20"))
    assert run["recipe"] == "inside"


async def test_a_name_beside_a_stored_recipe_is_refused(ask: Ask, name: str) -> None:
    await ask.store(name, ECHO)
    assert (await ask.post("/runs", {"recipe": name, "name": "four"})).status_code == 422


LOOP = """
CREATE (begin)-[:FOR_EACH {item: 'word', in: $words, concurrency: 2, on_fail: 'collect'}]->
       (trim:string_ops {operation: 'trim', text: word})
CREATE (trim)-[:ON_SUCCESS]->(upper:string_ops {operation: 'upper', text: trim.result})-[:COLLECT]->
       (all {words: [u IN upper | u.result]})
RETURN all.words AS words
"""


async def looped(ask: Ask) -> dict[str, Any]:
    start = {"cypher": LOOP, "input": {"words": [" a ", "b", 7]}}
    return body(await ask.post("/runs", start, prefer="wait=20"))


async def test_steps_of_a_loop_are_told_in_the_order_of_the_graph_and_of_the_items(ask: Ask) -> None:
    run = await looped(ask)
    assert (run["state"], run["result"]) == ("succeeded", {"words": ["A", "B", None]})
    told = [(s["name"], s["item"], s["state"]) for s in run["steps"]]
    assert told == [
        ("begin", [], "succeeded"),
        *[("trim", [0], "succeeded"), ("trim", [1], "succeeded"), ("trim", [2], "failed")],
        *[("upper", [0], "succeeded"), ("upper", [1], "succeeded"), ("upper", [2], "skipped")],
        ("all", [], "succeeded"),
    ]


async def test_the_step_of_an_item_is_asked_for_by_its_place(ask: Ask) -> None:
    run = await looped(ask)
    step = body(await ask.get(f"/runs/{run['id']}/steps/upper?item=1"))
    assert (step["item"], step["output"], len(step["attempts"])) == ([1], {"result": "B"}, 1)


@pytest.mark.parametrize(
    ("address", "told"),
    [("upper", "?item=2"), ("upper?item=3", "?item=2"), ("upper?item=1,0", "?item=2"), ("all?item=0", "not in a loop")],
)
async def test_an_item_that_is_not_there_is_unknown(ask: Ask, address: str, told: str) -> None:
    run = await looped(ask)
    answer = await ask.get(f"/runs/{run['id']}/steps/{address}")
    assert told in refused(answer, 404, "unknown_step")["detail"]


@pytest.mark.parametrize("item", ["x", "-1", "1,", "1.0", "٢", "9999999999"])
async def test_a_place_that_is_none_is_refused(ask: Ask, item: str) -> None:
    run = await looped(ask)
    answer = await ask.get(f"/runs/{run['id']}/steps/upper?item={quote(item)}")
    assert answer.status_code in (400, 422) and "pattern" not in answer.text


async def test_a_turn_that_succeeded_is_told_as_such_though_the_step_failed(ask: Ask) -> None:
    text = "CREATE (a:string_ops {operation: 'trim', text: 'x', repeat: {until: a.result = 'y', every: 0, times: 2}})"
    run = body(await ask.post("/runs", {"cypher": text}, prefer="wait=20"))
    assert run["error"]["code"] == "repeat_exhausted"
    step = body(await ask.get(f"/runs/{run['id']}/steps/a"))
    assert [(a["attempt"], a["state"]) for a in step["attempts"]] == [(1, "succeeded"), (2, "succeeded")]
