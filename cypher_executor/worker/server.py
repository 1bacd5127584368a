"""The loop of a worker: read frames, run what they ask for, one after the other, and write what came of it.

Each answer is written as soon as it is there: what follows it may take long, and the service reads many at a time
anyway. Modules come compiled, for the kind of engine that they are to run in, and are kept until the service takes them
back. Nothing is compiled here: a worker runs code that nobody has to trust, so nothing that it makes is kept either.
"""

from __future__ import annotations

import json
import socket
import time
from typing import Final, assert_never

from cypher_executor import strict_json
from cypher_executor.errors import ModuleRefused, RequestInvalid
from cypher_executor.worker import frames
from cypher_executor.worker.frames import Ending, Execution, FrameError
from cypher_executor.worker.limits import Watchdog
from cypher_executor.worker.native import Prepared
from cypher_executor.worker.patience import Patience
from cypher_executor.worker.sandbox import Called, Failed, Output, Result, Sandbox

_READ: Final = 256 * 1024

_LOOKING_US: Final = 500
"""About what the service needs from an answer to the next order of a chain."""

_LARGE: Final = 16 * 1024
"""Bytes of output."""


class Server:
    """Serves one connection to its end."""

    def __init__(self, channel: socket.socket, watchdog: Watchdog) -> None:
        self._channel = channel
        self._watchdog = watchdog
        self._patience = Patience(_LOOKING_US)
        self._sandboxes: dict[bool, Sandbox] = {}
        self._modules: dict[int, Prepared | ModuleRefused] = {}

    def serve(self) -> None:
        """Until the service closes the connection. Raises FrameError when it breaks the format."""
        self._channel.sendall(frames.frame(frames.READY, self._sandbox(False).fingerprint()))
        splitter = frames.Splitter()
        while data := self._patience.wait(self._there, self._received):
            for kind, body in splitter.feed(data):
                self._take(kind, body)

    def _there(self) -> bytes | None:
        try:
            return self._channel.recv(_READ, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None

    def _received(self) -> bytes:
        return self._channel.recv(_READ)

    def _take(self, kind: int, body: bytes) -> None:
        match kind:
            case frames.EXECUTE:
                self._channel.sendall(self._execute(frames.read_execute(body)))
            case frames.LOAD:
                self._load(*frames.read_load(body))
            case frames.FORGET:
                self._modules.pop(frames.read_forget(body), None)
            case _:
                raise FrameError(f"a worker does not take frames of kind {kind}")

    def _load(self, number: int, fuel: bool, code: bytes) -> None:
        try:
            self._modules[number] = self._sandbox(fuel).load(code)
        except ModuleRefused as refused:
            self._modules[number] = refused

    def _execute(self, execution: Execution) -> bytes:
        if (module := self._modules.get(execution.module)) is None:
            raise FrameError(f"module {execution.module} was never loaded")
        began = time.monotonic_ns()
        if isinstance(module, ModuleRefused):
            return frames.ended(frames.UNUSABLE, Ending(execution.number, began, began), module.message.encode())
        sandbox = self._sandbox(execution.fuel is not None)
        result = sandbox.run(module, execution)
        return _encode(result, Ending(execution.number, began, time.monotonic_ns(), sandbox.fuel_used))

    def _sandbox(self, fuel: bool) -> Sandbox:
        if fuel not in self._sandboxes:
            self._sandboxes[fuel] = Sandbox(self._watchdog, fuel=fuel)
        return self._sandboxes[fuel]


def _encode(result: Result | None, ending: Ending) -> bytes:
    match result:
        case Output():
            return frames.output(ending, result.log.encode(), _settled(result.data))
        case Called():
            return frames.call(ending, result.number, result.request)
        case Failed():
            return frames.ended(frames.FAILED, ending, _as_json(result))
        case None:
            return frames.ended(frames.DROPPED, ending)
    assert_never(result)


def _settled(data: bytes) -> bytes:
    """An output in the form that is read fastest, if it is large and may be read at all.

    What is written in another way takes many times as long to read, and the process that all runs share has to.
    """
    if len(data) <= _LARGE:
        return data
    try:
        return strict_json.dumps(strict_json.loads(data))
    except (RequestInvalid, MemoryError):
        return data  # the service will say what is wrong with it


def _as_json(failed: Failed) -> bytes:
    fields = {"code": failed.code, "message": failed.message, "retryable": failed.retryable, "details": failed.details}
    return json.dumps(fields).encode()
