"""Secrets on their way back: whatever an answer repeats of a value that was sent becomes `[secret NAME]`.

Servers echo: in error pages, in debug headers, in redirects. So every text of every answer and every error is searched
for the values that this very request carried, in the forms that servers give them: as they are, quoted for JSON, HTML
or addresses, in base64 (at each of its three alignments) and in hexadecimal. A server that means to betray a secret to
the recipe can hide it from this; it had the secret granted, and a recipe that trusts it had it too.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import quote, quote_plus

from cypher_executor.core.recipe import Value

_SHORTEST_BASE64: Final = 8
"""Characters that must be certain before a piece of base64 is taken for a value's."""


class Redaction:
    """Knows the values that one request carries. Without any it gives back what it is given."""

    def __init__(self, values: Mapping[str, str]) -> None:
        longest_first = sorted(values, key=lambda name: len(values[name]), reverse=True)
        forms = {name: sorted(set(_forms(values[name])), key=len, reverse=True) for name in longest_first}
        self._texts = _any_of({name: map(_pattern, found) for name, found in forms.items()}) if forms else None
        self._bytes = _any_of_bytes({name: map(_encoded, found) for name, found in forms.items()}) if forms else None

    def value(self, value: Value) -> Value:
        """A JSON value without them, in keys and numbers too."""
        if self._texts is None:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(key): self.value(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.value(inner) for inner in value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            text = json.dumps(value)
            return value if self.text(text) == text else self.text(text)
        return value

    def text(self, text: str) -> str:
        """A text without them."""
        return text if self._texts is None else self._texts.sub(lambda found: f"[secret {found.lastgroup}]", text)

    def raw(self, data: bytes) -> bytes:
        """Bytes without them, for bodies that are no text."""
        if self._bytes is None:
            return data
        return self._bytes.sub(lambda found: f"[secret {found.lastgroup}]".encode(), data)


def _forms(value: str) -> Iterator[str]:
    data = value.encode("utf-8", "surrogatepass")
    yield value
    yield from (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    yield from (html.escape(value), html.escape(value, quote=False))
    yield from (quote(data, safe=""), quote(data), quote_plus(data), quote(data, safe="!$'()*,/:;?@-._~&=+"))
    if len(data) >= _SHORTEST_BASE64 // 2:
        yield data.hex()
    yield from _base64_forms(data)


def _base64_forms(data: bytes) -> Iterator[str]:
    """What is certain of the base64 of any bytes that hold these, for each way in which they may lie in groups of 3."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data).rstrip(b"=").decode()
        begins = (before * 8 + 5) // 6
        ends = (before + len(data)) * 8 // 6
        certain = encoded[begins:ends]
        if len(certain) >= _SHORTEST_BASE64:
            yield certain
            yield certain.replace("+", "-").replace("/", "_")


def _any_of(patterns: Mapping[str, Iterable[str]]) -> re.Pattern[str]:
    """One group for each secret. Servers change the case of names of headers and of escapes, so it does not count."""
    groups = (f"(?P<{name}>{'|'.join(found)})" for name, found in patterns.items())
    return re.compile("|".join(groups), re.IGNORECASE)


def _any_of_bytes(patterns: Mapping[str, Iterable[bytes]]) -> re.Pattern[bytes]:
    groups = (b"(?P<%s>%s)" % (name.encode(), b"|".join(found)) for name, found in patterns.items())
    return re.compile(b"|".join(groups), re.IGNORECASE)


def _pattern(form: str) -> str:
    """The form, with slashes as they are or as JSON may quote them."""
    return re.escape(form).replace("/", r"\\?/")


def _encoded(form: str) -> bytes:
    """The form in the encodings of texts."""
    encoded = {form.encode(encoding, "ignore") for encoding in ("utf-8", "utf-16-le", "utf-16-be")}
    return b"|".join(map(re.escape, sorted(encoded, key=len, reverse=True)))
