"""POST /runs/actions: the runs that a query finds, and what becomes of each."""

from __future__ import annotations

from typing import Any

import pytest

from cypher_executor.engine import Engine
from cypher_executor.errors import Unavailable
from cypher_executor.wiring import House
from tests.service.support import FAILS, LASTS, Ask, body, refused

OF = "MATCH (r:Run)-[:OF]->(:Recipe {name: $name}) RETURN r ORDER BY r.id"


async def acted(ask: Ask, action: str, name: str, **more: Any) -> dict[str, Any]:
    wish = {"action": action, "where": OF, "parameters": {"name": name}, **more}
    answer = await ask.post("/runs/actions", wish)
    assert answer.status_code == 200, answer.text
    return body(answer)


async def begun(ask: Ask, name: str, count: int = 1) -> list[str]:
    return [body(await ask.post("/runs", {"recipe": name}))["id"] for _ in range(count)]


def fates(told: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(run["outcome"], run["code"]) for run in told["runs"]]


async def test_a_dry_run_does_nothing_and_a_deed_does_it_once(ask: Ask, name: str) -> None:
    await ask.store(name, LASTS)
    runs = await begun(ask, name, 3)
    dry = await acted(ask, "cancel", name)
    assert (dry["dry_run"], dry["found"], dry["counts"]) == (True, 3, {"would": 3})
    assert [run["run"] for run in dry["runs"]] == runs
    assert {body(await ask.get(f"/runs/{run}"))["state"] for run in runs} == {"waiting"}
    done = await acted(ask, "cancel", name, dry_run=False, reason="over", expect=3)
    assert done["counts"] == {"done": 3} and {run["state"] for run in done["runs"]} == {"cancelled"}
    again = await acted(ask, "cancel", name, dry_run=False)
    assert again["counts"] == {"unchanged": 3} and fates(again) == [("unchanged", "run_ended")] * 3


async def test_runs_are_paused_resumed_and_retried(ask: Ask, name: str) -> None:
    await ask.store(name, LASTS)
    (run,) = await begun(ask, name)
    assert fates(await acted(ask, "resume", name, dry_run=False)) == [("unchanged", "run_not_paused")]
    assert fates(await acted(ask, "pause", name, dry_run=False)) == [("done", None)]
    assert body(await ask.get(f"/runs/{run}"))["paused"]
    assert fates(await acted(ask, "pause", name, dry_run=False)) == [("unchanged", "run_paused")]
    assert fates(await acted(ask, "resume", name, dry_run=False)) == [("done", None)]
    assert fates(await acted(ask, "retry", name, dry_run=False)) == [("unchanged", "run_not_ended")]
    await acted(ask, "cancel", name, dry_run=False)
    assert fates(await acted(ask, "retry", name, dry_run=False)) == [("done", None)]
    assert fates(await acted(ask, "pause", name)) == [("would", None)]
    await acted(ask, "cancel", name, dry_run=False)


async def test_one_that_is_refused_holds_up_no_other(ask: Ask, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await ask.store(name, FAILS)
    first, second = (await ask.run(name))["id"], (await ask.run(name))["id"]
    retry = Engine.retry

    async def broken(self: Engine, run: Any, reason: str = "") -> None:
        if run == first:
            raise Unavailable("the disk is away", code="journal_unavailable")
        await retry(self, run, reason)

    monkeypatch.setattr(Engine, "retry", broken)
    told = await acted(ask, "retry", name, dry_run=False)
    assert [(r["run"], *f) for r, f in zip(told["runs"], fates(told), strict=True)] == [
        (first, "refused", "journal_unavailable"),
        (second, "done", None),
    ]
    assert told["runs"][0]["message"] == "the disk is away"


async def test_runs_are_taken_out_of_rows_wherever_they_are(ask: Ask, name: str) -> None:
    await ask.store(name, LASTS)
    (run,) = await begun(ask, name)
    for result in ("p", "[r]", "{run: [r, s]}", "s, r", "collect(r) AS all"):
        where = f"MATCH p = (r:Run {{id: $id}})-[:RAN]->(s:Step) RETURN {result}"
        told = body(await ask.post("/runs/actions", {"action": "cancel", "where": where, "parameters": {"id": run}}))
        assert [one["run"] for one in told["runs"]] == [run]
    await acted(ask, "cancel", name, dry_run=False)


async def test_what_is_not_to_be_acted_on_is_refused_as_a_whole(ask: Ask, name: str) -> None:
    await ask.store(name, LASTS)
    await begun(ask, name, 2)
    wish = {"action": "cancel", "where": OF, "parameters": {"name": name}, "dry_run": False}
    refused(await ask.post("/runs/actions", {**wish, "expect": 1}), 409, "selection_changed")
    refused(await ask.post("/runs/actions", {**wish, "limit": 1}), 422, "too_many_found")
    refused(
        await ask.post("/runs/actions", {**wish, "where": "RETURN 1 AS x", "parameters": {}}), 422, "no_runs_returned"
    )
    refused(await ask.post("/runs/actions", {**wish, "where": "MATCH (n) DELETE n"}), 422, "query_text_invalid")
    refused(await ask.post("/runs/actions", {**wish, "where": "RETURN 1 / 0 AS x"}), 422, "expression_error")
    refused(await ask.post("/runs/actions", {**wish, "action": "delete"}), 422, "request_invalid")
    refused(await ask.post("/runs/actions", {**wish, "parameters": {}}), 422, "parameter_missing")
    assert (await acted(ask, "cancel", name))["counts"] == {"would": 2}
    assert (await acted(ask, "cancel", name, dry_run=False))["counts"] == {"done": 2}
    nothing = await acted(ask, "cancel", f"{name} that is not there", dry_run=False)
    assert (nothing["found"], nothing["runs"]) == (0, [])


async def test_runs_of_another_tenant_are_not_found(ask: Ask, house: House) -> None:
    theirs = await house.engine.start(await house.library.prepare_text(LASTS, {}), tenant="another")
    where = "MATCH (r:Run {id: $id}) RETURN r"
    told = body(
        await ask.post(
            "/runs/actions",
            {"action": "cancel", "where": where, "parameters": {"id": theirs.run}, "dry_run": False},
        )
    )
    assert told["found"] == 0
    assert await house.engine.inspect(theirs.run, lambda run: run.state) == "waiting"
    assert await house.engine.cancel(theirs.run)
