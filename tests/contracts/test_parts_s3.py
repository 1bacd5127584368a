"""Parts in S3, against a real server: found, cached, verified; and what happens without it."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from cypher_executor.adapters.parts_s3 import Bucket, ObjectCache, S3Parts, bucket, cache, read_address, store
from cypher_executor.core.keys import OPERATOR
from cypher_executor.core.parts import Grants, Part, digest_of
from cypher_executor.core.recipe import Digest
from cypher_executor.errors import ModuleRefused, NotFound, RecipeInvalid, Unavailable
from cypher_executor.settings import Settings
from cypher_executor.wiring import open_house
from tests.cli.support import invoke
from tests.contracts.s3 import S3Server, free_port, new_bucket
from tests.worker.modules import printing

ONE, TWO = printing(b'"one"'), printing(b'"two"')


def part(code: bytes, name: str = "mine", **more: Any) -> Part:
    return Part(name, "1.0.0", "A part.", digest_of(code), pure=True, input={"type": "object"}, **more)


def parts(folder: Path, where: Bucket, **more: Any) -> S3Parts:
    return S3Parts(where, ObjectCache(folder, str(where.address)), **more)


async def stored(where: Bucket, code: bytes = ONE, name: str = "mine", **more: Any) -> Digest:
    await parts(Path("/nowhere"), where).publish(part(code, name, **more), code)
    return digest_of(code)


async def put(where: Bucket, name: str, data: bytes) -> None:
    await where.use(lambda objects: objects.put(name, data))


def cached(folder: Path, digest: Digest) -> Path:
    """The file of an object in the cache."""
    (file,) = folder.glob(f"*/{digest.removeprefix('sha256:')}")
    return file


# --- what is there ----------------------------------------------------------------------------------------------------


async def test_what_is_published_is_found_with_all_that_its_manifest_says(server: S3Server, tmp_path: Path) -> None:
    where = await new_bucket()
    grants = Grants(http=("https://api.example.com/*",), kv=True)
    digest = await stored(where, grants=grants)
    found = parts(tmp_path, where)
    assert await found.refresh() == ("mine",)
    assert found.find("mine") == part(ONE, grants=grants) == found.by_digest(digest, "mine")
    assert [one.name for one in found.all()] == ["mine"]
    assert await found.module(digest) == ONE
    assert await found.refresh() == ()


async def test_a_new_version_is_seen_and_the_earlier_one_stays_known(server: S3Server, tmp_path: Path) -> None:
    where = await new_bucket("")
    first = await stored(where)
    found = parts(tmp_path, where)
    await found.refresh()
    second = await stored(where, TWO)
    assert await found.refresh() == ("mine",)
    assert found.find("mine") == found.by_digest(second)
    assert found.by_digest(first, "mine") is not None and await found.module(first) == ONE


async def test_a_part_that_is_taken_away_is_gone(server: S3Server, tmp_path: Path) -> None:
    where = await new_bucket()
    await stored(where)
    found = parts(tmp_path, where)
    await found.refresh()
    key = {"Bucket": where.address.bucket, "Key": where.address.prefix + "heads/mine"}
    await where.use(lambda objects: objects._client.delete_object(**key))
    assert await found.refresh() == ("mine",)
    assert found.find("mine") is None and found.all() == []


async def test_more_parts_than_fit_on_a_page_are_listed(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    where = await new_bucket()
    monkeypatch.setattr(bucket, "PAGE", 3)

    async def many(objects: bucket.Objects) -> int:
        for n in range(10):
            await objects.put(f"heads/p{n}", b"x")
        return len(await objects.tags("heads/"))

    assert await where.use(many) == 10


async def test_a_name_that_is_taken_is_not_listened_to(server: S3Server, tmp_path: Path) -> None:
    where = await new_bucket()
    await stored(where, name="set")
    await stored(where, name="mine")
    found = parts(tmp_path, where, taken=lambda name: name == "set")
    assert await found.refresh() == ("mine",)
    assert found.find("set") is None


@pytest.mark.parametrize("head", [b"", b"sha256:", b"../../etc/passwd", b"sha256:" + b"0" * 64, b"\xff" * 300])
async def test_a_head_that_leads_nowhere_holds_up_nobody(server: S3Server, tmp_path: Path, head: bytes) -> None:
    where = await new_bucket()
    await stored(where)
    await put(where, "heads/other", head)
    found = parts(tmp_path, where)
    assert await found.refresh() == ("mine",)


@pytest.mark.parametrize("record", [b"", b"[]", b"{}", b'{"part": {"name": "other"}}', b'{"part": 1}', b"\xff"])
async def test_a_record_that_says_nothing_holds_up_nobody(server: S3Server, tmp_path: Path, record: bytes) -> None:
    where = await new_bucket()
    await stored(where)
    await put(where, f"objects/{digest_of(record)[7:]}", record)
    await put(where, "heads/other", digest_of(record).encode())
    assert await parts(tmp_path, where).refresh() == ("mine",)


# --- nothing that has changed is used ---------------------------------------------------------------------------------


async def test_a_byte_that_changed_in_a_module_in_s3_is_refused(server: S3Server, tmp_path: Path) -> None:
    where = await new_bucket()
    digest = await stored(where)
    found = parts(tmp_path, where)
    await found.refresh()
    await put(where, f"objects/{digest[7:]}", ONE[:-1] + b"\xff")
    with pytest.raises(NotFound, match="not what it was"):
        await found.module(digest)
    await put(where, f"objects/{digest[7:]}", ONE)
    assert await found.module(digest) == ONE


async def test_a_byte_that_changed_in_the_cache_is_refused_and_fetched_again(server: S3Server, tmp_path: Path) -> None:
    where = await new_bucket()
    digest = await stored(where)
    found = parts(tmp_path, where)
    await found.refresh()
    await found.module(digest)
    file = cached(tmp_path, digest)
    file.write_bytes(ONE[:-1] + b"\xff")
    assert await found.module(digest) == ONE
    assert file.read_bytes() == ONE


async def test_a_byte_that_changed_in_a_record_is_refused(server: S3Server, tmp_path: Path) -> None:
    """Otherwise a part could be given grants by changing what is said of it."""
    where = await new_bucket()
    await stored(where)
    found = parts(tmp_path, where)
    await found.refresh()
    (record,) = found._heads.values()
    data = (await where.use(lambda objects: objects.get(f"objects/{record[7:]}", 10**6))) or b""
    await put(where, f"objects/{record[7:]}", data.replace(b'"kv":false', b'"kv":true '))
    again = parts(tmp_path / "other", where)
    assert await again.refresh() == () and again.find("mine") is None
    file = cached(tmp_path, record)
    file.write_bytes(data.replace(b'"kv":false', b'"kv":true '))
    loaded = parts(tmp_path, where)
    loaded.load()
    assert loaded.find("mine") is None


async def test_the_cache_is_this_users_alone_and_follows_no_links(server: S3Server, tmp_path: Path) -> None:
    where = await new_bucket()
    digest = await stored(where)
    found = parts(tmp_path / "parts", where)
    await found.refresh()
    await found.module(digest)
    file = cached(tmp_path / "parts", digest)
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700 and stat.S_IMODE(file.stat().st_mode) == 0o600
    elsewhere = tmp_path / "elsewhere"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)
    assert ObjectCache(tmp_path / "parts", str(where.address)).read(digest) is None


async def test_a_module_that_is_too_large_is_not_read(server: S3Server, tmp_path: Path) -> None:
    where = await new_bucket()
    digest = await stored(where)
    found = parts(tmp_path, where, most_module_bytes=len(ONE) - 1)
    await found.refresh()
    limit = f"{len(ONE)} bytes, more than the limit of {len(ONE) - 1}"
    with pytest.raises(ModuleRefused, match=limit) as refused:
        await found.module(digest)
    assert "CYPHER_EXECUTOR_MAX_MODULE_MB" in refused.value.message


async def test_a_record_that_is_too_large_is_not_read(
    server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = await new_bucket()
    await stored(where)
    monkeypatch.setattr(store, "MOST_RECORD_BYTES", 10)
    assert await parts(tmp_path, where).refresh() == ()


def aged(folder: Path, digest: Digest, seconds: int) -> None:
    about = cached(folder, digest).stat()
    os.utime(cached(folder, digest), (about.st_atime, about.st_mtime - seconds))


def test_the_cache_lets_go_of_what_was_not_used_for_longest_and_never_of_what_names_mean(tmp_path: Path) -> None:
    objects = [bytes([n]) * 100 for n in range(5)]
    first, second, third, record, last = map(digest_of, objects)
    kept = ObjectCache(tmp_path, "s3://here", most_bytes=350)
    for data in objects[:4]:
        kept.write(digest_of(data), data)
    kept.write_heads({"mine": record})
    for age, digest in enumerate((third, second, first, record), 1):
        aged(tmp_path, digest, 100 * age)
    for name, age in (("a", 7200), ("b", 0)):
        unfinished = cached(tmp_path, first).parent / f"{name}.unfinished"
        unfinished.write_bytes(b"x" * 30)
        os.utime(unfinished, (time.time() - age,) * 2)
    assert kept.read(first) == objects[0], "which is a use"
    kept.write(last, objects[4])
    kept.make_room()
    assert [kept.read(digest_of(data)) is not None for data in objects] == [True, False, False, True, True]
    assert [path.name for path in tmp_path.glob("*/*.unfinished")] == ["b.unfinished"]
    assert kept.heads() == {"mine": record}
    ObjectCache(tmp_path, "s3://here", most_bytes=0).make_room()
    assert [kept.read(digest_of(data)) is not None for data in objects] == [False, False, False, True, False]


async def test_a_cache_with_little_room_keeps_what_names_mean(
    server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = await new_bucket()
    await stored(where)
    await stored(where, TWO, "other")
    monkeypatch.setattr(ObjectCache.__init__, "__defaults__", (len(TWO),))
    found = parts(tmp_path, where)
    await found.refresh()
    for code in (ONE, TWO):
        assert await found.module(digest_of(code)) == code
    later = parts(tmp_path, where)
    later.load()
    assert [one.name for one in later.all()] == ["mine", "other"], "their records are in use"
    assert later._cache.read(digest_of(ONE)) is None
    assert await later.module(digest_of(ONE)) == ONE, "it is fetched again"


# --- without S3 -------------------------------------------------------------------------------------------------------


async def test_without_s3_what_is_cached_is_there_and_the_rest_may_be_later(
    server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = await new_bucket()
    first, second = await stored(where), await stored(where, TWO, "other")
    found = parts(tmp_path, where)
    await found.refresh()
    await found.module(first)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    later = parts(tmp_path, where)
    later.load()
    assert [one.name for one in later.all()] == ["mine", "other"]
    assert await later.module(first) == ONE
    for ask in (later.module(second), later.refresh()):
        with pytest.raises(Unavailable) as unavailable:
            await ask
        assert (unavailable.value.code, unavailable.value.retryable) == ("part_unavailable", True)


async def test_a_bucket_that_is_not_there_is_told(server: S3Server, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="NoSuchBucket"):
        await parts(tmp_path, Bucket(read_address("s3://nobody-has-this"))).refresh()


def settings(data: Path, where: Bucket) -> Settings:
    given = {"data_dir": data, "parts_s3": str(where.address), "workers": 1, "seeds": False, "drain_s": 0.0}
    return Settings(**given, _env_file=None)  # type: ignore[call-arg, arg-type]


async def result(house: Any, text: str) -> Any:
    started = await house.engine.start(await house.library.prepare_text(text, {}))
    assert await house.engine.wait(started.run, 30)
    return await house.engine.inspect(started.run, lambda run: (run.ended.state, run.ended.result))


async def test_a_service_starts_and_runs_what_it_has_while_s3_is_down(
    server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = await new_bucket()
    await stored(where)
    never_run = printing(f'"{secrets.token_hex(8)}"'.encode())  # so it was never compiled on this machine either
    await stored(where, never_run, "other")
    handled = "CREATE (a:other {})-[:ON_FAIL]->(b {code: a.error.code, again: a.error.retryable}) RETURN b"
    async with open_house(settings(tmp_path, where)) as house:
        assert (await result(house, "CREATE (a:mine {}) RETURN a")) == ("succeeded", {"a": "one"})
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    async with open_house(settings(tmp_path, where)) as house:
        assert (await result(house, "CREATE (a:mine {}) RETURN a")) == ("succeeded", {"a": "one"})
        assert (await result(house, handled))[1] == {"b": {"code": "part_unavailable", "again": True}}
        with pytest.raises(Unavailable) as unavailable:
            await house.library.save(OPERATOR, "CREATE (a:other {}) RETURN a", "needs_it")
        assert unavailable.value.code == "part_unavailable"
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    async with open_house(settings(tmp_path, where)) as house:
        assert (await result(house, "CREATE (a:other {}) RETURN size(a) AS n")) == ("succeeded", {"n": 16})


async def test_a_service_that_knows_nothing_yet_starts_without_s3(
    server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = await new_bucket()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    async with open_house(settings(tmp_path, where)) as house:
        assert (await result(house, "CREATE (a:set {x: 1}) RETURN a"))[0] == "succeeded"
        with pytest.raises(Unavailable) as unavailable:
            await house.library.prepare_text("CREATE (a:mine {})", {})
        assert (unavailable.value.code, unavailable.value.retryable) == ("part_unavailable", True)
        with pytest.raises(RecipeInvalid):
            await house.library.prepare_text("CREATE (a:mine {x: nobody.y})", {})
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    async with open_house(settings(tmp_path, where)) as house:
        with pytest.raises(RecipeInvalid):
            await house.library.prepare_text("CREATE (a:mine {})", {})


async def test_a_recipe_keeps_the_module_that_it_was_stored_with_whatever_becomes_of_the_bucket(
    server: S3Server, tmp_path: Path
) -> None:
    where = await new_bucket()
    await stored(where)
    async with open_house(settings(tmp_path, where)) as house:
        await house.library.save(OPERATOR, "CREATE (a:mine {}) RETURN a", "keeps")
    await stored(where, TWO)
    shutil.rmtree(tmp_path / "parts")
    async with open_house(settings(tmp_path, where)) as house:
        started = await house.engine.start(await house.library.prepare(OPERATOR, "keeps", {}))
        assert await house.engine.wait(started.run, 30)
        assert await house.engine.inspect(started.run, lambda run: run.ended.result) == {"a": "one"}
        assert (await result(house, "CREATE (a:mine {}) RETURN a"))[1] == {"a": "two"}


# --- publishing -------------------------------------------------------------------------------------------------------


def test_the_parts_of_a_folder_are_published(server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = asyncio.run(new_bucket())
    monkeypatch.setenv("CYPHER_EXECUTOR_PARTS_S3", str(where.address))
    monkeypatch.setenv("CYPHER_EXECUTOR_DATA_DIR", str(tmp_path / "data"))
    for name, code in (("mine", ONE), ("other", TWO)):
        (tmp_path / "parts" / name).mkdir(parents=True)
        (tmp_path / "parts" / name / "part.toml").write_text(f'name = "{name}"\nversion = "1.2.3"\nsummary = "x"\n')
        (tmp_path / "parts" / name / f"{name}.wasm").write_bytes(code)
    told = invoke("parts", "publish", "mine", "--dir", tmp_path / "parts")
    assert (told.exit_code, told.stdout) == (0, f"mine 1.2.3 is published: {digest_of(ONE)}\n")
    found = parts(tmp_path, where)
    assert asyncio.run(found.refresh()) == ("mine",)
    assert invoke("parts", "publish", "--dir", tmp_path / "parts").exit_code == 0
    assert asyncio.run(found.refresh()) == ("other",)
    unknown = invoke("parts", "publish", "mien", "--dir", tmp_path / "parts")
    assert (unknown.exit_code, "did you mean mine" in unknown.stderr) == (4, True)
    monkeypatch.delenv("CYPHER_EXECUTOR_PARTS_S3")
    nowhere = invoke("parts", "publish", "--dir", tmp_path / "parts")
    assert (nowhere.exit_code, "CYPHER_EXECUTOR_PARTS_S3" in nowhere.stderr) == (2, True)


def test_a_setting_that_is_no_address_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CYPHER_EXECUTOR_PARTS_S3", "parts/mine")
    monkeypatch.setenv("CYPHER_EXECUTOR_DATA_DIR", str(tmp_path / "data"))
    refused = invoke("parts", "publish", "--dir", tmp_path)
    assert (refused.exit_code, "s3://bucket/prefix" in refused.stderr) == (2, True)


def test_nothing_of_it_is_loaded_before_it_is_needed() -> None:
    import_ = "import sys, cypher_executor.service.app, cypher_executor.cli.app; "
    loaded = "print(sorted({'aioboto3', 'aiobotocore', 'botocore'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", import_ + loaded], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("text", ["", "bucket", "s3://", "s3:///x", "s3://A", "http://b/x", "s3://b?x", "s3://bb cc/x"])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="s3://bucket/prefix"):
        read_address(text)


def test_addresses_are_read_with_and_without_slashes() -> None:
    assert {str(read_address(t)) for t in ("s3://b-1/x/y", "s3://b-1/x/y/", "s3://b-1//x/y")} == {"s3://b-1/x/y"}
    assert str(read_address("s3://b-1/")) == "s3://b-1"


# --- planted defects --------------------------------------------------------------------------------------------------


def the_digest_of_what_comes_from_s3_is_not_checked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(S3Parts, "_verified", lambda self, data, digest: data)


def the_digest_of_what_is_cached_is_not_checked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cache, "digest_of", lambda data: Any_digest())


class Any_digest(str):
    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__


def what_names_mean_goes_like_all_else(patch: pytest.MonkeyPatch) -> None:
    make_room = ObjectCache.make_room

    def without_heads(self: ObjectCache) -> None:
        with pytest.MonkeyPatch.context() as without:
            without.setattr(self, "heads", dict)
            make_room(self)

    patch.setattr(ObjectCache, "make_room", without_heads)


Test = Callable[..., Awaitable[None]]


@pytest.mark.parametrize(
    ("plant", "test"),
    [
        (the_digest_of_what_comes_from_s3_is_not_checked, test_a_byte_that_changed_in_a_module_in_s3_is_refused),
        (the_digest_of_what_comes_from_s3_is_not_checked, test_a_byte_that_changed_in_a_record_is_refused),
        (
            the_digest_of_what_is_cached_is_not_checked,
            test_a_byte_that_changed_in_the_cache_is_refused_and_fetched_again,
        ),
    ],
)
async def test_a_planted_defect_turns_a_test_red(
    server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plant: Callable[..., None], test: Test
) -> None:
    plant(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        await test(server, tmp_path)


def test_a_cache_that_lets_go_of_what_is_in_use_turns_a_test_red(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    what_names_mean_goes_like_all_else(monkeypatch)
    with pytest.raises(AssertionError):
        test_the_cache_lets_go_of_what_was_not_used_for_longest_and_never_of_what_names_mean(tmp_path)
