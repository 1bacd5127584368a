"""The input of a run, as it is given on a command line.

`-d key=value` sets one key: the value is what it is as JSON, and otherwise the text as it stands (`n=3` is a number,
`n='"3"'` and `name=Ada` are texts). `-d @file.json` and `-d @-` read a whole input from a file or standard input;
`-d -` is the same as `@-`. Later ones win, key by key.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cypher_executor.errors import NotFound, RequestInvalid

HELP = (
    "Input: key=value, where the value is JSON if it parses as JSON and a text otherwise; "
    "@file.json or - (standard input) for a whole input. May be repeated, later ones win."
)


def read_input(given: Sequence[str]) -> Any:
    """The input that these options make; an empty map without any. Raises RequestInvalid or NotFound."""
    whole: Any = {}
    for number, option in enumerate(given):
        piece = _piece(option)
        if isinstance(piece, dict) and isinstance(whole, dict):
            whole = {**whole, **piece}
        elif number == 0 and len(given) == 1:
            whole = piece
        else:
            raise RequestInvalid(f"-d {option}: an input that is not a map cannot be put together with other -d")
    return whole


def _piece(option: str) -> Any:
    if option in ("-", "@-"):
        return _parsed(sys.stdin.buffer.read(), "standard input")
    if option.startswith("@"):
        return _parsed(_read(option[1:]), option[1:])
    key, equals, value = _utf8(option).partition("=")
    if not equals or not key:
        hint = f"write -d text={shlex.quote(option)} to give a text the name `text`"
        raise RequestInvalid(f"-d {option}: this is neither key=value nor @file.json", next_actions=[hint])
    return {key: _value(key, value)}


def _value(key: str, text: str) -> Any:
    """JSON when it is JSON. What nearly is, but no reader may accept, is refused rather than taken for a text."""
    from cypher_executor import strict_json

    try:
        return strict_json.loads(text)
    except RequestInvalid as error:
        if error.code == "json_invalid":
            return text
        hint = f"write -d {key}={shlex.quote(json.dumps(text, ensure_ascii=False))} to make it a text"
        raise RequestInvalid(f"-d {key}: {error.message}", code=error.code, next_actions=[hint]) from None


def _parsed(data: bytes, source: str) -> Any:
    from cypher_executor import strict_json

    try:
        return strict_json.loads(data)
    except RequestInvalid as error:
        raise RequestInvalid(f"{source}: {error.message}", code=error.code, place=error.place) from None


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise NotFound(f"there is no file {path}") from None
    except OSError as error:
        raise RequestInvalid(f"cannot read {path}: {error.strerror}") from None


def _utf8(option: str) -> str:
    try:
        option.encode()
    except UnicodeEncodeError:
        raise RequestInvalid(f"-d {option!a}: this is not UTF-8") from None
    return option
