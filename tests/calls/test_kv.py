"""The key-value store of recipes, over the real database: whose keys, how long, how much, and each change once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cypher_executor.adapters.calls_kv import kv_ops
from cypher_executor.adapters.sqlite import Database, SqliteJournal, SqliteKeyValues, kv
from cypher_executor.core.events import RunEnded, RunId, RunStarted
from cypher_executor.core.grants import RecipeGrants
from cypher_executor.core.parts import Grants
from cypher_executor.core.recipe import Digest
from cypher_executor.ports import CallContext, CallHandler, Entry, Opening

RUN = RunId("run_1")
CONTEXT = CallContext(
    run=RUN,
    node="n",
    item=(),
    attempt=1,
    part="kv_put",
    key="run_1:n::1",
    grants=Grants(kv=True),
    allowed=RecipeGrants(kv=True),
    recipe="r",
)
Ops = Mapping[str, CallHandler]


class Hand:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.us = 1_700_000_000_000_000

    def now_us(self) -> int:
        return self.us

    def new_run_id(self) -> RunId:
        return RUN


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
async def database(tmp_path: Path, clock: Hand) -> AsyncIterator[Database]:
    """A database with one run that goes on."""
    one = Database(tmp_path)
    await begin(one, clock, RUN)
    yield one
    await one.close()


@pytest.fixture
def ops(database: Database, clock: Hand) -> Ops:
    return kv_ops(SqliteKeyValues(database), clock)


async def begin(database: Database, clock: Hand, run: RunId) -> None:
    started = RunStarted(
        at_us=clock.us, run=run, recipe=Digest("sha256:r"), name="r", version=1, input={}, trigger={}, parts={}
    )
    await SqliteJournal(database, clock.now_us).append([Entry(run, 0, (started,), Opening("CREATE (a)"))])


async def call(ops: Ops, op: str, context: CallContext = CONTEXT, **request: Any) -> Any:
    return await ops[op]({"op": op, **request}, context)


def other(**more: Any) -> CallContext:
    """Another call of the same step, unless something else is said."""
    return replace(CONTEXT, **({"key": "run_1:n::1:1"} | more))


async def get(ops: Ops, key: str, context: CallContext = CONTEXT) -> Any:
    answer = await call(ops, "kv_get", context, key=key)
    assert answer["ok"] is True
    return answer["value"]


@pytest.mark.parametrize("value", [1, 1.5, "x", "", [], {"a": [None, True]}, False, None, 2**53 + 1, "🔑"])
async def test_a_value_comes_back_as_it_was_put(ops: Ops, value: Any) -> None:
    assert await call(ops, "kv_put", key="k", value=value) == {"ok": True}
    assert await get(ops, "k") == value


async def test_a_key_that_is_not_there_is_null(ops: Ops) -> None:
    assert await get(ops, "k") is None
    assert await call(ops, "kv_delete", key="k") == {"ok": True, "deleted": False}


async def test_a_deleted_key_is_gone(ops: Ops) -> None:
    await call(ops, "kv_put", key="k", value=1)
    assert await call(ops, "kv_delete", other(), key="k") == {"ok": True, "deleted": True}
    assert await get(ops, "k") is None


@pytest.mark.parametrize("whose", [{"tenant": "other"}, {"recipe": "other"}])
async def test_nobody_else_sees_or_deletes_a_key(ops: Ops, whose: dict[str, str]) -> None:
    await call(ops, "kv_put", key="k", value=1)
    assert await get(ops, "k", other(**whose)) is None
    assert (await call(ops, "kv_delete", other(**whose), key="k"))["deleted"] is False
    await call(ops, "kv_put", other(key="x", **whose), key="k", value=2)
    assert await get(ops, "k") == 1


async def test_a_key_is_there_until_its_time_has_passed(ops: Ops, clock: Hand) -> None:
    await call(ops, "kv_put", key="k", value=1, ttl_s=1.5)
    clock.us += 1_499_999
    assert await get(ops, "k") == 1
    clock.us += 1
    assert await get(ops, "k") is None
    assert (await call(ops, "kv_delete", other(), key="k"))["deleted"] is False


async def test_putting_again_without_a_time_keeps_a_key_for_ever(ops: Ops, clock: Hand) -> None:
    await call(ops, "kv_put", key="k", value=1, ttl_s=1)
    await call(ops, "kv_put", other(), key="k", value=2)
    clock.us += 10**12
    assert await get(ops, "k") == 2


async def test_what_has_expired_is_removed_by_later_changes(ops: Ops, clock: Hand, database: Database) -> None:
    for number in range(250):
        await call(ops, "kv_put", other(key=f"a{number}"), key=f"k{number}", value=1, ttl_s=1)
    clock.us += 2_000_000
    for number in range(3):
        await call(ops, "kv_put", other(key=f"b{number}"), key="stays", value=1)
    count = await database.read(lambda connection: connection.execute("SELECT count(*) FROM kv").get)
    assert count == 1


async def test_a_change_that_is_carried_out_again_after_a_crash_undoes_nothing(ops: Ops) -> None:
    await call(ops, "kv_put", key="k", value="mine")
    await call(ops, "kv_put", other(), key="k", value="later")
    assert await call(ops, "kv_put", key="k", value="mine") == {"ok": True}
    assert await get(ops, "k") == "later"


async def test_a_delete_that_is_carried_out_again_gives_its_first_answer(ops: Ops) -> None:
    await call(ops, "kv_put", other(), key="k", value=1)
    assert (await call(ops, "kv_delete", key="k"))["deleted"] is True
    await call(ops, "kv_put", other(key="third"), key="k", value=2)
    assert (await call(ops, "kv_delete", key="k"))["deleted"] is True
    assert await get(ops, "k") == 2


async def test_another_attempt_may_change_what_the_first_one_did(ops: Ops) -> None:
    await call(ops, "kv_put", key="k", value=1)
    await call(ops, "kv_put", replace(CONTEXT, attempt=2), key="k", value=2)
    assert await get(ops, "k") == 2


async def test_without_the_notes_a_crash_would_undo_what_others_did(ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted defect: the test above sees it."""
    monkeypatch.setattr(
        kv, "_SQL", {**kv._SQL, "done": "SELECT NULL WHERE ? <> ?", "note_done": "SELECT :run, :op, :answer"}
    )
    await call(ops, "kv_put", key="k", value="mine")
    await call(ops, "kv_put", other(), key="k", value="later")
    await call(ops, "kv_put", key="k", value="mine")
    assert await get(ops, "k") == "mine"


