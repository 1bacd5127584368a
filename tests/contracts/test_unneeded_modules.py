"""Modules in the journal go when nothing has needed them for long enough, and never one that something needs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from cypher_executor.adapters.clock import SystemClock
from cypher_executor.adapters.sqlite import Database, SqliteCatalog, SqliteJournal, SqliteParts, unneeded
from cypher_executor.adapters.sqlite import parts as sqlite_parts
from cypher_executor.core.parts import Part, digest_of
from cypher_executor.core.recipe import Digest
from cypher_executor.core.retention import Keep, Retention
from cypher_executor.errors import NotFound
from cypher_executor.uploads import Uploads
from tests.contracts.conftest import Writing
from tests.contracts.test_part_store import part
from tests.worker.modules import printing

pytestmark = pytest.mark.breaks_journals

CODE = {n: printing(str(n).encode()) for n in range(5)}
HOUR = 3_600_000_000
RECIPE = Digest("sha256:" + "0" * 64)
NOTHING = Retention(default=dict.fromkeys(("succeeded", "failed", "cancelled"), Keep(newest=0)))


class Place:
    """A journal with its parts and recipes, and a time that goes on when it is told to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = Database(folder)
        self.parts = SqliteParts(self.database)
        self.catalog = SqliteCatalog(self.database)
        self.now_us = 1
        self.journal = SqliteJournal(self.database, lambda: self.now_us)

    async def brought(self, code: int, name: str = "mine") -> Digest:
        await self.parts.put(part(name, CODE[code]), CODE[code], made=False, at_us=self.now_us)
        return digest_of(CODE[code])

    async def kept(self, code: int, name: str = "mine") -> Digest:
        await self.parts.keep(part(name, CODE[code]), CODE[code])
        return digest_of(CODE[code])

    async def stored(self, digest: Digest, recipe: str = "uses") -> None:
        await self.catalog.save("default", recipe, RECIPE, "RETURN 1", 1, pins={"mine": digest})

    async def swept(self, hours: float = 2) -> int:
        """How many went after so long a time."""
        self.now_us += int(hours * HOUR)
        return (await self.parts.let_go(HOUR, self.now_us))[0]

    async def left(self) -> set[int]:
        """Which modules are here, as whoever opens the journal next finds them; what is remembered says the same."""
        again = SqliteParts(self.database)
        await again.load()
        found = {n for n in CODE if again.by_digest(digest_of(CODE[n])) is not None}
        assert found == {n for n in CODE if self.parts.by_digest(digest_of(CODE[n])) is not None}
        for n in CODE:
            if n in found:
                assert await self.parts.module(digest_of(CODE[n])) == CODE[n]
            else:
                with pytest.raises(NotFound):
                    await self.parts.module(digest_of(CODE[n]))
        return found


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    place = Place(tmp_path / "data")
    yield place
    await place.journal.close()


# --- what goes, and what stays ----------------------------------------------------------------------------------------


async def test_what_nothing_needs_goes_after_its_time_and_not_before(place: Place) -> None:
    for n in range(3):
        await place.brought(n)
    await place.kept(3, "elsewhere")
    assert await place.swept() == 0, "nobody was seen to need them no more"
    assert await place.swept(0.9) == 0
    assert await place.left() == {0, 1, 2, 3}
    assert await place.parts.let_go(HOUR, place.now_us + HOUR) == (3, sum(len(CODE[n]) for n in (0, 1, 3)))
    assert await place.left() == {2}
    assert [version.number for version in place.parts.versions("mine")] == [3]
    assert (await place.parts.put(part("mine", CODE[0]), CODE[0], made=False, at_us=1)).number == 4
    assert await place.left() == {0, 2}


async def test_the_parts_of_a_deleted_name_go(place: Place) -> None:
    await place.brought(0)
    await place.parts.delete("mine")
    assert [await place.swept(), await place.swept()] == [0, 1]
    assert await place.left() == set()
    assert (await place.parts.put(part("mine", CODE[0]), CODE[0], made=False, at_us=1)).number == 2


