"""How much of the values of its steps an answer about a run shows, so that it stays small however large the run is.

A value of more than 64 KiB is not shown but pointed at: `{"$too_large": {"href": ..., "more_than_bytes": ...}}`, with
the address of the step, which shows all of it. When an answer has shown a mebibyte of values, so is every one that is
not small. What a run was given and what it gives back is never left out: that is what was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cypher_executor.core.events import RunId
from cypher_executor.core.recipe import Value
from cypher_executor.core.step import Step
from cypher_executor.service.endpoint import in_path

LARGEST_VALUE: Final = 64 * 1024
"""The largest value that is shown, in bytes."""
LARGEST_SUM: Final = 1024 * 1024
"""So many bytes of values are shown before only small ones are."""
SMALL_VALUE: Final = 256
"""What is shown in any case, in bytes."""
TOO_LARGE: Final = "$too_large"


class Room:
    """The room that one answer about this run has."""

    def __init__(self, run: RunId) -> None:
        self._run = run
        self._left = LARGEST_SUM

    def shown(self, value: Value, step: Step) -> Value:
        """The value of a step, or where it can be read."""
        most = LARGEST_VALUE if self._left > 0 else SMALL_VALUE
        size = json_size(value, most)
        if size > most:
            return {TOO_LARGE: {"href": step_path(self._run, step), "more_than_bytes": most}}
        self._left -= size
        return value


def step_path(run: RunId, step: Step) -> str:
    """Where a step is told with all that it has."""
    item = f"?item={','.join(map(str, step.item))}" if step.item else ""
    return f"/runs/{run}/steps/{in_path(step.name)}{item}"


def json_size(value: Value, enough: int) -> int:
    """The bytes of a value as JSON, without what escapes in its strings add; stops counting beyond `enough`."""
    size, pending = 0, [value]
    while pending and size <= enough:
        one = pending.pop()
        if isinstance(one, str):
            size += _text_size(one)
        elif isinstance(one, Mapping):
            size += 1 + max(1, 2 * len(one)) + sum(map(_text_size, one))
            pending.extend(one.values())
        elif isinstance(one, list):
            size += 1 + max(1, len(one))
            pending.extend(one)
        else:
            size += _plain_size(one)
    return size


def _text_size(text: str) -> int:
    return 2 + (len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass")))


def _plain_size(value: Any) -> int:
    return 4 if value is None or value is True else 5 if value is False else len(repr(value))
