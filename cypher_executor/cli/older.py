"""Reads files of older recipes: YAML and JSON, as plain data that knows its lines.

A file comes from anywhere, so only what such recipes need is read: no tags (which make objects), no anchors and aliases
(which make much out of little), one document, not too long, not too deep. YAML is followed event by event, so that
nothing is built of a file that is refused.
"""

from __future__ import annotations

from typing import Any

import yaml

from cypher_executor import strict_json
from cypher_executor.errors import RequestInvalid

MOST_BYTES = 256 * 1024
DEEPEST = 64


class PlacedMap(dict[Any, Any]):
    """A map that knows the line of each key."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[Any, int] = {}


class PlacedList(list[Any]):
    """A list that knows the line of each item."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[Any, int] = {}


def read_older(text: str, file: str) -> Any:
    """The data of a file. Raises RequestInvalid for what cannot be read, or had better not be."""
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise RequestInvalid(f"{file}: a recipe may have at most {MOST_BYTES // 1024} KiB")
    if text.lstrip()[:1] in ("{", "["):
        return strict_json.loads(text.encode("utf-8", "surrogatepass"))
    try:
        return _Reading(text, file).value()
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark is not None else ""
        raise RequestInvalid(
            f"{file} is not YAML{where}: {getattr(problem, 'problem', None) or 'it cannot be read'}"
        ) from None


class _Reading:
    def __init__(self, text: str, file: str) -> None:
        self._file = file
        self._loader: Any = yaml.SafeLoader(text)
        self._open: list[tuple[Any, Any]] = []
        """The maps and lists that are being read, each with the key that waits for its value."""
        self._found: list[Any] = []

    def value(self) -> Any:
        documents = 0
        while self._loader.check_event():
            event = self._loader.get_event()
            documents += isinstance(event, yaml.DocumentStartEvent)
            if documents > 1:
                raise self._refused(event, "there is more than one document in it")
            self._take(event)
        return self._found[0] if self._found else None

    def _take(self, event: Any) -> None:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise self._refused(event, "anchors and aliases are not read: write out what they stand for")
        if getattr(event, "tag", None):
            raise self._refused(event, f"tags such as {event.tag} are not read")
        if isinstance(event, yaml.ScalarEvent):
            self._add(self._scalar(event), event)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            if len(self._open) >= DEEPEST:
                raise self._refused(event, f"maps and lists may stand {DEEPEST} deep in each other")
            holder = PlacedMap() if isinstance(event, yaml.MappingStartEvent) else PlacedList()
            self._add(holder, event)
            self._open.append((holder, _NO_KEY))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._open.pop()

    def _add(self, value: Any, event: Any) -> None:
        if not self._open:
            self._found.append(value)
            return
        holder, key = self._open[-1]
        line = event.start_mark.line + 1
        if isinstance(holder, PlacedList):
            holder.lines[len(holder)] = line
            holder.append(value)
        elif key is _NO_KEY:
            self._open[-1] = (holder, self._key(holder, value, event))
            holder.lines[self._open[-1][1]] = line
        else:
            holder[key] = value
            self._open[-1] = (holder, _NO_KEY)

    def _key(self, holder: PlacedMap, value: Any, event: Any) -> Any:
        if isinstance(value, PlacedMap | PlacedList):
            raise self._refused(event, "a key is a text, and not a map or a list")
        if str(value) in holder:
            raise self._refused(event, f"the key `{value}` stands twice in one map")
        return event.value

    def _scalar(self, event: Any) -> Any:
        tag = self._loader.resolve(yaml.ScalarNode, event.value, event.implicit)
        if tag in _AS_TEXT:
            return event.value
        try:
            return self._loader.construct_object(yaml.ScalarNode(tag, event.value, event.start_mark, event.end_mark))
        except ValueError:
            raise self._refused(event, f"`{event.value[:40]}` is no value") from None

    def _refused(self, event: Any, why: str) -> RequestInvalid:
        return RequestInvalid(f"{self._file}, line {event.start_mark.line + 1}: {why}")


_NO_KEY: Any = object()
_AS_TEXT = (
    "tag:yaml.org,2002:str",
    "tag:yaml.org,2002:timestamp",
    "tag:yaml.org,2002:value",
    "tag:yaml.org,2002:merge",
)
"""Dates are texts in a recipe, and `<<` is a key like any other."""
