"""Compiles modules in processes that never run them.

Compilers are started when there is something to compile, two at most, so that a module that takes long does not hold up
all others, and with a lower priority than what runs. They are ended when they have been idle for a while, or when their
module went beyond a limit. The system keeps the limits: it ends a process that used up its time (SIGXCPU), and wasmtime
aborts when it gets no more memory (SIGABRT). Time is counted in the processor's, so that a busy machine refuses nothing
that a quiet one takes; `wall_s` is for a compiler that does not compute at all. A compiler that goes down in any other
way is not the module's fault the first time.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Final

from cypher_executor.adapters.dispatch_local.launch import Child
from cypher_executor.errors import ModuleRefused, Unavailable
from cypher_executor.worker import frames

_MOST: Final = 2
_TRIES: Final = 2
_IDLE_S: Final = 10.0

Spawn = Callable[[Coroutine[None, None, None]], None]


@dataclass(frozen=True, slots=True)
class CompileLimits:
    """What compiling one module may take, and how large it may be."""

    cpu_s: int = 30
    memory_mb: int = 1024
    wall_s: float = 300.0
    module_mb: int = 4


@dataclass(frozen=True, slots=True)
class Compiled:
    """Machine code, and the fingerprint of the engine that it was made for."""

    code: bytes
    fingerprint: bytes


class Compilers:
    """At most two compiler processes."""

    def __init__(self, spawn: Spawn, limits: CompileLimits) -> None:
        self._spawn = spawn
        self._limits = limits
        self._places = asyncio.Semaphore(_MOST)
        self._idle: list[_Compiler] = []
        self._timers: dict[_Compiler, asyncio.TimerHandle] = {}

    async def compile(self, module: bytes, *, fuel: bool) -> Compiled:
        """Raises ModuleRefused (with the code `compile_limit` when a limit was reached), or Unavailable."""
        async with self._places:
            for _ in range(_TRIES):
                if (answer := await self._try(module, fuel)) is not None:
                    return answer
        raise ModuleRefused(f"compiling the module brought its compiler down {_TRIES} times")

    async def _try(self, module: bytes, fuel: bool) -> Compiled | None:
        """None when the compiler went down, and it may not be for the module."""
        compiler = self._take()
        try:
            kind, body = await compiler.compile(module, fuel=fuel)
        except TimeoutError:
            await compiler.reap()
            raise self._too_long(f"{self._limits.wall_s:g} s") from None
        except _Ended:
            self._blame(await compiler.reap())
            return None
        except BaseException:
            await compiler.reap()
            raise
        self._keep(compiler)
        if kind == frames.REFUSED:
            raise ModuleRefused(body.decode("utf-8", "replace"))
        return Compiled(body, compiler.fingerprint)

    async def prepare(self) -> None:
        """Have a compiler that is idle: there will be something to compile soon."""
        async with self._places:
            compiler = self._take()
            try:
                await compiler.start()
            except BaseException as error:
                await compiler.reap()
                if isinstance(error, Unavailable):  # whoever needs one will be told
                    return
                raise
            self._keep(compiler)

    async def close(self) -> None:
        """End those that are idle; those that are not end with who waits for them."""
        while self._idle:
            await self._take().reap()

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that are idle now."""
        return tuple(compiler.pid for compiler in self._idle)

    def _take(self) -> _Compiler:
        if not self._idle:
            return _Compiler(self._limits)
        compiler = self._idle.pop()
        self._timers.pop(compiler).cancel()
        return compiler

    def _keep(self, compiler: _Compiler) -> None:
        self._idle.append(compiler)
        self._timers[compiler] = asyncio.get_running_loop().call_later(_IDLE_S, self._let_go, compiler)

    def _let_go(self, compiler: _Compiler) -> None:
        self._idle.remove(compiler)
        del self._timers[compiler]
        self._spawn(_reap(compiler))

    def _blame(self, ended: int) -> None:
        """Raise what the module has done, if the end of its compiler says so."""
        if ended == -signal.SIGXCPU:
            raise self._too_long(f"{self._limits.cpu_s} s of the processor's time")
        if ended == -signal.SIGABRT:
            limit = f"{self._limits.memory_mb} MiB of memory"
            raise ModuleRefused(f"compiling the module needs more than the limit of {limit}", code="compile_limit")

    def _too_long(self, limit: str) -> ModuleRefused:
        return ModuleRefused(f"compiling the module takes more than the limit of {limit}", code="compile_limit")


class _Ended(Exception):
    """The compiler went down in the middle of its work, or does not keep to the format."""


class _Compiler:
    """One process, started when it is first used."""

    def __init__(self, limits: CompileLimits) -> None:
        self.fingerprint = b""
        self._limits = limits
        self._child: Child | None = None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._child is not None
        return self._child.pid

    async def start(self) -> None:
        """Start the process unless it is there. Raises Unavailable."""
        if self._child is not None:
            return
        try:
            ours, theirs = socket.socketpair()
            with theirs:
                self._reader, self._writer = await asyncio.open_unix_connection(sock=ours)
                limits = (self._limits.cpu_s, self._limits.memory_mb, self._limits.module_mb)
                self._child = Child("cypher_executor.worker.compiler", [theirs], *limits)
                self._child.be_modest()
            _, self.fingerprint = await self._read(frames.READY)
        except (OSError, _Ended) as error:
            raise Unavailable(f"no compiler process can be started: {error}", code="no_compiler") from None

    async def compile(self, module: bytes, *, fuel: bool) -> tuple[int, bytes]:
        """COMPILED or REFUSED, and its body. Raises _Ended, TimeoutError, or Unavailable when it cannot be started."""
        async with asyncio.timeout(self._limits.wall_s):
            await self.start()
            assert self._writer is not None
            self._writer.write(frames.to_compile(fuel, module))
            return await self._read(frames.COMPILED, frames.REFUSED)

    async def reap(self) -> int:
        """End it, if it has not ended; how it ended. Killing what is about to end by itself does not change that."""
        if self._writer is not None:
            self._writer.transport.abort()  # closing would wait until the compiler has read its module, or is gone
        return 0 if self._child is None else await self._child.reap()

    async def _read(self, *kinds: int) -> tuple[int, bytes]:
        assert self._reader is not None
        try:
            length, kind = frames.read_header(await self._reader.readexactly(frames.HEADER_SIZE))
            if kind not in kinds:
                raise frames.FrameError(f"a compiler sent a frame of kind {kind}")
            return kind, await self._reader.readexactly(length)
        except (EOFError, ConnectionError, frames.FrameError) as error:
            raise _Ended(str(error)) from error


async def _reap(compiler: _Compiler) -> None:
    await compiler.reap()
