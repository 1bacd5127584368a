"""What functions of WASI preview 1 leave in memory, field by field, as its specification lays the structures out.

The functions are called on a real memory of this process, through the checked view that guests' calls get.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterator

import pytest

from cypher_executor.worker.native import Memory
from cypher_executor.worker.wasi import FUNCTIONS, Exited, World, call

SIZE = 65536
CLOCK_US = 1_700_000_000_000_000
SUCCESS, BADF, FAULT, INVAL = 0, 8, 21, 28


class Guest:
    """A world, a memory, and calls as a guest makes them."""

    def __init__(self, given: bytes = b"") -> None:
        self._buffer = ctypes.create_string_buffer(SIZE)
        self.memory = Memory(ctypes.addressof(self._buffer), SIZE)
        self.world = World(given, clock_us=CLOCK_US, seed=b"seed", output_kb=1)

    def call(self, name: str, *arguments: int) -> int:
        return call(FUNCTIONS[name][1], self.world, self.memory, arguments)

    def put(self, at: int, shape: str, *values: int | bytes) -> None:
        self.memory.write(at, struct.pack(f"<{shape}", *values))

    def get(self, at: int, shape: str) -> tuple[int, ...]:
        return struct.unpack(f"<{shape}", self.memory.read(at, struct.calcsize(f"<{shape}")))


@pytest.fixture
def guest() -> Iterator[Guest]:
    yield Guest(b"0123456789")


def test_reading_fills_the_vectors_in_order_and_says_how_much(guest: Guest) -> None:
    guest.put(0, "IIIIII", 1000, 3, 2000, 0, 3000, 4)
    assert guest.call("fd_read", 0, 0, 3, 64) == SUCCESS
    assert guest.get(64, "I") == (7,)
    assert (guest.memory.read(1000, 3), guest.memory.read(3000, 4)) == (b"012", b"3456")
    assert guest.call("fd_read", 0, 0, 3, 64) == SUCCESS and guest.get(64, "I") == (3,)
    assert guest.call("fd_read", 0, 0, 3, 64) == SUCCESS and guest.get(64, "I") == (0,), "the end is no error"


@pytest.mark.parametrize("fd", [0, 1, 2])
def test_a_descriptor_that_was_closed_is_none_any_more(guest: Guest, fd: int) -> None:
    guest.put(0, "II", 1000, 3)
    used = "fd_write" if fd else "fd_read"
    assert guest.call(used, fd, 0, 1, 64) == SUCCESS
    assert guest.call("fd_close", fd) == SUCCESS
    about_it = (used, fd, 0, 1, 64), ("fd_close", fd), ("fd_fdstat_get", fd, 64), ("fd_tell", fd, 64)
    assert [guest.call(*one) for one in about_it] == [BADF] * 4
    assert all(guest.call("fd_fdstat_get", other, 64) == SUCCESS for other in {0, 1, 2} - {fd})
    assert Guest(b"").call("fd_close", fd) == SUCCESS, "the next execution has its own"


def test_writing_takes_the_vectors_in_order_and_says_how_much(guest: Guest) -> None:
    guest.memory.write(1000, b"hello world")
    guest.put(0, "IIIIII", 1006, 5, 0, 0, 1000, 5)
    assert guest.call("fd_write", 1, 0, 3, 64) == SUCCESS
    assert guest.get(64, "I") == (10,) and guest.world.stdout() == b"worldhello"
    assert guest.call("fd_write", 2, 0, 3, 64) == SUCCESS and guest.world.stderr() == "worldhello"


def test_a_standard_descriptor_is_of_no_known_type_and_may_only_do_its_own_thing(guest: Guest) -> None:
    rights = []
    for fd in range(3):
        assert guest.call("fd_fdstat_get", fd, 0) == SUCCESS
        kind, flags, base, inheriting = guest.get(0, "BxH4xQQ")
        assert (kind, flags, inheriting) == (0, 0, 0)
        rights.append(base)
    assert rights == [1 << 1, 1 << 6, 1 << 6]


def test_a_file_status_is_64_bytes_of_nothing(guest: Guest) -> None:
    guest.memory.write(0, b"\xff" * 72)
    assert guest.call("fd_filestat_get", 1, 0) == SUCCESS
    assert guest.memory.read(0, 72) == bytes(64) + b"\xff" * 8


def test_there_are_no_variables(guest: Guest) -> None:
    guest.put(0, "II", 7, 7)
    assert guest.call("environ_sizes_get", 0, 4) == SUCCESS
    assert guest.get(0, "II") == (0, 0)


def test_the_one_argument_is_the_name_of_the_program(guest: Guest) -> None:
    assert guest.call("args_sizes_get", 0, 4) == SUCCESS
    assert guest.get(0, "II") == (1, 5)
    assert guest.call("args_get", 8, 100) == SUCCESS
    assert (guest.get(8, "I"), guest.get(100, "5s")) == ((100,), (b"part\0",))


@pytest.mark.parametrize("clock", range(4))
def test_all_four_clocks_are_the_recorded_one_and_never_stand_still(guest: Guest, clock: int) -> None:
    seen = []
    for _ in range(3):
        assert guest.call("clock_time_get", clock, 0, 0) == SUCCESS
        seen += guest.get(0, "Q")
    assert seen == [CLOCK_US * 1000 + n * 1000 for n in (1, 2, 3)]
    assert guest.call("clock_res_get", clock, 0) == SUCCESS and guest.get(0, "Q") == (1000,)


def test_randomness_fills_exactly_what_was_asked_for_and_goes_on(guest: Guest) -> None:
    guest.memory.write(0, b"\0" * 64)
    assert guest.call("random_get", 8, 16) == SUCCESS
    assert guest.memory.read(0, 8) == bytes(8) and guest.memory.read(24, 40) == bytes(40)
    first = guest.memory.read(8, 16)
    assert guest.call("random_get", 8, 16) == SUCCESS and guest.memory.read(8, 16) != first
    assert guest.call("random_get", SIZE, 0) == SUCCESS, "nothing may be put at the very end"


def _subscribe(guest: Guest, at: int, who: int, kind: int, about: int, timeout: int = 0, flags: int = 0) -> None:
    guest.put(at, "QB7xI4xQ8xH6x", who, kind, about, timeout, flags)


def test_waiting_for_times_tells_of_the_earliest_and_moves_the_clock_to_it(guest: Guest) -> None:
    _subscribe(guest, 0, 11, 0, 1, 9_000_000)
    _subscribe(guest, 48, 22, 0, 1, 5_000_000)
    _subscribe(guest, 96, 33, 0, 0, CLOCK_US * 1000 + 5_001_000, 1)
    assert guest.call("poll_oneoff", 0, 1000, 3, 2000) == SUCCESS
    assert guest.get(2000, "I") == (2,)
    events = [guest.get(1000 + 32 * n, "QHB5xQH6x") for n in range(2)]
    assert [event[:3] for event in events] == [(22, 0, 0), (33, 0, 0)]
    assert guest.world.clock_ns == CLOCK_US * 1000 + 1000 + 5_000_000


def test_descriptors_are_ready_at_once_whatever_else_is_waited_for(guest: Guest) -> None:
    _subscribe(guest, 0, 11, 0, 1, 9_000_000)
    _subscribe(guest, 48, 22, 1, 0)
    _subscribe(guest, 96, 33, 2, 1)
    _subscribe(guest, 144, 44, 1, 9)
    assert guest.call("poll_oneoff", 0, 1000, 4, 2000) == SUCCESS
    assert guest.get(2000, "I") == (3,)
    events = [guest.get(1000 + 32 * n, "QHB5x") for n in range(3)]
    assert events == [(22, SUCCESS, 1), (33, SUCCESS, 2), (44, BADF, 1)]
    assert guest.world.clock_ns < CLOCK_US * 1000 + 9_000_000


def test_a_time_that_is_over_is_over_at_once(guest: Guest) -> None:
    _subscribe(guest, 0, 11, 0, 0, 1, 1)
    assert guest.call("poll_oneoff", 0, 1000, 1, 2000) == SUCCESS
    assert guest.get(2000, "I") == (1,) and guest.world.clock_ns == CLOCK_US * 1000 + 1000


@pytest.mark.parametrize("code", [0, 1, 255, 2**32 - 1])
def test_exiting_says_with_which_code(guest: Guest, code: int) -> None:
    with pytest.raises(Exited) as exited:
        guest.call("proc_exit", code)
    assert exited.value.code == code


def test_nothing_is_written_where_the_answer_is_an_error(guest: Guest) -> None:
    for name, (parameters, _) in FUNCTIONS.items():
        if name.startswith(("path_", "sock_", "fd_prestat", "fd_readdir", "fd_pread", "fd_seek", "fd_tell")):
            assert guest.call(name, *([3] * len(parameters))) == BADF
    assert guest.memory.read(0, SIZE) == bytes(SIZE)


def test_the_last_byte_of_memory_can_be_used_and_the_next_one_cannot(guest: Guest) -> None:
    assert guest.call("clock_time_get", 0, 0, SIZE - 8) == SUCCESS
    assert guest.call("clock_time_get", 0, 0, SIZE - 7) == FAULT
    guest.put(0, "II", SIZE - 1, 1)
    assert guest.call("fd_write", 1, 0, 1, 64) == SUCCESS
    guest.put(0, "II", SIZE - 1, 2)
    assert guest.call("fd_write", 1, 0, 1, 64) == FAULT
