"""What every dispatcher keeps, and what this one, with real worker processes, keeps beside it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from cypher_executor.adapters.dispatch_local.dispatcher import LocalDispatcher
from cypher_executor.core.commands import Execute
from cypher_executor.core.events import (
    AttemptFailed,
    AttemptLost,
    AttemptSucceeded,
    CallRequested,
    Event,
    RunId,
    StepEvent,
)
from cypher_executor.core.parts import Limits, Part
from cypher_executor.core.recipe import Digest
from cypher_executor.errors import Failure, NotFound, Unavailable
from tests.worker.modules import calling, module, printing

NOW_US = 1_700_000_000_000_000
RUN = RunId("run_1")
PATIENT = Limits(timeout_ms=600_000)
ECHO = module("echo")
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into a worker")


class FixedClock:
    """A clock that stands still; the dispatcher measures with its own."""

    def now_us(self) -> int:
        return NOW_US

    def new_run_id(self) -> RunId:
        return RUN


class Shelf:
    """Parts in memory. A module may be missing, or be fetched only once `gate` opens."""

    def __init__(self) -> None:
        self.parts: dict[Digest, Part] = {}
        self.modules: dict[Digest, bytes] = {}
        self.gate = asyncio.Event()
        self.gate.set()
        self.fetched = 0

    def put(self, code: bytes, limits: Limits = Limits()) -> Digest:  # noqa: B008 - frozen
        digest = Digest("sha256:" + hashlib.sha256(code + str(limits).encode()).hexdigest())
        self.parts[digest] = Part("part", "1", "", digest, pure=True, limits=limits)
        self.modules[digest] = code
        return digest

    def find(self, name: str) -> Part | None:
        return None

    def by_digest(self, digest: Digest, name: str | None = None) -> Part | None:
        return self.parts.get(digest)

    def all(self) -> Sequence[Part]:
        return list(self.parts.values())

    async def module(self, digest: Digest) -> bytes:
        self.fetched += 1
        await self.gate.wait()
        if digest not in self.modules:
            raise NotFound("no such module")
        return self.modules[digest]


class Bench:
    """A dispatcher with its parts, and the events that it has put into the inbox."""

    def __init__(self, workers: int, **more: Any) -> None:
        self.shelf = Shelf()
        self.events: dict[str, StepEvent] = {}
        self._more = asyncio.Event()
        self.dispatcher = LocalDispatcher(self.shelf, self._inbox, FixedClock(), workers, **more)

    def _inbox(self, events: Sequence[tuple[RunId, Event]]) -> None:
        for run, event in events:
            assert run == RUN and not isinstance(event, Mapping)
            assert event.node not in self.events, "answered twice"  # type: ignore[union-attr]
            self.events[event.node] = event  # type: ignore[union-attr, assignment]
        self._more.set()

    def send(self, nodes: Mapping[str, Digest], **more: Any) -> None:
        self.dispatcher.run_many([(RUN, execute(node, digest, **more)) for node, digest in nodes.items()])

    async def until(self, *nodes: str) -> list[StepEvent]:
        """The events of these nodes, once they are all there."""
        async with asyncio.timeout(60):
            while not self.events.keys() >= set(nodes):
                self._more.clear()
                await self._more.wait()
        return [self.events[node] for node in nodes]

    async def one(self, code: bytes, limits: Limits = Limits(), **more: Any) -> StepEvent:  # noqa: B008 - frozen
        node = f"n{len(self.events)}"
        self.send({node: self.shelf.put(code, limits)}, **more)
        return (await self.until(node))[0]

    async def failure(self, code: bytes, limits: Limits = Limits(), **more: Any) -> Failure:  # noqa: B008 - frozen
        event = await self.one(code, limits, **more)
        assert isinstance(event, AttemptFailed)
        return event.failure


def execute(node: str, digest: Digest, **more: Any) -> Execute:
    given = {"input": {"node": node}, "clock_us": NOW_US, "seed": "seed", "attempt": 1} | more
    return Execute(node=node, part="part", digest=digest, **given)


@pytest.fixture
async def start() -> AsyncIterator[Callable[..., Any]]:
    benches: list[Bench] = []

    async def start(workers: int = 1) -> Bench:
        benches.append(Bench(workers))
        await benches[-1].dispatcher.start()
        return benches[-1]

    yield start
    for bench in benches:
        await bench.dispatcher.close()


@pytest.fixture
async def bench(start: Callable[..., Any]) -> Bench:
    return await start()


# --- every dispatcher -------------------------------------------------------------------------------------------------


async def test_each_execute_of_a_batch_is_answered_once_with_its_own_output(start: Callable[..., Any]) -> None:
    bench = await start(2)
    digest = bench.shelf.put(ECHO)
    names = [f"node {i}" for i in range(300)]
    bench.send(dict.fromkeys(names, digest))
    for name, event in zip(names, await bench.until(*names), strict=True):
        assert isinstance(event, AttemptSucceeded)
        assert (event.output, event.item, event.attempt) == ({"node": name}, (), 1)
        assert event.started_us <= event.at_us <= NOW_US


async def test_item_and_attempt_come_back(bench: Bench) -> None:
    event = await bench.one(ECHO, item=(3, 1), attempt=7, input=[2**63 - 1, "ünï", None])
    assert isinstance(event, AttemptSucceeded)
    assert (event.item, event.attempt, event.output) == ((3, 1), 7, [2**63 - 1, "ünï", None])


async def test_a_call_that_is_not_on_the_tape_is_requested(bench: Bench) -> None:
    code = calling(b'{"op": "http_request", "n": 9007199254740993}', times=2)
    event = await bench.one(code)
    assert isinstance(event, CallRequested)
    assert (event.number, event.request) == (0, {"op": "http_request", "n": 2**53 + 1})
    tape = ((event.request, {"ok": True, "x": 1}),)
    event = await bench.one(code, tape=tape)
    assert isinstance(event, CallRequested) and event.number == 1
    event = await bench.one(code, tape=(*tape, (event.request, {"ok": True, "x": 2})))
    assert isinstance(event, AttemptSucceeded) and event.output == {"ok": True, "x": 2}


async def test_a_part_that_is_not_there_fails_its_step(bench: Bench) -> None:
    bench.send({"unknown": Digest("sha256:0")})
    missing = bench.shelf.put(ECHO)
    del bench.shelf.modules[missing]
    bench.send({"missing": missing})
    for event in await bench.until("unknown", "missing"):
        assert isinstance(event, AttemptFailed) and event.failure.code == "part_unavailable"


async def test_an_input_that_json_cannot_hold_fails_its_step_and_no_other(bench: Bench) -> None:
    digest = bench.shelf.put(ECHO)
    bench.send({"bad": digest}, input={"n": 2**64})
    bench.send({"good": digest})
    bad, good = await bench.until("bad", "good")
    assert isinstance(bad, AttemptFailed) and bad.failure.code == "input_invalid"
    assert isinstance(good, AttemptSucceeded)


async def test_one_reading_of_a_module_serves_all_that_wait_for_it(bench: Bench) -> None:
    bench.shelf.gate.clear()
    digest = bench.shelf.put(ECHO)
    bench.send({"a": digest, "b": digest})
    bench.send({"c": digest})
    bench.shelf.gate.set()
    await bench.until("a", "b", "c")
    assert bench.shelf.fetched == 1


async def test_an_interrupted_execution_is_ended_and_not_answered(bench: Bench) -> None:
    bench.send({"loop": bench.shelf.put(module("loop"), PATIENT)})
    bench.send({"behind": bench.shelf.put(ECHO)})
    bench.dispatcher.interrupt(RUN, "loop", ())
    await bench.until("behind")
    assert "loop" not in bench.events


async def test_an_execution_is_interrupted_while_it_runs(bench: Bench) -> None:
    loop, echo = bench.shelf.put(module("loop"), PATIENT), bench.shelf.put(ECHO)
    bench.send({"loop before": loop, "echo before": echo}, timeout_ms=1)
    await bench.until("loop before", "echo before")
    for turn in range(5):
        bench.send({f"before {turn}": echo, f"loop {turn}": loop, f"behind {turn}": echo})
        await bench.until(f"before {turn}")  # now the worker goes on with the loop
        bench.dispatcher.interrupt(RUN, f"loop {turn}", ())
        await bench.until(f"behind {turn}")
    assert len(bench.dispatcher.pids) == 1 and not any("loop " + str(turn) in bench.events for turn in range(5))


async def test_an_execution_is_interrupted_while_it_waits(bench: Bench) -> None:
    loop, echo = bench.shelf.put(module("loop"), PATIENT), bench.shelf.put(ECHO)
    bench.send({"loop": loop})
    bench.send({"unwanted": echo, "wanted": echo})
    bench.dispatcher.interrupt(RUN, "unwanted", ())
    bench.dispatcher.interrupt(RUN, "loop", ())
    bench.dispatcher.interrupt(RUN, "never heard of", ())
    await bench.until("wanted")
    assert bench.events.keys() == {"wanted"}


async def test_closing_ends_what_runs_and_leaves_it_unanswered(bench: Bench) -> None:
    bench.send({"loop": bench.shelf.put(module("loop"), PATIENT)})
    await bench.dispatcher.close()
    assert bench.events == {}


# --- limits, as a step sees them --------------------------------------------------------------------------------------


async def test_the_shorter_of_the_parts_limit_and_what_is_left_of_the_attempt_counts(bench: Bench) -> None:
    for limits, left in ((Limits(timeout_ms=20), None), (PATIENT, 20), (Limits(timeout_ms=20), 5_000)):
        failure = await bench.failure(module("loop"), limits, timeout_ms=left)
        assert (failure.code, failure.retryable, failure.details) == ("timeout", True, {"timeout_ms": 20})


async def test_an_attempt_without_any_time_left_times_out(bench: Bench) -> None:
    for left in (0, -5):
        assert (await bench.failure(module("loop"), timeout_ms=left)).code == "timeout"


async def test_limits_are_those_of_the_part(bench: Bench) -> None:
    assert (await bench.failure(module("memory_bomb"), Limits(memory_mb=1))).details == {"memory_mb": 1}
    assert (await bench.failure(module("flood", fd=1, times=100), Limits(output_kb=1))).code == "output_limit"
    assert (await bench.failure(module("loop"), Limits(fuel=1000))).code == "out_of_fuel"
    assert (await bench.failure(module("recursion"))).code == "stack_overflow"


async def test_a_module_that_breaks_the_rules_fails_its_step_and_no_other(bench: Bench) -> None:
    assert (await bench.failure(module("refused/unknown_module"))).code == "module_refused"
    assert (await bench.failure(b"no module")).code == "module_refused"
    assert isinstance(await bench.one(ECHO), AttemptSucceeded)


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (b"", "json_invalid"),
        (b"hello", "json_invalid"),
        (b'{"a":1} {"b":2}', "json_invalid"),
        (b'\xef\xbb\xbf{"a":1}', "json_invalid"),
        (b'"\xff"', "json_invalid"),
        (b'"\\ud800"', "json_invalid"),
        (b'{"a":1,"a":2}', "json_duplicate_key"),
        (b"[" * 65 + b"]" * 65, "json_too_deep"),
        (b"[" * 10_000, "json_too_deep"),
        (b"9223372036854775808", "number_out_of_range"),
    ],
)
async def test_an_output_that_is_not_strict_json_is_refused(bench: Bench, output: bytes, reason: str) -> None:
    failure = await bench.failure(printing(output))
    assert failure.code == "invalid_output"
    assert failure.details is not None and failure.details["reason"] == reason


@pytest.mark.parametrize("request_", [b"", b"now", b"[1]", b"{}", b'{"op":1}', b'{"op":"now","op":"now"}', b"\xff"])
async def test_a_request_that_is_no_call_fails_the_step(bench: Bench, request_: bytes) -> None:
    assert (await bench.failure(calling(request_))).code == "invalid_call"


# --- worker processes -------------------------------------------------------------------------------------------------


async def test_only_the_execution_that_a_killed_worker_was_in_is_lost(bench: Bench) -> None:
    loop, echo = bench.shelf.put(module("loop"), PATIENT), bench.shelf.put(ECHO)
    bench.send({"loop before": loop, "before": echo}, timeout_ms=1)
    await bench.until("loop before", "before")
    bench.send({"loop": loop, "behind": echo, "far behind": echo})
    before = bench.dispatcher.pids
    os.kill(before[0], signal.SIGKILL)
    lost, *others = await bench.until("loop", "behind", "far behind")
    assert isinstance(lost, AttemptLost) and (lost.at_us, lost.attempt) == (NOW_US, 1)
    assert all(isinstance(event, AttemptSucceeded) for event in others)
    assert bench.dispatcher.pids != before


async def test_a_neighbour_does_not_notice_that_a_worker_was_killed(start: Callable[..., Any]) -> None:
    bench = await start(2)
    loops = [bench.shelf.put(module("loop"), PATIENT) for _ in range(2)]
    bench.send({"one before": loops[0], "two before": loops[1]}, timeout_ms=1)
    await bench.until("one before", "two before")
    bench.send({"one": loops[0], "two": loops[1]})
    os.kill(bench.dispatcher.pids[0], signal.SIGKILL)
    [event] = await bench.until("one")
    assert isinstance(event, AttemptLost) and "two" not in bench.events
    bench.send({"three": bench.shelf.put(ECHO)})
    await bench.until("three")
    assert "two" not in bench.events


async def test_what_stands_behind_a_long_execution_goes_to_an_idle_worker(start: Callable[..., Any]) -> None:
    bench = await start(2)
    loop, echo = bench.shelf.put(module("loop"), PATIENT), bench.shelf.put(ECHO)
    names = [f"short {i}" for i in range(30)]
    bench.send({"long": loop} | dict.fromkeys(names, echo))
    assert all(isinstance(event, AttemptSucceeded) for event in await bench.until(*names))
    assert "long" not in bench.events


async def test_executions_are_not_lost_while_workers_are_killed_again_and_again(start: Callable[..., Any]) -> None:
    bench = await start(2)
    digest = bench.shelf.put(ECHO)
    names = [f"n{i}" for i in range(2_000)]
    for at in range(0, len(names), 500):
        bench.send(dict.fromkeys(names[at : at + 500], digest))
        await bench.until(names[at])
        for pid in bench.dispatcher.pids:
            os.kill(pid, signal.SIGKILL)
    events = await bench.until(*names)
    assert sum(isinstance(event, AttemptLost) for event in events) <= 8
    assert all(isinstance(event, AttemptLost | AttemptSucceeded) for event in events)


async def test_many_large_inputs_and_outputs_pass_side_by_side(start: Callable[..., Any]) -> None:
    bench = await start(2)
    digest, text = bench.shelf.put(ECHO), "x" * 1_000_000
    names = [f"n{i}" for i in range(40)]
    bench.send(dict.fromkeys(names, digest), input=text)
    assert all(isinstance(e, AttemptSucceeded) and e.output == text for e in await bench.until(*names))


async def test_more_modules_than_a_worker_keeps_are_loaded_again(bench: Bench) -> None:
    digests = {f"n{i}": bench.shelf.put(printing(str(i).encode())) for i in range(300)}
    bench.send(digests)
    events = await bench.until(*digests)
    assert [e.output for e in events if isinstance(e, AttemptSucceeded)] == list(range(300))
    bench.send({"again": digests["n0"]})
    [again] = await bench.until("again")
    assert isinstance(again, AttemptSucceeded) and again.output == 0
    assert bench.shelf.fetched == 301


async def test_when_no_worker_can_start_the_dispatcher_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(Unavailable) as refused:
        await Bench(1).dispatcher.start()
    assert refused.value.code == "no_workers"


@linux
@root
async def test_a_worker_has_nothing_that_it_does_not_need(bench: Bench) -> None:
    proc = Path(f"/proc/{bench.dispatcher.pids[0]}")
    assert (proc / "environ").read_bytes() == b""
    opened = {str(fd.readlink()).partition(":")[0] for fd in (proc / "fd").iterdir() if int(fd.name) != 2}
    assert opened <= {"/dev/null", "socket", "pipe", "anon_inode"}
    limits = (proc / "limits").read_text()
    assert "Max core file size        0" in limits and "Max open files            1024" in limits
    assert "NoNewPrivs:\t1" in (proc / "status").read_text()
    assert (proc / "cwd").readlink() != Path.cwd()
    assert (proc / "fd" / "2").readlink() == (proc / "cwd").readlink() / "stderr"
    assert "Seccomp:\t2" in (proc / "status").read_text()
    assert os.getsid(bench.dispatcher.pids[0]) != os.getsid(0)


@linux
@root
async def test_the_folder_of_a_worker_is_removed_with_it(bench: Bench) -> None:
    folder = _folder_of(bench.dispatcher.pids[0])
    assert Path.is_dir(folder)
    await bench.dispatcher.close()
    assert not Path.exists(folder)


def _folder_of(pid: int) -> Path:
    return Path(f"/proc/{pid}/cwd").readlink()


SERVICE = """
import asyncio
from tests.contracts.test_dispatcher import Bench
async def main():
    bench = Bench(2)
    await bench.dispatcher.start()
    print(*bench.dispatcher.pids, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


@linux
def test_workers_die_with_a_service_that_was_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", SERVICE], stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        pids = list(map(int, service.stdout.readline().split()))
        handles = [os.pidfd_open(pid) for pid in pids]
        service.kill()
    assert len(handles) == 2
    for handle in handles:
        _wait_for_end(handle)


def _wait_for_end(handle: int) -> None:
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    assert poll.poll(30_000), "a worker outlived its service"
    os.close(handle)
