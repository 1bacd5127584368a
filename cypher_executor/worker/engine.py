"""How the engine is configured: core modules only, nothing switched on that a part does not need, memory from a pool.

The pool keeps the address space of a few instances reserved, and a little of their memory resident, so that a fresh
instance costs no system calls and few page faults. wasmtime-py has no public class for it; its C functions are called
here, once per engine.

Workers and compilers use the same configuration: code that one made runs in the other. What it was made for can be
compared by the `fingerprint`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

import wasmtime
from wasmtime import _bindings as c_api

from cypher_executor.worker import limits

_SWITCHED_OFF: Final = (
    "gc_support",
    "shared_memory",
    "wasm_component_model",
    "wasm_custom_page_sizes",
    "wasm_exceptions",
    "wasm_function_references",
    "wasm_gc",
    "wasm_memory64",
    "wasm_multi_memory",
    "wasm_relaxed_simd",
    "wasm_stack_switching",
    "wasm_threads",
    "wasm_wide_arithmetic",
)

_EMPTY_MODULE: Final = b"\0asm\1\0\0\0"

_POOL: Final[Mapping[str, int]] = {
    "total_core_instances": 2,
    "total_component_instances": 1,
    "total_stacks": 1,
    "total_gc_heaps": 1,
    "total_memories": 2,
    "total_tables": 4,
    "max_tables_per_module": 2,
    "max_memories_per_module": 1,
    "max_memory_size": limits.MAX_MEMORY_MB * 1024 * 1024,
    "max_core_instance_size": 1024 * 1024,
    "table_elements": limits.MAX_TABLE_ELEMENTS,
    "max_unused_warm_slots": 2,
    "linear_memory_keep_resident": 256 * 1024,
    "table_keep_resident": 64 * 1024,
}


def configured_engine(*, fuel: bool) -> wasmtime.Engine:
    """An engine whose stores trap as soon as its epoch moves, and which counts fuel if that is wanted.

    NaNs are made canonical: their bits are the one thing that WebAssembly leaves open, and executions must repeat
    exactly. (SIMD and reference types stay on: wasmtime aborts when they alone are switched off.)
    """
    config = wasmtime.Config()
    for feature in _SWITCHED_OFF:
        setattr(config, feature, False)
    config.strategy = "cranelift"
    config.parallel_compilation = False
    config.epoch_interruption = True
    config.consume_fuel = fuel
    config.cranelift_nan_canonicalization = True
    config.max_wasm_stack = limits.MAX_WASM_STACK
    _use_pool(config)
    return wasmtime.Engine(config)


def fingerprint(engine: wasmtime.Engine) -> bytes:
    """What compiled code depends on beside its module, in 32 bytes.

    Wasmtime writes its version, the target, the features of this machine's processor and every setting that changes
    code into each compiled module: so an empty one, compiled, has it all.
    """
    return hashlib.sha256(wasmtime.Module(engine, _EMPTY_MODULE).serialize()).digest()


def _use_pool(config: wasmtime.Config) -> None:
    pool = c_api.wasmtime_pooling_allocation_config_new()
    for setting, value in _POOL.items():
        getattr(c_api, f"wasmtime_pooling_allocation_config_{setting}_set")(pool, value)
    c_api.wasmtime_pooling_allocation_strategy_set(config.ptr(), pool)
    c_api.wasmtime_pooling_allocation_config_delete(pool)
