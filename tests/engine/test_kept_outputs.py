"""What `cache` keeps outlives the engine in a file, which may be slow, wrong, full or gone."""

from __future__ import annotations

import asyncio
import json
import logging
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import apsw
import pytest

from cypher_executor.adapters.sqlite import SqliteOutputs, look_at_outputs, outputs
from cypher_executor.adapters.sqlite.outputs import CACHE_FILE, MAX_AGE_US
from cypher_executor.engine import Engine, cache
from cypher_executor.engine.cache import CHECKED_EVERY
from tests.engine.support import Bench
from tests.engine.test_cache import TEXT, Work, bench, run

OF_ONE = ("succeeded", {"a": {"of": {"v": 1}}})


def keeping(folder: Path, text: str = TEXT) -> tuple[Bench, Work]:
    b, work = bench(text)
    b.outputs = SqliteOutputs(folder, b.clock.now_us)
    return b, work


@asynccontextmanager
async def started(b: Bench) -> AsyncIterator[Engine]:
    """An engine to which the file has told what it has, which is the first that its thread does."""
    took = cache.Cache.take
    with pytest.MonkeyPatch.context() as patch:
        taken: list[Any] = []
        patch.setattr(cache.Cache, "take", lambda self, earlier: (took(self, earlier), taken.append(earlier)))
        async with b.running() as engine:
            while not taken:
                await asyncio.sleep(0.001)
            yield engine


def rows(folder: Path, question: str = "SELECT output FROM outputs") -> list[Any]:
    connection = apsw.Connection(str(folder / CACHE_FILE))
    try:
        return connection.execute(question).fetchall()
    finally:
        connection.close()


async def test_an_output_outlives_a_restart(tmp_path: Path) -> None:
    b, work = keeping(tmp_path)
    async with started(b) as engine:
        assert await run(engine, b) == OF_ONE
    async with started(b) as engine:
        assert await run(engine, b) == OF_ONE
        assert (len(work.inputs), engine.load.cache_hits) == (1, 1)
    assert stat.S_IMODE((tmp_path / CACHE_FILE).stat().st_mode) == 0o600
    assert look_at_outputs(tmp_path, deep=True) == []


async def test_a_tenant_sees_nothing_of_another_after_a_restart(tmp_path: Path) -> None:
    b, work = keeping(tmp_path)
    async with started(b) as engine:
        await run(engine, b, tenant="one")
    async with started(b) as engine:
        await run(engine, b, tenant="two")
        assert len(work.inputs) == 2


async def test_a_row_that_is_not_what_its_digest_says_is_not_believed(tmp_path: Path) -> None:
    b, _ = keeping(tmp_path)
    async with started(b) as engine:
        await run(engine, b)
    rows(tmp_path, """UPDATE outputs SET output = CAST('"forged"' AS BLOB)""")
    assert [one.code for one in look_at_outputs(tmp_path, deep=True)] == ["cache_damaged"]
    async with started(b) as engine:
        assert await run(engine, b) == OF_ONE
    assert [json.loads(output) for (output,) in rows(tmp_path)] == [{"of": {"v": 1}}]


