"""The few functions of wasmtime's C API that every call of a part goes through, as thin as ctypes allows.

The public classes of wasmtime-py look types up again at each call; here everything that can be known beforehand is, and
a call costs a handful of foreign calls. Engines, modules and linkers are still made with the public classes: that
happens once per module. This is the only file in which an address can be wrong, so its rules are strict:

- Functions that may run guest code go through a `CDLL` handle, which lets go of the interpreter lock, so that the
  watchdog can run beside them. All others are over in less than a microsecond and go through a `PyDLL` handle.
- An exception must never leave a callback: the whole body of the one callback is inside a `try`. What a host function
  raises is kept, the guest is ended with a trap, and `Instance.start` raises it again on the other side.
- Guest memory is only ever touched in `Memory`, after a check against the size that it has at that moment.
- One thread, one instance at a time: the buffers that results are written to are made once.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    addressof,
    byref,
    c_bool,
    c_char_p,
    c_int,
    c_int64,
    c_size_t,
    c_uint8,
    c_uint32,
    c_uint64,
    c_void_p,
    py_object,
    string_at,
)
from pathlib import Path
from struct import Struct
from typing import Any, Final

import wasmtime

_LIBRARY = str(next(Path(wasmtime.__file__).parent.glob("*/*wasmtime.*")))
_quick = ctypes.PyDLL(_LIBRARY)
_guest = ctypes.CDLL(_LIBRARY)

HostFunction = Callable[["Memory", tuple[int, ...]], int | None]
"""Gets the memory of the guest and its parameters as unsigned numbers, and gives an i32 or nothing."""


class _Extern(Structure):
    _fields_ = (("kind", c_uint8), ("of", c_uint64 * 3))


class _Bytes(Structure):
    _fields_ = (("size", c_size_t), ("data", c_void_p))


_Callback = CFUNCTYPE(c_size_t, c_void_p, c_void_p, c_void_p, c_size_t)
_Finalizer = CFUNCTYPE(None, c_void_p)
_no_finalizer = _Finalizer()


def _declare(library: Any, name: str, result: Any, *parameters: Any) -> Any:
    function = library[name]
    function.restype, function.argtypes = result, parameters
    return function


_store_new = _declare(_quick, "wasmtime_store_new", c_void_p, c_void_p, c_void_p, c_void_p)
_store_context = _declare(_quick, "wasmtime_store_context", c_void_p, c_void_p)
_store_limiter = _declare(_quick, "wasmtime_store_limiter", None, c_void_p, *[c_int64] * 5)
_store_delete = _declare(_quick, "wasmtime_store_delete", None, c_void_p)
_set_epoch_deadline = _declare(_quick, "wasmtime_context_set_epoch_deadline", None, c_void_p, c_uint64)
_set_fuel = _declare(_quick, "wasmtime_context_set_fuel", c_void_p, c_void_p, c_uint64)
_get_fuel = _declare(_quick, "wasmtime_context_get_fuel", c_void_p, c_void_p, c_void_p)
_export_get = _declare(_quick, "wasmtime_instance_export_get", c_bool, c_void_p, c_void_p, c_char_p, c_size_t, c_void_p)
_caller_export_get = _declare(_quick, "wasmtime_caller_export_get", c_bool, c_void_p, c_char_p, c_size_t, c_void_p)
_caller_context = _declare(_quick, "wasmtime_caller_context", c_void_p, c_void_p)
_memory_data = _declare(_quick, "wasmtime_memory_data", c_void_p, c_void_p, c_void_p)
_memory_data_size = _declare(_quick, "wasmtime_memory_data_size", c_size_t, c_void_p, c_void_p)
_trap_new = _declare(_quick, "wasmtime_trap_new", c_size_t, c_char_p, c_size_t)
_trap_code = _declare(_quick, "wasmtime_trap_code", c_bool, c_void_p, POINTER(c_uint8))
_trap_message = _declare(_quick, "wasm_trap_message", None, c_void_p, POINTER(_Bytes))
_trap_delete = _declare(_quick, "wasm_trap_delete", None, c_void_p)
_error_message = _declare(_quick, "wasmtime_error_message", None, c_void_p, POINTER(_Bytes))
_error_delete = _declare(_quick, "wasmtime_error_delete", None, c_void_p)
_bytes_delete = _declare(_quick, "wasm_byte_vec_delete", None, POINTER(_Bytes))
_define = _declare(
    _quick,
    "wasmtime_linker_define_func_unchecked",
    c_void_p,
    c_void_p,
    *[c_char_p, c_size_t] * 2,
    c_void_p,
    _Callback,
    c_void_p,
    _Finalizer,
)
_instantiate_pre = _declare(_quick, "wasmtime_linker_instantiate_pre", c_void_p, c_void_p, c_void_p, c_void_p)
_pre_delete = _declare(_quick, "wasmtime_instance_pre_delete", None, c_void_p)
_instantiate = _declare(_guest, "wasmtime_instance_pre_instantiate", c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)
_call = _declare(_guest, "wasmtime_func_call_unchecked", c_void_p, c_void_p, c_void_p, c_void_p, c_size_t, c_void_p)

_view = _declare(ctypes.pythonapi, "PyMemoryView_FromMemory", py_object, c_void_p, c_size_t, c_int)

_EXTERN_MEMORY: Final = 3
_WRITABLE: Final = 0x200
"""PyBUF_WRITE, as Python's stable interface has it."""
_FUNC_AT: Final = _Extern.of.offset
_instance = (c_uint64 * 4)()
_export = _Extern()
_seen_by_caller = _Extern()
_trap = c_void_p()
_at_trap, _at_export, _at_exported = byref(_trap), byref(_export), addressof(_export) + _FUNC_AT
_no_arguments = (c_uint64 * 2)()
_raised: list[BaseException] = []


