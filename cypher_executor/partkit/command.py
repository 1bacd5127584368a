"""Makes a WASI command out of a library module (a *reactor*): a module that has functions, but no `_start`.

`as_command` adds one function: it initialises the library, writes an argument vector into memory that the library's
own `malloc` gives, and calls the entry, which is a `main(argc, argv)`. Nothing else in the module changes, so the same
library and the same arguments make the same bytes. The texts travel as instructions (constants that are stored), not
as data segments, because a library's memory is laid out already.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from cypher_executor.errors import ModuleRefused

_TYPE, _IMPORT, _FUNCTION, _EXPORT, _CODE = 1, 2, 3, 7, 10
_HEAD = b"\0asm\1\0\0\0"
_FUNCTION_KIND = 0
_CALL, _DROP, _END, _I32_ADD = b"\x10", b"\x1a", b"\x0b", b"\x6a"
_GET, _SET = b"\x20\x00", b"\x21\x00"
_I32_STORE, _I64_STORE = b"\x36\x00", b"\x37\x00"


def as_command(library: bytes, entry: str, arguments: Sequence[str]) -> bytes:
    """The library with a `_start` that calls `entry` with these arguments. Raises `errors.ModuleRefused`."""
    sections = _split(library)
    exports = _exported_functions(sections[_EXPORT])
    missing = [name for name in ("_initialize", "malloc", entry) if name not in exports]
    if missing:
        raise ModuleRefused(f"the library does not export the function {missing[0]!r}")
    types, functions = _count(sections[_TYPE]), _count(sections[_FUNCTION])
    start = _imported_functions(sections.get(_IMPORT, b"\0")) + functions
    sections[_TYPE] = _appended(sections[_TYPE], b"\x60\0\0")
    sections[_FUNCTION] = _appended(sections[_FUNCTION], _unsigned(types))
    sections[_EXPORT] = _appended(sections[_EXPORT], _text("_start") + bytes([_FUNCTION_KIND]) + _unsigned(start))
    body = _body(exports["_initialize"], exports["malloc"], exports[entry], arguments)
    sections[_CODE] = _appended(sections[_CODE], _unsigned(len(body)) + body)
    return _HEAD + b"".join(bytes([key]) + _unsigned(len(data)) + data for key, data in sections.items())


def _body(initialize: int, malloc: int, entry: int, arguments: Sequence[str]) -> bytes:
    """One local, the address of the block: the vector of addresses, a null, then the texts."""
    vector = 4 * (len(arguments) + 1)
    places, block = [], bytearray(vector)
    for argument in arguments:
        places.append(len(block))
        block += argument.encode() + b"\0"
    block += bytes(-len(block) % 8)
    out = bytearray(b"\1\1\x7f" + _CALL + _unsigned(initialize))
    out += b"\x41" + _signed(len(block)) + _CALL + _unsigned(malloc) + _SET
    for at in range(0, len(block), 8):
        (word,) = struct.unpack_from("<q", block, at)
        out += _GET + b"\x42" + _signed(word) + _I64_STORE + _unsigned(at)
    for index, place in enumerate(places):
        out += _GET + _GET + b"\x41" + _signed(place) + _I32_ADD + _I32_STORE + _unsigned(4 * index)
    out += b"\x41" + _signed(len(arguments)) + _GET + _CALL + _unsigned(entry) + _DROP + _END
    return bytes(out)


def _split(module: bytes) -> dict[int, bytes]:
    """The sections by their number, in order; custom ones (names, notes) are left out."""
    if module[:8] != _HEAD:
        raise ModuleRefused("the library is not a core WebAssembly module")
    sections, at = {}, 8
    while at < len(module):
        key = module[at]
        length, at = _read(module, at + 1)
        if key:
            sections[key] = module[at : at + length]
        at += length
    return sections


def _exported_functions(section: bytes) -> dict[str, int]:
    found, (count, at) = {}, _read(section, 0)
    for _ in range(count):
        length, at = _read(section, at)
        name, kind = section[at : at + length].decode(), section[at + length]
        index, at = _read(section, at + length + 1)
        if kind == _FUNCTION_KIND:
            found[name] = index
    return found


def _imported_functions(section: bytes) -> int:
    """How many functions are imported; a library that imports anything else is refused."""
    count, at = _read(section, 0)
    for _ in range(count):
        for _ in range(2):
            length, at = _read(section, at)
            at += length
        if section[at] != _FUNCTION_KIND:
            raise ModuleRefused("the library imports something that is no function")
        _, at = _read(section, at + 1)
    return count


def _count(section: bytes) -> int:
    return _read(section, 0)[0]


def _appended(section: bytes, item: bytes) -> bytes:
    """A section that is a list, with one more item."""
    count, at = _read(section, 0)
    return _unsigned(count + 1) + section[at:] + item


def _read(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def _unsigned(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _signed(value: int) -> bytes:
    out = bytearray()
    while not -64 <= value < 64:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value & 0x7F])


def _text(text: str) -> bytes:
    return _unsigned(len(text.encode())) + text.encode()
