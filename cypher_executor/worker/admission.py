"""Which modules are let in.

A module may import the functions of WASI preview 1 and `cypher.call`, each with its right type, and nothing else. It
exports its memory as `memory` and a function `_start` without parameters and results. What it holds beyond that is its
own affair: start functions, too, run under the limits of an execution.

A module is compiled in one process and used in another: `compiled` is for the compiler, `prepared` for the worker.
Both look at imports and exports, because what was compiled may lie on a disk for longer than the rules stay the same;
types of imports are compared by linking.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

import wasmtime

from cypher_executor.errors import ModuleRefused, module_too_large
from cypher_executor.worker import limits, tape, wasi
from cypher_executor.worker.native import Linkage, Memory, NativeError, Prepared

_VAL_TYPES: Final = {"i": wasmtime.ValType.i32, "I": wasmtime.ValType.i64}

_NO_MODULE: Final = "not a WebAssembly core module that can run here"
_INCOMPATIBLE: Final = re.compile(r"incompatible import type for `(\w+)::(\w+)`")

IMPORTS: Final[Mapping[tuple[str, str], tuple[str, bool]]] = {
    **{(wasi.MODULE, name): (shape, name != "proc_exit") for name, (shape, _) in wasi.FUNCTIONS.items()},
    (tape.MODULE, tape.NAME): (tape.PARAMETERS, True),
}
"""What may be imported: the parameters (`i` for i32, `I` for i64), and whether an i32 is given back."""


def type_of(name: tuple[str, str]) -> wasmtime.FuncType:
    """The type of an import."""
    shape, gives = IMPORTS[name]
    return wasmtime.FuncType([_VAL_TYPES[p]() for p in shape], [wasmtime.ValType.i32()] if gives else [])


def compiled(engine: wasmtime.Engine, code: bytes, most_bytes: int | None = None) -> bytes:
    """Machine code for a module that keeps the rules. Raises ModuleRefused, also for more than `most_bytes`."""
    most_bytes = limits.MAX_MODULE if most_bytes is None else most_bytes
    if len(code) > most_bytes:
        raise module_too_large(len(code), most_bytes)
    if not code.startswith(b"\0asm"):  # wasmtime would take the text of a module as well
        raise ModuleRefused(f"{_NO_MODULE}: it does not begin with \\0asm")
    try:
        module = wasmtime.Module(engine, code)
    except wasmtime.WasmtimeError as error:
        raise ModuleRefused(f"{_NO_MODULE}: {first_line(error)}") from None
    _check(module)
    _check_types(engine, module)
    return bytes(module.serialize())


def prepared(engine: wasmtime.Engine, linkage: Linkage, code: bytes) -> Prepared:
    """Machine code ready to be instantiated. It is run as it is: it must come from `compiled`, and from nowhere else.

    Raises ModuleRefused for code that was made by another wasmtime, for another engine or machine, or by other rules.
    """
    try:
        module = wasmtime.Module.deserialize(engine, code)
        _check(module)
        return linkage.prepare(module)
    except (wasmtime.WasmtimeError, NativeError) as error:
        raise ModuleRefused(f"not compiled for this worker: {first_line(error)}") from None


def first_line(error: Exception) -> str:
    """What wasmtime says, without the lines that speak of its own inside."""
    return " ".join(str(error).split())[:300]


def _check(module: wasmtime.Module) -> None:
    _check_imports(module.imports)
    _check_exports({export.name: export.type for export in module.exports})


def _check_imports(imports: Iterable[wasmtime.ImportType]) -> None:
    for wanted in imports:
        name = (wanted.module, wanted.name or "")
        if name not in IMPORTS:
            raise ModuleRefused(
                f"the module imports {name[0]}.{name[1]}: only WASI preview 1 and cypher.call may be imported"
            )


def _check_exports(exports: Mapping[str, object]) -> None:
    if not isinstance(exports.get("memory"), wasmtime.MemoryType):
        raise ModuleRefused("the module does not export its memory under the name 'memory'")
    start = exports.get("_start")
    if not isinstance(start, wasmtime.FuncType) or start.params or start.results:
        raise ModuleRefused("the module does not export a function '_start' without parameters and results")


def _check_types(engine: wasmtime.Engine, module: wasmtime.Module) -> None:
    """By linking, never by looking: asked for the kind of a vector type, wasmtime's C API ends the process."""
    linkage = Linkage(engine)
    for name, (shape, _) in IMPORTS.items():
        linkage.define(*name, type_of(name), shape, _never_called)
    try:
        linkage.prepare(module)
    except NativeError as error:
        if (found := _INCOMPATIBLE.search(str(error))) is None:
            raise ModuleRefused(f"the module cannot be linked: {first_line(error)}") from None
        right = _signature(type_of((found[1], found[2])))
        raise ModuleRefused(f"the module imports {found[1]}.{found[2]} with another type than {right}") from None


def _never_called(_memory: Memory, _parameters: tuple[int, ...]) -> int:
    raise NotImplementedError


def _signature(type_: wasmtime.FuncType) -> str:
    return f"({', '.join(map(str, type_.params))}) -> ({', '.join(map(str, type_.results))})"