async def test_a_module_that_two_parts_have_stays_for_either(place: Place) -> None:
    await place.brought(0, "mine")
    await place.brought(0, "other")
    await place.parts.delete("mine")
    assert [await place.swept(), await place.swept()] == [0, 0]
    assert await place.left() == {0}


async def test_what_any_version_of_a_recipe_pins_stays_until_the_recipe_is_deleted(place: Place) -> None:
    for n in range(3):
        await place.stored(await place.brought(n))
    assert [await place.swept(), await place.swept()] == [0, 0]
    await place.catalog.delete("default", "uses")
    assert [await place.swept(), await place.swept()] == [0, 2]
    assert await place.left() == {2}


MANY = {f"part_{n}": RECIPE for n in range(1000)}
ODD = {"input": [2**70, "\ud800"]}


@pytest.mark.parametrize("more", [{}, {"input": "x" * 70_000}, {"parts": MANY}, ODD], ids=["", "large", "many", "odd"])
async def test_what_a_run_began_with_stays_as_long_as_the_journal_has_the_run(
    place: Place, make: Writing, more: dict[str, Any]
) -> None:
    digest = await place.kept(0)
    pins = {**more.get("parts", {}), "mine": digest}
    await place.journal.append([make.opening("run_a", **{**more, "parts": pins})])
    assert [await place.swept(), await place.swept()] == [0, 0]
    await place.journal.append([make.end("run_a", 1)])  # type: ignore[arg-type]
    assert [await place.swept(), await place.swept()] == [0, 0], "it can be taken up again, and forked"
    assert await place.journal.expire(NOTHING, place.now_us + 10**15) == 1
    assert [await place.swept(), await place.swept()] == [0, 1]
    assert await place.left() == set()


async def test_what_is_needed_again_begins_to_wait_anew(place: Place) -> None:
    digest = await place.kept(0)
    await place.swept()
    await place.stored(digest)
    assert await place.swept() == 0
    await place.catalog.delete("default", "uses")
    assert [await place.swept(), await place.swept(0.9), await place.swept(0.2)] == [0, 0, 1]


async def test_time_goes_on_while_nobody_serves(place: Place) -> None:
    await place.kept(0)
    await place.swept()
    again = SqliteParts(place.database)
    await again.load()
    assert await again.let_go(HOUR, place.now_us + HOUR) == (1, len(CODE[0]))


# --- a deploy at the same time ----------------------------------------------------------------------------------------


class Elsewhere:
    """A folder that has the part."""

    def by_digest(self, digest: Digest, name: str | None = None) -> Part | None:
        return part("mine", CODE[0]) if digest == digest_of(CODE[0]) else None

    async def module(self, digest: Digest) -> bytes:
        return CODE[0]


def deploys(place: Place) -> Uploads:
    from cypher_executor.adapters.parts_stacked import StackedParts

    async def nothing(_: object) -> None:
        return

    elsewhere: Any = Elsewhere()
    return Uploads(
        place.parts,
        elsewhere,
        StackedParts([elsewhere, place.parts]),
        place.catalog,
        SystemClock(),
        compile_=nothing,
        changed=nothing,
        developed=set(),
    )


async def deploy(place: Place, make: Writing) -> None:
    digest = digest_of(CODE[0])
    await deploys(place).keep({"mine": digest})
    await place.stored(digest)


async def first_half_of_a_deploy(place: Place, make: Writing) -> None:
    """Its recipe is not stored yet."""
    await deploys(place).keep({"mine": digest_of(CODE[0])})


async def a_version_comes_back(place: Place, make: Writing) -> None:
    await place.brought(0)


async def a_recipe_without_keeping(place: Place, make: Writing) -> None:
    await place.stored(digest_of(CODE[0]))


async def a_run(place: Place, make: Writing) -> None:
    await place.journal.append([make.opening("run_a", parts={"mine": digest_of(CODE[0])})])


async def a_run_with_many_parts(place: Place, make: Writing) -> None:
    await place.journal.append([make.opening("run_a", parts={**MANY, "mine": digest_of(CODE[0])})])


