"""Temporal values: the cases of tests/fixtures/temporal, and what holds for all values."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cypher_executor.core.recipe import Scope
from cypher_executor.cypher.expressions import compile_expression
from cypher_executor.cypher.parse import parse_expression
from cypher_executor.cypher.temporal import calendar, zones
from cypher_executor.cypher.temporal.durations import Duration
from cypher_executor.cypher.temporal.instants import Date, DateTime, LocalDateTime, LocalTime, at_instant, in_zone
from cypher_executor.cypher.temporal.reading import read_date, read_datetime, read_duration, read_local_datetime
from cypher_executor.errors import ExpressionError

FOLDER = Path(__file__).parents[2] / "fixtures" / "temporal"
NOW = Scope({}.get, {}, None, None, 1_700_000_000_123_456, "seed")


def lines() -> list[tuple[str, str, str]]:
    """Each line as (expression, `=>` or `!!`, what is expected)."""
    texts = [line for file in sorted(FOLDER.glob("*.txt")) for line in file.read_text("utf-8").splitlines()]
    found = (re.fullmatch(r"(.*?)\s+(=>|!!)\s+(.*)", line) for line in texts if not line.startswith("#"))
    return [(f[1], f[2], f[3]) for f in found if f]


def evaluated(text: str) -> Any:
    parsed = parse_expression(text)
    assert parsed.expression is not None, parsed.diagnostics
    compiled, diagnostics = compile_expression(parsed.expression)
    assert compiled is not None, diagnostics
    return compiled.evaluate(NOW)


@pytest.mark.parametrize(("text", "arrow", "expected"), lines(), ids=[line[0] for line in lines()])
def test_an_expression_gives_its_value_or_its_error(text: str, arrow: str, expected: str) -> None:
    if arrow == "!!":
        with pytest.raises(ExpressionError) as caught:
            evaluated(text)
        assert caught.value.code == expected
        return
    wanted = expected[1:-1] if expected.startswith("'") else json.loads(expected)
    assert evaluated(text) == wanted


def test_what_leaves_a_recipe_is_json_and_has_texts_for_times() -> None:
    found = evaluated("{when: date('2024-02-29'), waits: [duration('PT5M'), {d: datetime('2024-02-29T10:00Z')}]}")
    assert json.loads(json.dumps(found)) == {"when": "2024-02-29", "waits": ["PT5M", {"d": "2024-02-29T10:00Z"}]}


days = st.integers(calendar.FIRST_DAY, calendar.LAST_DAY)
nanoseconds = st.integers(0, 86_400 * 10**9 - 1)
durations = st.builds(
    Duration, st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6), st.integers(-(10**18), 10**18)
)


@given(days)
def test_a_day_is_its_date_and_its_week_and_its_place_in_the_year(day: int) -> None:
    year, month, of_month = calendar.date_of(day)
    assert calendar.days_of(year, month, of_month) == day
    assert calendar.day_of_year(year, calendar.ordinal_of(day)) == day
    week_year, week = calendar.week_of(day)
    if abs(week_year) < calendar.MAX_YEAR:
        assert calendar.day_of_week(week_year, week, calendar.weekday_of(day)) == day


@given(st.dates())
def test_days_agree_with_pythons_dates(day: datetime.date) -> None:
    number = day.toordinal() - datetime.date(1970, 1, 1).toordinal()
    assert calendar.date_of(number) == (day.year, day.month, day.day)
    assert (*calendar.week_of(number), calendar.weekday_of(number)) == tuple(day.isocalendar())


@given(days, nanoseconds)
def test_a_text_reads_back_as_the_same_point_of_time(day: int, of_day: int) -> None:
    assert read_date(Date(day).text()) == Date(day)
    local = LocalDateTime(day, of_day)
    assert read_local_datetime(local.text()) == local


@given(durations)
def test_a_text_reads_back_as_the_same_duration(duration: Duration) -> None:
    assert read_duration(duration.text()) == duration


@given(durations)
def test_a_duration_and_its_opposite_are_nothing(duration: Duration) -> None:
    assert duration.plus(duration.negative()) == Duration()


@given(st.integers(-(10**20), 10**20), st.sampled_from(["Europe/Zurich", "America/New_York", "Australia/Lord_Howe"]))
def test_a_moment_in_a_zone_is_the_same_moment(instant: int, zone: str) -> None:
    found = at_instant(instant, zone)
    assert found.instant == instant
    assert in_zone(found.days, found.nanoseconds, zone, found.offset_s) == found
    assert read_datetime(found.text()) == found


@given(nanoseconds, st.integers(-(10**18), 10**18))
def test_times_of_day_go_round(of_day: int, by: int) -> None:
    moved = LocalTime(of_day).plus(Duration(nanoseconds=by))
    assert 0 <= moved.nanoseconds < 86_400 * 10**9
    assert moved.minus(Duration(nanoseconds=by)) == LocalTime(of_day)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (read_date, read_local_datetime, read_datetime, read_duration):
        try:
            read(text)
        except ExpressionError as refused:
            assert refused.code in ("invalid_temporal", "number_out_of_range")


def test_zones_come_from_one_edition_of_their_rules_on_every_machine() -> None:
    old = DateTime(calendar.days_of(1818, 7, 21), 0, 0).instant
    assert at_instant(old, "Europe/Stockholm").offset_s == 53 * 60 + 28


@pytest.mark.parametrize("name", ["", "..", "/etc/passwd", "Europe", "Europe/", "posixrules/../../x", "a" * 10_000])
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(ExpressionError, match="no time zone"):
        zones.zone(name)
