"""What the clockwork needs of a database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from cypher_executor.core.recipe import Digest
from cypher_executor.core.schedules import Declared, Firing, KeptSchedule, Passing, ScheduleKey, Settled


class ScheduleStore(Protocol):
    """Keeps schedules and their firings. What has returned is on disk.

    All methods raise `errors.Unavailable` when the storage fails; what they were to change is changed then, or not.
    """

    async def behind(self) -> Sequence[tuple[str, str]]:
        """Tenant and name of the recipes whose schedules are not those of their current version, deleted ones too."""
        ...

    async def declare(
        self, tenant: str, recipe: str, digest: Digest | None, declared: Sequence[Declared], now_us: int
    ) -> bool:
        """Let these, and no others, be the schedules of a recipe whose current version has this digest (or is none).

        One that keeps its times goes on where it is, with its firings. One whose times have changed, or that is new,
        begins with the times behind `now_us`. One that is paused stays so. False, with nothing done, when the current
        version has another digest by now.
        """
        ...

    async def next_due(self) -> int | None:
        """The first time of all schedules; None when there is none."""
        ...

    async def due(self, now_us: int, limit: int) -> Sequence[KeptSchedule]:
        """Schedules with a time up to now, those that wait longest first; without the count of their firings."""
        ...

    async def ahead(self, of_us: int) -> Sequence[KeptSchedule]:
        """Schedules that are not paused and have been moved past this time."""
        ...

    async def move_on(self, passings: Sequence[Passing]) -> Sequence[Firing]:
        """Move schedules to where their passings end, and note the firings, all in one.

        A schedule that is not any more where its passing begins, or is paused, is left alone. Gives what was noted.
        """
        ...

    async def firings(self) -> Sequence[Firing]:
        """All firings that have not been settled, by schedule and time."""
        ...

    async def settle(self, settled: Sequence[Settled]) -> None:
        """Note what became of firings, all in one."""
        ...

    async def numbered(self, numbers: Iterable[int]) -> Sequence[KeptSchedule]:
        """The schedules of these numbers, as far as there are any."""
        ...

    async def one(self, key: ScheduleKey) -> KeptSchedule | None:
        """A schedule; None when the current version declares none of this name."""
        ...

    async def listed(
        self, tenant: str, recipe: str | None = None, after: tuple[str, str] = ("", ""), limit: int = 100
    ) -> Sequence[KeptSchedule]:
        """The schedules of a tenant, or of one recipe, by recipe and node; those behind `after`."""
        ...

    async def pause(self, key: ScheduleKey, now_us: int) -> None:
        """Let a schedule fire no more. One that is paused already stays as it is."""
        ...

    async def resume(self, paused: KeptSchedule, now_us: int, next_us: int | None) -> bool:
        """Let a schedule fire from `now_us` on, first at `next_us`; False when it has changed meanwhile."""
        ...
