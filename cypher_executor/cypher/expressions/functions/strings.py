"""Functions of strings. Positions count code points, from 0."""

from __future__ import annotations

import unicodedata
from typing import Any

from cypher_executor.cypher.expressions.frame import Frame
from cypher_executor.cypher.expressions.functions.table import Function, function, text, whole
from cypher_executor.errors import ExpressionError


def _not_negative(value: Any, what: str) -> int:
    length = whole(value, what)
    if length < 0:
        raise ExpressionError(f"{what}() cannot take {length}: a length is not negative", code="number_out_of_range")
    return length


def _replace(frame: Frame, value: Any, old: Any, new: Any) -> str:
    whole_text, search, by = text(value, "replace"), text(old, "replace"), text(new, "replace")
    frame.build(len(whole_text) + whole_text.count(search) * len(by))
    return whole_text.replace(search, by)


def _substring(value: Any, start: Any, length: Any = None) -> str:
    first = _not_negative(start, "substring")
    found = text(value, "substring")[first:]
    return found if length is None else found[: _not_negative(length, "substring")]


def _left(value: Any, length: Any) -> str:
    return text(value, "left")[: _not_negative(length, "left")]


def _right(value: Any, length: Any) -> str:
    whole_text, last = text(value, "right"), _not_negative(length, "right")
    return whole_text[max(0, len(whole_text) - last) :]


def _split(frame: Frame, value: Any, delimiter: Any) -> list[str]:
    whole_text = text(value, "split")
    delimiters = delimiter if type(delimiter) is list else [delimiter]
    parts = [whole_text]
    for mark in (text(d, "split") for d in delimiters):
        frame.spend(len(whole_text))
        parts = [piece for part in parts for piece in (part.split(mark) if mark else list(part))]
    frame.build(len(whole_text) + 8 * len(parts))
    return parts


def _strip(what: str, value: Any, characters: Any) -> str:
    marks = None if characters is None else text(characters, what)
    strip = {"trim": str.strip, "lTrim": str.lstrip, "rTrim": str.rstrip}[what]
    return strip(text(value, what), marks)


def _normalize(value: Any, form: Any = "NFC") -> str:
    wanted = text(form, "normalize")
    if wanted not in ("NFC", "NFD", "NFKC", "NFKD"):
        raise ExpressionError("normalize() takes 'NFC', 'NFD', 'NFKC' or 'NFKD'", code="wrong_type")
    return unicodedata.normalize(wanted, text(value, "normalize"))  # type: ignore[arg-type]


STRINGS: tuple[Function, ...] = (
    function("toLower(text)", "The text in lower case.", lambda v: text(v, "toLower").lower()),
    function("lower(text)", "The text in lower case.", lambda v: text(v, "lower").lower()),
    function("toUpper(text)", "The text in upper case.", lambda v: text(v, "toUpper").upper()),
    function("upper(text)", "The text in upper case.", lambda v: text(v, "upper").upper()),
    function("trim(text, [characters])", "Without white space (or these characters) at both ends.",
             lambda v, c=None: _strip("trim", v, c)),
    function("bTrim(text, [characters])", "Without white space (or these characters) at both ends.",
             lambda v, c=None: _strip("trim", v, c)),
    function("lTrim(text, [characters])", "Without white space (or these characters) at the start.",
             lambda v, c=None: _strip("lTrim", v, c)),
    function("rTrim(text, [characters])", "Without white space (or these characters) at the end.",
             lambda v, c=None: _strip("rTrim", v, c)),
    function("replace(text, search, by)", "Every occurrence replaced.", _replace, needs_frame=True),
    function("substring(text, start, [length])", "From a position on, the first being 0.", _substring),
    function("left(text, length)", "The first characters.", _left),
    function("right(text, length)", "The last characters.", _right),
    function("split(text, delimiter)", "The parts between delimiters, as a list.", _split, needs_frame=True),
    function("char_length(text)", "The number of characters.", lambda v: len(text(v, "char_length"))),
    function("character_length(text)", "The number of characters.", lambda v: len(text(v, "character_length"))),
    function("normalize(text, [form])", "In a normal form of Unicode, NFC unless said otherwise.", _normalize),
)  # fmt: skip
