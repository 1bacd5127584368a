"""One firing becomes one run, however often it is tried: its time is claimed together with the first event of the run.

The claim lives as long as the run does. A firing that is still noted when the service starts again - it was killed
between the run and the note - finds the run that has begun.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from cypher_executor.core.events import RunId
from cypher_executor.core.recipe import Recipe, Value
from cypher_executor.core.schedules import Firing, KeptSchedule, ScheduleKey, Settled
from cypher_executor.errors import CypherExecutorError, NotFound, Unavailable
from cypher_executor.ports import Claim, Prepared, Recipes
from cypher_executor.schedules.following import schedules_in

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Began(Protocol):
    """A run that was durably accepted; `fresh` unless an earlier request with the same claim has begun it."""

    @property
    def run(self) -> RunId: ...

    @property
    def fresh(self) -> bool: ...


class Runs(Protocol):
    """As much of the engine as schedules need."""

    @property
    def accepting(self) -> bool: ...

    def start(
        self,
        prepared: Prepared,
        *,
        tenant: str = ...,
        trigger: Mapping[str, Value] | None = ...,
        claim: Claim | None = ...,
    ) -> Awaitable[Began]: ...

    def live(self, run: RunId) -> object | None: ...

    def wait(self, run: RunId, timeout_s: float | None) -> Awaitable[bool]: ...


@dataclass(frozen=True, slots=True)
class Later:
    """There is no room for the run just now: try again in so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Overtaken:
    """The current version of the recipe has other schedules by now."""


class Beginning:
    """Begins runs for schedules."""

    def __init__(self, recipes: Recipes, runs: Runs) -> None:
        self._recipes = recipes
        self._runs = runs

    async def begin(self, schedule: KeptSchedule, firing: Firing) -> Settled | Later | Overtaken:
        """A run for this firing; or why there is none, for now or for good."""
        try:
            prepared = await self._prepared(schedule)
            if not _still_declares(prepared.recipe, schedule):
                return Overtaken()
            trigger = trigger_of(schedule, firing.fire_us, made_up=firing.made_up)
            claim = _claim(schedule.key, firing.fire_us)
            begun = await self._runs.start(prepared, tenant=schedule.key.tenant, trigger=trigger, claim=claim)
        except Unavailable as error:
            return Later(error.retry_after_s)
        except CypherExecutorError as error:
            return Settled(firing, refusal=f"{error.code}: {error.message}")
        return Settled(firing, begun.run)

    async def now(self, schedule: KeptSchedule, now_us: int, claim: Claim | None) -> Began:
        """A run as a time of this schedule would begin it, because somebody wants it. Raises what `Engine.start` does,
        what `Recipes.prepare` does, and NotFound when the schedule has just gone."""
        prepared = await self._prepared(schedule)
        if not any(node == schedule.key.node for node, _ in schedules_in(prepared.recipe)):
            raise NotFound(f"the recipe has no schedule {schedule.key.node!r} any more", code="unknown_schedule")
        trigger = {**trigger_of(schedule, now_us, made_up=False), "manual": True}
        return await self._runs.start(prepared, tenant=schedule.key.tenant, trigger=trigger, claim=claim)

    async def _prepared(self, schedule: KeptSchedule) -> Prepared:
        return await self._recipes.prepare(schedule.key.tenant, schedule.key.recipe, schedule.settings.input)


def trigger_of(schedule: KeptSchedule, fire_us: int, *, made_up: bool) -> dict[str, Value]:
    """How a run says that this schedule began it (`$trigger`). `time` is when it should have begun, in UTC."""
    return {
        "kind": "cron",
        "node": schedule.key.node,
        "time": _iso(fire_us),
        "schedule": schedule.settings.cron,
        "timezone": schedule.settings.timezone,
        "made_up": made_up,
    }


def _claim(key: ScheduleKey, fire_us: int) -> Claim:
    return Claim(f"schedule {key.tenant}/{key.recipe}/{key.node}", str(fire_us), "time")


def _still_declares(recipe: Recipe, schedule: KeptSchedule) -> bool:
    times = schedule.settings.cron, schedule.settings.timezone
    return any(node == schedule.key.node and (each.cron, each.timezone) == times for node, each in schedules_in(recipe))


def _iso(at_us: int) -> str:
    at = _EPOCH + timedelta(microseconds=at_us)
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
