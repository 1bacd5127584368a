"""Functions that openCypher does not have: JSON, encodings, digests; and those that depend on the run.

`now()`, `uuid()` and `rand()` give the same value whenever a step is evaluated again: the time is the recorded start
of the step, and randomness is drawn from the step's seed, the place of the call in the text, and the number of the
draw.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote_to_bytes
from uuid import UUID

from cypher_executor.cypher.expressions.frame import Frame
from cypher_executor.cypher.expressions.functions.table import Function, function, text
from cypher_executor.cypher.expressions.text import to_json
from cypher_executor.cypher.expressions.values import LARGEST, SMALLEST
from cypher_executor.errors import ExpressionError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _from_json(frame: Frame, value: Any) -> Any:
    source = text(value, "fromJson")
    frame.spend(len(source) // 8)
    try:
        return json.loads(source, parse_int=_integer, parse_constant=_refuse, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as problem:
        raise ExpressionError(f"fromJson() got a text that is not JSON: {_why(problem)}", code="not_json") from None


def _why(problem: Exception) -> str:
    if isinstance(problem, json.JSONDecodeError):
        return f"{problem.msg} at line {problem.lineno}, column {problem.colno}"
    return "it is nested too deep" if isinstance(problem, RecursionError) else str(problem)


def _integer(digits: str) -> int:
    if len(digits) <= 20 and SMALLEST <= (value := int(digits)) <= LARGEST:
        return value
    raise ValueError("an integer does not fit into 64 bits")


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key occurs twice in one map")
    return found


def _decoded(data: bytes, what: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise ExpressionError(f"{what}() got bytes that are not UTF-8 text", code="not_text") from None


def _encoded(value: Any, what: str) -> bytes:
    try:
        return text(value, what).encode("utf-8")
    except UnicodeEncodeError:
        raise ExpressionError(f"{what}() got a text with half a character in it", code="not_text") from None


def _base64_decode(value: Any) -> str:
    source = text(value, "base64Decode").replace("-", "+").replace("_", "/").rstrip("=")
    try:
        data = base64.b64decode(source + "=" * (-len(source) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ExpressionError("base64Decode() got a text that is not base64", code="not_text") from None
    return _decoded(data, "base64Decode")


def _now(frame: Frame) -> str:
    try:
        moment = _EPOCH + timedelta(microseconds=frame.scope.at_us)
    except OverflowError:
        raise ExpressionError("now() is beyond the year 9999", code="number_out_of_range") from None
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond:06d}Z"


def _drawn(frame: Frame, place: str) -> bytes:
    frame.drawn += 1
    seed = hashlib.sha256(frame.scope.seed.encode()).hexdigest()
    return hashlib.sha256(f"{seed}\n{place}\n{frame.drawn}".encode()).digest()


def _uuid(frame: Frame, place: str) -> str:
    return str(UUID(bytes=_drawn(frame, place)[:16], version=4))


def _random(frame: Frame, place: str) -> float:
    return (int.from_bytes(_drawn(frame, place)[:8]) >> 11) / 2**53


EXTENSIONS: tuple[Function, ...] = (
    function("toJson(value)", "The value as compact JSON text.", to_json, needs_frame=True, takes_null=True),
    function("fromJson(text)", "The value that a JSON text holds.", _from_json, needs_frame=True),
    function("urlEncode(text)", "Escaped for use in a part of a URL.",
             lambda v: quote(_encoded(v, "urlEncode"), safe="")),
    function("urlDecode(text)", "What was escaped for a URL.",
             lambda v: _decoded(unquote_to_bytes(_encoded(v, "urlDecode")), "urlDecode")),
    function("base64Encode(text)", "The UTF-8 bytes of a text in base64.",
             lambda v: base64.b64encode(_encoded(v, "base64Encode")).decode("ascii")),
    function("base64Decode(text)", "The text whose UTF-8 bytes are in base64.", _base64_decode),
    function("sha256(text)", "The SHA-256 digest of the UTF-8 bytes of a text, in hexadecimal.",
             lambda v: hashlib.sha256(_encoded(v, "sha256")).hexdigest()),
    function("now()", "The start of this step in UTC, in ISO 8601.", _now, needs_frame=True),
    function("timestamp()", "The start of this step in milliseconds since 1970.", lambda f: f.scope.at_us // 1000,
             needs_frame=True),
)  # fmt: skip

DRAWN: tuple[Function, ...] = (
    function("uuid()", "A UUID that stays the same when this step is repeated.", _uuid),
    function("randomUUID()", "A UUID that stays the same when this step is repeated.", _uuid),
    function("rand()", "A number from 0 up to 1 that stays the same when this step is repeated.", _random),
)
"""Called with the frame and the place of the call."""
