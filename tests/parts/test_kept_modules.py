"""What a recipe was stored with, and a run began with, is what runs: across restarts, whatever becomes of the parts."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from cypher_executor.core.keys import OPERATOR
from cypher_executor.core.parts import digest_of
from cypher_executor.library import Library
from cypher_executor.settings import Settings
from cypher_executor.uploads import Sent, Uploads
from cypher_executor.wiring import House, open_house
from tests.worker.modules import printing

MANIFEST = 'name = "mine"\nversion = "{version}"\nsummary = "Mine."\nadditional = true\n'
ONE, TWO = printing(b'"one"'), printing(b'"two"')


def put(folder: Path, code: bytes, version: str) -> None:
    (folder / "mine").mkdir(parents=True, exist_ok=True)
    (folder / "mine" / "mine.wasm").write_bytes(code)
    (folder / "mine" / "part.toml").write_text(MANIFEST.format(version=version), "utf-8")


def house(data: Path, parts: Path | None = None) -> Any:
    settings = Settings(data_dir=data, parts_dir=parts, workers=1, seeds=False, drain_s=0.0, _env_file=None)  # type: ignore[call-arg]
    return open_house(settings)


async def ended(house: House, run: Any) -> Any:
    assert await house.engine.wait(run, 30)
    return await house.engine.inspect(run, lambda run: run.ended and run.ended.result)


async def ran(house: House, name: str) -> Any:
    return await ended(house, (await house.engine.start(await house.library.prepare(OPERATOR, name, {}))).run)


async def test_a_stored_recipe_runs_what_it_was_stored_with_when_the_folder_has_another_part(tmp_path: Path) -> None:
    folder, data, text = tmp_path / "parts", tmp_path / "data", "CREATE (a:mine) RETURN a"
    put(folder, ONE, "1.0.0")
    async with house(data, folder) as opened:
        await opened.library.save(OPERATOR, text, "kept")
    put(folder, TWO, "2.0.0")
    async with house(data, folder) as opened:
        assert await ran(opened, "kept") == {"a": "one"}
        saved = await opened.library.save(OPERATOR, text, "kept")
        assert (saved.version.version, saved.version.pins) == (2, {"mine": digest_of(TWO)})
        assert await ran(opened, "kept") == {"a": "two"}
        await opened.library.point(OPERATOR, "kept", 1)
        assert await ran(opened, "kept") == {"a": "one"}
    shutil.rmtree(folder)
    async with house(data) as opened:
        assert await ran(opened, "kept") == {"a": "one"}


async def test_an_open_run_goes_on_with_what_it_began_with(tmp_path: Path) -> None:
    folder, data = tmp_path / "parts", tmp_path / "data"
    put(folder, ONE, "1.0.0")
    waits = "CREATE (w:wait {seconds: 3})-[:ON_SUCCESS]->(a:mine {}) RETURN a"
    async with house(data, folder) as opened:
        run = (await opened.engine.start(await opened.library.prepare_text(waits, {}))).run
    put(folder, TWO, "2.0.0")
    async with house(data, folder) as opened:
        assert await ended(opened, run) == {"a": "one"}


async def test_a_part_that_was_brought_along_is_there_after_a_restart(tmp_path: Path) -> None:
    async with house(tmp_path) as opened:
        await opened.uploads.put("mine", Sent(ONE))
        await opened.uploads.put("mine", Sent(TWO, MANIFEST.format(version="2.0.0")))
        await opened.library.save(OPERATOR, "CREATE (a:mine {}) RETURN a", "uses")
    async with house(tmp_path) as opened:
        part = opened.parts.find("mine")
        assert part is not None and (part.version, part.digest) == ("2.0.0", digest_of(TWO))
        assert await ran(opened, "uses") == {"a": "two"}


async def test_a_module_that_was_damaged_in_the_journal_is_refused(tmp_path: Path) -> None:
    async with house(tmp_path) as opened:
        await opened.uploads.put("mine", Sent(ONE))
        own = opened.uploads._own
        sql, values = "UPDATE part_modules SET module = ?", (ONE[:-1] + b"\xff",)
        await own._database.write(lambda connection: connection.execute(sql, values).fetchall())
        from cypher_executor.errors import NotFound

        with pytest.raises(NotFound, match="damaged"):
            await opened.parts.module(digest_of(ONE))


def nothing_is_kept(patch: pytest.MonkeyPatch) -> None:
    async def keep(*_: Any) -> None: ...

    patch.setattr(Uploads, "keep", keep)


def stored_recipes_run_what_parts_are_now(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Library, "_running", lambda self, pins: {})


Test = Callable[[Path], Awaitable[None]]


@pytest.mark.parametrize(
    ("plant", "test"),
    [
        (nothing_is_kept, test_a_stored_recipe_runs_what_it_was_stored_with_when_the_folder_has_another_part),
        (nothing_is_kept, test_an_open_run_goes_on_with_what_it_began_with),
        (
            stored_recipes_run_what_parts_are_now,
            test_a_stored_recipe_runs_what_it_was_stored_with_when_the_folder_has_another_part,
        ),
    ],
)
async def test_a_planted_defect_turns_a_test_red(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None], test: Test
) -> None:
    plant(monkeypatch)
    with pytest.raises((AssertionError, ExceptionGroup)):
        await test(tmp_path)
