"""JSON from outside, read strictly: what two readers could understand differently is refused.

Refused are invalid UTF-8, a byte order mark, lone surrogates, NaN and Infinity, anything after the value, keys that
stand twice in one object, nesting beyond `max_depth`, integers beyond 64 bits and numbers that no double can hold.

orjson decides what is JSON. It lets pass duplicate keys, deep nesting and large integers, so its value is written out
again: text that comes out as the same bytes can have none of these, apart from integers. Writing is done inside as
many brackets as make orjson's own limit of depth fall on ours. Text that is spaced or written in another way is read a
second time by the standard library, whose hooks see every key and number. Where something is wrong is looked for only
when something is wrong, and not for long: text may be made so that the place costs more than everything else. Nothing
here recurses in Python, so no depth of nesting can exhaust the stack.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

import orjson

from cypher_executor.errors import Place, RequestInvalid

MAX_DEPTH: Final = 64

_ORJSON_DEPTH: Final = 254
_MANY_DIGITS: Final = re.compile(rb"[0-9]{19}")
_TOKEN: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]|-?[0-9][0-9.eE+-]*+', re.DOTALL)
_LOWEST: Final = -(1 << 63)
_HIGHEST: Final = (1 << 63) - 1
_LONGEST_INTEGER: Final = 20
_MOST_TOKENS: Final = 10_000
"""Behind so many tokens nobody looks for the place of what is wrong."""
_MOST_TEXT: Final = 64 * 1024
"""In a longer text nobody looks for the key that stands twice."""


class _Duplicate(Exception):
    """An object has a key twice."""


class _OutOfRange(Exception):
    """A number is too large; the argument is its text."""


class _Pairs(list[tuple[str, Any]]):
    """An object with all its keys, also those that stand twice."""


def loads(data: bytes | str, max_depth: int = MAX_DEPTH) -> Any:
    """The JSON value that `data` is.

    Raises errors.RequestInvalid with code `json_invalid`, `json_duplicate_key`, `json_too_deep` or
    `number_out_of_range`, and the place where there is one.
    """
    assert 0 < max_depth <= _ORJSON_DEPTH
    raw = _encoded(data) if isinstance(data, str) else data
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _not_json(raw, error, max_depth) from None
    if _written(value, raw, max_depth) == raw and not _MANY_DIGITS.search(raw):
        return value
    return _read_again(raw.decode(), max_depth)


def dumps(value: Any) -> bytes:
    """The value as compact JSON. Raises errors.RequestInvalid for what JSON cannot hold or `loads` would refuse."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        if "64-bit" in str(error):
            raise RequestInvalid("an integer is beyond 64 bits", code="number_out_of_range") from None
        if "ecursion" in str(error):
            raise RequestInvalid("the value is nested too deeply", code="json_too_deep") from None
        raise RequestInvalid(f"the value cannot be written as JSON: {error}", code="json_invalid") from None


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        place = _place(text, error.start)
        raise RequestInvalid(f"{_at(place)}a lone surrogate is not text", code="json_invalid", place=place) from None


def _written(value: Any, raw: bytes, max_depth: int) -> bytes:
    """The value as compact JSON. Raises RequestInvalid when it is too deep."""
    if raw.count(b"[") + raw.count(b"{") <= max_depth:
        return orjson.dumps(value)
    around = _ORJSON_DEPTH - max_depth
    try:
        written = orjson.dumps(_wrapped(value, around))
    except orjson.JSONEncodeError:
        raise _too_deep(raw.decode(), max_depth) from None
    return written[around : len(written) - around]


def _wrapped(value: Any, times: int) -> Any:
    for _ in range(times):
        value = [value]
    return value


def _read_again(text: str, max_depth: int) -> Any:
    try:
        return json.loads(
            text, object_pairs_hook=_unique, parse_int=_bounded_integer, parse_float=float, parse_constant=float
        )
    except _Duplicate:
        raise _duplicate(text, max_depth) from None
    except _OutOfRange as error:
        raise _out_of_range(text, str(error)) from None
    except RecursionError:  # nested deeply under a key that stands twice, so that the value does not have it
        raise _too_deep(text, max_depth) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise _Duplicate
    return value


def _bounded_integer(digits: str) -> int:
    if len(digits) > _LONGEST_INTEGER or not _LOWEST <= int(digits) <= _HIGHEST:
        raise _OutOfRange(digits)
    return int(digits)


def _not_json(raw: bytes, error: orjson.JSONDecodeError, max_depth: int) -> RequestInvalid:
    try:
        text = raw.decode()
    except UnicodeDecodeError as wrong:
        place = _place(raw[: wrong.start].decode(), wrong.start)
        return RequestInvalid(f"{_at(place)}not valid UTF-8", code="json_invalid", place=place)
    if _first_beyond(text, max_depth, error.pos) is not None:
        return _too_deep(text, max_depth)
    place = _place(text, error.pos)
    if "infinity" in error.msg:
        return RequestInvalid(f"{_at(place)}a number is too large", code="number_out_of_range", place=place)
    return RequestInvalid(f"{_at(place)}{error.msg}", code="json_invalid", place=place)


def _too_deep(text: str, max_depth: int) -> RequestInvalid:
    start = _first_beyond(text, max_depth, len(text))
    place = None if start is None else _place(text, start)
    return RequestInvalid(f"{_at(place)}nested more than {max_depth} levels deep", code="json_too_deep", place=place)


def _first_beyond(text: str, max_depth: int, end: int) -> int | None:
    """Where the first bracket up to `end` is that stands more than `max_depth` deep."""
    depth = 0
    for token in islice(_TOKEN.finditer(text, 0, min(len(text), end + 1)), _MOST_TOKENS):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if depth > max_depth:
            return token.start()
    return None


def _out_of_range(text: str, digits: str) -> RequestInvalid:
    tokens = islice(_TOKEN.finditer(text), _MOST_TOKENS)
    start = next((token.start() for token in tokens if token[0] == digits), None)
    place = None if start is None else _place(text, start, len(digits))
    shown = digits if len(digits) <= 24 else f"{digits[:20]}…"
    return RequestInvalid(f"{_at(place)}the integer {shown} is beyond 64 bits", code="number_out_of_range", place=place)


def _duplicate(text: str, max_depth: int) -> RequestInvalid:
    if len(text) > _MOST_TEXT:
        return RequestInvalid("a key stands twice in an object", code="json_duplicate_key")
    try:
        value = json.loads(text, object_pairs_hook=_Pairs, parse_int=str, parse_float=str)
    except RecursionError:
        return _too_deep(text, max_depth)
    path, key = next(_duplicates(value))
    shown = json.dumps(key, ensure_ascii=False)
    return RequestInvalid(f"the key {shown} stands twice in the object at {path}", code="json_duplicate_key")


def _duplicates(value: Any) -> Iterator[tuple[str, str]]:
    """Path of the object and key, for every key that stands in its object already."""
    todo = [("$", value)]
    while todo:
        path, here = todo.pop()
        if isinstance(here, _Pairs):
            seen: set[str] = set()
            for key, _ in here:
                if key in seen:
                    yield path, key
                seen.add(key)
            todo.extend((f"{path}.{key}", inner) for key, inner in here)
        elif isinstance(here, list):
            todo.extend((f"{path}[{index}]", inner) for index, inner in enumerate(here))


def _place(text: str, position: int, length: int = 1) -> Place:
    line = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    return Place(line, column, line, column + length)


def _at(place: Place | None) -> str:
    """How a message begins that is about a place, if it is known."""
    return "" if place is None else f"line {place.line}, column {place.column}: "