async def test_the_notes_of_a_run_go_with_its_end(ops: Ops, clock: Hand, database: Database) -> None:
    await call(ops, "kv_put", key="k", value=1)
    assert await notes(database) == 1
    journal = SqliteJournal(database, clock.now_us)
    await journal.append([Entry(RUN, 1, (RunEnded(at_us=clock.us, state="succeeded"),))])
    assert await notes(database) == 0
    await call(ops, "kv_put", other(), key="k", value=2)
    assert await notes(database) == 0


async def notes(database: Database) -> Any:
    return await database.read(lambda connection: connection.execute("SELECT count(*) FROM kv_done").get)


async def test_a_recipe_has_room_for_so_many_keys_and_bytes(ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kv, "MAX_KEYS", 2)
    monkeypatch.setattr(kv, "MAX_BYTES", 20)
    for number in range(2):
        assert (await call(ops, "kv_put", other(key=f"{number}"), key=f"k{number}", value=number))["ok"]
    full = await call(ops, "kv_put", other(key="2"), key="k2", value=2)
    assert full["error"]["code"] == "kv_full" and await get(ops, "k2") is None
    large = await call(ops, "kv_put", other(key="3"), key="k1", value="x" * 20)
    assert large["error"]["code"] == "kv_full" and await get(ops, "k1") == 1
    assert (await call(ops, "kv_put", other(key="4"), key="k1", value="x" * 10))["ok"]
    await call(ops, "kv_delete", other(key="5"), key="k1")
    assert (await call(ops, "kv_put", other(key="6"), key="k2", value=2))["ok"]


async def test_keys_that_have_expired_take_no_room(ops: Ops, clock: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kv, "MAX_KEYS", 1)
    await call(ops, "kv_put", key="k", value=1, ttl_s=1)
    clock.us += 1_000_000
    assert (await call(ops, "kv_put", other(), key="l", value=1))["ok"]


async def test_what_was_put_outlives_the_process(tmp_path: Path, clock: Hand) -> None:
    for expected in (None, 7):
        database = Database(tmp_path / "data")
        ops = kv_ops(SqliteKeyValues(database), clock)
        assert await get(ops, "k") == expected
        await call(ops, "kv_put", key="k", value=7)
        await database.close()


@pytest.mark.parametrize(
    "missing",
    [
        {"grants": Grants()},
        {"allowed": RecipeGrants()},
    ],
)
@pytest.mark.parametrize("op", ["kv_get", "kv_put", "kv_delete"])
async def test_both_the_operator_and_the_recipe_have_to_grant_it(ops: Ops, op: str, missing: dict[str, Any]) -> None:
    answer = await call(ops, op, other(**missing), key="k", value=1)
    assert answer["error"]["code"] == "grant_missing" and "grants" in answer["error"]["message"]
    assert await get(ops, "k") is None


@pytest.mark.parametrize(
    ("op", "request_"),
    [
        ("kv_get", {}),
        ("kv_get", {"key": ""}),
        ("kv_get", {"key": 5}),
        ("kv_get", {"key": "ä" * 257}),
        ("kv_get", {"key": "k", "default": 1}),
        ("kv_put", {"key": "k"}),
        ("kv_put", {"key": "k", "value": 1, "ttl_s": 0}),
        ("kv_put", {"key": "k", "value": 1, "ttl_s": -1}),
        ("kv_put", {"key": "k", "value": 1, "ttl_s": True}),
        ("kv_put", {"key": "k", "value": 1, "ttl_s": "1"}),
        ("kv_put", {"key": "k", "value": 1, "ttl_s": 1e18}),
        ("kv_put", {"key": "k", "value": "x" * (256 * 1024)}),
        ("kv_delete", {"key": None}),
    ],
)
async def test_a_request_that_does_not_fit_is_refused(ops: Ops, op: str, request_: dict[str, Any]) -> None:
    answer = await call(ops, op, **request_)
    assert answer["ok"] is False and answer["error"]["code"] == "request_invalid"


async def test_a_storage_that_fails_is_an_answer_worth_a_retry(ops: Ops, database: Database) -> None:
    await database.close()
    for op in ("kv_get", "kv_put", "kv_delete"):
        request = {"key": "k", "value": 1} if op == "kv_put" else {"key": "k"}
        answer = await call(ops, op, **request)
        assert answer["error"]["retryable"] is True
