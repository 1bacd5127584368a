"""The setting that says how long runs are kept is read at the start, and kept by the service itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cypher_executor import wiring
from cypher_executor.errors import RequestInvalid
from cypher_executor.settings import Settings
from cypher_executor.wiring import open_house
from tests.service.support import body
from tests.service.test_life import living
from tests.worker.modules import printing


def settings(folder: Path, retention: str) -> Settings:
    return Settings(data_dir=folder, workers=1, seeds=False, drain_s=0.0, retention=retention, _env_file=None)  # type: ignore[call-arg]


async def test_what_is_no_longer_wanted_is_forgotten_after_the_start_and_the_rest_is_not(tmp_path: Path) -> None:
    async with living(settings(tmp_path, "")) as ask:
        done = body(await ask.post("/runs", {"cypher": "CREATE (a)"}, prefer="wait=20"))["id"]
        failed = body(await ask.post("/runs", {"cypher": "CREATE (a {x: 1 / 0})"}, prefer="wait=20"))["id"]
    async with living(settings(tmp_path, "succeeded=0")) as ask:
        while (await ask.get(f"/runs/{done}")).status_code != 404:
            await asyncio.sleep(0)
        assert (await ask.get(f"/runs/{failed}")).status_code == 200


async def test_modules_that_nothing_needs_are_let_go_after_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = settings(tmp_path, "").model_copy(update={"parts_retention": "0s"})
    monkeypatch.setattr(wiring, "EXPIRE_EVERY_S", 0.01)
    monkeypatch.setattr(wiring, "SHORTEST_PARTS_RETENTION_MS", 0)
    async with living(at_once) as ask:
        for said in (b'"one"', b'"two"', b'"three"'):
            await ask.request("PUT", "/parts/mine", content=printing(said))
            if said == b'"two"':
                await ask.store("uses", "CREATE (a:mine) RETURN a")
        while len(versions := body(await ask.get("/parts/mine/versions"))["versions"]) > 2:
            await asyncio.sleep(0.01)
        assert [version["number"] for version in versions] == [2, 3]
        assert (await ask.run("uses"))["result"] == {"a": "two"}
        await ask.store("uses", "CREATE (a:mine) RETURN a")
        assert (await ask.run("uses"))["result"] == {"a": "three"}


@pytest.mark.parametrize("given", ["59m", "soon", "", "-1h"])
async def test_a_bad_retention_of_modules_is_a_wrong_setting_at_the_start(tmp_path: Path, given: str) -> None:
    wrong = settings(tmp_path / "data", "").model_copy(update={"parts_retention": given})
    with pytest.raises(RequestInvalid, match="CYPHER_EXECUTOR_PARTS_RETENTION"):
        async with open_house(wrong):
            raise AssertionError("it began")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("rules", ["succeeded", "succeeded=soon", "open=3d", "/failed=1d", "succeeded=-1"])
async def test_a_bad_rule_is_a_wrong_setting_at_the_start(tmp_path: Path, rules: str) -> None:
    with pytest.raises(RequestInvalid, match="CYPHER_EXECUTOR_RETENTION") as refused:
        async with open_house(settings(tmp_path / "data", rules)):
            raise AssertionError("it began")
    assert refused.value.code == "setting_invalid"
    assert not (tmp_path / "data").exists()
