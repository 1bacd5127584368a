"""WASI preview 1 out of nothing: an input to read, two outputs to write, a recorded clock and recorded randomness.

All functions of preview 1 exist, so that modules of ordinary compilers link. There is no file, folder, socket or
environment variable behind them: the descriptors are 0, 1 and 2, the only argument is the program's name (the same for
all, but there are libraries that stop without one), and everything else answers with an errno. The clock begins where
the service says and moves on by 1 µs at every reading; randomness is made from a seed: so an execution that is repeated
sees the same world. Waiting is only a longer step of the clock.

Every function does a bounded amount of work whatever the guest asks, because a guest is only ended between two of its
own instructions: vectors have at most 1,024 pieces, one reading of randomness at most 1 MiB.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from struct import Struct
from typing import Final

from cypher_executor.worker.limits import MAX_STDERR, LimitReached
from cypher_executor.worker.native import Memory, OutOfBounds

MODULE: Final = "wasi_snapshot_preview1"

SUCCESS: Final = 0
_BADF: Final = 8
_FAULT: Final = 21
_INVAL: Final = 28
_NOTSUP: Final = 58
_SPIPE: Final = 70

_PROGRAM: Final = b"part\0"
_MAX_VECTORS: Final = 1024
_MAX_RANDOM: Final = 1024 * 1024
_PIECE: Final = 1024 * 1024
_VECTOR = Struct("<II")
_SUBSCRIPTION = Struct("<QB7xI4xQ8xH6x")
_EVENT = Struct("<QHB5xQH6x")
_FDSTAT = Struct("<BxH4xQQ")
_RIGHT_READ: Final = 1 << 1
_RIGHT_WRITE: Final = 1 << 6
_CLOCK_ABSOLUTE: Final = 1


_STREAMS: Final = frozenset({0, 1, 2})


class Exited(Exception):
    """The guest called `proc_exit`."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exit code {code}")
        self.code = code


class World:
    """What one execution can see and change. Made anew for each, so nothing survives a call."""

    __slots__ = (
        "_input",
        "_output",
        "_output_kb",
        "_output_size",
        "_read",
        "_seed",
        "_stderr",
        "_taken",
        "clock_ns",
        "streams",
    )

    def __init__(self, given: bytes, *, clock_us: int, seed: bytes, output_kb: int) -> None:
        self._input = given
        self._read = 0
        self._output: list[bytes] = []
        self._output_size = 0
        self._output_kb = output_kb
        self._stderr = b""
        self._seed = seed
        self._taken = 0
        self.clock_ns = clock_us * 1000
        self.streams = _STREAMS
        """The descriptors that are open."""

    def stdout(self) -> bytes:
        """All that the guest wrote to its standard output."""
        return self._output[0] if len(self._output) == 1 else b"".join(self._output)

    def stderr(self) -> str:
        """The log lines, cut at the limit and marked."""
        text = self._stderr[:MAX_STDERR].decode("utf-8", "replace")
        return text + f"\n[cut at {MAX_STDERR} bytes]" if len(self._stderr) > MAX_STDERR else text

    def take(self, size: int) -> bytes:
        """The next bytes of the input."""
        piece = self._input[self._read : self._read + size]
        self._read += len(piece)
        return piece

    def emit(self, data: bytes) -> None:
        """More output. Raises LimitReached beyond the limit."""
        self._output_size += len(data)
        if self._output_size > self._output_kb * 1024:
            raise LimitReached(
                "output_limit",
                f"the part wrote more than its limit of {self._output_kb} KiB to its output",
                output_kb=self._output_kb,
            )
        self._output.append(data)

    def log_room(self) -> int:
        """How many more bytes of standard error are worth copying: one more than the limit, to see that it was cut."""
        return MAX_STDERR + 1 - len(self._stderr)

    def log(self, data: bytes) -> None:
        """More log lines."""
        self._stderr += data

    def tick(self) -> int:
        """The recorded time in ns, which moves on by 1 µs at every reading."""
        self.clock_ns += 1000
        return self.clock_ns

    def random(self, size: int) -> bytes:
        """The next recorded randomness. Two parts with the same seed see the same."""
        self._taken += 1
        return hashlib.shake_256(self._taken.to_bytes(8, "little") + self._seed).digest(size)


