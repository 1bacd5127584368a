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
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote, quote_plus

from cypher_executor.core.recipe import Value

_SHORTEST_BASE64: Final = 8
"""Characters that must be certain before a piece of base64 is taken for a value's."""


class Redaction:
    """Knows the values that one request carries. Without any it gives back what it is given."""

    def __init__(self, values: Mapping[str, str]) -> None:
        forms = {form: name for name, value in values.items() for form in _forms(value)}
        self._names = {_folded(form): name for form, name in forms.items()}
        longest_first = sorted(forms, key=len, reverse=True)
        self._texts = re.compile("|".join(map(_any_case, longest_first))) if forms else None
        raw = {bytes_: f"[secret {name}]".encode() for form, name in forms.items() for bytes_ in _encoded(form)}
        self._raw = dict(sorted(raw.items(), key=lambda pair: len(pair[0]), reverse=True))

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
        return text if self._texts is None else self._texts.sub(self._named, text)

    def raw(self, data: bytes) -> bytes:
        """Bytes without them, for bodies that are no text."""
        for found, instead in self._raw.items():
            data = data.replace(found, instead)
        return data

    def _named(self, found: re.Match[str]) -> str:
        return f"[secret {self._names[_folded(found[0])]}]"


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


def _any_case(form: str) -> str:
    """The form as a pattern; the digits of escapes in either case, and a slash as JSON may quote it."""
    pattern = re.escape(form).replace("/", r"\\?/")
    return re.sub(
        r"(%|\\\\u)([0-9A-Fa-f]{4}|[0-9A-Fa-f]{2})",
        lambda found: found[1] + "".join(f"[{c.lower()}{c.upper()}]" if c.isalpha() else c for c in found[2]),
        pattern,
    )


def _folded(form: str) -> str:
    """What the forms that `_any_case` takes for the same have in common."""
    return form.replace(r"\/", "/").casefold()


def _encoded(form: str) -> Iterator[bytes]:
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "latin-1"):
        try:
            yield form.encode(encoding)
        except UnicodeEncodeError:
            continue
