"""WASI preview 1 out of nothing: every function links, and answers as `wasi_calls.txt` says."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from cypher_executor.worker import wasi
from cypher_executor.worker.limits import MAX_STDERR
from cypher_executor.worker.sandbox import Output
from tests.worker.conftest import EXECUTION, Run
from tests.worker.modules import module

LINES = (Path(__file__).parent / "wasi_calls.txt").read_text("utf-8").splitlines()
CASE = re.compile(r"(?P<name>\w+)\s+(?P<arguments>(-?\d+L?\s+|-\s+)+?)(?P<errno>\d+)(\s+[^\d\s-].*)?\s*")
CASES = [match for line in LINES if (match := CASE.fullmatch(line))]


def _words(arguments: str) -> list[str]:
    return [a for a in arguments.split() if a != "-"]


@pytest.mark.parametrize("case", CASES, ids=[re.sub(r"\s+", " ", c[0][:40]) for c in CASES])
def test_a_function_answers_with_its_errno(run: Run, case: re.Match[str]) -> None:
    arguments = _words(case["arguments"])
    types = " ".join("i64" if a.endswith("L") else "i32" for a in arguments)
    values = " ".join(f"({'i64' if a.endswith('L') else 'i32'}.const {a.removesuffix('L')})" for a in arguments)
    result = run(module("wasi_call", name=case["name"], type=f"(param {types})", arguments=values), input=b"")
    assert isinstance(result, Output)
    assert result.data[0] == int(case["errno"])


def test_every_case_of_the_list_is_read_and_every_function_is_in_it() -> None:
    assert len(CASES) == sum(1 for line in LINES if line and not line.startswith("#"))
    assert {case["name"] for case in CASES} == wasi.FUNCTIONS.keys() - {"proc_exit"}


def _world(run: Run, **changed: object) -> tuple[int, int, bytes, int, int]:
    result = run(module("world"), **changed)
    assert isinstance(result, Output)
    return struct.unpack("<QQ8sQI", result.data)


def test_the_clock_begins_where_it_was_recorded_and_moves_at_each_reading(run: Run) -> None:
    first, second, _, after, events = _world(run)
    begin_ns = EXECUTION.clock_us * 1000
    assert (first - begin_ns, second - begin_ns) == (1_000, 2_000)
    assert events == 1
    assert after - second == 5_000_000 + 2_000  # the wait, and a reading before and after it


def test_an_execution_that_is_repeated_sees_the_same_world(run: Run) -> None:
    assert _world(run) == _world(run)


def test_another_seed_gives_other_randomness(run: Run) -> None:
    assert _world(run, seed=b"one")[2] != _world(run, seed=b"two")[2]


def test_standard_error_is_cut_at_its_limit_and_marked() -> None:
    world = wasi.World(b"", clock_us=0, seed=b"", output_kb=1)
    for _ in range(10):
        world.log((b"x" * 10_000)[: world.log_room()])
    text = world.stderr()
    assert text.startswith("x" * MAX_STDERR + "\n[cut") and len(text) < MAX_STDERR + 100