Function = Callable[..., int]
"""Gets world, memory and the parameters of the import; gives an errno. To be called through `call`."""


def _put(memory: Memory, pointer: int, value: int, size: int = 4) -> int:
    memory.write(pointer, value.to_bytes(size, "little"))
    return SUCCESS


def _vectors(memory: Memory, pointer: int, count: int) -> Iterable[tuple[int, int]]:
    return _VECTOR.iter_unpack(memory.read(pointer, count * _VECTOR.size))


def _fd_write(world: World, memory: Memory, fd: int, pointer: int, count: int, written: int) -> int:
    if fd == 0 or fd not in world.streams:
        return _BADF
    if count > _MAX_VECTORS:
        return _INVAL
    total = 0
    for start, size in _vectors(memory, pointer, count):
        if start + size > memory.size:
            return _FAULT
        total += size
        if fd == 2:
            world.log(memory.read(start, min(size, world.log_room())))
        elif 0 < size <= _PIECE:
            world.emit(memory.read(start, size))
        else:
            _emit_in_pieces(world, memory, start, size)
    if total >= 1 << 32:
        return _INVAL
    return _put(memory, written, total)


def _emit_in_pieces(world: World, memory: Memory, start: int, size: int) -> None:
    """So that a single write of a whole memory meets the limit before it is copied."""
    for at in range(start, start + size, _PIECE):
        world.emit(memory.read(at, min(_PIECE, start + size - at)))


def _fd_read(world: World, memory: Memory, fd: int, pointer: int, count: int, read: int) -> int:
    if fd != 0 or fd not in world.streams:
        return _BADF
    if count > _MAX_VECTORS:
        return _INVAL
    total = 0
    for start, size in _vectors(memory, pointer, count):
        if start + size > memory.size:
            return _FAULT
        piece = world.take(size)
        memory.write(start, piece)
        total += len(piece)
        if len(piece) < size:
            break
    return _put(memory, read, total)


def _fd_fdstat_get(world: World, memory: Memory, fd: int, pointer: int) -> int:
    if fd not in world.streams:
        return _BADF
    memory.write(pointer, _FDSTAT.pack(0, 0, _RIGHT_READ if fd == 0 else _RIGHT_WRITE, 0))
    return SUCCESS


def _fd_filestat_get(world: World, memory: Memory, fd: int, pointer: int) -> int:
    if fd not in world.streams:
        return _BADF
    memory.write(pointer, bytes(64))
    return SUCCESS


def _of_descriptor(errno: int) -> Function:
    """For functions of a descriptor: `errno` for those that are open, `badf` for all others."""
    return lambda world, _memory, fd, *_rest: errno if fd in world.streams else _BADF


def _fd_close(world: World, _memory: Memory, fd: int) -> int:
    if fd not in world.streams:
        return _BADF
    world.streams -= {fd}
    return SUCCESS


def _always(errno: int) -> Function:
    return lambda *_parameters: errno


def _nothing_listed(_world: World, memory: Memory, count: int, size: int) -> int:
    _put(memory, count, 0)
    return _put(memory, size, 0)


def _args_sizes_get(_world: World, memory: Memory, count: int, size: int) -> int:
    _put(memory, count, 1)
    return _put(memory, size, len(_PROGRAM))


def _args_get(_world: World, memory: Memory, pointers: int, text: int) -> int:
    _put(memory, pointers, text)
    memory.write(text, _PROGRAM)
    return SUCCESS


def _clock_res_get(_world: World, memory: Memory, clock: int, pointer: int) -> int:
    return _put(memory, pointer, 1000, 8) if clock <= 3 else _INVAL


def _clock_time_get(world: World, memory: Memory, clock: int, _precision: int, pointer: int) -> int:
    return _put(memory, pointer, world.tick() % (1 << 64), 8) if clock <= 3 else _INVAL


def _random_get(world: World, memory: Memory, pointer: int, size: int) -> int:
    if size > _MAX_RANDOM:
        return _INVAL
    if pointer + size > memory.size:
        return _FAULT
    memory.write(pointer, world.random(size))
    return SUCCESS


