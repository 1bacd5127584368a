"""`date_ops` against Python's `zoneinfo` and `datetime`, over the same tzdata, for every zone there is."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cypher_executor.files import shipped

MANY = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TZDATA = resources.files("tzdata")
NAMES = sorted(TZDATA.joinpath("zones").read_text(encoding="utf-8").split())
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DATES = st.datetimes(datetime(1800, 1, 1), datetime(2400, 1, 1)).map(lambda d: d.replace(microsecond=0))
PATTERNS = [
    ("%Y-%m-%d %H:%M:%S", "yyyy-MM-dd HH:mm:ss"),
    ("%d %b %Y %I:%M:%S %p", "dd MMM yyyy hh:mm:ss a"),
    ("%A, %B %d, %Y at %H.%M.%S", "EEEE, MMMM dd, yyyy 'at' HH.mm.ss"),
]
SPREAD = (-4_600_000_000, 7_000_000_000)


def zone(name: str) -> ZoneInfo:
    """A zone from the package and never from the machine, so that both sides know the same."""
    with TZDATA.joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, name)


def changes_near(where: ZoneInfo, chance: random.Random) -> Iterator[int]:
    """Seconds at which the offset changes, found by halving between random instants."""
    points = sorted(chance.randrange(-2_500_000_000, 4_000_000_000) for _ in range(6))
    for low, upper in itertools.pairwise(points):
        high = min(upper, low + 16_000_000)
        before = (EPOCH + timedelta(seconds=low)).astimezone(where).utcoffset()
        if (EPOCH + timedelta(seconds=high)).astimezone(where).utcoffset() == before:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            same = (EPOCH + timedelta(seconds=middle)).astimezone(where).utcoffset() == before
            low, high = (middle, high) if same else (low, middle)
        yield high


@pytest.mark.parametrize("part_of_all", range(4))
def test_an_instant_shows_the_same_time_in_every_zone(part_of_all: int, call: Any) -> None:
    chance = random.Random(part_of_all)
    for name in NAMES[part_of_all::4]:
        where = zone(name)
        instants = [chance.randrange(*SPREAD), chance.randrange(0, 2_000_000_000)]
        instants += [change + shift for change in list(changes_near(where, chance))[:1] for shift in (-1, 0)]
        for second in instants:
            wanted = (EPOCH + timedelta(seconds=second)).astimezone(where)
            got = call("date_ops", operation="format", value=second, unix_unit="s", zone=name, pattern="iso")
            assert got["result"].replace("Z", "+00:00") == wanted.isoformat(), (name, second)


def test_local_times_in_gaps_and_folds_mean_what_python_says(call: Any) -> None:
    chance = random.Random(11)
    checked = 0
    for name in chance.sample(NAMES, 200):
        where = zone(name)
        for change in list(changes_near(where, chance))[:2]:
            around = (EPOCH + timedelta(seconds=change)).astimezone(where).replace(tzinfo=None, fold=0)
            local = around + timedelta(minutes=chance.choice([-61, -31, -30, -1, 0, 1, 30, 59]))
            for fold, choice in ((0, "compatible"), (1, "later")):
                instant = local.replace(tzinfo=where, fold=fold).astimezone(UTC)
                is_gap = instant.astimezone(where).replace(tzinfo=None) != local
                if is_gap and fold == 1:
                    choice = "earlier"
                got = call("date_ops", operation="to_unix", value=local.isoformat(), zone=name, disambiguation=choice)
                assert got["result"] == int((instant - EPOCH).total_seconds()) * 1000, (name, local, choice)
                checked += 1
    assert checked > 100


@MANY
@given(a=DATES, b=DATES)
def test_dates_are_those_of_the_calendar(a: datetime, b: datetime, call: Any) -> None:
    parts = call("date_ops", operation="parts", value=a.isoformat())["result"]
    assert [parts["weekday"], parts["week"], parts["day_of_year"]] == [
        a.isoweekday(),
        a.isocalendar().week,
        a.timetuple().tm_yday,
    ]
    days = call("date_ops", operation="diff", value=a.isoformat(), **{"with": b.isoformat()}, unit="days")["result"]
    assert days == int((b - a) / timedelta(days=1))
    seconds = int((b - a).total_seconds())
    moved = call("date_ops", operation="add", value=a.isoformat(), amount=seconds, unit="seconds")["result"]
    assert moved == f"{b.isoformat()}Z"


@MANY
@given(a=DATES, pattern=st.sampled_from(PATTERNS))
def test_what_a_pattern_writes_it_reads_again(a: datetime, pattern: tuple[str, str], call: Any) -> None:
    theirs, ours = pattern
    written = call("date_ops", operation="format", value=a.isoformat(), pattern=ours)["result"]
    assert written == a.strftime(theirs)
    assert call("date_ops", operation="parse", value=written, pattern=ours)["result"] == f"{a.isoformat()}Z"


@MANY
@given(a=DATES, b=DATES)
def test_a_duration_leads_from_one_date_to_the_other(a: datetime, b: datetime, call: Any) -> None:
    duration = call("date_ops", operation="diff", value=a.isoformat(), **{"with": b.isoformat()})["result"]
    if a <= b:
        got = call("date_ops", operation="add", value=a.isoformat(), duration=duration)["result"]
        assert got == f"{b.isoformat()}Z"


@pytest.mark.parametrize(
    "text", ["", "x", "2026-13-01", "2026-1-1", "26-01-01", "2026-01-01T25:00", "2026-01-01T10:60"]
)
def test_what_is_no_date_is_refused(text: str, call: Any) -> None:
    assert call("date_ops", operation="parse", value=text)["error"]["code"] == "not_a_date"


@pytest.mark.parametrize("value", [10**15, -(10**15), 10**300])
def test_years_beyond_four_digits_are_refused(value: int, call: Any) -> None:
    assert call("date_ops", operation="parse", value=value)["error"]["code"] == "date_out_of_range"


def test_the_tables_are_what_the_package_makes(tmp_path: Path) -> None:
    home = shipped("parts") / "lib" / "time"
    copy = tmp_path / "make_zone_tables.py"
    copy.write_text((home / copy.name).read_text(encoding="utf-8"), encoding="utf-8")
    subprocess.run([sys.executable, copy], check=True, timeout=60)
    for name in ("zones.bin", "zone_names.txt"):
        assert (tmp_path / name).read_bytes() == (home / name).read_bytes(), name
