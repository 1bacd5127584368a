"""PackStream to values, from whoever sends it.

Nothing that a message declares is believed: what says that it has n items must have at least n bytes behind it, so
that reading costs no more than the message is long, and nesting has a limit. Text is strict UTF-8, keys of a map are
text and none comes twice, and nothing follows the value.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from cypher_executor.bolt.structure import Structure

MAX_DEPTH = 128
"""How deep lists, maps and structures may stand in each other."""


class Malformed(Exception):
    """Bytes that are no PackStream, or that no honest client sends."""


def unpacked(data: bytes) -> Any:
    """The value that these bytes are. Raises Malformed."""
    reader = _Reader(data)
    value = reader.value()
    if reader.at != len(data):
        raise Malformed(f"{len(data) - reader.at} bytes follow the value")
    return value


@dataclass(slots=True)
class _Open:
    """A list, map or structure that is being read. `tag` is that of a structure, `is_map` says the items are pairs."""

    wanted: int
    items: list[Any]
    is_map: bool = False
    tag: int | None = None

    def made(self) -> Any:
        if self.is_map:
            return _map(self.items)
        return self.items if self.tag is None else Structure(self.tag, tuple(self.items))


def _map(items: list[Any]) -> dict[str, Any]:
    keys = items[::2]
    if not all(isinstance(key, str) for key in keys):
        raise Malformed("the key of a map is no text")
    made = dict(zip(keys, items[1::2], strict=True))
    if len(made) != len(keys):
        raise Malformed("a map has the same key twice")
    return made


_FIXED = {0xC0: None, 0xC2: False, 0xC3: True}
_NUMBERS = {0xC1: ">d", 0xC8: ">b", 0xC9: ">h", 0xCA: ">i", 0xCB: ">q"}
_SIZE_FORMS = (">B", ">H", ">I")
_SIZED = {0xCC: "bytes", 0xD0: "text", 0xD4: "list", 0xD8: "map"}
_KINDS = {start + step: (kind, step) for start, kind in _SIZED.items() for step in range(3)}
_TINY = {0x80: "text", 0x90: "list", 0xA0: "map", 0xB0: "structure"}


class _Reader:
    """Reads one value with a stack of our own."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def value(self) -> Any:
        """The value at this place."""
        stack: list[_Open] = []
        while True:
            found = self._one(len(stack))
            if isinstance(found, _Open):
                if found.wanted:
                    stack.append(found)
                    continue
                found = found.made()
            while stack:
                top = stack[-1]
                top.items.append(found)
                if len(top.items) < top.wanted:
                    break
                found = stack.pop().made()
            else:
                return found

    def _one(self, depth: int) -> Any:
        """A scalar, or something that has been opened."""
        marker = self._take(1)[0]
        if marker < 0x80:
            return marker
        if marker >= 0xF0:
            return marker - 0x100
        if marker in _FIXED:
            return _FIXED[marker]
        if marker in _NUMBERS:
            return self._number(_NUMBERS[marker])
        kind, size = self._sized(marker)
        if kind == "text":
            return self._text(size)
        if kind == "bytes":
            return self._take(size)
        return self._opened(kind, size, depth)

    def _sized(self, marker: int) -> tuple[str, int]:
        tiny = _TINY.get(marker & 0xF0)
        if tiny is not None:
            return tiny, marker & 0x0F
        if marker not in _KINDS:
            raise Malformed(f"no value begins with the byte {marker:#04x}")
        kind, step = _KINDS[marker]
        return kind, int(self._number(_SIZE_FORMS[step]))

    def _opened(self, kind: str, size: int, depth: int) -> _Open:
        if depth >= MAX_DEPTH:
            raise Malformed(f"values stand in each other deeper than {MAX_DEPTH}")
        tag = self._take(1)[0] if kind == "structure" else None
        wanted = 2 * size if kind == "map" else size
        if wanted > len(self._data) - self.at:
            raise Malformed(f"a {kind} of {size} items is longer than its message")
        return _Open(wanted, [], kind == "map", tag)

    def _number(self, form: str) -> Any:
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def _text(self, size: int) -> str:
        try:
            return self._take(size).decode("utf-8")
        except UnicodeDecodeError:
            raise Malformed("a text is not UTF-8") from None

    def _take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self._data):
            raise Malformed("the message ends within a value")
        taken = self._data[self.at : end]
        self.at = end
        return taken