def _poll_oneoff(world: World, memory: Memory, subscriptions: int, events: int, count: int, happened: int) -> int:
    """Descriptors are ready at once; without one, the clock moves on to the earliest time that is waited for."""
    if not 0 < count <= _MAX_VECTORS:
        return _INVAL
    wanted = list(_SUBSCRIPTION.iter_unpack(memory.read(subscriptions, count * _SUBSCRIPTION.size)))
    now = world.tick()
    streams = [(who, tag, fd) for who, tag, fd, _, _ in wanted if tag in (1, 2)]
    ready = [_EVENT.pack(who, SUCCESS if fd in world.streams else _BADF, tag, 0, 0) for who, tag, fd in streams]
    if not ready:
        times = [(at if flags & _CLOCK_ABSOLUTE else now + at, who) for who, tag, _, at, flags in wanted if tag == 0]
        if not times:
            return _INVAL
        world.clock_ns = max(now, min(times)[0])
        ready = [_EVENT.pack(who, SUCCESS, 0, 0, 0) for at, who in times if at <= world.clock_ns]
    memory.write(events, b"".join(ready))
    return _put(memory, happened, len(ready))


def _proc_exit(_world: World, _memory: Memory, code: int) -> int:
    raise Exited(code)


def call(function: Function, world: World, memory: Memory, parameters: tuple[int, ...]) -> int:
    """What one of `FUNCTIONS` answers. An address outside of the memory is an answer, too."""
    try:
        return function(world, memory, *parameters)
    except OutOfBounds:
        return _FAULT


_stream = _of_descriptor(_SPIPE)
_allowed = _of_descriptor(SUCCESS)
_refused = _of_descriptor(_INVAL)
_no_such = _always(_BADF)

FUNCTIONS: Final[Mapping[str, tuple[str, Function]]] = {
    "args_get": ("ii", _args_get),
    "args_sizes_get": ("ii", _args_sizes_get),
    "clock_res_get": ("ii", _clock_res_get),
    "clock_time_get": ("iIi", _clock_time_get),
    "environ_get": ("ii", _always(SUCCESS)),
    "environ_sizes_get": ("ii", _nothing_listed),
    "fd_advise": ("iIIi", _stream),
    "fd_allocate": ("iII", _stream),
    "fd_close": ("i", _fd_close),
    "fd_datasync": ("i", _refused),
    "fd_fdstat_get": ("ii", _fd_fdstat_get),
    "fd_fdstat_set_flags": ("ii", _allowed),
    "fd_fdstat_set_rights": ("iII", _refused),
    "fd_filestat_get": ("ii", _fd_filestat_get),
    "fd_filestat_set_size": ("iI", _refused),
    "fd_filestat_set_times": ("iIIi", _refused),
    "fd_pread": ("iiiIi", _stream),
    "fd_prestat_dir_name": ("iii", _no_such),
    "fd_prestat_get": ("ii", _no_such),
    "fd_pwrite": ("iiiIi", _stream),
    "fd_read": ("iiii", _fd_read),
    "fd_readdir": ("iiiIi", _no_such),
    "fd_renumber": ("ii", _no_such),
    "fd_seek": ("iIii", _stream),
    "fd_sync": ("i", _refused),
    "fd_tell": ("ii", _stream),
    "fd_write": ("iiii", _fd_write),
    "path_create_directory": ("iii", _no_such),
    "path_filestat_get": ("iiiii", _no_such),
    "path_filestat_set_times": ("iiiiIIi", _no_such),
    "path_link": ("iiiiiii", _no_such),
    "path_open": ("iiiiiIIii", _no_such),
    "path_readlink": ("iiiiii", _no_such),
    "path_remove_directory": ("iii", _no_such),
    "path_rename": ("iiiiii", _no_such),
    "path_symlink": ("iiiii", _no_such),
    "path_unlink_file": ("iii", _no_such),
    "poll_oneoff": ("iiii", _poll_oneoff),
    "proc_exit": ("i", _proc_exit),
    "proc_raise": ("i", _always(_NOTSUP)),
    "random_get": ("ii", _random_get),
    "sched_yield": ("", _always(SUCCESS)),
    "sock_accept": ("iii", _no_such),
    "sock_recv": ("iiiiii", _no_such),
    "sock_send": ("iiiii", _no_such),
    "sock_shutdown": ("ii", _no_such),
}
"""Every function of preview 1: its parameters (`i` for i32, `I` for i64) and what it does. All give an errno, except
`proc_exit`, which gives nothing."""
