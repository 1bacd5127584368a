"""When schedules fire: across changes of clocks, after pauses, and late by their jitter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cypher_executor.core.triggers import Schedule
from cypher_executor.cypher.temporal.zones import zone
from cypher_executor.triggers import times
from cypher_executor.triggers.cron import canonical
from cypher_executor.triggers.times import fires_between, missed, next_fire, start_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_US = 86_400_000_000


def us(text: str) -> int:
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


def shown(instant_us: int, name: str) -> str:
    return (EPOCH + timedelta(microseconds=instant_us)).astimezone(zone(name)).isoformat()


def fires(schedule: Schedule, after: str, count: int) -> list[str]:
    found = islice(fires_between(schedule, us(after), 2**62), count)
    return [shown(each, schedule.timezone) for each in found]


def test_a_schedule_fires_at_the_times_of_its_zone() -> None:
    weekdays = Schedule("30 6 * * MON-FRI", "Europe/Zurich")
    assert fires(weekdays, "2026-01-02T05:30:00Z", 2) == ["2026-01-05T06:30:00+01:00", "2026-01-06T06:30:00+01:00"]


def test_the_next_time_is_later_than_now_and_never_now() -> None:
    hourly = Schedule("0 * * * *")
    assert next_fire(hourly, us("2026-01-01T05:00:00Z")) == us("2026-01-01T06:00:00Z")
    assert next_fire(hourly, us("2026-01-01T05:00:00Z") - 1) == us("2026-01-01T05:00:00Z")


def test_a_time_that_clocks_leave_out_fires_at_the_end_of_the_gap_and_once() -> None:
    # In Zurich the hour from 02:00 to 03:00 of 29 March 2026 does not exist.
    for minutes in ("30", "10,30,50"):
        nightly = Schedule(f"{minutes} 2 * * *", "Europe/Zurich")
        found = [each for each in fires(nightly, "2026-03-28T12:00:00+01:00", 4) if each.startswith("2026-03-29")]
        assert found == ["2026-03-29T03:00:00+02:00"]


def test_a_time_that_comes_twice_fires_the_first_time_only() -> None:
    # In Zurich the hour from 02:00 to 03:00 of 25 October 2026 comes twice.
    nightly = Schedule("30 2 * * *", "Europe/Zurich")
    assert fires(nightly, "2026-10-24T12:00:00+02:00", 2) == ["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"]
    assert fires(nightly, "2026-10-25T02:15:00+01:00", 1) == ["2026-10-26T02:30:00+01:00"]


def test_what_fires_all_day_goes_by_the_time_that_passes() -> None:
    quarterly = Schedule("*/30 * * * *", "Europe/Zurich")
    found = list(fires_between(quarterly, us("2026-10-25T00:00:00+02:00"), us("2026-10-26T00:00:00+01:00")))
    assert len(found) == 50
    assert {later - earlier for earlier, later in pairwise(found)} == {1_800_000_000}
    found = list(fires_between(quarterly, us("2026-03-29T00:00:00+01:00"), us("2026-03-30T00:00:00+02:00")))
    assert len(found) == 46


def test_the_last_day_of_february_is_found_in_leap_years_only() -> None:
    assert fires(Schedule("0 0 29 2 *"), "2026-01-01T00:00:00Z", 2) == [
        "2028-02-29T00:00:00+00:00",
        "2032-02-29T00:00:00+00:00",
    ]


def test_after_the_last_year_of_the_calendar_nothing_fires() -> None:
    assert next_fire(Schedule("0 0 1 1 *"), us("9999-06-01T00:00:00Z")) is None


def test_without_catching_up_missed_times_are_left_out() -> None:
    assert missed(Schedule("0 * * * *"), us("2026-01-01T00:00:00Z"), us("2026-01-02T00:00:00Z")) == ()


def test_the_latest_missed_times_are_made_up_for_in_order() -> None:
    hourly = Schedule("0 * * * *", catch_up=2)
    found = missed(hourly, us("2026-01-01T00:00:00Z"), us("2026-01-01T05:00:00Z"))
    assert found == (us("2026-01-01T04:00:00Z"), us("2026-01-01T05:00:00Z"))


def test_a_time_that_was_dealt_with_is_not_made_up_for() -> None:
    hourly = Schedule("0 * * * *", catch_up=1_000)
    assert missed(hourly, us("2026-01-01T05:00:00Z"), us("2026-01-01T05:59:59Z")) == ()
    assert missed(hourly, us("2026-01-01T05:00:00Z"), us("2026-01-01T06:00:00Z")) == (us("2026-01-01T06:00:00Z"),)


def test_a_time_in_the_hour_that_half_an_hour_is_cut_from_fires() -> None:
    # On Lord Howe Island clocks are put forward from 02:00 to 02:30 on 4 October 2026.
    found = fires(Schedule("0 */3 * * *", "Australia/Lord_Howe"), "2026-10-03T23:00:00+10:30", 3)
    assert [each[11:16] for each in found] == ["00:00", "03:00", "06:00"]


@pytest.mark.parametrize("cron", ["30 2 * * *", "*/20 * * * *", "15 1,2,3 * * *", "0 */3 * * *", "10,40 2 * * *"])
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("Europe/Zurich", "2026-03-29T01:00:00Z"),
        ("Europe/Zurich", "2026-10-25T01:00:00Z"),
        ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
        ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
        ("Pacific/Apia", "2011-12-30T10:00:00Z"),
    ],
)
def test_around_a_change_of_clocks_both_directions_find_the_same_times(cron: str, name: str, change: str) -> None:
    schedule = Schedule(cron, name, catch_up=1_000)
    for hours in range(-30, 31, 3):
        after, until = us(change) + hours * 3_600_000_000 + 1, us(change) + 31 * 3_600_000_000
        assert missed(schedule, after, until) == tuple(fires_between(schedule, after, until))


ZONES = st.sampled_from(["UTC", "Europe/Zurich", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
CRONS = st.sampled_from(
    ["30 2 * * *", "*/20 * * * *", "15 1,2,3 * * *", "0 */3 * * *", "45 23 L * *", "10,40 2 25-31 3,10 *"]
)


@given(CRONS, ZONES, st.integers(us("2026-01-01T00:00:00Z"), us("2027-01-01T00:00:00Z")), st.integers(0, 3 * DAY_US))
@settings(max_examples=150, deadline=None)
def test_what_was_missed_is_what_would_have_fired(cron: str, name: str, after_us: int, pause_us: int) -> None:
    schedule = Schedule(cron, name, catch_up=1_000)
    expected = tuple(fires_between(schedule, after_us, after_us + pause_us))
    assert missed(schedule, after_us, after_us + pause_us) == expected


@given(CRONS, ZONES, st.integers(us("2026-01-01T00:00:00Z"), us("2027-01-01T00:00:00Z")))
@settings(max_examples=150, deadline=None)
def test_going_on_from_each_time_gives_the_same_times(cron: str, name: str, after_us: int) -> None:
    schedule = Schedule(cron, name)
    at_once = list(islice(fires_between(schedule, after_us, 2**62), 6))
    one_by_one = [after_us]
    while len(one_by_one) <= 6:
        one_by_one.append(next_fire(schedule, one_by_one[-1]) or 0)
    assert one_by_one[1:] == at_once
    assert at_once == sorted(set(at_once))


def test_the_test_of_missed_times_sees_a_search_that_begins_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = Schedule("30 2 * * *", "Europe/Zurich", catch_up=1)
    after, now = us("2026-10-25T00:00:00+02:00"), us("2026-10-25T02:10:00+01:00")
    assert missed(schedule, after, now) == (us("2026-10-25T02:30:00+02:00"),)
    monkeypatch.setattr(times, "_ASIDE", timedelta(0))
    assert missed(schedule, after, now) == ()


def test_jitter_is_within_its_bounds_and_the_same_when_asked_again() -> None:
    schedule = Schedule("0 * * * *", jitter_ms=60_000)
    late = [
        start_of(schedule, hour * 3_600_000_000, "acme/report/nightly") - hour * 3_600_000_000 for hour in range(200)
    ]
    assert late == [
        start_of(schedule, hour * 3_600_000_000, "acme/report/nightly") - hour * 3_600_000_000 for hour in range(200)
    ]
    assert 0 <= min(late) < 6_000_000 and 54_000_000 < max(late) <= 60_000_000
    assert start_of(schedule, 0, "one") != start_of(schedule, 0, "another")
    assert start_of(Schedule("0 * * * *"), 5, "one") == 5


@pytest.mark.parametrize(
    ("written", "fields"),
    [
        ("@hourly", "0 * * * *"),
        (" @Weekly ", "0 0 * * 0"),
        ("0  9 * jan-mar  mon,WED", "0 9 * JAN-MAR MON,WED"),
        ("*/5 0-23/2 1,15 * *", "*/5 0-23/2 1,15 * *"),
        ("0 0 LW * *", "0 0 LW * *"),
        ("0 0 * * MON#2", "0 0 * * MON#2"),
        ("0 0 * * 5L", "0 0 * * 5L"),
    ],
)
def test_a_schedule_has_one_form(written: str, fields: str) -> None:
    assert canonical(written) == fields


NO_SCHEDULES = """
    ; * * * *; * * * * * *; 60 * * * *; * 24 * * *; * * 0 * *; * * 32 * *; * * * 13 *; * * * * 8; */0 * * * *
    ; 5-1 * * * *; a * * * *; 0 0 30 2 *; 0 0 31 APR,JUN *; @reboot; * * * * MON#6; * * * * 1L/2; * * L/2 * *
    ; 1//2 * * * *; 1,, * * * *; ² * * * *; -1 * * * *; 1- * * * *
"""


@pytest.mark.parametrize("text", [each.strip() for each in NO_SCHEDULES.split(";")])
def test_what_is_no_schedule_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        canonical(text)


@given(st.text(alphabet="0123456789*/,-LW# MONJA@", max_size=20))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_schedule_or_refused(text: str) -> None:
    try:
        fields = canonical(text)
    except ValueError:
        return
    assert canonical(fields) == fields
    assert next_fire(Schedule(fields), 0) is not None
