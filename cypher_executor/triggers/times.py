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
"""Where clocks change, searching begins so far on the other side: a time that comes twice may stand on either side of
where we are. Elsewhere only so far that a time which is now is found, too."""
_A_MINUTE = timedelta(minutes=1)
_AN_HOUR_US = 3_600_000_000


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
    start, before_us = _local(schedule, after_us), after_us
    for fire in _microseconds(fires(schedule.cron, start)):
        if fire > after_us:
            if _moved_by_less_than_an_hour(schedule, before_us, fire):
                yield from _between(schedule, before_us, fire)
            yield fire
            before_us = fire


def _moved_by_less_than_an_hour(schedule: Schedule, before_us: int, fire_us: int) -> bool:
    """Whether clocks were moved between two times, or just before, by what is no number of hours (Lord Howe Island).
    cronsim goes on by the hour, and passes over what lies in the hour that is cut; going backwards it does not."""
    before, fire = (_local(schedule, at_us).utcoffset() for at_us in (before_us - _AN_HOUR_US, fire_us))
    return before is not None and fire is not None and bool((fire - before) % timedelta(hours=1))


def _between(schedule: Schedule, after_us: int, until_us: int) -> list[int]:
    """The times behind `after_us` and before `until_us`, found from their end."""
    found: list[int] = []
    for fire in _backwards(schedule, until_us - 1):
        if fire <= after_us:
            break
        found.append(fire)
    return found[::-1]


def _backwards(schedule: Schedule, until_us: int) -> Iterator[int]:
    now = _local(schedule, until_us)
    start = now + (_ASIDE if _clocks_change(now) else _A_MINUTE)
    return (fire for fire in _microseconds(fires(schedule.cron, start, backwards=True)) if fire <= until_us)


def _clocks_change(around: datetime) -> bool:
    """Whether the zone has another offset a day before or after."""
    in_utc = around.astimezone(UTC)
    offsets = {(in_utc + aside).astimezone(around.tzinfo).utcoffset() for aside in (-_ASIDE, timedelta(0), _ASIDE)}
    return len(offsets) > 1


def _local(schedule: Schedule, instant_us: int) -> datetime:
    in_utc = _EPOCH + timedelta(microseconds=instant_us)
    return in_utc if schedule.timezone == "UTC" else in_utc.astimezone(zone(schedule.timezone))


def _microseconds(times: Iterator[datetime]) -> Iterator[int]:
    try:
        for time in times:
            yield (time.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)
    except OverflowError:
        return
