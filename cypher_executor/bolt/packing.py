"""Values to PackStream, the encoding of Bolt.

What can be packed: null, booleans, integers of 64 bits, floats, text, bytes, lists (and tuples), maps with text as
keys, and `Structure`. Nesting is walked with a stack of our own, because its depth is the data's.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from cypher_executor.bolt.structure import Structure
from cypher_executor.errors import ExpressionError

_FLOAT = struct.Struct(">Bd")
_TINY = 16
_SIZES = ((0xFF, "B"), (0xFFFF, "H"), (0xFFFFFFFF, "I"))
_INTEGERS = ((0xC8, 7, "b"), (0xC9, 15, "h"), (0xCA, 31, "i"), (0xCB, 63, "q"))
_TEXT, _LIST, _MAP, _BYTES = (0x80, 0xD0), (0x90, 0xD4), (0xA0, 0xD8), (None, 0xCC)


def packed(value: Any) -> bytes:
    """The bytes of a value. Raises ExpressionError (`number_out_of_range`) for integers beyond 64 bits."""
    out = bytearray()
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, Structure):
            out += bytes((0xB0 | len(one.fields), one.tag))
            todo.extend(reversed(one.fields))
        elif isinstance(one, Mapping):
            _head(out, len(one), _MAP)
            todo.extend(part for item in reversed(list(one.items())) for part in reversed(item))
        elif isinstance(one, list | tuple):
            _head(out, len(one), _LIST)
            todo.extend(reversed(one))
        else:
            _scalar(out, one)
    return bytes(out)


def _scalar(out: bytearray, value: Any) -> None:
    if value is None:
        out.append(0xC0)
    elif isinstance(value, bool):
        out.append(0xC3 if value else 0xC2)
    elif isinstance(value, int):
        _integer(out, value)
    elif isinstance(value, float):
        out += _FLOAT.pack(0xC1, value)
    elif isinstance(value, str):
        encoded = value.encode("utf-8", "replace")
        _head(out, len(encoded), _TEXT)
        out += encoded
    else:
        assert isinstance(value, bytes), f"{type(value).__name__} has no form in PackStream"
        _head(out, len(value), _BYTES)
        out += value


def _integer(out: bytearray, value: int) -> None:
    if -_TINY <= value < 128:
        out.append(value & 0xFF)
        return
    for marker, bits, form in _INTEGERS:
        if -(1 << bits) <= value < 1 << bits:
            out += struct.pack(f">B{form}", marker, value)
            return
    raise ExpressionError("an integer does not fit into 64 bits", code="number_out_of_range")


def _head(out: bytearray, size: int, markers: tuple[int | None, int]) -> None:
    tiny, first = markers
    if tiny is not None and size < _TINY:
        out.append(tiny | size)
        return
    for step, (largest, form) in enumerate(_SIZES):
        if size <= largest:
            out += struct.pack(f">B{form}", first + step, size)
            return
    raise ExpressionError("a value is too large to be sent", code="number_out_of_range")
