"""What one execution may use, and the watchdog that ends it when its time is up.

| limit | who keeps it | how it shows |
| --- | --- | --- |
| time | `Watchdog`: moves the engine's epoch when the deadline has passed; the guest then traps | `timeout` |
| fuel | wasmtime, in an engine of its own, because counting costs time | `out_of_fuel` |
| memory, tables | the store: `memory.grow` gives -1 | `memory_limit`, when the guest ends badly at the limit |
| stack | the engine | `stack_overflow` |
| standard output | `wasi` | `output_limit` |
| standard error | `wasi`: cut and marked | not a failure |
| calls | `tape` | `too_many_calls` |

The epoch does not tick. Every store is told to trap as soon as the epoch moves, and the watchdog moves it only to end
something: so a deadline costs a guest nothing but the check, and a watchdog without work sleeps.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from typing import Any, Final

import wasmtime

from cypher_executor.worker import frames

MAX_CALLS: Final = 256
MAX_STDERR: Final = 64 * 1024
MAX_MEMORY_MB: Final = 1024
MAX_MODULE: Final = 4 * 1024 * 1024
"""Unless an operator says otherwise."""
MAX_REQUEST: Final = 4 * 1024 * 1024
MAX_TABLE_ELEMENTS: Final = 100_000
MAX_WASM_STACK: Final = 512 * 1024
THREAD_STACK: Final = 16 * 1024 * 1024
"""Room for the guest's stack and for the host functions that are called on top of it."""

_TICK_S: Final = 0.005
_LINGER_TICKS: Final = 40
_STARVED_S: Final = 0.025
_GIVEN_S: Final = 0.001


class LimitReached(Exception):
    """A limit ends the execution; becomes its failure."""

    def __init__(self, code: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details


class Watchdog:
    """Ends the execution in progress when it is overdue or no longer wanted.

    One thread executes (`begin`, `end`), another one watches (`watch`) and reads the control socket. Moving the epoch
    is repeated at every tick for as long as the execution goes on, because a store that is made after the first move
    would not see it. Everything else is decided under the lock, so a move never hits the next execution.
    """

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._lock = threading.Lock()
        self._wake_read, self._wake_write = os.pipe()
        self._engine: wasmtime.Engine | None = None
        self._number = -1
        self._deadline = 0.0
        self._looked = 0.0
        self._asleep = False
        self._unwanted: set[int] = set()

    def begin(self, number: int, engine: wasmtime.Engine, timeout_ms: int) -> bool:
        """The execution `number` begins now. False when it was interrupted before it began."""
        with self._lock:
            if number in self._unwanted:
                self._unwanted = {n for n in self._unwanted if n > number}
                return False
            self._engine, self._number = engine, number
            self._looked = time.monotonic()
            self._deadline = self._looked + timeout_ms / 1000
            if self._asleep:
                self._asleep = False
                os.write(self._wake_write, b"!")
        return True

    def give_way(self) -> None:
        """Let the watching thread look, if it has not for long. Called whenever the guest calls.

        A guest that does nothing else has the interpreter nearly all the time. It lets go of it after each call, but
        only for a microsecond, and that on a busy machine is over before the other thread has woken up: it would be
        seconds until that sees that the time is over, or tells the service that it is alive.
        """
        if time.monotonic() - self._looked > _STARVED_S:
            time.sleep(_GIVEN_S)

    def end(self) -> bool:
        """The execution is over. True when it was interrupted."""
        with self._lock:
            self._engine = None
            interrupted = self._number in self._unwanted
            if self._unwanted:
                self._unwanted = {n for n in self._unwanted if n > self._number}
        return interrupted

    def watch(self) -> None:
        """Watch until the service closes the control socket."""
        splitter = frames.Splitter()
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._wake_read, select.POLLIN)
        idle = 0
        while True:
            self._looked = time.monotonic()
            with self._lock:
                idle = 0 if self._engine is not None else idle + 1
                self._asleep = idle > _LINGER_TICKS
            ready = dict(poll.poll(None if self._asleep else _TICK_S * 1000))
            if self._wake_read in ready:
                os.read(self._wake_read, 1)
                idle = 0
            if self._control.fileno() in ready and not self._read_control(splitter):
                return
            self._end_what_is_over()

    def close(self) -> None:
        """Let go of what it was woken with; for when the process goes on without it."""
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _read_control(self, splitter: frames.Splitter) -> bool:
        """Whether the service is still there. One that left without reading an answer resets the connection."""
        try:
            data = self._control.recv(64 * 1024)
            said = list(splitter.feed(data))
            if any(kind == frames.PING for kind, _ in said):
                self._control.send(frames.PONG_FRAME)
        except ConnectionError:
            return False
        numbers = [frames.read_number(body) for kind, body in said if kind == frames.INTERRUPT]
        with self._lock:
            self._unwanted.update(n for n in numbers if n >= self._number)
        return bool(data)

    def _end_what_is_over(self) -> None:
        with self._lock:
            if self._engine is None:
                return
            if self._number in self._unwanted or time.monotonic() >= self._deadline:
                self._engine.increment_epoch()
