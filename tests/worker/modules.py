"""The modules that these tests run: WebAssembly text beside this file, with `@NAME@` for what a test fills in."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import wasmtime

FOLDER = Path(__file__).parent / "modules"


@cache
def module(name: str, /, **filled: object) -> bytes:
    """The binary of `modules/<name>.wat`."""
    text = (FOLDER / f"{name}.wat").read_text("utf-8")
    for word, value in filled.items():
        text = text.replace(f"@{word.upper()}@", str(value))
    return bytes(wasmtime.wat2wasm(text))


def printing(data: bytes) -> bytes:
    """A module that writes exactly this."""
    return module("print", text="".join(f"\\{byte:02x}" for byte in data), size=len(data))


def calling(request: bytes = b'{"op":"now"}', *, times: int = 1, room: int = 4096) -> bytes:
    """A module that makes this call so many times and writes the last answer."""
    text = "".join(f"\\{byte:02x}" for byte in request)
    return module("calls", request=text, size=len(request), times=times, room=room)


def heavy(statements: int) -> bytes:
    """A module that takes a compiler about 0.1 ms of time and 10 KB of memory for each statement."""
    one = "(if (local.get {}) (then (local.set {} (i32.add (local.get {}) (i32.load (local.get {}))))))"
    body = (one.format(i % 27, i * 7 % 27, i * 13 % 27, i % 27) for i in range(statements))
    return module("heavy", body=" ".join(body))
