"""The catalog that tells of its changes: whoever listens hears of each, before whoever made it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from cypher_executor.adapters.memory import MemoryCatalog
from cypher_executor.core.recipe import Digest
from cypher_executor.errors import Unavailable
from cypher_executor.schedules import AnnouncedCatalog

ONE = Digest("sha256:1")


class Slow(MemoryCatalog):
    """A catalog whose changes take until `let_go`."""

    def __init__(self) -> None:
        super().__init__({})
        self.let_go = asyncio.Event()

    async def delete(self, tenant: str, name: str) -> bool:
        await self.let_go.wait()
        return await super().delete(tenant, name)


async def announced(inner: MemoryCatalog) -> tuple[AnnouncedCatalog, list[tuple[str, str, int]]]:
    """The catalog with one recipe, and what is heard: tenant, name, and the number of the change."""
    catalog, heard = AnnouncedCatalog(inner), list[tuple[str, str, int]]()

    async def listen(tenant: str, name: str) -> None:
        heard.append((tenant, name, catalog.changes))

    await catalog.save("default", "a", ONE, "CREATE (a)", 1)
    catalog.listener = listen
    return catalog, heard


CHANGES: list[Callable[[AnnouncedCatalog], Awaitable[object]]] = [
    lambda catalog: catalog.save("default", "a", ONE, "CREATE (b)", 2),
    lambda catalog: catalog.point("default", "a", 1),
    lambda catalog: catalog.delete("default", "a"),
]


@pytest.mark.parametrize("change", CHANGES)
async def test_every_change_is_told_and_counted(change: Callable[[AnnouncedCatalog], Awaitable[object]]) -> None:
    catalog, heard = await announced(MemoryCatalog({}))
    before = catalog.changes
    await change(catalog)
    assert heard == [("default", "a", before + 2)]


async def test_reading_tells_nothing() -> None:
    catalog, heard = await announced(MemoryCatalog({}))
    before = catalog.changes
    assert (current := await catalog.current("default", "a")) is not None
    assert await catalog.versions("default", "a") == await catalog.list_current("default") == [current]
    assert (await catalog.text(ONE), heard, catalog.changes) == ("CREATE (a)", [], before)


async def test_what_was_read_while_a_change_went_on_is_not_taken_for_right_afterwards() -> None:
    slow = Slow()
    catalog, _ = await announced(slow)
    deleting = asyncio.create_task(catalog.delete("default", "a"))
    while not catalog.changes % 2:
        await asyncio.sleep(0)
    during = catalog.changes
    slow.let_go.set()
    assert await deleting
    assert catalog.changes > during


async def test_a_caller_who_goes_away_stops_neither_the_change_nor_the_telling() -> None:
    slow = Slow()
    catalog, heard = await announced(slow)
    deleting = asyncio.create_task(catalog.delete("default", "a"))
    await asyncio.sleep(0)
    deleting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await deleting
    slow.let_go.set()
    while not heard:
        await asyncio.sleep(0)
    assert await catalog.current("default", "a") is None


async def test_a_listener_that_fails_is_heard_by_whoever_made_the_change() -> None:
    catalog, _ = await announced(MemoryCatalog({}))

    async def fails(tenant: str, name: str) -> None:
        raise Unavailable("the disk is full")

    catalog.listener = fails
    with pytest.raises(Unavailable):
        await catalog.delete("default", "a")
    assert await catalog.current("default", "a") is None
