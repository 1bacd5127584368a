"""The contract of `ports.PartStore`, for every adapter; and of `ports.OwnParts`, for the one that is kept here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from cypher_executor.adapters import parts_folder
from cypher_executor.adapters.parts_folder import PartsFolder
from cypher_executor.adapters.parts_s3 import ObjectCache, S3Parts
from cypher_executor.adapters.parts_stacked import StackedParts
from cypher_executor.adapters.sqlite import Database, SqliteParts
from cypher_executor.adapters.sqlite import parts as sqlite_parts
from cypher_executor.core.parts import Example, Grants, Limits, Part, digest_of
from cypher_executor.core.recipe import Digest
from cypher_executor.errors import NotFound, Unavailable
from cypher_executor.ports import PartStore
from tests.contracts.s3 import new_bucket
from tests.worker.modules import printing

ONE, TWO, THREE = (printing(text) for text in (b"1", b"2", b"3"))
MODULES = {"alpha": ONE, "beta": TWO, "same": ONE}
"""`alpha` and `same` have one module, with grants of their own."""
KV = {"same": Grants(kv=True)}


@dataclass
class Opened:
    """A store that holds `MODULES`, and how a byte of a module is changed where it lies."""

    store: PartStore
    damage: Callable[[bytes], Awaitable[None]]
    database: Database | None = None

    async def close(self) -> None:
        if self.database is not None:
            await self.database.close()


def part(name: str, code: bytes) -> Part:
    return Part(name, "1.0.0", "A part.", digest_of(code), pure=True, grants=KV.get(name, Grants()))


async def folder(path: Path, names: Mapping[str, bytes] = MODULES) -> Opened:
    for name, code in names.items():
        (path / "parts" / name).mkdir(parents=True)
        (path / "parts" / name / f"{name}.wasm").write_bytes(code)
        manifest = f'name = "{name}"\nversion = "1.0.0"\nsummary = "A part."\n'
        kv = "[grants]\nkv = true\n" if name in KV else ""
        (path / "parts" / name / "part.toml").write_text(manifest + kv)

    async def damage(code: bytes) -> None:
        for name in (name for name, held in names.items() if held == code):
            (path / "parts" / name / f"{name}.wasm").write_bytes(changed(code))

    return Opened(PartsFolder([path / "parts"]), damage)


async def sqlite(path: Path, names: Mapping[str, bytes] = MODULES) -> Opened:
    database = Database(path / "data")
    store = SqliteParts(database)
    await store.load()
    for name, code in names.items():
        await store.put(part(name, code), code, made=False, at_us=1)

    async def damage(code: bytes) -> None:
        values = (changed(code), digest_of(code))
        sql = "UPDATE part_modules SET module = ? WHERE digest = ?"
        await database.write(lambda connection: connection.execute(sql, values).fetchall())

    return Opened(store, damage, database)


async def s3(path: Path, names: Mapping[str, bytes] = MODULES) -> Opened:
    bucket = await new_bucket()
    store = S3Parts(bucket, ObjectCache(path / "cache", str(bucket.address)))
    for name, code in names.items():
        await store.publish(part(name, code), code)
    await store.refresh()

    async def damage(code: bytes) -> None:
        await bucket.use(lambda objects: objects.put(f"objects/{digest_of(code)[7:]}", changed(code)))

    return Opened(store, damage)


async def stacked(path: Path) -> Opened:
    first, second = await folder(path, {"alpha": ONE}), await sqlite(path, {"beta": TWO, "same": ONE, "alpha": THREE})

    async def damage(code: bytes) -> None:
        await first.damage(code)
        await second.damage(code)

    return Opened(StackedParts([first.store, second.store]), damage, second.database)


def changed(code: bytes) -> bytes:
    return code[:-1] + bytes([code[-1] ^ 1])


STORES: dict[str, Callable[[Path], Awaitable[Opened]]] = {
    "folder": folder,
    "sqlite": sqlite,
    "s3": s3,
    "stacked": stacked,
}


@pytest.fixture(params=STORES)
async def opened(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Opened]:
    if request.param == "s3":
        request.getfixturevalue("server")
    opened = await STORES[request.param](tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
def store(opened: Opened) -> PartStore:
    return opened.store


async def test_parts_are_found_by_name_and_listed_by_name(store: PartStore) -> None:
    assert [one.name for one in store.all()] == ["alpha", "beta", "same"]
    found = store.find("beta")
    assert found is not None and (found.digest, found.version, found.pure) == (digest_of(TWO), "1.0.0", True)
    assert store.find("gamma") is None and store.find("") is None


async def test_parts_are_found_by_the_digest_of_their_module(store: PartStore) -> None:
    found = store.by_digest(digest_of(TWO))
    assert found is not None and found.name == "beta"
    assert store.by_digest(Digest("sha256:" + "0" * 64)) is None


async def test_of_several_parts_with_one_module_the_name_says_which(store: PartStore) -> None:
    """Their grants are not the same, so a part must never be taken for another one."""
    digest = digest_of(ONE)
    alpha, same = store.by_digest(digest, "alpha"), store.by_digest(digest, "same")
    assert alpha is not None and (alpha.name, alpha.grants.kv) == ("alpha", False)
    assert same is not None and (same.name, same.grants.kv) == ("same", True)
    assert store.by_digest(digest, "beta") is None and store.by_digest(digest, "gamma") is None


async def test_a_module_is_the_bytes_that_its_digest_says(store: PartStore) -> None:
    for code in (ONE, TWO):
        assert await store.module(digest_of(code)) == code
    both = await asyncio.gather(*(store.module(digest_of(ONE)) for _ in range(5)))
    assert both == [ONE] * 5


async def test_an_unknown_module_is_not_found(store: PartStore) -> None:
    with pytest.raises(NotFound):
        await store.module(Digest("sha256:" + "0" * 64))


async def test_a_byte_that_changed_is_refused_and_the_other_modules_are_not_held_up(opened: Opened) -> None:
    await opened.damage(ONE)
    with pytest.raises(NotFound):
        await opened.store.module(digest_of(ONE))
    assert await opened.store.module(digest_of(TWO)) == TWO


# --- several places ---------------------------------------------------------------------------------------------------


async def test_the_first_place_decides_what_a_name_means_and_the_next_one_helps_out(tmp_path: Path) -> None:
    first, second = await folder(tmp_path, {"alpha": ONE}), await sqlite(tmp_path, {"alpha": TWO, "other": ONE})
    both = StackedParts([first.store, second.store])
    found = both.find("alpha")
    assert found is not None and found.digest == digest_of(ONE)
    assert both.by_digest(digest_of(TWO), "alpha") is not None
    await first.damage(ONE)
    assert await both.module(digest_of(ONE)) == ONE
    await second.close()


async def test_what_may_be_there_later_is_told_so(tmp_path: Path) -> None:
    class Down:
        def by_digest(self, digest: Digest, name: str | None = None) -> Part:
            return part("alpha", ONE)

        async def module(self, digest: Digest) -> bytes:
            raise Unavailable("not now", code="part_unavailable")

    damaged = await folder(tmp_path, {"alpha": ONE})
    await damaged.damage(ONE)
    with pytest.raises(Unavailable):
        await StackedParts([damaged.store, Down()]).module(digest_of(ONE))  # type: ignore[list-item]


# --- what is kept here ------------------------------------------------------------------------------------------------


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(tmp_path / "data")
    yield opened
    await opened.close()


@pytest.fixture
async def own(database: Database) -> SqliteParts:
    return SqliteParts(database)


async def reopened(database: Database) -> SqliteParts:
    store = SqliteParts(database)
    await store.load()
    return store


async def test_a_part_is_read_back_with_all_that_it_has(own: SqliteParts, database: Database) -> None:
    full = Part(
        name="full",
        version="1.2.3",
        summary="All of it.",
        digest=digest_of(ONE),
        pure=False,
        input={"type": "object", "properties": {"x": {"type": "integer"}}},
        output={"type": "object"},
        grants=Grants(("https://a.example/*",), True, ("TOKEN",), True),
        limits=Limits(1, 2, 3, 4),
        examples=(
            Example("One", {"x": 1}, None),
            Example("Two", [1], error={"code": "e"}, calls=(({"op": "now"}, {"ok": True}),)),
        ),
    )
    await own.put(full, ONE, made=True, at_us=7)
    for store in (own, await reopened(database)):
        (version,) = store.versions("full")
        assert (version.part, version.number, version.made, version.created_us) == (full, 1, True, 7)
        assert store.find("full") == full


async def test_versions_are_numbered_on_and_the_newest_counts(own: SqliteParts, database: Database) -> None:
    for code in (ONE, TWO, ONE):
        await own.put(part("alpha", code), code, made=False, at_us=1)
    for store in (own, await reopened(database)):
        assert [(v.number, v.part.digest) for v in store.versions("alpha")] == [
            (1, digest_of(ONE)),
            (2, digest_of(TWO)),
            (3, digest_of(ONE)),
        ]
        assert store.find("alpha") == part("alpha", ONE)


async def test_the_newest_manifest_of_one_module_counts(own: SqliteParts, database: Database) -> None:
    await own.put(part("alpha", ONE), ONE, made=False, at_us=1)
    wider = replace(part("alpha", ONE), grants=Grants(kv=True))
    await own.put(wider, ONE, made=False, at_us=2)
    for store in (own, await reopened(database)):
        assert store.by_digest(digest_of(ONE), "alpha") == wider


async def test_a_forgotten_name_is_gone_and_its_modules_stay(own: SqliteParts, database: Database) -> None:
    await own.put(part("alpha", ONE), ONE, made=False, at_us=1)
    assert await own.delete("alpha") is True
    assert await own.delete("alpha") is False
    for store in (own, await reopened(database)):
        assert (store.find("alpha"), store.all(), store.versions("alpha")) == (None, [], ())
        assert store.by_digest(digest_of(ONE), "alpha") == part("alpha", ONE)
        assert await store.module(digest_of(ONE)) == ONE
    assert (await own.put(part("alpha", TWO), TWO, made=False, at_us=2)).number == 2


async def test_what_is_kept_has_no_name(own: SqliteParts, database: Database) -> None:
    await own.keep(part("alpha", ONE), ONE)
    await own.keep(part("alpha", ONE), ONE)
    for store in (own, await reopened(database)):
        assert (store.find("alpha"), store.all()) == (None, [])
        assert store.by_digest(digest_of(ONE), "alpha") == part("alpha", ONE)
        assert await store.module(digest_of(ONE)) == ONE


async def test_who_goes_away_takes_nothing_back(own: SqliteParts, database: Database) -> None:
    putting = asyncio.ensure_future(own.put(part("alpha", ONE), ONE, made=False, at_us=1))
    await asyncio.sleep(0)
    putting.cancel()
    await own.put(part("beta", TWO), TWO, made=False, at_us=1)
    for store in (own, await reopened(database)):
        assert store.find("alpha") == part("alpha", ONE)


# --- planted defects --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["folder", "sqlite"])
async def test_a_digest_that_is_not_checked_turns_a_test_red(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is checked for S3 and its cache is in `test_parts_s3`."""
    opened = await STORES[kind](tmp_path)
    checking = {"folder": parts_folder, "sqlite": sqlite_parts}[kind]
    monkeypatch.setattr(checking, "digest_of", lambda data: digest_of(ONE))
    with pytest.raises(pytest.fail.Exception):
        await test_a_byte_that_changed_is_refused_and_the_other_modules_are_not_held_up(opened)
    await opened.close()
