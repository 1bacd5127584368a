"""A part whose module is missing or damaged is disabled: the house opens, and only what needs this part fails."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cypher_executor.adapters import parts_folder
from cypher_executor.adapters.parts_folder import PartsFolder
from cypher_executor.core.keys import OPERATOR
from cypher_executor.core.run import Run
from cypher_executor.files import shipped
from cypher_executor.partkit.build import build
from cypher_executor.settings import Settings
from cypher_executor.wiring import open_house

MANIFEST = 'name = "{name}"\nversion = "0.1.0"\nsummary = "Mine."\nadditional = true\n'
Damage = Callable[[Path], object]


def remove(module: Path) -> None:
    module.unlink()


def cut(module: Path) -> None:
    module.write_bytes(module.read_bytes()[:200])


def empty(module: Path) -> None:
    module.write_bytes(b"")


def replace_by_text(module: Path) -> None:
    module.write_text("<html>not found</html>", "utf-8")


def replace_by_folder(module: Path) -> None:
    module.unlink()
    module.mkdir()


def lock(module: Path) -> None:
    module.chmod(0)


DAMAGES = [remove, cut, empty, replace_by_text, replace_by_folder]
UNREADABLE = pytest.param(lock, marks=pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything"))


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A user's folder with two parts, `sound` and `broken`, both made of the shipped `set`."""
    folder = tmp_path / "parts"
    for name in ("sound", "broken"):
        (folder / name).mkdir(parents=True)
        shutil.copy(shipped("parts") / "set" / "set.wasm", folder / name / f"{name}.wasm")
        (folder / name / "part.toml").write_text(MANIFEST.format(name=name), "utf-8")
    return folder


async def ended(parts: Path, data: Path, text: str) -> Run:
    settings = Settings(data_dir=data, parts_dir=parts, workers=1, seeds=False, _env_file=None)  # type: ignore[call-arg]
    async with open_house(settings) as house:
        await house.library.save(OPERATOR, text, "mine")
        started = await house.engine.start(await house.library.prepare(OPERATOR, "mine", {}))
        assert await house.engine.wait(started.run, 30)
        found = await house.engine.inspect(started.run, lambda run: run)
        assert found is not None
        return found


@pytest.mark.parametrize("damage", [*DAMAGES, UNREADABLE])
def test_a_part_without_a_usable_module_is_disabled_and_the_log_says_why(
    mine: Path, damage: Damage, caplog: pytest.LogCaptureFixture
) -> None:
    damage(mine / "broken" / "broken.wasm")
    with caplog.at_level(logging.WARNING, parts_folder.__name__):
        store = PartsFolder([shipped("parts"), mine])
    broken, sound = store.find("broken"), store.find("sound")
    assert broken is not None and broken.digest is None
    assert sound is not None and sound.digest is not None
    assert list(store.disabled) == ["broken"]
    (told,) = caplog.messages
    assert "the part 'broken' is disabled" in told and store.disabled["broken"] in told and "part_unavailable" in told


async def test_a_step_of_a_disabled_part_fails_and_the_others_run(mine: Path, tmp_path: Path) -> None:
    remove(mine / "broken" / "broken.wasm")
    text = """
    CREATE (good:sound {x: 1})-[:ON_SUCCESS]->(bad:broken {x: 2})-[:ON_FAIL]->(told {code: bad.error.code})
    RETURN good.x AS x, told.code AS code
    """
    run = await ended(mine, tmp_path / "data", text)
    assert run.ended is not None and run.ended.result == {"x": 1, "code": "part_unavailable"}


async def test_a_stored_recipe_whose_part_was_damaged_since_fails_and_runs_again_when_it_is_back(
    mine: Path, tmp_path: Path
) -> None:
    text, module = "CREATE (a:broken {x: 2}) RETURN a.x AS x", mine / "broken" / "broken.wasm"
    sound = module.read_bytes()
    states = []
    for content in (sound, sound[:-1], sound):
        module.write_bytes(content)
        run = await ended(mine, tmp_path / "data", text)
        assert run.ended is not None
        states.append(run.ended.state)
    assert states == ["succeeded", "failed", "succeeded"]


def test_a_damaged_module_can_be_built_again(tmp_path: Path) -> None:
    home = tmp_path / "mine"
    home.mkdir()
    manifest = MANIFEST.format(name="mine") + '[build]\ncommand = ["cp", "good.bin", "{module}"]\n'
    (home / "part.toml").write_text(manifest, "utf-8")
    shutil.copy(shipped("parts") / "set" / "set.wasm", home / "good.bin")
    (home / "mine.wasm").write_bytes(b"damaged")
    assert [one.state for one in build(tmp_path)] == ["written"]
    assert PartsFolder([tmp_path]).disabled == {}
