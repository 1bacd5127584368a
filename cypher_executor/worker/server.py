"""The loop of a worker: read frames, run what they ask for, one after the other, and write what came of it.

Each answer is written as soon as it is there: what follows it may take long, and the service reads many at a time
anyway. A module is compiled when it is first needed, for the kind of engine that is needed, and kept until the service
takes it back.
"""

from __future__ import annotations

import json
import socket
import time
from typing import Final, assert_never

from cypher_executor.errors import ModuleRefused
from cypher_executor.worker import frames
from cypher_executor.worker.frames import Ending, Execution, FrameError
from cypher_executor.worker.limits import Watchdog
from cypher_executor.worker.native import Prepared
from cypher_executor.worker.sandbox import Called, Failed, Output, Result, Sandbox

_READ: Final = 256 * 1024


class Server:
    """Serves one connection to its end."""

    def __init__(self, channel: socket.socket, watchdog: Watchdog) -> None:
        self._channel = channel
        self._watchdog = watchdog
        self._sandboxes: dict[bool, Sandbox] = {}
        self._modules: dict[int, bytes] = {}
        self._prepared: dict[tuple[int, bool], Prepared | Failed] = {}

    def serve(self) -> None:
        """Until the service closes the connection. Raises FrameError when it breaks the format."""
        self._sandbox(False)
        self._channel.sendall(frames.frame(frames.READY))
        splitter = frames.Splitter()
        while data := self._channel.recv(_READ):
            for kind, body in splitter.feed(data):
                self._take(kind, body)

    def _take(self, kind: int, body: bytes) -> None:
        match kind:
            case frames.EXECUTE:
                self._channel.sendall(self._execute(frames.read_execute(body)))
            case frames.LOAD:
                number, code = frames.read_module(body)
                self._modules[number] = code
            case frames.FORGET:
                self._forget(frames.read_module(body)[0])
            case _:
                raise FrameError(f"a worker does not take frames of kind {kind}")

    def _execute(self, execution: Execution) -> bytes:
        fuel = execution.fuel is not None
        prepared = self._prepare(execution.module, fuel)
        began = time.monotonic_ns()
        if isinstance(prepared, Failed):
            return _encode(prepared, Ending(execution.number, began, began))
        result = self._sandbox(fuel).run(prepared, execution)
        return _encode(result, Ending(execution.number, began, time.monotonic_ns()))

    def _prepare(self, module: int, fuel: bool) -> Prepared | Failed:
        if (known := self._prepared.get((module, fuel))) is not None:
            return known
        if (code := self._modules.get(module)) is None:
            raise FrameError(f"module {module} was never loaded")
        try:
            prepared: Prepared | Failed = self._sandbox(fuel).admit(code)
        except ModuleRefused as refused:
            prepared = Failed(refused.code, refused.message)
        self._prepared[module, fuel] = prepared
        return prepared

    def _sandbox(self, fuel: bool) -> Sandbox:
        if fuel not in self._sandboxes:
            self._sandboxes[fuel] = Sandbox(self._watchdog, fuel=fuel)
        return self._sandboxes[fuel]

    def _forget(self, module: int) -> None:
        self._modules.pop(module, None)
        for fuel in (False, True):
            self._prepared.pop((module, fuel), None)


def _encode(result: Result | None, ending: Ending) -> bytes:
    match result:
        case Output():
            return frames.ended(frames.OUTPUT, ending, result.data)
        case Called():
            return frames.call(ending, result.number, result.request)
        case Failed():
            return frames.ended(frames.FAILED, ending, _as_json(result))
        case None:
            return frames.ended(frames.DROPPED, ending)
    assert_never(result)


def _as_json(failed: Failed) -> bytes:
    fields = {"code": failed.code, "message": failed.message, "retryable": failed.retryable, "details": failed.details}
    return json.dumps(fields).encode()