class GuestTrap(Exception):
    """The guest ended with a trap. `code` is wasmtime's trap code, None for a trap without one."""

    def __init__(self, message: str, code: int | None) -> None:
        super().__init__(message)
        self.code = code


class NativeError(Exception):
    """Wasmtime refused: a module that cannot be linked or instantiated, a limit of the engine."""


class OutOfBounds(Exception):
    """A pointer or a length that leads out of the guest's memory."""


class Memory:
    """The guest's memory while a host function runs. Every access is checked; nothing of it may be kept."""

    __slots__ = ("_view", "size")

    def __init__(self, base: int, size: int) -> None:
        self._view: memoryview = _view(base, size, _WRITABLE)
        self.size = size

    def read(self, pointer: int, size: int) -> bytes:
        """A copy of these bytes. Raises OutOfBounds."""
        if pointer + size > self.size:
            raise OutOfBounds
        return self._view[pointer : pointer + size].tobytes()

    def write(self, pointer: int, data: bytes) -> None:
        """Put these bytes there. Raises OutOfBounds."""
        end = pointer + len(data)
        if end > self.size:
            raise OutOfBounds
        self._view[pointer:end] = data


class _Seen:
    """The memory of the running instance, as its host functions saw it last.

    Where it is, is asked once for an instance and again when its size has changed: nothing else moves a memory.
    """

    __slots__ = ("_at", "_context", "_memory")

    def __init__(self) -> None:
        self._at = addressof(_seen_by_caller) + _FUNC_AT
        self.forget()

    def forget(self) -> None:
        """Another instance runs, or none."""
        self._context: int | None = None
        self._memory: Memory | None = None

    def by(self, caller: int) -> Memory:
        """As it is now. Raises NativeError."""
        if self._context is None:
            if not _caller_export_get(caller, b"memory", 6, byref(_seen_by_caller)):
                raise NativeError("the guest has no memory")
            self._context = _caller_context(caller)
        size = _memory_data_size(self._context, self._at)
        if self._memory is None or self._memory.size != size:
            self._memory = Memory(_memory_data(self._context, self._at), size)
        return self._memory


_seen = _Seen()


def _callback(function: HostFunction, parameters: str) -> Any:
    """The C function that calls `function`. `parameters` has an `i` for each i32 and an `I` for each i64.

    A parameter stands in 16 bytes; the result takes the place of the first.
    """
    unpack = Struct("<" + "".join({"i": "I12x", "I": "Q8x"}[p] for p in parameters)).unpack
    size = 16 * len(parameters)

    def called(_env: int, caller: int, values: int, _count: int) -> int:
        try:
            result = function(_seen.by(caller), unpack(string_at(values, size)))
            if result is not None:
                c_uint32.from_address(values).value = result
            return 0
        except BaseException as error:
            _raised.append(error)
            return int(_trap_new(b"ended by the host", 17))

    return _Callback(called)


