"""The store over folders: what it finds, what it refuses, and that no changed byte is handed out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cypher_executor.adapters import parts_folder
from cypher_executor.adapters.parts_folder import PartsFolder
from cypher_executor.core.parts import digest_of
from cypher_executor.core.recipe import Digest
from cypher_executor.errors import Conflict, NotFound, RequestInvalid, Unavailable
from cypher_executor.files import shipped
from cypher_executor.ports import PartStore


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A user's folder with one part, `mine`, made of the shipped `set`."""
    home = tmp_path / "parts" / "mine"
    home.mkdir(parents=True)
    shutil.copy(shipped("parts") / "set" / "set.wasm", home / "mine.wasm")
    (home / "part.toml").write_text('name = "mine"\nversion = "0.1.0"\nsummary = "Mine."\n', encoding="utf-8")
    return home.parent


def test_shipped_parts_and_a_users_own_are_found_by_name_and_by_digest(mine: Path) -> None:
    store: PartStore = PartsFolder([shipped("parts"), mine])
    part = store.find("mine")
    assert part is not None
    assert part.digest is not None
    assert store.by_digest(part.digest) is not None
    assert store.find("no_such_part") is None
    assert [p.name for p in store.all()] == sorted(p.name for p in store.all())
    assert {"set", "wait", "mine"} <= {p.name for p in store.all()}


async def test_a_module_is_handed_out_when_its_digest_is_right() -> None:
    store = PartsFolder([shipped("parts")])
    for part in store.all():
        if part.digest is not None:
            assert digest_of(await store.module(part.digest)) == part.digest


async def test_a_module_that_has_changed_on_disk_is_refused(mine: Path) -> None:
    store = PartsFolder([mine])
    part = store.find("mine")
    assert part is not None
    assert part.digest is not None
    module = mine / "mine" / "mine.wasm"
    module.write_bytes(module.read_bytes()[:-1] + b"\xff")
    with pytest.raises(NotFound, match="has changed since it was loaded"):
        await store.module(part.digest)
    module.unlink()
    with pytest.raises(Unavailable, match="cannot be read"):
        await store.module(part.digest)


async def test_without_the_digest_a_changed_module_would_be_handed_out(
    mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planted defect: what the test above sees is the digest at work."""
    store = PartsFolder([mine])
    part = store.find("mine")
    assert part is not None and part.digest is not None
    module = mine / "mine" / "mine.wasm"
    changed = module.read_bytes()[:-1] + b"\xff"
    module.write_bytes(changed)
    monkeypatch.setattr(parts_folder, "digest_of", lambda data: part.digest)
    assert await store.module(part.digest) == changed


async def test_an_unknown_digest_is_not_found() -> None:
    with pytest.raises(NotFound, match="no part has a module"):
        await PartsFolder([shipped("parts")]).module(Digest("sha256:" + "0" * 64))


def test_a_later_folder_may_not_take_the_name_of_a_shipped_part(mine: Path) -> None:
    shutil.copytree(shipped("parts") / "set", mine / "set")
    with pytest.raises(Conflict, match="give it another name") as caught:
        PartsFolder([shipped("parts"), mine])
    assert caught.value.code == "part_name_taken"
    assert str(mine) in caught.value.message
    assert str(shipped("parts")) in caught.value.message


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestInvalid, match="does not exist"):
        PartsFolder([tmp_path / "none"])


def test_wrong_examples_are_refused_when_the_store_is_made_and_proven_ones_are_not_read_then(mine: Path) -> None:
    (mine / "mine" / "examples.toml").write_text("[[example]]\ntitle = 1\n", encoding="utf-8")
    with pytest.raises(RequestInvalid, match="title: Input should be a valid string"):
        PartsFolder([mine])
    part = PartsFolder([mine], proven=[mine]).find("mine")
    assert part is not None
    with pytest.raises(RequestInvalid, match="title: Input should be a valid string"):
        len(part.examples)


def test_examples_that_are_read_later_are_the_same() -> None:
    now, later = PartsFolder([shipped("parts")]), PartsFolder([shipped("parts")], proven=[shipped("parts")])
    for one, other in zip(now.all(), later.all(), strict=True):
        assert list(one.examples) == list(other.examples)
        assert one.examples[:1] == other.examples[:1]
        assert len(other.examples) > 0
