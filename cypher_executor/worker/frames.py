"""The wire between the service and its workers and compilers: length-prefixed binary frames over a stream socket.

A frame is the length of its body (4 bytes), its kind (1 byte) and the body; numbers are little-endian. Inputs, outputs,
requests and modules travel as the bytes that they are, so nothing is encoded twice and a worker never has to parse the
JSON that it carries. Frames may be written and read many at a time. Every length is checked before it is believed: a
peer that breaks the format gets `FrameError`, and the connection is over.

| kind      | direction  | body |
| ---       | ---        | --- |
| READY     | to service | fingerprint of the engine: the process can take work |
| LOAD      | to worker  | number that the module will have here, whether it counts fuel, the compiled module |
| FORGET    | to worker  | number of a module that will not be asked for again |
| EXECUTE   | to worker  | one `Execution` |
| INTERRUPT | to worker, on the control socket | number of an execution that nobody wants any more |
| PING      | to worker, on the control socket | nothing: a sign of life is asked for |
| PONG      | to service, on the control socket | nothing |
| OUTPUT    | to service | `Ending`, size of the log lines, the log lines, what the part wrote to its standard output |
| CALL      | to service | `Ending`, number of the call, the part's request |
| FAILED    | to service | `Ending`, the failure as JSON: code, message, retryable, details |
| DROPPED   | to service | `Ending`: it was interrupted |
| UNUSABLE  | to service | `Ending`, why the compiled module cannot be used by this worker |
| COMPILE   | to compiler | whether fuel is to be counted, the module |
| COMPILED  | to service | the compiled module |
| REFUSED   | to service | why the module is refused |

Workers take executions one after the other and answer them in that order. The times in an `Ending` are readings of the
monotonic clock, which all processes of one machine share.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Final, NamedTuple

READY: Final = 1
LOAD: Final = 2
FORGET: Final = 3
EXECUTE: Final = 4
INTERRUPT: Final = 5
COMPILE: Final = 6
PING: Final = 7
OUTPUT: Final = 16
CALL: Final = 17
FAILED: Final = 18
DROPPED: Final = 19
UNUSABLE: Final = 20
COMPILED: Final = 21
REFUSED: Final = 22
PONG: Final = 23

MAX_BODY = 256 * 1024 * 1024
"""No frame is larger. Far above what limits elsewhere let through; it keeps a damaged length from asking for memory."""

_HEADER = Struct("<IB")
_NUMBER = Struct("<I")
_LOAD = Struct("<I?")
_COMPILE = Struct("<?")
_EXECUTION_NUMBER = Struct("<Q")
_NUMBERS = Struct("<QI")
_EXECUTE = Struct("<QIIIIQqII")
_TAPE_ENTRY = Struct("<II")
_ENDING = Struct("<QQQQ")
_NO_FUEL = (1 << 64) - 1

HEADER_SIZE: Final = _HEADER.size


class FrameError(ValueError):
    """The other side does not keep to the format."""


class Execution(NamedTuple):
    """One execution of a part as a worker sees it. `module` is the number under which the module was loaded."""

    number: int
    module: int
    timeout_ms: int
    memory_mb: int
    output_kb: int
    fuel: int | None
    clock_us: int
    seed: bytes
    tape: tuple[tuple[bytes, bytes], ...]
    input: bytes


class Ending(NamedTuple):
    """Which execution ended, between which readings of the monotonic clock it ran, and how much fuel it used: 0 when
    that is not counted."""

    number: int
    began_ns: int
    ended_ns: int
    fuel: int = 0


def frame(kind: int, *body: bytes) -> bytes:
    """One frame, ready to be written."""
    length = sum(map(len, body))
    if length > MAX_BODY:
        raise FrameError(f"a frame of {length} bytes is larger than {MAX_BODY}")
    return b"".join((_HEADER.pack(length, kind), *body))


PING_FRAME: Final = frame(PING)
PONG_FRAME: Final = frame(PONG)


def load(module: int, fuel: bool, code: bytes) -> bytes:
    """A LOAD frame."""
    return frame(LOAD, _LOAD.pack(module, fuel), code)


def forget(module: int) -> bytes:
    """A FORGET frame."""
    return frame(FORGET, _NUMBER.pack(module))


def to_compile(fuel: bool, code: bytes) -> bytes:
    """A COMPILE frame."""
    return frame(COMPILE, _COMPILE.pack(fuel), code)


def interrupt(number: int) -> bytes:
    """An INTERRUPT frame."""
    return frame(INTERRUPT, _EXECUTION_NUMBER.pack(number))


def execute(what: Execution) -> bytes:
    """An EXECUTE frame."""
    head = _EXECUTE.pack(
        what.number,
        what.module,
        what.timeout_ms,
        what.memory_mb,
        what.output_kb,
        _NO_FUEL if what.fuel is None else what.fuel,
        what.clock_us,
        len(what.seed),
        len(what.tape),
    )
    tape = [piece for call in what.tape for piece in (_TAPE_ENTRY.pack(len(call[0]), len(call[1])), *call)]
    return frame(EXECUTE, head, what.seed, *tape, what.input)


def renumbered(executed: bytes, number: int, module: int) -> bytes:
    """An EXECUTE frame again, under another number and for a module that has this one."""
    at = _HEADER.size
    return executed[:at] + _NUMBERS.pack(number, module) + executed[at + _NUMBERS.size :]


def ended(kind: int, ending: Ending, *body: bytes) -> bytes:
    """A CALL, FAILED, DROPPED or UNUSABLE frame, or one made like them."""
    return frame(kind, _ENDING.pack(ending.number, ending.began_ns, ending.ended_ns, ending.fuel), *body)


def output(ending: Ending, log: bytes, data: bytes) -> bytes:
    """An OUTPUT frame."""
    return ended(OUTPUT, ending, _NUMBER.pack(len(log)), log, data)


def call(ending: Ending, number: int, request: bytes) -> bytes:
    """A CALL frame."""
    return ended(CALL, ending, _NUMBER.pack(number), request)


def read_number(body: bytes) -> int:
    """The execution that an INTERRUPT frame names."""
    return int(_unpack(_EXECUTION_NUMBER, body, 0)[0])


def read_load(body: bytes) -> tuple[int, bool, bytes]:
    """The number, whether fuel is counted, and the compiled module of a LOAD body."""
    number, fuel = _unpack(_LOAD, body, 0)
    return number, bool(fuel), body[_LOAD.size :]


def read_forget(body: bytes) -> int:
    """The number that a FORGET frame names."""
    return _unpack(_NUMBER, body, 0)[0]


def read_to_compile(body: bytes) -> tuple[bool, bytes]:
    """Whether fuel is counted, and the module of a COMPILE body."""
    return bool(_unpack(_COMPILE, body, 0)[0]), body[_COMPILE.size :]


def read_call(rest: bytes) -> tuple[int, bytes]:
    """The number of the call and the request; what follows the ending of a CALL."""
    return _unpack(_NUMBER, rest, 0)[0], rest[_NUMBER.size :]


def read_output(rest: bytes) -> tuple[bytes, bytes]:
    """The log lines and the output; what follows the ending of an OUTPUT."""
    log, at = _take(rest, _NUMBER.size, _unpack(_NUMBER, rest, 0)[0])
    return log, rest[at:]


def read_ended(body: bytes) -> tuple[Ending, bytes]:
    """The ending and the rest of the body of any answer to an execution."""
    return Ending(*_unpack(_ENDING, body, 0)), body[_ENDING.size :]


def read_execute(body: bytes) -> Execution:
    """The execution that an EXECUTE body describes."""
    number, module, timeout_ms, memory_mb, output_kb, fuel, clock_us, seed_size, calls = _unpack(_EXECUTE, body, 0)
    seed, at = _take(body, _EXECUTE.size, seed_size)
    tape = []
    for _ in range(calls):
        sizes = _unpack(_TAPE_ENTRY, body, at)
        request, at = _take(body, at + _TAPE_ENTRY.size, sizes[0])
        answer, at = _take(body, at, sizes[1])
        tape.append((request, answer))
    budget = None if fuel == _NO_FUEL else fuel
    return Execution(number, module, timeout_ms, memory_mb, output_kb, budget, clock_us, seed, tuple(tape), body[at:])


def read_header(data: bytes, at: int = 0) -> tuple[int, int]:
    """The length of the body, and the kind of the frame that begins there."""
    length, kind = _unpack(_HEADER, data, at)
    if length > MAX_BODY:
        raise FrameError(f"a frame says it has {length} bytes, more than {MAX_BODY}")
    return length, kind


class Splitter:
    """Cuts a stream of bytes into frames, however the stream was cut on its way."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Every frame that is complete now, as kind and body."""
        if self._rest:
            self._rest += data
            data = bytes(self._rest) if self._is_complete() else b""
            if not data:
                return
            self._rest.clear()
        at = 0
        while len(data) - at >= _HEADER.size:
            length, kind = read_header(data, at)
            end = at + _HEADER.size + length
            if end > len(data):
                break
            yield kind, data[at + _HEADER.size : end]
            at = end
        self._rest += data[at:]

    def _is_complete(self) -> bool:
        """Whether the first frame is whole; looked at before copying, so that a large frame is copied once."""
        if len(self._rest) < _HEADER.size:
            return False
        length = _HEADER.unpack_from(self._rest, 0)[0]
        return bool(length > MAX_BODY or len(self._rest) >= _HEADER.size + length)


def _unpack(shape: Struct, body: bytes, at: int) -> tuple[int, ...]:
    if len(body) - at < shape.size:
        raise FrameError("a frame ends too early")
    return shape.unpack_from(body, at)


def _take(body: bytes, at: int, size: int) -> tuple[bytes, int]:
    end = at + size
    if end > len(body):
        raise FrameError("a frame ends too early")
    return body[at:end], end
