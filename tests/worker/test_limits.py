"""Each limit ends an execution with a failure that names the limit and its value."""

from __future__ import annotations

import contextlib
import socket
import time
from types import SimpleNamespace

import pytest

from cypher_executor.worker import limits
from cypher_executor.worker.limits import Watchdog
from cypher_executor.worker.sandbox import Failed, Output, Sandbox
from tests.worker.conftest import EXECUTION, Run, compile_module, in_thread
from tests.worker.modules import calling, module, printing


@pytest.mark.parametrize("name", ["loop", "loop_in_start", "loop_of_host_calls", "br_table_bomb"])
def test_a_module_that_never_ends_is_ended_at_its_time_limit(run: Run, name: str) -> None:
    result = run(module(name), timeout_ms=20)
    assert isinstance(result, Failed)
    assert (result.code, result.retryable, result.details) == ("timeout", True, {"timeout_ms": 20})
    assert result.message == "the part ran longer than its limit of 20 ms"


@pytest.mark.parametrize(("starved_s", "given"), [(0.0, True), (600.0, False)])
def test_a_guest_that_calls_gives_way_to_a_watchdog_that_has_not_looked_for_long(
    monkeypatch: pytest.MonkeyPatch, starved_s: float, given: bool
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(limits, "_STARVED_S", starved_s)
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=time.monotonic, sleep=slept.append))
    ours, theirs = socket.socketpair()
    with ours, theirs, contextlib.closing(Watchdog(theirs)) as nobody_watches:
        sandbox = Sandbox(nobody_watches)
        loaded = sandbox.load(compile_module(module("flood", fd=2, times=100)))
        assert isinstance(in_thread(lambda: sandbox.run(loaded, EXECUTION)), Output)
    assert bool(slept) is given


def test_the_next_execution_does_not_feel_the_deadline_of_the_one_before(run: Run) -> None:
    for _ in range(20):
        assert isinstance(run(module("loop"), timeout_ms=1), Failed)
        assert run(module("echo"), input=b"1") == Output(b"1")


def test_a_module_that_takes_all_memory_and_traps_was_at_its_limit(run: Run) -> None:
    result = run(module("memory_bomb"), memory_mb=2)
    assert isinstance(result, Failed)
    assert (result.code, result.details) == ("memory_limit", {"memory_mb": 2})
    assert "2 MiB" in result.message and "unreachable" in result.message


def test_growing_memory_beyond_the_limit_gives_minus_one(run: Run) -> None:
    assert run(module("memory_refused"), memory_mb=2) == Output(b"")


def test_a_module_that_wants_more_memory_from_the_start_than_it_may_have(run: Run) -> None:
    result = run(module("memory_large"), memory_mb=64)
    assert isinstance(result, Failed)
    assert (result.code, result.details) == ("memory_limit", {"memory_mb": 64})
    assert run(module("memory_large"), memory_mb=128) == Output(b"")


def test_growing_a_table_beyond_the_limit_gives_minus_one(run: Run) -> None:
    assert run(module("table_bomb")) == Output(b"")


def test_endless_recursion_names_the_stack(run: Run) -> None:
    result = run(module("recursion"))
    assert isinstance(result, Failed)
    assert (result.code, result.details) == ("stack_overflow", {"stack_kb": 512})


@pytest.mark.parametrize(
    ("name", "why"),
    [("unreachable", "unreachable"), ("divide", "divide by zero"), ("out_of_bounds", "out of bounds memory access")],
)
def test_a_trap_says_which(run: Run, name: str, why: str) -> None:
    result = run(module(name))
    assert isinstance(result, Failed)
    assert result.code == "trap" and why in result.message


def test_output_beyond_the_limit_ends_the_part(run: Run) -> None:
    result = run(module("flood", fd=1, times=100_000), output_kb=1024)
    assert isinstance(result, Failed)
    assert (result.code, result.details) == ("output_limit", {"output_kb": 1024})


def test_output_of_exactly_the_limit_passes(run: Run) -> None:
    assert run(module("echo"), input=b"x" * 2048, output_kb=2) == Output(b"x" * 2048)
    assert isinstance(run(module("echo"), input=b"x" * 2049, output_kb=2), Failed)


def test_standard_error_is_cut_and_the_part_goes_on(run: Run) -> None:
    result = run(module("flood", fd=2, times=5_000))
    assert isinstance(result, Output) and result.data == b"null"
    assert len(result.log) < 70_000 and result.log.endswith("[cut at 65536 bytes]")


def test_an_exit_code_is_a_failure_with_what_the_part_said(run: Run) -> None:
    result = run(module("exit", code=3))
    assert isinstance(result, Failed)
    assert result.code == "exit_code" and result.message == "the part ended with exit code 3"
    assert result.details["exit_code"] == 3 and result.details["stderr"] == "no luck.\n"


def test_exit_code_zero_is_a_good_end(run: Run) -> None:
    assert run(module("exit", code=0)) == Output(b"", log="no luck.\n")


def test_more_than_256_calls_are_too_many(run: Run) -> None:
    tape = ((b'{"op":"now"}', b"1"),) * 256
    assert run(calling(times=256), tape=tape) == Output(b"1")
    result = run(calling(times=100_000), tape=tape)
    assert isinstance(result, Failed)
    assert (result.code, result.details) == ("too_many_calls", {"calls": 256})


def test_fuel_is_counted_when_it_is_limited(watchdog: Watchdog) -> None:
    sandbox = Sandbox(watchdog, fuel=True)
    loop, text = (sandbox.load(compile_module(code, fuel=True)) for code in (module("loop"), printing(b"1")))
    result = in_thread(lambda: sandbox.run(loop, EXECUTION._replace(fuel=10_000)))
    assert isinstance(result, Failed)
    assert (result.code, result.details) == ("out_of_fuel", {"fuel": 10_000})
    assert in_thread(lambda: sandbox.run(text, EXECUTION._replace(fuel=10_000))) == Output(b"1")
