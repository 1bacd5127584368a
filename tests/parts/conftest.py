"""Runs a module with nothing but wasmtime's public classes: the plainest way in which a part can be run.

The product's own sandbox is `cypher_executor.worker`; these tests look at the parts themselves and so do without it.
`cypher.call` answers from a tape, as the contract says: -1 minus the needed length when an answer does not fit.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import wasmtime

from cypher_executor.files import shipped
from cypher_executor.partkit.examples import Execute, Tape
from cypher_executor.partkit.manifest import PartFolder, read_folder

MEMORY_LIMIT = 64 * 1024 * 1024


class OffTape(RuntimeError):
    """The part asked for something that is not next on its tape."""


@cache
def _engine() -> wasmtime.Engine:
    return wasmtime.Engine()


@cache
def _compiled(module: bytes) -> wasmtime.Module:
    return wasmtime.Module(_engine(), module)


@pytest.fixture(scope="session")
def execute() -> Iterator[Execute]:
    """Runs a module: (module, stdin, tape) -> stdout."""
    yield run_module
    _compiled.cache_clear()  # before the interpreter takes the library apart that they belong to
    _engine.cache_clear()


@pytest.fixture(scope="session")
def part() -> Callable[[str], PartFolder]:
    """A shipped part by its name."""
    return cache(lambda name: read_folder(shipped("parts") / name))


@pytest.fixture(scope="session")
def call(part: Callable[[str], PartFolder], execute: Execute) -> Callable[..., Any]:
    """Calls a shipped part with JSON values."""

    def with_values(name: str, **given: Any) -> Any:
        return json.loads(execute(part(name).read_module(), json.dumps(given).encode(), ()))

    return with_values


def run_module(module: bytes, given: bytes, tape: Tape = ()) -> bytes:
    """Run a module once: stdin in, stdout out. A trap raises `wasmtime.Trap`."""
    linker = wasmtime.Linker(_engine())
    linker.define_wasi()
    host = _TapeHost(tape)
    host.define(linker)
    with tempfile.TemporaryDirectory() as folder:
        store = _store(Path(folder), given)
        instance = linker.instantiate(store, _compiled(module))
        exports = instance.exports(store)
        host.memory, host.store = exports["memory"], store
        try:
            exports["_start"](store)
        finally:
            host.memory = host.store = None  # the store keeps the host: without this neither is ever let go
        if host.problem:
            raise OffTape(host.problem)
        if host.next != len(tape):
            raise OffTape(f"the part made {host.next} of {len(tape)} calls")
        return (Path(folder) / "stdout").read_bytes()


def _store(folder: Path, given: bytes) -> wasmtime.Store:
    (folder / "stdin").write_bytes(given)
    wasi = wasmtime.WasiConfig()
    wasi.stdin_file = str(folder / "stdin")
    wasi.stdout_file = str(folder / "stdout")
    store = wasmtime.Store(_engine())
    store.set_limits(memory_size=MEMORY_LIMIT)
    store.set_wasi(wasi)
    return store


class _TapeHost:
    memory: Any = None
    store: Any = None

    def __init__(self, tape: Tape) -> None:
        self._tape, self.next, self.problem = tape, 0, ""
        self._pending: bytes | None = None

    def define(self, linker: wasmtime.Linker) -> None:
        i32 = wasmtime.ValType.i32()
        kind = wasmtime.FuncType([i32, i32, i32, i32], [i32])
        linker.define_func("cypher", "call", kind, self._call)

    def _call(self, request_ptr: int, request_len: int, answer_ptr: int, capacity: int) -> int:
        request = json.loads(self.memory.read(self.store, request_ptr, request_ptr + request_len))
        answer = json.dumps(self._answer(request), ensure_ascii=False).encode()
        if len(answer) > capacity:
            self._pending = answer
            return -1 - len(answer)
        self._pending = None
        self.memory.write(self.store, answer, answer_ptr)
        return len(answer)

    def _answer(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        if self._pending is not None:
            return json.loads(self._pending)  # asked again with more room: not a new call
        if self.next >= len(self._tape) or self._tape[self.next][0] != request:
            self.problem = self.problem or f"call {self.next} asks for {json.dumps(request)}"
            return {"ok": False, "error": {"code": "off_tape", "message": "not on the tape", "retryable": False}}
        self.next += 1
        return self._tape[self.next - 1][1]