async def test_a_poisoned_output_is_found_and_thrown_out_of_the_file_too(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    b, work = keeping(tmp_path)
    work.output = lambda e: "poison"
    async with started(b) as engine:
        await run(engine, b)
    work.output = lambda e: "good"
    async with started(b) as engine:
        seen = 1
        while (await run(engine, b))[1]["a"] == "poison":
            seen += 1
        assert seen <= CHECKED_EVERY, "one in fifty is worked out all the same"
        assert "two different outputs" in caplog.text
        assert engine.load.cached == 0
    assert rows(tmp_path) == []


@pytest.mark.parametrize("size", [5, 100_000])
async def test_a_file_that_is_none_is_thrown_away(tmp_path: Path, size: int) -> None:
    (tmp_path / CACHE_FILE).write_bytes(b"x" * size)
    assert [one.severity for one in look_at_outputs(tmp_path, deep=False)] == ["warning"]
    b, work = keeping(tmp_path)
    for _ in range(2):
        async with started(b) as engine:
            assert await run(engine, b) == OF_ONE
    assert len(work.inputs) == 1


async def test_a_file_that_cannot_be_made_holds_up_nothing(tmp_path: Path) -> None:
    (tmp_path / CACHE_FILE).mkdir()
    b, work = keeping(tmp_path)
    async with started(b) as engine:
        assert [await run(engine, b) for _ in range(2)] == [OF_ONE] * 2
    assert len(work.inputs) == 1


async def test_a_full_disk_keeps_nothing_and_holds_up_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    opens = outputs._open

    def small(path: Path) -> apsw.Connection:
        connection = opens(path)
        connection.execute("PRAGMA max_page_count = 8").fetchall()
        return connection

    monkeypatch.setattr(outputs, "_open", small)
    b, work = keeping(tmp_path)
    work.output = lambda e: "x" * 20_000
    async with started(b) as engine:
        for v in range(20):
            assert (await run(engine, b, v))[0] == "succeeded"
        assert engine.load.cached == 20
    assert len(rows(tmp_path)) < 20
    assert [one for one in caplog.records if one.levelno >= logging.ERROR] == []


async def test_the_file_is_bounded_as_memory_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MAX_ENTRIES", 3)
    b, work = keeping(tmp_path)
    async with started(b) as engine:
        for v in range(10):
            b.clock.us += 1
            await run(engine, b, v)
    assert len(rows(tmp_path)) == 3
    monkeypatch.setattr(cache, "MAX_ENTRIES", 2)
    async with started(b) as engine:
        assert engine.load.cached == 2
        await run(engine, b, 9)
        assert len(work.inputs) == 10, "the newest is there"
    assert len(rows(tmp_path)) == 2


async def test_what_is_too_old_is_forgotten(tmp_path: Path) -> None:
    b, _ = keeping(tmp_path, "CREATE (a:work {v: $v, cache: '365d'})")
    async with started(b) as engine:
        await run(engine, b)
    b.clock.us += MAX_AGE_US + 1
    async with started(b) as engine:
        assert engine.load.cached == 0
    assert rows(tmp_path) == []


async def test_what_waits_to_be_written_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "MAX_PENDING_BYTES", -1)
    b, work = keeping(tmp_path)
    async with started(b) as engine:
        assert [await run(engine, b) for _ in range(2)] == [OF_ONE] * 2
        assert len(work.inputs) == 1
    assert rows(tmp_path) == []


# --- defects ----------------------------------------------------------------------------------------------------------


def digests_are_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    read = outputs._rows
    patch.setattr(outputs, "_rows", lambda connection: ((one, True) for one, _ in read(connection)))


def nothing_is_written(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SqliteOutputs, "keep", lambda self, one: None)


def what_is_wrong_stays_on_disk(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SqliteOutputs, "drop", lambda self, key: None)


def a_damaged_file_is_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SqliteOutputs, "_throw_away", lambda self: None)


CAUGHT: list[tuple[Callable[[pytest.MonkeyPatch], None], Callable[..., Awaitable[None]]]] = [
    (digests_are_not_looked_at, test_a_row_that_is_not_what_its_digest_says_is_not_believed),
    (nothing_is_written, test_an_output_outlives_a_restart),
    (what_is_wrong_stays_on_disk, test_the_file_is_bounded_as_memory_is),
    (a_damaged_file_is_kept, test_a_file_that_is_none_is_thrown_away),
]


@pytest.mark.parametrize(("plant", "test"), CAUGHT, ids=[plant.__name__ for plant, _ in CAUGHT])
async def test_a_planted_defect_turns_a_test_red(
    plant: Callable[[pytest.MonkeyPatch], None],
    test: Callable[..., Awaitable[None]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    plant(monkeypatch)
    more: dict[str, Any] = {"size": 100_000} if test is test_a_file_that_is_none_is_thrown_away else {}
    more |= {"monkeypatch": monkeypatch} if test is test_the_file_is_bounded_as_memory_is else {}
    with pytest.raises((AssertionError, BaseExceptionGroup)):
        await test(tmp_path, **more)
