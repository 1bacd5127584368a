"""The sandbox: what one execution of a part is, and what came of it.

An execution is an instance of its own in a store of its own, with nothing to see but its input, its tape and a recorded
clock. All limits are set before instantiation, so a start function is bounded like `_start`. What it gives is one of
`Output`, `Called` and `Failed`; nothing that a guest does gets out of `run` as an exception.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from cypher_executor.worker import limits, tape, wasi
from cypher_executor.worker.admission import IMPORTS, first_line, prepared, type_of
from cypher_executor.worker.engine import configured_engine, fingerprint
from cypher_executor.worker.frames import Execution
from cypher_executor.worker.limits import LimitReached, Watchdog
from cypher_executor.worker.native import (
    GuestTrap,
    HostFunction,
    Instance,
    Linkage,
    Memory,
    NativeError,
    OutOfBounds,
    Prepared,
)

_PAGE: Final = 64 * 1024
_SHOWN_STDERR: Final = 2000
_STACK_OVERFLOW: Final = 0
_INTERRUPT: Final = 10
_OUT_OF_FUEL: Final = 11


class Output(NamedTuple):
    """The part ended well; what it wrote has not been looked at. `log` is what it wrote to its standard error."""

    data: bytes
    log: str = ""


@dataclass(frozen=True, slots=True)
class Called:
    """The part made a call that is not on its tape."""

    number: int
    request: bytes


@dataclass(frozen=True, slots=True)
class Failed:
    """The part was ended, or ended badly."""

    code: str
    message: str
    retryable: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)


Result = Output | Called | Failed


class Sandbox:
    """One engine and the host functions in it. Runs one execution at a time."""

    def __init__(self, watchdog: Watchdog, *, fuel: bool = False) -> None:
        self._watchdog = watchdog
        self._engine = configured_engine(fuel=fuel)
        self._linkage = Linkage(self._engine)
        self._world = wasi.World(b"", clock_us=0, seed=b"", output_kb=0)
        self._tape = tape.Tape(())
        self.fuel_used = 0
        """What the last execution used; 0 when that is not counted."""
        for name, (shape, _) in IMPORTS.items():
            self._linkage.define(*name, type_of(name), shape, self._host_function(name))

    def fingerprint(self) -> bytes:
        """For what modules must have been compiled, see `engine`."""
        return fingerprint(self._engine)

    def load(self, code: bytes) -> Prepared:
        """Take what `admission.compiled` has made. Raises ModuleRefused when it does not fit here."""
        return prepared(self._engine, self._linkage, code)

    def run(self, module: Prepared, execution: Execution) -> Result | None:
        """Run a part once. None when it was interrupted."""
        self._world = wasi.World(
            execution.input, clock_us=execution.clock_us, seed=execution.seed, output_kb=execution.output_kb
        )
        self._tape, self.fuel_used = tape.Tape(execution.tape), 0
        if not self._watchdog.begin(execution.number, self._engine, execution.timeout_ms):
            return None
        result = self._start(module, execution)
        return None if self._watchdog.end() else result

    def _host_function(self, name: tuple[str, str]) -> HostFunction:
        if name == (tape.MODULE, tape.NAME):
            return lambda memory, parameters: self._tape.call(memory, *parameters)
        function, give_way = wasi.FUNCTIONS[name[1]][1], self._watchdog.give_way

        def call(memory: Memory, parameters: tuple[int, ...]) -> int:
            give_way()
            return wasi.call(function, self._world, memory, parameters)

        return call

    def _start(self, module: Prepared, execution: Execution) -> Result:
        memory, elements = _memory_mb(execution) * 1024 * 1024, limits.MAX_TABLE_ELEMENTS
        with Instance(module, memory_bytes=memory, table_elements=elements, fuel=execution.fuel) as instance:
            try:
                instance.start()
                return self._ended(0, execution, instance)
            except wasi.Exited as exited:
                return self._ended(exited.code, execution, instance)
            except tape.CallRequested as call:
                return Called(call.number, call.request)
            except LimitReached as limit:
                return self._limited(limit)
            except OutOfBounds:
                return self._failed("trap", "the part gave cypher.call a pointer or length outside of its memory")
            except GuestTrap as trap:
                return self._trapped(trap, execution, instance)
            except NativeError as error:
                return self._not_instantiated(first_line(error), execution)
            finally:
                if execution.fuel is not None:
                    self.fuel_used = execution.fuel - instance.fuel_left()

    def _ended(self, code: int, execution: Execution, instance: Instance) -> Result:
        if code:
            details = {"exit_code": code}
            return self._badly("exit_code", f"the part ended with exit code {code}", details, execution, instance)
        try:
            self._tape.check_all_used()
        except LimitReached as limit:
            return self._limited(limit)
        return Output(self._world.stdout(), self._world.stderr())

    def _trapped(self, trap: GuestTrap, execution: Execution, instance: Instance) -> Failed:
        if trap.code == _INTERRUPT:
            limit = execution.timeout_ms
            return self._failed("timeout", f"the part ran longer than its limit of {limit} ms", True, timeout_ms=limit)
        if trap.code == _STACK_OVERFLOW:
            size = limits.MAX_WASM_STACK // 1024
            return self._failed("stack_overflow", f"the part used up its stack of {size} KiB", stack_kb=size)
        if trap.code == _OUT_OF_FUEL:
            budget = execution.fuel
            return self._failed("out_of_fuel", f"the part used up its budget of {budget} units of fuel", fuel=budget)
        message = f"the part stopped with a trap: {_reason(trap)}"
        return self._badly("trap", message, {}, execution, instance)

    def _badly(
        self, code: str, message: str, details: dict[str, Any], execution: Execution, instance: Instance
    ) -> Failed:
        """The part gave up. One that did so with all its memory in use was most likely refused more."""
        used, limit = instance.memory_size(), _memory_mb(execution)
        if used + _PAGE > limit * 1024 * 1024:
            message = f"the part's memory was at its limit of {limit} MiB: {message}"
            return self._failed("memory_limit", message, memory_mb=limit, **details)
        return self._failed(code, message, memory_bytes=used, **details)

    def _not_instantiated(self, reason: str, execution: Execution) -> Failed:
        if "memory minimum size" in reason:
            limit = _memory_mb(execution)
            message = f"the part needs more memory from the start than its limit of {limit} MiB"
            return self._failed("memory_limit", message, memory_mb=limit)
        # What a module could do wrong was looked at when it was admitted: this is the worker's own trouble.
        return self._failed("not_instantiated", f"the worker could not make an instance: {reason}", True)

    def _limited(self, limit: LimitReached) -> Failed:
        return self._failed(limit.code, limit.message, **limit.details)

    def _failed(self, code: str, message: str, retryable: bool = False, **details: Any) -> Failed:
        if log := self._world.stderr():
            details["stderr"] = log[:_SHOWN_STDERR]
        return Failed(code, message, retryable, details)


def _memory_mb(execution: Execution) -> int:
    """No part gets more than the pool has, whatever its manifest says."""
    return min(execution.memory_mb, limits.MAX_MEMORY_MB)


def _reason(trap: GuestTrap) -> str:
    """The last line of wasmtime's message says why; those before it are the guest's stack."""
    return str(trap).strip().rpartition("\n")[2].strip().removeprefix("wasm trap: ")
