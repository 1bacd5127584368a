"""When a schedule fires: the times of its cron expression in its time zone, in microseconds since 1970 UTC.

What fires at fixed times of the day fires once on every day of the calendar: a time that is left out when clocks are
put forward fires at the end of the gap, one that comes twice when they are put back fires the first time. What fires
all through the day (`*` or `*/n` for the minute or the hour) goes by the time that passes: it fires in both of the
hours that have one name. That is what Debian's cron does.

Nothing here looks at a clock. A schedule that is served remembers the last time that it has dealt with; after a pause
`missed` says which times are to be made up for, and `next_fire` where it goes on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from cypher_executor.core.triggers import Schedule
from cypher_executor.cypher.temporal.zones import zone
from cypher_executor.triggers.cron import fires

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ASIDE = timedelta(hours=26)
"""Searching begins so far on the other side: a time that comes twice may stand on either side of where we are."""


def next_fire(schedule: Schedule, after_us: int) -> int | None:
    """The first time behind `after_us` at which the schedule fires, without jitter; None when there is none any more
    in the years that a calendar of ours has."""
    return next(_forwards(schedule, after_us), None)


def fires_between(schedule: Schedule, after_us: int, until_us: int) -> Iterator[int]:
    """All times behind `after_us` and up to `until_us`, in order."""
    for fire in _forwards(schedule, after_us):
        if fire > until_us:
            return
        yield fire


def missed(schedule: Schedule, after_us: int, now_us: int) -> tuple[int, ...]:
    """The times behind `after_us` and up to `now_us` that are to be made up for: the latest `catch_up`, in order."""
    found: list[int] = []
    for fire in _backwards(schedule, now_us):
        if fire <= after_us or len(found) == schedule.catch_up:
            break
        found.append(fire)
    return tuple(reversed(found))


def start_of(schedule: Schedule, fire_us: int, identity: str) -> int:
    """When the run of a time is to begin: at that time, and later by its jitter. `identity` tells schedules apart that
    say the same, so that they do not all begin at once; asked again, the answer is the same."""
    if not schedule.jitter_ms:
        return fire_us
    drawn = hashlib.sha256(f"{identity}\n{schedule.cron}\n{fire_us}".encode()).digest()
    return fire_us + int.from_bytes(drawn[:8]) % (schedule.jitter_ms * 1000 + 1)


def _forwards(schedule: Schedule, after_us: int) -> Iterator[int]:
    start = _local(schedule, after_us)
    return (fire for fire in _microseconds(fires(schedule.cron, start)) if fire > after_us)


def _backwards(schedule: Schedule, until_us: int) -> Iterator[int]:
    start = _local(schedule, until_us) + _ASIDE
    return (fire for fire in _microseconds(fires(schedule.cron, start, backwards=True)) if fire <= until_us)


def _local(schedule: Schedule, instant_us: int) -> datetime:
    in_utc = _EPOCH + timedelta(microseconds=instant_us)
    return in_utc if schedule.timezone == "UTC" else in_utc.astimezone(zone(schedule.timezone))


def _microseconds(times: Iterator[datetime]) -> Iterator[int]:
    try:
        for time in times:
            yield (time.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)
    except OverflowError:
        return
