"""Schedules as a service keeps them: how far each has come, and which of its times are to begin.

A *time* of a schedule is an instant at which it fires. It is dealt with once and in two steps. When it has come, the
schedule is moved past it, and it is noted as a `Firing` (or left out); later, when nothing holds it up, the firing is
settled: a run has begun for it, or none will. Both are written before anything follows from them, so that whoever dies
in between finds out what is left to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from cypher_executor.core.events import RunId
from cypher_executor.core.triggers import Schedule


class ScheduleKey(NamedTuple):
    """The schedule that the trigger `node` of a recipe is, whatever the version."""

    tenant: str
    recipe: str
    node: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSchedule:
    """A schedule of the current version of a recipe. Times are in microseconds since 1970 UTC.

    Every time up to `seen_us` has been dealt with; `next_us` is the first one behind it, None when there is none any
    more and while the schedule is paused (since `paused_us`). `run` began at last, for the time `fired_us`; the latest
    time that was left out because that still went on is `skipped_us`, because nobody was there `missed_us`, and because
    the run was refused `refused_us`, as `refusal` says. `waiting` counts the firings that have not been settled.
    """

    number: int
    key: ScheduleKey
    settings: Schedule
    seen_us: int
    next_us: int | None
    paused_us: int | None = None
    fired_us: int | None = None
    run: RunId | None = None
    skipped_us: int | None = None
    missed_us: int | None = None
    refused_us: int | None = None
    refusal: str | None = None
    waiting: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Firing:
    """The time `fire_us` of a schedule is to begin, at `begin_us` or later. `made_up`: it was missed at first."""

    schedule: int
    fire_us: int
    begin_us: int
    made_up: bool = False


@dataclass(frozen=True, slots=True)
class Passing:
    """A schedule that is moved past the times up to `until_us`. Of these, `firings` are to begin."""

    schedule: KeptSchedule
    until_us: int
    next_us: int | None
    firings: tuple[Firing, ...] = ()
    missed_us: int | None = None
    skipped_us: int | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a firing: `run` has begun. Or none will, because of `refusal` or because another still goes on."""

    firing: Firing
    run: RunId | None = None
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Declared:
    """A schedule as a recipe declares it, and the first time at which it will fire."""

    node: str
    settings: Schedule
    next_us: int | None
