"""As much of the binary format of WebAssembly as it takes to cut a module into its sections."""

from __future__ import annotations

from collections.abc import Iterator


def unsigned(value: int) -> bytes:
    """A number in LEB128."""
    data = bytearray()
    while value > 0x7F:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*data, value))


def read_unsigned(data: bytes, at: int) -> tuple[int, int]:
    """A number in LEB128, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def sections(module: bytes) -> Iterator[bytes]:
    """Each section whole, with its number and size, in order."""
    at = 8
    while at < len(module):
        size, body = read_unsigned(module, at + 1)
        yield module[at : body + size]
        at = body + size
