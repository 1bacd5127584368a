"""Beyond the limits a caller is told so at once, with when to come back; an accepted key is answered all the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cypher_executor.core.events import RunId
from cypher_executor.engine.admission import Admission, Bounds
from cypher_executor.wiring import House, _bounds
from tests.service.support import ECHO, LASTS, Ask, body, refused


@pytest.fixture
def full(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Admission]:
    """A service that takes on no more inputs than it has."""
    admission = house.engine._admission
    monkeypatch.setattr(admission, "_bounds", Bounds(input_bytes=1))
    monkeypatch.setattr(admission, "_all_bytes", admission._all_bytes + 1)
    yield admission


async def test_a_recipe_with_as_many_runs_as_it_may_have_answers_429(ask: Ask, house: House, name: str) -> None:
    await ask.store(name, "CREATE (:Recipe {max_runs: 1}) " + LASTS)
    first = body(await ask.post("/runs", {"recipe": name}))["id"]
    for answer in (
        await ask.post("/runs", {"recipe": name}),
        await ask.post(f"/webhooks/named/{name}/trigger?async=1", {}),
    ):
        problem = refused(answer, 429, "too_many_runs")
        assert int(answer.headers["retry-after"]) >= 1 and problem["retryable"] is True
    await ask.post(f"/runs/{first}/cancel")
    assert await house.engine.wait(RunId(first), 20)
    again = body(await ask.post("/runs", {"recipe": name}))["id"]
    await ask.post(f"/runs/{again}/cancel")


async def test_a_service_that_is_full_answers_503_on_every_way_in(
    ask: Ask, house: House, name: str, full: Admission
) -> None:
    hook, schedule = f"(:webhook {{path: '{name}', auth: 'none'}})", "(c:cron {schedule: '@daily', input: {x: 1}})"
    await ask.store(name, f"CREATE {hook}-[:STARTS]->(a)<-[:STARTS]-{schedule}")
    open_runs = house.engine.open_runs
    for answer in (
        await ask.post("/runs", {"recipe": name, "input": {"x": 1}}),
        await ask.post(f"/webhooks/named/{name}/trigger?async=1", {"x": 1}),
        await ask.post(f"/hooks/{name}", {"x": 1}),
        await ask.post(f"/schedules/{name}/c/run"),
    ):
        problem = refused(answer, 503, "overloaded")
        assert int(answer.headers["retry-after"]) >= 1 and problem["retryable"] is True
    assert house.engine.open_runs == open_runs
    assert (await ask.get(f"/recipes/{name}")).status_code == 200


async def test_a_key_that_was_accepted_is_answered_by_a_service_that_is_full(
    ask: Ask, name: str, request: pytest.FixtureRequest
) -> None:
    await ask.store(name, ECHO)
    first = await ask.post("/runs", {"recipe": name}, idempotency_key="k")
    request.getfixturevalue("full")
    again = await ask.post("/runs", {"recipe": name}, idempotency_key="k")
    assert body(again)["id"] == body(first)["id"]
    refused(await ask.post("/runs", {"recipe": name, "input": {"y": 1}}, idempotency_key="other"), 503, "overloaded")


async def test_a_refused_start_binds_no_key(ask: Ask, house: House, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await ask.store(name, ECHO)
    with monkeypatch.context() as patch:
        patch.setattr(house.engine._admission, "_bounds", Bounds(open_runs=0))
        refused(await ask.post("/runs", {"recipe": name}, idempotency_key="k"), 429, "too_many_runs")
    assert body(await ask.get(f"/runs?recipe={name}"))["runs"] == []
    another = await ask.post("/runs", {"recipe": name, "input": {"x": 1}}, idempotency_key="k", prefer="wait=20")
    assert body(another)["result"] == {"x": 1}


async def test_runs_that_wait_for_their_turn_are_accepted(ask: Ask, house: House, name: str) -> None:
    await ask.store(name, "CREATE (:Recipe {concurrency_limit: 1, concurrency_key: $user}) " + LASTS)
    runs = [body(await ask.post("/runs", {"recipe": name, "input": {"user": 1}}))["id"] for _ in range(3)]
    assert house.engine.load.waiting_runs == 2
    assert [body(await ask.get(f"/runs/{run}"))["state"] for run in runs] == ["waiting", "pending", "pending"]
    pending = body(await ask.get(f"/runs?recipe={name}&state=pending"))["runs"]
    assert sorted(line["id"] for line in pending) == runs[1:]
    for run in runs:
        await ask.post(f"/runs/{run}/cancel")
        assert await house.engine.wait(RunId(run), 20)
    assert house.engine.load.waiting_runs == 0


def test_limits_come_from_the_settings(house: House) -> None:
    chosen = {"max_open_runs": 1, "max_input_mb": 2, "max_queued_steps": 3, "max_run_mb": 4}
    bounds = _bounds(house.settings.model_copy(update=chosen))
    assert bounds == Bounds(open_runs=1, input_bytes=2 * 2**20, queued=3, run_bytes=4 * 2**20)
    assert _bounds(house.settings) == Bounds()
