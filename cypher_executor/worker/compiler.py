"""A compiler process: `python -I -m cypher_executor.worker.compiler CHANNEL PARENT CPU_S MEMORY_MB MODULE_MB`.

It reads modules and writes machine code, one after the other, and never runs any of it: what it makes is trusted by
workers for as long as it is kept, so no guest may ever have been near it. Compiling cannot be interrupted, and a module
can be made to take very long or very much memory: the system ends the process then, and the service sees by which
signal.
"""

from __future__ import annotations

import os
import resource
import socket
import sys
import threading
from typing import Final

import wasmtime

from cypher_executor.errors import ModuleRefused
from cypher_executor.worker import frames
from cypher_executor.worker.admission import compiled
from cypher_executor.worker.confine import confine, seal
from cypher_executor.worker.engine import configured_engine, fingerprint
from cypher_executor.worker.frames import FrameError
from cypher_executor.worker.hardening import Hardening
from cypher_executor.worker.limits import THREAD_STACK

_READ: Final = 256 * 1024


class Compiler:
    """Serves one connection to its end. A module may take `cpu_s` seconds of the processor's time."""

    def __init__(self, channel: socket.socket, cpu_s: int, most_bytes: int) -> None:
        self._channel = channel
        self._cpu_s = cpu_s
        self._most_bytes = most_bytes
        self._engines: dict[bool, wasmtime.Engine] = {}

    def serve(self) -> None:
        """Until the service closes the connection. Raises FrameError when it breaks the format."""
        self._channel.sendall(frames.frame(frames.READY, fingerprint(self._engine(False))))
        splitter = frames.Splitter()
        while data := self._channel.recv(_READ):
            for kind, body in splitter.feed(data):
                if kind != frames.COMPILE:
                    raise FrameError(f"a compiler does not take frames of kind {kind}")
                self._channel.sendall(self._compile(*frames.read_to_compile(body)))

    def _compile(self, fuel: bool, code: bytes) -> bytes:
        _allow_cpu(self._cpu_s)
        try:
            return frames.frame(frames.COMPILED, compiled(self._engine(fuel), code, self._most_bytes))
        except ModuleRefused as refused:
            return frames.frame(frames.REFUSED, refused.message.encode())

    def _engine(self, fuel: bool) -> wasmtime.Engine:
        if fuel not in self._engines:
            self._engines[fuel] = configured_engine(fuel=fuel)
        return self._engines[fuel]


def _allow_cpu(seconds: int) -> None:
    """From now on; then the system ends this process with SIGXCPU. It counts in whole seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    bound = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (bound if hard == resource.RLIM_INFINITY else min(bound, hard), hard))


def main() -> None:
    """Serve until the service has gone, in a thread with a stack that is large enough whatever the shell allows."""
    channel, parent, cpu_s, memory_mb, module_mb = map(int, sys.argv[1:])
    reached = confine(parent, memory_mb)
    threading.stack_size(THREAD_STACK)
    compiler = Compiler(socket.socket(fileno=channel), cpu_s, module_mb * 1024 * 1024)
    compiling = threading.Thread(target=_serve, args=(compiler, reached))
    compiling.start()
    compiling.join()


def _serve(compiler: Compiler, reached: Hardening) -> None:
    """Seal the process and serve. Leave at once when it is over; by SIGABRT when memory runs out, as wasmtime does."""
    try:
        seal(reached)
        compiler.serve()
    except ConnectionError:
        os._exit(0)
    except MemoryError:
        os.abort()
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
