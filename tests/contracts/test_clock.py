"""The system clock and the ids that it makes."""

from __future__ import annotations

import re
import time

import pytest

from cypher_executor.adapters.clock import SystemClock
from cypher_executor.core import run_ids
from cypher_executor.core.run_ids import first_id_at

MS = 1_000_000


def test_an_id_is_run_and_a_ulid():
    clock = SystemClock(now_us=lambda: 1_469_918_176_385_000, chance=lambda: 0)
    assert clock.new_run_id() == "run_01ARYZ6S410000000000000000"
    assert re.fullmatch(r"run_[0-7][0-9A-HJKMNP-TV-Z]{25}", SystemClock().new_run_id())


def test_ids_grow_within_one_millisecond():
    clock = SystemClock(now_us=lambda: MS)
    ids = [clock.new_run_id() for _ in range(10_000)]
    assert ids == sorted(set(ids))


def test_ids_grow_when_the_clock_is_set_back():
    times = iter([9 * MS, 3 * MS, 1 * MS, 10 * MS])
    clock = SystemClock(now_us=lambda: next(times))
    ids = [clock.new_run_id() for _ in range(4)]
    assert ids == sorted(set(ids))


def test_ids_grow_when_the_chance_of_a_millisecond_is_used_up():
    clock = SystemClock(now_us=lambda: MS, chance=lambda: 2**80 - 1)
    ids = [clock.new_run_id() for _ in range(3)]
    assert ids == sorted(set(ids))


def test_ids_of_two_clocks_differ():
    ids = {SystemClock(now_us=lambda: MS).new_run_id() for _ in range(1000)}
    assert len(ids) == 1000


def test_the_time_is_the_system_s_in_microseconds():
    before = time.time()
    assert before - 1 <= SystemClock().now_us() / 1e6 <= time.time() + 1


def test_a_span_of_time_is_a_span_of_ids():
    made = {
        at_us: SystemClock(now_us=lambda at_us=at_us: at_us).new_run_id() for at_us in (0, MS, 2 * MS, 2 * MS + 999)
    }
    assert [at_us for at_us, run in made.items() if first_id_at(MS) <= run < first_id_at(2 * MS)] == [MS]
    assert [at_us for at_us, run in made.items() if run >= first_id_at(2 * MS)] == [2 * MS, 2 * MS + 999]
    assert first_id_at(-1) == first_id_at(0) < made[0] and made[2 * MS] < first_id_at(10**20)


def test_without_the_time_in_front_a_span_of_ids_would_be_another(monkeypatch):
    monkeypatch.setattr(run_ids, "CHANCE_BITS", 79)
    with pytest.raises(AssertionError):
        test_a_span_of_time_is_a_span_of_ids()