Meanwhile = Callable[[Place, Writing], Awaitable[None]]
MEANWHILE: Sequence[Meanwhile] = (
    *(deploy, first_half_of_a_deploy, a_version_comes_back, a_recipe_without_keeping, a_run, a_run_with_many_parts),
)


class Interrupted:
    """A database where something happens between the look through everything and what is done about it."""

    def __init__(self, database: Database, meanwhile: Callable[[], Awaitable[None]]) -> None:
        self._database = database
        self._meanwhile = meanwhile
        self.write = database.write

    async def read(self, work: Any) -> Any:
        found = await self._database.read(work)
        if work is sqlite_parts._survey:
            await self._meanwhile()
        return found


@pytest.mark.parametrize("meanwhile", MEANWHILE)
async def test_what_something_comes_to_need_while_it_is_about_to_go_stays(
    place: Place, make: Writing, meanwhile: Meanwhile
) -> None:
    await place.kept(0)
    await place.kept(1, "other")
    await place.swept()
    place.parts._database = Interrupted(place.database, lambda: meanwhile(place, make))  # type: ignore[assignment]
    assert await place.swept() == 1
    assert await place.left() == {0}


# --- planted defects --------------------------------------------------------------------------------------------------


def the_writer_does_not_look_again(patch: pytest.MonkeyPatch) -> None:
    def at_once(digest: Digest, position: int, until_us: int, connection: Any) -> bool:
        for name in ("drop_kept", "drop_versions", "drop_module"):
            connection.execute(unneeded._SQL[name], (digest,))
        return True

    patch.setattr(unneeded, "let_go", at_once)


def keeping_leaves_the_mark(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sqlite_parts, "_SQL", {**sqlite_parts._SQL, "needed": "SELECT ?"})


def what_is_here_is_not_kept_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SqliteParts, "holds", lambda self, digest, name: self.by_digest(digest, name) is not None)


def later_runs_are_not_looked_for(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(unneeded, "_SQL", {**unneeded._SQL, "pinned_by_later_runs": "SELECT NULL WHERE ?"})


def only_open_runs_count(patch: pytest.MonkeyPatch) -> None:
    text = unneeded._SQL["pinned_by_runs"].replace("e.seq = 1", "e.seq = 1 AND runs.ended_us IS NULL")
    patch.setattr(unneeded, "_SQL", {**unneeded._SQL, "pinned_by_runs": text})


def large_pins_are_not_looked_for(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(unneeded, "_SQL", {**unneeded._SQL, "pinned_outside": "SELECT NULL WHERE ?"})


RACE = test_what_something_comes_to_need_while_it_is_about_to_go_stays
RUNS = test_what_a_run_began_with_stays_as_long_as_the_journal_has_the_run
DEFECTS: list[tuple[Callable[[pytest.MonkeyPatch], None], Any, tuple[Any, ...]]] = [
    *((the_writer_does_not_look_again, RACE, (meanwhile,)) for meanwhile in MEANWHILE),
    (keeping_leaves_the_mark, RACE, (first_half_of_a_deploy,)),
    (what_is_here_is_not_kept_again, RACE, (first_half_of_a_deploy,)),
    (later_runs_are_not_looked_for, RACE, (a_run,)),
    (large_pins_are_not_looked_for, RACE, (a_run_with_many_parts,)),
    (large_pins_are_not_looked_for, RUNS, ({"parts": MANY},)),
    (only_open_runs_count, RUNS, ({},)),
]


@pytest.mark.parametrize(("plant", "test", "more"), DEFECTS)
async def test_a_planted_defect_turns_a_test_red(
    tmp_path: Path, make: Writing, monkeypatch: pytest.MonkeyPatch, plant: Any, test: Any, more: tuple[Any, ...]
) -> None:
    plant(monkeypatch)
    place = Place(tmp_path / "data")
    try:
        with pytest.raises((AssertionError, NotFound)):
            await test(place, make, *more)
    finally:
        await place.journal.close()
