"""What becomes of the times of a schedule that have come. Pure: time comes in as an argument.

A time that nobody has looked at for more than `GRACE_US` was missed: the service did not run, could not write, or the
machine slept. How many of those are made up for is the schedule's `catch_up`. A service that is started again quickly
misses nothing: a time that is only a few seconds old is late.
"""

from __future__ import annotations

from dataclasses import replace

from cypher_executor.core.schedules import Firing, KeptSchedule, Passing, ScheduleKey
from cypher_executor.core.triggers import Schedule
from cypher_executor.triggers.times import fires_between, missed, next_fire, start_of

GRACE_US = 10_000_000

MOST_WAITING = 1_000
"""How many firings of one schedule may wait for their turn. A time that comes when there are so many is left out."""


def passing(schedule: KeptSchedule, now_us: int) -> Passing:
    """How a schedule is moved past all times up to now; its `waiting` firings count."""
    settings, first_us = schedule.settings, schedule.next_us
    assert first_us is not None, "a schedule that is due has a time"
    late_us = max(schedule.seen_us, now_us - GRACE_US)
    left_out_us, made_up = _missed(settings, schedule.seen_us, late_us) if first_us <= late_us else (None, ())
    on_time = tuple(fires_between(settings, late_us, now_us))
    wanted = [*((fire, True) for fire in made_up), *((fire, False) for fire in on_time)]
    room = max(0, MOST_WAITING - schedule.waiting)
    return Passing(
        schedule,
        until_us=now_us,
        next_us=next_fire(settings, now_us),
        firings=tuple(_firing(schedule, fire, made_up) for fire, made_up in wanted[:room]),
        missed_us=left_out_us,
        skipped_us=wanted[-1][0] if len(wanted) > room else None,
    )


def _missed(settings: Schedule, after_us: int, until_us: int) -> tuple[int | None, tuple[int, ...]]:
    """The latest time that is not made up for, if any, and those that are."""
    found = missed(replace(settings, catch_up=settings.catch_up + 1), after_us, until_us)
    return (found[0], found[1:]) if len(found) > settings.catch_up else (None, found)


def _firing(schedule: KeptSchedule, fire_us: int, made_up: bool) -> Firing:
    begin_us = fire_us if made_up else start_of(schedule.settings, fire_us, identity(schedule.key))
    return Firing(schedule.number, fire_us, begin_us, made_up)


def identity(key: ScheduleKey) -> str:
    """What tells a schedule from others that say the same."""
    return "/".join(key)
