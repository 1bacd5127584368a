"""The wire format: what is written is read again, however the stream is cut; what is damaged is refused."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cypher_executor.worker import frames
from cypher_executor.worker.frames import Ending, Execution, FrameError, Splitter

numbers = st.integers(0, 2**32 - 1)
READERS: Final[tuple[Callable[[bytes], object], ...]] = (
    frames.read_call,
    frames.read_ended,
    frames.read_execute,
    frames.read_forget,
    frames.read_header,
    frames.read_load,
    frames.read_number,
    frames.read_output,
    frames.read_to_compile,
)
executions = st.builds(
    Execution,
    number=st.integers(0, 2**64 - 1),
    module=numbers,
    timeout_ms=numbers,
    memory_mb=numbers,
    output_kb=numbers,
    fuel=st.none() | st.integers(0, 2**63),
    clock_us=st.integers(-(2**63), 2**63 - 1),
    seed=st.binary(max_size=20),
    tape=st.lists(st.tuples(st.binary(max_size=9), st.binary(max_size=9)), max_size=4).map(tuple),
    input=st.binary(max_size=50),
)


@given(executions)
def test_an_execution_is_read_as_it_was_written(execution: Execution) -> None:
    [(kind, body)] = Splitter().feed(frames.execute(execution))
    assert kind == frames.EXECUTE
    assert frames.read_execute(body) == execution


@given(executions, st.integers(0, 2**64 - 1), numbers)
def test_another_number_changes_nothing_else(execution: Execution, number: int, module: int) -> None:
    [(_, body)] = Splitter().feed(frames.renumbered(frames.execute(execution), number, module))
    again = frames.read_execute(body)
    assert (again.number, again.module) == (number, module)
    assert (again.seed, again.tape, again.input) == (execution.seed, execution.tape, execution.input)


@given(st.binary(max_size=9), st.binary(max_size=9), numbers, st.booleans())
def test_modules_and_outputs_are_read_as_they_were_written(one: bytes, two: bytes, number: int, fuel: bool) -> None:
    ending = Ending(number, 1, 2)
    sent = (frames.load(number, fuel, one), frames.to_compile(fuel, one), frames.output(ending, one, two))
    [(_, loaded), (_, compiled), (_, ended)] = Splitter().feed(b"".join(sent))
    assert frames.read_load(loaded) == (number, fuel, one)
    assert frames.read_to_compile(compiled) == (fuel, one)
    assert frames.read_ended(ended)[0] == ending
    assert frames.read_output(frames.read_ended(ended)[1]) == (one, two)


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=40)), max_size=5), st.data())
def test_frames_are_found_however_the_stream_was_cut(sent: list[tuple[int, bytes]], data: st.DataObject) -> None:
    stream = b"".join(frames.frame(kind, body) for kind, body in sent)
    splitter, found = Splitter(), []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        found += splitter.feed(stream[:cut])
        stream = stream[cut:]
    assert found == sent


@given(executions, st.data())
def test_a_truncated_execution_is_refused_or_only_loses_input(execution: Execution, data: st.DataObject) -> None:
    [(_, body)] = Splitter().feed(frames.execute(execution))
    cut = data.draw(st.integers(0, len(body)))
    with contextlib.suppress(FrameError):
        assert frames.read_execute(body[:cut]).tape == execution.tape


@given(st.binary(max_size=200))
def test_no_bytes_make_a_reader_fail_in_another_way(noise: bytes) -> None:
    for read in READERS:
        with contextlib.suppress(FrameError):
            read(noise)


def test_an_enormous_length_is_refused_before_anything_is_kept_for_it() -> None:
    with pytest.raises(FrameError, match="more than"):
        list(Splitter().feed(b"\xff\xff\xff\xff\x01"))
    splitter = Splitter()
    assert list(splitter.feed(b"\xff\xff")) == []
    with pytest.raises(FrameError, match="more than"):
        list(splitter.feed(b"\xff\xff\x01"))


def test_a_tape_that_claims_more_calls_than_it_has_is_refused() -> None:
    body = bytearray(frames.execute(Execution(1, 2, 3, 4, 5, None, 7, b"", (), b""))[5:])
    body[-4:] = b"\xff\xff\xff\xff"
    with pytest.raises(FrameError, match="too early"):
        frames.read_execute(bytes(body))


def test_an_ending_and_a_call_are_read_as_they_were_written() -> None:
    ending = Ending(2**64 - 1, 5, 6)
    [(kind, body)] = Splitter().feed(frames.call(ending, 7, b"request"))
    read, rest = frames.read_ended(body)
    assert (kind, read, frames.read_call(rest)) == (frames.CALL, ending, (7, b"request"))
