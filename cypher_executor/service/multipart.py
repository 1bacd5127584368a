"""`multipart/form-data`: the fields of a form by their names, with the bytes as they came."""

from __future__ import annotations

from typing import Any

from cypher_executor.service.problems import Refusal

MOST_FIELDS = 16


def fields_of(raw: bytes, content_type: str) -> dict[str, bytes]:
    """The fields of a form. Raises Refusal (`multipart_invalid`) for what is none, or has a name twice."""
    # Loaded here because only uploads of parts need it.
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser, parse_options_header

    _, options = parse_options_header(content_type.encode("latin-1", "replace"))
    boundary = options.get(b"boundary")
    if not boundary:
        raise _refused("its type has no `boundary`")
    reading = _Reading()
    parser = MultipartParser(boundary, reading.callbacks())
    try:
        parser.write(raw)
    except FormParserError as wrong:
        raise _refused(str(wrong)) from None
    if not reading.ended:
        raise _refused("it ends in the middle")
    return reading.fields


class _Reading:
    """What the parser tells, collected."""

    def __init__(self) -> None:
        self.fields: dict[str, bytes] = {}
        self.ended = False
        self._header = self._value = b""
        self._name: str | None = None
        self._data: list[bytes] = []

    def callbacks(self) -> Any:
        """By the names under which the parser calls them."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._more_header,
            "on_header_value": self._more_value,
            "on_header_end": self._end_header,
            "on_part_data": lambda data, start, end: self._data.append(data[start:end]),
            "on_part_end": self._end,
            "on_end": self._close,
        }

    def _begin(self) -> None:
        self._name, self._data = None, []

    def _more_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _more_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        from python_multipart.multipart import parse_options_header

        if self._header.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._header = self._value = b""

    def _end(self) -> None:
        if not self._name:
            raise _refused("a part of it has no name")
        if self._name in self.fields:
            raise _refused(f"the field {self._name!r} stands in it twice")
        if len(self.fields) >= MOST_FIELDS:
            raise _refused(f"it has more than {MOST_FIELDS} fields")
        self.fields[self._name] = b"".join(self._data)

    def _close(self) -> None:
        self.ended = True


def _refused(why: str) -> Refusal:
    return Refusal(f"the form cannot be read: {why}", code="multipart_invalid")
