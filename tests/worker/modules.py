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