class Linkage:
    """The host functions that modules of one engine may import. The callbacks live as long as this object."""

    def __init__(self, engine: wasmtime.Engine) -> None:
        self._engine = engine
        self._linker = wasmtime.Linker(engine)
        self._callbacks: list[Any] = []

    def define(self, module: str, name: str, type_: wasmtime.FuncType, parameters: str, function: HostFunction) -> None:
        """Make `function` importable."""
        callback = _callback(function, parameters)
        self._callbacks.append(callback)
        names = (module.encode(), len(module.encode()), name.encode(), len(name.encode()))
        _check(_define(_address(self._linker), *names, _address(type_), callback, None, _no_finalizer))

    def prepare(self, module: wasmtime.Module) -> Prepared:
        """The module with its imports resolved. Raises NativeError."""
        pre = c_void_p()
        _check(_instantiate_pre(_address(self._linker), _address(module), byref(pre)))
        assert pre.value
        return Prepared(self._engine, self, pre.value)


class Prepared:
    """A module from which instances can be made at little cost."""

    def __init__(self, engine: wasmtime.Engine, linkage: Linkage, pre: int) -> None:
        self.engine = engine
        self.engine_address = _address(engine)
        self.address = pre
        self._linkage = linkage

    def __del__(self) -> None:
        _pre_delete(self.address)


class Instance:
    """One instance in a store of its own; both are gone after the `with` block."""

    def __init__(self, prepared: Prepared, *, memory_bytes: int, table_elements: int, fuel: int | None) -> None:
        self._prepared = prepared
        self._made = False
        self._store = _store_new(prepared.engine_address, None, None)
        self._context = _store_context(self._store)
        _store_limiter(self._store, memory_bytes, table_elements, 1, -1, 1)
        _set_epoch_deadline(self._context, 1)
        if fuel is not None:
            _check(_set_fuel(self._context, fuel))

    def __enter__(self) -> Instance:
        return self

    def __exit__(self, *_: object) -> None:
        _seen.forget()
        _store_delete(self._store)

    def start(self) -> None:
        """Instantiate and run `_start`.

        Raises what a host function raised, GuestTrap, or NativeError.
        """
        _raised.clear()
        _seen.forget()
        _trap.value = None
        error = _instantiate(self._prepared.address, self._context, _instance, _at_trap)
        self._raise(error)
        self._made = True
        if not _export_get(self._context, _instance, b"_start", 6, _at_export):
            raise NativeError("the module has no function _start")
        self._raise(_call(self._context, _at_exported, _no_arguments, 0, _at_trap))

    def fuel_left(self) -> int:
        """How much of its fuel it has not used; only where it was given some."""
        left = c_uint64()
        _check(_get_fuel(self._context, byref(left)))
        return left.value

    def memory_size(self) -> int:
        """How many bytes of memory the guest has; 0 when it was never instantiated."""
        if not self._made:  # the buffer may still hold another store's instance, and wasmtime aborts on that
            return 0
        if not _export_get(self._context, _instance, b"memory", 6, _at_export) or _export.kind != _EXTERN_MEMORY:
            return 0
        return int(_memory_data_size(self._context, _at_exported))

    def _raise(self, error: int | None) -> None:
        trap = None if _trap.value is None else _take_trap()
        problem = None if error is None else _take_error(error)
        if _raised:
            raise _raised.pop()
        if trap is not None or problem is not None:
            raise trap or problem  # type: ignore[misc]


def _address(managed: Any) -> int:
    address = ctypes.cast(managed.ptr(), c_void_p).value
    assert address
    return address


def _check(error: int | None) -> None:
    if error is not None:
        raise _take_error(error)


def _take_error(error: int) -> NativeError:
    text = _Bytes()
    _error_message(error, byref(text))
    _error_delete(error)
    return NativeError(_take_text(text))


def _take_trap() -> GuestTrap:
    code = c_uint8()
    known = _trap_code(_trap, byref(code))
    text = _Bytes()
    _trap_message(_trap, byref(text))
    _trap_delete(_trap)
    _trap.value = None
    return GuestTrap(_take_text(text).rstrip("\0"), code.value if known else None)


def _take_text(text: _Bytes) -> str:
    message = string_at(text.data, text.size).decode("utf-8", "replace") if text.size else ""
    _bytes_delete(byref(text))
    return message
