"""The outside of a module, read from its bytes; what is malformed is refused and never read beyond its end."""

from __future__ import annotations

import contextlib
import random

import pytest
import wasmtime
from hypothesis import given, settings
from hypothesis import strategies as st

from cypher_executor.errors import ModuleRefused
from cypher_executor.files import shipped
from cypher_executor.partkit.module import MAX_MODULE_BYTES, Import, admit, read_module

HEAD = b"\0asm\1\0\0\0"
COMMAND = '(memory (export "memory") 1) (func (export "_start"))'


def wat(text: str) -> bytes:
    return bytes(wasmtime.wat2wasm(f"(module {text})"))


def test_imports_and_exports_are_read_in_order_and_kind() -> None:
    module = read_module(
        wat(
            '(import "a" "f" (func (param i32))) (import "a" "t" (table 1 2 funcref)) (import "a" "m" (memory 1 2))'
            '(import "a" "g" (global (mut i64))) (func (export "run")) (global (export "x") i32 (i32.const 1))'
        )
    )
    assert module.imports == (
        Import("a", "f", "function"),
        Import("a", "t", "table"),
        Import("a", "m", "memory"),
        Import("a", "g", "global"),
    )
    assert module.exports == {"run": "function", "x": "global"}


def test_a_module_is_pure_exactly_when_it_does_not_import_the_call() -> None:
    call = '(import "cypher" "call" (func (param i32 i32 i32 i32) (result i32)))'
    wasi = '(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))'
    assert admit(wat(wasi + COMMAND)).pure
    assert not admit(wat(call + wasi + COMMAND)).pure


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('(import "env" "f" (func))' + COMMAND, "imports the function `env.f`"),
        ('(import "wasi_snapshot_preview1" "fd_open" (func))' + COMMAND, "imports the function"),
        ('(import "cypher" "call" (global i32))' + COMMAND, "imports the global `cypher.call`"),
        ('(import "wasi_snapshot_preview1" "memory" (memory 1))(func (export "_start"))', "imports the memory"),
        ('(memory (export "memory") 1)', "does not export the function `_start`"),
        ('(func (export "_start"))', "does not export the memory `memory`"),
        ('(func (export "memory")) (func (export "_start"))', "does not export the memory `memory`"),
    ],
)
def test_what_a_part_may_not_have_is_refused(text: str, message: str) -> None:
    with pytest.raises(ModuleRefused, match=message):
        admit(wat(text))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "does not begin with"),
        (b"\0asm", "not a core WebAssembly module"),
        (b"\0asm\x0d\0\1\0", "components are not admitted"),
        (HEAD + b"\2", "ends in the middle"),
        (HEAD + b"\2\xff\xff\xff\xff\x0f", "points beyond the end"),
        (HEAD + b"\2\xff\xff\xff\xff\xff\1", "longer than 32 bits"),
        (HEAD + b"\2\xff\xff\xff\xff\x7f", "longer than 32 bits"),
        (HEAD + b"\2\1\xff", "ends in the middle"),
        (HEAD + b"\2\6\xff\xff\xff\xff\x0f\0", "ends in the middle"),
        (HEAD + b"\2\4\1\1\xff\0", "not UTF-8"),
        (HEAD + b"\2\4\1\0\0\x09", "unknown kind 9"),
        (HEAD + b"\2\2\0\0", "goes on at byte"),
        (HEAD + b"\7\1\0\2\1\0", "out of order"),
        (HEAD + b"\2\1\0\2\1\0", "comes twice"),
        (HEAD + b"\x63\0", "section 99 is unknown"),
        (HEAD + b"\0\2\5a", "points beyond the end"),
        (HEAD + b"\2\6\1\0\0\2\4\1", "not admitted"),
        (HEAD + b"\7\7\2\0\0\0\0\0\0", "exported twice"),
        (HEAD + b"\0" * MAX_MODULE_BYTES, "at most"),
    ],
)
def test_a_malformed_module_is_refused_with_a_reason(data: bytes, message: str) -> None:
    with pytest.raises(ModuleRefused, match=message):
        read_module(data)


def test_a_damaged_module_is_read_or_refused_and_nothing_else() -> None:
    """Every prefix of the beginning of a real module, and a thousand modules with some bytes changed."""
    module = (shipped("parts") / "http_request" / "http_request.wasm").read_bytes()
    chance = random.Random(7)
    damaged = [module[:n] for n in range(400)]
    for _ in range(1_000):
        copy = bytearray(module)
        for _ in range(chance.randint(1, 8)):
            copy[chance.randrange(8, 600 if chance.random() < 0.8 else len(copy))] = chance.randrange(256)
        damaged.append(bytes(copy))
    assert all(_is_read_or_refused(data) for data in damaged)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_behind_the_head_are_read_or_refused(data: bytes) -> None:
    assert _is_read_or_refused(HEAD + data)


def _is_read_or_refused(data: bytes) -> bool:
    with contextlib.suppress(ModuleRefused):
        admit(data)
    return True
